"""A fetch or pull that would move a followed ref to what it may not be at is aborted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from tests.hooks.conftest import Worlds
from tests.hooks.world import ATTACKS, KEYRING, MAIN, TRACKING, UNCHECKED, Attack, World

every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


def nothing(world: World) -> None:
    pass


def aside(world: World) -> None:
    """Have another branch checked out."""
    world.git("switch", "-q", "-c", "aside", at=world.place)


def packed(world: World) -> None:
    world.git("pack-refs", "--all", at=world.place)
    world.git("gc", "-q", "--prune=now", at=world.place)


def pruned(world: World) -> None:
    """The branch was gone from the server for a while, and is gone from the clone."""
    world.publish({MAIN: None})
    world.git("fetch", "-q", "--prune", at=world.place)
    assert world.at(TRACKING) is None


def deleted(world: World) -> None:
    world.git("update-ref", "-d", TRACKING, at=world.place)
    packed(world)


@dataclasses.dataclass(frozen=True)
class Way:
    """How a clone comes to an attack; `before` is done while all is well."""

    command: tuple[str, ...]
    before: Callable[[World], None] = nothing
    ref: str = TRACKING


WAYS = {
    "fetch": Way(("fetch",)),
    "fetch of the branch": Way(("fetch", "origin", "main")),
    "fetch by a refspec": Way(("fetch", "origin", f"+{MAIN}:{TRACKING}")),
    "fetch by URL": Way(("fetch", "URL", f"+{MAIN}:{TRACKING}")),
    "fetch to the local branch": Way(("fetch", "origin", f"+main:{MAIN}"), aside, MAIN),
    "fetch to both": Way(("fetch", "origin", f"+main:{MAIN}", f"+main:{TRACKING}"), aside, MAIN),
    "fetch --atomic": Way(("fetch", "--atomic")),
    "fetch --force --tags": Way(("fetch", "--force", "--tags")),
    "pull": Way(("pull", "--no-rebase")),
    "pull --rebase": Way(("pull", "--rebase")),
    "remote update": Way(("remote", "update")),
    "fetch after pruning": Way(("fetch", "--prune"), pruned),
    "fetch after packing": Way(("fetch",), packed),
    "fetch after deletion and packing": Way(("fetch", "--all"), deleted),
}

WITH_ALL = {"fetch", "fetch by a refspec", "fetch to the local branch", "fetch --atomic"}
WITH_ALL |= {"fetch after pruning", "fetch after packing"}
"""The ways that are tried with every attack; the others with one of each kind."""

CASES = [
    pytest.param(attack, way, id=f"{attack.name}, {name}")
    for name, way in WAYS.items()
    for attack in ATTACKS
    if name in WITH_ALL or attack.name in {"foreign key", "rollback", "another branch"}
]


@pytest.mark.parametrize(("attack", "way"), CASES)
def test_the_ref_stays_where_it_is(worlds: Worlds, attack: Attack, way: Way) -> None:
    world = worlds(attack.history)
    way.before(world)
    world.publish({MAIN: attack.make(world)})
    command = [world.url if word == "URL" else word for word in way.command]
    said = world.refused(attack.reason, *command)
    assert f"nixauth: {way.ref} stays where it is\n" in said
    assert world.at(MAIN) == world.c


@every_attack
def test_without_the_hook_it_would_have_moved(worlds: Worlds, attack: Attack) -> None:
    world = worlds(attack.history)
    evil = attack.make(world)
    world.publish({MAIN: evil})
    world.git(*UNCHECKED, "fetch", at=world.place)
    assert world.at(TRACKING) == evil


MERGED = {"another branch": "unsigned"}  # what git makes of both is a commit of one's own
"""What a pull by URL does: it moves the local branch alone, forward in git's sense."""


