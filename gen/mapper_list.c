/* SPDX-License-Identifier: Apache-2.0
 *
 * Sorted lists of shapes.
 */
#include "gen/mapper_list.h"

#include <string.h>

uint64_t mapper_list_limit(const struct mapper_list *list) {
    return list->count == list->room ? list->shapes[list->count - 1].cycles : UINT64_MAX;
}

void mapper_list_add(struct mapper_list *list, const struct mapper_candidate *shape) {
    unsigned at = list->count;
    if (shape->cycles >= mapper_list_limit(list)) {
        return;
    }
    while (at > 0 && list->shapes[at - 1].cycles > shape->cycles) {
        at--;
    }
    if (list->count < list->room) {
        list->count++;
    }
    memmove(&list->shapes[at + 1], &list->shapes[at],
            (list->count - 1 - at) * sizeof *list->shapes);
    list->shapes[at] = *shape;
}
