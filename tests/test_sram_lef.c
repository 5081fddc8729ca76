/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of pdk/sram_lef.c.
 */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "gen/home.h"
#include "pdk/sram_lef.h"
#include "synth_flows/libcells.h"
#include "tests/scratch.h"

enum { PINS_MAX = 2048, NM = 1000, SITE = 190, ROW = 1400, TRACK = 140, PITCH = 280 };

/* A pin of a view that was read back; nm. */
struct pin {
    char name[64], direction[16];
    long x0, y0, x1, y1;
};

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
TestSuite(sram_lef, .init = setup, .fini = teardown);

static struct sram_macro make(unsigned words, unsigned bits, unsigned lanes) {
    struct sram_macro m;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(sram_macro_make(&model, words, bits, lanes, &m, &err), 0, "%s",
                 err.text);
    return m;
}

static char *view(const struct sram_macro *macros, size_t count, const char *name) {
    char path[EMIT_PATH_MAX + 16], *text = NULL;
    struct error err = {"", 0, 0, ""};
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(sram_lef_write(macros, count, path, &err), 0, "%s", err.text);
    cr_assert_eq(emit_read(path, &text, NULL, &err), 0, "%s", err.text);
    return text;
}

/* Sizes from the fewest and narrowest words to the widest slices. */
static const unsigned sizes[][3] = {{256, 64, 4},  {256, 64, 2},   {64, 64, 1},
                                    {1, 16, 1},    {16, 512, 32},  {2, 128, 8},
                                    {4096, 32, 2}, {2048, 256, 16}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

Test(sram_lef, outline_is_on_the_grid_and_has_the_area) {
    for (size_t i = 0; i < SIZES; i++) {
        struct sram_macro m = make(sizes[i][0], sizes[i][1], sizes[i][2]);
        struct sram_outline o = sram_lef_outline(&m);
        double um2 = 1e-6 * o.width_nm * o.height_nm;
        double step = 1e-6 * ((double)SITE * o.height_nm + (double)ROW * o.width_nm);
        cr_expect_eq(o.width_nm % SITE, 0);
        cr_expect_eq(o.height_nm % ROW, 0);
        cr_expect(um2 >= m.area_um2 - 1e-6);
        if (m.area_um2 > 2500) { /* smaller ones are as large as their pins */
            cr_expect(um2 <= m.area_um2 + step, "%s: %g for %g um2", m.name, um2,
                      m.area_um2);
        }
    }
}

/* A rectangle's four numbers in nm from text. */
static void read_rect(const char *text, struct pin *pin) {
    long *const corners[4] = {&pin->x0, &pin->y0, &pin->x1, &pin->y1};
    char *end;
    for (int i = 0; i < 4; i++) {
        *corners[i] = lround(NM * strtod(text, &end));
        cr_assert_neq(end, text);
        text = end;
    }
}

/* The signal pins of the one macro in text. */
static size_t read_pins(const char *text, struct pin *pins) {
    static const char rect[] = "LAYER metal3 ;\n      RECT";
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, "  PIN ")) != NULL; p++) {
        struct pin *pin = &pins[count];
        cr_assert(count < PINS_MAX);
        if (sscanf(p, " PIN %63s DIRECTION %15s", pin->name, pin->direction) == 2 &&
            strcmp(pin->direction, "INOUT") != 0) {
            const char *found = strstr(p, rect);
            cr_assert_not_null(found);
            read_rect(found + sizeof rect - 1, pin);
            count++;
        }
    }
    return count;
}

static void expect_on_edge(const struct pin *p, struct sram_outline o) {
    int output = strcmp(p->direction, "OUTPUT") == 0;
    cr_expect_eq(p->x1 - p->x0, 70);
    cr_expect_eq(p->y1 - p->y0, 70);
    cr_expect_eq((p->y0 + p->y1) / 2 % TRACK, TRACK / 2, "%s is off the track", p->name);
    cr_expect(p->y0 >= ROW && p->y1 <= (long)o.height_nm - ROW, "%s", p->name);
    cr_expect_eq(output ? (long)o.width_nm - p->x1 : p->x0, 0, "%s", p->name);
}

