/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON objects with a fixed set of keys.
 *
 * Jansson is the parser; it knows places only of syntax errors. The place of a value is
 * found by walking the text again, which is by then known to be valid JSON.
 */
#include "gen/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

enum { NAME_MAX_LENGTH = 63, WORD_MAX = 64, KEYS_MAX = 64, VALUE_TEXT = 64 };

/* A place in the text. */
struct cursor {
    const char *p;
    int line;
    int column;
};

static void step(struct cursor *at) {
    if (*at->p == '\n') {
        at->line++;
        at->column = 1;
    } else if (((unsigned char)*at->p & 0xc0u) != 0x80u) { /* not inside a character */
        at->column++;
    }
    at->p++;
}

static void skip_space(struct cursor *at) {
    while (*at->p == ' ' || *at->p == '\t' || *at->p == '\n' || *at->p == '\r') {
        step(at);
    }
}

static void skip_string(struct cursor *at) {
    step(at); /* the opening quote */
    while (*at->p != '\0' && *at->p != '"') {
        if (*at->p == '\\' && at->p[1] != '\0') {
            step(at);
        }
        step(at);
    }
    if (*at->p == '"') {
        step(at);
    }
}

/* Skip one value, nested ones included, and the space after it. */
static void skip_value(struct cursor *at) {
    int depth = 0;
    do {
        skip_space(at);
        if (*at->p == '"') {
            skip_string(at);
        } else if (*at->p == '[' || *at->p == '{') {
            depth++;
            step(at);
        } else if (depth > 0 && (*at->p == ']' || *at->p == '}')) {
            depth--;
            step(at);
        } else if (depth > 0 && (*at->p == ',' || *at->p == ':')) {
            step(at);
        } else {
            while (*at->p != '\0' && !strchr(" \t\r\n,:]}", *at->p)) {
                step(at);
            }
        }
    } while (depth > 0 && *at->p != '\0');
    skip_space(at);
}

/* From the start of an array or object to its element number index (0-based), for an
 * object to the key. */
static void enter(struct cursor *at, size_t index, int is_object) {
    step(at); /* [ or { */
    skip_space(at);
    for (; index > 0; index--) {
        skip_value(at); /* the element, or the key ... */
        if (is_object) {
            step(at); /* ... its colon and its value */
            skip_value(at);
        }
        step(at); /* , */
        skip_space(at);
    }
}

/* The number of a key within its object: Jansson keeps the order of the file.
 * Returns -1 when it is not there. */
static long key_index(json_t *object, const char *key, size_t length) {
    const char *name;
    json_t *value;
    long index = 0;
    json_object_foreach(object, name, value) {
        if (strlen(name) == length && strncmp(name, key, length) == 0) {
            return index;
        }
        index++;
    }
    return -1;
}

/* Find the next part of a path in value.
 *   *path    moves behind the part and its '/'
 *   *index   number of the element
 * Returns the element, or NULL. The rest of the path may itself be one key. */
static json_t *descend(json_t *value, const char **path, size_t *index) {
    size_t length = strcspn(*path, "/");
    if (json_is_array(value)) {
        *index = (size_t)strtoul(*path, NULL, 10);
        *path += length + ((*path)[length] == '/');
        return json_array_get(value, *index);
    }
    if (!json_is_object(value)) {
        return NULL;
    }
    long at = key_index(value, *path, strlen(*path));
    if (at >= 0) {
        length = strlen(*path);
    } else {
        at = key_index(value, *path, length);
    }
    if (at < 0) {
        return NULL;
    }
    void *iter = json_object_iter(value);
    for (long i = 0; i < at; i++) {
        iter = json_object_iter_next(value, iter);
    }
    *index = (size_t)at;
    *path += length + ((*path)[length] == '/');
    return json_object_iter_value(iter);
}

/* The place of the deepest part of path that exists. */
static struct cursor locate(const struct config_file *file, const char *path,
                            int key_itself) {
    struct cursor at = {file->text, 1, 1};
    json_t *value = file->root;
    skip_space(&at);
    while (*path != '\0') {
        size_t index = 0;
        int is_object = json_is_object(value);
        json_t *inner = descend(value, &path, &index);
        if (!inner) {
            break;
        }
        enter(&at, index, is_object);
        if (is_object && !(key_itself && *path == '\0')) {
            skip_value(&at); /* the key */
            step(&at);       /* : */
            skip_space(&at);
        }
        value = inner;
    }
    return at;
}

