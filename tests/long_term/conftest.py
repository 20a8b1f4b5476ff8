"""A short video whose target goes away and comes back elsewhere."""

import numpy as np
import pytest

SIZE = (180, 240)
SIDE = 24
AWAY = range(14, 26)


@pytest.fixture(scope="session")
def away() -> tuple[list[np.ndarray], np.ndarray]:
    """RGB frames and boxes (40, 4): NaN in AWAY; then the target is at the other side of the frame."""
    rng = np.random.default_rng(5)
    ground = np.kron(
        rng.integers(60, 130, (SIZE[0] // 4, SIZE[1] // 4, 3), dtype=np.uint8), np.ones((4, 4, 1), np.uint8)
    )
    target = np.kron(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8), np.ones((4, 4, 1), np.uint8))
    images, boxes = [], []
    for t in range(40):
        image = ground.copy()
        x, y = (40 + t, 50) if t < AWAY.start else (170, 110 + (t - AWAY.stop) // 2)
        if t not in AWAY:
            image[y : y + SIDE, x : x + SIDE] = target
        images.append(image)
        boxes.append((x, y, SIDE, SIDE) if t not in AWAY else (np.nan,) * 4)
    return images, np.array(boxes, float)
