"""fECO on VOT: with colour features, no detection sample, seven translation scales (the authors' settings)."""

from cfvgg_plugin.features import ColorNamesFeature, DeepFeature, HOGFeature, IntensityFeature
from cfvgg_plugin.filters.joint import JointSettings
from cfvgg_plugin.parameters.feco import cf_vgg
from cfvgg_plugin.parameters.feco.settings import Block, FECOSettings


def parameters() -> FECOSettings:
    """Column 'fECO (VOT)' of the published settings, where the scale filter is not used."""
    blocks = (
        Block(DeepFeature("conv1", cell=4), 8),
        Block(DeepFeature("conv5"), 32),
        Block(HOGFeature(4), 10),
        Block(ColorNamesFeature(4), 3, "colour"),
        Block(IntensityFeature(4), 3, "grey"),
    )
    return FECOSettings(
        blocks,
        search_area_scale=4.0,
        min_sample_area=250**2,
        train_every_frame_before=10,
        momentum_forgetting=50,
        joint=JointSettings(projection_regularisation=2e-7, regularisation_share=0.05, projection_scale=70),
        reg_sparsity_threshold=0.15,
        scales=7,
        scale_step=1.03,
        use_detection_sample=False,
        network="cf_vgg",
        score=cf_vgg.parameters().score,
    )
