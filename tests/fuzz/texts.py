"""What can be asked of every text that a reader hands out."""

from __future__ import annotations

import unicodedata

from nixauth.display import printable

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def check_ascii(text: object) -> None:
    """What is said of a signature or a key: one line of printable ASCII."""
    assert isinstance(text, str), type(text)
    assert text.isascii(), repr(text)
    assert text.isprintable(), repr(text)


def check_shown(text: str | bytes) -> None:
    """Whatever is handed to `display` comes out on one line with nothing hidden in it."""
    shown = printable(text)
    assert not _HIDDEN.intersection(map(unicodedata.category, shown)), repr(shown)
    assert len(shown) <= 10 * 160 + 1
