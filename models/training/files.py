# SPDX-License-Identifier: Apache-2.0
"""Files of training: safetensors, networks, CIFAR binary files."""
import json
import os
import struct

import numpy as np
import torch

SETS = [  # classes, bytes of labels, training files, test file
    (10, 1, [f"data_batch_{i}.bin" for i in range(1, 6)], "test_batch.bin"),
    (100, 2, ["train.bin"], "test.bin"),
]


def replace(path, write, mode="wb"):
    """Write a file under a temporary name, and rename it."""
    with open(path + ".tmp", mode) as f:
        write(f)
    os.replace(path + ".tmp", path)


def write_json(path, value):
    text = json.dumps(value, indent=2) + "\n"
    replace(path, lambda f: f.write(text.encode()))


def read_tensors(path):
    with open(path, "rb") as f:
        length = struct.unpack("<Q", f.read(8))[0]
        header, data = json.loads(f.read(length)), f.read()
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            array = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(array.copy())
    return tensors


def write_tensors(path, tensors):
    header, data = {}, []
    at = 0
    for name, tensor in tensors.items():
        array = np.ascontiguousarray(tensor.detach().cpu().numpy().astype("<f4"))
        header[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [at, at + array.nbytes],
        }
        at += array.nbytes
        data.append(array.tobytes())
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    replace(
        path, lambda f: f.write(struct.pack("<Q", len(text)) + text + b"".join(data))
    )


def read_records(path, classes, label_bytes):
    bytes_ = np.fromfile(path, np.uint8)
    record = label_bytes + 3072
    if len(bytes_) == 0 or len(bytes_) % record:
        raise SystemExit(f"{path} has {len(bytes_)} bytes, must be records of {record}")
    rows = bytes_.reshape(-1, record)
    labels = torch.from_numpy(rows[:, label_bytes - 1].astype(np.int64))
    if int(labels.max()) >= classes:
        raise SystemExit(f"{path}: label {int(labels.max())}, must be below {classes}")
    images = rows[:, label_bytes:].reshape(-1, 3, 32, 32).copy()
    return torch.from_numpy(images), labels


def read_images(folder):
    """Training and test images as bytes with their labels, and the number of classes."""
    for classes, label_bytes, train, test in SETS:
        if os.path.exists(os.path.join(folder, test)):
            paths = [os.path.join(folder, name) for name in train]
            parts = [
                read_records(p, classes, label_bytes) for p in paths if os.path.exists(p)
            ]
            if not parts:
                raise SystemExit(f"{folder} has none of {', '.join(train)}")
            images, labels = (torch.cat(x) for x in zip(*parts))
            tested = read_records(os.path.join(folder, test), classes, label_bytes)
            return (images, labels), tested, classes
    raise SystemExit(f"{folder} has neither test_batch.bin nor test.bin")
