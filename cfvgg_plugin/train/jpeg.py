"""Images as what is cached keeps them: JPEG of quality 95, full colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

OPTIONS = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """A file of an RGB image (H, W, 3)."""
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), OPTIONS)[1].tobytes()


def decode_jpeg(content: bytes) -> NDArray[np.uint8] | None:
    """RGB (H, W, 3), or None for what is no image."""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
