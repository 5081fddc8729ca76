/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/lock.c: who holds a lock, and until when.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/lock.h"
#include "tests/scratch.h"

static char folder[EMIT_PATH_MAX];
static char path[EMIT_PATH_MAX];

static void setup(void) {
    scratch_folder(folder);
    cr_assert_eq(emit_path(path, sizeof path, NULL, "%s/a.lock", folder), 0);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(lock, .init = setup, .fini = teardown);

Test(lock, held_by_one) {
    struct lock a, b;
    cr_assert_eq(lock_take(&a, path, NULL), 1);
    cr_expect_eq(lock_take(&b, path, NULL), 0);
    cr_expect_eq(b.fd, -1);
    lock_release(&b); /* not held: nothing happens */
    cr_expect(emit_is_file(path));
    lock_release(&a);
    cr_expect_not(emit_is_file(path));
    cr_expect_eq(lock_take(&b, path, NULL), 1);
    lock_release(&b);
}

Test(lock, file_left_behind_means_nothing) {
    struct lock a;
    char file[EMIT_PATH_MAX];
    scratch_file(folder, "a.lock", "otherhost 1\n", file);
    cr_assert_eq(lock_take(&a, path, NULL), 1);
    lock_release(&a);
}

Test(lock, held_as_long_as_a_child_lives) {
    struct lock a, b;
    cr_assert_eq(lock_take(&a, path, NULL), 1);
    pid_t pid = fork();
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    lock_leave(&a);
    cr_expect_eq(lock_take(&b, path, NULL), 0);
    cr_assert_eq(kill(pid, SIGKILL), 0);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    cr_expect_eq(lock_take(&b, path, NULL), 1);
    lock_release(&b);
}

Test(lock, folder_must_be_there) {
    struct lock a;
    struct error err = {"", 0, 0, ""};
    cr_expect_eq(lock_take(&a, "/no/such/folder/a.lock", &err), -1);
    cr_expect_str_eq(err.text, "cannot be written: No such file or directory");
    cr_expect_eq(a.fd, -1);
}
