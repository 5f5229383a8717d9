"""What both readers share: limits, what they answer, and what a name and a fingerprint are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nixauth.model import Authorizations, Fingerprint, Problem
from nixauth.text_problems import Place, Refused, fits_one_line

MAX_KEYS = 10_000
MAX_NAME = 200
"""Characters in a person's name."""

_FINGERPRINT_CHARACTERS = re.compile("[0-9A-Fa-f ]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file says.

    `authorizations` is None exactly when there are `problems`. `keys` holds where each key that
    could be read stands first, `people` where each name does. `remarks` are oddities that refuse
    nothing. The places are worth asking for in a file with problems, too.
    """

    authorizations: Authorizations | None
    problems: tuple[Problem, ...] = ()
    keys: Mapping[Fingerprint, Place] = field(default_factory=dict)
    people: Mapping[str, Place] = field(default_factory=dict)
    remarks: tuple[Problem, ...] = ()


def name_fault(name: str) -> str | None:
    """Say why `name` cannot be a person's name, or None."""
    if not name or name.isspace():
        return "the name is empty"
    if len(name) > MAX_NAME:
        return f"the name has more than {MAX_NAME} characters"
    if not fits_one_line(name):
        return "the name holds a control character or a line break"
    return None


def looks_like_openpgp(text: str) -> bool:
    """Whether `text` is made of hexadecimal digits and spaces only, and not empty."""
    return _FINGERPRINT_CHARACTERS.fullmatch(text) is not None and not text.isspace()


def openpgp_fingerprint(text: str) -> Fingerprint | Refused:
    """Read an OpenPGP fingerprint: 40 (version 4) or 64 (version 6) digits, spaces are free.

    RFC 9580 section 5.5.4. Whoever wants a key with a given key id can make one, which is why
    anything shorter is refused.
    """
    if not looks_like_openpgp(text):
        return Refused("not a fingerprint of 40 or 64 hexadecimal digits")
    digits = text.replace(" ", "")
    if len(digits) in {40, 64}:
        return Fingerprint(digits.upper())
    if len(digits) < 40:
        return Refused(
            f"a fingerprint has 40 or 64 hexadecimal digits, this has {len(digits)}: key ids and "
            "other short forms are refused, because they can be forged"
        )
    return Refused(f"a fingerprint has 40 or 64 hexadecimal digits, this has {len(digits)}")
