/* SPDX-License-Identifier: Apache-2.0
 *
 * The host side of a simulation: clock, reset, registers over AXI4-Lite, with the memory
 * model on the data port.
 */
#ifndef QADAM_HOST_H
#define QADAM_HOST_H

#include <stdint.h>

#include "gen/error.h"
#include "verif/memory.h"
#include "verif/prng.h"
#include "verif/sim.h"

/* Registers (docs/architecture.md, section 8). */
enum host_register {
    REG_CTRL = 0x00,
    REG_STATUS = 0x04,
    REG_IRQ_ENABLE = 0x08,
    REG_ID = 0x0c,
    REG_CMD_ADDR = 0x10,
    REG_CMD_ADDR_HIGH = 0x14,
    REG_COUNTERS = 0x40
};
enum host_control { CTRL_START = 1, CTRL_RESET = 2, CTRL_CLEAR = 4 };
enum host_status {
    STATUS_BUSY = 1,
    STATUS_DONE = 2,
    STATUS_READ_ERROR = 4,
    STATUS_WRITE_ERROR = 8,
    STATUS_ILLEGAL = 16
};
#define HOST_ID 0x51414431u

struct host {
    const struct sim_api *api; /* borrowed */
    void *sim;                 /* owned */
    struct sim_ports io;       /* inputs of the next cycle, outputs of the last */
    struct memory *memory;     /* borrowed; NULL = nothing answers */
    uint64_t cycle;
    uint64_t handshakes; /* cycles with a handshake on the data port */
    uint64_t waits[3];   /* cycles in which AR, AW, W were valid and not ready */
    uint64_t last_read, last_write; /* addresses of the last bursts that were accepted */
    int jitter;                     /* 1: registers are accessed with random delays */
    struct prng prng;
};

/* Make a model; its uninitialised bits come from seed. With stall_seed registers are
 * accessed with random delays. Caller ends with host_close. Returns 0, or -1 with *err
 * set. */
int host_init(struct host *h, const struct sim_api *api, uint64_t seed,
              uint64_t stall_seed, struct error *err);
void host_close(struct host *h);

/* Connect a memory (borrowed; NULL disconnects); the port must be idle. */
void host_connect(struct host *h, struct memory *memory);

/* One clock cycle. Returns 0, or -1 with *err set (an assertion failed, or the memory saw
 * a violation of the protocol). */
int host_cycle(struct host *h, struct error *err);

/* Hold the reset for some cycles and release it. */
int host_reset(struct host *h, struct error *err);

/* Write or read a register. Returns 0, or -1 with *err set (also: no answer within 1000
 * cycles, or an error response). */
int host_write(struct host *h, unsigned address, uint32_t value, struct error *err);
int host_read(struct host *h, unsigned address, uint32_t *value, struct error *err);

/* Read a 64-bit counter. */
int host_counter(struct host *h, unsigned index, uint64_t *value, struct error *err);

#endif
