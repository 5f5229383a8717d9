"""What GnuPG prints for programs, read word by word: nothing but the whole of it is a yes."""

from __future__ import annotations

import pytest

from nixauth.engines.gnupg_status import answer, segments
from nixauth.errors import UncheckedSignatureError
from tests.support import openpgp
from tests.unit.engines.engine_checks import ALICE, BOB, GOOD, ID, OTHER, VALID, check, status

NAMES = [b"/x/0", b"/x/1"]


def asked(text: str, **faults: object) -> object:
    """Return the answer; of an error what it says."""
    found = answer(check(**faults), status(text))
    return found.message if isinstance(found, UncheckedSignatureError) else found


# --- one signature ---


@pytest.mark.parametrize("word", ["GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"])
def test_good(word: str) -> None:
    """Clocks and revocations are no business of an engine's."""
    assert asked(f"NEWSIG\n{GOOD.replace('GOODSIG', word)}\n{VALID}") is True


def test_good_whatever_else_is_said() -> None:
    more = f"KEY_CONSIDERED {ALICE.fingerprint} 0\nSIG_ID x y z\nPLAINTEXT 62 0\nTRUST_NEVER 0 pgp"
    assert asked(f"NEWSIG\n{more}\n{GOOD}\n{VALID}") is True


@pytest.mark.parametrize("claimed", [OTHER, "0" * 16])
def test_good_by_its_fingerprint_whatever_id_is_claimed(claimed: str) -> None:
    assert asked(f"NEWSIG\nGOODSIG {claimed} alice\n{VALID}") is True


def test_bad() -> None:
    assert asked(f"NEWSIG\nBADSIG {ID} alice") is False
    assert asked(f"NEWSIG\nBADSIG {ALICE.fingerprint} alice") is False


def test_bad_without_an_id() -> None:
    """A signature may name its key by fingerprint alone; where it does not, no id is no answer."""
    assert asked(f"NEWSIG\nBADSIG {'0' * 16} alice", issuer_key_id=False) is False
    nothing = {"issuer_key_id": False, "issuer_fingerprint": False}
    assert "another key" in str(asked(f"NEWSIG\nBADSIG {'0' * 16} alice", **nothing))


def test_bad_for_what_is_critical() -> None:
    """GnuPG says BADSIG, too, of a good signature with a critical subpacket that is new to it."""
    for area in ("hashed", "unhashed"):
        strange = {area: [openpgp.subpacket(28, b"alice", critical=True)]}
        assert "a critical subpacket" in str(asked(f"NEWSIG\nBADSIG {ID} alice", **strange))
        harmless = {area: [openpgp.subpacket(28, b"alice")]}
        assert asked(f"NEWSIG\nBADSIG {ID} alice", **harmless) is False


NOTHING = "it sees no signature, or more than one"
CONTRADICTION = "it contradicts itself"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", NOTHING),
        (f"{GOOD}\n{VALID}", NOTHING),
        (f"NEWSIG\nNEWSIG\n{GOOD}\n{VALID}", NOTHING),
        (f"NEWSIG\nNEWSIG\nBADSIG {ID} alice", NOTHING),
        ("NEWSIG", CONTRADICTION),
        (f"NEWSIG\n{GOOD}", CONTRADICTION),
        (f"NEWSIG\n{VALID}", CONTRADICTION),
        (f"NEWSIG\n{GOOD}\n{GOOD}\n{VALID}", CONTRADICTION),
        (f"NEWSIG\n{GOOD}\n{VALID}\n{VALID}", CONTRADICTION),
        (f"NEWSIG\n{GOOD}\nEXPSIG {ID} alice\n{VALID}", CONTRADICTION),
        (f"NEWSIG\n{GOOD}\n{VALID}\nBADSIG {ID} alice", CONTRADICTION),
        (f"NEWSIG\nBADSIG {ID} alice\n{GOOD}", CONTRADICTION),
        (f"NEWSIG\nBADSIG {ID} alice\n{VALID}", CONTRADICTION),
        (f"NEWSIG\nBADSIG {ID} alice\nBADSIG {ID} alice", CONTRADICTION),
        (f"NEWSIG\nBADSIG {OTHER} bob", "another key by the same signature"),
        ("NEWSIG\nBADSIG", "another key by the same signature"),
    ],
)
def test_no_answer(text: str, said: str) -> None:
    found = str(asked(text))
    assert said in found
    assert ALICE.fingerprint in found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"ERRSIG {ID} 22 8 00 1500000000 9 {ALICE.fingerprint}", "it lacks the key (ERRSIG 9)"),
        (f"ERRSIG {ID} 22 8 00 1500000000 4 -", "an algorithm that it does not know (ERRSIG 4)"),
        (f"ERRSIG {ID} 22 8 00 1500000000 1 -", "an error (ERRSIG 1)"),
        (f"ERRSIG {ID}", "ERRSIG"),
        (f"NO_PUBKEY {ID}", "NO_PUBKEY"),
        ("NODATA 3", "NODATA"),
        ("UNEXPECTED 0", "UNEXPECTED"),
        ("ERROR verify 1", "ERROR"),
        ("FAILURE gpg-exit 33554433", "FAILURE"),
        ("BADARMOR", "BADARMOR"),
    ],
)
def test_a_line_that_takes_everything_back(line: str, said: str) -> None:
    for text in (f"NEWSIG\n{line}", f"NEWSIG\n{GOOD}\n{VALID}\n{line}", f"NEWSIG\n{line}\n{GOOD}"):
        assert str(asked(text)).endswith(said)
    assert said in str(asked(f"NEWSIG\nBADSIG {ID} alice\n{line}"))


