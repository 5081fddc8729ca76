/* SPDX-License-Identifier: Apache-2.0
 *
 * SCALE-Sim topologies: a header, then a layer in every row.
 *
 * The columns are known by their names in the header, written in any case. Rows end with
 * a comma. Convolution: layer name, IFMAP height, IFMAP width, filter height, filter
 * width, channels, num filter, strides (or stride height, stride width). GEMM: layer, M,
 * N, K. Rows whose name has "DP" in it are depthwise there, and so they are here.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/import_workload.h"

enum { COLUMNS_MAX = 64, FIELD_MAX = 128 };

/* What a column holds. */
enum column {
    NAME,
    IFMAP_HEIGHT,
    IFMAP_WIDTH,
    FILTER_HEIGHT,
    FILTER_WIDTH,
    CHANNELS,
    FILTERS,
    STRIDES,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    GEMM_M,
    GEMM_N,
    GEMM_K,
    KINDS,
    OTHER
};

/* Names of columns: letters only, in lower case, split by '|'. */
static const char *const column_names[KINDS] = {"layername|layer|name",
                                                "ifmapheight|ifmaph",
                                                "ifmapwidth|ifmapw",
                                                "filterheight|filterh",
                                                "filterwidth|filterw",
                                                "channels|channel",
                                                "numfilter|numfilters|filters",
                                                "strides|stride",
                                                "strideheight|stridesh|strideh",
                                                "stridewidth|stridesw|stridew",
                                                "m",
                                                "n",
                                                "k"};

/* A topology being read. */
struct topology {
    struct import_net *net;
    enum column columns[COLUMNS_MAX];
    size_t column_count;
    int has[KINDS];
    int64_t values[KINDS]; /* of the row */
    char name[FIELD_MAX];
    int line;
    unsigned rounded; /* layers whose stride does not divide */
    struct error *err;
};

static int fail(struct topology *t, size_t column, const char *text, const char *value) {
    return error_set_at(t->err, NULL, t->line, 0, "column %zu: %s \"%.60s\"", column + 1,
                        text, value);
}

/* Copy the field at *p, without blanks around it, and go on behind its comma.
 * Returns 0, or -1 at the end of the line. */
static int next_field(const char **p, const char *end, char *field) {
    if (*p > end) {
        return -1;
    }
    const char *comma = memchr(*p, ',', (size_t)(end - *p));
    const char *stop = comma ? comma : end;
    const char *first = *p;
    while (first < stop && isspace((unsigned char)*first)) {
        first++;
    }
    size_t length = 0;
    for (const char *at = first; at < stop; at++) {
        if (!isspace((unsigned char)*at)) {
            length = (size_t)(at - first) + 1;
        }
    }
    if (length > FIELD_MAX - 1) {
        length = FIELD_MAX - 1;
    }
    memcpy(field, first, length);
    field[length] = '\0';
    *p = stop + 1;
    return 0;
}

/* The kind of a column by its name in the header. */
static enum column column_of(const char *field) {
    char plain[FIELD_MAX];
    size_t used = 0;
    for (const char *p = field; *p != '\0'; p++) {
        if (isalpha((unsigned char)*p)) {
            plain[used++] = (char)tolower((unsigned char)*p);
        }
    }
    plain[used] = '\0';
    for (int i = 0; i < KINDS && used > 0; i++) {
        const char *p = column_names[i];
        while (p) {
            const size_t length = strcspn(p, "|");
            if (length == used && strncmp(p, plain, used) == 0) {
                return (enum column)i;
            }
            p = p[length] == '|' ? p + length + 1 : NULL;
        }
    }
    return OTHER;
}

static int read_header(struct topology *t, const char *p, const char *end) {
    char field[FIELD_MAX];
    while (next_field(&p, end, field) == 0) {
        if (t->column_count == COLUMNS_MAX) {
            return error_set_at(t->err, NULL, t->line, 0, "more than %d columns",
                                COLUMNS_MAX);
        }
        const enum column kind = column_of(field);
        if (kind != OTHER && t->has[kind]) {
            return fail(t, t->column_count, "is there twice:", field);
        }
        if (kind != OTHER) {
            t->has[kind] = 1;
        } else if (field[0] != '\0') {
            import_net_note(t->net, "column \"%.60s\" is not used", field);
        }
        t->columns[t->column_count++] = kind;
    }
    const int gemm = t->has[GEMM_M] && t->has[GEMM_N] && t->has[GEMM_K];
    int conv = t->has[STRIDES] || (t->has[STRIDE_HEIGHT] && t->has[STRIDE_WIDTH]);
    for (int i = IFMAP_HEIGHT; i <= FILTERS; i++) {
        conv = conv && t->has[i];
    }
    if (!t->has[NAME] || gemm == conv) {
        return error_set_at(t->err, NULL, t->line, 0,
                            "the header must name the columns of convolutions (layer "
                            "name, IFMAP height, IFMAP width, filter height, filter "
                            "width, channels, num filter, strides) or of GEMMs (layer, "
                            "M, N, K)");
    }
    return 0;
}

