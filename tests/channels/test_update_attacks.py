"""Whoever has the server cannot have a channel go where it may not: nothing moves, nothing runs."""

from __future__ import annotations

import pytest

from tests.channels.conftest import Followers
from tests.channels.following import Follower
from tests.hooks.world import ATTACKS, KEYRING, Attack

every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


@every_attack
def test_attack_and_the_next_good_update(attack: Attack, followers: Followers) -> None:
    follower = followers(attack.history)
    follower.update(*follower.everywhere())
    assert follower.at() == follower.world.c
    follower.publish(attack.make(follower.world))
    said = follower.refused(f"({attack.reason})")
    assert f"refused, still at {follower.world.c.hex()}" in said
    follower.goes_on()


@pytest.mark.parametrize(
    "attack",
    [one for one in ATTACKS if one.name not in {"rollback", "another branch"}],
    ids=lambda attack: attack.name,
)
def test_attack_on_who_starts_afresh(attack: Attack, followers: Followers) -> None:
    """A step back or aside is none for whoever has nothing; the rest is refused all the same."""
    follower = followers(attack.history)
    follower.publish(attack.make(follower.world))
    if attack.name == "removed key merges an old branch":
        follower.update()  # what docs/threat-model.md says cannot be noticed without a pin
        return
    said = follower.refused(f"({attack.reason})")
    assert "refused, and there is no pin yet" in said
    assert follower.at() is None
    follower.goes_on()


@every_attack
def test_attack_as_json(attack: Attack, followers: Followers) -> None:
    follower = followers(attack.history)
    follower.update()
    follower.publish(attack.make(follower.world))
    found = follower.document(code=1)
    assert (found["verdict"], found["changed"], found["pin"]) == ("refused", False, None)
    assert found["before"]["rev"] == follower.world.c.hex()
    assert found["report"]["refusals"][0]["reason"] == attack.reason


def test_step_back_before_the_introduction(follower: Follower) -> None:
    world = follower.world
    root = world.commit(people=("alice", "carol"))
    follower.publish(root)
    follower.refused("(not-descendant)")


def test_unrelated_history(follower: Follower) -> None:
    follower.publish(follower.world.commit(signer="mallory", people=("mallory",)))
    follower.refused("(not-descendant)")
    follower.goes_on()


def test_branch_that_is_gone(follower: Follower) -> None:
    follower.publish(None)
    said = follower.refused("has no branch main", code=3)
    assert "fetch-failed" in said
    follower.goes_on()


def test_another_file_of_who_may_sign_at_the_other_default_path(follower: Follower) -> None:
    """A later commit cannot switch to the other path, nor a keyring add to what is listed."""
    world = follower.world
    follower.publish(world.without_file(world.c, signer="mallory"))
    follower.refused("(unauthorized-key)")


def test_keys_withheld(follower: Follower) -> None:
    """Without keys nothing new counts, and nothing is forgotten."""
    world = follower.world
    made = world.commit(world.c, signer="bob")
    world.publish({"refs/heads/main": made, KEYRING: world.maker.keyring({"x.txt": b"no keys"})})
    follower.refused("(missing-key)")
    world.publish({KEYRING: world.keys})
    assert f"updated to {made.hex()}" in follower.update().out


def test_keyring_deleted(follower: Follower) -> None:
    """The keys that were there stay: whoever deletes the branch gains nothing."""
    world = follower.world
    made = follower.advance(signer="bob")
    world.publish({KEYRING: None})
    assert f"updated to {made.hex()}" in follower.update().out


def test_downgrade_is_made_where_it_is_asked_for(follower: Follower) -> None:
    follower.publish(follower.world.b)
    follower.refused("(not-descendant)")
    done = follower.update("--allow-downgrade")
    assert f"updated to {follower.world.b.hex()}" in done.out
    assert f"before: {follower.world.c.hex()}" in done.out
    assert follower.at() == follower.world.b


def test_downgrade_admits_no_forgery(follower: Follower) -> None:
    before = follower.state()
    follower.publish(follower.world.commit(follower.world.b, signer="mallory"))
    done = follower.update("--allow-downgrade", code=1)
    assert "(unauthorized-key)" in done.out
    assert follower.state() == before


def test_downgrade_to_another_branch_of_many_files(follower: Follower) -> None:
    """The files of who may sign are brought, though nothing leads there from the pin."""
    world = follower.world
    tip = world.a
    for number in range(4):
        tip = world.commit(tip, people=("alice", "bob", "carol", "mallory")[: 1 + number])
    follower.publish(tip)
    follower.refused("(not-descendant)")
    assert f"updated to {tip.hex()}" in follower.update("--allow-downgrade").out


def test_pin_of_another_branch_holds_nobody_back(follower: Follower) -> None:
    """Each branch has its own pin; who has the machine configure another one starts there."""
    world = follower.world
    follower.publish(world.b, "other")
    follower.configure(branch="other")
    assert f"updated to {world.b.hex()}" in follower.update().out
    assert follower.pin("other")["rev"] == world.b.hex()
    assert follower.pin("main")["rev"] == world.c.hex()
    follower.configure()
    follower.publish(world.b)
    follower.refused("(not-descendant)")
