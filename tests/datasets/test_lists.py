"""The lists of the benchmarks against the counts that are published of them."""

import json
from collections import Counter
from pathlib import Path

import pytest

import cfvgg_plugin.datasets.sequence as module
from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.datasets.sequence import read_list

OTB = ["IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR"]
UAV = ["SV", "ARC", "LR", "FM", "FOC", "POC", "OV", "BC", "IV", "VC", "CM", "SOB"]
LASOT = ["IV", "POC", "DEF", "MB", "CM", "ROT", "BC", "VC", "SV", "FOC", "FM", "OV", "LR", "ARC"]


@pytest.mark.parametrize(
    ("name", "sequences", "frames"),
    [
        ("otb2013", 51, 29_491),
        ("otb2015", 100, 59_040),
        ("tc128", 129, 55_346),
        ("uav123", 123, 112_578),
        ("uav123_10fps", 123, 37_607),
        ("lasot", 280, 685_360),
        ("dtb70", 70, 15_777),
        ("nfs", 100, None),
        ("vot2016", 60, None),
        ("vot2017", 60, None),
    ],
)
def test_sizes(name, sequences, frames):
    entries = DATASETS[name].entries()
    assert len(entries) == DATASETS[name].total == sequences
    assert sum(len(entry.frames) for entry in entries.values()) == (frames or 0)
    assert all(entry.name == key and entry.folder for key, entry in entries.items())


@pytest.mark.parametrize(
    ("name", "abbreviations", "counts"),
    [
        ("otb2013", OTB, [25, 28, 29, 19, 12, 17, 31, 39, 6, 21, 4]),
        ("otb2015", OTB, [38, 64, 49, 44, 29, 39, 51, 63, 14, 31, 9]),
        ("uav123", UAV, [109, 68, 48, 28, 33, 73, 30, 21, 31, 60, 70, 39]),
        ("uav123_10fps", UAV, [109, 68, 48, 28, 33, 73, 30, 21, 31, 60, 70, 39]),
        ("lasot", LASOT, [47, 187, 142, 89, 86, 175, 100, 33, 273, 118, 53, 104, 141, 249]),
    ],
)
def test_attributes(name, abbreviations, counts):
    """The counts stand in the legends of the benchmarks' own plots by attribute."""
    attributes = [entry.attributes for entry in DATASETS[name].entries().values()]
    found = Counter(attribute for each in attributes for attribute in each)
    assert dict(found) == dict(zip(abbreviations, counts, strict=True))
    assert all(list(each) == [a for a in abbreviations if a in each] for each in attributes)


def test_some_entries():
    otb, uav = read_list("otb"), read_list("uav123")
    assert otb["David"].frames == range(300, 771) and otb["BlurCar1"].frames == range(247, 989)
    assert otb["Basketball"].attributes == ("IV", "OCC", "DEF", "OPR", "BC")
    assert uav["bird1_2"].folder == "bird1" and uav["bird1_2"].frames == range(775, 1478)
    assert len(read_list("lasot")["monkey-17"].frames) == 2260
    assert read_list("otb", "otb2013").keys() < otb.keys()
    assert len(read_list("vot", "vot2016").keys() - read_list("vot", "vot2017").keys()) == 10


def test_every_third_frame_at_10_frames_a_second():
    fast, slow = read_list("uav123"), read_list("uav123", rate="_10fps")
    for name, entry in fast.items():
        assert slow[name].frames == range((entry.frames[0] - 1) // 3 + 1, (entry.frames[-1] - 1) // 3 + 2)
        assert slow[name].attributes == entry.attributes


def test_the_testing_set_of_lasot_is_that_of_got10k():
    pytest.importorskip("got10k", reason="the extra got10k is not installed")
    import got10k.datasets

    names = json.loads(Path(got10k.datasets.__file__).with_name("lasot.json").read_text())["test"]
    assert set(names) == set(read_list("lasot"))


@pytest.mark.parametrize("file", sorted(Path(module.__file__).with_name("lists").iterdir()), ids=lambda file: file.name)
def test_every_list_names_its_source_and_no_sequence_twice(file):
    lines = file.read_text().splitlines()
    comment = " ".join(line for line in lines if line.startswith("#"))
    names = [line.split(",")[0] for line in lines if not line.startswith("#")][1:]
    assert ("Source" in comment or "SHA-256" in comment) and len(set(names)) == len(names) > 0
