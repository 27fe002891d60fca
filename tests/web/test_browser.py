"""The pages in a real browser: on a phone and on a desk, without scrolling sideways and without a complaint."""

from __future__ import annotations

import os
import shutil
import threading

import pytest
import waitress

from tests.web import seed

pytestmark = pytest.mark.browser
PHONE, DESK = (390, 844), (1280, 900)


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


@pytest.fixture
def address(settled_lite):
    """The application on a port of this machine, served as in production."""
    server = waitress.create_server(settled_lite.app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # From outside its loop a waitress can only be stopped by taking its sockets away.
    server.close()
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.trigger.close()
    thread.join(timeout=10)
    assert not thread.is_alive()


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
        page.goto(address + path)
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
    assert page.locator("svg[role=img]").count() == 2


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("merchant", [seed.KIEL, seed.NEW])
def test_other_months_fit_too(open_page, settled_lite, size, merchant):
    page, _ = open_page(f"/portal/{settled_lite.token(merchant)}/months/2023-09", size)
    assert not is_wider_than_the_window(page)


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