/* A whole number in a column of the row. */
static int read_number(struct topology *t, size_t column, const char *field) {
    char *end = NULL;
    errno = 0;
    const long long value = strtoll(field, &end, 10);
    if (end == field || *end != '\0' || errno != 0) {
        return fail(t, column, "must be a whole number, is", field);
    }
    t->values[t->columns[column]] = value;
    return 0;
}

/* Enlarge an input so that the layer has as many outputs as SCALE-Sim counts: it rounds
 * up where the stride does not divide. */
static int64_t rounded_up(struct topology *t, int64_t size, int64_t kernel,
                          int64_t stride) {
    if (stride < 1 || size < kernel || (size - kernel) % stride == 0) {
        return size;
    }
    t->rounded++;
    return size + stride - (size - kernel) % stride;
}

static int add_layer(struct topology *t, struct error *why) {
    const int64_t *v = t->values;
    if (t->has[GEMM_M]) {
        return import_work_gemm(t->net, t->name, v[GEMM_M], v[GEMM_N], v[GEMM_K], why);
    }
    const int depthwise = strstr(t->name, "DP") != NULL;
    const int64_t down = t->has[STRIDES] ? v[STRIDES] : v[STRIDE_HEIGHT];
    const int64_t right = t->has[STRIDES] ? v[STRIDES] : v[STRIDE_WIDTH];
    const struct import_work work = {
        .name = t->name,
        .h = rounded_up(t, v[IFMAP_HEIGHT], v[FILTER_HEIGHT], down),
        .w = rounded_up(t, v[IFMAP_WIDTH], v[FILTER_WIDTH], right),
        .r = v[FILTER_HEIGHT],
        .s = v[FILTER_WIDTH],
        .c = depthwise ? 1 : v[CHANNELS],
        .m = v[FILTERS],
        .groups = depthwise ? v[CHANNELS] : 1,
        .stride = {down, right}};
    return import_work_add(t->net, &work, why);
}

static int read_row(struct topology *t, const char *p, const char *end) {
    char field[FIELD_MAX];
    struct error why = {"", 0, 0, ""};
    int seen[KINDS] = {0};
    for (size_t i = 0; next_field(&p, end, field) == 0; i++) {
        const enum column kind = i < t->column_count ? t->columns[i] : OTHER;
        if (kind == OTHER || field[0] == '\0') {
            continue;
        }
        seen[kind] = 1;
        if (kind == NAME) {
            memcpy(t->name, field, sizeof t->name);
        } else if (read_number(t, i, field)) {
            return -1;
        }
    }
    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i] != OTHER && !seen[t->columns[i]]) {
            return error_set_at(t->err, NULL, t->line, 0, "column %zu is empty", i + 1);
        }
    }
    if (add_layer(t, &why)) {
        return error_set_at(t->err, NULL, t->line, 0, "layer %.60s: %.300s", t->name,
                            why.text);
    }
    return 0;
}

int import_scalesim(const uint8_t *bytes, size_t size, const struct layer_map *shape,
                    struct import_net *net, struct error *err) {
    struct topology t = {.net = net, .err = err};
    const char *p = (const char *)bytes, *last = p + size;
    int have_header = 0;
    if (shape) {
        return error_set(err, "--shape is for ONNX files");
    }
    for (t.line = 1; p < last; t.line++) {
        const char *newline = memchr(p, '\n', (size_t)(last - p));
        const char *end = newline ? newline : last, *text = p;
        while (text < end && isspace((unsigned char)*text)) {
            text++;
        }
        if (text < end &&
            (have_header ? read_row(&t, p, end) : read_header(&t, p, end))) {
            return -1;
        }
        have_header |= text < end;
        p = newline ? newline + 1 : last;
    }
    if (net->count == 0) {
        return error_set(err, "has no layers");
    }
    if (t.rounded > 0) {
        import_net_note(net,
                        "%u heights and widths are enlarged, as SCALE-Sim rounds up "
                        "where the stride does not divide",
                        t.rounded);
    }
    return 0;
}
