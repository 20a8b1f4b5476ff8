"""What this machine is, as figures are told with it, and the threads of every library that computes here."""

import contextlib
import ctypes
import operator
import os
import platform
from importlib import metadata

import cv2
import torch
from llvmlite import binding

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
        return platform.processor() or platform.machine()


VECTORS = (
    "sse4.2", "avx", "avx2", "fma", "f16c", "avxvnni", "avx512f", "avx512bw", "avx512vnni", "avx512bf16", "avx512fp16",
    "amx-int8", "amx-bf16", "neon", "fullfp16", "dotprod", "i8mm", "bf16", "sve", "sve2", "sme", "v",
)  # fmt: skip
"""Instructions that matter here, by LLVM's names: of x86-64, ARM and RISC-V."""
PACKAGES = (
    "cfvgg-plugin", "torch", "numpy", "numba", "llvmlite", "scipy", "opencv-python", "opencv-contrib-python",
    "opencv-python-headless", "opencv-contrib-python-headless", "onnxruntime", "openvino",
)  # fmt: skip


def vector_instructions() -> list[str]:
    """Those of VECTORS that the processor has, as far as LLVM knows it."""
    present = dict(binding.get_host_cpu_features())
    if platform.machine().lower() in {"aarch64", "arm64"}:
        present["neon"] = True  # every one of them has it
    return [name for name in VECTORS if present.get(name)]


def versions() -> dict[str, str]:
    """Of Python and those of PACKAGES that are installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe() -> dict[str, str]:
    """The machine in words, by what each is of."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    uses = torch.backends.cpu.get_cpu_capability()
    return {
        "processor": f"{processor_name()} ({platform.machine()}, {binding.get_host_cpu_name()})",
        "vector instructions": f"{' '.join(vector_instructions()) or 'none known'}; torch uses {uses}",
        "cores": f"{os.cpu_count()}, of which this process may use {usable}",
        "system": platform.platform(),
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }
