"""Which variant is which recipe."""

import dataclasses
from pathlib import Path

import pytest

from cfvgg_plugin.reproduce import variants
from cfvgg_plugin.reproduce.on_networks import VARIANTS, table3, table5
from cfvgg_plugin.reproduce.table import Request


@pytest.fixture
def asked(tmp_path, recipe) -> Request:
    return Request(
        (("otb", Path()),), None, weights=(), out=tmp_path / "out", workers=0, threads=1, recipe=str(recipe), epochs=2,
        seed=7,
    )  # fmt: skip


def test_table4_trains_the_losses(asked):
    planned = variants.plan(VARIANTS, asked)
    assert {name: item.recipe.loss for name, item in planned.items()} == {
        name: name for name in ("fidelity", "tracking-single", "tracking", "both")
    }
    assert {(r.epochs, r.steps, r.seed, r.settings.width) for r in (item.recipe for item in planned.values())} == {
        (2, 4, 7, 0.125)
    }
    assert len({item.file.parent for item in planned.values()}) == 4
    assert planned["both"].file.name == "tiny-both-x64.safetensors"
    assert not asked.out.exists()


def test_table3_trains_the_widths(asked):
    planned = variants.plan(table3().variants, asked)
    assert [item.recipe.settings.width for item in planned.values()] == pytest.approx(
        [1, 1 / 4, 32**-0.5, 1 / 8, 96**-0.5]
    )
    assert {item.recipe.loss for item in planned.values()} == {"both"}
    assert planned["96"].file.name == "tiny-both-x96.safetensors"


def test_tables_share_a_network_that_both_have(asked):
    loss = variants.plan(VARIANTS, asked)["both"]
    assert variants.plan(table3().variants, asked)["64"].file == loss.file
    assert (
        variants.plan(table5().variants, asked)["student"].file == loss.file
    )  # `both` is the recipe's loss by default


def test_another_recipe_has_another_folder(asked):
    files = {
        variants.plan(VARIANTS, changed)["both"].file
        for changed in (asked, dataclasses.replace(asked, epochs=1), dataclasses.replace(asked, seed=8))
    }
    assert len(files) == 3


def test_weights_go_before_the_recipe_and_the_recipe_before_the_installed_student(asked, networks, run):
    assert run("weights", "import", networks[64], "--name", "cf_vgg")[0] == 0
    chosen = variants.plan(table5().variants, dataclasses.replace(asked, weights=(f"student={networks[16]}",)))[
        "student"
    ]
    assert (chosen.file, chosen.recipe) == (networks[16], None)
    assert variants.plan(table5().variants, asked)["student"].recipe is not None
    alone = dataclasses.replace(asked, recipe=None, epochs=None, seed=None)
    assert variants.plan(table5().variants, alone)["student"].file.name == "cf_vgg.safetensors"
    named = variants.plan(VARIANTS, dataclasses.replace(alone, weights=("both=cf_vgg",)))  # a stored name is a file too
    assert named["both"].file.name == "cf_vgg.safetensors"
