"""ASCII armor and its checksum (RFC 9580, section 6): strict for signatures, lenient for keys."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from nixauth.signatures.openpgp.packets import FormatError

_BEGIN_SIGNATURE: Final = b"-----BEGIN PGP SIGNATURE-----"
_END_SIGNATURE: Final = b"-----END PGP SIGNATURE-----"
_KEY_BLOCK: Final = b"PGP PUBLIC KEY BLOCK-----"
_BLANK: Final = b" \t\r"

# --- CRC-24, section 6.1.1 ---


@cache
def _checksums() -> Callable[[bytes], int]:
    import anycrc  # noqa: PLC0415 - only who reads armor pays for importing it

    calculate: Callable[[bytes], int] = anycrc.Model("CRC24-OPENPGP").calc
    return calculate


def crc24(data: bytes) -> int:
    """Return the checksum of `data`."""
    return _checksums()(data)


# --- Base64, section 6.1 ---


def _decode(text: bytes) -> bytes:
    """Return the octets of canonical base64 without line ends."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise FormatError(f"base64: {error}") from None
    # The library lets the unused bits of the last character pass.
    if text.endswith(b"=") and binascii.b2a_base64(data[-(len(data) % 3) :]) != text[-4:] + b"\n":
        raise FormatError("base64: unused bits are not zero")
    return data


# --- Signatures ---


def read_signature_block(value: bytes) -> bytes:
    """Return the octets in the one armored signature that `value` consists of.

    Empty lines may follow it, and nothing else; blanks at the ends of lines do not count.
    """
    try:
        return _read_block(value)
    except FormatError:
        # Blanks are rare, and looking for them first would cost every signature.
        trimmed = b"\n".join(line.rstrip(_BLANK) for line in value.split(b"\n"))
        if trimmed == value:
            raise
    return _read_block(trimmed)


def _read_block(value: bytes) -> bytes:
    if not value.startswith(_BEGIN_SIGNATURE + b"\n"):
        raise FormatError("armor: the first line does not begin a signature block")
    end = value.rfind(b"\n" + _END_SIGNATURE)
    if end < 0:
        raise FormatError("armor: no end line")
    if value[end + 1 + len(_END_SIGNATURE) :].strip(b"\n"):
        raise FormatError("armor: text after the end line")
    return _read_body(value, _after_headers(value, len(_BEGIN_SIGNATURE) + 1, end), end)


def _after_headers(value: bytes, position: int, end: int) -> int:
    """Return where the base64 starts, after the armor headers and the empty line."""
    while position < end:
        newline = value.find(b"\n", position, end)
        if newline == position:
            return position + 1
        if newline < 0:
            break
        name, colon, text = value[position:newline].partition(b":")
        # A space follows the colon, unless it fell off the end of the line.
        if (
            not colon
            or not name.replace(b"-", b"").isalnum()
            or (text and not text.startswith(b" "))
        ):
            break
        position = newline + 1
    raise FormatError("armor: no empty line before the base64")


def _read_body(value: bytes, start: int, end: int) -> bytes:
    """Return the octets of the base64 lines, compared with the checksum where there is one."""
    last = value.rfind(b"\n", start - 1, end) + 1
    checksum = value[last:end] if end - last == 5 and value[last] == 0x3D else b""
    body = value[start : last - 1] if checksum else value[start:end]
    if b"\n\n" in body or body[:1] == b"\n" or body[-1:] == b"\n":
        raise FormatError("armor: empty line within the base64")
    data = _decode(body.replace(b"\n", b""))
    if checksum and int.from_bytes(_decode(checksum[1:]), "big") != crc24(data):
        raise FormatError("armor: wrong checksum")
    return data


# --- Keys ---


def key_blocks(data: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield what every armored block of keys in `data` holds, and a problem or an empty text.

    Text around the blocks is skipped. A block with a wrong checksum is read all the same: a key
    is named by its own digest.
    """
    body: list[bytes] | None = None
    begun = 0
    for number, raw in enumerate(data.split(b"\n"), 1):
        line = raw.strip(_BLANK)
        if line.startswith(b"-----"):
            if body is not None:
                yield _key_block(body, begun, complete=line == b"-----END " + _KEY_BLOCK)
            begins = line == b"-----BEGIN " + _KEY_BLOCK
            body, begun = ([] if begins else None), number
            if not begins and line.startswith(b"-----BEGIN PGP "):
                yield b"", f"armored block at line {number}: not a block of public keys"
        elif body is not None and line and b":" not in line:
            body.append(line)
    if body is not None:
        yield _key_block(body, begun, complete=False)


def armored_keys(data: bytes) -> bytes:
    """Return one block that holds `data`, with a checksum, ended by a newline."""
    text = binascii.b2a_base64(data, newline=False)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    checksum = binascii.b2a_base64(crc24(data).to_bytes(3, "big"), newline=False)
    begin, end = b"-----BEGIN " + _KEY_BLOCK, b"-----END " + _KEY_BLOCK
    return b"\n".join([begin, b"", *lines, b"=" + checksum, end, b""])


def _key_block(lines: list[bytes], begun: int, *, complete: bool) -> tuple[bytes, str]:
    where = f"armored block at line {begun}"
    checksum = b""
    if lines and len(lines[-1]) == 5 and lines[-1].startswith(b"="):
        checksum = lines.pop()[1:]
    try:
        data = _decode(b"".join(lines))
        expected = int.from_bytes(_decode(checksum), "big") if checksum else crc24(data)
    except FormatError as error:
        return b"", f"{where}: {error}"
    if expected != crc24(data):
        return data, f"{where}: wrong checksum"
    return data, "" if complete else f"{where}: no end line"
