/* SPDX-License-Identifier: Apache-2.0
 *
 * PE_CLONES before a function: on x86-64 it is compiled also for AVX2, and the loader
 * takes that where the processor has it. Results are the same: the build forbids fused
 * multiply-adds.
 */
#ifndef QADAM_CLONES_H
#define QADAM_CLONES_H

#if defined(__x86_64__) && defined(__gnu_linux__)
#define PE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define PE_CLONES
#endif

#endif
