"""The reports in a real browser: Chromium, desktop and phone, light and dark."""

import io

import pytest
from browser import WIDTHS, browser, find_chromium
from PIL import Image

pytestmark = pytest.mark.skipif(
    find_chromium() is None,
    reason="Chromium is not installed (Debian: apt-get install chromium), so reports were not "
    "opened in a browser",
)

# What a visitor would meet: how wide the page is, pictures that did not load, broken names.
SEEN = """({
  width: document.documentElement.scrollWidth,
  broken: [...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.alt),
  scripts: document.scripts.length,
  title: document.title,
  handlers: document.querySelectorAll('[onerror]').length,
  surface: getComputedStyle(document.body).backgroundColor,
  dark: [...document.querySelectorAll('picture img')].map(
    i => i.currentSrc === i.parentElement.querySelector('source').srcset),
  small: [...document.querySelectorAll('picture img')].filter(i => i.clientWidth < 500).length,
})"""
SURFACES = {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}


@pytest.fixture(scope="module")
def opened():
    with browser() as one:
        yield one


@pytest.mark.parametrize("scheme", SURFACES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("report", ["report.html", "rrt_fds/seed-0/report.html"])
def test_a_report_opens_offline_at_every_width_light_and_dark(
    opened, finished, report, width, scheme
):
    opened.requests.clear()
    opened.errors.clear()
    opened.set_up(WIDTHS[width], dark=scheme == "dark")
    address = (finished.folder / report).as_uri()
    opened.open(address)
    seen = opened.evaluate(SEEN)
    assert opened.errors == [], "the console stays empty"
    assert {one for one in opened.requests if not one.startswith("data:")} == {address}
    assert seen["broken"] == []
    assert seen["scripts"] == seen["handlers"] == 0, "no name of a user became code"
    assert "agedb-dir" in seen["title"]
    assert seen["width"] <= WIDTHS[width], "the page itself never scrolls sideways"
    assert seen["surface"] == SURFACES[scheme]
    assert set(seen["dark"]) == {scheme == "dark"}, "pictures follow the scheme"
    assert seen["small"] == 0, "pictures stay readable and scroll on their own"
    picture = Image.open(io.BytesIO(opened.screenshot())).convert("RGB")
    assert picture.width == seen["width"]
    assert "rgb({}, {}, {})".format(*picture.getpixel((1, 1))) == SURFACES[scheme]


def test_console_errors_and_requests_would_be_noticed(opened, tmp_path):
    """A page that does wrong, to see that the checks above can fail."""
    (tmp_path / "bad.html").write_text(
        '<body><img src="other.png"><script>console.error("oh"); missing()</script>'
    )
    opened.requests.clear()
    opened.errors.clear()
    opened.open((tmp_path / "bad.html").as_uri())
    assert any(one.endswith("other.png") for one in opened.requests)
    assert any("oh" in one for one in opened.errors)
    assert any("missing" in one for one in opened.errors)
