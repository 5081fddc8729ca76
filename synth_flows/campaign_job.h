/* SPDX-License-Identifier: Apache-2.0
 *
 * One design of a campaign in a process of its own: internal to the campaign.
 */
#ifndef QADAM_SYNTH_CAMPAIGN_JOB_H
#define QADAM_SYNTH_CAMPAIGN_JOB_H

#include <sys/types.h>

#include "gen/lock.h"
#include "synth_flows/campaign.h"

/* A running worker. It leads a process group of its own, with the tools that it runs. */
struct campaign_job {
    pid_t pid; /* 0 = none */
    int pipe;  /* its error, if it cannot go on */
    size_t design;
    double start_s;
    char work[EMIT_PATH_MAX]; /* its folder */
};

/* Start the worker of c->designs[design]. It inherits the locks, of the PE too if it is
 * to be made; both are left to it. pe_mark is the file that says that the PE is made.
 * SIGTERM, SIGINT, SIGHUP and SIGCHLD must be blocked.
 * Returns 0, or -1 with c's error set. */
int campaign_job_start(struct campaign *c, size_t design, struct lock *own,
                       struct lock *pe, const char *pe_mark, struct campaign_job *job);

/* What became of a worker that has ended: its state as of waitpid. Removes its folder and
 * what it left running.
 * Returns CAMPAIGN_FINISHED or CAMPAIGN_FAILED, or CAMPAIGN_OPEN with c's error set. */
enum campaign_state campaign_job_end(struct campaign *c, struct campaign_job *job,
                                     int status);

/* Kill a worker and what it runs, and wait for its end. */
void campaign_job_stop(struct campaign_job *job);

/* Returns 0 if the disks of results and cache have room for a design, or -1 with *err
 * set. */
int campaign_check_space(const struct campaign *c, struct error *err);

#endif
