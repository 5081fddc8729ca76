/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults: what is drawn can happen in the run, and is prepared as it is described.
 */
#include <criterion/criterion.h>

#include "verif/fault.h"

enum { SEEDS = 400, BLOCK = 512 };

/* A list of a CONFIG, five STOREs and END. */
static struct command commands[COMMAND_BLOCK] = {
    {{CMD_CONFIG}}, {{CMD_STORE}}, {{CMD_STORE}}, {{CMD_STORE}},
    {{CMD_STORE}},  {{CMD_STORE}}, {{CMD_END}},   {{0}}};
static const struct command_list list = {
    .commands = commands, .count = COMMAND_BLOCK, .dram = {.commands = BLOCK}};

static struct counters counts(void) {
    struct counters c = {{0}};
    c.value[CNT_CYCLES] = 1000;
    c.value[CNT_AXI_READS] = 30;
    return c;
}

/* Whether a fault can happen in the run. */
static int possible(const struct fault *f) {
    switch (f->kind) {
    case FAULT_READ:
        return f->at >= 1 && f->at <= 30;
    case FAULT_WRITE:
        return f->at >= 1 && f->at <= 5;
    case FAULT_COMMAND:
        return f->at <= 6;
    case FAULT_RESET:
        return f->at < 1000;
    case FAULT_KINDS:
        break;
    }
    return 0;
}

Test(fault, draws_what_can_happen) {
    const struct counters predicted = counts();
    unsigned seen[FAULT_KINDS] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const struct fault f = fault_draw(seed, "layer", &list, &predicted);
        const struct fault again = fault_draw(seed, "layer", &list, &predicted);
        cr_assert(possible(&f), "kind %d at %llu", (int)f.kind, (unsigned long long)f.at);
        cr_assert(f.kind == again.kind && f.at == again.at);
        seen[f.kind]++;
    }
    for (unsigned k = 0; k < FAULT_KINDS; k++) {
        cr_assert_gt(seen[k], SEEDS / 8, "kind %u: %u", k, seen[k]);
    }
}

Test(fault, prepares_the_memory) {
    static uint8_t image[2 * BLOCK];
    struct memory mem = {.image = image};
    const struct fault faults[] = {{FAULT_READ, 7}, {FAULT_WRITE, 2}, {FAULT_COMMAND, 3}};
    for (unsigned i = 0; i < 3; i++) {
        fault_prepare(&faults[i], &list, &mem);
    }
    cr_assert_eq(mem.config.read_error_beat, 7);
    cr_assert_eq(mem.config.write_error_burst, 2);
    for (unsigned i = 0; i < sizeof image; i++) {
        const uint8_t opcode = image[i];
        cr_assert_eq(opcode != 0, i == BLOCK + 3 * sizeof(struct command));
        cr_assert(opcode == 0 || opcode > CMD_END);
    }
}

Test(fault, says_what_it_is) {
    char text[48];
    const struct fault f = {FAULT_READ, 12};
    cr_assert_str_eq(fault_text(&f, text, sizeof text), "read error at beat 12");
}
