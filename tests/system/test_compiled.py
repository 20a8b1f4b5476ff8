"""Compiled code where numba's cache has no place: each in a process of its own."""

import os
import subprocess
import sys

import pytest

READ_ONLY = """
import os
from numba.core import caching

def refuse(self):
    raise OSError(30, "Read-only file system")

caching._CacheLocator.ensure_cache_path = refuse
real = os.access
os.access = lambda path, mode, **other: mode != os.W_OK and real(path, mode, **other)
"""
FULL = """
from numba.core import caching

def refuse(self, key, data):
    raise OSError(28, "No space left on device")

caching.IndexDataCacheFile.save = refuse
caching.IndexDataCacheFile.load = lambda self, key: None
from cfvgg_plugin import registry
"""


@pytest.mark.parametrize("fault", [READ_ONLY, FULL], ids=["read-only", "full"])
def test_trackers_run_without_the_cache(fault):
    program = f"""{fault}
import numpy as np
import torch
from cfvgg_plugin.filters.localisation import peak_to_sidelobe
print(peak_to_sidelobe(torch.eye(5), 1.0) >= 0)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, env=os.environ
    )
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_functions_of_others_keep_numbas_own_error(tmp_path):
    program = f"""{READ_ONLY}
import cfvgg_plugin.system.compiled, pathlib, sys
import numba
pathlib.Path(sys.argv[1], "other.py").write_text("import numba\\n@numba.njit(cache=True)\\ndef f(x):\\n    return x\\n")
sys.path.insert(0, sys.argv[1])
try:
    import other
except RuntimeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "no locator available" in done.stdout, done.stderr
