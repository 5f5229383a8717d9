"""Keys and signatures that Sequoia makes, of version 4 and 6: what the others say of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from nixauth.engines import Native, open_engine
from nixauth.keyring import Keyring
from tests.differential.damage import unarmored
from tests.differential.parties import BAD, GOOD, Said, Sequoia, all_say, evidence_of
from tests.differential.programs import program, sequoia, watched
from tests.differential.repository import joined
from tests.support.commits import commit_content, object_id
from tests.support.openpgp import armor
from tests.unit.cli.places import Maker, Sandbox

PAYLOAD = commit_content(object_id("tree", b""))
SUITES = ["Cv25519", "Cv448", "P256", "P384", "P521", "RSA2k"]
POST_QUANTUM = ["MLDSA65_Ed25519", "MLDSA87_Ed448"]
UNKNOWN_TO_GNUPG = {"Cv448 RFC4880"}


@dataclass(frozen=True)
class Made:
    """A certificate, and its signing subkey's signature of the payload."""

    name: str
    certificate: bytes
    primary: str
    armored: bytes
    secret: object

    @property
    def version_6(self) -> bool:
        return "RFC9580" in self.name

    @property
    def content(self) -> bytes:
        return joined(PAYLOAD, self.armored)

    def sign(self, payload: bytes) -> bytes:
        library = sequoia()
        return library.sign(
            self.secret.signer(),  # type: ignore[attr-defined]
            payload,
            mode=library.SignatureMode.DETACHED,
        )


def make(suite: str, profile: str) -> Made:
    library = sequoia()
    name = f"{suite} {profile}"
    secret = library.Tsk.generate(
        f"{suite} <{suite}@example.org>",
        cipher_suite=getattr(library.CipherSuite, suite),
        profile=getattr(library.Profile, profile),
    )
    held = secret.extract_certificate()
    mode = library.SignatureMode.DETACHED
    armored = library.sign(secret.signer(), PAYLOAD, mode=mode)
    return Made(name, bytes(held), held.fingerprint.upper(), armored, secret)


@pytest.fixture(scope="module")
def made() -> list[Made]:
    return [make(suite, profile) for profile in ("RFC4880", "RFC9580") for suite in SUITES]


@pytest.fixture(scope="module")
def keyring(made: list[Made]) -> Keyring:
    """All of them together: what one reader cannot take must not hide the others."""
    return Keyring.from_files([(one.name, one.certificate) for one in made])


def maker_of(one: Made) -> str:
    """Ask Sequoia which key made the signature."""
    said = Sequoia.of([one.certificate]).says(PAYLOAD, one.armored)
    assert said.good, said
    return said.maker


def test_good_ones(made: list[Made], keyring: Keyring) -> None:
    for one in made:
        key = maker_of(one)
        [said] = all_say([one.content], keyring, Native())
        assert said == Said(key, (GOOD,)), one.name
        assert one.primary in {key, *keyring.signer(key).primaries}, "it is bound"


def test_spoilt_ones(made: list[Made], keyring: Keyring) -> None:
    for one in made:
        data = unarmored(one.armored)
        spoilt = armor(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
        certificates = Sequoia.of([one.certificate])
        for payload, armored in ((PAYLOAD, spoilt), (PAYLOAD + b"\n", one.armored)):
            said = certificates.says(payload, armored)
            assert not said.good
            assert said.words[1:], "it has asked for the key"
            [own] = all_say([joined(payload, armored)], keyring, Native())
            assert own == Said("", (BAD,)), one.name


@pytest.mark.parametrize("engine", ["gnupg", "both"])
def test_what_gnupg_knows(made: list[Made], keyring: Keyring, tmp_path: Path, engine: str) -> None:
    program("gpg")
    with watched(tmp_path) as witness:
        opened = open_engine(engine, keyring)
        found = all_say([one.content for one in made], keyring, opened)
        opened.close()
    assert witness.runs == 1
    assert witness.signatures >= len(SUITES)
    for one, said in zip(made, found, strict=True):
        if one.version_6 or one.name in UNKNOWN_TO_GNUPG:
            kind = "unchecked-signature" if engine == "gnupg" else "engine-disagreement"
            assert said.words[0] == kind, one.name
            assert "GnuPG cannot say" in said.words[1]
            assert not said.good
        else:
            assert said == Said(maker_of(one), (GOOD,)), one.name


@pytest.mark.parametrize("suite", POST_QUANTUM)
def test_post_quantum_ones(suite: str) -> None:
    """Sequoia makes them already; nixauth does not take them, and says so."""
    one = make(suite, "RFC9580")
    assert maker_of(one)
    keyring = Keyring.from_files([(one.name, one.certificate)])
    evidence = evidence_of(one.content, keyring)
    assert getattr(evidence, "code", "") == "unsupported-signature"


@pytest.mark.parametrize(
    ("engine", "code", "said"),
    [
        ("native", 0, []),
        ("gnupg", 3, ["unchecked-signature", "GnuPG cannot say", "NODATA"]),
        (
            "both",
            3,
            ["engine-disagreement", "nixauth's own finds it good", "GnuPG finds it impossible"],
        ),
    ],
)
def test_the_command_line(tmp_path: Path, engine: str, code: int, said: list[str]) -> None:
    """What cannot be decided by an engine is exit code 3, with what each of them found."""
    program("gpg")
    library, maker, signer = sequoia(), Maker(), make("Cv25519", "RFC9580")
    listing = f"version: 1\npeople:\n  alice:\n    keys:\n      - {signer.primary}\n"
    made = [maker.commit(signer=None, file=listing.encode())]
    made = [_signed(maker, made[0], signer)]
    made.append(_signed(maker, maker.commit(made[0], signer=None, file=listing.encode()), signer))
    box = Sandbox(tmp_path)
    repository = maker.write(tmp_path / "r.git", {"refs/heads/main": made[-1]})
    keys = tmp_path / "alice.key"
    keys.write_text(library.armor(signer.certificate, library.ArmorKind.PublicKey))
    done = box.process(
        *("verify", "-C", repository, "--introduction", made[0].hex(), "--engine", engine),
        *("--signer", signer.primary, "--keyring", keys),
    )
    assert done.code == code, done
    text = " ".join((done.out + done.err).split())
    for part in said:
        assert part in text
    assert made[0].hex() in text or engine == "native", "it names the commit"


def _signed(maker: Maker, commit: bytes, signer: Made) -> bytes:
    _, content = maker.objects.pop(commit)
    raw = joined(content, signer.sign(content))
    return _add(maker, raw)


def _add(maker: Maker, raw: bytes) -> bytes:
    name = object_id("commit", raw)
    maker.objects[name] = ("commit", raw)
    return name
