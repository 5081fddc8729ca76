/* SPDX-License-Identifier: Apache-2.0
 *
 * Writer of the Liberty view of a kit: NLDM tables sampled from the fitted surfaces.
 */
#include "pdk/liberty.h"

#include <math.h>
#include <string.h>

enum { GRID = 7 };

/* Sample points: input slew in ps; load in fF per drive unit (clipped to the pin's
 * limit). */
static const double slew_grid[GRID] = {1, 5, 12, 25, 50, 100, 200};
static const double load_grid[GRID] = {0.4, 1.2, 2.5, 5, 10, 20, 60};
static const double MIN_SLEW_PS = 0.5;

void liberty_put_header(struct emit *out, const char *name) {
    emit(out, "library (%s) {\n", name);
    emit(out, "  technology (cmos);\n"
              "  delay_model : table_lookup;\n"
              "  time_unit : \"1ns\";\n"
              "  leakage_power_unit : \"1nW\";\n"
              "  voltage_unit : \"1V\";\n"
              "  current_unit : \"1mA\";\n"
              "  pulling_resistance_unit : \"1kohm\";\n"
              "  capacitive_load_unit (1, ff);\n"
              "  nom_process : 1;\n"
              "  nom_temperature : 25;\n"
              "  nom_voltage : 1.1;\n"
              "  operating_conditions (typical) {\n"
              "    process : 1; voltage : 1.1; temperature : 25;\n"
              "    tree_type : balanced_tree;\n"
              "  }\n"
              "  default_operating_conditions : typical;\n"
              "  slew_lower_threshold_pct_fall : 30;\n"
              "  slew_lower_threshold_pct_rise : 30;\n"
              "  slew_upper_threshold_pct_fall : 70;\n"
              "  slew_upper_threshold_pct_rise : 70;\n"
              "  slew_derate_from_library : 1;\n"
              "  input_threshold_pct_fall : 50;\n"
              "  input_threshold_pct_rise : 50;\n"
              "  output_threshold_pct_fall : 50;\n"
              "  output_threshold_pct_rise : 50;\n"
              "  default_cell_leakage_power : 0;\n"
              "  default_inout_pin_cap : 1;\n"
              "  default_input_pin_cap : 1;\n"
              "  default_output_pin_cap : 0;\n"
              "  default_fanout_load : 1;\n"
              "  default_max_transition : 0.2;\n");
}

/* "a, b, c" of a grid, each point scaled. */
static void put_grid(struct emit *out, const double *grid, int n, double scale) {
    for (int i = 0; i < n; i++) {
        emit(out, "%s%.6g", i ? ", " : "", grid[i] * scale);
    }
}

static void put_templates(struct emit *out) {
    static const char *const names[3] = {"lu_table_template (delay",
                                         "power_lut_template (energy",
                                         "power_lut_template (hidden"};
    for (int i = 0; i < 3; i++) {
        emit(out, "  %s_%d) {\n    variable_1 : %s;\n", names[i], GRID,
             i == 0 ? "input_net_transition" : "input_transition_time");
        if (i < 2) {
            emit(out, "    variable_2 : total_output_net_capacitance;\n");
        }
        emit(out, "    index_1 (\"");
        put_grid(out, slew_grid, GRID, 1e-3);
        emit(out, "\");\n");
        if (i < 2) {
            emit(out, "    index_2 (\"");
            put_grid(out, load_grid, GRID, 1);
            emit(out, "\");\n");
        }
        emit(out, "  }\n");
    }
    emit(out, "  lu_table_template (constraint_2) {\n"
              "    variable_1 : constrained_pin_transition;\n"
              "    variable_2 : related_pin_transition;\n"
              "    index_1 (\"0.001, 0.2\");\n"
              "    index_2 (\"0.001, 0.2\");\n"
              "  }\n");
}