Test(sram_lef, pins_are_on_tracks_of_their_edge_and_apart) {
    struct pin *pins = calloc(PINS_MAX, sizeof *pins);
    cr_assert_not_null(pins);
    for (size_t i = 0; i < SIZES; i++) {
        struct sram_macro m = make(sizes[i][0], sizes[i][1], sizes[i][2]);
        char *text = view(&m, 1, "one.lef");
        size_t count = read_pins(text, pins);
        cr_expect_eq(count, 3 + sram_address_bits(m.words) + m.lanes + 2 * m.bits);
        for (size_t k = 0; k < count; k++) {
            expect_on_edge(&pins[k], sram_lef_outline(&m));
            for (size_t n = 0; n < k; n++) {
                cr_expect(labs(pins[k].y0 - pins[n].y0) >= PITCH ||
                              pins[k].x0 != pins[n].x0,
                          "%s and %s", pins[k].name, pins[n].name);
            }
        }
        free(text);
    }
    free(pins);
}

Test(sram_lef, pins_are_those_of_the_liberty_view) {
    struct sram_macro m = make(256, 64, 4);
    struct libcells cells = {0};
    char path[EMIT_PATH_MAX + 16], *text = view(&m, 1, "one.lef");
    (void)snprintf(path, sizeof path, "%s/one.lib", folder);
    cr_assert_eq(sram_write_liberty(&m, 1, path, NULL), 0);
    cr_assert_eq(libcells_read(&cells, path, NULL), 0);
    const struct lib_cell *c = libcells_find(&cells, m.name);
    cr_assert_not_null(c);
    for (size_t i = 0; i < c->pin_count; i++) {
        char line[128];
        const char *name = cells.pins[c->first_pin + i].name;
        int single = strcmp(name, "clk_i") == 0 || strcmp(name, "req_i") == 0 ||
                     strcmp(name, "we_i") == 0;
        (void)snprintf(line, sizeof line, "  PIN %s%s\n", name, single ? "" : "[0]");
        cr_expect_not_null(strstr(text, line), "%s", line);
    }
    libcells_close(&cells);
    free(text);
}

Test(sram_lef, both_supplies_have_straps) {
    for (size_t i = 0; i < SIZES; i++) {
        struct sram_macro m = make(sizes[i][0], sizes[i][1], sizes[i][2]);
        char *text = view(&m, 1, "one.lef");
        cr_expect_not_null(strstr(text, "USE GROUND ;\n    PORT\n      LAYER metal4 ;\n"
                                        "      RECT "));
        cr_expect_not_null(strstr(text, "USE POWER ;\n    PORT\n      LAYER metal4 ;\n"
                                        "      RECT "));
        free(text);
    }
}

Test(sram_lef, view_names_every_macro_and_repeats_byte_for_byte) {
    struct sram_macro macros[] = {make(256, 64, 4), make(64, 64, 1)};
    char *a = view(macros, 2, "a.lef"), *b = view(macros, 2, "b.lef");
    cr_expect_str_eq(a, b);
    cr_expect_not_null(strstr(a, "END qadam_sram_256x64m4\n"));
    cr_expect_not_null(strstr(a, "END qadam_sram_64x64m1\n"));
    free(a);
    free(b);
}

Test(sram_lef, unwritable_path_is_an_error) {
    struct sram_macro m = make(64, 64, 1);
    struct error err = {"", 0, 0, ""};
    char path[EMIT_PATH_MAX + 32];
    (void)snprintf(path, sizeof path, "%s/missing/one.lef", folder);
    cr_expect_eq(sram_lef_write(&m, 1, path, &err), -1);
    cr_expect(err.text[0] != '\0');
}
