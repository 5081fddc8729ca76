/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths, tools and settings of a synthesis run.
 */
/* NOLINTNEXTLINE(bugprone-reserved-identifier): asks for realpath */
#define _XOPEN_SOURCE 700

#include "synth_flows/flow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pdk/kit.h"
#include "pdk/liberty.h"
#include "synth_flows/tool.h"

#define KIT "pdk/freepdk45"

/* Cells that the flow asks for by name, or cannot do without. */
static const char *const needed_cells[] = {"INV_X1", "NAND2_X1", "BUF_X1", "BUF_X4",
                                           "DFF_X1", "DFFR_X1",  "DLH_X1", "CLKGATE_X1"};

void flow_progress(const struct flow *flow, const char *stage) {
    if (flow->opt->progress) {
        flow->opt->progress(stage);
    }
}

/* The absolute form of folder/name. */
static int absolute(struct flow *flow, char *buf, const char *folder, const char *name) {
    char path[EMIT_PATH_MAX], *real;

    if (emit_path(path, sizeof path, flow->err, "%s/%s", folder, name) != 0) {
        return -1;
    }
    real = realpath(path, NULL);
    if (!real) {
        return error_set(flow->err, "%s: %s", path, strerror(errno));
    }
    int status = emit_path(buf, EMIT_PATH_MAX, flow->err, "%s", real);

    free(real);
    return status;
}

int flow_append(char **list, const char *word, struct error *err) {
    size_t old = *list ? strlen(*list) : 0, room = old + strlen(word) + 4;
    char *more = realloc(*list, room);

    if (!more) {
        return error_set(err, "out of memory");
    }
    *list = more;
    (void)snprintf(more + old, room - old, "%s{%s}", old ? " " : "", word);
    return 0;
}

static int ends_in(const char *text, const char *tail) {
    size_t n = strlen(text), m = strlen(tail);

    return n >= m && strcmp(text + n - m, tail) == 0;
}

/* One line of synthesis.f. The PE's own list leaves out what depends on the rest of the
 * design: the generated top and the SRAM macros. */
static int add_line(struct flow *flow, const char *line) {
    if (strncmp(line, "+incdir+", 8) == 0) {
        return flow_append(&flow->includes, line + 8, flow->err);
    }
    if (line[0] == '\0' || line[0] == '+' || line[0] == '-' ||
        strncmp(line, "//", 2) == 0) {
        return 0;
    }
    if (flow_append(&flow->files, line, flow->err) != 0) {
        return -1;
    }
    if (strncmp(line, "sram/", 5) == 0 || ends_in(line, "/qadam_top.sv")) {
        return 0;
    }
    return flow_append(&flow->pe_files, line, flow->err);
}

static int read_file_list(struct flow *flow) {
    char path[EMIT_PATH_MAX], *text;
    int status = 0;

    if (emit_path(path, sizeof path, flow->err, "%s/synthesis.f", flow->design) != 0 ||
        emit_read(path, &text, NULL, flow->err) != 0) {
        return -1;
    }
    for (char *p = text; status == 0 && *p;) {
        char *next = p + strcspn(p, "\n");

        if (*next) {
            *next++ = '\0';
        }
        status = add_line(flow, p);
        p = next;
    }
    free(text);
    if (status == 0 && (!flow->files || !flow->includes)) {
        status =
            error_set_at(flow->err, path, 0, 0, "names no sources or no include folder");
    }
    return status;
}

/* The kit's library, made from its tables. */
static int write_kit_library(struct flow *flow) {
    struct kit kit;
    int status;

    if (emit_path(flow->liberty, sizeof flow->liberty, flow->err, "%s/cells.lib",
                  flow->work) != 0 ||
        kit_load(&kit, flow->kit, flow->err) != 0) {
        return -1;
    }
    status = liberty_write(&kit, flow->liberty,
                           flow->opt->unscaled ? LIBERTY_UNSCALED : LIBERTY_PHYSICAL,
                           flow->err);
    kit_close(&kit);
    return status;
}

static int read_library(struct flow *flow) {
    char *text;
    size_t size;

    const char *given = flow->opt->liberty;

    if (!given ? write_kit_library(flow) != 0
               : absolute(flow, flow->liberty, given[0] == '/' ? "" : ".", given) != 0) {
        return -1;
    }
    if (libcells_read(&flow->cells, flow->liberty, flow->err) != 0 ||
        emit_read(flow->liberty, &text, &size, flow->err) != 0) {
        return -1;
    }
    flow->liberty_hash = emit_fnv(EMIT_FNV_START, text, size);
    free(text);
    for (size_t i = 0; i < sizeof needed_cells / sizeof needed_cells[0]; i++) {
        if (!libcells_find(&flow->cells, needed_cells[i])) {
            return error_set_at(flow->err, flow->liberty, 0, 0,
                                "the library has no cell %s, which the flow maps to",
                                needed_cells[i]);
        }
    }
    return 0;
}

/* Version line of a tool, which must begin with wanted, into buf. */
static int check_version(struct flow *flow, const char *const *argv, const char *wanted,
                         char *buf, size_t size) {
    char log[EMIT_PATH_MAX], *text, *none[] = {NULL};

    if (emit_path(log, sizeof log, flow->err, "%s/%s.version", flow->work, argv[0]) !=
            0 ||
        tool_run(argv, none, log, argv[0], flow->err) != 0 ||
        emit_read(log, &text, NULL, flow->err) != 0) {
        return -1;
    }
    text[strcspn(text, "\n")] = '\0';
    (void)snprintf(buf, size, "%s", text);
    free(text);
    if (strncmp(buf, wanted, strlen(wanted)) != 0 && !flow->opt->any_version) {
        return error_set(flow->err,
                         "%s is of version '%s', but figures are known to be right with "
                         "%s only; --any-version tries it all the same",
                         argv[0], buf, wanted);
    }
    return 0;
}

