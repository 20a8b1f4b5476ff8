"""`cfvgg train`, also as `python -m cfvgg_plugin.train`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import device_option, threads_option
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.system.files import check_outputs
from cfvgg_plugin.system.machine import set_threads
from cfvgg_plugin.train.cache import open_cache
from cfvgg_plugin.train.loop import run_training, summary
from cfvgg_plugin.train.processes import joined
from cfvgg_plugin.train.recipe import BESIDE, LOSSES, find_recipe, load_recipe


@click.command("train")
@click.option("--recipe", "recipe_file", required=True, metavar="FILE|NAME", help="TOML, or compact, cf_vgg, paper.")
@click.option(
    "--data", type=click.Path(path_type=Path), multiple=True,
    help="Where the recipe's relative paths start; default: beside it. Repeatable: the first that has a path.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for checkpoint, log and weights.")
@click.option("--loss", type=click.Choice(LOSSES), help="Instead of the recipe's.")
@click.option("--seed", type=int, help="Instead of the recipe's.")
@click.option("--init", metavar="FILE|NAME", help="Weights that the student starts from, instead of the recipe's.")
@click.option("--epochs", type=int, help="Instead of the recipe's.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in --out, if there is one.")
@click.option("--workers", type=click.IntRange(min=0), default=1, show_default=True, help="Processes that load pairs.")
@click.option(
    "--cache", type=click.Path(path_type=Path),
    help="Folder for decoded frames, patches and teachers' maps; default: $CFVGG_CACHE or the platform's.",
)  # fmt: skip
@click.option("--cache-size", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Its limit in GB.")
@device_option
@threads_option
def train_command(
    recipe_file: str, data: tuple[Path, ...], out: Path, loss: str | None, seed: int | None, init: str | None,
    epochs: int | None, resume: bool, workers: int, cache: Path | None, cache_size: float, device: str,
    threads: int,
) -> None:  # fmt: skip
    """Train a student network for the trackers; on several GPUs with torchrun -m cfvgg_plugin.train."""
    set_threads(threads)
    start = None if init is None else str(find_weights(init).absolute())
    recipe = load_recipe(find_recipe(recipe_file), data, loss=loss, seed=seed, init=start, epochs=epochs)
    read = [find_recipe(recipe_file), *recipe.files()]
    check_outputs([out / name for name in (*BESIDE, f"{recipe.name}.safetensors")], read)
    with joined(device) as process:
        outcome = run_training(recipe, out, process, resume, workers, open_cache(cache, cache_size))
    if outcome is not None:
        for warning in outcome.warnings():
            click.echo(f"cfvgg: warning: {warning}", err=True)
        click.echo(summary(outcome))
