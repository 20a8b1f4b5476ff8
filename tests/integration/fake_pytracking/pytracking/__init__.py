from pytracking.libs.tensorlist import TensorList

__all__ = ["TensorList"]
