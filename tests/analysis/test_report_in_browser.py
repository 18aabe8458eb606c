"""Does the page of a run work in a browser: slider, traces, phones, keyboard, paper? Without a network."""

import base64
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.synthetic_run import write_run

from esim.analysis.report.page import render, report
from esim.analysis.report.section import choice
from esim.analysis.report.series import Plot, Trace, area, curves

for package in ("matplotlib", "jinja2", "plotly", "selenium"):
    pytest.importorskip(package, reason="needs the extras report and dev")

CHROMIUM, DRIVER = (
    next(filter(None, map(shutil.which, names)), None)
    for names in (
        ("chromium", "chromium-browser", "google-chrome"),
        ("chromedriver", "chromium.chromedriver"),
    )
)
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None,
        reason="needs Chromium and its driver: apt-get install chromium chromium-driver",
    ),
]
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser that shows the page of a tsunami."""
    with showing(report(write_run(tmp_path_factory.mktemp("run"), nest="bay"))) as driver:
        yield driver


@contextmanager
def showing(path: Path) -> Iterator[Any]:
    """A browser without a network that shows a page."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for option in OPTIONS:
        options.add_argument(option)
    os.environ.setdefault("SE_OFFLINE", "true")
    driver = webdriver.Chrome(options, Service(str(DRIVER)))
    driver.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    driver.get(path.as_uri())
    try:
        yield driver
    finally:
        driver.quit()


def shown(browser: Any) -> list[int]:
    """Which frames of the moving picture can be seen."""
    script = "return [...document.querySelectorAll('.frames li')].map(f => f.offsetParent !== null)"
    return [n for n, seen in enumerate(browser.execute_script(script)) if seen]


def test_the_keyboard_moves_the_slider_and_the_picture(browser: Any) -> None:
    slider = browser.find_element("css selector", ".frames input[type=range]")
    first = shown(browser)
    slider.send_keys("\ue014")  # arrow to the right
    assert len(first) == 1 and shown(browser) == [first[0] + 1]
    assert slider.get_attribute("aria-valuetext") == "30 min, 06:16 UTC, 15:16 UTC+9"
    slider.send_keys("\ue010")  # the end
    assert shown(browser) == [8]
    assert browser.find_element("css selector", ".frames output").text == "2 h, 07:46 UTC, 16:46 UTC+9"


def test_a_nest_has_a_map_of_its_own_in_every_frame(browser: Any) -> None:
    """Below that of the whole grid, at its own resolution; it moves with the slider, and has the same scale."""
    slider = browser.find_element("css selector", ".frames input[type=range]")
    pictures = browser.find_elements("css selector", ".frames img")
    assert len(pictures) == 9
    for keys in ("\ue011", "\ue014", "\ue014"):  # home, to the right twice
        slider.send_keys(keys)
        (n,) = shown(browser)
        assert "below it nest bay at full resolution" in pictures[n].get_attribute("alt")
        assert int(pictures[n].get_attribute("naturalHeight")) > 1.7 * int(
            pictures[n].get_attribute("naturalWidth")
        )
    assert len({picture.get_attribute("src") for picture in pictures}) == 9
    slider.send_keys("\ue010")


def test_the_button_plays_and_pauses(browser: Any) -> None:
    button = browser.find_element("css selector", ".frames button")
    button.click()  # at the end: from the beginning
    assert (button.text, shown(browser)) == ("Pause", [0])
    button.click()
    assert button.text == "Play"


def test_traces_are_toggled(browser: Any) -> None:
    lines = "return document.querySelectorAll('.plot .scatterlayer')[0].querySelectorAll('.trace').length"
    assert browser.execute_script(lines) == 2
    box = browser.find_element("css selector", ".plot fieldset input[value='1']")
    box.click()
    assert browser.execute_script(lines) == 1
    box.click()
    assert browser.execute_script(lines) == 2


def test_a_plot_tells_values_and_times_under_the_pointer(browser: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    area = browser.find_element("css selector", ".plot .area")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", area)
    ActionChains(browser).move_to_element(area).pause(0.5).perform()
    told = browser.find_element("css selector", ".plot .hoverlayer").text
    assert "computed: " in told and "observed: " in told and " UTC" in told


def test_all_plots_are_drawn_and_the_console_is_silent(browser: Any) -> None:
    assert browser.execute_script("return document.querySelectorAll('.plot .main-svg').length") >= 3
    pictures = "return [...document.images].every(image => image.complete && image.naturalWidth > 100)"
    assert browser.execute_script(pictures)
    assert browser.get_log("browser") == []


def test_the_policy_stops_scripts_that_are_not_of_the_page(browser: Any) -> None:
    smuggle = "document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.owned = 1\">')"
    browser.execute_script(smuggle)
    browser.execute_async_script("setTimeout(arguments[0], 200)")
    assert browser.execute_script("return window.owned") is None
    assert "Content Security Policy" in browser.get_log("browser")[0]["message"]


def test_a_phone_needs_no_scrolling_sideways(browser: Any) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    widest = "return Math.max(...[...document.querySelectorAll('figure')].map(f => f.getBoundingClientRect().right))"
    assert browser.execute_script(widest) <= 390
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_on_paper_there_are_pictures_in_place_of_the_slider(browser: Any) -> None:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert shown(browser) == [1, 3, 4, 5, 7, 8]
    assert not browser.find_element("css selector", ".frames input").is_displayed()
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    printed = browser.execute_cdp_cmd("Page.printToPDF", {})["data"]
    assert base64.b64decode(printed).startswith(b"%PDF")


def test_one_of_several_plots_is_chosen_and_drawn_when_it_is_seen(tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    level = np.array([0.1, 1.0, 10.0])
    traces = [
        area("band", level, np.array([0.1, 0.01, 1e-3]), np.array([1.0, 0.1, 0.01]), "#0072B2"),
        Trace("curve", level, np.array([0.5, 0.05, 5e-3]), "#1a1a1a"),
    ]
    drawn = curves(traces, "height (m)", "probability", ((0.1, 10.0), (1e-3, 1.0)), logarithmic=True)
    plots = {name: Plot(name, "", traces, drawn, "a curve") for name in ("near", "far")}
    path = tmp_path / "page.html"
    path.write_text(render("Curves", choice("Hazard curves", "Station", plots=plots)), encoding="utf-8")
    seen = "return [...document.querySelectorAll('.choice li')].map(item => item.offsetParent !== null)"
    lines = "return [...document.querySelectorAll('.choice .area')].map(area => area.querySelectorAll('.trace').length)"
    with showing(path) as browser:
        assert browser.execute_script(seen) == [True, False] and browser.execute_script(lines) == [2, 0]
        Select(browser.find_element("css selector", ".choice select")).select_by_visible_text("far")
        assert browser.execute_script(seen) == [False, True] and browser.execute_script(lines) == [2, 2]
        ticks = [tick.text for tick in browser.find_elements("css selector", ".choice li.shown .xtick")]
        assert {"1", "2", "5", "10"} <= set(ticks)
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert browser.execute_script(seen) == [False, True]
        assert browser.get_log("browser") == []
