"""What is examined ahead of its turn, by whom, and what is said of many commits at once."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, in_file

_PROCESSES = "tests/unit/test_processes.py"
_SHAPES = "tests/unit/test_pathological_shapes.py"
_LARGE = "tests/unit/test_large_histories.py"
_KINDS = "tests/unit/test_kinds_of_commit.py"
_ORACLE = "tests/property/test_oracle.py"

_JUDGING = in_file(
    "judging.py",
    [_KINDS, SCENARIOS, _PROCESSES, _ORACLE],
    [
        (
            "ahead: a kind of commit has one signer and outcome",
            "        known = self._same.get(kind)\n",
            "        known = next((f for k, f in self._same.items() if k[1:] == kind[1:]), None)\n",
        ),
        (
            "ahead: a kind of commit has one file",
            "        known = self._same.get(kind)\n",
            "        kinds = {(k[0], *k[2:]): f for k, f in self._same.items()}\n"
            "        known = kinds.get((kind[0], *kind[2:]))\n",
        ),
        (
            "ahead: a kind of commit has the same files of its parents",
            "        known = self._same.get(kind)\n",
            "        known = next((f for k, f in self._same.items() if k[:2] == kind[:2]), None)\n",
        ),
        (
            "ahead: the mathematics that was not done is done",
            "        if outcome is None:\n            claim = self._read(commit, node)\n",
            "        if outcome is None:\n            return True\n"
            "        if outcome is None:\n            claim = self._read(commit, node)\n",
        ),
    ],
)

_EXAMINATION = in_file(
    "examination.py",
    [_KINDS, SCENARIOS, _SHAPES, _PROCESSES],
    [
        (
            "ahead: a testimony is shared for one outcome only",
            "        kept = self._testimonies.get((signer.key, outcome))\n",
            "        kept = self._testimonies.get((signer.key, True), None)\n",
        ),
        (
            "ahead: keys that nobody lists cost no mathematics",
            "                if lists(signer.key) or any(map(lists, signer.primaries))\n",
            "",
        ),
        (
            "ahead: SHA-1 that may count waits for its parents",
            "        if self._sha1_may_count and _is_weak(evidence):\n",
            "        if False:\n",
        ),
    ],
)

# What a process did not answer, or not in time, the judge examines itself: no mutant shows that it
# is asked for again here, and waited for. It takes less time.
_AHEAD = in_file(
    "ahead.py",
    [_PROCESSES, _SHAPES, SCENARIOS],
    [
        (
            "historical: which commits have a file is noted",
            "            node.own = self._own_file(file)\n",
            "            node.own = None\n",
        ),
        (
            "ahead: large commits travel few at a time",
            "            if len(self._offered) >= _BATCH or self._offered_bytes >= _BATCH_BYTES:\n",
            "            if len(self._offered) >= _BATCH:\n",
        ),
        (
            "ahead: few commits start no process",
            "        elif len(self._offered) >= _WORTH or self._offered_bytes >= _WORTH_BYTES:\n",
            "        else:\n",
        ),
        (
            "ahead: another engine has processes of its own",
            "        if self._jobs < 2:\n            return False\n",
            "        if self._jobs < 1:\n            return False\n",
        ),
    ],
)

_DISCOVER = in_file(
    "discover.py",
    [_SHAPES, _LARGE, "tests/unit/test_progress.py", SCENARIOS],
    [
        (
            "ahead: a kept content gives its room back",
            "        self._room += len(kept) if kept is not None else 0\n",
            "",
        ),
        (
            "progress: an estimate is no less than what was found",
            "        return max(found, found * whole // walked)\n",
            "        return found * whole // walked\n",
        ),
        (
            "progress: dates that run backwards estimate nothing",
            "        if not 0 < whole <= walked * _SOON:\n",
            "        if walked == 0:\n",
        ),
    ],
)

_PIPES = in_file(
    "processes.py",
    [_PROCESSES],
    [
        (
            "processes: the end of whoever asks is seen",
            "        for other in inherited:",
            "        for other in ():",
        ),
        (
            "processes: a worker that is gone is noticed",
            "            except (OSError, EOFError) as error:\n",
            "            except ZeroDivisionError as error:\n",
        ),
        (
            "processes: nothing is forked beside threads",
            " and threading.active_count() == 1\n",
            "\n",
        ),
    ],
)

_SIGNATURE = in_file(
    "signatures/openpgp/signature.py",
    ["tests/unit/signatures/openpgp/test_openpgp_signature.py"],
    [
        (
            "3.2 of two creation times the later one counts",
            '    created = int.from_bytes(dated[2], "big") if found.created is None else'
            " found.created\n",
            '    created = int.from_bytes(dated[2], "big")\n',
        ),
    ],
)

MUTANTS = [*_JUDGING, *_EXAMINATION, *_AHEAD, *_DISCOVER, *_PIPES, *_SIGNATURE]
