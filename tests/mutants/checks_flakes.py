"""docs/flakes.md: what is checked of a flake's lock, and before a new one is written."""

from __future__ import annotations

from tests.mutants.table import in_file

_CHECK = "tests/flakes/test_check.py"
_UPDATE = "tests/flakes/test_update.py"
_ATTACKS = "tests/flakes/test_lock_attacks.py"

_FLAKES = in_file(
    "channels/flakes.py",
    [_CHECK, _ATTACKS],
    [
        (
            "flakes: an input that is not understood",
            "    if one.problems:\n",
            "    if False:\n",
        ),
        (
            "flakes: an input with submodules",
            "    if one.submodules:\n",
            "    if False:\n",
        ),
        ("flakes: an input with LFS files", "    if one.lfs:\n", "    if False:\n"),
        (
            "flakes: a revision that is no SHA-1",
            "    return len(rev) == 40\n",
            "    return True\n",
        ),
        (
            "flakes: an open-ended input is not moved",
            "    if open_ended:\n        raise refused",
            "    if False:\n        raise refused",
        ),
        (
            "flakes: an input of another branch is not moved",
            "        if branch != channel.branch:\n",
            "        if False:\n",
        ),
        (
            "flakes: a commit that is refused",
            "    if outcome.pin is None:\n        return Finding(one, Standing.REFUSED",
            "    if False:\n        return Finding(one, Standing.REFUSED",
        ),
        (
            "flakes: a report that is undecided",
            "    if undecided is not None and outcome.obstacle is None:\n",
            "    if False:\n",
        ),
        (
            "flakes: a channel that is undecided",
            "    except UndecidedError as error:\n",
            "    except ZeroDivisionError as error:\n",
        ),
        (
            "flakes: no narHash",
            "    if pin is None or one.nar_hash is None:\n        detail",
            "    if pin is None:\n        detail",
        ),
        (
            "flakes: the hash of the tree",
            "    if _same(one.nar_hash, pin.nar_hash) or _same(one.nar_hash, pin.archived_hash):\n",
            "    if True:\n",
        ),
        (
            "flakes: the hash of the archive",
            " or _same(one.nar_hash, pin.archived_hash):\n",
            ":\n",
        ),
        (
            "flakes: the hash as git has it",
            "    if _same(one.nar_hash, pin.nar_hash) or ",
            "    if ",
        ),
        (
            "flakes: a hash without padding",
            'written in {computed, computed.removesuffix("=")}',
            "written == computed",
        ),
        (
            "flakes: a type that may be git",
            'strange = one.type.is_git or any(problem.path[-1:] == ("type",) for problem in one.problems)',
            "strange = one.type.is_git",
        ),
        (
            "flakes: a git URL that is not understood",
            'strange = one.type.is_git or any(problem.path[-1:] == ("type",) for problem in one.problems)',
            'strange = any(problem.path[-1:] == ("type",) for problem in one.problems)',
        ),
        (
            "flakes: the repository has to be the channel's",
            "            if normalized(channel.url) == url:\n",
            "            if True:\n",
        ),
        (
            "flakes: the branch says which channel",
            "    if len(named) == 1:\n",
            "    if False:\n",
        ),
        (
            "flakes: several channels are ambiguous",
            "    if len(same) == 1 and (ref is None or not named):\n",
            "    if ref is None or not named:\n",
        ),
        (
            "flakes: two channels on one branch",
            "    if len(named) == 1:\n",
            "    if named:\n",
        ),
        (
            "flakes: refs/heads/ is no part of a branch's name",
            '            yield ref.removeprefix("refs/heads/")\n',
            "            yield ref\n",
        ),
        ("flakes: HEAD names no branch", ' and ref != "HEAD":\n', ":\n"),
        (
            "flakes: --require-all",
            "            return require_all\n",
            "            return False\n",
        ),
        (
            "flakes: no channel is no refusal",
            "            return require_all\n",
            "            return True\n",
        ),
        (
            "flakes: undecided is no refusal",
            " and self.standing is not Standing.UNDECIDED\n",
            "\n",
        ),
    ],
)

