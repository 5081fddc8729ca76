/* SPDX-License-Identifier: Apache-2.0
 *
 * Campaigns: order, locks, workers.
 */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): asks for realpath */
#define _XOPEN_SOURCE 700

#include "synth_flows/campaign.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "gen/json_out.h"
#include "gen/lock.h"
#include "synth_flows/campaign_inputs.h"
#include "synth_flows/campaign_job.h"
#include "synth_flows/result.h"
#include "synth_flows/synth_pe.h"

#define PLAN_FORMAT "qadam-campaign-1"

enum { NAMES_SIZE = 256, HASH_DIGITS = 16 };

int campaign_path(const char *dir, const char *hash, int failed, char *buf,
                  struct error *err) {
    return emit_path(buf, EMIT_PATH_MAX, err, "%s/%s%s.json", dir,
                     failed ? "failed/" : "", hash);
}

size_t campaign_part(size_t count, unsigned part, unsigned parts) {
    return (size_t)((uint64_t)count * (part - 1) / parts);
}

/* ---- what is to be done ---- */

static int by_pe(const void *a, const void *b) {
    const struct campaign_design *x = a, *y = b;
    if (x->pe_key != y->pe_key) {
        return x->pe_key < y->pe_key ? -1 : 1;
    }
    return (x->member > y->member) - (x->member < y->member);
}

/* The chosen designs in the order of their PEs, and of these the ones of this part. */
static int order_designs(struct campaign *c, const struct sample_design *chosen,
                         size_t count) {
    const struct campaign_options *opt = c->opt;
    c->designs = calloc(count, sizeof *c->designs);
    if (!c->designs) {
        return error_set(c->err, "out of memory for %zu designs", count);
    }
    for (size_t i = 0; i < count; i++) {
        struct campaign_design *d = &c->designs[i];
        struct hw hw;
        if (space_hw(c->space, chosen[i].member, &hw, c->err)) {
            return -1;
        }
        d->member = chosen[i].member;
        d->test = chosen[i].test;
        d->pe_key = sample_pe_key(&hw);
        memcpy(d->hash, hw.hash, sizeof d->hash);
    }
    qsort(c->designs, count, sizeof *c->designs, by_pe);
    c->count = count;
    if (opt->parts > 0) {
        size_t from = campaign_part(count, opt->part, opt->parts);
        c->count = campaign_part(count, opt->part + 1, opt->parts) - from;
        memmove(c->designs, c->designs + from, c->count * sizeof *c->designs);
    }
    return 0;
}

/* Whether a result, or a note of failure, is of other inputs than ours. */
static int is_other(const struct campaign *c, const json_t *result, char *names) {
    const char *type = json_string_value(json_object_get(result, "pe_type"));
    json_t *own = campaign_inputs_of(c->inputs, type ? type : "");
    size_t different =
        result_differences(own, json_object_get(result, "inputs"), names, NAMES_SIZE);
    json_decref(own);
    return different > 0;
}

/* Put the set of this campaign into a result of an earlier one. */
static int set_label(const struct campaign *c, const struct campaign_design *d,
                     json_t *result, const char *path) {
    const char *set = d->test ? "test" : "train";
    const char *old = json_string_value(json_object_get(result, "set"));
    if (c->opt->dry || (old && strcmp(old, set) == 0)) {
        return 0;
    }
    return json_object_set_new(result, "set", json_string(set)) ||
           result_save(result, path, c->err);
}

/* Results of other inputs, for one message. */
struct others {
    size_t count;
    char names[NAMES_SIZE];
};

/* Look for the design's result. others is NULL when those were counted before. */
static int find_result(struct campaign *c, struct campaign_design *d,
                       struct others *others) {
    char path[EMIT_PATH_MAX], names[NAMES_SIZE] = "format";
    json_t *result;
    struct error why = {"", 0, 0, ""};
    if (campaign_path(c->opt->dir, d->hash, 0, path, c->err)) {
        return -1;
    }
    enum result_state state = result_load(path, d->hash, &result, &why);
    int other =
        state == RESULT_FOREIGN || (state == RESULT_GOOD && is_other(c, result, names));
    int rc = 0;
    if (state == RESULT_DAMAGED && c->damage && others) {
        c->damage(c->context, &why);
    }
    if (other && others && !c->opt->again && !c->opt->any_version) {
        others->count++;
        memcpy(others->names, names, sizeof names);
    }
    if (state == RESULT_GOOD && (!other || c->opt->any_version)) {
        d->state = CAMPAIGN_FINISHED;
        rc = set_label(c, d, result, path);
    }
    json_decref(result);
    return rc;
}

