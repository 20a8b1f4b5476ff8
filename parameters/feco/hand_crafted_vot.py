"""ECO-HC on VOT: FHOG and Color Names (intensity channels on grey video); needs no network."""

import dataclasses

from cfvgg_plugin.parameters.feco import hand_crafted
from cfvgg_plugin.parameters.feco.settings import FECOSettings


def parameters() -> FECOSettings:
    """Column 'ECOhc (VOT16)' of the published settings, where it differs from OTB's."""
    otb = hand_crafted.parameters()
    return dataclasses.replace(
        otb,
        learning_rate=0.01,
        momentum_forgetting=60,
        joint=dataclasses.replace(
            otb.joint, conjugate_gradient=20, projection_regularisation=5e-7, regularisation_share=0.2
        ),
        reg_window_edge=4e-3,
        reg_sparsity_threshold=0.15,
    )
