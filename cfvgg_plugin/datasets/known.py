"""The datasets that are known by name, and reading one."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cfvgg_plugin.datasets.benchmarks import DTB70, LASOT, NFS, TC128, find_got10k, uav123
from cfvgg_plugin.datasets.clips import find_clips, find_mot, find_validation
from cfvgg_plugin.datasets.hard import find_gap, find_hard
from cfvgg_plugin.datasets.layouts import find_folders, find_otb, find_tld, find_vid, find_vot
from cfvgg_plugin.datasets.sequence import Dataset, Entry, Place, read_list, read_sequence
from cfvgg_plugin.errors import InputError

Finder = Callable[[Path, Mapping[str, Entry]], list[Place]]
"""The sequences below a root, with their entries in the list; empty where there are none. Raises InputError."""


@dataclass(frozen=True)
class Known:
    """A dataset that can be named."""

    title: str
    """As in papers."""
    layout: str
    """What lies below its root."""
    find: Finder
    entries: Callable[[], Mapping[str, Entry]] = dict
    """Its list; empty where the folder itself says which sequences there are."""
    open: bool = False
    """Whether any sequence belongs to it, listed or not."""
    size: int | None = None
    """Sequences where the list is empty."""

    @property
    def total(self) -> int | None:
        """Sequences of the whole benchmark; None for a plain folder."""
        return None if self.open else len(self.entries()) or self.size


VALIDATION = 37
"""Targets in the 32 videos of lists/clips.csv."""
LIGHT = 1
"""Seed of the change of light under which they are run once more."""

HARD = (1, 2, 3, 4)
"""Seeds of what makes them long and hard."""

_OTB = "NAME/img/*.jpg and NAME/groundtruth_rect.txt"
_VOT = "NAME/groundtruth.txt, and images in NAME or NAME/color"
_CLIPS = "NAME.mp4 or another video, and NAME.txt, NAME.1.txt, NAME.2.txt, ..., or .csv"
_UAV = "anno/{0}/NAME.txt and data_seq/{0}/FOLDER/*.jpg"

DATASETS: Mapping[str, Known] = {
    "otb": Known("OTB layout", _OTB, find_otb, partial(read_list, "otb"), open=True),
    "otb2013": Known("OTB-2013", _OTB, find_otb, partial(read_list, "otb", "otb2013")),
    "otb2015": Known("OTB-2015", _OTB, find_otb, partial(read_list, "otb")),
    "tc128": Known(
        "Temple-Color-128",
        "NAME/img/*.jpg, NAME/NAME_gt.txt and NAME/NAME_frames.txt",
        TC128.listed,
        partial(read_list, "tc128"),
    ),
    "uav123": Known("UAV123", _UAV.format("UAV123"), uav123("UAV123").listed, partial(read_list, "uav123")),
    "uav123_10fps": Known(
        "UAV123@10fps",
        _UAV.format("UAV123_10fps"),
        uav123("UAV123_10fps").listed,
        partial(read_list, "uav123", rate="_10fps"),
    ),
    "lasot": Known(
        "LaSOT test set",
        "CLASS/CLASS-N/img/*.jpg, and in CLASS/CLASS-N groundtruth.txt, full_occlusion.txt and out_of_view.txt",
        LASOT.listed,
        partial(read_list, "lasot"),
    ),
    "nfs": Known("NfS at 30 frames/s", "NAME/30/NAME.txt and NAME/30/NAME/*.jpg", NFS.found, partial(read_list, "nfs")),
    "dtb70": Known("DTB70", _OTB, DTB70.found, partial(read_list, "dtb70")),
    "got10k": Known(
        "GOT-10k",
        "val/list.txt, and in val/NAME *.jpg, groundtruth.txt and cover.label; or test without cover.label",
        find_got10k,
        size=180,
    ),
    "vot2016": Known("VOT-2016", _VOT, find_vot, partial(read_list, "vot", "vot2016")),
    "vot2017": Known("VOT-2017", _VOT, find_vot, partial(read_list, "vot", "vot2017")),
    "folder": Known(
        "plain folder",
        "NAME/groundtruth_rect.txt, NAME/groundtruth.txt or NAME/NAME.txt, and images in NAME, NAME/img or NAME/color; "
        "or what clips has",
        find_folders,
        open=True,
    ),
    "mot": Known("MOTChallenge layout", "SEQ/gt/gt.txt and SEQ/img1/*.jpg, at any depth", find_mot, open=True),
    "vid": Known(
        "ILSVRC-2015 VID",
        "Annotations/VID/SPLIT/.../SNIPPET/*.xml and Data/VID/SPLIT/.../SNIPPET/*.JPEG",
        find_vid,
        open=True,
    ),
    "tld": Known("TLD layout", "NAME/NAME.mpg or another video or images, and NAME/gt.txt", find_tld, open=True),
    "clips": Known("clips", _CLIPS, find_clips, open=True),
    "clips_validation": Known("validation clips", _CLIPS, find_validation, size=VALIDATION),
    "clips_validation_2": Known(
        "validation clips, every 2nd frame", _CLIPS, partial(find_validation, step=2), size=VALIDATION
    ),
    "clips_validation_3": Known(
        "validation clips, every 3rd frame", _CLIPS, partial(find_validation, step=3), size=VALIDATION
    ),
    "clips_validation_light": Known(
        "validation clips, changed light", _CLIPS, partial(find_validation, light=LIGHT), size=VALIDATION
    ),
    "clips_validation_gap": Known("validation clips, interrupted", _CLIPS, find_gap, size=VALIDATION),
    **{
        "clips_validation_hard" + (f"_{seed}" if seed > 1 else ""): Known(
            f"validation clips, long and hard, seed {seed}", _CLIPS, partial(find_hard, seed=seed), size=VALIDATION
        )
        for seed in HARD
    },
}
"""By the name that `--dataset` takes. GOT-10k has 180 sequences in its validation set and 180 in its test set."""


@dataclass(frozen=True)
class Copy:
    """What there is of a dataset in some folder; nothing of it has been read yet."""

    name: str
    known: Known
    root: Path
    places: tuple[Place, ...]
    """Its sequences in alphabetical order, present or not."""
    strangers: tuple[str, ...]
    """Names of what looks like a sequence but is not in the list."""


def load_dataset(name: str, root: str | Path, names: list[str] | None = None) -> Dataset:
    """Those sequences of a dataset that are below `root`, all or those of `names`, in alphabetical order.

    Boxes are 0-based. A row is NaN where the benchmark does not score: boxes that are not finite or have no area,
    LaSOT's frames with the target fully occluded or out of view, GOT-10k's with a cover of 0, and all after the first
    of GOT-10k's test set, which is withheld. No image is opened; the frames of a video are
    counted where its file announces another number of them than there are boxes.

    Raises InputError if there is no sequence of the dataset or no such name, and for a damaged sequence: `cfvgg data
    check` finds every fault.
    """
    root = Path(root)
    copy = find_dataset(name, root)
    chosen = choose([place for place in copy.places if copy.known.open or place.present], names, copy)
    try:
        if twice := twins(chosen):
            raise InputError("; ".join(twice))
        sequences = tuple(read_sequence(place) for place in chosen)
    except InputError as error:
        raise InputError(f"{error}; 'cfvgg data check {name} --root {root}' finds every fault") from None
    return Dataset(name, copy.known.title, root, sequences, copy.known.total)


def find_dataset(name: str, root: Path) -> Copy:
    """What there is of the dataset below `root`; raises InputError where that is nothing, saying what it would be."""
    if name not in DATASETS:
        raise InputError(f"dataset {name!r}: not known; there are {', '.join(DATASETS)}")
    known = DATASETS[name]
    if not root.is_dir():
        raise InputError(f"dataset folder {root}: does not exist")
    found = known.find(root, known.entries()) if any(root.iterdir()) else []
    found.sort(key=lambda place: place.name)
    closed = not known.open and known.entries()
    places = tuple(place for place in found if place.entry or not closed)
    if not any(known.open or place.present for place in places):
        raise InputError(f"dataset folder {root}: no sequence of {known.title} there; it would hold {known.layout}")
    return Copy(name, known, root, places, tuple(place.name for place in found if place not in places))


def choose(places: list[Place], names: list[str] | None, copy: Copy) -> list[Place]:
    """Those of `places` that `names` has, or all. Raises InputError for a name that none of them has."""
    if names is None:
        return places
    there = [place.name for place in places]
    if missing := [n for n in dict.fromkeys(names) if all(n not in {p.name, p.listed_name} for p in places)]:
        shown = ", ".join(there[:20]) + (f", ... ({len(there)})" if len(there) > 20 else "")
        raise InputError(f"no sequence {', '.join(missing)} of {copy.known.title} in {copy.root}; there are {shown}")
    if not names:
        raise InputError("no sequence is named; leave the names out for all of them")
    return [place for place in places if place.name in names or place.listed_name in names]


def twins(places: list[Place]) -> list[str]:
    """A line for every sequence that is there more than once."""
    counts = Counter(place.listed_name for place in places)
    return [f"sequence {name}: is there {count} times" for name, count in counts.items() if count > 1]
