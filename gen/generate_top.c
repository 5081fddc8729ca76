/* SPDX-License-Identifier: Apache-2.0
 *
 * The generated top module and its timing constraints.
 */
#include <stdio.h>
#include <string.h>

#include "gen/emit.h"
#include "gen/generate_parts.h"
#include "gen/version.h"

enum { BYTE_BITS = 8, COLUMNS = 96, COMMAND_BLOCK_BYTES = 512 };

void generate_params(const struct hw *hw, struct generate_param params[GENERATE_PARAMS]) {
    const struct design *d = &hw->design;
    const struct generate_param all[GENERATE_PARAMS] = {
        {"Rows", d->rows},
        {"Cols", d->cols},
        {"IfmapWords", d->ifmap_spad_words},
        {"FilterWords", d->filter_spad_words},
        {"PsumWords", d->psum_spad_words},
        {"ActWidth", hw->type.act_bits},
        {"WeightWidth", hw->type.weight_bits},
        {"ActMemWidth", hw->act_mem_bits},
        {"WeightMemWidth", hw->weight_mem_bits},
        {"PsumWidth", d->psum_bits},
        {"PsumLanes", hw->psum_lanes},
        {"BusWidth", d->bus_bits},
        {"AxiWidth", BYTE_BITS * d->dram_bytes_per_cycle},
        {"GlbWords", hw->glb_words},
        {"GlbBankWords", hw->glb_bank_words},
        {"MulLatency", hw->type.mul_latency},
        {"AddLatency", hw->type.add_latency},
        {"PsumAddLatency", hw->type.psum_add_latency},
        {"LatchSpads", strcmp(d->spad_style, "latch") == 0}};
    memcpy(params, all, sizeof all);
}

size_t generate_ports(const struct hw *hw, struct generate_port *ports) {
    const unsigned bytes = hw->design.dram_bytes_per_cycle;
    const struct generate_port all[] = {
        {"clk_i", NULL, 0, 1},
        {"rst_ni", NULL, 0, 1},
        {"s_axil_awvalid_i", "AXI4-Lite subordinate: registers", 0, 1},
        {"s_axil_awready_o", NULL, 1, 1},
        {"s_axil_awaddr_i", NULL, 0, 12},
        {"s_axil_wvalid_i", NULL, 0, 1},
        {"s_axil_wready_o", NULL, 1, 1},
        {"s_axil_wdata_i", NULL, 0, 32},
        {"s_axil_wstrb_i", NULL, 0, 4},
        {"s_axil_bvalid_o", NULL, 1, 1},
        {"s_axil_bready_i", NULL, 0, 1},
        {"s_axil_bresp_o", NULL, 1, 2},
        {"s_axil_arvalid_i", NULL, 0, 1},
        {"s_axil_arready_o", NULL, 1, 1},
        {"s_axil_araddr_i", NULL, 0, 12},
        {"s_axil_rvalid_o", NULL, 1, 1},
        {"s_axil_rready_i", NULL, 0, 1},
        {"s_axil_rdata_o", NULL, 1, 32},
        {"s_axil_rresp_o", NULL, 1, 2},
        {"m_axi_awvalid_o", "AXI4 manager: data and commands", 1, 1},
        {"m_axi_awready_i", NULL, 0, 1},
        {"m_axi_awaddr_o", NULL, 1, 64},
        {"m_axi_awlen_o", NULL, 1, 8},
        {"m_axi_awsize_o", NULL, 1, 3},
        {"m_axi_awburst_o", NULL, 1, 2},
        {"m_axi_wvalid_o", NULL, 1, 1},
        {"m_axi_wready_i", NULL, 0, 1},
        {"m_axi_wdata_o", NULL, 1, BYTE_BITS * bytes},
        {"m_axi_wstrb_o", NULL, 1, bytes},
        {"m_axi_wlast_o", NULL, 1, 1},
        {"m_axi_bvalid_i", NULL, 0, 1},
        {"m_axi_bready_o", NULL, 1, 1},
        {"m_axi_bresp_i", NULL, 0, 2},
        {"m_axi_arvalid_o", NULL, 1, 1},
        {"m_axi_arready_i", NULL, 0, 1},
        {"m_axi_araddr_o", NULL, 1, 64},
        {"m_axi_arlen_o", NULL, 1, 8},
        {"m_axi_arsize_o", NULL, 1, 3},
        {"m_axi_arburst_o", NULL, 1, 2},
        {"m_axi_rvalid_i", NULL, 0, 1},
        {"m_axi_rready_o", NULL, 1, 1},
        {"m_axi_rdata_i", NULL, 0, BYTE_BITS * bytes},
        {"m_axi_rresp_i", NULL, 0, 2},
        {"m_axi_rlast_i", NULL, 0, 1},
        {"irq_o", "interrupt: while done or error, if enabled", 1, 1}};
    memcpy(ports, all, sizeof all);
    return sizeof all / sizeof all[0];
}

/* Add count macros of a size to the list of n. Returns the new n. */
static size_t add_macros(struct generate_macro *macros, size_t n, unsigned words,
                         unsigned width, unsigned lanes, unsigned count) {
    for (size_t i = 0; i < n; i++) {
        if (macros[i].words == words && macros[i].width == width &&
            macros[i].lanes == lanes) {
            macros[i].count += count;
            return n;
        }
    }
    macros[n] = (struct generate_macro){words, width, lanes, count};
    return n + 1;
}

