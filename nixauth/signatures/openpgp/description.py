"""Every field of a signature packet as text, for `nixauth explain`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from nixauth.signatures.openpgp import algorithms
from nixauth.signatures.openpgp.signature import Signature


def describe(signature: Signature) -> list[tuple[str, str]]:
    """Return names and values of the fields, in the packet's order; printable ASCII only."""
    algorithm = signature.public_key_algorithm
    digest = signature.digest_algorithm
    rows = [
        ("version", str(signature.version)),
        ("type", f"0x{signature.type:02x} ({algorithms.signature_type_name(signature.type)})"),
        ("public-key algorithm", f"{algorithm} ({algorithms.public_key_name(algorithm)})"),
        ("digest algorithm", f"{digest} ({algorithms.digest_name(digest)})"),
    ]
    rows += [_subpacket_row(*subpacket) for subpacket in signature.areas()]
    rows.append(("digest's first octets", signature.left16.hex()))
    if signature.version == 6:
        rows.append(("salt", signature.salt.hex()))
    rows += [
        (_number_name(signature, index), f"{len(number)} octets: {number.hex()}")
        for index, number in enumerate(signature.numbers)
    ]
    return rows


def _number_name(signature: Signature, index: int) -> str:
    if len(signature.numbers) == 1:
        return "signature"
    return "rs"[index]


def _subpacket_row(area: str, octet: int, content: bytes) -> tuple[str, str]:
    kind = octet & 0x7F
    name = algorithms.SUBPACKETS.get(kind, f"subpacket of type {kind}")
    critical = ", critical" if octet & 0x80 else ""
    render = _RENDERERS.get(kind, bytes.hex)
    return f"{name} ({area}{critical})", render(content)


def _text(content: bytes) -> str:
    """Return octets as printable ASCII, all others escaped."""
    return ascii(content.decode("utf-8", "backslashreplace"))[1:-1]


def _time(content: bytes) -> str:
    seconds = int.from_bytes(content, "big")
    if len(content) != 4:
        return content.hex()
    return f"{seconds} ({datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC)"


def _duration(content: bytes) -> str:
    return f"{int.from_bytes(content, 'big')} seconds" if len(content) == 4 else content.hex()


def _upper_hex(content: bytes) -> str:
    return content.hex().upper()


def _fingerprint(content: bytes) -> str:
    return f"version {content[0]}, {content[1:].hex().upper()}" if content else ""


def _notation(content: bytes) -> str:
    """Return `name=value`; section 5.2.3.24."""
    name_length = int.from_bytes(content[4:6], "big")
    if len(content) != 8 + name_length + int.from_bytes(content[6:8], "big"):
        return content.hex()
    name, value = content[8 : 8 + name_length], content[8 + name_length :]
    return f"{_text(name)}={_text(value) if content[0] & 0x80 else value.hex()}"


_RENDERERS: Final[dict[int, Callable[[bytes], str]]] = {
    algorithms.CREATION_TIME: _time,
    3: _duration,
    algorithms.KEY_EXPIRATION: _duration,
    algorithms.ISSUER_KEY_ID: _upper_hex,
    algorithms.NOTATION: _notation,
    24: _text,
    26: _text,
    28: _text,
    algorithms.ISSUER_FINGERPRINT: _fingerprint,
    35: _fingerprint,
}