_RELOCK = in_file(
    "channels/relock.py",
    [_UPDATE, _ATTACKS],
    [
        (
            "relock: nothing new has the hash as well",
            "    return one.rev == pin.commit.hex() and one.nar_hash in hashes\n",
            "    return one.rev == pin.commit.hex()\n",
        ),
        (
            "relock: below an overridden input, its own lock",
            "            del own[one.own[0]]\n",
            "            pass\n",
        ),
        (
            "relock: a Nix that does not say its version",
            "    except NixError:\n",
            "    except ZeroDivisionError:\n",
        ),
        (
            "relock: what is not changed in place is not changed by Nix",
            "    in_place(content, pins, reads_objects=nix_reads_objects())\n    lock",
            "    lock",
        ),
        (
            "relock: the way on which nothing is followed",
            '            copy, [("/".join(one.own), _url(one, pins[node])) for node, one in inputs.items()]\n',
            '            copy, [("/".join(one.paths[0]), _url(one, pins[node])) for node, one in inputs.items()]\n',
        ),
        (
            "relock: the override is not what flake.nix asks for",
            "    return json_text.edit(made, edits)\n",
            "    return made\n",
        ),
        (
            "relock: what Nix made is compared",
            "    _refuse_other(lock, flake_lock.read(made), moved)\n",
            "    pass\n",
        ),
        (
            "relock: URLs have escapes",
            '    return urlencode(asked, quote_via=quote, safe="/")\n',
            '    return "&".join(f"{name}={value}" for name, value in asked.items())\n',
        ),
        (
            "relock: each way to an input that moved",
            "                _refuse_elsewhere(one, way, now, moved[one.own])\n",
            "                pass\n",
        ),
        (
            "relock: inputs that were not to move",
            "            elif now is None or (now.locked, now.flake) != (one.locked, one.flake):\n",
            "            elif False:\n",
        ),
        (
            "relock: new inputs of flake.nix",
            "        if one.own not in known and not _below(one.own, moved):\n",
            "        if False:\n",
        ),
        (
            "relock: inputs below one that moved may move",
            "    return any(len(way) > len(top) and way[: len(top)] == top for top in moved)\n",
            "    return False\n",
        ),
        (
            "relock: the commit of the pin",
            "now.problems or now.rev != pin.commit.hex():\n",
            "now.problems:\n",
        ),
        (
            "relock: problems of what Nix made",
            "    if now is None or now.problems or ",
            "    if now is None or ",
        ),
        (
            "relock: the hash of the pin",
            "    if now.nar_hash not in {pin.nar_hash, pin.archived_hash}:\n",
            "    if False:\n",
        ),
        (
            "relock: the manner of an input",
            "    if _manner(now) != _manner(one):\n",
            "    if False:\n",
        ),
        (
            "relock: the repository of the pin",
            "    if now.url is None or normalized(now.url) != normalized(pin.url):\n",
            "    if False:\n",
        ),
        (
            "relock: flake.nix is not there",
            "        except OSError as error:\n            raise UsageError(",
            "        except ZeroDivisionError as error:\n            raise UsageError(",
        ),
    ],
)

_WORK = in_file(
    "cli/flake_work.py",
    [_CHECK, _UPDATE, _ATTACKS],
    [
        (
            "flake: a refusal is exit code 1",
            "        return common.REFUSED\n",
            "        return common.AUTHENTIC\n",
        ),
        (
            "flake: undecided is exit code 3",
            "        return common.UNDECIDED\n",
            "        return common.AUTHENTIC\n",
        ),
        (
            "flake: a channel that is refused ends the update",
            "        if outcome.pin is None:\n            common.note",
            "        if False:\n            common.note",
        ),
        (
            "flake: the new lock is checked",
            "    if code != common.AUTHENTIC:\n",
            "    if False:\n",
        ),
        (
            "flake: a lock that somebody else changed",
            "    if now != before:\n",
            "    if False:\n",
        ),
        (
            "flake: an input that is not there",
            "        if found is None:\n            raise UsageError",
            "        if False:\n            raise UsageError",
        ),
        (
            "flake: what cannot be moved",
            "            flakes.refuse_unmovable(one, channel)\n",
            "",
        ),
        (
            "flake: what is not understood, or ambiguous",
            "        elif channel.standing is not Standing.UNAUTHENTICATED:\n",
            "        elif False:\n",
        ),
        (
            "flake: a named input without a channel",
            "        elif nodes:\n",
            "        elif False:\n",
        ),
        ("flake: no channel at all", "    if not wanted:\n", "    if False:\n"),
        (
            "flake: what is ahead stays",
            "        and not _is_ahead(lock.inputs[node], wanted[node], pin)\n",
            "",
        ),
        (
            "flake: what is ahead has to be authentic",
            "    if found.standing is not Standing.AUTHENTIC and not left:\n",
            "    if False:\n",
        ),
        (
            "flake: what left the branch stays, and is refused",
            "    if found.standing is not Standing.AUTHENTIC and not left:\n",
            "    if found.standing is not Standing.AUTHENTIC:\n",
        ),
        (
            "flake: --in-place",
            "    if nix_program.is_there() and not in_place:\n",
            "    if nix_program.is_there():\n",
        ),
        (
            "flake: without Nix",
            "    if nix_program.is_there() and not in_place:\n",
            "    if not in_place:\n",
        ),
    ],
)

_NIX = in_file(
    "nix_program.py",
    [_UPDATE, _ATTACKS],
    [
        ("nix: it failed", "    if done.returncode:\n", "    if False:\n"),
        (
            "nix: it cannot be run",
            "    except OSError as error:\n",
            "    except ZeroDivisionError as error:\n",
        ),
    ],
)

_REPORT = in_file(
    "reports/flakes.py",
    [_CHECK, _ATTACKS],
    [
        (
            "flakes: an obstacle is the reason",
            "    if outcome.obstacle is not None:\n        return outcome.obstacle.value\n",
            "",
        ),
    ],
)

MUTANTS = [*_FLAKES, *_RELOCK, *_WORK, *_NIX, *_REPORT]
