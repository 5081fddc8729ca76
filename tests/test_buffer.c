/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of synth_flows/buffer.c: buffer trees and sizes of what drives them.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "synth_flows/netlist.h"
#include "tests/scratch.h"

enum { SINKS = 30, TEXT = 16384 };

static char folder[EMIT_PATH_MAX];

static void setup(void) {
    scratch_folder(folder);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(buffer, .init = setup, .fini = teardown);

/* Buffers and flops of drives 1 to 8, and a block whose input has a load of load_ff. */
static void read_library(struct libcells *lib, double load_ff) {
    char text[TEXT], path[EMIT_PATH_MAX];
    struct error err;
    size_t used = (size_t)snprintf(
        text, sizeof text, "library (small) {\n  capacitive_load_unit (1, ff);\n");
    for (int drive = 1; drive <= 8; drive *= 2) {
        used += (size_t)snprintf(
            text + used, sizeof text - used,
            "  cell (BUF_X%d) { area : 1;\n"
            "    pin (A) { direction : input; capacitance : %d; }\n"
            "    pin (Z) { direction : output; function : \"A\"; } }\n"
            "  cell (DFF_X%d) { area : 4; ff (IQ, IQN) { clocked_on : \"CK\"; next_state "
            ": "
            "\"D\"; }\n"
            "    pin (CK) { direction : input; clock : true; capacitance : 1; }\n"
            "    pin (D) { direction : input; capacitance : 1; }\n"
            "    pin (Q) { direction : output; function : \"IQ\"; } }\n",
            drive, drive, drive);
    }
    (void)snprintf(text + used, sizeof text - used,
                   "  cell (block) { area : 100; is_macro_cell : true;\n"
                   "    pin (a) { direction : input; capacitance : %g; } }\n}\n",
                   load_ff);
    scratch_file(folder, "small.lib", text, path);
    cr_assert_eq(libcells_read(lib, path, &err), 0, "%s", err.text);
}

/* A flop that drives SINKS blocks. */
static void read_design(struct netlist *nl, const struct libcells *lib) {
    char text[TEXT], path[EMIT_PATH_MAX];
    struct error err;
    size_t used = (size_t)snprintf(
        text, sizeof text,
        "{\"modules\": {\"top\": {\"attributes\": {}, \"ports\": {"
        "\"clk_i\": {\"direction\": \"input\", \"bits\": [2]}, "
        "\"d_i\": {\"direction\": \"input\", \"bits\": [3]}}, \"cells\": {"
        "\"q_reg\": {\"type\": \"DFF_X1\", \"port_directions\": {\"CK\": \"input\", "
        "\"D\": \"input\", \"Q\": \"output\"}, "
        "\"connections\": {\"CK\": [2], \"D\": [3], \"Q\": [4]}}");
    for (int i = 0; i < SINKS; i++) {
        used += (size_t)snprintf(
            text + used, sizeof text - used,
            ", \"u_%d\": {\"type\": \"block\", \"port_directions\": {\"a\": "
            "\"input\"}, \"connections\": {\"a\": [4]}}",
            i);
    }
    (void)snprintf(text + used, sizeof text - used, "}, \"netnames\": {}}}}");
    scratch_file(folder, "top.json", text, path);
    cr_assert_eq(netlist_read(nl, path, lib, &err), 0, "%s", err.text);
}

static const struct net_conn *conn_of(const struct net_module *m,
                                      const struct net_cell *c, const char *port) {
    for (size_t k = 0; k < c->conn_count; k++) {
        if (strcmp(m->conns[c->first_conn + k].port, port) == 0) {
            return &m->conns[c->first_conn + k];
        }
    }
    return NULL;
}

/* The load of what an output drives, in fF. */
static double driven(const struct net_module *m, const struct net_conn *out) {
    const net_bit bit = m->bits[out->first_bit];
    double load = 0;
    for (size_t i = 0; i < m->conn_count; i++) {
        const struct net_conn *conn = &m->conns[i];
        load += conn->input && m->bits[conn->first_bit] == bit ? conn->pin->cap_ff : 0;
    }
    return load;
}

/* Buffer a flop's net to blocks of that load: no cell may drive more than one block or
 * 32 fF, and each at most 8 fF for a unit of its drive unless it is the largest. */
static void check_tree(double load_ff) {
    const double most = load_ff > 32 ? load_ff : 32;
    struct libcells lib = {0};
    struct netlist nl;
    struct error err;
    read_library(&lib, load_ff);
    read_design(&nl, &lib);
    struct net_module *top = netlist_find(&nl, "top");
    cr_assert_eq(netlist_buffer(&nl, top, &err), 0, "%s", err.text);
    cr_expect_eq(netlist_count(&nl, top, "block"), SINKS);
    cr_expect_gt(netlist_sum(&nl, top).buffers, 0);
    for (size_t i = 0; i < top->cell_count; i++) {
        const struct net_cell *c = &top->cells[i];
        const struct net_conn *out =
            conn_of(top, c, c->lib->sequential ? "Q" : "Z"); /* none of a block */
        if (out) {
            const double load = driven(top, out);
            const int drive = c->lib->name[strlen(c->lib->name) - 1] - '0';
            cr_expect_gt(load, 0);
            cr_expect_leq(load, c->lib->sequential ? 16 : most, "%s %s drives %g fF",
                          c->name, c->lib->name, load);
            cr_expect(drive == 8 || load <= 8 * drive, "%s %s drives %g fF", c->name,
                      c->lib->name, load);
        }
    }
    netlist_close(&nl);
    libcells_close(&lib);
}

Test(buffer, sinks_that_share_a_branch) {
    check_tree(3);
}

Test(buffer, sinks_each_with_a_branch) {
    check_tree(40);
}
