"""docs/signatures.md: subkeys and their bindings, keyrings, and the mathematics once for all."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, Edit, in_file, together

_HERE = "tests/unit/signatures/openpgp"
_CERTIFICATES = f"{_HERE}/test_openpgp_certificates.py"
_MORE = f"{_HERE}/test_openpgp_key_faults.py"

_BINDINGS = in_file(
    "signatures/openpgp/bindings.py",
    [_CERTIFICATES, _MORE],
    [
        (
            "3.2 binding: of one version",
            "    if primary.version != subkey.version:\n",
            "    if False:\n",
        ),
        (
            "3.2 binding: keys that are not too long",
            "    if max(len(primary.body), len(subkey.body)) > MAX_BODY:\n",
            "    if False:\n",
        ),
        (
            "3.2 binding: of the type subkey binding",
            '    if body[1:2] != b"\\x18":\n',
            "    if False:\n",
        ),
        (
            "3.2 binding: understood, critical subpackets included",
            "    return None if signature.unsupported else signature\n",
            "    return signature\n",
        ),
        (
            "3.2 binding: well formed",
            "    except FormatError:\n        return None\n    return None if",
            "    except ZeroDivisionError:\n        return None\n    return None if",
        ),
        (
            "3.2 binding: the signature verifies",
            "    if not is_made_by(signature, primary, over):\n",
            "    if False:\n",
        ),
        (
            "3.2 binding: there are flags",
            "    if not flags or not flags[-1][:1] or not flags[-1][0] & _MAY_SIGN:\n",
            "    if flags and (not flags[-1][:1] or not flags[-1][0] & _MAY_SIGN):\n",
        ),
        (
            "3.2 binding: the flags are not empty",
            "    if not flags or not flags[-1][:1] or not flags[-1][0] & _MAY_SIGN:\n",
            "    if not flags or (flags[-1] and not flags[-1][0] & _MAY_SIGN):\n",
        ),
        (
            "3.2 binding: the signing flag",
            "    if not flags or not flags[-1][:1] or not flags[-1][0] & _MAY_SIGN:\n",
            "    if not flags or not flags[-1][:1]:\n",
        ),
        (
            "3.2 binding: the last flags count",
            "    if not flags or not flags[-1][:1] or not flags[-1][0] & _MAY_SIGN:\n",
            "    if not any(flag[:1] and flag[0] & _MAY_SIGN for flag in flags):\n",
        ),
        (
            "3.2 binding: the flags are hashed ones",
            "    flags = signature.hashed(algorithms.KEY_FLAGS)\n",
            "    flags = signature.anywhere(algorithms.KEY_FLAGS)\n",
        ),
        (
            "3.2 binding: a strong digest",
            "    if signature.weak:\n        return 4",
            "    if False:\n        return 4",
        ),
        (
            "3.2 back-signature: there is one",
            "    return nearest\n",
            "    return nearest if bodies else None\n",
        ),
        (
            "3.2 back-signature: of the type primary key binding",
            "        if signature is None or signature.type != _PRIMARY_KEY_BINDING:\n",
            "        if signature is None:\n",
        ),
        (
            "3.2 back-signature: it verifies",
            "        if not is_made_by(signature, subkey, over):\n",
            "        if False:\n",
        ),
        (
            "3.2 back-signature: a strong digest",
            "        elif signature.weak:\n",
            "        elif False:\n",
        ),
        (
            "3.2 binding: one good one is enough",
            '        if fault is None:\n            return ""\n        nearest',
            '        if fault is None:\n            return ""\n        return fault[1]\n'
            "        nearest",
        ),
    ],
)

_CERTIFICATE_STORE = in_file(
    "signatures/openpgp/certificates.py",
    [_CERTIFICATES, _MORE],
    [
        (
            "3.2 a fingerprint decides the key",
            "                names = [issuer.fingerprint]\n",
            "                names = sorted(self._by_key_id.get(issuer.key_id, ()))\n",
        ),
        (
            "3.2 every key that bears the id",
            "                names = sorted(self._by_key_id.get(issuer.key_id, ()))\n",
            "                names = sorted(self._by_key_id.get(issuer.key_id, ()))[:1]\n",
        ),
        (
            "3.2 a subkey needs a binding",
            "                if not self.binding_problem(fingerprint, primary)\n",
            "                if True\n",
        ),
        (
            "3.2 a subkey of a certificate that carries it",
            "        if primary not in self._carried_by.get(subkey, ()):\n"
            '            return "no certificate of the primary key carries it"\n',
            '        if primary not in self._carried_by.get(subkey, ()):\n            return ""\n',
        ),
        (
            "3.2 copies of a certificate are merged",
            "            self._parts.setdefault(primary, Parts()).merge(parts)\n",
            "            self._parts[primary] = parts\n",
        ),
        (
            "3.2 copies in any order",
            "        if present is None or key.body < present.body:\n",
            "        if True:\n",
        ),
        (
            "3.2 what was found before more was added is asked again",
            "        self._bound.clear()\n",
            "",
        ),
        (
            "3.2 a problem found before more was added is asked again",
            "        self._problems.clear()\n",
            "",
        ),
        (
            "3.2 keys of an id found before more was added are asked again",
            "        self._found.clear()\n",
            "",
        ),
    ],
)

_PARTS = in_file(
    "signatures/openpgp/parts.py",
    [_CERTIFICATES, _MORE],
    [
        (
            "3.2 keyring: a secret key is none",
            "        elif tag in _SECRET:\n            self._skip_secret(tag)\n",
            "        elif tag in _SECRET:\n            self._begin(body)\n",
        ),
        (
            "3.2 keyring: an old key hides nothing",
            '        if body[:1] in {b"\\2", b"\\3"}:\n            return None\n',
            "",
        ),
        (
            "3.2 keyring: a damaged key hides nothing",
            '            self.file.problems.append(f"a key is skipped: {error}")\n',
            "            raise\n",
        ),
        (
            "3.2 keyring: a signature over a picture binds nothing",
            "        elif tag == _OTHER_COMPONENT:\n            self.target = None\n",
            "",
        ),
        (
            "3.2 keyring: a subkey behind a key that is skipped is nobody's",
            "        self.parts = self.target = None\n",
            "        self.target = None\n",
        ),
        (
            "3.2 keyring: a signature behind a subkey that is skipped binds nothing",
            "        self.target = None\n        key = self._read_key(body)\n"
            "        if key is not None and self.parts",
            "        key = self._read_key(body)\n        if key is not None and self.parts",
        ),
        (
            "3.2 keyring: a file without keys is reported",
            "        if not self.keys and not self.problems:\n",
            "        if False:\n",
        ),
        (
            "3.2 keyring: what cannot be framed is reported",
            '                file.problems.append(f"octet {begun}: {error}; what follows is not'
            ' read")\n',
            "",
        ),
    ],
)

_EVERYWHERE = [
    together(
        "3.2 binding: the key can have made it",
        [_CERTIFICATES, _MORE],
        Edit(
            "signatures/openpgp/bindings.py",
            "    if key_fault(signature, key) is not None:\n        return False\n",
            "",
        ),
        Edit(
            "signatures/openpgp/check.py",
            "        or signature.version != key.version\n"
            "        or signature.public_key_algorithm != key.algorithm\n",
            "",
        ),
    ),
    together(
        "3e the mathematics says no",
        [SCENARIOS],
        Edit(
            "signatures/openpgp/check.py",
            "    return bool(loaded(signature.numbers, digest, name))\n",
            "    return True\n",
        ),
    ),
]

MUTANTS = [*_BINDINGS, *_CERTIFICATE_STORE, *_PARTS, *_EVERYWHERE]
