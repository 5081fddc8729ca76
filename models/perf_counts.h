/* SPDX-License-Identifier: Apache-2.0
 *
 * Accesses of the array: sums over the loop nest. They do not depend on time.
 */
#ifndef QADAM_PERF_COUNTS_H
#define QADAM_PERF_COUNTS_H

#include "gen/design.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "verif/counters.h"

/* Add the words of the ifmap, filter and psum buses, the array's GLB reads and writes,
 * the spad accesses and the MACs. *l is the layer as *m views it, slices the kernel
 * slices of *m (mapping_slice). */
void perf_counts(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 const struct kernel_slice *slices, struct counters *out);

#endif
