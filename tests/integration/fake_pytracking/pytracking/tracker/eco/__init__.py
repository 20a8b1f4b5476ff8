import torch

from pytracking import TensorList
from pytracking.libs import fourier
from pytracking.tracker.base import BaseTracker

_NEEDED = """max_image_sample_size min_image_sample_size search_area_scale augmentation init_GN_iter init_CG_iter
post_init_CG_iter update_projection_matrix projection_reg precond_data_param precond_reg_param precond_proj_param
sample_memory_size train_skipping CG_iter CG_forgetting_rate fletcher_reeves standard_alpha scale_factors
score_upsample_factor score_fusion_strategy interpolation_method interpolation_bicubic_a interpolation_centering
interpolation_windowing use_gpu debug visualization"""
_OF_FEATURE = """compressed_dim learning_rate output_sigma_factor use_augmentation use_reg_window reg_window_min
reg_window_edge reg_window_power reg_sparsity_threshold"""


class ECO(BaseTracker):
    """Follows nothing; stumbles where the real one would."""

    multiobj_mode = "parallel"

    def initialize_features(self):
        if not hasattr(self, "ready"):
            self.params.features.initialize()
        self.ready = True

    def initialize(self, image, info):
        self.initialize_features()
        self.box = info["init_bbox"]
        for name in _NEEDED.split():
            self.params.get(name)
        feature = self.params.features.feature
        self.sample_size = 16 * 13
        maps = self.maps(image)
        assert type(torch.tensor(2.0) * maps) is TensorList
        for x, channels, stride, settings in zip(
            maps, feature.dim(), feature.stride(), feature.fparams.feature_params, strict=True
        ):
            assert x.shape == (1, channels, self.sample_size // stride, self.sample_size // stride)
            assert settings.compressed_dim <= channels
            assert all(settings.has(name) for name in _OF_FEATURE.split())
            weight = torch.ones(channels, requires_grad=True)
            (weight @ x.reshape(channels, -1)).square().mean().backward()  # refuses tensors of inference_mode
            torch.testing.assert_close(fourier.back(fourier.forth(x), list(x.shape[-2:])), x, rtol=1e-4, atol=1e-4)

    def track(self, image, info=None):
        self.maps(image)
        return {"target_bbox": list(self.box)}

    def maps(self, image):
        im = torch.from_numpy(image).float().permute(2, 0, 1)[None]
        return self.params.features.feature.get_feature(
            torch.nn.functional.interpolate(im, (self.sample_size, self.sample_size))
        )


def get_tracker_class():
    return ECO
