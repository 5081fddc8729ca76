/* SPDX-License-Identifier: Apache-2.0
 *
 * The AXI memory model: timing, order, random stalls, protocol checks.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "verif/memory.h"

enum { BYTES = 65536, WIDTH = 8, LATENCY = 10 };

static void open_memory(struct memory *mem, uint64_t stall_seed) {
    const struct memory_config config = {.bytes = BYTES,
                                         .data_bytes = WIDTH,
                                         .latency = LATENCY,
                                         .stall_seed = stall_seed,
                                         .write_address = 32768,
                                         .write_bytes = 32768};
    cr_assert_eq(memory_init(mem, &config, NULL), 0);
    for (unsigned i = 0; i < BYTES; i++) {
        mem->image[i] = (uint8_t)(i * 37 + (i >> 8));
    }
}

static struct axi_address burst(uint64_t addr, unsigned beats) {
    struct axi_address a = {addr, (uint8_t)(beats - 1), 3, 1, 1};
    return a;
}

/* Drive nothing for some cycles. */
static void idle(struct memory *mem, struct axi_subordinate *s, unsigned cycles) {
    struct axi_manager m;
    memset(&m, 0, sizeof m);
    for (unsigned i = 0; i < cycles; i++) {
        memory_step(mem, &m, s);
    }
}

Test(memory, read_latency_and_back_to_back_bursts) {
    struct memory mem;
    struct axi_manager m;
    struct axi_subordinate s;
    open_memory(&mem, 0);
    memset(&m, 0, sizeof m);
    memset(&s, 0, sizeof s);
    idle(&mem, &s, 1); /* cycle 0: nothing is ready yet */
    m.rready = 1;
    m.ar = burst(64, 4);
    cr_assert(s.arready);
    memory_step(&mem, &m, &s); /* cycle 1: AR handshake of 4 beats */
    m.ar = burst(256, 2);
    memory_step(&mem, &m, &s); /* cycle 2: AR handshake of 2 beats */
    m.ar.valid = 0;
    for (unsigned cycle = 3; cycle < 30; cycle++) {
        unsigned beat = cycle - 1 - LATENCY; /* six beats without a gap; huge before */
        cr_assert_eq(s.rvalid, beat < 6, "cycle %u", cycle);
        if (s.rvalid) {
            unsigned addr = beat < 4 ? 64 + 8 * beat : 256 + 8 * (beat - 4);
            cr_assert_eq(memcmp(s.rdata, mem.image + addr, WIDTH), 0);
            cr_assert_eq(s.rlast, beat == 3 || beat == 5);
        }
        memory_step(&mem, &m, &s);
    }
    cr_assert_eq(mem.counts.read_beats, 6);
    cr_assert_eq(mem.counts.read_bursts, 2);
    cr_assert_not(memory_busy(&mem));
    cr_assert_eq(mem.error.text[0], '\0', "%s", mem.error.text);
    memory_close(&mem);
}

Test(memory, holds_read_data_until_taken) {
    struct memory mem;
    struct axi_manager m;
    struct axi_subordinate s;
    open_memory(&mem, 0);
    memset(&m, 0, sizeof m);
    memset(&s, 0, sizeof s);
    idle(&mem, &s, 1);
    m.ar = burst(0, 2);
    memory_step(&mem, &m, &s);
    m.ar.valid = 0;
    idle(&mem, &s, LATENCY + 5);
    cr_assert(s.rvalid && !s.rlast);
    cr_assert_eq(memcmp(s.rdata, mem.image, WIDTH), 0);
    m.rready = 1;
    memory_step(&mem, &m, &s);
    cr_assert(s.rvalid && s.rlast);
    memory_close(&mem);
}

Test(memory, write_with_strobes_and_late_answer) {
    struct memory mem;
    struct axi_manager m;
    struct axi_subordinate s;
    open_memory(&mem, 0);
    memset(&m, 0, sizeof m);
    memset(&s, 0, sizeof s);
    idle(&mem, &s, 1);
    uint8_t old = mem.image[40961];
    m.bready = 1;
    m.wvalid = 1; /* data may come before its address */
    m.wstrb = 0xfd;
    memset(m.wdata, 0xee, WIDTH);
    memory_step(&mem, &m, &s); /* cycle 1 */
    m.wlast = 1;
    m.wstrb = 0xff;
    memory_step(&mem, &m, &s); /* cycle 2 */
    m.wvalid = 0;
    m.aw = burst(40960, 2);
    memory_step(&mem, &m, &s); /* cycle 3: AW handshake, the last of the burst */
    m.aw.valid = 0;
    for (unsigned cycle = 4; cycle < 20; cycle++) {
        cr_assert_eq(s.bvalid, cycle == 3 + LATENCY, "cycle %u", cycle);
        memory_step(&mem, &m, &s);
    }
    cr_assert_eq(mem.image[40960], 0xee);
    cr_assert_eq(mem.image[40961], old);
    cr_assert_eq(mem.image[40975], 0xee);
    cr_assert_eq(mem.counts.write_beats, 2);
    cr_assert_eq(mem.error.text[0], '\0', "%s", mem.error.text);
    memory_close(&mem);
}

