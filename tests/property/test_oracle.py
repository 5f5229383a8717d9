"""The oracle itself, against small histories whose answers were found by hand.

A row of a history is `name: parents, signer, file[, state of the signature]`. Files are written
short: `T alice forge!` is trusted-path with two people, the second a service; `E` is every-commit.
The introduction is `i`, signed by alice; the target is the last commit.
"""

from dataclasses import replace

import pytest

from tests.property.abstract import MALFORMED, Answer, Commit, File, Person, Question, certificate
from tests.property.oracle import answer

MODES = {"T": "trusted-path", "E": "every-commit"}


def file(text: str | None) -> object:
    if text in (None, MALFORMED):
        return text
    mode, *people = text.split()
    entries = []
    for each in people:
        keys = tuple(each.rstrip("!").split("+"))
        entries.append(Person(keys[0], keys, each.endswith("!")))
    return File(MODES[mode], tuple(entries))


def ask(rows: dict[str, tuple], **options: object) -> Answer:
    commits = {}
    for name, (parents, signer, text, *state) in rows.items():
        signature = state[0] if state else "good" if signer else "unsigned"
        commits[name] = Commit(tuple(parents), signer, signature, file(text))
    signers = {certificate(c.signer) for c in commits.values() if c.signer}
    question = Question(commits, "i", "alice", list(rows)[-1], frozenset(signers))
    return answer(replace(question, **options))


def check(found: Answer, expected: str) -> None:
    """Expect `ok N` (N trusted commits), or the commit named first and its reason."""
    if expected.startswith("ok"):
        assert (found.verdict, found.way) == ("authentic", ())
        assert found.count == int(expected.split()[1])
    else:
        assert found.verdict == "refused"
        assert found.named == tuple(expected.split())


T, E = "T alice bob", "E alice bob"
I_T, I_E = {"i": ("", "alice", T)}, {"i": ("", "alice", E)}
FORGE = "T alice forge!"
I_F = {"i": ("", "alice", FORGE)}

INTRODUCTION = {
    "alone": ({"i": ("", "alice", T)}, "ok 0"),
    "listing itself is not asked": ({"i": ("", "alice", "T bob")}, "ok 0"),
    "subkey": ({"i": ("", "alice/sub", T)}, "ok 0"),
    "loose subkey": ({"i": ("", "alice/loose", T)}, "i unusable-key"),
    "unsigned": ({"i": ("", None, T)}, "i unsigned"),
    "weak": ({"i": ("", "alice", T, "weak")}, "i weak-digest"),
    "other": ({"i": ("", "bob", T)}, "i wrong-introduction-signer"),
    "other before bad": ({"i": ("", "bob", T, "bad")}, "i wrong-introduction-signer"),
    "bad before file": ({"i": ("", "alice", None, "bad")}, "i bad-signature"),
    "malformed": ({"i": ("", "alice", MALFORMED)}, "i authorizations-malformed"),
    "missing": ({"i": ("", "alice", None)}, "i authorizations-missing"),
    "it is asked before all else": (
        {"i": ("", "alice", None), "c": ("", None, None)},
        "i authorizations-missing",
    ),
}

