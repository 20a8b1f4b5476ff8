"""ONNX files as others export them, made networks of the trackers."""

import json

import numpy as np
import pytest
import torch

from cfvgg_plugin import InputError
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.networks.onnx_file import external_files, layers_worth_tapping, read_onnx
from cfvgg_plugin.networks.onnx_import import Preparation, import_onnx
from cfvgg_plugin.networks.store import find_weights, import_network, stored_weights
from tests.onnx_files import W1, W2, write

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'cfvgg-plugin[onnx]'")
onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'cfvgg-plugin[onnx]'")

RNG = np.random.default_rng(0)
SAMPLES = RNG.integers(0, 256, (3, 70, 91, 3), np.uint8)
PREPARED = Preparation(True, (120.0, 110.0, 100.0), (60.0, 57.0, 55.0))


def direct(x: torch.Tensor) -> dict[str, torch.Tensor]:
    stem = torch.conv2d(x, torch.from_numpy(W1), stride=2, padding=1).relu()
    scaled = stem * stem.mean((2, 3), keepdim=True)
    return {"edge": stem, "part": torch.conv2d(scaled, torch.from_numpy(W2), stride=2, padding=1).relu()}


def near(found, wanted) -> bool:
    return all((found[tap] - maps).abs().max() <= 1e-4 * maps.abs().max() for tap, maps in wanted.items())


@pytest.mark.parametrize("taps", [{"edge": "/stem/Relu", "part": "/body/Relu"}, {"edge": "13", "part": "18"}])
def test_its_maps_are_those_of_the_network_at_any_size(tmp_path, taps):
    geometry = import_onnx(write(tmp_path / "net.onnx"), tmp_path / "in.onnx", taps, PREPARED)
    assert {name: (tap.channels, tap.stride) for name, tap in geometry.items()} == {"edge": (4, 2), "part": (6, 4)}
    backbone = OnnxBackbone(tmp_path / "in.onnx")
    assert backbone.taps == ("edge", "part")
    x = torch.from_numpy(SAMPLES).float() - torch.tensor(PREPARED.mean)
    wanted = direct((x / torch.tensor(PREPARED.std)).flip(3).permute(0, 3, 1, 2))
    assert near(backbone.run(SAMPLES, backbone.taps), wanted)
    said = json.loads(backbone.recipe["metadata"]["imported"])
    assert said["source"] == "net.onnx" and said["bgr"] and said["mean"] == [120, 110, 100]
    onnx.checker.check_model(onnx.load(str(tmp_path / "in.onnx")), full_check=True)


def test_names_may_be_those_of_other_layers(tmp_path):
    write(tmp_path / "net.onnx")
    import_onnx(tmp_path / "net.onnx", tmp_path / "in.onnx", {"18": "13", "13": "18"}, Preparation())
    backbone = OnnxBackbone(tmp_path / "in.onnx")
    wanted = direct(torch.from_numpy(SAMPLES).float().permute(0, 3, 1, 2))
    assert near(backbone.run(SAMPLES, ["18", "13"]), {"18": wanted["edge"], "13": wanted["part"]})
    with pytest.raises(InputError, match="rgb=13: is the input's name"):
        import_onnx(tmp_path / "net.onnx", tmp_path / "in.onnx", {"rgb": "13"}, Preparation())


def test_layers_worth_tapping(tmp_path):
    found = layers_worth_tapping(read_onnx(write(tmp_path / "net.onnx")))
    assert {name: (kind, tap.channels, tap.stride) for name, (kind, tap) in found.items()} == {
        "13": ("Relu", 4, 2),
        "18": ("Relu", 6, 4),
    }


def test_an_exported_student_needs_no_taps(random_weights, tmp_path):
    from cfvgg_plugin.networks.export import export_onnx

    export_onnx(random_weights, tmp_path / "Net.onnx")
    _, path = import_network(tmp_path / "Net.onnx", {}, Preparation())
    assert stored_weights()["net"] == path == find_weights("net") and path.name == "net.onnx"
    one, two = OnnxBackbone(path), OnnxBackbone(tmp_path / "Net.onnx")
    assert one.taps == two.taps and near(one.run(SAMPLES, one.taps), two.run(SAMPLES, two.taps))
    assert one.recipe["metadata"]["sha256"] == random_weights.sha256


