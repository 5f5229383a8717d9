"""Who makes a commit, as git finds it out (git-commit-tree(1), git-var(1)). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from nixauth.errors import UsageError

_CRUD = "".join(map(chr, range(33))) + ".,:;<>\"\\'"
"""What git strips from both ends of names and addresses (ident.c)."""

_RAW_DATE = re.compile(r"@?(\d{1,15})(?: ([+-])(\d\d)([0-5]\d))?")


class Identity(NamedTuple):
    """A name and an address, seconds since 1970, and minutes east of Greenwich."""

    name: str
    email: str
    time: int
    offset: int


def identity(
    role: str,
    environment: Mapping[str, str],
    config: Callable[[str], str | None],
    now: int,
    offset: int,
) -> Identity:
    """Return the author or committer (`role`); raises UsageError where git would ask who it is."""
    prefix = f"GIT_{role.upper()}_"
    name = environment.get(f"{prefix}NAME") or config(f"{role}.name") or config("user.name")
    email = environment.get(f"{prefix}EMAIL") or config(f"{role}.email") or config("user.email")
    name, email = _clean(name), _clean(email or environment.get("EMAIL"))
    if not name or not email:
        lacking = " and ".join(
            what for what, value in (("user.name", name), ("user.email", email)) if not value
        )
        raise UsageError(
            f"git does not know who you are: {lacking} is not set",
            'Set it: git config user.name "Your Name"; git config user.email you@example.org',
        )
    for what, text in (("name", name), ("address", email)):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise UsageError(
                f"the {role}'s {what} is not in UTF-8: {text!r}",
                f"{prefix}NAME and {prefix}EMAIL, or user.name and user.email, give it.",
            ) from None
    date = environment.get(f"{prefix}DATE")
    return Identity(name, email, *(_date(prefix, date) if date else (now, offset)))


def _clean(text: str | None) -> str:
    return re.sub(r"[<>\n\0]", "", (text or "").strip(_CRUD))


def _date(prefix: str, text: str) -> tuple[int, int]:
    """Read a date that a commit can have: what others make of one beyond that differs."""
    when, offset = _any_date(prefix, text)
    if not 0 <= when < 1 << 32:
        raise UsageError(f"{prefix}DATE is before 1970 or after 2106: {text!r}")
    return when, offset


def _any_date(prefix: str, text: str) -> tuple[int, int]:
    """Read git's raw form, ISO 8601 or RFC 2822, with a time zone."""
    found = _RAW_DATE.fullmatch(text.strip())
    if found is not None:
        minutes = int(found[3]) * 60 + int(found[4]) if found[2] else 0
        return int(found[1]), -minutes if found[2] == "-" else minutes
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            when = read(text.strip())
        except ValueError:
            continue
        zone = when.utcoffset()
        if zone is not None:
            return int(when.timestamp()), int(zone.total_seconds()) // 60
    raise UsageError(
        f"{prefix}DATE is not understood: {text!r}",
        "Give it as seconds since 1970 and a time zone: '1700000000 +0000'.",
    )
