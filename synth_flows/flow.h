/* SPDX-License-Identifier: Apache-2.0
 *
 * One run of the synthesis flow: paths, tools and their settings. Internal to
 * synth_flows.
 */
#ifndef QADAM_SYNTH_FLOW_H
#define QADAM_SYNTH_FLOW_H

#include "gen/emit.h"
#include "gen/error.h"
#include "synth_flows/libcells.h"
#include "synth_flows/synth.h"

enum { FLOW_SETTINGS_MAX = 24 };

struct flow {
    const struct synth_options *opt;
    struct error *err;
    char scripts[EMIT_PATH_MAX]; /* absolute, as all paths here */
    char kit[EMIT_PATH_MAX], design[EMIT_PATH_MAX], work[EMIT_PATH_MAX];
    char cache[EMIT_PATH_MAX];
    char liberty[EMIT_PATH_MAX];       /* cell library in use */
    char sram[EMIT_PATH_MAX];          /* Liberty view of the design's SRAM macros */
    char *files, *pe_files, *includes; /* owned; Tcl lists, relative to design */
    struct libcells cells;             /* of liberty */
    char yosys[64], sta[64];           /* version lines */
    uint64_t liberty_hash;
};

/* NAME=VALUE pairs for a tool's environment. */
struct settings {
    char *entries[FLOW_SETTINGS_MAX + 1]; /* owned, ended by NULL */
    int count, failed;
};

/* Find the paths, read the file list and the cell library, check the tools.
 * Returns 0, or -1 with *err set; flow_close in both cases. */
int flow_open(struct flow *flow, const struct synth_options *opt, struct error *err);
void flow_close(struct flow *flow);

/* Append " {word}" to a Tcl list that the caller owns. Returns 0, or -1 with *err set. */
int flow_append(char **list, const char *word, struct error *err);

/* Add NAME=formatted text; a failure shows when the tool is run. */
void flow_set(struct settings *s, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Run a script of synth_flows/ with Yosys on module top in folder work (its log goes
 * there). files and gates are lists of sources, or NULL. Returns 0, or -1 with the error
 * set. */
struct flow_job {
    const char *script, *top, *work, *files, *gates, *what;
};
int flow_yosys(struct flow *flow, const struct flow_job *job);

/* Run a script with OpenSTA on the module top of netlist, with Liberty files libs (a Tcl
 * list besides the cell library). It must write the metrics file out. Takes over extra,
 * which may be NULL. Returns 0, or -1 with the error set. */
struct flow_sta {
    const char *script, *top, *netlist, *libs, *out, *what;
    const char *inner; /* netlist of modules in it, or NULL */
};
int flow_sta(struct flow *flow, const struct flow_sta *job, struct settings *extra);

/* Tell the caller what goes on. */
void flow_progress(const struct flow *flow, const char *stage);

#endif
