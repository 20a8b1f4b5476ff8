"""Whole runs through the command line, on small data."""

import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import Weights, load_weights, save_weights
from cfvgg_plugin.networks.architectures.vgg_m import VGGM
from cfvgg_plugin.networks.network import parameter_count
from cfvgg_plugin.train.loader import PairDataset, load_batches
from cfvgg_plugin.train.loop import train
from cfvgg_plugin.train.recipe import load_recipe
from tests.conftest import wait_until
from tests.forked import Program
from tests.train.conftest import HERE, RECIPE, log_of


def test_run_leaves_weights_with_their_history_a_card_and_pictures(data, tmp_path):
    outcome = train(load_recipe(data / "recipe.toml"), tmp_path / "out", HERE, workers=0)
    weights = load_weights(tmp_path / "out" / "tiny.safetensors")
    assert weights.sha256 == outcome.weights.sha256
    assert parameter_count(weights.network) == 103_760
    facts = weights.recipe
    assert facts["data"] == {"stills (images)": 6, "videos (otb)": 1}
    assert (facts["steps"], facts["pairs"], facts["teacher_sha256"]) == (12, 48, None)
    assert str(tmp_path) not in json.dumps(facts)  # no place of this machine in a file that is passed on
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"MODEL_CARD.md", "loss.png", "filters.png", "responses.png", "tensorboard", "recipe.json"} <= names
    assert "103,760" in (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert {"total", "tracking_conv5", "learning_rate"} <= log_of(tmp_path / "out")[-2].keys()


def test_loss_falls_on_real_data(program, shared, tmp_path):
    recipe = RECIPE.format(pairs=4 * 80).replace('"stills"', '"data/train/stills"').replace("size = 64", "size = 96")
    recipe = recipe.replace('"videos"', '"data/train/videos"\ninclude = ["davis_dog", "davis_cows"]')
    (tmp_path / "recipe.toml").write_text(
        recipe.replace("validate_every = 8", "validate_every = 80").replace("moving = 0.5", "moving = 0.0")
    )
    root = shared("data/train").parent.parent
    run = program("cfvgg_plugin.train", "--recipe", tmp_path / "recipe.toml", "--data", root, "--out", tmp_path / "out")
    assert run.end()[0] == 0
    lines = log_of(tmp_path / "out")
    totals = [line["total"] for line in lines if "total" in line]
    assert totals[-1] < 0.8 * totals[0]
    assert "quality" in lines[-1]


def start_and_kill(program: Callable[..., Program], recipe: Path, out: Path) -> None:
    """A run that ends by SIGKILL soon after its first checkpoint."""
    process = program("cfvgg_plugin.train", "--recipe", recipe, "--out", out, "--workers", "1")
    wait_until((out / "checkpoint.safetensors").exists, process)
    loaders = children(process)
    process.kill()
    process.end()
    assert (out / "checkpoint.safetensors").exists()
    deadline = time.monotonic() + 60
    while any(map(runs, loaders)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(loaders) == 1 and not runs(loaders[0])  # though it had batches to hand over


def children(process: Program) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def runs(pid: int) -> bool:
    """Whether there is such a process, which nobody may have buried yet."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_killed_and_resumed_run_has_the_weights_of_an_uninterrupted_one(program, data, tmp_path):
    recipe = load_recipe(data / "recipe.toml")
    whole = train(recipe, tmp_path / "whole", HERE, workers=0)
    start_and_kill(program, data / "recipe.toml", tmp_path / "killed")
    resumed = train(recipe, tmp_path / "killed", HERE, resume=True, workers=0)
    assert resumed.weights.sha256 == whole.weights.sha256
    steps = [line["step"] for line in log_of(tmp_path / "killed") if "total" in line]
    assert steps == sorted(set(steps))


def test_termination_keeps_the_step_that_was_reached(program, data, tmp_path):
    recipe = dataclasses.replace(load_recipe(data / "recipe.toml"), checkpoint_every=10**6, epochs=1000)
    (data / "long.toml").write_text((data / "recipe.toml").read_text().replace("epochs = 1", "epochs = 1000").replace(
        "checkpoint_every = 4", "checkpoint_every = 1000000"))  # fmt: skip
    out = tmp_path / "out"
    process = program("cfvgg_plugin.train", "--recipe", data / "long.toml", "--out", out)
    wait_until(lambda: (out / "log.jsonl").exists() and log_of(out), process)
    process.send_signal(signal.SIGTERM)  # SIGINT is ignored by what a shell started in the background
    assert process.end(60)[0] == 130
    assert (out / "checkpoint.safetensors").exists()
    assert recipe.steps > 1000


def test_a_killed_loader_is_told_in_a_line(program, data, tmp_path):
    (data / "long.toml").write_text((data / "recipe.toml").read_text().replace("epochs = 1", "epochs = 1000"))
    out = tmp_path / "out"
    process = program("cfvgg_plugin.train", "--recipe", data / "long.toml", "--out", out)
    wait_until((out / "checkpoint.safetensors").exists, process)
    loaders = children(process)
    assert loaders
    for pid in loaders:
        os.kill(pid, signal.SIGKILL)
    status, _, err = process.end(60)
    assert status == 2, err
    last = err.splitlines()[-1]  # an old TensorBoard says more before
    assert "a process that loads pairs was killed, for want of memory as a rule; with fewer --workers" in last
    assert (out / "checkpoint.safetensors").exists()


def test_two_processes_train_together(program, data, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    given = ("--recipe", data / "recipe.toml", "--out", tmp_path / "two", "--workers", "0")
    launch = ("torch.distributed.run", "--nproc-per-node=2", "--standalone", "-m", "cfvgg_plugin.train")
    status, _, err = program(*launch, *given).end()
    assert status == 0, err
    two = load_weights(tmp_path / "two" / "tiny.safetensors").network.state_dict()
    one = train(load_recipe(data / "recipe.toml"), tmp_path / "one", HERE, workers=0).weights.network.state_dict()
    for name, value in one.items():  # the same pairs; sums in another order, and Adam divides small numbers
        assert torch.allclose(two[name], value, atol=0.02 * value.abs().max().item()), name


def test_batches_do_not_depend_on_workers_start_or_processes(data):
    dataset = PairDataset(load_recipe(data / "recipe.toml"))
    alone = list(load_batches(dataset, 0, workers=0))
    later = next(iter(load_batches(dataset, 2, workers=1)))
    assert torch.equal(later.z, alone[2].z) and torch.equal(later.shift, alone[2].shift)
    halves = [next(iter(load_batches(dataset, 2, 0, rank, 2))).x for rank in (0, 1)]
    assert torch.equal(torch.cat(halves), alone[2].x)


def test_fidelity_to_an_onnx_teacher_falls(shared, data, tmp_path):
    text = RECIPE.format(pairs=4 * 30).replace('loss = "tracking"', 'loss = "both"')
    teacher = shared("teachers/resnet18.onnx")
    text += f'[teacher]\nfile = "{teacher}"\ntaps = [["conv3", "layer2"], ["conv5", "layer3"]]\nshare = 0.5\n'
    (data / "recipe.toml").write_text(text)
    outcome = train(load_recipe(data / "recipe.toml"), tmp_path / "out", HERE, workers=0)
    lines = [line for line in log_of(tmp_path / "out") if "total" in line]
    assert lines[-1]["fidelity_conv5"] < 0.9 and lines[-1]["fidelity_conv3"] < 0.9  # 1 is what zero maps score
    assert len(outcome.weights.recipe["teacher_sha256"]) == 64


def test_relations_to_an_onnx_teacher_are_learned(shared, data, tmp_path):
    text = RECIPE.format(pairs=4 * 60).replace('loss = "tracking"', 'loss = "fidelity"')
    text += (
        f'[teacher]\nfile = "{shared("teachers/resnet18.onnx")}"\ntaps = [["conv5", "layer3"]]\nmeasure = "relations"\n'
    )
    (data / "recipe.toml").write_text(text)
    train(load_recipe(data / "recipe.toml"), tmp_path / "out", HERE, workers=0)
    totals = [line["total"] for line in log_of(tmp_path / "out") if "total" in line]
    assert totals[-1] < 0.8 * totals[0]


def test_student_pruned_from_vgg_m_learns_by_the_papers_losses(data, tmp_path):
    """The paper's own recipe, on a VGG-M of random weights: the real one is not to be had offline."""
    torch.manual_seed(0)
    teacher = VGGM(0.25)
    save_weights(Weights(teacher, np.array([120, 110, 100], np.float32)), tmp_path / "vgg_m.safetensors")
    text = RECIPE.format(pairs=16).replace('loss = "tracking"', 'loss = "both"\ninit = "prune"\nnormalise = false')
    text = text.replace("[[sources]]", '[teacher]\nfile = "../vgg_m.safetensors"\n[[sources]]', 1)
    (data / "recipe.toml").write_text(text)
    outcome = train(load_recipe(data / "recipe.toml"), tmp_path / "out", HERE, workers=0)
    assert outcome.weights.mean.tolist() == [120, 110, 100]


def test_unreadable_image_is_skipped_counted_and_reported(program, data, tmp_path):
    (data / "stills" / "3.png").write_bytes(b"no image")
    status, _, err = program("cfvgg_plugin.train", "--recipe", data / "recipe.toml", "--out", tmp_path / "out").end()
    assert status == 0
    assert "1 file(s) could not be decoded and were skipped" in err and "3.png" in err
    assert load_weights(tmp_path / "out" / "tiny.safetensors").recipe["skipped_files"] == 1


def test_data_without_a_single_readable_image_is_refused(data, tmp_path):
    for file in [*(data / "stills").iterdir(), *(data / "videos" / "blob" / "img").iterdir()]:
        file.write_bytes(b"no image")
    recipe = dataclasses.replace(load_recipe(data / "recipe.toml"), validation=None)
    with pytest.raises(InputError, match="no usable pair in 30 draws; cannot decode"):
        train(recipe, tmp_path / "out", HERE, workers=0)


def test_checkpoint_of_another_recipe_is_refused_and_stays(data, tmp_path):
    recipe = load_recipe(data / "recipe.toml")
    train(recipe, tmp_path / "out", HERE, workers=0)
    before = (tmp_path / "out" / "checkpoint.safetensors").read_bytes()
    with pytest.raises(InputError, match="another recipe"):
        train(dataclasses.replace(recipe, seed=5), tmp_path / "out", HERE, resume=True, workers=0)
    with pytest.raises(InputError, match="--resume"):
        train(recipe, tmp_path / "out", HERE, workers=0)
    assert (tmp_path / "out" / "checkpoint.safetensors").read_bytes() == before


def test_damaged_checkpoint_is_named(data, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "checkpoint.safetensors").write_bytes(b"12345678 damaged")
    with pytest.raises(InputError, match=r"checkpoint .*cannot be read"):
        train(load_recipe(data / "recipe.toml"), tmp_path / "out", HERE, resume=True, workers=0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_full_disk_ends_the_run_in_one_line_and_keeps_the_last_checkpoint(program, data, tmp_path):
    out = tmp_path / "out"
    text = (data / "recipe.toml").read_text().replace("epochs = 1", "epochs = 20")
    (data / "recipe.toml").write_text(text)
    start_and_kill(program, data / "recipe.toml", out)
    before = (out / "checkpoint.safetensors").read_bytes()
    given = ("train", "--resume", "--recipe", data / "recipe.toml", "--out", out)
    status, _, err = program("cfvgg_plugin", *given, limit=200_000).end()  # a checkpoint is larger
    assert status == 2
    assert "checkpoint.safetensors: cannot be written" in err and "Traceback" not in err
    assert not list(out.glob(".*partial*"))
    assert (out / "checkpoint.safetensors").read_bytes() == before


def test_teacher_without_the_tap_is_named(shared, data, tmp_path):
    text = RECIPE.format(pairs=16).replace('loss = "tracking"', 'loss = "both"')
    text += f'[teacher]\nfile = "{shared("teachers/resnet18.onnx")}"\ntaps = [["conv5", "layer9"]]\n'
    (data / "recipe.toml").write_text(text)
    with pytest.raises(InputError, match=r"no tap 'layer9'; it has conv1, layer1, layer2, layer3"):
        train(load_recipe(data / "recipe.toml"), tmp_path / "out", HERE, workers=0)


def test_diverged_training_stops_with_a_sentence(data, tmp_path):
    recipe = load_recipe(data / "recipe.toml")
    wild = dataclasses.replace(
        recipe, optimizer="sgd", normalise=False, learning_rate=(1e12, 1e12), epochs=5, average=0.0
    )
    with pytest.raises(InputError, match="training diverged at step"):
        train(wild, tmp_path / "out", HERE, workers=0)
