"""A process that runs cases, one after the other, as it is told."""

import faulthandler
import os
import random
import resource
import signal
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

MEMORY = 12 * 2**30
"""Bytes of address space a worker may have."""


def cases() -> dict[str, tuple]:
    """All of them by name."""
    from tests.fuzz import api, commands, readers

    return {**api.CASES, **readers.CASES, **commands.CASES}


def work(link: Connection, seed: int, bed: Path) -> None:
    """A worker: gets a number and a folder, answers with target, kind and what was said."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(bed / f"{os.getpid()}.err", os.O_WRONLY | os.O_CREAT), 2)  # libraries in C say much
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ["CFVGG_HOME"], os.environ["CFVGG_CACHE"] = str(bed / "home"), str(bed / "cache")
    from cfvgg_plugin.system.machine import set_threads

    set_threads(1)
    known = cases()
    names = [name for name, (_, weight) in known.items() for _ in range(weight)]
    link.send("ready")
    while True:
        number, folder = link.recv()
        rng = random.Random(f"{seed}/{number}")  # noqa: S311
        target = rng.choice(names)
        link.send(target)
        os.environ["CFVGG_HOME"], os.environ["CFVGG_CACHE"] = f"{folder}/home", f"{folder}/cache"
        try:
            found = known[target][0](rng, bed, Path(folder))
            link.send((found.kind, found.note))
        except BaseException as error:
            link.send(("traceback", "of the case itself: " + "".join(traceback.format_exception(error))))
