"""Many videos, each with its target: `cfvgg track --list`."""
