/* SPDX-License-Identifier: Apache-2.0
 *
 * What was synthesized before: folders named after a hash of all that they depend on.
 *
 * An entry is complete by construction: it is made under another name and renamed when
 * its last file is written. Internal to synth_flows.
 */
#ifndef QADAM_SYNTH_CACHE_H
#define QADAM_SYNTH_CACHE_H

#include <stdint.h>

#include "synth_flows/flow.h"

/* Start a key: library, process kit, scripts, versions of the program and the tools.
 * Returns 0, or -1 with the flow's error set. */
int synth_cache_key(struct flow *flow, uint64_t *key);

/* Add a file's bytes to a key. Returns 0, or -1 with the flow's error set. */
int synth_cache_add(struct flow *flow, const char *folder, const char *name,
                    uint64_t *key);

/* Name the entry PREFIX-KEY: its folder into buf of EMIT_PATH_MAX bytes.
 * Returns 0, or -1 with the flow's error set. */
int synth_cache_name(struct flow *flow, const char *prefix, uint64_t key, char *buf);

/* Have an entry: find it, or let make write it into the empty folder that it is given.
 * *found tells which. Returns 0, or -1 with the flow's error set. */
int synth_cache_have(struct flow *flow, const char *entry,
                     int (*make)(struct flow *flow, void *context, const char *folder),
                     void *context, int *found);

#endif
