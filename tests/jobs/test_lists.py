import pytest

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.jobs.lists import read_jobs
from cfvgg_plugin.video.span import Moment, Span


def write(tmp_path, text):
    path = tmp_path / "jobs.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_list(tmp_path):
    text = "\ufeffName, source,x,y,w,h,start,end\r\n,a/b.mp4,1,2,3,4.5,,\r\n\r\n"
    text += '"two, too",/c/img,-1,0,10,10,2s,90\n'.replace(", too", " too")
    first, second = read_jobs(write(tmp_path, text), 3)
    assert (first.name, first.source, first.box) == ("b", tmp_path / "a" / "b.mp4", Box(1, 2, 3, 4.5))
    assert first.span == Span(every=3)
    assert (second.name, str(second.source)) == ("two too", "/c/img")
    assert second.span == Span(Moment(2, True), Moment(90), 3)


HEAD = "source,x,y,w,h\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: column .* is"),
        ("a.mp4,1,2,3,4\n", "line 1: column 'a.mp4' is unknown; source,x,y,w,h and perhaps name,start,end"),
        ("source;x;y;w;h\n", "line 1: column 'source;x;y;w;h' is unknown; .* with commas between"),
        ("source,x,y,w\n", "line 1: column 'h' is missing"),
        ("source,x,y,w,h,x\n", "line 1: column 'x' is there twice"),
        (HEAD, "no jobs in it"),
        (HEAD + "a.mp4,1,2,3\n", "line 2: 4 values, 5 expected"),
        (HEAD + "a.mp4,1,2,3,4\n\nb.mp4,1,2,wide,4\n", "line 4: w 'wide': a number"),
        (HEAD + "a.mp4,1,2,nan,4\n", "line 2: box 1,2,nan,4: all four numbers must be finite"),
        (HEAD + "a.mp4,1,2,0,4\n", "line 2: box 0x4: width and height"),
        (HEAD + ",1,2,3,4\n", "line 2: no source"),
        (HEAD + "a\0.mp4,1,2,3,4\n", "line 2: no source"),
        (HEAD + "rtsp://x/y,1,2,3,4\n", "line 2: source rtsp://x/y: a stream"),
        (HEAD + "a.mp4,1,2,3,4\nb/A.avi,1,2,3,4\n", "line 3: job 'A' is there already, in line 2"),
        (HEAD + '"a.mp4,1,2,3,4\n', "line 2: unexpected end"),
        ("source,x,y,w,h,name\na.mp4,1,2,3,4,../b\n", "line 2: job '../b': use letters"),
        ("source,x,y,w,h,start,end\na.mp4,1,2,3,4,9,3\n", "line 2: --end 3: is not behind --start 9"),
        ("source,x,y,w,h,start\na.mp4,1,2,3,4,-3\n", "line 2: --start '-3'"),
        (b"source,x,y,w,h\n\xff,1,2,3,4\n", "line 2: bytes that are not UTF-8"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path, text, message):
    with pytest.raises(InputError, match=f"jobs.csv: {message}"):
        read_jobs(write(tmp_path, text))


def test_a_list_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="cannot be read as a list of jobs"):
        read_jobs(tmp_path / "none.csv")
    with pytest.raises(InputError, match="--every 0"):
        read_jobs(write(tmp_path, HEAD + "a.mp4,1,2,3,4\n"), 0)
