from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pytracking.evaluation.environment import env_settings


@dataclass
class Sequence:
    name: str
    frames: list
    truth: np.ndarray

    def init_info(self):
        return {"init_bbox": list(self.truth[0])}


def get_dataset(name):
    assert name == "otb"
    found = {}
    for file in sorted(Path(env_settings().otb_path).glob("*/groundtruth_rect.txt")):
        boxes = np.loadtxt(file.read_text().replace("\t", ",").splitlines(), delimiter=",")
        found[file.parent.name] = Sequence(file.parent.name, sorted(map(str, (file.parent / "img").glob("*"))), boxes)
    return found
