"""`cfvgg track --list`."""

import csv
import json
import os
import signal
import sys
import time

import cv2
import pytest

from cfvgg_plugin import InputError
from cfvgg_plugin.evaluation.run import load_tracker
from cfvgg_plugin.jobs import run as jobs
from cfvgg_plugin.networks.backends import BACKENDS
from cfvgg_plugin.system import files
from tests.conftest import moving_blob, wait_until
from tests.layouts import write_video

TRACKER = ("--tracker", "fkcf/hog")
HEAD = "source,x,y,w,h,name,start,end\n"


@pytest.fixture
def clips(tmp_path):
    """A folder of three videos, another of frames, and a list of both."""
    folder = tmp_path / "clips"
    (folder / "d").mkdir(parents=True)
    for count, name in ((20, "a"), (14, "b"), (10, "c")):
        write_video(folder / f"{name}.avi", moving_blob(count)[0], 25)
    for number, image in enumerate(moving_blob(8)[0], 1):
        cv2.imwrite(str(folder / "d" / f"{number}.png"), image[:, :, ::-1])
    (x, y, w, h) = moving_blob(5)[1][4]
    rows = ["a.avi,30,40,24,24,,,", "b.avi,30,40,24,24,second,,9", "d,30,40,24,24,,,", f"c.avi,{x},{y},{w},{h},,4,"]
    (folder / "jobs.csv").write_text(HEAD + "\n".join(rows) + "\n")
    return folder


@pytest.fixture
def start(clips, tmp_path):
    return ("track", "--list", clips / "jobs.csv", "--out", tmp_path / "out", *TRACKER)


@pytest.fixture
def ran(monkeypatch):
    """Names of the jobs that are done in this process."""
    names = []
    real = jobs.track_source

    def track(source, *args, **options):
        names.append(source.rpartition(os.sep)[2])
        return real(source, *args, **options)

    monkeypatch.setattr(jobs, "track_source", track)
    return names


def boxes(folder):
    return {p.name: [r["frame"] for r in csv.DictReader(p.read_text().splitlines())] for p in folder.glob("[!.]*.csv")}


def stable(folder):
    """Boxes and scores of every file, without times."""
    return {p.name: [line.split(",")[:7] for line in p.read_text().splitlines()] for p in folder.glob("[!.]*.csv")}


EXPECTED = {
    "a.csv": [str(n) for n in range(20)],
    "second.csv": [str(n) for n in range(9)],
    "d.csv": [str(n) for n in range(8)],
    "c.csv": [str(n) for n in range(4, 10)],
}


def test_a_list_of_videos(run, start, clips, ran, tmp_path):
    status, out, err = run(*start, "--json", tmp_path / "o.json")
    assert (status, err) == (0, "") and "4 of 4 jobs done, 43 frames" in out
    assert "frames/s" in out and out.count(" done\n") == 4
    assert boxes(tmp_path / "out") == EXPECTED and len(ran) == 4
    figures = json.loads((tmp_path / "o.json").read_text())
    assert figures["tracker"] == "fkcf/hog" and list(figures["jobs"]) == ["a", "second", "d", "c"]
    one = figures["jobs"]["second"]
    assert one["frames"] == 9 and one["fps"] > 0 and one["lost_share"] == 0 and one["status"] == "done"
    assert one["source"] == str(clips / "b.avi") and one["boxes"] == str(tmp_path / "out" / "second.csv")
    assert run("track", clips / "a.avi", "--init", "30,40,24,24", *TRACKER, "--boxes", tmp_path / "a.csv")[0] == 0
    assert stable(tmp_path)["a.csv"] == stable(tmp_path / "out")["a.csv"]


