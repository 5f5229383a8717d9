"""`nixauth flake check`: what it says of each input of a lock, and its exit code."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from nixauth.channels.flakes import Standing
from nixauth.channels.values import Outcome
from nixauth.cli import channel_update
from nixauth.errors import MissingObjectError
from nixauth.model import Verdict
from tests.flakes.flake_world import NOTHING, OTHER_REPOSITORY, FlakeWorld
from tests.unit.cli.places import ROOT

FORGE = {"type": "github", "owner": "o", "repo": "r", "rev": "c" * 40, "narHash": NOTHING}


def other(**more: object) -> dict[str, object]:
    asked = {"type": "git", "url": OTHER_REPOSITORY["url"]}
    return {"locked": {**OTHER_REPOSITORY, "narHash": NOTHING, **more}, "original": asked}


def test_an_authentic_input(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.c)
    before = flake.there()
    done = flake.run("check")
    assert done.out == f"it: authentic (channel it)\n  rev: {flake.world.c.hex()}\n"
    assert flake.run("check", "-q").out == ""
    assert flake.there() == before
    assert flake.pins() == {}  # nothing is accepted by looking


def test_an_older_commit_is_authentic_where_none_was_accepted(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.b)
    flake.run("check")


def test_no_channel(flake: FlakeWorld) -> None:
    flake.at(flake.world.c)
    assert flake.run("check").out == "it: unauthenticated\n  type git\n"
    assert flake.run("check", "-q").out == ""
    done = flake.run("check", "--require-all", code=1)
    assert done.out == "it: refused, unauthenticated\n  type git\n"


def test_one_with_a_channel_and_one_without(flake: FlakeWorld) -> None:
    flake.channel()
    flake.write({"it": flake.node(flake.world.c), "foo": other()})
    found = {one["node"]: one for one in flake.report()}
    assert {name: one["standing"] for name, one in found.items()} == {
        "it": "authentic",
        "foo": "unauthenticated",
    }
    assert not found["foo"]["refused"]
    found = {one["node"]: one for one in flake.report("--require-all", code=1)}
    assert (found["foo"]["refused"], found["it"]["refused"]) == (True, False)


@pytest.mark.parametrize("kind", ["tarball", "path", "indirect", "file", "hg"])
def test_what_is_no_git_repository_is_unauthenticated(flake: FlakeWorld, kind: str) -> None:
    where = {"tarball": "url", "file": "url", "hg": "url", "path": "path", "indirect": "id"}[kind]
    node = {"locked": {"type": kind, where: "https://h.example/x"}, "original": {"type": kind}}
    flake.channel()
    flake.write({"it": node})
    assert flake.report()[0]["standing"] == "unauthenticated"
    assert flake.report("--require-all", code=1)[0]["type"] == kind


@pytest.mark.parametrize(
    "change",
    [
        {"narHash": NOTHING},
        {"narHash": "sha256-rubbish"},
    ],
    ids=["another tree", "rubbish"],
)
def test_the_hash_has_to_be_that_of_the_tree(flake: FlakeWorld, change: dict[str, str]) -> None:
    flake.channel()
    flake.at(flake.world.c, **change)
    found = flake.report(code=1)[0]
    assert found["standing"] in {"other-content", "not-understood"}
    assert found["refused"]


def test_a_lock_without_a_hash(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.c, narHash=None)
    found = flake.report(code=1)[0]
    assert (found["standing"], found["nar_hash"]) == ("other-content", None)
    assert found["detail"].startswith("it has no narHash")


def test_the_hash_of_the_parents_tree(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.c, narHash=flake.hash(flake.world.b))
    done = flake.run("check", code=1)
    assert "it: other-content (channel it)\n" in done.out
    assert flake.hash(flake.world.b) in done.out
    assert flake.hash(flake.world.c) in done.out
    assert flake.run("check", "-q", code=1).out == done.out


def test_a_hash_without_padding(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.c, narHash=flake.hash(flake.world.c).removesuffix("="))
    flake.run("check")


def test_both_hashes_of_a_tree_with_attributes(flake: FlakeWorld) -> None:
    """Which one a lock has depends on the Nix that wrote it: both are that commit's."""
    world = flake.world
    made = flake.commit(world.c, files={".gitattributes": "gone export-ignore\n", "gone": "x\n"})
    world.publish({"refs/heads/main": made})
    flake.channel()
    flake.at(made)
    pin = flake.report()[0]["pin"]
    assert pin["narHash"] != pin["archivedNarHash"]
    flake.at(made, narHash=pin["archivedNarHash"])
    assert flake.report()[0]["standing"] == "authentic"


def test_what_stands_in_the_way_is_the_reason(flake: FlakeWorld) -> None:
    flake.channel("it", "--max-age", "1d")
    flake.at(flake.world.c)
    found = flake.report(code=1)[0]
    assert (found["standing"], found["reason"]) == ("refused", "stale")
    assert "too old" in flake.run("check", code=1).out


