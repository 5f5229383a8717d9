"""docs/signatures.md: armor, packets, subpackets, integers, the signature packet."""

from __future__ import annotations

from tests.mutants.table import in_file

_HERE = "tests/unit/signatures/openpgp"
_ARMOR_TESTS = [f"{_HERE}/test_openpgp_armor.py", f"{_HERE}/test_openpgp_structure_faults.py"]
_PACKET_TESTS = [f"{_HERE}/test_openpgp_packets.py", f"{_HERE}/test_openpgp_structure_faults.py"]
_SIGNATURE_TESTS = [
    f"{_HERE}/test_openpgp_signature.py",
    f"{_HERE}/test_openpgp_structure_faults.py",
]

_ARMOR = in_file(
    "signatures/openpgp/armor.py",
    _ARMOR_TESTS,
    [
        (
            "3.2 armor: the first line",
            '    if not value.startswith(_BEGIN_SIGNATURE + b"\\n"):\n',
            '    if not value.startswith(b"-----BEGIN PGP"):\n',
        ),
        (
            "3.2 armor: an end line",
            '        raise FormatError("armor: no end line")\n',
            "        end = len(value)\n",
        ),
        (
            "3.2 armor: nothing after the end line",
            '    if value[end + 1 + len(_END_SIGNATURE) :].strip(b"\\n"):\n',
            "    if False:\n",
        ),
        (
            "3.2 armor: an empty line before the base64",
            '    raise FormatError("armor: no empty line before the base64")\n',
            "    return position\n",
        ),
        (
            "3.2 armor: a header has a colon",
            "            not colon\n            or not name",
            "            not name",
        ),
        (
            "3.2 armor: a header has a name",
            '            or not name.replace(b"-", b"").isalnum()\n',
            "",
        ),
        (
            "3.2 armor: a space after a header's colon",
            '            or (text and not text.startswith(b" "))\n',
            "",
        ),
        (
            "3.2 armor: no empty line within the base64",
            '    if b"\\n\\n" in body or body[:1]',
            "    if body[:1]",
        ),
        (
            "3.2 armor: no second empty line before the base64",
            ' or body[:1] == b"\\n" or',
            " or",
        ),
        (
            "3.2 armor: no empty line after the base64",
            ' or body[-1:] == b"\\n":',
            ":",
        ),
        (
            "3.2 armor: a wrong checksum",
            '    if checksum and int.from_bytes(_decode(checksum[1:]), "big") != crc24(data):\n',
            "    if False:\n",
        ),
        (
            "3.2 armor: the checksum may be absent",
            '    if checksum and int.from_bytes(_decode(checksum[1:]), "big") != crc24(data):\n',
            '    if not checksum or int.from_bytes(_decode(checksum[1:]), "big") != crc24(data):\n',
        ),
        (
            "3.2 base64 is strict",
            "binascii.a2b_base64(text, strict_mode=True)",
            "binascii.a2b_base64(text)",
        ),
        (
            "3.2 base64: unused bits",
            '    if text.endswith(b"=") and',
            "    if False and",
        ),
        (
            "3.2 armor: blanks at the ends of lines do not count",
            "        if trimmed == value:\n            raise\n",
            "        raise\n",
        ),
        (
            "3.2 keyring: a wrong checksum of a key is reported",
            "    if expected != crc24(data):\n",
            "    if False:\n",
        ),
        (
            "3.2 keyring: a block without an end is reported",
            '    return data, "" if complete else f"{where}: no end line"\n',
            '    return data, ""\n',
        ),
    ],
)

