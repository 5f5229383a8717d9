"""A defect is neither a verdict nor a traceback."""

from __future__ import annotations

import sys

import pytest

from nixauth import cli
from nixauth.authenticate import Session
from nixauth.cli import app as commands
from tests.unit.cli.places import Place, certificates


def broken(**_: object) -> None:
    raise KeyError("\x1b[31mhostile")


@pytest.mark.usefixtures("handlers")
def test_a_defect_is_undecided(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "app", broken)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 3
    message = capsys.readouterr().err
    assert message.startswith("undecided: a defect in nixauth: KeyError at test_cli_defects.py:")
    assert "Traceback" not in message
    assert "\x1b" not in message
    monkeypatch.setenv("NIXAUTH_DEBUG", "1")
    with pytest.raises(SystemExit):
        cli.main()
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.usefixtures("handlers")
def test_a_refusal_without_a_reason_is_undecided(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is a defect of nixauth, and must not end as a yes."""
    keys = place.box.folder / "alice.key"
    keys.write_bytes(certificates("alice")["alice.key"])
    arguments = place.arguments("main", "--no-cache", "--keyring", keys)
    assert place.box.run(*arguments).code == 1
    monkeypatch.setattr(sys.modules[Session.__module__], "way_to_the_break", lambda *_: [])
    monkeypatch.setattr(sys, "argv", ["nixauth", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    said = capsys.readouterr()
    assert (stopped.value.code, said.out) == (3, "")
    assert said.err.startswith("undecided: a defect in nixauth: ValueError at authenticate.py:")
