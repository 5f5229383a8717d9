"""docs/channels.md: what keeps a channel's pin where it is, and what binds content to it."""

from __future__ import annotations

from tests.mutants.table import in_file

_HERE = "tests/channels"
_ATTACKS = f"{_HERE}/test_update_attacks.py"
_GOOD = f"{_HERE}/test_update_good.py"
_FETCHING = f"{_HERE}/test_fetching.py"
_REVISION = f"{_HERE}/test_revision.py"
_NEWEST = f"{_HERE}/test_newest_authentic.py"
_AGE = f"{_HERE}/test_age.py"
_FAILURES = f"{_HERE}/test_failures.py"
_APPLY = f"{_HERE}/test_apply.py"
_GATE = f"{_HERE}/test_gate.py"
_TREES = f"{_HERE}/test_trees.py"

_UPDATE = [
    *in_file(
        "channels/update.py",
        [_ATTACKS],
        [
            (
                "update: a step forward from the pin",
                "        after = [self.floor] if self.floor is not None else []\n",
                "        after: list[ObjectId] = []\n",
            ),
            (
                "update: what is not authentic is no pin",
                "        if found.report.verdict is not Verdict.AUTHENTIC or found.obstacle is not None:\n",
                "        if found.obstacle is not None:\n",
            ),
            (
                "update: a downgrade is asked for",
                "self.floor = None if downgrade or self.before is None else",
                "self.floor = None if self.before is None else",
            ),
        ],
    ),
    *in_file(
        "channels/update.py",
        [_REVISION],
        [
            (
                "update: a commit that was named is on the branch's line",
                "        if found.report.verdict is Verdict.AUTHENTIC and named:\n",
                "        if False:\n",
            ),
            (
                "update: a commit that is not there is not on the branch",
                "        if not repository.has(target):\n",
                "        if False:\n",
            ),
        ],
    ),
    *in_file(
        "channels/update.py",
        [_AGE],
        [
            (
                "update: stale",
                "            if self.setting.now - committed > self.channel.max_age:\n",
                "            if False:\n",
            ),
            (
                "update: the last second is young enough",
                "            if self.setting.now - committed > self.channel.max_age:\n",
                "            if self.setting.now - committed >= self.channel.max_age:\n",
            ),
            (
                "update: made in the future",
                "            if committed > self.setting.now + _FUTURE:\n",
                "            if False:\n",
            ),
            (
                "update: what nobody vouched for makes nothing young",
                "tip if ahead else found.report.target)",
                "tip)",
            ),
            (
                "update: the tip's age counts, not that of the commit asked for",
                "tip if ahead else found.report.target)",
                "found.report.target)",
            ),
        ],
    ),
    *in_file(
        "channels/update.py",
        [_NEWEST],
        [
            (
                "update: the newest authentic commit only where the channel says so",
                "is Verdict.REFUSED and channel.newest_authentic and target == tip:",
                "is Verdict.REFUSED and target == tip:",
            ),
            (
                "update: a commit that was named is not replaced by another",
                "and channel.newest_authentic and target == tip:",
                "and channel.newest_authentic:",
            ),
            (
                "update: the newest authentic commit is ahead of the pin",
                "            newest = asker.newest(tip, after)\n",
                "            newest = asker.newest(tip, [])\n",
            ),
        ],
    ),
    *in_file(
        "channels/update.py",
        [_TREES],
        [
            (
                "update: a tree without a hash is no pin",
                "            return dataclasses.replace(found, obstacle=Obstacle.TREE, detail=error.message)\n",
                "            raise\n",
            ),
        ],
    ),
    *in_file(
        "channels/update.py",
        [_GOOD],
        [
            (
                "update: the tree of the pin is brought again",
                "            self.fetching.bring_below(pin.commit)\n",
                "",
            ),
            (
                "update: where the pin was seen at last",
                "        if pin.url == self.channel.url:\n",
                "        if True:\n",
            ),
            (
                "update: keys of SSH need no keyring",
                "tuple(self.fetching.keyring_refs()) or channel.keyring,",
                'tuple(self.fetching.keyring_refs()) or ("refs/heads/keyring",),',
            ),
        ],
    ),
]