static double surface(const struct kit_surface *f, double s, double c) {
    return f->t[0] + f->t[1] * c + f->t[2] * s + f->t[3] * sqrt(s * (c + f->k_ff)) +
           f->t[4] * c * s;
}

/* The head of a table over slew and load. */
static void put_table_head(struct emit *out, const char *name, const char *template,
                           double drive) {
    emit(out, "        %s (%s_%d) {\n          index_1 (\"", name, template, GRID);
    put_grid(out, slew_grid, GRID, 1e-3);
    emit(out, "\");\n          index_2 (\"");
    put_grid(out, load_grid, GRID, drive);
    emit(out, "\");\n          values (");
}

static void put_surface(struct emit *out, const char *name, const struct kit_surface *f,
                        double drive, double least_ps) {
    put_table_head(out, name, "delay", drive);
    for (int i = 0; i < GRID; i++) {
        emit(out, "%s\"", i ? ", \\\n                  " : "");
        for (int j = 0; j < GRID; j++) {
            double v = fmax(surface(f, slew_grid[i], load_grid[j] * drive), least_ps);

            emit(out, "%s%.6f", j ? ", " : "", v * 1e-3);
        }
        emit(out, "\"");
    }
    emit(out, ");\n        }\n");
}

static const char *sense_of(const struct kit_delay *d) {
    if (strcmp(d->kind, "pos") == 0) {
        return "positive_unate";
    }
    if (strcmp(d->kind, "neg") == 0) {
        return "negative_unate";
    }
    if (strcmp(d->kind, "clear") == 0 || strcmp(d->kind, "preset") == 0) {
        /* An active-low clear or preset: the edge that asserts it is the falling one. */
        return d->rise ? "negative_unate" : "positive_unate";
    }
    return "non_unate";
}

/* The timing group of the rows first..last-1: one arc, one or two edges. */
static void put_arc(struct emit *out, const struct kit *kit, size_t first, size_t last) {
    const struct kit_delay *d = &kit->delays[first];
    double drive = kit->cells[d->cell].drive;

    emit(out, "      timing () {\n        related_pin : \"%s\";\n", d->from);
    if (strcmp(d->kind, "pos") != 0 && strcmp(d->kind, "neg") != 0) {
        emit(out, "        timing_type : %s;\n", d->kind);
    }
    emit(out, "        timing_sense : %s;\n", sense_of(d));
    for (size_t i = first; i < last; i++) {
        d = &kit->delays[i];
        put_surface(out, d->rise ? "cell_rise" : "cell_fall", &d->delay, drive, -1e3);
        put_surface(out, d->rise ? "rise_transition" : "fall_transition", &d->slew, drive,
                    MIN_SLEW_PS);
    }
    emit(out, "      }\n");
}

static int same_arc(const struct kit_delay *a, const struct kit_delay *b) {
    return a->cell == b->cell && strcmp(a->to, b->to) == 0 &&
           strcmp(a->from, b->from) == 0 && strcmp(a->kind, b->kind) == 0;
}

static void put_arcs(struct emit *out, const struct kit *kit, const struct kit_pin *pin) {
    for (size_t i = 0; i < kit->delay_count;) {
        const struct kit_delay *d = &kit->delays[i];
        size_t last = i + 1;

        while (last < kit->delay_count && same_arc(d, &kit->delays[last])) {
            last++;
        }
        if (d->cell == pin->cell && strcmp(d->to, pin->name) == 0) {
            put_arc(out, kit, i, last);
        }
        i = last;
    }
}

