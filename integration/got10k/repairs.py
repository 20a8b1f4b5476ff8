"""Datasets and experiments of got10k that work offline, on parts of a dataset, and with current numpy."""

import codecs
import contextlib
import io
import json
import types
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

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
