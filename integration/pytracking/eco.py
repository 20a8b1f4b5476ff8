"""pytracking's own ECO on CF-VGG's features: `run_tracker.py eco cfvgg`.

What its ECO needs of torch, and torch has meanwhile taken away, is mended for a running process.
"""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from pytracking import TensorList
from pytracking.features.extractor import MultiResolutionExtractor
from pytracking.features.featurebase import MultiFeatureBase
from pytracking.utils import FeatureParams, TrackerParams
from torch import Tensor, nn

from cfvgg_plugin.networks import Network, load_weights
from cfvgg_plugin.networks.backbone import resize_mean
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.parameters.feco import cf_vgg
from cfvgg_plugin.system.machine import set_threads


def repair(tensor_list: Any) -> None:
    """Make ECO run; `tensor_list` is pytracking's class TensorList. A second call changes nothing."""
    if not hasattr(torch, "rfft"):
        torch.rfft, torch.irfft = _rfft, _irfft  # type: ignore[attr-defined]
    lookup = tensor_list.__getattr__
    if getattr(lookup, "of_cfvgg", False):
        return

    def guarded(self: Any, name: str) -> Any:
        """TensorList claims to have every attribute of a tensor; torch's protocols must not be among them."""
        if name.startswith("__torch_"):
            raise AttributeError(name)
        return lookup(self, name)

    guarded.of_cfvgg = True  # type: ignore[attr-defined]
    tensor_list.__getattr__ = guarded


def _rfft(x: Tensor, signal_ndim: int, normalized: bool = False) -> Tensor:
    """torch.rfft as it was before torch 1.8: half spectrum, real and imaginary parts (..., 2)."""
    axes = tuple(range(-signal_ndim, 0))
    return torch.view_as_real(torch.fft.rfftn(x, dim=axes, norm="ortho" if normalized else None))


def _irfft(
    x: Tensor,
    signal_ndim: int,
    normalized: bool = False,
    onesided: bool = True,
    signal_sizes: Sequence[int] | None = None,
) -> Tensor:
    """torch.irfft as it was before torch 1.8, of a half spectrum (..., 2)."""
    if not onesided:
        raise NotImplementedError("only half spectra are known here")
    axes = tuple(range(-signal_ndim, 0))
    values = torch.view_as_complex(x.contiguous())
    return torch.fft.irfftn(values, s=signal_sizes or None, dim=axes, norm="ortho" if normalized else None)


class CFVGGFeature(MultiFeatureBase):  # type: ignore[misc]
    """Layers of a student.

    pytracking expects maps of (sample // stride) cells: the convolutions are padded here, which our own trackers, like
    the authors', leave out in VGG-M's first two.
    """

    def __init__(
        self, taps: Sequence[str], pool_stride: Sequence[int], weights: str | None = None, **host: Any
    ) -> None:
        """taps: of the network. pool_stride: cells of each that are averaged. host: arguments of MultiFeatureBase."""
        super().__init__(pool_stride=list(pool_stride), **host)
        self.taps = tuple(taps)
        self._weights = weights
        self._means: dict[tuple[int, int], Tensor] = {}

    def initialize(self) -> None:
        """Load the network. Raises InputError where there is none."""
        loaded = load_weights(find_weights(self._weights))
        self._mean, self._network, self._geometry = loaded.mean, padded(loaded.network), loaded.geometry.taps

    def dim(self) -> Any:
        """Channels of every tap."""
        return TensorList([self._geometry[tap].channels for tap in self.taps])

    def stride(self) -> Any:
        """Sample pixels from cell to cell of every map."""
        pools = zip(self.taps, self.pool_stride, strict=True)
        return TensorList([self._geometry[tap].stride * pool for tap, pool in pools])

    def extract(self, im: Tensor) -> Any:
        """Maps of the taps before pooling, (N, C, h, w) each; im: (N, 3, H, W) float RGB 0..255."""
        height, width = im.shape[-2:]
        if (height, width) not in self._means:
            mean = torch.from_numpy(resize_mean(self._mean, height, width).transpose(2, 0, 1).copy())
            self._means = {(height, width): mean}
        with torch.no_grad():  # not inference_mode: the host divides maps in place, and differentiates what follows
            maps = self._network(im - self._means[height, width], self.taps)
        return TensorList([maps[tap] for tap in self.taps])


