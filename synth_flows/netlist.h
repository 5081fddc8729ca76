/* SPDX-License-Identifier: Apache-2.0
 *
 * A mapped netlist: read from Yosys' JSON, buffered, measured, written as Verilog.
 *
 * ABC sees only the combinational cells: a net from a flop to many latches, to macro pins
 * or across hierarchy reaches it as one output of a nominal load. netlist_buffer mends
 * these nets.
 */
#ifndef QADAM_SYNTH_NETLIST_H
#define QADAM_SYNTH_NETLIST_H

#include <stddef.h>

#include <jansson.h>

#include "gen/error.h"
#include "synth_flows/libcells.h"

enum { NETLIST_PART = 24 };

/* A bit of a connection: 0 and 1 are constants, from 2 on nets of the module. */
typedef int net_bit;

struct net_conn {
    const char *port;          /* borrowed from the JSON tree or the library */
    const struct lib_pin *pin; /* NULL on instances of modules */
    int input;
    size_t first_bit, width; /* into the module's bits, lowest first */
};

struct net_cell {
    char *name;                 /* owned */
    char part[NETLIST_PART];    /* instance it was in before flattening; "" = the top */
    const struct lib_cell *lib; /* NULL for an instance of a module */
    size_t module;              /* then which */
    size_t first_conn, conn_count;
};

struct net_port {
    const char *name;
    size_t first_bit, width;
    double cap_ff; /* worst bit of an input, after buffering */
    int input;
    int clock; /* reaches clock pins */
};

struct net_module {
    const char *source; /* name in the JSON */
    char *name;         /* owned; plain identifier for Verilog */
    struct net_port *ports;
    struct net_cell *cells;
    struct net_conn *conns;
    net_bit *bits;
    char **names; /* [net_count], owned; NULL = no name of its own */
    size_t port_count, cell_count, cell_room, conn_count, conn_room, bit_count, bit_room;
    int net_count;
    int buffered;
};

struct netlist {
    json_t *roots; /* owned: a list of what was read */
    const struct libcells *lib;
    struct net_module *modules;
    size_t module_count;
};

/* Read a netlist whose cells are all in *lib (borrowed until netlist_close) or modules.
 * Returns 0, or -1 with *err set; call netlist_close in both cases. */
int netlist_read(struct netlist *nl, const char *path, const struct libcells *lib,
                 struct error *err);
void netlist_close(struct netlist *nl);

/* Read the modules of another file into a netlist, after those that they hold.
 * Returns 0, or -1 with *err set. */
int netlist_add(struct netlist *nl, const char *path, struct error *err);

/* The module with that source name or a parameterised copy of it, or NULL. */
struct net_module *netlist_find(const struct netlist *nl, const char *base);

/* Size flops and clock gates to their loads and put buffer trees before the pins that ABC
 * does not see. Clocks are left alone (ideal). Ports of *top end with small input loads.
 * Returns 0, or -1 with *err set. */
int netlist_buffer(struct netlist *nl, struct net_module *top, struct error *err);

/* Area and cells below a module, macros and instances included. */
struct netlist_sum {
    double area_um2, macro_um2;
    size_t cells, macros, sequential, buffers;
};
struct netlist_sum netlist_sum(const struct netlist *nl, const struct net_module *module);

/* How many library cells (or macros) of that name are below a module. */
size_t netlist_count(const struct netlist *nl, const struct net_module *module,
                     const char *name);

/* Area of the cells of *module (flat) that are of that part. */
double netlist_part_um2(const struct net_module *module, const char *part);

/* Write a line "INSTANCE PART" for every cell of *module that is of a part.
 * Returns 0, or -1 with *err set. */
int netlist_write_parts(const struct net_module *module, const char *path,
                        struct error *err);

/* Write *top and all below it as structural Verilog that OpenSTA and Verilator read.
 * Returns 0, or -1 with *err set. */
int netlist_write(const struct netlist *nl, const struct net_module *top,
                  const char *path, struct error *err);

#endif
