"""What a certificate says of itself, for reports only: nothing here decides.

So broken digests are tolerated here: what they vouch for is shown to people, no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from nixauth.model import Fingerprint
from nixauth.signatures.openpgp import algorithms
from nixauth.signatures.openpgp.bindings import is_made_by, read_self_signature
from nixauth.signatures.openpgp.keys import MAX_BODY, PublicKey
from nixauth.signatures.openpgp.parts import Parts
from nixauth.signatures.openpgp.signature import Signature

_CERTIFICATIONS: Final = frozenset({0x10, 0x11, 0x12, 0x13})
_SUBKEY_BINDING: Final = frozenset({0x18})
_DIRECT_KEY: Final = frozenset({0x1F})
_KEY_REVOCATION: Final = frozenset({0x20})
_SUBKEY_REVOCATION: Final = frozenset({0x28})
_CERTIFICATION_REVOCATION: Final = frozenset({0x30})
_MAX_USER_ID: Final = 4096


@dataclass(frozen=True, slots=True)
class Facts:
    """A key, for people: times in seconds since 1970; `user_id` is the primary key's.

    `expires` comes from the newest valid self-signature or subkey binding, None is never.
    `revoked` is a verified revocation of the key or of its primary, whatever its reason.
    """

    primary: Fingerprint
    user_id: bytes | None
    created: int
    expires: int | None
    revoked: bool
    bits: int
    algorithm_name: str


@dataclass(frozen=True, slots=True)
class OfPrimary:
    """What a certificate says of its primary key; `newest` is the newest self-signature.

    Worth keeping: a certificate may have as many subkeys as user ids and signatures.
    """

    user_id: bytes | None = None
    newest: Signature | None = None
    revoked: bool = False


def of_primary(primary: PublicKey, parts: Parts | None) -> OfPrimary:
    """Collect what the facts of the primary key and of every subkey rest on."""
    if parts is None or len(primary.body) > MAX_BODY:
        return OfPrimary()
    user_id, newest = _user_id(primary, parts)
    own = _made(primary, primary.hashed_form(), parts.direct, _DIRECT_KEY)
    revocations = _made(primary, primary.hashed_form(), parts.direct, _KEY_REVOCATION)
    newest = _newest([*own, *([newest] if newest else [])])
    return OfPrimary(user_id, newest, _any(revocations))


def gather(key: PublicKey, primary: PublicKey, parts: Parts | None, known: OfPrimary) -> Facts:
    """Collect the facts of `key`, which is `primary` itself or a subkey in its certificate."""
    newest, revoked = known.newest, known.revoked
    if key is not primary and parts is not None and len(primary.body) <= MAX_BODY:
        newest, subkey_revoked = _subkey(key, primary, parts)
        revoked = revoked or subkey_revoked
    return Facts(
        primary=primary.fingerprint,
        user_id=known.user_id,
        created=key.created,
        expires=_expires(key, newest),
        revoked=revoked,
        bits=key.bits,
        algorithm_name=key.algorithm_name,
    )


def _made(
    primary: PublicKey, over: bytes, bodies: Iterable[bytes], types: frozenset[int]
) -> Iterator[Signature]:
    """Yield the signatures of these types that the primary key made over `over`."""
    for body in bodies:
        # Third parties' certifications come by the thousand: most are told at a glance.
        if body[1:2] in _OCTETS[types] and primary.key_id in body:
            signature = read_self_signature(body)
            if signature is not None and is_made_by(signature, primary, over):
                yield signature


_OCTETS: Final = {
    types: frozenset(bytes([number]) for number in types)
    for types in (
        _CERTIFICATIONS,
        _SUBKEY_BINDING,
        _DIRECT_KEY,
        _KEY_REVOCATION,
        _SUBKEY_REVOCATION,
        _CERTIFICATION_REVOCATION,
    )
}


def _any(signatures: Iterator[Signature]) -> bool:
    return next(signatures, None) is not None


def _newest(signatures: Iterable[Signature]) -> Signature | None:
    """Return the newest; of several, the same one in whatever order they came."""
    return max(signatures, key=lambda one: (one.created, one.body), default=None)


def _user_id(primary: PublicKey, parts: Parts) -> tuple[bytes | None, Signature | None]:
    """Return the primary user id, and the newest certification of any user id."""
    best: tuple[bool, int, bytes] | None = None
    certifications = []
    for user_id, bodies in parts.user_ids.items():
        if len(user_id) > _MAX_USER_ID:
            continue
        over = primary.hashed_form() + b"\xb4" + len(user_id).to_bytes(4, "big") + user_id
        own = _newest(_made(primary, over, bodies, _CERTIFICATIONS))
        if own is None:
            continue
        certifications.append(own)
        gone = _newest(_made(primary, over, bodies, _CERTIFICATION_REVOCATION))
        if gone is not None and gone.created >= own.created:
            continue
        is_primary = any(flag != b"\0" for flag in own.hashed(algorithms.PRIMARY_USER_ID))
        candidate = (is_primary, own.created, user_id)
        best = candidate if best is None else max(best, candidate)
    return best[2] if best else None, _newest(certifications)


def _subkey(key: PublicKey, primary: PublicKey, parts: Parts) -> tuple[Signature | None, bool]:
    """Return the newest binding of the subkey, and whether it is revoked."""
    bodies = parts.subkeys.get(key.fingerprint, ())
    if len(key.body) > MAX_BODY:
        return None, False
    over = primary.hashed_form() + key.hashed_form()
    newest = _newest(_made(primary, over, bodies, _SUBKEY_BINDING))
    return newest, _any(_made(primary, over, bodies, _SUBKEY_REVOCATION))


def _expires(key: PublicKey, signature: Signature | None) -> int | None:
    """Return when the key expires as the signature has it (section 5.2.3.13)."""
    held = signature.hashed(algorithms.KEY_EXPIRATION) if signature else []
    if not held or len(held[-1]) != 4:
        return None
    seconds = int.from_bytes(held[-1], "big")
    return key.created + seconds if seconds else None
