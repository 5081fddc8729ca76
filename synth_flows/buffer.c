/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizing and buffering of the nets that ABC does not see.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth_flows/netlist.h"

/* Loads in fF. A buffer or flop of drive n takes n times the unit. */
static const double UNIT_LOAD = 8;    /* load per drive unit of a cell sized here */
static const double TREE_LOAD = 32;   /* load of one branch of a tree (BUF_X4) */
static const double PORT_LOAD = 12;   /* unseen load left directly on an input port */
static const double OUTSIDE_LOAD = 5; /* load assumed behind an output port */

enum driver { DRIVER_NONE, DRIVER_PORT, DRIVER_CELL, DRIVER_INSTANCE };

/* One pin of a cell that a net drives: bit number bit of conns[conn]. */
struct sink {
    size_t cell, conn, bit;
    double load_ff;
};

/* What is known of a net. */
struct net_info {
    enum driver driver;
    size_t cell;             /* of a driving cell */
    double seen, unseen;     /* load of pins that ABC saw, and of others */
    size_t sink_count, sink; /* unseen sinks: count, then index into the sorted list */
    int clock;
};

struct work {
    struct netlist *nl;
    struct net_module *m;
    struct net_info *nets; /* [nets_known] */
    int nets_known;
    struct sink *sinks;
    struct error *err;
};

static int no_memory(struct work *w) {
    return error_set(w->err, "out of memory");
}

static const struct net_port *port_of(const struct net_module *m, const char *name) {
    for (size_t i = 0; i < m->port_count; i++) {
        if (strcmp(m->ports[i].name, name) == 0) {
            return &m->ports[i];
        }
    }
    return NULL;
}

/* Load and kind of one input connection. */
static void input_facts(const struct work *w, const struct net_cell *c,
                        const struct net_conn *conn, double *load, int *clock,
                        int *seen) {
    if (c->lib) {
        *load = conn->pin->cap_ff;
        *clock = conn->pin->clock;
        *seen = !c->lib->sequential && !c->lib->macro;
    } else {
        const struct net_port *p = port_of(&w->nl->modules[c->module], conn->port);

        *load = p ? p->cap_ff : 0;
        *clock = p ? p->clock : 0;
        *seen = 0;
    }
}

static void note_conn(struct work *w, size_t cell, const struct net_conn *conn) {
    const struct net_cell *c = &w->m->cells[cell];

    for (size_t b = 0; b < conn->width; b++) {
        struct net_info *net = &w->nets[w->m->bits[conn->first_bit + b]];
        double load;
        int clock, seen;

        if (!conn->input) {
            net->driver = c->lib ? DRIVER_CELL : DRIVER_INSTANCE;
            net->cell = cell;
            continue;
        }
        input_facts(w, c, conn, &load, &clock, &seen);
        net->clock |= clock;
        if (seen) {
            net->seen += load;
        } else {
            net->unseen += load;
            net->sink_count++;
        }
    }
}

static void note_ports(struct work *w) {
    for (size_t i = 0; i < w->m->port_count; i++) {
        const struct net_port *p = &w->m->ports[i];

        for (size_t b = 0; b < p->width; b++) {
            struct net_info *net = &w->nets[w->m->bits[p->first_bit + b]];

            if (p->input) {
                net->driver = DRIVER_PORT;
            } else {
                net->seen += OUTSIDE_LOAD; /* ABC assumed the same */
            }
        }
    }
}

/* Sort the unseen sinks by net. */
static int collect_sinks(struct work *w) {
    size_t total = 0, *next;

    for (int i = 0; i < w->nets_known; i++) {
        w->nets[i].sink = total;
        total += w->nets[i].sink_count;
    }
    w->sinks = calloc(total + 1, sizeof *w->sinks);
    next = calloc((size_t)w->nets_known + 1, sizeof *next);
    for (size_t i = 0; w->sinks && next && i < w->m->cell_count; i++) {
        const struct net_cell *c = &w->m->cells[i];

        for (size_t k = 0; k < c->conn_count; k++) {
            const struct net_conn *conn = &w->m->conns[c->first_conn + k];

            for (size_t b = 0; conn->input && b < conn->width; b++) {
                net_bit bit = w->m->bits[conn->first_bit + b];
                double load;
                int clock, seen;

                input_facts(w, c, conn, &load, &clock, &seen);
                if (!seen) {
                    w->sinks[w->nets[bit].sink + next[bit]++] =
                        (struct sink){i, c->first_conn + k, b, load};
                }
            }
        }
    }
    free(next);
    return w->sinks && next ? 0 : no_memory(w);
}

