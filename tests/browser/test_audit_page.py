"""The page of an audit in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.opened import SCHEMES, WIDTHS, Browser

ROWS = """
return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)]
  .filter((row) => !row.hidden).map((row) => [...row.cells].map((cell) => cell.innerText.trim()));
"""
REACHABLE = """
const all = document.querySelectorAll(
  'a[href], button, input, summary, [tabindex="0"]');
return [...all].filter((one) => one.checkVisibility({visibilityProperty: true})).length;
"""
FOCUSED = """
const one = document.activeElement;
if (one === document.body) return null;
const look = getComputedStyle(one);
one.dataset.reached = "yes";
return [one.tagName, look.outlineStyle, parseFloat(look.outlineWidth), look.outlineColor];
"""


def test_on_paper_nothing_is_folded(browser: Browser, page: Path) -> None:
    """The text of a chart points to the table below it."""
    browser.open(page)
    folded = "return [...document.querySelectorAll('details')].map((one) => !one.open);"
    assert all(browser.run(folded))
    browser.look(media="print")
    shown = browser.run(f"window.dispatchEvent(new Event('beforeprint')); {folded}")
    assert shown
    assert not any(shown)
    assert all(browser.run(f"window.dispatchEvent(new Event('afterprint')); {folded}"))
    browser.look()


def head(browser: Browser, table: str, name: str) -> None:
    """Put the focus on a header's button."""
    browser.run(
        "[...document.querySelectorAll(`#${arguments[0]} th button`)]"
        ".find((one) => one.textContent === arguments[1]).focus()",
        table,
        name,
    )


def sorts(browser: Browser, table: str) -> list[tuple[str, str]]:
    """Return which headers say that they are sorted by."""
    return [
        (name, how)
        for name, how in browser.run(
            "return [...document.querySelectorAll(`#${arguments[0]} th[aria-sort]`)]"
            ".map((one) => [one.textContent, one.getAttribute('aria-sort')])",
            table,
        )
    ]


@pytest.mark.parametrize("which", ["page", "hostile"])
def test_asks_nobody_and_complains_of_nothing(
    browser: Browser, which: str, request: pytest.FixtureRequest
) -> None:
    file: Path = request.getfixturevalue(which)
    browser.open(file)
    title = browser.driver.title
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    browser.run("scrollTo(0, document.body.scrollHeight)")
    console, asked = browser.logs()
    assert console == []
    assert {address for address in asked if not address.startswith("data:,")} == {file.as_uri()}
    assert browser.driver.title == title
    assert title != "x"
    assert browser.run("return document.images.length + document.scripts.length") == 1


def test_policy_holds(browser: Browser, page: Path) -> None:
    """Even if something got into the page, it could not load, and it could not run."""
    browser.open(page)
    blocked = browser.driver.execute_async_script(
        """
        const done = arguments[0], found = [];
        document.addEventListener("securitypolicyviolation", (event) => {
          found.push(event.effectiveDirective);
          if (found.length === 4) done(found.sort());
        });
        const image = document.createElement("img");
        image.src = "http://evil.example/";
        document.body.append(image);
        const link = document.createElement("link");
        link.rel = "stylesheet";
        link.href = "http://evil.example/";
        document.head.append(link);
        fetch("http://evil.example/").catch(() => 0);
        try { document.body.innerHTML = "x"; } catch { /* as it should */ }
        """
    )
    assert blocked == ["connect-src", "img-src", "require-trusted-types-for", "style-src-elem"]
    _, asked = browser.logs()
    assert {one for one in asked if "evil" in one} <= {"http://evil.example/ (csp)"}


def test_tables_sort(browser: Browser, page: Path) -> None:
    browser.open(page)
    before = browser.run(ROWS, "people")
    assert len(before) == 22
    assert sorts(browser, "people") == []
    head(browser, "people", "commits")
    browser.press("\ue007")  # Enter
    assert sorts(browser, "people") == [("commits", "ascending")]
    assert [int(row[2]) for row in browser.run(ROWS, "people")] == list(range(79, 101))
    browser.press(" ")
    assert sorts(browser, "people") == [("commits", "descending")]
    assert [int(row[2]) for row in browser.run(ROWS, "people")] == list(range(100, 78, -1))
    head(browser, "people", "name")
    browser.press(" ")
    assert sorts(browser, "people") == [("name", "ascending")]
    names = [row[0] for row in browser.run(ROWS, "people")]
    assert names == [f"somebody {number}" for number in range(22)]  # 2 before 10
    assert browser.run("return document.activeElement.textContent") == "name"
    assert sorts(browser, "keys") == []