void config_locate(const struct config_file *file, const char *path, int key_itself,
                   int *line, int *column) {
    struct cursor at = locate(file, path, key_itself);
    *line = at.line;
    *column = at.column;
}

void config_lines(const struct config_file *file, const char *path, int *lines,
                  size_t count) {
    struct cursor at = locate(file, path, 0);
    enter(&at, 0, 0);
    for (size_t i = 0; i < count; i++) {
        lines[i] = at.line;
        skip_value(&at);
        step(&at); /* , */
        skip_space(&at);
    }
}

static int error_at(const struct config_file *file, const char *path, int key_itself,
                    struct error *err, const char *fmt, va_list ap)
    __attribute__((format(printf, 5, 0)));

static int error_at(const struct config_file *file, const char *path, int key_itself,
                    struct error *err, const char *fmt, va_list ap) {
    char text[sizeof err->text];
    (void)vsnprintf(text, sizeof text, fmt, ap);
    if (!file) {
        return error_set(err, "%s", text);
    }
    struct cursor at = locate(file, path, key_itself);
    return error_set_at(err, file->path, at.line, at.column, "%s", text);
}

int config_error(const struct config_file *file, const char *path, struct error *err,
                 const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    (void)error_at(file, path, 0, err, fmt, ap);
    va_end(ap);
    return -1;
}

static int key_error(const struct config_file *file, const char *path, struct error *err,
                     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int key_error(const struct config_file *file, const char *path, struct error *err,
                     const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    (void)error_at(file, path, 1, err, fmt, ap);
    va_end(ap);
    return -1;
}

int config_open(struct config_file *file, const char *path, struct error *err) {
    size_t size = 0;
    memset(file, 0, sizeof *file);
    (void)snprintf(file->path, sizeof file->path, "%s", path);
    if (emit_read(path, &file->text, &size, err)) {
        return -1;
    }
    json_error_t at;
    file->root =
        json_loadb(file->text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &at);
    if (!file->root) {
        (void)error_set_at(err, path, at.line, at.column, "is not valid JSON: %s",
                           at.text);
        config_close(file);
        return -1;
    }
    if (!json_is_object(file->root)) {
        (void)config_error(file, "", err, "must hold a JSON object { ... }");
        config_close(file);
        return -1;
    }
    return 0;
}

void config_close(struct config_file *file) {
    json_decref(file->root);
    free(file->text);
    file->root = NULL;
    file->text = NULL;
}

int config_is_name(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-";
    size_t length = strlen(name);
    return length >= 1 && length <= NAME_MAX_LENGTH && strchr(letters, name[0]) != NULL &&
           strspn(name, rest) == length;
}

static size_t least(size_t a, size_t b, size_t c) {
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Edit distance of words of at most WORD_MAX characters: insertions, deletions,
 * substitutions and swaps of neighbours. */
static size_t distance(const char *a, const char *b) {
    size_t rows[3][WORD_MAX + 1]; /* of the characters before this one, this one */
    size_t na = strlen(a);
    size_t nb = strlen(b);
    for (size_t j = 0; j <= nb; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i - 1) % 3];
        const size_t *before = rows[(i + 1) % 3]; /* i - 2 */
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            now[j] =
                least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                now[j] = least(now[j], before[j - 2] + 1, now[j]);
            }
        }
    }
    return rows[na % 3][nb];
}

const char *config_nearest(const char *word, const char *const *list, size_t count) {
    const char *nearest = NULL;
    size_t length = strlen(word);
    size_t best = length < 6 ? 2 : length / 3 + 1; /* must be below this */
    if (length > WORD_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i]) <= WORD_MAX) {
            size_t d = distance(word, list[i]);
            if (d < best) {
                best = d;
                nearest = list[i];
            }
        }
    }
    return nearest;
}

