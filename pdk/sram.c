/* SPDX-License-Identifier: Apache-2.0
 *
 * SRAM macro model and views.
 */
#include "pdk/sram.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gen/emit.h"
#include "pdk/csv.h"
#include "pdk/liberty.h"

static const char *const quantities[SRAM_QUANTITIES] = {
    "area_um2",   "read_energy_pj", "write_energy_pj",
    "leakage_mw", "access_ns",      "cycle_ns"};

static const double BYTES_MIN = 64, BYTES_MAX = 512 * 1024;
static const double WIDTH_MIN = 16, WIDTH_MAX = 128;

/* Pin figures, those of the fakeram45 macros; CACTI has none. */
static const double SETUP_NS = 0.05, HOLD_NS = 0.05;
static const double INPUT_CAP_FF = 5, CLOCK_CAP_FF = 25, MAX_LOAD_FF = 500;
static const double SLEW_MIN_NS = 0.009, SLEW_MAX_NS = 0.227; /* at no and at full load */

int sram_model_load(struct sram_model *model, const char *folder, struct error *err) {
    struct csv t;
    int status = csv_load(&t, folder, "sram.csv",
                          "quantity,c0,c_root,c_bytes,c_width,c_width_root,"
                          "mean_error_percent,max_error_percent,fakeram_ratio",
                          err);

    if (status != 0) {
        return -1;
    }
    if (t.rows != SRAM_QUANTITIES) {
        status = error_set_at(err, t.path, 0, 0, "%zu rows, expected %d", t.rows,
                              SRAM_QUANTITIES);
    }
    for (size_t q = 0; status == 0 && q < SRAM_QUANTITIES; q++) {
        if (strcmp(csv_text(&t, q, 0), quantities[q]) != 0) {
            status = error_set_at(err, t.path, (int)q + 2, 1, "expected the row %s",
                                  quantities[q]);
        }
        for (size_t i = 0; status == 0 && i < SRAM_TERMS; i++) {
            status = csv_number(&t, q, i + 1, &model->c[q][i], err);
        }
    }
    csv_close(&t);
    return status;
}

static double value(const double *c, double bytes, double width) {
    double root = sqrt(bytes);

    return c[0] + c[1] * root + c[2] * bytes + c[3] * width + c[4] * width * root;
}

int sram_macro_make(const struct sram_model *model, unsigned words, unsigned bits,
                    unsigned lanes, struct sram_macro *macro, struct error *err) {
    double v[SRAM_QUANTITIES], slices, width, bytes;

    if (words < 1 || bits < 1 || lanes < 1 || bits % lanes != 0) {
        return error_set(err, "an SRAM of %u words of %u bits in %u lanes cannot be made",
                         words, bits, lanes);
    }
    slices = ceil(bits / WIDTH_MAX);
    width = fmax(bits / slices, WIDTH_MIN);
    bytes = fmax(words * width / 8, BYTES_MIN);
    if (bytes > BYTES_MAX) {
        return error_set(err,
                         "an SRAM of %u words of %u bits is larger than the %g bytes "
                         "that the macro model covers",
                         words, bits, BYTES_MAX);
    }
    for (int q = 0; q < SRAM_QUANTITIES; q++) {
        v[q] = value(model->c[q], bytes, width);
    }
    *macro = (struct sram_macro){.words = words, .bits = bits, .lanes = lanes};
    (void)snprintf(macro->name, sizeof macro->name, "qadam_sram_%ux%um%u", words, bits,
                   lanes);
    macro->area_um2 = slices * v[0];
    macro->read_energy_pj = slices * v[1];
    macro->write_energy_pj = slices * v[2];
    macro->leakage_mw = slices * v[3];
    macro->access_ns = v[4];
    macro->cycle_ns = v[5];
    macro->setup_ns = SETUP_NS;
    return 0;
}

unsigned sram_address_bits(unsigned words) {
    unsigned n = 1;

    while (n < 32 && (words - 1) >> n) {
        n++;
    }
    return n;
}

/* Setup and hold of an input against clk_i. */
static void put_check(struct emit *out, const char *type, double ns) {
    emit(out,
         "      timing () {\n"
         "        related_pin : \"clk_i\";\n"
         "        timing_type : %s;\n"
         "        rise_constraint (scalar) { values (\"%.5g\"); }\n"
         "        fall_constraint (scalar) { values (\"%.5g\"); }\n"
         "      }\n",
         type, ns, ns);
}

static void put_input(struct emit *out, const char *name, unsigned width,
                      double setup_ns) {
    if (width) {
        emit(out, "    bus (%s) {\n      bus_type : bus_%u;\n", name, width);
    } else {
        emit(out, "    pin (%s) {\n", name);
    }
    emit(out, "      direction : input;\n      capacitance : %g;\n", INPUT_CAP_FF);
    put_check(out, "setup_rising", setup_ns);
    put_check(out, "hold_rising", HOLD_NS);
    emit(out, "    }\n");
}

/* Both edges of the clock are charged by OpenSTA: half the energy on each. */
static void put_clock(struct emit *out, const struct sram_macro *m) {
    static const char *const when[2] = {"req_i & !we_i", "req_i & we_i"};
    const double energy_fj[2] = {m->read_energy_pj * 1e3, m->write_energy_pj * 1e3};

    emit(out,
         "    pin (clk_i) {\n      direction : input;\n      clock : true;\n"
         "      capacitance : %g;\n      min_period : %.5g;\n",
         CLOCK_CAP_FF, m->cycle_ns);
    for (int i = 0; i < 2; i++) {
        emit(out,
             "      internal_power () {\n"
             "        when : \"%s\";\n"
             "        rise_power (scalar) { values (\"%.6g\"); }\n"
             "        fall_power (scalar) { values (\"0\"); }\n"
             "      }\n",
             when[i], energy_fj[i] / 2);
    }
    emit(out, "    }\n");
}

