"""Guix's format: what it means, and one fault at a time."""

import pytest
from authorizations_samples import F1, F1_SPACED, F2, F6, guix

from nixauth.authorizations import read, read_all_problems, read_with_places, sniff
from nixauth.authorizations.guix import MAX_DEPTH, _Places
from nixauth.authorizations.problems import MAX_KEYS
from nixauth.model import Authorizations, FileFormat, HistoryMode, Person, Problem
from nixauth.text_problems import MAX_BYTES, MAX_PROBLEMS, Place


def good(content: bytes) -> Authorizations:
    answer = read(FileFormat.GUIX, content)
    assert isinstance(answer, Authorizations), answer
    return answer


def test_a_file_as_guix_writes_it() -> None:
    content = (
        ";; This file, which is best viewed as -*- Scheme -*-, lists keys.\n\n"
        "(authorizations\n (version 0)   ;current\n\n"
        f' (("{F1_SPACED}"\n   (name "alice"))\n'
        f'  (;; primary: "{F6}"\n   "{F2}" ;FIXME\n   (name "bob (2nd)"))))\n'
    ).encode()
    answer = good(content)
    assert answer.history is HistoryMode.EVERY_COMMIT
    assert answer.content == content
    assert answer.people == (Person("alice", (F1,)), Person("bob (2nd)", (F2,)))
    assert not answer.ssh_keys


@pytest.mark.parametrize(
    "content",
    [
        guix().replace(b"\n", b"\r\n"),
        guix().replace(b"\n", b"\t\f"),
        b'#| a #| nested ( |# " |#' + guix(),
        b"#;(a b) #;#;a b" + guix() + b" #| end |# #;x ; end",
        guix().replace(b"(version 0)", b"(version +00)"),
        guix().replace(b"(version 0)", b"(version 0) ;x\xff\0\n"),
        b'(authorizations (version 0) (("'
        + F1.encode()
        + b'" (name "alice"))) (more "\\x41" -> 1) z)',
        guix(f'("{F1}" foo (name bar) ... 12 () (name "alice" x) (name "alice") (name "b"))'),
        guix(f'("{F1}" (name "al\\\n\\x69ce"))'),
        guix(f'("{F1[:20]}\n\t {F1[20:].lower()}" (name "alice"))'),
        guix(f'("\\x33\\u0043\\U000045{F1[3:]}" (name "alice"))'),
    ],
)
def test_spellings_of_the_same(content: bytes) -> None:
    assert good(content).people == (Person("alice", (F1,)),)


def test_one_name_is_one_person() -> None:
    answer = good(guix(f'("{F1}" (name "a")) ("{F6}") ("{F2}" (name "a"))'))
    assert answer.people == (Person("a", (F1, F2)), Person(F6, (F6,)))


def test_a_key_that_comes_again_counts_once() -> None:
    content = guix(f'("{F1}" (name "a"))\n("{F2}" (name "b"))\n("{F1_SPACED}" (name "b"))')
    assert good(content).people == (Person("a", (F1,)), Person("b", (F2,)))
    reading = read_with_places(FileFormat.GUIX, content)
    assert reading.remarks == (Problem(5, 2, "this key is listed already, in line 3"),)


@pytest.mark.parametrize("name", ["", " ", "a\\nb", "a\\x1b", "x" * 201, "\u202e", "\\0"])
def test_a_name_that_cannot_be_shown_refuses_nothing(name: str) -> None:
    content = guix(f'("{F1}" (name "{name}"))')
    assert good(content).people == (Person(F1, (F1,)),)
    assert (
        "fingerprint stands for it" in read_with_places(FileFormat.GUIX, content).remarks[0].message
    )


def test_a_name_that_is_not_utf_8() -> None:
    assert good(guix(f'("{F1}" (name "X"))').replace(b"X", b"\xff")).people[0].name == "\ufffd"


