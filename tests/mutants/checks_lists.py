"""docs/authorizations-file.md: what refuses a file of the own format, and a key in it."""

from __future__ import annotations

from tests.mutants.table import Edit, in_file, together

_HERE = "tests/unit/authorizations"
_NATIVE_TESTS = [f"{_HERE}/test_authorizations_native.py"]
_SSH_TESTS = [f"{_HERE}/test_authorizations_ssh_keys.py"]

_YAML = in_file(
    "strict_yaml.py",
    _NATIVE_TESTS,
    [
        ("4.2 larger than 1 MiB", "    if len(content) > MAX_BYTES:\n", "    if False:\n"),
        (
            "4.2 not UTF-8",
            '        problems.stop(_place_in(before, len(before)), "this is not UTF-8")\n',
            '        text = content.decode("latin-1")\n',
        ),
        (
            "4.2 characters that cannot be seen",
            "((UNPRINTABLE, None), (_STRAY, None),",
            "((_STRAY, None),",
        ),
        (
            "4.2 a carriage return that ends no line",
            "(UNPRINTABLE, None), (_STRAY, None),",
            "(UNPRINTABLE, None),",
        ),
        ("4.2 directives", ', (_DIRECTIVE, "directives (%)")):', "):"),
        (
            "4.2 nested more than five deep",
            "        if self._depth > MAX_DEPTH:\n",
            "        if False:\n",
        ),
        ("4.2 five deep is read", "MAX_DEPTH = 5\n", "MAX_DEPTH = 3\n"),
        (
            "4.2 aliases",
            "        if type(event) is yaml.AliasEvent:\n"
            '            self.problems.stop(place_of(event), "aliases (*) are refused")\n',
            "        if type(event) is yaml.AliasEvent:\n            return\n",
        ),
        ("4.2 anchors", "        if event.anchor is not None:\n", "        if False:\n"),
        (
            "4.2 tags",
            '        if event.tag is not None or self._text.startswith("!", at):\n',
            "        if False:\n",
        ),
        (
            "4.2 YAML's own syntax",
            "            self._syntax(error)\n",
            "            event = yaml.StreamEndEvent()\n",
        ),
        (
            "4.2 an escape that names no character",
            "        except (ValueError, OverflowError):",
            "        except ZeroDivisionError:",
        ),
        (
            "4.2 block scalars: only blanks behind their header",
            "            if _BLOCK_HEADER.match(self._text, event.start_mark.index) is None:\n",
            "            if False:\n",
        ),
        (
            "4.2 a question mark in [ ] and { }",
            '        elif "?" in event.value:\n',
            "        elif False:\n",
        ),
        (
            "4.2 a colon in [ ] and { } without a blank",
            "        elif _TIGHT_COLON.match(self._text, event.end_mark.index) is not None:\n",
            "        elif False:\n",
        ),
        (
            "4.2 a value is a single one",
            '            self.not_a(event, what, "single value")\n            return None\n',
            "            self.skip(event)\n            return None\n",
        ),
        (
            "4.2 a value is of one line, without control characters",
            "        if not fits_one_line(value):\n",
            "        if False:\n",
        ),
        (
            "4.2 a mapping within is one",
            '            self.not_a(start, what, "mapping")\n            return\n        seen',
            "            self.skip(start)\n            return\n        seen",
        ),
        (
            "4.2 a mapping with fields is one",
            '        source.not_a(start, what, "mapping")\n        return\n    missing',
            "        source.skip(start)\n        return\n    missing",
        ),
        (
            "4.2 a list is one",
            '            self.not_a(start, what, "list")\n',
            "            self.skip(start)\n",
        ),
        ("4.2 duplicate keys", "            elif name in seen:\n", "            elif False:\n"),
        (
            "4.2 an empty file",
            '        source.problems.stop(START, "the file is empty")\n',
            "        return\n",
        ),
        (
            "4.2 a second document",
            "    if type(end) is not yaml.StreamEndEvent:\n",
            "    if False:\n",
        ),
        (
            "4.2 unknown fields",
            '            source.problems.add(at, f"{quoted(name)} is not a field of {what}")\n',
            "",
        ),
        (
            "4.2 missing fields",
            '        source.problems.add(place, f"{what} lacks the field {name}")\n',
            "        pass\n",
        ),
    ],
)

_NATIVE = in_file(
    "authorizations/native.py",
    _NATIVE_TESTS,
    [
        ("4.2 version 1", '    if version is not None and version != "1":\n', "    if False:\n"),
        (
            "4.2 a version is needed",
            '"version": Field(_version, required=True)',
            '"version": Field(_version)',
        ),
        (
            "4.2 people are needed",
            '"people": Field(_people, required=True)',
            '"people": Field(_people)',
        ),
        ("4.2 keys are needed", '"keys": Field(_keys, required=True)', '"keys": Field(_keys)'),
        (
            "4.2 history is one of two",
            "        draft.history = HistoryMode(mode)\n    except ValueError:\n",
            "        draft.history = HistoryMode(mode)\n    except ValueError:\n        return\n",
        ),
        (
            "4.2 history is every-commit unless it says otherwise",
            "    history: HistoryMode = HistoryMode.EVERY_COMMIT\n",
            "    history: HistoryMode = HistoryMode.TRUSTED_PATH\n",
        ),
        (
            "4.2 a person's name",
            "        fault = name_fault(name)\n        if fault is not None:\n",
            "        fault = name_fault(name)\n        if False:\n",
        ),
        (
            "4.2 people are not empty",
            "    if not listed and is_mapping(value):\n",
            "    if False:\n",
        ),
        (
            "4.2 a person has keys",
            "    if not listed and is_list(value):\n",
            "    if False:\n",
        ),
        (
            "4.2 service is true or false",
            '    if said is not None and said not in {"true", "false"}:\n',
            "    if False:\n",
        ),
        (
            "4.2 service: true is a service",
            '    draft[1].service = said == "true"\n',
            "    draft[1].service = False\n",
        ),
        (
            "4.2 service: false is none",
            '    draft[1].service = said == "true"\n',
            "    draft[1].service = True\n",
        ),
        (
            "4.2 more than 10,000 keys",
            "        if file.key_count > MAX_KEYS:\n",
            "        if False:\n",
        ),
        (
            "4.2 one key under two names",
            "    if first is not at:\n",
            "    if first is not at and holder == person.name:\n",
        ),
        (
            "4.2 one key twice under one name",
            "    if first is not at:\n",
            "    if first is not at and holder != person.name:\n",
        ),
        (
            "4.2 a key is one",
            "    if isinstance(key, Refused):\n        source.problems.add(at, key.message)\n",
            "    if isinstance(key, Refused):\n",
        ),
    ],
)

