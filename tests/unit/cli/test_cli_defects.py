"""A defect is neither a verdict nor a traceback."""

from __future__ import annotations

import pytest

from nixauth import cli
from nixauth.cli import app as commands


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
