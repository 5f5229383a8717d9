"""The keys that somebody names, by fingerprint, by file or whole, made fit for the file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nixauth import gnupg_home
from nixauth.authorizations.problems import looks_like_openpgp, openpgp_fingerprint
from nixauth.display import printable, spaced
from nixauth.errors import UsageError
from nixauth.keys import incoming, ssh
from nixauth.keys.incoming import Incoming
from nixauth.model import Fingerprint
from nixauth.signatures import openpgp
from nixauth.signatures.openpgp.check import usability_fault
from nixauth.ssh_keys import FIELDS
from nixauth.text_problems import Refused

_MAX_FILE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class GivenKey:
    """A key to list: its text as it is to stand in the file, and whose it says it is.

    `certificate` is for the keyring: what an OpenPGP key was read from, with a name for messages.
    None for SSH keys, which stand whole in the file, and where only a fingerprint was given.
    """

    fingerprint: Fingerprint
    text: str
    owner: str = ""
    certificate: tuple[str, bytes] | None = None
    left_out: tuple[str, ...] = field(default=())


def given(text: str, directory: Path, *, must_count: bool = True) -> GivenKey:
    """Read one KEY of a command line: a fingerprint, an SSH key line, or a file with one key.

    Raises UsageError for anything else, and where it `must_count` for a key that never could.
    """
    plain = text.strip()
    if looks_like_openpgp(plain) and not (directory / text).is_file():
        fingerprint = openpgp_fingerprint(plain)
        if isinstance(fingerprint, Refused):
            raise UsageError(f"{text!r}: {fingerprint.message}")
        return GivenKey(fingerprint, spaced(fingerprint))
    if plain.split(" ", 1)[0] in FIELDS or (" " in plain and ssh_like(plain)):
        return from_ssh_line(plain, must_count=must_count)
    return from_file(text, directory, must_count=must_count)


def ssh_like(text: str) -> bool:
    """Whether a text is meant as an SSH key line, good or not."""
    return text.startswith(("ssh-", "ecdsa-", "sk-"))


def from_ssh_line(line: str, *, must_count: bool = True) -> GivenKey:
    """Take an SSH key as a line has it; raises UsageError."""
    found = ssh.from_line(line)
    if isinstance(found, Refused):
        raise UsageError(f"not an SSH key that can be listed: {ssh.refusal(line)}")
    return of_ssh_key(found, must_count=must_count)


def of_ssh_key(key: ssh.SshPublicKey, *, must_count: bool = True) -> GivenKey:
    """Take an SSH key; raises UsageError where it `must_count` and cannot."""
    if key.fault and must_count:
        raise UsageError(f"no signature by {key.fingerprint} could count: {key.fault}")
    return GivenKey(key.fingerprint, key.line, key.comment)


def from_file(name: str, directory: Path, *, must_count: bool = True) -> GivenKey:
    """Read a file that holds one public key; raises UsageError."""
    found = incoming.read([(name, _read(name, directory / name))])
    keys = [*found.certificates, *found.ssh_keys]
    if len(keys) != 1:
        shown = ", ".join(keys[:5])
        raise UsageError(
            f"{name} holds {len(keys)} keys: {shown}{', …' if len(keys) > 5 else ''}",
            "Whose each of them is cannot be seen: give a file with one key.",
        )
    if found.ssh_keys:
        return of_ssh_key(next(iter(found.ssh_keys.values())), must_count=must_count)
    (certificate,) = found.certificates.values()
    content = certificate.to_bytes()
    return of_certificate(name, content, found.left_out, must_count=must_count)


def of_certificate(
    name: str, content: bytes, left_out: Sequence[str] = (), *, must_count: bool = True
) -> GivenKey:
    """Take an OpenPGP key with its certificate; raises UsageError as `of_ssh_key` does."""
    certificates = openpgp.Certificates()
    certificates.add(content)
    primary = next(key.fingerprint for key in certificates if _is_primary(certificates, key))
    faults = signing_faults(certificates, primary)
    if must_count and all(faults.values()):
        why = "; ".join(f"{key}: {fault}" for key, fault in faults.items())
        raise UsageError(f"no signature by {primary} could count: {why}")
    facts = certificates.facts(primary)
    owner = printable((facts.user_id if facts is not None else None) or b"")
    return GivenKey(primary, spaced(primary), owner, (name, content), tuple(left_out))


def _is_primary(certificates: openpgp.Certificates, key: openpgp.PublicKey) -> bool:
    return key.fingerprint in certificates.carriers(key.fingerprint)


def signing_faults(
    certificates: openpgp.Certificates, primary: Fingerprint
) -> dict[Fingerprint, str]:
    """Say for a primary key and its subkeys why each could not sign for it; empty where it can."""
    faults = {}
    for fingerprint in (primary, *certificates.subkeys(primary)):
        key = certificates.get(fingerprint)
        fault = "it is not at hand" if key is None else usability_fault(key)
        if not fault and fingerprint != primary:
            fault = certificates.binding_problem(fingerprint, primary)
        faults[fingerprint] = fault
    return faults


def from_gnupg(fingerprint: Fingerprint) -> GivenKey:
    """Take a key from the user's GnuPG home; raises UnreadableKeyringError, UsageError."""
    home = gnupg_home.home_of(os.environ)
    ((name, content),) = gnupg_home.export(home, [fingerprint])
    found = incoming.read([(name, content)])
    (certificate,) = found.certificates.values()
    return of_certificate(name, certificate.to_bytes(), found.left_out)


def for_keyring(keys: Sequence[GivenKey]) -> Incoming:
    """Return what of the keys belongs onto the keyring branch."""
    return incoming.read([key.certificate for key in keys if key.certificate is not None])


def _read(name: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE + 1)
    except FileNotFoundError:
        raise UsageError(
            f"{name!r} is no fingerprint, no SSH public key, and no file",
            "Give a whole OpenPGP fingerprint, a key file, or an SSH key line in quotes.",
        ) from None
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise UsageError(f"{name} cannot be read: {why}") from error
    if len(content) > _MAX_FILE:
        raise UsageError(f"{name} is larger than {_MAX_FILE} bytes")
    return content
