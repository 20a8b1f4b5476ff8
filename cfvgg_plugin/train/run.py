"""A training run as a command starts it: the recipe by name or file, a progress bar, a summary."""

from pathlib import Path

from tqdm import tqdm

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.train.cache import Cache
from cfvgg_plugin.train.loop import Trained, train
from cfvgg_plugin.train.processes import Process
from cfvgg_plugin.train.recipe import Recipe

RECIPES = Path(__file__).parent / "recipes"


def find_recipe(name_or_file: str) -> Path:
    """A recipe file, or one of the package's by name."""
    if Path(name_or_file).exists():
        return Path(name_or_file)
    packaged = {path.stem: path for path in sorted(RECIPES.glob("*.toml"))}
    if name_or_file not in packaged:
        raise InputError(f"recipe {name_or_file}: no such file, nor one of the package's ({', '.join(packaged)})")
    return packaged[name_or_file]


def run_training(
    recipe: Recipe, out: Path, process: Process, resume: bool = False, workers: int = 1, cache: Cache | None = None
) -> Trained | None:
    """`train` with a progress bar."""
    with tqdm(total=recipe.steps, unit="step", disable=None if process.first else True, desc=recipe.name) as bar:

        def report(step: int, terms: dict[str, float]) -> None:
            bar.update(step - bar.n)
            bar.set_postfix_str(" ".join(f"{name} {value:.3f}" for name, value in terms.items()))

        return train(recipe, out, process, resume, workers, report, cache)


def summary(outcome: Trained) -> str:
    """The held-out scores and the weight file, in lines."""
    lines = [
        f"localisation {name:<20} " + " ".join(f"{value:.3f}" for value in values)
        for name, values in outcome.scores.items()
    ]
    return "\n".join([*lines, f"{outcome.file}: sha256 {outcome.weights.sha256}"])
