"""docs/signatures.md: digests, keys, curves, the mathematics."""

from __future__ import annotations

from tests.mutants.table import in_file

_HERE = "tests/unit/signatures/openpgp"
_SIGNATURE = f"{_HERE}/test_openpgp_signature.py"
_CHECK = f"{_HERE}/test_openpgp_check.py"
_CERTIFICATES = f"{_HERE}/test_openpgp_certificates.py"
_EDGES = "tests/unit/signatures/test_mathematics_edges.py"
_MORE = f"{_HERE}/test_openpgp_key_faults.py"

_WEAK = in_file(
    "signatures/openpgp/algorithms.py",
    [_SIGNATURE],
    [
        ("3.5 weak digest MD5", '"MD5", _md5, 16, None, weak=True)', '"MD5", _md5, 16, None)'),
        ("3.5 weak digest SHA-1", "_sha1, 20, None, weak=True)", "_sha1, 20, None)"),
        (
            "3.5 weak digest RIPEMD-160",
            "_ripemd160, 20, None, weak=True)",
            "_ripemd160, 20, None)",
        ),
    ],
)

_DIGESTS = in_file(
    "signatures/openpgp/algorithms.py",
    [_CHECK],
    [
        *(
            (f"3.2 digest {name}", f"        Digest({row}),\n", "")
            for name, row in (
                ("SHA-256", '8, "SHA-256", hashlib.sha256, 32, 16'),
                ("SHA-384", '9, "SHA-384", hashlib.sha384, 48, 24'),
                ("SHA-512", '10, "SHA-512", hashlib.sha512, 64, 32'),
                ("SHA-224", '11, "SHA-224", hashlib.sha224, 28, 16'),
                ("SHA3-256", '12, "SHA3-256", hashlib.sha3_256, 32, 16'),
                ("SHA3-512", '14, "SHA3-512", hashlib.sha3_512, 64, 32'),
            )
        ),
    ],
)
_ALGORITHMS = in_file(
    "signatures/openpgp/algorithms.py",
    [_CHECK, _SIGNATURE, f"{_HERE}/test_openpgp_structure_faults.py"],
    [
        ("3.2 RSA", "{RSA: 1, RSA_SIGN_ONLY: 1,", "{RSA_SIGN_ONLY: 1,"),
        ("3.2 RSA (sign only)", "{RSA: 1, RSA_SIGN_ONLY: 1,", "{RSA: 1,"),
        ("3.2 DSA", " DSA: 2,", ""),
        ("3.2 ECDSA", " ECDSA: 2,", ""),
        ("3.2 EdDSA", ", EDDSA_LEGACY: 2}", "}"),
        ("3.2 Ed25519", "{ED25519: 64, ", "{"),
        ("3.2 Ed448", "64, ED448: 114}", "64}"),
        ("3.2 RSA (encrypt only) signs nothing", "{RSA: 1, ", "{RSA: 1, 2: 1, "),
        ("3.2 ElGamal signs nothing", "{RSA: 1, ", "{RSA: 1, 20: 2, "),
        ("3.2 ECDH signs nothing", "{RSA: 1, ", "{RSA: 1, 18: 2, "),
        *(
            (f"3.2 curve {name}", f'    bytes.fromhex("{oid}"): Curve({rest}),\n', "")
            for name, oid, rest in (
                ("P-256", "2a8648ce3d030107", '"NIST P-256", 32, "SECP256R1"'),
                ("P-384", "2b81040022", '"NIST P-384", 48, "SECP384R1"'),
                ("P-521", "2b81040023", '"NIST P-521", 66, "SECP521R1"'),
                (
                    "brainpoolP256r1",
                    "2b2403030208010107",
                    '"brainpoolP256r1", 32, "BrainpoolP256R1"',
                ),
                (
                    "brainpoolP384r1",
                    "2b240303020801010b",
                    '"brainpoolP384r1", 48, "BrainpoolP384R1"',
                ),
                (
                    "brainpoolP512r1",
                    "2b240303020801010d",
                    '"brainpoolP512r1", 64, "BrainpoolP512R1"',
                ),
            )
        ),
        (
            "3.2 curve secp256k1 is not listed",
            '    bytes.fromhex("2b81040022"): Curve("NIST P-384", 48, "SECP384R1"),\n',
            '    bytes.fromhex("2b81040022"): Curve("NIST P-384", 48, "SECP384R1"),\n'
            '    bytes.fromhex("2b8104000a"): Curve("secp256k1", 32, "SECP256K1"),\n',
        ),
    ],
)

