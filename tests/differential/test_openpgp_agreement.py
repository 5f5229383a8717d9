"""Signatures by every kind of key that the installed GnuPG makes: all parties say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nixauth import Introduction, Verdict, authenticate
from nixauth.engines import Native, open_engine
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint
from nixauth.signatures import openpgp
from tests.differential.damage import REASONS, spoilt, without_hint
from tests.differential.parties import (
    BAD,
    GOOD,
    Said,
    Sequoia,
    all_say,
    git_says,
    gnupg_ran,
)
from tests.differential.programs import Gpg, Witness, gpg_home, watched
from tests.differential.repository import Git, oid, split

PRIMARY = ["rsa1024", "rsa2048", "rsa3072", "dsa2048"]
SUBKEYS = ["rsa2048", "dsa2048"]
REFUSED = "secp256k1"
DIGESTS = ["SHA256", "SHA384", "SHA512", "SHA224"]
CERTIFIER = "certify only"
SEQUOIA_LACKS = {
    "rsa1024": "too short for its policy",
    "brainpool": "not in its library",
    REFUSED: "",
}
NOT_VALID = "Signature verification failed: no valid signatures found."
GNUPG_BEARS = {"an octet too many", "no end"}
"""A packet that is longer than what is in it; armor that ends with its base64."""
SEQUOIA_BEARS = {"an octet too many", "wrong checksum"}
"""As RFC 9580 has it, a checksum does not have to be looked at."""


def digests(name: str) -> list[str]:
    """Return the digests to sign with: all of them for one key, one after the other for the rest.

    GnuPG wants digests as long as the key's own for DSA and ECDSA.
    """
    algorithm = name.rsplit(maxsplit=1)[-1]
    if algorithm == "rsa2048":
        return DIGESTS
    if algorithm == "nistp384" or algorithm.endswith("P384r1"):
        return ["SHA384", "SHA512"]
    if algorithm == "nistp521" or algorithm.endswith("P512r1"):
        return ["SHA512"]
    return ["SHA256", "SHA512"]


@dataclass(frozen=True)
class Made:
    """A commit that git had signed: by which key, and, of one for each key, spoilt copies."""

    name: str
    key: str
    commit: str
    content: bytes
    copies: dict[str, bytes]


@dataclass
class World:
    """Keys, the commits that they signed, and what was asked of everybody about them."""

    gpg: Gpg
    git: Git
    keys: dict[str, str]
    introduction: Introduction
    chain: list[Made]
    apart: list[Made]
    exported: dict[str, bytes]

    @property
    def made(self) -> list[Made]:
        """All commits."""
        return [*self.chain, *self.apart]

    def keyring(self) -> Keyring:
        """Return nixauth's own reading of the certificates."""
        return Keyring.from_files(list(self.exported.items()))


def make_keys(gpg: Gpg) -> tuple[dict[str, str], dict[str, str]]:
    """Make a key of each kind; return them, and the primary keys of those that are subkeys."""
    curves = sorted(gpg.curves())
    keys = {name: gpg.make(name, name) for name in [*PRIMARY, *curves]}
    certifier = gpg.make(CERTIFIER.replace(" ", "-"), "ed25519", "cert")
    primaries = {}
    for name in [*SUBKEYS, *curves]:
        # Of a curve's two uses GnuPG takes encryption unless it is told.
        told = f"{name}/ecdsa" if name in curves and name != "ed25519" else name
        keys[f"subkey {name}"] = gpg.add(certifier, told)
        primaries[f"subkey {name}"] = certifier
    return keys, primaries


def listing(keys: dict[str, str]) -> str:
    """Return an authorizations file that lists every key itself."""
    people = "".join(
        f"  {name.replace(' ', '-')}:\n    keys:\n      - {key}\n" for name, key in keys.items()
    )
    return f"version: 1\nhistory: trusted-path\npeople:\n{people}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Make the keys and the commits, once."""
    with gpg_home() as gpg:
        git = Git(tmp_path_factory.mktemp("openpgp") / "r", {"GNUPGHOME": str(gpg.home)})
        keys, primaries = make_keys(gpg)
        (git.folder / ".authorizations").write_text(listing(keys))
        git.run("add", ".authorizations")
        first = keys["ed25519"]
        root = git.commit("a change of the first", f"{first}!")
        chain, apart = [], []
        for name, key in keys.items():
            for digest in digests(name):
                (gpg.home / "gpg.conf").write_text(f"digest-algo {digest}\n")
                made = make_commit(git, f"{name} {digest}", key, digest == digests(name)[0])
                (apart if REFUSED in name else chain).append(made)
                if REFUSED in name:
                    git.run("reset", "--quiet", "--hard", "HEAD~2")
        (gpg.home / "gpg.conf").unlink()
        exported = {
            name: gpg.export(primaries.get(name, key))
            for name, key in keys.items()
            if name not in primaries or name == "subkey ed25519"
        }
        introduction = Introduction(oid(root), Fingerprint(first))
        yield World(gpg, git, keys, introduction, chain, apart, exported)


