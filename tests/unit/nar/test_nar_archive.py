"""A tree as git archive makes it: nothing but its own objects decides."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from nixauth import MemoryObjects, ObjectId, Repository
from nixauth.errors import CorruptObjectError, MissingObjectError
from nixauth.nar import Limits, Nar, NarHash, RefusedTreeError, Submodules, TreeFault, nar_hash
from nixauth.nar import archive as module
from nixauth.nar.tree import hash_plain
from tests.support.commits import Objects, add
from tests.support.nar_trees import File, Link, Module, Tree, git, put, put_commit, repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git (Debian: git) is not here")

IGNORED: Tree = {
    b".gitattributes": File(b"gone export-ignore\n"),
    b"a.b": File(b"1", executable=True),
    b"a": {b"gone": File(b"2"), b"kept": File(b"3"), b"link": Link(b"kept")},
    b"gone": {b"x": File(b"4")},
}
KEPT: Tree = {
    b".gitattributes": IGNORED[b".gitattributes"],
    b"a.b": File(b"1", executable=True),
    b"a": {b"kept": File(b"3"), b"link": Link(b"kept")},
}
SUBSTITUTED: Tree = {b".gitattributes": File(b"v export-subst\n"), b"v": File(b"$Format:%s$\n")}


def hashed(tree: Tree, *, message: bytes = b"subject\n", **options: object) -> NarHash:
    objects: Objects = {}
    commit = put_commit(tree, objects, message)
    return nar_hash(MemoryObjects(objects), commit, **options)  # type: ignore[arg-type]


def plain(tree: Tree) -> Nar:
    """Return the plain hash of a tree, away from git."""
    objects: Objects = {}
    root = ObjectId(put(tree, objects))
    return hash_plain(MemoryObjects(objects), root, Submodules.EMPTY, Limits()).nar


def fault(found: NarHash) -> RefusedTreeError:
    assert isinstance(found.archived, RefusedTreeError)
    assert not found.equal
    with pytest.raises(RefusedTreeError):
        found.as_archived()
    return found.archived


def test_export_ignore() -> None:
    found = hashed(IGNORED)
    assert found.plain == plain(IGNORED)
    assert found.archived == found.as_archived() == plain(KEPT)
    assert not found.equal


def test_attributes_without_effect() -> None:
    found = hashed({b".gitattributes": File(b"nothing export-ignore\n"), b"a": {b"b": File(b"c")}})
    assert found.archived == found.plain
    assert found.equal


def test_nothing_that_could_have_an_effect() -> None:
    found = hashed({b".gitattributes": File(b"* text=auto\n"), b"a": File(b"c")})
    assert found.archived is None
    assert found.equal
    assert found.as_archived() == found.plain


def test_all_is_left_out() -> None:
    tree: Tree = {b".gitattributes": File(b"* export-ignore\n"), b"v": File(b"x")}
    assert hashed(tree).archived == plain({})


def test_empty_directories() -> None:
    found = hashed({b"a": {b"b": {}}, b"c": File(b"1")})
    assert found.archived == plain({b"c": File(b"1")})
    assert hashed({}).archived is None


def test_substitution() -> None:
    found = hashed(SUBSTITUTED)
    assert found.archived == plain(SUBSTITUTED | {b"v": File(b"subject\n")})


@pytest.mark.parametrize("text", [b"$Format:%h$", b"$Format:%H$ $Format:%d$"])
def test_substitution_that_the_commit_does_not_decide(text: bytes) -> None:
    tree: Tree = {
        b".gitattributes": File(b"v export-subst\n"),
        b"d": {b"v": File(text)},
        b"w": File(b"$Format:%d$"),
    }
    error = fault(hashed(tree))
    assert (error.fault, error.path) == (TreeFault.UNSTABLE, b"d/v")
    assert hashed(tree | {b"d": {b"w": File(text)}}).equal


def test_substitution_without_a_commit() -> None:
    objects: Objects = {}
    root = ObjectId(put(SUBSTITUTED, objects))
    assert fault(nar_hash(MemoryObjects(objects), root)).fault is TreeFault.NO_COMMIT
    objects = {}
    root = ObjectId(put(IGNORED, objects))
    assert nar_hash(MemoryObjects(objects), root).archived == plain(KEPT)


def test_a_large_file_and_one_content_in_several_places() -> None:
    large = File(bytes(range(256)) * 5000)
    tree: Tree = {b"a": large, b"b": {b"a": large, b"b": {b"a": large}}, b"c": {b"a": large}}
    attributes = File(b"none export-ignore\n")
    found = hashed(tree | {b".gitattributes": attributes})
    assert found.archived == found.plain


def test_a_tree_that_holds_the_tree_of_the_question() -> None:
    """The same tree at two places is one object."""
    inner: Tree = {b".gitattributes": File(b"x export-ignore\n"), b"y": File(b"1")}
    found = hashed({b"a": inner, b"b": inner})
    assert found.archived == found.plain


def test_submodules_become_empty_directories() -> None:
    tree = IGNORED | {b"m": Module()}
    found = hashed(tree, submodules=Submodules.EMPTY)
    assert found.archived == plain(KEPT | {b"m": {}})


# --- nothing from outside ---

LINES: Tree = {
    b".gitattributes": File(b"f eol=lf\nx filter=loud\ng text\nnone export-ignore\n"),
    b"f": File(b"a\r\n"),
    b"g": File(b"a\nb\n"),
    b"x": File(b"quiet\n"),
}
HOSTILE = """\
[core]
autocrlf = true
eol = crlf
attributesFile = {folder}/attributes
[filter "loud"]
smudge = touch {folder}/ran; cat
clean = cat
required = true
[tar]
umask = 0777
[init]
templateDir = {folder}/template
"""


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put configuration and attributes wherever git looks for them."""
    folder = tmp_path / "hostile"
    for place in (folder, folder / "git", folder / "template" / "info"):
        place.mkdir(parents=True)
        (place / "attributes").write_text("* export-ignore\n")
    for name in (".gitconfig", "git/config", "template/config", "config"):
        (folder / name).write_text(HOSTILE.format(folder=folder))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    for name in ("GLOBAL", "SYSTEM"):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", str(folder / "config"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.attributesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(folder / "attributes"))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(folder / "template"))
    monkeypatch.setenv("GIT_DIR", str(folder))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(folder))
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    return folder


