"""Commits found trusted, on disk: a SQLite database for each scope.

The store is never the reason for a failure: whatever is wrong with it, the run goes on without.
Each row carries a checksum over itself, so that damage which SQLite does not notice makes a row
unknown rather than wrong.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nixauth.cache_files import file_at, own_directory, unfit
from nixauth.cache_rows import DIGITS, ID, Rows, Signer, split
from nixauth.findings import LEAST_BATCH, Finding, MemoryStore, Scope, Store
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
# A statement for a batch takes half the time of a statement a row: ?1 holds records of the length
# ?2, each with a commit's id of the length ?3 first and a signer's number of ?4 digits last.
_ADD = """
INSERT OR IGNORE INTO commits
WITH RECURSIVE at(p) AS (SELECT 1 UNION ALL SELECT p + ?2 FROM at WHERE p + ?2 <= length(?1))
SELECT substr(?1, p, ?3), CAST(CAST(substr(?1, p + ?2 - ?4, ?4) AS TEXT) AS INTEGER),
    substr(?1, p + ?3, ?2 - ?3 - ?4)
FROM at
"""
_REPLACE = _ADD.replace("INSERT OR IGNORE", "REPLACE")
_FIND = """
WITH RECURSIVE at(p) AS (SELECT 1 UNION ALL SELECT p + ?2 FROM at WHERE p + ?2 <= length(?1))
SELECT substr(?1, p, ?2), signer, finding FROM at CROSS JOIN commits ON id = substr(?1, p, ?2)
"""
_LOCK_SECONDS = 10.0
_PAGE = 16384
"""Bytes in a page of a new store: with random ids a batch meets most pages, and few large ones
take less time to write than many small ones."""
_GROWTH = 8
"""Batches grow to this part of what was written, so that every page is met a few times."""
_LARGEST_BATCH = 16384
"""A run that is killed loses no more than this."""
_MOST = 4_000_000
"""More rows than this are not read at once."""
_RECENT = 4096
"""So many answers are held: a commit is asked about more than once, by one step and the next."""

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
    """The stores below one directory. `problems` says what was set aside, a line each.

    With `whole`, a store is read at once when it is opened: for who asks about most commits.
    """

    def __init__(self, directory: Path, *, whole: bool = False) -> None:
        self.directory = directory
        self.whole = whole
        self.problems: list[str] = []

    def path(self, scope: Scope) -> Path:
        """Return where the store of a scope is."""
        return self.directory / f"{scope.digest().hex()[:40]}.sqlite"

    def open(self, scope: Scope) -> Store:
        """See `Stores.open`."""
        store = DiskStore(self.path(scope), scope, self.problems)
        store.connect()
        if self.whole:
            store.load()
        return store


class DiskStore:
    """One scope's findings in a file."""

    def __init__(self, path: Path, scope: Scope, problems: list[str]) -> None:
        self._path = path
        self._scope = scope
        self._rows = Rows(scope)
        self._problems = problems
        self._database: sqlite3.Connection | None = None
        self._writable = True
        self._started_empty = False
        """Nothing was there, and what this run adds it does not ask for."""
        self._file: tuple[int, int] | None = None
        """Which file it is, however it is called by now."""
        self._written = 0
        self._recent: dict[ObjectId, Finding | None] = {}
        self._all: dict[bytes, Finding | None] | None = None
        """Everything, where it was read at once."""

    def connect(self) -> None:
        """Open or make the file; on any trouble, note the problem and know nothing."""
        try:
            own_directory(self._path.parent)
            reason = unfit(self._path)
            self._file = file_at(self._path)
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
        self._file = file_at(self._path)
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
        database.execute(f"PRAGMA page_size = {_PAGE}")  # of a file that is empty so far
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

    @property
    def batch(self) -> int:
        """See `Store.batch`."""
        return min(max(LEAST_BATCH, self._written // _GROWTH), _LARGEST_BATCH)

    def get(self, commit: ObjectId) -> Finding | None:
        """See `Store.get`."""
        if self._database is None or self._started_empty:
            return None
        if self._all is not None:
            return self._all.get(commit)
        if commit not in self._recent:
            self._look_up([commit])
        return self._recent.get(commit)

    def load(self) -> None:
        """Read everything at once; what cannot be read so is looked up one by one."""
        if self._database is None or self._started_empty:
            return
        try:
            rows = self._database.execute(
                "SELECT id, signer, finding FROM commits LIMIT ?", (_MOST,)
            )
            self._all = self._rows.findings(rows, self._signer)
        except sqlite3.Error as error:
            self._lose(error)
        if self._all is not None and len(self._all) >= _MOST:
            self._all = None

    def ahead(self, commits: Sequence[ObjectId]) -> None:
        """See `Store.ahead`."""
        if self._database is not None and not self._started_empty and self._all is None:
            self._look_up(commits)

    def _look_up(self, commits: Sequence[ObjectId]) -> None:
        if len(self._recent) >= _RECENT:
            self._recent.clear()
        try:
            self._recent.update(self._find(commits))
        except sqlite3.Error as error:
            self._lose(error)

    def put(self, findings: Iterable[tuple[ObjectId, Finding]]) -> None:
        """See `Store.put`. All of them are written in one transaction, or none."""
        if not self._may_write():
            return
        try:
            self._write(list(findings))
        except sqlite3.Error as error:
            self._lose(error)
        except BaseException:  # interrupted: what is not whole is not kept
            self._roll_back()
            raise

    def _may_write(self) -> bool:
        if self._database is None or not self._writable:
            return False
        if file_at(self._path) != self._file:
            # Its journal would be taken for that of the file which has the name now.
            self._writable = False
            self._problems.append(f"{self._path}: nothing more is remembered: the file is gone")
        return self._writable

    def _write(self, findings: Sequence[tuple[ObjectId, Finding]]) -> None:
        database = self._connected()
        database.execute("BEGIN IMMEDIATE")
        if self._insert(_ADD, findings) != len(findings):
            self._insert(_REPLACE, self._joined(findings))
        database.execute("COMMIT")
        self._written += len(findings)
        if self._recent:
            for commit, _ in findings:
                self._recent.pop(commit, None)
        if self._all is not None:
            for commit, finding in findings:
                known = self._all.get(commit)
                self._all[commit] = known.joined(finding) if known else finding

    def _insert(self, statement: str, findings: Iterable[tuple[ObjectId, Finding]]) -> int:
        """Return how many rows were written."""
        database = self._connected()
        count = 0
        for size, records in self._rows.records(findings, self._number):
            database.execute(statement, (records, size, ID, DIGITS))
            count += int(database.execute("SELECT changes()").fetchone()[0])
        return count

    def _joined(
        self, findings: Sequence[tuple[ObjectId, Finding]]
    ) -> Iterable[tuple[ObjectId, Finding]]:
        """Return what is to be written of findings some of whose commits have a row already."""
        known = self._find([commit for commit, _ in findings])
        grown = {}
        for commit, finding in findings:
            before = known[commit]
            joined = before.joined(finding) if before else finding
            if joined != before:
                known[commit] = grown[commit] = joined
        return grown.items()

    def _find(self, commits: Sequence[ObjectId]) -> dict[ObjectId, Finding | None]:
        database = self._connected()
        found: dict[ObjectId, Finding | None] = dict.fromkeys(commits)
        for start in range(0, len(commits), _RECENT):
            some = b"".join(sorted(commits[start : start + _RECENT]))
            for commit, number, packed in database.execute(_FIND, (some, ID)).fetchall():
                found[commit] = self._rows.finding(commit, number, packed, self._signer)
        return found

    def signers(self) -> Iterable[tuple[Fingerprint, tuple[Fingerprint, ...]]]:
        """See `Store.signers`."""
        if self._database is None:
            return []
        try:
            rows = self._database.execute("SELECT DISTINCT fingerprint, primaries FROM signers")
            return [(Fingerprint(str(row[0])), split(str(row[1]))) for row in rows]
        except sqlite3.Error as error:
            self._lose(error)
            return []

    def _signer(self, number: int) -> Signer | None:
        row = (
            self._connected()
            .execute(
                "SELECT fingerprint, primaries, person, service FROM signers WHERE id = ?",
                (number,),
            )
            .fetchone()
        )
        if row is None or not all(isinstance(text, str) for text in row[:3]):
            return None
        return row[0], row[1], row[2], row[3] == 1

    def _number(self, signer: Signer) -> int:
        database = self._connected()
        database.execute("INSERT OR IGNORE INTO signers VALUES (NULL, ?, ?, ?, ?)", signer)
        found = database.execute(
            "SELECT id FROM signers"
            " WHERE fingerprint = ? AND primaries = ? AND person = ? AND service = ?",
            signer,
        )
        return int(found.fetchone()[0])

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            raise sqlite3.OperationalError("the store was lost")
        return self._database

    def _roll_back(self) -> None:
        self._rows.forget()
        if self._database is not None and self._database.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")

    def _lose(self, error: sqlite3.Error) -> None:
        """Deal with an error in the middle of a run."""
        self._roll_back()
        if isinstance(error, sqlite3.OperationalError):
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
        if file_at(self._path) != self._file:
            return True  # another run did so, and what is there now is whole
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


class _AnotherLayoutError(Exception):
    """The file is a store, and not one that this version reads."""


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
    for pattern in ("*.sqlite", "*.sqlite-journal", "*.set-aside", "keyring-*.json", "*.facts"):
        for path in directory.glob(pattern):
            path.unlink(missing_ok=True)
            count += 1
    return count
