"""Trees of files as values: put on disk without git, or into git without a work tree."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from nixauth.model import ObjectId
from tests.benchmarks.packs import Pack, Run
from tests.support.commits import Objects, add, commit_content


@dataclass(frozen=True)
class File:
    """A regular file."""

    content: bytes = b""
    executable: bool = False


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: bytes


@dataclass(frozen=True)
class Module:
    """A submodule, at a commit that is nowhere."""

    commit: bytes = bytes(range(20))


Tree = dict[bytes, "File | Link | Module | Tree"]


def write(tree: Tree, folder: Path) -> Path:
    """Put a tree on disk; a submodule becomes an empty directory."""
    folder.mkdir()
    for name, node in tree.items():
        path = folder / os.fsdecode(name)
        if isinstance(node, File):
            path.write_bytes(node.content)
            path.chmod(0o755 if node.executable else 0o644)
        elif isinstance(node, Link):
            os.symlink(node.target, os.fsencode(path))  # noqa: PTH211 - bytes as they are
        else:
            write({} if isinstance(node, Module) else node, path)
    return folder


def put(tree: Tree, objects: Objects) -> bytes:
    """Put a tree's objects in, and return its id."""
    lines = []
    for name, node in tree.items():
        key = name
        if isinstance(node, File):
            mode = b"100755" if node.executable else b"100644"
            oid = add(objects, "blob", node.content)
        elif isinstance(node, Link):
            mode, oid = b"120000", add(objects, "blob", node.target)
        elif isinstance(node, Module):
            mode, oid = b"160000", node.commit
        else:
            mode, oid, key = b"40000", put(node, objects), name + b"/"
        lines.append((key, b"%b %b\0%b" % (mode, name, oid)))
    return add(objects, "tree", b"".join(line for _, line in sorted(lines)))


def put_commit(tree: Tree, objects: Objects, message: bytes = b"a message\n") -> ObjectId:
    """Put a commit of a tree in, and return its id."""
    content = commit_content(put(tree, objects), message=message)
    return ObjectId(add(objects, "commit", content))


def clean() -> dict[str, str]:
    """Return an environment in which git reads no configuration."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def git(repository: Path, *words: str, given: bytes = b"") -> bytes:
    """Run git in a repository."""
    command = ["git", "-C", str(repository), *words]
    return subprocess.run(command, input=given, env=clean(), check=True, capture_output=True).stdout


def repository(folder: Path, objects: Objects, commit: bytes) -> Path:
    """Make a bare repository with these objects; its branch `master` is what Nix 2.8 asks for."""
    command = ["git", "init", "--quiet", "--bare", "--initial-branch=master", str(folder)]
    subprocess.run(command, env=clean(), check=True)
    packed = Run()
    for kind, content in objects.values():
        packed.add(kind, content)
    with Pack(folder) as pack:
        pack.append(packed.data, packed.count)
    git(folder, "update-ref", "refs/heads/master", commit.hex())
    return folder


# --- any tree ---

_ODD = (
    b"a",
    b"a.b",
    b"a-b",
    b"a0",
    b"ab",
    b"A",
    b".a",
    b"\xff",
    b"\xc3\xa9",
    b"a b",
    b"a\nb",
    b"~",
)
NAMES = (
    st.sampled_from(_ODD)
    | st.sampled_from((b"x" * 101, b"y" * 255, b"-", b"\x01", b'"'))
    | (
        st.binary(min_size=1, max_size=12).filter(
            lambda name: (
                not set(name) & set(b"/\0\\:") and not name.lower().startswith((b".", b"git~"))
            )
        )
    )
)
_CONTENTS = st.binary(max_size=40) | st.sampled_from((b"x" * 8, b"line\r\n" * 20, b"y" * 3000))
FILES = st.builds(File, _CONTENTS, st.booleans())
LINKS = st.builds(
    Link,
    st.sampled_from((b"a", b"../a", b"/nowhere", b"a/", b"\xff", b"z" * 150))
    | st.binary(min_size=1, max_size=30).filter(lambda target: b"\0" not in target),
)


def trees(*, empty: bool) -> st.SearchStrategy[Tree]:
    """Return trees of files, links and directories; `empty` directories only where asked for."""
    leaves = FILES | LINKS
    inner = st.recursive(
        leaves,
        lambda below: st.dictionaries(NAMES, below, min_size=0 if empty else 1, max_size=6),
        max_leaves=15,
    )
    return st.dictionaries(NAMES, inner, max_size=8)
