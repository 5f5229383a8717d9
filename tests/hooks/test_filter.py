"""Python is started where a followed ref moves, and nowhere else."""

from __future__ import annotations

import pytest

from nixauth.hooks.scripts import Hook, script
from tests.hooks.world import MAIN, TRACKING, UNCHECKED, World


@pytest.fixture
def watched(world: World) -> World:
    """A world whose clone's hooks tell of each start."""
    world.with_program(world.recorder())
    return world


def test_a_rebase_of_20_commits_on_a_branch_that_is_not_followed(watched: World) -> None:
    world = watched
    world.git("switch", "-q", "-c", "topic", at=world.place)
    for number in range(20):
        world.own_commit(f"file-{number}")
    world.git("switch", "-q", "-c", "base", "main", at=world.place)
    world.own_commit("base")
    world.git("switch", "-q", "topic", at=world.place)
    world.git("rebase", "-q", "base", at=world.place)
    assert world.at("topic~20") == world.at("base")
    assert world.starts() == []


def test_what_else_starts_nothing(watched: World) -> None:
    world = watched
    world.git("tag", "v1", at=world.place)
    world.git("tag", "main2", at=world.place)
    world.git("branch", "topic", at=world.place)
    world.git("branch", "-m", "topic", "renamed", at=world.place)
    world.git("branch", "-D", "renamed", at=world.place)
    world.git("tag", "-d", "v1", "main2", at=world.place)
    world.git("stash", at=world.place)
    world.publish({"refs/heads/topic": world.c, "refs/tags/v2": world.c})
    world.git("fetch", "-q", at=world.place)
    world.git("fetch", "-q", "origin", "topic", at=world.place)
    world.git("switch", "-q", "-c", "other", at=world.place)
    world.git("switch", "-q", "--detach", at=world.place)
    world.git("commit", "-q", "--allow-empty", "-m", "on no branch", at=world.place)
    assert world.starts() == []


def test_a_followed_ref_starts_it_once(watched: World) -> None:
    world = watched
    world.publish({MAIN: world.commit(world.c), "refs/heads/topic": world.c})
    world.git("fetch", "-q", at=world.place)
    (start,) = world.starts()
    assert start == f"hook run reference-transaction --git-dir {world.place}/.git"
    world.git("merge", "-q", "--ff-only", "origin/main", at=world.place)
    assert len(world.starts()) == 1


NOT_FOLLOWED = [
    "refs/heads/main2",
    "refs/heads/main/x",
    "refs/heads/amain",
    "refs/heads/mai",
    "refs/heads/x/refs/heads/main",
    "refs/heads/x/refs/remotes/origin/main",
    "refs/remotes/origin/main2",
    "refs/remotes/other/main",
    "refs/heads/MAIN",
    "refs/tags/amain",
    "refs/heads/origin/main2",
    "refs/notes/main",
]


def test_names_like_a_followed_one(watched: World) -> None:
    world = watched
    world.git("switch", "-q", "-c", "aside", at=world.place)
    for name in NOT_FOLLOWED:
        if name.startswith(f"{MAIN}/"):
            continue  # beside main there is no such ref
        world.git("update-ref", name, world.c.hex(), at=world.place)
        world.git("update-ref", "-d", name, at=world.place)
        assert world.starts() == [], name


ODD = ["a*", "a?b", "[ab]", "a\\b", "$(x)", "`x`", "'", '"', "a;b", "#", "%s", "ü", "-n"]


@pytest.mark.parametrize("name", [one for one in ODD if not set(one) & set("*?[\\")])
def test_a_followed_ref_of_an_odd_name(watched: World, name: str) -> None:
    world = watched
    ref = f"refs/heads/x{name}"
    world.git("config", "--add", "nixauth-hook.follow", ref, at=world.place)
    world.git("update-ref", "refs/heads/other", world.c.hex(), at=world.place)
    assert world.starts() == []
    world.git("update-ref", ref, world.c.hex(), at=world.place)
    assert len(world.starts()) == 1
    world.write(world.place)
    evil = world.commit(world.c, signer=None)
    world.write(world.place)
    world.refused("unsigned", "update-ref", ref, evil.hex())


