import argparse
import multiprocessing
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))

from pytracking.evaluation import Tracker, get_dataset


def run(seq, tracker):
    file = Path(tracker.results_dir, f"{seq.name}.txt")
    if file.exists():
        sys.stdout.write("FPS: -1\n")
        return
    try:
        tracker.save(file, tracker.run_sequence(seq))
    except Exception as error:
        sys.stdout.write(f"{error}\n")


def main():
    parser = argparse.ArgumentParser()
    for name in ("tracker_name", "tracker_param"):
        parser.add_argument(name)
    parser.add_argument("--dataset_name")
    parser.add_argument("--sequence")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    sequences = get_dataset(args.dataset_name)
    chosen = [sequences[args.sequence]] if args.sequence else list(sequences.values())
    jobs = [(seq, Tracker(args.tracker_name, args.tracker_param)) for seq in chosen]
    if args.threads:
        with multiprocessing.get_context("spawn").Pool(args.threads) as pool:
            pool.starmap(run, jobs)
    else:
        for job in jobs:
            run(*job)


if __name__ == "__main__":
    main()
