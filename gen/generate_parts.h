/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of a generated design that are text of their own, not copies.
 */
#ifndef QADAM_GENERATE_PARTS_H
#define QADAM_GENERATE_PARTS_H

#include <stddef.h>

#include "gen/design.h"
#include "gen/error.h"

enum { GENERATE_PARAMS = 19, GENERATE_MACROS = 3, GENERATE_PORTS_MAX = 64 };

/* A parameter of the RTL module qadam_accel. */
struct generate_param {
    const char *name;
    unsigned value;
};

/* A port of qadam_accel and of the generated top. */
struct generate_port {
    const char *name;
    const char *group; /* comment above the first port of a group, else NULL */
    int output;
    unsigned width;
};

/* One size of SRAM macro. */
struct generate_macro {
    unsigned words, width, lanes; /* lanes of the write mask */
    unsigned count;               /* instances */
};

/* The parameters of a design, in the order of the RTL. */
void generate_params(const struct hw *hw, struct generate_param params[GENERATE_PARAMS]);

/* The ports of a design, in the order of the RTL. Returns their number. */
size_t generate_ports(const struct hw *hw, struct generate_port *ports);

/* The SRAM macros: of the GLB, of its last bank if that is smaller, of the two command
 * blocks; each size once. Returns the number of sizes. */
size_t generate_macros(const struct hw *hw,
                       struct generate_macro macros[GENERATE_MACROS]);

/* The default clock period of a design: 1 ns for control and memories and 1 ns for each
 * 32 operand bits that the multiplier takes in per stage. A place to start from. */
double generate_period_ns(const struct hw *hw);

/* Write the top module, the timing constraints and the README to path.
 * Each returns 0, or -1 with *err set. */
int generate_top(const struct hw *hw, const char *path, struct error *err);
int generate_sdc(const struct hw *hw, const char *path, struct error *err);
int generate_readme(const struct hw *hw, const char *path, struct error *err);

/* The names of files of the generated folder, relative to it. */
struct generate_files {
    const char *const *names; /* sources in order, then include files */
    size_t count;
};

/* Sources that are replaced: the behavioural SRAM by macros, and for layout the clock
 * gate by a cell. */
#define GENERATE_SRAM         "rtl/qadam_sram.sv"
#define GENERATE_SRAM_LIBERTY "sram/qadam_sram.lib"
#define GENERATE_SRAM_LEF     "sram/qadam_sram.lef"
#define GENERATE_SRAM_MACROS  "sram/qadam_sram_macros.sv"
#define GENERATE_GATE         "rtl/qadam_clkgate.sv"
#define GENERATE_GATE_CELL    "orfs/qadam_clkgate.v"

/* Write what OpenROAD-flow-scripts needs for platform nangate45: its config.mk,
 * constraints with the clock period where it looks for it, and the clock gate as a cell.
 * Each returns 0, or -1 with *err set. */
int generate_orfs_config(const struct hw *hw, const struct generate_files *files,
                         const char *path, struct error *err);
int generate_orfs_sdc(const struct hw *hw, const char *path, struct error *err);
int generate_orfs_gate(const struct hw *hw, const char *path, struct error *err);

/* Write the FuseSoC core file (CAPI2). Returns 0, or -1 with *err set. */
int generate_core(const struct hw *hw, const struct generate_files *files,
                  const char *path, struct error *err);

#endif
