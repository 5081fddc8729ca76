#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Check `qadam import` of ONNX files by their numbers.

    import_check.py PROGRAM [GRAPHS [SEED]]
    import_check.py PROGRAM --model FILE    only this file, on random images

An imported network, computed in NumPy (tests/import_net.py), must give what the graph
gives:

* ONNX's own test cases of single nodes (python3-onnx has them, with their outputs): the
  first input stays the network's, all others become constants. Each must be equal, or be
  refused with the reason listed below.
* The same with all inputs constant: what the import computes itself.
* Random graphs made here, of all operations that are mapped.

Wrong models must be refused with their messages. Prints what differs, and
"N passed, N failed".
"""
import importlib
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import onnx.backend.test.case.node as node_cases
    from onnx import TensorProto, helper, numpy_helper
except ImportError as why:
    print(f"no {why.name} for this Python")
    sys.exit(77)

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import import_net  # noqa: E402

OPERATIONS = ("conv maxpool averagepool globalaveragepool globalmaxpool gemm matmul "
              "batchnorm relu clip add sub mul div sum flatten reshape pad slice concat "
              "identity dropout transpose squeeze unsqueeze").split()
CONSTANT_OPERATIONS = ("add sub mul div flatten reshape slice concat identity transpose "
                       "squeeze unsqueeze gather cast neg sqrt constant constantofshape "
                       "shape").split()

passed = 0
failed = 0


def verdict(name, text):
    """Count a check; text is what is wrong, or empty."""
    global passed, failed
    if text:
        failed += 1
        print(f"{name}: {text}")
    else:
        passed += 1


def import_model(program, folder, model):
    return import_bytes(program, folder, model.SerializeToString())


def import_bytes(program, folder, data):
    """Returns the network's path and None, or None and the message."""
    source, net = os.path.join(folder, "m.onnx"), os.path.join(folder, "net.json")
    with open(source, "wb") as f:
        f.write(data)
    run = subprocess.run([program, "import", source, "-o", net], capture_output=True,
                         text=True, check=False)
    if run.returncode == 0:
        return net, None
    if run.returncode != 1 or not run.stderr.startswith("qadam: "):
        return None, f"exit status {run.returncode}: {run.stderr}"
    return None, run.stderr.removeprefix("qadam: ").removeprefix(source + ": ").strip()


def compare(net, image, wanted):
    got = import_net.run(net, image)
    if got.size != wanted.size:
        return f"{got.size} outputs, wanted {wanted.size}"
    limit = 1e-5 * max(1.0, float(np.abs(wanted).max()))
    error = float(np.abs(got.reshape(wanted.shape) - wanted).max())
    return "" if error <= limit else f"error {error}, at most {limit}"


# ---- ONNX's own cases ----

