"""Several teachers, whose maps of a pool's clean patches are computed once."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import Weights, save_weights
from cfvgg_plugin.networks.architectures.vgg_m import VGGM
from cfvgg_plugin.train.cache import Cache
from cfvgg_plugin.train.distiller import imitations
from cfvgg_plugin.train.loader import PairDataset, load_batches
from cfvgg_plugin.train.loop import train
from cfvgg_plugin.train.recipe import load_recipe
from cfvgg_plugin.train.teacher import open_teachers
from tests.train.conftest import HERE, RECIPE, log_of
from tests.train.test_train import start_and_kill

TEACHERS = """
[[teachers]]
file = "one.safetensors"
taps = [["conv2", "conv2"], ["conv5", "conv5"]]
measure = "relations"
share = 0.5
[[teachers]]
file = "two.safetensors"
taps = [["conv5", "conv3"]]
weight = 0.5
"""


@pytest.fixture
def taught(data):
    """recipe.toml with a pool of 6 and two teachers."""
    for seed, name in enumerate(("one", "two")):
        torch.manual_seed(seed)
        save_weights(Weights(VGGM(), np.array([120, 110, 100], np.float32)), data / f"{name}.safetensors")
    text = RECIPE.format(pairs=32).replace('loss = "tracking"', 'loss = "both"\npool = 6')
    text = text.replace("[pairs]", "[pairs]\nhard_light = 0.5\ndistractors = 0.3") + TEACHERS
    (data / "recipe.toml").write_text(text)
    return data / "recipe.toml"


def maps_of(recipe, cache, batches=3):
    dataset = PairDataset(recipe, cache)
    teachers = open_teachers(recipe, "cpu", dataset.group, cache)
    loaded = [batch for _, batch in zip(range(batches), load_batches(dataset, 0, workers=0), strict=False)]
    return [teachers.maps(batch) for batch in loaded], loaded, teachers


def same(one, other) -> bool:
    found = [[maps for batch in part for maps in batch] for part in (one, other)]
    return all(
        torch.equal(a.rows, b.rows) and all(map(torch.equal, a.maps, b.maps)) for a, b in zip(*found, strict=True)
    )


def test_maps_are_the_same_whatever_the_cache_holds_and_are_computed_once(taught, tmp_path, monkeypatch):
    recipe = load_recipe(taught)
    plain = maps_of(recipe, None)[0]
    cache = Cache(tmp_path / "maps", 10**8)
    assert same(plain, maps_of(recipe, cache)[0])
    entries = list((tmp_path / "maps").glob("maps-*/[0-9]"))
    assert len(entries) == 3 * 6  # of two taps and one, though the first teacher sees half of every batch
    for file in entries[::3]:
        file.write_bytes(b"damaged")
    assert same(plain, maps_of(recipe, Cache(tmp_path / "maps", 10**8))[0])
    monkeypatch.setattr("cfvgg_plugin.networks.TorchBackbone.run", None)
    assert same(plain, maps_of(recipe, Cache(tmp_path / "maps", 10**8))[0])


def test_teachers_see_clean_patches_and_no_z_that_something_covers(taught):
    recipe = load_recipe(taught)
    recipe = dataclasses.replace(recipe, pairs=dataclasses.replace(recipe.pairs, occlusion=0.5))
    found, batches, teachers = maps_of(recipe, None)
    covered = 0
    for batch, (half, every) in zip(batches, found, strict=True):
        assert half.rows.tolist() == [0, 1, *(4 + i for i in (0, 1) if batch.whole[i])]
        assert every.rows.tolist() == [0, 1, 2, 3, *(4 + i for i in range(4) if batch.whole[i])]
        covered += batch.whole.count(False)
        maps = teachers.backbones[1].run(batch.clean[:, 0], ["conv3"])["conv3"]
        assert torch.allclose(every.maps[0][:4], maps, rtol=2e-3, atol=1e-4)
    assert covered > 0


def test_terms_are_weighted_and_named_apart(taught, tmp_path):
    outcome = train(load_recipe(taught), tmp_path / "out", HERE, workers=0)
    line = log_of(tmp_path / "out")[-2]
    assert {"fidelity_conv2", "fidelity_conv5_0_conv5", "fidelity_conv5_1_conv3"} <= line.keys()
    assert [t["file"] for t in outcome.weights.recipe["teachers"]] == ["one.safetensors", "two.safetensors"]
    card = (tmp_path / "out" / "MODEL_CARD.md").read_text()
    assert all(t["sha256"] in card for t in outcome.weights.recipe["teachers"])
    recipe = load_recipe(taught)
    found = imitations(recipe.taught_by, open_teachers(recipe, "cpu").backbones)
    assert [(i.weight, i.adapter) for i in found] == [(1.0, -1), (1.0, -1), (0.5, 0)]
    assert str(tmp_path) not in json.dumps(outcome.weights.recipe)


def test_killed_and_resumed_run_of_a_pool_has_the_weights_of_an_uninterrupted_one(program, taught, tmp_path):
    recipe = load_recipe(taught)
    whole = train(recipe, tmp_path / "whole", HERE, workers=0)
    start_and_kill(program, taught, tmp_path / "killed")
    cache = Cache(tmp_path / "cache", 10**8)  # what the killed run left
    assert list((tmp_path / "cache").glob("maps-*/[0-9]"))
    resumed = train(recipe, tmp_path / "killed", HERE, resume=True, workers=0, cache=cache)
    assert resumed.weights.sha256 == whole.weights.sha256


def test_full_cache_is_told_in_one_line_and_changes_nothing(taught, tmp_path):
    recipe = load_recipe(taught)
    whole = train(recipe, tmp_path / "whole", HERE, workers=0)
    cache = Cache(tmp_path / "small", 20_000)
    outcome = train(recipe, tmp_path / "out", HERE, workers=0, cache=cache)
    assert outcome.weights.sha256 == whole.weights.sha256 and whole.warnings() == []
    (line,) = outcome.warnings()
    assert "full (2e-05 GB)" in line and "\n" not in line


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"conv5", "conv3"', '"conv5", "layer9"'), r"two.safetensors: has no tap 'layer9'; it has conv1"),
        (("share = 0.5", "share = 2.0"), "share 0 to 1"),
        (('measure = "relations"', 'measure = "likeness"'), "maps or relations"),
        (("pool = 6", "pool = -6"), "pool -6: 0 or more"),
        (('"two', '"three'), r"three.safetensors"),
    ],
)
def test_wrong_teachers_are_named(taught, tmp_path, change, message):
    taught.write_text(taught.read_text().replace(*change))
    with pytest.raises(InputError, match=message):
        train(load_recipe(taught), tmp_path / "out", HERE, workers=0)
