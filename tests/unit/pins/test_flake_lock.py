"""What a lock file pins, and the file with one input at another commit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nixauth.errors import PinsError, UsageError
from nixauth.pins.flake_lock import Lock, locked, read
from nixauth.pins.inputs import InputType
from nixauth.pins.problems import Fault, RefusedPinsError

OLD, NEW = "a" * 40, "b" * 40
HASH, OTHER = f"sha256-{'A' * 43}=", f"sha256-{'B' * 42}A="


def github(**more: Any) -> dict[str, Any]:
    attributes = {"type": "github", "owner": "NixOS", "repo": "nixpkgs", "rev": OLD}
    return attributes | {"narHash": HASH, "lastModified": 5} | more


def git(**more: Any) -> dict[str, Any]:
    attributes = {"type": "git", "url": "https://h.example/x.git", "ref": "main", "rev": OLD}
    return attributes | {"narHash": HASH, "lastModified": 5, "revCount": 7} | more


def node(fetched: dict[str, Any], **more: Any) -> dict[str, Any]:
    fixed = {"rev", "narHash", "lastModified", "revCount", "treeHash", "dirtyRev"}
    original = {name: value for name, value in fetched.items() if name not in fixed}
    return {"locked": fetched, "original": original} | more


def lock(nodes: dict[str, Any], root: dict[str, Any], **more: Any) -> bytes:
    document = {"nodes": {**nodes, "root": {"inputs": root}}, "root": "root", "version": 7}
    return json.dumps(document | more, indent=2, sort_keys=True).encode()


def one(fetched: dict[str, Any], **more: Any) -> bytes:
    return lock({"it": node(fetched, **more)}, {"it": "it"})


def fault(content: bytes) -> tuple[Fault, tuple[str | int, ...]]:
    with pytest.raises(RefusedPinsError) as caught:
        read(content)
    return caught.value.problem.fault, caught.value.problem.path


def change(content: bytes, name: str = "it", **more: Any) -> bytes:
    values = {"rev": NEW, "nar_hash": OTHER, "last_modified": 9} | more
    return locked(content, name, **values)


def refusal(content: bytes, name: str = "it", **more: Any) -> Fault:
    with pytest.raises(RefusedPinsError) as caught:
        change(content, name, **more)
    assert isinstance(caught.value, PinsError)
    return caught.value.problem.fault


def problems(found: Lock, name: str = "it") -> list[tuple[Fault, str]]:
    return [
        (problem.fault, ".".join(map(str, problem.path[2:])))
        for problem in found.inputs[name].problems
    ]


# --- the inputs ---


def test_inputs_and_their_paths() -> None:
    nodes = {
        "foo": node(git(), inputs={"nixpkgs": ["nixpkgs"], "bar": "bar", "gone": []}),
        "bar": node(
            git(), inputs={"nixpkgs": ["foo", "nixpkgs"], "deep": "nixpkgs_2"}, flake=False
        ),
        "nixpkgs": node(github()),
        "nixpkgs_2": node(github()),
        "left": node(github()),
    }
    found = read(lock(nodes, {"nixpkgs": "nixpkgs", "foo": "foo", "alias": ["foo", "bar", "deep"]}))
    assert {name: one.paths for name, one in found.inputs.items()} == {
        "nixpkgs": (("nixpkgs",), ("foo", "nixpkgs"), ("foo", "bar", "nixpkgs")),
        "foo": (("foo",),),
        "bar": (("foo", "bar"),),
        "nixpkgs_2": (("alias",), ("foo", "bar", "deep")),
    }
    assert found.cut == (("foo", "gone"),)
    assert found.unreachable == ("left",)
    assert found.problems == ()
    assert found.at("foo/bar/nixpkgs") is found.inputs["nixpkgs"]
    assert found.at("foo/nothing") is None
    assert not found.inputs["bar"].flake
    assert found.inputs["foo"].flake


def test_what_is_below_an_input_that_is_followed_earlier() -> None:
    """`a` follows what only `b` leads to, and is named first."""
    nodes = {
        "b": node(git(), inputs={"x": "x"}),
        "x": node(git(), inputs={"y": "y"}),
        "y": node(git()),
    }
    found = read(lock(nodes, {"a": ["b", "x"], "b": "b"}))
    assert found.inputs["x"].paths == (("a",), ("b", "x"))
    assert found.inputs["y"].paths == (("a", "y"),)


def test_many_ways_are_not_counted_out() -> None:
    """Each node names the next one twice: 2**60 ways."""
    nodes = {f"n{i}": node(git(), inputs={"x": f"n{i + 1}", "y": f"n{i + 1}"}) for i in range(60)}
    nodes["n60"] = node(git(), inputs={"again": "n0"})  # version 6 had such circles
    found = read(lock(nodes, {"it": "n0"}, version=6))
    assert len(found.inputs) == 61
    assert [len(one.paths) for one in found.inputs.values()] == [2] * 61


def test_attributes() -> None:
    more = {"dir": "d", "submodules": True, "lfs": True, "shallow": True, "exportIgnore": True}
    it = read(one(git(**more, allRefs=True))).inputs["it"]
    assert it.problems == ()
    assert (it.type, it.url, it.rev, it.ref) == (
        InputType.GIT,
        "https://h.example/x.git",
        OLD,
        "main",
    )
    assert (it.nar_hash, it.last_modified, it.rev_count, it.dir) == (HASH, 5, 7, "d")
    assert it.submodules
    assert it.lfs
    assert it.shallow
    assert it.export_ignore
    assert it.locked == git(**more, allRefs=True)
    assert it.original["ref"] == "main"
    it = read(one(github())).inputs["it"]
    assert not any((it.submodules, it.lfs, it.shallow, it.export_ignore))
    assert (it.ref, it.rev_count, it.dir) == (None, None, None)


@pytest.mark.parametrize(
    ("attributes", "kind", "url"),
    [
        (github(), InputType.GITHUB, "https://github.com/NixOS/nixpkgs"),
        (github(host="g.example"), InputType.GITHUB, "https://g.example/NixOS/nixpkgs"),
        (github(type="gitlab", owner="a%2Fb"), InputType.GITLAB, "https://gitlab.com/a/b/nixpkgs"),
        (github(type="sourcehut", owner="~a"), InputType.SOURCEHUT, "https://git.sr.ht/~a/nixpkgs"),
        (git(url="ssh://git@h.example/x"), InputType.GIT, "ssh://git@h.example/x"),
        (git(url="file:///srv/x"), InputType.GIT, "file:///srv/x"),
        (
            {"type": "tarball", "url": f"https://github.com/o/r/archive/{OLD}.tar.gz"},
            InputType.TARBALL,
            None,
        ),
        (
            {"type": "tarball", "url": "https://releases.nixos.org/x.tar.xz", "rev": OLD},
            InputType.TARBALL,
            None,
        ),
        ({"type": "file", "url": "https://h.example/x"}, InputType.FILE, None),
        ({"type": "path", "path": "./x"}, InputType.PATH, None),
        ({"type": "indirect", "id": "nixpkgs", "rev": OLD}, InputType.INDIRECT, None),
        ({"type": "hg", "url": "https://h.example/x", "rev": OLD}, InputType.MERCURIAL, None),
    ],
)
def test_types(attributes: dict[str, Any], kind: InputType, url: str | None) -> None:
    it = read(one(attributes, parent=[])).inputs["it"]
    assert (it.type, it.url, it.problems) == (kind, url, ())
    assert it.type.is_git == (url is not None)
    if url is None:
        assert refusal(one(attributes)) is Fault.NOT_GIT


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (github(type="svn"), [(Fault.UNKNOWN, "locked.type"), (Fault.UNKNOWN, "original.type")]),
        (github(type=""), [(Fault.UNKNOWN, "locked.type"), (Fault.UNKNOWN, "original.type")]),
        (github(rev=OLD[1:]), [(Fault.VALUE, "locked.rev")]),
        (github(rev=OLD.upper()), [(Fault.VALUE, "locked.rev")]),
        (github(rev=1), [(Fault.TYPE, "locked.rev")]),
        (github(narHash="sha512-x"), [(Fault.VALUE, "locked.narHash")]),
        (github(narHash=f"sha256-{'A' * 42}B="), [(Fault.VALUE, "locked.narHash")]),
        (github(narHash=HASH[:-1]), []),
        (github(lastModified=-1), [(Fault.VALUE, "locked.lastModified")]),
        (github(lastModified="5"), [(Fault.TYPE, "locked.lastModified")]),
        (github(lastModified=True), [(Fault.TYPE, "locked.lastModified")]),
        (github(lastModified=1.5), [(Fault.TYPE, "locked.lastModified")]),
        (
            git(submodules=1),
            [(Fault.TYPE, "locked.submodules"), (Fault.TYPE, "original.submodules")],
        ),
        (
            git(verified=True),
            [(Fault.UNKNOWN, "locked.verified"), (Fault.UNKNOWN, "original.verified")],
        ),
        (github(url="x"), [(Fault.UNKNOWN, "locked.url"), (Fault.UNKNOWN, "original.url")]),
        (github(owner="a/b"), [(Fault.URL, "locked"), (Fault.URL, "original")]),
        (github(host="a@b"), [(Fault.URL, "locked"), (Fault.URL, "original")]),
        (git(url="../x"), [(Fault.URL, "locked"), (Fault.URL, "original")]),
        (git(dirtyRev="x"), [(Fault.UNLOCKED, "locked")]),
        (git(ref="a\u202eb"), [(Fault.VALUE, "locked.ref"), (Fault.VALUE, "original.ref")]),
        (git(ref=""), [(Fault.VALUE, "locked.ref"), (Fault.VALUE, "original.ref")]),
    ],
)
def test_attributes_that_are_not_understood(
    attributes: dict[str, Any], expected: list[tuple[Fault, str]]
) -> None:
    assert problems(read(one(attributes))) == expected
    if expected:
        assert refusal(one(attributes)) is expected[0][0]


def test_missing_attributes() -> None:
    bare = {"type": "github"}
    assert problems(read(one(bare))) == [
        (Fault.MISSING, "locked.owner"),
        (Fault.MISSING, "locked.repo"),
        (Fault.URL, "locked"),
        (Fault.UNLOCKED, "locked"),
        (Fault.MISSING, "original.owner"),
        (Fault.MISSING, "original.repo"),
        (Fault.URL, "original"),
    ]
    assert read(one(bare)).inputs["it"].url is None
    assert problems(read(lock({"it": {}}, {"it": "it"}))) == [
        (Fault.TYPE, "locked"),
        (Fault.TYPE, "original"),
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"flake": 1}, (Fault.TYPE, "flake")),
        ({"other": 1}, (Fault.UNKNOWN, "other")),
        ({"parent": "x"}, (Fault.TYPE, "parent")),
        ({"parent": [1]}, (Fault.TYPE, "parent")),
        ({"info": []}, (Fault.TYPE, "info")),
    ],
)
def test_nodes_that_are_not_understood(more: dict[str, Any], expected: tuple[Fault, str]) -> None:
    assert problems(read(one(github(), **more))) == [expected]
    assert refusal(one(github(), **more)) is expected[0]


def test_files_that_are_not_understood() -> None:
    content = lock({"it": node(github())}, {"it": "it"}, more=1)
    assert [problem.path for problem in read(content).problems] == [("more",)]
    assert refusal(content) is Fault.UNKNOWN
    nodes = {"it": node(github()), "root": {"inputs": {"it": "it"}, "locked": {}}}
    content = json.dumps({"nodes": nodes, "root": "root", "version": 7}).encode()
    assert [problem.path for problem in read(content).problems] == [("nodes", "root", "locked")]
    assert refusal(content) is Fault.UNKNOWN


@pytest.mark.parametrize("version", [4, 8, "7", 7.0, True, None, [7], -7])
def test_other_versions(version: object) -> None:
    assert fault(lock({}, {}, version=version)) == (Fault.VERSION, ("version",))


@pytest.mark.parametrize(
    ("nodes", "root", "expected"),
    [
        ({}, {"a": "b"}, (Fault.FOLLOWS, ("nodes", "root", "inputs", "a"))),
        ({}, {"a": "root"}, (Fault.FOLLOWS, ("nodes", "root", "inputs", "a"))),
        ({}, {"a": ["b"]}, (Fault.FOLLOWS, ("nodes", "root", "inputs", "a"))),
        ({}, {"a": ["a"]}, (Fault.FOLLOWS, ("nodes", "root", "inputs", "a"))),
        ({}, {"a": ["b"], "b": ["a"]}, (Fault.FOLLOWS, ("nodes", "root", "inputs", "a"))),
        (
            {"x": node(git())},
            {"x": "x", "a": ["x", "y"]},
            (Fault.FOLLOWS, ("nodes", "root", "inputs", "a")),
        ),
        (
            {"x": node(git(), inputs={"y": ["x", "y"]})},
            {"x": "x"},
            (Fault.FOLLOWS, ("nodes", "x", "inputs", "y")),
        ),
        ({}, {"a": 1}, (Fault.TYPE, ("nodes", "root", "inputs", "a"))),
        ({}, {"a": [1]}, (Fault.TYPE, ("nodes", "root", "inputs", "a"))),
        ({"x": []}, {}, (Fault.TYPE, ("nodes", "x"))),
        ({"x": node(git(), inputs=[])}, {"x": "x"}, (Fault.TYPE, ("nodes", "x", "inputs"))),
    ],
)
def test_inputs_that_lead_nowhere(
    nodes: dict[str, Any], root: dict[str, Any], expected: tuple[Fault, tuple[str, ...]]
) -> None:
    assert fault(lock(nodes, root)) == expected


@pytest.mark.parametrize("length", [60, 5000])
def test_a_long_way_by_follows(length: int) -> None:
    root: dict[str, Any] = {f"f{i}": [f"f{i + 1}"] for i in range(length)}
    root[f"f{length}"] = "it"
    content = lock({"it": node(git())}, root)
    if length == 60:
        assert len(read(content).inputs["it"].paths) == 61
    else:
        assert fault(content)[0] is Fault.FOLLOWS


def test_no_lock_at_all() -> None:
    assert fault(b"[]")[0] is Fault.TYPE
    assert fault(b"{")[0] is Fault.SYNTAX
    assert fault(b'{"version": 7, "root": "r", "nodes": []}') == (Fault.TYPE, ("nodes",))
    assert fault(b'{"version": 7, "root": "r", "nodes": {}}') == (Fault.MISSING, ("root",))
    assert fault(b'{"version": 7, "root": ["r"], "nodes": {}}') == (Fault.MISSING, ("root",))


# --- another commit ---


def test_nothing_but_the_values_changes() -> None:
    nodes = {"it": node(github()), "by": node(git(), inputs={"it": ["it"]})}
    content = lock(nodes, {"it": "it", "by": "by"})
    before, after = content.split(b"\n"), change(content).split(b"\n")
    different = {(b.strip(), a.strip()) for b, a in zip(before, after, strict=True) if b != a}
    assert different == {
        (f'"rev": "{OLD}",'.encode(), f'"rev": "{NEW}",'.encode()),
        (f'"narHash": "{HASH}",'.encode(), f'"narHash": "{OTHER}",'.encode()),
        (b'"lastModified": 5,', b'"lastModified": 9,'),
    }
    assert read(change(content)).inputs["by"] == read(content).inputs["by"]
    assert read(change(content)).inputs["it"].rev == NEW


@pytest.mark.parametrize(
    "attributes", [git(), github(type="gitlab"), github(type="sourcehut", owner="~a")]
)
def test_each_type_of_git(attributes: dict[str, Any]) -> None:
    it = read(change(one(attributes), rev_count=11)).inputs["it"]
    assert (it.rev, it.nar_hash, it.last_modified) == (NEW, OTHER, 9)
    assert it.rev_count == (11 if attributes["type"] == "git" else None)


def test_the_number_of_commits_does_not_stay() -> None:
    made = change(one(git()))
    assert b"revCount" not in made
    assert "revCount" not in json.loads(made)["nodes"]["it"]["locked"]
    assert read(change(one(git()), rev_count=0)).inputs["it"].rev_count == 0


def test_the_hash_of_a_tree_does_not_stay() -> None:
    assert b"treeHash" not in change(one(github(treeHash=OLD)))


def test_a_hash_is_added() -> None:
    attributes = git()
    del attributes["narHash"], attributes["lastModified"], attributes["revCount"]
    it = read(change(one(attributes))).inputs["it"]
    assert (it.rev, it.nar_hash, it.last_modified) == (NEW, OTHER, 9)


def test_branch() -> None:
    assert read(change(one(git()))).inputs["it"].ref == "main"
    assert refusal(one(git()), ref="other") is Fault.FIXED
    assert read(change(one(git()), ref="main")).inputs["it"].ref == "main"
    free = json.loads(one(git()))
    del free["nodes"]["it"]["original"]["ref"]
    assert read(change(json.dumps(free).encode(), ref="other")).inputs["it"].ref == "other"
    del free["nodes"]["it"]["locked"]["ref"]
    assert read(change(json.dumps(free).encode(), ref="other")).inputs["it"].ref == "other"
    assert refusal(one(github()), ref="x") is Fault.NOT_GIT


def test_a_commit_that_flake_nix_asks_for() -> None:
    document = json.loads(one(git()))
    document["nodes"]["it"]["original"]["rev"] = OLD
    content = json.dumps(document).encode()
    assert refusal(content) is Fault.FIXED
    assert read(change(content, rev=OLD)).inputs["it"].nar_hash == OTHER


def test_versions_5_and_6() -> None:
    fetched = {"type": "github", "owner": "NixOS", "repo": "nixpkgs", "rev": OLD}
    info = {"lastModified": 5, "narHash": HASH}
    content = lock({"it": node(fetched, info=info)}, {"it": "it"}, version=5)
    it = read(content).inputs["it"]
    assert (it.rev, it.nar_hash, it.last_modified, it.problems) == (OLD, HASH, 5, ())
    made = json.loads(change(content))["nodes"]["it"]
    assert made["info"] == {"lastModified": 9, "narHash": OTHER}
    assert made["locked"] == fetched | {"rev": NEW}
    both = lock({"it": node(github(narHash=OTHER), info=info)}, {"it": "it"}, version=5)
    assert read(both).inputs["it"].nar_hash == HASH
    made = json.loads(change(both, nar_hash=f"sha256-{'C' * 42}A="))["nodes"]["it"]
    assert made["info"]["narHash"] == made["locked"]["narHash"] == f"sha256-{'C' * 42}A="
    assert b'"version": 6' in change(lock({"it": node(git())}, {"it": "it"}, version=6))


@pytest.mark.parametrize("name", ["root", "left", "nothing", ""])
def test_nodes_that_are_no_input(name: str) -> None:
    content = lock({"it": node(git()), "left": node(git())}, {"it": "it"})
    assert refusal(content, name) is Fault.MISSING


@pytest.mark.parametrize(
    "values",
    [
        {"rev": NEW[1:]},
        {"rev": NEW.upper()},
        {"rev": f"{NEW}\n"},
        {"nar_hash": "A" * 52},
        {"nar_hash": OTHER[:-1]},
        {"last_modified": -1},
        {"rev_count": -1},
        {"ref": ""},
        {"ref": "a\nb"},
    ],
)
def test_values_that_no_lock_has(values: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        change(one(git()), **values)


TEXT = one(git(dir="x")).decode()


@given(
    st.integers(0, len(TEXT) - 1),
    st.sampled_from([*'{}[]",:0 ax', "null", "root", "it", "7", ""]),
    st.integers(0, 9),
)
def test_any_damage_is_refused_or_harmless(at: int, new: str, width: int) -> None:
    content = (TEXT[:at] + new + TEXT[at + width :]).encode()
    try:
        names = list(read(content).inputs)
        made = [change(content, name) for name in names]
    except PinsError:
        return
    for name, after in zip(names, made, strict=True):
        assert json.loads(after)["nodes"][name]["locked"]["rev"] == NEW


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 9)
    | st.sampled_from(["root", "a", "git", OLD, HASH, ""]),
    lambda v: (
        st.lists(v, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "root", "inputs", "locked", "original", "type", "url", "info"]), v
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["a", "root"]), JUNK), JUNK, st.sampled_from([5, 7]))
def test_any_nodes(nodes: dict[str, Any], fetched: Any, version: int) -> None:
    nodes = {"root": {"inputs": {"a": "a"}}, "a": {"locked": fetched, "original": fetched}} | nodes
    content = json.dumps({"version": version, "root": "root", "nodes": nodes}).encode()
    try:
        for name in read(content).inputs:
            change(content, name)
    except PinsError:
        return