def test_what_is_done_of_equal_settings_and_sources_is_not_done_again(run, start, clips, ran, tmp_path):
    run(*start)
    ran.clear()
    status, out, _ = run(*start)
    assert status == 0 and not ran and out.count("done before") == 4 and "43 frames" in out
    (tmp_path / "out" / "d.csv").write_text("frame\n")  # damaged
    (tmp_path / "out" / "jobs" / "c.json").unlink()
    os.utime(clips / "a.avi", (1, 1))
    jobs = clips / "jobs.csv"
    jobs.write_text(jobs.read_text().replace("second,,9", "second,,8"))
    assert run(*start)[0] == 0 and len(ran) == 4 and len(boxes(tmp_path / "out")["second.csv"]) == 8
    ran.clear()
    assert run(*start[:-1], "fkcf/grey")[0] == 0 and len(ran) == 4
    assert run(*start[:-1], "fkcf/grey", "--every", "2")[0] == 0 and len(ran) == 8
    assert boxes(tmp_path / "out")["c.csv"] == ["4", "6", "8"]


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize(("engine", "workers"), [("local", 2), ("ray", 1)])  # two of Ray's run in an evaluation's test
def test_workers_leave_the_same_boxes(run, start, tmp_path, engine, workers):
    if engine == "ray":
        pytest.importorskip("ray", reason="ray is not installed: pip install 'cfvgg-plugin[ray]'")
    assert run(*start)[0] == 0
    other = [tmp_path / "other" if part == tmp_path / "out" else part for part in start]
    status, out, err = run(*other, "--workers", workers, "--engine", engine)
    assert (status, err) == (0, "") and "4 of 4" in out
    assert stable(tmp_path / "out") == stable(tmp_path / "other")


@pytest.mark.usefixtures("forked_workers")
def test_all_jobs_have_the_backend_that_was_chosen(run, start):
    status, _, err = run(*start[:-1], "fkcf/conv2", "--workers", "2")
    assert status == 0 and err.startswith("cfvgg: the network was run by ") and err.count("\n") == 1
    chosen = load_tracker("fkcf/conv2", backend="auto").backend
    assert chosen in BACKENDS and chosen in err


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_missing_video_costs_that_job(run, start, clips, tmp_path, workers):
    (clips / "b.avi").unlink()
    (clips / "d" / "3.png").write_bytes(b"no image")
    (clips / "c.avi").write_bytes(b"no video")
    status, out, err = run(*start, "--workers", workers, "--json", tmp_path / "o.json")
    assert status == 1 and "2 of 4 jobs done" in out and out.count("failed") == 2
    assert f"cfvgg: failed: second: source {clips / 'b.avi'}: no such file or folder\n" in err
    assert "cfvgg: failed: c: source" in err and "cannot open it as a video" in err
    assert "warning: d: " in err and "3.png: cannot be decoded" in err
    assert set(boxes(tmp_path / "out")) == {"a.csv", "d.csv"}
    assert json.loads((tmp_path / "o.json").read_text())["jobs"]["second"]["status"] == "failed"
    status, out, err = run(*start)
    assert status == 1 and out.count("done before") == 2 and "3.png" in err  # still told


def test_a_job_that_stops_leaves_no_boxes(run, start, clips, tmp_path):
    (clips / "d" / "3.png").write_bytes(b"no image")
    status, _, err = run(*start, "--strict")
    assert status == 1 and "failed: d:" in err and "3.png" in err
    assert set(boxes(tmp_path / "out")) == {"a.csv", "second.csv", "c.csv"}
    assert not list((tmp_path / "out").rglob(".*"))


def test_a_span_beyond_a_video_and_a_box_beside_it_cost_that_job(run, start, clips, tmp_path):
    (clips / "jobs.csv").write_text(HEAD + "a.avi,30,40,24,24,late,90,\na.avi,999,40,24,24,far,,\nb.avi,30,40,9,9,,,\n")
    status, _, err = run(*start)
    assert status == 1 and "failed: late: --start 90:" in err and "failed: far: box 999,40,24,24: lies outside" in err
    assert set(boxes(tmp_path / "out")) == {"b.csv"}


