"""A JSON document is changed in one place, and nowhere else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nixauth.pins import json_text
from nixauth.pins.json_text import DEEPEST, LONGEST, REMOVED, Path, edit, read
from nixauth.pins.problems import Fault, RefusedPinsError

ODD = (
    b' {\r\n\t"b\\u0041" : "\\u00e9\\/",\r\n\t"a":[1,  -0.50,1E2 , null]\r\n, "o":{"x":true} }\r\n'
)


def fault(content: bytes, edits: dict[Path, Any] | None = None) -> Fault:
    with pytest.raises(RefusedPinsError) as caught:
        edit(content, edits or {})
    return caught.value.problem.fault


def test_all_else_stays_byte_for_byte() -> None:
    assert edit(ODD, {}) == ODD
    assert edit(ODD, {("a", 0): 2}) == ODD.replace(b"[1,", b"[2,")
    assert edit(ODD, {("bA",): 'q"\n'}) == ODD.replace(b'"\\u00e9\\/"', b'"q\\"\\n"')
    assert edit(ODD, {("a", 3): "x"}) == ODD.replace(b"null", b'"x"')
    assert edit(ODD, {("o", "x"): 7}) == ODD.replace(b"true", b"7")


def test_what_is_so_already_stays_as_it_is_written() -> None:
    assert edit(ODD, {("bA",): "é/", ("a", 0): 1}) == ODD
    assert edit(b'{"a": 1.0}', {("a",): 1}) == b'{"a": 1}'
    assert edit(b'{"a": true}', {("a",): 1}) == b'{"a": 1}'
    assert edit(b'{"a": "1"}', {("a",): 1}) == b'{"a": 1}'


def test_characters_stand_for_themselves() -> None:
    assert edit(b'{"a": 1}', {("a",): "\u00e9\u2028\U0001f600"}).decode() == (
        '{"a": "\u00e9\u2028\U0001f600"}'
    )


@pytest.mark.parametrize(
    ("before", "key", "after"),
    [
        (b'{\n  "b": 1,\n  "d": 2\n}\n', "c", b'{\n  "b": 1,\n  "c": 9,\n  "d": 2\n}\n'),
        (b'{\n  "b": 1,\n  "d": 2\n}\n', "a", b'{\n  "a": 9,\n  "b": 1,\n  "d": 2\n}\n'),
        (b'{\n  "b": 1,\n  "d": 2\n}\n', "e", b'{\n  "b": 1,\n  "d": 2,\n  "e": 9\n}\n'),
        (b'{\n  "d": 1,\n  "b": 2\n}\n', "c", b'{\n  "d": 1,\n  "b": 2,\n  "c": 9\n}\n'),
        (b'{\r\n\t"b" : 1\r\n}', "c", b'{\r\n\t"b" : 1,\r\n\t"c" : 9\r\n}'),
        (b'{"b":1}', "a", b'{"a":9,"b":1}'),
        (b'{"b":1, "d": {}}', "c", b'{"b":1, "c": 9, "d": {}}'),
        (b'{"b":1, "d": [1,2]}', "e", b'{"b":1, "d": [1,2], "e": 9}'),
    ],
)
def test_a_key_is_added_as_its_neighbours_are_written(
    before: bytes, key: str, after: bytes
) -> None:
    assert edit(before, {(key,): 9}) == after


def test_several_keys_at_once() -> None:
    made = edit(
        b'{"o": {"c": 1}, "p": 2}', {("o", "b"): 1, ("p",): 3, ("o", "a"): 0, ("o", "d"): 4}
    )
    assert made == b'{"o": {"a": 0,"b": 1,"c": 1,"d": 4}, "p": 3}'


def test_a_key_is_removed_with_its_comma() -> None:
    lines = b'{\n "a": 1,\n "b": 2,\n "c": 3\n}'
    assert edit(lines, {("a",): REMOVED}) == b'{\n "b": 2,\n "c": 3\n}'
    assert edit(lines, {("b",): REMOVED}) == b'{\n "a": 1,\n "c": 3\n}'
    assert edit(lines, {("c",): REMOVED}) == b'{\n "a": 1,\n "b": 2\n}'
    assert edit(lines, {("c",): REMOVED, ("b",): REMOVED}) == b'{\n "a": 1\n}'
    assert edit(lines, {("b",): REMOVED, ("bb",): 5}) == b'{\n "a": 1,\n "bb": 5,\n "c": 3\n}'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", Fault.SYNTAX),
        (b"\xef\xbb\xbf{}", Fault.SYNTAX),
        (b'"\xff"', Fault.ENCODING),
        (b'"\\ud800"', Fault.ENCODING),
        (b'{"\\udfff": 1}', Fault.ENCODING),
        (b"{} x", Fault.SYNTAX),
        (b"{}{}", Fault.SYNTAX),
        (b"{}\x00", Fault.SYNTAX),
        (b"{}\x0c", Fault.SYNTAX),
        ("{}\u00a0".encode(), Fault.SYNTAX),
        (b"[1,]", Fault.SYNTAX),
        (b'{"a": 1,}', Fault.SYNTAX),
        (b"[1 2]", Fault.SYNTAX),
        (b"[1;2]", Fault.SYNTAX),
        (b'{"a": 1;"b": 2}', Fault.SYNTAX),
        (b'{"a" 1}', Fault.SYNTAX),
        (b"{a: 1}", Fault.SYNTAX),
        (b"{1: 1}", Fault.SYNTAX),
        (b"{", Fault.SYNTAX),
        (b"[", Fault.SYNTAX),
        (b'{"a":', Fault.SYNTAX),
        (b"[01]", Fault.SYNTAX),
        (b"[+1]", Fault.SYNTAX),
        (b"[1.]", Fault.SYNTAX),
        (b"'a'", Fault.SYNTAX),
        (b"// x\n1", Fault.SYNTAX),
        (b'"a\nb"', Fault.SYNTAX),
        (b'"a\x00b"', Fault.SYNTAX),
        ("[\u0661]".encode(), Fault.SYNTAX),
        ("[1\u0661]".encode(), Fault.SYNTAX),
        (b"NaN", Fault.NUMBER),
        (b"[Infinity]", Fault.NUMBER),
        (b"[-Infinity]", Fault.NUMBER),
        (b"1e999", Fault.NUMBER),
        (b"-1e999", Fault.NUMBER),
        (b"18446744073709551616", Fault.NUMBER),
        (b"-9223372036854775809", Fault.NUMBER),
        (b"9" * 10000, Fault.NUMBER),
        (b'{"a": 1, "a": 1}', Fault.DUPLICATE),
        (b'{"a": 1, "\\u0061": 2}', Fault.DUPLICATE),
        (b'{"o": {"a": 1, "b": 1, "a": {}}}', Fault.DUPLICATE),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), Fault.DEPTH),
        (b"[" * 100000, Fault.DEPTH),
        (b'{"a":' * 100000, Fault.DEPTH),
        (b" " * LONGEST + b"1", Fault.SIZE),
    ],
)
def test_what_is_refused(content: bytes, expected: Fault) -> None:
    assert fault(content) is expected


def test_what_is_just_read() -> None:
    deep = b"[" * DEEPEST + b"]" * DEEPEST
    numbers = b"[18446744073709551615, -9223372036854775808, 1.5e300]"
    for content in (deep, numbers, b"\t\r\n 1 \n", b" " * (LONGEST - 1) + b"1"):
        assert read(content).root.value == json.loads(content)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ((), "x", Fault.NOT_SCALAR),
        (("o",), "x", Fault.NOT_SCALAR),
        (("l",), "x", Fault.NOT_SCALAR),
        (("l", 2), 1, Fault.MISSING),
        (("l", -1), 1, Fault.MISSING),
        (("l", "a"), 1, Fault.NOT_SCALAR),
        (("l", 0), REMOVED, Fault.NOT_SCALAR),
        (("o", 0), 1, Fault.MISSING),
        (("n", "a"), 1, Fault.MISSING),
        (("s", "a"), 1, Fault.NOT_SCALAR),
        (("e", "a"), 1, Fault.STYLE),
        (("o", "a"), REMOVED, Fault.STYLE),
        (("o", "b"), REMOVED, Fault.MISSING),
        (("s",), True, Fault.NUMBER),
        (("s",), 1 << 64, Fault.NUMBER),
        (("s",), "\ud800", Fault.ENCODING),
        (("\ud800",), "x", Fault.ENCODING),
    ],
)
def test_changes_that_are_refused(path: Path, value: object, expected: Fault) -> None:
    content = b'{"o": {"a": 1}, "l": [1, 2], "e": {}, "s": "x"}'
    assert fault(content, {path: value}) is expected


def test_a_change_that_makes_the_file_too_long() -> None:
    content = b'{"a": "", "b": "' + b" " * (LONGEST - 30) + b'"}'
    assert fault(content, {("a",): "x" * 100}) is Fault.SIZE


def test_the_result_is_compared_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "_written", lambda value: '"x", "more": 1')
    assert fault(b'{"a": 1}', {("a",): "x"}) is Fault.UNINTENDED


def test_the_place_of_an_error() -> None:
    with pytest.raises(RefusedPinsError, match="line 2, column 7: no colon"):
        read(b'{\n  "a" 1}')
    with pytest.raises(RefusedPinsError, match=r"^o\.\\u202e\.1\.a: this key stands here twice$"):
        read('{"o": {"\u202e": [0, {"a": 1, "a": 2}]}}'.encode())


# --- any document, any bytes ---

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(KEYS, v, max_size=4), max_leaves=12
)
SPACE = st.text(" \t\r\n", max_size=3)


Piece = tuple[str, Path | None]
"""A piece of a document, and where in it the value is that it is."""


def spread(draw: st.DrawFn, value: object, path: Path = ()) -> list[Piece]:
    """Write a document with white space wherever it may be."""
    if not isinstance(value, dict | list):
        return [(draw_text(draw, value), path)]
    inside: list[Piece] = []
    for at, key in enumerate(value):
        name = key if isinstance(value, dict) else at
        one: Any = value[key] if isinstance(value, dict) else key
        inside.append(("," if at else "", None))
        if isinstance(value, dict):
            inside.append((f"{draw(SPACE)}{draw_text(draw, key)}{draw(SPACE)}:", None))
        inside += [(draw(SPACE), None), *spread(draw, one, (*path, name)), (draw(SPACE), None)]
    first, last = "{}" if isinstance(value, dict) else "[]"
    return [(first, None), *(inside or [(draw(SPACE), None)]), (last, None)]


def draw_text(draw: st.DrawFn, value: object) -> str:
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


def places(value: object, path: Path = ()) -> list[Path]:
    found: list[Path] = [path] if path else []
    below: Any = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        below = dict(enumerate(value))
    for key, one in below.items():
        found += places(one, (*path, key))
    return found


@st.composite
def documents(draw: st.DrawFn) -> tuple[list[Piece], Any]:
    value = draw(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5))
    return [(draw(SPACE), None), *spread(draw, value), (draw(SPACE), None)], value


def joined(pieces: list[Piece], path: Path = (), instead: str = "") -> bytes:
    return "".join(instead if path and at == path else text for text, at in pieces).encode()


NEW = st.integers(-(1 << 63), (1 << 64) - 1) | st.text(st.characters(exclude_categories=["Cs"]))


@given(documents(), NEW, st.data())
def test_any_replacement(document: tuple[list[Piece], Any], new: Any, data: st.DataObject) -> None:
    pieces, value = document
    content = joined(pieces)
    assert json.dumps(read(content).root.value) == json.dumps(json.loads(content))
    path = data.draw(st.sampled_from(places(value)))
    old = value
    for part in path:
        old = old[part]
    if isinstance(old, dict | list):
        assert fault(content, {path: new}) is Fault.NOT_SCALAR
    elif json.dumps(old) == json.dumps(new):
        assert edit(content, {path: new}) == content
    else:
        expected = joined(pieces, path, json.dumps(new, ensure_ascii=False))
        assert edit(content, {path: new}) == expected


def common(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts have in common at their beginnings and ends."""
    ahead = 0
    while ahead < min(len(one), len(other)) and one[ahead] == other[ahead]:
        ahead += 1
    behind = 0
    while behind < min(len(one), len(other)) - ahead and one[-1 - behind] == other[-1 - behind]:
        behind += 1
    return ahead + behind


