"""What is in the files that somebody wants to import. Pure: bytes in, keys out, or a refusal.

One fault refuses everything: half an import is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from nixauth.errors import UsageError
from nixauth.keys import ssh
from nixauth.keys.ssh import SshPublicKey
from nixauth.model import Fingerprint
from nixauth.signatures.openpgp import transfer
from nixauth.signatures.openpgp.transfer import Transferable
from nixauth.text_problems import Refused

_PRIVATE = re.compile(
    rb"---- ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|^PuTTY-User-Key-File|AGE-(?:SECRET-KEY|PLUGIN)-",
    re.MULTILINE | re.IGNORECASE,
)
_GNUPG_PRIVATE = re.compile(
    rb"^(?:Key: )?\((?:\d+:)?(?:protected-|shadowed-)?private-key", re.MULTILINE
)
_REVOCATION = "A revocation certificate goes into GnuPG first; then import the key from there."
_AGAIN = "Export the key again from where it came."


@dataclass(slots=True)
class Incoming:
    """Keys to import, by fingerprint, and what was left out of files, a line each."""

    certificates: dict[Fingerprint, Transferable] = field(default_factory=dict)
    ssh_keys: dict[Fingerprint, SshPublicKey] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def read(sources: Iterable[tuple[str, bytes]]) -> Incoming:
    """Read files (a name for messages, and the content); raises UsageError.

    A secret key anywhere, damage, or a line that is no key refuses the whole.
    """
    incoming = Incoming()
    for name, data in sources:
        _refuse_private(name, data)
        if data[:1] >= b"\x80" or b"-----BEGIN PGP " in data:
            _read_certificates(incoming, name, data)
        else:
            _read_lines(incoming, name, data)
    return incoming


def _refuse_private(name: str, data: bytes) -> None:
    if _PRIVATE.search(data) or _GNUPG_PRIVATE.search(data):
        _secret(name)


def _secret(name: str) -> None:
    raise UsageError(
        f"{name} holds a secret key; nothing was imported",
        "A keyring is public. Give the public key alone: gpg --export FINGERPRINT, or for SSH the"
        " file that ends in .pub",
    )


def _read_certificates(incoming: Incoming, name: str, data: bytes) -> None:
    found = transfer.read(data)
    if found.secret:
        _secret(name)
    if found.foreign:
        raise UsageError(
            f"{name} holds a packet of type {found.foreign[0]}, which has no place in a public key;"
            " nothing was imported",
            _AGAIN,
        )
    if found.problems:
        raise UsageError(
            f"{name} is damaged: {found.problems[0]}; nothing was imported",
            _REVOCATION if found.stray else _AGAIN,
        )
    if found.damaged:
        raise UsageError(f"{name}: {found.damaged[0]}; nothing was imported", _AGAIN)
    incoming.left_out += [f"{name}: {what}" for what in found.left_out]
    if not found.certificates:
        raise UsageError(
            f"{name} holds no OpenPGP key that is read",
            _REVOCATION if not found.left_out else found.left_out[0],
        )
    copies: dict[Fingerprint, list[Transferable]] = {
        fingerprint: [held] for fingerprint, held in incoming.certificates.items()
    }
    for certificate in found.certificates:
        copies.setdefault(certificate.fingerprint, []).append(certificate)
    for fingerprint, (first, *others) in copies.items():
        incoming.certificates[fingerprint] = transfer.merged(first, *others) if others else first


def _read_lines(incoming: Incoming, name: str, data: bytes) -> None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{name} is neither an OpenPGP key nor SSH public keys") from None
    read_any = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key = ssh.from_line(line)
        if isinstance(key, Refused):
            raise UsageError(f"{name}, line {number}: {ssh.refusal(line)}; nothing was imported")
        incoming.ssh_keys.setdefault(key.fingerprint, key)
        read_any = True
    if not read_any:
        raise UsageError(f"{name} holds no key")
