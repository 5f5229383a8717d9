"""The project's own format: what it means, and one fault at a time."""

from pathlib import Path

import pytest
import yaml
from authorizations_samples import ED25519, ED25519_NAME, F1, F1_SPACED, F2, F6, keys, line
from authorizations_samples import native as text

from nixauth.authorizations import native, read, read_all_problems, read_with_places
from nixauth.authorizations.problems import MAX_KEYS
from nixauth.model import Authorizations, FileFormat, HistoryMode, Person, Problem
from nixauth.text_problems import MAX_BYTES, MAX_PROBLEMS, Place

LOADERS = [pytest.param(yaml.SafeLoader, id="python")]
if hasattr(yaml, "CSafeLoader"):
    LOADERS.append(pytest.param(yaml.CSafeLoader, id="libyaml"))


def good(content: bytes) -> Authorizations:
    answer = read(FileFormat.NATIVE, content)
    assert isinstance(answer, Authorizations), answer
    return answer


def test_everything_at_once() -> None:
    content = (
        "# comment\n---\nversion: 1\nhistory: trusted-path   # comment\npeople:\n"
        f"  alice liddell:\n    keys:\n      - {F1_SPACED}   # comment\n      - {ED25519} a b # c\n"
        f"  'forge':\n    service: true\n    keys: [\"{F2.lower()}\", {F6}]\n"
        f'  "bob":\n    service: "false"\n    keys:\n    - {line("ssh-ed25519", bytes(32))}\n...\n'
    ).encode()
    answer = good(content)
    assert answer.history is HistoryMode.TRUSTED_PATH
    assert answer.content == content
    assert [(p.name, p.service, len(p.keys)) for p in answer.people] == [
        ("alice liddell", False, 2),
        ("forge", True, 2),
        ("bob", False, 1),
    ]
    assert answer.people[0].keys == (F1, ED25519_NAME)
    assert answer.people[1].keys == (F2, F6)
    assert set(answer.ssh_keys) == {ED25519_NAME, answer.people[2].keys[0]}
    assert answer.ssh_keys[answer.people[2].keys[0]].endswith(bytes(32))


def test_history_is_every_commit_unless_it_says_otherwise() -> None:
    assert good(text()).history is HistoryMode.EVERY_COMMIT
    assert good(text(head="version: '1'\nhistory: every-commit\n")).people == (
        Person("alice", (F1,)),
    )


@pytest.mark.parametrize("name", ["true", "~", "1e3", "é", "<<", "=", "😀", "a: b", "null", "# x"])
def test_names_are_strings(name: str) -> None:
    assert good(text(f"  '{name}': {{keys: [{F1}]}}\n")).people[0].name == name


def test_digits_are_digits() -> None:
    fingerprint = "1" * 38 + "E1"
    assert good(keys(fingerprint)).people[0].keys == (fingerprint,)


def test_line_ends_of_windows() -> None:
    assert good(text().replace(b"\n", b"\r\n")).people[0].keys == (F1,)


@pytest.mark.parametrize(
    "entry",
    [
        f">-\n        {F1[:20]}\n        {F1[20:]}",
        f'"{F1[:20]}\n        {F1[20:]}"',
        f"|-  # c\n        {F1}",
    ],
)
def test_a_key_over_several_lines(entry: str) -> None:
    assert good(keys(entry)).people[0].keys == (F1,)


def test_the_example() -> None:
    example = Path(__file__).parents[3] / ".authorizations.example"
    answer = good(example.read_bytes())
    assert answer.history is HistoryMode.TRUSTED_PATH
    assert [person.name for person in answer.people if person.service] == ["forge-web-merges"]
    assert set(answer.ssh_keys) == {ED25519_NAME}


def test_places_of_names_and_keys() -> None:
    reading = read_with_places(FileFormat.NATIVE, keys(F1, ED25519))
    assert reading.people == {"alice": Place(3, 3)}
    assert reading.keys == {F1: Place(5, 9), ED25519_NAME: Place(6, 9)}


def person(body: str) -> bytes:
    return text(f"  alice:\n{body}")


