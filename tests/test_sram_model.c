/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of pdk/sram.c.
 */
#include <math.h>

#include <criterion/criterion.h>

#include "gen/home.h"
#include "pdk/sram.h"
#include "synth_flows/libcells.h"
#include "tests/scratch.h"

static char folder[EMIT_PATH_MAX];
static struct sram_model model;

static void setup(void) {
    struct error err = {"", 0, 0, ""};
    char home[EMIT_PATH_MAX], tables[EMIT_PATH_MAX];
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    (void)emit_path(tables, sizeof tables, NULL, "%s/pdk/freepdk45", home);
    cr_assert_eq(sram_model_load(&model, tables, &err), 0, "%s", err.text);
    scratch_folder(folder);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(sram, .init = setup, .fini = teardown);

static struct sram_macro make(unsigned words, unsigned bits, unsigned lanes) {
    struct sram_macro m;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(sram_macro_make(&model, words, bits, lanes, &m, &err), 0, "%s",
                 err.text);
    return m;
}

/* CACTI, 45 nm: area in um2, read and write pJ, leakage mW, access ns. */
static const struct {
    unsigned words, bits;
    double area, read, write, leakage, access;
} points[] = {{256, 64, 9425.5, 5.040, 3.982, 0.4466, 0.2519},
              {512, 64, 15207.8, 5.536, 4.517, 0.7533, 0.3004},
              {2048, 16, 14515.9, 4.078, 2.378, 0.7521, 0.3122},
              {32768, 16, 254101, 14.62, 10.99, 10.336, 0.7906}};

Test(sram, is_within_the_stated_error_of_cacti) {
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct sram_macro m = make(points[i].words, points[i].bits, 1);
        cr_expect(fabs(m.area_um2 / points[i].area - 1) < 0.264);
        cr_expect(fabs(m.read_energy_pj / points[i].read - 1) < 0.375);
        cr_expect(fabs(m.write_energy_pj / points[i].write - 1) < 0.295);
        cr_expect(fabs(m.leakage_mw / points[i].leakage - 1) < 0.298);
        cr_expect(fabs(m.access_ns / points[i].access - 1) < 0.097);
    }
}

Test(sram, grows_with_words_and_bits) {
    for (unsigned words = 16; words <= 4096; words *= 2) {
        for (unsigned bits = 16; bits <= 128; bits *= 2) {
            struct sram_macro m = make(words, bits, 1), more = make(2 * words, bits, 1);
            struct sram_macro wider = make(words, 2 * bits, 1);
            cr_expect(m.area_um2 > 0 && m.read_energy_pj > 0 && m.write_energy_pj > 0);
            cr_expect(more.area_um2 >= m.area_um2 && wider.area_um2 >= m.area_um2);
            cr_expect(more.read_energy_pj >= m.read_energy_pj);
            cr_expect(more.leakage_mw >= m.leakage_mw && more.access_ns >= m.access_ns);
        }
    }
}

Test(sram, small_ones_cost_as_the_smallest_and_wide_ones_are_slices) {
    struct sram_macro tiny = make(1, 16, 1), least = make(32, 16, 1);
    cr_expect_float_eq(tiny.area_um2, least.area_um2, 1e-9);
    struct sram_macro half = make(256, 128, 4), wide = make(256, 256, 8);
    cr_expect_float_eq(wide.area_um2, 2 * half.area_um2, 1e-6);
    cr_expect_float_eq(wide.read_energy_pj, 2 * half.read_energy_pj, 1e-9);
    cr_expect_float_eq(wide.access_ns, half.access_ns, 1e-12);
}

Test(sram, impossible_macros_are_refused) {
    static const unsigned bad[][3] = {
        {0, 64, 4}, {256, 0, 1}, {256, 64, 0}, {256, 64, 3}, {1u << 30, 64, 4}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sram_macro m;
        struct error err = {"", 0, 0, ""};
        cr_expect_eq(sram_macro_make(&model, bad[i][0], bad[i][1], bad[i][2], &m, &err),
                     -1);
        cr_expect(err.text[0] != '\0');
    }
}

static char *read_text(const char *path) {
    struct error err = {"", 0, 0, ""};
    char *text = NULL;
    cr_assert_eq(emit_read(path, &text, NULL, &err), 0, "%s", err.text);
    return text;
}

Test(sram, views_name_every_macro_and_repeat_byte_for_byte) {
    struct sram_macro macros[] = {make(256, 64, 4), make(64, 64, 1)};
    char path[2][EMIT_PATH_MAX + 16], *text[2];
    for (int verilog = 0; verilog < 2; verilog++) {
        for (int i = 0; i < 2; i++) {
            (void)snprintf(path[i], sizeof path[i], "%s/view%d", folder, i);
            cr_assert_eq(verilog ? sram_write_verilog(macros, 2, path[i], NULL)
                                 : sram_write_liberty(macros, 2, path[i], NULL),
                         0);
            text[i] = read_text(path[i]);
        }
        cr_expect_str_eq(text[0], text[1]);
        cr_expect_not_null(strstr(text[0], "qadam_sram_256x64m4"));
        cr_expect_not_null(strstr(text[0], "qadam_sram_64x64m1"));
        free(text[0]);
        free(text[1]);
    }
}

Test(sram, liberty_view_is_read_back) {
    struct sram_macro m = make(256, 64, 4);
    struct libcells cells = {0};
    struct error err = {"", 0, 0, ""};
    char path[EMIT_PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/sram.lib", folder);
    cr_assert_eq(sram_write_liberty(&m, 1, path, &err), 0, "%s", err.text);
    cr_assert_eq(libcells_read(&cells, path, &err), 0, "%s", err.text);
    const struct lib_cell *c = libcells_find(&cells, "qadam_sram_256x64m4");
    cr_assert_not_null(c);
    cr_expect_eq(c->macro, 1);
    cr_expect_float_eq(c->area_um2, m.area_um2, 0.1);
    cr_expect_not_null(libcells_pin(&cells, c, "wdata_i"));
    cr_expect_eq(libcells_pin(&cells, c, "clk_i")->clock, 1);
    libcells_close(&cells);
}
