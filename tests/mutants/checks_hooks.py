"""Hooks: what stops git, what is remembered, which repository is asked, and who is kept."""

from __future__ import annotations

from tests.mutants.table import in_file

_ATTACKS, _GOOD = "tests/hooks/test_follower_attacks.py", "tests/hooks/test_follower_good.py"
_COMMITTER, _SERVER = "tests/hooks/test_committer.py", "tests/hooks/test_server.py"
_INPUT, _AROUND = "tests/hooks/test_bad_input.py", "tests/hooks/test_bad_surroundings.py"
_FILTER, _CHAINING = "tests/hooks/test_filter.py", "tests/hooks/test_chaining.py"
_PLACES = "tests/hooks/test_worktrees_and_environment.py"
_UNIT = "tests/unit/hooks"
_WAYS = "tests/hooks/test_ways_around_follower.py"
_WAYS_IN = "tests/hooks/test_ways_around_server.py"

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
    "hooks/follower.py",
    [_GOOD, _FILTER, _ATTACKS, _WAYS],
    [
        (
            "follower: nothing is recorded where one ref is stopped",
            "        if not any(ruling.stops for ruling in found):\n            self.record",
            "        if True:\n            self.record",
        ),
        (
            "follower: no symbolic ref",
            "                return Ruling(ref, forbidden=Forbidden.SYMBOLIC)\n",
            "                return Ruling(ref)\n",
        ),
        (
            "follower: a ref that stays is not asked about",
            "            if self.repository.reference(ref) == new:\n",
            "            if False:\n",
        ),
        (
            "follower: a step forward",
            "        report = asker.ask(new, [own.commit] if own is not None else [])\n",
            "        report = asker.ask(new)\n",
        ),
        (
            "follower: what is accepted is recorded",
            "            accepted[ref] = found\n",
            "            pass\n",
        ),
        (
            "follower: the floor is kept for own commits",
            "        return report, Accepted(new, floor)\n",
            "        return report, Accepted(new, new)\n",
        ),
        (
            "follower: own commits may be rewritten",
            "        if own is not None and above and report.verdict is Verdict.REFUSED:\n",
            "        if False:\n",
        ),
        (
            "follower: what others built on is the floor",
            "or any(asker.leads(own.commit, one) for one in above):\n            return own.commit\n",
            ":\n            return own.commit\n",
        ),
        (
            "follower: what was merged is the floor",
            "        newest = behind[0] if behind else own.floor\n",
            "        newest = own.floor\n",
        ),
        (
            "follower: a downgrade is for who says so",
            "            self._downgrade(ref, commit) if downgrade else self.ask(ref, commit, self.record.read())\n",
            "            self._downgrade(ref, commit)\n",
        ),
        (
            "follower: a downgrade is to what is authentic",
            "        report = self.asker(ref).ask(commit)\n        if report.verdict is not Verdict.AUTHENTIC:\n            return report, None\n",
            "        report = self.asker(ref).ask(commit)\n",
        ),
        (
            "follower: names that differ by case",
            "        return folded(ref) if self._fold else ref\n",
            "        return ref\n",
        ),
        (
            "follower: the keyring where it is going to be",
            "        self.with_pending(updates)\n        accepted",
            "        accepted",
        ),
        (
            "follower: what shadows is refused",
            "        if ref not in self._shadows and not ref.startswith(REPLACE):\n",
            "        if not ref.startswith(REPLACE):\n",
        ),
        (
            "follower: replacements are refused",
            "        if ref not in self._shadows and not ref.startswith(REPLACE):\n",
            "        if ref not in self._shadows:\n",
        ),
        (
            "follower: where a ref is counts",
            "        return Accepted(now, own.floor if own is not None else now)\n",
            "        return own\n",
        ),
        (
            "follower: where a ref is has to be authentic",
            "        if report.verdict is not Verdict.AUTHENTIC:\n            return own\n        return Accepted(now",
            "        return Accepted(now",
        ),
        (
            "follower: a person who goes back is believed",
            "now in {own.commit, own.instead_of}",
            "now == own.commit",
        ),
        (
            "follower: rewritten commits stay with upstream",
            "            if ahead or any(asker.leads(new, one) for one in above):\n",
            "            if True:\n",
        ),
        (
            "follower: own commits that are gone are forgotten",
            "        if self.repository.has(own.floor):\n            return Accepted(own.floor, own.floor)\n",
            "",
        ),
    ],
)

