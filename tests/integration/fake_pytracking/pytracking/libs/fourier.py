import torch


def forth(x):
    return torch.rfft(x, 2)


def back(x, sizes=None):
    return torch.irfft(x, 2, signal_sizes=sizes)
