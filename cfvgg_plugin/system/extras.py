"""Packages that are optional extras."""

import importlib
from functools import cache
from threading import Lock
from typing import Any

from cfvgg_plugin.errors import InputError


def import_extra(module: str, extra: str, user: str) -> Any:
    """The module, or InputError that names the extra to install, or says why what is installed cannot be imported.

    user: what needs it, as the start of the sentence: "ONNX networks need".
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise InputError(f"{user} {module}: pip install 'cfvgg-plugin[{extra}]'") from None
    except ImportError as error:
        raise InputError(f"{user} {module}, which is installed but cannot be imported ({error})") from None


_LOADING = Lock()


def openvino_core() -> Any:
    """The one openvino.Core of this process; openvino must be importable.

    Its CPU plugin gives the thread an alternate signal stack and, when a Core goes, puts back the one that it found. Of
    two Cores that go in the order they came, the second puts back freed memory, and the next signal ends the process.
    """
    with _LOADING:  # `cache` alone would let two threads make one each
        return _core()


@cache
def _core() -> Any:
    return importlib.import_module("openvino").Core()
