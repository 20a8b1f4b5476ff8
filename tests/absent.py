"""`python -m tests.absent MISSING MODULE`: import a module of the package where another, of somebody else, is missing.

In a process that may be forked: what was imported before counts for nothing.
"""

import importlib
import sys

missing, module = sys.argv[1:]
for name in [name for name in sys.modules if name.partition(".")[0] in {missing, "cfvgg_plugin"}]:
    del sys.modules[name]
sys.modules[missing] = None  # type: ignore[assignment]
importlib.import_module(module)