_CHECKS = in_file(
    "signatures/openpgp/check.py",
    [_CHECK, _MORE],
    [
        (
            "3.5 unusable-key: versions of signature and key",
            "    if signature.version != key.version:\n",
            "    if False:\n",
        ),
        (
            "3.5 unusable-key: algorithms of signature and key",
            "    if signature.public_key_algorithm != key.algorithm:\n",
            "    if False:\n",
        ),
        (
            "3.5 unusable-key: a damaged key",
            "    if isinstance(loaded, _Damaged):\n",
            "    if False:\n",
        ),
        (
            "3.5 unsupported-signature: the key's algorithm",
            "    if isinstance(loaded, _Unsupported):\n        return UnsupportedSignature(",
            "    if False:\n        return UnsupportedSignature(",
        ),
        (
            "3.5 a key at fault verifies nothing",
            "        not callable(loaded)\n        or",
            "        False\n        or",
        ),
        (
            "3.5 unsupported-signature: the curve",
            "    if not _is_listed_curve(key):\n",
            "    if False:\n",
        ),
        (
            "3.5 unusable-key: material that cannot be read",
            "    if key.damage:\n",
            "    if False:\n",
        ),
        (
            "3.5 unusable-key: RSA under 1024 bits",
            "_MINIMAL_RSA_BITS = 1024",
            "_MINIMAL_RSA_BITS = 1016",
        ),
        ("3.5 RSA of 1024 bits is good", "_MINIMAL_RSA_BITS = 1024", "_MINIMAL_RSA_BITS = 1025"),
        (
            "3.5 unusable-key: a short key of RSA (sign only)",
            "{algorithms.RSA, algorithms.RSA_SIGN_ONLY} and",
            "{algorithms.RSA} and",
        ),
        (
            "3.2 curve: older EdDSA is over Ed25519",
            " and key.curve == algorithms.ED25519_LEGACY_OID\n",
            "\n",
        ),
        (
            "3.2 curve: older EdDSA is of version 4",
            "        return key.version == 4 and key.curve",
            "        return key.curve",
        ),
    ],
)

_KEYS = in_file(
    "signatures/openpgp/keys.py",
    [_CHECK, _CERTIFICATES, _MORE],
    [
        (
            "3.2 key: of version 4 or 6",
            "        start = {4: 6, 6: 10}.get(",
            "        start = {3: 6, 4: 6, 5: 6, 6: 10}.get(",
        ),
        (
            "3.2 key: cut off",
            '        if len(body) < start:\n            raise FormatError("truncated key")\n',
            '        body = body.ljust(start, b"\\0")\n',
        ),
        (
            "3.2 key: the length of version 6's material",
            '        if self.version == 6 and int.from_bytes(body[6:10], "big") != len(body) -'
            " start:\n",
            "        if False:\n",
        ),
        ("3.2 key: too long", "        if len(body) > MAX_BODY:\n", "        if False:\n"),
        (
            "3.2 key: native material has its length",
            "            if len(body) - start != _NATIVE[algorithm]:\n",
            "            if False:\n",
        ),
        (
            "3.2 key: the curve's name has a length",
            "        if size in {0, 0xFF} or",
            "        if",
        ),
        (
            "3.2 key: the curve's name is cut off",
            " or start + 1 + size > len(self.body):\n",
            ":\n",
        ),
        (
            "3.2 key: a fingerprint of version 6 is SHA-256",
            "        digest = hashlib.sha256 if self.version == 6 else hashlib.sha1\n",
            "        digest = hashlib.sha1\n",
        ),
        (
            "3.2 key: the key id of version 6",
            "        self.key_id = raw[:8] if self.version == 6 else raw[-8:]\n",
            "        self.key_id = raw[-8:]\n",
        ),
    ],
)

_POINTS = in_file(
    "signatures/openpgp/mathematics.py",
    [_CHECK, _MORE, _EDGES],
    [
        (
            "3.5 point: the form of older EdDSA's",
            "            if len(point) != 33 or point[0] != 0x40:\n",
            "            if len(point) != 33:\n",
        ),
        (
            "3.5 point: the length of older EdDSA's",
            "            if len(point) != 33 or point[0] != 0x40:\n",
            "            if point[0] != 0x40:\n",
        ),
    ],
)

