"""Pipes, sockets and devices in the place of files: refused in a line, never waited for and never replaced."""

import os
import socket
import sys
from pathlib import Path

import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import check_writable, read_text
from cfvgg_plugin.video.frames import read_image

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
INIT = ("--init", "30,40,24,24", "--tracker", "fkcf/hog")


@pytest.fixture
def pipe(tmp_path) -> Path:
    os.mkfifo(tmp_path / "pipe.csv")
    return tmp_path / "pipe.csv"


@pytest.mark.parametrize(
    "command",
    [
        ("track", "PIPE", *INIT), ("track", "VIDEO", *INIT, "--boxes", "PIPE"),
        ("track", "VIDEO", *INIT[:2], "--weights", "PIPE"), ("weights", "info", "PIPE"), ("weights", "import", "PIPE"),
        ("weights", "import", "PIPE.onnx"), ("track", "VIDEO", *INIT[:2], "--color-names", "PIPE"),
        ("train", "--recipe", "PIPE", "--out", "out"), ("export", "--format", "onnx", "PIPE.onnx"),
        ("track", "VIDEO", "--tracker", "opencv/vittrack", *INIT[:2], "--weights", "PIPE.onnx"),
        ("evaluate", "--dataset", "otb", "--root", "ROOT", "--tracker", "fkcf/hog", "--json", "PIPE"),
        ("report", "ROOT", "--out", "PIPE"), ("demo", "--weights", "PIPE"), ("vot", "doctor", "WORKSPACE"),
        ("reproduce", "table5", "--root", "ROOT", "--weights", "student=PIPE"),
        ("reproduce", "table2", "--weights", "PIPE"), ("benchmark", "network", "--weights", "PIPE"),
        ("benchmark", "network", "--json", "PIPE"),
    ],
)  # fmt: skip
def test_a_pipe_is_refused(complains, monkeypatch, tmp_path, video, dataset, pipe, command):
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe.onnx")
    (tmp_path / "ws").mkdir()
    os.mkfifo(tmp_path / "ws" / "config.yaml")
    names = {"VIDEO": video, "PIPE": pipe, "PIPE.onnx": tmp_path / "pipe.onnx", "ROOT": dataset}
    names |= {"WORKSPACE": tmp_path / "ws", "student=PIPE": f"student={pipe}"}
    said = complains(*(names.get(part, part) for part in command))
    assert "is a pipe; a file is needed" in said or "no config.yaml" in said


def test_boxes_frames_and_lists_that_are_pipes(complains, run, dataset, tmp_path):
    truth = dataset / "One" / "groundtruth_rect.txt"
    truth.unlink()
    os.mkfifo(truth)
    evaluate = (
        "evaluate",
        "--dataset",
        "otb",
        "--root",
        dataset,
        "--tracker",
        "fkcf/hog",
        "--results",
        tmp_path / "raw",
    )
    assert "is a pipe" in complains(*evaluate)
    status, out, _ = run("data", "check", "otb", "--root", dataset)
    assert status == 1 and "is a pipe" in out and "1 of 2 sequences are ready" in out
    frame = dataset / "Two" / "img" / "0003.png"
    frame.unlink()
    os.mkfifo(frame)
    assert read_image(frame) is None
    status, _, err = run("track", dataset / "Two" / "img", *INIT)
    assert status == 0 and "0003.png: cannot be decoded" in err


def test_sockets_and_devices(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        with pytest.raises(InputError, match="is a socket; a file is needed"):
            read_text(tmp_path / "s")
    with pytest.raises(InputError, match="/dev/zero: is a device; a file is needed"):
        read_text(Path("/dev/zero"))
    with pytest.raises(InputError, match="/dev/null: is a device; a file is needed"):
        check_writable(Path("/dev/null"))
    assert Path("/dev/null").is_char_device() and read_image("/dev/zero") is None


def test_a_reproduction_replaces_nothing_that_it_reads(complains, run, dataset, tmp_path, random_weights):
    from cfvgg_plugin.networks import save_weights

    out = tmp_path / "out"
    out.mkdir()
    common = ("--root", dataset, "--out", out)
    field = ("reproduce", "table8", *common, "--dataset", "otb", "--tracker", "fkcf/hog")
    for name in ("table5.json", "figure6.svg", "figure12-strip.svg", "table8.json"):
        save_weights(random_weights, out / name)
    assert "would replace the input" in complains(
        "reproduce", "table5", *common, "--weights", f"student={out / 'table5.json'}"
    )
    assert "would replace the input" in complains(
        "reproduce", "figure6", "--out", out, "--weights", out / "figure6.svg"
    )
    assert "would replace the input" in complains(*field, "--weights", f"student={out / 'table8.json'}")
    assert "holds something else" in complains(*field)
    for name in ("demo.csv", "demo.mp4"):
        save_weights(random_weights, out / name)
        assert "would replace the input" in complains("demo", "--out", out, "--weights", out / name)


def test_a_training_of_a_table_does_not_replace_weights_that_it_is_given(tmp_path):
    from cfvgg_plugin.reproduce.table import Variant
    from cfvgg_plugin.reproduce.variants import Planned, made_of

    given, trained = tmp_path / "a.safetensors", tmp_path / "run" / "b.safetensors"
    planned = {"a": Planned(Variant("a"), given), "b": Planned(Variant("b"), trained, recipe=object())}  # type: ignore[arg-type]
    made = made_of(planned)
    assert trained in made and trained.with_name("checkpoint.safetensors") in made and given not in made
