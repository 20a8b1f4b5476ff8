"""One reader of image files for every command and host."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from cfvgg_plugin.train.videos import read_frame
from cfvgg_plugin.video.frames import image_files, read_image, stretch, stretch_note, twice_fault
from cfvgg_plugin.video.sources import open_source
from tests.commands.conftest import complains, dataset, run

__all__ = ["complains", "dataset", "run"]

INIT = ("--init", "30,40,24,24", "--tracker", "fkcf/hog")
RGB = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)


def thermal(low: int, high: int) -> np.ndarray:
    """A ramp over 14 of 16 bits."""
    return np.linspace(low, high, 120 * 160).reshape(120, 160).astype(np.uint16)


@pytest.fixture
def deep(tmp_path):
    """Three frames of which the second is hotter than the first."""
    folder = tmp_path / "thermal"
    folder.mkdir()
    for number, high in enumerate((8300, 9000, 8300), 1):
        cv2.imwrite(str(folder / f"{number:04d}.png"), thermal(7000, high))
    return folder


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_deep_images_are_stretched_by_the_first_of_their_folder(tmp_path, ending):
    files = [tmp_path / f"{number}.{ending}" for number in (1, 2, 10)]
    for file, high in zip(files, (8300, 9000, 7650), strict=True):
        cv2.imwrite(str(file), thermal(7000, high))
    first, hot, cool = (read_image(file) for file in files)
    assert [int(first.min()), int(first.max()), len(np.unique(first))] == [0, 255, 256]
    assert hot.max() == 255 and (hot == 255).mean() > 0.3
    assert cool.max() == round(650 / 1300 * 255)
    assert (first[:, :, 0] == first[:, :, 2]).all()
    assert stretch(files[2]) == (7000, 8300) and "7000 to 8300" in stretch_note(files[2])
    cv2.imwrite(str(files[0]), thermal(0, 65535))  # a file that changes is read again
    assert read_image(files[1]).max() == round(9000 / 65535 * 255)


def test_deep_colour_and_alpha(tmp_path):
    colour = (RGB.astype(np.uint16) + 1) * 200
    cv2.imwrite(str(tmp_path / "c.png"), np.dstack([colour, colour[:, :, :1]]))
    found = read_image(tmp_path / "c.png")
    low, high = colour.min(), colour.max()
    expected = np.round((colour[:, :, ::-1] - float(low)) / (high - low) * 255)
    assert np.abs(found - expected).max() <= 1


def test_deep_images_without_a_range_of_their_own_have_that_of_16_bits(tmp_path):
    cv2.imwrite(str(tmp_path / "1.png"), RGB)
    cv2.imwrite(str(tmp_path / "2.png"), thermal(25700, 51400))
    assert read_image(tmp_path / "2.png").min() == 100 and read_image(tmp_path / "2.png").max() == 200
    (tmp_path / "even").mkdir()
    cv2.imwrite(str(tmp_path / "even" / "1.png"), np.full((40, 60), 25700, np.uint16))
    assert (read_image(tmp_path / "even" / "1.png") == 100).all()


def unusual(folder):
    """Every kind of file that decoders differ about."""
    picture, turned = Image.fromarray(RGB), Image.Exif()
    turned[274] = 6
    for ending in ("jpg", "png", "tif", "webp"):
        picture.save(folder / f"turned.{ending}", exif=turned)
    picture.save(folder / "plain.jpg")
    picture.convert("CMYK").save(folder / "cmyk.jpg")
    picture.convert("L").save(folder / "grey.jpg")
    picture.convert("P").save(folder / "palette.png")
    picture.convert("RGBA").save(folder / "alpha.png")
    picture.convert("1").save(folder / "bits.png")
    cv2.imwrite(str(folder / "zz.png"), thermal(7000, 8300))
    return sorted(folder.iterdir())


def test_every_way_in_gives_the_same_pixels(tmp_path):
    pytest.importorskip("got10k", reason="the extra got10k is not installed")
    from cfvgg_plugin.integration.got10k.tracker import pixels, read_pixels

    files = unusual(tmp_path)
    for file in files:
        found = read_image(file)
        assert found.shape == ((60, 40, 3) if "turned" in file.name else found.shape)
        with Image.open(file) as opened:
            np.testing.assert_array_equal(pixels(opened), found)
        np.testing.assert_array_equal(read_pixels(str(file)), found)
        np.testing.assert_array_equal(read_frame(file), found)
        alone = tmp_path / file.name.replace(".", "_")
        alone.mkdir(exist_ok=True)
        shutil.copy(file, alone / file.name)
    for file in files:
        frames = {frame.name: frame.image for frame in open_source(str(tmp_path / file.name.replace(".", "_"))).frames}
        copy = tmp_path / file.name.replace(".", "_") / file.name
        np.testing.assert_array_equal(frames[str(copy)], read_image(copy))


def test_an_image_that_pillow_has_read_is_turned_too():
    pytest.importorskip("got10k", reason="the extra got10k is not installed")
    from cfvgg_plugin.integration.got10k.tracker import pixels

    image = Image.fromarray(RGB)
    image.getexif()[274] = 6
    np.testing.assert_array_equal(pixels(image), np.rot90(RGB, -1))
    np.testing.assert_array_equal(pixels(RGB), RGB)


def test_got10k_tracks_deep_images_as_track_does(run, deep, tmp_path):
    pytest.importorskip("got10k", reason="the extra got10k is not installed")
    from cfvgg_plugin.integration.got10k import GOT10kTracker

    for number, file in enumerate(image_files(deep)):
        image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        image[40:64, 30 + number : 54 + number] = 7000 + 1000 * (np.indices((24, 24)).sum(axis=0) % 2)
        cv2.imwrite(str(file), image)
    status, _, said = run("track", deep, *INIT, "--boxes", tmp_path / "b.txt")
    assert status == 0 and said.count("more than 8 bits") == 1
    ours = np.loadtxt(tmp_path / "b.txt", delimiter=",")
    theirs, seconds = GOT10kTracker("fkcf/hog", first_pixel=0).track(
        list(map(str, image_files(deep))), (30, 40, 24, 24)
    )
    np.testing.assert_allclose(theirs, ours, atol=0.006)
    assert (seconds > 0).all()


def test_an_evaluation_tells_of_deep_images(run, deep, tmp_path):
    (deep / "groundtruth.txt").write_text("30,40,24,24\n" * 3)
    status, out, _ = run(
        "evaluate", "--dataset", "folder", "--root", tmp_path, "--tracker", "fkcf/hog", "--results", tmp_path / "raw"
    )
    assert status == 0 and out.count("1 sequence(s) have images of more than 8 bits") == 1


@pytest.mark.parametrize("mask", ["0002.png", "0002_mask.jpg", "mask_0002.jpg", "2.bmp"])
def test_masks_beside_frames_are_refused_by_one_check(complains, run, dataset, mask):
    frames = sorted((dataset / "One" / "img").iterdir())
    assert frames[1].stem == "0002"
    for frame in frames:
        if frame.suffix == ".png":
            cv2.imwrite(str(frame.with_suffix(".jpg")), cv2.imread(str(frame)))
            frame.unlink()
    cv2.imwrite(str(dataset / "One" / "img" / mask), np.zeros((120, 160, 3), np.uint8))
    evaluate = ("evaluate", "--dataset", "otb", "--root", dataset, "--tracker", "fkcf/hog")
    for command in (("track", dataset / "One" / "img", *INIT), (*evaluate, "--results", dataset.parent / "raw")):
        said = complains(*command)
        assert "is there twice" in said and mask in said and "move masks" in said
    status, out, _ = run("data", "check", "otb", "--root", dataset)
    assert status == 1 and "is there twice" in out


def test_names_that_are_no_frame_twice(tmp_path):
    names = ["cat.jpg", "dog.png", "2021-10-05 12.00.01.jpg", "2021-10-05 12.00.02.jpg", "v1_0001.jpg", "v2_0001.jpg"]
    assert twice_fault([tmp_path / name for name in names]) == ""
    assert twice_fault([tmp_path / "a" / "1.png", tmp_path / "b" / "1.png"]) == ""
    assert "cat.png" in twice_fault([tmp_path / "cat.jpg", tmp_path / "cat.png"])
