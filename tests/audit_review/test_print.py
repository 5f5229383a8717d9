"""The page on paper: charts come with their numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nixauth.reports import audit_html
from tests.browser.opened import programs, started
from tests.support.audits import answer, commit


@pytest.mark.skipif(programs() is None, reason="no chromium")
def test_on_paper_the_tables_of_charts_are_there(tmp_path: Path) -> None:
    """Each chart says 'The table below has the numbers'; on paper nobody can unfold it."""
    file = tmp_path / "audit.html"
    file.write_bytes(audit_html.render(answer(people=5), commit("subject"), 30))
    with started(tmp_path / "profile") as browser:
        driver = getattr(browser, "driver", browser)
        driver.get(file.as_uri())
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        heights = driver.execute_script(
            "window.dispatchEvent(new Event('beforeprint'));"
            "return [...document.querySelectorAll('details table')]"
            ".map((one) => one.checkVisibility({contentVisibilityAuto: true})"
            " && one.getBoundingClientRect().height > 0);"
        )
    assert heights
    assert all(heights), heights