@pytest.mark.parametrize(
    "attack", [a for a in ATTACKS if a.name != "rollback"], ids=lambda attack: attack.name
)
def test_a_pull_by_url(worlds: Worlds, attack: Attack) -> None:
    world = worlds(attack.history)
    world.publish({MAIN: attack.make(world)})
    reason = MERGED.get(attack.name, attack.reason)
    said = world.refused(
        reason, "pull", "--no-rebase", "--no-edit", "-X", "ours", world.url, "main"
    )
    assert f"nixauth: {MAIN} stays where it is\n" in said


def test_a_pull_by_url_of_an_older_commit_has_nothing_to_do(world: World) -> None:
    world.publish({MAIN: world.b})
    world.git("pull", "--no-rebase", world.url, "main", at=world.place)
    assert world.at(MAIN) == world.c


LOCALLY = {
    "merge": ("merge", "--ff-only", "evil"),
    "reset": ("reset", "-q", "--hard", "evil"),
    "rebase": ("rebase", "-q", "evil"),
    "branch": ("branch", "-f", "main", "evil"),
    "checkout -B": ("checkout", "-q", "-B", "main", "evil"),
    "update-ref": ("update-ref", MAIN, "evil"),
    "update-ref HEAD": ("update-ref", "HEAD", "evil"),
    "update-ref of the remote-tracking ref": ("update-ref", TRACKING, "evil"),
    "push to itself": ("push", "-q", ".", "+evil:refs/remotes/origin/main"),
}


@pytest.mark.parametrize("how", LOCALLY.values(), ids=LOCALLY)
def test_what_came_by_another_way_does_not_get_in_either(
    world: World, how: tuple[str, ...]
) -> None:
    evil = world.commit(world.c, signer="mallory")
    world.publish({"refs/heads/evil": evil})
    world.git("fetch", "-q", "origin", "evil:evil", at=world.place)
    if "branch" in how:
        aside(world)
    world.refused("unauthorized-key", *how)


def test_a_pull_moves_neither_ref_nor_files(world: World) -> None:
    evil = world.commit(world.c, signer="mallory")
    world.publish({MAIN: evil})
    before = (world.place / "pkgs/a.nix").read_bytes()
    world.refused("unauthorized-key", "pull", "--no-rebase")
    assert (world.place / "pkgs/a.nix").read_bytes() == before
    assert world.git("status", "--porcelain", at=world.place) == ""


# --- the record, not git's word ---


def test_what_was_accepted_counts_and_not_where_the_ref_is(world: World) -> None:
    """The ref was moved back behind the hook's back; b is its value, and d a step from b."""
    world.git(*UNCHECKED, "update-ref", TRACKING, world.b.hex(), at=world.place)
    world.publish({MAIN: world.commit(world.b, signer="bob")})
    world.refused("not-descendant", "fetch")


def test_a_ref_may_always_come_back_to_what_was_accepted(world: World) -> None:
    pruned(world)
    world.publish({MAIN: world.c})
    world.git("fetch", "-q", at=world.place)
    assert world.at(TRACKING) == world.c


def test_what_was_accepted_for_one_ref_is_nothing_to_another(bare_world: World) -> None:
    world = bare_world
    release = world.commit(world.b, signer="bob")
    later = world.commit(release)
    world.publish({"refs/heads/release": later})
    world.clone()
    world.nixauth("hook", "install", "main", "release", "--remote-only", "-C", world.place)
    world.publish({"refs/heads/release": world.c})  # main's, authentic, no step from later
    world.refused("not-descendant", "fetch")
    world.publish({"refs/heads/release": release})
    world.refused("not-descendant", "fetch")
    more = world.commit(later)
    world.publish({"refs/heads/release": more, MAIN: later})  # now main is to be release
    said = world.refused("not-descendant", "fetch", "--atomic")
    assert "refs/remotes/origin/release stays" not in said
    world.publish({MAIN: world.c})
    world.git("fetch", "-q", at=world.place)
    assert world.at("refs/remotes/origin/release") == more


