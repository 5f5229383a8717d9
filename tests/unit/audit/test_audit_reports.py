"""The forms of an audit: whatever stands in a history stays text, and nothing is lost in a pipe."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

import pytest

from nixauth.audit.values import Row, State
from nixauth.model import Fingerprint, ObjectId
from nixauth.reports import audit_csv
from nixauth.reports.tables import cut, table, wide
from tests.unit.audit.conftest import Audited, fingerprint

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "\x1b[31mred\x07",
    "<script>alert(1)</script>",
    "a\u202eb\u2066c\u200f",
    'say "hi", comma',
    "x" * 10_000,
    "\u2028next\x85line",
    "tab\tinside",
    "\uff1dwide",
)


def world(audited: Audited) -> None:
    audited.commit()
    for text in HOSTILE:
        audited.commit(message=text.encode() + b"\n", author=f"{text} <a@b>".encode(), signer="bob")
    audited.commit(signer=None, author=b"\x1b]0;x\x07\xff <a@b>", message=b"\x9b\xff\x1b[2J\n")


def assert_harmless(text: str, allowed: str = "\n") -> None:
    for character in text:
        assert character in allowed or unicodedata.category(character) not in {
            "Cc",
            "Cf",
            "Cs",
            "Zl",
            "Zp",
        }, repr(character)


@pytest.mark.parametrize("options", [[], ["-v"], ["-q"]])
def test_text(audited: Audited, options: list[str]) -> None:
    world(audited)
    out = audited.run(*options, "--key", fingerprint("bob")).out
    assert_harmless(out)
    assert "x" * 500 not in out
    assert "<script>" in out


def test_hostile_drafts_and_paths(audited: Audited) -> None:
    world(audited)
    draft = audited.box.folder / "\u202e\x1bdraft"
    draft.write_text(f"version: 1\npeople:\n  zed:\n    keys: [{fingerprint('alice')}]\n")
    assert_harmless(audited.run("--authorizations", draft).out)
    audited.json("--authorizations", draft)


def test_csv(audited: Audited) -> None:
    world(audited)
    out = audited.run("--format", "csv").out
    raw = out if "\r\n" in out else out.replace("\n", "\r\n")
    rows = list(csv.reader(io.StringIO(raw, newline="")))
    assert tuple(rows[0]) == audit_csv.COLUMNS
    assert len(rows) == 1 + len(HOSTILE) + 1
    assert_harmless(out, "\r\n")
    for row in rows[1:]:
        assert len(row) == len(audit_csv.COLUMNS)
        for cell in row:
            assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell), cell
    subjects = [row[3] for row in rows[1:]]
    assert subjects[0] == "'=cmd|' /C calc'!A0"
    assert subjects[7] == 'say "hi", comma'
    assert [row[4] for row in rows[1:]] == ["trusted"] * len(HOSTILE) + ["refused"]
    assert rows[-1][5] == "unsigned"
    assert {row[6] for row in rows[1:-1]} == {"bob"}


def test_csv_of_what_cannot_be_read() -> None:
    row = Row(
        ObjectId(b"\1" * 20), (), 10**14, State.UNDECIDED, "missing-object", "", service=False,
        signer=Fingerprint(""), on_path=False, signed=False, algorithm="", digest="",
        admitted_by=(), line=False,
    )  # fmt: skip
    lines = "".join(audit_csv.render([row], lambda _commit: None)).split("\r\n")
    assert lines[1] == f"{'01' * 20},{10**14},,,undecided,missing-object,,no,,no,0,,"
    assert lines[2] == ""


@pytest.mark.parametrize("name", HOSTILE)
def test_csv_of_hostile_names(name: str) -> None:
    row = Row(
        ObjectId(b"\1" * 20), (), 0, State.TRUSTED, "", name, service=True,
        signer=Fingerprint("A" * 40), on_path=True, signed=True, algorithm="RSA", digest="SHA-256",
        admitted_by=(), line=True,
    )  # fmt: skip
    out = "".join(audit_csv.render([row], lambda _commit: None))
    assert_harmless(out, "\r\n")
    (_, cells) = csv.reader(io.StringIO(out, newline=""))
    assert len(cells) == len(audit_csv.COLUMNS)
    assert not cells[6].startswith(("=", "+", "-", "@", "\uff1d"))
    assert len(cells[6]) < 200


def test_tables_keep_to_the_width() -> None:
    rows = [("a", "1", "long " * 30), ("日本語" * 10, "22", "short")]
    for width in (40, 60, 100):
        for line in table(("name", "n", "text"), rows, width=width, right=(1,)):
            assert wide(line) <= width, line
    assert "long " * 29 in "".join(table(("name", "n", "text"), rows, width=None))
    assert list(table(("a",), [], width=10)) == []


def test_cut() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert wide(cut("日本語", 4)) <= 4
    assert wide("e\u0301") == 1
    assert wide("日本語") == 6


def test_nothing_is_cut_in_a_pipe(audited: Audited) -> None:
    audited.commit()
    audited.commit(message=b"s" * 150 + b"\n")
    assert "s" * 150 in audited.run("--key", fingerprint("alice")).out
