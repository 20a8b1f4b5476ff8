"""What users may rely on: `cfvgg_plugin.__all__`."""

import ast
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import cfvgg_plugin
from cfvgg_plugin import InputError, create_tracker, evaluate, load_dataset
from cfvgg_plugin.datasets.sequence import Sequence
from tests.conftest import moving_blob


def test_every_public_name_is_there_for_dir_and_for_type_checkers():
    tree = ast.parse(Path(cfvgg_plugin.__file__).read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    typed = {
        (str(node.module).removeprefix("cfvgg_plugin."), name.name)
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert typed == {(home, name) for home, names in cfvgg_plugin._HOMES.items() for name in names}
    assert {name for _, name in typed} | {"__version__"} == set(cfvgg_plugin.__all__)
    for name in cfvgg_plugin.__all__:
        assert getattr(cfvgg_plugin, name) is not None
    assert set(cfvgg_plugin.__all__) == {name for name in dir(cfvgg_plugin) if name[:2] != "__"} | {"__version__"}
    with pytest.raises(AttributeError, match="nothing"):
        cfvgg_plugin.nothing  # noqa: B018


def test_looking_costs_nothing():
    code = "import cfvgg_plugin, sys; dir(cfvgg_plugin); print(sorted({'torch', 'cv2', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_threads_of_a_tracker():
    cfvgg_plugin.set_threads(2)
    create_tracker("fkcf/hog")
    assert (torch.get_num_threads(), cv2.getNumThreads()) == (2, 2)
    create_tracker("fkcf/hog", threads=1)
    assert (torch.get_num_threads(), cv2.getNumThreads()) == (1, 1)
    for wrong in (0, -1, 10**6):
        with pytest.raises(InputError, match=f"threads {wrong}"):
            create_tracker("fkcf/hog", threads=wrong)


def test_evaluate_by_name(tmp_path):
    images, boxes = moving_blob(5)
    folder = tmp_path / "otb" / "One" / "img"
    folder.mkdir(parents=True)
    for number, image in enumerate(images, 1):
        cv2.imwrite(str(folder / f"{number:04d}.png"), image[:, :, ::-1])
    np.savetxt(folder.parent / "groundtruth_rect.txt", boxes + [1, 1, 0, 0], fmt="%d", delimiter=",")
    data = load_dataset("otb", str(tmp_path / "otb"))
    assert isinstance(data.sequences[0], Sequence)
    (result,) = evaluate(["fkcf/hog"], data.sequences, results=str(tmp_path / "raw"))
    assert result.name == "fkcf/hog" and result.summary()["auc"] > 0.7
    assert list((tmp_path / "raw").glob("fkcf-hog-*/One.txt"))
    with pytest.raises(InputError, match="did you mean fkcf/hog"):
        evaluate(["fkcf/hgo"], data.sequences)


def test_the_readmes_lines_run(tmp_path, monkeypatch, capsys):
    readme = (Path(cfvgg_plugin.__file__).parent.parent / "README.md").read_text()
    code = readme.partition("```python\n")[2].partition("```")[0]
    assert "create_tracker" in code
    writer = cv2.VideoWriter(str(tmp_path / "street.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (320, 240))
    for image in moving_blob(4, (240, 320))[0]:
        writer.write(image)
    writer.release()
    (tmp_path / "street.avi").rename(tmp_path / "street.mp4")  # told apart by content
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out.count("Box(") == 3
    assert torch.get_num_threads() == 1
