"""Hooks: what stops git, what is remembered, which repository is asked, and who is kept."""

from __future__ import annotations

from tests.mutants.table import in_file

_ATTACKS, _GOOD = "tests/hooks/test_follower_attacks.py", "tests/hooks/test_follower_good.py"
_COMMITTER, _SERVER = "tests/hooks/test_committer.py", "tests/hooks/test_server.py"
_INPUT, _AROUND = "tests/hooks/test_bad_input.py", "tests/hooks/test_bad_surroundings.py"
_FILTER, _CHAINING = "tests/hooks/test_filter.py", "tests/hooks/test_chaining.py"
_PLACES = "tests/hooks/test_worktrees_and_environment.py"
_UNIT = "tests/unit/hooks"

_STOPS = in_file(
    "hooks/guard.py",
    [_INPUT, _COMMITTER, _ATTACKS],
    [
        (
            "hooks: a refusal stops",
            "self.report.verdict is not Verdict.AUTHENTIC\n        return judged",
            "self.report.verdict is Verdict.UNDECIDED\n        return judged",
        ),
        (
            "hooks: a question without answer stops",
            "self.report.verdict is not Verdict.AUTHENTIC\n        return judged",
            "self.report.verdict is Verdict.REFUSED\n        return judged",
        ),
        (
            "hooks: an error stops",
            "return judged or self.error is not None or self.forbidden",
            "return judged or self.forbidden",
        ),
        (
            "hooks: what is forbidden stops",
            "return judged or self.error is not None or self.forbidden is not None",
            "return judged or self.error is not None",
        ),
    ],
)

_FOLLOWER = in_file(
    "hooks/guard.py",
    [_GOOD, _FILTER, _ATTACKS],
    [
        (
            "follower: nothing is recorded where one ref is stopped",
            "        if not any(ruling.stops for ruling in found):\n            self.record",
            "        if True:\n            self.record",
        ),
        (
            "follower: no symbolic ref",
            "return Ruling(ref, forbidden=Forbidden.SYMBOLIC)\n            case new:\n                return self._moved",
            "return Ruling(ref)\n            case new:\n                return self._moved",
        ),
        (
            "follower: a ref that stays is not asked about",
            "            if self.repository.reference(ref) == new:\n",
            "            if False:\n",
        ),
        (
            "follower: a step forward",
            "report = self.asker(ref).ask(new, [floor] if floor is not None else [])\n        except",
            "report = self.asker(ref).ask(new)\n        except",
        ),
        (
            "follower: what is accepted is recorded",
            "            accepted[ref] = Accepted(new, floor if floor is not None else new)\n",
            "            pass\n",
        ),
        (
            "follower: the floor is kept for own commits",
            "            accepted[ref] = Accepted(new, floor if floor is not None else new)\n",
            "            accepted[ref] = Accepted(new, new)\n",
        ),
        (
            "follower: own commits may be rewritten",
            "        if not above or own.commit in above:\n",
            "        if True:\n",
        ),
        (
            "follower: what others built on is the floor",
            "        if any(asker.leads(own.commit, one) for one in above):\n",
            "        if False:\n",
        ),
        (
            "follower: what was merged is the floor",
            "next((one for one in above if asker.leads(one, own.commit)), own.floor)",
            "own.floor",
        ),
        (
            "follower: a downgrade is for who says so",
            "        floor = None if downgrade else self.floor(ref, known)\n",
            "        floor = None\n",
        ),
        (
            "follower: a downgrade is to what is authentic",
            "        if report.verdict is Verdict.AUTHENTIC:\n            self.record.accept({ref",
            "        if True:\n            self.record.accept({ref",
        ),
        (
            "follower: names that differ by case",
            "        return ref.casefold() if self._fold else ref\n",
            "        return ref\n",
        ),
        (
            "follower: the keyring where it is going to be",
            "        self.with_pending(updates)\n        accepted",
            "        accepted",
        ),
        (
            "follower: git's words for true",
            "values[-1].lower() in _TRUE)",
            'values[-1].lower() == "true")',
        ),
    ],
)

