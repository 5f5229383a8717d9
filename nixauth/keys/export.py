"""Keys for other programs: GnuPG's transferable public keys, OpenSSH's allowed_signers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nixauth.keys import ssh
from nixauth.model import Authorizations, Fingerprint
from nixauth.signatures import openpgp
from nixauth.signatures.openpgp import transfer

_VERSION_4 = 40
"""Digits of a fingerprint."""

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._@+")


@dataclass(frozen=True, slots=True)
class Exported:
    """What to write, how many keys are in it, and what had to be left out, a line each."""

    content: bytes
    keys: int
    left_out: tuple[str, ...] = ()


def gnupg(
    certificates: openpgp.Certificates, listed: Iterable[Fingerprint] | None, *, armor: bool = False
) -> Exported:
    """Return certificates one after the other, of `listed` keys, or all for None."""
    left_out = []
    primaries: set[Fingerprint] = set()
    if listed is None:
        for key in certificates:
            carriers = certificates.carriers(key.fingerprint)
            primaries.update(carriers)
            if not carriers:
                left_out.append(f"{key.fingerprint} stands in no certificate")
    else:
        for fingerprint in sorted(listed):
            primaries |= _standing_for(certificates, fingerprint, left_out)
    exported = []
    for primary in sorted(primaries):
        if len(primary) != _VERSION_4:
            # One of them, and GnuPG reads nothing of the whole file.
            left_out.append(f"{primary} is of version 6, which GnuPG does not read")
            continue
        certificate, without = certificates.export(primary)
        left_out += without
        if certificate:
            exported.append(certificate)
    content = b"".join(exported)
    if armor:
        content = transfer.armored_keys(content)
    return Exported(content, len(exported), tuple(left_out))


def _standing_for(
    certificates: openpgp.Certificates, fingerprint: Fingerprint, left_out: list[str]
) -> set[Fingerprint]:
    """Return the primary keys whose certificates go out for a listed key: nobody else's.

    Anybody can put any key into a certificate of his own.
    """
    carriers = certificates.carriers(fingerprint)
    claimed = certificates.claimed_primaries(fingerprint) - {fingerprint}
    for primary in sorted(claimed):
        why = certificates.binding_problem(fingerprint, primary)
        left_out.append(f"the certificate {primary} has {fingerprint} as a subkey, but {why}")
    if not carriers:
        there = certificates.get(fingerprint) is not None
        why = "stands in no certificate" if there else "is not at hand"
        left_out.append(f"{fingerprint} {why}")
    return set(carriers) - claimed


def principal(name: str) -> str:
    """Return a person's name as one principal that means only itself (ssh-keygen(1)).

    Whatever could part or widen it is written as `%` and two hexadecimal digits, and so is `%`:
    distinct names stay distinct.
    """
    return "".join(
        chr(octet) if octet in _PLAIN else f"%{octet:02X}"
        for octet in name.encode("utf-8", "surrogatepass")
    )


def allowed_signers(authorizations: Authorizations) -> Exported:
    """Return a line for every SSH key that is listed and can count."""
    lines, left_out = [], []
    for fingerprint, blob in authorizations.ssh_keys.items():
        key = ssh.from_blob(blob)
        name = authorizations.holders[fingerprint].name
        if key.fault:
            left_out.append(f"{fingerprint}: {key.fault}")
            continue
        lines.append(f'{principal(name)} namespaces="git" {key.type} {key.encoded}\n')
    return Exported("".join(lines).encode("ascii"), len(lines), tuple(left_out))
