"""Which refusal is named first, and what is counted beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from nixauth.discover import Walk
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


def way_to_the_break(walk: Walk, judge: Judge, target: ObjectId) -> list[Refusal]:
    """Return the commits from the first place where the line was broken up to the target.

    From a commit refused by 3a the way goes to its first parent, by 3b to its first parent that
    is not trusted; where it ends is what is named first.
    """
    way: list[Refusal] = []
    commit: ObjectId | None = target
    while commit is not None:
        reason = _reason(walk, judge, commit)
        if reason is None:
            break
        way.append(Refusal(commit, reason))
        commit = _next(walk, commit, reason)
    way.reverse()
    return way


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
    named = {refusal.commit for refusal in way}
    counts: Counter[str] = Counter()
    seen = {target}
    todo = [target]
    while todo:
        commit = todo.pop()
        node = walk.in_region(commit)
        if node is None or node.trusted:
            continue
        if commit not in named and node.reason is not None:
            counts[node.reason.code] += 1
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return dict(sorted(counts.items()))


def totals(walk: Walk | None, target: ObjectId) -> Stats:
    """Count the target and what is reached from it through trusted commits, steps 1 and 2 aside."""
    counts: Counter[tuple[str, Fingerprint, bool]] = Counter()
    seen = {target}
    todo = [target] if walk is not None else []
    while todo and walk is not None:
        commit = todo.pop()
        node = walk.in_region(commit)
        if node is None or not node.trusted:
            continue
        if node.finding is not None:
            counts[node.finding.person, node.finding.signer, node.finding.service] += 1
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
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