/* The cell PREFIX_Xn of the library with the least n that takes load, or the largest. */
static const struct lib_cell *size_for(const struct libcells *lib, const char *prefix,
                                       double load) {
    static const int drives[] = {1, 2, 4, 8};
    const struct lib_cell *best = NULL;

    for (size_t i = 0; i < sizeof drives / sizeof drives[0]; i++) {
        char name[LIBCELLS_NAME_MAX + 8];
        const struct lib_cell *cell;

        (void)snprintf(name, sizeof name, "%s_X%d", prefix, drives[i]);
        cell = libcells_find(lib, name);
        if (cell) {
            best = cell;
            if (load <= UNIT_LOAD * drives[i]) {
                break;
            }
        }
    }
    return best;
}

/* Replace a cell by another size of the same function. */
static void resize(struct work *w, struct net_cell *c, double load) {
    char prefix[LIBCELLS_NAME_MAX];
    char *x;
    const struct lib_cell *size;

    (void)snprintf(prefix, sizeof prefix, "%s", c->lib->name);
    x = strstr(prefix, "_X");
    if (!x) {
        return;
    }
    *x = '\0';
    size = size_for(w->nl->lib, prefix, load);
    if (!size || size == c->lib) {
        return;
    }
    c->lib = size;
    for (size_t k = 0; k < c->conn_count; k++) {
        struct net_conn *conn = &w->m->conns[c->first_conn + k];

        conn->pin = libcells_pin(w->nl->lib, size, conn->port);
    }
}

static void *grow(void *array, size_t count, size_t *room, size_t size) {
    size_t more = *room * 2 + 64;
    void *bigger = count < *room ? array : realloc(array, more * size);

    if (bigger && count >= *room) {
        *room = more;
    }
    return bigger;
}

static int add_conn(struct work *w, const struct lib_pin *pin, net_bit bit) {
    struct net_module *m = w->m;
    struct net_conn *conns = grow(m->conns, m->conn_count, &m->conn_room, sizeof *conns);

    if (!conns) {
        return no_memory(w);
    }
    m->conns = conns;
    net_bit *bits = grow(m->bits, m->bit_count, &m->bit_room, sizeof *bits);

    if (!bits) {
        return no_memory(w);
    }
    m->bits = bits;
    conns[m->conn_count++] =
        (struct net_conn){pin->name, pin, pin->input, m->bit_count, 1};
    bits[m->bit_count++] = bit;
    return 0;
}

/* A new net, or -1. */
static net_bit add_net(struct work *w) {
    char **names = realloc(w->m->names, ((size_t)w->m->net_count + 2) * sizeof *names);

    if (!names) {
        return no_memory(w);
    }
    w->m->names = names;
    names[w->m->net_count] = NULL;
    return w->m->net_count++;
}

/* Add a buffer from net in for load fF. Returns its output net, or -1. *pin_ff gets the
 * load of its input and *conn that pin's connection. */
static net_bit add_buffer(struct work *w, net_bit in, double load, double *pin_ff,
                          size_t *conn) {
    struct net_module *m = w->m;
    const struct lib_cell *buf = size_for(w->nl->lib, "BUF", load);
    struct net_cell *cells = grow(m->cells, m->cell_count, &m->cell_room, sizeof *cells);
    net_bit net = cells && buf ? add_net(w) : -1;

    if (!cells) {
        return no_memory(w);
    }
    m->cells = cells;
    if (!buf) {
        return error_set(w->err, "the library has no buffers BUF_X1, BUF_X2, ...");
    }
    if (net < 0) {
        return -1;
    }
    struct net_cell *c = &cells[m->cell_count];

    *c = (struct net_cell){.name = malloc(32), .lib = buf, .first_conn = m->conn_count};
    if (!c->name) {
        return no_memory(w);
    }
    (void)snprintf(c->name, 32, "tree%d", net);
    m->cell_count++;
    for (size_t i = 0; i < buf->pin_count; i++) {
        const struct lib_pin *pin = &w->nl->lib->pins[buf->first_pin + i];

        if (pin->input) {
            *pin_ff = pin->cap_ff;
            *conn = m->conn_count;
        }
        if (add_conn(w, pin, pin->input ? in : net) != 0) {
            return -1;
        }
        c->conn_count++;
    }
    return net;
}

static double load_of(const struct sink *sinks, size_t count) {
    double load = 0;
    for (size_t k = 0; k < count; k++) {
        load += sinks[k].load_ff;
    }
    return load;
}

/* Put buffers on net before sinks[0..count-1], level by level until at most limit fF hang
 * on it or a level would not make it less; *load gets what is left. The sinks array is
 * used up. */
