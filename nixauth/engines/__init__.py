"""Who does the mathematics of signatures: nixauth's own code, GnuPG, or both.

An engine says of a signature and a key whether that key made that signature, and nothing else.
Which signature counts, whose key it is, what expiry and trust mean: the rule and the strict
readers decide that, the same for every engine. SSH signatures are nixauth's own business always.
"""

from __future__ import annotations

from nixauth.engines.interface import Check, Engine, Outcome
from nixauth.engines.native import Native
from nixauth.errors import UsageError
from nixauth.keyring import Keyring

__all__ = ["NAMES", "Check", "Engine", "Native", "Outcome", "open_engine"]

NAMES = ("native", "gnupg", "both")


def open_engine(name: str, keyring: Keyring) -> Engine:
    """Return the engine of a name; raises UsageError for another.

    Nothing is started, and nothing of GnuPG's is loaded, before a signature is checked.
    """
    if name == "native":
        return Native()
    if name not in NAMES:
        raise UsageError(f"{name!r} is no engine", f"The engines are {', '.join(NAMES)}.")
    from nixauth.engines.gnupg import GnuPG  # noqa: PLC0415 - seldom asked for

    gnupg = GnuPG(keyring)
    if name == "gnupg":
        return gnupg
    from nixauth.engines.both import Both  # noqa: PLC0415

    return Both(gnupg)
