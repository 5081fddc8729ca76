/* SPDX-License-Identifier: Apache-2.0
 *
 * Writer of a block's macro view.
 */
#include "synth_flows/block_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"
#include "pdk/liberty.h"

enum { LOADS_MAX = 8 };

/* Timing of an output over loads. */
struct output {
    double load_ff[LOADS_MAX], delay_ns[LOADS_MAX], slew_ns[LOADS_MAX];
    int count;
};

static void put_types(struct emit *out, const struct net_module *m) {
    for (size_t i = 0; i < m->port_count; i++) {
        size_t width = m->ports[i].width;
        int seen = width < 2;

        for (size_t k = 0; k < i; k++) {
            seen |= m->ports[k].width == width;
        }
        if (!seen) {
            emit(out,
                 "    type (bus_%zu) {\n      base_type : array; data_type : bit;\n"
                 "      bit_width : %zu; bit_from : %zu; bit_to : 0; downto : true;\n"
                 "    }\n",
                 width, width, width - 1);
        }
    }
}

/* Split off the first word of *text into word[size]. */
static void next_word(const char **text, char *word, size_t size) {
    size_t n = strcspn(*text, " ");

    (void)snprintf(word, size, "%.*s", (int)n, *text);
    *text += n + strspn(*text + n, " ");
}

/* The number at the start of *text; 0 if there is none. */
static double next_number(const char **text) {
    char *end;
    double value = strtod(*text, &end);

    *text = end + strspn(end, " ");
    return value;
}

static void put_setups(struct emit *out, const char *port, const struct metrics *timing) {
    for (size_t i = 0; i < timing->count; i++) {
        const char *text = timing->entries[i].value;
        char name[128], type[32];
        double ns;

        next_word(&text, name, sizeof name);
        if (strcmp(timing->entries[i].name, "setup") != 0 || strcmp(name, port) != 0) {
            continue;
        }
        next_word(&text, type, sizeof type);
        ns = next_number(&text);
        emit(out,
             "      timing () {\n        related_pin : \"clk_i\";\n"
             "        timing_type : %s;\n"
             "        rise_constraint (scalar) { values (\"%.5f\"); }\n"
             "        fall_constraint (scalar) { values (\"%.5f\"); }\n      }\n",
             type, ns, ns);
    }
}

/* Is the metric timing of that port? Then from which, and *text is put after the names.
 */
static int is_output(const struct metric *m, const char *port, char *from, size_t size,
                     const char **text) {
    char name[128];

    *text = m->value;
    next_word(text, name, sizeof name);
    next_word(text, from, size);
    return strcmp(m->name, "output") == 0 && strcmp(name, port) == 0;
}

static struct output find_output(const char *port, const char *from,
                                 const struct metrics *timing) {
    struct output o = {.count = 0};

    for (size_t i = 0; i < timing->count && o.count < LOADS_MAX; i++) {
        const char *text;
        char start[128];

        if (is_output(&timing->entries[i], port, start, sizeof start, &text) &&
            strcmp(start, from) == 0) {
            o.load_ff[o.count] = next_number(&text);
            o.delay_ns[o.count] = next_number(&text);
            o.slew_ns[o.count++] = next_number(&text);
        }
    }
    return o;
}

static void put_table(struct emit *out, const char *name, const struct output *o,
                      const double *values) {
    emit(out, "        %s (load) {\n          index_1 (\"", name);
    for (int i = 0; i < o->count; i++) {
        emit(out, "%s%g", i ? ", " : "", o->load_ff[i]);
    }
    emit(out, "\");\n          values (\"");
    for (int i = 0; i < o->count; i++) {
        emit(out, "%s%.5f", i ? ", " : "", values[i]);
    }
    emit(out, "\");\n        }\n");
}