def test_versions_of_locks(flake: FlakeWorld) -> None:
    flake.channel()
    for version in (5, 6, 7):
        flake.write({"it": flake.node(flake.world.c)}, version=version)
        assert flake.report()[0]["standing"] == "authentic"
    for version in (0, 4, 8):
        flake.write({"it": flake.node(flake.world.c)}, version=version)
        assert "version" in flake.run("check", code=3).err


def test_version_5_with_its_info(flake: FlakeWorld) -> None:
    node = flake.node(flake.world.c)
    info = {name: node["locked"].pop(name) for name in ("narHash", "lastModified")}
    flake.channel()
    flake.write({"it": {**node, "info": info}}, version=5)
    assert flake.report()[0]["standing"] == "authentic"
    flake.write({"it": {**node, "info": {**info, "narHash": NOTHING}}}, version=5)
    assert flake.report(code=1)[0]["standing"] == "other-content"


def test_follows_and_nested_inputs(flake: FlakeWorld) -> None:
    c, b = flake.world.c, flake.world.b
    nodes = {
        "foo": {**other(), "inputs": {"it": ["it"], "own": "it_2"}},
        "it": flake.node(c),
        "it_2": flake.node(b),
        "left": flake.node(b, narHash=NOTHING),
    }
    flake.channel()
    flake.write(nodes, {"foo": "foo", "it": "it", "alias": ["foo", "own"]})
    found = {one["node"]: one for one in flake.report()}
    assert sorted(found["it"]["paths"]) == ["foo/it", "it"]
    assert sorted(found["it_2"]["paths"]) == ["alias", "foo/own"]
    assert "left" not in found  # nothing leads to it, and Nix never looks at it
    flake.world.nixauth("channel", "update", "it")
    found = {one["node"]: one for one in flake.report(code=1)}
    assert (found["it_2"]["standing"], found["it_2"]["reason"]) == ("refused", "not-descendant")


def test_an_input_that_is_followed_and_not_there(flake: FlakeWorld) -> None:
    flake.channel()
    flake.write({"it": {**flake.node(flake.world.c), "inputs": {"x": ["gone"]}}}, {"it": "it"})
    assert "follows" in flake.run("check", code=3).err


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"version": 7, "nodes": {}, "root": "root"}', "\x00", '{"a":1,"a":1}'],
)
def test_no_lock_at_all(flake: FlakeWorld, content: str) -> None:
    flake.lock.write_text(content)
    flake.run("check", code=3)
    flake.stays(code=3)


def test_a_lock_that_is_not_there(flake: FlakeWorld) -> None:
    assert "cannot be read" in flake.run("check", code=2).err
    assert "cannot be read" in flake.run("update", code=2).err


def test_a_server_that_is_away(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.c)
    flake.world.server.rename(flake.world.folder / "away")
    found = flake.report(code=3)[0]
    assert (found["standing"], found["refused"]) == ("undecided", False)
    assert found["error"]["kind"] == "fetch-failed"
    assert "it: undecided (channel it)\n" in flake.run("check", "-q", code=3).out


