"""Text of a history, fit to be shown."""

from __future__ import annotations

import time
import unicodedata

import pytest

from nixauth.display import commit_text, printable, spaced


def test_plain_text_stays() -> None:
    assert printable("plain ~ text") == "plain ~ text"
    assert printable("caf\xe9 \u4e2d\u6587 \U0001f600") == "caf\xe9 \u4e2d\u6587 \U0001f600"
    assert printable("caf\xe9".encode()) == "caf\xe9"


def test_no_control_character_of_unicode_passes() -> None:
    for number in [*range(0x3100), *range(0xD7F0, 0x10100), *range(0x1D100, 0x110000, 97)]:
        character = chr(number)
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"}:
            shown = printable(character)
            assert shown.isascii()
            assert shown.startswith("\\")
            assert shown.isprintable()


@pytest.mark.parametrize(
    "letter",
    ["\u3164", "\u115f", "\u1160", "\uffa0", "\u034f", "\ufe0f", "\u2800", "\u180b", "\U000e0100"],
)
def test_what_is_invisible_without_being_a_control_character(letter: str) -> None:
    """Default_Ignorable_Code_Point: most fonts show nothing for them, or a blank."""
    shown = printable(f"alice{letter}")
    assert shown.isascii()
    assert shown.startswith("alice\\")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"\x1b[31m", "\\x1b[31m"),
        (b"a\nb\r\tc", "a\\nb\\r\\tc"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        ("\u202eevil".encode(), "\\u202eevil"),
        ("\udcff", "\\udcff"),
        ("\x9b31m", "\\x9b31m"),
        (b"", ""),
    ],
)
def test_escapes(given: str | bytes, shown: str) -> None:
    assert printable(given) == shown


def test_long_text_is_cut() -> None:
    assert printable("x" * 160) == "x" * 160
    assert printable("x" * 161) == "x" * 160 + "…"
    assert printable(b"x" * 1000, 5) == "xxxxx…"
    assert printable("\u4e2d".encode() * 1000, 7) == "\u4e2d" * 7 + "…"
    assert printable("\U0001f600".encode() * 1000, 7) == "\U0001f600" * 7 + "…"
    begun = time.process_time()
    printable(b"\xff" * 50_000_000)
    assert time.process_time() - begun < 0.5


def test_spaced() -> None:
    forty = "0123456789ABCDEF0123456789ABCDEF01234567"
    assert spaced(forty) == "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"
    assert spaced(forty).replace(" ", "") == forty
    assert spaced("A" * 64).replace(" ", "") == "A" * 64
    assert spaced("0123456789ABCDEF") == "0123456789ABCDEF"
    key = "SHA256:" + "a" * 43
    assert spaced(key) == key


COMMIT = b"tree %b\nauthor %b\ncommitter C <c> %b\n\n%b"


def text(
    author: bytes = b"A <a> 1 +0000", date: bytes = b"0 +0000", message: bytes = b"s\n"
) -> tuple[str, str, str]:
    found = commit_text(COMMIT % (b"a" * 40, author, date, message))
    return found.subject, found.author, found.date


def test_commit_text() -> None:
    assert text() == ("s", "A <a>", "1970-01-01 00:00 +0000")
    assert text(message=b"\n\nfirst\nsecond")[0] == "first"
    assert text(message=b"")[0] == ""
    assert text(message=b"a\0b\x1b\n")[0] == "a\\x00b\\x1b"
    assert text(author=b"\xff <\xfe> 1 +0000")[1] == "\\xff <\\xfe>"
    assert text(author=b"nobody")[1] == "nobody"
    assert text(author=b"")[1] == ""
    assert text(author=b"a <b> <c> 1 +0000")[1] != ""


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        (b"1600000000 +0000", "2020-09-13 12:26 +0000"),
        (b"1600000000 -0130", "2020-09-13 10:56 -0130"),
        (b"1600000000 +1400", "2020-09-14 02:26 +1400"),
        (b"0 -0000", "1970-01-01 00:00 +0000"),
        (b"253402300799 +1400", "253402300799 seconds since 1970"),
        (b"999999999999999 +0000", "999999999999999 seconds since 1970"),
        (b"1600000000 +9999", "1600000000 seconds since 1970"),
        (b"1600000000 -2400", "1600000000 seconds since 1970"),
        (b"-5 +0000", "unknown"),
        (b"1e5 +0000", "unknown"),
        (b"now", "unknown"),
        (b"", "unknown"),
        (b"1" * 5000 + b" +0000", "unknown"),
    ],
)
def test_dates(date: bytes, shown: str) -> None:
    assert text(date=date)[2] == shown


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\0" * 100, b"author", b"author \ncommitter \n"]
)
def test_odd_objects(content: bytes) -> None:
    found = commit_text(content)
    assert found.date == "unknown"


def test_linear_time() -> None:
    begun = time.process_time()
    for author in (
        b"<" * 300_000,
        b"a <b" * 100_000,
        b" " * 500_000,
        b"<>" * 200_000,
        b"> <" * 100_000,
    ):
        text(author=author)
        text(date=author)
    assert time.process_time() - begun < 3
