"""Weight files that were altered, or are made to harm."""

import json
import struct
import zlib

import numpy as np
import pytest
import safetensors.torch
import scipy.io
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features import color_names
from cfvgg_plugin.networks import load_weights, matconvnet, save_weights
from cfvgg_plugin.networks.matlab import check_matlab
from cfvgg_plugin.networks.weights import SEAL, UNSEALED
from cfvgg_plugin.registry import load_settings, with_color_names


@pytest.fixture
def stored(tmp_path, random_weights):
    path = tmp_path / "w.safetensors"
    save_weights(random_weights, path)
    return path


def parts(path):
    with safetensors.safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata())  # noqa: SIM118


def test_a_byte_flipped_anywhere_is_noticed(stored):
    content = stored.read_bytes()
    header = 8 + struct.unpack("<Q", content[:8])[0]
    places = [*range(0, header, 23), *range(header, len(content), len(content) // 40)]
    history = content.index(b"random")
    missed = []
    for place in [*places, history]:
        changed = bytearray(content)
        changed[place] ^= 1
        stored.write_bytes(changed)
        try:
            load_weights(stored)
        except InputError:
            continue
        missed.append(place)
    assert not missed


def test_files_written_before_there_was_a_digest_of_the_history_are_read(stored, random_weights):
    tensors, metadata = parts(stored)
    del metadata[SEAL]
    metadata["format"] = UNSEALED
    safetensors.torch.save_file(tensors, stored, metadata)
    assert load_weights(stored).sha256 == random_weights.sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t | {"conv1.weight": t["conv1.weight"].to(torch.bfloat16)}, "bfloat16, torch.float32 is expected"),
        (lambda t: t | {"mean": t["mean"].to(torch.float8_e5m2)}, "float8_e5m2"),
        (lambda t: t | {"mean": t["mean"].to(torch.bfloat16)}, "bfloat16"),
        (lambda t: t | {"mean": t["mean"].double()}, "float64"),
        (lambda t: t | {"conv1.weight": t["conv1.weight"].to(torch.int32)}, "int32"),
        (lambda t: t | {"mean": t["mean"] * torch.nan}, "not finite"),
        (lambda t: t | {"conv2.bias": t["conv2.bias"] / 0}, "not finite"),
        (lambda t: t | {"mean": t["mean"][:, :, :1].contiguous()}, "mean of shape"),
        (lambda t: t | {"mean": torch.zeros(())}, "mean of shape"),
        (lambda t: t | {"mean": torch.zeros(0, 0, 3)}, "mean of shape"),
        (lambda t: t | {"conv1.weight": t["conv1.weight"][:2].contiguous()}, "conv1.weight is"),
        (lambda t: t | {"other": torch.zeros(3)}, "no such tensor"),
        (lambda t: {"mean": t["mean"]}, "missing"),
        (lambda t: {}, "not the vgg_m"),
    ],
)
def test_tensors_of_another_kind(stored, change, message):
    tensors, metadata = parts(stored)
    safetensors.torch.save_file(change(tensors), stored, metadata)
    with pytest.raises(InputError, match=message) as caught:
        load_weights(stored)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": "[]"}, {"recipe": "3"}, {"recipe": "[" * 100_000}, {"recipe": "{"}, {"settings": "[]"},
        {"settings": '{"width": NaN}'}, {"settings": '{"width": 1e999}'}, {"settings": "[" * 100_000},
        {"architecture": "../x"}, {"architecture": "compact", "settings": '{"conv1": 1000000000}'},
        {"format": "cfvgg-weights/1", "width": "nan"}, {"format": "cfvgg-weights/1", "width": "x"},
    ],
)  # fmt: skip
def test_metadata_of_another_shape(stored, change):
    tensors, metadata = parts(stored)
    metadata |= change
    del metadata[SEAL]
    safetensors.torch.save_file(tensors, stored, metadata)
    with pytest.raises(InputError):
        load_weights(stored)


def test_a_claim_of_a_huge_network_takes_no_memory(stored):
    tensors, metadata = parts(stored)
    del metadata[SEAL]
    metadata |= {"architecture": "compact", "settings": json.dumps(dict.fromkeys(["conv3", "conv4", "conv5"], 4096))}
    safetensors.torch.save_file(tensors, stored, metadata)
    with pytest.raises(InputError, match="is expected"):
        load_weights(stored)


