"""What the rest of the house asks of an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from nixauth.errors import UndecidedError
from nixauth.signatures import openpgp, ssh
from nixauth.signatures.reader import Signature

Outcome: TypeAlias = bool | UndecidedError
"""Whether the key made the signature, or why the engine cannot say."""


class Check(NamedTuple):
    """One question: `material` is what the engine's `prepare` made of the signed payload."""

    signature: Signature
    material: bytes
    key: openpgp.PublicKey | ssh.PublicKey


class Engine(Protocol):
    """Does the mathematics. `name` is that of the option, and part of the cache's scope.

    `batch` is the number of checks that are worth asking together.
    """

    @property
    def name(self) -> str:
        """`native`, `gnupg` or `both`."""

    @property
    def batch(self) -> int:
        """See the class."""

    @property
    def keeps_payloads(self) -> bool:
        """Whether what `prepare` returns is as large as the payload."""

    def prepare(self, signature: Signature, payload: bytes) -> bytes:
        """Return what `verify` needs of the payload: its digest, or all of it."""

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        """Answer each of the checks, in their order.

        Raises EngineFailedError where the engine itself is at fault.
        """

    def close(self) -> None:
        """Give back what the engine holds; it may be used again all the same."""
