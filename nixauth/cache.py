"""Commits found trusted, on disk: a SQLite database for each scope.

The store is never the reason for a failure: whatever is wrong with it, the run goes on without.
Each row carries a checksum over itself, so that damage which SQLite does not notice makes a row
unknown rather than wrong.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from nixauth.findings import Finding, MemoryStore, Scope, Store
from nixauth.model import Fingerprint, ObjectId

LAYOUT = 1
"""The version of the tables, kept in SQLite's `user_version`."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS scope (text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signers (
    id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, primaries TEXT NOT NULL,
    person TEXT NOT NULL, service INTEGER NOT NULL,
    UNIQUE (fingerprint, primaries, person, service));
CREATE TABLE IF NOT EXISTS commits (
    id BLOB PRIMARY KEY, signer INTEGER NOT NULL, finding BLOB NOT NULL) WITHOUT ROWID;
"""
_TABLES = {
    sql.split("(")[0].split()[-1]: "".join(sql.replace("IF NOT EXISTS ", "").split())
    for sql in _SCHEMA.split(";")
    if sql.strip()
}
"""Each table's name, and its definition without blanks."""
_CHECK = 8
_LOCK_SECONDS = 10.0

_Signer: TypeAlias = tuple[str, str, str, bool]
"""Fingerprint, primaries (with spaces between), person, service: a row of `signers`."""

__all__ = ["Cache", "DiskStore", "MemoryStore", "cache_directory"]


def cache_directory() -> Path | None:
    """Return the directory of the stores; None where the environment names no place for one."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):  # the XDG specification has relative paths ignored
        home = os.environ.get("HOME", "")
        if not home.startswith("/"):
            return None
        base = str(Path(home) / ".cache")
    return Path(base) / "nixauth"


class Cache:
    """The stores below one directory. `problems` says what was set aside, a line each."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.problems: list[str] = []

    def path(self, scope: Scope) -> Path:
        """Return where the store of a scope is."""
        return self.directory / f"{scope.digest().hex()[:40]}.sqlite"

    def open(self, scope: Scope) -> Store:
        """See `Stores.open`."""
        store = DiskStore(self.path(scope), scope, self.problems)
        store.connect()
        return store


