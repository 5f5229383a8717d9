"""docs/signatures.md, SSH: the form, what is refused by name, keys, what was signed."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, Edit, in_file, together

_UNIT = "tests/unit/signatures/ssh/test_ssh_signature.py"
_VECTORS = "tests/conformance/test_signature_vectors.py"
_FINDINGS = "tests/unit/test_ssh_findings.py"

_WIRE = in_file(
    "signatures/ssh/wire.py",
    [_UNIT, _VECTORS],
    [
        (
            "3.3 SSH armor: the first line",
            "    if lines[0] != _BEGIN:\n",
            "    if not lines[0].startswith(_BEGIN[:10]):\n",
        ),
        (
            "3.3 SSH armor: the last line",
            "    if lines[-1] != _END:\n",
            "    if False:\n",
        ),
        ("3.3 SSH armor: empty lines", "    if not all(body):\n", "    if False:\n"),
        (
            "3.3 SSH integers: not negative",
            "        if found and found[0] & 0x80:\n",
            "        if False:\n",
        ),
        (
            "3.3 SSH integers: no needless zero",
            "        if found and found[0] == 0 and (len(found) == 1 or not found[1] & 0x80):\n",
            "        if False:\n",
        ),
        ("3.3 SSH cut short", "        if end > len(self._data):\n", "        if False:\n"),
        (
            "3.3 SSH something follows",
            "        if self._at != len(self._data):\n",
            "        if False:\n",
        ),
    ],
)

_KEYS = in_file(
    "signatures/ssh/keys.py",
    [_UNIT, _VECTORS],
    [
        ("3.3 SSH keys: the type", "    if kind not in FIELDS:\n", "    if not kind:\n"),
        (
            "3.3 SSH keys: as the type has them",
            '        raise FormatError(f"not a {kind} key: {fault}")\n',
            "        pass\n",
        ),
    ],
)

_SIGNATURE = in_file(
    "signatures/ssh/signature.py",
    [_UNIT, _VECTORS],
    [
        (
            "3.3 SSH magic",
            "    if reader.octets(len(_MAGIC)) != _MAGIC:\n",
            "    if not reader.octets(len(_MAGIC)):\n",
        ),
        ("3.3 SSH version", "    if version != _VERSION:\n", "    if False:\n"),
        (
            "3.3 SSH something follows the fields",
            "range(5))\n    reader.end()\n",
            "range(5))\n",
        ),
        ("3.3 SSH reserved", "    if reserved:\n", "    if False:\n"),
        (
            "3.3 SSH namespace",
            "    if namespace != _NAMESPACE:\n",
            "    if False:\n",
        ),
        (
            "3.3 SSH the namespace is signed",
            '        parts = (_NAMESPACE, b"",',
            '        parts = (b"file", b"",',
        ),
        (
            "3.3 SSH digest",
            "    if hash_name not in _DIGESTS and hash_name not in _BROKEN_DIGESTS:\n",
            "    if False:\n",
        ),
        (
            "3.3 SSH algorithm",
            "    if signature.algorithm is None:\n        return f",
            "    if False:\n        return f",
        ),
        (
            "3.3 SSH user presence",
            "    if signature.algorithm.token and not signature.flags[0] & _USER_PRESENT:\n",
            "    if False:\n",
        ),
        (
            "3.3 SSH user presence is one bit",
            "not signature.flags[0] & _USER_PRESENT:\n",
            "not signature.flags[0]:\n",
        ),
        (
            "3.5 SSH weak-digest: of the payload",
            "    if broken is not None:\n",
            "    if False:\n",
        ),
        (
            "3.5 SSH weak-digest: ssh-rsa",
            '    if signature.algorithm is not None and signature.algorithm.digest == "SHA-1":\n',
            "    if False:\n",
        ),
        (
            "3.3 SSH something follows the numbers",
            "    if not algorithm.token:\n        reader.end()\n",
            "    if not algorithm.token:\n",
        ),
        (
            "3.3 SSH something follows the counter",
            "reader.octets(4)\n    reader.end()\n",
            "reader.octets(4)\n",
        ),
        (
            "3.3 SSH something follows the pair of integers",
            "(reader.integer(), reader.integer())\n        reader.end()\n",
            "(reader.integer(), reader.integer())\n",
        ),
        (
            "3.3 SSH Ed25519 has 64 octets",
            '    if algorithm.form == "ed25519" and len(data) != 64:\n',
            "    if False:\n",
        ),
    ],
)

_CHECK = in_file(
    "signatures/ssh/check.py",
    [_UNIT, _VECTORS],
    [
        (
            "3.5 SSH unusable-key: another algorithm",
            "    if ALGORITHMS[signature.algorithm].kind != key.kind:\n",
            "    if False:\n",
        ),
        (
            "3.5 SSH unusable-key: RSA under 2048 bits",
            '    if key.kind == "ssh-rsa" and key.bits < _MINIMAL_RSA_BITS:\n',
            "    if False:\n",
        ),
        (
            "3.5 SSH unusable-key: damaged",
            "    except ValueError as error:\n        return _Damaged(",
            "    except ValueError as error:\n        return lambda *_: _Damaged(",
        ),
        (
            "3.3 SSH a token signs its flags",
            "signature.flags + signature.counter + _sha256(message)",
            "b'\\1' + signature.counter + _sha256(message)",
        ),
        (
            "3.3 SSH a token signs its counter",
            "signature.flags + signature.counter + _sha256(message)",
            "signature.flags + bytes(3) + b'\\7' + _sha256(message)",
        ),
        (
            "3.3 SSH a token signs its application",
            "hashlib.sha256(signature.key.fields[-1]).digest()",
            "hashlib.sha256(b'ssh:').digest()",
        ),
        (
            "3e SSH the mathematics",
            '    return bool(loaded(signature.numbers, message, algorithm.digest or "SHA-512"))\n',
            "    return True\n",
        ),
    ],
)

_EVIDENCE = in_file(
    "evidence.py",
    [_VECTORS, SCENARIOS],
    [
        (
            "3c SSH a key with a fault does not count",
            "    fault = ssh.key_fault(signature)\n    if fault is not None:\n        return fault\n",
            "",
        ),
    ],
)

_KEYRING = in_file(
    "keyring.py",
    [_FINDINGS],
    [
        (
            "6 SSH keys are at hand in a warm run",
            "        if is_ssh(key):\n            return ()\n",
            "",
        ),
        (
            "6 SSH keys are at hand where only the mathematics is spared",
            "        return is_ssh(key) or self.certificates",
            "        return self.certificates",
        ),
    ],
)

_BOTH = [
    together(
        "3.5 SSH unusable-key: damaged keys verify nothing",
        [_UNIT, _VECTORS],
        Edit(
            "signatures/ssh/check.py",
            "    if key_fault(signature) is not None:\n        return False\n",
            "",
        ),
        Edit(
            "evidence.py",
            "    fault = ssh.key_fault(signature)\n    if fault is not None:\n        return fault\n",
            "",
        ),
    ),
]

MUTANTS = [*_WIRE, *_KEYS, *_SIGNATURE, *_CHECK, *_EVIDENCE, *_KEYRING, *_BOTH]
