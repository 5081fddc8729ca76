/* SPDX-License-Identifier: Apache-2.0
 *
 * A space of designs: a design file in which any value may be a list of values, or
 * {"from": a, "to": b, "step": s} or {"from": a, "to": b, "factor": f} (whole numbers, b
 * included when it is hit). Its members are the product of the values, numbered from 0:
 * the last key of the table of design keys varies fastest.
 *
 * Members are found by their number, not by enumeration; a loaded space is not changed
 * any more, so that threads may share it.
 */
#ifndef QADAM_SPACE_H
#define QADAM_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "gen/config.h"
#include "gen/design.h"
#include "gen/error.h"

enum { SPACE_AXES = 16, SPACE_VALUES_MAX = 65536 };

/* One key and its values. */
struct space_axis {
    const struct config_key *key;
    size_t count; /* of values, >= 1; a key that is not given has one, its default */
    size_t size;  /* bytes of a value */
    char *values; /* owned, [count][size], as the field of struct design */
};

struct space {
    struct config_file file;
    struct space_axis axes[SPACE_AXES]; /* in the order of design_keys() */
    size_t axis_count;
    struct pe_type *types; /* owned, one for each value of pe_type */
    uint64_t count;        /* members, legal or not */
};

/* Read a space file. home is the folder that holds pe_lib/.
 * Returns 0 (end with space_close), or -1 with *err set: file, line, column, value and
 * limit; more than 2^63 members. */
int space_load(const char *home, const char *path, struct space *space,
               struct error *err);
void space_close(struct space *space);

/* The axis of a key. */
const struct space_axis *space_axis_of(const struct space *space, const char *key);

/* Member number k < space->count, as written: not checked, defaults not filled in. */
void space_member(const struct space *space, uint64_t k, struct design *d);

/* The index of member k's value on each axis, and back. index has axis_count entries. */
void space_split(const struct space *space, uint64_t k, size_t *index);
uint64_t space_join(const struct space *space, const size_t *index);

/* Member number k with its constants. Reads no file.
 * Returns 0, or -1 with *err set: values that do not go together. err may be NULL. */
int space_hw(const struct space *space, uint64_t k, struct hw *hw, struct error *err);

/* Count the illegal members: those whose values do not go together. Takes time by the
 * values of the keys that restrict each other, not by members.
 *
 *   report  called for each illegal combination of those keys' values: its first member,
 *           the number of members that have it, and why; or NULL
 *
 * Returns 0, or -1 with *err set: too many combinations. */
typedef void (*space_report)(void *context, const struct design *example,
                             uint64_t members, const struct error *why);
int space_illegal(const struct space *space, space_report report, void *context,
                  uint64_t *illegal, struct error *err);

#endif
