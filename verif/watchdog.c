/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for the end of a run.
 */
#include "verif/watchdog.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verif/counters.h"

enum {
    LOOK_CYCLES = 256, /* in which the counters show what the array does */
    BLOCK_BYTES = COMMAND_BLOCK * sizeof(struct command)
};

/* Append a line. */
static void say(char *state, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(char *state, size_t size, const char *fmt, ...) {
    size_t used = strlen(state);
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(state + used, size - used, fmt, ap);
    va_end(ap);
}

static int read_all(struct host *h, struct counters *c) {
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        if (host_counter(h, i, &c->value[i], NULL)) {
            return -1;
        }
    }
    return 0;
}

/* What the array does: every cycle of a run is counted in exactly one class, and a unit
 * that works moves a counter of its own. */
static void say_counters(struct host *h, char *state, size_t size) {
    struct counters before, after;
    int moved = 0;
    int rc = read_all(h, &before);
    for (unsigned i = 0; rc == 0 && i < LOOK_CYCLES; i++) {
        rc = host_cycle(h, NULL);
    }
    if (rc || read_all(h, &after)) {
        say(state, size, "  counters: cannot be read\n");
        return;
    }
    say(state, size, "  counters that move:");
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        if (after.value[i] != before.value[i]) {
            say(state, size, " %s +%llu", counter_name(i),
                (unsigned long long)(after.value[i] - before.value[i]));
            moved++;
        }
    }
    say(state, size, "%s\n", moved ? "" : " none");
}

/* STATUS: what the units themselves say. */
static void say_status(struct host *h, char *state, size_t size) {
    static const char *const bits[] = {[0] = "busy",
                                       [1] = "done",
                                       [2] = "read error",
                                       [3] = "write error",
                                       [4] = "illegal command",
                                       [11] = "load unit busy",
                                       [12] = "store unit busy",
                                       [13] = "compute unit busy",
                                       [14] = "array runs",
                                       [15] = "a step waits for a load",
                                       [16] = "a step waits for a store",
                                       [17] = "a LOAD waits for its token",
                                       [18] = "a STORE waits for its token",
                                       [19] = "an abort waits for open bursts"};
    static const char *const dispatcher[8] = {
        "idle", "boots", "waits for a block", "reads", "hands out", "?", "?", "?"};
    uint32_t v = 0;
    if (host_read(h, REG_STATUS, &v, NULL)) {
        say(state, size, "  STATUS: cannot be read\n");
        return;
    }
    say(state, size, "  STATUS 0x%x: dispatcher %s", (unsigned)v, dispatcher[v >> 8 & 7]);
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        if (bits[i] && (v >> i & 1)) {
            say(state, size, ", %s", bits[i]);
        }
    }
    say(state, size, "\n");
}

/* Where in DRAM an address is. */
static void say_region(const struct dram_map *d, uint64_t address, char *state,
                       size_t size) {
    const struct {
        const char *name;
        uint64_t base, bytes;
    } regions[] = {{"commands", d->commands, d->commands_bytes},
                   {"ifmap", d->ifmap, d->ifmap_bytes},
                   {"weights", d->weights, d->weights_bytes},
                   {"bias", d->bias, d->bias_bytes},
                   {"ofmap", d->ofmap, d->ofmap_bytes}};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if (address >= regions[i].base && address - regions[i].base < regions[i].bytes) {
            say(state, size, "%s + %llu", regions[i].name,
                (unsigned long long)(address - regions[i].base));
            return;
        }
    }
    say(state, size, "address %llu", (unsigned long long)address);
}

/* The load and the store unit, as the memory sees them. */
static void say_port(const struct host *h, const struct watch *watch, char *state,
                     size_t size) {
    const struct axi_manager *m = &h->io.manager;
    const struct memory *mem = h->memory;
    if (!mem) {
        return;
    }
    say(state, size,
        "  load unit: %llu read bursts so far, %u in flight, AR %s, last at ",
        (unsigned long long)mem->counts.read_bursts, mem->reads.count,
        m->ar.valid ? "valid" : "idle");
    say_region(watch->dram, h->last_read, state, size);
    say(state, size,
        "\n  store unit: %llu write bursts so far, %u without all data, %u responses "
        "due, "
        "AW %s, W %s, last at ",
        (unsigned long long)mem->counts.write_bursts, mem->writes.count,
        mem->answers.count, m->aw.valid ? "valid" : "idle", m->wvalid ? "valid" : "idle");
    say_region(watch->dram, h->last_write, state, size);
    say(state, size, "\n");
}

static int hang(struct host *h, const struct watch *watch, uint64_t block, char *state,
                size_t size) {
    say_status(h, state, size);
    say(state, size, "  dispatcher: command block %llu of 0..%llu was fetched last\n",
        (unsigned long long)block,
        (unsigned long long)(watch->dram->commands_bytes / BLOCK_BYTES) - 1);
    say_port(h, watch, state, size);
    say_counters(h, state, size);
    return -1;
}

uint64_t watchdog_limit(uint64_t predicted, int stalls) {
    return predicted * (stalls ? WATCH_STALLS : WATCH_FACTOR) + WATCH_CYCLES;
}

int watchdog_wait(struct host *h, const struct watch *watch, char *state, size_t size,
                  struct error *err) {
    uint64_t handshakes = h->handshakes, slots = 0, quiet = 0;
    const uint64_t begin = h->cycle;
    const uint64_t limit = watchdog_limit(watch->predicted, watch->stalls);
    uint64_t block = 0;
    state[0] = '\0';
    while (!h->io.irq) {
        if (host_cycle(h, err)) {
            return -1;
        }
        if (h->last_read - watch->dram->commands < watch->dram->commands_bytes) {
            block = (h->last_read - watch->dram->commands) / BLOCK_BYTES;
        }
        if (h->cycle - begin > limit) {
            (void)error_set(err, "still running after %llu cycles, %llu are predicted",
                            (unsigned long long)limit,
                            (unsigned long long)watch->predicted);
            return hang(h, watch, block, state, size);
        }
        quiet = handshakes == h->handshakes ? quiet + 1 : 0;
        handshakes = h->handshakes;
        if (quiet == WATCH_CYCLES) {
            uint64_t now = 0;
            if (host_counter(h, CNT_SLOTS, &now, err)) {
                return hang(h, watch, block, state, size);
            }
            if (now == slots) {
                (void)error_set(err, "no progress in %d cycles (cycle %llu, slot %llu)",
                                WATCH_CYCLES, (unsigned long long)h->cycle,
                                (unsigned long long)now);
                return hang(h, watch, block, state, size);
            }
            slots = now;
            quiet = 0;
        }
    }
    return 0;
}
