import dataclasses

import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.train.loop import learning_rate
from cfvgg_plugin.train.recipe import RECIPES, Recipe, Source, find_recipe, load_recipe

SOURCES = (Source("images", "stills"),)


def write(tmp_path, text):
    path = tmp_path / "r.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("file", sorted(RECIPES.glob("*.toml")), ids=lambda f: f.stem)
def test_recipes_of_the_package_are_valid(file):
    recipe = load_recipe(file)
    assert recipe.name and recipe.steps > 100


def test_paper_recipe_has_the_papers_numbers():
    recipe = load_recipe(find_recipe("paper"))
    assert (recipe.optimizer, recipe.momentum, recipe.weight_decay) == ("sgd", 0.9, 0.005)
    assert (recipe.learning_rate, recipe.epochs, recipe.fidelity_weight) == ((1e-2, 1e-5), 50, 1e-5)
    assert (recipe.init, recipe.normalise, recipe.settings.width) == ("prune", False, 0.125)
    assert recipe.sources[0].layout == "vid"


def test_values_are_typed_and_paths_start_at_the_recipe(tmp_path):
    text = 'loss = "tracking"\nepochs = 2\nmomentum = 1\n[[sources]]\nlayout = "otb"\nroot = "videos"\n'
    recipe = load_recipe(write(tmp_path, text), seed=7, epochs=None)
    assert (recipe.seed, recipe.epochs, recipe.momentum) == (7, 2, 1.0)
    assert recipe.path(recipe.sources[0].root) == tmp_path / "videos"
    elsewhere = load_recipe(write(tmp_path, text), tmp_path / "data", seed=7)
    assert elsewhere.path("videos") == tmp_path / "data" / "videos"
    (tmp_path / "second" / "videos").mkdir(parents=True)
    several = load_recipe(write(tmp_path, text), [tmp_path / "first", tmp_path / "second"], seed=7)
    assert several.path("videos") == tmp_path / "second" / "videos"  # the first that has it
    assert several.path("stills") == tmp_path / "first" / "stills"
    assert elsewhere.sha256 == several.sha256 == recipe.sha256  # where data lie does not change the run
    assert dataclasses.replace(recipe, seed=8).sha256 != recipe.sha256


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loss = 'tracking'\nlearning_rat = [1.0, 2.0]", "unknown entry learning_rat; there are"),
        ("loss = 'tracking'\nsources = [{layout = 'otb', rot = 'x'}]", "unknown entry sources.0..rot"),
        ("loss = 'tracking'\nsources = [{layout = 'otb'}]", "sources.0..root is missing"),
        ("batch = '8'", "batch: int is expected, not '8'"),
        ("learning_rate = [1.0]", "learning_rate: 2 values are expected, not 1"),
        ("loss = 'both'\nsources = []", "at least one folder"),
        ("loss = 'fidelity'\nsources = [{layout = 'otb', root = 'x'}]", "needs a .teacher."),
        ("loss = 'l2'\nsources = [{layout = 'otb', root = 'x'}]", "fidelity, tracking-single, tracking, both"),
        (
            "loss = 'tracking'\nranged_ridge = -1.0\nsources = [{layout = 'otb', root = 'x'}]",
            "ranged_ridge -1: 0 or more",
        ),
        ("seed = ", "not TOML"),
        ("sources = 3", "a list is expected"),
        ("pairs = 3", "a table is expected"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        load_recipe(write(tmp_path, text))


def test_levels_of_the_losses():
    recipe = Recipe(SOURCES, loss="tracking-single")
    assert recipe.tracking_levels == ("conv5",) and not recipe.uses_teacher
    assert dataclasses.replace(recipe, loss="tracking").tracking_levels == ("conv1", "conv2", "conv5")


def test_rate_falls_exponentially_from_first_to_last_after_the_warmup():
    recipe = Recipe(SOURCES, loss="tracking", epochs=10, pairs_per_epoch=100, batch=10, learning_rate=(1e-2, 1e-4))
    rates = [learning_rate(recipe, step) for step in range(recipe.steps)]
    assert rates[0] == pytest.approx(1e-2) and rates[-1] == pytest.approx(1e-4)
    assert rates[50] / rates[49] == pytest.approx(rates[10] / rates[9])
    assert learning_rate(dataclasses.replace(recipe, warmup=9), 0) == pytest.approx(1e-3)


def test_unknown_recipe_names_those_of_the_package():
    with pytest.raises(InputError, match="cf_vgg, compact, paper"):
        find_recipe("cf_vg")