def test_a_fault_of_a_tracker_costs_that_job(run, start, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(jobs, "track_source", fail)
    status, _, err = run(*start)
    assert status == 1 and err.count("ZeroDivisionError: by zero") == 4 and not boxes(tmp_path / "out")


def test_bad_input(complains, start, clips, tmp_path):
    def with_list(text):
        (clips / "jobs.csv").write_text(text)
        return complains(*start)

    assert "belongs to --list" in complains("track", clips / "a.avi", "--out", tmp_path)
    assert "belongs to --list" in complains("track", clips / "a.avi", "--workers", "2")
    assert "--init: of one source alone" in complains(*start, "--init", "1,2,3,4")
    assert "SOURCE: of one source alone" in complains(*start, clips / "a.avi")
    assert "--realtime: of one source alone" in complains(*start, "--realtime")
    assert "no SOURCE" in complains("track", *TRACKER)
    assert "--out FOLDER" in complains("track", "--list", clips / "jobs.csv", *TRACKER)
    assert "workers 0" in complains(*start, "--workers", "0")
    assert "--every 0" in complains(*start, "--every", "0")
    assert "did you mean fkcf/hog" in complains(*start[:-1], "fkcf/hgo")
    assert "runs no network" in complains(*start, "--weights", clips / "a.avi")
    assert "holds something else" in complains(*start, "--json", clips / "a.avi")
    assert "would replace the input" in complains(*start, "--json", clips / "jobs.csv")
    assert "cannot be read" in complains("track", "--list", tmp_path / "none.csv", "--out", tmp_path / "o")
    assert "line 3: job 'a' is there already, in line 2" in with_list(
        "source,x,y,w,h\na.avi,1,2,9,9\na.avi,3,4,9,9\n")  # fmt: skip
    assert "no jobs in it" in with_list("source,x,y,w,h\n")


def test_no_boxes_replace_an_input(complains, start, clips):
    into = [clips if part == start[4] else part for part in start]
    assert "would pass for the annotation" in complains(*into)
    assert "lies in the input" in complains(*into[:4], clips / "d" / "boxes", *into[5:])
    (clips / "jobs.csv").write_text("source,x,y,w,h,name\na.avi,30,40,24,24,jobs\n")
    assert "would replace the input" in complains(*into)


def test_what_cannot_be_written_is_told_by_its_own_name(run, complains, start, tmp_path, monkeypatch):
    def full(file, _):
        raise InputError(f"{file}: cannot be written (No space left on device)")

    def track(*_, boxes, **__):
        full(boxes, None)

    write = jobs.write_json
    monkeypatch.setattr(jobs, "write_json", lambda file, text: (full if file.name == "o.json" else write)(file, text))
    status, out, err = run(*start, "--json", tmp_path / "o.json")
    assert status == 1 and "4 of 4 jobs done" in out and f"failed: {tmp_path / 'o.json'}: cannot be written" in err
    monkeypatch.setattr(jobs, "track_source", track)
    err = run(*start, "--tracker", "fkcf/grey")[2]
    assert f"failed: a: {tmp_path / 'out' / 'a.csv'}: cannot be written" in err and "partial" not in err
    monkeypatch.setattr(files.os, "access", lambda path, mode: mode != os.W_OK)
    assert "no permission to write" in complains(*start, "--tracker", "fkcf/grey")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL to send")
def test_a_killed_list_goes_on(run, program, clips, tmp_path):
    rows = [f"a.avi,30,40,24,24,job{n}" for n in range(12)]
    (clips / "jobs.csv").write_text("source,x,y,w,h,name\n" + "\n".join(rows) + "\n")
    out = tmp_path / "out"
    start = ("track", "--list", clips / "jobs.csv", *TRACKER, "--out", out)
    process = program("cfvgg_plugin", *start, "--workers", "2")
    wait_until(lambda: list(out.glob("jobs/job*.json")), process)
    process.send_signal(signal.SIGKILL)  # the workers are left to notice it
    process.end()
    wait_for_group(process.pid)
    done = {path.stem for path in out.glob("jobs/[!.]*.json")}
    assert 0 < len(done) < 12
    assert all(frames == EXPECTED["a.csv"] for frames in boxes(out).values())  # whole, each of them
    status, said, _ = run(*start, "--json", tmp_path / "o.json")
    assert status == 0 and said.count("done before") == len(done)
    assert len(boxes(out)) == 12 and not list(out.rglob(".*partial*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupted_list_keeps_what_is_done_and_no_part(program, clips, tmp_path, workers):
    rows = [f"a.avi,30,40,24,24,job{n}" for n in range(200)]
    (clips / "jobs.csv").write_text("source,x,y,w,h,name\n" + "\n".join(rows) + "\n")
    start = ("track", "--list", clips / "jobs.csv", *TRACKER, "--out", tmp_path / "out")
    process = program("cfvgg_plugin", *start, "--workers", workers)
    wait_until(lambda: list((tmp_path / "out").glob("jobs/job*.json")), process)
    process.send_signal(signal.SIGTERM)
    status, _, err = process.end(60)
    assert status == 130 and "Traceback" not in err, err
    found = boxes(tmp_path / "out")
    assert 0 < len(found) < 200 and all(frames == EXPECTED["a.csv"] for frames in found.values())
    assert not list((tmp_path / "out").rglob(".*"))


def wait_for_group(group):
    """Until no process of that group is left."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("a worker is left")
