/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of synth_flows/block_view.c and of joining netlists (synth_flows/netlist.c).
 */
#include <string.h>

#include <criterion/criterion.h>

#include "synth_flows/block_view.h"
#include "synth_flows/libcells.h"
#include "tests/scratch.h"

static char folder[EMIT_PATH_MAX];

static void setup(void) {
    scratch_folder(folder);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(block_view, .init = setup, .fini = teardown);

static const char timing_text[] = "period_ns 1.0\nsetup group_i setup_rising 0.25\n"
                                  "output psum_o clk_i 1 0.1 0.01\n"
                                  "output psum_o group_i 1 0.3 0.01\n"
                                  "output psum_o clk_i 10 0.2 0.02\n"
                                  "output psum_o group_i 10 0.4 0.02\n";

static struct net_port ports[] = {
    {.name = "clk_i", .input = 1, .width = 1, .clock = 1},
    {.name = "group_i", .input = 1, .width = 8, .cap_ff = 3},
    {.name = "psum_o", .width = 16},
    {.name = "tied_o", .width = 1}};

/* The view with that timing into *text. Returns what block_view_write does. */
static int write_view(const char *timing, char **text, struct error *err) {
    char name[] = "qadam_block";
    struct net_module m = {.name = name, .ports = ports, .port_count = 4};
    char in[EMIT_PATH_MAX], out[EMIT_PATH_MAX + 16];
    struct metrics metrics;
    scratch_file(folder, "timing", timing, in);
    (void)snprintf(out, sizeof out, "%s/view.lib", folder);
    cr_assert_eq(metrics_read(&metrics, in, err), 0, "%s", err->text);
    int status = block_view_write(&m, 123.5, &metrics, out, err);
    metrics_close(&metrics);
    if (status == 0) {
        cr_assert_eq(emit_read(out, text, NULL, err), 0, "%s", err->text);
    }
    return status;
}

static size_t count(const char *text, const char *word) {
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, word)) != NULL; p++) {
        n++;
    }
    return n;
}

Test(block_view, has_an_arc_from_the_clock_and_one_from_each_input) {
    struct error err = {"", 0, 0, ""};
    char *text = NULL;
    cr_assert_eq(write_view(timing_text, &text, &err), 0, "%s", err.text);
    cr_expect_eq(count(text, "timing_type : rising_edge"), 1);
    cr_expect_eq(count(text, "timing_type : combinational"), 1);
    cr_expect_eq(count(text, "related_bus_pins : \"group_i\""), 1);
    cr_expect_eq(count(text, "timing_type : setup_rising"), 1);
    cr_expect_not_null(strstr(text, "values (\"0.30000, 0.40000\")"));
    cr_expect_not_null(strstr(text, "values (\"0.10000, 0.20000\")"));
    free(text);
}

Test(block_view, is_read_back_as_a_macro) {
    struct error err = {"", 0, 0, ""};
    struct libcells cells = {0};
    char path[EMIT_PATH_MAX + 16], *text = NULL;
    cr_assert_eq(write_view(timing_text, &text, &err), 0, "%s", err.text);
    free(text);
    (void)snprintf(path, sizeof path, "%s/view.lib", folder);
    cr_assert_eq(libcells_read(&cells, path, &err), 0, "%s", err.text);
    const struct lib_cell *cell = libcells_find(&cells, "qadam_block");
    cr_assert_not_null(cell);
    cr_expect_eq(cell->macro, 1);
    cr_expect_float_eq(cell->area_um2, 123.5, 1e-6);
    cr_expect_float_eq(libcells_pin(&cells, cell, "group_i")->cap_ff, 3, 1e-6);
    libcells_close(&cells);
}

Test(block_view, without_output_timing_is_refused) {
    struct error err = {"", 0, 0, ""};
    char *text = NULL;
    cr_expect_eq(write_view("period_ns 1.0\n", &text, &err), -1);
    cr_expect_not_null(strstr(err.text, "qadam_block"));
}

/* Two files: the second one's module holds the first one's. */
static const char inner_text[] =
    "{\"modules\": {\"inner\": {\"attributes\": {}, \"ports\": {\"a_i\": {\"direction\": "
    "\"input\", \"bits\": [2]}}, \"cells\": {}, \"netnames\": {}}}}";
static const char outer_text[] =
    "{\"modules\": {\"outer\": {\"attributes\": {}, \"ports\": {\"a_i\": {\"direction\": "
    "\"input\", \"bits\": [2]}}, \"cells\": {\"u_inner\": {\"hide_name\": 0, \"type\": "
    "\"inner\", \"port_directions\": {\"a_i\": \"input\"}, \"connections\": {\"a_i\": "
    "[2]}}}, \"netnames\": {}}}}";

Test(block_view, netlists_join) {
    struct error err = {"", 0, 0, ""};
    struct libcells cells = {0};
    struct netlist nl;
    char first[EMIT_PATH_MAX], second[EMIT_PATH_MAX];
    scratch_file(folder, "inner.json", inner_text, first);
    scratch_file(folder, "outer.json", outer_text, second);
    cr_assert_eq(netlist_read(&nl, first, &cells, &err), 0, "%s", err.text);
    cr_assert_eq(netlist_add(&nl, second, &err), 0, "%s", err.text);
    const struct net_module *outer = netlist_find(&nl, "outer");
    cr_assert_not_null(outer);
    cr_assert_eq(outer->cell_count, 1);
    cr_expect_eq(outer->cells[0].lib, NULL);
    cr_expect_str_eq(nl.modules[outer->cells[0].module].name, "inner");
    netlist_close(&nl);
}

Test(block_view, a_holder_without_its_module_is_refused) {
    struct error err = {"", 0, 0, ""};
    struct libcells cells = {0};
    struct netlist nl;
    char path[EMIT_PATH_MAX];
    scratch_file(folder, "outer.json", outer_text, path);
    cr_expect_eq(netlist_read(&nl, path, &cells, &err), -1);
    cr_expect_not_null(strstr(err.text, "inner"));
    netlist_close(&nl);
}
