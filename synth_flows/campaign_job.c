/* SPDX-License-Identifier: Apache-2.0
 *
 * One design of a campaign in a process of its own.
 */
#include "synth_flows/campaign_job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "synth_flows/campaign_inputs.h"
#include "synth_flows/result.h"
#include "synth_flows/synth.h"
#include "synth_flows/synth_pe.h"

extern char **environ;

enum { WORKER_NOTED = 1, WORKER_FATAL = 2, LOG_BYTES = 65536, LINE_MAX_BYTES = 1000 };

/* What the worker has. */
struct worker {
    struct campaign *c;
    const struct campaign_design *d;
    const char *work; /* folder */
    char design[EMIT_PATH_MAX], log[EMIT_PATH_MAX];
    struct hw hw;
    struct error why; /* what failed */
};

/* ---- running qadam itself ---- */

static int spawn(const char *const *argv, const char *log, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *const *words;
    sigset_t none;
    (void)sigemptyset(&none);
    memcpy(&words, &argv, sizeof words); /* posix_spawnp lacks a const, writes nothing */
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return ENOMEM;
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    failed = failed ? failed
                    : posix_spawn_file_actions_addopen(
                          &actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, 1, 2);
    failed = failed ? failed : posix_spawnattr_setsigmask(&attributes, &none);
    failed =
        failed ? failed : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    failed = failed ? failed
                    : posix_spawnp(pid, argv[0], &actions, &attributes, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    return failed;
}

/* The last line of the log that is an error of ours, without "qadam: ". */
static void last_error(const char *log, char *line, size_t size) {
    char *text;
    (void)snprintf(line, size, "no error is in its log");
    if (emit_read(log, &text, NULL, NULL)) {
        return;
    }
    for (char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        if (strncmp(at, "qadam: ", 7) == 0) {
            (void)snprintf(line, size, "%.*s", (int)length - 7, at + 7);
        }
        at += length + (at[length] == '\n');
    }
    free(text);
}

/* The signals that a worker waits for: the end of its child, and of itself. */
static sigset_t worker_signals(void) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGTERM);
    return set;
}

/* Wait for a child; a signal to end means the end of the whole group. */
static int wait_child(pid_t pid, int *status) {
    const sigset_t set = worker_signals();
    for (;;) {
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended != 0) {
            return ended == pid ? 0 : -1;
        }
        if (sigwaitinfo(&set, NULL) == SIGTERM) {
            (void)kill(0, SIGKILL);
        }
    }
}

/* Run the program with a verb. Returns 0, or -1 with w->why set. */
static int run_verb(struct worker *w, const char *const *argv) {
    pid_t pid = 0;
    int status = 0;
    int failed = spawn(argv, w->log, &pid);
    if (failed || wait_child(pid, &status)) {
        return error_set_at(&w->why, argv[0], 0, 0, "cannot be run: %s",
                            strerror(failed ? failed : errno));
    }
    if (WIFSIGNALED(status)) {
        return error_set(&w->why, "%s was ended by signal %d%s", argv[1],
                         WTERMSIG(status),
                         WTERMSIG(status) == SIGKILL ? " (out of memory?)" : "");
    }
    if (WEXITSTATUS(status) != 0) {
        char line[LINE_MAX_BYTES];
        last_error(w->log, line, sizeof line);
        return error_set(&w->why, "%s failed (exit status %d): %s", argv[1],
                         WEXITSTATUS(status), line);
    }
    return 0;
}

static json_t *read_json(struct worker *w, const char *path) {
    json_error_t at;
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES, &at);
    if (!json_is_object(value)) {
        (void)error_set_at(&w->why, path, 0, 0, "is no result: %s", at.text);
        json_decref(value);
        return NULL;
    }
    return value;
}

/* ---- the parts of a result ---- */

static json_t *synthesize(struct worker *w) {
    const struct campaign_options *opt = w->c->opt;
    const char *const options[][2] = {{"--liberty", opt->liberty},
                                      {"--energies", opt->energies},
                                      {"--clock-ns", opt->clock_ns}};
    char json[EMIT_PATH_MAX], folder[EMIT_PATH_MAX];
    const char *argv[16] = {opt->program, "synth",  w->design, "-o",
                            folder,       "--json", json};
    size_t n = 7;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i][1]) {
            argv[n++] = options[i][0];
            argv[n++] = options[i][1];
        }
    }
    if (emit_path(json, sizeof json, &w->why, "%s/synthesis.json", w->work) ||
        emit_path(folder, sizeof folder, &w->why, "%s/synth", w->work) ||
        run_verb(w, argv)) {
        return NULL;
    }
    return read_json(w, json);
}

