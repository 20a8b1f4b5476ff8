"""The paper's figures of whole trackers, as printed: tables VII and VIII, and what it prints about figures 1 to 13."""

from cfvgg_plugin.reproduce.paper import TABLE6

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