_STATE = in_file(
    "channels/state.py",
    [_GATE, _ATTACKS, _FAILURES],
    [
        (
            "state: a record that is damaged is none that is absent",
            "            raise self._damaged(str(error) or type(error).__name__) from error\n",
            "            return {}\n",
        ),
        (
            "state: the schema is known",
            '    if document["schema"] != _SCHEMA:\n',
            "    if False:\n",
        ),
        (
            "state: each branch keeps its own pin",
            "        pins = {**self._read(), pin.branch: pin}\n",
            "        pins = {pin.branch: pin}\n",
        ),
        (
            "state: replaced whole",
            '            replace(self.path, f"{text}\\n".encode("ascii"), 0o600)\n',
            '            self.path.write_text(f"{text}\\n")\n',
        ),
    ],
) + in_file(
    "channels/state.py",
    ["tests/channels/test_state.py"],
    [
        (
            "state: a record is not too large",
            "        if len(content) > _LARGEST:\n",
            "        if False:\n",
        ),
        (
            "state: a pin is of its branch",
            '    if one["branch"] != branch or not isinstance(one["lastModified"], int):\n',
            '    if not isinstance(one["lastModified"], int):\n',
        ),
        (
            "state: when it was made is a number",
            '    if one["branch"] != branch or not isinstance(one["lastModified"], int):\n',
            '    if one["branch"] != branch:\n',
        ),
        ("state: an id is one", "    if not _ID.fullmatch(_text(value)):\n", "    if False:\n"),
        ("state: a hash is one", "    if not _SRI.fullmatch(_text(value)):\n", "    if False:\n"),
        ("state: a text is one", "    if not isinstance(value, str):\n", "    if False:\n"),
    ],
)

_REVISIONS = in_file(
    "channels/revision.py",
    [_REVISION],
    [
        (
            "revision: redirects lead nowhere else",
            '        if target != "https" and (start, target) != ("http", "http"):\n',
            "        if False:\n",
        ),
        (
            "revision: never away from https",
            '(start, target) != ("http", "http"):\n',
            'target != "http":\n',
        ),
        (
            "revision: forty digits",
            '_REVISION = re.compile(rb"([0-9a-f]{40})\\s*")',
            '_REVISION = re.compile(rb"([0-9a-f]{40})[0-9a-f]*\\s*")',
        ),
        ("revision: nothing behind it", "_REVISION.fullmatch(", "_REVISION.match("),
        ("revision: short", "        if len(content) > _LARGEST:\n", "        if False:\n"),
        (
            "revision: there soon",
            "answers.get(timeout=_SECONDS)",
            "answers.get(timeout=60)",
        ),
        ("revision: whole", "    if answer.length:\n", "    if False:\n"),
    ],
)

_NEEDS = (
    in_file(
        "channels/needs.py",
        [_FETCHING],
        [
            (
                "needs: a server that leaves things out is not warned of",
                "return bool(there) and all(repository.has(one) for one in there)",
                "return True",
            ),
        ],
    )
    + in_file(
        "channels/needs.py",
        [_GOOD],
        [
            (
                "needs: files deep in the tree are found step by step",
                "        if not repository.has(at):\n            return at\n        try:",
                "        if not repository.has(at):\n            return None\n        try:",
            ),
            (
                "needs: a file that is not here is brought",
                "    return None if repository.has(at) else at\n",
                "    return None\n",
            ),
        ],
    )
    + in_file(
        "channels/needs.py",
        [_FETCHING],
        [
            (
                "needs: trees that are not here are brought",
                "            trees.add(at)\n            continue\n        for",
                "            continue\n        for",
            ),
            (
                "needs: files that are not here are brought",
                "                files.add(entry.object_id)\n",
                "                pass\n",
            ),
        ],
    )
    + in_file(
        "channels/needs.py",
        [_TREES],
        [
            (
                "needs: a submodule's commit is not asked for",
                "            elif entry.mode != _SUBMODULE and not repository.has(entry.object_id):\n",
                "            elif not repository.has(entry.object_id):\n",
            ),
        ],
    )
)

