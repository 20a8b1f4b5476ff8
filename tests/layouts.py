"""Short sequences in the layout of every benchmark, of the rendered square in conftest."""

import shutil
from pathlib import Path

import cv2
import numpy as np

from tests.conftest import moving_blob

FRAMES = 12


def write_frames(folder: Path, names: str = "{:04d}.jpg", count: int = FRAMES, first: int = 1) -> np.ndarray:
    """Images, of which FRAMES differ, and their boxes (count, 4), 1-based."""
    folder.mkdir(parents=True, exist_ok=True)
    images, boxes = moving_blob(FRAMES)
    for number in range(min(count, FRAMES)):
        cv2.imwrite(str(folder / names.format(first + number)), images[number][:, :, ::-1])
    for number in range(FRAMES, count):
        shutil.copy(folder / names.format(first + number - FRAMES), folder / names.format(first + number))
    return np.resize(boxes, (count, 4)) + [1, 1, 0, 0]


def write_boxes(file: Path, boxes: np.ndarray, fmt: str = "%d") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(file, boxes, fmt=fmt, delimiter=",")


def corners(boxes: np.ndarray) -> np.ndarray:
    """Polygons (N, 8), 0-based, of 1-based boxes."""
    x, y, w, h = (boxes - [1, 1, 0, 0]).T
    return np.stack([x, y, x + w, y, x + w, y + h, x, y + h], axis=1)


def make_otb(root: Path, name: str = "Deer", count: int = FRAMES) -> None:
    write_boxes(root / name / "groundtruth_rect.txt", write_frames(root / name / "img", count=count))


def make_dtb70(root: Path, count: int = FRAMES) -> None:
    make_otb(root, "Motor2", count)


def make_tc128(root: Path, count: int = FRAMES) -> None:
    write_boxes(root / "Ball_ce1" / "Ball_ce1_gt.txt", write_frames(root / "Ball_ce1" / "img", count=count))
    (root / "Ball_ce1" / "Ball_ce1_frames.txt").write_text(f"1,{count}")


def make_uav123(root: Path, version: str = "UAV123", count: int = 109) -> None:
    """The shortest sequence, of whose frames their number is known; the fourth is not annotated."""
    boxes = write_frames(root / "data_seq" / version / "uav6", "{:06d}.jpg", count)
    boxes[3] = np.nan
    write_boxes(root / "anno" / version / "uav6.txt", boxes, "%g")
    (root / "a" / "b").mkdir(parents=True)  # got10k wants four folders
    (root / "c").mkdir()


def make_uav123_10fps(root: Path) -> None:
    make_uav123(root, "UAV123_10fps", 37)


def make_lasot(root: Path) -> None:
    """The target is occluded in the third frame, and out of view in the fifth."""
    folder = root / "airplane" / "airplane-1"
    write_boxes(folder / "groundtruth.txt", write_frames(folder / "img", "{:08d}.jpg"))
    for name, frame in (("full_occlusion", 2), ("out_of_view", 4)):
        flags = ["0"] * FRAMES
        flags[frame] = "1"
        (folder / f"{name}.txt").write_text(",".join(flags))


def make_nfs(root: Path) -> None:
    """As VATIC writes: 0-based, with the box's last column and row; more images than boxes by one."""
    boxes = write_frames(root / "yoyo" / "30" / "yoyo", "{:05d}.jpg", FRAMES + 1)[:FRAMES] - [1, 1, 0, 0]
    lines = [f'0 {x} {y} {x + w} {y + h} {i} 0 0 0 "ball"' for i, (x, y, w, h) in enumerate(boxes)]
    (root / "yoyo" / "30" / "yoyo.txt").write_text("\n".join(lines))


def make_got10k(root: Path) -> None:
    """The target is not visible in the sixth frame."""
    folder = root / "val" / "GOT-10k_Val_000001"
    write_boxes(folder / "groundtruth.txt", write_frames(folder, "{:08d}.jpg"), "%.4f")
    (root / "val" / "list.txt").write_text(folder.name)
    (folder / "meta_info.ini").write_text("[METAINFO]\nresolution: (160, 120)\n")
    for name in ("cover", "absence", "cut_by_image"):
        (folder / f"{name}.label").write_text("8\n" * 5 + "0\n" + "8\n" * (FRAMES - 6))