def test_nothing_of_the_environment_counts(hostile: Path) -> None:
    found = hashed(LINES)
    assert found.archived == found.plain
    assert not (hostile / "ran").exists()


def test_no_templates_count(hostile: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nor those that belong to a git as it is installed."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nGIT_TEMPLATE_DIR={hostile / "template"} exec {shutil.which("git")} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    assert hashed(LINES).equal


def test_nothing_of_the_repository_but_its_objects_counts(tmp_path: Path) -> None:
    objects: Objects = {}
    commit = put_commit(LINES, objects)
    other = put_commit({b"other": File(b"")}, objects)
    where = repository(tmp_path / "it.git", objects, commit)
    (where / "info").mkdir(exist_ok=True)
    (where / "info" / "attributes").write_text("* export-ignore\n")
    with (where / "config").open("a") as config:
        config.write(HOSTILE.format(folder=tmp_path))
    git(where, "update-ref", f"refs/replace/{commit.hex()}", other.hex())
    found = nar_hash(Repository.open(where), commit)
    assert found.archived == found.plain == plain(LINES)
    assert not (tmp_path / "ran").exists()


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    hashed(IGNORED)
    fault(hashed(SUBSTITUTED | {b"v": File(b"$Format:%d$")}))
    assert list(tmp_path.iterdir()) == []


def test_no_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = fault(hashed(IGNORED))
    assert error.fault is TreeFault.ARCHIVE
    assert "cannot be run" in error.message


def test_git_says_why_it_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert "failed: broken" in fault(hashed(IGNORED)).message


def test_what_git_takes_no_pack_of_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "pack", lambda _count, _objects: iter([b"no pack"]))
    error = fault(hashed(IGNORED))
    assert "index-pack failed" in error.message


def test_an_object_that_goes_missing_is_no_refusal() -> None:
    objects: Objects = {}
    root = ObjectId(put(IGNORED, objects))

    class Forgetful(MemoryObjects):
        asked = 0

        def tree(self, object_id: ObjectId) -> bytes:
            if object_id == root:
                self.asked += 1
            if self.asked == 3:
                raise KeyboardInterrupt
            return super().tree(object_id)

    with pytest.raises(KeyboardInterrupt):
        nar_hash(Forgetful(objects), root)


# --- what git made is compared with the tree ---


def tar_of(*members: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, mode: int = 0o664) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.mode = kind, mode
    found.size = 1 if kind == tarfile.REGTYPE else 0
    if kind in {tarfile.SYMTYPE, tarfile.LNKTYPE}:
        found.linkname = "elsewhere"
    return found


