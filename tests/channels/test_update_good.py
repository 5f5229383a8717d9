"""Good updates, of every kind there is, and what is changed in a channel's own settings."""

from __future__ import annotations

import json
import shutil

from tests.channels.conftest import Followers
from tests.channels.following import Follower
from tests.hooks.world import KEYRING, MAIN, certificates, listing
from tests.support import commits, openpgp, ssh_signers
from tests.unit.test_docs import rows


def test_first_and_next_and_nothing_new(fresh: Follower) -> None:
    world = fresh.world
    first = fresh.update()
    assert first.out.startswith(f"it: authentic, updated to {world.c.hex()}\n")
    assert "before:" not in first.out
    made = fresh.advance()
    assert f"before: {world.c.hex()}" in fresh.update().out
    state = fresh.state()
    assert fresh.update().out.startswith(f"it: authentic, nothing new: {made.hex()}\n")
    assert fresh.state() == state
    assert fresh.update("--quiet").out == ""


def test_what_is_recorded(follower: Follower) -> None:
    world, pin = follower.world, follower.pin()
    tree = world.git("rev-parse", f"{world.c.hex()}^{{tree}}", at=world.server)
    date = int(world.git("show", "-s", "--format=%ct", world.c.hex(), at=world.server))
    assert pin == {
        "channel": "it",
        "url": world.url,
        "branch": "main",
        "rev": world.c.hex(),
        "tree": tree,
        "narHash": pin["narHash"],
        "archivedNarHash": pin["narHash"],
        "lastModified": date,
    }
    assert (follower.place / "pin.json").stat().st_mode & 0o777 == 0o600
    assert follower.place.stat().st_mode & 0o777 == 0o700


def test_as_json(fresh: Follower) -> None:
    found = fresh.document()
    assert found["verdict"] == "authentic"
    assert found["changed"] is True
    assert found["pin"] == fresh.pin()
    assert (found["before"], found["error"], found["obstacle"], found["age"]) == (None,) * 4
    again = fresh.document()
    assert again["changed"] is False
    assert again["before"] == again["pin"] == found["pin"]
    assert set(again) == set(found)
    table = rows("channels.md", "field of `channel update`", "type", "meaning")
    assert [row[0] for row in table] == list(found)
    fresh.configure(branch="absent")
    failed = fresh.document(code=3)
    assert set(failed) == set(found)
    assert (failed["verdict"], failed["pin"]) == ("undecided", None)
    assert failed["error"]["kind"] == "fetch-failed"


def test_many_channels_and_one_that_fails(fresh: Follower) -> None:
    """One that is refused, one that cannot be reached: the others go on."""
    world = fresh.world
    file = fresh.box.folder / "home/config/nixauth/channels.yaml"
    body = file.read_text().split("  it:\n")[1]
    file.write_text(
        f"version: 1\nchannels:\n  gone:\n{body.replace('main', 'gone')}"
        f"  it:\n{body}  other:\n{body.replace('main', 'other')}"
    )
    fresh.publish(world.commit(world.c, signer=None), "other")
    done = world.nixauth("channel", "update", "--json", code=1)
    found = {one["channel"]: one["verdict"] for one in json.loads(done.out)["channels"]}
    assert found == {"gone": "undecided", "it": "authentic", "other": "refused"}
    fresh.publish(world.c, "other")
    world.nixauth("channel", "update", code=3)
    world.nixauth("channel", "update", "it", "other")
    world.nixauth("channel", "update", "absent", code=2)
    world.nixauth("channel", "update", "--directory", fresh.made / "x", code=2)


def test_merge_of_authentic_branches(follower: Follower) -> None:
    world = follower.world
    beside = world.commit(world.b, signer="bob")
    follower.publish(world.commit(world.c, beside))
    assert "updated to" in follower.update().out


def test_merge_of_a_branch_of_strangers(followers: Followers) -> None:
    """Under trusted-path whoever merges vouches for what comes out."""
    follower = followers("trusted-path")
    world = follower.world
    follower.update()
    side = world.commit(world.a, signer=None)
    for number in range(3):
        side = world.commit(side, signer=[None, "mallory"][number % 2])
    merge = world.commit(world.c, side)
    follower.publish(world.commit(merge, signer="bob"))
    assert "updated to" in follower.update().out
    follower.configure(require="every-commit")
    follower.publish(world.commit(merge))
    follower.refused("(unsigned)")


