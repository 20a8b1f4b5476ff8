"""Evaluate two trackers on a folder of your own and compare them: python compare_trackers.py FOLDER

FOLDER has a folder a sequence, with frames and a box file (docs/datasets.md, "folder"). Boxes are stored below
`cfvgg-results`: a second call reads them. On the command line: cfvgg evaluate, cfvgg compare.
"""

import sys

from cfvgg_plugin import evaluate, load_dataset

if __name__ == "__main__":  # evaluate may start processes, which read this file again
    data = load_dataset("folder", sys.argv[1])
    one, other = evaluate(["fkcf/hog", "feco/hand_crafted"], data.sequences, results="cfvgg-results")
    for result in (one, other):
        print(f"{result.name:18} AUC {result.summary()['auc']:.3f} on {len(data.sequences)} sequence(s)")
    for (sequence, before), (_, after) in zip(one.scored, other.scored, strict=True):
        print(f"{sequence.name:18} {after.auc - before.auc:+.3f}")
