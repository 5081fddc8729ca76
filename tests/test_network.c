/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/network.c: the networks of the project, shapes, refusals.
 */
#include <criterion/criterion.h>

#include "gen/home.h"
#include "gen/network.h"
#include "tests/scratch.h"

static char home[EMIT_PATH_MAX];
static char folder[EMIT_PATH_MAX];

static void setup(void) {
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    scratch_folder(folder);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(network, .init = setup, .fini = teardown);

static void load(const char *name, struct network *net) {
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(network_load(home, name, net, &err), 0, "%s:%d: %s", err.file, err.line,
                 err.text);
    cr_assert_str_eq(net->name, name);
}

static const struct layer *find(const struct network *net, const char *name) {
    for (size_t i = 0; i < net->layer_count; i++) {
        if (strcmp(net->layers[i].name, name) == 0) {
            return &net->layers[i];
        }
    }
    cr_assert_fail("%s: no layer %s", net->name, name);
    return NULL;
}

/* Sums over a network. params adds to the weights what frameworks count with them: a
 * bias per filter, or for normalized networks scale and shift per filter of the
 * convolutions and a bias per filter of fc. */
struct sums {
    uint64_t conv_macs, macs, weights, params;
};

static struct sums sum(const struct network *net, int normalized) {
    struct sums s = {0, 0, 0, 0};
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct layer *l = &net->layers[i];
        s.macs += layer_macs(l);
        s.conv_macs += l->op == OP_CONV ? layer_macs(l) : 0;
        s.weights += layer_weights(l);
        if (layer_on_array(l)) {
            uint64_t per_filter = normalized && l->op == OP_CONV ? 2 : 1;
            s.params += layer_weights(l) + per_filter * l->m;
        }
    }
    return s;
}

/* Known counts. Sources:
 *   vgg16-imagenet, resnet*-imagenet: parameters (with biases, or batch normalization)
 *     and 10^9 multiply-adds as stated by torchvision, the weight metadata "num_params"
 *     and "_ops" of torchvision/models/{vgg,resnet}.py; its ResNet-50 has the stride in
 *     the 3x3 convolutions, as ours. VGG-16's 15,346,630,656 convolution MACs are the
 *     sum over the 13 layers of Simonyan and Zisserman, table 1, D.
 *   alexnet-imagenet: 60,965,224 parameters of the Caffe model (two groups); the MACs
 *     are added up by layer below. */
Test(network, known_counts) {
    static const struct {
        const char *name;
        uint64_t params;
        int normalized;
        unsigned mega_macs; /* 10^6, rounded */
    } known[] = {{"vgg16-imagenet", 138357544, 0, 15470},
                 {"resnet34-imagenet", 21797672, 1, 3664},
                 {"resnet50-imagenet", 25557032, 1, 4089},
                 {"alexnet-imagenet", 60965224, 0, 724}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct network net;
        load(known[i].name, &net);
        struct sums s = sum(&net, known[i].normalized);
        cr_expect_eq(s.params, known[i].params, "%s: %llu", net.name,
                     (unsigned long long)s.params);
        cr_expect_eq((s.macs + 500000) / 1000000, known[i].mega_macs, "%s: %llu",
                     net.name, (unsigned long long)s.macs);
        network_close(&net);
    }
}

Test(network, vgg16) {
    struct network net;
    load("vgg16-imagenet", &net);
    struct sums s = sum(&net, 0);
    cr_expect_eq(s.conv_macs, 15346630656u);
    cr_expect_eq(s.weights, 138344128u);
    const struct layer *l = find(&net, "conv5_3");
    cr_expect(l->c == 512 && l->h == 14 && l->w == 14 && l->m == 512 && l->e == 14);
    l = find(&net, "fc6");
    cr_expect(l->c == 25088 && l->h == 1 && l->w == 1 && l->m == 4096 && l->relu == 1);
    cr_expect_not_null(find(&net, "fc8"));
    network_close(&net);
}

/* The 13 convolutions by hand: a layer of c to m channels on n x n makes 9 c m n n MACs.
 */