def test_people_come_and_go(follower: Follower) -> None:
    world = follower.world
    come = world.commit(world.c, people=("alice", "bob", "mallory"))
    follower.publish(world.commit(come, signer="mallory", people=("mallory",)))
    assert "updated to" in follower.update().out
    gone = world.commit(world.commit(come, signer="mallory", people=("mallory",)), signer="alice")
    follower.publish(gone)
    follower.refused("(unauthorized-key)")


def nested(world: object, *parents: bytes, signer: str = "alice", date: int = 0) -> bytes:
    """Add a commit that has the file deep in its tree."""
    objects = world.maker.objects  # type: ignore[attr-defined]
    people = listing({name: [name] for name in ("alice", "bob")}) + b"# %d\n" % date
    files = {
        "deep/er/who.yaml": ("100644", commits.add(objects, "blob", people)),
        "deep/er/beside": ("100644", commits.add(objects, "blob", b"beside %d" % date)),
        "a": ("100644", commits.add(objects, "blob", b"%d" % date)),
    }
    raw = commits.commit_content(
        commits.add_tree(objects, files), parents, date=commits.EPOCH + date
    )
    return commits.add(objects, "commit", commits.signed_by(raw, openpgp.key(signer).sign))


def test_file_of_who_may_sign_deep_in_the_tree(fresh: Follower) -> None:
    world = fresh.world
    line = [nested(world)]
    for number in range(1, 5):
        line.append(nested(world, line[-1], signer=["alice", "bob"][number % 2], date=number))
    fresh.configure(introduction=line[0].hex(), authorizations_file="deep/er/who.yaml")
    fresh.publish(line[3])
    fresh.update()
    fresh.publish(line[4])
    assert f"updated to {line[4].hex()}" in fresh.update().out


def test_keyring_is_changed(follower: Follower) -> None:
    """A key that comes later is brought, and one that is taken away stays of no consequence."""
    world = follower.world
    few = world.maker.keyring(certificates("alice"))
    world.publish({KEYRING: few})
    made = world.commit(world.c, people=("alice", "bob", "mallory"))
    made = world.commit(made, signer="mallory")
    follower.publish(made)
    follower.refused("(missing-key)")
    world.publish({KEYRING: world.maker.keyring(certificates("alice", "mallory"))})
    assert f"updated to {made.hex()}" in follower.update().out


def test_keyrings_of_other_names(fresh: Follower) -> None:
    world = fresh.world
    refs = {"refs/keys/a": certificates("alice"), "refs/keys/b": certificates("bob", "carol")}
    world.publish({ref: world.maker.keyring(files) for ref, files in refs.items()})
    world.publish({KEYRING: None})
    fresh.configure(keyring=list(refs))
    fresh.publish(world.commit(world.c, signer="bob"))
    assert "updated to" in fresh.update().out


def test_keyring_that_never_was(fresh: Follower) -> None:
    fresh.world.publish({KEYRING: None})
    fresh.refused("(missing-key)")
    fresh.world.publish({KEYRING: fresh.world.keys})
    fresh.goes_on()


def test_keyring_that_is_named_and_never_was(fresh: Follower) -> None:
    """Said as what it is; nothing is called forged for it."""
    fresh.configure(keyring=["refs/keys/none"])
    said = fresh.refused("refs/keys/none", code=3)
    assert "unreadable-keyring" in said
    fresh.configure(keyring=["refs/keys/none", KEYRING])
    fresh.goes_on()


def test_ssh_needs_no_keyring(fresh: Follower) -> None:
    world = fresh.world
    key = ssh_signers.signer("alice@ssh")
    assert key is not None
    world.publish({KEYRING: None})
    file = f"version: 1\npeople:\n  a:\n    keys:\n      - {key.line}\n".encode()

    def commit(*parents: bytes, number: int) -> bytes:
        objects = world.maker.objects
        blob = commits.add(objects, "blob", file + b"# %d\n" % number)
        tree = commits.add_tree(objects, {".authorizations": ("100644", blob)})
        raw = commits.commit_content(tree, parents, date=commits.EPOCH + number)
        return commits.add(objects, "commit", commits.signed_by(raw, key.sign))

    first = commit(number=0)
    tip = commit(commit(first, number=1), number=2)
    fresh.configure(introduction=first.hex(), signer=key.fingerprint)
    fresh.publish(tip)
    assert f"updated to {tip.hex()}" in fresh.update().out
    assert "nothing new" in fresh.update().out


