/* SPDX-License-Identifier: Apache-2.0
 *
 * Writer of the SRAM macros' abstract views. All lengths are in nm.
 */
#include "pdk/sram_lef.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gen/emit.h"

enum {
    SITE = 190,
    ROW = 1400,
    TRACK = 140, /* of metal3; the first one is half of that above the outline's foot */
    PIN = 70,    /* side of a pin's square */
    PIN_TRACKS = 2,
    STRAP = 280,
    STRAP_PITCH = 1120, /* ground and power in turn */
    STRAPS_MIN = 4
};

/* One macro being written. */
struct lef {
    struct emit *out;
    const struct sram_macro *m;
    struct sram_outline size;
};

static unsigned round_up(double value, unsigned step) {
    return (unsigned)ceil(value / step - 1e-9) * step;
}

static unsigned input_count(const struct sram_macro *m) {
    return 3 + sram_address_bits(m->words) + m->lanes + m->bits; /* clk_i, req_i, we_i */
}

struct sram_outline sram_lef_outline(const struct sram_macro *macro) {
    const double area = macro->area_um2 * 1e6;
    const unsigned pins = input_count(macro) * PIN_TRACKS * TRACK + 2 * ROW;
    struct sram_outline size;

    size.height_nm = round_up(fmax(sqrt(area), pins), ROW);
    size.width_nm =
        round_up(fmax(area / size.height_nm, (STRAPS_MIN + 1) * STRAP_PITCH), SITE);
    return size;
}

/* A rectangle in um. */
static void put_rect(const struct lef *l, unsigned x0, unsigned y0, unsigned x1,
                     unsigned y1) {
    emit(l->out, "      RECT %.3f %.3f %.3f %.3f ;\n", 1e-3 * x0, 1e-3 * y0, 1e-3 * x1,
         1e-3 * y1);
}

static void put_layer(const struct lef *l, const char *layer) {
    emit(l->out, "      LAYER %s ;\n", layer);
}

/* Foot of pin number index of count on an edge: spread over the height, on tracks. */
static unsigned pin_foot(const struct lef *l, unsigned index, unsigned count) {
    unsigned tracks = (l->size.height_nm - 2 * ROW) / TRACK / count;

    return ROW + index * tracks * TRACK + (TRACK - PIN) / 2;
}

/* The pins of a bus (width > 0) or one pin; *index counts those of the edge. */
static void put_pins(const struct lef *l, const char *name, unsigned width, int output,
                     unsigned *index) {
    unsigned count = output ? l->m->bits : input_count(l->m);
    unsigned x = output ? l->size.width_nm - PIN : 0;

    for (unsigned i = 0; i < (width ? width : 1); i++) {
        unsigned y = pin_foot(l, (*index)++, count);
        char pin[64];

        (void)snprintf(pin, sizeof pin, width ? "%s[%u]" : "%s", name, i);
        emit(l->out,
             "  PIN %s\n    DIRECTION %s ;\n    USE %s ;\n    SHAPE ABUTMENT ;\n"
             "    PORT\n",
             pin, output ? "OUTPUT" : "INPUT",
             strcmp(name, "clk_i") == 0 ? "CLOCK" : "SIGNAL");
        put_layer(l, "metal3");
        put_rect(l, x, y, x + PIN, y + PIN);
        emit(l->out, "    END\n  END %s\n", pin);
    }
}

static unsigned strap_count(const struct lef *l) {
    return l->size.width_nm / STRAP_PITCH - 1;
}

static unsigned strap_left(unsigned index) {
    return STRAP_PITCH * (index + 1) - STRAP / 2;
}

/* Every other strap from first on. */
static void put_supply(const struct lef *l, const char *name, const char *use,
                       unsigned first) {
    emit(l->out, "  PIN %s\n    DIRECTION INOUT ;\n    USE %s ;\n    PORT\n", name, use);
    put_layer(l, "metal4");
    for (unsigned i = first; i < strap_count(l); i += 2) {
        put_rect(l, strap_left(i), ROW, strap_left(i) + STRAP, l->size.height_nm - ROW);
    }
    emit(l->out, "    END\n  END %s\n", name);
}

/* All is blocked but the columns of the pins on metal3 and the straps on metal4. */
static void put_blockages(const struct lef *l) {
    const unsigned w = l->size.width_nm, h = l->size.height_nm;
    unsigned left = 0;

    emit(l->out, "  OBS\n");
    put_layer(l, "metal1");
    put_rect(l, 0, 0, w, h);
    put_layer(l, "metal2");
    put_rect(l, 0, 0, w, h);
    put_layer(l, "metal3");
    put_rect(l, 2 * PIN, 0, w - 2 * PIN, h);
    put_layer(l, "metal4");
    put_rect(l, 0, 0, w, ROW);
    put_rect(l, 0, h - ROW, w, h);
    for (unsigned i = 0; i < strap_count(l); i++) {
        put_rect(l, left, ROW, strap_left(i), h - ROW);
        left = strap_left(i) + STRAP;
    }
    put_rect(l, left, ROW, w, h - ROW);
    put_layer(l, "OVERLAP");
    put_rect(l, 0, 0, w, h);
    emit(l->out, "  END\n");
}

static void put_macro(struct emit *out, const struct sram_macro *m) {
    const struct lef l = {out, m, sram_lef_outline(m)};
    unsigned left = 0, right = 0;

    emit(out,
         "\nMACRO %s\n  CLASS BLOCK ;\n  FOREIGN %s 0 0 ;\n  ORIGIN 0 0 ;\n"
         "  SIZE %.3f BY %.3f ;\n  SYMMETRY X Y R90 ;\n",
         m->name, m->name, 1e-3 * l.size.width_nm, 1e-3 * l.size.height_nm);
    put_pins(&l, "clk_i", 0, 0, &left);
    put_pins(&l, "req_i", 0, 0, &left);
    put_pins(&l, "we_i", 0, 0, &left);
    put_pins(&l, "addr_i", sram_address_bits(m->words), 0, &left);
    put_pins(&l, "wmask_i", m->lanes, 0, &left);
    put_pins(&l, "wdata_i", m->bits, 0, &left);
    put_pins(&l, "rdata_o", m->bits, 1, &right);
    put_supply(&l, "VSS", "GROUND", 0);
    put_supply(&l, "VDD", "POWER", 1);
    put_blockages(&l);
    emit(out, "END %s\n", m->name);
}

int sram_lef_write(const struct sram_macro *macros, size_t count, const char *path,
                   struct error *err) {
    struct emit out;

    if (emit_open(&out, path, err) != 0) {
        return -1;
    }
    emit(&out, "# Generated by qadam from pdk/freepdk45/sram.csv.\n"
               "VERSION 5.7 ;\nBUSBITCHARS \"[]\" ;\nDIVIDERCHAR \"/\" ;\n");
    for (size_t i = 0; i < count; i++) {
        put_macro(&out, &macros[i]);
    }
    emit(&out, "\nEND LIBRARY\n");
    return emit_close(&out, err);
}
