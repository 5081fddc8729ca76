/* SPDX-License-Identifier: Apache-2.0
 *
 * Mapped netlists: reading and measuring.
 */
#include "synth_flows/netlist.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

static int no_memory(struct error *err) {
    return error_set(err, "out of memory");
}

/* "qadam_row" of "$paramod$1a2b\qadam_row" or "$paramod\qadam_row\Cols=s32'1110";
 * *length. */
static const char *base_name(const char *source, size_t *length) {
    const char *start = source;

    assert(source);
    if (source[0] == '$') {
        const char *slash = strchr(source, '\\');

        start = slash ? slash + 1 : source + 1;
    }
    *length = strcspn(start, "\\");
    return start;
}

static int is_base(const char *source, const char *base) {
    size_t n;
    const char *start = base_name(source, &n);

    return strlen(base) == n && strncmp(start, base, n) == 0;
}

struct net_module *netlist_find(const struct netlist *nl, const char *base) {
    for (size_t i = 0; i < nl->module_count; i++) {
        if (is_base(nl->modules[i].source, base)) {
            return &nl->modules[i];
        }
    }
    return NULL;
}

/* A name for Verilog: the base name, numbered from the second use on. */
static char *module_name(const struct netlist *nl, size_t index) {
    size_t n, uses = 1;
    const char *base = base_name(nl->modules[index].source, &n);
    char *name = malloc(n + 24);

    for (size_t i = 0; i < index; i++) {
        size_t m;
        const char *other = base_name(nl->modules[i].source, &m);

        uses += m == n && strncmp(base, other, n) == 0;
    }
    if (name) {
        memcpy(name, base, n);
        name[n] = '\0';
        if (uses > 1) {
            (void)snprintf(name + n, 24, "_%zu", uses);
        }
    }
    return name;
}

/* Append the bits of a JSON array to the module; the highest net widens net_count. */
static int read_bits(struct net_module *m, const json_t *array, size_t *first,
                     size_t *width, struct error *err) {
    *first = m->bit_count;
    *width = json_array_size(array);
    if (m->bit_count + *width > m->bit_room) {
        size_t room = (m->bit_count + *width) * 2 + 1024;
        net_bit *bits = realloc(m->bits, room * sizeof *bits);

        if (!bits) {
            return no_memory(err);
        }
        m->bits = bits;
        m->bit_room = room;
    }
    for (size_t i = 0; i < *width; i++) {
        const json_t *bit = json_array_get(array, i);
        net_bit value;

        if (json_is_integer(bit)) {
            value = (net_bit)json_integer_value(bit);
        } else {
            value = strcmp(json_string_value(bit), "1") == 0; /* x and z as 0 */
        }
        if (value >= m->net_count) {
            m->net_count = value + 1;
        }
        m->bits[m->bit_count++] = value;
    }
    return 0;
}

static int read_ports(struct net_module *m, json_t *ports, struct error *err) {
    const char *name;
    json_t *port;

    m->ports = calloc(json_object_size(ports) + 1, sizeof *m->ports);
    if (!m->ports) {
        return no_memory(err);
    }
    json_object_foreach(ports, name, port) {
        struct net_port *p = &m->ports[m->port_count++];
        const char *direction = json_string_value(json_object_get(port, "direction"));

        p->name = name;
        p->input = direction && strcmp(direction, "input") == 0;
        if (read_bits(m, json_object_get(port, "bits"), &p->first_bit, &p->width, err) !=
            0) {
            return -1;
        }
    }
    return 0;
}

