"""Compiled code where nothing can be kept: numba's functions of this package without their cache on disk.

With `cache=True` numba raises RuntimeError where neither the package's folder nor the user's can be written (a
container, a service), and OSError where the disk is full. Importing this module lets our own functions be compiled
anew then, in every process: that costs seconds at the start, where the errors cost the tracker.
"""

import contextlib
from collections.abc import Callable
from typing import Any

from numba.core import caching, dispatcher

_enable: Callable[[Any], None] = dispatcher.Dispatcher.enable_caching
_load: Callable[[Any, Any, Any], Any] = caching.FunctionCache.load_overload
_save: Callable[[Any, Any, Any], None] = caching.FunctionCache.save_overload


def _enable_where_possible(self: Any) -> None:
    """`Dispatcher.enable_caching`, but that ours stay without a cache where there is no place for one."""
    with _without_cache(self.py_func, RuntimeError, OSError):
        _enable(self)


def _load_where_possible(self: Any, sig: Any, target_context: Any) -> Any:
    """`FunctionCache.load_overload`, but that ours are compiled where the cache cannot be read."""
    with _without_cache(self._py_func, OSError):
        return _load(self, sig, target_context)


def _save_where_possible(self: Any, sig: Any, data: Any) -> None:
    """`FunctionCache.save_overload`, but that ours are not kept where the disk is full."""
    with _without_cache(self._py_func, OSError):
        _save(self, sig, data)


def _without_cache(function: Any, *errors: type[Exception]) -> contextlib.AbstractContextManager[None]:
    ours = str(function.__module__).startswith("cfvgg_plugin.")
    return contextlib.suppress(*errors) if ours else contextlib.nullcontext()


dispatcher.Dispatcher.enable_caching = _enable_where_possible  # type: ignore[method-assign,unused-ignore]
caching.FunctionCache.load_overload = _load_where_possible  # type: ignore[method-assign,unused-ignore]
caching.FunctionCache.save_overload = _save_where_possible  # type: ignore[method-assign,unused-ignore]