def test_a_report_that_could_not_be_finished(
    flake: FlakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule came to no end: that is undecided, and no refusal."""
    flake.channel()
    flake.at(flake.world.c)
    look = channel_update.look

    def unfinished(*words: Any) -> Outcome:
        found = look(*words)
        error = MissingObjectError("a tree is missing")
        report = dataclasses.replace(found.report, verdict=Verdict.UNDECIDED, error=error)
        return dataclasses.replace(found, report=report, pin=None)

    monkeypatch.setattr(channel_update, "look", unfinished)
    found = flake.report(code=3)[0]
    assert (found["standing"], found["refused"]) == ("undecided", False)
    assert found["error"] == {"kind": "missing-object", "message": "a tree is missing"}


def test_what_is_known_needs_no_server(flake: FlakeWorld) -> None:
    flake.channel()
    flake.at(flake.world.c)
    flake.run("check")
    flake.world.server.rename(flake.world.folder / "away")
    flake.run("check")


def test_a_refusal_goes_before_what_is_undecided(flake: FlakeWorld) -> None:
    world = flake.world
    flake.channel()
    flake.channel("away", url=f"file://{world.folder}/away.git")
    away = {"locked": {**OTHER_REPOSITORY, "url": f"file://{world.folder}/away.git"}}
    away["original"] = {"type": "git", "url": f"file://{world.folder}/away.git"}
    flake.write({"it": flake.node(world.c), "away": away})
    flake.report(code=3)
    flake.write({"it": flake.node(world.c, narHash=NOTHING), "away": away})
    flake.report(code=1)


# --- several channels on one repository ---


def test_the_branch_says_which_channel(flake: FlakeWorld) -> None:
    world = flake.world
    world.publish({"refs/heads/stable": world.b})
    flake.channel("main")
    flake.channel("stable", "--branch", "stable")
    flake.write({"it": flake.node(world.c), "old": flake.node(world.b, ref="refs/heads/stable")})
    found = {one["node"]: one["channel"] for one in flake.report()}
    assert found == {"it": "main", "old": "stable"}
    flake.write({"it": flake.node(world.c, ref="stable")})
    found = flake.report(code=1)[0]
    assert (found["channel"], found["standing"]) == ("stable", "refused")


@pytest.mark.parametrize("ref", [None, "other"])
def test_a_branch_that_does_not_say_which_channel(flake: FlakeWorld, ref: str | None) -> None:
    world = flake.world
    world.publish({"refs/heads/stable": world.b})
    flake.channel("main")
    flake.channel("stable", "--branch", "stable")
    flake.write({"it": flake.node(world.c, ref=ref)})
    found = flake.report(code=1)[0]
    assert (found["standing"], found["channel"]) == ("ambiguous", None)
    assert "main, stable" in found["detail"]
    assert "ref=" in flake.run("check", code=1).out


def test_two_channels_on_one_branch(flake: FlakeWorld) -> None:
    flake.channel("one")
    flake.channel("two")
    flake.at(flake.world.c)
    assert flake.report(code=1)[0]["standing"] == "ambiguous"


def test_one_channel_and_no_branch(flake: FlakeWorld) -> None:
    flake.channel()
    flake.write({"it": flake.node(flake.world.c, ref=None)})
    assert flake.report()[0]["channel"] == "it"


def test_head_names_no_branch(flake: FlakeWorld) -> None:
    """Of the two, only what flake.nix asks for says which channel it is."""
    world = flake.world
    world.publish({"refs/heads/stable": world.b})
    flake.channel("main")
    flake.channel("stable", "--branch", "stable")
    node = flake.node(world.b, ref="HEAD")
    node["original"]["ref"] = "stable"
    flake.write({"it": node})
    assert flake.report()[0]["channel"] == "stable"


@pytest.mark.parametrize("url", ["git+file://{0}", "file://{0}/", "file://localhost{0}"])
def test_other_spellings_of_the_url(flake: FlakeWorld, url: str) -> None:
    flake.channel()
    flake.write({"it": flake.node(flake.world.c, url=url.format(flake.world.server))})
    assert flake.report()[0]["standing"] == "authentic"


def test_an_input_of_a_forge_has_the_channel_of_its_url(flake: FlakeWorld) -> None:
    flake.channel("gh", url="https://GitHub.com/O/R.git")
    flake.write(
        {"it": {"locked": FORGE, "original": {"type": "github", "owner": "o", "repo": "r"}}}
    )
    flake.world.box.environment["GIT_ALLOW_PROTOCOL"] = "file"
    found = flake.report(code=3)[0]
    assert (found["channel"], found["url"]) == ("gh", "https://github.com/o/r")


# --- JSON ---


def test_the_fields_of_json(flake: FlakeWorld) -> None:
    world = flake.world
    flake.channel()
    flake.write({"it": flake.node(world.c), "foo": other()})
    document = json.loads(flake.run("check", "--format", "json").out)
    assert sorted(document) == ["inputs", "schema", "version"]
    assert (document["schema"], document["version"]) == (1, 7)
    found = {one["node"]: one for one in document["inputs"]}
    assert found["it"] == {
        "paths": ["it"],
        "node": "it",
        "type": "git",
        "url": world.url,
        "rev": world.c.hex(),
        "nar_hash": flake.hash(world.c),
        "channel": "it",
        "standing": "authentic",
        "refused": False,
        "reason": None,
        "detail": None,
        "warnings": found["it"]["warnings"],
        "pin": {
            "channel": "it",
            "url": world.url,
            "branch": "main",
            "rev": world.c.hex(),
            "tree": found["it"]["pin"]["tree"],
            "narHash": flake.hash(world.c),
            "archivedNarHash": flake.hash(world.c),
            "lastModified": flake.locked()["lastModified"],
        },
        "error": None,
    }
    assert found["foo"] == {
        "paths": ["foo"],
        "node": "foo",
        "type": "git",
        "url": OTHER_REPOSITORY["url"],
        "rev": OTHER_REPOSITORY["rev"],
        "nar_hash": NOTHING,
        "channel": None,
        "standing": "unauthenticated",
        "refused": False,
        "reason": None,
        "detail": "type git",
        "warnings": [],
        "pin": None,
        "error": None,
    }


def test_the_fields_of_json_are_documented(flake: FlakeWorld) -> None:
    page = (ROOT / "docs/flakes.md").read_text("utf-8").split("### JSON")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
    documented = re.findall(r"`([a-z_]+)`", " ".join(rows))
    flake.channel()
    flake.at(flake.world.c)
    assert documented == list(flake.report()[0])


def test_the_standings_are_documented() -> None:
    page = (ROOT / "docs/flakes.md").read_text("utf-8").split("## Check")[1].split("### JSON")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert rows == [one.value for one in Standing]
