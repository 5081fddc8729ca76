/* SPDX-License-Identifier: Apache-2.0
 *
 * The Verilated tests/qadam_pe_harness.sv behind a C interface.
 */
#ifndef QADAM_TESTS_PE_SHIM_H
#define QADAM_TESTS_PE_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Inputs of one cycle; low bits count. */
struct pe_in {
    uint64_t act, weight, psum, a, b, out;
    uint8_t relu, shift;
};

/* Outputs after the clock edge that ends it, not sign-extended. */
struct pe_out {
    uint64_t sum, add, out;
    uint8_t ovf, add_ovf;
};

/* Clock count cycles. The symbol of the library is "pe_run". */
typedef void pe_run_function(const struct pe_in *in, struct pe_out *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
