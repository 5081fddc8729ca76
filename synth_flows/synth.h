/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthesis of a generated design: area, timing and power by Yosys and OpenSTA.
 *
 * The design is cut into units that are synthesized once each and kept in a cache under a
 * hash of their RTL, the library, the scripts and the program's version: the PE, rows of
 * PEs, collectors and the GLB with a Liberty view, control units as netlists. Timing sees
 * one of each, so the cost does not grow with rows x cols. All is before layout: no
 * wires, ideal clock.
 */
#ifndef QADAM_SYNTH_H
#define QADAM_SYNTH_H

#include <stddef.h>

#include "gen/error.h"

/* Parts of a PE. */
enum synth_part {
    SYNTH_IFMAP_SPAD,
    SYNTH_FILTER_SPAD,
    SYNTH_PSUM_SPAD,
    SYNTH_MAC,
    SYNTH_REST, /* operand and sum registers, selection of the psum */
    SYNTH_PARTS
};

/* What happens in a cycle, on average. */
struct synth_activity {
    double toggles;      /* of every data pin, per cycle */
    double ifmap_writes; /* words written into an ifmap spad, per cycle and PE */
    double filter_writes, psum_writes;
    double collector_writes; /* psums written into a collector, per cycle and column */
    double glb_reads, glb_writes; /* bus words, per cycle, of the whole GLB */
    double macs;                  /* MACs per cycle; 0 = one for each psum written */
    char source[448];             /* where the figures come from, in words */
};

/* Defaults: typical for the middle layers of VGG-16 at full utilization, except the
 * toggles, which are a convention. */
extern const struct synth_activity synth_activity_default;

struct synth_options {
    const char *home;       /* folder that holds pdk/ and synth_flows/ */
    const char *design_dir; /* folder written by generate_design */
    const char *work_dir;   /* made when missing; netlists, reports and logs stay there */
    const char *cache_dir;  /* made when missing; PEs by hash */
    const char *liberty;    /* cell library, or NULL for that of the kit */
    int flat; /* no blocks but the PEs, no views: to check the composition */
    const char *const *pe_waves; /* VCDs of a PE's netlist in a layer, scope u_gates */
    size_t pe_wave_count;        /* 0: activity counts for the PEs too */
    int any_version;             /* of the tools is good */
    int unscaled;                /* kit: energies as in a full library (pdk/liberty.h) */
    double clock_ns; /* period at which power is stated; 0 = 2 ns, or the minimum
                        period where that is longer */
    struct synth_activity activity;
    void (*progress)(const char *stage); /* or NULL */
};

struct synth_power {
    double internal_mw, switching_mw, leakage_mw;
};

struct synth_result {
    /* um2; pe: one PE. pe_array and glb hold all of their module, other is the rest */
    double area_um2, pe_um2, pe_array_um2, glb_um2, other_um2;
    double period_ns;                    /* minimum; fmax = 1000 / period_ns MHz */
    char path_start[256], path_end[256]; /* pins of the critical path */
    double path_depth;                   /* cells on it */
    double pe_period_ns;                 /* minimum period of the PE alone */
    double clock_ns;                     /* at which power is stated */
    struct synth_power power, pe_power;  /* whole design; one PE */
    /* by part: all PEs; the rest of their array; GLB; all else */
    struct synth_power pes_power, array_power, glb_power, other_power;
    struct synth_activity activity;
    size_t cells, sequential, buffers; /* library cells, PEs counted fully */
    size_t macros;                     /* SRAM macros */
    double energy_per_mac_pj;          /* of the whole design, at clock_ns */
    size_t pe_count, pe_cells;
    char liberty_name[64], liberty_hash[17], yosys[64], sta[64];
    double runtime_s, pe_runtime_s; /* wall clock; of the PE when it was synthesized */
    int pe_cached;
};

/* The PE of a design, and its MAC between registers. */
struct synth_pe_result {
    struct synth_unit_result {
        double area_um2, part_um2[SYNTH_PARTS];
        double period_ns; /* minimum */
        char path_start[256], path_end[256];
        size_t cells;
    } pe, mac;                   /* of mac: the MAC proper is part SYNTH_MAC */
    double part_pj[SYNTH_PARTS]; /* dynamic energy per cycle of the PE by part */
    double part_leakage_mw[SYNTH_PARTS];
    double toggles;  /* of a data net per cycle, on average; 0: energies are not there */
    unsigned cycles; /* of the waves */
};

/* Synthesize the PE and its MAC alone, and measure the PE's energy on waves if there are
 * any. work_dir gets pe.v, mac.v (netlists), cells.v (models of their cells) and
 * pe.params
 * ("name value" lines) for gate-level simulation. clock_ns and activity do not count.
 *
 *   waves  in  VCD of a simulation of pe.v in scope u_gates, one MAC per cycle; or NULL
 *
 * Returns 0, or -1 with *err set. */
int synth_pe_run(const struct synth_options *opt, const char *waves,
                 struct synth_pe_result *res, struct error *err);

/* Synthesize. Returns 0, or -1 with *err set: a missing tool, a library without the cells
 * that the flow maps to, a tool's failure with the last lines of its log. */
int synth_run(const struct synth_options *opt, struct synth_result *res,
              struct error *err);

#endif