@pytest.mark.parametrize("name", ["a*", "a?b", "[ab]", "a\\b", "*"])
def test_patterns_in_the_settings_are_no_patterns(watched: World, name: str) -> None:
    """git has no such refs. What looks like a pattern matches nothing but itself."""
    world = watched
    world.git("config", "nixauth-hook.follow", f"refs/heads/{name}", "refs/heads", at=world.place)
    for ref in ("refs/heads/aab", "refs/heads/a", "refs/heads/ab"):
        world.git("update-ref", ref, world.c.hex(), at=world.place)
        world.git("update-ref", "-d", ref, at=world.place)
    assert world.starts() == []


@pytest.mark.parametrize("value", ["true", "yes", "1", "on", "TRUE"])
def test_where_names_differ_by_more_than_case(watched: World, value: str) -> None:
    """On such a file system refs/heads/MAIN is the file of refs/heads/main."""
    world = watched
    world.git("config", "core.ignoreCase", value, at=world.place)
    world.write(world.place)
    evil = world.commit(world.c, signer=None)
    world.write(world.place)
    world.refused("unsigned", "update-ref", "refs/heads/MAIN", evil.hex())
    assert len(world.starts()) == 1
    world.git("update-ref", "refs/heads/MAIN2", evil.hex(), at=world.place)
    assert world.starts() == []


def test_a_file_system_that_tells_them_apart(watched: World) -> None:
    world = watched
    world.git("config", "core.ignoreCase", "false", at=world.place)
    evil = world.commit(world.c, signer=None)
    world.write(world.place)
    world.git("update-ref", "refs/heads/MAIN", evil.hex(), at=world.place)
    assert world.at("refs/heads/MAIN") == evil


def test_a_push_of_nothing(watched: World) -> None:
    """git has nothing to tell; a push of a topic is asked about."""
    world = watched
    world.git("push", "-q", "origin", "main", at=world.place)
    assert not any("pre-push" in start for start in world.starts())
    world.git("push", "-q", "origin", "main:topic", at=world.place)
    (start,) = world.starts()
    assert start.startswith("hook run pre-push --remote origin --url file://")


def test_without_settings_nothing_is_started(watched: World) -> None:
    world = watched
    world.git("config", "--remove-section", "nixauth-hook", at=world.place)
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.git("pull", "-q", at=world.place)
    world.git("push", "-q", "origin", "main:topic", at=world.place)
    assert world.starts() == []


def test_included_settings_and_those_of_the_user_do_not_count(watched: World) -> None:
    """An included file may lie in the work tree, where what is judged can put it."""
    world = watched
    world.git("config", "--remove-section", "nixauth-hook", at=world.place)
    other = world.folder / "other-config"
    other.write_text("[nixauth-hook]\n\tfollow = refs/heads/topic\n")
    world.git("config", "include.path", other, at=world.place)
    world.git("branch", "topic", at=world.place, GIT_CONFIG_GLOBAL=str(other))
    assert world.starts() == []


def test_aborted_and_committed_ask_nothing(watched: World) -> None:
    world = watched
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.refused("unsigned", "fetch")
    assert len(world.starts()) == 1


def test_the_local_branch_by_its_symbolic_name(watched: World) -> None:
    """HEAD moves by its own name, and the branch it stands for is in the transaction as well."""
    world = watched
    world.write(world.place)
    evil = world.commit(world.c, signer=None)
    world.write(world.place)
    world.refused("unsigned", "update-ref", "HEAD", evil.hex())
    assert world.git("symbolic-ref", "HEAD", at=world.place) == MAIN


def test_without_the_filter_the_answer_is_the_same(watched: World) -> None:
    """The filter decides nothing: what nixauth is started for in vain passes."""
    world = watched
    hook = world.place / ".git/hooks/reference-transaction"
    text = script(Hook.REFERENCE_TRANSACTION, [str(world.folder / "recorder")]).decode()
    eager = text.replace('*" $name$newline"*) ask', "*) ask")
    assert eager != text
    hook.write_text(eager)
    world.git(*UNCHECKED, "branch", "topic", at=world.place)
    world.git("branch", "-f", "topic", "main~1", at=world.place)
    assert world.starts()
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.refused("unsigned", "fetch")
    assert world.at(TRACKING) == world.c
