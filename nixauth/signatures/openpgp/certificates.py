"""A store of certificates, merged from any number of files (RFC 9580, section 10.1).

Nothing is trusted by being here. Signatures in certificates are looked at only when somebody asks
for a binding or for facts, and what was found is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator

from nixauth.model import Fingerprint
from nixauth.signatures.openpgp import bindings
from nixauth.signatures.openpgp.facts import Facts, OfPrimary, gather, of_primary
from nixauth.signatures.openpgp.keys import PublicKey
from nixauth.signatures.openpgp.parts import FileReader, Parts
from nixauth.signatures.openpgp.signature import Issuer

__all__ = ["Certificates", "Facts"]


class Certificates:
    """Public keys by fingerprint and key id, and which subkey stands for which primary key.

    The order in which files were added makes no difference to any answer. Iterating yields all
    keys, primary and subkeys, by fingerprint.
    """

    def __init__(self) -> None:
        self._keys: dict[Fingerprint, PublicKey] = {}
        self._by_key_id: dict[bytes, set[Fingerprint]] = {}
        self._parts: dict[Fingerprint, Parts] = {}
        self._carried_by: dict[Fingerprint, set[Fingerprint]] = {}
        self._problems: dict[tuple[Fingerprint, Fingerprint], str] = {}
        self._bound: dict[Fingerprint, frozenset[Fingerprint]] = {}
        self._found: dict[Issuer, tuple[PublicKey, ...]] = {}
        self._of_primary: dict[Fingerprint, OfPrimary] = {}

    def add(self, data: bytes) -> list[str]:
        """Add what one file holds, armored or binary; return what could not be read, as text.

        Whatever can be read is added all the same. Never raises.
        """
        file = FileReader(data)
        for key in file.keys:
            self._add_key(key)
        for primary, parts in file.certificates:
            self._parts.setdefault(primary, Parts()).merge(parts)
            for subkey in parts.subkeys:
                self._carried_by.setdefault(subkey, set()).add(primary)
        self._problems.clear()
        self._bound.clear()
        self._found.clear()
        self._of_primary.clear()
        return file.problems

    def _add_key(self, key: PublicKey) -> None:
        present = self._keys.get(key.fingerprint)
        # Two keys of one fingerprint are an attack on SHA-1: at least the order does not matter.
        if present is None or key.body < present.body:
            self._keys[key.fingerprint] = key
            self._by_key_id.setdefault(key.key_id, set()).add(key.fingerprint)

    def find(self, issuer: Issuer) -> tuple[PublicKey, ...]:
        """Return the key of the issuer's fingerprint, or else every key that bears its key id."""
        found = self._found.get(issuer)
        if found is None:
            if issuer.fingerprint is None:
                names = sorted(self._by_key_id.get(issuer.key_id, ()))
            else:
                names = [issuer.fingerprint]
            found = tuple(self._keys[name] for name in names if name in self._keys)
            if found:  # What is absent is not remembered: anybody can name keys without end.
                self._found[issuer] = found
        return found

    def get(self, fingerprint: Fingerprint) -> PublicKey | None:
        """Return the key, primary or subkey, of that fingerprint."""
        return self._keys.get(fingerprint)

    def bound_primaries(self, fingerprint: Fingerprint) -> frozenset[Fingerprint]:
        """Return the primary keys for which this key is a valid signing subkey."""
        bound = self._bound.get(fingerprint)
        if bound is None:
            bound = frozenset(
                primary
                for primary in self._carried_by.get(fingerprint, ())
                if not self.binding_problem(fingerprint, primary)
            )
            if fingerprint in self._keys:
                self._bound[fingerprint] = bound
        return bound

    def claimed_primaries(self, fingerprint: Fingerprint) -> frozenset[Fingerprint]:
        """Return the primary keys that carry this key as a subkey that no binding counts for."""
        carried_by = self._carried_by.get(fingerprint, set())
        return frozenset(carried_by - self.bound_primaries(fingerprint))

    def binding_problem(self, subkey: Fingerprint, primary: Fingerprint) -> str:
        """Say why `subkey` does not stand for `primary`; empty when it does."""
        pair = (subkey, primary)
        if primary not in self._carried_by.get(subkey, ()):
            return "no certificate of the primary key carries it"
        if pair not in self._problems:
            self._problems[pair] = bindings.binding_problem(
                self._keys[primary], self._keys[subkey], self._parts[primary].subkeys[subkey]
            )
        return self._problems[pair]

    def facts(self, fingerprint: Fingerprint) -> Facts | None:
        """Return what there is to tell about a key; None where it is not here. For reports only."""
        key = self._keys.get(fingerprint)
        if key is None:
            return None
        name = self._primary_of(fingerprint)
        primary, parts = self._keys[name], self._parts.get(name)
        known = self._of_primary.get(name)
        if known is None:
            known = self._of_primary[name] = of_primary(primary, parts)
        return gather(key, primary, parts, known)

    def _primary_of(self, fingerprint: Fingerprint) -> Fingerprint:
        """Return the key itself when it is a primary one, else the one that best claims it."""
        if fingerprint in self._parts:
            return fingerprint
        candidates = self.bound_primaries(fingerprint) or self.claimed_primaries(fingerprint)
        return min(candidates, default=fingerprint)

    # --- whole certificates ---

    def carriers(self, fingerprint: Fingerprint) -> tuple[Fingerprint, ...]:
        """Return the primary keys whose certificates hold this key, its own among them."""
        own = {fingerprint} if fingerprint in self._parts else set()
        return tuple(sorted(own | self._carried_by.get(fingerprint, set())))

    def subkeys(self, primary: Fingerprint) -> tuple[Fingerprint, ...]:
        """Return the subkeys that a certificate carries, bound or not."""
        parts = self._parts.get(primary)
        return tuple(sorted(parts.subkeys)) if parts is not None else ()

    def export(self, primary: Fingerprint) -> tuple[bytes, list[str]]:
        """Return the certificate of a primary key, merged from all its copies; b"" without one.

        And say what of it other programs would stumble over, and is left out. The same in whatever
        order files were added. What nobody here reads is left out without a word: user attributes,
        and packets of other types.
        """
        from nixauth.signatures.openpgp import transfer  # noqa: PLC0415 - verifying needs it not

        parts = self._parts.get(primary)
        if parts is None:
            return b"", []
        return transfer.serialised(self._keys[primary], parts, self._keys)

    def __iter__(self) -> Iterator[PublicKey]:
        return iter([self._keys[fingerprint] for fingerprint in sorted(self._keys)])

    def __len__(self) -> int:
        return len(self._keys)
