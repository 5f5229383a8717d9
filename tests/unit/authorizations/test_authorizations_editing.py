"""Edits change exactly what was meant, and leave every other byte."""

from __future__ import annotations

import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nixauth import yaml_layout
from nixauth.authorizations import editing, native
from nixauth.model import Authorizations, Fingerprint, Person, Problem
from tests.unit.authorizations.authorizations_samples import (
    ED25519,
    ED25519_NAME,
    F1,
    F1_SPACED,
    F2,
)
from tests.unit.authorizations.authorizations_samples import native as listing

F3 = "B" * 40


def keys_of(content: bytes) -> dict[str, tuple[str, ...]]:
    found = native.read(content).authorizations
    assert found is not None, native.read(content).problems
    return {person.name: person.keys for person in found.people}


def edited(made: bytes | Problem) -> bytes:
    assert isinstance(made, bytes), made
    return made


BUSY = f"""\
# who may sign
version: 1   # of the format

people:   # in the order in which they came
  alice:   # founder
    # two keys
    keys:
      - {F1_SPACED}   # desk

      # in the safe
      - >-
        {F2[:20]}
        {F2[20:]}

  # the machine
  "forge: web":
      service: "true"
      keys:
      -   '{ED25519} it''s # the forge'

# how
history: trusted-path
""".encode()


def test_a_key_more() -> None:
    made = edited(editing.add(BUSY, "alice", [F3]))
    added = f"      - {F3}\n".encode()
    assert made == BUSY.replace(b"\n\n  # the machine", b"\n" + added + b"\n  # the machine")
    assert editing.remove_keys(made, "alice", [Fingerprint(F3)]) == BUSY


def test_a_key_more_copies_how_the_last_one_is_set_in() -> None:
    made = edited(editing.add(BUSY, "forge: web", [F3]))
    assert f"forge'\n      -   {F3}\n\n# how".encode() in made


def test_somebody_new_stands_behind_the_last() -> None:
    made = edited(editing.add(BUSY, "bob", [F3, "A" * 64]))
    lines = f"  bob:\n      keys:\n      - {F3}\n      - {'A' * 64}\n"
    assert made == BUSY.replace(b"forge'\n", b"forge'\n" + lines.encode())
    assert editing.remove_person(made, "bob") == BUSY


def test_a_service() -> None:
    made = edited(editing.add(listing(), "robot", [ED25519], service=True))
    found = native.read(made).authorizations
    assert found is not None
    assert found.people[1] == Person("robot", (Fingerprint(ED25519_NAME),), service=True)
    assert edited(editing.add(made, "robot", [F3], service=True)).startswith(made)
    refused = editing.add(made, "alice", [F3], service=True)
    assert isinstance(refused, Problem)
    assert (refused.line, refused.column) == (3, 3)
    assert "is no service" in refused.message


def test_comments_on_the_removed_lines_go_and_others_stay() -> None:
    made = edited(editing.remove_person(BUSY, "alice"))
    head, _, rest = BUSY.partition(b"  alice:")
    tail = rest[rest.index(b"\n  # the machine") :]
    assert made == head + b"    # two keys\n\n      # in the safe\n" + tail
    made = edited(editing.remove_keys(BUSY, "alice", [Fingerprint(F1)]))
    assert made == BUSY.replace(f"      - {F1_SPACED}   # desk\n".encode(), b"")
    made = edited(editing.remove_keys(BUSY, "alice", [Fingerprint(F2)]))
    assert made == BUSY.replace(f"      - >-\n        {F2[:20]}\n        {F2[20:]}\n".encode(), b"")


def test_windows_line_ends_and_no_last_one() -> None:
    for content in (BUSY.replace(b"\n", b"\r\n"), BUSY.rstrip(b"\n"), listing().rstrip(b"\n")):
        made = edited(editing.add(content, "bob", [F3]))
        assert editing.remove_person(made, "bob") == content
        assert made.replace(b"\r\n", b"").count(b"\r") == 0
        assert made.count(b"\r\n") in {0, made.count(b"\n")}
        assert made.endswith(b"\n") is content.endswith(b"\n")
        more = edited(editing.add(content, "alice", [F3]))
        assert editing.remove_keys(more, "alice", [Fingerprint(F3)]) == content


def test_the_document_may_be_marked() -> None:
    content = b"---\n" + listing() + b"...\n"
    made = edited(editing.add(content, "bob", [F3]))
    assert made.endswith(f"      - {F3}\n...\n".encode())


# --- brackets ---


