"""Which keys are at hand, who lists them, what is to be said of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nixauth.keys import ssh
from nixauth.keys.ssh import SshPublicKey
from nixauth.model import Authorizations, Fingerprint
from nixauth.signatures import openpgp
from nixauth.signatures.openpgp import transfer
from nixauth.signatures.openpgp.bindings import NOT_FOR_SIGNING
from nixauth.signatures.openpgp.check import usability_fault

KeyFile = tuple[str, bytes | str]
"""A name for messages, and the content, or why it could not be read."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key. Times are seconds since 1970; `expires` None is never; `bits` 0 says nothing.

    `person` lists this very key, or is empty. `fault` says why nothing that the key signs can
    count, or is empty.
    """

    fingerprint: Fingerprint
    algorithm: str
    bits: int
    created: int
    expires: int | None
    revoked: bool
    person: str
    fault: str


@dataclass(frozen=True, slots=True)
class SubkeyEntry:
    """A subkey; `unbound` says why it does not stand for its primary key, or is empty.

    `signs` is False where its owner means it for something else, encryption mostly.
    """

    key: KeyEntry
    unbound: str
    signs: bool


@dataclass(frozen=True, slots=True)
class CertificateEntry:
    """A certificate, merged from all its copies, and the files that hold it.

    A key that stands in no certificate has an entry of its own, without user id and subkeys.
    """

    key: KeyEntry
    user_id: bytes
    subkeys: tuple[SubkeyEntry, ...]
    files: tuple[str, ...]

    @property
    def listed(self) -> bool:
        """Whether anybody lists the primary key or a subkey."""
        return bool(self.key.person) or any(subkey.key.person for subkey in self.subkeys)


@dataclass(frozen=True, slots=True)
class SshEntry:
    """An SSH key that is listed, or kept on the keyring branch in `files`, or both."""

    key: SshPublicKey
    person: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """All keys at hand. `missing` are OpenPGP keys that are listed only, with who lists them.

    `shared` are keys in the certificates of several primary keys. `problems` are files that could
    not be read.
    """

    certificates: tuple[CertificateEntry, ...]
    ssh_keys: tuple[SshEntry, ...]
    missing: tuple[tuple[Fingerprint, str], ...]
    shared: tuple[tuple[Fingerprint, tuple[Fingerprint, ...]], ...]
    problems: tuple[str, ...]


def take(
    files: Iterable[KeyFile],
    ssh_files: Iterable[KeyFile],
    certificates: openpgp.Certificates,
    problems: Iterable[str],
    authorizations: Authorizations | None,
) -> Inventory:
    """Look at all keys. `certificates` and `problems` are what `files` gave."""
    persons = _Persons(authorizations)
    holding = _holding(files)
    entries = []
    shared = []
    missing = []
    for key in certificates:
        carriers = certificates.carriers(key.fingerprint)
        if key.fingerprint in carriers or not carriers:
            entries.append(_certificate(certificates, key, persons, holding))
        if len(carriers) > 1:
            shared.append((key.fingerprint, carriers))
    for fingerprint, person in persons.openpgp():
        if certificates.get(fingerprint) is None:
            missing.append((fingerprint, person))
    return Inventory(
        tuple(entries),
        tuple(_ssh_entries(ssh_files, persons)),
        tuple(missing),
        tuple(shared),
        tuple(problems),
    )


class _Persons:
    """Who lists a key."""

    def __init__(self, authorizations: Authorizations | None) -> None:
        self._authorizations = authorizations

    def name(self, fingerprint: Fingerprint) -> str:
        if self._authorizations is None:
            return ""
        person = self._authorizations.holders.get(fingerprint)
        return person.name if person is not None else ""

    def openpgp(self) -> Iterator[tuple[Fingerprint, str]]:
        if self._authorizations is not None:
            for fingerprint, person in self._authorizations.holders.items():
                if fingerprint not in self._authorizations.ssh_keys:
                    yield fingerprint, person.name

    def ssh(self) -> Iterator[SshPublicKey]:
        if self._authorizations is not None:
            for blob in self._authorizations.ssh_keys.values():
                yield ssh.from_blob(blob)


def _holding(files: Iterable[KeyFile]) -> dict[Fingerprint, list[str]]:
    """Return the files that hold each primary key."""
    found: dict[Fingerprint, list[str]] = {}
    for name, content in files:
        if isinstance(content, bytes):
            names = {one.fingerprint for one in transfer.read(content).certificates}
            for fingerprint in names:
                found.setdefault(fingerprint, []).append(name)
    return found


def _certificate(
    certificates: openpgp.Certificates,
    key: openpgp.PublicKey,
    persons: _Persons,
    holding: dict[Fingerprint, list[str]],
) -> CertificateEntry:
    primary = key.fingerprint
    subkeys = []
    for fingerprint in certificates.subkeys(primary):
        entry = _key(certificates, fingerprint, persons)
        unbound = certificates.binding_problem(fingerprint, primary)
        signs = unbound != NOT_FOR_SIGNING and _may_sign(certificates, fingerprint)
        subkeys.append(SubkeyEntry(entry, unbound, signs))
    facts = certificates.facts(primary)
    return CertificateEntry(
        _key(certificates, primary, persons),
        (facts.user_id if facts is not None else None) or b"",
        tuple(subkeys),
        tuple(sorted(holding.get(primary, ()))),
    )


def _may_sign(certificates: openpgp.Certificates, fingerprint: Fingerprint) -> bool:
    key = certificates.get(fingerprint)
    return key is not None and key.algorithm in openpgp.SIGNING


def _key(
    certificates: openpgp.Certificates, fingerprint: Fingerprint, persons: _Persons
) -> KeyEntry:
    key, facts = certificates.get(fingerprint), certificates.facts(fingerprint)
    assert key is not None and facts is not None  # noqa: PT018, S101 - it was named by them
    return KeyEntry(
        fingerprint,
        facts.algorithm_name,
        facts.bits,
        facts.created,
        facts.expires,
        facts.revoked,
        persons.name(fingerprint),
        usability_fault(key),
    )


def _ssh_entries(files: Iterable[KeyFile], persons: _Persons) -> Iterator[SshEntry]:
    keys: dict[Fingerprint, SshPublicKey] = {key.fingerprint: key for key in persons.ssh()}
    places: dict[Fingerprint, list[str]] = {}
    for name, content in files:
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
        for line in text.splitlines():
            key = ssh.from_line(line)
            if isinstance(key, SshPublicKey):
                keys[key.fingerprint] = key  # this one has a comment
                places.setdefault(key.fingerprint, []).append(name)
    for fingerprint in sorted(keys):
        yield SshEntry(
            keys[fingerprint],
            persons.name(fingerprint),
            tuple(sorted(places.get(fingerprint, ()))),
        )
