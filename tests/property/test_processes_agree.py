"""The number of processes changes no report: random histories, asked with one and with several."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nixauth import ahead
from nixauth.cache import MemoryStore
from nixauth.engines import Native
from nixauth.model import Report
from nixauth.processes import Workers
from tests.property.abstract import Question
from tests.property.histories import questions
from tests.property.objects import build
from tests.property.running import PROFILE, run

EXAMPLES = int(os.environ.get("NIXAUTH_PROPERTY_EXAMPLES") or 60)


@pytest.fixture(scope="module", autouse=True)
def soon() -> Iterator[list[int]]:
    """Have processes started for a few commits, and asked for two at a time."""
    asked: list[int] = []
    original = Workers.ask

    def ask(self: Workers[Any, Any], worker: int, ticket: int, question: Any) -> None:
        asked.append(len(question[1]))
        original(self, worker, ticket, question)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "_WORTH", 2)
        patch.setattr(ahead, "_BATCH", 2)
        patch.setattr(ahead, "_SELDOM", 1)
        patch.setattr(Native, "batch", 3)
        patch.setattr(Workers, "ask", ask)
        yield asked
    assert sum(asked) > EXAMPLES, "other processes did some of the work"


def comparable(report: Report) -> Report:
    return replace(report, refusals=list(report.refusals))


@settings(PROFILE, max_examples=EXAMPLES)
@given(q=questions(), jobs=st.sampled_from([2, 3]), stats=st.booleans())
def test_with_one_process_and_with_several(q: Question, jobs: int, stats: bool) -> None:
    built = build(q.commits)
    one, several = MemoryStore(), MemoryStore()
    expected = comparable(run(q, built, store=one, stats=stats))
    assert comparable(run(q, built, store=several, stats=stats, jobs=jobs)) == expected
    assert one.scopes == several.scopes
    again = comparable(run(q, built, store=several, stats=stats, jobs=jobs))
    assert again == replace(expected, verified=again.verified)
