/* SPDX-License-Identifier: Apache-2.0
 *
 * AXI4 memory of fixed latency and full bandwidth, or one that stalls at random.
 *
 * All outputs are registered: they depend on earlier cycles only. Timing without a
 * stall seed, with one beat per cycle and direction:
 *
 *   ARREADY  high while fewer than MEMORY_QUEUE bursts wait
 *   R        a burst whose AR handshake is in cycle n has its first RVALID in cycle
 *            n + latency, or in the cycle after the last beat of the burst before it,
 *            whichever is later; one beat per cycle while RREADY is high
 *   AWREADY, WREADY  high while the queues have room
 *   B        a burst whose last W handshake (or AW handshake, if later) is in cycle n
 *            has BVALID in cycle n + latency, or in the cycle after the response
 *            before it was taken, whichever is later
 *
 * With a stall seed each of the five handshakes is withheld at random; the probability
 * changes over time, and long stalls occur.
 *
 * The memory checks the protocol: bursts within 4 KB, within the memory and of legal
 * type and size, aligned addresses, WLAST at the last beat, VALID and payload held
 * until READY, at most MEMORY_OUTSTANDING reads in flight, writes inside the window.
 */
#ifndef QADAM_MEMORY_H
#define QADAM_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "verif/axi.h"
#include "verif/prng.h"

enum { MEMORY_QUEUE = 64, MEMORY_BEATS = 512, MEMORY_OUTSTANDING = 16 };
enum { MEMORY_LATENCY_DEFAULT = 64, MEMORY_LATENCY_MAX = 10000 }; /* cycles */

struct memory_config {
    uint64_t bytes;         /* size */
    unsigned data_bytes;    /* width of the data channels, 1..64, power of two */
    unsigned latency;       /* cycles, >= 1 */
    uint64_t stall_seed;    /* 0 = never stall */
    uint64_t write_address; /* window in which writes are legal */
    uint64_t write_bytes;
    /* this read beat, or this write burst, gets an error response; 1 = the first, 0 =
     * none */
    uint64_t read_error_beat, write_error_burst;
};

/* One burst on its way. */
struct memory_burst {
    uint64_t addr;  /* of the next beat */
    unsigned beats; /* left */
    uint64_t due;   /* first cycle of the answer */
};

struct memory_queue {
    struct memory_burst burst[MEMORY_QUEUE];
    unsigned head, count;
};

struct memory_beat {
    uint8_t data[AXI_DATA_MAX];
    uint64_t strb;
    uint8_t last;
};

/* Random stalls of one channel: a probability that holds for some cycles. */
struct memory_stall {
    unsigned level; /* of 256; 256 = always */
    unsigned cycles;
};

struct memory_counts {
    uint64_t read_bursts, read_beats, write_bursts, write_beats, responses;
};

struct memory {
    struct memory_config config;
    uint8_t *image; /* owned, [config.bytes] */
    uint64_t cycle;
    struct memory_queue reads, writes, answers;
    struct memory_beat *beats; /* owned, [MEMORY_BEATS]: W beats not yet written */
    unsigned beat_head, beat_count;
    struct memory_stall stall[5]; /* ar, r, aw, w, b */
    struct prng prng;
    struct memory_counts counts;
    struct axi_manager before; /* of the last cycle, with what was taken removed */
    struct error error;        /* first violation of the protocol */
};

/* Returns 0, or -1 with *err set (out of memory); caller ends with memory_close. */
int memory_init(struct memory *mem, const struct memory_config *config,
                struct error *err);
void memory_close(struct memory *mem);

/* One cycle. *m is what the accelerator drove; *s is what the memory drove in the same
 * cycle and becomes what it drives in the next. Before the first cycle *s is zero. */
void memory_step(struct memory *mem, const struct axi_manager *m,
                 struct axi_subordinate *s);

/* 1 while a burst is on its way in either direction. */
int memory_busy(const struct memory *mem);

#endif
