/* SPDX-License-Identifier: Apache-2.0
 *
 * Building the simulator of a design: generated RTL through Verilator into libsim.so.
 */
#ifndef QADAM_BUILD_H
#define QADAM_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "verif/sim.h"

enum build_trace { BUILD_NO_TRACE, BUILD_VCD, BUILD_FST };

struct build_options {
    enum build_trace trace;
    int quick;     /* 1: compile fast, run slower (for many small designs) */
    unsigned jobs; /* compilers at a time */
    /* Called before a build that takes time, with the design's name; may be NULL. */
    void (*progress)(const char *design);
};

/* Build the simulator of a design, or find it in the cache (gen/home.h): the key is a
 * hash over the generated files (but for texts), the shim, Verilator's version and
 * options. The log of a build stays beside it as sim-KEY.log. The C++ compiler is $CXX,
 * g++ by default (clang++ 14 builds in two thirds of the time, and its models run a fifth
 * faster).
 *
 *   home  folder that holds hdl/, pe_lib/ and verif/
 *   path  out: path of libsim.so
 *
 * Returns 0, or -1 with *err set; then the cache is as it was, but for the log. */
int build_sim(const char *home, const struct hw *hw, const struct build_options *options,
              char *path, size_t size, struct error *err);

/* The key alone, without a build. Returns 0, or -1 with *err set. */
int build_key(const char *home, const struct hw *hw, const struct build_options *options,
              uint64_t *key, struct error *err);

/* A loaded library. */
struct sim_library {
    void *handle;
    const struct sim_api *api;
};

/* Load libsim.so; caller ends with sim_library_close.
 * Returns 0, or -1 with *err set. */
int sim_library_open(struct sim_library *lib, const char *path, struct error *err);
void sim_library_close(struct sim_library *lib);

#endif
