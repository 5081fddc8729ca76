/* SPDX-License-Identifier: Apache-2.0
 *
 * The watchdog, on an accelerator that is made to hang.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "verif/counters.h"
#include "verif/watchdog.h"

/* An accelerator that is nothing but registers: it counts cycles as waiting for a load,
 * and may read, make slots, or interrupt. */
struct fake {
    uint64_t cycle, slots;
    uint64_t interrupt_at; /* cycle */
    uint64_t read_at;      /* cycle of a read of address 512 + 64 */
    int slot_every;        /* cycles; 0 = never */
    int dead;              /* registers do not answer */
    unsigned answer;       /* 1: read data is due */
    uint32_t data;
};

static void *create(uint64_t seed) {
    (void)seed;
    return calloc(1, sizeof(struct fake));
}

static uint32_t read_register(const struct fake *f, unsigned address) {
    if (address == REG_STATUS) {
        return STATUS_BUSY | 2u << 8 | 1u << 11 | 1u << 15;
    }
    return address == REG_COUNTERS + 8 * CNT_SLOTS       ? (uint32_t)f->slots
           : address == REG_COUNTERS + 8 * CNT_WAIT_LOAD ? (uint32_t)f->cycle
                                                         : 0;
}

static int tick(void *sim, struct sim_ports *io) {
    struct fake *f = sim;
    memset(&io->device, 0, sizeof io->device);
    memset(&io->manager, 0, sizeof io->manager);
    f->cycle++;
    f->slots += f->slot_every && f->cycle % (unsigned)f->slot_every == 0;
    io->irq = f->cycle == f->interrupt_at;
    io->manager.rready = io->manager.bready = 1;
    if (f->read_at && f->cycle >= f->read_at && f->cycle < f->read_at + 1) {
        io->manager.ar.valid = 1;
        io->manager.ar.addr = 512 + 64;
        io->manager.ar.size = 3;
        io->manager.ar.burst = 1;
    }
    io->device.arready = (uint8_t)!f->dead;
    io->device.rvalid = (uint8_t)f->answer;
    io->device.rdata = f->data;
    if (f->answer && io->host.rready) {
        f->answer = 0;
    } else if (io->host.arvalid && !f->dead) {
        f->answer = 1;
        f->data = read_register(f, io->host.araddr);
    }
    return 0;
}

static const char *message(const void *sim) {
    (void)sim;
    return "";
}

static const struct sim_api api = {create, free, tick, message, NULL, NULL};
static const struct dram_map dram = {.commands = 0, .commands_bytes = 1024};

struct bench {
    struct host host;
    struct memory memory;
    char state[1024];
    struct error err;
};

static struct fake *start(struct bench *b) {
    const struct memory_config config = {.bytes = 8192,
                                         .data_bytes = 8,
                                         .latency = 10,
                                         .write_address = 4096,
                                         .write_bytes = 4096};
    memset(b, 0, sizeof *b);
    cr_assert_eq(host_init(&b->host, &api, 1, 0, &b->err), 0);
    cr_assert_eq(memory_init(&b->memory, &config, &b->err), 0);
    host_connect(&b->host, &b->memory);
    b->host.io.rst_n = 1;
    return b->host.sim;
}

static int run(struct bench *b, uint64_t predicted) {
    const struct watch watch = {&dram, predicted, 0};
    int rc = watchdog_wait(&b->host, &watch, b->state, sizeof b->state, &b->err);
    host_close(&b->host);
    memory_close(&b->memory);
    return rc;
}

Test(watchdog, lets_a_run_end) {
    struct bench b;
    struct fake *f = start(&b);
    f->interrupt_at = 70000;
    f->slot_every = 100;
    cr_assert_eq(run(&b, 70000), 0, "%s", b.err.text);
    cr_assert_str_empty(b.state);
}

Test(watchdog, tells_the_state_of_a_hang) {
    struct bench b;
    start(&b)->read_at = 100;
    cr_assert_eq(run(&b, 1000000), -1);
    cr_assert(strstr(b.err.text, "no progress in 65536 cycles"), "%s", b.err.text);
    cr_assert(strstr(b.state, "STATUS 0x8a01: dispatcher waits for a block, busy, load "
                              "unit busy, a step waits for a load\n"),
              "%s", b.state);
    cr_assert(strstr(b.state, "command block 1 of 0..1 was"), "%s", b.state);
    cr_assert(strstr(b.state, "1 read bursts so far, 0 in flight"), "%s", b.state);
    cr_assert(strstr(b.state, "last at commands + 576"), "%s", b.state);
    cr_assert(strstr(b.state, "that move: wait_load +"), "%s", b.state);
}

/* Slots go on for ever: found by the prediction. */
Test(watchdog, ends_a_run_that_takes_too_long) {
    struct bench b;
    start(&b)->slot_every = 100;
    cr_assert_eq(run(&b, 1000), -1);
    cr_assert(strstr(b.err.text, "still running after 67536 cycles, 1000 are predicted"),
              "%s", b.err.text);
    cr_assert(strstr(b.state, "slots +"), "%s", b.state);
}

Test(watchdog, copes_with_registers_that_do_not_answer) {
    struct bench b;
    start(&b)->dead = 1;
    cr_assert_eq(run(&b, 1000000), -1);
    cr_assert(strstr(b.err.text, "no response in"), "%s", b.err.text);
    cr_assert(strstr(b.state, "STATUS: cannot be read"), "%s", b.state);
    cr_assert(strstr(b.state, "counters: cannot be read"), "%s", b.state);
}
