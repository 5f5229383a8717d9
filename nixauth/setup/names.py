"""Names for the authorizations file, made of what people call themselves. Pure.

A name there is a label and grants nothing, so it only has to be readable and its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from typing import NamedTuple

_LONGEST = 60
_USER_ID = re.compile(r"\s*(?P<name>[^<]*?)\s*(?:<(?P<email>[^<>]*)>)?\s*", re.DOTALL)
_REMARK = re.compile(r"\([^()]*\)")
_NUMBERED = re.compile(r"\d+\+")
"""What a forge puts in front of the account in an address that takes no mail."""


class Who(NamedTuple):
    """What somebody calls themselves; either may be empty."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>".strip() if self.email else self.name


NOBODY = Who("", "")


def of_user_id(user_id: bytes) -> Who:
    """Take an OpenPGP user id apart, as it is usually written: `Name (remark) <address>`."""
    text = user_id.decode("utf-8", "replace")
    found = _USER_ID.fullmatch(text)
    if found is None:
        return Who(text, "")
    name, email = _REMARK.sub("", found["name"]).strip(), found["email"] or ""
    return Who("", name) if "@" in name and not email else Who(name, email)


def short_name(who: Who, taken: Container[str] = ()) -> str:
    """Make a name of it: lower-case words with hyphens between them, that nobody has yet."""
    account = _NUMBERED.sub("", who.email.partition("@")[0])
    wanted = _words(who.name) or _words(account) or "somebody"
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).lower()
    kept = "".join(one if one.isalnum() and one.isprintable() else " " for one in plain)
    return "-".join(kept.split())[:_LONGEST].strip("-")
