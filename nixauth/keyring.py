"""Public keys, looked up by fingerprint only. Nothing in here is trusted by being here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from nixauth.errors import UndecidedError, UnreadableKeyringError
from nixauth.history.repository import Repository
from nixauth.history.tree import walk_entries
from nixauth.key_summaries import KeySummaries, KeySummary, Remembered
from nixauth.model import Fingerprint, ObjectId, is_ssh
from nixauth.rule import Signer
from nixauth.signatures import openpgp

DEFAULT_REFS = ("refs/heads/keyring", "refs/remotes/origin/keyring")
SUFFIXES = (".key", ".asc", ".gpg", ".pgp")
_MAX_FILE = 64 * 1024 * 1024

KeyFile: TypeAlias = tuple[str, bytes | str]
"""A name for messages, and the content, or why it could not be read."""


class Keyring:
    """The keys of one run; the sources are read when the first key is asked for."""

    def __init__(
        self, load: Callable[[], Iterable[KeyFile]], summaries: KeySummaries | None = None
    ) -> None:
        self._load = load
        self._summaries = summaries
        self._files: list[KeyFile] | None = None
        self._certificates: openpgp.Certificates | None = None
        self._signers: dict[Fingerprint, Signer] = {}
        self._found: dict[tuple[openpgp.Issuer, ...], list[openpgp.PublicKey]] = {}
        self._known: Remembered | None = None
        self._digest = b""
        self._learned = False
        self._problems: list[str] = []

    @classmethod
    def from_files(cls, files: Sequence[KeyFile]) -> Keyring:
        """Make a keyring of certificates, armored or binary, several a file if need be."""
        return cls(lambda: files)

    def __reduce__(self) -> tuple[object, ...]:
        # To another process go the files, for that may not see where they came from.
        return Keyring.from_files, (self._read_files(),)

    def _read_files(self) -> list[KeyFile]:
        if self._files is None:
            self._files = list(self._load())
        return self._files

    @property
    def files(self) -> Sequence[KeyFile]:
        """What the keyring was read from; raises UnreadableKeyringError."""
        return self._read_files()

    @property
    def certificates(self) -> openpgp.Certificates:
        """The certificates, merged; raises UnreadableKeyringError where a source is not there."""
        if self._certificates is None:
            self._certificates, self._problems = self._read()
        return self._certificates

    def _read(self) -> tuple[openpgp.Certificates, list[str]]:
        certificates = openpgp.Certificates()
        problems: list[str] = []
        for name, content in self._read_files():
            found = [content] if isinstance(content, str) else certificates.add(content)
            problems.extend(f"{name}: {why}" for why in found)
        return certificates, problems

    def find(self, issuers: tuple[openpgp.Issuer, ...]) -> list[openpgp.PublicKey]:
        """Return the keys that a signature may be made by."""
        known = self._found.get(issuers)
        if known is None:
            found = {key.fingerprint: key for one in issuers for key in self.certificates.find(one)}
            known = [found[key] for key in sorted(found)]
            if known:  # names of keys that nobody has are without number
                self._found[issuers] = known
        return known

    def signer(self, key: Fingerprint) -> Signer:
        """Say which primary keys a key stands for, and for which it does not and claims to."""
        if is_ssh(key):
            return Signer(key)
        signer = self._signers.get(key)
        if signer is None:
            certificates = self.certificates
            claimed = sorted(certificates.claimed_primaries(key))
            signer = self._signers[key] = Signer(
                key,
                frozenset(certificates.bound_primaries(key)),
                {primary: certificates.binding_problem(key, primary) for primary in claimed},
            )
        return signer

    # --- what reports say of keys, from memory where it is there ---

    def _remembered(self) -> Remembered:
        if self._known is None:
            if self._summaries is not None:
                self._digest = _digest(self._read_files())
                self._known = self._summaries.load(self._digest)
            if self._known is None:
                _ = self.certificates
                self._known = Remembered(self._problems, {})
                self._learned = True
        return self._known

    @property
    def problems(self) -> list[str]:
        """What could not be read, a line each, naming the file."""
        return self._remembered().problems

    def summary(self, key: Fingerprint) -> KeySummary | None:
        """Return what is to be said of a key, None where the keyring lacks it."""
        known = self._remembered().keys
        if key not in known:
            known[key] = self._summary(key)
            self._learned = True
        return known[key]

    def primaries(self, key: Fingerprint) -> tuple[Fingerprint, ...] | None:
        """Return the primary keys that a key is bound to, from memory; None where it is missing.

        An SSH key is in every signature that it made, and stands for itself.
        """
        if is_ssh(key):
            return ()
        summary = self.summary(key)
        return summary.primaries if summary is not None else None

    def has(self, key: Fingerprint) -> bool:
        """Say whether a key is at hand; reads the certificates where that has to be seen."""
        return is_ssh(key) or self.certificates.get(key) is not None

    def _summary(self, key: Fingerprint) -> KeySummary | None:
        facts = self.certificates.facts(key)
        if facts is None:
            return None
        primaries = tuple(sorted(self.signer(key).primaries))
        return KeySummary(primaries, facts.expires, facts.revoked, facts.bits, facts.algorithm_name)

    def remember(self) -> None:
        """Keep what was learned of the keys for the next run."""
        if self._learned and self._known is not None and self._summaries is not None:
            self._summaries.save(self._digest, self._known)


def _digest(files: Iterable[KeyFile]) -> bytes:
    """Return a SHA-256 that depends on all that a keyring holds, and on its files' names."""
    total = hashlib.sha256()
    for name, content in files:
        data = content.encode() if isinstance(content, str) else content
        part = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
        kind = b"!" if isinstance(content, str) else b"="
        total.update(part + kind + hashlib.sha256(data).digest())
    return total.digest()


