/* SPDX-License-Identifier: Apache-2.0
 *
 * AXI4 memory model.
 */
#include "verif/memory.h"

#include <stdlib.h>
#include <string.h>

enum channel { CH_AR, CH_R, CH_AW, CH_W, CH_B };
enum { RESPONSE_ERROR = 2 }; /* SLVERR */
enum { BURST_INCR = 1, PAGE_BYTES = 4096, IDLE_DATA = 0x5a };

int memory_init(struct memory *mem, const struct memory_config *config,
                struct error *err) {
    memset(mem, 0, sizeof *mem);
    mem->config = *config;
    mem->prng = prng_make(config->stall_seed, "memory", 0);
    mem->image = calloc(config->bytes ? config->bytes : 1, 1);
    mem->beats = calloc(MEMORY_BEATS, sizeof *mem->beats);
    if (!mem->image || !mem->beats) {
        memory_close(mem);
        return error_set(err, "out of memory for a DRAM of %llu bytes",
                         (unsigned long long)config->bytes);
    }
    return 0;
}

void memory_close(struct memory *mem) {
    free(mem->image);
    free(mem->beats);
    mem->image = NULL;
    mem->beats = NULL;
}

static struct memory_burst *queue_head(struct memory_queue *q) {
    return &q->burst[q->head];
}

static void queue_push(struct memory_queue *q, struct memory_burst burst) {
    q->burst[(q->head + q->count) % MEMORY_QUEUE] = burst;
    q->count++;
}

static void queue_pop(struct memory_queue *q) {
    q->head = (q->head + 1) % MEMORY_QUEUE;
    q->count--;
}

/* Record a violation with its cycle. */
static void violation(struct memory *mem, const char *text, uint64_t addr) {
    (void)error_set(&mem->error, "AXI, cycle %llu: %s (address 0x%llx)",
                    (unsigned long long)mem->cycle, text, (unsigned long long)addr);
}

static int same_address(const struct axi_address *a, const struct axi_address *b) {
    return b->valid && a->addr == b->addr && a->len == b->len && a->size == b->size &&
           a->burst == b->burst;
}

/* What was offered and not taken must still be there. */
static void check_held(struct memory *mem, const struct axi_manager *m) {
    const struct axi_manager *b = &mem->before;
    if (b->ar.valid && !same_address(&b->ar, &m->ar)) {
        violation(mem, "AR changed before ARREADY", b->ar.addr);
    }
    if (b->aw.valid && !same_address(&b->aw, &m->aw)) {
        violation(mem, "AW changed before AWREADY", b->aw.addr);
    }
    if (b->wvalid && (!m->wvalid || b->wlast != m->wlast || b->wstrb != m->wstrb ||
                      memcmp(b->wdata, m->wdata, mem->config.data_bytes) != 0)) {
        violation(mem, "W changed before WREADY", 0);
    }
}

/* Check a burst, which must lie in the bytes bytes from base on. */
static void check_burst(struct memory *mem, const struct axi_address *a, uint64_t base,
                        uint64_t bytes, const char *range) {
    const unsigned width = mem->config.data_bytes;
    const uint64_t size = (uint64_t)(a->len + 1u) * width;
    if (a->burst != BURST_INCR) {
        violation(mem, "burst type is not INCR", a->addr);
    }
    if ((1u << a->size) != width) {
        violation(mem, "beat size is not the width of the port", a->addr);
    }
    if (a->addr % width != 0) {
        violation(mem, "address is not aligned to the port", a->addr);
    }
    if (a->addr % PAGE_BYTES + size > PAGE_BYTES) {
        violation(mem, "burst crosses a 4 KB boundary", a->addr);
    }
    if (a->addr < base || a->addr - base > bytes || size > bytes - (a->addr - base)) {
        violation(mem, range, a->addr);
    }
}

/* 1 if the channel is to be withheld in the next cycle. */
static int stalled(struct memory *mem, enum channel channel) {
    static const unsigned levels[8] = {0, 0, 32, 128, 128, 224, 250, 256};
    struct memory_stall *stall = &mem->stall[channel];
    if (mem->config.stall_seed == 0) {
        return 0;
    }
    if (stall->cycles == 0) {
        stall->level = levels[prng_below(&mem->prng, 8)];
        stall->cycles = 1 + (unsigned)prng_below(&mem->prng, 200);
    }
    stall->cycles--;
    return prng_below(&mem->prng, 256) < stall->level;
}

static void take_reads(struct memory *mem, const struct axi_manager *m,
                       const struct axi_subordinate *s) {
    if (s->rvalid && m->rready) {
        struct memory_burst *burst = queue_head(&mem->reads);
        mem->counts.read_beats++;
        burst->addr += mem->config.data_bytes;
        if (--burst->beats == 0) {
            queue_pop(&mem->reads);
        }
    }
    if (m->ar.valid && s->arready) {
        check_burst(mem, &m->ar, 0, mem->config.bytes, "read outside the memory");
        if (mem->reads.count == MEMORY_OUTSTANDING) {
            violation(mem, "more than 16 reads in flight", m->ar.addr);
        }
        mem->counts.read_bursts++;
        queue_push(&mem->reads, (struct memory_burst){m->ar.addr, m->ar.len + 1u,
                                                      mem->cycle + mem->config.latency});
    }
}