/* What a key must be, for messages: "must be 1 to 64 (PEs)". */
static void requirement(const struct config_key *key, char *buf, size_t size) {
    static const char unit_open[] = " (";
    int has_unit = key->unit && key->unit[0] != '\0';
    switch (key->type) {
    case CONFIG_UINT:
        (void)snprintf(buf, size, "must be %s%u to %u%s%s%s",
                       key->flags & CONFIG_POWER2 ? "a power of two from " : "", key->min,
                       key->max, has_unit ? unit_open : "", has_unit ? key->unit : "",
                       has_unit ? ")" : "");
        break;
    case CONFIG_BOOL:
        (void)snprintf(buf, size, "must be true or false");
        break;
    case CONFIG_NAME:
        (void)snprintf(buf, size,
                       "must be a plain name: a letter or _, then letters, digits, _ or "
                       "-, at most %zu characters",
                       key->size - 1);
        break;
    case CONFIG_TEXT:
        (void)snprintf(buf, size, "must be a text of at most %zu bytes", key->size - 1);
        break;
    case CONFIG_ENUM:
        (void)snprintf(buf, size, "must be one of %s", key->choices);
        break;
    case CONFIG_ANY:
        (void)snprintf(buf, size, "must be given");
        break;
    }
}

/* A JSON value, for messages: 12, "text", a list. */
static void describe(const json_t *value, char *buf, size_t size) {
    switch (json_typeof(value)) {
    case JSON_INTEGER:
        (void)snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        (void)snprintf(buf, size, "%g", json_real_value(value));
        break;
    case JSON_STRING:
        (void)snprintf(buf, size, "\"%.40s%s\"", json_string_value(value),
                       json_string_length(value) > 40 ? "..." : "");
        break;
    case JSON_TRUE:
        (void)snprintf(buf, size, "true");
        break;
    case JSON_FALSE:
        (void)snprintf(buf, size, "false");
        break;
    case JSON_NULL:
        (void)snprintf(buf, size, "null");
        break;
    case JSON_ARRAY:
        (void)snprintf(buf, size, "a list");
        break;
    case JSON_OBJECT:
        (void)snprintf(buf, size, "an object");
        break;
    }
}

static int is_power2(unsigned n) {
    return n != 0 && (n & (n - 1)) == 0;
}

/* 1 if word is one of "a|b|c". */
static int is_choice(const char *choices, const char *word) {
    size_t length = strlen(word);
    for (const char *p = choices; length > 0 && *p != '\0';) {
        size_t n = strcspn(p, "|");
        if (n == length && strncmp(p, word, n) == 0) {
            return 1;
        }
        p += n + (p[n] == '|');
    }
    return 0;
}

static int uint_fits(const struct config_key *key, json_int_t n) {
    return n >= (json_int_t)key->min && n <= (json_int_t)key->max &&
           (!(key->flags & CONFIG_POWER2) || is_power2((unsigned)n));
}

static int text_fits(const struct config_key *key, const char *text) {
    return strlen(text) < key->size &&
           (key->type != CONFIG_NAME || config_is_name(text)) &&
           (key->type != CONFIG_ENUM || is_choice(key->choices, text));
}

/* Store a value into its field; 0 if it fits the key, else -1 and nothing is stored. */
static int store(const struct config_key *key, const json_t *value, void *base) {
    char *field = (char *)base + key->offset;
    if (key->type == CONFIG_ANY) {
        return 0;
    }
    if (key->type == CONFIG_UINT) {
        if (!json_is_integer(value) || !uint_fits(key, json_integer_value(value))) {
            return -1;
        }
        unsigned n = (unsigned)json_integer_value(value);
        memcpy(field, &n, sizeof n);
        return 0;
    }
    if (key->type == CONFIG_BOOL) {
        int n = json_is_true(value);
        if (!json_is_boolean(value)) {
            return -1;
        }
        memcpy(field, &n, sizeof n);
        return 0;
    }
    const char *text = json_string_value(value);
    if (!text || !text_fits(key, text)) {
        return -1;
    }
    memcpy(field, text, strlen(text) + 1);
    return 0;
}

static const struct config_key *find_key(const struct config_key *keys,
                                         const char *name) {
    for (; keys->name; keys++) {
        if (strcmp(keys->name, name) == 0) {
            return keys;
        }
    }
    return NULL;
}

static int unknown_key(const struct config_file *file, const char *path,
                       const struct config_key *keys, const char *name,
                       struct error *err) {
    const char *names[KEYS_MAX] = {NULL};
    size_t count = 0;
    for (; keys->name && count < KEYS_MAX; keys++) {
        names[count++] = keys->name;
    }
    const char *nearest = config_nearest(name, names, count);
    if (nearest) {
        return key_error(file, path, err, "unknown key \"%.60s\", did you mean \"%s\"?",
                         name, nearest);
    }
    char list[256] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    return key_error(file, path, err, "unknown key \"%.60s\", known are: %s", name, list);
}

