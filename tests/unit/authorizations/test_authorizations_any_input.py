"""Whatever the bytes are, reading ends with an answer, and both YAML parsers give the same."""

import random
import time

import pytest
import yaml
from authorizations_samples import ED25519, F1, F1_SPACED, F2, guix
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nixauth.authorizations import native, read, read_all_problems, sniff
from nixauth.authorizations.problems import Reading
from nixauth.lint import lint
from nixauth.model import Authorizations, FileFormat, Problem
from nixauth.text_problems import MAX_BYTES, fits_one_line

SEEDS = [
    f"version: 1\nhistory: trusted-path # c\npeople:\n  a:\n    keys:\n      - {F1_SPACED}   # x\n",
    f"version: 1\npeople:\n  f:\n    service: true\n    keys:\n    - {F2}\n    - {ED25519} a@b\n",
    f"{{version: \"1\", people: {{a: {{keys: [{F1_SPACED}, '{F2}'], service: false}}}}}}\n",
    f"---\n? version\n: '1'\n? people\n: \"b\\x41\":\n    keys: [{F2}]\n...\n",
    f"version: 1\r\npeople:\r\n  a:\r\n   keys:\r\n   - >-\r\n      {F1}\r\n    - |-\r\n      {F2}",
    f'{{? version : "1", ?people: {{? a: {{keys: [ {F1} , {F2}], ? service : false}}}}}}\n',
    f'people: {{"a":{{"keys":["{F1}"]}}, b: {{\n keys:\n [{F2}]}}}}\nversion: "1"\n',
    guix().decode(),
    f';x\n(authorizations #;y (version 0)\n (("{F2}" (name "a\\x41")) #|z|# ("{F1}"))) ; end\n',
]
PIECES = [
    *"-?:,[]{}#&*!|>'\"%@`~\\\n\t\r 01a(;.",
    *["- ", "? ", ": ", " #", "---", "...", "\n---\n", "|-\n", ">+\n", "!!str ", "! ", "&a ", "*a"],
    *["\\x41", "\\U00110000", "\\ud800", "\\\n", "''", '""', "é", "\xa0", "\u3000", "\u2028", "😀"],
    *[
        "true",
        "null",
        "    ",
        "\n  ",
        "[]",
        "{}",
        "::",
        "?a",
        "-a",
        ":a",
        "]:",
        '":',
        "#|",
        "|#",
        "#;",
    ],
]


def mutated(seed: int) -> str:
    choose = random.Random(seed)
    text = choose.choice(SEEDS)
    for _ in range(choose.choice((1, 1, 2, 4))):
        at = choose.randrange(len(text) + 1)
        end = at + choose.choice((0, 0, 1, 2, 12))
        again = text[at : at + 20] if choose.random() < 0.2 else ""
        text = text[:at] + choose.choice(PIECES) + again + text[end:]
    return text


def check(content: bytes) -> None:
    for kind in FileFormat:
        authorizations, problems = read_all_problems(kind, content)
        assert (authorizations is None) == bool(problems)
        answer = read(kind, content)
        assert answer == (problems[0] if problems else authorizations)
        assert isinstance(answer, Authorizations | Problem)
        assert all(p.line >= 1 and p.column >= 1 and fits_one_line(p.message) for p in problems)
        if authorizations is not None:
            assert all(person.keys for person in authorizations.people)
        lint(kind, content, lambda _: False)
    sniff(content)


@given(st.binary(max_size=200))
@example(b"\xff\xfe\0")
@settings(max_examples=300, deadline=None)
def test_any_bytes(content: bytes) -> None:
    check(content)


@given(st.integers(min_value=0))
@settings(max_examples=600, deadline=None)
def test_any_mutation(seed: int) -> None:
    check(mutated(seed).encode())


def verdict(reading: Reading) -> object:
    return reading.authorizations and (reading.authorizations, reading.keys, reading.people)


@pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="PyYAML is built without libyaml")
@given(st.integers(min_value=0))
@settings(max_examples=1500, deadline=None)
def test_both_parsers_give_the_same_verdict(seed: int) -> None:
    content = mutated(seed).encode()
    assert verdict(native.read(content, yaml.CSafeLoader)) == verdict(
        native.read(content, yaml.SafeLoader)
    )


REPEATED = [
    *["[", "{", "(", "- ", "? ", "a: ", "a:\n", "a:\n ", "[],", "&a ", "*a,", "!", '"', "'", "|\n"],
    *[
        "%",
        "#|",
        "#;",
        ";\n",
        "\n",
        "x ",
        "x,",
        "a?",
        "\\",
        '"\\',
        "() ",
        "\u202e",
        "\0",
        "\r",
        "---\n",
    ],
]


def seconds(content: bytes, loader: type) -> float:
    started = time.perf_counter()
    native.read(content, loader)
    read(FileFormat.GUIX, content)
    sniff(content)
    return time.perf_counter() - started


@pytest.mark.parametrize("loader", [yaml.SafeLoader, native.DEFAULT_LOADER])
@pytest.mark.parametrize("piece", REPEATED)
def test_four_times_as_much_takes_about_four_times_as_long(piece: str, loader: type) -> None:
    for head in ("", "version: [[", "(a "):
        content = (head + piece * 64_000).encode()[:64_000]
        expected = seconds(content[:16_000], loader) * 4
        assert seconds(content, loader) < 3 * expected + 0.5


@pytest.mark.parametrize("piece", ["[", "- ", "[],", "(", '"', "#|", "&a ", "\n", "x "])
def test_a_mebibyte_of_anything(piece: str) -> None:
    content = (piece * MAX_BYTES).encode()[:MAX_BYTES]
    assert isinstance(native.read(content).problems[0], Problem)
    assert isinstance(read(FileFormat.GUIX, content), Problem)
