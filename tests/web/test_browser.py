"""The pages in a real browser: on a phone and on a desk, without scrolling sideways and without a complaint."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest
import waitress

from sla_service.db.engine import create_engine
from tests.web import conftest, seed

pytestmark = pytest.mark.browser
PHONE, SMALL_PHONE, DESK = (390, 844), (360, 740), (1280, 900)
LONG_TITLE = (
    "Platform outage and " + "Zahlungsdienstleisterschnittstellenüberlastung" * 2 + " in all regions, all stores"
)


@pytest.fixture(scope="module")
def chromium():
    """A Chromium on PATH; its absence is an error where SLA_TEST_REQUIRE_BROWSER is set."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        message = "NO CHROMIUM on PATH: the pages were not looked at; install chromium"
        if os.environ.get("SLA_TEST_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*quiet, "--disable-sync"])
        yield browser
        browser.close()


@contextmanager
def served(site):
    """The application on a port of this machine, served as in production."""
    server = waitress.create_server(site.app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.trigger.pull_trigger(lambda: shut(server))
    thread.join(timeout=10)
    assert not thread.is_alive()


def shut(server):
    """Take away its sockets, which ends its loop; in the loop's own thread, or it could be waiting on a closed one."""
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()


@pytest.fixture
def address(settled_lite):
    with served(settled_lite) as found:
        yield found


@pytest.fixture(scope="module")
def twelve_hours(settled_sqlite, tmp_path_factory):
    """The store in Shanghai read in English, so on a clock of twelve hours; the outage has a very long title."""
    home = tmp_path_factory.mktemp("twelve-hours")
    stored = settled_sqlite.engine.url.database
    with closing(sqlite3.connect(stored)) as one, closing(sqlite3.connect(home / "sla.db")) as two:
        one.backup(two)
        two.execute("UPDATE merchants SET locale = 'en' WHERE merchant_id = ?", [seed.LUMEN])
        two.execute("UPDATE incidents SET title = ? WHERE title = 'Platform outage'", [LONG_TITLE])
        two.commit()
    engine = create_engine(f"sqlite:///{home / 'sla.db'}")
    site = conftest.make_site(engine, home)
    with served(site) as found:
        yield site, f"{found}/portal/{site.token(seed.LUMEN)}/"
    conftest.close(site)
    engine.dispose()


@pytest.fixture
def open_page(chromium, address):
    """Open a path at a size; gives the page and what the browser complained of."""
    contexts = []

    def opened(path, size, scheme="light"):
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        contexts.append(context)
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path if path.startswith("http:") else address + path)
        return page, complaints

    yield opened
    for context in contexts:
        context.close()


def is_wider_than_the_window(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_month_fits_and_its_headline_shows_first(open_page, settled_lite, size, scheme):
    path = f"/portal/{settled_lite.token(seed.LUMEN)}/months/2023-09"
    page, _ = open_page(path, size, scheme)
    assert not is_wider_than_the_window(page)
    headline = page.get_by_role("heading", level=1)
    assert headline.inner_text() == "September 2023: your store was available 99.2939% of the time"
    box = headline.bounding_box()
    assert box["y"] + box["height"] < size[1]
    assert page.get_by_text("overspent by 283.4 minutes").bounding_box()["y"] < size[1]
    assert page.locator("svg[role=img]:visible").count() == 2
    assert page.get_by_role("img").count() == 2, "a screen reader is told of the hidden drawings"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("merchant", [seed.KIEL, seed.NEW])
def test_other_months_fit_too(open_page, settled_lite, size, merchant):
    page, _ = open_page(f"/portal/{settled_lite.token(merchant)}/months/2023-09", size)
    assert not is_wider_than_the_window(page)


@pytest.mark.parametrize("size", [SMALL_PHONE, PHONE, (641, 800), (769, 800), DESK], ids=lambda size: str(size[0]))
def test_nothing_is_cut_on_a_clock_of_twelve_hours_nor_by_a_long_title(open_page, twelve_hours, size):
    _, address = twelve_hours
    page, _ = open_page(address + "months/2023-09", size)
    assert page.get_by_text("19 Sept 11:30 am").count() > 1
    assert page.get_by_text(LONG_TITLE).is_visible()
    assert not is_wider_than_the_window(page)
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(OVERLAPPING) == []


@pytest.mark.parametrize("size", [SMALL_PHONE, PHONE, DESK], ids=lambda size: str(size[0]))
def test_a_month_that_runs_shows_its_days_to_come_as_outlines(open_page, twelve_hours, size):
    _, address = twelve_hours
    page, _ = open_page(address, size)
    strip = page.locator("svg[role=img]:visible").first
    assert strip.locator("rect[fill=none]").count() == 26, "it is 5 October"
    assert not is_wider_than_the_window(page)
    assert page.evaluate(OVERLAPPING) == []


CUT_OFF = """() => [...document.querySelectorAll('main *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width && (box.left < -0.5 || box.right > innerWidth + 0.5 || one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).overflowX !== 'visible');
}).map(one => one.outerHTML.slice(0, 80))"""
"""What reaches beyond the window, or can be scrolled sideways in itself."""

OVERLAPPING = """() => {
  const found = [];
  const written = [...document.querySelectorAll('svg.chart')].map(svg => [...svg.querySelectorAll('text')])
    .concat([...document.querySelectorAll('.notes li, .cards tr')].map(row => [...row.children].map(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return Object.assign(range, {textContent: cell.textContent});
    })));
  for (const texts of written) {
    const boxes = texts.map(text => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width);
    boxes.forEach(([said, one], i) => boxes.slice(i + 1).forEach(([other, two]) => {
      const beside = one.right <= two.left || two.right <= one.left;
      const below = one.bottom <= two.top + 3 || two.bottom <= one.top + 3;
      if (!beside && !below) found.push([said, other]);
    }));
  }
  return found;
}"""
"""Pairs of labels of a drawing, or of cells of a row, that are written over each other."""


@pytest.mark.parametrize("path", ["/portal/nonsense/", "/verify/SCM-2023-09-0000001", "/api/v1/docs"])
def test_every_other_page_fits_a_phone(open_page, path):
    page, _ = open_page(path, PHONE)
    assert not is_wider_than_the_window(page)
    assert page.get_by_role("heading", level=1).is_visible()


def test_text_keeps_enough_contrast_by_day_and_by_night(open_page, settled_lite):
    for scheme in ("light", "dark"):
        page, _ = open_page(f"/portal/{settled_lite.token(seed.LUMEN)}/months/2023-09", DESK, scheme)
        found = page.evaluate(CONTRASTS)
        assert min(found.values()) >= 4.5, found


CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const luminance = colour => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  const found = {};
  for (const name of ['h1', '.answer', '.small', '.note', '.bad .value', 'a', '.button', '.reason', '.caption']) {
    const ink = luminance(getComputedStyle(document.querySelector(name)).color);
    found[name] = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  }
  return found;
}"""
"""Contrast ratios after WCAG 2, of what is written against the page."""


def test_the_statement_can_be_downloaded_by_its_button(open_page, settled_lite):
    page, _ = open_page(f"/portal/{settled_lite.token(seed.LUMEN)}/months/2023-09", PHONE)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the statement (PDF)").click()
    assert download.value.suggested_filename.startswith("SCM-2023-09-")


def test_a_link_to_the_verification_leads_to_its_form(open_page, settled_lite):
    page, _ = open_page(f"/portal/{settled_lite.token(seed.LUMEN)}/months/2023-09", PHONE)
    code = page.locator(".code").inner_text()
    page.get_by_role("link", name="verify it").click()
    page.get_by_label("Verification code").fill(code)
    page.get_by_role("button", name="Verify").click()
    assert page.get_by_role("heading", level=1).inner_text() == "This statement is genuine"


def test_the_browser_has_nothing_to_complain_of(open_page, settled_lite):
    _, complaints = open_page(f"/portal/{settled_lite.token(seed.LUMEN)}/months/2023-09", DESK)
    assert complaints == []
