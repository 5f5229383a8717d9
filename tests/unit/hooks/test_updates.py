"""What git tells a hook: any bytes are read or refused, and nothing else happens."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nixauth.errors import UnsupportedRepositoryError
from nixauth.hooks.updates import (
    Names,
    Push,
    Symbolic,
    Update,
    pending,
    read_pushes,
    read_updates,
)
from nixauth.model import ObjectId

ids = st.binary(min_size=20, max_size=20).filter(any).map(ObjectId)
values = st.none() | ids
names = st.text(
    st.characters(exclude_characters="\n\r\0 \x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), min_size=1
).map(lambda name: f"refs/heads/{name.encode('utf-8', 'replace').decode()}")
A, B, NOBODY = "aa" * 20, "bb" * 20, "0" * 40


def said(value: ObjectId | None) -> bytes:
    return (value.hex() if value is not None else NOBODY).encode()


@given(
    st.binary()
    | st.lists(st.sampled_from([A, NOBODY, " ", "\n", "ref:", "x", ""])).map(
        lambda parts: "".join(parts).encode()
    )
)
@example(b"\n")
@example(b"ref: ref: ref:")
@example(f"{A} {B} ".encode())
@example("\u0661".encode() * 40)
def test_any_bytes(octets: bytes) -> None:
    for read in (read_updates, read_pushes):
        with contextlib.suppress(UnsupportedRepositoryError):
            read(octets)


@given(st.lists(st.tuples(values, values, names)))
def test_updates_are_read_as_they_were_said(rows: list[tuple[ObjectId | None, ...]]) -> None:
    lines = [said(old) + b" " + said(new) + b" " + ref.encode() for old, new, ref in rows]  # type: ignore[union-attr]
    expected = [Update(ref, new, old) for old, new, ref in rows]  # type: ignore[arg-type]
    assert read_updates(b"".join(line + b"\n" for line in lines)) == expected


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])), values, names, values
        )
    )
)
def test_pushes_are_read_as_they_were_said(rows: list[tuple[object, ...]]) -> None:
    """What was typed may have spaces and more."""
    lines = [
        b" ".join((typed.encode(), said(new), ref.encode(), said(old)))  # type: ignore[attr-defined,arg-type]
        for typed, new, ref, old in rows
    ]
    expected = [Push(ref, new, old) for _, new, ref, old in rows]  # type: ignore[arg-type]
    assert read_pushes(b"".join(line + b"\n" for line in lines)) == expected


def test_a_symbolic_ref() -> None:
    line = f"{A} ref:refs/heads/x refs/heads/main\n".encode()
    assert read_updates(line) == [
        Update("refs/heads/main", Symbolic("refs/heads/x"), ObjectId(bytes.fromhex(A)))
    ]
    with pytest.raises(UnsupportedRepositoryError):
        read_pushes(f"main ref:refs/heads/x refs/heads/main {A}\n".encode())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        f"{A} {B}",
        f"{A} {B} ",
        f"{A}  {B}",
        f"{A[:-1]} {B} refs/heads/main",
        f"{A} {B[:-1]} refs/heads/main",
        f"{A} {B}bb refs/heads/main",
        f"{A} {B.upper()} refs/heads/main",
        f"{'a' * 64} {'b' * 64} refs/heads/main",
        f" {A} {B} refs/heads/main",
    ],
)
def test_updates_that_are_not_understood(line: str) -> None:
    with pytest.raises(UnsupportedRepositoryError, match="does not understand"):
        read_updates(f"{A} {B} refs/heads/ok\n{line}\n".encode())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        f"{A} refs/heads/main {B}",
        f"main {A}  {B}",
        f"main {A} refs/heads/main x",
        f"main x refs/heads/main {B}",
        f"main {'a' * 64} refs/heads/main {'b' * 64}",
    ],
)
def test_pushes_that_are_not_understood(line: str) -> None:
    with pytest.raises(UnsupportedRepositoryError):
        read_pushes(f"{line}\n".encode())


def test_where_refs_are_going_to_be() -> None:
    updates = read_updates(
        f"{A} {B} refs/heads/a\n{A} {NOBODY} refs/heads/b\n{A} ref:x refs/heads/c\n".encode()
    )
    assert pending(updates) == {"refs/heads/a": bytes.fromhex(B), "refs/heads/b": None}


@given(names)
def test_a_name_is_a_pattern_of_itself_alone(name: str) -> None:
    found = Names([name.replace("*", "+")])
    assert name.replace("*", "+") in found
    assert f"{name}x".replace("*", "+") not in found
    assert f"x{name}".replace("*", "+") not in found


def test_patterns() -> None:
    found = Names(["refs/heads/release-*", "refs/heads/[a].?"])
    assert "refs/heads/release-1/x" in found
    assert "refs/heads/[a].?" in found
    assert "refs/heads/a.b" not in found
    assert "x/refs/heads/release-1" not in found
    assert "refs/heads/RELEASE-1" not in found
    assert "refs/heads/RELEASE-1" in Names(["refs/heads/Release-*"], ignore_case=True)
    assert "refs/heads/a" not in Names([])