def padded(network: Network) -> Network:
    """A copy whose convolutions keep the size, up to their stride."""
    network = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            height, width = module.kernel_size
            module.padding = (height // 2 * module.dilation[0], width // 2 * module.dilation[1])
    return network


TAPS = ("conv1", "conv5")


def eco_parameters(weights: str | None = None) -> Any:
    """The settings of fECO where ECO has the same, for `conv1` and `conv5`; one thread, no GPU.

    weights: a file or stored name of a student; None: the package's CF-VGG. Mends ECO for current torch.
    """
    repair(TensorList)
    set_threads(1)
    ours = cf_vgg.parameters()
    params = TrackerParams()
    values: dict[str, Any] = {
        "debug": 0,
        "visualization": False,
        "use_gpu": False,
        "max_image_sample_size": ours.max_sample_area,
        "min_image_sample_size": ours.min_sample_area,
        "search_area_scale": ours.search_area_scale,
        # first frame
        "augmentation": {},
        "init_GN_iter": ours.joint.gauss_newton,
        "init_CG_iter": ours.joint.gauss_newton * ours.joint.conjugate_gradient,
        "post_init_CG_iter": 0,
        "update_projection_matrix": True,
        "projection_reg": ours.joint.projection_regularisation,
        "precond_data_param": ours.joint.data_share,
        "precond_reg_param": ours.joint.regularisation_share,
        "precond_proj_param": ours.joint.projection_scale,
        # later frames
        "sample_memory_size": ours.capacity,
        "train_skipping": ours.train_gap + 1,
        "CG_iter": ours.conjugate_gradient,
        "CG_forgetting_rate": ours.momentum_forgetting,
        "fletcher_reeves": False,
        "standard_alpha": True,
        # detection: ECO has no scale filter
        "scale_factors": 1.02 ** torch.arange(-2, 3).float(),
        "score_upsample_factor": 1,
        "score_fusion_strategy": "sum",
        "interpolation_method": "bicubic",
        "interpolation_bicubic_a": -0.75,
        "interpolation_centering": True,
        "interpolation_windowing": False,
        "features": MultiResolutionExtractor([_feature(ours, weights)]),
    }
    for name, value in values.items():
        setattr(params, name, value)
    return params


def _feature(ours: Any, weights: str | None) -> CFVGGFeature:
    """The taps with pooling and channels as fECO has them."""
    blocks = {block.feature.tap: block for block in ours.blocks if block.feature.needs_network}
    of_taps = []
    for tap in TAPS:
        one = TrackerParams()
        values = {
            "compressed_dim": blocks[tap].compressed,
            "learning_rate": ours.learning_rate,
            "output_sigma_factor": ours.output_sigma_factor,
            "use_augmentation": False,
            "use_reg_window": True,
            "reg_window_min": ours.reg_window_min,
            "reg_window_edge": ours.reg_window_edge,
            "reg_window_power": ours.reg_window_power,
            "reg_sparsity_threshold": ours.reg_sparsity_threshold,
        }
        for name, value in values.items():
            setattr(one, name, value)
        of_taps.append(one)
    chosen = find_weights(weights or ours.network)
    geometry = load_weights(chosen).geometry.taps
    pools = [blocks[tap].feature.pool(geometry[tap].stride) for tap in TAPS]
    return CFVGGFeature(TAPS, pools, str(chosen), fparams=FeatureParams(feature_params=of_taps), normalize_power=2)
