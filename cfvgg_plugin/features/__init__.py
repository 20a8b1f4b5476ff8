"""Image samples to feature maps: patch sampling, deep, FHOG and grey features."""

from cfvgg_plugin.features.base import Extractor, Feature
from cfvgg_plugin.features.color_names import ColorNamesFeature
from cfvgg_plugin.features.deep import DeepFeature
from cfvgg_plugin.features.grey import GreyFeature
from cfvgg_plugin.features.hog import HOGFeature
from cfvgg_plugin.features.intensity import IntensityFeature
from cfvgg_plugin.features.sampling import nearest_pixel, sample_patch

__all__ = [
    "ColorNamesFeature",
    "DeepFeature",
    "Extractor",
    "Feature",
    "GreyFeature",
    "HOGFeature",
    "IntensityFeature",
    "nearest_pixel",
    "sample_patch",
]
