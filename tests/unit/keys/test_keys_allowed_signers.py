"""The allowed_signers file: git's own check of SSH signatures takes it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nixauth.keys.export import principal
from tests.unit.keys.repositories import Checkout
from tests.unit.keys.test_keys_import import ssh_key

ODD = 'Zoë "the, cat" *?!#%20'


def signed_commit(checkout: Checkout, key: str) -> str:
    """Commit with an SSH signature; return the commit."""
    options = ["-c", "gpg.format=ssh", "-c", f"user.signingKey={checkout.box.folder / key}"]
    checkout.git(*options, "commit", "-q", "--allow-empty", "-S", "-m", "signed")
    return checkout.git("rev-parse", "HEAD")


def verify(checkout: Checkout, commit: str, file: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [
            *("git", "-C", str(checkout.folder)),
            *("-c", f"gpg.ssh.allowedSignersFile={file}", "verify-commit", commit),
        ],
        capture_output=True,
        check=False,
        env=checkout.box.environment,
    )


def test_git_accepts_a_listed_key_and_no_other(checkout: Checkout) -> None:
    folder = checkout.box.folder
    keys = {
        kind: ssh_key(folder, "-t", kind, *more)
        for kind, more in (("ed25519", ()), ("ecdsa", ("-b", "256")), ("rsa", ("-b", "2048")))
    }
    stranger = ssh_key(folder)
    assert stranger
    quoted = ODD.replace("'", "''")
    checkout.authorize({f"'{quoted}'": [keys["ed25519"], keys["rsa"]], "bob": [keys["ecdsa"]]})
    file = folder / "allowed_signers"
    done = checkout.keys("export", "allowed-signers", "-o", file)
    assert done.code == 0
    assert "3 keys exported" in done.err
    names = {"ed25519": "id-t-ed25519", "ecdsa": "id-t-ecdsa-b-256", "rsa": "id-t-rsa-b-2048"}
    for kind, name in names.items():
        accepted = verify(checkout, signed_commit(checkout, name), file)
        assert accepted.returncode == 0, accepted.stderr
        owner = "bob" if kind == "ecdsa" else principal(ODD)
        assert f'Good "git" signature for {owner} with '.encode() in accepted.stderr
    refused = verify(checkout, signed_commit(checkout, "id"), file)
    assert refused.returncode != 0
    assert b"No principal matched" in refused.stderr


def test_another_namespace_is_refused(checkout: Checkout) -> None:
    folder = checkout.box.folder
    checkout.authorize({"alice": [ssh_key(folder)]})
    file = folder / "allowed_signers"
    checkout.keys("export", "allowed-signers", "-o", file)
    note = checkout.file("note", b"hello")
    for namespace, good in (("git", True), ("file", False)):
        subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", folder / "id", note],
            check=True,
            capture_output=True,
        )
        done = subprocess.run(
            [
                *("ssh-keygen", "-Y", "verify", "-n", namespace, "-f", file),
                *("-I", "alice", "-s", folder / "note.sig"),
            ],
            input=b"hello",
            capture_output=True,
            check=False,
        )
        assert (done.returncode == 0) is good
        (folder / "note.sig").unlink()


def test_keys_that_cannot_count_are_left_out(checkout: Checkout) -> None:
    short = ssh_key(checkout.box.folder, "-t", "rsa", "-b", "1024")
    checkout.authorize({"alice": [short]})
    done = checkout.keys("export", "allowed-signers")
    assert (done.code, done.out) == (0, "")
    assert "RSA key of 1024 bits" in done.err


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alice", "alice"),
        ("a@b.example", "a@b.example"),
        ("a b", "a%20b"),
        ("a%20b", "a%2520b"),
        ("a,b", "a%2Cb"),
        ("!a*?", "%21a%2A%3F"),
        ('"a"', "%22a%22"),
        ("#a", "%23a"),
        ("Zoë\n", "Zo%C3%AB%0A"),
    ],
)
def test_principals(name: str, expected: str) -> None:
    assert principal(name) == expected


@given(st.text(min_size=1), st.text(min_size=1))
def test_distinct_names_stay_distinct(one: str, other: str) -> None:
    assert (principal(one) == principal(other)) is (one == other)
    assert principal(one)
    assert not set(principal(one)) & set(" ,\"'*?!#\t\n\\=")
    assert principal(one).isascii()