_PACKETS = in_file(
    "signatures/openpgp/packets.py",
    _PACKET_TESTS,
    [
        ("3.2 packet: the top bit", "    if not first & 0x80:\n", "    if False:\n"),
        (
            "3.2 packet: the header is cut off",
            '        raise FormatError("truncated packet header") from None\n',
            "        tag, start, length = 2, len(data), 0\n",
        ),
        ("3.2 packet: type 0", "    if not tag:\n", "    if False:\n"),
        (
            "3.2 packet: longer than the data",
            '    if end > len(data):\n        raise FormatError("truncated packet")\n',
            "",
        ),
        (
            "3.2 packet: partial length",
            '    if first < 255:\n        raise FormatError("packet of partial length")\n',
            "    if first < 255:\n        return position + 1, 1 << (first & 0x1F)\n",
        ),
        (
            "3.2 packet: indeterminate length",
            '    raise FormatError("packet of indeterminate length")\n',
            "    return position, len(data) - position\n",
        ),
        (
            "3.2 subpacket: the length is cut off",
            "            if position + size > end:\n",
            "            if False:\n",
        ),
        (
            "3.2 subpacket: length 0",
            '        if not length:\n            raise FormatError("subpacket of length 0")\n',
            "        if not length:\n            continue\n",
        ),
        (
            "3.2 subpacket: longer than its area",
            "        if following > end:\n",
            "        if following > len(data):\n",
        ),
        (
            "3.2 integer: the bit count is exact",
            '        if spare:\n            raise FormatError("integer with a wrong bit count")\n'
            "        found",
            "        value = value.lstrip(b'\\0')\n        found",
        ),
        (
            "3.2 integer: a padded one counts whole octets",
            "        if data[position + 1] & 7:\n",
            "        if False:\n",
        ),
        (
            "3.2 integer: a padded one is read without its zeros",
            '        value = value.lstrip(b"\\0")\n',
            "",
        ),
        # Too few bits counted are told a second time by each of the two readers.
        (
            "3.2 integer: octets after the last",
            "    if position != len(data):\n",
            "    if False:\n",
        ),
        (
            "3.2 integer: octets after the only one",
            "    if end != len(data):\n        raise",
            "    if False:\n        raise",
        ),
        (
            "3.2 integer: the count is cut off",
            '    if start > len(data):\n        raise FormatError("truncated integer")\n',
            "    if start > len(data):\n        return b'', len(data), 0\n",
        ),
        (
            "3.2 integer: longer than the data",
            '    if end > len(data):\n        raise FormatError("truncated integer")\n',
            "    end = min(end, len(data))\n",
        ),
    ],
)

