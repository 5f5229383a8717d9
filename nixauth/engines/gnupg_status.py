"""GnuPG's status lines, word by word (GnuPG's doc/DETAILS, "Format of the --status-fd output").

Pure. A signature is good when everything that GnuPG must say of one is there, once, and names the
key, the type and the algorithms that the strict reader read; it is bad when GnuPG says so. All
else is no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nixauth.engines.interface import Check, Outcome
from nixauth.errors import UncheckedSignatureError
from nixauth.signatures import openpgp

_PREFIX: Final = b"[GNUPG:] "
_VERIFYING: Final = b"1"
_CRITICAL: Final = 0x80
_KNOWN_TO_ALL: Final = frozenset({2, 3, 16, 33})
"""Times of creation and expiry, and the issuer: subpackets that every version understands."""
_NO_ID: Final = "0" * 16
_MATHEMATICS_HOLDS: Final = frozenset({b"GOODSIG", b"EXPSIG", b"EXPKEYSIG", b"REVKEYSIG"})
_NO_ANSWER: Final = frozenset(
    {b"ERRSIG", b"NO_PUBKEY", b"NODATA", b"UNEXPECTED", b"ERROR", b"FAILURE", b"BADARMOR"}
)
_ERRORS: Final = {b"4": "an algorithm that it does not know", b"9": "it lacks the key"}


def segments(output: bytes, names: Sequence[bytes]) -> list[list[list[bytes]]] | None:
    """Divide the output of one run by the files that it is about; None where any is missing."""
    found: list[list[list[bytes]]] = []
    current: list[list[bytes]] | None = None
    for line in output.split(b"\n"):
        if not line.startswith(_PREFIX):
            continue
        words = line[len(_PREFIX) :].split(b" ")
        if words[0] == b"FILE_START":
            place = len(found)
            if current is not None or place >= len(names):
                return None
            if words[1:2] != [_VERIFYING] or b" ".join(words[2:]) != names[place]:
                return None
            current = []
        elif words[0] == b"FILE_DONE":
            if current is None:
                return None
            found.append(current)
            current = None
        elif current is not None:
            current.append(words)
    return found if current is None and len(found) == len(names) else None


def answer(check: Check, lines: Sequence[Sequence[bytes]]) -> Outcome:
    """Say what GnuPG found of one signature."""
    said = [line for line in lines if line[0] in _MATHEMATICS_HOLDS]
    valid = [line for line in lines if line[0] == b"VALIDSIG"]
    bad = [line for line in lines if line[0] == b"BADSIG"]
    unanswered = [line for line in lines if line[0] in _NO_ANSWER]
    seen = [line for line in lines if line[0] == b"NEWSIG"]
    if len(seen) != 1 or unanswered:
        return _no_answer(check, _why(unanswered))
    if len(said) == len(valid) == 1 and not bad:
        fault = _other_signature(check, valid[0])
        return _no_answer(check, fault) if fault else True
    if len(bad) == 1 and not said and not valid:
        if _has_strange_critical(check):
            return _no_answer(check, "it calls bad whatever has a critical subpacket new to it")
        if _names_key(bad[0], check):
            return False
        return _no_answer(check, "it means another key by the same signature")
    return _no_answer(check, "it contradicts itself")


def _other_signature(check: Check, valid: Sequence[bytes]) -> str:
    """Say in what GnuPG's signature is not the one that was asked about, or nothing.

    The line that says that it is good has a key id, which is what the signature claims: it may be
    missing there, or another one. The fingerprint is that of the key which GnuPG took.
    """
    assert isinstance(check.signature, openpgp.Signature)  # noqa: S101 - what an engine is given
    if len(valid) != 11:
        return "what it says of the signature is not understood"
    key, algorithm, digest, kind, primary = valid[1], valid[7], valid[8], valid[9], valid[10]
    if key.decode("ascii", "replace") != check.key.fingerprint:
        return f"it finds it made by another key, {key.decode('ascii', 'replace')}"
    if primary != key:
        return f"it counts the key as {primary.decode('ascii', 'replace')}'s"
    signature = check.signature
    expected = (b"%d" % signature.public_key_algorithm, b"%d" % signature.digest_algorithm, b"00")
    if (algorithm, digest, kind) != expected:
        return "it reads other algorithms, or another type, in it"
    return ""


def _has_strange_critical(check: Check) -> bool:
    """Say whether a subpacket is critical that GnuPG may not know, which it reports as BADSIG."""
    assert isinstance(check.signature, openpgp.Signature)  # noqa: S101 - what an engine is given
    return any(
        octet & _CRITICAL and octet & ~_CRITICAL not in _KNOWN_TO_ALL
        for _, octet, _ in check.signature.areas()
    )


def _names_key(line: Sequence[bytes], check: Check) -> bool:
    """Say whether a line gives the key's id; or none, where the signature has a fingerprint."""
    assert isinstance(check.key, openpgp.PublicKey)  # noqa: S101 - what an engine is given
    assert isinstance(check.signature, openpgp.Signature)  # noqa: S101
    names = {check.key.key_id.hex().upper(), check.key.fingerprint}
    if any(one.fingerprint == check.key.fingerprint for one in check.signature.issuers):
        names.add(_NO_ID)
    return len(line) > 1 and line[1].decode("ascii", "replace") in names


def _why(unanswered: Sequence[Sequence[bytes]]) -> str:
    for line in unanswered:
        if line[0] == b"ERRSIG" and len(line) > 6:
            code = line[6]
            shown = code.decode("ascii", "replace")
            return f"{_ERRORS.get(code, 'an error')} (ERRSIG {shown})"
    if unanswered:
        return unanswered[0][0].decode("ascii", "replace")
    return "it sees no signature, or more than one"


def _no_answer(check: Check, why: str) -> UncheckedSignatureError:
    return UncheckedSignatureError(
        f"GnuPG cannot say whether {check.key.fingerprint} made the signature: {why}",
        "nixauth's own engine, the default, can say more; docs/engines.md has the differences.",
    )