@pytest.mark.parametrize("more", [[F3], [F3, "A" * 64], [f"{ED25519} a, [b] {{c}} ?"]])
def test_keys_in_brackets(more: list[str]) -> None:
    content = f"version: 1\npeople:\n  alice:\n    keys: [{F1}, '{F2}']  # both\n".encode()
    made = edited(editing.add(content, "alice", more))
    assert made.startswith(content[: content.index(b"]")] + b", ")
    assert made.endswith(b"]  # both\n")
    assert editing.remove_keys(made, "alice", keys_of(made)["alice"][2:]) == content  # type: ignore[arg-type]
    assert editing.remove_keys(content, "alice", [Fingerprint(F1)]) == content.replace(
        f"{F1}, ".encode(), b""
    )


def test_the_first_keys_in_brackets_go() -> None:
    content = f"version: 1\npeople: {{alice: {{keys: [{F1}, {F2}, {F3}]}}}}".encode()
    made = editing.remove_keys(content, "alice", [Fingerprint(F1), Fingerprint(F2)])
    assert made == f"version: 1\npeople: {{alice: {{keys: [{F3}]}}}}".encode()


def test_a_person_in_braces() -> None:
    content = listing(f"  alice: {{keys: [{F1}]}}  # a\n  bob: {{keys: [{F2}]}}\n")
    assert editing.remove_person(content, "alice") == listing(f"  bob: {{keys: [{F2}]}}\n")
    made = edited(editing.add(content, "carol", [F3]))
    assert made == content + f"  carol:\n    keys:\n      - {F3}\n".encode()


@pytest.mark.parametrize(
    "content",
    [
        f"version: 1\npeople: {{alice: {{keys: [{F1}]}}, bob: {{keys: [{F2}]}}}}\n",
        f"{{version: 1, people: {{alice: {{keys: [{F1}]}}, bob: {{keys: [{F2}]}}}}}}\n",
    ],
)
def test_people_in_braces_are_refused_with_the_place(content: str) -> None:
    for refused in (
        editing.add(content.encode(), "carol", [F3]),
        editing.remove_person(content.encode(), "bob"),
    ):
        assert isinstance(refused, Problem)
        assert content.splitlines()[refused.line - 1][refused.column - 1 :].startswith("{alice")
        assert "braces" in refused.message


def test_brackets_over_several_lines_are_refused() -> None:
    content = listing(f"  alice:\n    keys: [{F1},  # one\n      {F2}]\n")
    refused = editing.remove_keys(content, "alice", [Fingerprint(F1)])
    assert isinstance(refused, Problem)
    assert (refused.line, refused.column) == (4, 11)


# --- what is odd, and well-formed ---


@pytest.mark.parametrize(
    "people",
    [
        f"  ? alice\n  : keys:\n      - {F1}\n      - {F2}\n",
        f"  alice:\n    keys:\n      -\n        {F1}\n      - # here\n        {F2}\n",
        f"  alice:\n    keys:\n    - {F1}\n    - {F2}\n",
        f"  alice:\n    keys:\n    - {F1[:20]}\n      {F1[20:]}\n    - |-\n      {F2}\n\n\n",
        f"  alice:\n    keys:\n      - {F1}\n      - {F2}\n# F3\n    service: false\n",
        f"  alice:\n    keys:\n      - {F1}\n      # - {F3}\n      - {F2}\n      # - {F3}\n",
        f'  "ali\\x63e":\n    "keys":\n      - "{F1[:20]}\\\n        {F1[20:]}"\n      - {F2}\n',
    ],
)
def test_odd_forms_are_edited_or_refused(people: str) -> None:
    content = listing(people)
    before = keys_of(content)
    for made, meant in (
        (editing.add(content, "alice", [F3]), {"alice": (F1, F2, F3)}),
        (editing.add(content, "bob", [F3]), {"alice": (F1, F2), "bob": (F3,)}),
        (editing.remove_keys(content, "alice", [Fingerprint(F1)]), {"alice": (F2,)}),
        (editing.remove_keys(content, "alice", [Fingerprint(F2)]), {"alice": (F1,)}),
    ):
        if isinstance(made, bytes):
            assert keys_of(made) == meant
            assert made.count(b"#") >= content.count(b"#") - made.count(b"# here")
        else:
            assert editing.BY_HAND in made.message
    assert before == {"alice": (F1, F2)}


@pytest.mark.parametrize("mark", ["? ", "?\n   "])
def test_question_marks_go_with_the_person_or_refuse(mark: str) -> None:
    first = f"  {mark}alice\n  : keys:\n      -\n        {F1}\n"
    second = f"  bob:\n    keys:\n      - {F2}\n"
    made = editing.remove_person(listing(first + second), "alice")
    if mark == "? ":
        assert made == listing(second)
    else:
        assert isinstance(made, Problem)
        assert editing.BY_HAND in made.message