# Cases that are refused, by a part of the message.
REFUSED = {
    "is not one number for each of":
        "add add_bcast div div_bcast gemm_default_matrix_bias mul mul_bcast sub sub_bcast",
    "data type":
        "add_uint8 maxpool_2d_uint8 clip_default_int8_max clip_default_int8_min div_uint8 "
        "edge_pad mul_uint8 reflect_pad sub_uint8",
    "must be [N, C, H, W]":
        "averagepool_1d_default maxpool_1d_default",
    "is not the same as one on every side":
        "averagepool_2d_ceil averagepool_2d_same_lower averagepool_2d_same_upper "
        "maxpool_2d_ceil maxpool_2d_same_lower maxpool_2d_same_upper",
    "has training_mode":
        "batchnorm_epsilon_training_mode batchnorm_example_training_mode training_dropout "
        "training_dropout_default training_dropout_default_mask training_dropout_mask "
        "training_dropout_zero_ratio training_dropout_zero_ratio_mask",
    "clips to":
        "clip clip_default_max",
    "must be [N, C, H, W], [N, C, W] or [N, C]":
        "clip_default_inbounds clip_default_int8_inbounds clip_example clip_inbounds "
        "clip_outbounds clip_splitbounds concat_1d_axis_0 concat_1d_axis_negative_1 "
        "div_example dropout_default_old identity_opt identity_sequence mul_example "
        "sub_example sum_example sum_one_input sum_two_inputs averagepool_3d_default "
        "maxpool_3d_default",
    "pads with":
        "constant_pad",
    "is a constant that is not zero":
        "concat_2d_axis_0 concat_2d_axis_1 concat_2d_axis_negative_1 "
        "concat_2d_axis_negative_2",
    "must be [N, C, H, W] or [N, C]":
        "concat_3d_axis_0 concat_3d_axis_1 concat_3d_axis_2 concat_3d_axis_negative_1 "
        "concat_3d_axis_negative_2 concat_3d_axis_negative_3",
    "must start with the":
        "flatten_axis0 flatten_axis2 flatten_axis3 flatten_negative_axis1 "
        "flatten_negative_axis2 flatten_negative_axis4 reshape_negative_extended_dims "
        "reshape_one_dim reshape_reordered_all_dims squeeze unsqueeze_axis_0",
    "transA must be 0":
        "gemm_all_attributes gemm_transposeA",
    "must be [N, K]":
        "matmul_3d matmul_4d",
    "is dilated by":
        "maxpool_2d_dilations",
    "cannot have the shape":
        "reshape_allowzero_reordered",
    "must read [N, C, H, W] or [N, C]":
        "slice slice_default_axes slice_default_steps slice_end_out_of_bounds slice_neg "
        "slice_neg_steps slice_negative_axes slice_start_out_of_bounds",
    "changes the order of the numbers":
        "transpose_all_permutations_1 transpose_all_permutations_2 "
        "transpose_all_permutations_3 transpose_all_permutations_4 "
        "transpose_all_permutations_5 transpose_default",
    "which is not computed":
        "constant:cast_DOUBLE_to_FLOAT16 constant:cast_FLOAT_to_FLOAT16",
    "do not fit 1 inputs":
        "constant:constantofshape_int_shape_zero constant:reshape_allowzero_reordered "
        "constant:slice_start_out_of_bounds",
}

REASONS = {name: reason for reason, names in REFUSED.items() for name in names.split()}


def check_refusal(name, why):
    """why is None if the case is mapped."""
    reason = REASONS.get(name)
    if why is None:
        return "is mapped, should be refused" if reason else ""
    return "" if reason and reason in why else f"refused: {why}"


def load_cases(operations):
    for name in operations:
        importlib.import_module("onnx.backend.test.case.node." + name)
    return {case.name: case for case in node_cases._NodeTestCases if is_numeric(case)}


def is_numeric(case):
    """Not of strings, sequences or number formats that NumPy does not have."""
    return "BFLOAT16" not in case.name and all(
        np.asarray(a).dtype.kind in "fiub" for arrays in case.data_sets[0] for a in arrays)


def frozen(case, first):
    """The case's model with its inputs from number first on as constants."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    arrays = case.data_sets[0][0]
    for info, array in list(zip(graph.input, arrays))[first:]:
        graph.initializer.append(numpy_helper.from_array(np.asarray(array), info.name))
        graph.input.remove(info)
    del graph.output[1:]
    return model


def check_node_case(program, folder, case):
    inputs, outputs = case.data_sets[0]
    net, why = import_model(program, folder, frozen(case, 1))
    text = check_refusal(case.name[len("test_"):], why)
    if net and not text:
        text = compare(net, np.asarray(inputs[0], float), np.asarray(outputs[0], float))
    verdict(case.name, text)


def check_constant_case(program, folder, case):
    """The case's output as the weights of an fc layer of one input that is 1."""
    model = frozen(case, 0)
    graph = model.graph
    wanted = np.asarray(case.data_sets[0][1][0]).astype(float)
    name = graph.output[0].name
    graph.input.append(helper.make_tensor_value_info("x_", TensorProto.FLOAT, [1, 1]))
    graph.initializer.append(numpy_helper.from_array(np.array([1, -1]), "row_"))
    graph.node.append(helper.make_node("Reshape", [name, "row_"], ["r_"]))
    graph.node.append(helper.make_node("Cast", ["r_"], ["f_"], to=TensorProto.FLOAT))
    graph.node.append(helper.make_node("MatMul", ["x_", "f_"], ["y_"]))
    graph.output[0].CopyFrom(helper.make_tensor_value_info("y_", TensorProto.FLOAT, None))
    net, why = import_model(program, folder, model)
    text = check_refusal("constant:" + case.name[len("test_"):], why)
    if net and not text:
        text = compare(net, np.ones((1, 1)), wanted.reshape(1, -1))
    verdict("constant " + case.name, text)