@given(documents(), NEW | st.just(REMOVED), KEYS, st.data())
def test_any_addition_and_removal(
    document: tuple[list[Piece], Any], new: Any, key: str, data: st.DataObject
) -> None:
    pieces, value = document
    content = joined(pieces)
    objects = [path for path in [(), *places(value)] if isinstance(at(value, path), dict)]
    above = data.draw(st.sampled_from(objects))
    meant = copy.deepcopy(value)
    members = at(meant, above)
    if new is REMOVED and members:
        key = data.draw(st.sampled_from(sorted(members)))
    if not members or (new is REMOVED and len(members) == 1):
        assert fault(content, {(*above, key): new}) in {Fault.STYLE, Fault.MISSING}
        return
    if new is not REMOVED and key in members:
        return
    made = edit(content, {(*above, key): new})
    if new is REMOVED:
        del members[key]
        assert common(content, made) == len(made) < len(content)
    else:
        members[key] = new
        assert common(content, made) == len(content) < len(made)
    assert json.dumps(json.loads(made), sort_keys=True) == json.dumps(meant, sort_keys=True)


def at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


@given(
    st.binary(max_size=60) | st.text('{}[]",:\\u0d8 1e.-truefalsn\r\n', max_size=60).map(str.encode)
)
def test_any_bytes_are_read_as_the_library_reads_them_or_refused(content: bytes) -> None:
    try:
        value = read(content).root.value
    except RefusedPinsError:
        return
    assert json.dumps(value) == json.dumps(json.loads(content))
    assert edit(content, {}) == content
