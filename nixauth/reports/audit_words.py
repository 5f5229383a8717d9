"""Small words of an audit's text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from nixauth.display import printable
from nixauth.model import ObjectId


def short(commit: ObjectId) -> str:
    """Return the first digits of a commit's id."""
    return commit.hex()[:12]


def count(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def percent(number: int, every: int, share: float | None = None) -> str:
    """Return a part of a whole."""
    if share is None:
        share = number / every if every else 0.0
    return f"{100 * share:.1f} %"


def day(seconds: int) -> str:
    """Return a date in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return f"@{seconds}"


def listed(counts: Mapping[str, int]) -> str:
    """Return names with their numbers."""
    return ", ".join(f"{printable(name, 60)} {number:,}" for name, number in counts.items())
