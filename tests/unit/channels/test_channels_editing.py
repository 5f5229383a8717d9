"""Channels put in and taken out, and every other byte as it was."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nixauth import yaml_layout
from nixauth.channels import config, editing
from nixauth.channels.values import Channel
from nixauth.model import Fingerprint, Introduction, ObjectId, Problem
from tests.unit.channels.channel_samples import HEAD, ID, KEY, SPACED, SSH, entry, text

COMMIT = ObjectId(bytes.fromhex(ID))
NEW = Channel("new", "https://example.org/new", "main", Introduction(COMMIT, Fingerprint(KEY)))
LINES = f"""\
  new:
    url: https://example.org/new
    branch: main
    introduction: {ID}
    signer: {SPACED}
"""
ALL = Channel(
    name="all",
    url="git@example.org:all",
    branch="it's/#1",
    introduction=Introduction(COMMIT, Fingerprint(SSH)),
    keyring=("refs/heads/keyring", "refs/k/%"),
    authorizations_path="a b/: #c",
    historical=Path("/srv/old 'one'"),
    historical_sha1=True,
    require_every_commit=True,
    max_age=90,
    newest_authentic=True,
    revision_url="http://example.org/r?a=b&c=d",
)
IN_BRACES = f"{{url: /a, branch: b, introduction: {ID}, signer: {KEY}}}"
BUSY = f"""\
# what is followed
version: 1   # of the format

channels:   # in no order
  a:   # the first
      url: https://example.org/a   # a mirror
      branch: "main"

      # published on paper
      introduction: {ID}
      signer: >-
        {KEY[:20]}
        {KEY[20:]}

  # the second
  'b': {{url: /b, branch: b,   # here
       introduction: {ID}, signer: {KEY}}}   # end
  # that is all

# bye
""".encode()


def edited(made: bytes | Problem) -> bytes:
    assert isinstance(made, bytes), made
    return made


def names(content: bytes) -> list[str]:
    found = config.read(content).channels
    assert found is not None
    return list(found)


@pytest.mark.parametrize("content", [b"", b"\n", b"# mine\n", b"# mine", b"\n  # mine\n\n"])
def test_the_first_document(content: bytes) -> None:
    above = content if not content or content.endswith(b"\n") else content + b"\n"
    assert editing.add(content, NEW) == above + (HEAD + LINES).encode()


def test_the_first_document_with_line_ends_of_windows() -> None:
    made = edited(editing.add(b"# mine\r\n", NEW))
    assert made == b"# mine\r\n" + (HEAD + LINES).replace("\n", "\r\n").encode()


def test_a_channel_more_stands_behind_the_last() -> None:
    made = edited(editing.add(BUSY, NEW))
    assert made == BUSY.replace(b"# end\n", b"# end\n" + LINES.encode())
    assert editing.remove(made, "new") == BUSY


def test_it_is_set_in_as_the_last_one_is() -> None:
    content = text().replace(b"    ", b"       ")
    made = edited(editing.add(content, NEW))
    assert made == content + LINES.replace("    ", "       ").encode()


def test_everything_is_written() -> None:
    made = edited(editing.add(text(), ALL))
    found = config.read(made).channels
    assert found is not None
    assert found["all"] == ALL
    assert editing.remove(made, "all") == text()


def test_removed_with_its_lines_and_no_others() -> None:
    made = edited(editing.remove(BUSY, "a"))
    before, rest = BUSY.split(b"  a:")
    assert (
        made
        == before + b"\n      # published on paper\n" + rest.partition(KEY[20:].encode() + b"\n")[2]
    )
    assert names(made) == ["b"]
    made = edited(editing.remove(BUSY, "b"))
    assert made == BUSY.partition(b"  'b'")[0] + b"  # that is all\n\n# bye\n"


@pytest.mark.parametrize(
    "content", [text(), text()[:-1], text().replace(b"\n", b"\r\n"), b"version: 1\nchannels: {}\n"]
)
def test_added_and_removed_are_the_same_bytes(content: bytes) -> None:
    made = edited(editing.add(content, NEW))
    assert names(made)[-1] == "new"
    assert editing.remove(made, "new") == content


@pytest.mark.parametrize(
    "head",
    [
        "version: 1\nchannels: {}   # none\n# end\n",
        "channels: {}\nversion: 1\n",
        "---\n  version: 1\n  'channels' : {}\n...\n",
        "channels: {}\r\nversion: 1",
    ],
)
def test_none_yet(head: str) -> None:
    content = head.encode()
    made = edited(editing.add(content, NEW))
    assert names(made) == ["new"]
    assert editing.remove(made, "new") == content


def test_the_last_one_removed() -> None:
    assert editing.remove(text(), "a") == b"version: 1\nchannels: {}\n"
    assert editing.remove((HEAD + "# x\n" + entry()).encode(), "a") == (
        b"version: 1\nchannels: {}\n# x\n"
    )


def test_replaced_where_it_is() -> None:
    newer = dataclasses.replace(NEW, name="a")
    lines = LINES.replace("new:", "a:")
    content = text(entry(), entry("b"))
    assert editing.add(content, newer, replace=True) == text(lines, entry("b"))
    content = text(entry("b"), entry())
    assert editing.add(content, newer, replace=True) == text(entry("b"), lines)
    assert editing.add(content[:-1], newer, replace=True) == text(entry("b"), lines)[:-1]
    assert editing.add(text(), newer, replace=True) == text(lines)
    made = edited(editing.add(BUSY, newer, replace=True))
    assert made.count(b"#") == BUSY.count(b"#") - 2
    assert editing.add(text(), NEW, replace=True) == text() + LINES.encode()


def refusal(made: bytes | Problem) -> str:
    assert isinstance(made, Problem)
    return made.message


def test_refusals() -> None:
    there = editing.add(text(entry("b"), entry("new")), NEW)
    assert there == Problem(8, 3, 'there is a channel "new" already')
    assert refusal(editing.remove(text(), "b")) == 'there is no channel "b"'
    folded = editing.add(text(entry("NEW")), NEW)
    assert "differ in case only" in refusal(folded)


@pytest.mark.parametrize(
    "content",
    [
        f"version: 1\nchannels: {{a: {IN_BRACES}}}\n",
        f"{{version: 1, channels: {{a: {IN_BRACES}}}}}",
        "version: 1\nchannels:\n  {}\n",
        "version: 1\nchannels: { }\n",
        "{version: 1, channels: {}}\n",
        "? channels\n: {}\n? version\n: 1\n",
    ],
)
def test_braces_are_not_edited(content: str) -> None:
    made = editing.add(content.encode(), NEW)
    assert editing.BY_HAND in refusal(made)
    if "a:" in content:
        assert editing.BY_HAND in refusal(editing.remove(content.encode(), "a"))
        newer = dataclasses.replace(NEW, name="a")
        assert editing.BY_HAND in refusal(editing.add(content.encode(), newer, replace=True))


def test_a_key_of_another_form() -> None:
    made = (HEAD + entry()).replace("channels:\n", "? channels\n:\n").encode()
    assert names(made) == ["a"]
    assert editing.BY_HAND in refusal(editing.remove(made, "a"))


@pytest.mark.parametrize("content", [b"\xff", b"version: 2\nchannels: {}\n", b"---\n", b"# \x01\n"])
def test_malformed_files_are_left_alone(content: bytes) -> None:
    first = config.read(content).problems[0]
    assert first.message in refusal(editing.add(content, NEW))
    assert editing.remove(content, "a") == first


def test_what_does_not_read_back_as_meant_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the places wrong, nothing would come of it."""
    honest = yaml_layout.lay_out

    def shifted(content: str) -> yaml_layout.Node:
        root = honest(content)
        channels = root.value("channels")
        assert channels is not None
        channels.children[1], channels.children[3] = channels.children[3], channels.children[1]
        return root

    monkeypatch.setattr(editing, "lay_out", shifted)
    both = text(entry(), entry("b", url="/b"))
    newer = dataclasses.replace(NEW, name="a")
    for made in (editing.remove(both, "b"), editing.add(both, newer, replace=True)):
        assert editing.BY_HAND in refusal(made)