_PLACES = in_file(
    "channels/trees.py",
    [_GATE],
    [
        (
            "trees: one that is there has the hash of the pin",
            "hash_path(place).sri == pin.nar_hash",
            "True",
        ),
        (
            "trees: what is no tree is no error",
            "        except (OSError, ValueError):\n",
            "        except OSError:\n",
        ),
        (
            "trees: one that a link leads to is kept",
            "            names |= self._linked()\n",
            "            self._linked()\n",
        ),
        (
            "trees: one that no link leads to any more goes",
            "            if target.parent == self._directory:\n",
            "            if True:\n",
        ),
    ],
) + in_file(
    "channels/trees.py",
    [_APPLY],
    [
        (
            "trees: only a link is replaced by one",
            "            if os.path.lexists(link) and not link.is_symlink():\n",
            "            if False:\n",
        ),
        (
            "trees: a tarball of a known form",
            "        if form is None:\n",
            "        if False:\n",
        ),
        ("trees: no time in a tarball", "_LEVEL, out, mtime=0)", "_LEVEL, out)"),
        (
            "trees: a draft of a tarball goes",
            "                Path(name).unlink(missing_ok=True)\n",
            "",
        ),
    ],
)

_BEHIND = in_file(
    "cli/gate.py",
    [_GATE, _ATTACKS, _GOOD],
    [
        (
            "gate: refused",
            "        raise typer.Exit(UNDECIDED if undecided else REFUSED)\n",
            "        raise typer.Exit(0)\n",
        ),
        (
            "gate: refused is not undecided",
            "        raise typer.Exit(UNDECIDED if undecided else REFUSED)\n",
            "        raise typer.Exit(UNDECIDED)\n",
        ),
        (
            "gate: undecided is not refused",
            "        raise typer.Exit(UNDECIDED if undecided else REFUSED)\n",
            "        raise typer.Exit(REFUSED)\n",
        ),
        (
            "gate: an error is no pass",
            "        raise typer.Exit(UNDECIDED) from None\n    except KeyboardInterrupt:",
            "        environment = {}\n    except KeyboardInterrupt:",
        ),
        (
            "gate: the command finds signals as any does",
            "        signal.signal(ignored, signal.SIG_DFL)",
            "        pass",
        ),
        (
            "gate: a name that is none",
            "    if not command[0]:\n",
            "    if False:\n",
        ),
        (
            "gate: the commit that was asked for",
            "Wishes(quiet=quiet, wanted=wanted, ",
            "Wishes(quiet=quiet, ",
        ),
        (
            "gate: older trees go",
            "    trees.forget_others(outcome.pin, outcome.before)\n",
            "",
        ),
        (
            "gate: the tree before is kept",
            "    trees.forget_others(outcome.pin, outcome.before)\n",
            "    trees.forget_others(outcome.pin)\n",
        ),
    ],
) + in_file(
    "cli/channel_options.py",
    [_GATE],
    [
        (
            "gate: only a full id names a commit",
            "    if not _FULL_ID.fullmatch(text.lower()):\n",
            "    if False:\n",
        ),
    ],
)

_PUTTING = in_file(
    "cli/channel_apply.py",
    [_APPLY],
    [
        (
            "apply: a file that somebody else changed",
            "        if place.read_bytes() != before:\n",
            "        if False:\n",
        ),
        (
            "apply: a file that stays is not written",
            "        if made == before:\n            return False\n",
            "",
        ),
        ("apply: one pin of npins", "        if len(names) != 1:\n", "        if not names:\n"),
        (
            "apply: an input of the channel's URL",
            "        if found.url is None or normalized(found.url) != normalized(pin.url):\n",
            "        if False:\n",
        ),
        ("apply: an input that is there", "        if found is None:\n", "        if False:\n"),
    ],
)

MUTANTS = [*_UPDATE, *_STATE, *_REVISIONS, *_NEEDS, *_PLACES, *_BEHIND, *_PUTTING]
