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

_REMEMBERED = in_file(
    "judging.py",
    ["tests/unit/test_findings_rest_on_keys.py", _KINDS],
    [
        (
            "ahead: a kind is made by a signature that was verified",
            "        if node.finding is None and own_file and _is_settled(node.evidence):\n",
            "        if node.finding is None and own_file:\n",
        ),
        (
            "ahead: what stands for a kind is kept, or something else gets its name",
            "            self._same[kind] = finding, kept\n",
            "            self._same[kind] = finding, ()\n",
        ),
        (
            "ahead: a finding with a line is kept with the one it was made of",
            "            known = self._with_line[id(finding)] = finding, replace(finding, line=True)\n",
            "            known = self._with_line[id(finding)] = finding, replace(finding, line=True)\n"
            "            self._with_line[id(finding)] = known[1], known[1]\n",
        ),
    ],
)

_EXAMINATION = in_file(
    "examination.py",
    [_KINDS, SCENARIOS, _SHAPES, _PROCESSES],
    [
        (
            "ahead: a testimony is shared for one outcome only",
            "        kept = self._testimonies.get((signer.key, outcome, kind))\n",
            "        kept = self._testimonies.get((signer.key, True, kind), None)\n",
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

_TESTIMONY = in_file(
    "examination.py",
    ["tests/unit/test_examination.py"],
    [
        (
            "ahead: several keys share no testimony",
            "        if len(of.signers) != 1:\n",
            "        if len(of.signers) == 0:\n",
        ),
        (
            "ahead: what an engine cannot say of one commit is said of no other",
            "        if isinstance(outcome, UndecidedError):\n"
            "            return Testimony(of.signers, dict(of.outcomes), kind)\n",
            "        if isinstance(outcome, UndecidedError):\n            outcome = True\n",
        ),
    ],
)

_UNSURE = [
    *in_file(
        "judging.py",
        ["tests/unit/test_examination.py"],
        [
            (
                "ahead: what an engine could not say ahead of the turn is no yes",
                "        if isinstance(outcome, UndecidedError):\n            raise outcome\n",
                "",
            ),
        ],
    ),
    *in_file(
        "evidence.py",
        ["tests/unit/test_examination.py"],
        [
            (
                "ahead: what an engine cannot say is no yes",
                "        if isinstance(known, UndecidedError):\n            raise known\n",
                "",
            ),
        ],
    ),
]

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
            "ahead: a file that could not be read is not taken as absent",
            "        except UndecidedError:\n            return UNSEEN\n",
            "        except UndecidedError:\n            return None\n",
        ),
        (
            "ahead: a file that cannot be read is met by the judge, in its turn",
            "        except UndecidedError:\n            return UNSEEN\n",
            "        except ZeroDivisionError:\n            return UNSEEN\n",
        ),
        (
            "ahead: a file that cannot be read keeps no other from being examined",
            "            with contextlib.suppress(UndecidedError):  # the judge will come across it\n",
            "            with contextlib.suppress(ZeroDivisionError):\n",
        ),
        (
            "ahead: a lost process leaves one, with a warning",
            '        self._problems.append(f"signatures are checked in one process: {error}")\n',
            "",
        ),
        (
            "ahead: a process that is lost when it is asked",
            "        except LostError as error:\n            self._fall_back(error)\n"
            "        return {self._tickets}\n",
            "        except ZeroDivisionError as error:\n            self._fall_back(error)\n"
            "        return {self._tickets}\n",
        ),
        (
            "ahead: a process that is lost when it is to answer",
            "        except LostError as error:\n            self._fall_back(error)\n"
            "            return\n        for ticket",
            "        except ZeroDivisionError as error:\n            self._fall_back(error)\n"
            "            return\n        for ticket",
        ),
        (
            "ahead: a process that cannot be started",
            "        except LostError as error:\n            self._fall_back(error)\n        else:\n",
            "        except ZeroDivisionError as error:\n            self._fall_back(error)\n"
            "        else:\n",
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

_ORDER = in_file(
    "discover.py",
    ["tests/unit/test_discover.py"],
    [
        (
            "walk: each commit after all of its parents",
            "                if len(stack) > size:\n",
            "                if len(stack) - size == len(node.parents) > 0:\n",
        ),
        (
            "walk: each commit once",
            "            if node.visit == visit:\n                stack.pop()\n                continue\n",
            "",
        ),
        (
            "walk: ancestors of the introduction are not judged",
            " and known.visit != visit and not known.ancestor:\n",
            " and known.visit != visit:\n",
        ),
        (
            "walk: what was kept is the commit's own",
            "        kept = self._contents.pop(commit, None)\n",
            "        kept = self._contents.pop(next(iter(self._contents), commit), None)\n",
        ),
        (
            "walk: what was kept is given once",
            "        kept = self._contents.pop(commit, None)\n",
            "        kept = self._contents.get(commit)\n",
        ),
        (
            "walk: what was not kept is read once more",
            "        return self.kept(commit) or self._objects.commit(commit)\n",
            "        return self.kept(commit) or b''\n",
        ),
        (
            "walk: no more is kept than there is room for",
            "        if self._room >= len(content):\n",
            "        if True:\n",
        ),
        (
            "walk: ancestors are not kept",
            "            self.kept(commit)\n            if node.expanded",
            "            if node.expanded",
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
            "processes: one that cannot be asked is lost",
            "        except (OSError, ValueError) as error:\n",
            "        except ZeroDivisionError as error:\n",
        ),
        (
            "processes: where none can be started, that is said",
            "        except _UNFIT as error:\n            self.close()\n",
            "        except ZeroDivisionError as error:\n            self.close()\n",
        ),
        (
            "processes: what cannot be sent is done here",
            "            except PicklingError as error:\n                raise TypeError(str(error)) from error\n",
            "            except ZeroDivisionError as error:\n                raise TypeError from error\n",
        ),
        (
            "processes: an answer is for the oldest question",
            "            found.append((self._waiting[worker].pop(0), answer))\n",
            "            found.append((self._waiting[worker].pop(), answer))\n",
        ),
        (
            "processes: they end with whoever asks",
            "            process.kill()\n",
            "            pass\n",
        ),
        (
            "processes: an interrupt is for the one that asks",
            "        signal.signal(signal.SIGINT, signal.SIG_IGN)\n",
            "",
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

MUTANTS = [
    *_JUDGING,
    *_REMEMBERED,
    *_EXAMINATION,
    *_TESTIMONY,
    *_UNSURE,
    *_AHEAD,
    *_DISCOVER,
    *_ORDER,
    *_PIPES,
    *_SIGNATURE,
]
