"""Sources as they happen: what is skipped, what is lost and found again, and how it ends."""

import itertools
import threading
import time

import cv2
import numpy as np
import pytest

from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.video import live
from cfvgg_plugin.video.live import Live, play
from cfvgg_plugin.video.span import WHOLE, parse_span
from tests.conftest import moving_blob
from tests.layouts import write_video


@pytest.fixture
def clip(tmp_path):
    """30 frames at 50 frames/s."""
    path = tmp_path / "clip.avi"
    write_video(path, moving_blob(30)[0], 50)
    return path


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    before = threading.active_count()
    yield
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def watch(source, seconds=0.0, options=None, span=WHOLE):
    """Its frames, as one who takes so many seconds for each gets them, and what was told."""
    said: list[str] = []
    opened = play(str(source), span, options or Live(), said.append)
    frames = []
    for frame in opened.frames:
        frames.append(frame)
        time.sleep(seconds)
    return frames, said


def test_a_file_plays_at_its_own_rate_and_a_fast_one_misses_nothing(clip):
    for _ in range(3):  # a busy machine may stop this process for longer than a frame
        start = time.perf_counter()
        frames, said = watch(clip)
        assert time.perf_counter() - start > 0.5 and not said
        if len(frames) == 30:
            break
    assert [f.index for f in frames] == list(range(30)) and not any(f.skipped for f in frames)
    gaps = np.diff([f.arrived for f in frames])
    assert np.mean(gaps) == pytest.approx(0.02, abs=0.01)


def test_a_slow_one_gets_the_newest_and_is_told_what_went_by(clip):
    frames, _ = watch(clip, 0.07)
    indices = [f.index for f in frames]
    assert indices[0] == 0 and indices[-1] == 29 and len(frames) < 15  # the last is not lost
    assert [f.skipped for f in frames[1:]] == [b - a - 1 for a, b in itertools.pairwise(indices)]
    assert all(f.image is not None and f.image.shape == (120, 160, 3) for f in frames)


def test_a_file_waits_for_the_start_of_the_tracker(clip):
    opened = play(str(clip), WHOLE, Live(), print)
    next(opened.frames)
    time.sleep(0.4)
    second = next(opened.frames)
    assert (second.index, second.skipped) == (1, 0)
    opened.frames.close()


def test_a_part_of_a_file(clip):
    frames, _ = watch(clip, span=parse_span("10", "0.4s", 4))
    assert [f.index for f in frames] == [10, 14, 18]


class Capture:
    """A camera: 200 frames/s, that hangs, breaks or ends after some."""

    def __init__(self, frames, then="ends"):
        self.left, self.then, self.released = frames, then, False

    def isOpened(self):
        return self.then != "refuses"

    def grab(self):
        if self.left:
            self.left -= 1
            time.sleep(0.005)
            return True
        if self.then == "hangs":
            time.sleep(1)
        if self.then == "breaks":
            raise cv2.error("driver")
        return False

    def retrieve(self):
        return True, np.zeros((8, 8, 3), np.uint8)

    def get(self, what):
        return 0.0

    def release(self):
        self.released = True


@pytest.fixture
def camera(monkeypatch):
    """Captures that are opened one after the other, the last one again and again."""
    monkeypatch.setattr(live, "BACKOFF", 0.02)

    def set_up(*captures):
        opened = iter(captures)
        made = []

        def capture(*_):
            made.append(next(opened, captures[-1]))
            return made[-1]

        monkeypatch.setattr(cv2, "VideoCapture", capture)
        return made

    return set_up


def follow(options):
    frames, said = [], []
    with pytest.raises(FrameError) as caught:
        for frame in play("0", WHOLE, options, said.append).frames:
            frames.append(frame)
    return frames, said, str(caught.value)


def test_a_lost_camera_is_opened_again_and_its_frames_are_counted_on(camera):
    made = camera(Capture(5), Capture(0, "refuses"), Capture(4), Capture(0, "refuses"))
    frames, said, end = follow(Live(2))
    assert frames[-1].index == 8 and [f.index for f in frames] == sorted({f.index for f in frames})
    assert said == [
        "0: no more frames came; connecting again",
        "0: connected again at attempt 2 of 2",
        "0: no more frames came; connecting again",
    ]
    assert end == "0: cannot open this camera (2 attempt(s) to connect again)"
    assert len(made) == 5 and made[0].released
    assert all(b.seconds > a.seconds for a, b in itertools.pairwise(frames))


def test_without_attempts_it_ends_at_once(camera):
    made = camera(Capture(3))
    _, said, end = follow(Live(0))
    assert (said, end, len(made)) == ([], "0: no more frames came", 1)


def test_a_source_that_stalls_is_lost(camera):
    camera(Capture(3, "hangs"))
    _, _, end = follow(Live(0, silence=0.3))
    assert end == "0: no frame for 0.3 s"


def test_a_signal_ends_the_wait_for_a_source_that_stalls(camera, monkeypatch):
    camera(Capture(3, "hangs"))
    opened = play("0", WHOLE, Live(), print)
    next(opened.frames)

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(live, "check", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(opened.frames)


def test_a_camera_that_stalls_is_opened_again(camera):
    camera(Capture(3, "hangs"), Capture(2), Capture(0, "refuses"))
    frames, said, _ = follow(Live(1, silence=0.3))
    assert frames[-1].index == 4 and said[0] == "0: no frame for 0.3 s; connecting again"


def test_a_reading_thread_that_dies_is_told(camera, clip, monkeypatch):
    camera(Capture(3, "breaks"))
    assert follow(Live(0))[2].startswith("0: reading failed (error: ")


def test_a_file_that_cannot_be_read_on_is_told(clip, monkeypatch):
    monkeypatch.setattr("cfvgg_plugin.video.sources.cv2.VideoCapture", lambda *_: Capture(3, "breaks"))
    with pytest.raises(FrameError, match="reading failed"):
        watch(clip)


def test_the_end_of_a_span_is_no_loss(camera):
    camera(Capture(100))
    frames, said = watch("0", span=parse_span("5", "12"))
    assert frames[0].index >= 5 and frames[-1].index == 11 and not said


def test_bad_options():
    with pytest.raises(InputError, match="--reconnect -1"):
        Live(-1)