A = f"  alice: {{keys: [{F1}]}}\n"
FAULTS = {
    # the text
    "too large": (b"#" * (MAX_BYTES + 1), 1, 1, "1 MiB"),
    "not UTF-8": (b"version: 1\n# \xc3\xa9\xff\n", 2, 4, "not UTF-8"),
    "cut short": (b"version: 1\n# \xc3", 2, 3, "not UTF-8"),
    "UTF-8 surrogate": (b"# \xed\xa0\x80\n", 1, 3, "not UTF-8"),
    "UTF-16": ("version: 1\n".encode("utf-16"), 1, 1, "not UTF-8"),
    "UTF-16 without mark": ("version: 1\n".encode("utf-16-le"), 1, 2, "U+0000"),
    "byte order mark": (b"\xef\xbb\xbf" + text(), 1, 1, "U+FEFF"),
    "NUL": (b"version: 1\0\n", 1, 11, "U+0000"),
    "tab": (b"version:\t1\n", 1, 9, "U+0009"),
    "escape": (b"version: 1\n# \x1b[1m\n", 2, 3, "U+001B"),
    "delete": (b"# \x7f\n", 1, 3, "U+007F"),
    "lone carriage return": (b"# a\r# b\r\n", 1, 4, "U+000D"),
    "next line": ("# \x85\n".encode(), 1, 3, "U+0085"),
    "line separator": ("#\u2028\n".encode(), 1, 2, "U+2028"),
    "paragraph separator": ("#\u2029\n".encode(), 1, 2, "U+2029"),
    "right to left override": ("# ab\u202e\n".encode(), 1, 5, "U+202E"),
    "right to left isolate": ("# \u2067\n".encode(), 1, 3, "U+2067"),
    "arabic letter mark": ("# \u061c\n".encode(), 1, 3, "U+061C"),
    "non-character": ("# \uffff\n".encode(), 1, 3, "U+FFFF"),
    "directive": (b"%YAML 1.1\n---\n" + text(), 1, 1, "directives"),
    "tag directive": (b"# x\n%TAG ! tag:x,2000:\n---\n" + text(), 2, 1, "directives"),
    "unknown directive": (b"%FOO\n---\n" + text(), 1, 1, "directives"),
    # the events
    "empty": (b"", 1, 1, "empty"),
    "only comments": (b"# x\n\n", 1, 1, "empty"),
    "two documents": (text() + b"---\n" + text(), 6, 1, "second document"),
    "anchor": (text(f"  alice: &a {{keys: [{F1}]}}\n"), 3, 10, "anchors"),
    "alias": (text("  alice: *a\n"), 3, 10, "aliases"),
    "anchor on a name": (text(f"  &a alice: {{keys: [{F1}]}}\n"), 3, 3, "anchors"),
    "tag": (text(f"  alice: !!map {{keys: [{F1}]}}\n"), 3, 10, "tags"),
    "local tag": (keys(f"!x {F1}"), 5, 9, "tags"),
    "lone tag": (keys(f"! {F1}"), 5, 9, "tags"),
    "lone tag on a list": (text(f"  alice: {{keys: ! [{F1}]}}\n"), 3, 17, "tags"),
    "syntax": (b"version: 1\npeople: {\n", 3, 1, "not YAML"),
    "tab instead": (b"version: @1\n", 1, 10, "not YAML"),
    "unclosed quote": (b'version: "1\n', 2, 1, "not YAML"),
    "escape to a control character": (text(f'  "a\\x1b": {{keys: [{F1}]}}\n'), 3, 3, "control"),
    "escape to a line break": (text(f'  "a\\n": {{keys: [{F1}]}}\n'), 3, 3, "line break"),
    "literal with a line break": (keys(f"|\n        {F1}"), 5, 9, "line break"),
    "comment at a literal's head": (keys(f"|-#\n        {F1}"), 5, None, None),
    "? in a flow": (text(f"  a?b: {{keys: [{F1}, a?]}}\n"), 3, 58, None),
    "tight colon in a flow": (text(f"  a: {{keys:[{F1}]}}\n"), 3, None, None),
    # the file
    "a list": (b"- version: 1\n", 1, 1, "the file must be a mapping"),
    "a scalar": (b"version\n", 1, 1, "the file must be a mapping"),
    "no version": (b"people:\n" + A.encode(), 1, 1, "lacks the field version"),
    "no people": (b"version: 1\n", 1, 1, "lacks the field people"),
    "another version": (text(head="version: 2\n"), 1, 10, '"2" is not known'),
    "version 1.0": (text(head="version: 1.0\n"), 1, 10, '"1.0" is not known'),
    "version 01": (text(head="version: 01\n"), 1, 10, '"01" is not known'),
    "version empty": (text(head="version:\n"), 1, 9, '"" is not known'),
    "version as list": (text(head="version: [1]\n"), 1, 10, "version must be a single value"),
    "unknown field": (text() + b"owner: [{a: b}, c]\n", 6, 1, '"owner" is not a field of the file'),
    "field twice": (text() + b"version: 1\n", 6, 1, '"version" stands twice'),
    "field is no scalar": (b"[version]: 1\n" + text(), 1, 1, "must be a single value"),
    "merge key": (b"<<: {version: 1}\n" + text(), 1, 1, '"<<" is not a field'),
    "unknown history": (text(head="version: 1\nhistory: none\n"), 2, 10, '"none" is neither'),
    "history as mapping": (text(head="version: 1\nhistory: {a: b}\n"), 2, 10, "single value"),
    "history not in this spelling": (
        text(head="version: 1\nhistory: Every-Commit\n"),
        2,
        10,
        "neither",
    ),
    "people empty": (b"version: 1\npeople: {}\n", 2, 9, "people is empty"),
    "people null": (b"version: 1\npeople:\n", 2, 8, "people must be a mapping"),
    "people a list": (b"version: 1\npeople: [a]\n", 2, 9, "people must be a mapping"),
    # a person
    "no keys": (person("    service: true\n"), 3, 3, '"alice" lacks the field keys'),
    "keys empty": (person("    keys: []\n"), 4, 11, '"alice" has no key'),
    "keys null": (person("    keys:\n"), 4, 10, "keys must be a list"),
    "keys a scalar": (person(f"    keys: {F1}\n"), 4, 11, "keys must be a list"),
    "keys a mapping": (person(f"    keys: {{{F1}: x}}\n"), 4, 11, "keys must be a list"),
    "person null": (text("  alice:\n"), 3, 9, '"alice" must be a mapping'),
    "person a list": (text(f"  alice: [{F1}]\n"), 3, 10, '"alice" must be a mapping'),
    "unknown field of a person": (
        text(f"  a: {{keys: [{F1}], mail: x}}\n"),
        3,
        57,
        '"mail" is not a field of "a"',
    ),
    "person twice": (text(A + A.replace(F1, F2)), 4, 3, '"alice" stands twice in people (line 3)'),
    "name empty": (text(f"  '': {{keys: [{F1}]}}\n"), 3, 3, "name is empty"),
    "name blank": (text(f"  ' ': {{keys: [{F1}]}}\n"), 3, 3, "name is empty"),
    "name too long": (text(f"  {'a' * 201}: {{keys: [{F1}]}}\n"), 3, 3, "200 characters"),
    "service yes": (
        text(f"  a: {{service: yes, keys: [{F1}]}}\n"),
        3,
        16,
        '"yes" is neither true nor false',
    ),
    "service True": (
        text(f"  a: {{service: True, keys: [{F1}]}}\n"),
        3,
        16,
        "neither true nor false",
    ),
    "service null": (
        text(f"  a: {{service: , keys: [{F1}]}}\n"),
        3,
        None,
        "neither true nor false",
    ),
    "service list": (text(f"  a: {{service: [true], keys: [{F1}]}}\n"), 3, 16, "single value"),
    # a key
    "key twice": (keys(F1, F1_SPACED.lower()), 6, 9, "listed already, in line 5"),
    "key under two names": (
        text(A + f"  bob:\n    keys: [{F1}]\n"),
        5,
        12,
        'listed already, for "alice" in line 3',
    ),
    "SSH key twice": (keys(ED25519, f"{ED25519} other"), 6, 9, "listed already"),
    "key id": (keys("090B11993D9AEBB5"), 5, 9, "key ids"),
    "short key id": (keys("3D9AEBB5"), 5, 9, "this has 8"),
    "39 digits": (keys(F1[1:]), 5, 9, "this has 39"),
    "41 digits": (keys(F1 + "0"), 5, 9, "this has 41"),
    "0x": (keys("0x" + F1), 5, 9, "not a key"),
    "empty key": (keys("''"), 5, 9, "not a key"),
    "blank key": (keys("'  '"), 5, 9, "not a key"),
    "words": (keys("alice@example.org"), 5, 9, 'not a key: "alice@example.org"'),
    "key as a list": (keys(f"[{F1}]"), 5, 9, "a key must be a single value"),
    "key as a mapping": (keys(f"openpgp: {F1}"), 5, 9, "a key must be a single value"),
    "SSH key with options": (keys(f"no-pty {ED25519}"), 5, 9, "options"),
    "SSH certificate": (keys("ssh-ed25519-cert-v01@openssh.com AAAA"), 5, 9, "certificates"),
    "fullwidth digits": (keys("\uff11" * 40), 5, 9, "not a key"),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault(fault: str, loader: type) -> None:
    content, line, column, message = FAULTS[fault]
    reading = native.read(content, loader)
    assert reading.authorizations is None
    first = reading.problems[0]
    assert "\n" not in first.message
    assert first.line == line, first
    assert column in {first.column, None}, first
    assert message is None or message in first.message, first


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("content", "line", "column"),
    [(keys("[[a]]"), 5, 10), (text(head="version: [[[[[1]]]]]\n"), 1, 14), (b"[" * 900, 1, 6)],
)
def test_too_deep(content: bytes, line: int, column: int, loader: type) -> None:
    last = native.read(content, loader).problems[-1]
    assert last == Problem(line, column, "nested more than 5 deep")


