/* SPDX-License-Identifier: Apache-2.0
 *
 * The verbs of the program. Each takes the arguments after its name (argv[0] is the
 * verb) and returns the exit status: 0 success, 1 failure, 2 wrong usage. Verbs print
 * their own errors (error_print).
 */
#ifndef QADAM_VERBS_H
#define QADAM_VERBS_H

int verb_generate(int argc, char **argv);
int verb_simulate(int argc, char **argv);
int verb_import(int argc, char **argv);
int verb_predict(int argc, char **argv);
int verb_synth(int argc, char **argv);
int verb_synth_pe(int argc, char **argv);
int verb_pe_list(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_campaign(int argc, char **argv);
int verb_results(int argc, char **argv);
int verb_calibrate(int argc, char **argv);
int verb_accuracy(int argc, char **argv);
int verb_fit(int argc, char **argv);
int verb_explore(int argc, char **argv);

#endif