/* Look for a note that the open design failed with the same inputs. */
static int find_failure(struct campaign *c, struct campaign_design *d) {
    char path[EMIT_PATH_MAX], names[NAMES_SIZE];
    json_t *note;
    if (d->state != CAMPAIGN_OPEN) {
        return 0;
    }
    if (campaign_path(c->opt->dir, d->hash, 1, path, c->err)) {
        return -1;
    }
    if (result_load(path, d->hash, &note, NULL) == RESULT_GOOD &&
        (!is_other(c, note, names) || c->opt->any_version)) {
        d->state = CAMPAIGN_FAILED;
    }
    json_decref(note);
    return 0;
}

static int find_results(struct campaign *c) {
    struct others others = {0, ""};
    for (size_t i = 0; i < c->count; i++) {
        struct campaign_design *d = &c->designs[i];
        if (find_result(c, d, &others) || (!c->opt->retry && find_failure(c, d))) {
            return -1;
        }
        c->finished += d->state == CAMPAIGN_FINISHED;
        c->failed += d->state == CAMPAIGN_FAILED;
    }
    c->before = c->finished + c->failed;
    if (others.count > 0) {
        return error_set_at(c->err, c->opt->dir, 0, 0,
                            "%zu results are of another version (%s): --again makes "
                            "them again, --any-version keeps them",
                            others.count, others.names);
    }
    return 0;
}

/* ---- the folder ---- */

/* 1 if a file is a worker's: its folder HASH-PID, or HASH.json.tmpPID that it wrote. */
static int is_left(const char *name) {
    size_t digits = strspn(name, "0123456789abcdef");
    return digits == HASH_DIGITS &&
           (name[digits] == '-' || strstr(name + digits, ".tmp"));
}

/* Remove from a folder what workers of campaigns that were killed have left: what nobody
 * holds the lock of. */
static int clean_folder(struct campaign *c, const char *folder) {
    char path[EMIT_PATH_MAX];
    struct dirent **entries = NULL;
    struct lock lock;
    int rc = 0, count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (rc == 0 && is_left(name) &&
            emit_path(path, sizeof path, c->err, "%s/locks/%.16s.lock", c->folder,
                      name) == 0 &&
            lock_take(&lock, path, c->err) == 1) {
            rc = emit_path(path, sizeof path, c->err, "%s/%s", folder, name) ||
                 emit_remove(path, c->err);
            lock_release(&lock);
        }
        free(entries[i]);
    }
    free(entries);
    return rc || c->err->text[0] ? -1 : 0;
}

static int make_folders(struct campaign *c) {
    static const char *const below[] = {"work", "locks"};
    char path[EMIT_PATH_MAX], dir[PATH_MAX]; /* absolute: a name may begin with - */
    if (emit_folder(c->opt->dir, c->err)) {
        return -1;
    }
    if (!realpath(c->opt->dir, dir)) {
        return error_set_at(c->err, c->opt->dir, 0, 0, "cannot be read: %s",
                            strerror(errno));
    }
    if (emit_path(c->folder, sizeof c->folder, c->err, "%s/.campaign", dir) ||
        emit_path(path, sizeof path, c->err, "%s/campaign", c->opt->cache) ||
        emit_folder(path, c->err)) {
        return -1;
    }
    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
        if (emit_path(path, sizeof path, c->err, "%s/%s", c->folder, below[i]) ||
            emit_folder(path, c->err)) {
            return -1;
        }
    }
    return emit_path(path, sizeof path, c->err, "%s/work", c->folder) ||
           clean_folder(c, path) || clean_folder(c, c->opt->dir);
}

/* DIR/.campaign/plan.json: what is asked for, for those who read the results. */
static int write_plan(struct campaign *c, size_t count) {
    char path[EMIT_PATH_MAX];
    json_t *plan = json_pack("{s:s, s:O, s:O*, s:I, s:O}", "format", PLAN_FORMAT, "space",
                             c->space->file.root, "chosen", c->opt->plan, "designs",
                             (json_int_t)count, "inputs", c->inputs);
    int rc = emit_path(path, sizeof path, c->err, "%s/plan.json", c->folder) ||
             json_out_write(plan, path, c->err);
    json_decref(plan);
    return rc;
}

int campaign_open(struct campaign *c, const struct campaign_options *opt,
                  const struct space *space, const struct sample_design *chosen,
                  size_t count, struct error *err) {
    c->opt = opt;
    c->space = space;
    c->err = err;
    c->inputs = NULL;
    c->designs = NULL;
    if (make_folders(c) || campaign_check_space(c, err)) {
        return -1;
    }
    c->inputs = campaign_inputs(opt, space, c->folder, err);
    return !c->inputs || order_designs(c, chosen, count) || find_results(c) ||
                   (!opt->dry && write_plan(c, count))
               ? -1
               : 0;
}

void campaign_close(struct campaign *c) {
    json_decref(c->inputs);
    free(c->designs);
    c->inputs = NULL;
    c->designs = NULL;
}

int campaign_look(struct campaign *c) {
    c->finished = 0;
    c->failed = 0;
    for (size_t i = 0; i < c->count; i++) {
        struct campaign_design *d = &c->designs[i];
        if (d->state != CAMPAIGN_FINISHED) {
            d->state = CAMPAIGN_OPEN;
            if (find_result(c, d, NULL) || find_failure(c, d)) {
                return -1;
            }
        }
        c->finished += d->state == CAMPAIGN_FINISHED;
        c->failed += d->state == CAMPAIGN_FAILED;
    }
    return 0;
}

/* ---- doing it ---- */

/* A run: workers, and what is known of PEs. */
struct run {
    struct campaign *c;
    struct campaign_job jobs[CAMPAIGN_JOBS_MAX];
    sigset_t old; /* signals blocked before */
};

/* The mark of a PE that is in the cache, and its lock: PE and inputs in the name. */
static int pe_paths(const struct campaign *c, const struct campaign_design *d,
                    const struct hw *hw, char *mark, char *lock) {
    json_t *inputs = campaign_inputs_of(c->inputs, hw->type.name);
    char *text = inputs ? json_dumps(inputs, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    int rc;
    if (text) {
        unsigned long long key = emit_fnv(d->pe_key, text, strlen(text));
        rc = emit_path(mark, EMIT_PATH_MAX, c->err, "%s/campaign/pe-%016llx.made",
                       c->opt->cache, key) ||
             emit_path(lock, EMIT_PATH_MAX, c->err, "%s/campaign/pe-%016llx.lock",
                       c->opt->cache, key);
    } else {
        rc = error_set(c->err, "out of memory");
    }
    free(text);
    json_decref(inputs);
    return rc;
}

/* Take the PE's lock if it is not made yet. Returns 1 to go on, 0 when others make it, or
 * -1. */
static int take_pe(struct campaign *c, const struct campaign_design *d, struct lock *lock,
                   char *mark) {
    char path[EMIT_PATH_MAX];
    struct hw hw;
    lock->fd = -1;
    if (space_hw(c->space, d->member, &hw, c->err) || pe_paths(c, d, &hw, mark, path)) {
        return -1;
    }
    if (emit_is_file(mark)) {
        return 1;
    }
    int taken = lock_take(lock, path, c->err);
    if (taken == 1 && emit_is_file(mark)) { /* meanwhile */
        lock_release(lock);
    }
    return taken;
}

static void count_end(struct campaign *c, struct campaign_design *d,
                      enum campaign_state state) {
    char path[EMIT_PATH_MAX];
    json_t *result = NULL;
    d->state = state;
    c->finished += state == CAMPAIGN_FINISHED;
    c->failed += state == CAMPAIGN_FAILED;
    if (campaign_path(c->opt->dir, d->hash, state == CAMPAIGN_FAILED, path, NULL) == 0) {
        (void)result_load(path, d->hash, &result, NULL);
    }
    if (c->event) {
        c->event(c->context, c, d, result);
    }
    json_decref(result);
}

/* Start design i if nobody else works on it or its PE. Returns 1 if its worker was
 * started, 0 if not, or -1. */
static int try_start(struct run *r, size_t i, struct campaign_job *job) {
    struct campaign *c = r->c;
    struct campaign_design *d = &c->designs[i];
    struct lock own, pe;
    char path[EMIT_PATH_MAX], mark[EMIT_PATH_MAX];
    if (emit_path(path, sizeof path, c->err, "%s/locks/%s.lock", c->folder, d->hash)) {
        return -1;
    }
    int taken = lock_take(&own, path, c->err);
    if (taken != 1) {
        return taken;
    }
    if (find_result(c, d, NULL) || (!c->opt->retry && find_failure(c, d))) {
        lock_release(&own);
        return -1;
    }
    if (d->state != CAMPAIGN_OPEN) { /* by others, meanwhile */
        lock_release(&own);
        count_end(c, d, d->state);
        return 0;
    }
    taken = take_pe(c, d, &pe, mark);
    d->first = pe.fd >= 0;
    if (taken == 1 && (campaign_check_space(c, c->err) ||
                       campaign_job_start(c, i, &own, &pe, mark, job))) {
        taken = -1;
    }
    if (taken == 1) {
        d->state = CAMPAIGN_RUNNING;
        c->running++;
    } else {
        lock_release(&pe);
        lock_release(&own);
    }
    return taken;
}

/* Start as many designs as may run. */
static int start_jobs(struct run *r) {
    struct campaign *c = r->c;
    uint64_t busy = 0; /* key of the PE that the last design had to wait for */
    int is_busy = 0;
    size_t slot = 0;
    for (size_t i = 0; i < c->count && c->running < c->opt->jobs; i++) {
        const struct campaign_design *d = &c->designs[i];
        if (d->state != CAMPAIGN_OPEN || (is_busy && d->pe_key == busy)) {
            continue;
        }
        while (r->jobs[slot].pid != 0) {
            slot++;
        }
        int started = try_start(r, i, &r->jobs[slot]);
        if (started < 0) {
            return -1;
        }
        is_busy = started == 0 && d->state == CAMPAIGN_OPEN;
        busy = d->pe_key;
    }
    return 0;
}

static int end_jobs(struct run *r) {
    struct campaign *c = r->c;
    for (size_t i = 0; i < c->opt->jobs; i++) {
        struct campaign_job *job = &r->jobs[i];
        int status;
        if (job->pid == 0 || waitpid(job->pid, &status, WNOHANG) != job->pid) {
            continue;
        }
        struct campaign_design *d = &c->designs[job->design];
        double seconds = synth_seconds() - job->start_s;
        enum campaign_state state = campaign_job_end(c, job, status);
        c->running--;
        d->state = state;
        if (state == CAMPAIGN_OPEN) {
            return -1;
        }
        if (state == CAMPAIGN_FINISHED) {
            c->seconds[d->first] += seconds;
            c->done[d->first]++;
        }
        count_end(c, d, state);
    }
    return 0;
}

/* Block the signals that are waited for. Those that the caller of the program ignores
 * stay so (nohup). */
static void block_signals(struct run *r, sigset_t *set) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGCHLD);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct sigaction now;
        if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
            (void)sigaddset(set, ends[i]);
        }
    }
    (void)sigprocmask(SIG_BLOCK, set, &r->old);
}