static void put_energy_table(struct emit *out, const struct kit_energy *e, double drive,
                             double scale) {
    const char *name = e->rise ? "rise_power" : "fall_power";

    if (e->related[0] == '\0') {
        emit(out, "        %s (hidden_%d) {\n          values (\"", name, GRID);
        for (int i = 0; i < GRID; i++) {
            double x = fmin(slew_grid[i], 100) - 25; /* the fit ends near 80 ps */

            emit(out, "%s%.5g", i ? ", " : "",
                 scale * (e->p[0] + e->p[1] * x + e->p[2] * x * x));
        }
        emit(out, "\");\n        }\n");
        return;
    }
    put_table_head(out, name, "energy", drive);
    for (int i = 0; i < GRID; i++) {
        emit(out, "%s\"", i ? ", \\\n                  " : "");
        for (int j = 0; j < GRID; j++) {
            /* the load's share saturates beyond the fitted loads */
            double c = fmin(load_grid[j], 10) * drive;

            emit(out, "%s%.5g", j ? ", " : "",
                 scale * (e->p[0] + e->p[1] * slew_grid[i] + e->p[2] * c));
        }
        emit(out, "\"");
    }
    emit(out, ");\n        }\n");
}

static void put_energies(struct emit *out, const struct kit *kit,
                         const struct kit_pin *pin, enum liberty_energy energy) {
    for (size_t i = 0; i < kit->energy_count; i++) {
        const struct kit_energy *e = &kit->energies[i];
        double scale = energy == LIBERTY_PHYSICAL ? e->physical_scale : 1;
        int opens, closes;

        if (e->cell != pin->cell || strcmp(e->pin, pin->name) != 0 || scale <= 0) {
            continue;
        }
        opens = e->rise; /* rows come as rise, fall */
        closes = !e->rise;
        if (opens) {
            emit(out, "      internal_power () {\n");
            if (e->related[0] != '\0') {
                emit(out, "        related_pin : \"%s\";\n", e->related);
            }
        }
        put_energy_table(out, e, kit->cells[e->cell].drive, scale);
        if (closes) {
            emit(out, "      }\n");
        }
    }
}

static void put_constraint_table(struct emit *out, const struct kit_constraint *c) {
    static const double s[2] = {1, 200};

    emit(out, "        %s_constraint (constraint_2) {\n          values (",
         c->rise ? "rise" : "fall");
    for (int i = 0; i < 2; i++) {
        emit(out, "%s\"%.6f, %.6f\"", i ? ", " : "",
             1e-3 * (c->c0_ps + c->c_data * s[i] + c->c_related * s[0]),
             1e-3 * (c->c0_ps + c->c_data * s[i] + c->c_related * s[1]));
    }
    emit(out, ");\n        }\n");
}

static void put_constraints(struct emit *out, const struct kit *kit,
                            const struct kit_pin *pin) {
    const struct kit_constraint *open = NULL;

    for (size_t i = 0; i < kit->constraint_count; i++) {
        const struct kit_constraint *c = &kit->constraints[i];

        if (c->cell != pin->cell || strcmp(c->pin, pin->name) != 0) {
            continue;
        }
        if (open && strcmp(open->type, c->type) != 0) {
            emit(out, "      }\n");
            open = NULL;
        }
        if (!open) {
            emit(out, "      timing () {\n        related_pin : \"%s\";\n", c->related);
            emit(out, "        timing_type : %s;\n", c->type);
            open = c;
        }
        put_constraint_table(out, c);
    }
    if (open) {
        emit(out, "      }\n");
    }
}

static void put_pin(struct emit *out, const struct kit *kit, const struct kit_pin *pin,
                    enum liberty_energy energy) {
    int icg = kit->cells[pin->cell].kind == CELL_ICG;

    emit(out, "    pin (%s) {\n      direction : %s;\n", pin->name,
         pin->output ? "output" : "input");
    if (pin->output) {
        if (pin->max_cap_ff > 0) {
            emit(out, "      max_capacitance : %.6g;\n", pin->max_cap_ff);
        }
        if (icg) {
            emit(out, "      state_function : \"(CK & IQ)\";\n");
            emit(out, "      clock_gate_out_pin : true;\n");
        } else {
            emit(out, "      function : \"%s\";\n", pin->function);
        }
    } else {
        emit(out, "      capacitance : %.6g;\n", pin->cap_rise_ff);
        emit(out, "      rise_capacitance : %.6g;\n", pin->cap_rise_ff);
        emit(out, "      fall_capacitance : %.6g;\n", pin->cap_fall_ff);
        if (icg) {
            emit(out, "      %s : true;\n",
                 strcmp(pin->role, "clock") == 0 ? "clock_gate_clock_pin"
                                                 : "clock_gate_enable_pin");
        } else if (strcmp(pin->role, "clock") == 0) {
            emit(out, "      clock : true;\n");
        }
    }
    put_arcs(out, kit, pin);
    put_constraints(out, kit, pin);
    put_energies(out, kit, pin, energy);
    emit(out, "    }\n");
}

