"""Packages that are optional extras."""

import importlib
from typing import Any

from cfvgg_plugin.errors import InputError


def import_extra(module: str, extra: str, user: str) -> Any:
    """The module, or InputError that names the extra to install.

    user: what needs it, as the start of the sentence: "ONNX networks need".
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(f"{user} {module}: pip install 'cfvgg-plugin[{extra}]'") from None
