/* SPDX-License-Identifier: Apache-2.0
 *
 * Prediction of a whole layer.
 */
#include "models/predict.h"

#include "models/perf.h"
#include "verif/tensor.h"

int predict_layer(const struct hw *hw, const struct layer *l, unsigned latency,
                  struct mapping *mapping, struct counters *out, struct error *err) {
    const struct layer part = tensor_group_layer(l);
    if (mapping_search(hw, &part, mapping, err) ||
        perf_predict(hw, &part, mapping, latency, out, err)) {
        return -1;
    }
    counters_scale(out, l->groups > 1 ? l->groups : 1);
    return 0;
}
