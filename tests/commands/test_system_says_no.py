"""Full disks, unreadable folders, names that are too long, streams that are cut: a line, and nothing half done."""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin import cli
from cfvgg_plugin.datasets.check import check_dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import save_weights
from cfvgg_plugin.system import files
from cfvgg_plugin.system.files import replacing
from cfvgg_plugin.video.sources import open_source

INIT = ("--init", "30,40,24,24", "--tracker", "fkcf/hog")
SEVERAL = """
import json, os, sys
from cfvgg_plugin.cli import main
for line in json.loads(sys.argv[1]):
    sys.argv = ["cfvgg", *(os.fsdecode(part.encode("utf-8", "surrogateescape")) for part in line)]
    try:
        main()
    except SystemExit as ended:
        print("status", ended.code, flush=True)
        print("status", ended.code, file=sys.stderr, flush=True)
"""
unix = pytest.mark.skipif(sys.platform == "win32", reason="no such limits there")


def several(commands, **env) -> tuple[list[int], list[str]]:
    """Run commands in one other process; statuses, and what each said on stderr."""
    lines = json.dumps([[str(part) for part in command] for command in commands])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SEVERAL, lines],
        capture_output=True, check=False, env=os.environ | env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr  # no signal, no traceback
    said = done.stderr.decode().split("status")
    statuses = [int(part.split()[0]) for part in said[1:]]
    return statuses, [said[0], *(part.partition("\n")[2] for part in said[1:-1])]


@contextlib.contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file that is written in here may grow beyond so many bytes; Python ignores the signal that comes with it."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@unix
def test_a_full_disk_leaves_no_part_of_a_file(run, tmp_path, random_weights):
    weights, out = tmp_path / "w.safetensors", tmp_path / "out"
    save_weights(random_weights, weights)
    out.mkdir()
    image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    noise = tmp_path / "noise"
    noise.mkdir()
    for number in range(40):
        cv2.imwrite(str(noise / f"{number}.png"), image)
    commands = [
        ("track", noise, *INIT, "--video", out / "a.mp4"),
        ("track", noise, *INIT, "--video", out / "a.avi"),
        ("weights", "import", weights),
        ("export", "--format", "onnx", "--weights", weights, out / "n.onnx"),
        ("export", "--format", "openvino", "--weights", weights, out / "n.xml"),
        ("track", noise, *INIT, "--boxes", out / "kept.txt", "--video", out / "b.mp4"),
    ]
    with disk_of(20_000):
        statuses, _, said = zip(*(run(*command) for command in commands), strict=True)
    assert statuses == (2, 2, 2, 2, 2, 1)
    for text in said:
        assert text.count("cannot be written") == 1 and "Traceback" not in text, text
    assert [path.name for path in out.iterdir()] == ["kept.txt"]
    assert len((out / "kept.txt").read_text().splitlines()) == 40
    assert not list((tmp_path / "home").rglob("*.*"))


@unix
def test_a_full_disk_under_small_files(run, video, tmp_path):
    (tmp_path / "out").mkdir()
    with disk_of(300):
        status, _, err = run("track", video, *INIT, "--boxes", tmp_path / "out" / "b.csv")
    assert status == 2 and "b.csv: cannot be written (File too large)" in err
    assert not list((tmp_path / "out").iterdir())


