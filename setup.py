"""The packages, found: three top-level folders install inside cfvgg_plugin, which pyproject.toml alone cannot say."""

from setuptools import find_packages, setup

INSIDE = ("trackers", "parameters", "integration")
"""So that nothing as generic as `trackers` lands in site-packages."""

setup(
    packages=[
        *find_packages(include=["cfvgg_plugin", "cfvgg_plugin.*"]),
        *(f"cfvgg_plugin.{name}" for top in INSIDE for name in find_packages(include=[top, f"{top}.*"])),
    ],
    package_dir={f"cfvgg_plugin.{top}": top for top in INSIDE},
)
