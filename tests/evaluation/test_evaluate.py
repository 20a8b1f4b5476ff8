"""What an evaluation leaves on disk, whoever ran it and however often it was stopped."""

import dataclasses
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation import evaluate as module
from cfvgg_plugin.evaluation import pool, store
from cfvgg_plugin.evaluation.evaluate import Task, evaluate
from cfvgg_plugin.evaluation.pool import Plan
from cfvgg_plugin.evaluation.run import load_tracker, run_sequence
from tests.evaluation.conftest import without_frame


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def trackers():
    return [load_tracker("fkcf/grey"), load_tracker("fkcf/hog")]


@pytest.mark.usefixtures("forked_workers")
def test_all_engines_leave_the_same_bytes(trackers, sequences, tmp_path):
    pytest.importorskip("ray", reason="ray is not installed: pip install 'cfvgg-plugin[ray]'")
    alone = evaluate(trackers, sequences, tmp_path / "alone")
    pair = evaluate(trackers, sequences, tmp_path / "pair", Plan(workers=2))
    ray = evaluate(trackers, sequences, tmp_path / "ray", Plan(workers=2, engine="ray"))
    assert contents(tmp_path / "alone") == contents(tmp_path / "pair") == contents(tmp_path / "ray")
    assert [r.summary() for r in alone] == [r.summary() for r in pair] == [r.summary() for r in ray]
    assert [r.name for r in alone] == ["fkcf/grey", "fkcf/hog"] and len(alone[0].scored) == 3
    assert alone[0].fps is None  # not timed


def test_only_what_is_missing_or_damaged_runs_again(trackers, sequences, tmp_path, monkeypatch):
    evaluate(trackers[:1], sequences, tmp_path)
    before = contents(tmp_path)
    (folder,) = [path for path in tmp_path.iterdir() if path.name.startswith("fkcf")]
    (folder / "Two.txt").unlink()
    (folder / "Three.txt").write_text("1,2,3,4\n")
    ran = []
    monkeypatch.setattr(module, "attempt", lambda e, s, _: ran.append(s.name) or run_sequence(e, s))
    evaluate(trackers[:1], sequences, tmp_path)
    assert ran == ["Three", "Two"] and contents(tmp_path) == before


def test_other_settings_code_or_another_start_are_computed_anew(trackers, sequences, tmp_path, monkeypatch):
    evaluate(trackers[:1], sequences[:1], tmp_path)
    ran = []
    monkeypatch.setattr(module, "attempt", lambda e, s, _: ran.append(s.name) or run_sequence(e, s))
    changed = dataclasses.replace(trackers[0], settings=dataclasses.replace(trackers[0].settings, padding=1.4))
    evaluate([changed], sequences[:1], tmp_path)
    moved = dataclasses.replace(sequences[0], boxes=sequences[0].boxes + 1)
    evaluate(trackers[:1], [moved], tmp_path)
    monkeypatch.setattr(store, "code_hash", lambda modules: "another version")
    evaluate(trackers[:1], [moved], tmp_path)
    assert ran == ["One", "One", "One"]
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("fkcf")]) == 3


def test_timing_runs_once_more_and_keeps_the_boxes(trackers, sequences, tmp_path):
    evaluate(trackers[:1], sequences[:2], tmp_path)
    before = contents(tmp_path)
    (timed,) = evaluate(trackers[:1], sequences[:2], tmp_path, Plan(timing=True))
    assert timed.fps is not None and timed.fps > 0
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before
    assert {Path(name).parent.name for name in after.keys() - before.keys()} == {"seconds"}
    (again,) = evaluate(trackers[:1], sequences[:2], tmp_path, Plan(timing=True))
    assert again.fps == timed.fps
    for plan in ({"workers": 2}, {"engine": "ray"}):
        with pytest.raises(InputError, match="alone"):
            Plan(timing=True, **plan)
    with pytest.raises(InputError, match="workers 0"):
        Plan(workers=0)