Test(network, vgg16_cifar) {
    static const uint64_t by_hand[13][3] = {
        {3, 64, 32},   {64, 64, 32},  {64, 128, 16}, {128, 128, 16}, {128, 256, 8},
        {256, 256, 8}, {256, 256, 8}, {256, 512, 4}, {512, 512, 4},  {512, 512, 4},
        {512, 512, 2}, {512, 512, 2}, {512, 512, 2}};
    uint64_t macs = 0;
    uint64_t weights = 0;
    for (size_t i = 0; i < 13; i++) {
        const uint64_t *k = by_hand[i];
        weights += 9 * k[0] * k[1];
        macs += 9 * k[0] * k[1] * k[2] * k[2];
    }
    for (uint64_t classes = 10; classes <= 100; classes += 90) {
        struct network net;
        load(classes == 10 ? "vgg16-cifar10" : "vgg16-cifar100", &net);
        struct sums s = sum(&net, 0);
        cr_expect_eq(s.conv_macs, macs);
        cr_expect_eq(s.macs, macs + 512 * classes);
        cr_expect_eq(s.weights, weights + 512 * classes);
        network_close(&net);
    }
}

Test(network, alexnet) {
    static const struct {
        const char *name;
        uint64_t macs;
    } by_hand[] = {{"conv1", 105415200}, /* 55*55 * 96 * 11*11*3 */
                   {"conv2", 223948800}, /* 27*27 * 256 * 5*5*48 */
                   {"conv3", 149520384}, /* 13*13 * 384 * 3*3*256 */
                   {"conv4", 112140288}, /* 13*13 * 384 * 3*3*192 */
                   {"conv5", 74760192},  /* 13*13 * 256 * 3*3*192 */
                   {"fc6", 37748736},    /* 6*6*256 * 4096 */
                   {"fc7", 16777216},    /* 4096 * 4096 */
                   {"fc8", 4096000}};    /* 4096 * 1000 */
    struct network net;
    load("alexnet-imagenet", &net);
    for (size_t i = 0; i < sizeof by_hand / sizeof by_hand[0]; i++) {
        cr_expect_eq(layer_macs(find(&net, by_hand[i].name)), by_hand[i].macs, "%s",
                     by_hand[i].name);
    }
    cr_expect_eq(find(&net, "conv2")->groups, 2);
    network_close(&net);
}

/* 6n + 2 layers: stages of 16, 32, 64 filters on 32 x 32, 16 x 16, 8 x 8 (He et al.,
 * 2015, section 4.2), and two 1 x 1 projections in place of its option A. The
 * parameters without the projections are the paper's 0.27 M and 0.85 M (its table 6). */
Test(network, resnet_cifar) {
    static const char *const names[2][2] = {{"resnet20-cifar10", "resnet20-cifar100"},
                                            {"resnet56-cifar10", "resnet56-cifar100"}};
    for (unsigned i = 0; i < 4; i++) {
        uint64_t n = i < 2 ? 3 : 9;
        uint64_t classes = i % 2 ? 100 : 10;
        uint64_t weights = 432; /* 9 * 3 * 16 */
        uint64_t macs = weights * 32 * 32;
        for (uint64_t m = 16, size = 32; m <= 64; m *= 2, size /= 2) {
            uint64_t stage = 9 * m * ((2 * n - 1) * m + (m > 16 ? m / 2 : m));
            weights += stage;
            macs += stage * size * size;
        }
        uint64_t projections = 2560;       /* 16 * 32 + 32 * 64 */
        uint64_t projection_macs = 262144; /* 512 * 16 * 16 + 2048 * 8 * 8 */
        struct network net;
        load(names[i / 2][i % 2], &net);
        struct sums s = sum(&net, 1);
        cr_expect_eq(s.weights, weights + projections + 64 * classes, "%s", net.name);
        cr_expect_eq(s.macs, macs + projection_macs + 64 * classes, "%s", net.name);
        if (classes == 10) { /* in units of 10^4, rounded */
            uint64_t params = s.params - projections - 192;
            cr_expect_eq((params + 5000) / 10000, n == 3 ? 27 : 85, "%s: %llu", net.name,
                         (unsigned long long)params);
        }
        const struct layer *l = find(&net, "conv3_1s");
        cr_expect(l->r == 1 && l->u == 2 && l->pad == 0 && l->e == 16 && l->m == 32);
        l = find(&net, "add3_1");
        cr_expect(l->input_count == 2 && l->inputs[0] != l->inputs[1] && l->relu);
        network_close(&net);
    }
}

/* ---- networks made here ---- */

#define HEAD                                                                             \
    "{\"name\": \"n\", \"input\": {\"channels\": 4, \"height\": 9, \"width\": 7},\n"     \
    "\"layers\": [\n"
