"""Makes histories of any length: signed commits, merges, changes of the authorizations.

The same wishes give the same history on every machine. As in the real histories that the tests
use, there are commits, root trees and authorizations, and nothing of what the trees hold.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.benchmarks.packs import Pack, Run
from tests.benchmarks.subjects import Subject
from tests.support import commits, openpgp

LAYOUT = 1
"""Raised when the same wishes give another history than before."""

LINES = 4
"""How many lines grow side by side, and are merged into one: each is another process's work."""

_PEOPLE = {"ed25519": 8, "rsa2048": 3, "rsa4096": 2}
_ENTRIES = 32
"""Entries of a root tree, as many as real ones have."""
_MINUTE = 60


@dataclass(frozen=True)
class Wishes:
    """What kind of history: `keys` are algorithms with the share of commits that they sign.

    `unsigned` commits stand behind every signed merge (with `history: trusted-path`), 0 for a
    history in which every commit is signed, with a merge in about `merges` commits.
    """

    commits: int
    keys: tuple[tuple[str, int], ...] = (("ed25519", 75), ("rsa2048", 20), ("rsa4096", 5))
    merges: int = 20
    changes: int = 500
    unsigned: int = 0

    @property
    def name(self) -> str:
        """A name for the folder."""
        digest = hashlib.sha256(json.dumps([LAYOUT, asdict(self)]).encode()).hexdigest()
        return f"synthetic-{self.commits}-{digest[:8]}"


def parse_keys(text: str) -> tuple[tuple[str, int], ...]:
    """Read `ed25519:70,rsa2048:20`; raises ValueError."""
    found = []
    for part in text.split(","):
        algorithm, _, share = part.partition(":")
        if algorithm not in _PEOPLE or not share.isdigit() or not int(share):
            raise ValueError(
                f"{part!r} is not one of {', '.join(_PEOPLE)} with a share: rsa2048:20"
            )
        found.append((algorithm, int(share)))
    return tuple(found)


def synthetic(wishes: Wishes, folder: Path, say: Callable[[str], None]) -> Subject:
    """Return the history, made now if it is not in the folder yet."""
    place = folder / wishes.name
    if not (place / "subject.json").is_file():
        unfinished = folder / f"{wishes.name}.{os.getpid()}"
        start = time.monotonic()
        try:
            described = _Maker(wishes, unfinished, say).make()
            (unfinished / "subject.json").write_text(json.dumps(described))
            shutil.rmtree(place, ignore_errors=True)
            unfinished.rename(place)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        say(f"made {wishes.commits:,} commits in {time.monotonic() - start:.0f} s: {place}")
    described = json.loads((place / "subject.json").read_text())
    kind = f"{wishes.unsigned} unsigned behind each merge" if wishes.unsigned else "all signed"
    return Subject(f"synthetic, {kind}", repository=place / "repository.git", **described)


# --- keys, in every process ---

Private = tuple[str, bytes]
"""Name, and the private key's octets (empty for an Ed25519 key, which its name gives)."""


def _private_keys(wishes: Wishes) -> list[list[Private]]:
    """Return the keys of each algorithm."""
    return [
        [_private_key(algorithm, f"{algorithm}-{n}") for n in range(_PEOPLE[algorithm])]
        for algorithm, _ in wishes.keys
    ]


