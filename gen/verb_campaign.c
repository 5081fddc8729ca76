/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam campaign: synthesis, and simulation, of every design of a space.
 */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): asks for realpath */
#define _XOPEN_SOURCE 700

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/config.h"
#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/sample.h"
#include "gen/verbs.h"
#include "synth_flows/campaign.h"
#include "synth_flows/campaign_slurm.h"

enum { REASONS = 16 };

static const struct option_spec specs[] = {
    {"output", 'o', "DIR", 0, "folder of the results, one file for each design"},
    {"jobs", 'j', "N", 0, "designs at a time; by default all processors, with Slurm 1"},
    {"sample", 0, "N", 0, "draw N designs of each PE type that cover the space"},
    {"sample-pes", 0, "N", 0, "with at most N different PEs of each type"},
    {"seed", 0, "N", 0, "of the sample and the test set; 1 by default"},
    {"holdout", 0, "PERCENT", 0,
     "of each type's designs set aside for testing; 0 by default"},
    {"skip-illegal", 0, NULL, 0, "leave out designs whose values do not go together"},
    {"simulate", 0, "NET:LAYER", 1, "also run this layer on each design's RTL"},
    {"liberty", 0, "FILE", 0, "as of synth"},
    {"clock-ns", 0, "NS", 0, "as of synth"},
    {"energies", 0, "KIND", 0, "as of synth"},
    {"retry", 0, NULL, 0, "do designs that failed before once more"},
    {"again", 0, NULL, 0, "do designs again whose results are of another version"},
    {"any-version", 0, NULL, 0, "keep such results"},
    {"part", 0, "K/N", 0, "do only part K of N of the designs, K from 1"},
    {"program", 0, "FILE", 0, "what runs 'synth' and 'simulate'; default: this program"},
    {"dry-run", 0, NULL, 0, "say what there is to do, and stop"},
    {"slurm", 0, NULL, 0, "hand the work to Slurm as a job array"},
    {"slurm-tasks", 0, "N", 0, "tasks of that array; by default one for 8 designs"},
    {"slurm-option", 0, "OPT", 1, "hand --NAME or --NAME=VALUE on to sbatch"},
    {"wait", 0, NULL, 0, "with --slurm: wait for the end of the job"},
    {"json", 0, "FILE", 0, "write a summary as JSON; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

/* Options that are not for the tasks of a Slurm job. */
static const char *const not_for_tasks[] = {
    "slurm", "slurm-tasks", "slurm-option", "wait", "json", "jobs", "dry-run"};

static void print_more(FILE *out) {
    (void)fputs(
        "A space is a design file in which any value may be a list, or {\"from\": a, "
        "\"to\": b,\n"
        "\"step\": s} or {\"from\": a, \"to\": b, \"factor\": f}; its designs are the "
        "product.\n"
        "\n"
        "A sample takes, for each PE type, the points of a scrambled Sobol sequence, "
        "one\n"
        "coordinate for each key with several values. More designs or another holdout "
        "of\n"
        "the same seed keep what is done. docs/campaign.md tells more.\n"
        "\n"
        "Stop it in any way, and go on with the same command: what is finished stays. A\n"
        "design that fails is noted in DIR/failed, with its log; exit status 1 then.\n"
        "'qadam results DIR' makes the table.\n",
        out);
}

static const struct option_usage usage = {
    "campaign",
    "SPACE",
    1,
    "Synthesizes every design of a space, each into a result file of its own; resumes\n"
    "where it was stopped. PEs are made once for all designs that have them.",
    specs,
    print_more};

/* One run of the verb. */
struct run {
    const struct options *opts;
    FILE *out; /* for people */
    struct campaign_options options;
    struct sample_options sample;
    struct slurm_options slurm;
    char home[EMIT_PATH_MAX], cache[PATH_MAX], program[PATH_MAX];
    struct space space;
    uint64_t illegal;
    struct sample_design *chosen; /* owned */
    size_t chosen_count;
    json_t *plan; /* owned */
    struct campaign c;
    int progress, shown; /* on a terminal; a line is there */
    struct error *err;
};

/* ---- options ---- */

static int read_layers(struct run *r) {
    int count = options_count(r->opts, "simulate");
    if (count > CAMPAIGN_SIMULATE_MAX) {
        return error_set(r->err, "campaign: --simulate is given %d times, at most %d",
                         count, CAMPAIGN_SIMULATE_MAX);
    }
    for (int i = 0; i < count; i++) {
        struct campaign_layer *l = &r->options.simulate[i];
        const char *text = options_value_at(r->opts, "simulate", i);
        const char *colon = strrchr(text, ':');
        if (!colon || colon == text || strlen(colon + 1) >= sizeof l->layer ||
            !config_is_name(colon + 1) || (size_t)(colon - text) >= sizeof l->network) {
            return error_set(
                r->err, "campaign: --simulate is '%.100s', must be NETWORK:LAYER", text);
        }
        memcpy(l->network, text, (size_t)(colon - text));
        memcpy(l->layer, colon + 1, strlen(colon + 1) + 1);
        r->options.simulate_count++;
    }
    return 0;
}

static int read_part(struct run *r) {
    const char *text = options_value(r->opts, "part");
    char *end = NULL;
    unsigned long part, parts = 0;
    if (!text) {
        return 0;
    }
    part = strtoul(text, &end, 10);
    if (end != text && *end == '/' && strchr("0123456789", text[0])) {
        const char *second = end + 1;
        parts = strtoul(second, &end, 10);
        parts = *second == '\0' || *end != '\0' || *second == '-' ? 0 : parts;
    }
    if (parts < 1 || parts > CAMPAIGN_PARTS_MAX || part < 1 || part > parts) {
        return error_set(r->err,
                         "campaign: --part is '%.40s', must be K/N with K from 1 to N "
                         "and N at most %d",
                         text, CAMPAIGN_PARTS_MAX);
    }
    r->options.part = (unsigned)part;
    r->options.parts = (unsigned)parts;
    return 0;
}

static int read_slurm(struct run *r) {
    static const char *const need[] = {"slurm-tasks", "slurm-option", "wait"};
    uint64_t tasks = 0;
    r->slurm.wait = options_value(r->opts, "wait") != NULL;
    r->slurm.option_count = options_count(r->opts, "slurm-option");
    for (size_t i = 0; i < sizeof need / sizeof need[0]; i++) {
        if (options_value(r->opts, need[i]) && !options_value(r->opts, "slurm")) {
            return error_set(r->err, "campaign: --%s goes with --slurm", need[i]);
        }
    }
    if (options_value(r->opts, "slurm") && r->options.parts > 0) {
        return error_set(r->err, "campaign: --slurm makes its own parts, no --part");
    }
    if (options_u64(r->opts, "slurm-tasks", 1, CAMPAIGN_PARTS_MAX, &tasks, r->err)) {
        return -1;
    }
    for (int i = 0; i < r->slurm.option_count; i++) {
        if (campaign_slurm_check(options_value_at(r->opts, "slurm-option", i), r->err)) {
            return -1;
        }
    }
    r->slurm.tasks = (unsigned)tasks;
    return 0;
}

/* Wrong usage. */
static int read_options(struct run *r) {
    const struct options *opts = r->opts;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = processors > 1 ? (uint64_t)processors : 1, percent = 0;
    double clock;
    const char *energies = options_value(opts, "energies");
    const char *json = options_value(opts, "json");
    if (options_value(opts, "slurm")) {
        jobs = 1;
    }
    r->options.dir = options_value(opts, "output");
    r->options.liberty = options_value(opts, "liberty");
    r->options.clock_ns = options_value(opts, "clock-ns");
    r->options.energies = energies;
    r->options.retry = options_value(opts, "retry") != NULL;
    r->options.again = options_value(opts, "again") != NULL;
    r->options.any_version = options_value(opts, "any-version") != NULL;
    r->options.dry = options_value(opts, "dry-run") != NULL;
    r->out = json && strcmp(json, "-") == 0 ? stderr : stdout;
    r->sample.seed = 1;
    jobs = jobs < CAMPAIGN_JOBS_MAX ? jobs : CAMPAIGN_JOBS_MAX;
    if (!r->options.dir || r->options.dir[0] == '\0') {
        return error_set(r->err, "campaign: --output is missing: -o DIR, the folder of "
                                 "the results");
    }
    if (energies && strcmp(energies, "physical") != 0 &&
        strcmp(energies, "unscaled") != 0) {
        return error_set(r->err,
                         "campaign: --energies is '%.40s', must be physical or unscaled",
                         energies);
    }
    if (r->options.again && r->options.any_version) {
        return error_set(r->err,
                         "campaign: --again and --any-version exclude each other");
    }
    if (options_u64(opts, "jobs", 1, CAMPAIGN_JOBS_MAX, &jobs, r->err) ||
        options_u64(opts, "sample", 1, SAMPLE_DESIGNS_MAX, &r->sample.per_type, r->err) ||
        options_u64(opts, "sample-pes", 1, SAMPLE_PES_MAX, &r->sample.pes, r->err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &r->sample.seed, r->err) ||
        options_u64(opts, "holdout", 0, 99, &percent, r->err) ||
        options_real(opts, "clock-ns", 0.01, 1000, &clock, r->err)) {
        return -1;
    }
    if (r->sample.pes && !r->sample.per_type) {
        return error_set(r->err, "campaign: --sample-pes goes with --sample");
    }
    r->sample.holdout_percent = (unsigned)percent;
    r->options.jobs = (unsigned)jobs;
    return read_layers(r) || read_part(r) || read_slurm(r) ? -1 : 0;
}

/* ---- the designs ---- */

/* Why members are illegal, and how many for each reason. */
struct reasons {
    struct error why[REASONS];
    uint64_t members[REASONS];
    size_t count;
    uint64_t rest; /* of reasons that have no entry */
};

static void add_reason(void *context, const struct design *example, uint64_t members,
                       const struct error *why) {
    struct reasons *list = context;
    size_t i = 0;
    (void)example;
    while (i < list->count && strcmp(list->why[i].text, why->text) != 0) {
        i++;
    }
    if (i == REASONS) {
        list->rest += members;
        return;
    }
    if (i == list->count) {
        list->why[list->count++] = *why;
        list->members[i] = 0;
    }
    list->members[i] += members;
}

static void print_reasons(const struct reasons *list) {
    for (size_t i = 0; i < list->count; i++) {
        (void)fprintf(stderr, "%s:%d:%d: illegal: %llu designs: %s\n", list->why[i].file,
                      list->why[i].line, list->why[i].column,
                      (unsigned long long)list->members[i], list->why[i].text);
    }
    if (list->rest) {
        (void)fprintf(stderr, "illegal for other reasons: %llu designs\n",
                      (unsigned long long)list->rest);
    }
}

/* Illegal members are listed, and an error unless they may be skipped. */
static int check_legal(struct run *r) {
    struct reasons *list = calloc(1, sizeof *list);
    if (!list) {
        return error_set(r->err, "out of memory");
    }
    int rc = space_illegal(&r->space, add_reason, list, &r->illegal, r->err);
    if (rc == 0 && r->illegal > 0) {
        print_reasons(list);
        if (!options_value(r->opts, "skip-illegal")) {
            rc = error_set_at(r->err, r->space.file.path, 0, 0,
                              "%llu of %llu designs are illegal; --skip-illegal leaves "
                              "them out",
                              (unsigned long long)r->illegal,
                              (unsigned long long)r->space.count);
        }
    }
    free(list);
    return rc;
}

/* Designs of each type, of the chosen ones. */
static void print_chosen(const struct run *r) {
    const struct space_axis *types = space_axis_of(&r->space, "pe_type");
    size_t tests = 0;
    (void)fprintf(r->out, "%s: %llu designs", r->space.file.path,
                  (unsigned long long)r->space.count);
    if (r->illegal) {
        (void)fprintf(r->out, ", %llu illegal left out", (unsigned long long)r->illegal);
    }
    (void)fprintf(r->out, "\nchosen: %zu:", r->chosen_count);
    for (size_t i = 0; i < types->count; i++) {
        size_t count = 0;
        for (size_t k = 0; k < r->chosen_count; k++) {
            size_t index[SPACE_AXES];
            space_split(&r->space, r->chosen[k].member, index);
            if (index[types - r->space.axes] == i) {
                count++;
                tests += (size_t)r->chosen[k].test;
            }
        }
        (void)fprintf(r->out, "%s %zu %s", i ? "," : "", count, r->space.types[i].name);
    }
    (void)fprintf(r->out, "; %zu for testing\n", tests);
}

static int choose(struct run *r) {
    if (check_legal(r) ||
        sample_designs(&r->space, &r->sample, &r->chosen, &r->chosen_count, r->err)) {
        return -1;
    }
    r->plan = json_pack("{s:I, s:I, s:I, s:I}", "sample", (json_int_t)r->sample.per_type,
                        "sample_pes", (json_int_t)r->sample.pes, "seed",
                        (json_int_t)r->sample.seed, "holdout_percent",
                        (json_int_t)r->sample.holdout_percent);
    r->options.plan = r->plan;
    print_chosen(r);
    return r->plan ? 0 : error_set(r->err, "out of memory");
}

/* ---- progress ---- */

/* "1 h 20 min", "3 min", "50 s" */
static void print_time(FILE *out, double seconds) {
    if (seconds >= 5400) {
        (void)fprintf(out, "%.0f h %.0f min", (double)(long)(seconds / 3600),
                      (double)(long)(seconds / 60) -
                          60.0 * (double)(long)(seconds / 3600));
    } else if (seconds >= 90) {
        (void)fprintf(out, "%.0f min", seconds / 60);
    } else {
        (void)fprintf(out, "%.0f s", seconds);
    }
}

static void hide_progress(struct run *r) {
    if (r->shown) {
        (void)fputs("\r\033[K", stderr);
        r->shown = 0;
    }
}

static void show_progress(struct run *r) {
    const struct campaign *c = &r->c;
    double left = campaign_seconds_left(c);
    if (!r->progress) {
        return;
    }
    hide_progress(r);
    (void)fprintf(stderr, "%zu of %zu designs finished, %zu failed, %zu running",
                  c->finished, c->count, c->failed, c->running);
    if (c->running == 0 && c->finished + c->failed < c->count) {
        (void)fputs("; others are at work on the rest", stderr);
    } else if (left >= 0) {
        (void)fputs("; about ", stderr);
        print_time(stderr, left);
        (void)fputs(" left", stderr);
    }
    (void)fflush(stderr);
    r->shown = 1;
}

static double number(const json_t *result, const char *a, const char *b) {
    const json_t *value = json_object_get(json_object_get(result, "synthesis"), a);
    return json_number_value(b ? json_object_get(value, b) : value);
}

static void print_design(FILE *out, const struct hw *hw) {
    const struct design *d = &hw->design;
    (void)fprintf(out, "%s %s %ux%u, spads %u/%u/%u, GLB %u KiB, bus %u, DRAM %u",
                  hw->hash, d->pe_type, d->rows, d->cols, d->ifmap_spad_words,
                  d->filter_spad_words, d->psum_spad_words, d->glb_kib, d->bus_bits,
                  d->dram_bytes_per_cycle);
}

static void on_event(void *context, const struct campaign *c,
                     const struct campaign_design *d, const json_t *result) {
    struct run *r = context;
    struct hw hw;
    if (d && space_hw(c->space, d->member, &hw, NULL) == 0) {
        hide_progress(r);
        print_design(r->out, &hw);
        if (d->state == CAMPAIGN_FINISHED) {
            (void)fprintf(
                r->out, ": %.3f mm2, %.0f MHz, %.1f mW; %.0f s%s\n",
                1e-6 * number(result, "area_um2", "total"),
                number(result, "fmax_mhz", NULL), number(result, "power_mw", "total"),
                number(result, "runtime_s", NULL), d->first ? "" : ", PE from the cache");
        } else {
            const char *text = json_string_value(
                json_object_get(json_object_get(result, "error"), "text"));
            (void)fprintf(r->out, ": FAILED: %s\n", text ? text : "its log tells why");
        }
        (void)fflush(r->out);
    }
    show_progress(r);
}

static void on_damage(void *context, const struct error *why) {
    const struct run *r = context;
    (void)r;
    (void)fprintf(stderr, "qadam: %s: %s; it is made again\n", why->file, why->text);
}

/* ---- running ---- */

static int find_folders(struct run *r) {
    char cache[EMIT_PATH_MAX];
    const char *program = options_value(r->opts, "program");
    if (home_cache(cache, sizeof cache, r->err)) {
        return -1;
    }
    if (!realpath(cache, r->cache) ||
        !realpath(program ? program : "/proc/self/exe", r->program)) {
        return error_set_at(r->err, program ? program : cache, 0, 0,
                            "cannot be read: no such file or folder");
    }
    r->options.home = r->home;
    r->options.cache = r->cache;
    r->options.program = r->program;
    return 0;
}

static int write_summary(const struct run *r, const char *json) {
    const struct campaign *c = &r->c;
    json_t *failures = json_array();
    for (size_t i = 0; i < c->count; i++) {
        if (c->designs[i].state == CAMPAIGN_FAILED) {
            (void)json_array_append_new(failures, json_string(c->designs[i].hash));
        }
    }
    json_t *value = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:o}", "space", r->space.file.path,
        "members", (json_int_t)r->space.count, "illegal", (json_int_t)r->illegal,
        "designs", (json_int_t)c->count, "finished", (json_int_t)c->finished, "failed",
        (json_int_t)c->failed, "finished_or_failed_before", (json_int_t)c->before,
        "chosen", r->plan, "failures", failures);
    int rc = json_out_write(value, json, r->err);
    json_decref(value);
    return rc;
}