static json_t *simulate(struct worker *w) {
    const struct campaign_options *opt = w->c->opt;
    json_t *list = json_array();
    for (size_t i = 0; i < opt->simulate_count; i++) {
        char json[EMIT_PATH_MAX];
        const char *argv[] = {opt->program,
                              "simulate",
                              w->design,
                              "--network",
                              opt->simulate[i].network,
                              "--layer",
                              opt->simulate[i].layer,
                              "-j",
                              "1",
                              "--json",
                              json,
                              NULL};
        if (emit_path(json, sizeof json, &w->why, "%s/simulation%zu.json", w->work, i) ||
            run_verb(w, argv) || json_array_append_new(list, read_json(w, json))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* What results and notes of failure have in common. */
static json_t *describe(const struct campaign *c, const struct campaign_design *d,
                        const struct hw *hw) {
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:o}", "format", RESULT_FORMAT,
                     "design_hash", d->hash, "pe_type", hw->type.name, "parameters",
                     config_json(design_keys(), &hw->design), "set",
                     d->test ? "test" : "train", "inputs",
                     campaign_inputs_of(c->inputs, hw->type.name));
}

/* ---- failures ---- */

/* Append the end of a log to out. */
static void put_log(struct emit *out, const char *name, const char *path) {
    char *text;
    size_t size;
    if (emit_read(path, &text, &size, NULL) == 0) {
        size_t from = size > LOG_BYTES ? size - LOG_BYTES : 0;
        emit(out, "== %s\n%s%s\n", name, from ? "...\n" : "", text + from);
        free(text);
    }
}

/* The program's own log, and those of the tools that it ran. */
static int save_log(const struct campaign *c, const struct campaign_design *d,
                    const char *work, struct error *err) {
    char path[EMIT_PATH_MAX], folder[EMIT_PATH_MAX];
    struct dirent **entries = NULL;
    struct emit out;
    if (emit_path(path, sizeof path, err, "%s/failed/%s.log", c->opt->dir, d->hash) ||
        emit_open(&out, path, err) ||
        emit_path(folder, sizeof folder, err, "%s/log", work)) {
        return -1;
    }
    put_log(&out, "qadam", folder);
    (void)snprintf(folder, sizeof folder, "%.*s/synth/synthesis", (int)sizeof folder - 32,
                   work);
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        if (length > 4 && strcmp(name + length - 4, ".log") == 0 &&
            emit_path(path, sizeof path, NULL, "%s/%s", folder, name) == 0) {
            put_log(&out, name, path);
        }
        free(entries[i]);
    }
    free(entries);
    return emit_close(&out, err);
}

/* Note that a design failed, unless it is the disk that is full. */
static int note_failure(const struct campaign *c, const struct campaign_design *d,
                        const char *work, const struct error *why, struct error *err) {
    char path[EMIT_PATH_MAX], folder[EMIT_PATH_MAX];
    struct hw hw;
    if (campaign_check_space(c, err) ||
        emit_path(folder, sizeof folder, err, "%s/failed", c->opt->dir) ||
        emit_folder(folder, err) || space_hw(c->space, d->member, &hw, err) ||
        campaign_path(c->opt->dir, d->hash, 1, path, err) || save_log(c, d, work, err)) {
        return -1;
    }
    json_t *note = describe(c, d, &hw);
    int rc = json_object_set_new(
                 note, "error",
                 json_pack("{s:s, s:s}", "file", why->file, "text", why->text)) ||
             result_save(note, path, err);
    json_decref(note);
    return rc ? error_set(err, "out of memory") : 0;
}

int campaign_check_space(const struct campaign *c, struct error *err) {
    const char *const folders[] = {c->opt->dir, c->opt->cache};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        struct statvfs disk;
        if (statvfs(folders[i], &disk) != 0) {
            return error_set_at(err, folders[i], 0, 0, "cannot be read: %s",
                                strerror(errno));
        }
        double mib = (double)disk.f_bavail * (double)disk.f_frsize / (1024.0 * 1024.0);
        if (mib < CAMPAIGN_SPACE_MIB) {
            return error_set_at(err, folders[i], 0, 0,
                                "the disk is full: %.0f MiB are free, a design needs %d",
                                mib, CAMPAIGN_SPACE_MIB);
        }
    }
    return 0;
}

/* ---- the worker ---- */

static int write_design(struct worker *w) {
    struct emit out;
    char *text = NULL;
    json_t *json = config_json(design_keys(), &w->hw.design);
    int rc = emit_folder(w->work, &w->why) || emit_open(&out, w->design, &w->why);
    if (rc == 0) {
        text = json_dumps(json, JSON_INDENT(2));
        emit(&out, "%s\n", text ? text : "");
        rc = emit_close(&out, &w->why);
    }
    free(text);
    json_decref(json);
    return rc;
}

static json_t *make_result(struct worker *w) {
    json_t *result = describe(w->c, w->d, &w->hw);
    json_t *part = write_design(w) ? NULL : synthesize(w);
    if (!part || json_object_set_new(result, "synthesis", part) ||
        (w->c->opt->simulate_count &&
         json_object_set_new(result, "simulations", simulate(w)))) {
        (void)error_set(&w->why, "out of memory");
        json_decref(result);
        return NULL;
    }
    return result;
}

/* Say that the PE is in the cache. */
static int mark_pe(const char *path, struct error *err) {
    struct emit out;
    return emit_open(&out, path, err) || emit_close(&out, err);
}