#define CONV1                                                                            \
    "{\"name\": \"c1\", \"op\": \"conv\", \"inputs\": [\"input\"], \"filters\": 6, "     \
    "\"kernel\": 3}"

/* Load a network of the given layers. */
static int load_text(const char *text, struct network *net, struct error *err) {
    char path[EMIT_PATH_MAX];
    scratch_file(folder, "n.json", text, path);
    return network_load(home, path, net, err);
}

Test(network, shapes) {
    struct network net;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(
        load_text(HEAD CONV1
                  ",\n{\"name\": \"c2\", \"op\": \"conv\", \"inputs\": [\"c1\"], "
                  "\"filters\": 4, \"kernel\": [5, 2], \"stride\": 3, \"pad\": 1, "
                  "\"groups\": 2},\n"
                  "{\"name\": \"m\", \"op\": \"maxpool\", \"inputs\": [\"c1\"], "
                  "\"kernel\": 3, \"stride\": 2, \"pad\": 1},\n"
                  "{\"name\": \"a\", \"op\": \"avgpool\", \"inputs\": [\"m\"]},\n"
                  "{\"name\": \"f\", \"op\": \"fc\", \"inputs\": [\"c2\"], "
                  "\"filters\": 5}], \"batch\": 3}",
                  &net, &err),
        0, "%d: %s", err.line, err.text);
    const struct layer *l = &net.layers[0];
    cr_expect(l->c == 4 && l->h == 9 && l->w == 7 && l->m == 6 && l->e == 7 && l->f == 5);
    cr_expect(l->r == 3 && l->s == 3 && l->u == 1 && l->pad == 0 && l->groups == 1);
    cr_expect_eq(l->line, 3);
    l = &net.layers[1];
    cr_expect(l->c == 6 && l->m == 4 && l->r == 5 && l->s == 2 && l->e == 2 && l->f == 2);
    cr_expect_eq(layer_macs(l), 480u); /* 4 * 2*2 * 5*2*3 */
    cr_expect_eq(layer_weights(l), 120u);
    cr_expect_eq(l->line, 4);
    l = &net.layers[2];
    cr_expect(l->c == 6 && l->m == 6 && l->e == 4 && l->f == 3 && layer_macs(l) == 0);
    l = &net.layers[3];
    cr_expect(l->r == 4 && l->s == 3 && l->e == 1 && l->f == 1 && !layer_on_array(l));
    l = &net.layers[4];
    cr_expect(l->c == 16 && l->h == 1 && l->w == 3 && l->m == 5 && l->f == 3);
    cr_expect_eq(layer_macs(l), 240u); /* 16 * 5 * 3 */
    network_close(&net);
}

Test(network, fc_of_fc_and_matmul) {
    struct network net;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(
        load_text(HEAD
                  "{\"name\": \"f1\", \"op\": \"fc\", \"inputs\": [\"input\"], "
                  "\"filters\": 8},\n"
                  "{\"name\": \"f2\", \"op\": \"fc\", \"inputs\": [\"f1\"], "
                  "\"filters\": 8},\n"
                  "{\"name\": \"s\", \"op\": \"add\", \"inputs\": [\"f1\", \"f2\"]},\n"
                  "{\"name\": \"f3\", \"op\": \"fc\", \"inputs\": [\"s\"], "
                  "\"filters\": 2},\n"
                  "{\"name\": \"k\", \"op\": \"conv\", \"inputs\": [\"input\"], "
                  "\"filters\": 10, \"kernel\": [6, 7]},\n"
                  "{\"name\": \"x\", \"op\": \"matmul\", \"inputs\": [\"input\", "
                  "\"k\"]}], \"batch\": 2}",
                  &net, &err),
        0, "%d: %s", err.line, err.text);
    cr_expect(net.layers[2].w == 1 && net.layers[2].f == 1 && net.layers[2].c == 8);
    cr_expect(net.layers[3].c == 8 && net.layers[3].w == 2);
    const struct layer *l = &net.layers[5];
    cr_expect(l->c == 4 && l->m == 10 && l->e == 9 && l->f == 7);
    cr_expect_eq(layer_macs(l), 2520u); /* 4 * 10 * 9*7 */
    cr_expect_eq(layer_weights(l), 0);
    network_close(&net);
}

