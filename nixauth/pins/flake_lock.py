"""flake.lock: what each input is locked to, and the file with one input locked to something else.

The inputs are found as Nix finds them (`src/libflake/lockfile.cc`): nodes from the root along
`inputs`, each a node's name, or a list of names that is followed from the root.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from nixauth.display import printable
from nixauth.errors import UsageError
from nixauth.pins import json_text
from nixauth.pins.hashes import digest
from nixauth.pins.inputs import REVISION, Input, InputType, attributes, problems_of
from nixauth.pins.json_text import REMOVED, Edit, Json
from nixauth.pins.problems import Fault, Path, PinProblem, refused

VERSIONS = (5, 6, 7)
_FOLLOWED = 64
"""The most ways by `follows` that are asked about to resolve one."""

Way: TypeAlias = tuple[str, ...]
"""Names of inputs, from the root."""
Ways: TypeAlias = tuple[Way, ...]

_NODE = frozenset({"inputs", "locked", "original", "flake", "parent", "info"})


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file.

    `inputs` are the nodes that the root reaches, by name, in the order in which they are found,
    nearest first. `cut` are ways whose input is the root itself, which is how a lock says that an
    input was taken away (`follows = ""`). `unreachable` are nodes that nothing leads to; Nix does
    not look at them. `problems` are those of the file as a whole; each input has its own.
    """

    version: int
    inputs: Mapping[str, Input]
    cut: tuple[tuple[str, ...], ...]
    unreachable: tuple[str, ...]
    problems: tuple[PinProblem, ...]

    def at(self, path: str) -> Input | None:
        """Return the input at a path as Nix prints it: `nixpkgs`, `foo/nixpkgs`."""
        way = tuple(path.split("/"))
        return next((one for one in self.inputs.values() if way in one.paths), None)


def read(content: bytes) -> Lock:
    """Read a lock file.

    A node that several ways lead to has one path for each input that names it; where the nodes
    above have several paths themselves, that is below the first and shortest.

    Raises RefusedPinsError for what is no lock file, or has no inputs that could be listed: another
    version, an input that does not exist, a cycle of `follows`. What is not understood of one
    input is one of its `problems`.
    """
    document = json_text.read(content).root.value
    if not isinstance(document, dict):
        raise refused(Fault.TYPE, (), "not an object")
    version = document.get("version")
    if not isinstance(version, int) or version not in VERSIONS:
        raise refused(Fault.VERSION, ("version",), "not a version of lock files that is known")
    problems = tuple(
        PinProblem(Fault.UNKNOWN, (name,), "not known")
        for name in document
        if name not in {"version", "root", "nodes"}
    )
    graph = _Graph.of(document)
    paths, own, cut = graph.walk()
    inputs = {
        name: _input(name, graph.nodes[name], ways, own[name]) for name, ways in paths.items()
    }
    unreachable = tuple(name for name in graph.nodes if name not in inputs and name != graph.root)
    root = graph.nodes[graph.root]
    problems += tuple(
        PinProblem(Fault.UNKNOWN, ("nodes", graph.root, name), "not known of the root")
        for name in root
        if name != "inputs"
    )
    return Lock(version, MappingProxyType(inputs), tuple(cut), unreachable, problems)