class DiskStore:
    """One scope's findings in a file."""

    def __init__(self, path: Path, scope: Scope, problems: list[str]) -> None:
        self._path = path
        self._scope = scope
        self._salt = scope.digest()
        self._problems = problems
        self._database: sqlite3.Connection | None = None
        self._writable = True
        self._started_empty = False
        """Nothing was there, and what this run adds it does not ask for."""
        self._ids: dict[_Signer, int] = {}
        self._signers: dict[int, _Signer] = {}

    def connect(self) -> None:
        """Open or make the file; on any trouble, note the problem and know nothing."""
        try:
            _own_directory(self._path.parent)
            reason = _unfit(self._path)
            if not reason or self._set_aside(reason):
                self._database = self._open()
        except _AnotherLayoutError as error:
            self._start_again(f"it is of another version ({error})")
        except sqlite3.OperationalError as error:
            self._give_up(str(error))
        except sqlite3.DatabaseError as error:
            self._start_again(str(error))
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _open(self) -> sqlite3.Connection:
        if self._path.exists():
            self._writable = os.access(self._path, os.W_OK) and os.access(
                self._path.parent, os.W_OK
            )
        else:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        mode = "rw" if self._writable else "ro"
        uri = f"{self._path.absolute().as_uri()}?mode={mode}"
        database = sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS, isolation_level=None)
        try:
            self._prepare(database)
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self, database: sqlite3.Connection) -> None:
        # A killed process loses nothing without fsync; after a power cut the checksums judge.
        database.execute("PRAGMA synchronous = OFF")
        layout = database.execute("PRAGMA user_version").fetchone()[0]
        if layout == 0 and self._writable:
            database.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA.split(";"):
                database.execute(statement)
            if database.execute("SELECT count(*) FROM scope").fetchone()[0] == 0:
                database.execute("INSERT INTO scope VALUES (?)", (self._scope.text(),))
            database.execute(f"PRAGMA user_version = {LAYOUT}")
            database.execute("COMMIT")
            self._started_empty = True
        elif layout != LAYOUT:
            raise _AnotherLayoutError(layout)
        tables = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        if {sql.split("(")[0].split()[-1]: "".join(sql.split()) for (sql,) in tables} != _TABLES:
            raise _AnotherLayoutError("its tables are others")
        if database.execute("SELECT text FROM scope").fetchall() != [(self._scope.text(),)]:
            raise _AnotherLayoutError("of another scope")

    def get(self, commit: ObjectId) -> Finding | None:
        """See `Store.get`."""
        if self._database is None or self._started_empty:
            return None
        try:
            row = self._database.execute(
                "SELECT signer, finding FROM commits WHERE id = ?", (commit,)
            ).fetchone()
            return self._finding(commit, row[0], row[1]) if row else None
        except sqlite3.Error as error:
            self._lose(error)
            return None

    def put(self, findings: Iterable[tuple[ObjectId, Finding]]) -> None:
        """See `Store.put`. All of them are written in one transaction, or none."""
        if self._database is None or not self._writable:
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            rows = [self._row(commit, finding) for commit, finding in findings]
            self._database.executemany("INSERT OR REPLACE INTO commits VALUES (?, ?, ?)", rows)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self._lose(error)
        except BaseException:  # interrupted: what is not whole is not kept
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            self._ids.clear()
            raise

    def signers(self) -> Iterable[tuple[Fingerprint, tuple[Fingerprint, ...]]]:
        """See `Store.signers`."""
        if self._database is None:
            return []
        try:
            rows = self._database.execute("SELECT DISTINCT fingerprint, primaries FROM signers")
            return [(Fingerprint(str(row[0])), _split(str(row[1]))) for row in rows]
        except sqlite3.Error as error:
            self._lose(error)
            return []

    def _row(self, commit: ObjectId, finding: Finding) -> tuple[bytes, int, bytes]:
        known = self.get(commit)
        finding = known.joined(finding) if known else finding
        signer = _signer_of(finding)
        return commit, self._signer_id(signer), self._pack(commit, finding)

    def _pack(self, commit: ObjectId, finding: Finding) -> bytes:
        mask = sum(1 << position for position in finding.admitted_by)
        body = bytes([finding.line]) + mask.to_bytes((mask.bit_length() + 7) // 8, "little")
        signer = _signer_of(finding)
        return self._check(commit, signer, body) + body

    def _check(self, commit: bytes, signer: _Signer, body: bytes) -> bytes:
        checked = hashlib.blake2b(digest_size=_CHECK, key=self._salt)
        name = f"{signer[0]}\0{signer[1]}\0{signer[2]}\0{int(signer[3])}\0"
        checked.update(commit + name.encode("utf-8", "surrogatepass") + body)
        return checked.digest()

    def _finding(self, commit: ObjectId, signer_id: object, packed: object) -> Finding | None:
        signer = self._signer(signer_id)
        if signer is None or not isinstance(packed, bytes) or len(packed) <= _CHECK:
            return None
        body = packed[_CHECK:]
        if self._check(commit, signer, body) != packed[:_CHECK]:
            return None
        mask = int.from_bytes(body[1:], "little")
        positions = tuple(i for i in range(mask.bit_length()) if mask >> i & 1)
        return Finding(
            Fingerprint(signer[0]),
            _split(signer[1]),
            signer[2],
            service=signer[3],
            admitted_by=positions,
            line=body[0] == 1,
        )

    def _signer(self, signer_id: object) -> _Signer | None:
        if not isinstance(signer_id, int) or self._database is None:
            return None
        known = self._signers.get(signer_id)
        if known is None:
            row = self._database.execute(
                "SELECT fingerprint, primaries, person, service FROM signers WHERE id = ?",
                (signer_id,),
            ).fetchone()
            if row is None or not all(isinstance(text, str) for text in row[:3]):
                return None
            known = self._signers[signer_id] = (row[0], row[1], row[2], row[3] == 1)
        return known

    def _signer_id(self, signer: _Signer) -> int:
        known = self._ids.get(signer)
        if known is None:
            database = self._database
            if database is None:
                raise sqlite3.OperationalError("the store was lost")
            database.execute("INSERT OR IGNORE INTO signers VALUES (NULL, ?, ?, ?, ?)", signer)
            known = int(
                database.execute(
                    "SELECT id FROM signers"
                    " WHERE fingerprint = ? AND primaries = ? AND person = ? AND service = ?",
                    signer,
                ).fetchone()[0]
            )
            self._ids[signer] = known
        return known

    def _lose(self, error: sqlite3.Error) -> None:
        """Deal with an error in the middle of a run."""
        self._ids.clear()  # ids of a transaction that was not committed
        self._signers.clear()
        if isinstance(error, sqlite3.OperationalError):
            database = self._database
            if database is not None and database.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
            if self._writable:
                self._writable = False
                self._problems.append(f"{self._path}: nothing more is remembered: {error}")
            return
        self._close()
        self._set_aside(str(error))

    def _close(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _give_up(self, reason: str) -> None:
        self._close()
        self._problems.append(f"{self._path}: the cache is not used: {reason}")

    def _start_again(self, reason: str) -> None:
        if self._set_aside(reason):
            with contextlib.suppress(sqlite3.Error, OSError, _AnotherLayoutError):
                self._database = self._open()

    def _set_aside(self, reason: str) -> bool:
        """Rename the file, so that it can be looked at; say whether it is out of the way."""
        self._close()
        aside = self._path.with_suffix(".set-aside")
        try:
            self._path.rename(aside)
            self._problems.append(f"{self._path} is set aside as {aside.name}: {reason}")
        except OSError as error:
            self._problems.append(f"{self._path} is not used: {reason} ({error.strerror})")
            return False
        with contextlib.suppress(OSError):
            self._path.with_name(self._path.name + "-journal").unlink()
        return True


def _signer_of(finding: Finding) -> _Signer:
    return finding.signer, " ".join(finding.primaries), finding.person, finding.service


def _split(primaries: str) -> tuple[Fingerprint, ...]:
    return tuple(Fingerprint(primary) for primary in primaries.split())


class _AnotherLayoutError(Exception):
    """The file is a store, and not one that this version reads."""


def _own_directory(directory: Path) -> None:
    """Make the directory, mode 0700; raises OSError where it is somebody else's."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(0, f"{directory} is not a directory")
    if found.st_uid != os.geteuid():
        raise PermissionError(0, f"{directory} belongs to another user")
    if found.st_mode & 0o022:
        raise PermissionError(0, f"{directory} can be written by others")
    if found.st_mode & 0o777 != 0o700 and os.access(directory, os.W_OK):
        directory.chmod(0o700)


def _unfit(path: Path) -> str:
    """Say why a file may not be used as a store; empty for one that may, or that is not there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(found.st_mode):
        return "it is not a regular file"
    if found.st_uid != os.geteuid():
        return "it belongs to another user"
    if found.st_mode & 0o022:
        return "it can be written by others"
    return ""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """One store as `nixauth cache info` shows it; `scope` is empty where it cannot be read."""

    path: Path
    size: int
    commits: int
    scope: str


def describe(directory: Path) -> list[StoreInfo]:
    """List the stores in a directory."""
    found = []
    for path in sorted(directory.glob("*.sqlite")):
        commits, scope = 0, ""
        with contextlib.suppress(sqlite3.Error):
            database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            try:
                commits = database.execute("SELECT count(*) FROM commits").fetchone()[0]
                row = database.execute("SELECT text FROM scope").fetchone()
                scope = row[0] if row and isinstance(row[0], str) else ""
            finally:
                database.close()
        found.append(StoreInfo(path, path.stat().st_size, commits, scope))
    return found


def clear(directory: Path) -> int:
    """Remove every store in a directory, and what was set aside; return how many files went."""
    count = 0
    for pattern in ("*.sqlite", "*.sqlite-journal", "*.set-aside", "keyring-*.json"):
        for path in directory.glob(pattern):
            path.unlink(missing_ok=True)
            count += 1
    return count