_MATHEMATICS = in_file(
    "signatures/mathematics.py",
    [_CHECK, _MORE, _EDGES],
    [
        ("3.5 RSA: even modulus", "    if modulus & 1 == 0:\n", "    if False:\n"),
        (
            "3.5 RSA: even exponent",
            "    if exponent & 1 == 0 or exponent == 1:\n",
            "    if exponent == 1:\n",
        ),
        (
            "3.5 RSA: exponent 1",
            "    if exponent & 1 == 0 or exponent == 1:\n",
            "    if exponent & 1 == 0:\n",
        ),
        (
            "3.5 RSA: exponent of more than 64 bits",
            "    if exponent.bit_length() > 64:\n",
            "    if False:\n",
        ),
        ("3.5 RSA: over 16384 bits", "    if modulus.bit_length() > 16384:\n", "    if False:\n"),
        (
            "3.5 RSA: a number longer than the modulus",
            "        if len(signature) != size or signature >= n:\n",
            "        signature = signature[-size:]\n        if signature >= n:\n",
        ),
        (
            "3.5 RSA: a number shorter than the modulus",
            '        signature = numbers[0].rjust(size, b"\\0")\n',
            "        signature = numbers[0]\n",
        ),
        (
            "3.5 DSA: p and q are odd, q divides p - 1",
            "    if not p & 1 or not q & 1 or (p - 1) % q:\n",
            "    if False:\n",
        ),
        (
            "3.5 DSA: q divides p - 1",
            "    if not p & 1 or not q & 1 or (p - 1) % q:\n",
            "    if not p & 1 or not q & 1:\n",
        ),
        (
            "3.5 DSA: the generator is of the group",
            "    if not 1 < g < p or pow(g, q, p) != 1:\n",
            "    if not 1 < g < p:\n",
        ),
        (
            "3.5 DSA: the key is of the group",
            "    if not 1 < y < p or pow(y, q, p) != 1:\n",
            "    if not 1 < y < p:\n",
        ),
        (
            "3.5 DSA: the key is not 1 and below p",
            "    if not 1 < y < p or pow(y, q, p) != 1:\n",
            "    if pow(y, q, p) != 1:\n",
        ),
        (
            "3.5 point: the form of ECDSA's",
            "    if len(point) != 2 * size + 1 or point[0] != 4:\n",
            "    if len(point) != 2 * size + 1 and point[0] == 4:\n",
        ),
        (
            "3.5 point on the curve: Ed25519",
            "    if not _is_on_edwards_curve(y, _ED25519_PRIME, -1, _ED25519_D):\n",
            "    if False:\n",
        ),
        (
            "3.5 point on the curve: Ed448",
            " or not _is_on_edwards_curve(y, _ED448_PRIME, 1, _ED448_D):\n",
            ":\n",
        ),
        ("3.5 point: Ed448's last octet", "    if point[56] & 0x7F or not", "    if not"),
        ("3.5 point: Ed25519 of small order", "    if y in _ED25519_SMALL:\n", "    if False:\n"),
        (
            "3.5 point: Ed448 of small order",
            "    if y in {0, 1, _ED448_PRIME - 1}:\n",
            "    if False:\n",
        ),
        ("3.5 point: below the prime", "    if y >= prime:\n", "    if False:\n"),
        (
            "3.5 EdDSA: numbers of more than 32 octets",
            "            if len(numbers[0]) > 32 or len(numbers[1]) > 32:\n                return"
            " False\n",
            "            numbers = (numbers[0][-32:], numbers[1][-32:])\n",
        ),
        (
            "3.2 EdDSA: numbers shorter than 32 octets",
            '            signature = numbers[0].rjust(32, b"\\0") + numbers[1].rjust(32, b"\\0")\n',
            "            signature = numbers[0] + numbers[1]\n",
        ),
        (
            "3.5 a digest that the library lacks",
            "        if name not in _DIGESTS:\n            return False\n",
            "        if name not in _DIGESTS:\n            return True\n",
        ),
        (
            "3.5 the library says no",
            "        except _FAILURES:\n            return False\n",
            "        except _FAILURES:\n            return True\n",
        ),
        # That r and s are above zero and below the order, that S of EdDSA is below it, and that
        # the number of RSA is below the modulus, and that a generator of DSA is neither 1 nor above
        # p, the library asks as well: taken out here, what is
        # out of range is refused all the same, as it must be. The vectors are in
        # test_openpgp_check.py.
    ],
)

MUTANTS = [*_WEAK, *_DIGESTS, *_ALGORITHMS, *_CHECKS, *_KEYS, *_POINTS, *_MATHEMATICS]
