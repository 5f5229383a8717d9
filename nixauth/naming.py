"""Which refusal is named first, and what is counted beside it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import assert_never, overload

from nixauth.discover import Node, Walk
from nixauth.judging import Judge
from nixauth.model import (
    AuthorizationsMalformed,
    AuthorizationsMissing,
    AuthorizationsRemoved,
    BadSignature,
    Fingerprint,
    MalformedSignature,
    MissingKey,
    MultipleSignatures,
    NotDescendant,
    NoTrustedParent,
    ObjectId,
    Reason,
    Refusal,
    ServiceChangesAuthorizations,
    SignerCount,
    Stats,
    UnauthorizedKey,
    Unsigned,
    UnsupportedSignature,
    UntrustedParent,
    UnusableKey,
    WeakDigest,
    WrongIntroductionSigner,
)

_ID = 20
"""Bytes of an object id."""


class Way(Sequence[Refusal]):
    """The commits from the first place where the line was broken up to the target.

    There may be a million of them, so a refusal is made when somebody asks for it. Of each is held
    what makes it: its id, and how many parents it has where none is trusted. It is never empty.
    """

    __slots__ = ("_first", "_ids", "_parents")

    def __init__(self, first: Reason, ids: bytearray, parents: array[int]) -> None:
        """Take what stands first, and the other way round the ids and the numbers of parents.

        The number is 0 for a commit whose reason is that the one before it is not trusted, and
        says nothing for the first.
        """
        if not parents or len(ids) != _ID * len(parents):
            raise ValueError("a way has commits, and as many numbers")
        self._first = first
        self._ids = ids
        self._parents = parents

    def __len__(self) -> int:
        return len(self._parents)

    @overload
    def __getitem__(self, index: int) -> Refusal: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Refusal]: ...

    def __getitem__(self, index: int | slice) -> Refusal | Sequence[Refusal]:
        """Return a refusal, or a list of them that is held whole."""
        positions = range(len(self))
        if isinstance(index, slice):
            return [self[position] for position in positions[index]]
        position = positions[index]
        return Refusal(self._commit(position), self._reason(position))

    def commits(self) -> Iterator[ObjectId]:
        """Yield the commits alone."""
        return map(self._commit, range(len(self)))

    def _commit(self, position: int) -> ObjectId:
        end = len(self._ids) - _ID * position
        return ObjectId(bytes(self._ids[end - _ID : end]))

    def _reason(self, position: int) -> Reason:
        if position == 0:
            return self._first
        parents = self._parents[-1 - position]
        if parents == 0:
            return UntrustedParent(self._commit(position - 1))
        return _no_trusted_parent(parents)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(other) != len(self):
            return False
        return all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Way of {len(self)} refusals>"


@lru_cache
def _no_trusted_parent(parents: int) -> NoTrustedParent:
    """Return the same reason for the same number."""
    return NoTrustedParent(parents)


def way_to_the_break(walk: Walk, judge: Judge, target: ObjectId) -> Way:
    """Return the commits from the first place where the line was broken up to the target.

    From a commit refused by 3a the way goes to its first parent, by 3b to its first parent that
    is not trusted; where it ends is what is named first. Raises ValueError where the target is
    not refused.
    """
    ids, parents = bytearray(), array("I")
    first: Reason | None = None
    commit: ObjectId | None = target
    while commit is not None:
        reason = _reason(walk, judge, commit)
        if reason is None:
            break
        first = reason
        ids += commit
        parents.append(reason.parents if isinstance(reason, NoTrustedParent) else 0)
        commit = _next(walk, commit, reason)
    if first is None:
        raise ValueError("a commit that is not refused was to be named")
    return Way(first, ids, parents)


def _reason(walk: Walk, judge: Judge, commit: ObjectId) -> Reason | None:
    node = walk.nodes[commit]
    return judge.ancestor_fault(commit) if node.ancestor else node.reason


def _next(walk: Walk, commit: ObjectId, reason: Reason) -> ObjectId | None:
    match reason:
        case NoTrustedParent():
            parents = walk.nodes[commit].parents
            return parents[0] if parents else None
        case UntrustedParent(parent):
            return parent
        case (
            NotDescendant()
            | Unsigned()
            | MultipleSignatures()
            | MalformedSignature()
            | UnsupportedSignature()
            | WeakDigest()
            | MissingKey()
            | UnusableKey()
            | UnauthorizedKey()
            | WrongIntroductionSigner()
            | BadSignature()
            | ServiceChangesAuthorizations()
            | AuthorizationsRemoved()
            | AuthorizationsMalformed()
            | AuthorizationsMissing()
        ):
            return None
        case _:
            assert_never(reason)


def untrusted_beside(walk: Walk, target: ObjectId, way: Sequence[Refusal]) -> dict[str, int]:
    """Count the untrusted commits behind the target, by reason, less those of the way.

    Counted is what is reached from the target without passing a trusted commit.
    """
    counts: Counter[str] = Counter()
    for node in _reached(walk, target):
        if node.reason is not None:
            counts[node.reason.code] += 1
    for commit in way.commits() if isinstance(way, Way) else [refusal.commit for refusal in way]:
        named = walk.in_region(commit)
        if named is not None and named.reason is not None:
            counts[named.reason.code] -= 1
    return {code: number for code, number in sorted(counts.items()) if number}


def _reached(walk: Walk, target: ObjectId, *, trusted: bool = False) -> Iterator[Node]:
    """Yield the nodes that are trusted, or those that are not, as far as no other is passed."""
    visit = walk.new_visit()
    nodes = walk.nodes
    todo = [target]
    while todo:
        node = nodes.get(todo.pop())
        if node is None or node.ancestor or node.visit == visit:
            continue
        if (node.finding is not None) is not trusted:
            continue
        node.visit = visit
        yield node
        todo.extend(node.parents)


def totals(walk: Walk | None, target: ObjectId) -> Stats:
    """Count the target and what is reached from it through trusted commits, steps 1 and 2 aside."""
    counts: Counter[tuple[str, Fingerprint, bool]] = Counter()
    for node in _reached(walk, target, trusted=True) if walk is not None else ():
        if node.finding is not None:
            counts[node.finding.person, node.finding.signer, node.finding.service] += 1
    signers = tuple(
        SignerCount(person, fingerprint, service, number)
        for (person, fingerprint, service), number in sorted(
            counts.items(), key=lambda item: (-item[1], item[0])
        )
    )
    return Stats(
        trusted=sum(counts.values()),
        service_only=sum(one.commits for one in signers if one.service),
        signers=signers,
    )
