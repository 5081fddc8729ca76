/* SPDX-License-Identifier: Apache-2.0
 *
 * Running other programs and workers.
 */
#include "verif/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The environment without the variables by which make talks to its children. Caller
 * frees the array (not the strings). */
static char **clean_environment(void) {
    static const char *const drop[] = {
        "MAKEFLAGS=", "MFLAGS=", "MAKELEVEL=", "MAKEOVERRIDES="};
    size_t n = 0, kept = 0;
    while (environ[n]) {
        n++;
    }
    char **copy = calloc(n + 1, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++) {
        int dropped = 0;
        for (size_t k = 0; k < sizeof drop / sizeof drop[0]; k++) {
            dropped |= strncmp(environ[i], drop[k], strlen(drop[k])) == 0;
        }
        if (!dropped) {
            copy[kept++] = environ[i];
        }
    }
    return copy;
}

/* The first line of the log, from offset on, that tells of an error. */
static int report_failure(const char *program, int status, const char *log, long offset,
                          struct error *err) {
    char line[400] = "";
    int number = 1, found = 0;
    FILE *in = fopen(log, "r");
    for (long at = 0; in && !found && fgets(line, sizeof line, in); number++) {
        at += (long)strlen(line);
        line[strcspn(line, "\n")] = '\0';
        found = at > offset && (strstr(line, "%Error") || strstr(line, "%Warning") ||
                                strstr(line, "error: ") || strstr(line, "Error ") ||
                                strstr(line, "undefined "));
    }
    if (in) {
        (void)fclose(in);
    }
    if (WIFSIGNALED(status)) {
        return error_set_at(err, log, 0, 0, "%s was ended by signal %d", program,
                            WTERMSIG(status));
    }
    return error_set_at(err, log, found ? number - 1 : 0, 0, "%s failed (status %d)%s%s",
                        program, WEXITSTATUS(status), found ? ": " : "",
                        found ? line : "");
}

static int spawn(const char *const argv[], int log_fd, pid_t *pid, struct error *err) {
    posix_spawn_file_actions_t actions;
    char **env = clean_environment();
    if (!env || posix_spawn_file_actions_init(&actions) != 0) {
        free(env);
        return error_set(err, "out of memory to run %s", argv[0]);
    }
    int code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                                O_RDONLY, 0);
    code =
        code ? code : posix_spawn_file_actions_adddup2(&actions, log_fd, STDOUT_FILENO);
    code =
        code ? code : posix_spawn_file_actions_adddup2(&actions, log_fd, STDERR_FILENO);
    if (code == 0) { /* which does not change argv: its type is older than const */
        code = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)argv, env);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    free(env);
    if (code == ENOENT) {
        return error_set(err, "%s: not found in PATH, install it first", argv[0]);
    }
    return code ? error_set(err, "%s cannot be run: %s", argv[0], strerror(code)) : 0;
}

int process_run(const char *const argv[], const char *log, struct error *err) {
    pid_t pid = 0;
    int status = 0;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd < 0) {
        return error_set_at(err, log, 0, 0, "cannot be written: %s", strerror(errno));
    }
    long offset = (long)lseek(fd, 0, SEEK_END);
    int rc = spawn(argv, fd, &pid, err);
    (void)close(fd);
    if (rc) {
        return -1;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return error_set(err, "%s: %s", argv[0], strerror(errno));
        }
    }
    return status == 0 ? 0 : report_failure(argv[0], status, log, offset, err);
}

/* One job of a running pool. */
struct job {
    pid_t pid; /* 0 before it starts and after it ends */
    int ended;
    int status; /* 0, or the signal that ended it */
};

/* Memory that children write and the parent reads, from an unnamed file. */
static void *share(size_t size) {
    FILE *file = tmpfile();
    if (!file) {
        return NULL;
    }
    void *memory = MAP_FAILED;
    if (ftruncate(fileno(file), (off_t)size) == 0) {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    }
    (void)fclose(file);
    return memory == MAP_FAILED ? NULL : memory;
}

static int start_job(const struct process_pool *pool, struct job *job, unsigned index,
                     void *result, struct error *err) {
    (void)fflush(stdout);
    (void)fflush(stderr);
    pid_t pid = fork();
    if (pid < 0) {
        return error_set(err, "cannot start a process: %s", strerror(errno));
    }
    if (pid == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        pool->work(pool->context, index, result);
        (void)fflush(stdout);
        _exit(0);
    }
    job->pid = pid;
    return 0;
}

/* Wait until one job ends. */
static int wait_job(struct job *jobs, unsigned count, struct error *err) {
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid < 0 && errno == EINTR) {
        return 0;
    }
    if (pid < 0) {
        return error_set(err, "cannot wait for a process: %s", strerror(errno));
    }
    for (unsigned i = 0; i < count; i++) {
        if (jobs[i].pid == pid) {
            jobs[i] = (struct job){0, 1, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
        }
    }
    return 0;
}

static void stop_jobs(struct job *jobs, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (jobs[i].pid > 0) {
            (void)kill(jobs[i].pid, SIGTERM);
            (void)waitpid(jobs[i].pid, NULL, 0);
        }
    }
}

static int run_jobs(const struct process_pool *pool, struct job *jobs, char *results,
                    struct error *err) {
    unsigned started = 0, reported = 0;
    while (reported < pool->count) {
        unsigned running = 0;
        for (unsigned i = reported; i < started; i++) {
            running += !jobs[i].ended;
        }
        if (reported < started && jobs[reported].ended) {
            const char *result = results + reported * pool->result_size;
            if (pool->done(pool->context, reported, result, jobs[reported].status)) {
                return -1;
            }
            reported++;
        } else if (started < pool->count && running < pool->parallel) {
            char *result = results + started * pool->result_size;
            if (start_job(pool, &jobs[started], started, result, err)) {
                return -1;
            }
            started++;
        } else if (wait_job(jobs, started, err)) {
            return -1;
        }
    }
    return 0;
}

int process_pool_run(const struct process_pool *pool, struct error *err) {
    if (pool->count == 0) {
        return 0;
    }
    size_t size = pool->count * pool->result_size;
    char *results = share(size);
    struct job *jobs = calloc(pool->count, sizeof *jobs);
    int rc = -1;
    if (!results || !jobs) {
        (void)error_set(err, "out of memory for the results of %u jobs", pool->count);
    } else {
        rc = run_jobs(pool, jobs, results, err);
        stop_jobs(jobs, pool->count);
    }
    if (results) {
        (void)munmap(results, size);
    }
    free(jobs);
    return rc;
}