def make_commit(git: Git, name: str, key: str, spoil: bool) -> Made:
    another = git.content(git.commit(f"a change before {name}", f"{key}!"))
    commit = git.commit(f"a change by {name}", f"{key}!")
    content = git.content(commit)
    return Made(name, key, commit, content, spoilt(content, another) if spoil else {})


@pytest.fixture(scope="module")
def spoiled(world: World) -> list[tuple[Made, str, bytes]]:
    """Return the spoilt copies of commits by every kind of key, with the names of their faults."""
    copies = [(one, name, copy) for one in world.chain for name, copy in one.copies.items()]
    assert len(copies) == len(REASONS) * sum(REFUSED not in name for name in world.keys)
    return copies


# --- the signatures that are good ---


def test_what_was_made(world: World) -> None:
    """Every kind of key that GnuPG offers is there: what it learns to make is asked for, too."""
    curves = world.gpg.curves()
    assert {"nistp256", "nistp384", "nistp521", "ed25519"} <= curves
    signatures = [openpgp.read_signature(split(one.content)[1]) for one in world.chain]
    read = {
        (one.public_key_algorithm, one.digest_algorithm)
        for one in signatures
        if isinstance(one, openpgp.Signature)
    }
    assert {algorithm for algorithm, _ in read} == {1, 17, 19, 22}
    assert {digest for _, digest in read} == {8, 9, 10, 11}
    assert (
        len(signatures)
        == len(world.chain)
        == sum(len(digests(name)) for name in world.keys if REFUSED not in name)
    )


def test_git_says_who_made_them(world: World) -> None:
    for one in world.made:
        ran = world.git.verify(one.commit)
        assert gnupg_ran(ran), ran
        assert (ran.code, git_says(ran)) == (0, Said(one.key, ("GOODSIG",))), one.name


@pytest.mark.parametrize("engine", ["native", "gnupg", "both"])
def test_nixauth_says_the_same(world: World, tmp_path: Path, engine: str) -> None:
    contents = [one.content for one in world.made]
    with watched(tmp_path) as witness:
        opened = open_engine(engine, world.keyring())
        found = all_say(contents, world.keyring(), opened)
        opened.close()
    for one, said in zip(world.chain, found, strict=False):
        assert said == Said(one.key, (GOOD,)), one.name
    for said in found[len(world.chain) :]:
        assert said == Said("", ("unsupported-signature",))
    expect(witness, engine, len(world.chain))


def expect(witness: Witness, engine: str, signatures: int) -> None:
    """GnuPG looked at that many signatures, or was not even started."""
    if engine == "native":
        assert witness.runs == 0
    else:
        assert witness.signatures == signatures
        assert witness.runs >= 1


def test_sequoia_says_the_same(world: World) -> None:
    sequoia = Sequoia.of(world.exported.values())
    for one in world.made:
        payload, armored = split(one.content)
        said = sequoia.says(payload, armored)
        assert said.words[1:], "it asks for the key"
        if any(name in one.name for name in SEQUOIA_LACKS):
            assert said == Said("", (NOT_VALID, one.key)), one.name
        else:
            assert said == Said(one.key, (GOOD, one.key)), one.name


def test_nobody_goes_by_the_hint(world: World, tmp_path: Path) -> None:
    """Two octets of the digest stand in the packet, and forges have written wrong ones."""
    for one in (world.chain[0], world.chain[-1]):
        content = without_hint(one.content)
        ran = world.git.verify(world.git.put(content))
        assert (gnupg_ran(ran), git_says(ran).maker) == (True, one.key)
        assert all_say([content], world.keyring(), Native()) == [Said(one.key, (GOOD,))]


def test_sequoia_does_not_go_by_the_hint_either(world: World) -> None:
    one = world.chain[-1]
    payload, armored = split(without_hint(one.content))
    assert Sequoia.of(world.exported.values()).says(payload, armored).maker == one.key


# --- the spoilt ones ---


