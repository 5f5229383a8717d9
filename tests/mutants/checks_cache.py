"""docs/cache.md: what is remembered, for which question, and what it may answer."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, Edit, in_file, together

_ON_DISK = "tests/unit/test_cache.py"
_AT_ONCE = "tests/unit/test_cache_at_once.py"
_KEYS = "tests/unit/test_findings_rest_on_keys.py"

_SCOPE = in_file(
    "introduce.py",
    [SCENARIOS, "tests/unit/test_ssh_findings.py"],
    [
        (
            "cache scope: the introduction",
            "    return Scope(\n        introduction,\n",
            "    return Scope(\n        Introduction(ObjectId(bytes(20)), introduction.signer),\n",
        ),
        (
            "cache scope: its signer",
            "    return Scope(\n        introduction,\n",
            "    return Scope(\n        Introduction(introduction.commit, '')"
            ",  # type: ignore[arg-type]\n",
        ),
        (
            "cache scope: the path",
            "        files.path,\n        files.format.value,\n",
            "        '',\n        files.format.value,\n",
        ),
        (
            "cache scope: the historical authorizations",
            '        hashlib.sha256(historical).hexdigest() if historical is not None else "",\n',
            '        "",\n',
        ),
        (
            "cache scope: the content of the historical authorizations",
            '        hashlib.sha256(historical).hexdigest() if historical is not None else "",\n',
            '        "given" if historical is not None else "",\n',
        ),
        (
            "cache scope: --historical-sha1",
            "        historical_sha1=options.historical_sha1,\n",
            "",
        ),
        (
            "cache scope: --require",
            "        historical_sha1=options.historical_sha1,\n"
            "        every_commit=options.require_every_commit,\n        engine=",
            "        historical_sha1=options.historical_sha1,\n        engine=",
        ),
        ("cache scope: --engine", "        engine=engine.name,\n", ""),
        # The path without the format is no question of its own: the path fixes the format, but
        # for a path that was given, where the introduction's own file does.
    ],
)

_TEXT = in_file(
    "findings.py",
    [_KEYS, _ON_DISK],
    [
        (
            "cache scope on disk: the version of the rule",
            '                "rule": RULE_VERSION,\n',
            "",
        ),
        (
            "cache scope on disk: the introduction",
            '                "introduction": self.introduction.commit.hex(),\n',
            "",
        ),
        (
            "cache scope on disk: its signer",
            '                "signer": self.introduction.signer,\n',
            "",
        ),
        ("cache scope on disk: the path", '                "path": self.path,\n', ""),
        ("cache scope on disk: the format", '                "format": self.format,\n', ""),
        (
            "cache scope on disk: the historical authorizations",
            '                "historical": self.historical,\n',
            "",
        ),
        (
            "cache scope on disk: --historical-sha1",
            '                "historical_sha1": self.historical_sha1,\n',
            "",
        ),
        (
            "cache scope on disk: --require",
            '                "every_commit": self.every_commit,\n',
            "",
        ),
        ("cache scope on disk: the engine", '                "engine": self.engine,\n', ""),
    ],
)

# Not here, because something else sees to it as well: where findings rest on a withheld key, all
# commits are walked, and step 5 asks no store; only commits that were looked at are judged; and
# what the findings say of a commit is found again before anything is refused.
_ANSWERS = [
    *in_file(
        "authenticate.py",
        [SCENARIOS],
        [
            (
                "cache: that a commit is trusted does not answer step 4",
                "            return finding is not None and finding.line\n",
                "            return finding is not None\n",
            ),
            (
                "cache: findings that rest on a withheld key answer nothing",
                "            finding = store.get(commit) if introduced.whole else None\n",
                "            finding = store.get(commit)\n",
            ),
        ],
    ),
    *in_file(
        "judging.py",
        [_KEYS, SCENARIOS],
        [
            (
                "cache: what certificates say by now is asked again",
                "        if node.remembered and not self._is_bound_as_before(node.finding):\n"
                "            return False\n",
                "",
            ),
            (
                "cache: findings that rest on a withheld key are not taken over",
                "        if stored is not None and node.finding is None and self._whole:\n",
                "        if stored is not None and node.finding is None:\n",
            ),
            (
                "cache: a withheld key signs nothing",
                "        if stored is not None and self._keyring.has(stored.signer):\n",
                "        if stored is not None:\n",
            ),
            (
                "cache: a line is taken over only where one was found",
                "            node.line = stored.line or self._line(node)\n",
                "            node.line = True\n",
            ),
            (
                "cache: what a parent found later admits is asked again",
                "        return all(\n            position in admitted or"
                " self._cannot_admit(parent)\n"
                "            for position, parent in enumerate(node.parents)\n        )\n",
                "        return True\n",
            ),
        ],
    ),
    *in_file(
        "introduce.py",
        [SCENARIOS, _KEYS],
        [
            (
                "cache: the introduction is asked again when its key is withheld",
                "    known = store.get(introduction.commit) if store is not None and whole else"
                " None\n",
                "    known = store.get(introduction.commit) if store is not None else None\n",
            ),
            (
                "cache: the keys that findings rest on are at hand",
                "        if at_hand is None or not set(primaries).issubset(at_hand):\n"
                "            return False\n",
                "        if at_hand is not None and not set(primaries).issubset(at_hand):\n"
                "            return False\n",
            ),
            (
                "cache: the keys that findings rest on are bound as they were",
                "        if at_hand is None or not set(primaries).issubset(at_hand):\n",
                "        if at_hand is None:\n",
            ),
            (
                "cache: what the introduction's key was bound to is remembered",
                "            tuple(sorted(signer.primaries)),\n",
                "            (),\n",
            ),
        ],
    ),
    *in_file(
        "judging.py",
        [_KEYS],
        [
            (
                "cache: what a key was bound to is remembered",
                "            tuple(sorted(self._keyring.signer(found.signer).primaries)),\n",
                "            (),\n",
            ),
        ],
    ),
    *in_file(
        "findings.py",
        ["tests/unit/test_cache_rows.py", SCENARIOS],
        [
            (
                "cache: admissions of two runs are joined",
                "        positions = tuple(sorted({*self.admitted_by, *newer.admitted_by}))\n",
                "        positions = newer.admitted_by\n",
            ),
            (
                "cache: a line that was found stays found",
                "line=self.line or newer.line)\n",
                "line=newer.line)\n",
            ),
        ],
    ),
]

_ROWS = in_file(
    "cache_rows.py",
    ["tests/unit/test_cache_rows.py", _ON_DISK, _AT_ONCE],
    [
        (
            "cache: each row's checksum",
            "        if self._checksum(commit, checked) != packed[:CHECK]:\n            return None\n",
            "",
        ),
        (
            "cache: the checksum of a row that is like another",
            "            return known[1] if self._checksum(commit, known[0]) == packed[:CHECK] else None\n",
            "            return known[1]\n",
        ),
        ("cache: the checksum holds the scope", ", key=scope.digest())", ")"),
        (
            "cache: the checksum holds the commit",
            "        checksum.update(commit + checked)\n",
            "        checksum.update(checked)\n",
        ),
        (
            "cache: the checksum holds the signer",
            '    name = f"{signer[0]}\\0{signer[1]}\\0{signer[2]}\\0{int(signer[3])}\\0"\n',
            '    name = f"{signer[1]}\\0{signer[2]}\\0{int(signer[3])}\\0"\n',
        ),
        (
            "cache: the checksum holds the primaries",
            '    name = f"{signer[0]}\\0{signer[1]}\\0{signer[2]}\\0{int(signer[3])}\\0"\n',
            '    name = f"{signer[0]}\\0{signer[2]}\\0{int(signer[3])}\\0"\n',
        ),
        (
            "cache: the checksum holds the person",
            '    name = f"{signer[0]}\\0{signer[1]}\\0{signer[2]}\\0{int(signer[3])}\\0"\n',
            '    name = f"{signer[0]}\\0{signer[1]}\\0{int(signer[3])}\\0"\n',
        ),
        (
            "cache: the checksum holds whether it is a service",
            '    name = f"{signer[0]}\\0{signer[1]}\\0{signer[2]}\\0{int(signer[3])}\\0"\n',
            '    name = f"{signer[0]}\\0{signer[1]}\\0{signer[2]}\\0"\n',
        ),
        (
            "cache: the checksum holds the finding",
            '"surrogatepass") + body\n',
            '"surrogatepass")\n',
        ),
        (
            "cache: numbers of a transaction that failed are void",
            "        self._packed.clear()\n        self._unpacked.clear()\n\n",
            "        pass\n\n",
        ),
        (
            "cache: few findings to be packed are held",
            "        if len(self._packed) >= _KEPT:\n            self._packed.clear()\n",
            "",
        ),
        (
            "cache: few findings that were unpacked are held",
            "        if len(self._unpacked) >= _KEPT:\n            self._unpacked.clear()\n",
            "",
        ),
    ],
)

_DISK = in_file(
    "cache.py",
    ["tests/unit/test_cache_rows.py", _ON_DISK, _AT_ONCE],
    [
        (
            "cache: the store's version",
            "        elif layout != LAYOUT:\n            raise _AnotherLayoutError(layout)\n",
            "",
        ),
        (
            "cache: the store's tables",
            '        if {sql.split("(")[0].split()[-1]: "".join(sql.split()) for (sql,) in tables}'
            " != _TABLES:\n",
            "        if False:\n",
        ),
        (
            "cache: the store's scope",
            '        if database.execute("SELECT text FROM scope").fetchall() !='
            " [(self._scope.text(),)]:\n",
            "        if False:\n",
        ),
        (
            "cache: a file that was taken away is not written",
            "        if file_at(self._path) != self._file:\n            # Its",
            "        if False:\n            # Its",
        ),
        (
            "cache: what another run set aside is not set aside again",
            "        if file_at(self._path) != self._file:\n            return True",
            "        if False:\n            return True",
        ),
        (
            "cache: a batch is written whole or not at all",
            '        database.execute("BEGIN IMMEDIATE")\n        if self._insert(',
            '        database.execute("BEGIN IMMEDIATE")\n        database.execute("COMMIT")\n'
            "        for row in findings:\n            self._insert(_ADD, [row])\n"
            '        database.execute("BEGIN IMMEDIATE")\n        if self._insert(',
        ),
        (
            "cache: half a transaction is taken back",
            '        database.execute("PRAGMA synchronous = OFF")\n',
            '        database.execute("PRAGMA synchronous = OFF")\n'
            '        database.execute("PRAGMA journal_mode = OFF")\n',
        ),
        (
            "cache: findings on disk are joined",
            "            joined = before.joined(finding) if before else finding\n",
            "            joined = finding\n",
        ),
        (
            "cache: findings that another run wrote meanwhile are joined",
            "        if self._insert(_ADD, findings) != len(findings):\n",
            "        if self._insert(_ADD, findings) != len(findings) and not self._started_empty:\n",
        ),
        (
            "cache: findings of one batch are joined",
            "                known[commit] = grown[commit] = joined\n",
            "                grown[commit] = joined\n",
        ),
        (
            "cache: what was asked before it was written is asked again",
            "                self._recent.pop(commit, None)\n",
            "                pass\n",
        ),
        (
            "cache: few answers are held",
            "        if len(self._recent) >= _RECENT:\n            self._recent.clear()\n",
            "",
        ),
        (
            "cache: a batch has a bound",
            "        return min(max(LEAST_BATCH, self._written // _GROWTH), _LARGEST_BATCH)\n",
            "        return max(LEAST_BATCH, self._written // _GROWTH)\n",
        ),
        (
            "cache: a store is 0600",
            "os.O_CLOEXEC, 0o600))\n",
            "os.O_CLOEXEC, 0o644))\n",
        ),
        (
            "cache: the rows of a service are a service's",
            "        return row[0], row[1], row[2], row[3] == 1\n",
            "        return row[0], row[1], row[2], False\n",
        ),
    ],
)

_FILES = in_file(
    "cache_files.py",
    [_ON_DISK],
    [
        (
            "cache: a store is a regular file",
            '    if not stat.S_ISREG(found.st_mode):\n        return "it is not a regular file"\n',
            "",
        ),
        (
            "cache: a store of another owner",
            '    if found.st_uid != os.geteuid():\n        return "it belongs to another user"\n',
            "",
        ),
        (
            "cache: a store that others can write",
            '    if found.st_mode & 0o022:\n        return "it can be written by others"\n',
            "",
        ),
        (
            "cache: a directory of another owner",
            "    if found.st_uid != os.geteuid():\n        raise",
            "    if False:\n        raise",
        ),
        (
            "cache: a directory that others can write",
            "    if found.st_mode & 0o022:\n        raise",
            "    if False:\n        raise",
        ),
        (
            "cache: a directory that is none",
            "    if not stat.S_ISDIR(found.st_mode):\n",
            "    if False:\n",
        ),
    ],
)

_BOTH = [
    together(
        "cache: the directory is 0700",
        [_ON_DISK],
        Edit(
            "cache_files.py",
            "        directory.mkdir(mode=0o700)\n",
            "        directory.mkdir(mode=0o755)\n",
        ),
        Edit("cache_files.py", "        directory.chmod(0o700)\n", "        pass\n"),
    ),
]

MUTANTS = [*_BOTH, *_SCOPE, *_TEXT, *_ANSWERS, *_ROWS, *_DISK, *_FILES]
