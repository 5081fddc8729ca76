/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/config.c: places in files, tables, names.
 */
#include <criterion/criterion.h>

#include "gen/config.h"
#include "tests/scratch.h"

struct thing {
    char name[16];
    char kind[8];
    char note[8];
    unsigned size;
    unsigned power;
    int on;
};

static const struct config_key keys[] = {
    {.name = "name",
     .type = CONFIG_NAME,
     .offset = offsetof(struct thing, name),
     .size = 16,
     .unit = ""},
    {.name = "kind",
     .type = CONFIG_ENUM,
     .flags = CONFIG_OPTIONAL,
     .offset = offsetof(struct thing, kind),
     .size = 8,
     .unit = "",
     .choices = "red|green"},
    {.name = "note",
     .type = CONFIG_TEXT,
     .flags = CONFIG_OPTIONAL,
     .offset = offsetof(struct thing, note),
     .size = 8,
     .unit = ""},
    {.name = "size",
     .type = CONFIG_UINT,
     .offset = offsetof(struct thing, size),
     .min = 1,
     .max = 64,
     .unit = "PEs"},
    {.name = "power",
     .type = CONFIG_UINT,
     .flags = CONFIG_OPTIONAL | CONFIG_POWER2,
     .offset = offsetof(struct thing, power),
     .min = 2,
     .max = 512,
     .unit = "bits"},
    {.name = "on",
     .type = CONFIG_BOOL,
     .flags = CONFIG_OPTIONAL,
     .offset = offsetof(struct thing, on),
     .unit = ""},
    {.name = "list", .type = CONFIG_ANY, .flags = CONFIG_OPTIONAL, .unit = ""},
    {.name = NULL}};

static char folder[EMIT_PATH_MAX];

static void setup(void) {
    scratch_folder(folder);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(config, .init = setup, .fini = teardown);

/* Read text as a thing at path. */
static int read_text(const char *text, const char *path, struct thing *thing,
                     struct error *err) {
    char name[EMIT_PATH_MAX];
    struct config_file file;
    scratch_file(folder, "t.json", text, name);
    if (config_open(&file, name, err)) {
        return -1;
    }
    int rc = config_read(&file, path, keys, thing, err);
    config_close(&file);
    return rc;
}

Test(config, reads_all_types) {
    struct thing t = {"", "", "", 0, 0, 0};
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(read_text("{\"name\": \"a-1_B\", \"kind\": \"green\", \"note\": \"a b\","
                           "\"size\": 64, \"power\": 512, \"on\": true, \"list\": [1]}",
                           "", &t, &err),
                 0, "%s", err.text);
    cr_expect_str_eq(t.name, "a-1_B");
    cr_expect_str_eq(t.kind, "green");
    cr_expect_str_eq(t.note, "a b");
    cr_expect_eq(t.size, 64);
    cr_expect_eq(t.power, 512);
    cr_expect_eq(t.on, 1);
}

Test(config, optional_keys_keep_their_value) {
    struct thing t = {"", "red", "x", 0, 4, 1};
    cr_assert_eq(read_text("{\"name\": \"a\", \"size\": 1}", "", &t, NULL), 0);
    cr_expect_str_eq(t.kind, "red");
    cr_expect_eq(t.power, 4);
    cr_expect_eq(t.on, 1);
}

/* Wrong texts: where the error is and how it begins. */
static const struct wrong {
    const char *text;
    int line, column;
    const char *error;
} wrongs[] = {
    {"{\"name\": \"a\",\n  \"size\": 65}", 2, 11, "size is 65, must be 1 to 64 (PEs)"},
    {"{\"name\": \"a\", \"size\":\n\t0}", 2, 2, "size is 0, must be 1 to 64 (PEs)"},
    {"{\"name\": \"a\", \"size\": -1}", 1, 23, "size is -1, must be 1 to 64 (PEs)"},
    {"{\"name\": \"a\", \"size\": 1.5}", 1, 23,
     "size is 1.5, must be a whole number, 1 to 64 (PEs)"},
    {"{\"name\": \"a\", \"size\": \"1\"}", 1, 23,
     "size is \"1\", must be a whole number, 1 to 64 (PEs)"},
    {"{\"name\": \"a\", \"size\": null}", 1, 23, "size is null, must be a whole number"},
    {"{\"name\": \"a\", \"size\": [1]}", 1, 23, "size is a list, must be a whole number"},
    {"{\"name\": \"a\", \"size\": {\"a\": 1}}", 1, 23, "size is an object, must be a"},
    {"{\"name\": \"a\", \"size\": 4294967297}", 1, 23, "size is 4294967297, must be"},
    {"{\"power\": 3, \"name\": \"a\", \"size\": 1}", 1, 11,
     "power is 3, must be a power of two from 2 to 512 (bits)"},
    {"{\"name\": \"a\", \"size\": 1, \"on\": 1}", 1, 32,
     "on is 1, must be true or false"},
    {"{\"name\": \"\", \"size\": 1}", 1, 10, "name is \"\", must be a plain name"},
    {"{\"name\": \"a b\", \"size\": 1}", 1, 10, "name is \"a b\", must be a plain name"},
    {"{\"name\": \"1a\", \"size\": 1}", 1, 10, "name is \"1a\", must be a plain name"},
    {"{\"name\": \"$(x)\", \"size\": 1}", 1, 10,
     "name is \"$(x)\", must be a plain name"},
    {"{\"name\": \"a123456789012345\", \"size\": 1}", 1, 10,
     "name is \"a123456789012345\", must be a plain name: a letter or _, then letters, "
     "digits, _ or -, at most 15 characters"},
    {"{\"name\": 7, \"size\": 1}", 1, 10, "name is 7, must be a plain name"},
    {"{\"name\": \"a\", \"size\": 1, \"kind\": \"blue\"}", 1, 34,
     "kind is \"blue\", must be one of red|green"},
    {"{\"name\": \"a\", \"size\": 1, \"kind\": \"re\"}", 1, 34,
     "kind is \"re\", must be"},
    {"{\"name\": \"a\", \"size\": 1, \"note\": \"12345678\"}", 1, 34,
     "note is \"12345678\", must be a text of at most 7 bytes"},
    {"{\"name\": \"a\"}", 1, 1, "size is missing, must be 1 to 64 (PEs)"},
    {"{\"name\": \"a\",\n \"sise\": 1}", 2, 2,
     "unknown key \"sise\", did you mean \"size\"?"},
    {"{\"name\": \"a\",\n \"s/e\": 1}", 2, 2,
     "unknown key \"s/e\", known are: name, kind"},
    {"{\"\": 1}", 1, 1, "unknown key \"\", known are: name"},
    {"{\"name\": \"\u00e4\u00f6\", \"size\": 1}", 1, 10, "name is"},
    {"{\"note\": \"\u00e4\", \"size\": 99}", 1, 23, "size is 99"},
    {"{\"note\": \"\\\"}{\\\\\", \"size\": 99}", 1, 28, "size is 99"},
    {"{\"list\": [[{\"a\": \"]\"}, 2.5e3], {}, [], true], \"si\\u007ae\": 99}", 1, 60,
     "size is 99"},
    {"{\"name\": \"a\", \"size\": 1, \"size\": 2}", 1, 31,
     "is not valid JSON: duplicate"},
    {"{\"name\": \"a\" \"size\": 1}", 1, 19, "is not valid JSON: '}' expected"},
    {"{\"name\": \"a\", \"size\": 99999999999999999999}", 1, 42,
     "is not valid JSON: too big"},
    {"", 1, 0, "is not valid JSON"},
    {"[1, 2]", 1, 1, "must hold a JSON object"},
    {"  \n 3", 2, 2, "must hold a JSON object"}};

Test(config, wrong_texts_are_located) {
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        struct thing t = {"", "", "", 0, 0, 0};
        struct error err = {"", 0, 0, ""};
        cr_expect_eq(read_text(w->text, "", &t, &err), -1, "%s", w->text);
        cr_expect_eq(err.line, w->line, "%s: line %d", w->text, err.line);
        cr_expect_eq(err.column, w->column, "%s: column %d", w->text, err.column);
        cr_expect_eq(strncmp(err.text, w->error, strlen(w->error)), 0, "%s: %s", w->text,
                     err.text);
    }
}