def test_tables_filter(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("document.querySelector('#refused-filter').focus()")
    browser.press("WEAK gnu:")
    shown = browser.run(ROWS, "refused")
    assert 0 < len(shown) < 30
    assert all("weak-digest" in row[2] for row in shown)
    said = browser.run("return document.querySelector('#refused [role=status]').textContent")
    assert said == f"{len(shown)} of 30"
    browser.press("\ue003" * 20)  # Backspace
    assert len(browser.run(ROWS, "refused")) == 30
    # What is cut or spaced in a cell is found whole as well.
    browser.press("0" * 38 + "1d")
    assert [row[0] for row in browser.run(ROWS, "refused")] == ["0" * 12]
    browser.press("\ue003" * 60, "ABCD" * 10)
    assert len(browser.run(ROWS, "refused")) == 30
    browser.press("no such thing")
    assert browser.run(ROWS, "refused") == []


def test_keyboard_reaches_everything(browser: Browser, page: Path) -> None:
    browser.open(page)
    everything = browser.run(REACHABLE)
    assert everything > 40
    opened = 0
    for _ in range(3 * everything):
        browser.press("\ue004")  # Tab
        found = browser.run(FOCUSED)
        if found is None:
            break
        tag, style, width, _ = found
        assert style == "solid", found
        assert width >= 2, found
        if tag == "SUMMARY":
            browser.press(" ")
            opened += 1
    reached = browser.run("return document.querySelectorAll('[data-reached]').length")
    assert reached == browser.run(REACHABLE) > everything
    assert opened == 4


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_looks(
    browser: Browser, page: Path, hostile: Path, width: str, scheme: str, tmp_path: Path
) -> None:
    """Nothing is wider than the screen; the pictures are kept for whoever wants to look."""
    for file in (page, hostile):
        browser.open(file, width, scheme)
        name = f"{'page' if file is page else 'hostile'}-{width}-{scheme}"
        assert len(browser.picture(tmp_path / f"{name}.png")) > 20_000
        browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert browser.run("return document.documentElement.scrollWidth") <= WIDTHS[width]
        back = browser.run("return getComputedStyle(document.body).backgroundColor")
        assert (contrast(back, "rgb(255, 255, 255)") > 10) is (scheme == "dark")


@pytest.mark.parametrize(("width", "scheme"), [("wide", "light"), ("narrow", "dark")])
def test_accessible(browser: Browser, page: Path, width: str, scheme: str) -> None:
    """What axe-core knows of: contrast, names, structure."""
    browser.open(page, width, scheme)
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.faults() == []


def test_charts_stand_out(browser: Browser, page: Path) -> None:
    """What axe does not look at: 3:1 between what a chart is drawn with and what lies behind."""
    for scheme in SCHEMES:
        browser.open(page, scheme=scheme)
        back, *colours = browser.run(
            """
            const look = getComputedStyle(document.body);
            const fills = [...document.querySelectorAll("[class^='s-'], .mark, .chart text")]
              .map((one) => getComputedStyle(one))
              .map((one) => (one.fill === "none" ? one.stroke : one.fill));
            return [look.backgroundColor, ...new Set(fills)];
            """
        )
        assert len(colours) >= 8
        for colour in colours:
            assert contrast(back, colour) >= 3, (scheme, colour)


def test_print_and_motion(browser: Browser, page: Path) -> None:
    browser.open(page, scheme="dark")
    assert scrolling(browser) == "auto"
    browser.look(motion="no-preference")
    assert scrolling(browser) == "smooth"
    browser.look(scheme="dark", media="print")
    back, height = browser.run(
        "return [getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.querySelector('.scroll')).maxHeight]"
    )
    assert contrast(back, "rgb(0, 0, 0)") > 20
    assert height == "none"
    assert not browser.run("return document.querySelector('.filter').checkVisibility()")
    assert browser.run("return document.querySelector('#refused table').checkVisibility()")


def scrolling(browser: Browser) -> str:
    return str(browser.run("return getComputedStyle(document.documentElement).scrollBehavior"))


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2 between two colours as CSS computes them."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