/* One wrong address on a fresh memory; the message must hold the words. */
static void expect_violation(struct axi_address a, int write, const char *words) {
    struct memory mem;
    struct axi_manager m;
    struct axi_subordinate s;
    open_memory(&mem, 0);
    memset(&m, 0, sizeof m);
    memset(&s, 0, sizeof s);
    idle(&mem, &s, 1);
    *(write ? &m.aw : &m.ar) = a;
    memory_step(&mem, &m, &s);
    cr_assert(strstr(mem.error.text, words) != NULL, "'%s' is not in '%s'", words,
              mem.error.text);
    memory_close(&mem);
}

Test(memory, refuses_wrong_bursts) {
    struct axi_address a = burst(4096 - 16, 3);
    expect_violation(a, 0, "4 KB");
    expect_violation(burst(65536, 1), 0, "outside the memory");
    expect_violation(burst(UINT64_MAX - 7, 1), 0, "outside the memory");
    expect_violation(burst(32768 - 8, 1), 1, "outside the ofmap");
    expect_violation(burst(4, 1), 0, "aligned");
    a = burst(0, 1);
    a.size = 2;
    expect_violation(a, 0, "size");
    a = burst(0, 1);
    a.burst = 0;
    expect_violation(a, 0, "INCR");
}

Test(memory, refuses_changes_before_ready) {
    struct memory mem;
    struct axi_manager m;
    struct axi_subordinate s;
    open_memory(&mem, 0);
    memset(&m, 0, sizeof m);
    memset(&s, 0, sizeof s); /* nothing is ready in the first cycle */
    m.ar = burst(0, 1);
    memory_step(&mem, &m, &s);
    m.ar.valid = 0;
    memory_step(&mem, &m, &s);
    cr_assert(strstr(mem.error.text, "AR changed") != NULL);
    memory_close(&mem);
}

Test(memory, refuses_a_wrong_last) {
    struct memory mem;
    struct axi_manager m;
    struct axi_subordinate s;
    open_memory(&mem, 0);
    memset(&m, 0, sizeof m);
    memset(&s, 0, sizeof s);
    idle(&mem, &s, 1);
    m.aw = burst(32768, 2);
    m.wvalid = m.wlast = 1;
    memory_step(&mem, &m, &s);
    cr_assert(strstr(mem.error.text, "WLAST") != NULL);
    memory_close(&mem);
}

/* Many bursts through a memory that stalls, by a manager that stalls as well: the data
 * arrive complete and in order, nothing in the protocol is wrong. */
Test(memory, keeps_order_under_random_stalls) {
    enum { BURSTS = 300 };
    struct memory mem;
    struct axi_manager m;
    struct axi_subordinate s;
    struct prng g = prng_make(3, "test_memory", 0);
    open_memory(&mem, 7);
    memset(&m, 0, sizeof m);
    memset(&s, 0, sizeof s);
    uint64_t asked = 0, beat = 0, got = 0, cycles = 0;
    for (; got < BURSTS && cycles < 1000000; cycles++) {
        if (!m.ar.valid && asked < BURSTS && asked - got < 16) {
            m.ar = burst(asked * 64, 1 + (unsigned)asked % 8);
        }
        m.rready = prng_below(&g, 3) != 0;
        if (s.rvalid && m.rready) {
            uint64_t last = got % 8;
            cr_assert_eq(memcmp(s.rdata, mem.image + got * 64 + beat * 8, WIDTH), 0);
            cr_assert_eq(s.rlast, beat == last);
            got += beat == last;
            beat = beat == last ? 0 : beat + 1;
        }
        int taken = m.ar.valid && s.arready;
        memory_step(&mem, &m, &s);
        if (taken) {
            asked++;
            m.ar.valid = 0;
        }
    }
    cr_assert_eq(got, BURSTS);
    cr_assert_gt(cycles, 2500); /* 1350 beats: it did stall */
    cr_assert_eq(mem.error.text[0], '\0', "%s", mem.error.text);
    memory_close(&mem);
}

/* Error responses come at the read beat and the write burst that were asked for, only
 * there. */
Test(memory, gives_error_responses) {
    struct memory mem;
    struct axi_manager m;
    struct axi_subordinate s;
    unsigned read_beats = 0, responses = 0;
    open_memory(&mem, 0);
    mem.config.read_error_beat = 3;
    mem.config.write_error_burst = 2;
    memset(&m, 0, sizeof m);
    memset(&s, 0, sizeof s);
    m.rready = m.bready = 1;
    m.wvalid = m.wlast = 1;
    idle(&mem, &s, 1);
    for (unsigned cycle = 0; cycle < 60; cycle++) {
        m.ar = burst(64, 4);
        m.ar.valid = cycle == 0;
        m.aw = burst(32768, 1);
        m.aw.valid = m.wvalid = cycle < 3;
        read_beats += s.rvalid;
        responses += s.bvalid;
        cr_assert_eq(s.rresp != 0, s.rvalid && read_beats == 3);
        cr_assert_eq(s.bresp != 0, s.bvalid && responses == 2);
        memory_step(&mem, &m, &s);
    }
    cr_assert_eq(read_beats, 4);
    cr_assert_eq(responses, 3);
    cr_assert_eq(mem.error.text[0], '\0', "%s", mem.error.text);
    memory_close(&mem);
}
