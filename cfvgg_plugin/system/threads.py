"""Threads of every library that computes here, set in one place."""

import contextlib
import ctypes
import operator
import os

import cv2
import torch

from cfvgg_plugin.errors import InputError

MOST = 8 * (os.cpu_count() or 1)
"""Threads that one may ask for: with many more than cores, torch's wait for each other for minutes."""


def set_threads(count: int = 1) -> None:
    """Use `count` threads in torch and OpenCV; the numba code here is serial. Speeds are measured with one."""
    try:
        count = operator.index(count)
    except TypeError:
        raise InputError(f"threads {count!r}: a whole number is expected") from None
    if count < 1:
        raise InputError(f"threads {count}: at least 1 is needed")
    if count > MOST:
        raise InputError(f"threads {count}: this machine has {os.cpu_count()} core(s), and at most {MOST} threads help")
    torch.set_num_threads(count)
    cv2.setNumThreads(count)
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Ask glibc, where it is the C library, to keep freed blocks of up to 256 MB for the next frame.

    By default it hands blocks of a feature map's size back to the system, which then clears every page of the next
    one: up to a fifth of a frame's time.
    """
    mmap_threshold, trim_threshold = -3, -1
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(mmap_threshold, 1 << 28)
        library.mallopt(trim_threshold, 1 << 29)


def processor_name() -> str:
    """Model of the processor, as speeds are reported with it; where an ARM board names only itself, that."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 (a device file, not a path of ours)
            names = dict(reversed([(key.strip(), text.strip()) for key, _, text in (s.partition(":") for s in file)]))
        return next(names[key] for key in ("model name", "Model", "Hardware") if key in names)
    except (OSError, StopIteration):
        import platform  # noqa: PLC0415 (only where /proc is missing)

        return platform.processor() or platform.machine()
