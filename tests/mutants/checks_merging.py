"""docs/merging.md: what is said of a merge, and the forms for machines that say it."""

from __future__ import annotations

from tests.mutants.table import in_file

_ASKED = [
    "tests/unit/merging/test_merging_check.py",
    "tests/unit/cli/test_cli_check_merge.py",
    "tests/property/test_merging.py",
]
_CHANGES = ["tests/unit/merging/test_merging_changes.py", *_ASKED]
_FORMS = ["tests/unit/reports/test_machine_formats.py", "tests/unit/cli/test_cli_machine.py"]
_TEXTS = ["tests/unit/reports/test_hostile_text.py"]
_TOLD = ["tests/unit/cli/test_cli_machine.py", "tests/unit/cli/test_cli_check_merge.py"]

_CHECK = in_file(
    "merging/check.py",
    _ASKED,
    [
        (
            "merge: BASE has to be authentic",
            "    if outlook is not Outlook.ACCEPTED:\n        return replace(found, error=base_report.error)\n",
            "",
        ),
        (
            "merge: a BASE that is refused is no undecided one",
            "    Verdict.REFUSED: Outlook.REFUSED,\n",
            "    Verdict.REFUSED: Outlook.UNDECIDED,\n",
        ),
        (
            "merge: what is undecided is not refused",
            "    Verdict.UNDECIDED: Outlook.UNDECIDED,\n",
            "    Verdict.UNDECIDED: Outlook.REFUSED,\n",
        ),
        (
            "merge: what could not be asked is undecided",
            "        return replace(found, outlook=Outlook.UNDECIDED, error=error)\n",
            "        return replace(found, outlook=Outlook.REFUSED, error=error)\n",
        ),
        (
            "merge: --after is not asked of BASE",
            "    options = replace(session.options, after=None, stats=False)\n",
            "    options = replace(session.options, stats=False)\n",
        ),
        (
            "merge: moving on has to be a step forward from BASE",
            "        ahead = replace(self._session, options=replace(self._session.options, after=base))\n",
            "        ahead = replace(self._session)\n",
        ),
        (
            "merge: a branch moves only where HEAD descends from BASE",
            "        kind = Kind.FAST_FORWARD if follows and not self._merge_commit else Kind.MERGE\n",
            "        kind = Kind.FAST_FORWARD if not self._merge_commit else Kind.MERGE\n",
        ),
        (
            "merge: --no-ff asks about a merge commit",
            "        kind = Kind.FAST_FORWARD if follows and not self._merge_commit else Kind.MERGE\n",
            "        kind = Kind.FAST_FORWARD if follows else Kind.MERGE\n",
        ),
        (
            "merge: a branch that moves is judged by HEAD itself",
            "            outlook, error = _OUTLOOKS[fast_forward.verdict], fast_forward.error\n",
            "            pass\n",
        ),
        (
            "merge: known commits are looked behind",
            "            stores=LookingBehind(self._session.stores, frozenset(parted.new)),\n",
            "            stores=self._session.stores,\n",
        ),
        (
            "merge: doubt about HEAD is no refusal",
            "            node.error if node is not None and not node.trusted else None,\n",
            "            None,\n",
        ),
        (
            "merge: a fault of the file refuses whoever signs",
            "        return replace(effect, fault=fault)\n",
            "        return effect\n",
        ),
        (
            "merge: removed is said where a parent has the file",
            "        return any(self._own(parent) is not None for parent in parents)\n",
            "        return False\n",
        ),
        (
            "merge: historical authorizations stand in for no file that a parent has",
            "        if own is None and not self._parent_has_file():\n",
            "        if own is None:\n",
        ),
        (
            "merge: a line from BASE to HEAD is one that is authentic",
            "        follows = fast_forward is not None and fast_forward.verdict is Verdict.AUTHENTIC\n",
            "        follows = fast_forward is not None\n",
        ),
        (
            "merge: where both changed the file the merger may write another",
            "            own = {Limit.NONE: another_file(trial.base.authorizations, *sides)}\n",
            "            own = {}\n",
        ),
        (
            "merge: keeping BASE's file is asked",
            "            own[Limit.KEEPS_BASE], own[Limit.KEEPS_HEAD] = map(self._in_force, sides)\n",
            "            own[Limit.KEEPS_HEAD] = self._in_force(sides[1])\n",
        ),
        (
            "merge: keeping HEAD's file is asked",
            "            own[Limit.KEEPS_BASE], own[Limit.KEEPS_HEAD] = map(self._in_force, sides)\n",
            "            own[Limit.KEEPS_BASE] = self._in_force(sides[0])\n",
        ),
        (
            "merge: --require every-commit holds for the merge's file",
            "        every_commit=options.require_every_commit,\n",
            "        every_commit=False,\n",
        ),
        (
            "merge: --authorizations-file holds for the merge's file",
            "        path=options.authorizations_path,\n",
            "        path=None,\n",
        ),
        (
            "merge: a new commit on no line is not authentic",
            "State.AUTHENTIC if node.line else State.TRUSTED)\n",
            "State.AUTHENTIC)\n",
        ),
        (
            "merge: a new commit in doubt is undecided",
            "        return NewCommit(commit, State.UNDECIDED, error=node.error)\n",
            "        return NewCommit(commit, State.NOT_TRUSTED, node.reason)\n",
        ),
        (
            "merge: subkeys of listed keys are asked",
            "            if subkey not in listed and key in keyring.signer(subkey).primaries:\n",
            "            if False:\n",
        ),
        (
            "merge: a short SSH RSA key cannot sign",
            "UnusableKey(key, weak) if 0 < bits < _SSH_RSA_BITS else None)\n",
            "None)\n",
        ),
        (
            "merge: an SSH RSA key of 2048 bits can",
            "if 0 < bits < _SSH_RSA_BITS else",
            "if 0 < bits <= _SSH_RSA_BITS else",
        ),
        (
            "merge: a key that is not at hand cannot sign",
            "        return KeyAtHand(signer, MissingKey(key))\n",
            "        return KeyAtHand(signer)\n",
        ),
        (
            "merge: a key that cannot count cannot sign",
            "    return KeyAtHand(signer, UnusableKey(key, detail) if detail else None)\n",
            "    return KeyAtHand(signer)\n",
        ),
        (
            "merge: a service answers for nothing",
            "    if any(one.may_sign and not one.service for one in who):\n",
            "    if any(one.may_sign for one in who):\n",
        ),
        (
            "merge: nobody may sign and HEAD is in doubt",
            "    return Outlook.REFUSED if trial.doubt is None else Outlook.UNDECIDED\n",
            "    return Outlook.REFUSED\n",
        ),
    ],
)

