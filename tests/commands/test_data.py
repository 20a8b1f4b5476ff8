"""Command `data`."""

from cfvgg_plugin.datasets.known import DATASETS
from tests.layouts import make_otb


def test_list(run):
    status, out, _ = run("data", "list")
    assert status == 0 and [line.split()[0] for line in out.splitlines()] == list(DATASETS)
    assert "uav123_10fps UAV123@10fps 123 anno/UAV123_10fps/NAME.txt" in " ".join(out.split())


def test_check(run, tmp_path):
    make_otb(tmp_path, "Deer", 71)
    make_otb(tmp_path, "Mine")
    status, out, _ = run("data", "check", "otb", "--root", tmp_path)
    assert (status, out) == (0, "2 of 2 sequences are ready, 83 frames\n")
    (tmp_path / "Mine" / "img" / "0003.jpg").write_bytes(b"not an image")
    status, out, _ = run("data", "check", "otb", "--root", tmp_path)
    assert (status, out) == (1, "Mine: cannot be decoded: 0003.jpg\n1 of 2 sequences are ready, 71 frames\n")
    assert run("data", "check", "otb", "--root", tmp_path, "--quick")[0] == 0
    status, out, _ = run("data", "check", "otb", "--root", tmp_path, "--sequences", "Deer")
    assert (status, out) == (0, "1 of 1 sequences are ready, 71 frames\n")
    status, out, _ = run("data", "check", "otb2015", "--root", tmp_path)
    assert status == 0 and out.startswith("missing: 99 of 100 sequences") and "1 of 100 sequences are ready" in out
    assert run("data", "check", "otb2015", "--root", tmp_path, "--sequences", "Deer,Boy")[0] == 1


def test_bad_input(complains, tmp_path):
    make_otb(tmp_path)
    assert "does not exist" in complains("data", "check", "otb", "--root", tmp_path / "no")
    assert "it would hold NAME/groundtruth.txt" in complains("data", "check", "vot2016", "--root", tmp_path)
    assert "'otb2013'" in complains("data", "check", "otb2016", "--root", tmp_path)
    assert "no sequence Dear" in complains("data", "check", "otb2015", "--root", tmp_path, "--sequences", "Dear")
    assert "no sequence is named" in complains("data", "check", "otb2015", "--root", tmp_path, "--sequences", ",")
