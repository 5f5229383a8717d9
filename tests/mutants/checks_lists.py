"""docs/authorizations-file.md: what refuses a file of either format."""

from __future__ import annotations

from tests.mutants.table import Edit, in_file, together

_HERE = "tests/unit/authorizations"
_NATIVE_TESTS = [
    f"{_HERE}/test_authorizations_native.py",
    f"{_HERE}/test_authorizations_one_fault.py",
]
_GUIX_TESTS = [f"{_HERE}/test_authorizations_guix.py", f"{_HERE}/test_authorizations_one_fault.py"]
_SSH_TESTS = [f"{_HERE}/test_authorizations_ssh_keys.py"]

_NATIVE = in_file(
    "authorizations/native.py",
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
        ("4.2 version 1", '    if version is not None and version != "1":\n', "    if False:\n"),
        (
            "4.2 a version is needed",
            '"version": _Field(_version, required=True)',
            '"version": _Field(_version)',
        ),
        (
            "4.2 people are needed",
            '"people": _Field(_people, required=True)',
            '"people": _Field(_people)',
        ),
        ("4.2 keys are needed", '"keys": _Field(_keys, required=True)', '"keys": _Field(_keys)'),
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
            "    if not listed and type(value) is yaml.MappingStartEvent:\n",
            "    if False:\n",
        ),
        (
            "4.2 a person has keys",
            "    if not listed and type(value) is yaml.SequenceStartEvent:\n",
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
            "    if kind not in _FIELDS:\n",
            "    if kind not in _FIELDS and ' ' not in line:\n",
        ),
        (
            "4.2 SSH: base64 has one spelling",
            "    return blob if blob and canonical else None\n",
            "    return blob or None\n",
        ),
        (
            "4.2 SSH: the key inside is of the type",
            '    if strings[0] != kind.encode("ascii"):\n',
            "    if False:\n",
        ),
        (
            "4.2 SSH: cut short",
            "        if start > len(blob) or at > len(blob):\n",
            "        if False:\n",
        ),
        (
            "4.2 SSH: something follows the key",
            '    return strings if at == len(blob) else "something follows the key"\n',
            "    return strings\n",
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
            "4.2 SSH: an application",
            '    return None if value else "its application is empty"\n',
            "    return None\n",
        ),
    ],
)