_PREDICTION = in_file(
    "merging/prediction.py",
    _ASKED,
    [
        (
            "merge: parents are asked before the signer",
            "        if refusal is not None:\n            return refusal\n        found",
            "        found",
        ),
        (
            "merge: it has to be a step forward from BASE",
            "        if isinstance(found, Trusted) and not self._steps_forward(found):\n",
            "        if False:\n",
        ),
        (
            "merge: HEAD admits only with a line from BASE",
            "(1 in found.admitted_by and self.head_follows)\n",
            "1 in found.admitted_by\n",
        ),
        (
            "merge: HEAD may admit with a line from BASE",
            "        return 0 in found.admitted_by or (1 in found.admitted_by and self.head_follows)\n",
            "        return 0 in found.admitted_by\n",
        ),
        (
            "merge: a key with a fault is asked nothing more",
            "    if key.fault is not None:\n        return rule.ask_parents(hypothesis.parents) or key.fault\n",
            "",
        ),
        (
            "merge: what all are refused for is said before a key's fault",
            "        return rule.ask_parents(hypothesis.parents) or key.fault\n",
            "        return key.fault\n",
        ),
        (
            "merge: HEAD's people are asked, too",
            "    for parent in hypothesis.parents:\n        if parent.authorizations is not None:\n            person",
            "    for parent in hypothesis.parents[:1]:\n        if parent.authorizations is not None:\n            person",
        ),
        (
            "merge: the key that may sign is the one that is named",
            "        return replace(candidate, keys=(key.signer.key,), limit=asked, reason=None)\n",
            "        return replace(candidate, keys=(*candidate.keys, key.signer.key), limit=asked, reason=None)\n",
        ),
        (
            "merge: keys under a limit are not named with those under none",
            "    if asked is candidate.limit:\n",
            "    if True:\n",
        ),
    ],
)

