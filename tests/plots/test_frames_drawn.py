from dataclasses import replace

import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import score_run
from cfvgg_plugin.evaluation.run import SequenceRun
from cfvgg_plugin.plots.frames import draw_failures, draw_strip, evenly, failure_frame, read_small
from tests.plots.make import make_result


def off(sequence, wrong):
    """A result that is exact but for the frames of `wrong`."""
    boxes = sequence.boxes.copy()
    boxes[wrong] = (0, 0, 5, 5)
    return score_run(sequence, SequenceRun(boxes, np.zeros(0), None))


def patches(axes):
    return [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in axes.patches]


def test_failure_frame(sequences):
    one = sequences[0]  # 24 frames
    assert failure_frame(off(one, range(9, 24)), one) == 9
    assert failure_frame(off(one, [2, 3, 4, *range(20, 24)]), one) == 20  # for good goes before the longer stretch
    assert failure_frame(off(one, [2, 3, *range(10, 15)]), one) == 10  # found again
    assert failure_frame(off(one, []), one) is None


def test_failure_frame_where_frames_are_not_annotated(sequences):
    boxes = sequences[0].boxes.copy()
    boxes[[0, 9, 10, 23]] = np.nan
    gaps = replace(sequences[0], boxes=boxes)
    run = sequences[0].boxes.copy()
    run[8:] = (0, 0, 5, 5)
    assert failure_frame(replace(off(sequences[0], []), boxes=run), gaps) == 8


def test_a_strip_has_all_boxes_and_the_truth(sequences, results):
    one = sequences[0]
    figure = draw_strip(one, results, [0, 12, 23])
    assert [axes.get_title() for axes in figure.axes] == ["#1", "#13", "#24"]
    boxes = [next(s.boxes for s in result.sequences if s.name == "One") for result in results]
    assert patches(figure.axes[1]) == [*(tuple(rows[12]) for rows in boxes), tuple(one.boxes[12])]
    assert figure.axes[1].get_xlim() == (0, 160) and figure.axes[1].get_ylim() == (120, 0)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ground truth", "lost", "exact", "shifted"]


def test_a_strip_by_default(sequences, results):
    assert [axes.get_title() for axes in draw_strip(sequences[2], results).axes] == ["#1", "#2", "#4", "#5", "#7", "#8"]
    failed = make_result("failed", sequences, "exact", without="Three")
    assert len(draw_strip(sequences[2], [failed]).legends[0].get_texts()) == 1
    with pytest.raises(InputError, match="no frame 8; it has 0 to 7"):
        draw_strip(sequences[2], results, [0, 8])


def test_a_frame_that_cannot_be_decoded_is_said_to_be_so(sequences, results, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    damaged = replace(sequences[0], frames=(*sequences[0].frames[:23], broken))
    axes = draw_strip(damaged, results, [22, 23]).axes
    assert [len(a.images) for a in axes] == [1, 0]
    assert axes[1].texts[0].get_text() == "cannot be decoded"


def test_failures_start_where_the_target_is_lost(sequences, results):
    lost = next(result for result in results if result.name == "lost")
    figure = draw_failures(sequences, lost, 2)
    worst = sorted(lost.scored, key=lambda entry: entry[1].auc)[:2]
    assert [figure.axes[row * 5].get_ylabel() for row in range(2)] == [found.name for found, _ in worst]
    frames = len(worst[0][0].boxes)
    titles = [axes.get_title() for axes in figure.axes[:5]]
    assert titles[1] == "#5, overlap 0.00" and titles[-1].startswith(f"#{frames},")
    assert draw_failures(sequences, results[1], 2) is None  # the exact one


def test_evenly():
    assert evenly(10, 3) == [0, 4, 9]
    assert evenly(2, 60) == [0, 1]
    assert evenly(1, 5) == [0]


def test_small_frames(sequences):
    image, size = read_small(sequences[0], 0, width=80)
    assert image.shape == (60, 80, 3) and size == (160, 120)
    image, size = read_small(sequences[0], 0)
    assert image.shape == (120, 160, 3)
