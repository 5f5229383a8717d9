"""docs/channels.md: what is brought into a mirror, what ends a transfer, and who may be at it."""

from __future__ import annotations

from tests.mutants.table import in_file

_HERE = "tests/channels"
_SERVERS = f"{_HERE}/test_bad_servers.py"
_DAMAGED = f"{_HERE}/test_damaged_mirror.py"
_TWO = f"{_HERE}/test_two_at_once.py"
_GOOD = f"{_HERE}/test_update_good.py"
_FETCHING = f"{_HERE}/test_fetching.py"
_FAILURES = f"{_HERE}/test_failures.py"
_GATE = f"{_HERE}/test_gate.py"
_LOCKS = "tests/flakes/test_lock_attacks.py"

_BROUGHT = [
    *in_file(
        "channels/fetching.py",
        [f"{_HERE}/test_update_attacks.py"],
        [
            (
                "fetching: a branch that is gone",
                '        if tip is None:\n            raise FetchError(\n                f"{channel.url} has no',
                '        if False:\n            raise FetchError(\n                f"{channel.url} has no',
            ),
        ],
    ),
    *in_file(
        "channels/fetching.py",
        [_GOOD],
        [
            (
                "fetching: a mirror that was made anew has not what a pin was judged by",
                "        return self.mirror.note == self._note(pin)\n",
                "        return True\n",
            ),
            (
                "fetching: what is here was read from this introduction on",
                'f"{pin.commit.hex()} {channel.introduction.commit.hex()} {channel.branch} {path}"',
                'f"{pin.commit.hex()} x {channel.branch} {path}"',
            ),
        ],
    ),
    *in_file(
        "channels/fetching.py",
        [_FETCHING],
        [
            (
                "fetching: a server that sends everything is warned of",
                "        if self.branch in moved and needs.is_whole(mirror.repository, tip):\n",
                "        if False:\n",
            ),
            ("fetching: only what moved is fetched", "if here.reference(ref) != commit]", "]"),
            (
                "fetching: a server that sends no single objects",
                "        self.mirror.fetch_all([self.branch, *self.keyring_refs()])\n",
                "",
            ),
        ],
    ),
    *in_file(
        "channels/fetching.py",
        [_FAILURES],
        [
            (
                "fetching: what was killed on the way is brought",
                "        if before is None or before.commit != tip or not self.has_all_of(before):\n",
                "        if self.branch in moved:\n",
            ),
        ],
    ),
    *in_file(
        "channels/fetching.py",
        [_SERVERS],
        [
            (
                "fetching: everything is asked for once",
                "        if self._has_everything:\n",
                "        if False:\n",
            ),
            (
                "fetching: a ref that is gone leaves its place",
                "    return ref not in tips and any(\n",
                "    return False and any(\n",
            ),
        ],
    ),
    *in_file(
        "channels/fetching.py",
        [_DAMAGED],
        [
            (
                "fetching: a pin that is gone",
                "        if self._before is None and words[2:3] == [self._channel.branch]:\n",
                "        if False:\n",
            ),
            (
                "fetching: a pin of another branch is not gone",
                "        if self._before is None and words[2:3] == [self._channel.branch]:\n",
                "        if self._before is None and words[2:3]:\n",
            ),
            ("fetching: damage is told of", "        if mirror.damage:\n", "        if False:\n"),
        ],
    ),
    *in_file(
        "channels/update.py",
        [_DAMAGED],
        [
            (
                "update: a pin that is gone is asked about",
                "            self.fetching.require_pin()\n",
                "            pass\n",
            ),
            (
                "update: what lacks is asked for once more",
                "        if self.mirror.is_new or (",
                "        if True or (",
            ),
            (
                "update: an object that went bad may stop git as well",
                "(isinstance(lacking, FetchError) and not self.mirror.is_rotten)",
                "isinstance(lacking, FetchError)",
            ),
        ],
    ),
    *in_file(
        "channels/update.py",
        [_LOCKS],
        [
            (
                "update: a forged tip is asked about again",
                "        if outcome.obstacle is not Obstacle.NOT_PUBLISHED_THERE:\n",
                "        if True:\n",
            ),
            (
                "update: a look at the pin is no step",
                "        known = {tip, self.floor} if self.looks_only else {tip}\n",
                "        known = {tip}\n",
            ),
        ],
    ),
    *in_file(
        "channels/update.py",
        [_GATE],
        [
            (
                "update: a pin that is asked for is on the branch",
                "        known = {tip, self.floor} if self.looks_only else {tip}\n",
                "        known = {tip, self.floor}\n",
            ),
            (
                "update: the newest authentic commit is where a line leads",
                "            report = asker.newest(tip, [found.report.target]).found or report\n",
                "            pass\n",
            ),
        ],
    ),
    *in_file(
        "channels/flakes.py",
        [_LOCKS],
        [
            (
                "flakes: the time is the commit's",
                "    if one.last_modified not in {None, pin.last_modified}:\n",
                "    if False:\n",
            ),
        ],
    ),
]

