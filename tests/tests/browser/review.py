"""Works through the review pages as a person would: review.py ADDRESS SCREENSHOTS."""

import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

ADDRESS, SCREENSHOTS = sys.argv[1], Path(sys.argv[2])
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


def sign_in(page, token="ann"):
    page.goto(f"{ADDRESS}/review")
    page.fill("#token", token)
    page.press("#token", "Enter")
    expect(page.locator("h1")).to_have_text("Queue")


def check(page, name):
    """No violation of accessibility rules; keeps a picture."""
    page.wait_for_load_state("networkidle")
    results = Axe().run(page)
    assert results.violations_count == 0, f"{name}: {results.generate_report()}"
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def looks(browser):
    for look, options in LOOKS.items():
        context = browser.new_context(**options)
        page = context.new_page()
        problems = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{ADDRESS}/review")
        check(page, f"sign-in-{look}")
        sign_in(page)
        page.locator("img.poster").last.scroll_into_view_if_needed()
        check(page, f"queue-{look}")
        page.get_by_text("manipulated.mp4").click()
        expect(page.locator(".lanes a.jump")).to_have_count(4)
        check(page, f"asset-{look}")
        page.get_by_text("Heat map").first.click()
        expect(page.locator(".heat-map img").first).to_have_js_property("naturalWidth", 480, timeout=60_000)
        check(page, f"heat-map-{look}")
        page.get_by_text("Numbers, model, hashes").click()
        page.press("body", "?")
        expect(page.locator("dialog")).to_be_visible()
        check(page, f"keys-{look}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{look}: wider than the window"
        assert not problems, problems
        context.close()


def decides(browser):
    page = browser.new_context().new_page()
    sign_in(page)
    page.click("#start")
    first = page.locator("h1").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lanes a.jump").nth(1)).to_have_attribute("aria-current", "true")
    assert page.evaluate("document.querySelector('#player').currentTime") > 1, "the player has not jumped"
    expect(page.locator(".face-box")).to_have_count(1)
    page.keyboard.press("b")
    expect(page.locator(".face-box")).to_have_count(0)
    page.keyboard.press("?")
    page.click("text=Turn single keys off")
    page.click("text=Close")
    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text(first)
    page.keyboard.press("?")
    page.click("text=Turn single keys on")
    page.click("text=Close")

    page.keyboard.press("j")
    expect(page.locator("h1")).not_to_have_text(first)
    page.keyboard.press("k")
    expect(page.locator("h1")).to_have_text(first)
    page.keyboard.press("f")
    expect(page.locator(".undo")).to_be_visible()
    expect(page.locator("h1")).not_to_have_text(first)
    page.keyboard.press("z")
    expect(page.locator("h1")).to_have_text(first)
    expect(page.locator(".history")).to_contain_text("not reviewed by ann")

    page.keyboard.press("w")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("a filter of the phone, fine")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).not_to_have_text(first)
    page.keyboard.press("q")
    expect(page.get_by_text(first)).to_have_count(0)
    page.goto(f"{ADDRESS}/review?review=reviewed_as_real")
    page.get_by_text(first).click()
    expect(page.locator(".history")).to_contain_text("a filter of the phone, fine")


def decides_on_many(browser):
    page = browser.new_context().new_page()
    sign_in(page)
    boxes = page.locator(".card input")
    number = boxes.count()
    boxes.first.click()
    boxes.last.click(modifiers=["Shift"])
    expect(page.locator("#chosen")).to_have_text(f"{number} chosen")
    page.get_by_role("button", name="Cannot tell").click()
    expect(page.locator("main")).to_contain_text(f"{number} assets, 0 decided already")
    page.get_by_role("button", name="Mark them").click()
    expect(page.locator(".empty")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".card")).to_have_count(number)


def searches(browser):
    page = browser.new_context().new_page()
    sign_in(page)
    page.fill("#search", "PORTRAIT")
    page.press("#search", "Enter")
    expect(page.locator(".card")).to_have_count(1)
    page.fill("#search", "100%_")
    page.press("#search", "Enter")
    expect(page.locator(".empty")).to_be_visible()


def figures(browser):
    page = browser.new_context().new_page()
    sign_in(page, "root")
    for name in ("Agreement", "Calibration", "Trends"):
        page.click(f"nav >> text={name}")
        expect(page.locator("h1")).to_have_text(name)
        check(page, name.lower())
    page.click("nav >> text=Second readings")
    expect(page.locator("main")).to_contain_text("Second reading")
    check(page, "second-readings")


def logs(browser):
    page = browser.new_context().new_page()
    sign_in(page, "root")
    page.click("text=Log")
    expect(page.locator("main")).to_contain_text("unbroken")
    check(page, "log")


SCREENSHOTS.mkdir(parents=True, exist_ok=True)
with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    for part in (looks, decides, decides_on_many, searches, figures, logs):
        part(chromium)
        print(f"{part.__name__}: ok")
    chromium.close()
