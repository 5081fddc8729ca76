/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults of a run.
 */
#include "verif/fault.h"

#include <stdio.h>

#include "verif/prng.h"

enum { NO_OPCODE = 0x7f, COMMAND_BYTES = sizeof(struct command) };

/* Commands that are executed, and STOREs among them. */
static void count_commands(const struct command_list *list, uint64_t *all,
                           uint64_t *stores) {
    *all = *stores = 0;
    for (size_t i = 0; i < list->count; i++) {
        const uint32_t op = list->commands[i].w[0] & 0xff;
        *stores += op == CMD_STORE;
        *all = op ? i + 1 : *all;
    }
}

struct fault fault_draw(uint64_t seed, const char *layer, const struct command_list *list,
                        const struct counters *predicted) {
    struct prng g = prng_make(seed, layer, 9);
    struct fault f = {(enum fault_kind)prng_below(&g, FAULT_KINDS), 0};
    uint64_t commands, stores;
    count_commands(list, &commands, &stores);
    switch (f.kind) {
    case FAULT_READ:
        f.at = 1 + prng_below(&g, predicted->value[CNT_AXI_READS]);
        break;
    case FAULT_WRITE: /* a STORE has one burst or more */
        f.at = 1 + prng_below(&g, stores);
        break;
    case FAULT_COMMAND:
        f.at = prng_below(&g, commands);
        break;
    case FAULT_RESET:
    case FAULT_KINDS:
        f.at = prng_below(&g, predicted->value[CNT_CYCLES]);
        break;
    }
    return f;
}

void fault_prepare(const struct fault *f, const struct command_list *list,
                   struct memory *mem) {
    if (f->kind == FAULT_READ) {
        mem->config.read_error_beat = f->at;
    } else if (f->kind == FAULT_WRITE) {
        mem->config.write_error_burst = f->at;
    } else if (f->kind == FAULT_COMMAND) {
        mem->image[list->dram.commands + f->at * COMMAND_BYTES] = NO_OPCODE;
    }
}

const char *fault_text(const struct fault *f, char *buf, size_t size) {
    static const char *const texts[FAULT_KINDS] = {
        "read error at beat", "write error at burst", "illegal command at place",
        "soft reset in cycle"};
    (void)snprintf(buf, size, "%s %llu", texts[f->kind], (unsigned long long)f->at);
    return buf;
}

static uint32_t due_status(const struct fault *f) {
    return f->kind == FAULT_READ    ? STATUS_DONE | STATUS_READ_ERROR
           : f->kind == FAULT_WRITE ? STATUS_DONE | STATUS_WRITE_ERROR
                                    : STATUS_DONE | STATUS_ILLEGAL;
}

static int failed(const struct fault *f, struct error *err, const char *what,
                  uint64_t value) {
    char text[64];
    return error_set(err, "fault (%s): %s 0x%llx", fault_text(f, text, sizeof text), what,
                     (unsigned long long)value);
}

/* Reset the accelerator in cycle f->at and wait until it is idle. */
static int reset(const struct fault *f, struct host *h, uint64_t limit,
                 struct error *err) {
    const uint64_t begin = h->cycle;
    uint32_t status = STATUS_BUSY;
    while (h->cycle - begin < f->at) {
        if (host_cycle(h, err)) {
            return -1;
        }
    }
    if (host_write(h, REG_CTRL, CTRL_RESET, err)) {
        return -1;
    }
    /* half of the time another one, at any point of the first one's end */
    for (unsigned i = 0; i < f->at / 2 % 8; i++) {
        if (host_cycle(h, err)) {
            return -1;
        }
    }
    if (f->at % 2 && host_write(h, REG_CTRL, CTRL_RESET, err)) {
        return -1;
    }
    while (status & STATUS_BUSY) {
        if (host_read(h, REG_STATUS, &status, err)) {
            return -1;
        }
        if (h->cycle - begin > limit) {
            return failed(f, err, "still busy, STATUS", status);
        }
    }
    return status ? failed(f, err, "STATUS must be 0, is", status) : 0;
}

/* Wait for the interrupt, and take it. */
static int interrupted(const struct fault *f, struct host *h, uint64_t limit,
                       struct error *err) {
    const uint64_t begin = h->cycle;
    uint32_t status = 0;
    while (!h->io.irq) {
        if (host_cycle(h, err)) {
            return -1;
        }
        if (h->cycle - begin > limit) {
            (void)host_read(h, REG_STATUS, &status, NULL);
            return failed(f, err, "no interrupt, STATUS", status);
        }
    }
    if (host_read(h, REG_STATUS, &status, err)) {
        return -1;
    }
    if (status != due_status(f)) {
        return failed(f, err, "wrong STATUS", status);
    }
    return host_write(h, REG_CTRL, CTRL_CLEAR, err);
}

int fault_wait(const struct fault *f, struct host *h, uint64_t limit, struct error *err) {
    uint32_t status = 0;
    if (f->kind == FAULT_RESET ? reset(f, h, limit, err)
                               : interrupted(f, h, limit, err)) {
        return -1;
    }
    if (host_read(h, REG_STATUS, &status, err)) {
        return -1;
    }
    if (status != 0 || h->io.irq) {
        return failed(f, err, "STATUS or interrupt not cleared,", status);
    }
    return memory_busy(h->memory) ? failed(f, err, "transfers on their way, STATUS", 0)
                                  : 0;
}
