"""What refuses nothing and a person should know: about keys, and about services."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from nixauth.key_summaries import KeySummary
from nixauth.keyring import Keyring
from nixauth.model import Authorizations, Caution, Fingerprint, Person, Stats
from nixauth.ssh_keys import rsa_bits

_STRONG_BITS = 2048


def cautions(
    keyring: Keyring, authorizations: Authorizations | None, stats: Stats | None, now: int
) -> tuple[Caution, ...]:
    """Return warnings about the keyring's files, the keys listed in a file, and the totals.

    `now` is in seconds since 1970; 0 leaves expiry out.
    """
    found = [Caution("unreadable-key-file", problem) for problem in keyring.problems]
    if authorizations is not None:
        for person in authorizations.people:
            for key in person.keys:
                blob = authorizations.ssh_keys.get(key)
                if blob is None:
                    found.extend(_about_key(keyring, person, key, now))
                elif 0 < rsa_bits(blob) < _STRONG_BITS:
                    message = f"has only {rsa_bits(blob)} bits (SSH RSA), and cannot sign"
                    found.append(Caution("key-weak", message, key, person.name))
    if stats is not None and stats.service_only:
        one = stats.service_only == 1
        found.append(
            Caution(
                "service-only",
                f"{stats.service_only} {'commit is' if one else 'commits are'} vouched for only by"
                " a service (a machine's key, which signs what any account has it sign)",
            )
        )
    return tuple(found)


def _about_key(keyring: Keyring, person: Person, key: Fingerprint, now: int) -> Iterator[Caution]:
    facts = keyring.summary(key)
    if facts is None:
        yield Caution("key-missing", "is listed, and the keyring lacks it", key, person.name)
        return
    if facts.revoked:
        yield Caution("key-revoked", "is revoked in the keyring", key, person.name)
    if now and facts.expires is not None and facts.expires <= now:
        day = datetime.fromtimestamp(facts.expires, UTC).date().isoformat()
        yield Caution("key-expired", f"expired in the keyring on {day}", key, person.name)
    if _is_weak(facts):
        yield Caution(
            "key-weak", f"has only {facts.bits} bits ({facts.algorithm})", key, person.name
        )


def _is_weak(facts: KeySummary) -> bool:
    return 0 < facts.bits < _STRONG_BITS