_GUIX = in_file(
    "authorizations/guix.py",
    _GUIX_TESTS,
    [
        ("4.2 Guix: larger than 1 MiB", "    if len(content) > MAX_BYTES:\n", "    if False:\n"),
        (
            "4.2 Guix: always every-commit",
            "        return Authorizations(content, HistoryMode.EVERY_COMMIT, people)\n",
            "        return Authorizations(content, HistoryMode.TRUSTED_PATH, people)\n",
        ),
        (
            "4.2 Guix: a list that is not closed",
            "        if len(self._open) > 1:\n",
            "        if False:\n",
        ),
        (
            "4.2 Guix: an empty file",
            '        if not self._file.items:\n            self._stop(0, "the file is empty")\n',
            "        if not self._file.items:\n            raise UnreadableError\n",
        ),
        (
            "4.2 Guix: nested too deep",
            "                if len(self._open) > MAX_DEPTH:\n",
            "                if False:\n",
        ),
        (
            "4.2 Guix: what begins nothing",
            "                self._stop(at, _unknown(self._content[at : at + 1]))\n",
            "                return at + 1\n",
        ),
        ("4.2 Guix: dotted pairs", '        if text == b".":\n', "        if False:\n"),
        (
            "4.2 Guix: something follows the list",
            "        elif around is self._file and around.items:\n",
            "        elif False:\n",
        ),
        (
            "4.2 Guix: a parenthesis that was not opened",
            "        if len(self._open) == 1:\n"
            '            self._stop(at, "a parenthesis is closed that was not opened")\n',
            "        if len(self._open) == 1:\n            return\n",
        ),
        (
            "4.2 Guix: #; before nothing",
            "        if inside.dropping:\n",
            "        if False:\n",
        ),
        (
            "4.2 Guix: #; leaves out what follows",
            "                self._open[-1].dropping += 1\n",
            "                pass\n",
        ),
        (
            "4.2 Guix: a comment that is not closed",
            '        return self._stop(at, "this comment is not closed")\n',
            "        return len(self._content)\n",
        ),
        (
            "4.2 Guix: comments nest",
            '            depth += 1 if edge[0] == b"#|" else -1\n',
            '            depth = 1 if edge[0] == b"#|" else 0\n',
        ),
        (
            "4.2 Guix: an escape that Scheme does not know",
            '                self._stop(at + 1 + escape.start(), "Scheme has no such escape in a'
            ' string")\n',
            "                return escape[0]\n",
        ),
        (
            "4.2 Guix: the list begins with authorizations",
            "    if not isinstance(datum, _List) or not _is_symbol(datum.items[:1],"
            ' b"authorizations"):\n',
            "    if not isinstance(datum, _List):\n",
        ),
        (
            "4.2 Guix: the list is one",
            "    if not isinstance(datum, _List) or not _is_symbol(datum.items[:1],"
            ' b"authorizations"):\n'
            '        draft.problem(datum, "this is no list that begins with authorizations")\n',
            "    if not isinstance(datum, _List) or not _is_symbol(datum.items[:1],"
            ' b"authorizations"):\n'
            "        if isinstance(datum, _List):\n"
            '            draft.problem(datum, "this is no list that begins with authorizations")\n',
        ),
        (
            "4.2 Guix: a version and a list of keys",
            "    if len(datum.items) < 3:\n"
            '        draft.problem(datum, "authorizations needs a version and a list of keys")\n',
            "    if len(datum.items) < 3:\n",
        ),
        (
            "4.2 Guix: the list of keys is a list",
            '        draft.problem(entries, "the list of keys is no list")\n',
            "        pass\n",
        ),
        (
            "4.2 Guix: the list of keys is not empty",
            "    elif not entries.items:\n",
            "    elif False:\n",
        ),
        (
            "4.2 Guix: version 0",
            '            draft.problem(datum, "only version 0 is known")\n',
            "            pass\n",
        ),
        (
            "4.2 Guix: a version is needed",
            '            draft.problem(datum, "(version 0) is needed here")\n',
            "            pass\n",
        ),
        (
            "4.2 Guix: more than 10,000 keys",
            "        if count > MAX_KEYS:\n",
            "        if False:\n",
        ),
        (
            "4.2 Guix: an entry begins with a fingerprint",
            '                draft.problem(entry, "a key must be a list that begins with a'
            ' fingerprint string")\n',
            "                pass\n",
        ),
        (
            "4.2 Guix: a fingerprint is one",
            "    if isinstance(fingerprint, Refused):\n"
            "        draft.problem(written, fingerprint.message)\n        return\n",
            "    if isinstance(fingerprint, Refused):\n        return\n",
        ),
    ],
)

_SNIFF = in_file(
    "authorizations/__init__.py",
    [f"{_HERE}/test_authorizations_guix.py"],
    [
        (
            "4.1 the format by what a file begins with",
            "    return FileFormat.GUIX if _GUIX_START.match(content) else FileFormat.NATIVE\n",
            '    return FileFormat.GUIX if content.startswith(b"(") else FileFormat.NATIVE\n',
        ),
    ],
)

_BOTH = [
    together(
        "4.2 SSH: base64",
        _SSH_TESTS,
        Edit(
            "authorizations/ssh_keys.py",
            "        blob = base64.b64decode(encoded, validate=True)\n",
            "        blob = base64.b64decode(encoded)\n",
        ),
        Edit(
            "authorizations/ssh_keys.py",
            "    return blob if blob and canonical else None\n",
            "    return blob or None\n",
        ),
    ),
]

MUTANTS = [*_BOTH, *_NATIVE, *_SHARED, *_SSH, *_GUIX, *_SNIFF]
