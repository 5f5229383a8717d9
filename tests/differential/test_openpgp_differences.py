"""Where nixauth, git with GnuPG, and Sequoia differ on purpose, and why; what each of them says.

A test fails when any of them changes its mind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from nixauth.engines import open_engine
from nixauth.evidence import Claim
from nixauth.keyring import Keyring
from tests.differential.crafted import ALICE, Case, cases
from tests.differential.parties import GOOD, Said, Sequoia, evidence_of, git_says, nixauth_says
from tests.differential.programs import Gpg, Witness, gpg_home, watched
from tests.differential.repository import Git, joined
from tests.support.commits import commit_content, object_id

PAYLOAD = commit_content(object_id("tree", b""))
EXPIRY = "what the file in the tree says decides; expiry, revocation and clocks do not"
BINDING = "the key made it, but it does not stand for its primary key"
LISTED = "the key is listed by its fingerprint; nothing about it has to be certified"
ONE = "which of several signatures a reader takes is a matter of taste"
STRICT = "one block with one packet, and nothing beside it"
MALFORMED, UNSUPPORTED = "malformed-signature", "unsupported-signature"
SEVERAL, WEAK = "multiple-signatures", "weak-digest"


class Expected(NamedTuple):
    """`stands`: whether the key that made it is the listed one, or bound to it.

    `git` is the exit code and GnuPG's keywords; `sequoia` whether it finds the signature good.
    """

    nixauth: str
    stands: bool
    git: tuple[int, str]
    sequoia: bool
    why: str
    gnupg: str = ""


def good(git: str, sequoia: bool, why: str, *, code: int = 1, gnupg: str = "") -> Expected:
    return Expected(GOOD, True, (code, git), sequoia, why, gnupg)


def refused(reason: str, code: int, git: str, sequoia: bool, why: str) -> Expected:
    return Expected(reason, False, (code, git), sequoia, why)


def unbound(code: int, git: str) -> Expected:
    return Expected(GOOD, False, (code, git), False, BINDING)


UNKNOWN = "this GnuPG does not know the algorithm"
CRITICAL = "RFC 9580 defines it; GnuPG calls a signature bad for what is critical and new to it"
SHORT = "GnuPG wants a digest as long as the curve's order; FIPS 186-4 and RFC 9580 do not"

TABLE = {
    # Time.
    "key expired since": good("EXPKEYSIG", True, EXPIRY),
    "key expired before": good("EXPKEYSIG", False, EXPIRY),
    "signature expired": good("EXPSIG", False, EXPIRY),
    "before the key was made": good("ERRSIG", False, EXPIRY),
    "in the future": good("GOODSIG", False, EXPIRY, code=0),
    "key revoked": good("REVKEYSIG", False, EXPIRY),
    "subkey revoked": good("REVKEYSIG", False, EXPIRY),
    # Certificates.
    "subkey": good("GOODSIG", True, "all agree", code=0),
    "binding by SHA-1": unbound(0, "GOODSIG"),
    "back-signature by SHA-1": unbound(0, "GOODSIG"),
    "no back-signature": unbound(1, "ERRSIG"),
    "subkey for encryption": unbound(1, "ERRSIG"),
    "bad binding": unbound(1, "ERRSIG NO_PUBKEY"),
    "subkey without binding": good("ERRSIG NO_PUBKEY", False, LISTED),
    "self-signature by SHA-1": good("GOODSIG", False, LISTED, code=0),
    "key for encryption": good("ERRSIG", False, LISTED),
    "user id without signature": good("ERRSIG NO_PUBKEY", False, LISTED),
    "no user id": good("ERRSIG NO_PUBKEY", False, LISTED),
    # Several signatures, and what stands around one.
    "two signatures, alice's first": refused(SEVERAL, 1, "GOODSIG GOODSIG", True, ONE),
    "two signatures, bob's first": refused(SEVERAL, 1, "GOODSIG GOODSIG", True, ONE),
    "a bad one behind it": refused(SEVERAL, 1, "GOODSIG BADSIG", True, ONE),
    "a stranger's behind it": refused(SEVERAL, 1, "GOODSIG ERRSIG NO_PUBKEY", True, ONE),
    "another block behind it": refused(MALFORMED, 1, "GOODSIG GOODSIG", True, ONE),
    "text before it": refused(MALFORMED, 128, "", True, STRICT),
    "text behind it": refused(MALFORMED, 0, "GOODSIG", True, STRICT),
    "marker packet before it": refused(MALFORMED, 0, "GOODSIG", False, STRICT),
    "unknown packet behind it": refused(MALFORMED, 0, "GOODSIG", True, STRICT),
    "no checksum": good("GOODSIG", True, "all agree", code=0),
    "wrong checksum": refused(MALFORMED, 1, "NODATA", True, "damage; RFC 9580 would ignore it"),
    # Signatures.
    "made over MD5": refused(WEAK, 1, "ERRSIG", False, "all agree"),
    "made over SHA1": refused(WEAK, 0, "GOODSIG", False, "collisions are made"),
    "made over RIPEMD160": refused(WEAK, 0, "GOODSIG", False, "too short, and nobody's choice"),
    "made over SHA3-256": good("", True, UNKNOWN, gnupg="ERRSIG 5"),
    "text": refused(UNSUPPORTED, 0, "GOODSIG", True, "what is signed is not the object's bytes"),
    "standalone": refused(UNSUPPORTED, 1, "ERRSIG", False, "all agree"),
    "version 3": refused(UNSUPPORTED, 0, "GOODSIG", False, "RFC 9580, section 5.2"),
    "unknown critical": refused(UNSUPPORTED, 1, "BADSIG", False, "all agree"),
    "unknown": good("GOODSIG", True, "all agree", code=0),
    "critical notation": refused(UNSUPPORTED, 1, "BADSIG", False, "all agree"),
    "notation": good("GOODSIG", True, "all agree", code=0),
    "critical signer's user id": good("BADSIG", True, CRITICAL, gnupg="a critical subpacket"),
    "critical signer's user id, bad": Expected(
        "bad-signature", True, (1, "BADSIG"), False, "all agree", "a critical subpacket"
    ),
    "critical, beside": refused(UNSUPPORTED, 1, "BADSIG", True, "critical, though unhashed"),
    # Issuers.
    "only a key id": good("GOODSIG", True, "all agree", code=0),
    "no issuer": refused("missing-key", 1, "ERRSIG NO_PUBKEY", False, "all agree"),
    "only a fingerprint": good("GOODSIG", True, "all agree", code=0),
    "unhashed id of another": good("GOODSIG", True, "all agree", code=0),
    "unhashed id of another, alone": refused(
        "bad-signature", 1, "BADSIG", False, "all agree that it is not the named key's"
    ),
    # Numbers.
    "loose bit counts": refused(MALFORMED, 0, "GOODSIG", False, "RFC 9580, section 3.2"),
    "P-521 with SHA-256": good("ERRSIG", True, SHORT, gnupg="ERRSIG 1"),
    "P-384 with SHA-256": good("ERRSIG", True, SHORT, gnupg="ERRSIG 1"),
    "Ed25519, newer form": good("ERRSIG", True, UNKNOWN, gnupg="ERRSIG 4"),
    "Ed448": good("ERRSIG", True, UNKNOWN, gnupg="ERRSIG 4"),
}
"""`gnupg` is empty where the engine of that name says what the native one does."""

CASES = cases()


@dataclass
class Parties:
    """GnuPG with all the keys, and git before it, watched."""

    gpg: Gpg
    git: Git
    witness: Witness


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    folder = tmp_path_factory.mktemp("differences")
    with gpg_home() as gpg, watched(folder) as witness:
        for case in CASES.values():
            for held in case.keys:
                gpg.run("--import", given=held, check=False)
        environment = {"GNUPGHOME": str(gpg.home), "PATH": witness.path}
        yield Parties(gpg, Git(folder / "r", environment), witness)


def keyring_of(case: Case) -> Keyring:
    return Keyring.from_files([("keys", b"".join(case.keys))])


def test_every_case_is_in_the_table() -> None:
    assert TABLE.keys() == CASES.keys()


@pytest.mark.parametrize("name", TABLE)
def test_nixauth_and_git(parties: Parties, name: str) -> None:
    case, expected = CASES[name], TABLE[name]
    content = joined(PAYLOAD, case.sign(PAYLOAD))
    found = evidence_of(content, keyring_of(case))
    assert nixauth_says(found).words == (expected.nixauth,)
    stands = isinstance(found, Claim) and any(
        case.listed in {signer.key, *signer.primaries} for signer in found.signers
    )
    assert stands == expected.stands
    before = parties.witness.runs
    ran = parties.git.verify(parties.git.put(content))
    assert (ran.code, " ".join(git_says(ran).words)) == expected.git
    assert parties.witness.runs - before == (expected.git[0] != 128), "GnuPG was asked"


@pytest.mark.parametrize("name", TABLE)
def test_the_engines(parties: Parties, tmp_path: Path, name: str) -> None:
    """Where GnuPG's engine cannot say, it says so; a disagreement is an error."""
    case, expected = CASES[name], TABLE[name]
    content = joined(PAYLOAD, case.sign(PAYLOAD))
    with watched(tmp_path) as witness:
        engine = open_engine("both" if expected.gnupg else "gnupg", keyring_of(case))
        found = nixauth_says(evidence_of(content, keyring_of(case), engine))
        engine.close()
    asked = expected.nixauth in {GOOD, "bad-signature"}
    assert witness.runs == asked
    if not expected.gnupg:
        assert found.words == (expected.nixauth,)
        assert witness.signatures == asked
        return
    if expected.nixauth == GOOD:
        assert found.words[0] == "engine-disagreement"
        assert expected.gnupg in found.words[1]
        assert "nixauth's own finds it good" in found.words[1]
    else:
        assert found.words == (expected.nixauth,), "neither calls it good"
    alone = open_engine("gnupg", keyring_of(case))
    found = nixauth_says(evidence_of(content, keyring_of(case), alone))
    alone.close()
    assert found.words[0] == "unchecked-signature"
    assert expected.gnupg in found.words[1]