_MIRRORS = [
    *in_file(
        "channels/mirror.py",
        [_SERVERS],
        [
            (
                "mirror: only a server that says so gives no single objects",
                "            if _NO_SINGLE_OBJECTS.search(error.message):\n",
                "            if True:\n",
            ),
            (
                "mirror: packs are put together",
                "        if len(found) > _MANY_PACKS:\n",
                "        if False:\n",
            ),
            (
                "mirror: a transfer that fails leaves nothing",
                "            with mirror_files.as_it_was(self.directory):\n",
                "            if True:\n",
            ),
            (
                "mirror: the time is for all transfers",
                "                    patience=self._patience,\n",
                "                    patience=Patience(self._patience.silence, time.monotonic() + 7200),\n",
            ),
        ],
    ),
    *in_file(
        "channels/mirror.py",
        [_FAILURES],
        [
            (
                "mirror: a git that does not fetch without end",
                "    if (major, minor) < (2, 45) and (",
                "    if False and (",
            ),
        ],
    ),
    *in_file(
        "channels/mirror.py",
        [_DAMAGED],
        [
            (
                "mirror: locks of a killed git go",
                "        mirror_files.clear_away(directory)\n",
                "",
            ),
            (
                "mirror: one that was set aside is taken again",
                "        mirror_files.put_back(mirror_files.aside_of(directory), directory)\n",
                "        pass\n",
            ),
            (
                "mirror: one that fails anew is put back",
                "            mirror_files.put_back(aside, self.directory)\n",
                "",
            ),
        ],
    ),
    *in_file(
        "channels/mirror_files.py",
        [_SERVERS],
        [
            (
                "mirror: a remote of its own name",
                'REMOTE = "nixauth-channel"\n',
                'REMOTE = "origin"\n',
            ),
        ],
    ),
    *in_file(
        "channels/mirror_files.py",
        [_DAMAGED],
        [
            (
                "mirror: HEAD and config are what they were",
                "            if (directory / name).read_bytes() != content:\n",
                "            if False:\n",
            ),
            (
                "mirror: refs are ids",
                "(not ref.is_dir() and not _REF.fullmatch(ref.read_bytes()))",
                "False",
            ),
            (
                "mirror: a pack that is cut off",
                '                if begins != b"PACK" or packed.read() != indexed.read(_CHECKSUM):\n',
                "                if False:\n",
            ),
            (
                "mirror: a pack that is empty",
                "    return _broken_ref(directory) or _broken_pack(directory)\n",
                "    return _broken_ref(directory)\n",
            ),
            (
                "mirror: nothing of others",
                "        if os.path.lexists(directory / name):\n",
                "        if False:\n",
            ),
            (
                "mirror: directories are there",
                "        if not (directory / name).is_dir():\n",
                "        if False:\n",
            ),
            (
                "mirror: a pack that went bad",
                "                if file.read() != found.digest():\n                    return True\n",
                "",
            ),
        ],
    ),
    *in_file(
        "channels/mirror_files.py",
        [_FAILURES],
        [
            (
                "mirror: no objects beside packs",
                '    if {one.name for one in (directory / "objects").iterdir()} - {"info", "pack"}:\n',
                "    if False:\n",
            ),
        ],
    ),
]

