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
from nixauth.signatures.openpgp.transfer import Transfer, Transferable


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

    `files` are the key files of the branch, by path, `paths` whatever it has. A key that the
    branch has is merged into the file where it stands; what could not be read whole is left as
    it is, and so is every byte beside the merged certificate.
    """
    made = Plan()
    # New files are made at the top alone.
    taken = {path.partition(b"/")[0] for path in (*paths, *files)}
    present_files = _Files(files)
    for _, certificate in sorted(incoming.certificates.items()):
        made.changes.append(_certificate(present_files, taken, certificate))
    made.files.update(present_files.written())
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
    """The key files, each taken apart once, and what is to be in them."""

    def __init__(self, files: Mapping[bytes, bytes]) -> None:
        self._files = files
        self._new: dict[bytes, bytes] = {}
        self._joined: dict[bytes, list[Transferable]] = {}
        self._copies: dict[Fingerprint, list[_Copy]] = {}
        self._whole: dict[bytes, bool] = {}
        self._read: dict[bytes, Transfer] = {}
        for path in sorted(files):
            if not path.endswith(ssh.SUFFIX.encode()):
                self._read[path] = found = transfer.read(files[path])
                for certificate in found.certificates:
                    copy = _Copy(path, certificate)
                    self._copies.setdefault(certificate.fingerprint, []).append(copy)

    def copies(self, fingerprint: Fingerprint) -> list[_Copy]:
        return self._copies.get(fingerprint, [])

    def is_whole(self, path: bytes) -> bool:
        """Say whether a file was understood to its end, so that it may be written anew."""
        if path not in self._whole:
            found = self._read[path]
            self._whole[path] = not (
                found.problems
                or found.secret
                or found.left_out
                or openpgp.Certificates().add(self._files[path])
            )
        return self._whole[path]

    def join(self, copy: _Copy, certificate: Transferable) -> None:
        joined = transfer.merged(copy.certificate, certificate)
        self._joined.setdefault(copy.path, []).append(joined)

    def make(self, path: bytes, certificate: Transferable) -> None:
        self._new[path] = transfer.armored_keys(certificate.to_bytes())

    def written(self) -> dict[bytes, bytes]:
        """Return the files that change, and the new ones."""
        changed = {
            path: transfer.put(self._files[path], *joined) for path, joined in self._joined.items()
        }
        return {**changed, **self._new}


def _certificate(files: _Files, taken: set[bytes], certificate: Transferable) -> Change:
    fingerprint = certificate.fingerprint
    copies = files.copies(fingerprint)
    held = {atom for copy in copies for atom in copy.certificate.atoms()}
    lacking = sum(atom not in held for atom in certificate.atoms())
    if not lacking:
        return Change(Kind.UNCHANGED, fingerprint, copies[0].path, certificate.user_id)
    for copy in copies:
        if files.is_whole(copy.path):
            path = copy.path
            files.join(copy, certificate)
            break
    else:
        path = _free(taken, f"{fingerprint}.key")
        files.make(path, certificate)
    kind = Kind.UPDATED if copies else Kind.ADDED
    return Change(kind, fingerprint, path, certificate.user_id, lacking)


def _ssh_keys(content: bytes) -> Iterator[ssh.SshPublicKey]:
    for line in content.decode("utf-8", "replace").splitlines():
        key = ssh.from_line(line) if line.strip() else None
        if isinstance(key, ssh.SshPublicKey):
            yield key


def _free(taken: set[bytes], name: str) -> bytes:
    """Return the name, or one like it that is not taken, and take it."""
    stem, dot, suffix = name.rpartition(".")
    candidate, number = name.encode(), 1
    while candidate in taken:
        number += 1
        candidate = f"{stem}-{number}{dot}{suffix}".encode()
    taken.add(candidate)
    return candidate


def check_written(before: Mapping[bytes, bytes], made: Plan, incoming: Incoming) -> None:
    """Read what was written with the reader that verification uses, each file once.

    `made.files` are as they came back from the repository. Every file has to be read without a
    problem, name the keys that it was written for, and hold all that was there and all that came.
    Raises UnreadableKeyringError otherwise.
    """
    changes: dict[bytes, list[Change]] = {path: [] for path in made.files}
    for change in made.changes:
        if change.kind is not Kind.UNCHANGED:
            changes[change.path].append(change)
    for path, content in made.files.items():
        if path.endswith(ssh.SUFFIX.encode()):
            found = {key.fingerprint for key in _ssh_keys(content)}
        else:
            found = _check_certificates(path, before.get(path), content, changes[path], incoming)
        for change in changes[path]:
            if change.fingerprint not in found:
                _unreadable(path, f"it does not give {change.fingerprint}")


def _check_certificates(
    path: bytes, before: bytes | None, content: bytes, changes: list[Change], incoming: Incoming
) -> set[Fingerprint]:
    """Check a file of certificates; return the primary keys that verification finds in it."""
    certificates = openpgp.Certificates()
    problems = certificates.add(content)
    held = set(_atoms(content))
    lost = set(_atoms(before)) - held if before is not None else set()
    if problems or lost:
        _unreadable(path, problems[0] if problems else "something of it would be lost")
    for change in changes:
        fingerprint = change.fingerprint
        came = incoming.certificates[fingerprint]
        if not {(fingerprint, atom) for atom in came.atoms()} <= held:
            _unreadable(path, "something of what came would be lost")
    return {
        change.fingerprint
        for change in changes
        if change.fingerprint in certificates.carriers(change.fingerprint)
    }


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