@pytest.mark.parametrize("loader", LOADERS)
def test_much_too_deep(loader: type) -> None:
    """Newer versions of libyaml have a limit of their own, and reach it looking ahead."""
    reading = native.read(b"[" * 10_000, loader)
    assert reading.authorizations is None
    assert reading.problems[-1].line == 1


def test_what_the_parsers_do_not_agree_on_is_refused_by_both() -> None:
    messages = {
        loader.values[0]: [
            native.read(FAULTS[fault][0], loader.values[0]).problems[-1].message
            for fault in ("comment at a literal's head", "? in a flow", "tight colon in a flow")
        ]
        for loader in LOADERS
    }
    said = {message for several in messages.values() for message in several}
    assert "a blank must follow the colon" in said
    if len(LOADERS) == 2:
        assert "only blanks may follow | or >" in said
        assert "in [ ] or { } a value with ? must be quoted" in said


def test_the_first_problem_is_the_first_in_the_file() -> None:
    content = b"history: x\npeople: {a: {keys: [1]}}\nversion: 2\nfoo: 1\n"
    _, problems = read_all_problems(FileFormat.NATIVE, content)
    assert [(p.line, p.column) for p in problems] == [(1, 10), (2, 21), (3, 10), (4, 1)]
    assert read(FileFormat.NATIVE, content) == problems[0]