def locked(
    content: bytes,
    node: str,
    *,
    rev: str,
    nar_hash: str,
    last_modified: int,
    ref: str | None = None,
    rev_count: int | None = None,
) -> bytes:
    """Return the lock file with one node (by its name in `nodes`) locked to another commit.

    `rev` is the commit in lower-case hexadecimal digits, `nar_hash` its content's hash in SRI form,
    `last_modified` its committer's time. For GitHub, GitLab and SourceHut the content is what git
    archive makes; for type git it is the tree as it stands since Nix 2.20 (what git archive makes
    before), with submodules and LFS files where the node asks for them. `ref` replaces, or adds,
    the branch of a node of type git; without it the branch stays.

    `rev_count` takes the place of a `revCount` that is there; without it that is taken out. Nix
    then gives the flake none, and compares nothing; with the old one it would refuse the commit.
    `treeHash`, which some versions wrote for GitHub, is taken out for the same reason.

    All else stays, byte for byte. All inputs that follow this node change with it.

    Raises RefusedPinsError for a file or a node that is not understood in full, a node that is no
    commit of a git repository, and one whose `original` asks for another commit or branch;
    UsageError for values that no lock has.
    """
    _check(rev, nar_hash, last_modified, ref, rev_count)
    before = read(content)
    found = before.inputs.get(node)
    if found is None:
        raise refused(Fault.MISSING, ("nodes", node), "no input is locked by this name")
    for problem in (*before.problems, *found.problems):
        raise refused(problem.fault, problem.path, problem.message)
    _may_change(found, rev, ref)
    new: dict[str, Edit] = {"rev": rev, "narHash": nar_hash, "lastModified": last_modified}
    if ref is not None:
        new["ref"] = ref
    if "revCount" in found.locked:
        new["revCount"] = REMOVED if rev_count is None else rev_count
    if "treeHash" in found.locked:
        new["treeHash"] = REMOVED
    made = json_text.edit(content, _edits(content, node, new))
    after = read(made).inputs[node]
    expected = {**found.locked, **new}
    if after.locked != {k: v for k, v in expected.items() if v is not REMOVED} or after.problems:
        raise refused(Fault.UNINTENDED, ("nodes", node), "the change would mean something else")
    return made


def _check(
    rev: str, nar_hash: str, last_modified: int, ref: str | None, rev_count: int | None
) -> None:
    if not REVISION.fullmatch(rev):
        raise UsageError(f"not a full commit id: {printable(rev)}")
    if digest(nar_hash) is None:
        raise UsageError(f"not a SHA-256 in SRI form: {printable(nar_hash)}")
    if last_modified < 0 or (rev_count is not None and rev_count < 0):
        raise UsageError("a time and a number of commits are not negative")
    if ref is not None and not (ref and ref.isprintable()):
        raise UsageError("not a branch or a tag")


def _may_change(found: Input, rev: str, ref: str | None) -> None:
    place: Path = ("nodes", found.name)
    if not found.type.is_git:
        raise refused(Fault.NOT_GIT, place, "this pins no commit of a git repository")
    if ref is not None and found.type is not InputType.GIT:
        raise refused(Fault.NOT_GIT, place, "only type git has a branch in what is locked")
    if found.original.get("rev", rev) != rev:
        message = "flake.nix asks for one commit, and it is another"
        raise refused(Fault.FIXED, (*place, "original", "rev"), message)
    if ref is not None and found.original.get("ref", ref) != ref:
        message = "flake.nix asks for one branch, and it is another"
        raise refused(Fault.FIXED, (*place, "original", "ref"), message)


def _edits(content: bytes, node: str, new: Mapping[str, Edit]) -> dict[Path, Edit]:
    """Say where values go: into version 5's `info`, whose attributes come before those locked."""
    document = json_text.read(content)
    edits: dict[Path, Edit] = {}
    for name, value in new.items():
        places: list[Path] = [("nodes", node, part, name) for part in ("info", "locked")]
        there = [place for place in places if document.find(place) is not None]
        for place in there or places[1:]:
            edits[place] = value
    return edits


# --- From the root to the inputs ---