/* Layers with an input of their own, beside connected ones; the network needs none. */
Test(network, unconnected) {
    struct network net;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(
        load_text("{\"name\": \"n\", \"layers\": [\n{\"name\": \"c\", \"op\": \"conv\", "
                  "\"input\": {\"channels\": 3, \"height\": 8, \"width\": 9}, "
                  "\"filters\": 4, \"kernel\": 3},\n"
                  "{\"name\": \"f\", \"op\": \"fc\", \"input\": {\"channels\": 5, "
                  "\"height\": 2, \"width\": 3}, \"filters\": 7},\n"
                  "{\"name\": \"d\", \"op\": \"conv\", \"inputs\": [\"c\"], "
                  "\"filters\": 2, \"kernel\": 1}]}",
                  &net, &err),
        0, "%d: %s", err.line, err.text);
    const struct layer *l = net.layers;
    cr_expect(l[0].c == 3 && l[0].h == 8 && l[0].w == 9 && l[0].e == 6 && l[0].f == 7);
    cr_expect(l[0].input_count == 0 && l[1].input_count == 0);
    cr_expect(l[1].c == 30 && l[1].m == 7 && layer_macs(&l[1]) == 210);
    cr_expect(l[2].input_count == 1 && l[2].inputs[0] == 1 && l[2].c == 4);
    cr_expect(net.c == 0 && net.weights[0] == '\0');
    network_close(&net);
}

/* The file of the tensors is found from the network's folder. */
Test(network, weights_path) {
    static const char *const files[] = {"w.safetensors", "../w", "/w"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char text[1024], wanted[EMIT_PATH_MAX];
        struct network net;
        struct error err = {"", 0, 0, ""};
        (void)snprintf(text, sizeof text, HEAD CONV1 "], \"weights\": \"%s\"}", files[i]);
        cr_assert_eq(load_text(text, &net, &err), 0, "%s", err.text);
        (void)snprintf(wanted, sizeof wanted, "%.900s/%s",
                       files[i][0] == '/' ? "" : folder, files[i] + (files[i][0] == '/'));
        cr_expect_str_eq(net.weights, wanted);
        network_close(&net);
    }
}

/* The user's batch comes before the file's, and fc layers take it. */
Test(network, batch) {
    const char *text = HEAD CONV1
        ",\n{\"name\": \"f\", \"op\": \"fc\", \"inputs\": [\"c1\"], \"filters\": 5}],"
        " \"batch\": 3}";
    char path[EMIT_PATH_MAX];
    struct network net;
    struct error err = {"", 0, 0, ""};
    scratch_file(folder, "batch.json", text, path);
    static const unsigned batches[][2] = {
        {0, 3}, {1, 1}, {7, 7}, {NETWORK_BATCH_MAX, NETWORK_BATCH_MAX}};
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        cr_assert_eq(network_load_batch(home, path, batches[i][0], &net, &err), 0, "%s",
                     err.text);
        const unsigned batch = batches[i][1];
        const struct layer *conv = &net.layers[0], *fc = &net.layers[1];
        cr_expect_eq(net.batch, batch);
        cr_expect(conv->w == 7 && conv->f == 5 && layer_runs(&net, conv) == batch);
        cr_expect(fc->w == batch && fc->f == batch && layer_runs(&net, fc) == 1);
        cr_expect_eq(layer_macs(fc), (uint64_t)210 * 5 * batch);
        network_close(&net);
    }
}

