"""Ways around a follower's hook, each of which is closed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hooks.world import PEOPLE, World, certificates

TRACKING = "refs/remotes/origin/main"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def take_over(world: World) -> bytes:
    evil = world.commit(world.c, signer=None)
    world.publish({"refs/heads/main": evil})
    return evil


def only(world: World, *programs: str) -> str:
    """Return a PATH that has these programs alone."""
    folder = world.folder / "path"
    folder.mkdir()
    for name in programs:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return str(folder)


# --- the script ---


def test_without_cat_nothing_passes(world: World) -> None:
    """`input=$(cat)` fails, the input is empty, and the script says 0: fail open.

    So it is on NixOS for a service or cron job with a bare PATH: /usr/bin and /bin are empty there.
    """
    clone = world.follow()
    take_over(world)
    world.try_git("fetch", at=clone, PATH=only(world, "git"))
    assert world.at(TRACKING, clone) == world.c


def test_without_tr_nothing_passes(world: World) -> None:
    """The same, where core.ignorecase is set (macOS)."""
    clone = world.follow()
    world.git("config", "core.ignorecase", "true", at=clone)
    take_over(world)
    world.try_git("fetch", at=clone, PATH=only(world, "git", "cat"))
    assert world.at(TRACKING, clone) == world.c


def test_without_cat_no_push_passes(world: World) -> None:
    """pre-receive and pre-push have the same line."""
    world.nixauth("trust", *world.introduction, "-C", world.server)
    world.nixauth("hook", "install", "--server", "--protect", "main", "-C", world.server)
    world.git("clone", "-q", world.url, "pusher")
    evil = world.commit(world.c, signer=None)
    world.write(world.folder / "pusher")
    path = only(world, "git")
    push = ("push", "origin", f"{evil.hex()}:refs/heads/main")
    world.try_git(*push, at=world.folder / "pusher", PATH=path)
    assert world.at("refs/heads/main", world.server) == world.c


def test_modules_of_the_work_tree_are_not_run(world: World) -> None:
    """PYTHONPATH=$PYTHONPATH:/x with nothing in it before has an empty entry: the current

    directory, in spite of -P; in a hook that is the work tree. `git switch` to what somebody else
    wrote, then `git fetch`: their code runs, and may say 0.
    """
    clone = world.follow()
    mark = world.folder / "mark"
    (clone / "typer.py").write_text(f"import os; os.mkdir({str(mark)!r}); raise SystemExit(0)\n")
    take_over(world)
    path = ":" + world.box.environment["PYTHONPATH"]
    world.try_git("fetch", at=clone, PYTHONPATH=path)
    assert not mark.exists()
    assert world.at(TRACKING, clone) == world.c


def test_names_that_differ_by_more_than_ascii_case_are_asked_about(world: World) -> None:
    """APFS folds U+017F to s: ma\u017fter overwrites master. The script

    folds ASCII alone and never starts nixauth, whose casefold() would notice.
    """
    world.publish({"refs/heads/master": world.c})
    clone = world.clone()
    world.nixauth("hook", "install", "master", "-C", clone)
    world.git("config", "core.ignorecase", "true", at=clone)
    world.publish({"refs/heads/ma\u017fter": world.commit(world.c, signer=None)})
    assert world.try_git("fetch", at=clone).code != 0


def test_a_python_without_nixauth_has_a_hint(world: World) -> None:
    """After an upgrade of the interpreter all is refused with `No module named nixauth`."""
    clone = world.follow()
    hook = clone / ".git" / "hooks" / "reference-transaction"
    text = hook.read_text()
    start = text.index("[ -x ") + len("[ -x ")
    program = text[start : text.index(" ]", start)]
    hook.write_text(text.replace(program, os.path.realpath(program)))
    world.publish({"refs/heads/main": world.commit(world.c)})
    done = world.try_git("fetch", at=clone, PYTHONPATH="")
    assert done.code != 0
    assert "nixauth hook install" in done.err


# --- which refs ---


def test_a_symbolic_ref_is_not_followed_by_its_name_alone(world: World) -> None:
    """main -> trunk: what moves trunk moves main. (git 2.46+, by its source: an update of

    main itself is reported as one of trunk alone.)
    """
    clone = world.clone()
    world.git("branch", "-m", "main", "trunk", at=clone)
    world.git("symbolic-ref", "refs/heads/main", "refs/heads/trunk", at=clone)
    installed = world.box.process("hook", "install", "-C", clone)
    evil = world.commit(world.c, signer=None)
    world.publish({"refs/heads/evil": evil})
    world.git("fetch", "-q", at=clone)
    world.try_git("reset", "-q", "--hard", "origin/evil", at=clone)
    assert installed.code != 0 or world.at("refs/heads/main", clone) == world.c


def test_a_tag_does_not_take_the_place_of_the_followed_name(world: World) -> None:
    """`origin/main` is refs/tags/origin/main first: `reset --hard origin/main` goes there."""
    clone = world.follow("clone", "--remote-only")
    evil = world.commit(world.c, signer=None)
    world.publish({"refs/tags/origin/main": evil, "refs/heads/other": evil})
    world.try_git("fetch", at=clone)
    assert world.at("origin/main", clone) == world.c


def test_a_branch_does_not_take_the_place_of_the_followed_name(world: World) -> None:
    """With fetch.prune: main goes, main/HEAD comes, and `origin/main` is that, no warning."""
    clone = world.follow("clone", "--remote-only")
    world.git("config", "fetch.prune", "true", at=clone)
    evil = world.commit(world.c, signer=None)
    world.publish({"refs/heads/main": None})
    world.publish({"refs/heads/main/HEAD": evil})
    world.try_git("fetch", at=clone)
    assert world.at("origin/main", clone) != evil


def test_a_mirror_takes_no_replacements(world: World) -> None:
    """+refs/*:refs/* brings refs/replace: main stays, and all that reads it sees evil."""
    world.git("clone", "-q", "--mirror", world.url, "mirror.git")
    mirror = world.folder / "mirror.git"
    world.nixauth("trust", *world.introduction, "-C", mirror)
    world.nixauth("hook", "install", "--follower", "-C", mirror)
    evil = world.commit(world.c, signer=None)
    world.publish({f"refs/replace/{world.c.hex()}": evil})
    world.try_git("remote", "update", at=mirror)
    plain = world.git("--no-replace-objects", "show", "main:pkgs/a.nix", at=mirror)
    assert world.git("show", "main:pkgs/a.nix", at=mirror) == plain


# --- a step forward ---


def test_fewer_keys_make_no_pass(world: World) -> None:
    """`leads` takes refused-for-want-of-a-key for "not ahead" and goes back to an old floor.

    The server takes bob's key out of the keyring; then main may leave what origin had.
    """
    clone = world.follow()
    ahead = world.commit(world.c)
    own, beside = world.commit(ahead, signer="bob"), world.commit(world.c)
    world.publish({"refs/heads/main": ahead})
    world.write(clone)
    world.git("fetch", "-q", at=clone)
    world.git("reset", "-q", "--hard", own.hex(), at=clone)
    back = ("reset", "-q", "--hard", beside.hex())
    assert world.try_git(*back, at=clone).code != 0
    world.publish({"refs/heads/keyring": world.maker.keyring(certificates("alice"))})
    world.git("fetch", "-q", at=clone)
    world.try_git(*back, at=clone)
    assert world.at("refs/heads/main", clone) == own


def test_a_key_that_upstream_removed_does_not_move_a_diverged_branch(world: World) -> None:
    """origin/main, accepted here, removed carol; main has a commit of its own.

    Then main may go to whatever carol signed beside it: neither forward from main nor from origin.
    """
    clone = world.clone()
    world.publish({"refs/heads/main": world.a})
    world.git("fetch", "-q", at=clone)
    world.git("reset", "-q", "--hard", world.a.hex(), at=clone)
    world.nixauth("hook", "install", "-C", clone)
    own = world.commit(world.a, people=PEOPLE)
    removed = world.commit(world.a, signer="carol", people=PEOPLE)
    world.write(clone)
    world.git("reset", "-q", "--hard", own.hex(), at=clone)
    world.publish({"refs/heads/main": world.c})
    world.git("fetch", "-q", at=clone)
    world.try_git("reset", "-q", "--hard", removed.hex(), at=clone)
    assert world.at("refs/heads/main", clone) == own


def test_where_the_ref_is_counts_when_the_record_is_gone(world: World) -> None:
    """accepted.json lost, or followed by `git config` alone: a step back from the ref's own

    value passes. Step 5 names "a hook's old value of a ref"; it is never asked about.
    """
    clone = world.follow()
    (clone / ".git" / "nixauth" / "accepted.json").unlink()
    world.publish({"refs/heads/main": world.b})
    world.try_git("fetch", at=clone)
    assert world.at(TRACKING, clone) == world.c


def test_where_the_ref_is_counts_when_it_went_around_the_hook(world: World) -> None:
    """Fetched once as the hint says (core.hooksPath=/dev/null), to what is authentic: the

    record stays behind, and the next fetch may go back and beside.
    """
    clone = world.follow()
    d, e = world.commit(world.c, people=("alice",)), world.commit(world.c, signer="bob")
    world.publish({"refs/heads/main": d})
    world.git("-c", "core.hooksPath=/dev/null", "fetch", "-q", at=clone)
    world.publish({"refs/heads/main": e})
    world.try_git("fetch", at=clone)
    assert world.at(TRACKING, clone) == d


def test_a_branch_on_top_of_two_remotes_may_not_leave_the_further_one(world: World) -> None:
    """`next(... if leads(one, own))` takes the first remote that is behind, not each."""
    clone = world.follow()
    ahead = world.commit(world.c)
    own, beside = world.commit(ahead), world.commit(world.c)
    world.write(clone)
    fork = world.maker.write(world.folder / "fork.git", {"refs/heads/main": ahead})
    world.git("remote", "add", "fork", fork, at=clone)
    world.git("config", "--add", "nixauth-hook.follow", "refs/remotes/fork/main", at=clone)
    world.git("fetch", "-q", "fork", at=clone)
    world.git("reset", "-q", "--hard", own.hex(), at=clone)
    world.try_git("reset", "-q", "--hard", beside.hex(), at=clone)
    assert world.at("refs/heads/main", clone) == own


def test_own_commits_may_go_but_not_what_they_were_made_on(world: World) -> None:
    """With a commit of its own on top of what upstream has, main goes back to that, no further."""
    clone = world.follow()
    ahead = world.commit(world.c)
    own = world.commit(ahead)
    world.publish({"refs/heads/main": ahead})
    world.write(clone)
    world.git("fetch", "-q", at=clone)
    world.git("reset", "-q", "--hard", own.hex(), at=clone)
    assert world.try_git("reset", "-q", "--hard", world.c.hex(), at=clone).code != 0
    assert world.at("refs/heads/main", clone) == own
    world.git("reset", "-q", "--hard", ahead.hex(), at=clone)


def test_a_commit_that_was_pruned_can_be_got_over(world: World) -> None:
    """A branch with an own commit is deleted, gc prunes the commit: the branch can never be

    made again, and neither the hint (fetch --refetch) nor going around the hook helps.
    """
    clone = world.follow()
    own = world.commit(world.c)
    world.write(clone)
    world.git("reset", "-q", "--hard", own.hex(), at=clone)
    world.git("switch", "-q", "--detach", "origin/main", at=clone)
    world.git("branch", "-D", "main", at=clone)
    world.git("reflog", "expire", "--expire=now", "--all", at=clone)
    world.git("gc", "-q", "--prune=now", at=clone)
    done = world.try_git("branch", "main", "origin/main", at=clone)
    assert done.code == 0 or "hook accept --allow-downgrade" in done.err


def test_an_aborted_transaction_is_remembered_and_can_be_got_over(world: World) -> None:
    """What was accepted is recorded before git moves the ref, and stays when it does not."""
    clone = world.follow()
    d, e = world.commit(world.c), world.commit(world.c, signer="bob")
    world.write(clone)
    subprocess.run(
        ["git", "update-ref", "--stdin"],
        input=f"start\nupdate {TRACKING} {d.hex()}\nprepare\nabort\n".encode(),
        env=world.box.environment,
        cwd=clone,
        check=True,
        capture_output=True,
    )
    world.publish({"refs/heads/main": e})
    done = world.try_git("fetch", at=clone)
    assert done.code != 0
    assert f"nixauth hook accept --allow-downgrade {TRACKING} {e.hex()}" in done.err
    world.nixauth("hook", "accept", "--allow-downgrade", TRACKING, e.hex(), "-C", clone)
    world.git("fetch", at=clone)
    assert world.at(TRACKING, clone) == e


# --- good things that are stopped, and what is said ---


def test_a_new_key_arrives_before_the_branch_that_needs_it(world: World) -> None:
    """git moves `develop` before `keyring`, each on its own, and dies at the first refusal:

    the new key does not arrive by `git fetch` or `git pull`, however often.
    """
    old = world.maker.keyring(certificates(*PEOPLE))
    world.publish({"refs/heads/develop": world.c, "refs/heads/keyring": old})
    clone = world.clone()
    world.nixauth("hook", "install", "develop", "-C", clone)
    people = ("alice", "bob", "mallory")
    new = world.commit(world.commit(world.c, people=people), signer="mallory", people=people)
    world.publish({"refs/heads/develop": new, "refs/heads/keyring": world.keys})
    done = world.try_git("fetch", at=clone)
    hint = "git fetch origin +refs/heads/keyring:refs/remotes/origin/keyring"
    assert hint in done.err
    world.git(*hint.split()[1:], at=clone)
    assert world.try_git("fetch", at=clone).code == 0


def test_a_refused_merge_says_that_the_files_are_there(world: World) -> None:
    """A fast-forward writes the work tree and the index before it moves the branch."""
    clone = world.follow()
    world.publish({"refs/heads/evil": world.commit(world.c, signer=None)})
    world.git("fetch", "-q", at=clone)
    done = world.try_git("merge", "--ff-only", "origin/evil", at=clone)
    assert done.code != 0
    assert world.git("status", "--porcelain", at=clone) == "" or "work tree" in done.err
