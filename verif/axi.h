/* SPDX-License-Identifier: Apache-2.0
 *
 * The signals of one AXI4 port, as values of one clock cycle.
 *
 * Data and strobes of up to 64 bytes; bytes above the port's width are zero.
 */
#ifndef QADAM_AXI_H
#define QADAM_AXI_H

#include <stdint.h>

enum { AXI_DATA_MAX = 64 };

/* Address channel: AR or AW. */
struct axi_address {
    uint64_t addr;
    uint8_t len; /* beats - 1 */
    uint8_t size;
    uint8_t burst;
    uint8_t valid;
};

/* What the accelerator drives. */
struct axi_manager {
    struct axi_address ar, aw;
    uint64_t wstrb;
    uint8_t wdata[AXI_DATA_MAX];
    uint8_t wvalid, wlast;
    uint8_t rready, bready;
};

/* What the memory drives. */
struct axi_subordinate {
    uint8_t rdata[AXI_DATA_MAX];
    uint8_t arready, awready, wready;
    uint8_t rvalid, rlast, rresp;
    uint8_t bvalid, bresp;
};

#endif
