/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of regression cases and result files.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/regress_cases.h"
#include "tests/regress_run.h"
#include "tests/scratch.h"

static int read_text(const char *text, const char *set, struct regress_list *list,
                     struct error *err) {
    char folder[EMIT_PATH_MAX], path[EMIT_PATH_MAX];
    const char *const sets[1] = {set};
    scratch_folder(folder);
    scratch_file(folder, "list.txt", text, path);
    int rc = regress_read(list, ".", path, sets, set ? 1 : 0, err);
    (void)emit_remove(folder, NULL);
    return rc;
}

Test(regress, runs_equal_shapes_once) {
    struct regress_list list = {NULL, 0, 0};
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(read_text("# comment\n"
                           "std layers designs/small_int16.json resnet20-cifar10\n",
                           NULL, &list, &err),
                 0, "%s", err.text);
    unsigned layers = 0;
    for (size_t i = 0; i < list.count; i++) {
        layers += list.cases[i].same;
        for (size_t k = 0; k < i; k++) {
            cr_assert_str_neq(list.cases[i].id, list.cases[k].id);
        }
    }
    cr_assert_eq(layers, 22);
    cr_assert_eq(list.count, 12); /* conv2_1a and conv2_1b differ by the ReLU */
    cr_assert_str_eq(list.cases[0].id, "small_int16-resnet20-cifar10-conv1-s1");
    regress_close(&list);
}

Test(regress, reads_keys_and_sets) {
    struct regress_list list = {NULL, 0, 0};
    struct error err = {"", 0, 0, ""};
    const char *text = "a network d.json resnet20-cifar10 numbers=full stall-seed=3\n"
                       "\n"
                       "b random fp32 designs=3 layers=7 seed=9 # last\n";
    cr_assert_eq(read_text(text, "b", &list, &err), 0, "%s", err.text);
    cr_assert_eq(list.count, 3);
    cr_assert_eq(list.cases[2].number, 2);
    cr_assert_eq(list.cases[2].layers, 7);
    cr_assert_str_eq(list.cases[2].id, "random-fp32-s9-2");
    cr_assert_eq(read_text(text, "a", &list, &err), 0, "%s", err.text);
    cr_assert_eq(list.count, 4);
    cr_assert_eq(list.cases[3].range, TENSOR_FULL);
    cr_assert_eq(list.cases[3].stall_seed, 3);
    cr_assert_str_eq(list.cases[3].id, "d-resnet20-cifar10-whole-full-s1-t3");
    regress_close(&list);
}

Test(regress, refuses_faulty_lines) {
    static const char *const lines[][2] = {
        {"a layers only-one\n", "must be SET"},
        {"a dance d.json n.json\n", "must be SET"},
        {"a network d.json resnet20-cifar10 seed=x\n", "'x' must be a number"},
        {"a network d.json resnet20-cifar10 color=red\n", "unknown key or value"},
        {"a network d.json resnet20-cifar10 numbers=odd\n", "unknown key or value"},
        {"a network d.json resnet20-cifar10 seed\n", "must be KEY=VALUE"},
        {"a network d.json resnet21\n", "resnet21"},
        {"a random int16\na random int16\n", "is there twice"}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct regress_list list = {NULL, 0, 0};
        struct error err = {"", 0, 0, ""};
        cr_assert_eq(read_text(lines[i][0], NULL, &list, &err), -1);
        cr_assert(strstr(err.text, lines[i][1]), "%s", err.text);
        cr_assert_eq(err.line, i == 7 ? 2 : 1);
        regress_close(&list);
    }
}

Test(regress, keeps_results_of_the_same_key) {
    char folder[EMIT_PATH_MAX];
    struct regress_case c = {.id = "case", .key = 0x1234567890abcdef, .same = 2};
    struct regress_result r, back;
    memset(&r, 0, sizeof r);
    r.passed = 1;
    r.runs = 3;
    r.cycles = 1000;
    r.coverage.hits[COV_RELU] = 3;
    scratch_folder(folder);
    cr_assert_eq(regress_load(folder, &c, &back), 0); /* nothing there yet */
    cr_assert_eq(regress_save(folder, &c, &r, NULL), 0);
    cr_assert_eq(regress_load(folder, &c, &back), 1);
    cr_assert_eq(back.passed, 1);
    cr_assert_eq(back.cycles, 1000);
    cr_assert_eq(back.coverage.hits[COV_RELU], 3);
    c.key++;
    cr_assert_eq(regress_load(folder, &c, &back), 0); /* something has changed */
    c.key--;
    r.passed = 0;
    cr_assert_eq(regress_save(folder, &c, &r, NULL), 0);
    cr_assert_eq(regress_load(folder, &c, &back), 1);
    cr_assert_eq(back.passed, 0);
    (void)emit_remove(folder, NULL);
}

/* What a result depends on is in the key. */
Test(regress, keys_differ) {
    struct regress_list list = {NULL, 0, 0};
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(
        read_text("a layers designs/small_int16.json tests/networks/mixed.json\n"
                  "a layers designs/small_int16.json tests/networks/mixed.json seed=2\n"
                  "a layers designs/small_lightpe1.json tests/networks/mixed.json\n"
                  "a network designs/small_int16.json tests/networks/mixed.json\n"
                  "a network designs/small_int16.json resnet20-cifar10\n"
                  "a random int16 designs=2\n",
                  NULL, &list, &err),
        0, "%s", err.text);
    for (size_t i = 0; i < list.count; i++) {
        cr_assert_eq(regress_key(&list.cases[i], ".", &err), 0, "%s", err.text);
        for (size_t k = 0; k < i; k++) {
            cr_assert_neq(list.cases[i].key, list.cases[k].key);
        }
    }
    regress_close(&list);
}