@pytest.mark.usefixtures("forked_workers")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_hole_in_a_sequence_costs_that_sequence(trackers, sequences, tmp_path, workers):
    broken = without_frame(sequences[0], 3)
    (result,) = evaluate(trackers[:1], [broken, *sequences[1:]], tmp_path, Plan(workers))
    assert "broken.png" in result.sequences[0].failure and len(result.scored) == 2
    assert result.summary()["sequences"]["One"] == {"failed": result.sequences[0].failure}


def test_a_withheld_annotation_gives_no_score_but_boxes(trackers, sequences, tmp_path):
    withheld = np.where(np.arange(len(sequences[0].boxes))[:, None] > 0, np.nan, sequences[0].boxes)
    hidden = dataclasses.replace(sequences[0], boxes=withheld)
    (result,) = evaluate(trackers[:1], [hidden, sequences[1]], tmp_path)
    assert [s.name for s, _ in result.scored] == ["Two"] and "no frame but the first" in result.sequences[0].failure
    assert list(tmp_path.glob("fkcf-grey-*/One.txt"))


def test_a_fault_of_a_tracker_is_reported_by_its_kind(trackers, sequences, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("cfvgg_plugin.evaluation.evaluate.run_sequence", fail)
    (result,) = evaluate(trackers[:1], sequences[:1])
    assert result.sequences[0].failure == "ZeroDivisionError: by zero"
    assert result.summary()["auc"] is None


def test_a_full_disk_ends_in_one_line_and_leaves_no_part(trackers, sequences, tmp_path, monkeypatch):
    def full(path, *_, **__):
        Path(path).write_text("1,2")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cfvgg_plugin.evaluation.store.np.savetxt", full)
    with pytest.raises(InputError, match="No space left"):
        evaluate(trackers[:1], sequences[:1], tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".txt"]


def suicidal(task):
    """Dies at the first try of every sequence, and always on `Two`."""
    mark = task.sequence.frames[0].with_suffix(".died")
    if task.sequence.name == "Two" or not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


@pytest.mark.usefixtures("forked_workers")
def test_a_killed_worker_is_replaced_and_its_task_tried_again(trackers, sequences):
    tasks = [Task(0, trackers[0], sequence, 1) for sequence in sequences]
    found = {task.sequence.name: outcome for task, outcome in pool.run_in_processes(tasks, 2, suicidal, str)}
    assert found["One"] == found["Three"] == "survived"
    assert "died 3 times" in found["Two"]


def sleeping(task):
    task.sequence.frames[0].with_suffix(f".{os.getpid()}").touch()
    time.sleep(600)
    return ""


@pytest.mark.usefixtures("forked_workers")
def test_an_interruption_ends_the_workers(trackers, sequences, monkeypatch):
    tasks = [Task(0, trackers[0], s, 1) for s in sequences]
    running = pool.run_in_processes(tasks, 2, sleeping, str)
    monkeypatch.setattr(pool, "connection", SimpleNamespace(wait=lambda _: interrupt(sequences)))
    with pytest.raises(KeyboardInterrupt):
        next(running)
    for mark in marks(sequences):
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.suffix[1:]), 0)


def deaf(task):
    return str(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows blocks no signals")
def test_workers_do_not_hear_an_interruption_while_they_start(trackers, sequences):
    tasks = [Task(0, trackers[0], sequences[0], 1)]
    assert [outcome for _, outcome in pool.run_in_processes(tasks, 2, deaf, str)] == ["True"]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def marks(sequences):
    return [p for s in sequences for p in s.frames[0].parent.iterdir() if p.suffix[1:].isdigit()]


def interrupt(sequences):
    """What Ctrl-C does to the parent, once both workers are at work."""
    deadline = time.monotonic() + 60
    while len(marks(sequences)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    raise KeyboardInterrupt


def test_boxes_and_confidence_on_disk(trackers, sequences, tmp_path):
    evaluate(trackers[1:], sequences[:1], tmp_path)
    (folder,) = [path for path in tmp_path.iterdir() if path.name.startswith("fkcf-hog-")]
    run = run_sequence(trackers[1], sequences[0])
    np.testing.assert_allclose(np.loadtxt(folder / "One.txt", delimiter=","), run.boxes + [1, 1, 0, 0], atol=6e-5)
    np.testing.assert_allclose(np.loadtxt(folder / "confidence" / "One.txt"), run.scores, atol=6e-7)