@pytest.mark.parametrize("name", TABLE)
def test_sequoia(name: str) -> None:
    case, expected = CASES[name], TABLE[name]
    found = Sequoia.of(case.keys).says(PAYLOAD, case.sign(PAYLOAD))
    assert found.good == expected.sequoia
    assert found.words[0] == GOOD or found.words[0]  # it has said something: it ran


# --- what is no property of a signature ---


def test_trust(parties: Parties) -> None:
    """Git can ask for GnuPG's trust in a key's names; to nixauth the list is what counts."""
    content = joined(PAYLOAD, ALICE.sign(PAYLOAD))
    keyring = Keyring.from_files([("alice", ALICE.certificate())])
    assert nixauth_says(evidence_of(content, keyring)).words == (GOOD,)
    commit = parties.git.put(content)
    for ownertrust, wanted, code in (
        (2, "undefined", 0),
        (2, "fully", 1),
        (6, "ultimate", 0),
        (3, "undefined", 0),
        (2, "undefined", 0),
    ):
        line = f"{ALICE.fingerprint}:{ownertrust}:\n".encode()
        parties.gpg.run("--import-ownertrust", given=line)
        ran = parties.git.verify(commit, f"gpg.minTrustLevel={wanted}")
        assert git_says(ran) == Said(ALICE.fingerprint if code == 0 else "", ("GOODSIG",))
        assert ran.code == code
        assert any(words[0].startswith("TRUST_") for words in ran.status)
