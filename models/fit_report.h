/* SPDX-License-Identifier: Apache-2.0
 *
 * What a fit leaves: the file of models, tables of errors and of every design.
 */
#ifndef QADAM_FIT_REPORT_H
#define QADAM_FIT_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "models/fit.h"

/* The file of models (models/ppa.h reads it): of each quantity the coefficients with
 * terms and units, errors, interval and what it was compared with; ranges; where the data
 * came from. Caller owns it; NULL when out of memory. */
json_t *fit_report_json(const struct fit *fit, const struct fit_data *data,
                        const struct fit_options *opt);

/* A table of errors for people, and the same as CSV. */
void fit_report_print(const struct fit *fit, FILE *out);
int fit_report_errors(const struct fit *fit, const char *path, struct error *err);

/* CSV: actual, cross-validated and estimated values of every design. */
int fit_report_points(const struct fit *fit, const char *path, struct error *err);

#endif
