/* SPDX-License-Identifier: Apache-2.0
 *
 * The compute unit as an automaton: slots in which it makes no difference to take a step.
 */
#include "models/perf_chain.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/mapper_cases.h"

/* A move but for the span that follows a step taken in an empty array. */
static void check_same(const struct chain_move *want, const struct chain_move *got,
                       unsigned number, uint64_t slot) {
    cr_assert_eq(got->next, want->next, "case %u slot %llu", number,
                 (unsigned long long)slot);
    cr_assert_eq(got->next_at, want->next_at);
    cr_assert_eq(got->retired_count, want->retired_count);
    cr_assert_eq(memcmp(got->retired, want->retired, sizeof got->retired), 0);
    cr_assert_eq(memcmp(got->counts, want->counts, sizeof got->counts), 0);
    cr_assert_eq(got->idle.from, want->idle.from);
    cr_assert_eq(got->idle.to, want->idle.to);
}

/* All slots that are said to be indifferent, in one state. Returns their number. */
static unsigned check_state(struct chain *c, uint32_t *state, unsigned kind,
                            unsigned number) {
    const struct chain_move *m = chain_move(c, state, 0, kind);
    cr_assert_not_null(m);
    const struct chain_move first = *m;
    unsigned count = 0;
    for (uint64_t slot = 1; slot < 300 && chain_indifferent(c, *state, slot); slot++) {
        const uint64_t generation = chain_generation(c);
        m = chain_move(c, state, slot, kind);
        cr_assert_not_null(m);
        if (chain_generation(c) != generation) { /* states have other numbers now */
            break;
        }
        check_same(&first, m, number, slot);
        count++;
    }
    return count;
}

/* Walk through states of a random mapping, by slots that are early, late or too late. */
static unsigned walk(unsigned number, struct chain *c) {
    struct prng g = prng_make(9, "indifferent", number);
    const struct hw hw = case_random_design(&g);
    const struct layer l = case_random_layer(&g, 400000);
    struct mapping m;
    struct chain_config config;
    unsigned count = 0, in_flight = 0;
    uint32_t state = 0;
    if (case_random_mapping(&g, &hw, &l, &m)) {
        return 0;
    }
    const struct layer view = mapping_view(&l, &m);
    chain_configure(&config, &hw, &view, &m);
    cr_assert_eq(chain_start(c, &config), 0);
    for (unsigned step = 0; step < 30; step++) {
        const unsigned kind = prng_below(&g, 4) ? 0 : (unsigned)prng_below(&g, 8);
        uint64_t slot = 0;
        if (in_flight >= CHAIN_CONTEXTS) { /* no step may be taken: let it run empty */
            const struct chain_tail *t = chain_tail(c, state);
            cr_assert_not_null(t);
            state = t->empty;
            in_flight = 0;
        }
        if (!chain_is_empty(c, state)) {
            count += check_state(c, &state, kind, number);
            const struct chain_tail *t = chain_tail(c, state);
            cr_assert_not_null(t);
            slot = prng_below(&g, prng_below(&g, 2) ? t->slots + 1 : t->slots / 2 + 1);
        }
        const struct chain_move *move = chain_move(c, &state, slot, kind);
        cr_assert_not_null(move);
        state = move->next;
        in_flight += 1 - move->retired_count;
    }
    return count;
}

/* In all slots that chain_indifferent accepts, the move is the one of slot 0. */
Test(perf_chain, indifferent_slots) {
    struct chain *c = chain_new();
    unsigned count = 0;
    cr_assert_not_null(c);
    for (unsigned i = 0; i < 600; i++) {
        count += walk(i, c);
    }
    chain_free(c);
    cr_assert_gt(count, 10000);
}
