"""Networks of a table's rows: which variant is which change of a recipe, and where its weights come from."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import load_weights, width_for_compression
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.network import geometry
from cfvgg_plugin.networks.store import PAPERS, find_weights, stored_weights
from cfvgg_plugin.reproduce.table import BASELINE, STUDENT, Request, Variant
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.train.distiller import Distiller, make_student
from cfvgg_plugin.train.loader import PairDataset
from cfvgg_plugin.train.loop import run_training
from cfvgg_plugin.train.processes import joined
from cfvgg_plugin.train.recipe import BESIDE, Recipe, find_recipe, load_recipe
from cfvgg_plugin.train.sources import list_clips
from cfvgg_plugin.train.teacher import open_teachers


@dataclass(frozen=True)
class Planned:
    """A variant and the file of its weights."""

    variant: Variant
    file: Path
    recipe: Recipe | None = None
    """By which the file is made; None: it was given."""

    @property
    def ready(self) -> bool:
        """Whether the file is there. Raises InputError where it is damaged."""
        if self.recipe is None:
            return True
        return self.file.exists() and load_weights(self.file).recipe.get("recipe_sha256") == self.recipe.sha256


def plan(variants: Sequence[Variant], request: Request) -> dict[str, Planned]:
    """Those variants that have weights or can be trained, by name, in order; of no variants, the files that are given.

    Raises InputError, before any work, for weights that do not fit and a recipe that cannot be run, and where there
    is neither of them.
    """
    if not variants:
        known = {variant.name: variant for variant in (BASELINE, STUDENT)}
        return {name: Planned(known[name], file) for name, file in given_files(known.values(), request.weights).items()}
    if request.recipe is None and (request.data, request.epochs, request.seed) != (None, None, None):
        raise InputError("--data, --epochs and --seed are for training: give --recipe too")
    given = given_files(variants, request.weights)
    recipe_file = find_recipe(request.recipe) if request.recipe is not None else None
    planned = {}
    for variant in variants:
        if variant.name in given:
            planned[variant.name] = Planned(variant, _check_given(variant, given[variant.name]))
        elif recipe_file is not None and variant.trained:
            planned[variant.name] = _plan_training(variant, recipe_file, request)
        elif variant.installed and PAPERS in stored_weights():
            planned[variant.name] = Planned(variant, find_weights(PAPERS))
    if not planned:
        raise InputError(
            "nothing to compare: give --recipe FILE|NAME to train the variants, or --weights VARIANT=FILE with VARIANT "
            f"one of {', '.join(v.name for v in variants)}"
        )
    if recipes := [p.recipe for p in planned.values() if p.recipe is not None and not p.ready]:
        _check_trainable(recipes)
    return planned


def files_of(variants: Sequence[Variant], planned: Mapping[str, Planned]) -> dict[str, Path | None]:
    """Weights by variant; None: what the tracker's setting names, as the student does where nothing is trained."""
    own = {} if variants else {STUDENT.name: None}
    return own | {name: item.file for name, item in planned.items()}


def made_of(planned: Mapping[str, Planned]) -> list[Path]:
    """The files that the trainings still to come write."""
    trained = [item for item in planned.values() if not item.ready]
    return [file for item in trained for file in (item.file, *(item.file.parent / name for name in BESIDE))]


def read_by(planned: Mapping[str, Planned], request: Request) -> list[Path]:
    """The files that a table reads: weights that were given, the recipe, and what it names."""
    files = [item.file for item in planned.values() if item.recipe is None]
    recipes = [find_recipe(request.recipe)] if request.recipe is not None else []
    return [*files, *recipes, *(file for item in planned.values() if item.recipe for file in item.recipe.files())]