# ---- random graphs ----


class Graph:
    """A graph being made, with what it computes."""

    def __init__(self, rng):
        self.rng = rng
        self.nodes, self.initializers = [], []
        shape = [1, int(rng.integers(1, 6)), int(rng.integers(5, 13)),
                 int(rng.integers(5, 13))]
        self.values = [("x", rng.normal(size=shape))]
        self.image = self.values[0][1]

    def constant(self, array):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def numbers(self, *shape, low=-1.0, high=1.0):
        """Random binary32 numbers as a constant, and as float64."""
        array = self.rng.uniform(low, high, size=shape).astype(np.float32)
        return self.constant(array), array.astype(float)

    def node(self, op, inputs, result, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"n/{name}",
                                           **attributes))
        self.values.append((name, result))

    def pick(self):
        """A value, mostly the last."""
        if self.rng.random() < 0.7:
            return self.values[-1]
        return self.values[int(self.rng.integers(len(self.values)))]

    def model(self):
        name, out = self.values[-1]
        info = [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.image.shape)]
        made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, out.shape)]
        graph = helper.make_graph(self.nodes, "g", info, made, self.initializers)
        return helper.make_model(graph,
                                 opset_imports=[helper.make_opsetid("", 13)])


def window(g, x, least=1):
    kernel = [int(g.rng.integers(least, min(5, n) + 1)) for n in x.shape[2:]]
    stride = int(g.rng.integers(1, 4))
    pads = [int(p) for p in g.rng.integers(0, 3, size=4)]
    return kernel, [stride, stride], pads


