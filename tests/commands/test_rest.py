"""Commands `list`, `weights`, `export`, `demo` and the help."""

import subprocess
import sys

import pytest

from cfvgg_plugin import save_weights
from cfvgg_plugin.cli import COMMANDS, cli
from cfvgg_plugin.demo import FILES
from tests.onnx_files import write


def test_list_and_weights(run, complains, random_weights, tmp_path):
    status, out, _ = run("list")
    assert status == 0 and "fkcf/conv2" in out and "cf_vgg " in out
    save_weights(random_weights, tmp_path / "Mine.safetensors")
    assert "weight name" in complains("weights", "import", tmp_path / "Mine.safetensors", "--name", "a/b")
    status, out, _ = run("weights", "import", tmp_path / "Mine.safetensors")
    assert status == 0 and "stored as" in out and "--weights mine" in out
    assert "mine" in run("list")[1] and "mine" in run("weights", "list")[1]
    status, out, _ = run("weights", "info", "mine")
    assert status == 0 and "103,760 parameters" in out and "conv5 (64)" in out and random_weights.sha256 in out
    assert "no such file" in complains("weights", "info", "yours")


def test_onnx_files_of_others(run, complains, frames, tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'cfvgg-plugin[onnx]'")
    pytest.importorskip("onnx", reason="onnx is not installed: pip install 'cfvgg-plugin[onnx]'")
    path = write(tmp_path / "Net.onnx")
    start = ("weights", "import", path)
    assert "did you mean /stem/Relu?" in complains(*start, "--taps", "conv2=/stem/Reli")
    assert "TAP=NODE" in complains(*start, "--taps", "conv2")
    assert "three numbers" in complains(*start, "--mean", "1,2")
    assert "0..255" in complains(*start, "--mean", "0.5,0.5,0.5")
    assert "is 13 already" in complains(*start, "--taps", "a=13", "--taps", "a=18")
    status, out, _ = run("weights", "info", path)
    assert status == 0 and "1x3x64x64" in out
    assert "     2         4  Relu                /stem/Relu" in out and "/body/Relu  (deepest of its stride)" in out
    status, out, _ = run(*start, "--taps", "conv2=/stem/Relu,deep=/body/Relu", "--bgr", "--std", "255,255,255")
    assert status == 0 and "net: conv2 (4, stride 2), deep (6, stride 4), stored as" in out and "--weights net" in out
    assert "net.onnx" in run("weights", "list")[1] and "(output conv2)" in run("weights", "info", "net")[1]
    status, out, _ = run("track", frames[0], "--init", "30,40,24,24", "--tracker", "fkcf/conv2", "--weights", "net")
    assert status == 0 and out.startswith("12 frames")


def test_an_import_replaces_no_other_network(run, complains, random_weights, student, tmp_path):
    save_weights(random_weights, tmp_path / "compact.safetensors")
    status, out, _ = run("weights", "import", tmp_path / "compact.safetensors")
    assert status == 0 and "every tracker now takes it in place of the package's own compact" in out
    assert run("weights", "import", tmp_path / "compact.safetensors")[0] == 0  # the same again
    save_weights(student, tmp_path / "other.safetensors")
    message = complains("weights", "import", tmp_path / "other.safetensors", "--name", "compact")
    assert "compact.safetensors has it; give another with --name, or remove that file" in message
    assert random_weights.sha256 in run("weights", "info", "compact")[1]


def test_import_keeps_names_apart(run, complains, random_weights, tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'cfvgg-plugin[onnx]'")
    pytest.importorskip("onnx", reason="onnx is not installed: pip install 'cfvgg-plugin[onnx]'")
    save_weights(random_weights, tmp_path / "net.safetensors")
    assert run("weights", "import", tmp_path / "net.safetensors")[0] == 0
    options = ("--taps", "conv2=/stem/Relu")
    assert run("weights", "import", write(tmp_path / "free.onnx"), *options)[0] == 0
    assert "free.onnx has it" in complains("weights", "import", tmp_path / "free.onnx", *options)
    assert "net.safetensors has it" in complains("weights", "import", write(tmp_path / "net.onnx"), *options)
    assert "are for ONNX files" in complains("weights", "import", tmp_path / "net.safetensors", "--bgr")
    assert "a network that only runs" in complains(
        "export", "--format", "onnx", "--weights", tmp_path / "net.onnx", "x.onnx"
    )


def test_demo(run, tmp_path):
    status, out, _ = run("demo", "--out", tmp_path / "demo")
    assert status == 0 and out.startswith("feco: ") and "frames/s" in out
    assert float(out.split("mean overlap ")[1].split(",")[0]) > 0.8
    for name in FILES:
        assert (tmp_path / "demo" / name).stat().st_size > 1000
    assert (tmp_path / "demo" / "demo.gif").stat().st_size < 1_000_000  # the README shows it


def test_export(run, complains, random_weights, tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed: pip install 'cfvgg-plugin[onnx]'")
    save_weights(random_weights, tmp_path / "w.safetensors")
    start = ("export", "--weights", tmp_path / "w.safetensors", "--format")
    assert "ends in .onnx" in complains(*start, "onnx", tmp_path / "net.xml")
    assert "not a weight file" in complains("export", "--format", "onnx", "--weights", __file__, tmp_path / "net.onnx")
    assert "tflite" in complains(*start, "tflite", tmp_path / "net.tflite")
    status, out, _ = run(*start, "onnx", tmp_path / "net.onnx")
    assert status == 0 and "net.onnx" in out and "channel means of the 20x20x3 mean image" in out
    pytest.importorskip("openvino", reason="openvino is not installed: pip install 'cfvgg-plugin[openvino]'")
    status, out, _ = run(*start, "openvino", tmp_path / "net.xml")
    assert status == 0 and "net.xml" in out and "net.bin" in out and (tmp_path / "net.bin").stat().st_size > 400_000


def test_an_exported_file_tracks(run, random_weights, frames, tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'cfvgg-plugin[onnx]'")
    save_weights(random_weights, tmp_path / "w.safetensors")
    assert run("export", "--format", "onnx", "--weights", tmp_path / "w.safetensors", tmp_path / "net.onnx")[0] == 0
    arguments = ("track", frames[0], "--init", "30,40,24,24", "--tracker", "fkcf/conv2", "--threads", "2")
    status, out, _ = run(*arguments, "--weights", tmp_path / "net.onnx")
    assert status == 0 and out.startswith("12 frames")


def test_the_help_of_every_command():
    """The list in cli.py says what the commands say of themselves, or the beginning of it."""
    for name, text in COMMANDS.items():
        command = cli.get_command(None, name)
        assert command.name == name
        assert " ".join(command.help.split()).startswith(text.rstrip("."))


def test_help_imports_no_more_than_it_needs():
    code = (
        "import sys; from cfvgg_plugin.cli import main\n"
        "sys.argv = ['cfvgg', '--help']\n"
        "try: main()\n"
        "finally: print({'torch', 'cv2', 'numpy', 'numba', 'scipy'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "benchmark" in done.stdout and done.stdout.endswith("set()\n")


def test_help_and_misspelt_commands(run, complains):
    assert run("--help")[0] == 0
    status, out, _ = run()
    assert status == 2 and "track" in out
    assert "tarck" in complains("tarck")
    assert "--colour" in complains("list", "--colour")


def test_options_without_effect_are_refused_or_told(complains, run, frames, tmp_path, random_weights):
    save_weights(random_weights, tmp_path / "w.safetensors")
    assert "--root" in complains("benchmark", "trackers", "--sequences", "One")
    common = ("track", frames[0], "--init", "30,40,24,24")
    assert "no network" in complains(*common, "--tracker", "fkcf/hog", "--weights", tmp_path / "w.safetensors")
    table = tmp_path / "t.mat"
    table.write_bytes(b"")
    assert "no Color Names" in complains(*common, "--tracker", "fkcf/hog", "--color-names", table)
    status, _, err = run(*common, "--tracker", "feco/vgg_m", "--weights", tmp_path / "w.safetensors")
    assert status == 0 and "feco/vgg_m is for VGG-M itself" in err


def test_settings_are_described_without_docstrings(monkeypatch):
    from cfvgg_plugin import registry
    from cfvgg_plugin.parameters.fkcf import hog

    before = registry.describe("fkcf/hog")
    monkeypatch.setattr(hog, "__doc__", None)  # as under python -OO
    assert registry.describe("fkcf/hog") == before != ""


def test_without_docstrings_the_list_is_the_same(run):
    optimised = [sys.executable, "-OO", "-m", "cfvgg_plugin", "list"]
    done = subprocess.run(optimised, capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if "fkcf/" in line] == [
        line for line in run("list")[1].splitlines() if "fkcf/" in line
    ]


@pytest.mark.parametrize("count", [0, -1, 1025, 2**63, 10**30])
def test_threads_that_cannot_be(complains, frames, count):
    assert f"threads {count}: " in complains("track", frames[0], "--init", "30,40,24,24", "--threads", count)