@dataclass(slots=True)
class _Graph:
    """The nodes of a lock file and the edges between them."""

    root: str
    nodes: dict[str, dict[str, Json]]
    resolved: dict[tuple[str, ...], str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: dict[str, Json]) -> _Graph:
        root, nodes = document.get("root"), document.get("nodes")
        if not isinstance(nodes, dict):
            raise refused(Fault.TYPE, ("nodes",), "not an object")
        if not isinstance(root, str) or root not in nodes:
            raise refused(Fault.MISSING, ("root",), "not the name of a node")
        known: dict[str, dict[str, Json]] = {}
        for name, node in nodes.items():
            if not isinstance(node, dict):
                raise refused(Fault.TYPE, ("nodes", name), "not an object")
            known[name] = node
        return cls(root, known)

    def walk(self) -> tuple[dict[str, Ways], dict[str, Way], list[Way]]:
        """Return all paths to each node, the one that follows nothing, and paths to the root."""
        paths: dict[str, list[Way]] = {self.root: [()]}
        own: dict[str, Way] = {self.root: ()}
        cut: list[Way] = []
        seen = {self.root}
        waiting = deque([self.root])
        while waiting:
            name = waiting.popleft()
            for input_name, target, followed in self._edges(name):
                path = (*paths[name][0], input_name)
                if target == self.root:
                    cut.append(path)
                    continue
                # What is followed here has a way of its own, by which it is reached.
                if target not in seen and not followed:
                    seen.add(target)
                    own[target] = (*own[name], input_name)
                    waiting.append(target)
                paths.setdefault(target, []).append(path)
        del paths[self.root]
        return {name: tuple(ways) for name, ways in paths.items()}, own, cut

    def _edges(self, name: str) -> Iterator[tuple[str, str, bool]]:
        """Yield the inputs of a node: name, the node that it is, and whether it is followed."""
        for input_name, target in self._inputs(name).items():
            place: Path = ("nodes", name, "inputs", input_name)
            if isinstance(target, str):
                yield input_name, self._node(target, place), False
            else:
                yield input_name, self._follow(_names(target, place), place, ()), True

    def _inputs(self, name: str) -> dict[str, Json]:
        inputs = self.nodes[name].get("inputs", {})
        if not isinstance(inputs, dict):
            raise refused(Fault.TYPE, ("nodes", name, "inputs"), "not an object")
        return inputs

    def _node(self, name: str, place: Path) -> str:
        if name not in self.nodes:
            raise refused(Fault.FOLLOWS, place, "a node that is not there")
        if name == self.root:
            raise refused(Fault.FOLLOWS, place, "the root is no input")
        return name

    def _follow(
        self, path: tuple[str, ...], place: Path, asked: tuple[tuple[str, ...], ...]
    ) -> str:
        """Return the node at a path from the root; `asked` are the paths that depend on it."""
        if path in self.resolved:
            return self.resolved[path]
        if path in asked or len(asked) == _FOLLOWED:
            raise refused(Fault.FOLLOWS, place, "follows itself, or too long a way")
        name = self.root
        for part in path:
            inputs = self._inputs(name)
            if part not in inputs:
                raise refused(Fault.FOLLOWS, place, "follows an input that is not there")
            target, at = inputs[part], ("nodes", name, "inputs", part)
            if isinstance(target, str):
                name = self._node(target, at)
            else:
                name = self._follow(_names(target, at), at, (*asked, path))
        self.resolved[path] = name
        return name


def _names(value: Json, place: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise refused(Fault.TYPE, place, "neither a name nor a list of names")
    names = tuple(name for name in value if isinstance(name, str))
    if len(names) != len(value):
        raise refused(Fault.TYPE, place, "not a list of names")
    return names


# --- One node ---


def _input(name: str, node: dict[str, Json], paths: Ways, own: Way) -> Input:
    place: Path = ("nodes", name)
    flake = node.get("flake", True)
    fetched, info = node.get("locked"), node.get("info", {})
    if isinstance(fetched, dict) and isinstance(info, dict):
        fetched = {**fetched, **info}  # as Nix does, in any version
    problems = [
        *_node_problems(node, place),
        *problems_of(fetched, (*place, "locked"), locked=True),
        *problems_of(node.get("original"), (*place, "original"), locked=False),
    ]
    known, original = attributes(fetched), attributes(node.get("original"))
    return Input(name, paths, own, flake is not False, known, original, tuple(problems))


def _node_problems(node: dict[str, Json], place: Path) -> Iterator[PinProblem]:
    for name in node:
        if name not in _NODE:
            yield PinProblem(Fault.UNKNOWN, (*place, name), "not known of a node")
    if not isinstance(node.get("flake", True), bool):
        yield PinProblem(Fault.TYPE, (*place, "flake"), "neither true nor false")
    if not isinstance(node.get("info", {}), dict):
        yield PinProblem(Fault.TYPE, (*place, "info"), "not an object")
    parent = node.get("parent", [])
    if not isinstance(parent, list) or not all(isinstance(name, str) for name in parent):
        yield PinProblem(Fault.TYPE, (*place, "parent"), "not a list of names")