def layers(change=lambda layer: layer):
    """MatConvNet's layers of VGG-M at width 1/96, the first of which is changed."""
    shapes = [(7, 3, 1, 2, 0), (5, 1, 3, 2, 1), (3, 3, 5, 1, 1), (3, 5, 5, 1, 1), (3, 5, 5, 1, 1)]
    found = []
    for index, (kernel, inputs, outputs, stride, pad) in enumerate(shapes):
        weights = np.empty(2, object)
        weights[:] = [np.ones((kernel, kernel, inputs, outputs), np.float32), np.zeros((outputs, 1), np.float32)]
        layer = {"type": "conv", "name": f"conv{index + 1}", "weights": weights, "stride": stride, "pad": pad}
        found.append(change(layer) if index == 0 else layer)
    cells = np.empty(5, object)
    cells[:] = found
    return {"layers": cells, "meta": {"normalization": {"averageImage": np.ones((1, 1, 3), np.float32)}}}


def cell(*values):
    made = np.empty(len(values), object)
    made[:] = values
    return made


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v | {"stride": "two"}, lambda v: v | {"stride": cell(1, "x")}, lambda v: v | {"stride": {"a": 1}},
        lambda v: v | {"pad": "7"}, lambda v: v | {"weights": "abc"}, lambda v: v | {"weights": 3},
        lambda v: v | {"weights": cell("a", "b")}, lambda v: v | {"weights": cell({"a": 1}, 2)},
        lambda v: v | {"weights": cell(v["weights"][0] * 1j, v["weights"][1])},
        lambda v: v | {"weights": cell(v["weights"][0] * np.nan, v["weights"][1])},
        lambda v: v | {"type": 3}, lambda v: v | {"type": cell("conv", "conv")},
        lambda v: v | {"type": np.ones((2, 2))}, lambda v: {"a": 1}, lambda v: 3,
    ],
)  # fmt: skip
def test_layers_of_matlab_that_are_no_numbers(tmp_path, change):
    path = tmp_path / "net.mat"
    scipy.io.savemat(path, {"net": layers(change)}, do_compression=True)
    with pytest.raises(InputError) as caught:
        load_weights(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mean", ["abc", cell(1, "x"), {"a": 1}, np.full((1, 1, 3), np.inf), np.ones(3) * 1j, 3])
def test_means_of_matlab_that_are_none(tmp_path, mean):
    path = tmp_path / "net.mat"
    net = layers()
    net["meta"] = {"normalization": {"averageImage": mean}}
    scipy.io.savemat(path, {"net": net})
    with pytest.raises(InputError):
        load_weights(path)


def test_damage_at_which_scipy_crashes(tmp_path):
    """An element of an unknown type in the place of a name: scipy's reader ends the interpreter there."""
    path = tmp_path / "net.mat"
    scipy.io.savemat(path, {"net": layers()})
    content = path.read_bytes()
    places = [at for at in range(128, min(len(content), 20_000), 4) if content[at : at + 4] == b"\x10\0\0\0"]
    assert places
    for at in (*places, *range(128, 600, 4)):
        path.write_bytes(content[: at + 1] + b"\x40" + content[at + 2 :])
        with pytest.raises(InputError):
            load_weights(path)


def test_whole_files_pass(tmp_path):
    path = tmp_path / "all.mat"
    content = {"a": np.ones((3, 4)), "c": cell(1, "text", cell()), "s": {"x": 1j, "y": np.zeros((0, 3))}, "e": cell()}
    for compressed in (False, True):
        scipy.io.savemat(path, content, do_compression=compressed)
        check_matlab(path, 2**20)


def bomb(path, megabytes):
    """A MATLAB file with one compressed element that unpacks to zeros."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(megabytes)) + packer.flush()
    head = b"MATLAB 5.0 MAT-file, hostile".ljust(124) + struct.pack("<H", 0x100) + b"IM"
    path.write_bytes(head + struct.pack("<II", 15, len(packed)) + packed)


def test_what_a_compressed_file_unpacks_to_is_bounded(tmp_path, monkeypatch):
    assert (matconvnet.LARGEST, color_names.LARGEST) == (2**30, 2**28)
    monkeypatch.setattr(matconvnet, "LARGEST", 2**26)  # a sixteenth of both, as of the time that this takes
    monkeypatch.setattr(color_names, "LARGEST", 2**24)
    path = tmp_path / "bomb.mat"
    bomb(path, 70)
    assert path.stat().st_size < 2**18
    with pytest.raises(InputError, match="more than 64 MB once it is unpacked"):
        load_weights(path)
    with pytest.raises(InputError, match="more than 16 MB once it is unpacked"):
        with_color_names(load_settings("feco"), path)
    with pytest.raises(InputError, match="damaged"):
        check_matlab(path, 2**31)