def test_a_step_forward_is_remembered_before_the_next_step_back(world: World) -> None:
    d = world.commit(world.c)
    world.publish({MAIN: d})
    world.git("fetch", "-q", at=world.place)
    assert world.accepted()[TRACKING] == d.hex()
    world.publish({MAIN: world.c})
    world.refused("not-descendant", "fetch")


def test_one_evil_branch_of_several_and_nothing_is_recorded(world: World) -> None:
    """The good ref of an atomic transaction stays, too, and is not remembered."""
    world.git("branch", "other", at=world.place)
    world.git("config", "--add", "nixauth-hook.follow", "refs/heads/other", at=world.place)
    d, evil = world.commit(world.c), world.commit(world.c, signer="mallory")
    world.write(world.place)
    lines = f"update refs/heads/other {d.hex()}\nupdate {TRACKING} {evil.hex()}\n"
    (world.place / "lines").write_text(lines)
    said = world.refused(
        "unauthorized-key", "-c", "alias.both=!git update-ref --stdin < lines", "both"
    )
    assert "refs/heads/other" not in said


# --- the keyring ---


def test_a_key_in_the_keyring_grants_nothing(world: World) -> None:
    keys = world.maker.keyring({})
    world.publish({KEYRING: keys})
    world.git("fetch", "-q", "--force", at=world.place)
    world.publish({MAIN: world.commit(world.c)})
    world.refused("missing-key", "fetch")


def test_what_moves_through_a_symbolic_ref_is_asked_about(world: World) -> None:
    """git asks no hook for `symbolic-ref` itself until 2.46."""
    elsewhere = "refs/remotes/origin/elsewhere"
    world.git("update-ref", elsewhere, world.c.hex(), at=world.place)
    world.git(*UNCHECKED, "symbolic-ref", TRACKING, elsewhere, at=world.place)
    world.publish({MAIN: world.commit(world.c, signer="mallory")})
    world.refused("unauthorized-key", "fetch", "origin", f"+main:{TRACKING}")
    world.publish({MAIN: world.b})
    world.refused("not-descendant", "fetch", "origin", f"+main:{TRACKING}")


def test_a_followed_ref_is_not_made_symbolic(world: World) -> None:
    """As git tells it since 2.46."""
    line = world.folder / "line"
    line.write_text(f"{world.c.hex()} ref:refs/heads/evil {TRACKING}\n")
    hook = world.place / ".git/hooks/reference-transaction"
    done = world.try_git("-c", f"alias.told=!{hook} prepared < {line}", "told", at=world.place)
    assert done.code != 0
    assert "it would be made to stand for another ref" in done.err


# --- for the person who means it ---


def test_a_downgrade_for_the_person_who_means_it(world: World) -> None:
    world.publish({MAIN: world.b})
    said = world.refused("not-descendant", "fetch")
    command = f"nixauth hook accept --allow-downgrade {TRACKING} {world.b.hex()}"
    assert command in said
    told = world.nixauth(
        "hook", "accept", "origin/main", world.b.hex(), "-C", world.place, code=1
    ).out
    assert "(not-descendant)" in told
    assert world.accepted()[TRACKING] == world.c.hex()
    world.nixauth(*command.split()[1:], "-C", world.place)
    world.git("fetch", "-q", at=world.place)
    assert world.at(TRACKING) == world.b
    assert world.accepted()[MAIN] == world.c.hex(), "of this ref alone"


def test_a_downgrade_is_to_an_authentic_commit(world: World) -> None:
    evil = world.commit(world.b, signer="mallory")
    world.publish({MAIN: evil})
    world.refused("unauthorized-key", "fetch")
    before = world.record()
    told = world.nixauth(
        "hook", "accept", "--allow-downgrade", TRACKING, evil.hex(), "-C", world.place, code=1
    ).out
    assert "(unauthorized-key)" in told
    assert world.record() == before
