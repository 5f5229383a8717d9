"""Configuration files are read as git reads them, and edited without touching the rest."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nixauth.history.config_text import Entry, MalformedTextError, entries, replaced

Settings = list[tuple[bytes, bytes | None]]
ISOLATED = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}


def git_reads(path: Path, text: bytes) -> Settings | None:
    """Return whole names and values as git lists them, None where it refuses the file."""
    path.write_bytes(text)
    run = subprocess.run(
        ["git", "config", "--file", str(path), "--no-includes", "--list", "-z"],
        capture_output=True,
        check=False,
        env=ISOLATED,
    )
    if run.returncode != 0:
        return None
    found: Settings = []
    for one in run.stdout.split(b"\0")[:-1]:
        # A name has no line feed; what follows the first is the value.
        name, separator, value = one.partition(b"\n")
        found.append((name, value if separator else None))
    return found


def we_read(text: bytes) -> Settings | None:
    try:
        found = entries(text)
    except MalformedTextError:
        return None
    return [(whole(one), one.value) for one in found if one.key]


def whole(one: Entry) -> bytes:
    below = b"" if one.subsection is None else b"." + one.subsection
    return one.section + below + b"." + one.key if one.section else one.key


SAMPLES = [
    b"",
    b"\n# only a comment",
    b"\xef\xbb\xbf[a]\nb = c\n",
    b"[a]\n\tb = c",
    b"[a] b = c\n[a]d=e ; x\n",
    b"[A-1]\n\tB-2=C\n",
    b'[a "B.c"]\nd = 1\n',
    b'[a   "q\\"u\\\\o\\t] #;"]\nd = 1\n',
    b'[a ""]\nd = 1\n',
    b"[a.B.c]\nd = 1\n",
    b'[a.B "C"]\nd = 1\n',
    b'[a]\nb\nc =\nd = \ne = ""\n',
    b"[a]\nb = x \\\n  y\\\nz\n",
    b"[a]\nb = x\\",
    b'[a]\nb = " x # y " ; z\n',
    b'[a]\nb = p"q r"s  t   # u\n',
    b'[a]\nb = \\t\\n\\b\\\\\\"\n',
    b'[a]\r\nb = c\r\nd\r\ne = "f" \\\r\n g\r\n',
    b"[a]\nb = \xff\xfe\n",
    b"[a][b]\nc = d\n",
    b"[a] # x\nb = c#d;e\n",
    b"[include]\npath = inc\n[a]\nb = c\n",
    b"b = c\n",
    # ... and what is no configuration:
    b"[a\nb = c\n",
    b"[a b]\nc = d\n",
    b"[]\n",
    b'[a "b]\nc = d\n',
    b'[a "b" ]\nc = d\n',
    b"[a]\n1b = c\n",
    b"[a]\nb_c = d\n",
    b"[a]\nb ; c\n",
    b"[a]\nb c\n",
    b'[a]\nb = "c\n',
    b"[a]\nb = \\x\n",
    b'[a]\nb = "c\nd"\n',
    b"[a_b]\nc = d\n",
]  # fmt: skip


@pytest.mark.parametrize("text", SAMPLES, ids=lambda text: repr(text)[2:-1])
def test_reads_what_git_reads(text: bytes, tmp_path: Path) -> None:
    assert we_read(text) == git_reads(tmp_path / "config", text)


PIECES = [
    b"[a]", b"[a.B]", b'[a "b"]', b'[a "x\\"y"]', b"[", b"]", b"\n", b"\n", b"\r\n", b" ", b"key",
    b"=", b" = ", b"value", b'"', b"\\", b"\\n", b"\\\n", b"#", b";", b"1", b"-", b".", b"\xc3",
]  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join))
def test_reads_any_text_as_git_does(text: bytes, tmp_path: Path) -> None:
    assert we_read(text) == git_reads(tmp_path / "config", text)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join))
def test_any_text_is_edited_without_touching_the_rest(text: bytes, tmp_path: Path) -> None:
    before = git_reads(tmp_path / "config", text)
    if before is None:
        return
    try:
        after = replaced(text, b"a", b"b", [(b"new", b"x")])
    except MalformedTextError:
        return
    kept = [one for one in before if not re.fullmatch(rb"a\.b\.[a-z0-9-]+", one[0])]
    assert git_reads(tmp_path / "config", after) == [*kept, (b"a.b.new", b"x")]


NAMES = [None, b"main", b"a.b", b'q"u\\o] #;', b"\xc3\x9cn\xff", b"UP", b"release/1.0", b" x "]
VALUES = [b"x", b"", b" a b ", b'"\\#;', b"a\nb\tc", b"\xff", b"/x/y z", b"\b"]


@pytest.mark.parametrize("name", NAMES)
def test_git_reads_what_is_written(name: bytes | None, tmp_path: Path) -> None:
    before = b'[core]\n\tbare = true # c\n[nixauth "other"]\n\tx = y\n[nixauth]\n\tz = 1'
    text = replaced(before, b"nixauth", name, [(b"keyRing", value) for value in VALUES])
    full = b"nixauth." + (name + b"." if name is not None else b"") + b"keyring"
    kept = [] if name is None else [(b"nixauth.z", b"1")]
    wanted = [(b"core.bare", b"true"), (b"nixauth.other.x", b"y"), *kept]
    assert git_reads(tmp_path / "config", text) == [*wanted, *((full, value) for value in VALUES)]
    again = replaced(text, b"nixauth", name, [])
    assert git_reads(tmp_path / "config", again) == wanted
    assert again.startswith(before if name is not None else before[: before.rindex(b"[nixauth]")])


def test_comments_and_the_rest_stay_byte_for_byte() -> None:
    text = (
        b"# top\n[core] ; tail\n\tbare = true ; why\n\n[Nixauth] # mine\n\t# a note\n"
        b'\tkeyring = a\n\tKEYRING = "b" # gone\n\n[user]\n  name=x\n'
    )
    without = text.replace(b"\tkeyring = a\n", b"").replace(b'\tKEYRING = "b" # gone\n', b"")
    assert replaced(text, b"nixauth", None, []) == without
    written = replaced(text, b"nixauth", None, [(b"require", b"every-commit")])
    assert written == without + b"[nixauth]\n\trequire = every-commit\n"


def test_an_empty_header_goes_and_headers_do_not_pile_up() -> None:
    text = b"[core]\n\tbare = true\n"
    once = replaced(text, b"nixauth", b"m", [(b"keyring", b"x")])
    assert replaced(once, b"nixauth", b"m", [(b"keyring", b"x")]) == once
    assert replaced(once, b"nixauth", b"m", []) == text


@pytest.mark.parametrize("text", [b"[a]\n[nixauth] keyring = x\n", b"[nixauth] keyring = x"])
def test_setting_in_the_line_of_its_header(text: bytes) -> None:
    assert we_read(replaced(text, b"nixauth", None, [])) == []


@pytest.mark.parametrize(
    ("name", "settings_"),
    [
        (b"a\nb", [(b"k", b"v")]),
        (b"a\0b", [(b"k", b"v")]),
        (None, [(b"k", b"a\0b")]),
        (None, [(b"k k", b"v")]),
        (None, [(b"k", b"v")]),
    ],
)
def test_what_would_read_otherwise_is_not_written(
    name: bytes | None, settings_: list[tuple[bytes, bytes]]
) -> None:
    # The backslash at the end would take what is added into its value.
    text = b"[a]\nx = y\\" if settings_ == [(b"k", b"v")] and name is None else b"[a]\nx = y\n"
    with pytest.raises(MalformedTextError):
        replaced(text, b"nixauth", name, settings_)


def test_an_empty_file_gets_its_first_section() -> None:
    written = replaced(b"", b"nixauth", None, [(b"keyring", b"/x")])
    assert written == b"[nixauth]\n\tkeyring = /x\n"
    assert replaced(written, b"nixauth", None, []) == b""
