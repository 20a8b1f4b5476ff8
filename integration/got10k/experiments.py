"""got10k's experiments by the name of their dataset, on data as it lies there; never a download.

Its datasets and experiments are mended to work offline, on parts of a dataset, and with current numpy.
"""

import codecs
import contextlib
import copy
import io
import json
import types
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.system.files import check_name, read_text

datasets: Any = import_extra("got10k.datasets", "got10k", "its adapter needs")
experiments: Any = import_extra("got10k.experiments", "got10k", "its adapter needs")


class LaSOT(datasets.LaSOT):  # type: ignore[misc]
    """The test set; the class of the released got10k cannot be opened."""

    def __init__(self, root_dir: str) -> None:
        self.root_dir, self.return_meta = root_dir, False
        self.seq_names = json.loads(Path(datasets.lasot.__file__).with_name("lasot.json").read_text(encoding="utf-8"))[
            "test"
        ]
        folders = [Path(root_dir, name.rpartition("-")[0], name) for name in self.seq_names]
        self.seq_dirs = [str(folder / "img") for folder in folders]
        self.anno_files = [str(folder / "groundtruth.txt") for folder in folders]


class _Offline:
    """Keeps a dataset of got10k from downloading what it does not find."""

    def _download(self, *_: Any) -> None: ...


class OTB(_Offline, datasets.OTB):  # type: ignore[misc]
    """Also copies that hold the annotated frames alone."""

    def __getitem__(self, index: int | str) -> Any:
        """Every image where there are as many as boxes; else got10k's choice, which counts the images of the zips."""
        at = self.seq_names.index(index) if isinstance(index, str) else index
        images = sorted(str(path) for path in Path(self.seq_dirs[at], "img").glob("*.jpg"))
        boxes = np.loadtxt(io.StringIO(read_text(Path(self.anno_files[at]), "boxes").replace(",", " ")), ndmin=2)
        return (images, boxes) if len(images) == len(boxes) else super().__getitem__(index)


class TColor128(_Offline, datasets.TColor128):  # type: ignore[misc]
    """Not downloaded."""


class VOT(_Offline, datasets.VOT):  # type: ignore[misc]
    """Also in the VOT toolkit's present layout."""

    def __getitem__(self, index: int | str) -> Any:
        """Images beside groundtruth.txt, as got10k knows them, or in the folder color/, as the VOT toolkit does."""
        at = self.seq_names.index(index) if isinstance(index, str) else index
        colour = Path(self.seq_dirs[at], "color")
        if not colour.is_dir():
            return super().__getitem__(at)
        boxes = np.loadtxt(self.anno_files[at], delimiter=",", ndmin=2)
        images = sorted(str(path) for path in colour.glob("*.jpg"))
        return images, boxes, self._fetch_meta(self.seq_dirs[at], len(images))


class ExperimentLaSOT(experiments.ExperimentUAV123):  # type: ignore[misc]
    """LaSOT's test set, which the released got10k has no experiment for; frames without an annotation are left out."""

    def __init__(self, root_dir: str, result_dir: str, report_dir: str) -> None:
        self.dataset = LaSOT(root_dir)
        self.result_dir, self.report_dir = str(Path(result_dir, "LaSOT")), str(Path(report_dir, "LaSOT"))
        self.nbins_iou, self.nbins_ce = 21, 51


class ExperimentVOT(experiments.ExperimentVOT):  # type: ignore[misc]
    """The experiment with restarts, which is the one that got10k reports; its annotations are 0-based."""

    def __init__(self, root_dir: str, version: int, **out: str) -> None:
        numpy = types.ModuleType("numpy")  # for this module of got10k alone, which asks for np.NaN
        vars(numpy).update(vars(np), NaN=np.nan)
        experiments.vot.np = numpy
        super().__init__(root_dir, version, experiments="supervised", **out)

    def _calc_iou(self, boxes: Any, anno: Any, bound: Any, burnin: bool = False) -> Any:
        """Overlap (frames,), NaN where there is no box: got10k's own makes a ragged array, which numpy refuses."""
        boxes = list(boxes)
        for start in [at for at, box in enumerate(boxes) if burnin and list(box) == [1.0]]:
            boxes[start : start + self.burnin] = [[0]] * len(boxes[start : start + self.burnin])
        overlap = experiments.vot.poly_iou
        pairs = zip(boxes, anno, strict=True)
        return np.array([overlap(np.array(a), b, bound)[0] if len(a) > 1 else np.nan for a, b in pairs])


@contextlib.contextmanager
def unmarked(dataset: Any, at: int) -> Iterator[None]:
    """While it lasts, got10k reads a sequence's boxes without the byte order mark that may stand before them."""
    file = Path(dataset.anno_files[at])
    content = file.read_bytes() if file.is_file() else b""
    if not content.startswith(codecs.BOM_UTF8):
        yield
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder, file.name)
        copy.write_bytes(content.removeprefix(codecs.BOM_UTF8))
        dataset.anno_files[at] = str(copy)
        try:
            yield
        finally:
            dataset.anno_files[at] = str(file)


def with_names(dataset: Any) -> Any:
    """The dataset, whose list.txt may begin with a byte order mark. Raises InputError for a name that is a path."""
    for attribute in ("seq_names", "seq_dirs", "anno_files"):
        setattr(dataset, attribute, [text.replace("\ufeff", "").strip() for text in getattr(dataset, attribute)])
    for name in dataset.seq_names:
        check_name(name, "name of a sequence")
    return dataset


class _Kind(NamedTuple):
    make: Callable[..., Any]
    """Called with root, result_dir and report_dir."""
    layout: str
    """What must be below the root."""
    first_pixel: int = 1
    """How its boxes number the first pixel."""


def _got10k(root: str, **out: str) -> Any:
    """The validation set if it is there, else the test set, whose boxes are withheld."""
    return experiments.ExperimentGOT10k(root, "val" if Path(root, "val").is_dir() else "test", **out)


_OTB = "NAME/img/*.jpg and NAME/groundtruth_rect.txt"
_VOT = "list.txt with a name a line, NAME/*.jpg or NAME/color/*.jpg, and NAME/groundtruth.txt"
KINDS = {
    "otb2013": _Kind(partial(experiments.ExperimentOTB, version=2013), _OTB),
    "otb2015": _Kind(partial(experiments.ExperimentOTB, version=2015), _OTB),
    "tc128": _Kind(experiments.ExperimentTColor128, "NAME/img/*.jpg, NAME/NAME_gt.txt and NAME/NAME_frames.txt"),
    "uav123": _Kind(
        experiments.ExperimentUAV123, "anno/UAV123/*.txt and data_seq/UAV123/NAME/*.jpg, and at least two folders more"
    ),
    "lasot": _Kind(ExperimentLaSOT, "CLASS/CLASS-N/img/*.jpg and CLASS/CLASS-N/groundtruth.txt"),
    "nfs": _Kind(partial(experiments.ExperimentNfS, fps=30), "NAME/30/NAME.txt and NAME/30/NAME/*.jpg", 0),
    "dtb70": _Kind(experiments.ExperimentDTB70, _OTB),
    "got10k": _Kind(_got10k, "val/list.txt and val/NAME/*.jpg, or the same below test"),
    "vot2016": _Kind(partial(ExperimentVOT, version=2016), _VOT, 0),
    "vot2017": _Kind(partial(ExperimentVOT, version=2017), _VOT, 0),
}


def open_experiment(name: str, root: Path, out: Path) -> tuple[Any, int]:
    """An experiment of KINDS, and the number of its sequences that are not below `root`.

    Results will lie in out/results, reports in out/reports. Raises InputError where the dataset cannot be found.
    """
    kind = KINDS[name]
    if not root.is_dir():
        raise InputError(f"dataset folder {root}: does not exist")
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), _repaired():
            experiment = kind.make(str(root), result_dir=str(out / "results"), report_dir=str(out / "reports"))
    except Exception as error:
        reason = f" ({error})" if isinstance(error, OSError) else ""
        raise InputError(f"dataset folder {root}: no {name} there{reason}; it would hold {kind.layout}") from None
    dataset = with_names(experiment.dataset)
    places = zip(dataset.seq_names, dataset.seq_dirs, dataset.anno_files, strict=True)
    present = [name for name, folder, file in places if Path(folder).is_dir() and Path(file).is_file()]
    if not present:
        raise InputError(f"dataset folder {root}: no sequence of {name} there; it would hold {kind.layout}")
    missing = len(dataset.seq_names) - len(present)
    if name.startswith("otb"):  # the dataset whose sequences got10k looks for by name
        missing += said.getvalue().count("Warning: sequence")
    experiment.dataset = subset(dataset, present)
    experiment._record = partial(_record_whole, experiment._record)
    return experiment, missing


@contextlib.contextmanager
def _repaired() -> Iterator[None]:
    """While an experiment is made, let it make our datasets instead of got10k's."""
    places = [(experiments.otb, OTB), (experiments.tcolor128, TColor128), (experiments.vot, VOT)]
    before = [getattr(module, ours.__name__) for module, ours in places]
    try:
        for module, ours in places:
            setattr(module, ours.__name__, ours)
        yield
    finally:
        for (module, ours), theirs in zip(places, before, strict=True):
            setattr(module, ours.__name__, theirs)


def subset(dataset: Any, names: Sequence[str]) -> Any:
    """A dataset of got10k with some of its sequences only, in this order. Raises InputError for a name it lacks."""
    known = list(dataset.seq_names)
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"no sequence {', '.join(unknown)} in {dataset.root_dir}; there are {', '.join(known)}")
    chosen = copy.copy(dataset)
    for attribute in ("seq_names", "seq_dirs", "anno_files", "range_files"):
        if hasattr(dataset, attribute):
            values = getattr(dataset, attribute)
            setattr(chosen, attribute, [values[known.index(name)] for name in names])
    return chosen


def _record_whole(record: Callable[..., None], file: str, boxes: Any, times: Any) -> None:
    """Let got10k write a result elsewhere and move it in place, the boxes last: got10k takes any file for a result."""
    final = Path(file)
    final.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=final.parent, prefix=".partial-") as folder:
        record(str(Path(folder, final.name)), boxes, times)
        written = [path for path in Path(folder).rglob("*") if path.is_file()]
        for path in sorted(written, key=lambda path: path.name == final.name):
            target = final.parent / path.relative_to(folder)
            target.parent.mkdir(exist_ok=True)
            path.replace(target)