_SIGNATURE = in_file(
    "signatures/openpgp/signature.py",
    _SIGNATURE_TESTS,
    [
        (
            "3.2 subpacket: issuer key id of a wrong length",
            "                if stop - begin != 8:\n",
            "                if False:\n",
        ),
        (
            "3.2 subpacket: creation time of a wrong length",
            "                if stop - begin != 4:\n",
            "                if False:\n",
        ),
        (
            "3.2 subpacket: issuer fingerprint of a wrong length",
            "    if begin == stop or _FINGERPRINT_SIZES.get(body[begin]) != stop - begin - 1:\n",
            "    if begin == stop:\n",
        ),
        (
            "3.2 subpacket: issuer fingerprint that is empty",
            "    if begin == stop or _FINGERPRINT_SIZES.get(body[begin]) != stop - begin - 1:\n"
            '        raise FormatError("issuer fingerprint of a wrong length")\n',
            "    if begin == stop:\n        return bytes(20)\n"
            "    if _FINGERPRINT_SIZES.get(body[begin]) != stop - begin - 1:\n"
            '        raise FormatError("issuer fingerprint of a wrong length")\n',
        ),
        (
            "3.2 subpacket: a critical one that is unknown",
            "    if kind not in algorithms.SUBPACKETS:\n",
            "    if False:\n",
        ),
        (
            "3.2 subpacket: a critical notation",
            "    if kind == algorithms.NOTATION:\n",
            "    if False:\n",
        ),
        (
            "3.2 subpacket: an unknown one that is not critical is good",
            "            elif octet & 0x80 and not self.fault:\n",
            "            elif not self.fault:\n",
        ),
        (
            "3.2 subpacket: a critical one in the hashed area",
            "        self.unsupported = hashed.fault or unhashed.fault or self._unsupported()\n",
            "        self.unsupported = unhashed.fault or self._unsupported()\n",
        ),
        (
            "3.2 subpacket: a critical one in the unhashed area",
            "        self.unsupported = hashed.fault or unhashed.fault or self._unsupported()\n",
            "        self.unsupported = hashed.fault or self._unsupported()\n",
        ),
        (
            "3.2 issuer: the hashed area wins",
            "    if hashed.fingerprints:\n        return _by_fingerprint(hashed.fingerprints)\n"
            "    if hashed.key_ids:\n"
            "        return _sharpened(hashed.key_ids, unhashed.fingerprints)\n",
            "    if hashed.fingerprints and not unhashed.fingerprints:\n"
            "        return _by_fingerprint(hashed.fingerprints)\n",
        ),
        (
            "3.2 issuer: a hashed key id is not overruled",
            "    if hashed.key_ids:\n",
            "    if hashed.key_ids and not unhashed.fingerprints:\n",
        ),
        (
            "3.2 issuer: a fingerprint decides before a key id",
            "    if hashed.fingerprints:\n        return _by_fingerprint(hashed.fingerprints)\n",
            "    if hashed.fingerprints and not hashed.key_ids:\n"
            "        return _by_fingerprint(hashed.fingerprints)\n",
        ),
        (
            "3.2 issuer: a fingerprint in the unhashed area decides before a key id there",
            "    if unhashed.fingerprints:\n",
            "    if unhashed.fingerprints and not unhashed.key_ids:\n",
        ),
        (
            "3.2 issuer: a fingerprint that does not agree with the key id",
            "        if issuer.key_id in candidates:\n"
            "            candidates[issuer.key_id].append(issuer)\n",
            "        candidates.setdefault(issuer.key_id, []).append(issuer)\n",
        ),
        (
            "3.2 packet: a signature of fewer than four octets",
            '        if len(body) < 4:\n            raise FormatError("truncated signature")\n',
            '        body = body.ljust(4, b"\\0")\n',
        ),
        (
            "3.2 version 3",
            "        if version == 4:\n",
            "        if version in {3, 4}:\n",
        ),
        (
            "3.2 version 5",
            "        elif version == 6:\n            wide",
            "        elif version in {5, 6}:\n            wide",
        ),
        (
            "3.5 an unknown version is unsupported, not malformed",
            '        return UnsupportedSignature(f"OpenPGP {error}")\n',
            '        return MalformedSignature(f"OpenPGP {error}")\n',
        ),
        (
            "3.2 packet: the areas are longer than the packet",
            "        if unhashed_end + 2 > len(body):\n"
            '            raise FormatError("truncated signature")\n',
            "        unhashed_end = min(unhashed_end, len(body) - 2)\n",
        ),
        (
            "3.2 a creation time in the hashed area",
            "        if created is None:\n"
            '            raise FormatError("no creation time in the hashed area")\n',
            "        created = created or 0\n",
        ),
        (
            "3.2 the creation time is a hashed one",
            "        if created is None:\n",
            "        created = created or unhashed.created\n        if created is None:\n",
        ),
        (
            "3.2 the algorithm is listed",
            "        if algorithm not in algorithms.SIGNING:\n",
            "        if False:\n",
        ),
        (
            "3.2 version 6 has no older EdDSA",
            "        if self.version == 6 and algorithm == algorithms.EDDSA_LEGACY:\n",
            "        if False:\n",
        ),
        (
            "3.2 the digest is listed",
            "        if self.digest_algorithm not in algorithms.DIGESTS:\n",
            "        if False:\n",
        ),
        (
            "3.2 version 6: the salt's length is the digest's",
            " or (digest is not None and digest.salt_size != size):\n",
            ":\n",
        ),
        (
            "3.2 version 6: the salt is cut off",
            "    if end > len(body) or (digest",
            "    if (digest",
        ),
        (
            "3.2 version 6: there is a salt",
            '    if position >= len(body):\n        raise FormatError("truncated signature")\n',
            "    if position >= len(body):\n        return b'', position\n",
        ),
        (
            "3.2 version 6: the salt is signed",
            "self._salt + payload if self._salt else payload",
            "payload",
        ),
        (
            "3.2 a native signature has its length",
            "    if len(body) - start != size:\n",
            "    if False:\n",
        ),
        (
            "3.2 no packet but the signature",
            '            fault = f"a packet of type {tag} in the signature block"\n',
            "            pass\n",
        ),
        (
            "3.5 two signature packets in one block",
            "    if len(bodies) > 1:\n        return None\n",
            "",
        ),
        (
            "3.2 nothing after the packet",
            "            fault = str(error)\n            break\n",
            "            if not bodies:\n                fault = str(error)\n            break\n",
        ),
        (
            "3.2 a packet at all",
            "    if fault or not bodies:\n        raise FormatError(fault)\n    return bodies[0]\n",
            "    if fault and data:\n        raise FormatError(fault)\n"
            "    return bodies[0] if bodies else None\n",
        ),
        (
            "3.2 type: binary document",
            "    if signature.type != _BINARY_DOCUMENT:\n",
            "    if False:\n",
        ),
        (
            "3.2 type: text document",
            "    if signature.type != _BINARY_DOCUMENT:\n",
            "    if signature.type not in {0, 1}:\n",
        ),
        (
            "3.5 what is unsupported",
            "    if signature.unsupported:\n",
            "    if False:\n",
        ),
        (
            "3.5 what is unsupported comes after what is malformed",
            "        self.numbers = _read_numbers(body, start)\n"
            "        self.unsupported = hashed.fault or unhashed.fault or self._unsupported()\n",
            "        self.unsupported = hashed.fault or unhashed.fault or self._unsupported()\n"
            "        self.numbers = () if self.unsupported else _read_numbers(body, start)\n",
        ),
        (
            "3.2 the hashed area is signed",
            "        state.update(self._tail)\n",
            "",
        ),
    ],
)

MUTANTS = [*_ARMOR, *_PACKETS, *_SIGNATURE]