@unix
def test_names_that_opencv_cannot_take(video, tmp_path):
    odd, accent = f"{tmp_path}/x\udcff.avi", f"{tmp_path}/é.avi"
    shutil.copyfile(video, odd)
    commands = [
        ("track", odd, *INIT, "--boxes", tmp_path / "b.txt"),
        ("track", video, *INIT, "--video", odd, "--boxes", tmp_path / "b.txt"),
        ("track", video, *INIT, "--video", accent),
        ("track", accent, *INIT, "--boxes", tmp_path / "b.txt"),
    ]
    statuses, said = several(commands, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert statuses == [2, 2, 0, 0]
    assert all("not UTF-8" in text and text.count("\n") == 1 for text in said[:2])
    assert (tmp_path / "é.avi").is_file() and (tmp_path / "b.txt").is_file()


def test_a_folder_that_cannot_be_read(complains, monkeypatch, frames, dataset):
    refuse_to_list(monkeypatch, frames[0], dataset / "One" / "img")
    assert "Permission denied" in complains("track", frames[0], *INIT)
    said: list[str] = []
    outcome = check_dataset("otb", dataset, say=said.append)
    assert outcome.ready == 1 and any("One" in line and "Permission denied" in line for line in said)
    assert "Permission denied" in complains(
        "evaluate", "--dataset", "otb", "--root", dataset, "--tracker", "fkcf/hog", "--results", dataset.parent / "raw"
    )


@pytest.mark.parametrize("name", ["folder", "tld"])
def test_a_check_goes_on_behind_a_sequence_that_cannot_be_read(monkeypatch, dataset, name):
    if name == "tld":
        for truth in dataset.glob("*/groundtruth_rect.txt"):
            truth.rename(truth.with_name("gt.txt"))
    real = Path.is_file

    def is_file(path, **other):
        if path.parent == dataset / "One":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **other)

    monkeypatch.setattr(Path, "is_file", is_file)
    refuse_to_list(monkeypatch, dataset / "One")
    said: list[str] = []
    check_dataset(name, dataset, say=said.append)
    assert any("One" in line and "Permission denied" in line for line in said)


def refuse_to_list(monkeypatch, *folders):
    real = Path.iterdir

    def iterdir(path):
        if path in folders:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)


def test_a_video_that_cannot_be_read(complains, monkeypatch, video):
    real = Path.open

    def open_(path, *args, **other):
        if path == video:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **other)

    monkeypatch.setattr(Path, "open", open_)
    assert "Permission denied" in complains("track", video, *INIT)


LONG = "x" * 300


@pytest.mark.parametrize(
    "command",
    [
        ("track", LONG, *INIT), ("track", "VIDEO", *INIT, "--boxes", f"{LONG}.txt"),
        ("track", "VIDEO", *INIT, "--video", f"{LONG}.avi"), ("track", "VIDEO", *INIT, "--weights", LONG),
        ("track", "VIDEO", *INIT, "--color-names", LONG), ("track", "VIDEO", "--tracker", LONG, *INIT[:2]),
        ("weights", "info", LONG), ("weights", "import", LONG), ("weights", "import", "VIDEO", "--name", LONG),
        ("export", "--format", "onnx", f"{LONG}.onnx"), ("train", "--recipe", LONG, "--out", "o"),
        ("evaluate", "--dataset", "otb", "--root", LONG, "--tracker", "fkcf/hog"), ("score", LONG), ("compare", LONG),
        ("report", LONG), ("plot", LONG, "--out", "p"), ("data", "check", "otb", "--root", LONG),
        ("vot", "doctor", LONG), ("vot", "eao", LONG), ("vot", "init", LONG, "--stack", "local", "--sequences", LONG),
        ("pytracking", "status", LONG), ("benchmark", "network", "--json", LONG), ("demo", "--out", LONG),
        ("reproduce", "table6", "--workspace", LONG), ("benchmark", "trackers", "--root", LONG),
    ],
)  # fmt: skip
def test_names_that_are_too_long(complains, monkeypatch, tmp_path, video, command):
    monkeypatch.chdir(tmp_path)
    said = complains(*(str(video) if part == "VIDEO" else part for part in command))
    assert len(said) < 1500


@pytest.mark.parametrize("error", [MemoryError(), MemoryError("Unable to allocate 7.3 TiB"), RuntimeError(
    "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you")])  # fmt: skip
