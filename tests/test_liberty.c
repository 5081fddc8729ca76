/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of pdk/kit.c, pdk/liberty.c, pdk/cell_models.c and synth_flows/libcells.c.
 */
#include <criterion/criterion.h>

#include "gen/home.h"
#include "pdk/cell_models.h"
#include "pdk/liberty.h"
#include "synth_flows/libcells.h"
#include "synth_flows/tool.h"
#include "tests/scratch.h"

static char folder[EMIT_PATH_MAX], library[EMIT_PATH_MAX + 16];
static struct kit kit;

static void setup(void) {
    struct error err = {"", 0, 0, ""};
    char home[EMIT_PATH_MAX], tables[EMIT_PATH_MAX];
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    (void)emit_path(tables, sizeof tables, NULL, "%s/pdk/freepdk45", home);
    cr_assert_eq(kit_load(&kit, tables, &err), 0, "%s: %s", err.file, err.text);
    scratch_folder(folder);
    (void)snprintf(library, sizeof library, "%s/cells.lib", folder);
    cr_assert_eq(liberty_write(&kit, library, LIBERTY_PHYSICAL, &err), 0, "%s", err.text);
}

static void teardown(void) {
    kit_close(&kit);
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(liberty, .init = setup, .fini = teardown);

static char *read_text(const char *path) {
    struct error err = {"", 0, 0, ""};
    char *text = NULL;
    cr_assert_eq(emit_read(path, &text, NULL, &err), 0, "%s", err.text);
    return text;
}

Test(liberty, same_bytes_twice) {
    char again[EMIT_PATH_MAX + 16];
    (void)snprintf(again, sizeof again, "%s/again.lib", folder);
    cr_assert_eq(liberty_write(&kit, again, LIBERTY_PHYSICAL, NULL), 0);
    char *a = read_text(library), *b = read_text(again);
    cr_expect_str_eq(a, b);
    free(a);
    free(b);
}

Test(liberty, areas_and_pins_come_back) {
    struct libcells cells = {0};
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(libcells_read(&cells, library, &err), 0, "%d: %s", err.line, err.text);
    cr_expect_str_eq(cells.name, LIBERTY_KIT_NAME);
    cr_expect_eq(cells.cell_count, kit.cell_count);
    for (size_t i = 0; i < kit.cell_count; i++) {
        const struct lib_cell *c = libcells_find(&cells, kit.cells[i].name);
        cr_assert_not_null(c);
        cr_expect_float_eq(c->area_um2, kit.cells[i].area_um2, 1e-5);
        cr_expect_eq(c->sequential,
                     kit.cells[i].kind != CELL_COMB && kit.cells[i].kind != CELL_TIE);
    }
    for (size_t i = 0; i < kit.pin_count; i++) {
        const struct kit_pin *p = &kit.pins[i];
        const struct lib_cell *c = libcells_find(&cells, kit.cells[p->cell].name);
        const struct lib_pin *pin = libcells_pin(&cells, c, p->name);
        cr_assert_not_null(pin);
        cr_expect_eq(pin->input, !p->output);
        cr_expect_eq(pin->clock, strcmp(p->role, "clock") == 0);
        cr_expect_float_eq(pin->cap_ff, p->cap_rise_ff, 1e-4);
    }
    libcells_close(&cells);
}

Test(liberty, coefficients_are_sane) {
    for (size_t i = 0; i < kit.delay_count; i++) {
        const struct kit_delay *d = &kit.delays[i];
        cr_expect(d->delay.k_ff > 0 && d->slew.k_ff > 0);
        /* the load makes every output slower */
        cr_expect(d->delay.t[1] > 0 || d->delay.t[3] > 0);
    }
    for (size_t i = 0; i < kit.energy_count; i++) {
        cr_expect(kit.energies[i].physical_scale >= 0);
        cr_expect(kit.energies[i].physical_scale < 4);
    }
}

Test(liberty, unscaled_energies_differ) {
    char path[EMIT_PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/unscaled.lib", folder);
    cr_assert_eq(liberty_write(&kit, path, LIBERTY_UNSCALED, NULL), 0);
    char *a = read_text(library), *b = read_text(path);
    cr_expect_str_neq(a, b);
    cr_expect_not_null(strstr(a, "energies physical"));
    cr_expect_not_null(strstr(b, "energies unscaled"));
    free(a);
    free(b);
}

static void expect_tool_reads(const char *program, const char *option,
                              const char *script) {
    char path[EMIT_PATH_MAX], log[EMIT_PATH_MAX + 16];
    const char *argv[] = {program, option, path, NULL};
    char *settings[] = {NULL};
    struct error err = {"", 0, 0, ""};
    if (tool_find(program, "", NULL) != 0) {
        cr_skip_test("%s is not installed", program);
    }
    scratch_file(folder, "script", script, path);
    (void)snprintf(log, sizeof log, "%s/log", folder);
    cr_expect_eq(tool_run(argv, settings, log, program, &err), 0, "%s", err.text);
    char *text = read_text(log);
    cr_expect_null(strstr(text, "rror"), "%s", text);
    cr_expect_null(strstr(text, "arning"), "%s", text);
    free(text);
}

Test(liberty, opensta_reads_it) {
    char script[2 * EMIT_PATH_MAX];
    (void)snprintf(script, sizeof script, "read_liberty %s\nexit\n", library);
    expect_tool_reads("sta", "-no_splash", script);
}

Test(liberty, yosys_maps_to_it) {
    char script[4 * EMIT_PATH_MAX];
    (void)snprintf(script, sizeof script,
                   "read_verilog <<EOT\n"
                   "module m (input c, input [7:0] a, b, output reg [7:0] y);\n"
                   "always @(posedge c) y <= a * b + y;\nendmodule\nEOT\n"
                   "synth -flatten -top m\ndfflibmap -liberty %s\n"
                   "abc -liberty %s\nread_liberty -lib -ignore_miss_func %s\n"
                   "check -assert -mapped\n",
                   library, library, library);
    expect_tool_reads("yosys", "-qs", script);
}

Test(liberty, yosys_reads_the_cell_models) {
    char models[EMIT_PATH_MAX + 16], script[2 * EMIT_PATH_MAX];
    (void)snprintf(models, sizeof models, "%s/cells.v", folder);
    cr_assert_eq(cell_models_write(&kit, models, NULL), 0);
    (void)snprintf(script, sizeof script,
                   "read_verilog %s\nread_verilog <<EOT\n"
                   "module m (input a, b, output y);\nwire t;\n"
                   "NAND2_X1 u (.A1(a), .A2(b), .ZN(t));\nINV_X1 v (.A(t), .ZN(y));\n"
                   "endmodule\nEOT\nhierarchy -top m\nproc\nflatten\n"
                   "sat -verify -prove-asserts -set a 1 -set b 1 -prove y 1\n",
                   models);
    expect_tool_reads("yosys", "-qs", script);
}

Test(liberty, bad_table_is_named_with_its_line) {
    char path[EMIT_PATH_MAX];
    struct error err = {"", 0, 0, ""};
    struct kit bad;
    scratch_file(folder, "cells.csv",
                 "cell,kind,drive,area_um2,leakage_nw,dont_use\nINV_X1,comb,1,x,1,0\n",
                 path);
    cr_expect_eq(kit_load(&bad, folder, &err), -1);
    cr_expect_str_eq(err.file, path);
    cr_expect_eq(err.line, 2);
    cr_expect_str_eq(err.text, "\"x\" in column 4 is not a number");
}

Test(liberty, bad_library_is_refused) {
    static const char *const texts[] = {
        "library (x) { capacitive_load_unit (1, ff); cell (A) { area : 1;",
        "library (x) { capacitive_load_unit (1, pf); cell (A) { area : 1; } }",
        "library (x) { cell (A) { area : 1; } }",
        "library (x) { capacitive_load_unit (1, ff); }",
        "}",
        "\037\213"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char path[EMIT_PATH_MAX];
        struct error err = {"", 0, 0, ""};
        struct libcells cells = {0};
        scratch_file(folder, "bad.lib", texts[i], path);
        cr_expect_eq(libcells_read(&cells, path, &err), -1, "%s", texts[i]);
        cr_expect_str_eq(err.file, path);
        libcells_close(&cells);
    }
}
