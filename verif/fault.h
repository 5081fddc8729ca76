/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults: a run that something interrupts, and what the accelerator owes then
 * (docs/architecture.md, section 8): it ends, says why, and is ready for the next run.
 */
#ifndef QADAM_FAULT_H
#define QADAM_FAULT_H

#include <stdint.h>

#include "gen/command.h"
#include "gen/error.h"
#include "verif/counters.h"
#include "verif/host.h"
#include "verif/memory.h"

enum fault_kind {
    FAULT_READ,    /* error response to a read */
    FAULT_WRITE,   /* error response to a write */
    FAULT_COMMAND, /* a command with an opcode that does not exist */
    FAULT_RESET,   /* soft reset by the host */
    FAULT_KINDS
};

struct fault {
    enum fault_kind kind;
    uint64_t at; /* read beat or write burst (1 = first), command, or cycle */
};

/* Draw a fault for a run of *list that should count *predicted. */
struct fault fault_draw(uint64_t seed, const char *layer, const struct command_list *list,
                        const struct counters *predicted);

/* Prepare a memory whose image is filled. */
void fault_prepare(const struct fault *f, const struct command_list *list,
                   struct memory *mem);

/* The run was started: wait for its end, at most limit cycles, and check that it is the
 * one that the fault must bring about. Returns 0, or -1 with *err set. */
int fault_wait(const struct fault *f, struct host *h, uint64_t limit, struct error *err);

/* "read error at beat 5" and the like, into buf; returns buf. */
const char *fault_text(const struct fault *f, char *buf, size_t size);

#endif