_TRANSFERS = in_file(
    "git_transfer.py",
    [f"{_HERE}/test_transfer.py", _SERVERS],
    [
        (
            "transfer: there is an end of it",
            "        if now > self._patience.until:\n",
            "        if False:\n",
        ),
        (
            "transfer: silence is no answer",
            "        if now - heard > self._patience.silence:\n",
            "        if False:\n",
        ),
        (
            "transfer: not more than is asked for",
            "            if len(self.out) > _MOST:\n",
            "            if False:\n",
        ),
        (
            "transfer: a group of its own",
            "            start_new_session=True,\n",
            "",
        ),
        (
            "transfer: what does not end is killed",
            "            os.killpg(process.pid, signal.SIGKILL)\n",
            "            pass\n",
        ),
        (
            "transfer: its last words are heard",
            "                ready = pipes.select(_MOMENT if ended is None else 0)\n",
            "                ready = pipes.select(_MOMENT) if ended is None else []\n",
        ),
        (
            "transfer: what was given up ends",
            "            _end(process)\n            raise FetchError(f",
            "            process.kill()\n            raise FetchError(f",
        ),
        (
            "transfer: git ends with nixauth",
            "                if handler is signal.SIG_DFL or callable(handler):\n",
            "                if False:\n",
        ),
        (
            "transfer: nothing is fetched behind our back",
            '    "GIT_NO_LAZY_FETCH": "1",\n',
            "",
        ),
    ],
)

_ALONE = [
    *in_file(
        "channels/own_directory.py",
        [_FAILURES, _TWO],
        [
            (
                "alone: one at a time",
                '            stack.enter_context(locked(directory / "lock", WAIT, waits))\n',
                "            pass\n",
            ),
        ],
    ),
    *in_file(
        "channels/own_directory.py",
        [_TWO],
        [
            (
                "alone: nobody else writes there",
                "            require_own_directory(place)\n",
                "            pass\n",
            ),
            ("alone: nor above", "_OURS = 3\n", "_OURS = 2\n"),
            ("alone: nobody waits for ever", '"lock", WAIT, waits)', '"lock", 60, waits)'),
        ],
    ),
    *in_file(
        "durable.py",
        [_TWO],
        [
            (
                "lock: it is said that it is waited for",
                "            if waited > _MOMENT and waits is not None:\n",
                "            if False:\n",
            ),
        ],
    ),
    *in_file(
        "channels/trees.py",
        [_TWO],
        [
            (
                "trees: one that is used is kept",
                "if place.name not in names and not _is_used(place):",
                "if place.name not in names:",
            ),
            (
                "trees: whoever runs keeps it",
                "                os.set_inheritable(descriptor, True)  # noqa: FBT003 - its form\n",
                "",
            ),
            (
                "trees: forgotten by one at a time",
                "        with alone(self._channel):\n            self._forget_others(*kept)\n",
                "        self._forget_others(*kept)\n",
            ),
            (
                "trees: linked by one at a time",
                "        with alone(self._channel):\n            return self._link(pin, link)\n",
                "        return self._link(pin, link)\n",
            ),
            (
                "trees: packed by one at a time",
                "        with alone(self._channel):\n            self._tarball(pin, file, form)\n",
                "        self._tarball(pin, file, form)\n",
            ),
        ],
    ),
    *in_file(
        "cli/channel_update.py",
        [_TWO],
        [
            (
                "update: older trees go",
                "                trees.forget_others(outcome.pin, outcome.before)\n",
                "                pass\n",
            ),
        ],
    ),
]

_APPLIED = [
    *in_file(
        "cli/channel_update.py",
        [f"{_HERE}/test_steps_back.py"],
        [
            (
                "apply: the last pin and no other",
                "    if last is None or last.commit != pin.commit:\n",
                "    if False:\n",
            ),
        ],
    ),
    *in_file(
        "cli/channel_apply.py",
        [f"{_HERE}/test_steps_back.py"],
        [
            (
                "apply: a file that is ahead of the pin stays",
                "    return is_ahead(channel, ObjectId(bytes.fromhex(revision)), pin)\n",
                "    return False\n",
            ),
            (
                "apply: unless a step back is asked for",
                "    if downgrade or revision is None or",
                "    if revision is None or",
            ),
        ],
    ),
]

MUTANTS = [*_BROUGHT, *_MIRRORS, *_TRANSFERS, *_ALONE, *_APPLIED]
