"""Where nixauth and OpenSSH differ on SSH signatures on purpose, and why; what each says."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from nixauth.keyring import Keyring
from tests.differential import sshsig
from tests.differential.openssh import PERSON, OpenSSH, said
from tests.differential.parties import GOOD, evidence_of, nixauth_says
from tests.differential.repository import Git, joined
from tests.support.commits import commit_content, object_id

PAYLOAD = commit_content(object_id("tree", b""))
NOBODY = Keyring.from_files([])
MALFORMED, UNSUPPORTED = "malformed-signature", "unsupported-signature"


@dataclass
class Keys:
    """Keys by name, and files that ssh-keygen may go by."""

    ssh: OpenSSH
    git: Git
    paths: dict[str, Path]
    allowed: Path

    def sign(self, name: str, **options: str) -> bytes:
        """Have ssh-keygen sign."""
        return self.ssh.sign(self.paths[name], PAYLOAD, **options)

    def rsa(self, name: str, algorithm: bytes) -> sshsig.Signer:
        """Return what signs with a digest of another name than ssh-keygen takes."""
        return sshsig.rsa_signer(self.paths[name].read_bytes(), algorithm)


TOKENS = {
    "present": sshsig.token_ed25519(),
    "absent": sshsig.token_ed25519(flags=0),
    "absent ecdsa": sshsig.token_ecdsa(flags=0),
    "verified": sshsig.token_ecdsa(flags=5),
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("ssh-differences")
    ssh = OpenSSH(folder)
    paths = {
        "ed25519": ssh.make("ed25519", "-t", "ed25519"),
        "ecdsa": ssh.make("ecdsa", "-t", "ecdsa", "-b", "256"),
        "rsa": ssh.make("rsa", "-t", "rsa", "-b", "2048"),
        "rsa1024": ssh.make("rsa1024", "-t", "rsa", "-b", "1024"),
        "dsa": ssh.make("dsa", "-t", "dsa"),
        "authority": ssh.make("authority", "-t", "ed25519"),
        "member": ssh.make("member", "-t", "ed25519"),
    }
    options = ("-I", "member", "-n", PERSON)
    ssh.run("-q", "-s", paths["authority"], *options, folder / "member.pub")
    lines = [ssh.line(path) for path in paths.values()]
    lines += [token.line for token in TOKENS.values()]
    lines.append(f"cert-authority {ssh.line(paths['authority'])}")
    return Keys(ssh, Git(folder / "r", {}), paths, ssh.allow(*lines))


def certified(keys: Keys) -> bytes:
    """Return a signature that names the certificate of the key instead of the key."""
    line = (keys.ssh.folder / "member-cert.pub").read_text().split()[1].encode()
    blob = base64.b64decode(line)
    return sshsig.rebuilt(keys.sign("member"), key=blob)


def padded(keys: Keys) -> bytes:
    """Return a signature whose first integer has a zero that nobody needs."""
    armored = keys.sign("ecdsa")
    name, pair = sshsig.strings(sshsig.field(armored, "inner"))
    r, s = sshsig.strings(pair)
    numbers = sshsig.string(b"\0" + r) + sshsig.string(s)
    return sshsig.rebuilt(armored, inner=sshsig.string(name) + sshsig.string(numbers))


class Expected(NamedTuple):
    """What nixauth says, whether ssh-keygen finds it good, and what it prints otherwise."""

    sign: Callable[[Keys], bytes]
    nixauth: str
    openssh: bool
    says: str
    why: str


TABLE = {
    "as it should be": Expected(lambda k: k.sign("ed25519"), GOOD, True, "", "all agree"),
    "of a token": Expected(lambda _: TOKENS["present"].sign(PAYLOAD), GOOD, True, "", "all agree"),
    "of a token, user verified": Expected(
        lambda _: TOKENS["verified"].sign(PAYLOAD), GOOD, True, "", "all agree"
    ),
    "user absent": Expected(
        lambda _: TOKENS["absent"].sign(PAYLOAD),
        UNSUPPORTED,
        True,
        "",
        "a program can use a token that nobody touches; ssh-keygen does not look at the flag",
    ),
    "user absent, ECDSA": Expected(
        lambda _: TOKENS["absent ecdsa"].sign(PAYLOAD), UNSUPPORTED, True, "", "as above"
    ),
    "another namespace": Expected(
        lambda k: k.sign("ed25519", namespace="file"),
        UNSUPPORTED,
        False,
        "namespace",
        "all agree",
    ),
    "reserved field filled": Expected(
        lambda k: sshsig.rebuilt(k.sign("ed25519"), reserved=b"x"),
        MALFORMED,
        True,
        "",
        "ssh-keygen ignores the field, which is not signed as it stands there: malleable",
    ),
    "reserved field filled and signed": Expected(
        lambda k: k.rsa("rsa", b"rsa-sha2-512").sign(PAYLOAD, reserved=b"x"),
        MALFORMED,
        False,
        "incorrect signature",
        "all agree",
    ),
    "text behind it": Expected(
        lambda k: k.sign("ed25519") + b"more\n", MALFORMED, True, "", "nothing stands beside it"
    ),
    "text before it": Expected(
        lambda k: b"more\n" + k.sign("ed25519"),
        MALFORMED,
        False,
        "missing header",
        "all agree",
    ),
    "another signature behind it": Expected(
        lambda k: k.sign("ed25519") + k.sign("ecdsa"), MALFORMED, True, "", "as above"
    ),
    "carriage returns": Expected(
        lambda k: k.sign("ed25519").replace(b"\n", b"\r\n"),
        GOOD,
        False,
        "missing header",
        "blanks at the ends of lines do not count, as in OpenPGP; ssh-keygen bears them in all"
        " lines but the first",
    ),
    "carriage returns within": Expected(
        lambda k: k.sign("ed25519").replace(b"\n", b"\r\n").replace(b"\r", b"", 1),
        GOOD,
        True,
        "",
        "all agree",
    ),
    "a certificate": Expected(
        certified,
        UNSUPPORTED,
        True,
        "",
        "who certified whom is not written in the authorizations",
    ),
    "RSA with SHA-1": Expected(
        lambda k: k.rsa("rsa", b"ssh-rsa").sign(PAYLOAD),
        "weak-digest",
        False,
        "",
        "all agree",
    ),
    "RSA of 1024 bits": Expected(
        lambda k: k.sign("rsa1024"), "unusable-key", True, "", "too short since long"
    ),
    "DSA": Expected(
        lambda k: k.sign("dsa"), UNSUPPORTED, True, "", "too short, over SHA-1, and abandoned"
    ),
    "a needless zero": Expected(padded, MALFORMED, True, "", "one signature, one way to write it"),
    "digest SHA-1": Expected(
        lambda k: k.rsa("rsa", b"rsa-sha2-256").sign(PAYLOAD, hash_name="sha1"),
        "weak-digest",
        False,
        "unsupported hash algorithm",
        "all agree",
    ),
    "digest SHA-384": Expected(
        lambda k: k.rsa("rsa", b"rsa-sha2-256").sign(PAYLOAD, hash_name="sha384"),
        UNSUPPORTED,
        False,
        "unsupported hash algorithm",
        "all agree",
    ),
    "version 2": Expected(
        lambda k: k.rsa("rsa", b"rsa-sha2-256").sign(PAYLOAD, version=2),
        UNSUPPORTED,
        False,
        "version",
        "all agree",
    ),
    "the key of another type": Expected(
        lambda k: sshsig.rebuilt(k.sign("ecdsa"), inner=sshsig.field(k.sign("ed25519"), "inner")),
        "unusable-key",
        False,
        "",
        "all agree",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_nixauth_and_openssh(keys: Keys, name: str) -> None:
    expected = TABLE[name]
    armored = expected.sign(keys)
    own = nixauth_says(evidence_of(joined(PAYLOAD, armored), NOBODY))
    assert own.words == (expected.nixauth,)
    other = keys.ssh.says(PAYLOAD, armored, keys.allowed)
    assert other.good == expected.openssh, other
    assert other.words[0] == ("0" if expected.openssh else "255")
    assert expected.says in other.words[1]
    if own.good and other.good:
        assert own.maker == other.maker


@pytest.mark.parametrize("name", TABLE)
def test_git_goes_by_openssh(keys: Keys, name: str) -> None:
    expected = TABLE[name]
    commit = keys.git.put(joined(PAYLOAD, expected.sign(keys)))
    settings = (f"gpg.ssh.allowedSignersFile={keys.allowed}",)
    ran = keys.git.verify(commit, *settings, f"gpg.ssh.program={keys.ssh.program}")
    if name == "text before it":  # git does not take it for a signature
        assert ran.code == 128
    else:
        assert said(ran).good == expected.openssh
        assert ran.code == (0 if expected.openssh else 1)


def test_a_short_number_is_padded(keys: Keys) -> None:
    """One RSA signature in 256 begins with a zero, and some writers leave it out."""
    signer = keys.rsa("rsa", b"rsa-sha2-512")
    for number in range(4000):
        payload = PAYLOAD + b"%d\n" % number
        armored = signer.sign(payload)
        name, value = sshsig.strings(sshsig.field(armored, "inner"))
        if value[0] == 0:
            break
    inner = sshsig.string(name) + sshsig.string(value.lstrip(b"\0"))
    short = sshsig.rebuilt(armored, inner=inner)
    assert short != armored
    assert nixauth_says(evidence_of(joined(payload, short), NOBODY)).words == (GOOD,)
    assert keys.ssh.says(payload, short, keys.allowed).good


def test_who_may_sign(keys: Keys) -> None:
    """OpenSSH's file of allowed signers is nothing to nixauth: the authorizations list the keys."""
    armored = keys.sign("ed25519")
    nobody = keys.ssh.allow(keys.ssh.line(keys.paths["ecdsa"]))
    found = keys.ssh.says(PAYLOAD, armored, nobody)
    assert not found.good
    assert keys.ssh.checks(PAYLOAD, armored).good, "without asking whose it is"
    assert nixauth_says(evidence_of(joined(PAYLOAD, armored), NOBODY)).words == (GOOD,)
