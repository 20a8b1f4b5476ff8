"""Pairs of a pool: cut once, disturbed anew, the same whatever the cache holds."""

import dataclasses
import os

import numpy as np
import pytest
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.train.cache import Cache
from cfvgg_plugin.train.loader import PairDataset, decode_pair, encode_pair, load_batches
from cfvgg_plugin.train.patches import Pairs
from cfvgg_plugin.train.recipe import Recipe, load_recipe


@pytest.fixture
def recipe(data) -> Recipe:
    spec = Pairs(size=64, moving=0.5, hard_light=0.5, distractors=0.5, low_resolution=0.3)
    return dataclasses.replace(load_recipe(data / "recipe.toml"), pool=5, pairs=spec)


def pairs_of(recipe, cache=None, count=12):
    dataset = PairDataset(recipe, cache)
    return [dataset[i][0] for i in range(count)]


def same(one, other) -> bool:
    return all(
        (a.x == b.x).all() and (a.z == b.z).all() and a.shift == b.shift for a, b in zip(one, other, strict=True)
    )


def test_entries_return_and_are_disturbed_anew(recipe):
    found = pairs_of(recipe)
    assert [pair.entry for pair in found] == [i % 5 for i in range(12)]
    first, again = found[0], found[5]
    assert (first.clean[0] == again.clean[0]).all() and first.shift == again.shift
    assert (first.z != again.z).any()


def test_pairs_do_not_depend_on_what_the_cache_holds(recipe, tmp_path, monkeypatch):
    plain = pairs_of(recipe)
    assert same(plain, pairs_of(recipe, Cache(tmp_path, 10**8)))
    assert same(plain, pairs_of(recipe, Cache(tmp_path / "small", 5000)))  # it refuses most
    for file in list(tmp_path.glob("pairs-*/[12]")):
        file.write_bytes(b"damaged")
    assert same(plain, pairs_of(recipe, Cache(tmp_path, 10**8)))
    monkeypatch.setattr("cfvgg_plugin.train.loader.cut_pair", None)
    assert same(plain, pairs_of(recipe, Cache(tmp_path, 10**8)))  # nothing is decoded or cut


def test_batches_of_a_pool_do_not_depend_on_workers(recipe, tmp_path):
    dataset = PairDataset(recipe, Cache(tmp_path, 10**8))
    alone, ahead = (list(load_batches(dataset, 0, workers)) for workers in (0, 1))
    assert all(torch.equal(a.z, b.z) and a.entries == b.entries for a, b in zip(alone, ahead, strict=True))


def test_another_light_shares_the_pool_other_geometry_seed_or_files_do_not(recipe, data):
    group = PairDataset(recipe).group
    lighter = dataclasses.replace(recipe, pairs=dataclasses.replace(recipe.pairs, light=0.9), pool=9)
    assert PairDataset(lighter).group == group
    wider = dataclasses.replace(recipe, pairs=dataclasses.replace(recipe.pairs, scale=0.5))
    assert len({PairDataset(r).group for r in (recipe, wider, dataclasses.replace(recipe, seed=4))}) == 3
    os.utime(data / "stills" / "2.png", (0, 0))
    assert PairDataset(recipe).group != group


def test_passed_over_files_are_counted_whether_the_pool_is_cut_or_read(recipe, data, tmp_path):
    (data / "stills" / "3.png").write_bytes(b"no image")
    recipe = dataclasses.replace(recipe, pool=20)
    counts = [
        [file for i in range(20) for file in dataset[i][1]]
        for dataset in (PairDataset(recipe, Cache(tmp_path, 10**8)) for _ in range(2))
    ]
    assert counts[0] == counts[1] and counts[0]


def test_entries_are_what_their_jpegs_say(recipe):
    pair = pairs_of(recipe, count=1)[0]
    again, skipped = decode_pair(encode_pair(dataclasses.replace(pair, x=pair.clean[0], z=pair.clean[1]), ["a.png"]), 0)
    assert again.shift == pair.shift and again.target == pair.target and skipped == ["a.png"]
    assert np.abs(again.x.astype(int) - pair.clean[0]).mean() < 3
    with pytest.raises(InputError, match="pool entry 7: is of another format"):
        decode_pair(b"something else", 7)
