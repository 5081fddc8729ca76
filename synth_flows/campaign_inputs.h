/* SPDX-License-Identifier: Apache-2.0
 *
 * What the results of a campaign depend on: internal to the campaign.
 */
#ifndef QADAM_SYNTH_CAMPAIGN_INPUTS_H
#define QADAM_SYNTH_CAMPAIGN_INPUTS_H

#include <jansson.h>

#include "gen/error.h"
#include "gen/space.h"
#include "synth_flows/campaign.h"

/* Find the inputs: an object of names and hashes, versions and options; "rtl" holds an
 * object with a hash for each PE type of the space. folder is for files on the way.
 * Caller owns it. Returns NULL with *err set: a missing file or tool. */
json_t *campaign_inputs(const struct campaign_options *opt, const struct space *space,
                        const char *folder, struct error *err);

/* The inputs of one PE type: "rtl" is its hash. Caller owns it; NULL without memory. */
json_t *campaign_inputs_of(const json_t *inputs, const char *pe_type);

#endif