/* Wait for the end of a worker, a signal to end, or a second. */
static void wait_signal(struct campaign *c, const sigset_t *set) {
    const struct timespec second = {1, 0};
    int got = sigtimedwait(set, NULL, &second);
    if (got == SIGINT || got == SIGTERM || got == SIGHUP) {
        c->signal = got;
    }
}

int campaign_run(struct campaign *c) {
    struct run *r = calloc(1, sizeof *r);
    sigset_t set;
    int rc = 0;
    if (!r) {
        return error_set(c->err, "out of memory");
    }
    r->c = c;
    block_signals(r, &set);
    while (rc == 0 && c->signal == 0) {
        rc = start_jobs(r);
        if (rc != 0 || c->finished + c->failed == c->count) {
            break;
        }
        if (c->event) {
            c->event(c->context, c, NULL, NULL);
        }
        wait_signal(c, &set);
        rc = end_jobs(r);
    }
    for (size_t i = 0; i < c->opt->jobs; i++) {
        campaign_job_stop(&r->jobs[i]);
    }
    (void)sigprocmask(SIG_SETMASK, &r->old, NULL);
    free(r);
    return rc;
}

double campaign_seconds_left(const struct campaign *c) {
    double mean[2], left = 0;
    size_t todo[2] = {0, 0};
    if (c->done[0] + c->done[1] == 0) {
        return -1;
    }
    for (int first = 0; first < 2; first++) {
        int from = c->done[first] ? first : !first;
        mean[first] = c->seconds[from] / (double)c->done[from];
    }
    for (size_t i = 0; i < c->count; i++) { /* the first of a PE, if none is made yet */
        const struct campaign_design *d = &c->designs[i];
        int first = i == 0 || c->designs[i - 1].pe_key != d->pe_key;
        todo[first] += d->state == CAMPAIGN_OPEN || d->state == CAMPAIGN_RUNNING;
    }
    for (int first = 0; first < 2; first++) {
        left += mean[first] * (double)todo[first];
    }
    return left / c->opt->jobs;
}
