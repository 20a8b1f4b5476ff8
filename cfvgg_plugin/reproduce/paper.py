"""The figures of the paper's tables, as printed; `cfvgg reproduce` shows them beside its own."""

from dataclasses import dataclass

SEQUENCES = 100
"""Of OTB-2015."""


@dataclass(frozen=True)
class Figures:
    """One tracker in one configuration; None where the table does not say."""

    label: str
    auc: float
    """Success AUC on OTB-2015 in per cent."""
    otb2013: float | None = None
    """The same on OTB-2013."""
    tc128: float | None = None
    """The same on Temple-Color."""
    megabytes: float | None = None
    """Of the network."""
    fps: float | None = None
    """Frames a second on a CPU."""


TABLE3 = {
    "baseline": Figures("ECO (baseline)", 69.4, megabytes=95, fps=5),
    "1": Figures("fECO, 1x", 69.6, megabytes=95, fps=5),
    "16": Figures("fECO, 16x", 69.0, megabytes=5.8, fps=8),
    "32": Figures("fECO, 32x", 68.5, megabytes=2.9, fps=12),
    "64": Figures("fECO, 64x", 68.2, megabytes=1.5, fps=22),
    "96": Figures("fECO, 96x", 66.9, megabytes=0.99, fps=30),
}
"""Table III by compression ratio."""

TABLE4 = {
    "feco": {
        "baseline": Figures("ECO (baseline)", 69.4, 71.0, 60.3),
        "hand-crafted": Figures("ECOhc (hand-crafted feature)", 64.6, 65.6, 54.7),
        "pretrained": Figures("fECO (pretrained tiny model)", 65.5, 66.0, 55.4),
        "fidelity": Figures("fECO (only fidelity loss)", 65.1, 66.1, 55.0),
        "tracking-single": Figures("fECO (only tracking loss, single-layer)", 64.6, 65.2, 54.6),
        "tracking": Figures("fECO (only tracking loss, multi-layer)", 65.9, 66.3, 55.9),
        "both": Figures("fECO (fidelity + multi-layer tracking)", 67.9, 68.4, 57.4),
        "adaptive": Figures("fECO (offline + online fine-tune)", 68.2, 68.5, 57.4),
    },
    "fdeepstrcf": {
        "baseline": Figures("DeepSTRCF (baseline)", 68.5, 69.2, 59.9),
        "hand-crafted": Figures("STRCF (hand-crafted feature)", 64.8, 66.5, 54.9),
        "pretrained": Figures("fDeepSTRCF (pretrained tiny model)", 65.2, 65.1, 55.2),
        "fidelity": Figures("fDeepSTRCF (only fidelity loss)", 65.5, 65.6, 55.1),
        "tracking-single": Figures("fDeepSTRCF (only tracking loss, single-layer)", 65.4, 65.7, 54.8),
        "tracking": Figures("fDeepSTRCF (only tracking loss, multi-layer)", 66.0, 66.9, 55.5),
        "both": Figures("fDeepSTRCF (fidelity + multi-layer tracking)", 67.8, 69.4, 56.9),
        "adaptive": Figures("fDeepSTRCF (offline + online fine-tune)", 68.6, 70.3, 57.3),
    },
}
"""Table IV by tracker and row."""

TABLE5 = {
    "baseline": {
        "conv1": Figures("KCF, VGG-M conv1", 48.0, megabytes=95, fps=6),
        "conv2": Figures("KCF, VGG-M conv2", 50.6, megabytes=95, fps=6),
        "conv5": Figures("KCF, VGG-M conv5", 49.2, megabytes=95, fps=6),
    },
    "student": {
        "conv1": Figures("fKCF, CF-VGG conv1", 46.8, megabytes=1.5, fps=42),
        "conv2": Figures("fKCF, CF-VGG conv2", 51.0, megabytes=1.5, fps=42),
        "conv5": Figures("fKCF, CF-VGG conv5", 47.1, megabytes=1.5, fps=42),
    },
}
"""Table V by network and layer; it gives one speed for all three layers."""