FOLDER = member("a", tarfile.DIRTYPE)
MADE_UP: dict[str, bytes] = {
    "a file that the tree does not have": tar_of(member("new")),
    "a file out of the tree": tar_of(member("../a.b")),
    "an absolute path": tar_of(member("/a.b")),
    "a path that is not normal": tar_of(FOLDER, member("a/./kept")),
    "a file in place of a directory": tar_of(member("a")),
    "a directory in place of a file": tar_of(member("a.b", tarfile.DIRTYPE)),
    "an executable that is none": tar_of(member("a.b")),
    "a file that is executable": tar_of(FOLDER, member("a/kept", mode=0o775)),
    "a link in place of a file": tar_of(FOLDER, member("a/kept", tarfile.SYMTYPE)),
    "a link to elsewhere": tar_of(FOLDER, member("a/link", tarfile.SYMTYPE)),
    "a hard link": tar_of(FOLDER, member("a/kept", tarfile.LNKTYPE)),
    "a pipe": tar_of(FOLDER, member("a/kept", tarfile.FIFOTYPE)),
    "a file without its directory": tar_of(member("a/kept")),
    "a file twice": tar_of(FOLDER, member("a/kept"), member("a/kept")),
    "no tar": b"nothing like a tar" * 100,
    "a link to nothing": tar_of(FOLDER, member("a/link", tarfile.LNKTYPE)),
}


def made_up(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    def archive(git: module._Git, _object_id: ObjectId) -> Path:
        file = git._folder / "archive.tar"
        file.write_bytes(content)
        return file

    monkeypatch.setattr(module._Git, "archive", archive)


@pytest.mark.parametrize("content", MADE_UP.values(), ids=MADE_UP.keys())
def test_what_git_did_not_have_from_the_tree(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up(monkeypatch, content)
    assert fault(hashed(IGNORED)).fault is TreeFault.ARCHIVE


def test_a_tar_that_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tar_of(FOLDER, member("a/kept"))
    made_up(monkeypatch, whole[:1024])
    assert fault(hashed(IGNORED)).fault is TreeFault.ARCHIVE


# --- objects of a repository ---


def test_blobs_up_to_a_size(tmp_path: Path) -> None:
    objects: Objects = {}
    small, large = b"s" * 1000, b"l" * 200_000
    ids = [ObjectId(add(objects, "blob", content)) for content in (small, large)]
    commit = put_commit({}, objects)
    where = repository(tmp_path / "it.git", objects, commit)
    loose = git(where, "hash-object", "-w", "--stdin", given=b"o" * 300_000).decode().strip()
    found = Repository.open(where)
    ids.append(ObjectId(bytes.fromhex(loose)))
    for object_id, content in zip(ids, (small, large, b"o" * 300_000), strict=True):
        assert bytes(found.blob_up_to(object_id, len(content)) or b"") == content
        assert found.blob_up_to(object_id, len(content) - 1) is None
        assert found.kind(object_id) == "blob"
    assert found.kind(commit) == "commit"
    memory = MemoryObjects(objects)
    assert memory.blob_up_to(ids[0], 1000) == small
    assert memory.blob_up_to(ids[0], 999) is None


def test_a_file_of_more_than_the_largest_that_is_otherwise_read(tmp_path: Path) -> None:
    content = bytes(64 * 1024 * 1024 + 1)
    objects: Objects = {}
    commit = put_commit({b"large": File(content)}, objects)
    found = Repository.open(repository(tmp_path / "it.git", objects, commit))
    with pytest.raises(CorruptObjectError, match="more than"):
        found.blob(ObjectId(hashlib.sha1(b"blob %d\0" % len(content) + content).digest()))
    assert nar_hash(found, commit).plain == plain({b"large": File(content)})


def test_a_large_object_of_another_kind(tmp_path: Path) -> None:
    objects: Objects = {}
    large = put({b"%05d" % number: File() for number in range(4000)}, objects)
    commit = put_commit({}, objects)
    found = Repository.open(repository(tmp_path / "it.git", objects, commit))
    with pytest.raises(CorruptObjectError, match="should be a blob and is a tree"):
        found.blob_up_to(ObjectId(large), 1 << 20)
    with pytest.raises(MissingObjectError):
        found.blob_up_to(ObjectId(bytes(20)), 1 << 20)


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_blob_with_another_content(tmp_path: Path, size: int) -> None:
    """Stored under the id of something else, in a pack's place for it: as loose files."""
    objects: Objects = {}
    commit = put_commit({b"a": File(b"a" * size), b"b": File(b"b" * size)}, objects)
    where = repository(tmp_path / "it.git", objects, commit)
    (pack,) = (where / "objects" / "pack").glob("*.pack")
    kept = tmp_path / "kept.pack"
    pack.rename(kept)
    shutil.rmtree(where / "objects" / "pack")
    git(where, "unpack-objects", "-q", given=kept.read_bytes())
    one, other = (
        where / "objects" / name[:2] / name[2:]
        for name in (
            hashlib.sha1(b"blob %d\0" % size + letter * size).hexdigest() for letter in (b"a", b"b")
        )
    )
    one.chmod(0o600)
    shutil.copy(other, one)
    with pytest.raises(CorruptObjectError):
        nar_hash(Repository.open(where), commit)
