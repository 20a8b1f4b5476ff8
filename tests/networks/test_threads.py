"""Trackers in Python threads of one process share a network and give what they give alone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch

from cfvgg_plugin import create_tracker
from cfvgg_plugin.networks.backends import BACKENDS, bind
from cfvgg_plugin.networks.onnx import OnnxBackbone

MODULES = {"torch": "torch", "onnx": "onnxruntime", "openvino": "openvino"}


@pytest.fixture(params=BACKENDS)
def backend(request):
    pytest.importorskip(MODULES[request.param], reason=f"{MODULES[request.param]} is not installed")
    return request.param


def at_once(*calls):
    """What the calls return, each from a thread of its own, begun at the same time."""
    barrier = Barrier(len(calls))

    def begin(call):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(begin, call) for call in calls]]


def check_maps(network, taps):
    """Sixty runs in three threads, on samples of two sizes, against the same runs one after another."""
    rng = np.random.default_rng(0)
    samples = [rng.integers(0, 256, (1, side, side, 3), np.uint8) for side in (97, 131) * 30]
    alone = [network.run(x, taps) for x in samples]
    for start, maps in enumerate(
        at_once(*(lambda i=i: [network.run(x, taps) for x in samples[i::3]] for i in range(3)))
    ):
        for found, expected in zip(maps, alone[start::3], strict=True):
            assert all(torch.equal(found[tap], expected[tap]) for tap in taps)


def test_threads_share_a_network(random_weights, backend):
    check_maps(bind(random_weights, backend), ("conv1", "conv5"))


def test_threads_share_a_network_of_a_file(shared):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    check_maps(OnnxBackbone(shared("teachers/resnet18.onnx")), ("conv1", "layer3"))


def test_networks_may_begin_at_the_same_time(random_weights, backend):
    """Each thread binds, draws and compiles a network of its own."""
    sample = np.random.default_rng(0).integers(0, 256, (1, 97, 97, 3), np.uint8)
    maps = at_once(*[lambda: bind(random_weights, backend).run(sample, ("conv3",))["conv3"]] * 4)
    assert all(torch.equal(found, maps[0]) for found in maps)


def follow(tracker, images, box):
    tracker.init(images[0], box)
    return [tracker.update(image) for image in images[1:]]


@pytest.mark.parametrize("name", ["feco", "fdeepstrcf"])
def test_two_trackers_give_the_boxes_that_they_give_alone(name, backend, blob):
    """Of one network; the one goes forwards through the frames and the other backwards."""
    images, boxes = blob
    network = create_tracker(name, backend=backend)._backbone
    runs = [(images[:12], boxes[0]), (images[11::-1], boxes[11])]
    alone = [follow(create_tracker(name, weights=network), *run) for run in runs]
    together = at_once(*(lambda run=run: follow(create_tracker(name, weights=network), *run) for run in runs))
    assert together == alone
