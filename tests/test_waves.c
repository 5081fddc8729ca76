/* SPDX-License-Identifier: Apache-2.0 */
#include "synth_flows/waves.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"
#include "tests/scratch.h"

/* Two scopes, one inside the other and one beside it with the same codes; three rising
 * edges of the clock after the first time stamp; a vector that is shortened; x. */
static const char vcd[] = "$timescale 1ps $end\n"
                          " $scope module tb $end\n"
                          "  $var wire 1 # clk $end\n"
                          "  $scope module dut $end\n"
                          "   $var wire 1 # clk_i $end\n"
                          "   $var wire 1 $ u_a.b[3] $end\n"
                          "   $var wire 3 % bus [2:0] $end\n"
                          "   $var wire 1 $ alias $end\n"
                          "   $scope module g1 $end\n"
                          "    $var wire 1 & A $end\n"
                          "   $upscope $end\n"
                          "  $upscope $end\n"
                          "  $var wire 1 & outside $end\n"
                          " $upscope $end\n"
                          "$enddefinitions $end\n"
                          "#10\n0#\n1$\nb101 %\n0&\n"
                          "#11\n1#\n0$\n"
                          "#12\n0#\nb11 %\n"
                          "#13\n1#\n1$\n"
                          "#14\n0#\nx$\n1&\n"
                          "#15\n1#\nb0 %\n"
                          "#16\n0#\n";

static char *counted(const char *text, const char *scope, struct waves_summary *summary,
                     struct error *err) {
    char folder[EMIT_PATH_MAX], in[EMIT_PATH_MAX], out[EMIT_PATH_MAX], *result = NULL;

    scratch_folder(folder);
    scratch_file(folder, "in.vcd", text, in);
    scratch_file(folder, "out", "", out);
    if (waves_toggles(in, scope, out, summary, err) == 0) {
        cr_assert_eq(emit_read(out, &result, NULL, NULL), 0);
    }
    cr_assert_eq(emit_remove(folder, NULL), 0);
    return result;
}

Test(waves, counts_toggles_and_duty_of_one_scope) {
    struct waves_summary summary;
    struct error err = {"", 0, 0, ""};
    char *text = counted(vcd, "dut", &summary, &err);

    cr_assert_not_null(text, "%s", err.text);
    cr_expect_str_eq(text, "clk_i 2.000000 0.500000\n"
                           "u_a.b[3] 1.000000 0.333333\n"
                           "bus[0] 0.333333 0.833333\n"
                           "bus[1] 0.666667 0.500000\n"
                           "bus[2] 0.333333 0.333333\n"
                           "alias 1.000000 0.333333\n");
    cr_expect_eq(summary.cycles, 3);
    cr_expect_float_eq(summary.toggles, 2.0 / 3, 1e-9);
    free(text);
}

Test(waves, refuses_what_it_cannot_count) {
    struct waves_summary summary;
    struct error err = {"", 0, 0, ""};

    cr_assert_null(counted(vcd, "nowhere", &summary, &err));
    cr_expect_not_null(strstr(err.text, "no clk_i"), "%s", err.text);
    err.text[0] = '\0';
    cr_assert_null(counted("$scope module a $end\n$var wire 1 ! clk_i $end\n"
                           "$enddefinitions $end\n#0\n0!\n",
                           "a", &summary, &err));
    cr_expect_not_null(strstr(err.text, "no cycle"), "%s", err.text);
    err.text[0] = '\0';
    cr_assert_null(
        counted("$scope module a $end\n$var wire 0 ! clk_i $end\n", "a", &summary, &err));
    cr_expect_not_null(strstr(err.text, "0 bits wide"), "%s", err.text);
    err.text[0] = '\0';
    cr_assert_eq(waves_toggles("no/such.vcd", "a", "out", &summary, &err), -1);
}
