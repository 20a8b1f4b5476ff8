"""`python -m cfvgg_plugin.train --recipe cf_vgg`, also under torchrun: `cfvgg train` by another name."""

import sys

from cfvgg_plugin.cli import main

sys.argv.insert(1, "train")
main()