/* Wrong layers after c1: line, column, text. */
static const struct wrong {
    const char *layers;
    int line, column;
    const char *error;
} wrongs[] = {
    {"{\"name\": \"a\", \"op\": \"conv\", \"inputs\": [\"c1\"], \"filters\": 1, "
     "\"kernel\": 8}",
     4, 71, "layer a: kernel is 8 x 8, must be at most the padded input, 7 x 5"},
    {"{\"name\": \"a\", \"op\": \"conv\", \"inputs\": [\"c1\"], \"filters\": 1, "
     "\"kernel\": [3, 0]}",
     4, 71, "layer a: kernel must be a number or [rows, columns], each 1 to 255"},
    {"{\"name\": \"a\", \"op\": \"conv\", \"inputs\": [\"c1\"], \"filters\": 1, "
     "\"kernel\": [3]}",
     4, 71, "layer a: kernel must be a number or [rows, columns], each 1 to 255"},
    {"{\"name\": \"a\", \"op\": \"conv\", \"inputs\": [\"c1\"], \"filters\": 1, "
     "\"kernel\": 3, \"pad\": 3}",
     4, 81, "layer a: pad is 3, must be less than the kernel (3)"},
    {"{\"name\": \"a\", \"op\": \"conv\", \"inputs\": [\"c1\"], \"filters\": 4, "
     "\"kernel\": 3, \"groups\": 4}",
     4, 84, "layer a: groups is 4, must divide the 6 input channels and the 4 filters"},
    {"{\"name\": \"a\", \"op\": \"conv\", \"inputs\": [\"c1\"], \"filters\": 4, "
     "\"kernel\": 3, \"stride\": 17}",
     4, 84, "stride is 17, must be 1 to 16"},
    {"{\"name\": \"a\", \"op\": \"conv\", \"inputs\": [\"c1\"], \"filters\": 65536, "
     "\"kernel\": 3}",
     4, 58, "filters is 65536, must be 1 to 65535"},
    {"{\"name\": \"a\", \"op\": \"conv\", \"inputs\": [\"c1\"], \"kernel\": 3}", 4, 1,
     "filters is missing, must be 1 to 65535"},
    {"{\"name\": \"a\", \"op\": \"add\", \"inputs\": [\"c1\", \"input\"]}", 4, 38,
     "layer a: inputs of add are 6 x 7 x 5 and 4 x 9 x 7 (channels x height x width), "
     "must "
     "be the same"},
    {"{\"name\": \"a\", \"op\": \"add\", \"inputs\": [\"c1\"]}", 4, 38,
     "layer a: inputs must be a list of 2 layer names for add"},
    {"{\"name\": \"a\", \"op\": \"fc\", \"inputs\": [\"c2\"], \"filters\": 1}", 4, 38,
     "layer a: no layer \"c2\" before it, did you mean \"c1\"?"},
    {"{\"name\": \"a\", \"op\": \"fc\", \"inputs\": [\"a\"], \"filters\": 1}", 4, 38,
     "layer a: input \"a\" must come before the layer"},
    {"{\"name\": \"c1\", \"op\": \"fc\", \"inputs\": [\"c1\"], \"filters\": 1}", 4, 10,
     "layer c1: the layer of line 3 has the same name"},
    {"{\"name\": \"input\", \"op\": \"fc\", \"inputs\": [\"c1\"], \"filters\": 1}", 4, 10,
     "layer input: \"input\" is the name of the network's input"},
    {"{\"name\": \"a b\", \"op\": \"fc\", \"inputs\": [\"c1\"], \"filters\": 1}", 4, 10,
     "name is \"a b\", must be a plain name: a letter or _, then letters, digits, _ or "
     "-, "
     "at most 63 characters"},
    {"{\"name\": \"a\", \"op\": \"cnv\", \"inputs\": [\"c1\"]}", 4, 21,
     "unknown op \"cnv\", did you mean \"conv\"?"},
    {"{\"name\": \"a\", \"op\": 3, \"inputs\": [\"c1\"]}", 4, 21,
     "op must be one of conv, fc, matmul, add, maxpool, avgpool"},
    {"{\"name\": \"a\", \"inputs\": [\"c1\"]}", 4, 1,
     "a layer must be an object with the key \"op\""},
    {"7", 4, 1, "a layer must be an object with the key \"op\""},
    {"{\"name\": \"a\", \"op\": \"maxpool\", \"inputs\": [\"c1\"], \"kernel\": 2, "
     "\"filters\": 3}",
     4, 63,
     "unknown key \"filters\", known are: name, op, inputs, input, kernel, stride, pad"},
    {"{\"name\": \"a\", \"op\": \"avgpool\", \"inputs\": [\"c1\"], \"stride\": 2}", 4, 60,
     "layer a: a global avgpool (without kernel) takes no pad and no stride"},
    {"{\"name\": \"a\", \"op\": \"matmul\", \"inputs\": [\"c1\", \"input\"]}", 4, 41,
     "layer a: the second input of matmul has 63 positions, must be 6: the channels of "
     "the first"},
    {"{\"name\": \"a\", \"op\": \"fc\", \"inputs\": [\"c1\"], \"filters\": 1, "
     "\"input\": {\"channels\": 1, \"height\": 1, \"width\": 1}}",
     4, 68, "layer a: input is for a layer without inputs"},
    {"{\"name\": \"a\", \"op\": \"fc\", \"filters\": 1}", 4, 1,
     "layer a: inputs must be a list of 1 layer name for fc"},
    {"{\"name\": \"a\", \"op\": \"fc\", \"filters\": 1, \"input\": {\"channels\": 1}}", 4,
     50, "height is missing, must be 1 to 65535"},
    {"{\"name\": \"a\", \"op\": \"add\", \"input\": {\"channels\": 1}}", 4, 28,
     "unknown key \"input\", did you mean \"inputs\"?"}};