def add_conv(g):
    name, x = g.pick()
    kernel, stride, pads = window(g, x)
    channels = x.shape[1]
    groups = channels if g.rng.random() < 0.3 else 1
    filters = groups * int(g.rng.integers(1, 4))
    w, weights = g.numbers(filters, channels // groups, *kernel)
    inputs, bias = [name, w], None
    if g.rng.random() < 0.5:
        b, bias = g.numbers(filters)
        inputs.append(b)
    g.node("Conv", inputs, import_net.conv(x, weights, bias, stride, pads, groups),
           kernel_shape=kernel, strides=stride, pads=pads, group=groups)


def add_pool(g):
    name, x = g.pick()
    kernel, stride, _ = window(g, x)
    pad = int(g.rng.integers(0, min(kernel)))
    average = g.rng.random() < 0.5
    op = "AveragePool" if average else "MaxPool"
    g.node(op, [name], import_net.pool(x, kernel, stride[0], pad, average),
           kernel_shape=kernel, strides=stride, pads=[pad] * 4)


def add_ceil_pool(g):
    """After a ReLU, any padding of MaxPool can be zeros."""
    name, x = g.pick()
    add_relu(g, name, x)
    name, x = g.values[-1]
    kernel, stride, pads = window(g, x, 3)
    ends = []
    for i in range(2):
        n = x.shape[2 + i] + pads[i] + pads[2 + i]
        outputs = -(-(n - kernel[i]) // stride[i]) + 1
        if (outputs - 1) * stride[i] >= x.shape[2 + i] + pads[i]:
            outputs -= 1
        ends.append(max(0, (outputs - 1) * stride[i] + kernel[i] - x.shape[2 + i] - pads[i]))
    sides = ((0, 0), (0, 0), (pads[0], ends[0]), (pads[1], ends[1]))
    padded = np.pad(x, sides, constant_values=-np.inf)
    view = import_net.windows(padded, kernel, stride)
    g.node("MaxPool", [name], view.max((4, 5)), kernel_shape=kernel, strides=stride,
           pads=pads, ceil_mode=1)


def add_counted_pool(g):
    name, x = g.pick()
    kernel, stride, pads = window(g, x, 3)
    padded = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    g.node("AveragePool", [name], import_net.windows(padded, kernel, stride).mean((4, 5)),
           kernel_shape=kernel, strides=stride, pads=pads, count_include_pad=1)


def add_relu(g, name=None, x=None):
    if name is None:
        name, x = g.pick()
    if g.rng.random() < 0.3:
        zero = g.constant(np.float32(0))
        g.node("Clip", [name, zero], np.maximum(x, 0))
    else:
        g.node("Relu", [name], np.maximum(x, 0))


def add_batch_norm(g):
    name, x = g.pick()
    parts = [g.numbers(x.shape[1], low=low) for low in (-1, -1, -1, 0.1)]
    scale, shift, mean, variance = [p[1][:, None, None] for p in parts]
    g.node("BatchNormalization", [name] + [p[0] for p in parts],
           (x - mean) / np.sqrt(variance + np.float32(1e-3)) * scale + shift, epsilon=1e-3)


def add_affine(g):
    name, x = g.pick()
    shape = [(), (x.shape[1], 1, 1), (1, x.shape[1], 1, 1)][int(g.rng.integers(3))]
    op = ["Add", "Sub", "Mul", "Div"][int(g.rng.integers(4))]
    c, number = g.numbers(*shape, low=0.5, high=2.0)
    first = g.rng.random() < 0.5 or op == "Div"
    a, b = (x, number) if first else (number, x)
    functions = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}
    result = functions[op](a, b)
    g.node(op, [name, c] if first else [c, name], result)


def add_residual(g):
    name, x = g.values[-1]
    fits = [v for v in g.values if v[1].shape == x.shape]
    other, y = fits[int(g.rng.integers(len(fits)))]
    if g.rng.random() < 0.3:
        g.node("Sum", [name, other, name], x + y + x)
    else:
        g.node("Add", [name, other], x + y)


def add_slice(g):
    name, x = g.pick()
    step = int(g.rng.integers(1, 4))
    starts = [int(g.rng.integers(0, n)) for n in x.shape[1:]]
    ends = [int(g.rng.integers(a + 1, n + 1)) for a, n in zip(starts, x.shape[1:])]
    steps = [1, step, step]
    if g.rng.random() < 0.3:
        ends = [2**63 - 1] * 3
    constants = [g.constant(np.array(v, np.int64))
                 for v in (starts, ends, [1, 2, 3], steps)]
    cut = tuple(slice(a, b, c) for a, b, c in zip(starts, ends, steps))
    g.node("Slice", [name] + constants, x[(slice(None),) + cut])


def add_pad(g):
    name, x = g.pick()
    pads = [0] + [int(p) for p in g.rng.integers(0, 3, size=3)]
    pads += [0] + [int(p) for p in g.rng.integers(0, 3, size=3)]
    g.node("Pad", [name, g.constant(np.array(pads, np.int64))],
           np.pad(x, list(zip(pads[:4], pads[4:]))))


def add_concat(g):
    name, x = g.values[-1]
    fits = [v for v in g.values if v[1].shape[2:] == x.shape[2:]]
    parts = [(name, x)] + [fits[int(g.rng.integers(len(fits)))]
                           for _ in range(int(g.rng.integers(1, 3)))]
    if g.rng.random() < 0.3:
        zeros = np.zeros((1, 2) + x.shape[2:], np.float32)
        parts.insert(int(g.rng.integers(len(parts) + 1)), (g.constant(zeros), zeros))
    g.node("Concat", [p[0] for p in parts], np.concatenate([p[1] for p in parts], 1),
           axis=1)


def add_nothing(g):
    name, x = g.pick()
    g.node("Dropout" if g.rng.random() < 0.5 else "Identity", [name], x)


def add_head(g):
    """Pooling or not, flattened, then one or two fc layers."""
    name, x = g.values[-1]
    if g.rng.random() < 0.5:
        op = "GlobalAveragePool" if g.rng.random() < 0.5 else "ReduceMean"
        mean = x.mean((2, 3), keepdims=True)
        g.node(op, [name], mean, **({} if op[0] == "G" else {"axes": [2, 3]}))
        name, x = g.values[-1]
    flat = x.reshape(1, -1)
    if g.rng.random() < 0.5:
        g.node("Flatten", [name], flat)
    else:
        g.node("Reshape", [name, g.constant(np.array([0, -1], np.int64))], flat)
    for _ in range(int(g.rng.integers(1, 3))):
        name, x = g.values[-1]
        outputs = int(g.rng.integers(1, 7))
        b, bias = g.numbers(outputs)
        if g.rng.random() < 0.5:
            w, weights = g.numbers(x.shape[1], outputs)
            g.node("MatMul", [name, w], x @ weights)
            name, x = g.values[-1]
            g.node("Add", [name, b], x + bias)
        else:
            w, weights = g.numbers(outputs, x.shape[1])
            g.node("Gemm", [name, w, b], 0.5 * x @ weights.T + 2 * bias, alpha=0.5,
                   beta=2.0, transB=1)
        if g.rng.random() < 0.5:
            add_relu(g, *g.values[-1])


STEPS = [add_conv, add_conv, add_conv, add_pool, add_ceil_pool, add_counted_pool, add_relu,
         add_relu, add_batch_norm, add_affine, add_residual, add_slice, add_pad, add_concat,
         add_nothing]


def check_graph(program, folder, seed):
    g = Graph(np.random.default_rng(seed))
    for _ in range(int(g.rng.integers(1, 9))):
        name, x = g.values[-1]
        if min(x.shape[2:]) < 3 or x.shape[1] > 24:
            break
        STEPS[int(g.rng.integers(len(STEPS)))](g)
    if g.rng.random() < 0.6 or not g.nodes:
        add_head(g)
    model = g.model()
    onnx.checker.check_model(model)
    net, why = import_model(program, folder, model)
    text = f"refused: {why}" if why else compare(net, g.image, g.values[-1][1])
    if text:
        text += "\n  " + " ".join(n.op_type for n in g.nodes)
    verdict(f"graph of seed {seed}", text)


# ---- wrong models ----


def model_of(nodes, constants=(), shape=(1, 4, 8, 8), opset=13, outputs=("y",)):
    """A model of nodes (op, inputs, output, attributes); constants are (name, array)."""
    made = [helper.make_node(op, inputs, [output], name=f"n{i}", **attributes)
            for i, (op, inputs, output, attributes) in enumerate(nodes)]
    info = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    out = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    tensors = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants]
    graph = helper.make_graph(made, "g", info, out, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def external_model():
    model = model_of([("Conv", ["x", "w"], "y", {})], [WEIGHTS])
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    return model


def short_model():
    model = model_of([("Conv", ["x", "w"], "y", {})], [WEIGHTS])
    model.graph.initializer[0].raw_data = b"123"
    return model


def foreign_model():
    model = model_of([("Relu", ["x"], "y", {})])
    model.graph.node[0].domain = "com.example"
    return model


def huge_model():
    """A constant without numbers, whose other dimensions do not fit 64 bits together."""
    model = model_of([("Transpose", ["k"], "t", {}), ("Reshape", ["x", "t"], "y", {})])
    empty = helper.make_tensor("k", TensorProto.INT64, (0, 2**40, 2**40), [])
    model.graph.initializer.append(empty)
    return model


def padded_model(before, after):
    """Zeros before and after the channels."""
    pads = np.array([0, before, 0, 0, 0, after, 0, 0])
    return model_of([("Pad", ["x", "p"], "y", {})], [("p", pads)])


WEIGHTS = ("w", np.ones((2, 4, 3, 3), np.float32))
BROKEN = ("w", np.full((2, 4, 3, 3), np.nan, np.float32))
CONV = ("Conv", ["x", "w"], "y", {})

WRONG = [
    (model_of([("Conv", ["x", "w"], "y", {"dilations": [2, 2]})], [WEIGHTS]),
     "node n0 (Conv): is dilated by 2 x 2; the array has no dilation"),
    (model_of([("Conv", ["x", "w"], "y", {"group": 2})], [WEIGHTS]),
     "node n0 (Conv): weights of shape [2, 4, 3, 3] in 2 groups do not fit 4 channels"),
    (model_of([("Conv", ["x", "w"], "y", {"strides": [1, 2]})], [WEIGHTS]),
     "node n0 (Conv): strides are 1 and 2, must be the same"),
    (model_of([("Conv", ["x", "w"], "y", {"strides": [17, 17]})], [WEIGHTS],
              (1, 4, 30, 30)),
     "node n0 (Conv): stride is 17, must be at most 16"),
    (model_of([("Conv", ["x", "w"], "y", {"kernel_shape": [1, 3]})], [WEIGHTS]),
     "node n0 (Conv): kernel_shape is 1 x 3, its weights have 3 x 3"),
    (model_of([("Conv", ["x", "w"], "y", {"pads": [1, 1]})], [WEIGHTS]),
     "node n0 (Conv): pads must be 4 numbers, 0 to 255"),
    (model_of([("Conv", ["x", "w"], "y", {"padding": 1})], [WEIGHTS]),
     "node n0 (Conv): has the attribute padding, which is not known"),
    (model_of([CONV], [WEIGHTS], (1, 4, 2, 8)),
     "node n0 (Conv): kernel is 3, must be 1 to the padded input, 2"),
    (model_of([CONV]), "node n0 (Conv): reads w, which no node before it makes"),
    (model_of([("Conv", ["x", "x"], "y", {})]),
     "node n0 (Conv): input 1 (x) must be a constant"),
    (model_of([("Conv", ["x", "w", "b"], "y", {})],
              [WEIGHTS, ("b", np.ones(3, np.float32))]),
     "node n0 (Conv): input 2 has 3 numbers, must be 2 real ones"),
    (model_of([CONV], [BROKEN]), "n0 (layer n0): weight 0 is nan, must be finite"),
    (external_model(),
     "node n0 (Conv): initializer w: tensor has its data in another file, must be in this "
     "one"),
    (short_model(),
     "node n0 (Conv): initializer w: tensor has data of 0 numbers, its shape [2, 4, 3, 3] "
     "does not"),
    (foreign_model(), "node n0 (Relu): its domain is com.example, must be ONNX's own"),
    (model_of([("Clip", ["x", "a", "b"], "y", {})],
              [("a", np.float32(0)), ("b", np.float32(6))]),
     "node n0 (Clip): clips to 0..6: the output stage has ReLU only, 0 to infinity"),
    (model_of([("Sigmoid", ["x"], "y", {})]),
     "node n0 (Sigmoid): the operation is not supported"),
    (model_of([("Softmax", ["x"], "a", {}), ("Relu", ["a"], "y", {})]),
     "node n0 (Softmax): the operation is not supported"),
    (model_of([("Mul", ["x", "x"], "y", {})]),
     "node n0 (Mul): of two activations is not what the hardware or the host does: only "
     "Add is"),
    (model_of([("Flatten", ["x"], "a", {}), ("Add", ["x", "a"], "y", {})]),
     "node n1 (Add): adds activations of different shapes"),
    (model_of([("Concat", ["x", "x"], "y", {"axis": 2})]),
     "node n0 (Concat): is along dimension 2, must be along the channels, 1"),
    (model_of([("Slice", ["x", "a", "a"], "y", {})], [("a", np.array([8]))]),
     "node n0 (Slice): leaves 0 of dimension 0"),
    (model_of([("Pad", ["x", "a"], "y", {"mode": "reflect"})], [("a", np.ones(8, int))]),
     "node n0 (Pad): pads with numbers of the edge, must be with zeros"),
    (padded_model(-2**63, -2**63),
     f"node n0 (Pad): pads channels by {-2**63} and {-2**63}"),
    (huge_model(),
     "node n0 (Transpose): initializer k: tensor has data of 0 numbers, its shape "
     "[0, 1099511627776, 1099511627776] does not"),
    (model_of([("Shape", [], "y", {})]), "has no input that its output depends on"),
    (model_of([("Relu", ["x"], "a", {}), ("Shape", [], "b", {}), ("Add", ["a", "b"], "y", {})]),
     "node n1 (Shape): input 0 is missing"),
    (model_of([("Relu", ["x"], "a", {}), ("Relu", ["a"], "a", {}), ("Relu", ["a"], "y", {})]),
     "node n1 (Relu): makes a, which is there already"),
    (model_of([("Relu", ["a"], "y", {}), ("Relu", ["x"], "a", {})]),
     "has no input that its output depends on"),
    (model_of([("Relu", ["x"], "y", {}), ("Relu", ["x"], "z", {})], outputs=("y", "z")),
     "graph has 2 outputs, must have one"),
    (model_of([("Relu", ["x"], "y", {})], shape=(1, "c", 8, 8)),
     "input x: dimension 1 is 0, must be 1 to 65535 (--shape C,H,W sets it)"),
    (model_of([("Relu", ["x"], "y", {})], opset=99),
     "uses operator set 99, must be 1 to 22"),
    (onnx.ModelProto(), "is no ONNX model: it has no graph"),
]


def check_wrong(program, folder):
    for i, (model, wanted) in enumerate(WRONG):
        _, why = import_model(program, folder, model)
        verdict(f"wrong model {i}", "" if why == wanted else f"{why!r}, wanted {wanted!r}")
    data = model_of([CONV], [WEIGHTS]).SerializeToString()
    for size in range(len(data)):
        _, why = import_bytes(program, folder, data[:size])
        verdict(f"model cut at {size}", "" if why else "is imported")


# ---- a model of the user's ----


def pads_of(attributes):
    pads = attributes.get("pads", [0, 0, 0, 0])
    return ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3]))