def given_files(variants: Iterable[Variant], texts: Sequence[str]) -> dict[str, Path]:
    """{variant: file} of 'VARIANT=FILE', each once. Raises InputError for other texts and missing files."""
    names = [variant.name for variant in variants]
    files: dict[str, Path] = {}
    for text in texts:
        name, equals, file = text.partition("=")
        if not equals or not file:
            raise InputError(f"--weights {text}: VARIANT=FILE is expected, VARIANT one of {', '.join(names)}")
        if name not in names:
            raise InputError(f"--weights {text}: unknown variant {name!r}; there are {', '.join(names)}")
        if name in files:
            raise InputError(f"--weights {text}: variant {name} has {files[name]} already")
        files[name] = find_weights(file)
    return files


def compressed(settings: Any, ratio: int) -> Any:
    """The settings at the width of a compression ratio. Raises InputError for an architecture without width."""
    if not hasattr(settings, "width"):
        raise InputError(f"{settings_text(settings)}: has no width by which it could be compressed; take vgg_m")
    return dataclasses.replace(settings, width=width_for_compression(ratio))


def _check_given(variant: Variant, file: Path) -> Path:
    """The file, if its network can be this variant."""
    if variant == BASELINE and file.suffix.lower() == ".onnx":
        return file  # some other uncompressed network; the tracker checks its layers
    settings = load_weights(file).settings
    ratio = 1 if variant == BASELINE else variant.ratio
    if ratio is not None and geometry(settings).taps != geometry(wanted := compressed(settings, ratio)).taps:
        raise InputError(
            f"--weights {variant.name}={file}: {settings_text(settings)}, but compression {ratio}x is"
            f" {settings_text(wanted)}"
        )
    return file


def _plan_training(variant: Variant, recipe_file: Path, request: Request) -> Planned:
    """The variant's recipe, and a file in a folder that no other recipe has."""
    changes = {"loss": variant.loss, "epochs": request.epochs, "seed": request.seed}
    recipe = load_recipe(recipe_file, request.data, **changes)
    if variant.ratio is not None:
        recipe = dataclasses.replace(recipe, network=dataclasses.asdict(compressed(recipe.settings, variant.ratio)))
    # the name says what the recipe is, not which row it is for: tables share what is the same
    name = f"{recipe.name}-{recipe.loss}"
    if (width := getattr(recipe.settings, "width", None)) is not None:
        name += f"-x{width**-2:.0f}"
    recipe = dataclasses.replace(recipe, name=name)
    return Planned(variant, request.out / f"{name}-{recipe.sha256[:8]}" / f"{name}.safetensors", recipe)


def _check_trainable(recipes: Sequence[Recipe]) -> None:
    """Raise InputError for what would stop the training of any of them: data, teacher, start, taps, packages."""
    import_extra("matplotlib", "train", "a training's pictures need")
    first = recipes[0]  # data and teacher are those of all
    PairDataset(first)
    if first.validation is not None:
        list_clips(first.validation, first.path(first.validation.root), validation=True)
    teachers = next((found for recipe in recipes if (found := open_teachers(recipe, "cpu").backbones)), ())
    for recipe in recipes:
        Distiller(recipe, make_student(recipe), teachers if recipe.uses_teacher else ())


def train_variant(planned: Planned, request: Request) -> list[str]:
    """Train a variant unless it is there already; an interrupted training goes on. Returns warnings."""
    if planned.recipe is None or planned.ready:
        return []
    with joined(request.device) as process:
        outcome = run_training(planned.recipe, planned.file.parent, process, resume=True, workers=request.workers)
    return outcome.warnings() if outcome is not None else []


def training_videos(planned: Mapping[str, Planned]) -> set[str]:
    """Names of the videos that recipes train on; none where the data of finished trainings are gone."""
    recipes = [p.recipe for p in planned.values() if p.recipe is not None][:1]  # all have the same data
    roots = [(source, recipe.path(source.root)) for recipe in recipes for source in recipe.sources]
    videos = [(source, root) for source, root in roots if source.layout != "images" and root.is_dir()]
    return {clip.name for source, root in videos for clip in list_clips(source, root)}
