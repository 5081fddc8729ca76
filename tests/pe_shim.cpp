// SPDX-License-Identifier: Apache-2.0
//
// The Verilated tests/qadam_pe_harness.sv behind the C interface of tests/pe_shim.h.

#include "Vqadam_pe_harness.h"
#include "verilated.h"

#include "tests/pe_shim.h"

extern "C" void pe_run(const struct pe_in *in, struct pe_out *out, size_t count) {
    static Vqadam_pe_harness top;
    for (size_t i = 0; i < count; i++) {
        top.clk_i = 0;
        top.act_i = in[i].act;
        top.weight_i = in[i].weight;
        top.psum_i = in[i].psum;
        top.a_i = in[i].a;
        top.b_i = in[i].b;
        top.out_i = in[i].out;
        top.relu_i = in[i].relu;
        top.shift_i = in[i].shift;
        top.eval();
        top.clk_i = 1;
        top.eval();
        out[i].sum = top.sum_o;
        out[i].ovf = top.ovf_o;
        out[i].add = top.add_o;
        out[i].add_ovf = top.add_ovf_o;
        out[i].out = top.out_o;
    }
}
