/* SPDX-License-Identifier: Apache-2.0
 *
 * Campaigns: synthesis (and simulation) of many designs, each into a result file of its
 * own (synth_flows/result.h).
 *
 * Every design is made by worker processes, in a folder DIR/.campaign/work/HASH-PID that
 * is removed at the end, and counts as finished when its result file is in place. Designs
 * are ordered by their PEs, and a PE that is not in the cache yet is made for one design
 * at a time: others with the same PE wait for it. Locks (gen/lock.h) keep any number of
 * campaigns in the same folder, on one machine or on several that share it, from doing
 * the same work. A worker ends with the campaign that started it, and takes the tools
 * that it runs with it.
 */
#ifndef QADAM_SYNTH_CAMPAIGN_H
#define QADAM_SYNTH_CAMPAIGN_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "gen/emit.h"
#include "gen/error.h"
#include "gen/sample.h"
#include "gen/space.h"

enum {
    CAMPAIGN_JOBS_MAX = 256,
    CAMPAIGN_PARTS_MAX = 1000,
    CAMPAIGN_SIMULATE_MAX = 64,
    CAMPAIGN_SPACE_MIB = 64 /* free on a disk, or no design is started */
};

/* NETWORK:LAYER of --simulate. */
struct campaign_layer {
    char network[EMIT_PATH_MAX]; /* path of a file or name, as given */
    char layer[64];
};

struct campaign_options {
    const char *home;    /* folder that holds pe_lib/, synth_flows/ ... */
    const char *dir;     /* results; made when missing */
    const char *cache;   /* of PEs and simulators; made when missing */
    const char *program; /* has the verbs synth and simulate */
    const char *liberty, *energies, *clock_ns; /* handed to synth, or NULL */
    struct campaign_layer simulate[CAMPAIGN_SIMULATE_MAX];
    size_t simulate_count;
    const json_t *plan;   /* how the designs were chosen, for the folder's plan */
    unsigned jobs;        /* designs at a time */
    unsigned part, parts; /* do only part 1..parts of the designs; 0, 0 = all */
    int retry;            /* do designs that failed before again */
    int again;            /* do designs again whose results are of other inputs */
    int any_version;      /* keep them */
    int dry;              /* only look: change no result, and not the folder's plan */
};

enum campaign_state {
    CAMPAIGN_OPEN,     /* to be done */
    CAMPAIGN_RUNNING,  /* by a worker of ours */
    CAMPAIGN_FINISHED, /* a result is there */
    CAMPAIGN_FAILED    /* and so noted */
};

/* One design of a campaign. */
struct campaign_design {
    uint64_t member; /* of the space */
    uint64_t pe_key; /* equal for equal PEs */
    char hash[17];
    int test;
    enum campaign_state state;
    int first; /* 1: made its PE */
};

/* Called when a design has ended, with its result; and about once a second with NULL. */
struct campaign;
typedef void (*campaign_event)(void *context, const struct campaign *c,
                               const struct campaign_design *d, const json_t *result);

struct campaign {
    const struct campaign_options *opt;
    const struct space *space;
    struct error *err;
    json_t *inputs;                  /* owned */
    struct campaign_design *designs; /* owned, those of this part, in order */
    size_t count;
    size_t finished, failed, running; /* of designs */
    size_t before;                    /* finished or failed before this run */
    double seconds[2]; /* of the designs done in this run: [1] those that made their PE */
    size_t done[2];    /* their numbers */
    int signal;        /* that ended the run, or 0 */
    char folder[EMIT_PATH_MAX]; /* DIR/.campaign */
    campaign_event event;
    void (*damage)(void *context, const struct error *why); /* a damaged file, or NULL */
    void *context;
};

/* Prepare: find the inputs, order the designs, read what is there already. event, damage
 * and context of *c are set by the caller before.
 * Returns 0, or -1 with *err set: results of other inputs, a folder that cannot be
 * written. End with campaign_close in both cases. */
int campaign_open(struct campaign *c, const struct campaign_options *opt,
                  const struct space *space, const struct sample_design *chosen,
                  size_t count, struct error *err);
void campaign_close(struct campaign *c);

/* Do all designs that are open. Failed designs are no error. SIGINT, SIGTERM and SIGHUP
 * end the run: the workers are stopped, c->signal is set.
 * Returns 0, or -1 with *err set: what keeps all designs from being done. */
int campaign_run(struct campaign *c);

/* Look for results, and notes of failure, that others have made meanwhile.
 * Returns 0, or -1 with *err set. */
int campaign_look(struct campaign *c);

/* Seconds that the open designs will take, by those of this run; < 0: not known yet. */
double campaign_seconds_left(const struct campaign *c);

/* First design of part (1..parts) of count designs; of parts + 1 the end. */
size_t campaign_part(size_t count, unsigned part, unsigned parts);

/* The path of a design's result, or of its note of failure. */
int campaign_path(const char *dir, const char *hash, int failed, char *buf,
                  struct error *err);

#endif