# --- the channel itself is changed ---


def test_another_server_of_the_same_history(follower: Follower) -> None:
    """The pin holds whoever serves: a mirror that is behind takes nobody back."""
    world = follower.world
    shutil.copytree(world.server, world.folder / "mirror.git")
    mirror = world.folder / "mirror.git"
    world.git("update-ref", MAIN, world.b.hex(), at=mirror)
    follower.configure(url=f"file://{mirror}")
    follower.refused("(not-descendant)")
    ahead = world.commit(world.c)
    world.publish({MAIN: ahead}, mirror)
    assert f"updated to {ahead.hex()}" in follower.update().out
    assert follower.pin()["url"] == f"file://{mirror}"


def test_another_server_with_nothing_new(follower: Follower) -> None:
    """The pin says where it was seen last: others' files are found by it."""
    world = follower.world
    mirror = world.folder / "mirror.git"
    shutil.copytree(world.server, mirror)
    follower.configure(url=f"file://{mirror}")
    before = follower.pin()
    assert "nothing new" in follower.update().out
    assert follower.pin() == before | {"url": f"file://{mirror}"}


def test_older_introduction(fresh: Follower) -> None:
    """What is looked at beyond the old introduction is brought."""
    world = fresh.world
    tip = world.c
    for number in range(5):
        people = listing({name: [name] for name in ("alice", "bob")})
        tip = world.commit(tip, file=people + b"# %d\n" % number)
    fresh.publish(tip)
    fresh.configure(introduction=tip.hex())
    fresh.update()
    mirror = (fresh.place / "repository.git").stat().st_ino
    fresh.configure()
    assert "nothing new" in fresh.update().out
    assert (fresh.place / "repository.git").stat().st_ino == mirror  # only what lacked came
    shutil.rmtree(fresh.box.cache)
    assert "nothing new" in fresh.update().out
    tip = world.commit(tip)
    fresh.publish(tip)
    assert f"updated to {tip.hex()}" in fresh.update().out


def test_newer_introduction(follower: Follower) -> None:
    world = follower.world
    follower.configure(introduction=world.c.hex())
    assert "nothing new" in follower.update().out
    follower.goes_on()


def test_introduction_ahead_of_the_pin(follower: Follower) -> None:
    """A commit before the introduction may be left for whatever it leads to."""
    made = follower.advance()
    follower.configure(introduction=made.hex())
    assert f"updated to {made.hex()}" in follower.update().out


def test_wrong_introduction(follower: Follower) -> None:
    follower.configure(signer=openpgp.key("mallory").fingerprint)
    follower.refused("(wrong-introduction-signer)")
    follower.configure(introduction="2" * 40)
    said = follower.refused("2222", code=3)
    assert "missing-object" in said
    follower.configure()
    follower.goes_on()


# --- what was made is lost ---


def test_cache_is_lost(follower: Follower) -> None:
    shutil.rmtree(follower.box.cache)
    assert "nothing new" in follower.update().out
    follower.goes_on()


def test_mirror_is_lost(follower: Follower) -> None:
    shutil.rmtree(follower.place / "repository.git")
    assert "nothing new" in follower.update(*follower.everywhere()).out
    shutil.rmtree(follower.place / "repository.git")
    follower.goes_on()


def test_mirror_and_cache_are_lost(follower: Follower) -> None:
    shutil.rmtree(follower.place / "repository.git")
    shutil.rmtree(follower.box.cache)
    assert "nothing new" in follower.update().out
    shutil.rmtree(follower.place / "repository.git")
    shutil.rmtree(follower.place / "trees")
    assert follower.gate("true").code == 0


def test_mirror_is_lost_and_the_server_went_back(follower: Follower) -> None:
    shutil.rmtree(follower.place / "repository.git")
    shutil.rmtree(follower.box.cache)
    follower.publish(follower.world.b)
    said = follower.refused("missing-object", code=3)
    assert follower.world.c.hex() in said
    follower.goes_on()
