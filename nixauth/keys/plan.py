"""Which files of the keyring branch an import writes. Pure: files and keys in, files out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from nixauth.errors import UnreadableKeyringError
from nixauth.keys import ssh
from nixauth.keys.incoming import Incoming
from nixauth.model import Fingerprint
from nixauth.signatures import openpgp
from nixauth.signatures.openpgp import transfer
from nixauth.signatures.openpgp.transfer import Transferable


class Kind(Enum):
    """What becomes of a key."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """One key of an import: where it stands, and how many packets more it has there."""

    kind: Kind
    fingerprint: Fingerprint
    path: bytes
    owner: bytes
    packets: int = 0


@dataclass(slots=True)
class Plan:
    """The files to write, by path, and what they mean, a change for every key."""

    files: dict[bytes, bytes] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Copy:
    path: bytes
    certificate: Transferable


def plan(files: Mapping[bytes, bytes], paths: Iterable[bytes], incoming: Incoming) -> Plan:
    """Work out an import.

    `files` are the key files of the branch, by path, `paths` all of its files. A key that the
    branch has is merged into the file where it stands; what could not be read whole is left as
    it is, and so is every byte beside the merged certificate.
    """
    made = Plan()
    taken = set(paths) | set(files)
    present_files = _Files(files)
    for _, certificate in sorted(incoming.certificates.items()):
        made.changes.append(_certificate(present_files, taken, certificate))
    made.files.update(present_files.written)
    taken.update(made.files)
    present = {
        key.fingerprint: path
        for path, content in sorted(files.items())
        if path.endswith(ssh.SUFFIX.encode())
        for key in _ssh_keys(content)
    }
    for fingerprint, key in sorted(incoming.ssh_keys.items()):
        path = present.get(fingerprint)
        kind = Kind.UNCHANGED if path is not None else Kind.ADDED
        if path is None:
            path = _free(taken, key.file_name)
            made.files[path] = f"{key.line}\n".encode()
        made.changes.append(Change(kind, fingerprint, path, key.comment.encode()))
    return made


class _Files:
    """The key files as they will be, each taken apart once."""

    def __init__(self, files: Mapping[bytes, bytes]) -> None:
        self.written: dict[bytes, bytes] = {}
        self.content = dict(files)
        self._held = {path: self._read(path) for path in sorted(files)}

    def _read(self, path: bytes) -> list[Transferable]:
        if path.endswith(ssh.SUFFIX.encode()):
            return []
        return transfer.read(self.content[path]).certificates

    def copies(self, fingerprint: Fingerprint) -> Iterator[_Copy]:
        for path, certificates in self._held.items():
            for certificate in certificates:
                if certificate.fingerprint == fingerprint:
                    yield _Copy(path, certificate)

    def write(self, path: bytes, content: bytes) -> None:
        self.content[path] = self.written[path] = content
        self._held[path] = self._read(path)


def _certificate(files: _Files, taken: set[bytes], certificate: Transferable) -> Change:
    fingerprint = certificate.fingerprint
    copies = list(files.copies(fingerprint))
    held = {atom for copy in copies for atom in copy.certificate.atoms()}
    lacking = sum(atom not in held for atom in certificate.atoms())
    if not lacking:
        return Change(Kind.UNCHANGED, fingerprint, copies[0].path, certificate.user_id)
    for copy in copies:
        content = files.content[copy.path]
        if is_whole(content):
            path = copy.path
            joined = transfer.merged(copy.certificate, certificate)
            files.write(path, transfer.put(content, joined))
            break
    else:
        path = _free(taken, f"{fingerprint}.key")
        files.write(path, transfer.armored_keys(certificate.to_bytes()))
    kind = Kind.UPDATED if copies else Kind.ADDED
    return Change(kind, fingerprint, path, certificate.user_id, lacking)


def is_whole(content: bytes) -> bool:
    """Say whether a file was understood to its end, so that it may be written anew."""
    found = transfer.read(content)
    return not (found.problems or found.secret or openpgp.Certificates().add(content))


def _ssh_keys(content: bytes) -> Iterator[ssh.SshPublicKey]:
    for line in content.decode("utf-8", "replace").splitlines():
        key = ssh.from_line(line) if line.strip() else None
        if isinstance(key, ssh.SshPublicKey):
            yield key


def _free(taken: set[bytes], name: str) -> bytes:
    """Return the name, or one like it that is not taken."""
    stem, dot, suffix = name.rpartition(".")
    candidate, number = name.encode(), 1
    while any(path == candidate or path.startswith(candidate + b"/") for path in taken):
        number += 1
        candidate = f"{stem}-{number}{dot}{suffix}".encode()
    return candidate


def check_written(before: Mapping[bytes, bytes], made: Plan, incoming: Incoming) -> None:
    """Read what was written with the reader that verification uses.

    `made.files` are as they came back from the repository. Every file has to be read without a
    problem, name the keys that it was written for, and hold all that was there and all that came.
    Raises UnreadableKeyringError otherwise.
    """
    for path, content in made.files.items():
        if path.endswith(ssh.SUFFIX.encode()):
            continue
        problems = openpgp.Certificates().add(content)
        lost = set(_atoms(before.get(path, b""))) - set(_atoms(content))
        if problems or lost:
            _unreadable(path, problems[0] if problems else "something of it would be lost")
    after = {**before, **made.files}
    held = {atom for content in after.values() for atom in _atoms(content)}
    for change in made.changes:
        if change.fingerprint in incoming.ssh_keys:
            found = {key.fingerprint for key in _ssh_keys(after[change.path])}
        else:
            found = _by_our_reader(after[change.path], change.fingerprint)
            certificate = incoming.certificates[change.fingerprint]
            if not {(change.fingerprint, atom) for atom in certificate.atoms()} <= held:
                _unreadable(change.path, "something of what came would be lost")
        if change.fingerprint not in found:
            _unreadable(change.path, f"it does not give {change.fingerprint}")


def _by_our_reader(content: bytes, fingerprint: Fingerprint) -> set[Fingerprint]:
    certificates = openpgp.Certificates()
    certificates.add(content)
    return {fingerprint} if fingerprint in certificates.carriers(fingerprint) else set()


def _atoms(content: bytes) -> Iterator[tuple[Fingerprint, transfer.Atom]]:
    for certificate in transfer.read(content).certificates:
        for atom in certificate.atoms():
            yield certificate.fingerprint, atom


def _unreadable(path: bytes, why: str) -> None:
    raise UnreadableKeyringError(
        f"the file {path.decode('utf-8', 'backslashreplace')} that was to be written is no good:"
        f" {why}; the branch was left as it is",
        "This is a defect in nixauth: report it, please, with the key.",
    )
