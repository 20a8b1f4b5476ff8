import os
import subprocess
import sys

from cfvgg_plugin.system.files import partial_path, sweep


def test_what_killed_processes_left_is_swept_and_the_rest_stays(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "a").mkdir()
    left = tmp_path / "a" / f".One.{gone.pid}.partial.txt"
    kept = [
        partial_path(tmp_path / "Two.txt"),
        tmp_path / f".Three.{os.getppid()}.partial.txt",
        tmp_path / ".x.partial.y",
    ]
    for path in (left, *kept, tmp_path / "One.txt"):
        path.write_text("1")
    sweep(tmp_path)
    assert not left.exists() and all(path.exists() for path in kept) and (tmp_path / "One.txt").exists()