_FOUND = in_file(
    "merging/ancestry.py",
    ["tests/unit/merging/test_merging_ancestry.py", *_ASKED],
    [
        (
            "merge: what BASE reaches is not new",
            "if walk.colours[commit] == _HEAD)\n",
            "if walk.colours[commit] & _HEAD)\n",
        ),
        (
            "merge: a colour that comes late is handed on",
            "        elif before or self._read(commit, child, colour):\n",
            "        elif not before and self._read(commit, child, colour):\n",
        ),
        (
            "merge: HEAD's side has to be there",
            "            if colour & _BASE and child is not None:\n",
            "            if child is not None:\n",
        ),
        (
            "merge: BASE's side may end",
            "            if colour & _BASE and child is not None:\n",
            "            if False:\n",
        ),
        (
            "merge: a shallow clone is said to be one",
            "        if isinstance(error, MissingObjectError) and child in self._objects.shallow():\n",
            "        if False:\n",
        ),
        (
            "merge: a damaged object is no shallow clone",
            "        if isinstance(error, MissingObjectError) and child in self._objects.shallow():\n",
            "        if child in self._objects.shallow():\n",
        ),
        (
            "merge: dates that are wrong are looked past",
            "_FURTHER = 10_000\n",
            "_FURTHER = 0\n",
        ),
        (
            "merge: a merge base is behind no other",
            "        return tuple(commit for commit in common if commit not in below)\n",
            "        return tuple(common)\n",
        ),
    ],
)

_WAYS = in_file(
    "merging/changes.py",
    _CHANGES,
    [
        (
            "merge: files that differ in their content only are different",
            "    if not found and before.content != after.content:\n",
            "    if False:\n",
        ),
        (
            "merge: merge bases that differ leave it open",
            "    if any(other != before for other in ancestors):\n",
            "    if False:\n",
        ),
        (
            "merge: HEAD's file where only HEAD changed it",
            "        return Effect(Origin.HEAD, head, changes(base, head))\n",
            "        return Effect(Origin.BASE, base)\n",
        ),
        (
            "merge: BASE's file where only BASE changed it",
            "    if before == head:\n        return Effect(Origin.BASE, base)\n",
            "",
        ),
        (
            "merge: a service that becomes a person",
            "    if old.service is not new.service:\n",
            "    if new.service and not old.service:\n",
        ),
        ("merge: keys that go", "        if key not in new.keys:\n", "        if False:\n"),
        ("merge: keys that come", "        if key not in old.keys:\n", "        if False:\n"),
        ("merge: people who go", "        if name not in new:\n", "        if False:\n"),
    ],
)

_CODES = in_file(
    "cli/machine.py",
    [*_TOLD, "tests/unit/test_many_refusals.py"],
    [
        ("exit: a merge that is refused", "    Outlook.REFUSED: common.REFUSED,\n", "    Outlook.REFUSED: common.AUTHENTIC,\n"),
        ("exit: a merge that is undecided", "    Outlook.UNDECIDED: common.UNDECIDED,\n", "    Outlook.UNDECIDED: common.AUTHENTIC,\n"),
        ("exit: an undecided merge is not refused", "    Outlook.UNDECIDED: common.UNDECIDED,\n", "    Outlook.UNDECIDED: common.REFUSED,\n"),
        ("exit: a merge that is accepted", "    Outlook.ACCEPTED: common.AUTHENTIC,\n", "    Outlook.ACCEPTED: common.REFUSED,\n"),
        ("sarif: what is undecided is no result", "        decided = answer.code != common.UNDECIDED\n", "        decided = True\n"),
        ("sarif: the exit code is the command's", "            exit_code=answer.code,\n", "            exit_code=0,\n"),
        ("summary: what is there already counts", "            room = markdown.LIMIT - file.tell()\n", "            room = markdown.LIMIT\n"),
        ("summary: it is appended", '.open("ab")', '.open("wb")'),
        ("summary: that it is full is said", "        if not text:\n", "        if False:\n"),
        ("summary: that it cannot be written changes no verdict", "    except OSError as error:\n        reason", "    except ZeroDivisionError as error:\n        reason"),
        ("json: the record of check-merge is told", "        common.emit(merge_json.render(merge, used))\n", "        common.emit(merge_json.render(merge))\n"),
    ],
)  # fmt: skip

