"""The paper's figures agree with each other where it states them twice."""

import pytest

from cfvgg_plugin.reproduce.paper import TABLE3, TABLE4, TABLE5

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


@pytest.mark.parametrize("tracker", TABLE4)
def test_table4_has_the_printed_gaps(tracker):
    base = TABLE4[tracker]["baseline"]
    for name, gaps in GAPS[tracker].items():
        row = TABLE4[tracker][name]
        found = (row.otb2013 - base.otb2013, row.auc - base.auc, row.tc128 - base.tc128)
        assert found == pytest.approx(gaps, abs=1e-6)


def test_table5_has_the_printed_gaps():
    gaps = [TABLE5["student"][layer].auc - base.auc for layer, base in TABLE5["baseline"].items()]
    assert gaps == pytest.approx([-1.2, 0.4, -2.1])


def test_tables_share_what_they_share():
    assert TABLE3["baseline"].auc == TABLE4["feco"]["baseline"].auc
    assert TABLE3["64"].auc == TABLE4["feco"]["adaptive"].auc
    assert TABLE3["64"].megabytes == TABLE5["student"]["conv1"].megabytes