static int build_tree(struct work *w, net_bit net, struct sink *sinks, size_t count,
                      double limit, double *load) {
    *load = load_of(sinks, count);
    while (*load > limit && count > 1) {
        size_t made = 0, i = 0;

        while (i < count) {
            double branch = 0, pin_ff = 0;
            size_t first = i, conn = 0;

            while (i < count && (i == first || branch + sinks[i].load_ff <= TREE_LOAD)) {
                branch += sinks[i++].load_ff;
            }
            net_bit out = add_buffer(w, net, branch, &pin_ff, &conn);

            if (out < 0) {
                return -1;
            }
            for (size_t k = first; k < i; k++) {
                w->m->bits[w->m->conns[sinks[k].conn].first_bit + sinks[k].bit] = out;
            }
            struct net_cell *buffer = &w->m->cells[w->m->cell_count - 1];

            memcpy(buffer->part, w->m->cells[sinks[first].cell].part, NETLIST_PART);
            sinks[made++] = (struct sink){w->m->cell_count - 1, conn, 0, pin_ff};
        }
        const double before = *load;
        count = made;
        *load = load_of(sinks, count);
        if (*load >= before) {
            return 0;
        }
    }
    return 0;
}

static int mend_net(struct work *w, net_bit bit) {
    struct net_info *net = &w->nets[bit];
    double load = net->seen + net->unseen, left;

    if (net->clock) {
        if (net->driver == DRIVER_CELL && w->m->cells[net->cell].lib->sequential) {
            resize(w, &w->m->cells[net->cell], load); /* a clock gate */
        }
        return 0;
    }
    if (net->driver == DRIVER_PORT) {
        return build_tree(w, bit, w->sinks + net->sink, net->sink_count, PORT_LOAD,
                          &left);
    }
    if (net->driver == DRIVER_INSTANCE) {
        return build_tree(w, bit, w->sinks + net->sink, net->sink_count, 2 * UNIT_LOAD,
                          &left);
    }
    if (net->driver != DRIVER_CELL) {
        return 0;
    }
    const struct lib_cell *driver = w->m->cells[net->cell].lib;

    if (build_tree(w, bit, w->sinks + net->sink, net->sink_count, 2 * UNIT_LOAD, &left) !=
        0) {
        return -1;
    }
    if (driver->sequential) { /* not sized by ABC */
        resize(w, &w->m->cells[net->cell], net->seen + left);
    }
    return 0;
}

/* Loads and clocks of the module's input ports, for the modules above. */
static void note_result(struct work *w) {
    double *loads = calloc((size_t)w->m->net_count + 1, sizeof *loads);

    for (size_t i = 0; loads && i < w->m->cell_count; i++) {
        const struct net_cell *c = &w->m->cells[i];

        for (size_t k = 0; k < c->conn_count; k++) {
            const struct net_conn *conn = &w->m->conns[c->first_conn + k];

            for (size_t b = 0; conn->input && b < conn->width; b++) {
                double load;
                int clock, seen;

                input_facts(w, c, conn, &load, &clock, &seen);
                loads[w->m->bits[conn->first_bit + b]] += load;
            }
        }
    }
    for (size_t i = 0; loads && i < w->m->port_count; i++) {
        struct net_port *p = &w->m->ports[i];

        for (size_t b = 0; p->input && b < p->width; b++) {
            net_bit bit = w->m->bits[p->first_bit + b];

            p->cap_ff = loads[bit] > p->cap_ff ? loads[bit] : p->cap_ff;
            p->clock |= bit < w->nets_known && w->nets[bit].clock;
        }
    }
    free(loads);
}

/* As deep as the hierarchy. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static int buffer_module(struct netlist *nl, struct net_module *m, struct error *err) {
    struct work w = {.nl = nl, .m = m, .nets_known = m->net_count, .err = err};
    int status;

    if (m->buffered) {
        return 0;
    }
    m->buffered = 1;
    for (size_t i = 0; i < m->cell_count; i++) {
        if (!m->cells[i].lib &&
            buffer_module(nl, &nl->modules[m->cells[i].module], err)) {
            return -1;
        }
    }
    w.nets = calloc((size_t)m->net_count + 1, sizeof *w.nets);
    if (!w.nets) {
        return no_memory(&w);
    }
    for (size_t i = 0; i < m->cell_count; i++) {
        for (size_t k = 0; k < m->cells[i].conn_count; k++) {
            note_conn(&w, i, &m->conns[m->cells[i].first_conn + k]);
        }
    }
    note_ports(&w);
    status = collect_sinks(&w);
    for (net_bit bit = 2; status == 0 && bit < w.nets_known; bit++) {
        status = mend_net(&w, bit);
    }
    note_result(&w);
    free(w.nets);
    free(w.sinks);
    return status;
}

int netlist_buffer(struct netlist *nl, struct net_module *top, struct error *err) {
    return buffer_module(nl, top, err);
}