def run_conv(a, x, w, b=None):
    pads = a.get("pads", [0, 0, 0, 0])
    return import_net.conv(x, w, b, a.get("strides", [1, 1]), pads, a.get("group", 1))


def run_pool(a, x, average):
    if a.get("ceil_mode", 0) or "auto_pad" in a:
        raise NotImplementedError("ceil_mode or auto_pad")
    kernel, stride = a["kernel_shape"], a.get("strides", [1, 1])
    fill = 0 if average else -np.inf
    view = import_net.windows(np.pad(x, pads_of(a), constant_values=fill), kernel, stride)
    if not average:
        return view.max((4, 5))
    count = np.pad(np.ones_like(x), pads_of(a),
                   constant_values=a.get("count_include_pad", 0))
    return view.sum((4, 5)) / import_net.windows(count, kernel, stride).sum((4, 5))


def run_gemm(a, x, w, c=0.0):
    w = w.T if a.get("transB", 0) else w
    return a.get("alpha", 1.0) * (x @ w) + a.get("beta", 1.0) * c


def run_batch_norm(a, x, *numbers):
    scale, shift, mean, variance = [n.reshape(-1, 1, 1) for n in numbers]
    return (x - mean) / np.sqrt(variance + a.get("epsilon", 1e-5)) * scale + shift


