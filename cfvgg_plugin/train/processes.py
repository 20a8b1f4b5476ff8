"""Several processes on GPUs or machines, started by torch's own launcher: `torchrun -m cfvgg_plugin.train …`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from cfvgg_plugin.networks.backbone import check_device


@dataclass(frozen=True)
class Process:
    """One process of a run and its device."""

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0


@contextmanager
def joined(device: str) -> Iterator[Process]:
    """Join a run, as its only process or as one of those that torchrun started. `device`: "cpu" or "cuda"."""
    check_device(device)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Process(torch.device(device))
        return
    local = int(os.environ["LOCAL_RANK"])
    dist.init_process_group("nccl" if device == "cuda" else "gloo")
    if device == "cuda":
        torch.cuda.set_device(local)
    try:
        yield Process(torch.device(device, local) if device == "cuda" else torch.device(device), dist.get_rank(), world)
        dist.barrier()  # the first one still writes files: a process that left before it was seen to abort at its end
    finally:
        dist.destroy_process_group()


def shared(module: nn.Module, process: Process) -> nn.Module:
    """The module with gradients averaged over all processes."""
    return DistributedDataParallel(module) if process.world > 1 else module


def mean_over(process: Process, values: Tensor) -> Tensor:
    """Mean of a tensor over all processes."""
    if process.world > 1:
        dist.all_reduce(values)
        values = values / process.world
    return values


def gather_skipped(process: Process, skipped: dict[str, int]) -> dict[str, int]:
    """Sum of the counts of all processes."""
    if process.world == 1:
        return skipped
    parts: list[dict[str, int]] = [{} for _ in range(process.world)]
    dist.all_gather_object(parts, skipped)
    total: dict[str, int] = {}
    for part in parts:
        for file, count in part.items():
            total[file] = total.get(file, 0) + count
    return total
