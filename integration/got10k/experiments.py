"""got10k's experiments by the name of their dataset, on data as it lies there; never a download."""

import contextlib
import copy
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.got10k import repairs
from cfvgg_plugin.integration.got10k.repairs import experiments, with_names


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
    "lasot": _Kind(repairs.ExperimentLaSOT, "CLASS/CLASS-N/img/*.jpg and CLASS/CLASS-N/groundtruth.txt"),
    "nfs": _Kind(partial(experiments.ExperimentNfS, fps=30), "NAME/30/NAME.txt and NAME/30/NAME/*.jpg", 0),
    "dtb70": _Kind(experiments.ExperimentDTB70, _OTB),
    "got10k": _Kind(_got10k, "val/list.txt and val/NAME/*.jpg, or the same below test"),
    "vot2016": _Kind(partial(repairs.ExperimentVOT, version=2016), _VOT, 0),
    "vot2017": _Kind(partial(repairs.ExperimentVOT, version=2017), _VOT, 0),
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
    places = [(experiments.otb, "OTB"), (experiments.tcolor128, "TColor128"), (experiments.vot, "VOT")]
    before = [getattr(module, name) for module, name in places]
    try:
        for module, name in places:
            setattr(module, name, getattr(repairs, name))
        yield
    finally:
        for (module, name), value in zip(places, before, strict=True):
            setattr(module, name, value)


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
