"""What a training run is made of: a frozen recipe, read from TOML."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.filters.tracking_loss import Scaling
from cfvgg_plugin.networks.architectures import read_settings
from cfvgg_plugin.system.documents import (
    Count,
    CountOrNone,
    NotNegative,
    Positive,
    Share,
    check_fields,
    convert,
    read_toml,
)
from cfvgg_plugin.system.files import check_name
from cfvgg_plugin.train.patches import Pairs

LOSSES = ("fidelity", "tracking-single", "tracking", "both")
"""The rows of the paper's table IV: fidelity alone, tracking loss at the deepest level, at all levels, and both."""

BESIDE = (
    *("checkpoint.safetensors", "recipe.json", "log.jsonl"),
    *("MODEL_CARD.md", "loss.png", "filters.png", "responses.png"),
)
"""What a run writes beside its weight file."""
RECIPES = Path(__file__).parent / "recipes"
Rate = Annotated[float, Meta(gt=0, le=1e15)]


@dataclass(frozen=True)
class Source:
    """A folder of training data."""

    layout: str
    """otb, got10k, lasot, vid (ILSVRC-2015 VID), mot (MOTChallenge), clips (videos beside the boxes of their targets),
    images (any folder, of photographs or unlabelled video frames), or targets: videos NAME/img/ without boxes, of which
    the package has some (train/targets.csv)."""
    root: str
    """Relative paths start at the recipe's folder, or at the first `--data` that has them."""
    weight: NotNegative = 1.0
    """Share of the pairs that come from here, in proportion to the others."""
    include: tuple[str, ...] = ()
    """Only sequences (or, for images, files below folders) whose name matches one of these patterns; empty: all."""
    exclude: tuple[str, ...] = ()
    """Held out: none whose name matches one of these patterns."""

    def __post_init__(self) -> None:
        check_fields(self, "source")