/* All of a worker's work. Returns its exit status; fatal is set for WORKER_FATAL. */
static int work(struct worker *w, const char *pe_mark, struct error *fatal) {
    char path[EMIT_PATH_MAX], note[EMIT_PATH_MAX];
    const char *dir = w->c->opt->dir;
    if (emit_path(w->design, sizeof w->design, fatal, "%s/design.json", w->work) ||
        emit_path(w->log, sizeof w->log, fatal, "%s/log", w->work) ||
        campaign_path(dir, w->d->hash, 0, path, fatal) ||
        campaign_path(dir, w->d->hash, 1, note, fatal) ||
        space_hw(w->c->space, w->d->member, &w->hw, fatal)) {
        return WORKER_FATAL;
    }
    json_t *result = make_result(w);
    if (!result) {
        return note_failure(w->c, w->d, w->work, &w->why, fatal) ? WORKER_FATAL
                                                                 : WORKER_NOTED;
    }
    int rc = result_save(result, path, fatal) || (pe_mark && mark_pe(pe_mark, fatal));
    json_decref(result);
    if (rc == 0 && emit_is_file(note)) { /* it failed once */
        rc = emit_remove(note, fatal);
        (void)snprintf(note + strlen(note) - 5, 6, ".log");
        rc = rc || emit_remove(note, fatal);
    }
    return rc ? WORKER_FATAL : 0;
}

/* The child: never returns. */
static void be_worker(struct campaign *c, size_t design, const struct campaign_job *job,
                      struct lock *own, struct lock *pe, const char *pe_mark, int out,
                      pid_t parent) {
    struct error fatal = {"", 0, 0, ""};
    struct worker *w = calloc(1, sizeof *w);
    int status = WORKER_FATAL;
    const sigset_t set = worker_signals();
    (void)signal(SIGTERM, SIG_DFL);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) { /* it ended meanwhile */
        _exit(WORKER_FATAL);
    }
    if (w) {
        w->c = c;
        w->d = &c->designs[design];
        w->work = job->work;
        status = work(w, pe->fd >= 0 ? pe_mark : NULL, &fatal);
    } else {
        (void)error_set(&fatal, "out of memory");
    }
    if (status == WORKER_FATAL && write(out, &fatal, sizeof fatal) < 0) {
        status = WORKER_FATAL; /* told by the exit status alone */
    }
    (void)emit_remove(job->work, NULL);
    lock_release(pe);
    lock_release(own);
    _exit(status);
}

int campaign_job_start(struct campaign *c, size_t design, struct lock *own,
                       struct lock *pe, const char *pe_mark, struct campaign_job *job) {
    int ends[2];
    pid_t parent = getpid();
    *job = (struct campaign_job){.pid = 0, .design = design, .start_s = synth_seconds()};
    if (emit_path(job->work, sizeof job->work, c->err, "%s/work/%s-%ld", c->folder,
                  c->designs[design].hash, (long)parent)) {
        return -1;
    }
    if (pipe(ends) != 0) {
        return error_set(c->err, "cannot make a pipe: %s", strerror(errno));
    }
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        be_worker(c, design, job, own, pe, pe_mark, ends[1], parent);
    }
    int cause = errno;
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return error_set(c->err, "cannot start a process: %s", strerror(cause));
    }
    (void)setpgid(pid, pid); /* whoever comes first */
    lock_leave(own);
    lock_leave(pe);
    job->pid = pid;
    job->pipe = ends[0];
    return 0;
}

enum campaign_state campaign_job_end(struct campaign *c, struct campaign_job *job,
                                     int status) {
    struct error fatal = {"", 0, 0, ""}, why = {"", 0, 0, ""};
    enum campaign_state state = CAMPAIGN_FAILED;
    (void)kill(-job->pid, SIGKILL);
    if (read(job->pipe, &fatal, sizeof fatal) != (ssize_t)sizeof fatal) {
        fatal.text[0] = '\0';
    }
    (void)close(job->pipe);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        state = CAMPAIGN_FINISHED;
    } else if (WIFSIGNALED(status)) {
        (void)error_set(&why, "its worker was ended by signal %d", WTERMSIG(status));
        if (note_failure(c, &c->designs[job->design], job->work, &why, c->err)) {
            state = CAMPAIGN_OPEN;
        }
    } else if (WEXITSTATUS(status) != WORKER_NOTED) {
        (void)error_set_at(c->err, fatal.file, fatal.line, fatal.column, "%s",
                           fatal.text[0] ? fatal.text : "a worker could not go on");
        state = CAMPAIGN_OPEN;
    }
    (void)emit_remove(job->work, NULL);
    job->pid = 0;
    return state;
}

void campaign_job_stop(struct campaign_job *job) {
    if (job->pid > 0) {
        (void)kill(-job->pid, SIGKILL);
        (void)kill(job->pid, SIGKILL);
        (void)waitpid(job->pid, NULL, 0);
        (void)close(job->pipe);
        (void)emit_remove(job->work, NULL);
        job->pid = 0;
    }
}