@pytest.mark.parametrize(
    ("escape", "meaning"),
    [("\\\\", "\\"), ('\\"', '"'), ("\\|", "|"), ("\\(", "("), ("\\xe9", "é"), ("\\U01F600", "😀")],
)
def test_escapes(escape: str, meaning: str) -> None:
    assert good(guix(f'("{F1}" (name "{escape}"))')).people[0].name == meaning


def test_places() -> None:
    reading = read_with_places(FileFormat.GUIX, guix(f'("{F1}" (name "é")) ("{F2}" (name "é"))'))
    assert reading.people == {"é": Place(3, 4)}
    assert reading.keys == {F1: Place(3, 4), F2: Place(3, 60)}


def test_places_in_any_order() -> None:
    places = _Places("é (\nx\n\n ü)".encode())
    assert [places.of(at) for at in (4, 5, 7, 11, 5, 0)] == [
        *[(1, 4), (2, 1), (3, 1), (4, 3), (2, 1), (1, 1)],
    ]


DEEP = MAX_DEPTH + 1
FAULTS = {
    # notation
    "too large": (b" " * (MAX_BYTES + 1), 1, 1, "1 MiB"),
    "empty": (b"", 1, 1, "empty"),
    "only comments": (b"; x\n#| y |##;z", 1, 1, "empty"),
    "not closed": (b"\n (authorizations (version 0)\n  (a)", 2, 2, "not closed"),
    "closed twice": (b"(a))", 1, 4, "not opened"),
    "string not closed": (b'(a "b\n', 1, 4, "string is not closed"),
    "string ends in a backslash": (b'(a "b\\"', 1, 4, "string is not closed"),
    "comment not closed": (b"#| a #| |#\n", 1, 1, "comment is not closed"),
    "nothing to drop": (b"(a #;)", 1, 6, "leave out"),
    "nothing to drop at the end": (guix() + b"#;", 4, 3, "leave out"),
    "unknown escape": (guix(f'("{F1}" "ab\\q")'), 3, 50, "no such escape"),
    "short escape": (guix(f'("{F1}" "\\x4")'), 3, 48, "no such escape"),
    "surrogate": (guix(f'("{F1}" "\\ud800")'), 3, 48, "no such escape"),
    "beyond Unicode": (guix(f'("{F1}" "\\U110000")'), 3, 48, "no such escape"),
    "quote": (b"'(a)", 1, 1, "begins nothing"),
    "quasiquote": (b"(a `b)", 1, 4, "begins nothing"),
    "vector": (b"(a #(1))", 1, 4, "begins nothing"),
    "boolean": (b"(a #t)", 1, 4, "begins nothing"),
    "keyword": (b"(a #:b)", 1, 4, "begins nothing"),
    "reader extension": (b"(a #.(b))", 1, 4, "begins nothing"),
    "shebang": (b"#!fold-case\n(a)", 1, 1, "begins nothing"),
    "square brackets": (b"[a]", 1, 1, "begins nothing"),
    "symbol with a quote": (b"(a'b)", 1, 2, "begins nothing"),
    "symbol with bars": (b"(a |b|)", 1, 4, "begins nothing"),
    "dotted pair": (b"(a . b)", 1, 4, "dotted"),
    "NUL": (b"(a \0)", 1, 4, "begins nothing"),
    "vertical tab": (b"(a\v)", 1, 2, "begins nothing"),
    "not ASCII": (b"(a \xc3\xa9)", 1, 4, "0xc3"),
    "byte order mark": (b"\xef\xbb\xbf" + guix(), 1, 1, "0xef"),
    "UTF-16": ("(a)".encode("utf-16-le"), 1, 2, "begins nothing"),
    "too deep": (b"(" * DEEP, 1, DEEP, "more than 100 deep"),
    "something behind": (guix() + b"(x)\n", 4, 1, "something follows"),
    "an atom behind": (guix() + b"; x\n x", 5, 2, "something follows"),
    # meaning
    "an atom": (b"authorizations", 1, 1, "begins with authorizations"),
    "an empty list": (b" ()", 1, 2, "begins with authorizations"),
    "a channel": (b"(channel (version 0))", 1, 1, "begins with authorizations"),
    "a string": (b'("authorizations" (version 0) ())', 1, 1, "begins with authorizations"),
    "nothing in it": (b"(authorizations)", 1, 1, "needs a version"),
    "no keys": (b"(authorizations (version 0))", 1, 1, "needs a version"),
    "version 1": (guix().replace(b"0)", b"1)"), 2, 2, "only version 0"),
    "version 0.0": (guix().replace(b"0)", b"0.0)"), 2, 2, "only version 0"),
    "version string": (guix().replace(b"0)", b'"0")'), 2, 2, "only version 0"),
    "version twice": (guix().replace(b"0)", b"0 0)"), 2, 2, "only version 0"),
    "huge version": (guix().replace(b"0)", b"1" * 9999 + b")"), 2, 2, "only version 0"),
    "another word": (guix().replace(b"version", b"Version"), 2, 2, "(version 0) is needed"),
    "version no list": (guix().replace(b"(version 0)", b"0"), 2, 2, "(version 0) is needed"),
    "keys no list": (b"(authorizations (version 0) x)", 1, 29, "no list"),
    "keys empty": (guix(""), 3, 2, "is empty"),
    "entry no list": (guix(f'"{F1}"'), 3, 3, "begins with a fingerprint"),
    "entry empty": (guix("()"), 3, 3, "begins with a fingerprint"),
    "entry symbol": (guix(f"({F1})"), 3, 3, "begins with a fingerprint"),
    "key id": (guix('("090B11993D9AEBB5")'), 3, 4, "key ids"),
    "41 digits": (guix(f'("{F1}0")'), 3, 4, "this has 41"),
    "no digits": (guix('("alice")'), 3, 4, "not a fingerprint"),
    "empty fingerprint": (guix('("")'), 3, 4, "not a fingerprint"),
    "fingerprint not UTF-8": (guix('("X")').replace(b"X", b"\xff"), 3, 4, "not a fingerprint"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault(fault: str) -> None:
    content, line, column, message = FAULTS[fault]
    answer = read(FileFormat.GUIX, content)
    assert isinstance(answer, Problem)
    assert (answer.line, answer.column) == (line, column), answer
    assert message in answer.message


def test_all_problems_of_the_meaning() -> None:
    content = guix(f'("a")\n ("{F1}")\n x').replace(b"0)", b"1)")
    authorizations, problems = read_all_problems(FileFormat.GUIX, content)
    assert authorizations is None
    assert [p.line for p in problems] == [2, 3, 5]


def test_as_many_keys_as_are_allowed() -> None:
    entries = " ".join(f'("{n:040d}")' for n in range(MAX_KEYS))
    assert len(good(guix(entries)).holders) == MAX_KEYS


def test_too_many_keys() -> None:
    answer = read(FileFormat.GUIX, guix("\n".join(f'("{n:040d}")' for n in range(MAX_KEYS + 1))))
    assert answer == Problem(3 + MAX_KEYS, 1, "more than 10000 keys")


def test_there_is_an_end_to_telling() -> None:
    _, problems = read_all_problems(FileFormat.GUIX, guix("() " * 1000))
    assert len(problems) == MAX_PROBLEMS


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (guix(), FileFormat.GUIX),
        (b" \t\r\n\f; x\n;\n (", FileFormat.GUIX),
        (b"", FileFormat.NATIVE),
        (b"; (", FileFormat.NATIVE),
        (b"version: 1 # (\n", FileFormat.NATIVE),
        (b"# (\n(\n", FileFormat.NATIVE),
        (b"\xef\xbb\xbf(", FileFormat.NATIVE),
        (b";" * 1_000_000, FileFormat.NATIVE),
        (b" ;\n" * 300_000, FileFormat.NATIVE),
    ],
)
def test_sniff(content: bytes, expected: FileFormat) -> None:
    assert sniff(content) is expected