/* The arc of an output from the clock, or straight from the input from. */
static void put_arc(struct emit *out, const char *from, const struct output *o) {
    int clock = strcmp(from, "clk_i") == 0;

    emit(out, "      timing () {\n        %s : \"%s\";\n        timing_type : %s;\n%s",
         clock ? "related_pin" : "related_bus_pins", from,
         clock ? "rising_edge" : "combinational",
         clock ? "" : "        timing_sense : non_unate;\n");
    put_table(out, "cell_rise", o, o->delay_ns);
    put_table(out, "cell_fall", o, o->delay_ns);
    put_table(out, "rise_transition", o, o->slew_ns);
    put_table(out, "fall_transition", o, o->slew_ns);
    emit(out, "      }\n");
}

/* Has an entry before number index timing of that port from the same start? */
static int seen_before(const struct metrics *timing, size_t index, const char *port,
                       const char *from) {
    for (size_t i = 0; i < index; i++) {
        const char *text;
        char other[128];

        if (is_output(&timing->entries[i], port, other, sizeof other, &text) &&
            strcmp(from, other) == 0) {
            return 1;
        }
    }
    return 0;
}

/* All arcs of an output; none if it is constant. */
static void put_output(struct emit *out, const char *port, const struct metrics *timing) {
    for (size_t i = 0; i < timing->count; i++) {
        const char *text;
        char from[128];

        if (is_output(&timing->entries[i], port, from, sizeof from, &text) &&
            !seen_before(timing, i, port, from)) {
            struct output o = find_output(port, from, timing);

            put_arc(out, from, &o);
        }
    }
}

/* The loads of the first output that has timing: the template's index. */
static struct output any_output(const struct metrics *timing) {
    struct output o = {.count = 0};

    for (size_t i = 0; i < timing->count && o.count == 0; i++) {
        const char *text = timing->entries[i].value;

        if (strcmp(timing->entries[i].name, "output") == 0) {
            char port[128], from[128];

            next_word(&text, port, sizeof port);
            next_word(&text, from, sizeof from);
            o = find_output(port, from, timing);
        }
    }
    return o;
}

static void put_port(struct emit *out, const struct net_port *p,
                     const struct metrics *timing) {
    if (p->width > 1) {
        emit(out, "    bus (%s) {\n      bus_type : bus_%zu;\n", p->name, p->width);
    } else {
        emit(out, "    pin (%s) {\n", p->name);
    }
    emit(out, "      direction : %s;\n", p->input ? "input" : "output");
    if (p->input) {
        emit(out, "      capacitance : %.5f;\n", p->clock ? 1.0 : p->cap_ff);
        emit(out, "%s", p->clock ? "      clock : true;\n" : "");
        put_setups(out, p->name, timing);
    } else {
        put_output(out, p->name, timing);
    }
    emit(out, "    }\n");
}

int block_view_write(const struct net_module *module, double area_um2,
                     const struct metrics *timing, const char *path, struct error *err) {
    struct output loads = any_output(timing);
    struct emit out;

    if (loads.count < 2) {
        return error_set(err, "no timing of the outputs of %s was measured",
                         module->name);
    }
    if (emit_open(&out, path, err) != 0) {
        return -1;
    }
    emit(&out, "/* Generated by qadam synth: macro view of a block. */\n");
    liberty_put_header(&out, module->name);
    emit(&out, "  lu_table_template (load) {\n"
               "    variable_1 : total_output_net_capacitance;\n    index_1 (\"");
    for (int i = 0; i < loads.count; i++) {
        emit(&out, "%s%d", i ? ", " : "", i + 1);
    }
    emit(&out,
         "\");\n  }\n  cell (%s) {\n    area : %.6f;\n    is_macro_cell : true;\n"
         "    dont_use : true;\n",
         module->name, area_um2);
    put_types(&out, module);
    for (size_t i = 0; i < module->port_count; i++) {
        put_port(&out, &module->ports[i], timing);
    }
    emit(&out, "  }\n}\n");
    return emit_close(&out, err);
}