def test_keys_below_their_dash_are_refused_with_the_place() -> None:
    content = listing(f"  alice:\n    keys:\n      -\n        {F1}\n      - {F2}\n")
    refused = editing.remove_keys(content, "alice", [Fingerprint(F1)])
    assert isinstance(refused, Problem)
    assert (refused.line, refused.column) == (6, 9)
    assert "behind a dash" in refused.message


def test_a_comment_that_would_become_a_key_is_refused() -> None:
    """Left alone behind a folded value it would be read as part of that."""
    content = listing(
        f"  alice:\n    keys:\n      - >-\n         {F1}\n  bob:\n    keys:\n"
        f"         # spare\n      - {F2}\n"
    )
    refused = editing.remove_person(content, "bob")
    assert isinstance(refused, Problem)
    assert "would break" in refused.message


@pytest.mark.parametrize("name", ["a: b", "#x", " x ", "true", "'", '"', "é", "-", "? x", "[", "1"])
def test_names_that_need_quotes(name: str) -> None:
    made = edited(editing.add(listing(), name, [F3]))
    assert keys_of(made) == {"alice": (F1,), name: (F3,)}
    assert yaml.safe_load(made)["people"][name] if name != "1" else True
    assert editing.remove_person(made, name) == listing()


@pytest.mark.parametrize(
    ("name", "keys", "word"),
    [
        ("", [F3], "empty"),
        ("x\ny", [F3], "line break"),
        ("x" * 201, [F3], "200"),
        ("\udce9", [F3], "control"),
        ("alice", [F1], "is listed already, for"),
        ("bob", [F1.lower()], "listed already, for"),
        ("bob", [F3, F3], "twice"),
        ("bob", [], "no key"),
        ("bob", ["ssh-dss AAAA"], "too weak"),
        ("bob", [F3[:16]], "key ids"),
        ("bob", [f"{ED25519} a\nb"], "break"),
    ],
)
def test_what_cannot_be_added(name: str, keys: list[str], word: str) -> None:
    refused = editing.add(listing(), name, keys)
    assert isinstance(refused, Problem)
    assert word in refused.message


def test_what_cannot_be_removed() -> None:
    both = listing(f"  alice:\n    keys: [{F1}]\n  bob:\n    keys:\n      - {F2}\n")
    for refused, word in (
        (editing.remove_person(both, "carol"), "nobody is called"),
        (editing.remove_person(listing(), "alice"), "the only one"),
        (editing.remove_keys(both, "alice", [Fingerprint(F1)]), "name the person alone"),
        (editing.remove_keys(both, "alice", [Fingerprint(F2)]), 'it is "bob"'),
        (editing.remove_keys(both, "carol", [Fingerprint(F2)]), "nobody is called"),
        (editing.remove_keys(both, "alice", [Fingerprint(F3)]), "has no key"),
    ):
        assert isinstance(refused, Problem)
        assert word in refused.message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf" + listing(),
        listing().replace(b"  alice", b"\talice"),
        listing() + b"---\n" + listing(),
        listing().replace(b"alice:", b"alice: &a"),
        listing(f"  alice: &a\n    keys: [{F1}]\n  bob: *a\n"),
        listing().replace(b"version: 1", b"version: 2"),
        b"\xff",
    ],
)
def test_malformed_files_are_left_alone(content: bytes) -> None:
    first = native.read(content).problems[0]
    assert editing.add(content, "bob", [F3]) == first
    assert editing.remove_person(content, "alice") == first
    assert editing.remove_keys(content, "alice", [Fingerprint(F1)]) == first


