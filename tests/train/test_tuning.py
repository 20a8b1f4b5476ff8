"""Runs that start from a trained student and keep some of its layers."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import Weights, load_weights, save_weights
from cfvgg_plugin.networks.architectures.vgg_m import VGGM
from cfvgg_plugin.train.loop import train
from cfvgg_plugin.train.recipe import Recipe, load_recipe
from tests.train.conftest import HERE, RECIPE, log_of

KEPT = ("conv1", "conv2", "conv3")


def start_file(folder) -> str:
    torch.manual_seed(3)
    save_weights(Weights(VGGM(), np.array([120, 110, 100], np.float32), {"made": "here"}), folder / "start.safetensors")
    return str(folder / "start.safetensors")


def tuning(data, init: str, frozen: tuple[str, ...] = KEPT) -> Recipe:
    recipe = load_recipe(data / "recipe.toml", init=init)
    return dataclasses.replace(recipe, levels=("conv5",), joined=("conv1", "conv5"), frozen=frozen)


def test_frozen_layers_stay_bit_by_bit_and_the_others_learn(data, tmp_path):
    init = start_file(tmp_path)
    outcome = train(tuning(data, init), tmp_path / "out", HERE, workers=0)
    before, after = load_weights(init), load_weights(tmp_path / "out" / "tiny.safetensors")
    for name in KEPT:
        assert torch.equal(before.network.conv(name).weight, after.network.conv(name).weight)
        assert torch.equal(before.network.conv(name).bias, after.network.conv(name).bias)
    for name in ("conv4", "conv5"):
        assert not torch.equal(before.network.conv(name).weight, after.network.conv(name).weight)
    assert after.mean.tolist() == [120, 110, 100]
    facts = outcome.weights.recipe
    assert facts["init"] == {"sha256": before.sha256, "history": {"made": "here"}}
    assert facts["recipe"]["init"] == "start.safetensors"
    assert str(tmp_path) not in json.dumps(facts)
    card = (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert before.sha256 in card and '"made": "here"' in card
    assert "conv1, conv2, conv3" in card and "conv1 and conv5" in card
    assert "peak" in log_of(tmp_path / "out")[-2]


def test_peak_loss_falls_and_one_level_alone_has_none(data, tmp_path):
    text = RECIPE.format(pairs=4 * 60).replace("validate_every = 8", "validate_every = 60")
    (data / "recipe.toml").write_text(text)
    recipe = tuning(data, start_file(tmp_path))
    train(recipe, tmp_path / "out", HERE, workers=0)
    losses = [line["peak"] for line in log_of(tmp_path / "out") if "peak" in line]
    assert losses[-1] < losses[0]
    assert dataclasses.replace(recipe, loss="tracking-single").joined_levels == ()


def test_command_starts_from_a_file_given_with_init_and_resumes_it(program, data, tmp_path):
    text = RECIPE.format(pairs=8).replace("average = 0.9", f"average = 0.9\nfrozen = {list(KEPT)}")
    (data / "recipe.toml").write_text(text)
    given = ("--recipe", data / "recipe.toml", "--out", tmp_path / "out", "--init", start_file(tmp_path))
    status, first, err = program("cfvgg_plugin.train", *given).end()
    assert status == 0, err
    assert program("cfvgg_plugin.train", *given, "--resume").end()[:2] == (0, first)


@pytest.mark.parametrize(
    ("frozen", "message"),
    [
        (("conv9",), "no layer 'conv9'; it has conv1, conv2"),
        ((*KEPT, "conv4", "conv5"), "no layer is left that a loss reaches"),
    ],
)
def test_frozen_layers_are_checked(data, tmp_path, frozen, message):
    recipe = tuning(data, start_file(tmp_path), frozen)
    with pytest.raises(InputError, match=message):
        train(recipe, tmp_path / "out", HERE, workers=0)


def test_other_weights_of_the_same_name_do_not_resume_a_run(data, tmp_path):
    start = start_file(tmp_path)
    train(tuning(data, start), tmp_path / "out", HERE, workers=0)
    before = (tmp_path / "out" / "checkpoint.safetensors").read_bytes()
    save_weights(Weights(VGGM(), np.array([120, 110, 100], np.float32)), tmp_path / "start.safetensors")
    with pytest.raises(InputError, match="another recipe, or from other weights"):
        train(tuning(data, start), tmp_path / "out", HERE, resume=True, workers=0)
    assert (tmp_path / "out" / "checkpoint.safetensors").read_bytes() == before


def test_frozen_layers_without_a_start_are_refused(data, tmp_path):
    with pytest.raises(InputError, match="frozen: these layers need trained weights to start from.*--init FILE"):
        train(tuning(data, "random"), tmp_path / "out", HERE, workers=0)
    assert not (tmp_path / "out").exists()


def test_start_that_is_missing_is_named(program, data, tmp_path):
    given = ("--recipe", data / "recipe.toml", "--out", tmp_path / "out", "--init", tmp_path / "none.safetensors")
    status, _, err = program("cfvgg_plugin.train", *given).end()
    assert status == 2 and "none.safetensors: no such file" in err
