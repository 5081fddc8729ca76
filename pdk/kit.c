/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader for the tables of a process kit.
 */
#include "pdk/kit.h"

#include <stdlib.h>
#include <string.h>

#include "pdk/csv.h"

static const char *const kind_names[] = {"comb",    "dff",     "dffr", "dffs",
                                         "latch_h", "latch_l", "icg",  "tie"};

static int read_cells(struct kit *kit, const struct csv *t, struct error *err) {
    kit->cells = calloc(t->rows + 1, sizeof *kit->cells);
    if (!kit->cells) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < t->rows; i++) {
        struct kit_cell *c = &kit->cells[i];
        size_t kind = 0, kinds = sizeof kind_names / sizeof kind_names[0];

        while (kind < kinds && strcmp(kind_names[kind], csv_text(t, i, 1)) != 0) {
            kind++;
        }
        if (kind == kinds) {
            return error_set_at(err, t->path, (int)i + 2, 2, "unknown cell kind \"%s\"",
                                csv_text(t, i, 1));
        }
        c->kind = (enum cell_kind)kind;
        c->dont_use = strcmp(csv_text(t, i, 5), "0") != 0;
        if (csv_copy(t, i, 0, c->name, sizeof c->name, err) != 0 ||
            csv_number(t, i, 2, &c->drive, err) != 0 ||
            csv_number(t, i, 3, &c->area_um2, err) != 0 ||
            csv_number(t, i, 4, &c->leakage_nw, err) != 0) {
            return -1;
        }
        kit->cell_count++;
    }
    return 0;
}

/* Index of the cell that the first column names. */
static int find_cell(const struct kit *kit, const struct csv *t, size_t row, size_t *cell,
                     struct error *err) {
    for (size_t i = 0; i < kit->cell_count; i++) {
        if (strcmp(kit->cells[i].name, csv_text(t, row, 0)) == 0) {
            *cell = i;
            return 0;
        }
    }
    return error_set_at(err, t->path, (int)row + 2, 1, "\"%s\" is not in cells.csv",
                        csv_text(t, row, 0));
}

static int read_edge(const struct csv *t, size_t row, size_t column, int *rise,
                     struct error *err) {
    *rise = strcmp(csv_text(t, row, column), "rise") == 0;
    if (!*rise && strcmp(csv_text(t, row, column), "fall") != 0) {
        return error_set_at(err, t->path, (int)row + 2, (int)column + 1,
                            "\"%s\" is neither rise nor fall", csv_text(t, row, column));
    }
    return 0;
}

static int read_numbers(const struct csv *t, size_t row, size_t column, double *v,
                        size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++) {
        if (csv_number(t, row, column + i, &v[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_pins(struct kit *kit, const struct csv *t, struct error *err) {
    kit->pins = calloc(t->rows + 1, sizeof *kit->pins);
    if (!kit->pins) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < t->rows; i++) {
        struct kit_pin *p = &kit->pins[i];

        p->output = strcmp(csv_text(t, i, 2), "out") == 0;
        if (find_cell(kit, t, i, &p->cell, err) != 0 ||
            csv_copy(t, i, 1, p->name, sizeof p->name, err) != 0 ||
            csv_copy(t, i, 3, p->role, sizeof p->role, err) != 0 ||
            csv_number(t, i, 4, &p->cap_rise_ff, err) != 0 ||
            csv_number(t, i, 5, &p->cap_fall_ff, err) != 0 ||
            csv_number(t, i, 6, &p->max_cap_ff, err) != 0 ||
            csv_copy(t, i, 7, p->function, sizeof p->function, err) != 0) {
            return -1;
        }
        kit->pin_count++;
    }
    return 0;
}

static int read_delays(struct kit *kit, const struct csv *t, struct error *err) {
    kit->delays = calloc(t->rows + 1, sizeof *kit->delays);
    if (!kit->delays) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < t->rows; i++) {
        struct kit_delay *d = &kit->delays[i];

        if (find_cell(kit, t, i, &d->cell, err) != 0 ||
            csv_copy(t, i, 1, d->from, sizeof d->from, err) != 0 ||
            csv_copy(t, i, 2, d->to, sizeof d->to, err) != 0 ||
            csv_copy(t, i, 3, d->kind, sizeof d->kind, err) != 0 ||
            read_edge(t, i, 4, &d->rise, err) != 0 ||
            csv_number(t, i, 5, &d->delay.k_ff, err) != 0 ||
            read_numbers(t, i, 6, d->delay.t, KIT_TERMS, err) != 0 ||
            csv_number(t, i, 11, &d->slew.k_ff, err) != 0 ||
            read_numbers(t, i, 12, d->slew.t, KIT_TERMS, err) != 0) {
            return -1;
        }
        kit->delay_count++;
    }
    return 0;
}

static int read_energies(struct kit *kit, const struct csv *t, struct error *err) {
    kit->energies = calloc(t->rows + 1, sizeof *kit->energies);
    if (!kit->energies) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < t->rows; i++) {
        struct kit_energy *e = &kit->energies[i];

        if (find_cell(kit, t, i, &e->cell, err) != 0 ||
            csv_copy(t, i, 1, e->pin, sizeof e->pin, err) != 0 ||
            csv_copy(t, i, 2, e->related, sizeof e->related, err) != 0 ||
            read_edge(t, i, 3, &e->rise, err) != 0 ||
            read_numbers(t, i, 4, e->p, 3, err) != 0 ||
            csv_number(t, i, 7, &e->physical_scale, err) != 0) {
            return -1;
        }
        kit->energy_count++;
    }
    return 0;
}

static int read_constraints(struct kit *kit, const struct csv *t, struct error *err) {
    kit->constraints = calloc(t->rows + 1, sizeof *kit->constraints);
    if (!kit->constraints) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < t->rows; i++) {
        struct kit_constraint *c = &kit->constraints[i];

        if (find_cell(kit, t, i, &c->cell, err) != 0 ||
            csv_copy(t, i, 1, c->pin, sizeof c->pin, err) != 0 ||
            csv_copy(t, i, 2, c->related, sizeof c->related, err) != 0 ||
            csv_copy(t, i, 3, c->type, sizeof c->type, err) != 0 ||
            read_edge(t, i, 4, &c->rise, err) != 0 ||
            csv_number(t, i, 5, &c->c0_ps, err) != 0 ||
            csv_number(t, i, 6, &c->c_data, err) != 0 ||
            csv_number(t, i, 7, &c->c_related, err) != 0) {
            return -1;
        }
        kit->constraint_count++;
    }
    return 0;
}

