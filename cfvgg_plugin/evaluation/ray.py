"""Tasks done by a Ray cluster: the one that RAY_ADDRESS names, or processes of this machine."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.tasks import Threaded
from cfvgg_plugin.extras import import_extra

T = TypeVar("T", bound=Threaded)
R = TypeVar("R")


def run_on_ray(
    tasks: Sequence[T], workers: int, do: Callable[[T], R], failed: Callable[[str], R]
) -> Iterator[tuple[T, R]]:
    """Do the tasks, `workers` at a time; yields each as it is done.

    Frames and weights are read where a task runs: the machines of a cluster need them, and this package, under the same
    paths. Raises InputError where Ray is missing or the cluster cannot be reached.
    """
    ray = import_extra("ray", "ray", "--engine ray needs")
    _connect(ray, workers * max((task.threads for task in tasks), default=1))
    try:
        remote = ray.remote(max_retries=2)(do)
        waiting, running = deque(tasks), dict[Any, T]()
        while waiting or running:
            while waiting and len(running) < workers:
                task = waiting.popleft()
                running[remote.options(num_cpus=task.threads).remote(task)] = task
            (done,), _ = ray.wait(list(running), num_returns=1)
            task = running.pop(done)
            try:
                yield task, ray.get(done)
            except ray.exceptions.RayError as error:
                yield task, failed(f"Ray: {type(error).__name__} ({str(error).splitlines()[0]})")
    finally:
        ray.shutdown()


def _connect(ray: Any, processors: int) -> None:
    address = os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        if address:
            ray.init(address=address, **options)
        else:
            ray.init(address="local", num_cpus=processors, include_dashboard=False, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = f"RAY_ADDRESS={address}" if address else "this machine"
        raise InputError(f"--engine ray: no cluster at {where} ({str(error).splitlines()[0]})") from None
