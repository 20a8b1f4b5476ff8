import torch.nn.functional as F


class MultiFeatureBase:
    def __init__(self, fparams=None, pool_stride=None, normalize_power=None):
        self.fparams, self.pool_stride, self.normalize_power = fparams, pool_stride, normalize_power

    def get_feature(self, im):
        maps = self.extract(im)
        for i, pool in enumerate(self.pool_stride):
            maps[i] = F.avg_pool2d(maps[i], pool, pool)
            if self.normalize_power is not None:
                maps[i] /= maps[i].pow(self.normalize_power).mean().pow(1 / self.normalize_power)
        return maps
