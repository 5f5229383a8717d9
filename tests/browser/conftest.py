"""A headless browser for a session, that cannot find anything but files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nixauth.model import Verdict
from nixauth.reports import audit_html
from tests.browser.opened import Browser, programs, started
from tests.support.audits import answer, commit


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium; skips without it."""
    if programs() is None:
        message = "Debian's packages chromium and chromium-driver are not installed"
        if os.environ.get("NIXAUTH_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    with started(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a page with something in each section."""
    file = tmp_path_factory.mktemp("page") / "audit.html"
    whole = answer(people=22)
    file.write_bytes(audit_html.render(whole, commit("gnu: a-package: Update to 1.2.3."), 30))
    return file


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a page whose every text tries to be more than text."""
    evil = (
        "</script></title></style></svg></td><script>document.title='x'</script>"
        "<img src='http://evil.example/' onerror=\"document.title='x'\">"
        "<svg onload=\"document.title='x'\"> {{ 7 * 7 }} \u202eevil"
    )
    file = tmp_path_factory.mktemp("hostile") / "audit.html"
    whole = answer(lambda _: evil, verdict=Verdict.REFUSED)
    file.write_bytes(audit_html.render(whole, commit(evil)))
    return file