int config_value(const struct config_file *file, const char *path,
                 const struct config_key *key, const json_t *value, void *base,
                 struct error *err) {
    if (store(key, value, base) == 0) {
        return 0;
    }
    char got[VALUE_TEXT];
    char want[256];
    describe(value, got, sizeof got);
    requirement(key, want, sizeof want);
    if (key->type == CONFIG_UINT && !json_is_integer(value)) {
        return config_error(file, path, err, "%s is %s, must be a whole number, %s",
                            key->name, got, want + strlen("must be "));
    }
    return config_error(file, path, err, "%s is %s, %s", key->name, got, want);
}

int config_read(const struct config_file *file, const char *path,
                const struct config_key *keys, void *base, struct error *err) {
    json_t *object = file->root;
    size_t index;
    for (const char *p = path; object && *p != '\0';) {
        object = descend(object, &p, &index);
    }
    if (!json_is_object(object)) {
        return config_error(file, path, err, "must be an object { ... }");
    }
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        char inner[256];
        (void)snprintf(inner, sizeof inner, "%s%s%s", path, path[0] != '\0' ? "/" : "",
                       name);
        const struct config_key *key = find_key(keys, name);
        if (!key) {
            return unknown_key(file, inner, keys, name, err);
        }
        if (config_value(file, inner, key, value, base, err)) {
            return -1;
        }
    }
    for (const struct config_key *key = keys; key->name; key++) {
        if (!(key->flags & CONFIG_OPTIONAL) && !json_object_get(object, key->name)) {
            char want[256];
            requirement(key, want, sizeof want);
            return config_error(file, path, err, "%s is missing, %s", key->name, want);
        }
    }
    return 0;
}

int config_check(const struct config_key *keys, const void *base, struct error *err) {
    for (const struct config_key *key = keys; key->name; key++) {
        const char *field = (const char *)base + key->offset;
        char want[256];
        if (key->type == CONFIG_UINT) {
            unsigned n;
            memcpy(&n, field, sizeof n);
            if (!uint_fits(key, (json_int_t)n)) {
                requirement(key, want, sizeof want);
                return error_set(err, "%s is %u, %s", key->name, n, want);
            }
        } else if (key->type != CONFIG_BOOL && key->type != CONFIG_ANY) {
            if (!memchr(field, '\0', key->size) || !text_fits(key, field)) {
                requirement(key, want, sizeof want);
                return error_set(err, "%s is \"%.40s\", %s", key->name, field, want);
            }
        }
    }
    return 0;
}

void config_help(const struct config_key *keys, FILE *out) {
    for (; keys->name; keys++) {
        char want[256] = "text";
        if (keys->type == CONFIG_UINT) {
            (void)snprintf(want, sizeof want, "%u..%u%s%s%s", keys->min, keys->max,
                           keys->unit[0] != '\0' ? " " : "", keys->unit,
                           keys->flags & CONFIG_POWER2 ? ", power of two" : "");
        } else if (keys->type == CONFIG_NAME) {
            (void)snprintf(want, sizeof want, "name");
        } else if (keys->type == CONFIG_ENUM) {
            (void)snprintf(want, sizeof want, "%s", keys->choices);
        } else if (keys->type == CONFIG_BOOL) {
            (void)snprintf(want, sizeof want, "true|false");
        }
        (void)fprintf(out, "  %-22s %-26s %s", keys->name, want, keys->help);
        if (keys->flags & CONFIG_OPTIONAL) {
            (void)fprintf(out, " (optional%s%s)", keys->default_text ? ": " : "",
                          keys->default_text ? keys->default_text : "");
        }
        (void)fputc('\n', out);
    }
}

json_t *config_json(const struct config_key *keys, const void *base) {
    json_t *object = json_object();
    for (; object && keys->name; keys++) {
        const char *field = (const char *)base + keys->offset;
        json_t *value = NULL;
        if (keys->type == CONFIG_ANY) {
            continue;
        }
        if (keys->type == CONFIG_UINT) {
            unsigned n;
            memcpy(&n, field, sizeof n);
            value = json_integer((json_int_t)n);
        } else if (keys->type == CONFIG_BOOL) {
            int n;
            memcpy(&n, field, sizeof n);
            value = json_boolean(n);
        } else {
            value = json_string(field);
        }
        if (json_object_set_new(object, keys->name, value)) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}
