"""The figures of the paper as printed: its tables, and what it prints about figures 1 to 13."""

from dataclasses import dataclass

OTB2015 = "otb2015"


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

TABLE7 = {
    "TRACA": (61.8, 56.8, 57.1, 56.0, 58.7, 57.4, 58.0, 59.3, 56.5, 60.6, 50.5, 60.2),
    "SiamRPN": (65.7, 62.0, 59.4, 60.8, 62.6, 59.8, 62.3, 62.3, 55.8, 60.9, 67.8, 63.7),
    "BACF": (65.3, 58.8, 58.4, 59.2, 59.5, 61.5, 59.1, 59.3, 56.0, 63.5, 52.0, 63.3),
    "CFNet": (54.2, 54.7, 51.6, 47.7, 54.5, 55.0, 56.9, 54.4, 41.9, 55.6, 63.5, 56.8),
    "CSR-DCF": (54.0, 52.0, 53.8, 53.4, 58.4, 57.5, 51.1, 51.1, 51.0, 52.7, 44.4, 58.5),
    "ACFN": (56.5, 56.3, 54.5, 53.6, 56.4, 57.0, 54.5, 54.6, 51.4, 54.8, 52.0, 57.0),
    "SiamFC": (56.7, 56.6, 54.3, 50.9, 54.6, 56.6, 55.7, 55.9, 51.4, 53.0, 63.0, 58.2),
    "Staple": (60.4, 54.3, 55.3, 55.9, 55.7, 55.1, 56.2, 54.8, 51.2, 59.0, 40.3, 59.1),
    "SCT4": (52.6, 44.2, 50.5, 51.2, 53.0, 54.1, 52.8, 51.8, 43.7, 55.6, 29.0, 53.8),
    "KCF": (48.7, 39.7, 44.9, 44.5, 46.8, 46.6, 47.6, 45.9, 39.7, 50.4, 28.8, 48.3),
    "fECO": (69.1, 65.4, 66.2, 64.8, 67.3, 64.5, 62.8, 65.6, 63.0, 68.5, 54.1, 68.2),
    "fDeepSTRCF": (68.5, 66.9, 65.6, 64.9, 67.9, 66.1, 63.5, 66.6, 62.4, 67.5, 64.5, 68.6),
}
"""Table VII: success AUC on OTB-2015 in per cent: IV, SV, OCC, DEF, MB, FM, IPR, OPR, OV, BC, LR, overall."""

TABLE8 = {
    "ECO": (71.2, 68.2, 68.0, 63.4, 70.4, 68.1, 65.4, 67.5, 67.1, 71.2, 58.1, 69.4),
    "fECO": TABLE7["fECO"],
    "DeepSTRCF": (67.5, 66.8, 66.2, 64.1, 68.3, 66.5, 62.9, 66.6, 64.8, 64.6, 63.7, 68.5),
    "fDeepSTRCF": TABLE7["fDeepSTRCF"],
}
"""Table VIII, likewise; it repeats two rows of table VII."""
PAIRS = (("fECO", "ECO"), ("fDeepSTRCF", "DeepSTRCF"))
"""Compressed trackers and their originals: the rows of differences in table VIII."""

AUC = {
    "otb2013": {"ECO": 71.0, "ECOhc": 65.6, "fECO": 68.5, "DeepSTRCF": 69.2, "STRCF": 66.5, "fDeepSTRCF": 70.3},
    "otb2015": {name: row[-1] for name, row in (TABLE7 | TABLE8).items()} | {"ECOhc": 64.6, "STRCF": 64.8},
    "tc128": {"ECO": 60.3, "ECOhc": 54.7, "fECO": 57.4, "DeepSTRCF": 59.9, "STRCF": 54.9, "fDeepSTRCF": 57.3},
    "uav123": {},
    "lasot": {},
}
"""Success AUC in per cent by benchmark and tracker: tables IV, VII and VIII. What is only drawn in figures 7 to 10 is
not here: none of UAV123 and LaSOT, and none of the trackers that are not real-time."""

SPEED = {
    "TRACA": 100, "SiamRPN": 160, "BACF": 35, "CFNet": 65, "CSR-DCF": 15, "ACFN": 15, "SiamFC": 86, "Staple": 70,
    "SCT4": 50, "KCF": 270, "VITAL": 1.5, "DSLT": 5, "CREST": 3, "MCPF": 2, "ADNet": 1, "C-COT": 0.3, "MDNet": 1,
    "SRDCFdecon": 3, "HCF": 12, "ECO": 5, "fECO": 22, "DeepSTRCF": 3, "fDeepSTRCF": 17,
}  # fmt: skip
"""Frames a second as section V-C and table I print them; DeepSRDCF is printed as below 1."""
ON_GPU = ("TRACA", "SiamRPN", "CFNet", "ACFN", "SiamFC", "VITAL", "DSLT", "CREST", "MCPF", "ADNet", "MDNet", "HCF")
"""Those of them whose speed is that of a GPU."""

NAMES = tuple(dict.fromkeys([*TABLE8, *SPEED, *AUC["otb2015"], *TABLE6["vot2016"], *TABLE6["vot2017"]]))
"""Every tracker of the paper that has a figure."""

REAL_TIME = ("SiamRPN", "BACF", "TRACA", "Staple", "fECO", "fDeepSTRCF")
"""The six of figure 11: those of table VII with the highest AUC."""
STRIPS = ("Bolt2", "Box", "Diving", "DragonBaby", "Girl2", "Human3", "Singer2", "Tiger1", "Soccer", "Skiing")
"""The sequences of figure 12."""
FAILURES = ("Ironman", "Freeman4")
"""The sequences of figure 13."""
GAPS = {
    "uav123": "the paper's text: fDeepSTRCF is less than 1 % below DeepSTRCF in DP and AUC",
    "lasot": "the paper's text: ECO is 1.3 % above fECO, DeepSTRCF 0.3 % above fDeepSTRCF",
}
"""What the text says about figures 9 and 10, whose own figures are only drawn."""