Test(config, nested_objects_are_located) {
    struct thing t = {"", "", "", 0, 0, 0};
    struct error err = {"", 0, 0, ""};
    const char *text = "{\"list\": [\n {\"name\": \"a\", \"size\": 1},\n"
                       " {\"name\": \"b\",\n  \"size\": 70}]}";
    cr_expect_eq(read_text(text, "list/0", &t, &err), 0);
    cr_expect_eq(read_text(text, "list/1", &t, &err), -1);
    cr_expect_eq(err.line, 4);
    cr_expect_eq(err.column, 11);
    struct error none = {"", 0, 0, ""};
    cr_expect_eq(read_text(text, "list/2", &t, &none), -1);
    cr_expect_eq(none.line, 1);
    cr_expect_eq(none.column, 10);
}

Test(config, lines_of_elements) {
    char name[EMIT_PATH_MAX];
    struct config_file file;
    int lines[4];
    scratch_file(folder, "t.json", "{\"a\": 1,\n\"list\": [\n1, [\n2],\n\n{}\n, 4]}",
                 name);
    cr_assert_eq(config_open(&file, name, NULL), 0);
    config_lines(&file, "list", lines, 4);
    cr_expect_eq(lines[0], 3);
    cr_expect_eq(lines[1], 3);
    cr_expect_eq(lines[2], 6);
    cr_expect_eq(lines[3], 7);
    config_close(&file);
}

Test(config, missing_file) {
    struct config_file file;
    struct error err = {"", 0, 0, ""};
    cr_expect_eq(config_open(&file, "no/such.json", &err), -1);
    cr_expect_str_eq(err.file, "no/such.json");
    cr_expect_str_eq(err.text, "cannot be read: No such file or directory");
}

Test(config, checks_structures_made_in_memory) {
    struct thing t = {"a", "red", "", 64, 2, 0};
    struct error err = {"", 0, 0, ""};
    cr_expect_eq(config_check(keys, &t, &err), 0);
    t.size = 0;
    cr_expect_eq(config_check(keys, &t, &err), -1);
    cr_expect_str_eq(err.text, "size is 0, must be 1 to 64 (PEs)");
    t.size = 1;
    memset(t.name, 'x', sizeof t.name); /* no end */
    cr_expect_eq(config_check(keys, &t, NULL), -1);
}

Test(config, nearest_word) {
    static const char *const list[] = {"rows", "cols", "glb_kib", "filter_spad_words"};
    cr_expect_str_eq(config_nearest("row", list, 4), "rows");
    cr_expect_str_eq(config_nearest("glb_kb", list, 4), "glb_kib");
    cr_expect_str_eq(config_nearest("filter_sad_word", list, 4), "filter_spad_words");
    cr_expect_str_eq(config_nearest("rwos", list, 4), "rows");
    cr_expect_str_eq(config_nearest("ocls", list, 4), "cols");
    cr_expect_null(config_nearest("x", list, 4));
    cr_expect_null(config_nearest("", list, 0));
    char word[200];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    cr_expect_null(config_nearest(word, list, 4));
}
