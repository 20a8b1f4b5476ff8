"""The report in a real browser: it shows everything, asks for nothing, and its parts work."""

import os
import shutil

import pytest

from tests.report.conftest import BOLD, CLOSING

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def missing(what):
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing in CI")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="module")
def browser():
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        missing("Chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def tab(browser, page):
    """The page, opened; whatever it complains of or asks for fails the test at its end."""
    faults, requests = [], []
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    opened.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda request: requests.append(request.url))
    opened.goto(page.as_uri())
    yield opened
    opened.close()
    assert faults == []
    assert [url for url in requests if not url.startswith("data:")] == [page.as_uri()]


def rows(tab, section, column=0):
    return tab.locator(f"#{section} tbody tr > :nth-child({column + 1})").all_inner_texts()


def sort(tab, section, column):
    tab.locator(f"#{section} thead th").nth(column).locator("button").click()
    return tab.locator(f"#{section} thead th").nth(column).get_attribute("aria-sort")


def player(tab, number=0):
    return tab.locator(".player").nth(number)


def box(tab, number, tracker):
    """x, y, width and height of a drawn box; None where it is hidden. Tracker 0 is the ground truth."""
    return (
        player(tab, number)
        .locator(f"svg g[data-box='{tracker}']")
        .evaluate(
            "group => group.style.display === 'none' ? null :"
            " ['x', 'y', 'width', 'height'].map(name => Number(group.lastChild.getAttribute(name)))"
        )
    )


def test_all_pictures_are_shown(tab):
    # five plots, a strip a sequence, failures of three trackers (one never fails, one drifts), two players
    shown = tab.evaluate("[...document.images].map(i => [i.alt, i.complete && i.naturalWidth > 0 && i.clientWidth])")
    assert len(shown) >= 10 and all(text for text, _ in shown)
    details = tab.locator("details:not([open]) > summary")
    for _ in range(details.count()):
        details.first.click()
    assert tab.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0 && i.clientWidth > 0)")


def test_odd_names_are_text(tab):
    assert tab.title() == "OTB <2015>: tracking results"
    assert tab.evaluate("window.hacked") is None
    assert tab.locator("main b").count() == 0
    assert BOLD in [name.strip() for name in rows(tab, "summary")]
    assert CLOSING in rows(tab, "sequences")
    assert player(tab, 1).locator("h3").inner_text().startswith(CLOSING)
    assert BOLD in player(tab).locator("table.boxes").inner_text()


def test_tables_are_sorted_by_a_click(tab):
    names = [name.strip() for name in rows(tab, "summary")]
    assert names[0] == BOLD  # the best
    assert sort(tab, "summary", 1) == "descending"
    assert [name.strip() for name in rows(tab, "summary")] == names
    assert sort(tab, "summary", 1) == "ascending"
    ascending = [float(text) for text in rows(tab, "summary", 1)]
    assert ascending == sorted(ascending) and rows(tab, "summary")[-1].strip() == BOLD
    assert sort(tab, "summary", 0) == "ascending"
    assert tab.locator("#summary thead [aria-sort]").count() == 1
    sorted_names = [name.strip() for name in rows(tab, "summary")]
    assert sorted_names == sorted(names, key=str.casefold)


def test_what_is_missing_is_sorted_last(tab):
    column = tab.locator("#sequences thead th").all_inner_texts()
    (partial,) = (index for index, name in enumerate(column) if name.strip().startswith("partial"))
    for direction in ("descending", "ascending"):
        assert sort(tab, "sequences", partial) == direction
        assert rows(tab, "sequences", partial)[-1] == "not scored"


def test_the_player_steps_and_the_boxes_move(tab, odd):
    one = odd[0].sequences[0]
    shown = [0, 5, 9, 14, 18, 23]
    where = player(tab).locator("output.where")
    picture = player(tab).locator(".stage img")
    first = picture.get_attribute("src")
    assert where.inner_text() == "frame 1 of 24" and box(tab, 0, 0) == list(one.boxes[0])

    player(tab).locator(".stage").focus()
    tab.keyboard.press("ArrowRight")
    assert where.inner_text() == "frame 6 of 24" and picture.get_attribute("src") != first
    assert picture.get_attribute("alt") == "Frame 6 of One"
    assert box(tab, 0, 0) == box(tab, 0, 1) == list(one.boxes[5])

    player(tab).locator("input[type=range]").fill("4")
    assert where.inner_text() == "frame 19 of 24" and box(tab, 0, 1) == list(one.boxes[shown[4]])
    player(tab).locator("button.next").click()
    assert box(tab, 0, 1) == list(one.boxes[23])
    player(tab).locator("button.next").click()  # there is none
    assert where.inner_text() == "frame 24 of 24"
    player(tab).locator("button.previous").click()
    tab.keyboard.press("ArrowLeft")
    assert where.inner_text() == "frame 15 of 24" and box(tab, 0, 1) == list(one.boxes[14])
    assert player(tab, 1).locator("output.where").inner_text() == "frame 1 of 12"  # the other one stands still


def test_the_player_says_the_overlap(tab):
    player(tab).locator("input[type=range]").fill("5")
    shown = dict(zip(*(player(tab).locator(f"table.boxes td:nth-child({n})").all_inner_texts() for n in (1, 2)),
                     strict=True))  # fmt: skip
    shown = {name.strip(): overlap for name, overlap in shown.items()}
    assert shown[BOLD] == "1.000" and shown["lost"] == "0.000" and shown["ground truth"] == ""
    assert float(shown["shifted"]) == pytest.approx(20 / 28, abs=1e-3)


def test_boxes_can_be_hidden(tab):
    check = player(tab).locator("input[data-box='1']")
    assert box(tab, 0, 1) is not None
    check.uncheck()
    assert box(tab, 0, 1) is None and box(tab, 0, 0) is not None
    check.check()
    assert box(tab, 0, 1) is not None
    names = player(tab, 1).locator("label").all_inner_texts()
    (partial,) = (index for index, name in enumerate(names) if name.strip() == "partial")
    assert player(tab, 1).locator(f"input[data-box='{partial}']").is_disabled()  # it has no boxes there
    assert box(tab, 1, partial) is None


def test_the_player_plays_to_the_end(tab):
    from playwright.sync_api import expect

    play = player(tab).locator("button.play")
    player(tab).locator(".stage").focus()
    tab.keyboard.press(" ")
    assert play.inner_text() == "Pause"
    expect(player(tab).locator("output.where")).to_have_text("frame 24 of 24", timeout=10_000)
    expect(play).to_have_text("Play", timeout=10_000)
    play.click()  # from the first frame again
    assert play.inner_text() == "Pause"
    play.click()
    assert play.inner_text() == "Play" and play.get_attribute("aria-label") == "Play"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_both_schemes(browser, page, scheme):
    tab = browser.new_page(color_scheme=scheme)
    tab.goto(page.as_uri())
    ground, text = tab.evaluate(
        "['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number))"
    )
    tab.close()
    light = [sum(color) / 3 for color in (ground, text)]
    assert (light[0] > light[1]) == (scheme == "light") and abs(light[0] - light[1]) > 180