static int read_conns(struct netlist *nl, struct net_module *m, struct net_cell *c,
                      json_t *cell, struct error *err) {
    json_t *conns = json_object_get(cell, "connections"), *bits;
    json_t *directions = json_object_get(cell, "port_directions");
    size_t count = json_object_size(conns);
    const char *port;

    if (m->conn_count + count > m->conn_room) {
        size_t room = (m->conn_count + count) * 2 + 1024;
        struct net_conn *more = realloc(m->conns, room * sizeof *more);

        if (!more) {
            return no_memory(err);
        }
        m->conns = more;
        m->conn_room = room;
    }
    c->first_conn = m->conn_count;
    c->conn_count = count;
    json_object_foreach(conns, port, bits) {
        struct net_conn *conn = &m->conns[m->conn_count++];
        const char *direction = json_string_value(json_object_get(directions, port));

        *conn = (struct net_conn){.port = port};
        conn->input = direction && strcmp(direction, "input") == 0;
        if (c->lib) {
            conn->pin = libcells_pin(nl->lib, c->lib, port);
            if (!conn->pin) {
                return error_set(err, "cell %s of the library has no pin %s",
                                 c->lib->name, port);
            }
            conn->input = conn->pin->input;
        }
        if (read_bits(m, bits, &conn->first_bit, &conn->width, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int find_type(const struct netlist *nl, struct net_cell *c, const char *type,
                     struct error *err) {
    for (size_t i = 0; i < nl->module_count; i++) {
        if (strcmp(nl->modules[i].source, type) == 0) {
            c->module = i;
            return 0;
        }
    }
    c->lib = libcells_find(nl->lib, type);
    return c->lib ? 0
                  : error_set(err, "cell type %s is neither mapped nor a module", type);
}

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

/* The instance that a flattened cell was in: "u_a" of "u_a.b" and "$flatten\\u_a.$b". */
static void note_part(struct net_cell *c, const char *name) {
    static const char hidden[] = "$flatten\\";
    size_t n;

    if (strncmp(name, hidden, sizeof hidden - 1) == 0) {
        name += sizeof hidden - 1;
    }
    n = strcspn(name, ".");
    if (name[0] != '$' && name[n] == '.' && n < sizeof c->part) {
        memcpy(c->part, name, n);
        c->part[n] = '\0';
    }
}

static int read_cells(struct netlist *nl, struct net_module *m, json_t *cells,
                      struct error *err) {
    const char *name;
    json_t *cell;

    m->cell_room = json_object_size(cells) + 1;
    m->cells = calloc(m->cell_room, sizeof *m->cells);
    if (!m->cells) {
        return no_memory(err);
    }
    json_object_foreach(cells, name, cell) {
        struct net_cell *c = &m->cells[m->cell_count++];
        int hidden = (int)json_integer_value(json_object_get(cell, "hide_name"));
        char plain[32];

        (void)snprintf(plain, sizeof plain, "g%zu", m->cell_count);
        c->name = copy_text(hidden ? plain : name);
        note_part(c, name);
        if (!c->name) {
            return no_memory(err);
        }
        if (find_type(nl, c, json_string_value(json_object_get(cell, "type")), err) !=
                0 ||
            read_conns(nl, m, c, cell, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Name every net after the first public wire that holds it. */
static int read_names(struct net_module *m, json_t *nets, struct error *err) {
    const char *name;
    json_t *net;

    m->names = calloc((size_t)m->net_count + 1, sizeof *m->names);
    if (!m->names) {
        return no_memory(err);
    }
    json_object_foreach(nets, name, net) {
        const json_t *bits = json_object_get(net, "bits");
        size_t width = json_array_size(bits);

        if (json_integer_value(json_object_get(net, "hide_name")) != 0) {
            continue;
        }
        for (size_t i = 0; i < width; i++) {
            const json_t *bit = json_array_get(bits, i);
            json_int_t id = json_is_integer(bit) ? json_integer_value(bit) : 0;

            if (id < 2 || id >= m->net_count || m->names[id]) {
                continue;
            }
            m->names[id] = malloc(strlen(name) + 24);
            if (!m->names[id]) {
                return no_memory(err);
            }
            (void)sprintf(m->names[id], width > 1 ? "%s[%zu]" : "%s", name, i);
        }
    }
    return 0;
}

/* Flops and latches are named after what they hold: that is what reports show. */
static int name_registers(struct net_module *m, struct error *err) {
    for (size_t i = 0; i < m->cell_count; i++) {
        struct net_cell *c = &m->cells[i];
        const char *held = NULL;

        for (size_t k = 0; c->lib && c->lib->sequential && k < c->conn_count; k++) {
            const struct net_conn *conn = &m->conns[c->first_conn + k];

            if (!conn->input && !held && conn->width == 1 &&
                m->bits[conn->first_bit] > 1) {
                held = m->names[m->bits[conn->first_bit]];
            }
        }
        if (held) {
            char *name = malloc(strlen(held) + 8);

            if (!name) {
                return no_memory(err);
            }
            (void)sprintf(name, "%s_reg", held);
            free(c->name);
            c->name = name;
        }
    }
    return 0;
}

static int read_module(struct netlist *nl, size_t index, json_t *module,
                       struct error *err) {
    struct net_module *m = &nl->modules[index];

    m->net_count = 2;
    m->name = module_name(nl, index);
    if (!m->name) {
        return no_memory(err);
    }
    if (read_ports(m, json_object_get(module, "ports"), err) != 0 ||
        read_cells(nl, m, json_object_get(module, "cells"), err) != 0 ||
        read_names(m, json_object_get(module, "netnames"), err) != 0) {
        return -1;
    }
    return name_registers(m, err);
}

/* Library cells and black boxes come as modules too; they are not ours. */
static int is_design(const json_t *module) {
    json_t *attributes = json_object_get(module, "attributes");

    return !json_object_get(attributes, "blackbox") &&
           !json_object_get(attributes, "whitebox");
}

int netlist_add(struct netlist *nl, const char *path, struct error *err) {
    json_error_t why;
    json_t *root = json_load_file(path, 0, &why), *modules, *module;
    const char *name;
    size_t index = nl->module_count;

    if (!nl->roots) {
        nl->roots = json_array();
    }
    if (!root || json_array_append_new(nl->roots, root) != 0) {
        return error_set_at(err, path, why.line, why.column, "%s", why.text);
    }
    modules = json_object_get(root, "modules");
    struct net_module *more = realloc(
        nl->modules, (index + json_object_size(modules) + 1) * sizeof *nl->modules);

    if (!more) {
        return no_memory(err);
    }
    nl->modules = more;
    json_object_foreach(modules, name, module) {
        if (is_design(module)) {
            nl->modules[nl->module_count++] = (struct net_module){.source = name};
        }
    }
    json_object_foreach(modules, name, module) {
        if (is_design(module) && read_module(nl, index++, module, err) != 0) {
            return -1;
        }
    }
    return 0;
}

int netlist_read(struct netlist *nl, const char *path, const struct libcells *lib,
                 struct error *err) {
    *nl = (struct netlist){.lib = lib};
    return netlist_add(nl, path, err);
}

void netlist_close(struct netlist *nl) {
    for (size_t i = 0; i < nl->module_count; i++) {
        struct net_module *m = &nl->modules[i];

        for (size_t k = 0; k < m->cell_count; k++) {
            free(m->cells[k].name);
        }
        for (int k = 0; m->names && k < m->net_count; k++) {
            free(m->names[k]);
        }
        free(m->name);
        free(m->ports);
        free(m->cells);
        free(m->conns);
        free(m->bits);
        free(m->names);
    }
    free(nl->modules);
    json_decref(nl->roots);
    *nl = (struct netlist){0};
}

static void add_sum(struct netlist_sum *to, const struct netlist_sum *from) {
    to->area_um2 += from->area_um2;
    to->macro_um2 += from->macro_um2;
    to->cells += from->cells;
    to->macros += from->macros;
    to->sequential += from->sequential;
    to->buffers += from->buffers;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the hierarchy */
struct netlist_sum netlist_sum(const struct netlist *nl,
                               const struct net_module *module) {
    struct netlist_sum sum = {0};

    for (size_t i = 0; i < module->cell_count; i++) {
        const struct net_cell *c = &module->cells[i];

        if (!c->lib) {
            struct netlist_sum below = netlist_sum(nl, &nl->modules[c->module]);

            add_sum(&sum, &below);
            continue;
        }
        sum.area_um2 += c->lib->area_um2;
        if (c->lib->macro) {
            sum.macro_um2 += c->lib->area_um2;
            sum.macros++;
        } else {
            sum.cells++;
            sum.sequential += (size_t)c->lib->sequential;
            sum.buffers += strncmp(c->lib->name, "BUF_", 4) == 0;
        }
    }
    return sum;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the hierarchy */
size_t netlist_count(const struct netlist *nl, const struct net_module *module,
                     const char *name) {
    size_t count = 0;

    for (size_t i = 0; i < module->cell_count; i++) {
        const struct net_cell *c = &module->cells[i];

        count += c->lib ? strcmp(c->lib->name, name) == 0
                        : netlist_count(nl, &nl->modules[c->module], name);
    }
    return count;
}

double netlist_part_um2(const struct net_module *module, const char *part) {
    double area = 0;

    for (size_t i = 0; i < module->cell_count; i++) {
        const struct net_cell *c = &module->cells[i];

        if (c->lib && strcmp(c->part, part) == 0) {
            area += c->lib->area_um2;
        }
    }
    return area;
}

int netlist_write_parts(const struct net_module *module, const char *path,
                        struct error *err) {
    struct emit out;

    if (emit_open(&out, path, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < module->cell_count; i++) {
        if (module->cells[i].part[0]) {
            emit(&out, "%s %s\n", module->cells[i].name, module->cells[i].part);
        }
    }
    return emit_close(&out, err);
}