_SHARED = in_file(
    "authorizations/problems.py",
    _NATIVE_TESTS,
    [
        (
            "4.2 a fingerprint of 40 or 64 digits",
            "    if len(digits) in {40, 64}:\n",
            "    if len(digits) <= 64:\n",
        ),
        (
            "4.2 a fingerprint of 64 digits",
            "    if len(digits) in {40, 64}:\n",
            "    if len(digits) == 40:\n",
        ),
        (
            "4.2 a fingerprint that is too long",
            "    if len(digits) in {40, 64}:\n",
            "    if len(digits) >= 40:\n",
        ),
        (
            "4.2 spaces in a fingerprint are free",
            '    digits = text.replace(" ", "")\n',
            "    digits = text\n",
        ),
        (
            "4.2 a fingerprint in small letters is the same",
            "        return Fingerprint(digits.upper())\n",
            "        return Fingerprint(digits)\n",
        ),
        (
            "4.2 a name is not empty",
            "    if not name or name.isspace():\n",
            "    if False:\n",
        ),
        ("4.2 a name of blanks", "    if not name or name.isspace():\n", "    if not name:\n"),
        ("4.2 a name that is too long", "    if len(name) > MAX_NAME:\n", "    if False:\n"),
    ],
)

_TELLING = in_file(
    "text_problems.py",
    _NATIVE_TESTS,
    [
        (
            "4.2 there is an end to telling",
            "        if len(self._found) >= MAX_PROBLEMS:\n",
            "        if False:\n",
        ),
    ],
)

_SSH = in_file(
    "authorizations/ssh_keys.py",
    _SSH_TESTS,
    [
        (
            "4.2 SSH: the type is known",
            "    if kind not in FIELDS:\n",
            "    if kind not in FIELDS and ' ' not in line:\n",
        ),
    ],
)

_BLOBS = in_file(
    "ssh_keys.py",
    _SSH_TESTS,
    [
        (
            "4.2 SSH: base64 has one spelling",
            "    return blob if blob and canonical else None\n",
            "    return blob or None\n",
        ),
        (
            "4.2 SSH: the key inside is of the type",
            '    if found[0] != kind.encode("ascii"):\n',
            "    if False:\n",
        ),
        (
            "4.2 SSH: cut short",
            "        if start > len(blob) or at > len(blob):\n",
            "        if False:\n",
        ),
        (
            "4.2 SSH: something follows the key",
            '    return found if at == len(blob) else "something follows the key"\n',
            "    return found\n",
        ),
        (
            "4.2 SSH: Ed25519 has 32 octets",
            "    return None if len(value) == 32 else",
            "    return None if value else",
        ),
        (
            "4.2 SSH: the curve",
            "    return lambda value: None if value == name.encode",
            "    return lambda value: None if value or name.encode",
        ),
        (
            "4.2 SSH: the point's size",
            "        whole = len(value) == 1 + 2 * size and value[0] == 4\n",
            "        whole = value[:1] == b'\\4'\n",
        ),
        (
            "4.2 SSH: the point's form",
            "        whole = len(value) == 1 + 2 * size and value[0] == 4\n",
            "        whole = len(value) == 1 + 2 * size\n",
        ),
        (
            "4.2 SSH: RSA's integers are positive",
            "    if not value or value[0] & 0x80:\n",
            "    if not value:\n",
        ),
        (
            "4.2 SSH: RSA's integers are there",
            "    if not value or value[0] & 0x80:\n",
            "    if value and value[0] & 0x80:\n",
        ),
        (
            "4.2 SSH: RSA's integers in their shortest form",
            "    if value[0] == 0 and (len(value) == 1 or not value[1] & 0x80):\n",
            "    if False:\n",
        ),
        (
            "4.2 SSH: RSA of more than 16384 bits",
            '    if len(value.lstrip(b"\\0")) > _MAX_RSA_BYTES:\n',
            "    if False:\n",
        ),
        (
            "4.2 SSH: an application of more than 1024 bytes",
            "    if len(value) > _MAX_APPLICATION:\n",
            "    if False:\n",
        ),
        (
            "4.2 SSH: an application",
            '    return None if value else "its application is empty"\n',
            "    return None\n",
        ),
    ],
)

_BOTH = [
    together(
        "4.2 SSH: base64",
        _SSH_TESTS,
        Edit(
            "ssh_keys.py",
            "        blob = base64.b64decode(encoded, validate=True)\n",
            "        blob = base64.b64decode(encoded)\n",
        ),
        Edit(
            "ssh_keys.py",
            "    return blob if blob and canonical else None\n",
            "    return blob or None\n",
        ),
    ),
]

MUTANTS = [*_YAML, *_NATIVE, *_SHARED, *_TELLING, *_SSH, *_BLOBS, *_BOTH]