/* Write one beat of the first burst. */
static void apply_beat(struct memory *mem) {
    struct memory_burst *burst = queue_head(&mem->writes);
    const struct memory_beat *beat = &mem->beats[mem->beat_head];
    const unsigned width = mem->config.data_bytes;
    for (unsigned i = 0; i < width; i++) {
        if (((beat->strb >> i) & 1) && burst->addr + i < mem->config.bytes) {
            mem->image[burst->addr + i] = beat->data[i];
        }
    }
    if (beat->last != (burst->beats == 1)) {
        violation(mem, "WLAST is not at the last beat of the burst", burst->addr);
    }
    mem->counts.write_beats++;
    mem->beat_head = (mem->beat_head + 1) % MEMORY_BEATS;
    mem->beat_count--;
    burst->addr += width;
    if (--burst->beats == 0) {
        queue_push(&mem->answers,
                   (struct memory_burst){0, 1, mem->cycle + mem->config.latency});
        queue_pop(&mem->writes);
    }
}

static void take_writes(struct memory *mem, const struct axi_manager *m,
                        const struct axi_subordinate *s) {
    if (s->bvalid && m->bready) {
        mem->counts.responses++;
        queue_pop(&mem->answers);
    }
    if (m->aw.valid && s->awready) {
        check_burst(mem, &m->aw, mem->config.write_address, mem->config.write_bytes,
                    "write outside the ofmap");
        mem->counts.write_bursts++;
        queue_push(&mem->writes,
                   (struct memory_burst){m->aw.addr, m->aw.len + 1u, mem->cycle});
    }
    if (m->wvalid && s->wready) {
        struct memory_beat *beat =
            &mem->beats[(mem->beat_head + mem->beat_count) % MEMORY_BEATS];
        memcpy(beat->data, m->wdata, sizeof beat->data);
        beat->strb = m->wstrb;
        beat->last = m->wlast;
        mem->beat_count++;
    }
    while (mem->writes.count > 0 && mem->beat_count > 0) {
        apply_beat(mem);
    }
}

/* The read data channel of the next cycle. */
static void drive_read(struct memory *mem, int withheld, const struct axi_manager *m,
                       struct axi_subordinate *s) {
    if (s->rvalid && !m->rready) {
        return;
    }
    const unsigned width = mem->config.data_bytes;
    const struct memory_burst *burst = queue_head(&mem->reads);
    s->rvalid = mem->reads.count > 0 && burst->due <= mem->cycle + 1 && !withheld;
    s->rlast = s->rvalid && burst->beats == 1;
    s->rresp = s->rvalid && mem->counts.read_beats + 1 == mem->config.read_error_beat
                   ? RESPONSE_ERROR
                   : 0;
    if (s->rvalid && burst->addr + width <= mem->config.bytes) {
        memcpy(s->rdata, mem->image + burst->addr, width);
    } else {
        memset(s->rdata, IDLE_DATA, width);
    }
}

static void drive_answer(struct memory *mem, int withheld, const struct axi_manager *m,
                         struct axi_subordinate *s) {
    if (s->bvalid && !m->bready) {
        return;
    }
    s->bvalid = mem->answers.count > 0 &&
                queue_head(&mem->answers)->due <= mem->cycle + 1 && !withheld;
    s->bresp = s->bvalid && mem->counts.responses + 1 == mem->config.write_error_burst
                   ? RESPONSE_ERROR
                   : 0;
}

void memory_step(struct memory *mem, const struct axi_manager *m,
                 struct axi_subordinate *s) {
    check_held(mem, m);
    mem->before = *m;
    mem->before.ar.valid = m->ar.valid && !s->arready;
    mem->before.aw.valid = m->aw.valid && !s->awready;
    mem->before.wvalid = m->wvalid && !s->wready;
    take_reads(mem, m, s);
    take_writes(mem, m, s);
    drive_read(mem, stalled(mem, CH_R), m, s);
    drive_answer(mem, stalled(mem, CH_B), m, s);
    s->arready = mem->reads.count < MEMORY_QUEUE && !stalled(mem, CH_AR);
    s->awready =
        mem->writes.count + mem->answers.count < MEMORY_QUEUE && !stalled(mem, CH_AW);
    s->wready = mem->beat_count < MEMORY_BEATS && !stalled(mem, CH_W);
    mem->cycle++;
}

int memory_busy(const struct memory *mem) {
    return mem->reads.count > 0 || mem->writes.count > 0 || mem->answers.count > 0 ||
           mem->beat_count > 0;
}
