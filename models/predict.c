/* SPDX-License-Identifier: Apache-2.0
 *
 * Prediction of a whole layer.
 */
#include "models/predict.h"

#include "gen/command.h"
#include "models/perf.h"
#include "verif/tensor.h"

int predict_layer(const struct hw *hw, const struct layer *l, unsigned latency,
                  struct mapping *mapping, struct counters *out, struct error *err) {
    const struct layer part = tensor_group_layer(l);
    struct command_list list;
    if (mapping_search(hw, &part, mapping, err) ||
        command_list_build(hw, &part, mapping, 0, &list, err)) {
        return -1;
    }
    int status = perf_predict(hw, &list, latency, out, err);
    command_list_close(&list);
    counters_scale(out, l->groups > 1 ? l->groups : 1);
    return status;
}