_COMMAND = in_file(
    "cli/check_merge.py",
    ["tests/unit/cli/test_cli_trust.py", *_TOLD],
    [
        ("merge: the record is BASE's", "        target=base,\n", ""),
        ("merge: --no-ff is passed on", "        found = ask(session, *commits, merge_commit=no_ff)\n", "        found = ask(session, *commits)\n"),
        ("merge: BASE and HEAD are not exchanged", "question.repository.resolve(base), question.repository.resolve(head)\n", "question.repository.resolve(head), question.repository.resolve(base)\n"),
        ("exit: check-merge exits by its outlook", "    raise typer.Exit(machine.OUTLOOK_CODES[found.outlook])\n", "    raise typer.Exit(0)\n"),
        ("merge: --require is passed on", "        every_commit=require is given.Require.EVERY_COMMIT,\n", "        every_commit=False,\n"),
        ("merge: a failure is told to machines, too", "            machine.emit_failure(format_, error)\n", "            pass\n"),
    ],
)  # fmt: skip

_REMARKS = in_file(
    "reports/remarks.py",
    [*_FORMS, *_TOLD],
    [
        ("remarks: an error comes with a report", "    if report.error is not None:\n        yield of_error(report.error)\n    for", "    for"),
        ("remarks: a refused commit is not called authentic", "    if report.verdict is Verdict.AUTHENTIC:\n        message", "    if report.verdict is not Verdict.UNDECIDED:\n        message"),
        ("remarks: BASE's refusals stand for the merge's", "        yield from of_report(merge.base_report)\n        return\n", "        pass\n"),
        ("remarks: an undecided merge says why", "    if merge.error is not None:\n        yield of_error(merge.error)\n", ""),
        ("remarks: a refused merge is an error", "        Level.NOTICE if good else Level.ERROR,\n", "        Level.NOTICE,\n"),
        ("remarks: an undecided merge is not accepted", "    good = merge.outlook is Outlook.ACCEPTED\n", "    good = merge.outlook is not Outlook.REFUSED\n"),
        ("remarks: a refusal is an error", "        Level.ERROR,\n        refusal.reason.code,\n", "        Level.WARNING,\n        refusal.reason.code,\n"),
        ("remarks: an error is an error", '    return Remark(Level.ERROR, error.kind', '    return Remark(Level.WARNING, error.kind'),
        ("remarks: a change of the authorizations is told", "    for change in merge.effect.changes:\n", "    for change in ():\n"),
        ("remarks: both sides changed the authorizations", "    if merge.effect.origin is Origin.BOTH:\n", "    if False:\n"),
        ("remarks: commits that stand in the way are named", "    if merge.mode is HistoryMode.EVERY_COMMIT:\n", "    if False:\n"),
        ("remarks: a commit is named once", "            if one.reason is not None and one.commit not in named:\n", "            if one.reason is not None:\n"),
        ("remarks: the file's fault is named", "    if merge.effect.fault is not None and merge.kind is Kind.MERGE and merge.head not in named:\n", "    if False:\n"),
        ("remarks: a branch that moves has its own refusals", "        refusals: Sequence[Refusal] = merge.fast_forward.refusals\n", "        refusals: Sequence[Refusal] = merge.obstacles\n"),
    ],
)  # fmt: skip

