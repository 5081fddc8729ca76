/* SPDX-License-Identifier: Apache-2.0
 *
 * Result files of a campaign.
 */
#include "synth_flows/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/emit.h"
#include "gen/json_out.h"

enum { CHECK_SIZE = 17 };

/* The hash of all of a result but "check". Returns 0, or -1 without memory. */
static int find_check(const json_t *result, char check[CHECK_SIZE]) {
    json_t *copy = json_copy((json_t *)result);
    char *text = NULL;
    if (copy) {
        (void)json_object_del(copy, "check");
        text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    }
    if (text) {
        (void)snprintf(check, CHECK_SIZE, "%016llx",
                       (unsigned long long)emit_fnv(EMIT_FNV_START, text, strlen(text)));
    }
    json_decref(copy);
    free(text);
    return text ? 0 : -1;
}

int result_save(json_t *result, const char *path, struct error *err) {
    char check[CHECK_SIZE];
    if (!result || find_check(result, check) ||
        json_object_set_new(result, "check", json_string(check))) {
        return error_set_at(err, path, 0, 0, "out of memory");
    }
    return json_out_write(result, path, err);
}

/* What is wrong with a parsed file; RESULT_GOOD if nothing. */
static enum result_state inspect(const struct config_file *file, const char *hash,
                                 struct error *why) {
    char check[CHECK_SIZE];
    const char *format = json_string_value(json_object_get(file->root, "format"));
    const char *own = json_string_value(json_object_get(file->root, "design_hash"));
    const char *noted = json_string_value(json_object_get(file->root, "check"));
    if (!format || strcmp(format, RESULT_FORMAT) != 0) {
        (void)error_set_at(why, file->path, 0, 0,
                           "is no result of this version: format is %.40s, must be "
                           "%s",
                           format ? format : "missing", RESULT_FORMAT);
        return RESULT_FOREIGN;
    }
    if (!noted || find_check(file->root, check) || strcmp(noted, check) != 0) {
        (void)error_set_at(why, file->path, 0, 0,
                           "is damaged: its check does not fit what it holds");
        return RESULT_DAMAGED;
    }
    if (!own || (hash && strcmp(own, hash) != 0)) {
        (void)error_set_at(why, file->path, 0, 0, "is damaged: it holds the design %.20s",
                           own ? own : "?");
        return RESULT_DAMAGED;
    }
    return RESULT_GOOD;
}

enum result_state result_load(const char *path, const char *hash, json_t **result,
                              struct error *why) {
    struct config_file file;
    struct error inner = {"", 0, 0, ""};
    *result = NULL;
    if (!emit_is_file(path)) {
        return RESULT_NONE;
    }
    if (config_open(&file, path, &inner)) {
        (void)error_set_at(why, path, inner.line, inner.column, "is damaged: %.200s",
                           inner.text);
        return RESULT_DAMAGED;
    }
    enum result_state state = inspect(&file, hash, why);
    if (state == RESULT_GOOD) {
        *result = json_incref(file.root);
    }
    config_close(&file);
    return state;
}

/* Add name to the list in buf. */
static void add_name(const char *name, char *buf, size_t size) {
    size_t used = strlen(buf);
    (void)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", name);
}

size_t result_differences(const json_t *a, const json_t *b, char *buf, size_t size) {
    size_t count = 0;
    const char *key;
    json_t *value;
    buf[0] = '\0';
    json_object_foreach((json_t *)a, key, value) {
        if (!json_equal(value, json_object_get(b, key))) {
            add_name(key, buf, size);
            count++;
        }
    }
    json_object_foreach((json_t *)b, key, value) {
        if (!json_object_get(a, key)) {
            add_name(key, buf, size);
            count++;
        }
    }
    return count;
}