def test_weights_beside_the_file(tmp_path):
    write(tmp_path / "net.onnx")
    model = onnx.load(str(tmp_path / "net.onnx"))
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "net.onnx"
    onnx.save(model, str(path), save_as_external_data=True, location="net.data", size_threshold=0)
    assert external_files(onnx.load(str(path), load_external_data=False)) == ["net.data"]
    first = read_onnx(path).sha256
    import_onnx(path, tmp_path / "in.onnx", {"edge": "13"}, Preparation())
    assert external_files(onnx.load(str(tmp_path / "in.onnx"), load_external_data=False)) == []
    wanted = direct(torch.from_numpy(SAMPLES).float().permute(0, 3, 1, 2))
    assert near(OnnxBackbone(tmp_path / "in.onnx").run(SAMPLES, ["edge"]), {"edge": wanted["edge"]})
    content = bytearray((tmp_path / "out" / "net.data").read_bytes())
    content[2] ^= 1
    (tmp_path / "out" / "net.data").write_bytes(content)
    assert read_onnx(path).sha256 != first
    (tmp_path / "out" / "net.data").unlink()
    with pytest.raises(InputError, match=r"its weights are in net.data, which cannot be read beside it") as caught:
        import_onnx(path, tmp_path / "no.onnx", {"edge": "13"}, Preparation())
    assert "\n" not in str(caught.value)


def resize(*target: int):
    """A layer that has the image's size in its shape."""
    constant = onnx.numpy_helper.from_array(np.array(target, np.int64))
    return (
        onnx.helper.make_node("Constant", [], ["size"], value=constant),
        onnx.helper.make_node("Reshape", ["18", "size"], ["20"], name="/fixed/Reshape"),
    )


@pytest.mark.parametrize(
    ("taps", "changes", "said"),
    [
        ({"edge": "/stem/Rel"}, {}, r"has no node '/stem/Rel'; did you mean /stem/Relu\?"),
        ({"edge": "output"}, {}, r"tap edge is no 4-D map"),
        ({"edge": "/se/Pool"}, {}, r"tap edge is no 4-D map that grows"),
        ({"edge": "20"}, {"spoil": resize(1, 6, 16, 16)}, r"sizes are fixed inside of it"),
        ({"edge": "20"}, {"spoil": resize(1, 6, 1, -1)}, r"tap edge is no 4-D map that grows"),
    ],
)
def test_what_cannot_serve_is_named(tmp_path, taps, changes, said, capfd):
    write(tmp_path / "net.onnx", **changes)
    with pytest.raises(InputError, match=said) as caught:
        import_onnx(tmp_path / "net.onnx", tmp_path / "in.onnx", taps, Preparation())
    assert "net.onnx" in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.glob("*in*")) and capfd.readouterr().err == ""


def test_files_that_are_no_networks(tmp_path):
    for name, content in (("text.onnx", b"no network"), ("empty.onnx", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            import_onnx(tmp_path / name, tmp_path / "in.onnx", {}, Preparation())
    with pytest.raises(InputError, match="No such file"):
        read_onnx(tmp_path / "missing.onnx")


def test_numbers_of_another_unit_are_told(tmp_path):
    for wrong in ({"mean": (0.485, 0.456, 0.406)}, {"std": (0.229, 0.224, 0.225)}, {"std": (255.0, 0.0, 255.0)}):
        with pytest.raises(InputError, match="--mean and --std"):
            Preparation(**wrong)


def test_nanotracks_backbone(shared, tmp_path):
    """Fixed 1x3x255x255, its batch in ten shapes; shared/teachers has the same network, edited by hand."""
    source = shared("rivals/nanotrack_v2/nanotrack_backbone.onnx")
    taps = {"conv1": "/features/features.0/features.0.2/hard_swish/HardSwish", "layer3": "output"}
    geometry = import_onnx(source, tmp_path / "nano.onnx", taps, Preparation())
    assert {name: (tap.channels, tap.stride) for name, tap in geometry.items()} == {
        "conv1": (16, 2),
        "layer3": (48, 16),
    }
    reference = OnnxBackbone(shared("teachers/nanotrack_v2.onnx"))
    assert near(OnnxBackbone(tmp_path / "nano.onnx").run(SAMPLES, taps), reference.run(SAMPLES, taps))
