import copy


class MultiObjectWrapper:
    """One deep copy of a prepared tracker an object."""

    def __init__(self, tracker_class, params):
        self.prepared = tracker_class(params)
        if hasattr(self.prepared, "initialize_features"):
            self.prepared.initialize_features()
        self.trackers = {}

    def initialize(self, image, info):
        out = {key: self._start(key, image, info) for key in info["init_object_ids"]}
        return self._merged(out)

    def track(self, image, info):
        out = {key: tracker.track(image, info) for key, tracker in self.trackers.items()}
        out |= {key: self._start(key, image, info) for key in info.get("init_object_ids", [])}
        return self._merged(out)

    def _start(self, key, image, info):
        self.trackers[key] = copy.deepcopy(self.prepared)
        out = self.trackers[key].initialize(image, {"init_bbox": info["init_bbox"][key]}) or {}
        return {"target_bbox": info["init_bbox"][key], **out}

    def _merged(self, out):
        first = next(iter(out.values()))
        return {field: {key: one[field] for key, one in out.items()} for field in first}
