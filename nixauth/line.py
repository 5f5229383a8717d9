"""Lines: chains of trusted commits in which each one admits the next."""

from __future__ import annotations

import heapq

from nixauth.discover import Walk
from nixauth.errors import UndecidedError
from nixauth.findings import Store
from nixauth.history.objects import Objects
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import outline


def leads(
    objects: Objects, store: Store, walk: Walk | None, start: ObjectId, target: ObjectId
) -> bool:
    """Say whether a line is known to lead from `start` to the trusted commit `target`.

    What is known is what this run found and what the store holds; newest commits are tried first.
    """
    todo: list[tuple[int, int, ObjectId]] = [(0, 0, target)]
    seen = {target}
    while todo:
        commit = heapq.heappop(todo)[2]
        for parent, date in _admitting(objects, store, walk, commit):
            if parent == start:
                return True
            if parent not in seen:
                seen.add(parent)
                heapq.heappush(todo, (-date, len(seen), parent))
    return False


def _admitting(
    objects: Objects, store: Store, walk: Walk | None, commit: ObjectId
) -> list[tuple[ObjectId, int]]:
    """Return the parents known to admit a commit, each with a date that orders the search."""
    node = walk.in_region(commit) if walk is not None else None
    if node is not None:
        return [(node.parents[i], node.date) for i in node.admitted_by] if node.trusted else []
    finding = store.get(commit)
    if finding is None:
        return []
    try:
        seen = outline(objects.commit(commit))
    except UndecidedError:
        return []
    return [(seen.parents[i], seen.date) for i in finding.admitted_by if i < len(seen.parents)]
