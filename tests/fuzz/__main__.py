"""`make fuzz`: hostile input for a while, in processes that are ended where an input takes too long.

Prints the inputs tried, tracebacks, crashes, hangs and silent acceptances, and leaves the inputs of those in a folder;
exit status 1 if there are any.
"""

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.worker import work

FAULTS = ("traceback", "crash", "hang", "silent")
START = 300
"""Seconds for a worker to start: a fresh installation compiles."""


@dataclass
class Run:
    """What all workers share."""

    seed: int
    end: float
    limit: float
    bed: Path
    out: Path
    only: str
    next: int
    tried: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> int | None:
        """The next number; None when the time is over."""
        with self.lock:
            if time.monotonic() > self.end:
                return None
            self.next += 1
            return self.next

    def note(self, number: int, target: str, kind: str, said: str, folder: Path) -> None:
        """Count an outcome, and keep the input of a fault."""
        with self.lock:
            self.tried[target] += 1
            self.kinds[kind] += 1
        if kind not in FAULTS:
            return
        kept = self.out / f"{number}-{kind}"
        shutil.copytree(folder, kept, symlinks=True, ignore=_pipes, dirs_exist_ok=True)
        (kept / "said.txt").write_text(f"{target}, --seed {self.seed} --only {number}\n{said}\n", "utf-8", "replace")
        line = f"{kind}: {target}, --seed {self.seed} --only {number}: {' '.join(said.split())[-200:]}"
        with self.lock:
            self.faults.append(line)
        print(line.encode("ascii", "backslashreplace").decode(), flush=True)  # noqa: T201


def _pipes(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not (Path(folder, name).is_file() or Path(folder, name).is_dir())}


def drive(run: Run, numbers: list[int]) -> None:
    """Keep one worker busy; a new one where it hangs or dies."""
    context = multiprocessing.get_context("spawn")
    process = link = None
    while (number := numbers.pop() if numbers else None if run.only else run.take()) is not None:
        if process is None or link is None:
            link, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, run.seed, run.bed))
            process.start()
            theirs.close()
            if not link.poll(START) or link.recv() != "ready":
                raise RuntimeError("a worker does not start")
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        target, kind, said = "?", "crash", ""
        try:
            link.send((number, str(folder)))
            target = link.recv()
            if link.poll(run.limit):
                kind, said = link.recv()
            else:
                kind, said = "hang", f"more than {run.limit:g} s"
        except (EOFError, ConnectionError):
            process.join(10)
            log = run.bed / f"{process.pid}.err"
            tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
            said = f"the process ended with {process.exitcode}; {tail}"
        run.note(number, target, kind, said, folder)
        shutil.rmtree(folder, ignore_errors=True)
        if kind in {"hang", "crash"}:
            process.kill()
            process = link = None
    if process is not None:
        process.kill()


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=30, help="seconds for an input")
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--out", type=Path, default=Path("fuzz-failures"), help="folder for the inputs that failed")
    parser.add_argument("--only", default="", help="numbers A,B of inputs to try again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-bed-") as bed:
        os.environ["CFVGG_HOME"], os.environ["CFVGG_CACHE"] = f"{bed}/home", f"{bed}/cache"
        from tests.fuzz.bed import make

        make(Path(bed))
        end = time.monotonic() + given.seconds
        run = Run(given.seed, end, given.limit, Path(bed), given.out, given.only, 0)
        given.out.mkdir(exist_ok=True)
        numbers = [int(part) for part in given.only.split(",") if part]
        threads = [threading.Thread(target=drive, args=(run, numbers)) for _ in range(given.workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for target, count in sorted(run.tried.items()):
        print(f"{count:>8}  {target}")  # noqa: T201
    counts = ", ".join(f"{run.kinds[kind]} {kind}" for kind in ("taken", "refused", *FAULTS))
    print(f"{sum(run.tried.values())} inputs: {counts}; seed {given.seed}")  # noqa: T201
    if run.faults:
        print(f"the inputs of {len(run.faults)} faults are in {given.out}")  # noqa: T201
    return int(bool(run.faults))


if __name__ == "__main__":
    sys.exit(main())
