"""The paper's figures agree with each other where it states them twice."""

import pytest

from cfvgg_plugin.integration.vot.scores import ROWS
from cfvgg_plugin.networks.architectures.vgg_m import LAYERS, channels_at
from cfvgg_plugin.reproduce import paper
from cfvgg_plugin.reproduce.trackers import OURS

GAPS = {  # the values in brackets of table IV: OTB-2013, OTB-2015, TC-128
    "feco": {
        "pretrained": (-5.0, -3.9, -4.9),
        "fidelity": (-4.9, -4.3, -5.3),
        "tracking-single": (-5.8, -4.8, -5.7),
        "tracking": (-4.7, -3.5, -4.4),
        "both": (-2.6, -1.5, -2.9),
        "adaptive": (-2.5, -1.2, -2.9),
    },
    "fdeepstrcf": {
        "pretrained": (-4.1, -3.3, -4.7),
        "fidelity": (-3.6, -3.0, -4.8),
        "tracking-single": (-3.5, -3.1, -5.1),
        "tracking": (-2.3, -2.5, -4.4),
        "both": (0.2, -0.7, -3.0),
        "adaptive": (1.1, 0.1, -2.6),
    },
}


@pytest.mark.parametrize("tracker", paper.TABLE4)
def test_table4_has_the_printed_gaps(tracker):
    base = paper.TABLE4[tracker]["baseline"]
    for name, gaps in GAPS[tracker].items():
        row = paper.TABLE4[tracker][name]
        found = (row.otb2013 - base.otb2013, row.auc - base.auc, row.tc128 - base.tc128)
        assert found == pytest.approx(gaps, abs=1e-6)


def test_table5_has_the_printed_gaps():
    gaps = [paper.TABLE5["student"][layer].auc - base.auc for layer, base in paper.TABLE5["baseline"].items()]
    assert gaps == pytest.approx([-1.2, 0.4, -2.1])


def test_tables_share_what_they_share():
    assert paper.TABLE3["baseline"].auc == paper.TABLE4["feco"]["baseline"].auc
    assert paper.TABLE3["64"].auc == paper.TABLE4["feco"]["adaptive"].auc
    assert paper.TABLE3["64"].megabytes == paper.TABLE5["student"]["conv1"].megabytes
    assert (paper.TABLE3["64"].fps, paper.TABLE3["baseline"].fps) == (paper.TABLE1["fECO"].fps, paper.TABLE1["ECO"].fps)
    assert paper.TABLE1["fECO"].megabytes == paper.TABLE3["64"].megabytes
    for rows in (paper.TABLE7, paper.TABLE8):
        for tracker, name in (("feco", "fECO"), ("fdeepstrcf", "fDeepSTRCF")):
            assert rows[name][-1] == paper.TABLE4[tracker]["adaptive"].auc
    for tracker, name in (("feco", "ECO"), ("fdeepstrcf", "DeepSTRCF")):
        assert paper.TABLE8[name][-1] == paper.TABLE4[tracker]["baseline"].auc
    assert {name: paper.SPEED[name] for name in paper.TABLE1} == {name: row.fps for name, row in paper.TABLE1.items()}


def test_table8_has_the_printed_differences():
    printed = [
        [-2.1, -2.8, -1.8, 1.4, -3.1, -3.6, -2.6, -1.9, -4.1, -2.7, -4.0, -1.2],
        [1.0, 0.1, -0.6, 0.8, -0.4, -0.4, 0.6, 0, -2.4, 2.9, 0.8, 0.1],
    ]
    for (small, big), differences in zip(paper.PAIRS, printed, strict=True):
        assert [a - b for a, b in zip(paper.TABLE8[small], paper.TABLE8[big], strict=True)] == pytest.approx(
            differences
        )


def test_table7_ranks_as_printed():
    """The second highest values that are underlined, by column: FM, IPR; IV, OCC, OV, BC, LR."""
    for name, columns in (("fECO", (5, 6)), ("fDeepSTRCF", (0, 2, 8, 9, 10))):
        for column in columns:
            assert sorted(row[column] for row in paper.TABLE7.values())[-2] == paper.TABLE7[name][column]
    best = sorted(paper.TABLE7, key=lambda name: -paper.TABLE7[name][-1])[:6]
    assert set(best) == set(paper.REAL_TIME)
    assert all(len(row) == 12 for row in (paper.TABLE7 | paper.TABLE8).values())


def test_table2_has_the_printed_operations():
    """Equation 12 at its sizes gives the figures of figure 6, whichever network."""
    kernels = {"SiamFC (AlexNet)": (11, 5, 3, 3, 3), "ECO (VGG-M)": (7, 5, 3, 3, 3), "Ours (CF-VGG)": (7, 5, 3, 3, 3)}
    for column, (name, sides) in enumerate(kernels.items()):
        total, inputs = 0, 3
        for conv, kernel in enumerate(sides, 1):
            side, channels = paper.TABLE2[f"Conv{conv}"][column]
            total += (inputs * kernel**2 + 1) * side**2 * channels
            inputs = channels
        assert total / 1e9 == pytest.approx(paper.FLOPS[name], rel=3e-3)
    for column, width in ((1, 1), (2, 1 / 8)):
        channels = channels_at(width)
        assert [paper.TABLE2[name.capitalize()][column][1] for name in LAYERS] == [channels[name] for name in LAYERS]


def test_auc_by_benchmark_is_that_of_table4():
    for tracker, row, name in (
        ("feco", "baseline", "ECO"), ("feco", "hand-crafted", "ECOhc"), ("feco", "adaptive", "fECO"),
        ("fdeepstrcf", "baseline", "DeepSTRCF"), ("fdeepstrcf", "hand-crafted", "STRCF"),
        ("fdeepstrcf", "adaptive", "fDeepSTRCF"),
    ):  # fmt: skip
        figures = paper.TABLE4[tracker][row]
        assert [paper.AUC[benchmark][name] for benchmark in ("otb2013", "otb2015", "tc128")] == [
            figures.otb2013, figures.auc, figures.tc128,
        ]  # fmt: skip


def test_eao_has_a_row_for_each_of_our_trackers():
    for figures in paper.TABLE6.values():
        assert len(figures) == 18 and set(ROWS.values()) <= figures.keys()


def test_names():
    assert set(paper.ON_GPU) <= set(paper.SPEED) and set(OURS) <= set(paper.NAMES)