@dataclass(frozen=True)
class Teacher:
    """A frozen network whose maps the student imitates."""

    file: str
    """ONNX with named outputs, VGG-M as .mat, or safetensors of this package."""
    taps: tuple[tuple[str, str], ...] = (("conv5", "conv5"),)
    """Pairs (student tap, teacher tap); the paper compares the deepest layer alone."""
    measure: str = "maps"
    """maps: equation (5), through 1x1 convolutions; relations: inner products between cells (`relation_loss`)."""
    share: float = 1.0
    """Part of every batch on which it is run: the loss is an unbiased estimate at a part of the cost."""
    weight: NotNegative = 1.0
    """Of its terms, beside `fidelity_weight`."""

    def __post_init__(self) -> None:
        check_fields(self, "teacher")
        if not 0 < self.share <= 1:
            raise InputError(f"recipe: teacher: share {self.share:g}: a share 0 to 1, and above 0, is expected")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run computes. Defaults are the paper's where it states them."""

    sources: tuple[Source, ...]
    teacher: Teacher | None = None
    teachers: tuple[Teacher, ...] = ()
    """More of them, [[teachers]]; a single one is as well given as [teacher]."""
    loss: str = "both"
    """One of LOSSES."""
    pairs: Pairs = field(default_factory=Pairs)
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    init: str = "random"
    """random; prune (of the teacher, which must be VGG-M); or a weight file."""
    frozen: tuple[str, ...] = ()
    """Layers that stay as `init` gives them."""
    architecture: str = "vgg_m"
    """Of the student: a file of `networks/architectures`."""
    network: dict[str, Any] = field(default_factory=dict)
    """Its settings, instead of the defaults. Of vgg_m: `width`, 1/8 is CF-VGG, 1 VGG-M itself."""
    levels: tuple[str, ...] = ("conv1", "conv2", "conv5")
    """Taps of the tracking loss: low, middle, high (after ReLU and normalisation, as the trackers read them)."""
    level_weights: tuple[Annotated[float, Meta(ge=0, le=1000)], ...] = ()
    """Of the levels' terms, in their order; empty: all 1."""
    fidelity_weight: NotNegative = 1.0
    """Lambda of equation (4): 1e-5 in the paper, on features that are not normalised."""
    normalise: bool = True
    """Losses in units that do not depend on the features' scale; False is the paper's equations as printed."""
    joined: tuple[str, ...] = ()
    """Taps on which one filter is learned together, as in fECO, whose highest peak must be the target (`peak_loss`)."""
    ranged: tuple[str, ...] = ()
    """Levels whose channels are scaled to 0..1 one by one instead, as fDeepSTRCF reads deep maps."""
    regularisation: Positive = 0.01
    """Lambda of equation (6); in units of the mean spectral energy where losses are normalised."""
    ranged_ridge: NotNegative = 0.0
    """Lambda of the `ranged` levels, if above 0, in units of the spectral energy of one channel of ones.

    fDeepSTRCF adds fixed numbers to the energy of maps of 0..1; with this the network has to give them energy.
    """
    label_sigma: Annotated[float, Meta(gt=0, le=10)] = 0.1
    """Width of the Gaussian labels, in target sizes."""
    negatives: bool = False
    """Whether filters must answer zero to other pairs' search patches (equation 10, offline)."""
    optimizer: str = "sgd"
    """sgd or adamw."""
    momentum: Share = 0.9
    weight_decay: Share = 0.005
    learning_rate: tuple[Rate, Rate] = (1e-2, 1e-5)
    """First and last; exponential in between."""
    warmup: CountOrNone = 0
    """Steps over which the rate first rises."""
    clip: NotNegative = 0.0
    """Greatest norm of the gradient; 0: no limit."""
    epochs: Count = 50
    pairs_per_epoch: Count = 6400
    batch: Annotated[int, Meta(ge=1, le=65536)] = 32
    """Pairs a step, over all processes."""
    pool: CountOrNone = 0
    """Different clean pairs: pair number i is number i % pool, disturbed anew. They are cut once and kept in the cache,
    and so are the teachers' maps, which then belong to the clean patches: the student learns to see through what
    disturbs them. 0: every pair is cut anew, and teachers see what the student sees."""
    average: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Decay of a running mean of the weights, which is what is saved; 0: the last weights are."""
    mixed_precision: bool = False
    """bfloat16 network (the losses stay float32); for GPUs."""
    checkpoint_every: Count = 500
    """Steps."""
    validate_every: Count = 500
    """Steps between quick tracking scores on the held-out pairs."""
    validation: Source | None = None
    """Held-out videos with boxes (layout otb, targets, clips or mot) that select between students."""
    name: str = "student"
    bases: tuple[str, ...] = (".",)
    """Folders at which relative paths start; where data lie on a machine is no part of what a run computes."""

    def __post_init__(self) -> None:
        _check(self)

    @property
    def steps(self) -> int:
        """Of the whole run."""
        return self.epochs * max(self.pairs_per_epoch // self.batch, 1)

    @property
    def tracking_levels(self) -> tuple[str, ...]:
        """Levels of the tracking loss under `loss`; the last one is the deepest."""
        return {"fidelity": (), "tracking-single": self.levels[-1:]}.get(self.loss, self.levels)

    @property
    def joined_levels(self) -> tuple[str, ...]:
        """Taps of the one filter under `loss`; the paper's ablation of one level has none."""
        return self.joined if self.loss in {"tracking", "both"} else ()

    def level_weight(self, level: str) -> float:
        """Of a level's term in the loss."""
        return dict(zip(self.levels, self.level_weights, strict=False)).get(level, 1.0)

    def scaling(self, level: str) -> Scaling:
        """What is done to the maps of a level before filters are learned on them."""
        if not self.normalise:
            return "none"
        return "range" if level in self.ranged else "energy"

    @property
    def from_file(self) -> bool:
        """Whether `init` names a weight file."""
        return self.init not in {"random", "prune"}

    @property
    def uses_teacher(self) -> bool:
        """Whether the teacher takes part in the loss."""
        return self.loss in {"fidelity", "both"}

    @property
    def settings(self) -> Any:
        """Of the student's architecture."""
        return read_settings(self.architecture, self.network, "recipe")

    @property
    def taught_by(self) -> tuple[Teacher, ...]:
        """The teachers that take part in the loss."""
        given = ((self.teacher,) if self.teacher else ()) + self.teachers
        return given if self.uses_teacher else ()

    def path(self, text: str) -> Path:
        """The place of a file or folder that the recipe names: below the first of `bases` that has it."""
        places = [Path(base) / Path(text).expanduser() for base in self.bases]
        return next((place for place in places if place.exists()), places[0])

    def files(self) -> list[Path]:
        """Weight files that it reads."""
        teachers = ((self.teacher,) if self.teacher else ()) + self.teachers
        return [self.path(text) for text in (*([self.init] if self.from_file else []), *(t.file for t in teachers))]

    def as_dict(self) -> dict[str, Any]:
        """JSON values; without `bases`."""
        values = dataclasses.asdict(self) | {"network": dataclasses.asdict(self.settings)}
        del values["bases"]
        values["init"] = Path(self.init).name  # nor is the place of the file; its tensors' sha256 goes into the history
        return json.loads(json.dumps(values))

    @property
    def sha256(self) -> str:
        """Of the recipe; a run is resumed by the same recipe only."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()


def _check(recipe: Recipe) -> None:
    check_fields(recipe, "recipe")
    check_name(recipe.name, "recipe: name", {Path(name).stem for name in BESIDE if name.endswith(".safetensors")})
    read_settings(recipe.architecture, recipe.network, "recipe")
    problems = [
        (recipe.loss not in LOSSES, f"loss {recipe.loss!r}: one of {', '.join(LOSSES)} is expected"),
        (recipe.optimizer not in {"sgd", "adamw"}, f"optimizer {recipe.optimizer!r}: sgd or adamw is expected"),
        (not recipe.sources, "sources: at least one folder of training data is needed"),
        (recipe.uses_teacher and not recipe.taught_by, f"loss {recipe.loss}: needs a [teacher] or [[teachers]]"),
        (recipe.init == "prune" and recipe.teacher is None, "init prune: needs a [teacher] to prune"),
        (
            any(teacher.measure not in {"maps", "relations"} for teacher in recipe.taught_by),
            "teacher.measure: maps or relations is expected",
        ),
        (not recipe.levels, "levels: at least one tap is needed"),
        (
            recipe.level_weights and len(recipe.level_weights) != len(recipe.levels),
            f"level_weights: {len(recipe.levels)} are expected, one a level",
        ),
        (recipe.negatives and recipe.batch < 2, "negatives: need a batch of at least 2 pairs"),
        (recipe.sources and not any(source.weight for source in recipe.sources), "sources: all of them have weight 0"),
    ]
    for wrong, message in problems:
        if wrong:
            raise InputError(f"recipe: {message}")


def load_recipe(path: Path, data: Path | Sequence[Path] | None = None, **changes: Any) -> Recipe:
    """The recipe in a TOML file; `changes` replace its top-level values, None leaves them.

    data: folder at which its relative paths start, or several, of which each path takes the first that has it; None or
    empty: the recipe's own. Raises InputError, naming the entry, for unknown
    names and wrong types.
    """
    content = read_toml(path, "recipe")
    content |= {name: value for name, value in changes.items() if value is not None}
    if "width" in content and isinstance(content.get("network", {}), dict):  # how recipes of one architecture gave it
        content["network"] = {"width": content.pop("width")} | content.get("network", {})
    try:
        recipe = convert(content, Recipe, "recipe")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    bases = [data] if isinstance(data, Path) else list(data or [path.parent])
    return dataclasses.replace(recipe, bases=tuple(map(str, bases)))


def find_recipe(name_or_file: str) -> Path:
    """A recipe file, or one of the package's by name."""
    if Path(name_or_file).exists():
        return Path(name_or_file)
    packaged = {path.stem: path for path in sorted(RECIPES.glob("*.toml"))}
    if name_or_file not in packaged:
        raise InputError(f"recipe {name_or_file}: no such file, nor one of the package's ({', '.join(packaged)})")
    return packaged[name_or_file]