/* The ff, latch or statetable group of a cell. */
static void put_state(struct emit *out, const struct kit *kit, size_t cell) {
    enum cell_kind kind = kit->cells[cell].kind;
    const struct kit_pin *clock = kit_pin_of(kit, cell, "clock", 0);
    const struct kit_pin *data = kit_pin_of(kit, cell, "data", 0);

    if (kind == CELL_ICG) {
        emit(out, "    clock_gating_integrated_cell : latch_posedge;\n"
                  "    statetable (\"CK E\", \"IQ\") {\n"
                  "      table : \"L L : - : L, L H : - : H, H - : - : N\";\n"
                  "    }\n"
                  "    pin (IQ) {\n      direction : internal;\n"
                  "      internal_node : \"IQ\";\n    }\n");
        return;
    }
    if (!clock || !data || kind == CELL_COMB || kind == CELL_TIE) {
        return;
    }
    if (kind == CELL_LATCH_H || kind == CELL_LATCH_L) {
        emit(out,
             "    latch (IQ, IQN) {\n      data_in : \"%s\";\n      enable : \"%s%s\";\n",
             data->name, kind == CELL_LATCH_L ? "!" : "", clock->name);
    } else {
        emit(out,
             "    ff (IQ, IQN) {\n      next_state : \"%s\";\n      clocked_on : "
             "\"%s\";\n",
             data->name, clock->name);
    }
    if (kind == CELL_DFFR) {
        emit(out, "      clear : \"!%s\";\n", kit_pin_of(kit, cell, "clear", 0)->name);
    } else if (kind == CELL_DFFS) {
        emit(out, "      preset : \"!%s\";\n", kit_pin_of(kit, cell, "preset", 0)->name);
    }
    emit(out, "    }\n");
}

static void put_cell(struct emit *out, const struct kit *kit, size_t cell,
                     enum liberty_energy energy) {
    const struct kit_cell *c = &kit->cells[cell];

    emit(out, "  cell (%s) {\n    area : %.6g;\n", c->name, c->area_um2);
    emit(out, "    cell_leakage_power : %.6g;\n", c->leakage_nw);
    if (c->dont_use) {
        emit(out, "    dont_use : true;\n");
    }
    put_state(out, kit, cell);
    for (size_t i = 0; i < kit->pin_count; i++) {
        if (kit->pins[i].cell == cell) {
            put_pin(out, kit, &kit->pins[i], energy);
        }
    }
    emit(out, "  }\n");
}

int liberty_write(const struct kit *kit, const char *path, enum liberty_energy energy,
                  struct error *err) {
    struct emit out;

    if (emit_open(&out, path, err) != 0) {
        return -1;
    }
    emit(&out,
         "/* Generated by qadam from the tables of pdk/freepdk45; energies %s. */\n",
         energy == LIBERTY_PHYSICAL ? "physical" : "unscaled");
    liberty_put_header(&out, LIBERTY_KIT_NAME);
    put_templates(&out);
    for (size_t i = 0; i < kit->cell_count; i++) {
        put_cell(&out, kit, i, energy);
    }
    emit(&out, "}\n");
    return emit_close(&out, err);
}