_WRITTEN = [
    *in_file(
        "reports/github.py",
        [*_FORMS, *_TEXTS],
        [
            ("github: a percent sign is escaped", '.replace("%", "%25")', ""),
            ("github: a colon in a property is escaped", '.replace(":", "%3A")', ""),
            ("github: a comma in a property is escaped", '.replace(",", "%2C")', ""),
            ("github: a message is printable", "printable(remark.message, _LONGEST)", "remark.message"),
            ("github: a title is printable", "{printable(remark.title)}", "{remark.title}"),
            ("github: a path is printable", "printable(remark.path, 4096)", "remark.path"),
            ("github: ten of a level", "_MOST = 10\n", "_MOST = 11\n"),
            ("github: a message is cut before the runner does", "_LONGEST = 4000\n", "_LONGEST = 40_000\n"),
        ],
    ),
    *in_file(
        "reports/markdown.py",
        [*_FORMS, *_TEXTS],
        [
            ("markdown: nothing is markup", "    if character.isascii() and not character.isalnum() and character != \" \":\n", "    if False:\n"),
            ("markdown: what is invisible goes", "    if character.isspace() or not (character.isprintable() or character == \" \"):\n", "    if False:\n"),
            ("markdown: addresses and mentions stand in code", "    return f\"<code>{''.join(map(_character, shown))}</code>\"\n", "    return ''.join(map(_character, shown))\n"),
            ("markdown: rows that do not fit are left out", "        if size <= room:\n", "        if True:\n"),
            ("markdown: rows that are left out are counted", "            left_out[remark.level] += 1\n", "            pass\n"),
            ("markdown: the line for the rest has its room", "    room -= len((heading + _HEAD + longest).encode())\n", "    room -= len((heading + _HEAD).encode())\n"),
            ("markdown: nothing where the heading does not fit", "    if room < 0:\n        return \"\"\n", ""),
            ("markdown: room is counted in bytes", "        size = len(row.encode())\n", "        size = len(row)\n"),
        ],
    ),
    *in_file(
        "reports/selection.py",
        _FORMS,
        [
            ("selection: a verdict is always shown", "        elif remark.code in VERDICTS:\n", "        elif False:\n"),
            ("selection: a verdict keeps its place", "            del there[-2 if there[-1][1].code in VERDICTS else -1]\n", "            del there[-1]\n"),
            ("selection: what is left out twice is counted twice", "self.left_out.get(n, 0) + fewer.left_out.get(n, 0)", "fewer.left_out.get(n, 0)"),
        ],
    ),
    *in_file(
        "reports/sarif.py",
        [*_FORMS, *_TEXTS],
        [
            ("sarif: a message has no placeholder", '.replace("{", "{{")', ""),
            ("sarif: a message has no link", '.replace("[", "\\\\[")', ""),
            ("sarif: a message is printable", "printable(text, len(text))", "text"),
            ("sarif: a refusal fails", '        "kind": "pass" if one.level is Level.NOTICE else "fail",\n', '        "kind": "pass",\n'),
            ("sarif: a refusal is an error", '        "level": "none" if one.level is Level.NOTICE else one.level.value,\n', '        "level": "none",\n'),
            ("sarif: a reason is a result even where it is undecided", " and one.code not in {*_REASONS, *CODES}\n", "\n"),
            ("sarif: a result is known again by its commit", '    commit = one.commit.hex() if one.commit is not None else ""\n', '    commit = ""\n'),
        ],
    ),
    *in_file(
        "reports/merge_words.py",
        [*_TEXTS, *_FORMS],
        [
            ("words: a merge that is refused is not accepted", '            return "would not be accepted"\n', '            return "will be accepted"\n'),
            ("words: a service is no person", "    people = [_named(one) for one in able if not one.service]\n", "    people = [_named(one) for one in able]\n"),
            ("words: a name is printable", "    return printable(one.name, 60) + (", "    return one.name + ("),
        ],
    ),
]  # fmt: skip

MUTANTS = [
    *_CHECK,
    *_PREDICTION,
    *_FOUND,
    *_WAYS,
    *_CODES,
    *_COMMAND,
    *_REMARKS,
    *_WRITTEN,
]