_PUSHES = in_file(
    "hooks/guard.py",
    [_COMMITTER],
    [
        ("committer: the same place by its URL", "if {remote, url} & urls]", "if False]"),
        (
            "committer: a place that nobody knows",
            "(not names or not any(r.startswith",
            "(not any(r.startswith",
        ),
        (
            "committer: a branch followed here alone",
            "(not names or not any(r.startswith(_REMOTE) for r in followed))",
            "(not names)",
        ),
        (
            "committer: no deletion",
            "            return Ruling(push.ref, forbidden=Forbidden.DELETED)\n",
            "            return Ruling(push.ref)\n",
        ),
        ("committer: forward from where it is there", "[*old, *after]", "[*after]"),
        ("committer: forward from what was accepted", "[*old, *after]", "[*old]"),
        (
            "committer: who has to fetch first is told",
            "            if old and not self.repository.has(old[0]):\n",
            "            if False:\n",
        ),
    ],
)

_PROTECTED = in_file(
    "hooks/guard.py",
    [_SERVER],
    [
        (
            "server: the keyring is not protected",
            "            if update.ref in self._protected and update.ref not in keyrings\n",
            "            if update.ref in self._protected\n",
        ),
        (
            "server: no deletion",
            "                return Ruling(ref, forbidden=Forbidden.DELETED)\n",
            "                return Ruling(ref)\n",
        ),
        (
            "server: a step forward",
            "self.asker(ref).ask(new, [now] if now is not None else []))\n",
            "self.asker(ref).ask(new))\n",
        ),
        (
            "server: the keyring where it is going to be",
            "        self.with_pending(updates)\n        keyrings",
            "        keyrings",
        ),
        (
            "server: names that differ by case",
            "Names(settings.protect, ignore_case=ignores_case(repository))",
            "Names(settings.protect)",
        ),
    ],
)

_RUN = in_file(
    "cli/hook_run.py",
    [_INPUT, _SERVER],
    [
        (
            "hooks: objects in quarantine",
            "_quarantine() if hook is Hook.PRE_RECEIVE else None)",
            "None)",
        ),
        (
            "hooks: report only is for servers",
            "    only = report_only and hook is Hook.PRE_RECEIVE\n",
            "    only = report_only\n",
        ),
        ("hooks: report only lets in", "    if not stopped or only:\n", "    if not stopped:\n"),
        (
            "hooks: a failure stops",
            "        return common.UNDECIDED\n    return _answer",
            "        return common.AUTHENTIC\n    return _answer",
        ),
    ],
) + in_file(
    "cli/hook.py",
    [_PLACES],
    [
        (
            "hooks: no modules out of the work tree",
            '[sys.executable, "-P", "-m", "nixauth"]',
            '[sys.executable, "-m", "nixauth"]',
        )
    ],
)

_RECORD = in_file(
    "hooks/record.py",
    [f"{_UNIT}/test_record.py"],
    [
        ("record: its schema", 'document["schema"] != _SCHEMA or set(document)', "set(document)"),
        ("record: no other fields", ' or set(document) != {"schema", "accepted"}:', ":"),
        ("record: no other fields of a ref", ' or set(one) != {"commit", "floor"}:', ":"),
        ("record: ids in full", "not _ID.fullmatch(text)", "not _ID.match(text)"),
        (
            "record: refs are listed",
            '    if not isinstance(document["accepted"], dict):\n',
            "    if False:\n",
        ),
        ("record: its size", "        if len(content) > _LARGEST:\n", "        if False:\n"),
        (
            "record: other refs are kept",
            "self._write({**before, **accepted})",
            "self._write(accepted)",
        ),
        ("record: one after the other", "            fcntl.flock(file, fcntl.LOCK_EX)\n", ""),
        ("record: on the disk first", "                os.fsync(file.fileno())\n", ""),
        (
            "record: no leavings",
            "            Path(name).unlink(missing_ok=True)\n",
            "            pass\n",
        ),
    ],
)

