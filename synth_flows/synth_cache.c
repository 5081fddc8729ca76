/* SPDX-License-Identifier: Apache-2.0
 *
 * Cache of synthesized units.
 */
#include "synth_flows/synth_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/version.h"

/* What an entry depends on besides its RTL and the library. */
static const char *const scripts[] = {
    "modules.tcl",       "map.tcl",        "pe.tcl",          "unit.tcl",
    "units.tcl",         "abc_logic.abc",  "abc_control.abc", "abc_wide.abc",
    "sta_common.tcl",    "sta_timing.tcl", "techmap/latch.v", "techmap/clkgate.v",
    "techmap/sklansky.v"};

int synth_cache_add(struct flow *flow, const char *folder, const char *name,
                    uint64_t *key) {
    char path[EMIT_PATH_MAX], *text;
    size_t size;

    if (emit_path(path, sizeof path, flow->err, "%s/%s", folder, name) != 0 ||
        emit_read(path, &text, &size, flow->err) != 0) {
        return -1;
    }
    *key = emit_fnv(*key, text, size);
    free(text);
    return 0;
}

int synth_cache_key(struct flow *flow, uint64_t *key) {
    *key = emit_fnv(flow->liberty_hash, QADAM_VERSION, strlen(QADAM_VERSION));
    *key = emit_fnv(*key, flow->yosys, strlen(flow->yosys));
    *key = emit_fnv(*key, flow->sta, strlen(flow->sta));
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (synth_cache_add(flow, flow->scripts, scripts[i], key) != 0) {
            return -1;
        }
    }
    return synth_cache_add(flow, flow->kit, "kit.tcl", key);
}

int synth_cache_name(struct flow *flow, const char *prefix, uint64_t key, char *buf) {
    return emit_path(buf, EMIT_PATH_MAX, flow->err, "%s/%s-%016llx", flow->cache, prefix,
                     (unsigned long long)key);
}

int synth_cache_have(struct flow *flow, const char *entry,
                     int (*make)(struct flow *flow, void *context, const char *folder),
                     void *context, int *found) {
    char made[EMIT_PATH_MAX];

    *found = emit_is_folder(entry);
    if (*found) {
        return 0;
    }
    if (emit_path(made, sizeof made, flow->err, "%s.%ld", entry, (long)getpid()) != 0 ||
        emit_remove(made, flow->err) != 0 || emit_folder(made, flow->err) != 0 ||
        make(flow, context, made) != 0) {
        return -1;
    }
    /* Another run may have been faster: then its entry is as good. */
    if (rename(made, entry) != 0) {
        if (!emit_is_folder(entry)) {
            return error_set_at(flow->err, entry, 0, 0, "cannot be written");
        }
        (void)emit_remove(made, NULL);
    }
    return 0;
}
