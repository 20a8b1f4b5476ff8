import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.video.span import Moment, Span, parse_moment, parse_span


def test_moments_are_frames_or_seconds():
    assert parse_moment("12", "--start") == Moment(12) and parse_moment("12.5s", "--end") == Moment(12.5, True)
    assert parse_moment(None, "--start") is None
    assert Moment(2, True).frame(25) == 50 and Moment(0.1, True).frame(25) == 3 and Moment(7).frame(25) == 7
    assert str(Moment(12.5, True)) == "12.5s" and str(Moment(1_500_000)) == "1500000"


@pytest.mark.parametrize("text", ["", "s", "-1", "-0.5s", "1.5", "nan", "nans", "infs", "ten", "1e30s", "99999999999"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(InputError, match="--start .*expected"):
        parse_moment(text, "--start")


def test_spans():
    assert parse_span("10", "20", 3).length(100, 25) == 4
    assert parse_span(None, None).length(100, 25) == 100
    assert parse_span("1s", None, 2).length(100, 25) == 38
    assert parse_span(None, "500").length(100, 25) == 100
    for start, end, every, message in (
        ("20", "10", 1, "--end 10: is not behind --start 20"),
        ("5s", "5s", 1, "not behind"),
        ("1s", "0", 1, "no frame is before it"),
        (None, None, 0, "--every 0"),
        (None, None, -2, "--every -2"),
    ):
        with pytest.raises(InputError, match=message):
            parse_span(start, end, every)


def test_a_span_beyond_its_source():
    Span(Moment(19), Moment(20)).check("x", 20, 25, True)
    Span(Moment(0), Moment(21)).check("x", 20, 25, False)  # of an estimate
    for span, message in (
        (Span(Moment(20)), "--start 20: x has 20 frames"),
        (Span(Moment(0), Moment(21)), "--end 21: x has 20 frames"),
        (Span(Moment(2, True)), "--start 2s: x ends at 0.8s"),
    ):
        with pytest.raises(InputError, match=message):
            span.check("x", 20, 25, True)