static void put_output(struct emit *out, const struct sram_macro *m) {
    static const char *const edges[2] = {"rise", "fall"};

    emit(out,
         "    bus (rdata_o) {\n      bus_type : bus_%u;\n      direction : output;\n"
         "      max_capacitance : %g;\n"
         "      timing () {\n        related_pin : \"clk_i\";\n"
         "        timing_type : rising_edge;\n",
         m->bits, MAX_LOAD_FF);
    for (int i = 0; i < 2; i++) {
        emit(out, "        cell_%s (scalar) { values (\"%.5g\"); }\n", edges[i],
             m->access_ns);
        emit(out, "        %s_transition (sram_slew) { values (\"%g, %g\"); }\n",
             edges[i], SLEW_MIN_NS, SLEW_MAX_NS);
    }
    emit(out, "      }\n    }\n");
}

static void put_bus_type(struct emit *out, unsigned width) {
    emit(out,
         "    type (bus_%u) {\n      base_type : array; data_type : bit;\n"
         "      bit_width : %u; bit_from : %u; bit_to : 0; downto : true;\n    }\n",
         width, width, width - 1);
}

static void put_macro(struct emit *out, const struct sram_macro *m) {
    unsigned address = sram_address_bits(m->words);

    emit(out,
         "  cell (%s) {\n    area : %.6g;\n    is_macro_cell : true;\n"
         "    dont_use : true;\n    cell_leakage_power : %.6g;\n",
         m->name, m->area_um2, m->leakage_mw * 1e6);
    put_bus_type(out, address);
    if (m->lanes != address) {
        put_bus_type(out, m->lanes);
    }
    if (m->bits != address && m->bits != m->lanes) {
        put_bus_type(out, m->bits);
    }
    put_clock(out, m);
    put_input(out, "req_i", 0, m->setup_ns);
    put_input(out, "we_i", 0, m->setup_ns);
    put_input(out, "addr_i", address, m->setup_ns);
    put_input(out, "wmask_i", m->lanes, m->setup_ns);
    put_input(out, "wdata_i", m->bits, m->setup_ns);
    put_output(out, m);
    emit(out, "  }\n");
}

int sram_write_liberty(const struct sram_macro *macros, size_t count, const char *path,
                       struct error *err) {
    struct emit out;

    if (emit_open(&out, path, err) != 0) {
        return -1;
    }
    emit(&out, "/* Generated by qadam from pdk/freepdk45/sram.csv. */\n");
    liberty_put_header(&out, "qadam_sram");
    emit(&out,
         "  lu_table_template (sram_slew) {\n"
         "    variable_1 : total_output_net_capacitance;\n"
         "    index_1 (\"0, %g\");\n  }\n",
         MAX_LOAD_FF);
    for (size_t i = 0; i < count; i++) {
        put_macro(&out, &macros[i]);
    }
    emit(&out, "}\n");
    return emit_close(&out, err);
}

static void put_ports(struct emit *out, unsigned address, unsigned lanes, unsigned bits) {
    emit(out,
         "  input  wire clk_i,\n  input  wire req_i,\n  input  wire we_i,\n"
         "  input  wire [%u:0] addr_i,\n  input  wire [%u:0] wmask_i,\n"
         "  input  wire [%u:0] wdata_i,\n  output wire [%u:0] rdata_o\n",
         address - 1, lanes - 1, bits - 1, bits - 1);
}

int sram_write_verilog(const struct sram_macro *macros, size_t count, const char *path,
                       struct error *err) {
    struct emit out;

    if (emit_open(&out, path, err) != 0) {
        return -1;
    }
    emit(&out,
         "// Generated by qadam: SRAM macros as black boxes and their wrapper.\n\n");
    for (size_t i = 0; i < count; i++) {
        emit(&out, "(* blackbox *)\nmodule %s (\n", macros[i].name);
        put_ports(&out, sram_address_bits(macros[i].words), macros[i].lanes,
                  macros[i].bits);
        emit(&out, ");\nendmodule\n\n");
    }
    emit(&out, "module qadam_sram #(\n"
               "  parameter int unsigned Words = 256,\n"
               "  parameter int unsigned Width = 64,\n"
               "  parameter int unsigned Lanes = 4\n"
               ") (\n"
               "  input  logic clk_i,\n  input  logic req_i,\n  input  logic we_i,\n"
               "  input  logic [(Words > 1 ? $clog2(Words) : 1)-1:0] addr_i,\n"
               "  input  logic [Lanes-1:0] wmask_i,\n"
               "  input  logic [Width-1:0] wdata_i,\n"
               "  output logic [Width-1:0] rdata_o\n);\n\n");
    for (size_t i = 0; i < count; i++) {
        emit(&out,
             "%sif (Words == %u && Width == %u && Lanes == %u) begin : gen_macro\n"
             "    %s u_macro (.clk_i, .req_i, .we_i, .addr_i, .wmask_i, .wdata_i, "
             ".rdata_o);\n  end",
             i ? " else " : "  ", macros[i].words, macros[i].bits, macros[i].lanes,
             macros[i].name);
    }
    emit(&out,
         "%sbegin : gen_missing\n"
         "    $error(\"no SRAM macro of this size was made\");\n  end\n\nendmodule\n",
         count ? " else " : "  if (1) ");
    return emit_close(&out, err);
}