JUDGED = {
    "3a root beside": (I_T | {"r": ("", None, None), "c": ("r", "bob", T)}, "c not-descendant"),
    "3a names the root of the line": (
        I_T | {"u": ("i", None, T), "v": ("u", "bob", T), "c": ("v", "bob", T)},
        "u unsigned",
    ),
    "3a first parent": (
        I_T | {"u": ("i", None, T), "r": ("", "bob", T), "c": ("ru", "bob", T)},
        "r no-trusted-parent",
    ),
    "3b every-commit": (I_E | {"u": ("i", None, E), "c": ("iu", "bob", E)}, "u unsigned"),
    "3b first that is untrusted": (
        I_E | {"u": ("i", None, E), "v": ("i", "carol", E), "c": ("ivu", "bob", E)},
        "v unauthorized-key",
    ),
    "3b not under trusted-path": (
        I_T | {"u": ("i", None, T), "c": ("iu", "bob", T)},
        "ok 1",
    ),
    "3b one trusted-path parent is enough": (
        {"o": ("", None, E), "i": ("o", "alice", T), "u": ("o", None, E), "c": ("oiu", "bob", T)},
        "ok 1",
    ),
    "every-commit demands of all": (
        {"o": ("", None, "T alice"), "i": ("o", "alice", E), "c": ("oi", "bob", E)},
        "c unauthorized-key",
    ),
    "trusted-path demands of none": (
        I_T | {"n": ("i", "alice", T + " carol"), "c": ("ni", "carol", T)},
        "ok 2",
    ),
    "a trusted-path parent admits beside an every-commit one": (
        {"o": ("", None, "E alice"), "i": ("o", "alice", T), "c": ("oi", "bob", T)},
        "ok 1",
    ),
    "3c before 3d": (I_T | {"c": ("i", "carol", T, "malformed")}, "c malformed-signature"),
    "3d": (I_T | {"c": ("i", "carol", T)}, "c unauthorized-key"),
    "3d cannot list itself": (I_T | {"c": ("i", "carol", "T carol")}, "c unauthorized-key"),
    "3d before 3e": (I_T | {"c": ("i", "carol", T, "bad")}, "c unauthorized-key"),
    "3d removed": (
        I_T | {"r": ("i", "alice", "T alice"), "c": ("r", "bob", T)},
        "c unauthorized-key",
    ),
    "3d returned": (
        I_T | {"r": ("i", "alice", "T alice"), "a": ("r", "alice", T), "c": ("a", "bob", T)},
        "ok 3",
    ),
    "3d subkey of a listed primary": (I_T | {"c": ("i", "bob/sub", T)}, "ok 1"),
    "3d primary of a listed subkey": (
        {"i": ("", "alice", "T bob/sub"), "c": ("i", "bob", T)},
        "c unauthorized-key",
    ),
    "3c loose subkey of a listed primary": (I_T | {"c": ("i", "bob/loose", T)}, "c unusable-key"),
    "3c loose subkey of nobody": (I_T | {"c": ("i", "carol/loose", T)}, "c unauthorized-key"),
    "3d loose subkey listed itself": (
        {"i": ("", "alice", "T bob/loose"), "c": ("i", "bob/loose", T)},
        "ok 1",
    ),
    "3e": (I_T | {"c": ("i", "bob", T, "bad")}, "c bad-signature"),
    "3f keeps the file": (I_F | {"c": ("i", "forge", FORGE)}, "ok 1"),
    "3f changes": (I_F | {"c": ("i", "forge", T)}, "c service-changes-authorizations"),
    "3f removes": (I_F | {"c": ("i", "forge", None)}, "c service-changes-authorizations"),
    "3f a person may": (I_F | {"c": ("i", "alice", T)}, "ok 1"),
    "3f file of the other parent": (
        I_F | {"a": ("i", "alice", "T alice"), "c": ("ia", "forge", "T alice")},
        "c service-changes-authorizations",
    ),
    "3f person to one parent": (
        I_F | {"a": ("i", "alice", "T forge"), "c": ("ia", "forge", T)},
        "ok 2",
    ),
    "3f only under a service": (
        {"i": ("", "alice", "T forge/sub! forge"), "c": ("i", "forge/sub", T)},
        "ok 1",
    ),
    "3f every-commit, of every parent that lists it so": (
        {
            "i": ("", "alice", "E alice forge!"),
            "a": ("i", "alice", "E alice forge"),
            "c": ("ai", "forge", "E alice forge"),
        },
        "c service-changes-authorizations",
    ),
    "3f every-commit, the file of the parent that lists it so": (
        {
            "i": ("", "alice", "E alice forge!"),
            "a": ("i", "alice", "E alice forge"),
            "c": ("ai", "forge", "E alice forge!"),
        },
        "ok 2",
    ),
    "3g removed": (I_T | {"c": ("i", "bob", None)}, "c authorizations-removed"),
    "3g malformed": (I_T | {"c": ("i", "bob", MALFORMED)}, "c authorizations-malformed"),
}

DESCENT = {
    "2 an older branch is merged": (
        {
            "o": ("", None, T),
            "i": ("o", "alice", E),
            "s": ("o", "bob", T),
            "c": ("is", "bob", E),
        },
        "ok 2",
    ),
    "2 its own file is asked": (
        {
            "o": ("", None, None),
            "i": ("o", "alice", E),
            "s": ("o", "bob", T),
            "c": ("is", "bob", E),
        },
        "o authorizations-missing",
    ),
    "4 behind": (
        {"o": ("", None, T), "i": ("o", "alice", T)},
        "o not-descendant",
        {"target": "o"},
    ),
    "4 beside": (
        {"o": ("", None, T), "i": ("o", "alice", T), "c": ("o", "bob", T)},
        "c not-descendant",
    ),
    "4 descends in git's sense only": (
        {
            "o": ("", None, "T carol"),
            "i": ("o", "alice", T),
            "u": ("i", None, T),
            "c": ("ou", "carol", T),
        },
        "c not-descendant",
    ),
    "4 a trusted commit off the line leads on": (
        {
            "o": ("", None, "T carol"),
            "i": ("o", "alice", T),
            "b": ("o", "carol", T),
            "c": ("bi", "bob", T),
        },
        "ok 2",
    ),
    "5 an old key and today's tip": (
        I_T
        | {
            "r": ("i", "alice", "T alice"),
            "x": ("i", "bob", T),
            "c": ("xr", "bob", T),
        },
        "c not-descendant",
        {"after": "r"},
    ),
    "5 an old key and an unsigned child of today's tip": (
        I_T
        | {
            "r": ("i", "alice", "T alice"),
            "u": ("r", None, "T alice"),
            "x": ("i", "bob", T),
            "c": ("xu", "bob", T),
        },
        "c not-descendant",
        {"after": "r"},
    ),
    "5 today's tip admits it": (
        I_T
        | {
            "r": ("i", "alice", "T alice"),
            "x": ("i", "bob", T),
            "c": ("xr", "alice", T),
        },
        "ok 3",
        {"after": "r"},
    ),
    "5 itself": (I_T | {"c": ("i", "bob", T)}, "ok 1", {"after": "c"}),
    "5 the introduction": (I_T | {"c": ("i", "bob", T)}, "ok 1", {"after": "i"}),
    "5 an ancestor of the introduction": (
        {"o": ("", None, None), "i": ("o", "alice", T), "c": ("i", "bob", T)},
        "ok 1",
        {"after": "o"},
    ),
    "5 a younger one": (
        I_T | {"c": ("i", "bob", T), "d": ("c", "bob", T)},
        "c not-descendant",
        {"after": "d", "target": "c"},
    ),
    "5 an untrusted one": (
        I_T | {"u": ("i", None, T), "c": ("iu", "bob", T)},
        "c not-descendant",
        {"after": "u"},
    ),
    "5 a trusted one that does not admit": (
        I_T | {"a": ("i", "bob", "T bob"), "c": ("ia", "alice", T)},
        "c not-descendant",
        {"after": "a"},
    ),
}

