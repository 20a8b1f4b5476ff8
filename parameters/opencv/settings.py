"""What can be set in OpenCV's trackers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cfvgg_plugin.networks.onnx_files import OnnxFiles, OnnxParts
from cfvgg_plugin.system.documents import Share

NETWORKS = {
    "Nano": OnnxParts("NanoTrack", {"backbone": "backbone", "neckhead": "head"}),
    "Vit": OnnxParts("VitTrack", {"net": ""}),
}
"""What the trackers with a network read, by algorithm."""


@dataclass(frozen=True)
class OpenCVSettings:
    """One of OpenCV's own trackers, as OpenCV sets it up unless `options` says otherwise."""

    algorithm: Literal["CSRT", "KCF", "Nano", "Vit"]
    """OpenCV's class is cv2.Tracker<algorithm>."""
    options: tuple[tuple[str, float | str], ...] = ()
    """(name, value) of every member of cv2.Tracker<algorithm>_Params that is changed; units are OpenCV's."""
    lost_below: Share = 0.6
    """Scores below this set `lost`.

    It matters for NanoTrack and VitTrack alone; the others score 1, or 0 where they say that they failed. OpenCV mixes
    NanoTrack's confidence (0.545) with how near the target is to its last place (0.455), so that even a sure miss can
    score 0.5; at a confidence of 0.5 the mixture is 0.6 to 0.73 for a target that moved little. Not fitted to videos:
    on README's 12 sequences it flags 2 % of the frames with an overlap up to 0.3 (VitTrack's 0.2: 11 %).
    """

    @property
    def needs_network(self) -> bool:
        """Whether it runs network files that the user names."""
        return self.algorithm in NETWORKS

    def load_network(self, weights: str | Path | None, device: str) -> OnnxFiles:
        """The tracker's own files, instead of the network of the package's own trackers; see `OnnxParts.find`."""
        return NETWORKS[self.algorithm].find(weights, device)
