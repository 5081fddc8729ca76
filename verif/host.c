/* SPDX-License-Identifier: Apache-2.0
 *
 * The host side of a simulation.
 */
#include "verif/host.h"

#include <string.h>

enum { RESET_CYCLES = 8, ANSWER_CYCLES = 1000 };

int host_init(struct host *h, const struct sim_api *api, uint64_t seed,
              uint64_t stall_seed, struct error *err) {
    memset(h, 0, sizeof *h);
    h->api = api;
    h->prng = prng_make(stall_seed, "host", 0);
    h->jitter = stall_seed != 0;
    h->sim = api->create(seed);
    return h->sim ? 0 : error_set(err, "out of memory for the simulation");
}

void host_close(struct host *h) {
    if (h->sim) {
        h->api->destroy(h->sim);
    }
    h->sim = NULL;
}

void host_connect(struct host *h, struct memory *memory) {
    h->memory = memory;
    memset(&h->io.memory, 0, sizeof h->io.memory);
}

/* What of the data port is kept for coverage and for messages. */
static void watch_port(struct host *h) {
    const struct axi_manager *m = &h->io.manager;
    const struct axi_subordinate *s = &h->io.memory;
    h->waits[0] += m->ar.valid && !s->arready;
    h->waits[1] += m->aw.valid && !s->awready;
    h->waits[2] += m->wvalid && !s->wready;
    if (m->ar.valid && s->arready) {
        h->last_read = m->ar.addr;
    }
    if (m->aw.valid && s->awready) {
        h->last_write = m->aw.addr;
    }
}

int host_cycle(struct host *h, struct error *err) {
    if (h->api->tick(h->sim, &h->io)) {
        return error_set(err, "simulation, cycle %llu: %s", (unsigned long long)h->cycle,
                         h->api->message(h->sim));
    }
    h->cycle++;
    if (h->memory && h->io.rst_n) {
        const struct axi_manager *m = &h->io.manager;
        const struct axi_subordinate *s = &h->io.memory;
        h->handshakes += (m->ar.valid && s->arready) || (s->rvalid && m->rready) ||
                         (m->aw.valid && s->awready) || (m->wvalid && s->wready) ||
                         (s->bvalid && m->bready);
        watch_port(h);
        memory_step(h->memory, m, &h->io.memory);
        if (h->memory->error.text[0] != '\0') {
            return error_set(err, "%s", h->memory->error.text);
        }
    }
    return 0;
}

int host_reset(struct host *h, struct error *err) {
    memset(&h->io.host, 0, sizeof h->io.host);
    memset(&h->io.memory, 0, sizeof h->io.memory);
    h->io.rst_n = 0;
    for (unsigned i = 0; i < RESET_CYCLES; i++) {
        if (host_cycle(h, err)) {
            return -1;
        }
    }
    h->io.rst_n = 1;
    return host_cycle(h, err);
}

/* 1 in a cycle in which the host is willing to go on. */
static int willing(struct host *h) {
    return !h->jitter || prng_below(&h->prng, 4) == 0;
}

int host_write(struct host *h, unsigned address, uint32_t value, struct error *err) {
    struct axil_host *host = &h->io.host;
    const struct axil_device *device = &h->io.device;
    int address_left = 1, data_left = 1;
    host->awaddr = (uint16_t)address;
    host->wdata = value;
    host->wstrb = 15;
    for (unsigned i = 0; i < ANSWER_CYCLES; i++) {
        host->awvalid = address_left && (host->awvalid || willing(h));
        host->wvalid = data_left && (host->wvalid || willing(h));
        host->bready = (uint8_t)willing(h);
        if (host_cycle(h, err)) {
            return -1;
        }
        address_left = address_left && !(host->awvalid && device->awready);
        data_left = data_left && !(host->wvalid && device->wready);
        if (device->bvalid && host->bready) {
            host->awvalid = host->wvalid = host->bready = 0;
            if (address_left || data_left || device->bresp != 0) {
                return error_set(err, "AXI4-Lite write to 0x%02x: %s", address,
                                 device->bresp ? "error response" : "early response");
            }
            return 0;
        }
    }
    return error_set(err, "AXI4-Lite write to 0x%02x: no response in %d cycles", address,
                     ANSWER_CYCLES);
}

int host_read(struct host *h, unsigned address, uint32_t *value, struct error *err) {
    struct axil_host *host = &h->io.host;
    const struct axil_device *device = &h->io.device;
    int address_left = 1;
    host->araddr = (uint16_t)address;
    for (unsigned i = 0; i < ANSWER_CYCLES; i++) {
        host->arvalid = address_left && (host->arvalid || willing(h));
        host->rready = (uint8_t)willing(h);
        if (host_cycle(h, err)) {
            return -1;
        }
        address_left = address_left && !(host->arvalid && device->arready);
        if (device->rvalid && host->rready) {
            host->arvalid = host->rready = 0;
            *value = device->rdata;
            if (address_left || device->rresp != 0) {
                return error_set(err, "AXI4-Lite read of 0x%02x: %s", address,
                                 device->rresp ? "error response" : "early response");
            }
            return 0;
        }
    }
    return error_set(err, "AXI4-Lite read of 0x%02x: no response in %d cycles", address,
                     ANSWER_CYCLES);
}

int host_counter(struct host *h, unsigned index, uint64_t *value, struct error *err) {
    uint32_t low = 0, high = 0;
    if (host_read(h, REG_COUNTERS + 8 * index, &low, err) ||
        host_read(h, REG_COUNTERS + 8 * index + 4, &high, err)) {
        return -1;
    }
    *value = (uint64_t)high << 32 | low;
    return 0;
}
