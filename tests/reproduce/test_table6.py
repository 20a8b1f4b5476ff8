"""Table VI from workspaces of the VOT toolkit; the toolkit itself is not run."""

import json
from pathlib import Path

import pytest

from cfvgg_plugin.integration.vot.manifest import MODULE
from tests.reproduce.conftest import cells

pytest.importorskip("yaml", reason="the extra vot is not installed")


def workspace(path: Path, stack: str, eao: dict[str, float], sequences: int = 2) -> Path:
    """A workspace with one analysis; a name with a slash is one of our trackers."""
    kinds = ("AverageAccuracyRobustness", "EAOScore")
    content = {
        "trackers": {
            name.replace("/", "-"): {"command": f"python -m {MODULE} --tracker {name}"} if "/" in name else {}
            for name in eao
        },
        "sequences": {f"s{i}": {"length": 30} for i in range(sequences)},
        "results": {
            "baseline": {
                "parameters": {"analyses": [{"type": f"vot.analysis.supervised.{kind}"} for kind in kinds]},
                "results": [[[0.5, 1.0] for _ in eao], [[value] for value in eao.values()]],
            }
        },
    }
    (path / "analysis").mkdir(parents=True)
    (path / "config.yaml").write_text(f"stack: {stack}\n")
    (path / "analysis" / "A.json").write_text(json.dumps(content))
    return path


def test_table6(run, tmp_path):
    first = workspace(tmp_path / "a", "vot2016/rgb", {"feco/vot": 0.25, "ECO": 0.5, "fkcf/hog": 0.1})
    second = workspace(tmp_path / "b", "vot2017.yaml", {"fdeepstrcf/vot": 0.225}, 60)
    status, out, err = run("reproduce", "table6", "--workspace", first)
    assert (status, err) == (0, "")
    assert cells(out, "fECO: feco/vot", "VOT-2016") == ["0.339", "0.250", "-0.089"]
    assert cells(out, "ECO: ECO", "VOT-2016") == ["0.374", "0.500", "+0.126"]
    assert cells(out, "fkcf/hog", "VOT-2016") == ["-", "0.100", "-"]
    assert cells(out, "SiamRPN", "VOT-2016") == ["0.344", "-", "-"]
    assert "ours: 2 of VOT-2016's 60 sequences" in out and "NOT COMPARABLE" in out
    assert "VOT-2017: not at hand" in out and "vot init WS --stack vot2017" in out
    out = run("reproduce", "table6", "--workspace", first, "--workspace", second)[1]
    assert cells(out, "fDeepSTRCF: fdeepstrcf/vot", "VOT-2017") == ["0.214", "0.225", "+0.011"]
    assert "not at hand" not in out and out.count("NOT COMPARABLE") == 1


def test_nothing_at_hand(run):
    status, out, _ = run("reproduce", "table6")
    assert status == 0 and out.count("not at hand") == 2
    assert cells(out, "fECO", "VOT-2017") == ["0.255", "-", "-"]


def test_bad_input(complains, tmp_path):
    def refuses(*folders: Path) -> str:
        return complains("reproduce", "table6", *(word for path in folders for word in ("--workspace", path)))

    assert "no such folder" in refuses(tmp_path / "nowhere")
    made = workspace(tmp_path / "a", "local", {"feco/vot": 0.25})
    assert "stack local, but the paper's EAO is of vot2016, vot2017" in refuses(made)
    (made / "config.yaml").write_text("stack: vot2016\n")
    assert "two are of the same stack" in refuses(made, made)
    (made / "analysis" / "A.json").write_text('{"results": {}}')
    assert "is no analysis of the toolkit" in refuses(made)
    (made / "analysis" / "A.json").unlink()
    assert "run 'vot analysis" in refuses(made)
