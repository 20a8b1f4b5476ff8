"""ECO-HC on OTB: FHOG and Color Names (intensity channels on grey video); needs no network."""

from cfvgg_plugin.features import ColorNamesFeature, HOGFeature, IntensityFeature
from cfvgg_plugin.filters.confidence import ScoreSettings
from cfvgg_plugin.filters.joint import JointSettings
from cfvgg_plugin.parameters.feco.settings import Block, FECOSettings, ScaleFilterSettings


def parameters() -> FECOSettings:
    """Column 'ECOhc (OTB)' of the published settings."""
    blocks = (
        Block(HOGFeature(6), 10),
        Block(ColorNamesFeature(4), 3, "colour"),
        Block(IntensityFeature(4), 3, "grey"),
    )
    return FECOSettings(
        blocks,
        search_area_scale=4.0,
        min_sample_area=150**2,
        max_sample_area=200**2,
        output_sigma_factor=1 / 16,
        learning_rate=0.009,
        capacity=30,
        train_every_frame_before=10,
        momentum_forgetting=50,
        joint=JointSettings(
            conjugate_gradient=15,
            projection_regularisation=1e-7,
            data_share=0.75,
            regularisation_share=0.25,
            projection_scale=40,
        ),
        scale_filter=ScaleFilterSettings(),
        score=ScoreSettings(0.67, recall=1.77, sharpness=1.3, lost_below=0.53),
    )
