"""Parameters of pytracking's own ECO on CF-VGG's features: `run_tracker.py eco cfvgg`."""

from typing import Any

import torch
from pytracking import TensorList
from pytracking.features.extractor import MultiResolutionExtractor
from pytracking.utils import FeatureParams, TrackerParams

from cfvgg_plugin.integration.pytracking.feature import CFVGGFeature
from cfvgg_plugin.integration.pytracking.repairs import repair
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.parameters.feco import cf_vgg
from cfvgg_plugin.system.machine import set_threads

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
