"""GnuPG's own keyring, only read.

gpg never sees the person's home: it would make files there, take locks, check the trustdb, move
old secret keys. It gets a copy of the public keyring in a directory of its own that is gone
afterwards, starts no agent, and is asked for nothing but an export of public keys.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nixauth.errors import UnreadableKeyringError
from nixauth.model import Fingerprint

_OPTIONS = (
    "--no-options",
    "--no-autostart",
    "--no-auto-check-trustdb",
    "--no-random-seed-file",
    "--lock-never",
)
_FOR_OPENPGP = 0x02
"""A flag of keyboxes; without it gpgsm made the file, and gpg goes by an older keyring."""
_EXPORT_FIRST = "Or export the key yourself, gpg --export FINGERPRINT > FILE, and import the file."


def home_of(environment: Mapping[str, str]) -> Path:
    """Return where GnuPG keeps its files, as it finds out itself."""
    named = environment.get("GNUPGHOME")
    return Path(named) if named else Path(environment.get("HOME") or "/") / ".gnupg"


@dataclass(frozen=True, slots=True)
class Owned:
    """A primary key in somebody's keyring, and its user ids; whatever somebody wrote."""

    fingerprint: Fingerprint
    user_ids: tuple[str, ...]


def find(home: Path, name: str) -> list[Owned]:
    """Return the keys that gpg takes a name for: a key id, a fingerprint, a user id, an address.

    Raises UnreadableKeyringError as `export` does, but for a name that no key has.
    """
    _require_gpg()
    if not name or name.startswith("-"):
        return []
    kind, content = _public_keyring(home)
    with tempfile.TemporaryDirectory(prefix="nixauth-") as directory:
        (Path(directory) / kind).write_bytes(content)
        try:
            listed = _gpg(Path(directory)).list_keys(keys=[name])
            return [Owned(Fingerprint(one["fingerprint"]), tuple(one["uids"])) for one in listed]
        except (OSError, ValueError, KeyError) as error:
            raise UnreadableKeyringError(f"gpg failed: {error}", _EXPORT_FIRST) from error


def export(home: Path, fingerprints: Sequence[Fingerprint]) -> list[tuple[str, bytes]]:
    """Return the public keys of these fingerprints, a name for messages with each; binary.

    Raises UnreadableKeyringError where gpg is not installed, the home is missing, locked or
    damaged, or a key is not there. Nothing in `home` is changed.
    """
    _require_gpg()
    name, content = _public_keyring(home)
    with tempfile.TemporaryDirectory(prefix="nixauth-") as directory:
        (Path(directory) / name).write_bytes(content)
        return [(f"GnuPG's {key}", _export(Path(directory), home, key)) for key in fingerprints]


def _require_gpg() -> None:
    if shutil.which("gpg") is None:
        raise UnreadableKeyringError(
            "gpg is not installed", "Install the package gnupg (Debian and Nix call it so)."
        )


def _gpg(directory: Path) -> Any:
    import gnupg  # noqa: PLC0415 - only who asks for GnuPG's keys pays for it

    return gnupg.GPG(gnupghome=str(directory), options=list(_OPTIONS))


def _public_keyring(home: Path) -> tuple[str, bytes]:
    """Return the name and content of the public keyring."""
    if not home.is_dir():
        raise UnreadableKeyringError(
            f"there is no GnuPG home at {home}",
            "GNUPGHOME names another; gpg --list-keys shows it.",
        )
    if (home / "public-keys.d" / "pubring.db").exists():
        raise UnreadableKeyringError(
            f"GnuPG keeps the keys of {home} in its keyboxd, which is not asked here", _EXPORT_FIRST
        )
    for name, fault in (("pubring.kbx", _keybox_fault), ("pubring.gpg", _keyring_fault)):
        file = home / name
        if file.exists():
            _refuse_locked(file)
            try:
                content = file.read_bytes()
            except OSError as error:
                raise UnreadableKeyringError(
                    f"{file} cannot be read: {error.strerror}", _EXPORT_FIRST
                ) from error
            why = fault(content)
            if why:
                raise UnreadableKeyringError(f"{file} is damaged: {why}", _EXPORT_FIRST)
            gpgsms = name == "pubring.kbx" and not content[7] & _FOR_OPENPGP
            if gpgsms and (home / "pubring.gpg").exists():
                continue
            return name, content
    raise UnreadableKeyringError(f"there is no public keyring in {home}", _EXPORT_FIRST)


def _refuse_locked(file: Path) -> None:
    lock = file.with_name(f"{file.name}.lock")
    if os.path.lexists(lock):
        raise UnreadableKeyringError(
            f"{file} is locked ({lock} is there): GnuPG is at work on it",
            "Wait until it is done. If no gpg is running, it forgot the lock: remove that file.",
        )


def _keybox_fault(content: bytes) -> str:
    """Walk the blobs of a keybox: each begins with its length (GnuPG, kbx/keybox-blob.c)."""
    if content[8:12] != b"KBXf":
        return "it does not begin as a keybox does"
    position = 0
    while position < len(content):
        size = int.from_bytes(content[position : position + 4], "big")
        if size < 5 or position + size > len(content):
            return f"cut off, or of a wrong length, at octet {position}"
        position += size
    return ""


def _keyring_fault(content: bytes) -> str:
    return "" if not content or content[0] & 0x80 else "it does not begin with a packet"


def _export(directory: Path, home: Path, fingerprint: Fingerprint) -> bytes:
    try:
        exported = bytes(_gpg(directory).export_keys(fingerprint, armor=False))
    except (OSError, ValueError) as error:
        raise UnreadableKeyringError(f"gpg failed: {error}", _EXPORT_FIRST) from error
    if not exported:
        raise UnreadableKeyringError(
            f"GnuPG's keyring in {home} does not give {fingerprint}",
            "gpg --list-keys --with-subkey-fingerprint shows what is there.",
        )
    return exported