def test_no_memory_is_a_line(complains, monkeypatch, video, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("cfvgg_plugin.commands.track.create_tracker", fail)
    assert "memory" in complains("track", video, *INIT)


def test_any_refusal_of_the_system_is_a_line_that_names_the_path(complains, monkeypatch, video):
    def fail(*_, **__):
        raise OSError(5, "Input/output error", "/some/where")

    monkeypatch.setattr("cfvgg_plugin.commands.track.create_tracker", fail)
    assert complains("track", video, *INIT) == "cfvgg: /some/where: Input/output error\n"


def test_the_file_that_failed_is_blamed_and_not_the_one_being_written(tmp_path):
    with pytest.raises(InputError, match=r"missing.txt: No such file"), replacing(tmp_path / "out.txt"):
        (tmp_path / "missing.txt").read_text()
    with pytest.raises(InputError, match=r"out.txt: cannot be written"), replacing(tmp_path / "out.txt"):
        raise OSError(28, "No space left on device")


@unix
def test_what_a_killed_run_left_is_swept_by_the_next_one(run, video, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = [tmp_path / f".b.{gone.pid}.partial.txt", tmp_path / f".v.{gone.pid}.partial.avi"]
    others = [tmp_path / f".b.{os.getppid()}.partial.txt", tmp_path / f".c.{gone.pid}.partial.txt"]
    for path in (*left, *others):
        path.write_text("1")
    assert run("track", video, *INIT, "--boxes", tmp_path / "b.txt", "--video", tmp_path / "v.avi")[0] == 0
    assert not any(path.exists() for path in left) and all(path.exists() for path in others)
    folder = tmp_path / f".ws.{gone.pid}.partial"
    folder.mkdir()
    (folder / "x").write_text("1")
    with files.replacing_folder(tmp_path / "ws") as made:
        (made / "y").write_text("1")
    assert not folder.exists() and (tmp_path / "ws" / "y").exists()


class Cut(http.server.BaseHTTPRequestHandler):
    """Sends a part of a file of which it announces the whole."""

    content = b""
    share = 1.0

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content[: int(self.share * len(self.content))])

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_a_stream_that_is_cut_is_told(run, video, share):
    handler = type("Handler", (Cut,), {"content": video.read_bytes(), "share": share})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/video.avi"
        if not cv2.VideoCapture(url).isOpened():
            pytest.skip("this OpenCV reads no http")
        status, out, err = run("track", url, *INIT)
    finally:
        server.shutdown()
        server.server_close()
    assert status == 0 and ("ends after" in err) == (share < 1), (out, err)


class Capture:
    """A video whose container announces a number of frames that is made of its time and rate."""

    def __init__(self, times, count, rate):
        self.times, self.count, self.rate, self.next = times, count, rate, 0

    def isOpened(self):
        return True

    def grab(self):
        self.next += 1
        return self.next <= len(self.times)

    def retrieve(self):
        return True, np.zeros((8, 8, 3), np.uint8)

    def get(self, what):
        last = self.times[min(self.next, len(self.times)) - 1]
        return {cv2.CAP_PROP_FRAME_COUNT: self.count, cv2.CAP_PROP_FPS: self.rate, cv2.CAP_PROP_POS_MSEC: last}[what]

    def release(self):
        pass


@pytest.mark.parametrize(
    ("head", "times", "missing"),
    [
        (b"\x1a\x45\xdf\xa3", np.linspace(0, 3480, 30), ""),  # variable rate: 30 frames last 3.5 s
        (b"\x1a\x45\xdf\xa3", np.arange(30) * 33.3, "ends after 1.0 of the 3.5 seconds"),
        (b"RIFF", np.arange(30) * 33.3, "ends after 30 of the 106 frames"),
        (b"\x00\x00\x00\x20ftypisom", np.linspace(0, 3480, 30), "ends after 30 of the 106 frames"),
        (b"RIFF", np.arange(106) * 33.3, ""),
    ],
)
def test_what_a_video_announces_of_its_frames_may_be_an_estimate(monkeypatch, tmp_path, head, times, missing):
    path = tmp_path / "v.webm"
    path.write_bytes(head)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: Capture(times, 106, 30.3))
    opened = open_source(str(path))
    assert len(list(opened.frames)) == len(times)
    assert missing in opened.missing() and bool(missing) == bool(opened.missing())


@unix
@pytest.mark.parametrize("command", ["--help", "list"])
def test_standard_output_that_takes_nothing(command):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cfvgg_plugin", command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "cfvgg: standard output: No space left on device\n")


def test_an_interruption_while_modules_are_imported_ends_with_130(monkeypatch, capsys):
    monkeypatch.setattr(cli, "interruptible", lambda: None)
    monkeypatch.setattr(cli, "_group", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 130 and capsys.readouterr() == ("", "")
