"""The compiled code on a processor without AVX: it runs, and finds the same boxes.

As on ARM, LLVM then has the architecture's least vectors (SSE2 here, NEON there), torch and OpenCV their plain code.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cfvgg_plugin import create_tracker
from tests.conftest import moving_blob

PROGRAM = """
import json
from cfvgg_plugin.features import fhog
from cfvgg_plugin.system.machine import set_threads
from tests.test_other_processors import follow
set_threads(1)
found = follow()
vectors = sorted({v for asm in fhog._fhog_of_each.inspect_asm().values() for v in ("ymm", "zmm") if v in asm})
print(json.dumps({"boxes": found, "vectors": vectors}))
"""
PLAIN = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "ATEN_CPU_CAPABILITY": "default"}
PLAIN |= {"OPENCV_CPU_DISABLE": "AVX512-SKX,AVX2,FP16,FMA3,AVX"}
TRACKERS = ("fkcf/hog", "feco/hand_crafted", "fdeepstrcf/hand_crafted")


def follow() -> dict[str, list]:
    """Boxes by tracker."""
    images, boxes = moving_blob(12)
    found = {}
    for name in TRACKERS:
        tracker = create_tracker(name)
        tracker.init(images[0], boxes[0])
        found[name] = [list(tracker.update(image).box) for image in images[1:]]
    return found


def follow_elsewhere(**env: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True, text=True, check=False, env=os.environ | env, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="not an x86-64 processor")
def test_the_kernels_run_without_avx_and_find_the_same(tmp_path):
    plain = follow_elsewhere(**PLAIN, NUMBA_CACHE_DIR=str(tmp_path))
    usual = follow()
    assert plain["vectors"] == []
    for name in TRACKERS:
        np.testing.assert_allclose(plain["boxes"][name], usual[name], atol=1e-3, err_msg=name)