# --- any file ---

BLANKS = st.sampled_from(["", "\n", "# x\n", "  # y: z\n", "\n\n"])
ONES = st.sampled_from(
    [
        entry("NAME"),
        entry("NAME").replace("    ", "      "),
        entry("NAME", more="    keyring:\n    - refs/k   # k\n    # c\n    max-age: 1d # z\n"),
        f"  NAME: {{url: /a, branch: b,\n   introduction: {ID}, signer: {KEY}}}  # e\n",
        entry("'NAME'", branch=">-\n      main\n"),
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    made = [
        draw(BLANKS),
        "version: 1\n",
        draw(BLANKS),
        "channels:",
        draw(st.just(" # c\n") | st.just("\n")),
    ]
    for number in range(draw(st.integers(1, 4))):
        made += [draw(BLANKS), draw(ONES).replace("NAME", f"c{number}")]
    content = "".join([*made, draw(BLANKS)])
    return (content.replace("\n", "\r\n") if draw(st.booleans()) else content).encode()


@given(files(), st.sampled_from([NEW, dataclasses.replace(ALL, name="new")]))
@settings(max_examples=200, deadline=None)
def test_edits_of_any_file(content: bytes, channel: Channel) -> None:
    before = config.read(content).channels
    assert before is not None
    added = edited(editing.add(content, channel))
    assert config.read(added).channels == {**before, "new": channel}
    assert editing.remove(added, "new") == content
    lines = content.splitlines(keepends=True)
    for name in before:
        made = edited(editing.remove(content, name))
        left = iter(lines)
        # Nothing but lines were taken out; of the last channel the key's line says that it was.
        taken = made.replace(b"channels: {}", b"channels:") if len(before) == 1 else made
        assert all(line in left for line in taken.splitlines(keepends=True))
        replaced = edited(
            editing.add(content, dataclasses.replace(channel, name=name), replace=True)
        )
        assert list(config.read(replaced).channels or ()) == list(before)


@given(st.binary(max_size=80), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_bytes(content: bytes, headed: bool) -> None:
    content = HEAD.encode() + content if headed else content
    for made in (editing.add(content, NEW), editing.remove(content, "a")):
        assert isinstance(made, Problem) or config.read(made).channels is not None
