// SPDX-License-Identifier: Apache-2.0
//
// The Verilated accelerator behind the C interface of verif/sim.h.

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "Vqadam_top.h"
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
using Trace = VerilatedFstC;
#elif VM_TRACE
#include "verilated_vcd_c.h"
using Trace = VerilatedVcdC;
#endif

#include "verif/sim.h"

namespace {

constexpr uint64_t HALF_PERIOD = 5; // time units of the wave file

struct Sim {
    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<Vqadam_top> top;
#if VM_TRACE
    std::unique_ptr<Trace> trace;
#endif
    uint64_t time = 0;
    bool tracing = false;
    std::string message;
};

// The model that runs now: Verilator calls vl_stop without saying which. One model runs
// per thread.
thread_local Sim *running = nullptr;

// Copy between a port and little-endian bytes; ports wider than 64 bits are arrays of
// 32-bit words, lowest first, so that bytes are in order for every width.
template <class Port> void get(void *to, const Port &from, size_t size) {
    std::memcpy(to, &from, sizeof from < size ? sizeof from : size);
}
template <class Port> void put(Port &to, const void *from, size_t size) {
    std::memcpy(&to, from, sizeof to < size ? sizeof to : size);
}

void drive(Vqadam_top &top, const sim_ports &io) {
    top.rst_ni = io.rst_n;
    top.s_axil_awvalid_i = io.host.awvalid;
    top.s_axil_awaddr_i = io.host.awaddr;
    top.s_axil_wvalid_i = io.host.wvalid;
    top.s_axil_wdata_i = io.host.wdata;
    top.s_axil_wstrb_i = io.host.wstrb;
    top.s_axil_bready_i = io.host.bready;
    top.s_axil_arvalid_i = io.host.arvalid;
    top.s_axil_araddr_i = io.host.araddr;
    top.s_axil_rready_i = io.host.rready;
    top.m_axi_awready_i = io.memory.awready;
    top.m_axi_wready_i = io.memory.wready;
    top.m_axi_bvalid_i = io.memory.bvalid;
    top.m_axi_bresp_i = io.memory.bresp;
    top.m_axi_arready_i = io.memory.arready;
    top.m_axi_rvalid_i = io.memory.rvalid;
    put(top.m_axi_rdata_i, io.memory.rdata, AXI_DATA_MAX);
    top.m_axi_rresp_i = io.memory.rresp;
    top.m_axi_rlast_i = io.memory.rlast;
}

void sample(const Vqadam_top &top, sim_ports &io) {
    io.device.awready = top.s_axil_awready_o;
    io.device.wready = top.s_axil_wready_o;
    io.device.bvalid = top.s_axil_bvalid_o;
    io.device.bresp = top.s_axil_bresp_o;
    io.device.arready = top.s_axil_arready_o;
    io.device.rvalid = top.s_axil_rvalid_o;
    io.device.rdata = top.s_axil_rdata_o;
    io.device.rresp = top.s_axil_rresp_o;
    io.manager.aw.valid = top.m_axi_awvalid_o;
    io.manager.aw.addr = top.m_axi_awaddr_o;
    io.manager.aw.len = top.m_axi_awlen_o;
    io.manager.aw.size = top.m_axi_awsize_o;
    io.manager.aw.burst = top.m_axi_awburst_o;
    io.manager.wvalid = top.m_axi_wvalid_o;
    get(io.manager.wdata, top.m_axi_wdata_o, AXI_DATA_MAX);
    io.manager.wstrb = top.m_axi_wstrb_o;
    io.manager.wlast = top.m_axi_wlast_o;
    io.manager.bready = top.m_axi_bready_o;
    io.manager.ar.valid = top.m_axi_arvalid_o;
    io.manager.ar.addr = top.m_axi_araddr_o;
    io.manager.ar.len = top.m_axi_arlen_o;
    io.manager.ar.size = top.m_axi_arsize_o;
    io.manager.ar.burst = top.m_axi_arburst_o;
    io.manager.rready = top.m_axi_rready_o;
    io.irq = top.irq_o;
}

void dump(Sim &sim) {
#if VM_TRACE
    if (sim.tracing) {
        sim.trace->dump(sim.time);
    }
#endif
    sim.time += HALF_PERIOD;
}

void stop(const char *file, int line, const char *hier) {
    hier = hier ? hier : "";
    if (running && running->message.empty()) {
        const char *slash = file ? std::strrchr(file, '/') : nullptr;
        running->message = std::string("stopped at ") +
                           (slash  ? slash + 1
                            : file ? file
                                   : "?") +
                           ":" + std::to_string(line) + (*hier ? " in " : "") + hier;
    }
}

void trace_close(void *handle) {
#if VM_TRACE
    Sim &sim = *static_cast<Sim *>(handle);
    if (sim.tracing) {
        sim.trace->close();
        sim.tracing = false;
    }
#else
    (void)handle;
#endif
}

void *create(uint64_t seed) {
    auto sim = std::make_unique<Sim>();
    sim->context = std::make_unique<VerilatedContext>();
    sim->context->randReset(2);
    sim->context->randSeed(static_cast<int>(seed % 0x7ffffffe) + 1);
#if VM_TRACE
    sim->context->traceEverOn(true);
#endif
    running = sim.get();
    sim->top = std::make_unique<Vqadam_top>(sim->context.get(), "top");
    sim->top->clk_i = 0;
    running = nullptr;
    return sim.release();
}

void destroy(void *handle) {
    if (handle) {
        Sim *sim = static_cast<Sim *>(handle);
        trace_close(handle);
        sim->top->final();
        delete sim;
    }
}

int tick(void *handle, sim_ports *io) {
    Sim &sim = *static_cast<Sim *>(handle);
    if (!sim.message.empty()) {
        return -1;
    }
    running = &sim;
    sim.top->clk_i = 0;
    drive(*sim.top, *io);
    sim.top->eval();
    sample(*sim.top, *io);
    dump(sim);
    sim.top->clk_i = 1;
    sim.top->eval();
    dump(sim);
    running = nullptr;
    return sim.message.empty() ? 0 : -1;
}

const char *message(const void *handle) {
    return static_cast<const Sim *>(handle)->message.c_str();
}

int trace_open(void *handle, const char *path) {
#if VM_TRACE
    Sim &sim = *static_cast<Sim *>(handle);
    trace_close(handle);
    FILE *probe = std::fopen(path, "wb"); // Trace::open ends the program on failure
    if (!probe) {
        return -1;
    }
    std::fclose(probe);
    sim.trace = std::make_unique<Trace>();
    sim.top->trace(sim.trace.get(), 99);
    sim.trace->open(path);
    sim.tracing = true;
    return 0;
#else
    (void)handle;
    (void)path;
    return -1;
#endif
}

} // namespace

// Verilator's hooks, built with VL_USER_STOP, VL_USER_FATAL and VL_USER_FINISH.
void vl_stop(const char *file, int line, const char *hier) {
    stop(file, line, hier);
}
void vl_finish(const char *file, int line, const char *hier) {
    stop(file, line, hier);
}
void vl_fatal(const char *file, int line, const char *hier, const char *) {
    stop(file, line, hier);
}

// The library's one symbol.
extern "C" const sim_api sim_api;
const struct sim_api sim_api = {create, destroy, tick, message, trace_open, trace_close};
