"""onnxruntime (an optional extra) with our options, and its errors in one line."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.network import first_line
from cfvgg_plugin.system.extras import import_extra

DEVICES = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class Runtime:
    """onnxruntime on one device.

    what: the network's name in messages. device: "cpu" or "cuda". threads: of one run on the CPU.
    Raises InputError where onnxruntime or the device is missing.
    """

    def __init__(self, what: str, device: str, threads: int) -> None:
        self._what, self._threads = what, threads
        self._module = import_extra("onnxruntime", "onnx", "ONNX networks need")
        self._provider = _provider(self._module, device)
        if threads < 1:
            raise InputError(f"threads {threads}: at least 1 is needed")

    def open(self, content: bytes) -> Any:
        """A session of a serialised model."""
        options = self._module.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised, and told in one line
        try:
            session = self._module.InferenceSession(content, options, providers=[self._provider])
        except Exception as error:  # onnxruntime has no common base of its errors
            raise InputError(
                f"{self._what}: not an ONNX model, damaged, or unsupported ({first_line(error)})"
            ) from None
        if self._provider not in session.get_providers():  # it falls back to the CPU where its libraries do not load
            raise InputError(f"device cuda: {self._provider} does not start here: check the driver, CUDA and cuDNN")
        return session

    def infer(self, session: Any, x: NDArray[np.float32], names: list[str]) -> list[NDArray[np.float32]]:
        """The named outputs for the one input, whose last two axes are called height and width in an error."""
        try:
            maps: list[NDArray[np.float32]] = session.run(names, {session.get_inputs()[0].name: x})
        except Exception as error:  # onnxruntime has no common base of its errors
            raise InputError(
                f"{self._what}: cannot run on {x.shape[0]} samples of {x.shape[3]} x {x.shape[2]} pixels "
                f"({first_line(error)})"
            ) from None
        return maps


def _provider(runtime: Any, device: str) -> str:
    """The execution provider of a device, if this onnxruntime has it."""
    if device not in DEVICES:
        raise InputError(f"device {device!r}: {' or '.join(DEVICES)} is expected")
    if DEVICES[device] not in runtime.get_available_providers():
        raise InputError(
            f"device {device}: this onnxruntime cannot use it (no {DEVICES[device]}): install onnxruntime-gpu instead"
        )
    return DEVICES[device]
