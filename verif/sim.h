/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilated accelerator behind a C interface: the functions of libsim.so.
 */
#ifndef QADAM_SIM_H
#define QADAM_SIM_H

#include <stdint.h>

#include "verif/axi.h"

/* AXI4-Lite: what the host drives, and what the accelerator drives. */
struct axil_host {
    uint16_t awaddr, araddr;
    uint32_t wdata;
    uint8_t awvalid, wvalid, wstrb, bready, arvalid, rready;
};
struct axil_device {
    uint32_t rdata;
    uint8_t awready, wready, bvalid, bresp, arready, rvalid, rresp;
};

/* All ports but the clock. */
struct sim_ports {
    /* inputs of the accelerator */
    uint8_t rst_n;
    struct axil_host host;
    struct axi_subordinate memory;
    /* outputs */
    struct axil_device device;
    struct axi_manager manager;
    uint8_t irq;
};

/* The functions of the library, found as its one symbol, sim_api (a table, so that no
 * pointer to data has to become a pointer to a function). */
struct sim_api {
    /* A new model; registers without reset and memories start from random bits of
     * seed. One model runs per thread. */
    void *(*create)(uint64_t seed);
    void (*destroy)(void *sim);

    /* One clock cycle. The inputs in *io are those of this cycle; the outputs, as they
     * are just before its rising edge, are read into *io; then the edge happens.
     * Returns 0, or -1 once the model has stopped (an assertion failed). */
    int (*tick)(void *sim, struct sim_ports *io);

    /* Where the model stopped, "" if it runs. */
    const char *(*message)(const void *sim);

    /* Record waves into a file from now on: VCD or FST, as the library was built.
     * Returns 0, or -1 when the library was built without or path cannot be written. */
    int (*trace_open)(void *sim, const char *path);
    void (*trace_close)(void *sim);
};

#endif
