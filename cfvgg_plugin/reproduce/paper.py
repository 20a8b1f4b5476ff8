"""The figures of the paper's tables I to VI, as printed; `cfvgg reproduce` shows them beside its own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Efficiency:
    """A row of table I."""

    backbone: str
    megabytes: float
    """Of the stored model."""
    giga_flops: float
    """Equation 12, 10^9."""
    milliseconds: float
    """Of the feature extraction on a CPU."""
    fps: float
    """Frames a second on a CPU; of fECO and fDeepSTRCF with online adaptation in the first frame."""
    gpu_fps: str
    offline_fps: float | None = None
    """The same without online adaptation, from the text below the table."""


TABLE1 = {
    "ECO": Efficiency("VGG-M", 95, 1.82, 76, 5, "9"),
    "fECO": Efficiency("CF-VGG", 1.5, 0.048, 9, 22, ">45", 27),
    "DeepSTRCF": Efficiency("VGG-M", 95, 1.82, 76, 3, "5"),
    "fDeepSTRCF": Efficiency("CF-VGG", 1.5, 0.048, 9, 17, ">33", 20),
}
"""Table I by tracker, on OTB-2013."""

TABLE2 = {
    "Input": ((255, 3), (224, 3), (224, 3)),
    "Conv1": ((123, 96), (112, 96), (112, 12)),
    "Pool1": ((61, 96), (56, 96), (56, 12)),
    "Conv2": ((57, 256), (28, 256), (28, 32)),
    "Pool2": ((28, 256), (14, 256), (14, 32)),
    "Conv3": ((26, 192), (14, 512), (14, 64)),
    "Conv4": ((24, 192), (14, 512), (14, 64)),
    "Conv5": ((22, 128), (14, 512), (14, 64)),
}
"""Table II: (side, channels) of every map in AlexNet (SiamFC), VGG-M (ECO) and CF-VGG (fECO)."""

FLOPS = {"SiamFC (AlexNet)": 3.12, "ECO (VGG-M)": 1.82, "RT-MDNet (VGG-M)": None, "Ours (CF-VGG)": 0.0479}
"""Figure 6: 10^9 by equation 12, from the text beside it; RT-MDNet's is only drawn."""


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

    def on(self, benchmark: str) -> float | None:
        """AUC on a benchmark, by the name of `--dataset`; None where the table has none."""
        return {"otb2013": self.otb2013, "otb2015": self.auc, "tc128": self.tc128}.get(benchmark)


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

# ECOhc's 0.238 stands in both columns; elsewhere its EAO on VOT-2016 is given as 0.322. MDNet's 0.227 on VOT-2016 is
# 0.257 elsewhere. Both are kept as printed.
TABLE6 = {
    "vot2016": {
        "ECO": 0.374, "DSLT": 0.332, "VITAL": 0.323, "FlowTrack": 0.334, "DeepSTRCF": 0.313, "C-COT": 0.331,
        "MDNet": 0.227, "SiamRPN": 0.344, "SA-Siam": 0.291, "StructSiam": 0.264, "MemTrack": 0.273, "ECOhc": 0.238,
        "STRCF": 0.279, "BACF": 0.233, "Staple": 0.295, "SiamFC": 0.277, "fDeepSTRCF": 0.308, "fECO": 0.339,
    },
    "vot2017": {
        "LSART": 0.323, "CFCF": 0.286, "ECO": 0.280, "C-COT": 0.267, "MCPF": 0.248, "DeepSTRCF": 0.227, "DLST": 0.233,
        "SiamRPN": 0.243, "SiamDCF": 0.249, "SA-Siam": 0.236, "CSRDCF++": 0.229, "ECOhc": 0.238, "STRCF": 0.162,
        "UCT": 0.206, "Staple": 0.169, "SiamFC": 0.188, "fDeepSTRCF": 0.214, "fECO": 0.255,
    },
}  # fmt: skip
"""Table VI: expected average overlap by benchmark and tracker."""
VOT_SEQUENCES = 60
"""Of VOT-2016 and of VOT-2017."""
