import importlib
from pathlib import Path

import cv2
import numpy as np

from pytracking.evaluation.environment import env_settings
from pytracking.evaluation.multi_object_wrapper import MultiObjectWrapper


class Tracker:
    def __init__(self, name, parameter_name, run_id=None):
        self.name, self.parameter_name, self.run_id = name, parameter_name, run_id
        self.results_dir = f"{env_settings().results_path}/{name}/{parameter_name}"
        self.tracker_class = None
        if Path(__file__).parent.parent.joinpath("tracker", name).is_dir():
            self.tracker_class = importlib.import_module(f"pytracking.tracker.{name}").get_tracker_class()

    def get_parameters(self):
        return importlib.import_module(f"pytracking.parameter.{self.name}.{self.parameter_name}").parameters()

    def create_tracker(self, params):
        tracker = self.tracker_class(params)
        tracker.visdom = None
        return tracker

    def run_sequence(self, seq):
        params = self.get_parameters()
        params.debug, params.visualization = 0, False
        tracker = self.create_tracker(params)
        out = tracker.initialize(self._read_image(seq.frames[0]), seq.init_info()) or {}
        rows = [out.get("target_bbox", seq.init_info()["init_bbox"])]
        for frame in seq.frames[1:]:
            out = tracker.track(self._read_image(frame), {"previous_output": out})
            rows.append(out["target_bbox"])
        tracker.params.get("object_presence_score_threshold", 0.55)
        return rows

    def run_video_generic(self, videofilepath, optional_box, debug=None, save_results=False):
        params = self.get_parameters()
        params.debug, params.tracker_name, params.param_name = 0, self.name, self.parameter_name
        tracker = MultiObjectWrapper(self.tracker_class, params)
        video = cv2.VideoCapture(videofilepath)
        _, frame = video.read()  # BGR, as it comes
        tracker.initialize(frame, {"init_object_ids": [1], "init_bbox": {1: optional_box}})
        rows, paused = [optional_box], True
        while True:
            if not paused:
                _, frame = video.read()
                if frame is None:
                    break
            out = tracker.track(frame, {"previous_output": {}})
            rows.append([int(x) for x in out["target_bbox"][1]])
            cv2.imshow("video", frame)
            if cv2.waitKey(1) == 32:
                paused = not paused
        self.save(f"{self.results_dir}/video_{Path(videofilepath).stem}_1.txt", rows)

    def run_vot2020(self, debug=None):
        params = self.get_parameters()
        params.tracker_name, params.param_name, params.run_id = self.name, self.parameter_name, self.run_id
        params.debug, params.visualization = 0, False
        tracker = self.create_tracker(params)
        tracker.initialize_features()
        assert not tracker.predicts_segmentation_mask()
        vot = importlib.import_module("pytracking.evaluation.vot2020")
        handle = vot.VOT("rectangle")
        image = self._read_image(handle.frame())
        tracker.initialize(image, {"init_mask": None, "init_bbox": list(handle.region())})
        while path := handle.frame():
            handle.report(vot.Rectangle(*tracker.track(self._read_image(path), {})["target_bbox"]), 1.0)

    def save(self, file, rows):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(file, np.array(rows).astype(int), delimiter="\t", fmt="%d")

    def _read_image(self, path):
        return cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