Test(network, wrong_layers_are_refused) {
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        struct network net;
        struct error err = {"", 0, 0, ""};
        char text[2048];
        (void)snprintf(text, sizeof text, "%s%s,\n%s]}", HEAD, CONV1, w->layers);
        cr_expect_eq(load_text(text, &net, &err), -1, "%s", w->layers);
        cr_expect_str_eq(err.text, w->error);
        cr_expect_eq(err.line, w->line, "%s: line %d", w->layers, err.line);
        cr_expect_eq(err.column, w->column, "%s: column %d", w->layers, err.column);
        cr_expect_null(net.layers);
    }
}

Test(network, large_shapes_do_not_overflow) {
    struct network net;
    struct error err = {"", 0, 0, ""};
    const char *text = "{\"name\": \"n\", \"input\": {\"channels\": 65535, \"height\": "
                       "65535, \"width\": "
                       "65535},\n\"layers\": [{\"name\": \"c\", \"op\": \"conv\", "
                       "\"inputs\": [\"input\"], "
                       "\"filters\": 65535, \"kernel\": 255}]}";
    cr_expect_eq(load_text(text, &net, &err), -1);
    cr_expect_str_eq(err.text, "layer c: the network has more than 2^63 MACs with it");
    struct error fc = {"", 0, 0, ""};
    cr_expect_eq(
        load_text("{\"name\": \"n\", \"input\": {\"channels\": 65535, \"height\": "
                  "65535, \"width\": 65535},\n\"layers\": [{\"name\": \"f\", "
                  "\"op\": \"fc\", \"inputs\": [\"input\"], \"filters\": 1}]}",
                  &net, &fc),
        -1);
    cr_expect_str_eq(fc.text, "layer f: fc has 281462092005375 inputs (65535 x 65535 x "
                              "65535), at most 65535");
    struct layer l = {.op = OP_CONV,
                      .c = 65535,
                      .m = 65535,
                      .e = 65535,
                      .f = 65535,
                      .r = 255,
                      .s = 255,
                      .groups = 1};
    cr_expect_eq(layer_macs(&l), UINT64_MAX);
    l = (struct layer){.op = OP_FC,
                       .c = 65535,
                       .m = 65535,
                       .e = 1,
                       .f = 65535,
                       .r = 1,
                       .s = 1,
                       .groups = 1};
    cr_expect_eq(layer_macs(&l), (uint64_t)65535 * 65535 * 65535);
}

Test(network, other_refusals) {
    static const char *const texts[][2] = {
        {"{\"name\": \"n\", \"layers\": [{\"name\": \"f\", \"op\": \"fc\", \"inputs\": "
         "[\"input\"], \"filters\": 1}]}",
         "layer f: the network has no \"input\", give its shape"},
        {HEAD "]}", "layers must be a list of 1 to 10000 layers"},
        {"{\"name\": \"n\", \"input\": {\"channels\": 0, \"height\": 1, \"width\": 1}, "
         "\"layers\": []}",
         "channels is 0, must be 1 to 65535"},
        {"{\"name\": \"n\", \"input\": 3, \"layers\": []}", "must be an object { ... }"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct network net;
        struct error err = {"", 0, 0, ""};
        cr_expect_eq(load_text(texts[i][0], &net, &err), -1);
        cr_expect_str_eq(err.text, texts[i][1]);
    }
    struct network net;
    struct error err = {"", 0, 0, ""};
    cr_expect_eq(network_load(home, "vgg17", &net, &err), -1);
    cr_expect_eq(strncmp(err.text,
                         "no network file or name \"vgg17\"; the names are: "
                         "alexnet-imagenet, ",
                         strlen("no network file or name \"vgg17\"; the names are: "
                                "alexnet-imagenet, ")),
                 0);
    struct error file = {"", 0, 0, ""};
    cr_expect_eq(network_load(home, "./no.json", &net, &file), -1);
    cr_expect_str_eq(file.text, "cannot be read: No such file or directory");
}
