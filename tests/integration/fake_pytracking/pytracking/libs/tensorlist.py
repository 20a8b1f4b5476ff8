import torch


class TensorList(list):
    """Claims every attribute of a tensor, torch's own protocols among them; that is what has to be mended."""

    def __getattr__(self, name):
        if not hasattr(torch.Tensor, name):
            raise AttributeError(name)
        return lambda *args, **kwargs: TensorList(getattr(x, name)(*args, **kwargs) for x in self)

    def __rmul__(self, factor):
        return TensorList(factor * x for x in self)
