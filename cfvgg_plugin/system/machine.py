"""What this machine is, as figures are told with it."""

import os
import platform
from importlib import metadata

import torch
from llvmlite import binding

from cfvgg_plugin.system.threads import processor_name

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
    return {
        "processor": f"{processor_name()} ({platform.machine()}, {binding.get_host_cpu_name()})",
        "vector instructions": f"{' '.join(vector_instructions()) or 'none known'}; torch uses {_torch_uses()}",
        "cores": f"{os.cpu_count()}, of which this process may use {usable}",
        "system": platform.platform(),
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }


def _torch_uses() -> str:
    return torch.backends.cpu.get_cpu_capability()