/* What there is to do, in numbers. */
static void print_todo(const struct run *r) {
    const struct campaign *c = &r->c;
    size_t pes = 0;
    for (size_t i = 0; i < c->count; i++) {
        pes += i == 0 || c->designs[i].pe_key != c->designs[i - 1].pe_key;
    }
    (void)fprintf(r->out, "to do: %zu designs with %zu PEs", c->count, pes);
    if (c->before) {
        (void)fprintf(r->out, ", of which %zu are finished and %zu failed before",
                      c->finished, c->failed);
    }
    (void)fputc('\n', r->out);
    (void)fflush(r->out);
}

/* The words of a task: this verb with all options that are for it. */
static int submit(struct run *r) {
    struct slurm_words words = {.count = 0};
    int rc = campaign_slurm_word(&words, r->err, "--jobs=%u", r->options.jobs);
    for (const struct option_spec *s = specs; s->name && rc == 0; s++) {
        int skip = 0;
        for (size_t i = 0; i < sizeof not_for_tasks / sizeof not_for_tasks[0]; i++) {
            skip |= strcmp(s->name, not_for_tasks[i]) == 0;
        }
        for (int i = 0; rc == 0 && !skip && i < options_count(r->opts, s->name); i++) {
            const char *value = options_value_at(r->opts, s->name, i);
            rc = campaign_slurm_word(&words, r->err, "--%s%s%s", s->name,
                                     s->arg ? "=" : "", value);
        }
    }
    for (int i = 0; rc == 0 && i < r->slurm.option_count; i++) {
        r->slurm.options[i] = options_value_at(r->opts, "slurm-option", i);
    }
    rc = rc || campaign_slurm_submit(&r->c, &r->slurm, &words, r->err);
    if (rc == 0) {
        (void)fprintf(r->out, "%s\n", r->slurm.report);
    }
    campaign_slurm_words_close(&words);
    if (rc == 0 && r->slurm.wait && r->slurm.job[0] != '\0') {
        rc = campaign_slurm_wait(&r->c, &r->slurm, r->err);
    }
    return rc;
}

/* Returns 0, 1 when designs failed, or -1 with the error set. */
static int run(struct run *r, const char *json) {
    int slurm = options_value(r->opts, "slurm") != NULL;
    r->c.event = on_event;
    r->c.damage = on_damage;
    r->c.context = r;
    if (home_find(r->home, sizeof r->home, r->err) ||
        space_load(r->home, options_operand(r->opts, 0), &r->space, r->err) ||
        choose(r) || find_folders(r) ||
        campaign_open(&r->c, &r->options, &r->space, r->chosen, r->chosen_count,
                      r->err)) {
        return -1;
    }
    print_todo(r);
    if (r->options.dry) {
        return 0;
    }
    r->progress = isatty(STDERR_FILENO);
    int rc = slurm ? submit(r) : campaign_run(&r->c);
    hide_progress(r);
    if (rc) {
        return -1;
    }
    if (slurm && !r->slurm.wait) {
        return 0;
    }
    (void)fprintf(r->out, "%zu designs: %zu finished, %zu failed%s\n", r->c.count,
                  r->c.finished, r->c.failed,
                  r->c.failed ? "; --retry does these again" : "");
    if (json && r->c.signal == 0 && write_summary(r, json)) {
        return -1;
    }
    return r->c.finished < r->c.count;
}

int verb_campaign(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    struct run *r = calloc(1, sizeof *r);
    if (!r) {
        (void)error_set(&err, "out of memory");
        error_print(&err);
        return 1;
    }
    r->opts = &opts;
    r->err = &err;
    status = read_options(r) ? OPTIONS_ERROR
             : json_out_probe(options_value(&opts, "json"), &err)
                 ? 1
                 : run(r, options_value(&opts, "json"));
    int signal_number = r->c.signal;
    if (err.text[0] != '\0') {
        error_print(&err);
        status = status == OPTIONS_ERROR ? status : 1;
    }
    campaign_close(&r->c);
    free(r->chosen);
    json_decref(r->plan);
    space_close(&r->space);
    free(r);
    if (signal_number) { /* end as the signal asked for */
        (void)fflush(NULL);
        (void)signal(signal_number, SIG_DFL);
        (void)raise(signal_number);
    }
    return status;
}