def test_problems_before_a_syntax_error_are_told() -> None:
    _, problems = read_all_problems(FileFormat.NATIVE, b"version: 2\npeople: {a: &x 1}\n")
    assert [p.line for p in problems] == [1, 2]


def test_every_forbidden_character_is_told() -> None:
    _, problems = read_all_problems(FileFormat.NATIVE, b"# \x00\n# \x01\t\n")
    assert [(p.line, p.column) for p in problems] == [(1, 3), (2, 3), (2, 4)]


def test_there_is_an_end_to_telling() -> None:
    _, problems = read_all_problems(FileFormat.NATIVE, keys(*("x" for _ in range(1000))))
    assert len(problems) == MAX_PROBLEMS


def many(count: int) -> bytes:
    return text("  a:\n    keys:\n" + "".join(f"    - {n:040d}\n" for n in range(count)))


def test_as_many_keys_as_are_allowed() -> None:
    assert len(good(many(MAX_KEYS)).holders) == MAX_KEYS


def test_too_many_keys() -> None:
    answer = read(FileFormat.NATIVE, many(MAX_KEYS + 1))
    assert answer == Problem(MAX_KEYS + 5, 7, "more than 10000 keys")


@pytest.mark.parametrize("loader", LOADERS)
def test_errors_of_the_parser_without_a_place(loader: type) -> None:
    class Broken(loader):  # type: ignore[misc]
        def get_event(self) -> object:
            raise yaml.YAMLError

    reading = native.read(b"a", Broken)
    assert reading.problems == (Problem(1, 1, "not YAML: it cannot be read"),)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("escape", ["\\U00110000", "\\ud800", "\\UFFFFFFFF", "\\0", "\\N", "\\L"])
def test_escapes_of_what_may_not_stand_in_a_name(escape: str, loader: type) -> None:
    content = text(f'  "a{escape}": {{keys: [{F1}]}}\n')
    assert native.read(content, loader).authorizations is None


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("spaces", range(1015, 1030))
def test_both_parsers_agree_on_the_longest_simple_key(spaces: int, loader: type) -> None:
    content = text(f"  a{' ' * spaces}: {{keys: [{F1}]}}\n")
    expected = native.read(content, LOADERS[0].values[0]).authorizations
    assert native.read(content, loader).authorizations == expected