size_t generate_macros(const struct hw *hw,
                       struct generate_macro macros[GENERATE_MACROS]) {
    unsigned full = hw->glb_words / hw->glb_bank_words;
    unsigned rest = hw->glb_words % hw->glb_bank_words;
    unsigned width = hw->design.bus_bits;
    /* even words in one macro, odd ones in the other */
    size_t n =
        add_macros(macros, 0, hw->glb_bank_words / 2, width, hw->act_lanes, 2 * full);
    if (rest != 0) {
        n = add_macros(macros, n, rest / 2, width, hw->act_lanes, 2);
    }
    return add_macros(macros, n, COMMAND_BLOCK_BYTES / hw->bus_bytes, width, 1, 2);
}

double generate_period_ns(const struct hw *hw) {
    return 1.0 + (double)(hw->type.act_bits + hw->type.weight_bits) /
                     (32.0 * (double)hw->type.mul_latency);
}

static void put_ports(struct emit *out, const struct generate_port *ports, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char range[16] = "";
        if (ports[i].group) {
            emit(out, "    // %s\n", ports[i].group);
        }
        if (ports[i].width > 1) {
            (void)snprintf(range, sizeof range, "[%u:0]", ports[i].width - 1);
        }
        emit(out, "    %s logic %7s %s%s\n", ports[i].output ? "output" : "input ", range,
             ports[i].name, i + 1 < count ? "," : "");
    }
}

int generate_top(const struct hw *hw, const char *path, struct error *err) {
    struct emit out;
    struct generate_param params[GENERATE_PARAMS];
    struct generate_port ports[GENERATE_PORTS_MAX];
    size_t count = generate_ports(hw, ports);
    generate_params(hw, params);
    if (emit_open(&out, path, err)) {
        return -1;
    }
    emit(&out,
         "// Generated by qadam %s from design %s; do not edit.\n"
         "// SPDX-License-Identifier: Apache-2.0\n//\n"
         "// The accelerator with the parameters of this design (%s).\n\n"
         "module qadam_top (\n",
         QADAM_VERSION, hw->design.name, hw->hash);
    put_ports(&out, ports, count);
    emit(&out, ");\n\n  qadam_accel #(\n");
    for (size_t i = 0; i < GENERATE_PARAMS; i++) {
        emit(&out, "      .%s(%u)%s\n", params[i].name, params[i].value,
             i + 1 < GENERATE_PARAMS ? "," : "");
    }
    emit(&out, "  ) u_accel (\n");
    for (size_t i = 0; i < count; i++) {
        emit(&out, "      .%s%s\n", ports[i].name, i + 1 < count ? "," : "");
    }
    emit(&out, "  );\n\nendmodule\n");
    return emit_close(&out, err);
}

/* set_input_delay or set_output_delay on all ports but clock and reset. */
static void put_delays(struct emit *out, const struct generate_port *ports, size_t count,
                       int outputs) {
    int column = COLUMNS;
    emit(out, "set_%s_delay $io_delay_ns -clock clk_i [get_ports {",
         outputs ? "output" : "input");
    for (size_t i = 2; i < count; i++) { /* ports 0 and 1 are clock and reset */
        int length = (int)strlen(ports[i].name) + (ports[i].width > 1 ? 3 : 0);
        if (ports[i].output != outputs) {
            continue;
        }
        if (column + 1 + length > COLUMNS) {
            emit(out, " \\\n   ");
            column = 3;
        }
        emit(out, " %s%s", ports[i].name, ports[i].width > 1 ? "[*]" : "");
        column += 1 + length;
    }
    emit(out, "}]\n");
}

/* The constraints that follow the clock period, clock_period_ns. */
static void put_constraints(struct emit *out, const struct hw *hw) {
    struct generate_port ports[GENERATE_PORTS_MAX];
    size_t count = generate_ports(hw, ports);
    emit(out, "set io_share 0.2\n"
              "set io_delay_ns [expr {$io_share * $clock_period_ns}]\n\n"
              "create_clock -name clk_i -period $clock_period_ns [get_ports clk_i]\n"
              "set_false_path -from [get_ports rst_ni]\n");
    put_delays(out, ports, count, 0);
    put_delays(out, ports, count, 1);
}

int generate_sdc(const struct hw *hw, const char *path, struct error *err) {
    struct emit out;
    if (emit_open(&out, path, err)) {
        return -1;
    }
    emit(&out,
         "# Generated by qadam %s from design %s; do not edit.\n"
         "#\n"
         "# Timing constraints of qadam_top, in ns. One clock; ports are registered on\n"
         "# the other side and may take io_share of the period. Driving cells and loads\n"
         "# are facts of the process: set them beside this file.\n"
         "#\n"
         "# Variables (environment): CLOCK_PERIOD_NS  clock period, default %g ns\n\n"
         "set clock_period_ns %g\n"
         "if {[info exists ::env(CLOCK_PERIOD_NS)]} {\n"
         "    set clock_period_ns $::env(CLOCK_PERIOD_NS)\n"
         "}\n",
         QADAM_VERSION, hw->design.name, generate_period_ns(hw), generate_period_ns(hw));
    put_constraints(&out, hw);
    return emit_close(&out, err);
}

int generate_orfs_sdc(const struct hw *hw, const char *path, struct error *err) {
    struct emit out;
    if (emit_open(&out, path, err)) {
        return -1;
    }
    emit(&out,
         "# Generated by qadam %s from design %s; do not edit.\n"
         "#\n"
         "# ../constraints.sdc for OpenROAD-flow-scripts, which copies this file and "
         "looks\n"
         "# for the clock period in the line that sets clk_period.\n\n"
         "current_design qadam_top\n"
         "set clk_period %g\n"
         "set clock_period_ns $clk_period\n",
         QADAM_VERSION, hw->design.name, generate_period_ns(hw));
    put_constraints(&out, hw);
    return emit_close(&out, err);
}