ONCE_WITHOUT = {"o": ("", None, None), "i": ("o", "alice", None)}
OPTIONS = {
    "--require every-commit": (
        I_T | {"u": ("i", None, T), "c": ("iu", "bob", T)},
        "u unsigned",
        {"every_commit": True},
    ),
    "historical": (
        ONCE_WITHOUT | {"c": ("i", "bob", None), "d": ("c", "bob", None)},
        "ok 2",
        {"historical": file(T)},
    ),
    "historical, then a file of its own": (
        ONCE_WITHOUT | {"c": ("i", "bob", "T bob"), "d": ("c", "alice", "T bob")},
        "d unauthorized-key",
        {"historical": file(T)},
    ),
    "historical is no way back": (
        ONCE_WITHOUT | {"c": ("i", "bob", T), "d": ("c", "bob", None)},
        "d authorizations-removed",
        {"historical": file(T)},
    ),
    "historical, an untrusted parent has a file": (
        ONCE_WITHOUT | {"c": ("i", None, MALFORMED), "d": ("ic", "bob", None)},
        "d authorizations-removed",
        {"historical": file(T)},
    ),
    "historical at the introduction, whose parent has a file": (
        {"o": ("", None, "T carol"), "i": ("o", "alice", None), "c": ("i", "bob", T)},
        "ok 1",
        {"historical": file(T)},
    ),
    "historical and a service": (
        ONCE_WITHOUT | {"c": ("i", "forge", None), "d": ("c", "forge", T)},
        "d service-changes-authorizations",
        {"historical": file(FORGE)},
    ),
    "historical SHA-1": (
        ONCE_WITHOUT | {"c": ("i", "bob", None, "weak"), "d": ("c", "bob", T)},
        "ok 2",
        {"historical": file(T), "historical_sha1": True},
    ),
    "historical SHA-1 is not asked for": (
        ONCE_WITHOUT | {"c": ("i", "bob", None, "weak")},
        "c weak-digest",
        {"historical": file(T)},
    ),
    "historical SHA-1 nowhere else": (
        ONCE_WITHOUT | {"c": ("i", "bob", T, "weak")},
        "c weak-digest",
        {"historical": file(T), "historical_sha1": True},
    ),
    "the path was named": (
        {"o": ("", None, T), "i": ("o", "alice", None)},
        "i authorizations-removed",
        {"path_given": True},
    ),
    "no path is fixed": (
        {"o": ("", None, T), "i": ("o", "alice", None)},
        "i authorizations-missing",
    ),
    "a key withheld": (
        I_T | {"c": ("i", "bob", T), "d": ("ic", "alice", T)},
        "ok 1",
        {"keyring": frozenset({"alice"})},
    ),
    "a key withheld from the line": (
        I_T | {"c": ("i", "bob", T)},
        "c missing-key",
        {"keyring": frozenset({"alice"})},
    ),
}


EXAMPLES = INTRODUCTION | JUDGED | DESCENT | OPTIONS


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_answers_found_by_hand(example: tuple) -> None:
    rows, expected, *options = example
    check(ask(rows, **(options[0] if options else {})), expected)


def test_the_way_holds_every_refusal_from_the_target() -> None:
    rows = I_E | {"u": ("i", None, E), "v": ("u", "bob", E), "c": ("iv", "bob", E)}
    assert ask(rows).way == (
        ("c", "untrusted-parent"),
        ("v", "no-trusted-parent"),
        ("u", "unsigned"),
    )


def test_trusted_is_more_than_the_line() -> None:
    rows = {
        "o": ("", None, "T carol"),
        "i": ("o", "alice", T),
        "b": ("o", "carol", T),
        "c": ("bi", "bob", T),
    }
    found = ask(rows)
    assert found.trusted == frozenset("oibc")
    assert found.line == frozenset("ic")