def test_nixauth_on_spoilt_copies(world: World, spoiled: list[tuple[Made, str, bytes]]) -> None:
    found = all_say([content for _, _, content in spoiled], world.keyring(), Native())
    for (one, name, _), said in zip(spoiled, found, strict=True):
        assert said.words[0] in REASONS[name], (one.name, name)
        assert not said.good


def test_the_engine_gnupg_on_spoilt_copies(
    world: World, spoiled: list[tuple[Made, str, bytes]], tmp_path: Path
) -> None:
    """What the strict reader takes is asked of GnuPG, and GnuPG finds none of it good."""
    contents = [content for _, _, content in spoiled]
    native = all_say(contents, world.keyring(), Native())
    with watched(tmp_path) as witness:
        engine = open_engine("gnupg", world.keyring())
        found = all_say(contents, world.keyring(), engine)
        engine.close()
    for (one, name, _), said, own in zip(spoiled, found, native, strict=True):
        if said != own:
            # GnuPG refuses a digest that is shorter than the key's own before any mathematics.
            assert (name, said.words[0]) == ("digest algorithm", "unchecked-signature"), one.name
            assert said.words[1].endswith("an error (ERRSIG 1)")
    asked = sum(own.words == (BAD,) for own in native)
    assert asked > 8 * len(world.keys)
    assert witness.signatures == asked
    assert len(witness.said("BADSIG")) + len(witness.said("ERRSIG")) == asked


def test_the_engine_both_on_spoilt_copies(
    world: World, spoiled: list[tuple[Made, str, bytes]], tmp_path: Path
) -> None:
    contents = [content for _, _, content in spoiled[::7]]
    native = all_say(contents, world.keyring(), Native())
    with watched(tmp_path) as witness:
        engine = open_engine("both", world.keyring())
        assert all_say(contents, world.keyring(), engine) == native
        engine.close()
    assert witness.signatures == sum(own.words == (BAD,) for own in native) > 20


def test_git_on_spoilt_copies(world: World, spoiled: list[tuple[Made, str, bytes]]) -> None:
    seen = set()
    for one, name, content in spoiled[::5]:
        ran = world.git.verify(world.git.put(content))
        said = git_says(ran)
        assert gnupg_ran(ran), (one.name, name)
        seen.add(name)
        if name in GNUPG_BEARS:
            assert (ran.code, said) == (0, Said(one.key, ("GOODSIG",))), (one.name, name)
        else:
            assert ran.code == 1, (one.name, name)
            assert not said.good
            assert not {"GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG"} & set(said.words)
            assert {"BADSIG", "ERRSIG", "NODATA"} & set(said.words)
    assert seen == REASONS.keys(), "each fault was asked about"


def test_sequoia_on_spoilt_copies(world: World, spoiled: list[tuple[Made, str, bytes]]) -> None:
    sequoia = Sequoia.of(world.exported.values())
    for one, name, content in spoiled:
        said = sequoia.says(*split(content))
        bears = name in SEQUOIA_BEARS and not any(lacks in one.name for lacks in SEQUOIA_LACKS)
        assert said.maker == (one.key if bears else ""), (one.name, name)
        assert said.words[0], "it says why"


# --- the whole question ---


@pytest.mark.parametrize("engine", ["native", "gnupg", "both"])
def test_the_whole_history(world: World, tmp_path: Path, engine: str) -> None:
    length = len(world.chain) if engine == "native" else len(world.chain) // 3
    target = oid(world.chain[length - 1].commit)
    keyring = world.keyring()
    with watched(tmp_path) as witness:
        opened = open_engine(engine, keyring)
        report = authenticate(world.git.open(), keyring, world.introduction, target, engine=opened)
        opened.close()
    assert (report.verdict, report.verified) == (Verdict.AUTHENTIC, 2 * length)
    expect(witness, engine, 2 * length + 1)


@pytest.mark.parametrize("engine", ["native", "gnupg", "both"])
def test_the_whole_question_about_spoilt_copies(world: World, tmp_path: Path, engine: str) -> None:
    one = world.chain[0]
    keyring = world.keyring()
    copies = {name: world.git.put(content) for name, content in one.copies.items()}
    repository = world.git.open()
    with watched(tmp_path) as witness:
        opened = open_engine(engine, keyring)
        for name, commit in copies.items():
            report = authenticate(
                repository, keyring, world.introduction, oid(commit), engine=opened
            )
            assert report.verdict is Verdict.REFUSED, name
            assert [refusal.commit for refusal in report.refusals] == [oid(commit)]
            assert report.refusals[0].reason.code in REASONS[name]
        opened.close()
    assert witness.signatures == 0 if engine == "native" else witness.signatures > len(copies)
