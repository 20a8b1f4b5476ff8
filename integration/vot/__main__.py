"""`python -m cfvgg_plugin.integration.vot --tracker feco/vot`: `cfvgg vot serve` as trackers.ini calls it."""

import sys

from cfvgg_plugin.cli import main

sys.argv[1:1] = ["vot", "serve"]
main()