_PUSHES = in_file(
    "hooks/committer.py",
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
            "(not names or not any(r.startswith(REMOTE) for r in followed))",
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
    "hooks/server.py",
    [_SERVER, _WAYS_IN],
    [
        (
            "server: the keyring is not protected",
            "            if ref in self._exactly or (ref in self._protected and ref not in keyrings):\n",
            "            if ref in self._exactly or ref in self._protected:\n",
        ),
        (
            "server: no deletion",
            "                return Ruling(ref, forbidden=Forbidden.DELETED)\n",
            "                return Ruling(ref)\n",
        ),
        (
            "server: a step forward",
            "            return Ruling(ref, self.asker(ref).ask(new, list(dict.fromkeys(after))))\n",
            "            return Ruling(ref, self.asker(ref).ask(new))\n",
        ),
        (
            "server: the keyring where it is going to be",
            "        self.with_pending(updates)\n        keyrings",
            "        keyrings",
        ),
        (
            "server: names that differ by case",
            "        self._protected = Names(settings.protect, ignore_case=fold)\n",
            "        self._protected = Names(settings.protect)\n",
        ),
        (
            "server: what a symbolic ref stands for",
            "            ref = end_of(self.repository, update.ref)  # git moves what a symbolic ref stands for\n",
            "            ref = update.ref\n",
        ),
        (
            "server: what is named is protected, keys in it or not",
            "            if ref in self._exactly or (ref in self._protected and ref not in keyrings):\n",
            "            if ref in self._protected and ref not in keyrings:\n",
        ),
        (
            "server: forward from what the pusher claims",
            "            after = [one for one in (now, old) if",
            "            after = [one for one in (now,) if",
        ),
        (
            "server: replacements are refused",
            "            return [Ruling(update.ref, forbidden=Forbidden.REPLACES)]\n",
            "            return []\n",
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
            "        only = settings.report_only and hook is Hook.PRE_RECEIVE\n",
            "        only = settings.report_only\n",
        ),
        (
            "hooks: report only lets in",
            "    return SAID if stopped and not report_only else GO_ON\n",
            "    return SAID if stopped else GO_ON\n",
        ),
        (
            "hooks: a failure stops",
            "        return GO_ON if only else SAID\n",
            "        return GO_ON\n",
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
        (
            "record: no other fields of a ref",
            'not {"commit", "floor"} <= set(one) <= set(_FIELDS):',
            'not {"commit", "floor"} <= set(one):',
        ),
        ("record: ids in full", "not _ID.fullmatch(text)", "not _ID.match(text)"),
        (
            "record: refs are listed",
            '    if not isinstance(document["accepted"], dict):\n',
            "    if False:\n",
        ),
        ("record: its size", "        if len(content) > _LARGEST:\n", "        if False:\n"),
        (
            "record: other refs are kept",
            "_document({**before, **accepted})",
            "_document({**accepted})",
        ),
    ],
)

_DURABLE = in_file(
    "durable.py",
    [f"{_UNIT}/test_record.py"],
    [
        (
            "record: one after the other",
            "        while not has_lock(file, fcntl.LOCK_EX):\n",
            "        while False:\n",
        ),
        (
            "record: on the disk first",
            "            os.fsync(file.fileno())\n",
            "",
        ),
        (
            "record: no leavings",
            "        Path(name).unlink(missing_ok=True)\n",
            "        pass\n",
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
        (
            "hook settings: once",
            "    if len(values) > 1 or value is None:\n",
            "    if value is None:\n",
        ),
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
        (
            "hook input: the old value is one",
            "found.append(Update(_text(ref), _value(line, new), _value(line, old)))",
            "found.append(Update(_text(ref), _value(line, new), None))",
        ),
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
        (
            "script: a program that fails stops",
            "        *) stop 'nothing was checked, and so nothing was moved: nixauth came to no end' \\\n",
            "        *) exit 0; stop 'nothing was checked, and so nothing was moved: nixauth came to no end' \\\n",
        ),
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
            '    found = _ask(start, named, "rev-parse"',
            '    found = _ask(start, "rev-parse"',
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
    *_DURABLE,
    *_READING,
    *_SCRIPTS,
    *_INSTALL,
]