def _private_key(algorithm: str, name: str) -> Private:
    if algorithm == "ed25519":
        return name, b""
    made = openpgp.rsa_key(name, int(algorithm.removeprefix("rsa"))).private
    assert isinstance(made, rsa.RSAPrivateKey)
    return name, made.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load(private: Private) -> openpgp.Key:
    name, octets = private
    if not octets:
        return openpgp.key(name)
    loaded = serialization.load_der_private_key(
        octets, password=None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return openpgp.Key(name, loaded, 1)


class Signers:
    """Who signs the commit of a number: by turns, in the shares that were wished for."""

    def __init__(self, shares: list[int], keys: list[list[Private]]) -> None:
        self.keys = [[_load(private) for private in each] for each in keys]
        self._bounds = list(itertools.accumulate(shares))

    def of(self, number: int) -> openpgp.Key:
        """Return the key."""
        # Multiples of an odd number close to the golden ratio's part spread evenly.
        at = (number * 2654435769 & 0xFFFFFFFF) * self._bounds[-1] >> 32
        keys = next(k for bound, k in zip(self._bounds, self.keys, strict=True) if at < bound)
        return keys[number % len(keys)]

    def all(self) -> list[openpgp.Key]:
        """Return every key."""
        return list(itertools.chain.from_iterable(self.keys))


_signers: Signers | None = None


def _start_worker(shares: list[int], keys: list[list[Private]]) -> None:
    global _signers  # noqa: PLW0603 - the process's own
    _signers = Signers(shares, keys)


# --- trees and commits ---


class Tree:
    """A root tree whose entries' ids change and nothing else."""

    def __init__(self, content: bytes) -> None:
        self.content = bytearray(content)
        self._size = len(content)
        self._slots: list[int] = []
        position = 0
        while position < self._size:
            position = self.content.index(0, position) + 1
            self._slots.append(position)
            position += 20

    @classmethod
    def first(cls, authorizations: bytes) -> Tree:
        """Return the tree that a history begins with."""
        entries = [("100644", ".authorizations", authorizations)]
        for n in range(1, _ENTRIES):
            oid = hashlib.sha1(b"%d" % n, usedforsecurity=False).digest()
            entries.append(("40000" if n % 4 else "100644", f"entry-{n:02}", oid))
        return cls(commits.tree_content(entries))

    def put(self, slot: int, oid: bytes) -> int:
        """Change an entry's id; return where it stands."""
        at = self._slots[slot]
        self.content[at : at + 20] = oid
        return at

    def change(self, number: int) -> tuple[int, bytes]:
        """Change the tree as the commit of this number does; return where, and what is new."""
        oid = hashlib.sha1(b"change %d" % number, usedforsecurity=False).digest()
        return self.put(1 + number % (len(self._slots) - 1), oid), oid


def _commit(number: int, tree: bytes, parents: list[bytes], signer: openpgp.Key | None) -> bytes:
    content = commits.commit_content(
        tree,
        parents,
        message=b"change: number %d\n\nWhat it is for, in a line or two of the length that\n"
        b"people write.\n" % number,
        date=commits.EPOCH + number * _MINUTE,
        author=b"A U Thor %d <author%d@example.org>" % (number % 97, number % 97),
    )
    return commits.signed_by(content, signer.sign) if signer is not None else content


@dataclass(frozen=True)
class Grown:
    """A line of commits, packed."""

    data: bytes
    count: int
    tip: bytes
    tree: bytes


def grow_signed(parent: bytes, content: bytes, numbers: range) -> Grown:
    """Make a signed line, in a process that `_start_worker` was called in."""
    if _signers is None:
        raise ValueError("this process has no keys")
    return grow(parent, content, numbers, _signers.of)


def grow(
    parent: bytes,
    content: bytes,
    numbers: range,
    signer: Callable[[int], openpgp.Key | None],
) -> Grown:
    """Make a line of commits of these numbers on top of a parent with this root tree."""
    run, tree, base = Run(), Tree(content), -1
    tip = parent
    for number in numbers:
        at, oid = tree.change(number)
        changed = bytes(tree.content)
        here = len(run.data)
        if base < 0:
            tree_id = run.add("tree", changed)
        else:
            tree_id = commits.object_id("tree", changed)
            run.add_patched_tree(base, at, len(changed), oid)
        # Packs that git makes have long chains of deltas; these are as long as the line.
        base = here
        tip = run.add("commit", _commit(number, tree_id, [tip], signer(number)))
    return Grown(bytes(run.data), run.count, tip, bytes(tree.content))


def _listing(signers: Signers, guest: int, *, unsigned: bool) -> bytes:
    """Return authorizations; every change lets another guest in, who signs nothing."""
    lines = ["version: 1", f"history: {'trusted-path' if unsigned else 'every-commit'}", "people:"]
    for key in [*signers.all(), openpgp.key(f"guest-{guest % 50}")]:
        lines += [f"  {key.name}:", f"    keys: [{key.fingerprint}]"]
    return "\n".join([*lines, ""]).encode()


# --- histories ---


class _Maker:
    def __init__(self, wishes: Wishes, folder: Path, say: Callable[[str], None]) -> None:
        self._wishes = wishes
        self._repository = folder / "repository.git"
        self._say = say
        self._told = time.monotonic()
        self._guests = 0
        self._next_change = wishes.changes
        keys = _private_keys(wishes)
        shares = [share for _, share in wishes.keys]
        self._worker_arguments = (shares, keys)
        self._signers = Signers(shares, keys)

    def make(self) -> dict[str, str]:
        subprocess.run(
            ["git", "init", "--quiet", "--bare", "-b", "main", str(self._repository)], check=True
        )
        with Pack(self._repository) as pack:
            self._pack = pack
            keyring = self._keyring()
            self._tree = Tree.first(self._authorizations())
            start = self._tip = self._add(0, [])
            if self._wishes.unsigned:
                self._merge_unsigned()
            else:
                processes = os.cpu_count() or 1
                with ProcessPoolExecutor(
                    processes, initializer=_start_worker, initargs=self._worker_arguments
                ) as workers:
                    self._sign_everything(workers)
        for name, commit in (("main", self._tip), ("keyring", keyring)):
            (self._repository / "refs" / "heads" / name).write_text(f"{commit.hex()}\n")
        return {
            "introduction": start.hex(),
            "signer": self._signers.of(0).fingerprint,
            "target": self._tip.hex(),
        }

    def _put(self, kind: str, content: bytes) -> bytes:
        run = Run()
        oid = run.add(kind, content)
        self._pack.append(run.data, run.count)
        return oid

    def _keyring(self) -> bytes:
        entries = [
            ("100644", f"{key.name}.key", self._put("blob", key.certificate()))
            for key in [*self._signers.all(), *(openpgp.key(f"guest-{n}") for n in range(50))]
        ]
        tree = self._put("tree", commits.tree_content(entries))
        return self._put("commit", commits.commit_content(tree, message=b"keys\n"))

    def _authorizations(self) -> bytes:
        unsigned = self._wishes.unsigned > 0
        content = _listing(self._signers, self._guests, unsigned=unsigned)
        self._guests += 1
        return self._put("blob", content)

    def _add(self, number: int, parents: list[bytes]) -> bytes:
        """Add a signed commit with the tree as it is now."""
        if number >= self._next_change:
            self._next_change += self._wishes.changes
            self._tree.put(0, self._authorizations())
        self._tree.change(number)
        tree = self._put("tree", bytes(self._tree.content))
        if time.monotonic() > self._told + 10:
            self._told = time.monotonic()
            self._say(f"making commit {number:,} of {self._wishes.commits:,}")
        return self._put("commit", _commit(number, tree, parents, self._signers.of(number)))

    def _take(self, grown: Grown) -> bytes:
        self._pack.append(grown.data, grown.count)
        return grown.tip

    def _sign_everything(self, workers: Executor) -> None:
        """Let lines fork and be merged again; the authorizations change where they meet."""
        each = max(1, (self._wishes.merges * (LINES - 1) - LINES) // LINES)
        number, last = 1, self._wishes.commits
        while number + LINES * (each + 1) <= last:
            content = bytes(self._tree.content)
            starts = range(number, number + LINES * each, each)
            grown = list(
                workers.map(
                    grow_signed,
                    [self._tip] * LINES,
                    [content] * LINES,
                    [range(start, start + each) for start in starts],
                )
            )
            number += LINES * each
            tips = [self._take(line) for line in grown]
            self._tree = Tree(grown[0].tree)
            self._tip = tips[0]
            for tip in tips[1:]:
                self._tip = self._add(number, [self._tip, tip])
                number += 1
            self._tip = self._add(number, [self._tip])
            number += 1
        rest = grow(self._tip, bytes(self._tree.content), range(number, last + 1), self._signers.of)
        self._tip = self._take(rest)

    def _merge_unsigned(self) -> None:
        """Let somebody merge unsigned commits, made on what was there three merges before."""
        number, behind = 1, self._wishes.unsigned
        recent = [(self._tip, bytes(self._tree.content))] * 3
        while number <= self._wishes.commits:
            parents = [self._tip]
            if number + behind <= self._wishes.commits:
                numbers = range(number, number + behind)
                parents.append(self._take(grow(*recent[0], numbers, _nobody)))
                number += behind
            self._tip = self._add(number, parents)
            number += 1
            recent = [*recent[1:], (self._tip, bytes(self._tree.content))]


def _nobody(_number: int) -> None:
    return None