static const struct {
    const char *name, *header;
    int (*read)(struct kit *kit, const struct csv *t, struct error *err);
} tables[] = {
    {"cells.csv", "cell,kind,drive,area_um2,leakage_nw,dont_use", read_cells},
    {"pins.csv", "cell,pin,direction,role,cap_rise_ff,cap_fall_ff,max_cap_ff,function",
     read_pins},
    {"delays.csv",
     "cell,from,to,kind,edge,delay_k_ff,delay_1_ps,delay_c,delay_s,delay_r,delay_cs,"
     "slew_k_ff,slew_1_ps,slew_c,slew_s,slew_r,slew_cs",
     read_delays},
    {"energies.csv", "cell,pin,related,edge,p0_fj,p1,p2,physical_scale", read_energies},
    {"constraints.csv", "cell,pin,related,type,edge,c0_ps,c_data,c_related",
     read_constraints},
};

/* Every cell with state has the pins that its kind implies. */
static int check_pins(const struct kit *kit, const char *folder, struct error *err) {
    static const char *const wanted[][3] = {[CELL_DFF] = {"clock", "data", NULL},
                                            [CELL_DFFR] = {"clock", "data", "clear"},
                                            [CELL_DFFS] = {"clock", "data", "preset"},
                                            [CELL_LATCH_H] = {"clock", "data", NULL},
                                            [CELL_LATCH_L] = {"clock", "data", NULL},
                                            [CELL_ICG] = {"clock", "enable", NULL},
                                            [CELL_TIE] = {NULL, NULL, NULL}};

    for (size_t i = 0; i < kit->cell_count; i++) {
        for (int k = 0; k < 3; k++) {
            const char *role = wanted[kit->cells[i].kind][k];

            if (role && !kit_pin_of(kit, i, role, 0)) {
                return error_set(err, "%s/pins.csv: cell %s has no %s input", folder,
                                 kit->cells[i].name, role);
            }
        }
        if (!kit_pin_of(kit, i, "data", 1)) {
            return error_set(err, "%s/pins.csv: cell %s has no output", folder,
                             kit->cells[i].name);
        }
    }
    return 0;
}

int kit_load(struct kit *kit, const char *folder, struct error *err) {
    *kit = (struct kit){0};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct csv t;
        int status = csv_load(&t, folder, tables[i].name, tables[i].header, err);

        if (status == 0) {
            status = tables[i].read(kit, &t, err);
            csv_close(&t);
        }
        if (status != 0) {
            kit_close(kit);
            return -1;
        }
    }
    if (check_pins(kit, folder, err) != 0) {
        kit_close(kit);
        return -1;
    }
    return 0;
}

void kit_close(struct kit *kit) {
    free(kit->cells);
    free(kit->pins);
    free(kit->delays);
    free(kit->energies);
    free(kit->constraints);
    *kit = (struct kit){0};
}

const struct kit_pin *kit_pin_of(const struct kit *kit, size_t cell, const char *role,
                                 int output) {
    for (size_t i = 0; i < kit->pin_count; i++) {
        const struct kit_pin *p = &kit->pins[i];

        if (p->cell == cell && p->output == output && strcmp(p->role, role) == 0) {
            return p;
        }
    }
    return NULL;
}