def run_slice(_, x, starts, ends, axes, steps):
    cut = [slice(None)] * x.ndim
    for i, axis in enumerate(axes):
        end = ends[i] if ends[i] > -2**31 else None
        cut[axis] = slice(starts[i], end, steps[i])
    return x[tuple(cut)]


def run_pad(_, x, pads, value=0.0):
    sides = np.asarray(pads).reshape(2, -1).T
    return np.pad(x, sides, constant_values=float(np.asarray(value)))


def run_reshape(_, x, shape):
    return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)])


RUN = {
    "Add": lambda a, x, y: x + y,
    "AveragePool": lambda a, x: run_pool(a, x, True),
    "BatchNormalization": run_batch_norm,
    "Cast": lambda a, x: x,
    "Clip": lambda a, x, low, high=np.inf: np.clip(x, low, high),
    "Concat": lambda a, *x: np.concatenate(x, a["axis"]),
    "Constant": lambda a: numpy_helper.to_array(a["value"]),
    "ConstantOfShape": lambda a, shape: np.full(
        shape, numpy_helper.to_array(a["value"])[0] if "value" in a else 0),
    "Conv": run_conv,
    "Dropout": lambda a, x, *_: x,
    "Flatten": lambda a, x: x.reshape(len(x), -1),
    "Gather": lambda a, x, i: np.take(x, i, a.get("axis", 0)),
    "Gemm": run_gemm,
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdims=True),
    "Identity": lambda a, x: x,
    "MatMul": lambda a, x, y: x @ y,
    "MaxPool": lambda a, x: run_pool(a, x, False),
    "Pad": run_pad,
    "Relu": lambda a, x: np.maximum(x, 0),
    "Reshape": run_reshape,
    "Shape": lambda a, x: np.array(x.shape),
    "Slice": run_slice,
    "Transpose": lambda a, x: np.transpose(x, a.get("perm")),
    "Unsqueeze": lambda a, x, axes: np.expand_dims(x, tuple(axes)),
}


