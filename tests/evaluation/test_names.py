"""Trackers on networks of their own, and what they are called."""

import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.names import choose, tell_apart


def test_weights_of_its_own_go_before_the_common_ones(tmp_path):
    file = tmp_path / "CF_VGGM.mat"
    file.touch()
    first, second, third = choose(["feco", f"feco={file}", "fkcf/hog", "feco"], "mine")
    assert (first.name, first.weights, first.label) == ("feco", "mine", "feco")
    assert (second.name, second.weights, second.label) == ("feco", str(file.resolve()), "feco=CF_VGGM")
    assert (third.weights, third.label) == ("mine", "fkcf/hog")
    assert choose(["feco"])[0].weights is None


def test_as_much_of_a_path_is_shown_as_tells_them_apart(tmp_path):
    for name in ("a/run/cf_vgg.safetensors", "b/run/cf_vgg.safetensors", "b/run/cf_vgg.onnx", "v2.1/net.onnx"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    one, two, three, folder = "a/run/cf_vgg.safetensors", "b/run/cf_vgg.safetensors", "b/run/cf_vgg.onnx", "v2.1"

    def labels(*names):
        return [choice.label for choice in choose(f"feco={tmp_path / name}" for name in names)]

    assert labels(one) == ["feco=cf_vgg"]
    assert labels(two, three) == ["feco=cf_vgg.safetensors", "feco=cf_vgg.onnx"]
    assert labels(one, two) == ["feco=a/run/cf_vgg.safetensors", "feco=b/run/cf_vgg.safetensors"]
    assert len(set(labels(one, two, three))) == 3
    assert labels(folder) == ["feco=v2.1"]
    assert labels(one, one) == ["feco=cf_vgg"]


def test_names_alone_where_they_differ():
    files = [("feco/default", "x/a.mat"), ("fkcf/conv2", "x/a.mat")]
    assert tell_apart(files) == ["feco/default", "fkcf/conv2"]
    files = [("feco/default", None), ("feco/default", "x/a.mat"), ("feco/default", "x/b.mat")]
    assert tell_apart(files) == ["feco/default", "feco/default=a", "feco/default=b"]
    assert tell_apart([("feco/default", "a.mat")] * 2) == ["feco/default=a.mat"] * 2  # their settings differ


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("feco=", "no weights behind '='"),
        ("fkcf/hog=x.mat", "fkcf/hog runs no network; leave '=x.mat' out"),
        ("=x.mat", "unknown tracker ''"),
        ("fceo=x.mat", "did you mean feco"),
    ],
)
def test_what_is_refused(text, said):
    with pytest.raises(InputError, match=said):
        choose([text])
