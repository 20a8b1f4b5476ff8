"""Whole inputs of every kind, which the cases copy and damage."""

import contextlib
import io
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import scipy.io
import torch

from cfvgg_plugin import cli
from cfvgg_plugin.integration.vot.workspace import create_workspace
from cfvgg_plugin.networks import VGGM, Weights, save_weights
from tests import onnx_files
from tests.conftest import moving_blob
from tests.layouts import make_vot, write_video

RECIPE = """name = "tiny"
loss = "tracking"
optimizer = "adamw"
learning_rate = [1e-3, 1e-3]
epochs = 1
pairs_per_epoch = 2
batch = 2
seed = 3
[pairs]
size = 64
[[sources]]
layout = "images"
root = "stills"
weight = 1.0
"""
FORMS = {
    "plain.txt": "\n".join(f"{30 + n},40,24,24" for n in range(8)) + "\n",
    "spaces.txt": "\n".join(f"{30 + n} 40\t24 24.5" for n in range(8)) + "\n",
    "table.csv": "frame,x,y,w,h,score,lost,milliseconds\n" + "".join(f"{n},30,40,24,24,0.5,0,1\n" for n in range(8)),
    "mot.txt": "".join(f"{n},1,30,40,24,24,1,-1,-1,-1\n" for n in range(1, 9)),
    "several.csv": "frame,id,x,y,w,h,score\n" + "".join(f"{n},{n % 3},30,40,24,24,1\n" for n in range(8)),
    "targets.csv": "frame,id,x,y,w,h\n" + "".join(f"{n},t{n},30,40,24,24\n" for n in range(8)),
    "polygons.txt": "1,2,30,2,30,40,1,40\n" * 8,
    "corners.txt": "31,41,54,64\nNaN,NaN,NaN,NaN\n" * 4,
}


def command(*arguments: object) -> tuple[object, str, str]:
    """Exit status, stdout and stderr of `cfvgg ARGS` in this process."""
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = ["cfvgg", *map(str, arguments)]
    status: object = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as ended:
        status = ended.code or 0
    finally:
        sys.argv = before
    return status, out.getvalue(), err.getvalue()


def make(folder: Path) -> None:
    """Write all of them."""
    images, boxes = moving_blob(8)
    for name in ("One", "Two"):
        (folder / "otb" / name / "img").mkdir(parents=True)
        for number, image in enumerate(images, 1):
            cv2.imwrite(str(folder / "otb" / name / "img" / f"{number:04d}.png"), image[:, :, ::-1])
        np.savetxt(folder / "otb" / name / "groundtruth_rect.txt", boxes + [1, 1, 0, 0], fmt="%d", delimiter=",")
    write_video(folder / "video.avi", images)
    (folder / "forms").mkdir()
    for name, content in FORMS.items():
        (folder / "forms" / name).write_text(content)
    _networks(folder)
    (folder / "data" / "stills").mkdir(parents=True)
    cv2.imwrite(str(folder / "data" / "stills" / "a.png"), images[0])
    (folder / "data" / "recipe.toml").write_text(RECIPE)
    scipy.io.savemat(folder / "names.mat", {"w2c": np.full((32768, 2), 0.5, np.float32)}, do_compression=True)
    _pictures(folder / "pictures", images[0])
    make_vot(folder / "vot")
    create_workspace(folder / "ws", "local", folder / "vot", None, ["fkcf/hog"], None)
    (folder / "ws" / "analysis").mkdir()
    (folder / "ws" / "analysis" / "A.json").write_text(json.dumps(_analysis()))
    evaluate = ("evaluate", "--dataset", "otb", "--root", folder / "otb", "--tracker", "fkcf/grey")
    status, _, said = command(*evaluate, "--tracker", "fkcf/hog", "--results", folder / "raw")
    if status != 0:
        raise RuntimeError(said)


def _networks(folder: Path) -> None:
    torch.manual_seed(3)
    network = VGGM(1 / 64).eval()
    mean = np.random.default_rng(0).uniform(90, 130, (4, 4, 3)).astype(np.float32)
    save_weights(Weights(network, mean, {"source": "random"}), folder / "net.safetensors")
    onnx_files.write(folder / "net.onnx")
    layers = np.empty(5, object)
    shapes = [(7, 3, 1, 2, 0), (5, 1, 3, 2, 1), (3, 3, 5, 1, 1), (3, 5, 5, 1, 1), (3, 5, 5, 1, 1)]
    for index, (kernel, inputs, outputs, stride, pad) in enumerate(shapes):
        filters = np.empty(2, object)
        filters[:] = [np.ones((kernel, kernel, inputs, outputs), np.float32), np.zeros((outputs, 1), np.float32)]
        layers[index] = {"type": "conv", "name": f"conv{index + 1}", "weights": filters, "stride": stride, "pad": pad}
    meta = {"normalization": {"averageImage": np.ones((1, 1, 3), np.float32)}}
    scipy.io.savemat(folder / "net.mat", {"net": {"layers": layers, "meta": meta}}, do_compression=True)


def _pictures(folder: Path, image: np.ndarray) -> None:
    folder.mkdir()
    for ending in ("png", "jpg", "bmp", "tif", "webp", "ppm"):
        cv2.imwrite(str(folder / f"a.{ending}"), image[:40, :60])
    cv2.imwrite(str(folder / "deep.png"), image[:40, :60].astype(np.uint16) * 100)


def _analysis() -> dict[str, object]:
    kinds = ["supervised.AverageAccuracyRobustness", "supervised.CumulativeFailureCount", "supervised.EAOScore"]
    return {
        "trackers": {"fkcf-hog": {"command": "python -m cfvgg_plugin.integration.vot --tracker fkcf/hog"}},
        "sequences": {"bag": {"length": 5}, "cup": {"length": 8}},
        "results": {
            "baseline": {
                "parameters": {"analyses": [{"type": f"vot.analysis.{kind}"} for kind in kinds]},
                "results": [[[0.5, 1.25, [0.8, 0.5], 30.0]], [[3.0]], [[0.5]]],
            }
        },
    }
