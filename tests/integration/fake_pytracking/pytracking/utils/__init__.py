from pytracking.libs.tensorlist import TensorList


class TrackerParams:
    def get(self, name, *default):
        return getattr(self, name, *default)

    def has(self, name):
        return hasattr(self, name)


class FeatureParams:
    def __init__(self, **lists):
        for name, values in lists.items():
            setattr(self, name, TensorList(values))