def test_what_does_not_read_back_as_meant_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the places wrong, nothing would come of it."""
    honest = yaml_layout.lay_out

    def shifted(text: str) -> yaml_layout.Node:
        root = honest(text)
        people = root.value("people")
        assert people is not None
        people.children[1], people.children[3] = people.children[3], people.children[1]
        return root

    both = listing(f"  alice:\n    keys:\n      - {F1}\n  bob:\n    keys:\n      - {F2}\n")
    monkeypatch.setattr(editing, "lay_out", shifted)
    for refused in (editing.add(both, "alice", [F3]), editing.remove_person(both, "bob")):
        assert isinstance(refused, Problem)
        assert editing.BY_HAND in refused.message


def test_large_files_take_no_more_than_linear_work() -> None:
    people = "".join(f"  p{n}:\n    keys:\n      - {n:040x}\n" for n in range(1, 5000))
    made = edited(editing.add(listing(people), "bob", [F3]))
    assert editing.remove_person(made, "bob") == listing(people)


# --- any file ---

NAMES = st.one_of(
    st.sampled_from(["alice", "bob", "a: b", "#", "it's", "true", '"', "é x", "- -", "{}"]),
    st.text(string.ascii_letters + " :#'\"-?[]{},&*!|>%@`.é", min_size=1, max_size=12),
).filter(lambda name: bool(name.strip()))
COMMENTS = st.sampled_from(["", "", "  # note", " # a: b", "   # - key"])
FILLING = st.lists(st.sampled_from(["", "# alone", "      # set in", "   ", "#"]), max_size=2)


def quoted_in(name: str, style: str) -> str:
    if style == '"':
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    doubled = name.replace("'", "''")
    return f"'{doubled}'"


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A well-formed file: any indentation, comments anywhere, brackets here and there."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    number = iter(range(1, 100))
    outer, more, deep = (draw(st.integers(1, 5)) for _ in range(3))
    lines: list[str] = []

    def put(text: str) -> None:
        lines.extend(draw(FILLING))
        lines.append(text + draw(COMMENTS))

    def head() -> None:
        put("version: 1")

    first = draw(st.booleans())
    if first:
        head()
    put("people:")
    for name in names:
        inner = outer + more
        put(" " * outer + quoted_in(name, draw(st.sampled_from("'\""))) + ":")
        service = draw(st.booleans())
        if service:
            put(" " * inner + "service: true")
        keys = [f"{next(number):040x}" for _ in range(draw(st.integers(1, 3)))]
        if draw(st.booleans()):
            put(" " * inner + f"keys: [{', '.join(keys)}]")
        else:
            put(" " * inner + "keys:")
            dash = inner + draw(st.sampled_from([0, deep]))
            for key in keys:
                put(" " * dash + "-" + " " * draw(st.integers(1, 3)) + key)
        if draw(st.booleans()) and not service:
            put(" " * inner + "service: false")
    if not first:
        head()
    lines.extend(draw(FILLING))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return (end.join(lines) + (end if draw(st.booleans()) else "")).encode()


def meaning(content: bytes) -> Authorizations:
    found = native.read(content).authorizations
    assert found is not None, (content, native.read(content).problems)
    return found


@given(files(), NAMES, st.booleans())
def test_authorize_then_deauthorize(content: bytes, name: str, service: bool) -> None:
    before = meaning(content)
    present = {person.name: person for person in before.people}
    service = service and (name not in present or present[name].service)
    keys = [F3, f"{ED25519} any: [comment] # {name}"]
    made = edited(editing.add(content, name, keys, service=service))
    added = (Fingerprint(F3), Fingerprint(ED25519_NAME))
    after = meaning(made)
    assert after.history is before.history
    if name in present:
        expected = [
            Person(p.name, (*p.keys, *added), p.service) if p.name == name else p
            for p in before.people
        ]
        assert editing.remove_keys(made, name, added) == content
    else:
        expected = [*before.people, Person(name, added, service)]
        assert editing.remove_person(made, name) == content
    assert list(after.people) == expected


@given(files(), st.data())
def test_removing_takes_exactly_that(content: bytes, data: st.DataObject) -> None:
    before = meaning(content)
    person = data.draw(st.sampled_from(before.people))
    keys = data.draw(st.sets(st.sampled_from(person.keys)))
    made = (
        editing.remove_keys(content, person.name, keys)
        if keys
        else editing.remove_person(content, person.name)
    )
    if keys == set(person.keys) or (not keys and len(before.people) == 1):
        assert isinstance(made, Problem)
        return
    after = meaning(edited(made))
    expected = []
    for one in before.people:
        if one is not person:
            expected.append(one)
        elif keys:
            left = tuple(key for key in one.keys if key not in keys)
            expected.append(Person(one.name, left, one.service))
    assert list(after.people) == expected
    kept = edited(made).splitlines()
    lines = content.splitlines()
    alone = [line for line in lines if line.strip().startswith(b"#") or not line.strip()]
    assert [line for line in kept if line.strip().startswith(b"#") or not line.strip()] == alone
    if not keys or b"[" not in content:  # whole lines went, and no line was changed
        rest = iter(lines)
        assert all(line in rest for line in kept)


@given(files())
def test_both_parsers_lay_out_alike(content: bytes) -> None:
    for one in (content, BUSY):
        text = one.decode()
        assert yaml_layout.lay_out(text, yaml.SafeLoader) == yaml_layout.lay_out(text)


@given(st.binary(max_size=200))
def test_no_input_raises(content: bytes) -> None:
    editing.add(content, "bob", [F3])
    editing.remove_person(content, "bob")


@given(st.text(max_size=30))
def test_scalars_read_back(text: str) -> None:
    """In every style that they are put into."""
    content = listing(f"  alice:\n    keys: [{F1}]\n")
    made = editing.add(content, text, [F3])
    if isinstance(made, bytes):
        assert text in keys_of(made)
