"""Which signer is the person's own key."""

from __future__ import annotations

from pathlib import Path

import pytest

from nixauth.keys.ssh import SshPublicKey, from_line
from nixauth.model import Fingerprint
from nixauth.rule import Signer
from nixauth.user_key import UserKey
from tests.support import ssh_signers

V4, OTHER = Fingerprint("0123456789ABCDEF0123456789ABCDEF01234567"), Fingerprint("F" * 40)
V6 = Fingerprint("FEDCBA9876543210" + "0123456789ABCDEF" * 3)
SSH = Fingerprint("SHA256:" + "A" * 43)


def own(setting: str, signer: Signer, form: str = "openpgp") -> Fingerprint | None:
    return UserKey(form, setting, Path("/nonexistent")).names(signer)


@pytest.mark.parametrize(
    ("setting", "signer", "expected"),
    [
        (V4, Signer(V4), V4),
        (V4[-16:], Signer(V4), V4),
        (V4[:16], Signer(V4), None),
        (V4[-8:], Signer(V4), None),
        (V4[-15:], Signer(V4), None),
        ("", Signer(V4), None),
        (OTHER, Signer(V4), None),
        (V6, Signer(V6), V6),
        (V6[:16], Signer(V6), V6),
        (V6[-16:], Signer(V6), None),
        (OTHER, Signer(V4, frozenset({OTHER})), OTHER),
        (V4, Signer(V4, frozenset({OTHER})), OTHER),
        (V4, Signer(V4, frozenset({OTHER, V6})), V4),
        (V4, Signer(V4, frozenset(), {OTHER: "not bound"}), V4),
        (OTHER, Signer(V4, frozenset(), {OTHER: "not bound"}), None),
        (SSH, Signer(SSH), None),
    ],
)
def test_openpgp(setting: str, signer: Signer, expected: Fingerprint | None) -> None:
    assert own(setting, signer) == expected


@pytest.mark.parametrize("form", ["x509", "ssh", "OpenPGP", ""])
def test_other_formats_name_no_openpgp_key(form: str) -> None:
    assert own(V4, Signer(V4), form) is None


@pytest.mark.parametrize("setting", ["", "/nonexistent/x", "ssh-ed25519 AAAA", "key::", "a\udcff"])
def test_ssh_settings_that_name_no_key(setting: str) -> None:
    assert own(setting, Signer(SSH), "ssh") is None


def test_no_setting_names_no_file_beside_the_work_tree(tmp_path: Path) -> None:
    """Else whoever can put a file there would choose the key."""
    top = tmp_path / "top"
    top.mkdir()
    signer = ssh_signers.signer("somebody@ssh")
    assert signer is not None
    line = signer.line
    beside = tmp_path / "top.pub"
    beside.write_text(line)
    found = from_line(line)
    assert isinstance(found, SshPublicKey)
    assert UserKey("ssh", str(beside), top).names(Signer(found.fingerprint)) == found.fingerprint
    assert UserKey("ssh", "", top).names(Signer(found.fingerprint)) is None