_READING = in_file(
    "hooks/settings.py",
    [f"{_UNIT}/test_settings.py"],
    [
        ("hook settings: no unknown ones", " or one.key not in _KEYS:", ":"),
        (
            "hook settings: no subsections",
            "        if one.subsection is not None or one.key",
            "        if one.key",
        ),
        ("hook settings: full names", " or not value.startswith(_PLACES):", ":"),
        ("hook settings: names that end too early", " or value in _PLACES or", " or"),
        ("hook settings: once", "    if len(values) > 1 or value not in", "    if value not in"),
    ],
) + in_file(
    "hooks/updates.py",
    [f"{_UNIT}/test_updates.py"],
    [
        (
            "hook input: ids in full",
            "    if not _ID.fullmatch(value):\n",
            "    if not _ID.match(value):\n",
        ),
        (
            "hook input: a name is there",
            "        if not (first and second and ref):\n",
            "        if not (first and second):\n",
        ),
        ("hook input: the old value is one", "        _value(line, old)\n", ""),
        ("hook input: spaces in what was typed", 'line.rsplit(b" ", 3)', 'line.split(b" ", 3)'),
        (
            "hook input: nothing symbolic is pushed",
            "        if isinstance(new, Symbolic) or isinstance(old, Symbolic):\n",
            "        if False:\n",
        ),
        (
            "hook patterns: nothing but *",
            "map(re.escape, self._folded(one).split",
            "map(str, self._folded(one).split",
        ),
        ("hook patterns: the whole name", "pattern.fullmatch(name)", "pattern.match(name)"),
    ],
)

_SCRIPTS = in_file(
    "hooks/scripts.py",
    [_FILTER, _CHAINING, _PLACES],
    [
        ("script: to the end of the name", '*" $name$newline"*) ask', '*" $name"*) ask'),
        ("script: from the start of the name", '*" $name$newline"*) ask', '*"$name$newline"*) ask'),
        ("script: names are no patterns", '*" $name$newline"*) ask', '*" "$name"$newline"*) ask'),
        ("script: case", "    *core.ignorecase*)", "        *core.never*)"),
        ("script: no other configuration", "unset GIT_CONFIG  #", ":  #"),
        (
            "script: the repository's own settings",
            "git config --local --no-includes",
            "git config --no-includes",
        ),
        # --no-includes is git's default with --local, and stands there to be read.
        ("script: a program that fails stops", '| "$@" || exit 1\n', '| "$@"\n'),
        (
            "script: no program by a relative path",
            "            /*) set --",
            "            ?*) set --",
        ),
        (
            "script: the refusal of the one before",
            '| "$0{chained}" "$@" || exit\n',
            '| "$0{chained}" "$@"\n',
        ),
    ],
)

_INSTALL = in_file(
    "hooks/install.py",
    [_CHAINING, _AROUND],
    [
        (
            "install: a git that has the hook",
            "(found := git_program.version()) < _LEAST_GIT:",
            "(found := git_program.version()) < (0, 0):",
        ),
        (
            "install: not into a directory that others share",
            "        if self.elsewhere and not elsewhere:\n",
            "        if False:\n",
        ),
        (
            "install: another's hook is asked about",
            "        if not chain:\n",
            "        if False:\n",
        ),
        (
            "install: a second one is not overwritten",
            "        if os.path.lexists(before):\n            raise UsageError(",
            "        if False:\n            raise UsageError(",
        ),
        (
            "install: another's hook is kept",
            "                if content is not None and not is_ours(content):\n                    path",
            "                if False:\n                    path",
        ),
        (
            "uninstall: another's hook stays",
            "        if content is None or not is_ours(content):\n            return False\n",
            "        if content is None:\n            return False\n",
        ),
        (
            "uninstall: the one before comes back",
            "            if os.path.lexists(before):\n                before",
            "            if False:\n                before",
        ),
        (
            "status: a hook that may not be executed",
            "        if not os.access(path, os.X_OK):\n",
            "        if False:\n",
        ),
    ],
) + in_file(
    "git_program.py",
    [_PLACES],
    [
        ("install: the environment leads nowhere", " if k not in _LEADING_ELSEWHERE}", "}"),
        (
            "install: the repository is named",
            '    found = _run(start, named, "rev-parse"',
            '    found = _run(start, "rev-parse"',
        ),
    ],
)

MUTANTS = [
    *_STOPS,
    *_FOLLOWER,
    *_PUSHES,
    *_PROTECTED,
    *_RUN,
    *_RECORD,
    *_READING,
    *_SCRIPTS,
    *_INSTALL,
]