def changed(place: int, word: str) -> str:
    words = VALID.split()
    words[place] = word
    return " ".join(words)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (changed(1, BOB.fingerprint), "made by another key"),
        (changed(1, ID), "made by another key"),
        (changed(1, ALICE.fingerprint.lower()), "made by another key"),
        (changed(10, BOB.fingerprint), "counts the key as"),
        (changed(7, "1"), "other algorithms, or another type"),
        (changed(8, "2"), "other algorithms, or another type"),
        (changed(9, "01"), "other algorithms, or another type"),
        (VALID.rpartition(" ")[0], "is not understood"),
        (f"{VALID} more", "is not understood"),
    ],
)
def test_another_signature(line: str, said: str) -> None:
    assert said in str(asked(f"NEWSIG\n{GOOD}\n{line}"))


# --- many signatures in one run ---


def output(*parts: str) -> bytes:
    lines = [line.strip() for part in parts for line in part.strip().splitlines()]
    return "".join(f"[GNUPG:] {line}\n" for line in lines).encode()


FIRST, SECOND = "FILE_START 1 /x/0", "FILE_START 1 /x/1"
A, B, DONE = "NEWSIG a", "NEWSIG b", "FILE_DONE"


def test_divided_by_files() -> None:
    found = segments(
        output("KEY_CONSIDERED x", FIRST, A, DONE, SECOND, B, DONE, "FAILURE x"), NAMES
    )
    assert found == [[[b"NEWSIG", b"a"]], [[b"NEWSIG", b"b"]]]
    assert segments(b"", []) == []


def test_a_name_with_blanks() -> None:
    assert segments(output("FILE_START 1 /a b/0", DONE), [b"/a b/0"]) == [[]]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [FIRST, A, DONE],
        [FIRST, A, DONE, SECOND, B],
        [FIRST, A, SECOND, B, DONE],
        [FIRST, A, SECOND, B, DONE, DONE],
        [A, DONE, SECOND, B, DONE],
        [DONE, FIRST, A, DONE, SECOND, B, DONE],
        [FIRST, A, DONE, DONE, SECOND, B, DONE],
        [SECOND, B, DONE, FIRST, A, DONE],
        [FIRST, A, DONE, FIRST, B, DONE],
        [FIRST, A, DONE, SECOND, B, DONE, SECOND, B, DONE],
        [FIRST.replace("1", "3"), A, DONE, SECOND, B, DONE],
        ["FILE_START", A, DONE, SECOND, B, DONE],
        [FIRST.replace("/0", "/00"), A, DONE, SECOND, B, DONE],
    ],
)
def test_out_of_order(parts: list[str]) -> None:
    assert segments(output(*parts), NAMES) is None


def test_begun_again() -> None:
    assert segments(output(FIRST, A, FIRST, B, DONE), NAMES[:1]) is None


HOSTILE = [
    "\x85[GNUPG:] ",
    "\x1c[GNUPG:] ",
    "\u2028[GNUPG:] ",
    "\r[GNUPG:] ",
    "\v[GNUPG:] ",
    "\f[GNUPG:] ",
    " [GNUPG:] ",
]


@pytest.mark.parametrize("lure", HOSTILE)
def test_a_name_is_no_line(lure: str) -> None:
    """Other readers of lines divide them at characters that a user id may hold."""
    name = f"x{lure}GOODSIG {ID} y{lure}{VALID}{lure}FILE_DONE"
    said = output(FIRST, "NEWSIG").decode() + f"[GNUPG:] BADSIG {ID} {name}\n"
    said += output(DONE, SECOND, B, DONE).decode()
    for encoding in ("latin-1", "utf-8"):
        found = segments(said.encode(encoding, "replace"), NAMES)
        assert found is not None
        assert [line[0] for line in found[0]] == [b"NEWSIG", b"BADSIG"]
        assert answer(check(), found[0]) is False


def test_only_status_lines_count() -> None:
    said = (
        output(FIRST, "NEWSIG") + b"gpg: GOODSIG\nGOODSIG x\n [GNUPG:] GOODSIG x\n[GNUPG:]GOODSIG\n"
    )
    found = segments(said + output(f"BADSIG {ID} alice", DONE), NAMES[:1])
    assert found == [[[b"NEWSIG"], [b"BADSIG", ID.encode(), b"alice"]]]
