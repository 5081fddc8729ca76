/* SPDX-License-Identifier: Apache-2.0
 *
 * A campaign as a Slurm job array: each task runs "qadam campaign --part K/N" over the
 * shared folder of results.
 *
 * DIR/.campaign/slurm holds the script (job.sh), a copy of the space, the number of the
 * last job and the tasks' logs. Only parts with designs to do become tasks.
 */
#ifndef QADAM_SYNTH_CAMPAIGN_SLURM_H
#define QADAM_SYNTH_CAMPAIGN_SLURM_H

#include <stddef.h>

#include "gen/error.h"
#include "synth_flows/campaign.h"

enum { SLURM_OPTIONS_MAX = 64, SLURM_WORDS_MAX = 128, SLURM_DESIGNS_PER_TASK = 8 };

struct slurm_options {
    unsigned tasks;                         /* 0 = one for SLURM_DESIGNS_PER_TASK */
    const char *options[SLURM_OPTIONS_MAX]; /* for sbatch, checked */
    int option_count;
    int wait;
    char job[32];      /* out: its number, "" if there is nothing to do */
    char report[2048]; /* out: one line for people */
};

/* Words of a command. */
struct slurm_words {
    char *words[SLURM_WORDS_MAX]; /* owned */
    size_t count;
};

/* Check an option for sbatch: --NAME or --NAME=VALUE on one line, and none of those that
 * the campaign sets itself. Returns 0, or -1 with *err set. */
int campaign_slurm_check(const char *option, struct error *err);

/* Append a formatted word. Returns 0, or -1 with *err set. */
int campaign_slurm_word(struct slurm_words *words, struct error *err, const char *fmt,
                        ...) __attribute__((format(printf, 3, 4)));
void campaign_slurm_words_close(struct slurm_words *words);

/* Write word as a shell word into out; any bytes. */
void campaign_slurm_quote(struct emit *out, const char *word);

/* Submit the open designs of a prepared campaign. words are the options of "qadam
 * campaign" that the tasks are to have besides -o and --part.
 * Returns 0, or -1 with *err set: no sbatch, it fails, a job of this campaign is still
 * in the queue. */
int campaign_slurm_submit(struct campaign *c, struct slurm_options *options,
                          const struct slurm_words *words, struct error *err);

/* Wait until the job has left the queue, calling c->event with NULL every few seconds;
 * then count its results. SIGINT and the like end the program, not the job.
 * Returns 0, or -1 with *err set. */
int campaign_slurm_wait(struct campaign *c, const struct slurm_options *options,
                        struct error *err);

#endif
