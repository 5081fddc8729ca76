/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for the end of a run; a hang is detected, never waited for.
 */
#ifndef QADAM_WATCHDOG_H
#define QADAM_WATCHDOG_H

#include <stddef.h>
#include <stdint.h>

#include "gen/command.h"
#include "gen/error.h"
#include "verif/host.h"

enum {
    WATCH_CYCLES = 65536, /* without a handshake on the data port and without a slot */
    WATCH_FACTOR = 2,     /* times the predicted cycles is too long, */
    WATCH_STALLS = 64     /* and so many when the memory stalls; plus WATCH_CYCLES */
};

/* What is known of a run. */
struct watch {
    const struct dram_map *dram; /* borrowed */
    uint64_t predicted;          /* cycles with a memory that does not stall */
    int stalls;                  /* 1: the memory stalls at random */
};

/* Cycles after which a run of so many predicted ones has taken too long. */
uint64_t watchdog_limit(uint64_t predicted, int stalls);

/* Clock until the interrupt comes. Without it the run ends when nothing has moved for
 * WATCH_CYCLES, and when it takes far longer than predicted.
 *
 *   state  out: after a hang the state of each unit, as far as its ports, registers and
 *          counters tell, some lines of text; else ""
 *
 * Returns 0, or -1 with *err set (a hang, a failed assertion, a violated protocol). */
int watchdog_wait(struct host *h, const struct watch *watch, char *state, size_t size,
                  struct error *err);

#endif
