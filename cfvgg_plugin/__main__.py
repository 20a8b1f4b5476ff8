"""`python -m cfvgg_plugin` is `cfvgg`."""

from cfvgg_plugin.cli import main

main()
