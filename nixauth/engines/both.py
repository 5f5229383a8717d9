"""Two engines, and an error where one of them says that a signature is good and the other not."""

from __future__ import annotations

from collections.abc import Sequence

from nixauth.engines.gnupg import GnuPG
from nixauth.engines.interface import Check, Outcome
from nixauth.engines.native import Native
from nixauth.errors import EngineDisagreementError, UndecidedError
from nixauth.signatures import ssh
from nixauth.signatures.reader import Signature


class Both:
    """See `Engine`. An SSH signature is verified once, by the native engine."""

    name = "both"
    batch = GnuPG.batch
    keeps_payloads = True

    def __init__(self, gnupg: GnuPG) -> None:
        self._gnupg = gnupg
        self._native = Native()

    def prepare(self, signature: Signature, payload: bytes) -> bytes:
        """Return what GnuPG needs; the native engine's part is made of it."""
        return self._gnupg.prepare(signature, payload)

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        """See `Engine`."""
        return [
            _compare(check, self._ask_native(check), other)
            for check, other in zip(checks, self._gnupg.verify(checks), strict=True)
        ]

    def _ask_native(self, check: Check) -> Outcome:
        if isinstance(check.signature, ssh.Signature):
            return self._native.verify([check])[0]
        material = self._native.prepare(check.signature, check.material)
        return self._native.verify([check._replace(material=material)])[0]

    def close(self) -> None:
        """See `GnuPG.close`."""
        self._gnupg.close()


def _compare(check: Check, native: Outcome, gnupg: Outcome) -> Outcome:
    """Return what both say; what neither calls good is not."""
    if native is True and gnupg is True:
        return True
    if native is not True and gnupg is not True:
        return native
    return EngineDisagreementError(
        f"the engines disagree about the signature by {check.key.fingerprint}:"
        f" nixauth's own finds it {_in_words(native)}; GnuPG finds it {_in_words(gnupg)}",
        "docs/engines.md lists where the two are known to differ. Anything else is a defect in one"
        " of them: do not use the commit, and report it, please.",
    )


def _in_words(outcome: Outcome) -> str:
    if isinstance(outcome, UndecidedError):
        return f"impossible to say ({outcome.message})"
    return "good" if outcome else "bad"
