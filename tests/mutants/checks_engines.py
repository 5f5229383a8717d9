"""What has to be said, and by whom, before an engine's yes is one."""

from __future__ import annotations

from tests.mutants.table import in_file

_STATUS = "tests/unit/engines/test_gnupg_status.py"
_BOTH = "tests/unit/engines/test_both.py"
_GNUPG = "tests/unit/engines/test_gnupg.py"

MUTANTS = [
    *in_file(
        "engines/gnupg_status.py",
        [_STATUS],
        [
            (
                "gnupg: bad for what is critical and new to it",
                "        if _has_strange_critical(check):\n",
                "        if False:\n",
            ),
            (
                "gnupg: status lines alone",
                "        if not line.startswith(_PREFIX):",
                "        if False:",
            ),
            ("gnupg: lines end in line feeds", 'output.split(b"\\n")', "output.splitlines()"),
            (
                "gnupg: lines end in line feeds, not at what text divides",
                '    for line in output.split(b"\\n"):',
                '    for line in [x.encode("latin-1") for x in output.decode("latin-1").splitlines()]:',
            ),
            (
                "gnupg: a file begins once the last is done",
                "current is not None or place >= len(names)",
                "place >= len(names)",
            ),
            (
                "gnupg: no more files than were asked about",
                "current is not None or place >= len(names)",
                "current is not None",
            ),
            (
                "gnupg: the file is verified",
                "words[1:2] != [_VERIFYING] or ",
                "",
            ),
            (
                "gnupg: the file is the one that was asked about",
                ' or b" ".join(words[2:]) != names[place]',
                "",
            ),
            (
                "gnupg: what is done was begun",
                "            if current is None:\n                return None\n            found.append",
                "            found.append",
            ),
            ("gnupg: all files are there", " and len(found) == len(names)", ""),
            ("gnupg: exactly one signature is seen", "len(seen) != 1 or ", ""),
            ("gnupg: nothing takes the yes back", "len(seen) != 1 or unanswered", "len(seen) != 1"),
            ("gnupg: good once", "len(said) == len(valid) == 1", "len(valid) == 1 and said"),
            ("gnupg: valid once", "len(said) == len(valid) == 1", "len(said) == 1 and valid"),
            ("gnupg: valid at all", "len(said) == len(valid) == 1", "len(said) == 1"),
            ("gnupg: good and not bad", " == 1 and not bad:", " == 1:"),
            ("gnupg: bad once", "len(bad) == 1 and not said", "bad and not said"),
            ("gnupg: bad and not good", "and not said and not valid", "and not valid"),
            ("gnupg: bad and not valid", "and not said and not valid", "and not said"),
            ("gnupg: bad by the key", "        if _names_key(bad[0], check):", "        if True:"),
            (
                "gnupg: no id only where a fingerprint is named",
                "    if any(one.fingerprint == check.key.fingerprint for one in"
                " check.signature.issuers):",
                "    if True:",
            ),
            (
                "gnupg: it is another signature's",
                "        return _no_answer(check, fault) if fault else True",
                "        return True",
            ),
            ("gnupg: the words of a valid signature", "    if len(valid) != 11:", "    if False:"),
            (
                "gnupg: the key that was asked about",
                '    if key.decode("ascii", "replace") != check.key.fingerprint:',
                "    if False:",
            ),
            ("gnupg: the key as the primary one", "    if primary != key:", "    if False:"),
            (
                "gnupg: the algorithms that were read",
                "    if (algorithm, digest, kind) != expected:",
                "    if False:",
            ),
        ],
    ),
    *in_file(
        "engines/both.py",
        [_BOTH],
        [
            (
                "both: the native engine is asked",
                "    if native is True and gnupg is True:",
                "    if gnupg is True:",
            ),
            (
                "both: GnuPG is asked",
                "    if native is True and gnupg is True:",
                "    if native is True:",
            ),
            (
                "both: a good one of GnuPG's alone is an error",
                "    if native is not True and gnupg is not True:",
                "    if native is not True:",
            ),
            (
                "both: a good one of nixauth's alone is an error",
                "    if native is not True and gnupg is not True:",
                "    if gnupg is not True:",
            ),
            (
                "both: as many answers as questions",
                "self._gnupg.verify(checks), strict=True",
                "self._gnupg.verify(checks), strict=False",
            ),
        ],
    ),
    *in_file(
        "engines/gnupg.py",
        [_GNUPG],
        [
            ("gnupg: it goes on after a bad signature", '    "--no-batch",\n', ""),
            (
                "gnupg: a run that was cut short",
                "        if found is None or result",
                "        if result",
            ),
            ("gnupg: a run that was killed", " or result.returncode < 0", ""),
            (
                "gnupg: each kind of key by itself",
                "(key.version, key.algorithm, key.curve), [])",
                "(0, 0, b''), [])",
            ),
            (
                "gnupg: no damaged keys",
                "        if not openpgp.usability_fault(key):",
                "        if True:",
            ),
            ("gnupg: a home of its own", "                gnupghome=str(self._path),\n", ""),
        ],
    ),
]