def make_got10k_test(root: Path) -> None:
    """The first box alone."""
    make_got10k(root)
    folder = root / "test"
    (root / "val").rename(folder)
    truth = next(folder.glob("*/groundtruth.txt"))
    truth.write_text(truth.read_text().splitlines()[0])


def make_vot(root: Path) -> None:
    for name, images in (("bag", ""), ("ball1", "color")):
        write_boxes(root / name / "groundtruth.txt", corners(write_frames(root / name / images)), "%.3f")
    (root / "list.txt").write_text("bag\nball1\n")


def make_folder(root: Path) -> None:
    write_boxes(root / "Mine" / "groundtruth_rect.txt", write_frames(root / "Mine", "img{}.jpg"))


def write_video(path: Path, images: list[np.ndarray], rate: float = 15) -> None:
    """RGB images as MJPG in .avi."""
    path.parent.mkdir(parents=True, exist_ok=True)
    size = (images[0].shape[1], images[0].shape[0])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, size)
    assert writer.isOpened()
    for image in images:
        writer.write(image[:, :, ::-1])
    writer.release()


def make_clips(root: Path, name: str = "davis_bear", count: int = FRAMES) -> None:
    """NAME.1."""
    images, boxes = moving_blob(count)
    write_video(root / f"{name}.avi", images)
    write_boxes(root / f"{name}.1.txt", boxes, "%.1f")


def make_gap(root: Path) -> None:
    """Two validation clips that are long enough for a gap."""
    for name in ("davis_bear", "davis_stunt"):
        make_clips(root, name, 30)


def make_tld(root: Path, name: str = "car", count: int = FRAMES) -> None:
    """The target is absent in the fourth frame."""
    images, boxes = moving_blob(count)
    write_video(root / name / f"{name}.avi", images)
    corners = np.hstack([boxes[:, :2] + 1, boxes[:, :2] + boxes[:, 2:]])
    corners[3] = np.nan
    write_boxes(root / name / "gt.txt", corners, "%g")


def make_mot(root: Path) -> None:
    """Two targets, of which the second comes in the third frame; one to be ignored."""
    boxes = write_frames(root / "train" / "SEQ" / "img1", "{:06d}.jpg")
    rows = [(i + 1, track, *box, 1) for i, box in enumerate(boxes) for track in (3, 7) if track == 3 or 2 <= i < 9]
    write_boxes(root / "train" / "SEQ" / "gt" / "gt.txt", np.array([*rows, (1, 9, 1, 2, 3, 4, 0)]))


def make_vid(root: Path) -> None:
    """Two tracks in one snippet; the second is in the frames 3 to 5 but for 4, nothing is in the sixth."""
    part = "VID/val/ILSVRC2015_val_00000000"
    boxes = write_frames(root / "Data" / part, "{:06d}.JPEG", first=0) - [1, 1, 0, 0]
    (root / "Annotations" / part).mkdir(parents=True)
    for i, (x, y, w, h) in enumerate(boxes):
        bounds = f"<xmax>{x + w - 1}</xmax><xmin>{x}</xmin><ymax>{y + h - 1}</ymax><ymin>{y}</ymin>"
        tracks = [] if i == 6 else [0, 1] if i in {3, 5} else [0]
        objects = [f"<object><trackid>{t}</trackid><bndbox>{bounds}</bndbox></object>" for t in tracks]
        (root / "Annotations" / part / f"{i:06d}.xml").write_text(f"<annotation>{''.join(objects)}</annotation>")


MAKERS = {"otb2013": make_otb, "otb2015": make_otb, "tc128": make_tc128, "uav123": make_uav123, "lasot": make_lasot}
MAKERS |= {"nfs": make_nfs, "dtb70": make_dtb70, "got10k": make_got10k, "vot2016": make_vot, "vot2017": make_vot}
"""By the name that both `load_dataset` and the adapter of got10k have for the layout."""
OTHERS = {"otb": make_otb, "uav123_10fps": make_uav123_10fps, "folder": make_folder}
OTHERS |= {"mot": make_mot, "vid": make_vid}
OTHERS |= {"tld": make_tld, "clips": make_clips, "clips_validation": make_clips, "clips_validation_light": make_clips}
OTHERS |= {"clips_validation_2": make_clips, "clips_validation_3": make_clips, "clips_validation_gap": make_gap}
OTHERS |= {"clips_validation_hard" + end: make_gap for end in ("", "_2", "_3", "_4")}
"""Those that `load_dataset` alone knows."""
