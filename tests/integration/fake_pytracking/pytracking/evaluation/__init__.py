from pytracking.evaluation.data import get_dataset
from pytracking.evaluation.tracker import Tracker

__all__ = ["Tracker", "get_dataset"]
