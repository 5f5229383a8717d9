"""docs/authorizations-file.md: what refuses a file in the format of Guix."""

from __future__ import annotations

from tests.mutants.table import in_file

_HERE = "tests/unit/authorizations"
_GUIX_TESTS = [f"{_HERE}/test_authorizations_guix.py"]
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

MUTANTS = [*_GUIX, *_SNIFF]