def open_keyring(
    repository: Repository | None, sources: Sequence[str], summaries: KeySummaries | None = None
) -> Keyring:
    """Make a keyring of refs (`refs/…`), directories and files; of the default refs for none."""

    def load() -> Iterator[KeyFile]:
        if not sources and repository is not None:
            for name in DEFAULT_REFS:
                commit = repository.reference(name)
                if commit is not None:
                    yield from _files_of_commit(repository, name, commit)
        for source in sources:
            yield from _files_of_source(repository, source)

    return Keyring(load, summaries)


def _files_of_source(repository: Repository | None, source: str) -> Iterable[KeyFile]:
    if source.startswith("refs/"):
        commit = repository.reference(source) if repository is not None else None
        if repository is None or commit is None:
            raise UnreadableKeyringError(
                f"the keyring ref {source} does not exist",
                "git for-each-ref lists the refs that do.",
            )
        return _files_of_commit(repository, source, commit)
    path = Path(source)
    try:
        if path.is_dir():
            files = sorted(path.rglob("*"))
            return [_read(file) for file in files if file.name.endswith(SUFFIXES)]
        path.open("rb").close()
    except OSError as error:
        raise UnreadableKeyringError(
            f"the keyring {source} cannot be read: {error.strerror or error}",
            "A keyring is a file, a directory with *.key, *.asc, *.gpg or *.pgp files,"
            " or a ref by its full name (refs/heads/keyring).",
        ) from error
    return [_read(path)]


def _read(path: Path) -> KeyFile:
    try:
        if path.stat().st_size > _MAX_FILE:
            return str(path), f"larger than {_MAX_FILE} bytes"
        return str(path), path.read_bytes()
    except OSError as error:
        return str(path), f"cannot be read: {error.strerror or error}"


def _files_of_commit(repository: Repository, name: str, commit: ObjectId) -> Iterable[KeyFile]:
    """Read every key file anywhere in a commit's tree."""
    suffixes = tuple(suffix.encode() for suffix in SUFFIXES)
    try:
        tree = bytes.fromhex(repository.commit(commit)[5:45].decode("ascii"))
        found = [
            (f"{name}:{path.decode('utf-8', 'backslashreplace')}", blob)
            for path, blob in walk_entries(repository, ObjectId(tree))
            if path.endswith(suffixes)
        ]
    except UndecidedError as error:
        raise UnreadableKeyringError(f"the keyring {name}: {error.message}", error.hint) from error
    return [(path, _blob(repository, blob)) for path, blob in found]


def _blob(repository: Repository, blob: ObjectId) -> bytes | str:
    try:
        return repository.blob(blob)
    except UndecidedError as error:
        return error.message
