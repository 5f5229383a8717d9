"""The section `nixauth-hook`: read whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nixauth.errors import UsageError
from nixauth.hooks.settings import HookSettings, read_settings, write_settings
from nixauth.trust import Setting

MAIN = "refs/heads/main"


class Memory:
    """A section in memory."""

    def __init__(self, *settings: tuple[str, str | None], subsection: str | None = None) -> None:
        self.found = [Setting(subsection, key, value) for key, value in settings]

    def settings(self) -> Sequence[Setting]:
        return self.found

    def replace(self, subsection: str | None, settings: Sequence[tuple[str, str]]) -> None:
        self.found = [Setting(subsection, key.lower(), value) for key, value in settings]


refs = st.sampled_from(["refs/heads/", "refs/remotes/"]).flatmap(
    lambda place: st.text("ab/*. ü#;\\'\"\n\udcff", min_size=1).map(lambda name: place + name)
)


@given(st.lists(refs), st.lists(refs), st.booleans())
def test_what_is_written_is_read_again(follow: list[str], protect: list[str], only: bool) -> None:
    config = Memory()
    wanted = HookSettings(tuple(follow), tuple(protect), only)
    write_settings(config, wanted)
    assert read_settings(config) == wanted


def test_nothing() -> None:
    assert read_settings(Memory()) == HookSettings()


@pytest.mark.parametrize("key", ["follow", "protect"])
@pytest.mark.parametrize(
    "value", [None, "", "main", "refs/tags/v1", "refs/heads/", "refs/remotes/", " refs/heads/main"]
)
def test_names_that_are_none(key: str, value: str | None) -> None:
    with pytest.raises(UsageError, match="full name"):
        read_settings(Memory((key, MAIN), (key, value)))


@pytest.mark.parametrize("value", ["true", "YES", "on", "1", None])
def test_true(value: str | None) -> None:
    assert read_settings(Memory(("reportonly", value))).report_only


@pytest.mark.parametrize("value", ["false", "No", "off", "0", ""])
def test_false(value: str) -> None:
    assert not read_settings(Memory(("reportonly", value))).report_only


@pytest.mark.parametrize("values", [["perhaps"], ["2"], ["true", "true"], ["false", "true"]])
def test_neither(values: list[str]) -> None:
    with pytest.raises(UsageError, match="true or false, once"):
        read_settings(Memory(*(("reportonly", value) for value in values)))


def test_unknown() -> None:
    with pytest.raises(UsageError, match="is no setting of nixauth"):
        read_settings(Memory(("follows", MAIN)))
    with pytest.raises(UsageError, match=r"nixauth-hook\.x\.follow"):
        read_settings(Memory(("follow", MAIN), subsection="x"))
