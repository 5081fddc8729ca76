/* SPDX-License-Identifier: Apache-2.0
 *
 * Mapped netlists as structural Verilog.
 */
#include <ctype.h>
#include <stdlib.h>

#include "gen/emit.h"
#include "synth_flows/netlist.h"

static int is_plain(const char *name) {
    if (!isalpha((unsigned char)name[0]) && name[0] != '_') {
        return 0;
    }
    for (const char *p = name; *p; p++) {
        if (!isalnum((unsigned char)*p) && *p != '_') {
            return 0;
        }
    }
    return 1;
}

static void put_name(struct emit *out, const char *name) {
    if (is_plain(name)) {
        emit(out, "%s", name);
    } else {
        emit(out, "\\%s ", name);
    }
}

/* The port bit that names a net. */
struct port_bit {
    const struct net_port *port; /* NULL = an internal net */
    size_t index;
};

/* How a net is spelled in one module: its port bit, or its own name. */
struct spelling {
    const struct net_module *m;
    struct port_bit *ports; /* [net_count] */
};

static void put_bit(struct emit *out, const struct spelling *s, net_bit bit) {
    if (bit < 2) {
        emit(out, "1'b%d", bit);
    } else if (s->ports[bit].port) {
        put_name(out, s->ports[bit].port->name);
        if (s->ports[bit].port->width > 1) {
            emit(out, "[%zu]", s->ports[bit].index);
        }
    } else if (s->m->names[bit]) {
        emit(out, "\\%s ", s->m->names[bit]);
    } else {
        emit(out, "n%d", bit);
    }
}

static void put_instance(struct emit *out, const struct netlist *nl,
                         const struct spelling *s, const struct net_cell *c) {
    emit(out, "  %s ", c->lib ? c->lib->name : nl->modules[c->module].name);
    put_name(out, c->name);
    emit(out, " (");
    for (size_t k = 0; k < c->conn_count; k++) {
        const struct net_conn *conn = &s->m->conns[c->first_conn + k];

        emit(out, "%s\n    .", k ? "," : "");
        put_name(out, conn->port);
        emit(out, conn->width > 1 ? "({" : "(");
        for (size_t b = conn->width; b-- > 0;) {
            put_bit(out, s, s->m->bits[conn->first_bit + b]);
            emit(out, "%s", b ? ", " : "");
        }
        emit(out, conn->width > 1 ? "})" : ")");
    }
    emit(out, ");\n");
}

/* Declare ports; nets that several port bits share get an assignment. */
static void put_ports(struct emit *out, struct spelling *s) {
    const struct net_module *m = s->m;

    emit(out, "module %s (", m->name);
    for (size_t i = 0; i < m->port_count; i++) {
        emit(out, "%s", i ? ", " : "");
        put_name(out, m->ports[i].name);
    }
    emit(out, ");\n");
    for (size_t i = 0; i < m->port_count; i++) {
        emit(out, "  %s ", m->ports[i].input ? "input" : "output");
        if (m->ports[i].width > 1) {
            emit(out, "[%zu:0] ", m->ports[i].width - 1);
        }
        put_name(out, m->ports[i].name);
        emit(out, ";\n");
    }
    for (int input = 1; input >= 0; input--) { /* inputs first: they name shared nets */
        for (size_t i = 0; i < m->port_count; i++) {
            const struct net_port *p = &m->ports[i];

            for (size_t b = 0; p->input == input && b < p->width; b++) {
                net_bit bit = m->bits[p->first_bit + b];

                if (bit > 1 && !s->ports[bit].port) {
                    s->ports[bit].port = p;
                    s->ports[bit].index = b;
                }
            }
        }
    }
}

static void put_wires(struct emit *out, const struct spelling *s) {
    const struct net_module *m = s->m;
    char *used = calloc((size_t)m->net_count + 1, 1);

    for (size_t i = 0; used && i < m->conn_count; i++) {
        for (size_t b = 0; b < m->conns[i].width; b++) {
            used[m->bits[m->conns[i].first_bit + b]] = 1;
        }
    }
    for (net_bit bit = 2; used && bit < m->net_count; bit++) {
        if (used[bit] && !s->ports[bit].port) {
            emit(out, "  wire ");
            put_bit(out, s, bit);
            emit(out, ";\n");
        }
    }
    free(used);
    for (size_t i = 0; i < m->port_count; i++) {
        const struct net_port *p = &m->ports[i];

        for (size_t b = 0; !p->input && b < p->width; b++) {
            net_bit bit = m->bits[p->first_bit + b];

            if (bit < 2 || s->ports[bit].port != p || s->ports[bit].index != b) {
                emit(out, "  assign ");
                put_name(out, p->name);
                if (p->width > 1) {
                    emit(out, "[%zu]", b);
                }
                emit(out, " = ");
                put_bit(out, s, bit);
                emit(out, ";\n");
            }
        }
    }
}

static int put_module(struct emit *out, const struct netlist *nl,
                      const struct net_module *m) {
    size_t nets = (size_t)m->net_count + 1;
    struct spelling s = {.m = m, .ports = calloc(nets, sizeof(struct port_bit))};
    int status = s.ports ? 0 : -1;

    if (status == 0) {
        put_ports(out, &s);
        put_wires(out, &s);
        for (size_t i = 0; i < m->cell_count; i++) {
            put_instance(out, nl, &s, &m->cells[i]);
        }
        emit(out, "endmodule\n\n");
    }
    free(s.ports);
    return status;
}

/* Modules below m, each once, leaves first. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the hierarchy */
static int put_tree(struct emit *out, const struct netlist *nl,
                    const struct net_module *m, char *done) {
    size_t self = (size_t)(m - nl->modules);

    if (done[self]) {
        return 0;
    }
    done[self] = 1;
    for (size_t i = 0; i < m->cell_count; i++) {
        if (!m->cells[i].lib &&
            put_tree(out, nl, &nl->modules[m->cells[i].module], done) != 0) {
            return -1;
        }
    }
    return put_module(out, nl, m);
}

int netlist_write(const struct netlist *nl, const struct net_module *top,
                  const char *path, struct error *err) {
    struct emit out;
    char *done = calloc(nl->module_count + 1, 1);
    int status;

    if (!done) {
        return error_set(err, "out of memory");
    }
    if (emit_open(&out, path, err) != 0) {
        free(done);
        return -1;
    }
    emit(&out, "// Generated by qadam synth: mapped netlist.\n\n");
    status = put_tree(&out, nl, top, done);
    free(done);
    if (status != 0) {
        emit_abandon(&out);
        return error_set(err, "out of memory");
    }
    return emit_close(&out, err);
}