static int check_tools(struct flow *flow) {
    const char *const yosys[] = {"yosys", "-V", NULL};
    const char *const sta[] = {"sta", "-version", NULL};

    return check_version(flow, yosys, "Yosys 0.23", flow->yosys, sizeof flow->yosys) !=
                       0 ||
                   check_version(flow, sta, "2.0.17", flow->sta, sizeof flow->sta) != 0
               ? -1
               : 0;
}

int flow_open(struct flow *flow, const struct synth_options *opt, struct error *err) {
    *flow = (struct flow){.opt = opt, .err = err};
    if (tool_find("yosys", "yosys", err) != 0 || tool_find("sta", "opensta", err) != 0 ||
        emit_folder(opt->work_dir, err) != 0 || emit_folder(opt->cache_dir, err) != 0 ||
        absolute(flow, flow->scripts, opt->home, "synth_flows") != 0 ||
        absolute(flow, flow->kit, opt->home, KIT) != 0 ||
        absolute(flow, flow->design, opt->design_dir, ".") != 0 ||
        absolute(flow, flow->work, opt->work_dir, ".") != 0 ||
        absolute(flow, flow->cache, opt->cache_dir, ".") != 0 ||
        emit_path(flow->sram, sizeof flow->sram, err, "%s/sram/qadam_sram.lib",
                  flow->design) != 0) {
        return -1;
    }
    return check_tools(flow) != 0 || read_file_list(flow) != 0 || read_library(flow) != 0
               ? -1
               : 0;
}

void flow_close(struct flow *flow) {
    free(flow->files);
    free(flow->pe_files);
    free(flow->includes);
    libcells_close(&flow->cells);
}

void flow_set(struct settings *s, const char *name, const char *fmt, ...) {
    va_list ap;
    int n, head;
    char *text;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    text = n < 0 ? NULL : malloc(strlen(name) + (size_t)n + 2);
    if (!text || s->count >= FLOW_SETTINGS_MAX) {
        free(text);
        s->failed = 1;
        return;
    }
    head = sprintf(text, "%s=", name);
    va_start(ap, fmt);
    (void)vsnprintf(text + head, (size_t)n + 1, fmt, ap);
    va_end(ap);
    s->entries[s->count++] = text;
    s->entries[s->count] = NULL;
}

static void settings_close(struct settings *s) {
    for (int i = 0; i < s->count; i++) {
        free(s->entries[i]);
    }
}

int flow_yosys(struct flow *flow, const struct flow_job *job) {
    char path[EMIT_PATH_MAX], log[EMIT_PATH_MAX];
    const char *argv[] = {"yosys", "-c", path, NULL};
    struct settings s = {.count = 0};
    int status = -1;

    flow_progress(flow, job->what);
    flow_set(&s, "QADAM_FLOW", "%s", flow->scripts);
    flow_set(&s, "QADAM_KIT", "%s", flow->kit);
    flow_set(&s, "QADAM_LIBERTY", "%s", flow->liberty);
    flow_set(&s, "QADAM_DESIGN", "%s", flow->design);
    flow_set(&s, "QADAM_UNITS", "%s", flow->work);
    flow_set(&s, "QADAM_INCLUDES", "%s", flow->includes);
    flow_set(&s, "QADAM_FILES", "%s", job->files ? job->files : "");
    flow_set(&s, "QADAM_GATES", "%s", job->gates ? job->gates : "");
    flow_set(&s, "QADAM_FLAT", "%d", flow->opt->flat);
    flow_set(&s, "QADAM_TOP", "%s", job->top);
    flow_set(&s, "QADAM_WORK", "%s", job->work);
    if (s.failed) {
        (void)error_set(flow->err, "out of memory");
    } else if (emit_path(path, sizeof path, flow->err, "%s/%s", flow->scripts,
                         job->script) == 0 &&
               emit_path(log, sizeof log, flow->err, "%s/%s.log", job->work,
                         job->script) == 0) {
        status = tool_run(argv, s.entries, log, job->what, flow->err);
    }
    settings_close(&s);
    return status;
}

int flow_sta(struct flow *flow, const struct flow_sta *job, struct settings *extra) {
    char path[EMIT_PATH_MAX], log[EMIT_PATH_MAX];
    const char *argv[] = {"sta", "-no_splash", "-exit", path, NULL};
    struct settings none = {.count = 0}, *s = extra ? extra : &none;
    int status = -1;

    flow_progress(flow, job->what);
    flow_set(s, "QADAM_FLOW", "%s", flow->scripts);
    flow_set(s, "QADAM_KIT", "%s", flow->kit);
    flow_set(s, "QADAM_LIBS", "{%s} %s", flow->liberty, job->libs);
    flow_set(s, "QADAM_NETLISTS", job->inner ? "{%s} {%s}" : "{%s}", job->netlist,
             job->inner);
    flow_set(s, "QADAM_TOP", "%s", job->top);
    flow_set(s, "QADAM_OUT", "%s", job->out);
    if (s->failed) {
        (void)error_set(flow->err, "out of memory");
    } else if (emit_path(path, sizeof path, flow->err, "%s/%s", flow->scripts,
                         job->script) == 0 &&
               emit_path(log, sizeof log, flow->err, "%s.log", job->out) == 0 &&
               emit_remove(job->out, flow->err) == 0) {
        status = tool_run(argv, s->entries, log, job->what, flow->err);
        if (status == 0 && !emit_is_file(job->out)) { /* sta exits 0 whatever happens */
            status = tool_failed(log, job->what, flow->err);
        }
    }
    settings_close(s);
    return status;
}
