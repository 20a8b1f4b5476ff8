import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))

from pytracking.evaluation import Tracker


def main():
    parser = argparse.ArgumentParser()
    for name in ("tracker_name", "tracker_param", "videofile"):
        parser.add_argument(name)
    parser.add_argument("--optional_box", type=float, nargs="+")
    parser.add_argument("--save_results", action="store_true")
    args = parser.parse_args()
    Tracker(args.tracker_name, args.tracker_param).run_video_generic(args.videofile, args.optional_box)


if __name__ == "__main__":
    main()
