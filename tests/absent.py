"""`python -m tests.absent MISSING COMMAND...`: cfvgg's command where a module, of somebody else, is missing.

In a process that may be forked: what was imported before counts for nothing.
"""

import sys

missing, *command = sys.argv[1:]
for name in [name for name in sys.modules if name.partition(".")[0] in {missing, "cfvgg_plugin"}]:
    del sys.modules[name]
sys.modules[missing] = None  # type: ignore[assignment]
sys.argv = ["cfvgg", *command]

from cfvgg_plugin.cli import main  # noqa: E402

main()