def run_graph(graph, image):
    """The graph's output, computed node by node in float64."""
    values = {"": None}
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        values[tensor.name] = array.astype(float) if array.dtype.kind == "f" else array
    name, = [i.name for i in graph.input if i.name not in values]
    values[name] = image
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs = [values[i] for i in node.input if i]
        values[node.output[0]] = RUN[node.op_type](attributes, *inputs)
    return values[graph.output[0].name]


def check_model(program, folder, path):
    model = onnx.load(path)
    net, why = import_model(program, folder, model)
    if why:
        verdict(path, f"refused: {why}")
        return
    shape = import_net.input_shape(net)
    for seed in range(4):
        image = np.random.default_rng(seed).normal(size=shape)
        verdict(f"{path}, image {seed}", compare(net, image, run_graph(model.graph, image)))


def main(program, graphs="200", seed="1"):
    with tempfile.TemporaryDirectory() as folder:
        if graphs == "--model":
            check_model(program, folder, seed)
            print(f"{passed} passed, {failed} failed")
            return failed != 0
        cases = load_cases(OPERATIONS)
        for name in sorted(cases):
            check_node_case(program, folder, cases[name])
        for name, case in sorted(load_cases(CONSTANT_OPERATIONS).items()):
            ops = {n.op_type.lower() for n in case.model.graph.node}
            if ops <= set(CONSTANT_OPERATIONS):
                check_constant_case(program, folder, case)
        check_wrong(program, folder)
        for i in range(int(graphs)):
            check_graph(program, folder, int(seed) + i)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
