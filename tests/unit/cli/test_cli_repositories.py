"""Every kind of repository: those that are read, and those that are refused in clear words."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import zlib
from pathlib import Path

import pytest

from tests.unit.cli.places import (
    Maker,
    Place,
    Sandbox,
    certificates,
    clear,
    loose,
    write_loose,
)


def assert_authentic(place: Place, where: Path) -> None:
    result = place.verify("-C", where)
    assert result.code == 0, result.out + result.err
    assert not result.err


# --- layouts that work ---


def test_bare(place: Place) -> None:
    assert_authentic(place, place.repository)
    assert_authentic(place, place.repository / "objects")


def test_packed(place: Place) -> None:
    place.box.git("-C", place.repository, "repack", "-adq")
    place.box.git("-C", place.repository, "pack-refs", "--all")
    assert not list((place.repository / "objects").glob("[0-9a-f][0-9a-f]"))
    assert_authentic(place, place.repository)


def test_work_tree_and_folder_below(place: Place) -> None:
    tree = place.box.folder / "tree"
    place.box.git("clone", "-q", place.repository, tree)
    assert_authentic(place, tree)
    assert_authentic(place, tree / "pkgs")
    assert_authentic(place, tree / ".git")


def test_from_the_current_directory(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = place.box.folder / "tree"
    place.box.git("clone", "-q", place.repository, tree)
    monkeypatch.chdir(tree / "pkgs")
    assert place.box.run("verify", *place.introduction).code == 0


def test_linked_worktree(place: Place) -> None:
    linked = place.box.folder / "linked"
    place.box.git("-C", place.repository, "worktree", "add", "-q", "--detach", linked, "main~1")
    assert (linked / ".git").is_file()
    assert_authentic(place, linked)
    result = place.verify("-C", linked, "--format", "json")
    assert place.commits[-2].hex() in result.out, "HEAD is the worktree's own"


def test_linked_worktree_of_a_shallow_repository(place: Place) -> None:
    """The shallow file is the main repository's."""
    tree = place.box.folder / "tree"
    place.box.git("clone", "-q", "--depth", "3", f"file://{place.repository}", tree)
    linked = place.box.folder / "linked"
    place.box.git("-C", tree, "worktree", "add", "-q", "--detach", linked)
    result = place.verify("-C", linked)
    assert result.code == 3
    assert "shallow-history" in result.out


def test_submodule(place: Place) -> None:
    outer = place.box.folder / "outer"
    place.box.git("init", "-q", outer)
    allow = ("-c", "protocol.file.allow=always", "-C", outer)
    place.box.git(*allow, "submodule", "--quiet", "add", place.repository, "inner")
    assert (outer / "inner/.git").is_file()
    assert_authentic(place, outer / "inner")


def test_git_file(place: Place) -> None:
    folder = place.box.folder / "elsewhere"
    folder.mkdir()
    (folder / ".git").write_text("gitdir: ../repository.git\n")
    assert_authentic(place, folder)


@pytest.mark.parametrize("content", ["", "gitdir: ../missing\n", "garbage", "gitdir:"])
def test_broken_git_file(place: Place, content: str) -> None:
    folder = place.box.folder / "elsewhere"
    folder.mkdir()
    (folder / ".git").write_text(content)
    result = place.verify("-C", folder)
    assert result.code in {2, 3}
    assert clear(result.err), result.err


def test_alternates(place: Place) -> None:
    borrower = place.box.folder / "borrower"
    place.box.git("clone", "-q", "--bare", "--shared", place.repository, borrower)
    assert not list((borrower / "objects").glob("[0-9a-f][0-9a-f]"))
    assert_authentic(place, borrower)
    place.repository.rename(place.box.folder / "gone.git")
    result = place.verify("-C", borrower)
    assert result.code in {2, 3}
    assert clear(result.err + result.out)


def test_symbolic_link_to_a_repository(place: Place) -> None:
    (place.box.folder / "link").symlink_to(place.repository)
    assert_authentic(place, place.box.folder / "link")


def test_replace_refs_and_grafts_are_ignored(place: Place) -> None:
    evil = place.maker.commit(place.commits[-2], signer="mallory")
    write_loose(place.repository, evil, *place.maker.objects[evil])
    for oid, (kind, content) in place.maker.objects.items():
        write_loose(place.repository, oid, kind, content)
    git = ("-C", place.repository)
    plain = place.verify("--format", "json", "--no-cache").out
    place.box.git(*git, "replace", place.commits[-1].hex(), evil.hex())
    (place.repository / "info").mkdir(exist_ok=True)
    grafts = f"{place.commits[-1].hex()} {evil.hex()}\n{place.commits[2].hex()}\n"
    (place.repository / "info/grafts").write_text(grafts)
    assert place.verify("--format", "json", "--no-cache").out == plain
    result = place.verify(evil.hex())
    assert result.code == 1


def test_a_lying_commit_graph_is_ignored(place: Place) -> None:
    place.box.git("-C", place.repository, "commit-graph", "write", "--reachable")
    assert_authentic(place, place.repository)
    graph = place.repository / "objects/info/commit-graph"
    graph.chmod(0o600)
    graph.write_bytes(graph.read_bytes()[:-40] + bytes(40))
    assert_authentic(place, place.repository)


def test_a_shallow_file_cannot_cut_what_was_signed(place: Place) -> None:
    """A shallow file only excuses what is missing; parents are those of the object."""
    (place.repository / "shallow").write_text(place.commits[-1].hex() + "\n")
    assert_authentic(place, place.repository)


def test_a_damaged_shallow_file(place: Place) -> None:
    (place.repository / "shallow").write_bytes(b"\xff\xfe not an id\n")
    result = place.verify()
    assert result.code == 3
    assert clear(result.err + result.out)


# --- empty ---


@pytest.mark.parametrize("bare", [True, False])
def test_empty_repository(place: Place, bare: bool) -> None:
    empty = place.box.folder / "empty"
    place.box.git("init", "-q", *(["--bare"] if bare else []), empty)
    result = place.verify("-C", empty)
    assert result.code == 2
    assert clear(result.err)
    assert "HEAD names no commit yet" in result.err
    result = place.verify(place.commits[0].hex(), "-C", empty)
    assert result.code == 3
    assert clear(result.out)
    for command in (["lint"], ["lint", "HEAD"], ["explain", *place.introduction]):
        result = place.box.run(*command, "-C", empty)
        assert result.code == 2
        assert clear(result.err), result.err


# --- what is not read ---


def configure(repository: Path, text: str) -> None:
    (repository / "config").write_text(text)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("sha256", "repositoryformatversion = 1\n[extensions]\n objectformat = sha256\n"),
        ("reftable", "repositoryformatversion = 1\n[extensions]\n refstorage = reftable\n"),
        ("unknown", "repositoryformatversion = 1\n[extensions]\n frobnicate = true\n"),
        ("version", "repositoryformatversion = 99\n"),
        ("compat", "repositoryformatversion = 1\n[extensions]\n compatobjectformat = sha256\n"),
    ],
)
def test_unsupported(place: Place, name: str, config: str) -> None:
    configure(place.repository, f"[core]\n bare = true\n {config}")
    result = place.verify()
    assert result.code == 3, result.out + result.err
    assert "(unsupported-repository)" in result.err
    assert clear(result.err)
    assert not result.out


def test_a_real_sha256_repository(place: Place) -> None:
    other = place.box.folder / "sha256"
    place.box.git("init", "-q", "--object-format=sha256", other)
    place.box.git("-C", other, "commit", "-q", "--allow-empty", "-m", "x")
    result = place.verify("-C", other)
    assert result.code == 3
    assert "(unsupported-repository)" in result.err
    assert "SHA-1" in result.err


@pytest.mark.parametrize(
    "config", ["repositoryformatversion = 1\n[extensions]\n noop = 1\n partialclone = origin\n"]
)
def test_known_extensions_are_read(place: Place, config: str) -> None:
    configure(place.repository, f"[core]\n bare = true\n {config}")
    assert_authentic(place, place.repository)


@pytest.mark.parametrize("content", [b"[core\n", b"\xff\xfe\0\0", b"[core]\n bare = perhaps\n"])
def test_damaged_configuration(place: Place, content: bytes) -> None:
    (place.repository / "config").write_bytes(content)
    result = place.verify()
    assert result.code in {0, 3}
    if result.code == 3:
        assert "(unsupported-repository)" in result.err
        assert clear(result.err)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
class TestOfAnotherOwner:
    @pytest.fixture
    def others(self, place: Place) -> Path:
        place.box.folder.chmod(0o755)
        for path in [place.repository, *place.repository.rglob("*")]:
            os.chown(path, 65534, 65534)
        return place.repository

    def test_is_refused_with_what_helps(self, place: Place, others: Path) -> None:
        result = place.box.process(*place.arguments("-C", others))
        assert result.code == 3, result.out
        assert "(unsupported-repository)" in result.err
        assert "safe.directory" in result.err
        assert "belongs to another user" in result.err
        assert clear(result.err)
        assert not result.out

    def test_safe_directory_helps(self, place: Place, others: Path) -> None:
        place.box.git("config", "--global", "--add", "safe.directory", others)
        result = place.box.process(*place.arguments("-C", others))
        assert result.code == 0, result.err

    def test_in_ci_a_star_helps(self, place: Place, others: Path) -> None:
        place.box.git("config", "--global", "--add", "safe.directory", "*")
        assert place.box.process(*place.arguments("-C", others)).code == 0

    def test_the_check_stays_on_in_this_process(self, place: Place, others: Path) -> None:
        assert place.verify("-C", others).code == 3


# --- shallow and partial clones ---


def origin_of(place: Place) -> str:
    place.box.git("-C", place.repository, "config", "uploadpack.allowFilter", "true")
    place.box.git("-C", place.repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    return f"file://{place.repository}"


def files_of(repository: Path) -> list[str]:
    return sorted(str(p.relative_to(repository)) for p in repository.rglob("*") if p.is_file())


@pytest.mark.parametrize(("depth", "code"), [(1, 3), (4, 3), (5, 0), (6, 0)])
def test_shallow_clone(place: Place, depth: int, code: int) -> None:
    clone = place.box.folder / "clone"
    git = ("clone", "-q", "--bare", "--depth", depth, "--no-single-branch", origin_of(place))
    place.box.git(*git, clone)
    assert depth > 4 or (clone / "shallow").exists()
    result = place.verify("-C", clone)
    assert result.code == code, result.out + result.err
    if code:
        assert "(shallow-history)" in result.out
        assert "git fetch --unshallow" in result.out
        assert clear(result.out)


def test_a_side_branch_that_ends_at_the_boundary(place: Place) -> None:
    """The introduction is there; what is missing lies behind a branch from before it."""
    maker = place.maker
    root = maker.commit(signer=None)
    old = maker.commit(maker.commit(signer=None), signer="alice")
    start = maker.commit(root, signer="alice")
    side = maker.commit(old, signer="alice")
    merge = maker.commit(start, side, signer="alice")
    whole = maker.write(place.box.folder / "whole.git", {"refs/heads/main": merge})
    keys = place.box.folder / "all.key"
    keys.write_bytes(b"".join(certificates("alice", "bob").values()))
    asked = Place(place.box, maker, [start], whole)
    git = ("clone", "-q", "--bare", "--depth", 2, f"file://{whole}", place.box.folder / "clone")
    refused = asked.verify("--keyring", keys, "--no-cache")
    assert refused.code == 1, "the whole history shows that the branch is nobody's"
    place.box.git(*git)
    result = asked.verify("--keyring", keys, "-C", place.box.folder / "clone", "--no-cache")
    assert result.code == 3, "and the cut one cannot show it"
    assert "(shallow-history)" in result.out


@pytest.mark.parametrize("filter_", ["blob:none", "tree:0"])
def test_partial_clone_fetches_nothing(place: Place, filter_: str) -> None:
    clone = place.box.folder / "clone"
    place.box.git("clone", "-q", "--bare", f"--filter={filter_}", origin_of(place), clone)
    before = files_of(clone)
    result = place.verify("-C", clone)
    assert result.code == 3, result.out
    assert "(missing-object)" in result.out or "(unreadable-keyring)" in result.out
    assert "git fetch --refetch --no-filter" in result.out
    assert clear(result.out)
    assert files_of(clone) == before


def test_partial_clone_that_has_what_is_needed(place: Place) -> None:
    """A checkout of each commit fetched its blobs; whatever else is promised is not asked for."""
    clone = place.box.folder / "clone"
    place.box.git("clone", "-q", "--bare", "--filter=blob:none", origin_of(place), clone)
    for commit in place.commits:
        place.box.git("-C", clone, "cat-file", "blob", f"{commit.hex()}:.authorizations")
    keyring = place.box.git("-C", clone, "ls-tree", "--name-only", "keyring").split()
    for name in keyring:
        place.box.git("-C", clone, "cat-file", "-t", f"keyring:{name}")
    before = files_of(clone)
    blob = place.box.git("-C", clone, "rev-list", "--objects", "--missing=print", "--all")
    assert "?" in blob, "something is still only promised"
    result = place.verify("-C", clone)
    assert result.code == 0, result.out
    assert files_of(clone) == before


def test_the_hint_for_a_partial_clone_works(place: Place) -> None:
    clone = place.box.folder / "clone"
    place.box.git("clone", "-q", "--bare", "--filter=blob:none", origin_of(place), clone)
    assert place.verify("-C", clone).code == 3
    place.box.git("-C", clone, "fetch", "-q", "--refetch", "--no-filter", check=False)
    place.box.git(
        "-C", clone, "fetch", "-q", "--refetch", "--no-filter", "origin", "main", "keyring"
    )
    assert place.verify("-C", clone).code == 0


# --- missing and corrupt objects ---


def objects_of(place: Place, commit: bytes) -> dict[str, bytes]:
    """Return the ids of a commit, of its tree and of the authorizations in it."""
    tree = bytes.fromhex(place.maker.objects[commit][1][5:45].decode())
    content = place.maker.objects[tree][1]
    at = content.index(b".authorizations\0") + 16
    return {"commit": commit, "tree": tree, "blob": content[at : at + 20]}


@pytest.mark.parametrize("kind", ["commit", "tree", "blob"])
@pytest.mark.parametrize("which", [0, 2])
def test_missing_object(place: Place, kind: str, which: int) -> None:
    loose(place.repository, objects_of(place, place.commits[which])[kind]).unlink()
    result = place.verify()
    assert result.code == 3, result.out + result.err
    assert "(missing-object)" in result.out
    assert "next: " in result.out
    assert clear(result.out)


@pytest.mark.parametrize("kind", ["commit", "tree"])
def test_missing_target(place: Place, kind: str) -> None:
    loose(place.repository, objects_of(place, place.commits[-1])[kind]).unlink()
    result = place.verify()
    assert result.code in {2, 3}
    assert clear(result.out + result.err)


@pytest.mark.parametrize("kind", ["commit", "tree", "target"])
def test_an_object_that_is_cut_off_does_not_hang(place: Place, kind: str) -> None:
    """libgit2 1.9 reads a loose file for ever when five bytes or more are gone from its end."""
    commit = place.commits[-1 if kind == "target" else 2]
    path = loose(place.repository, objects_of(place, commit).get(kind, commit))
    path.write_bytes(path.read_bytes()[:-9])
    with subprocess.Popen(
        place.box.command(*place.arguments()),
        env=place.box.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            out, _ = process.communicate(timeout=8)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail("it hangs")
    assert process.returncode in {2, 3}, out
    assert b"corrupt-object" in out or kind == "target"


DAMAGE = ["other", "kind", "truncated", "empty", "garbage", "trailing", "length", "directory"]


def damage(place: Place, oid: bytes, how: str) -> None:
    path = loose(place.repository, oid)
    kind, content = place.maker.objects[oid]
    path.chmod(0o600)
    if how == "other":
        write_loose(place.repository, oid, kind, content + b"\n")
    elif how == "kind":
        write_loose(place.repository, oid, "tag", content)
    elif how == "truncated":
        path.write_bytes(path.read_bytes()[:-3])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "garbage":
        path.write_bytes(b"\x78\x01" + b"\xa5" * 50)
    elif how == "trailing":
        path.write_bytes(path.read_bytes() + b"trailing")
    elif how == "length":
        path.write_bytes(zlib.compress(f"{kind} {len(content) + 5}\0".encode() + content))
    else:
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("kind", ["commit", "tree", "blob"])
def test_corrupt_object(place: Place, kind: str, how: str) -> None:
    damage(place, objects_of(place, place.commits[2])[kind], how)
    result = place.verify()
    if how == "trailing" and result.code == 0:
        return  # the content that was read is whole
    assert result.code == 3, result.out + result.err
    wanted = "(corrupt-object)", "(missing-object)"
    assert any(word in result.out for word in wanted), result.out
    assert clear(result.out)
    if how in {"other", "kind"}:
        assert "(corrupt-object)" in result.out


@pytest.mark.parametrize("how", DAMAGE)
def test_corrupt_target(place: Place, how: str) -> None:
    damage(place, place.commits[-1], how)
    result = place.verify()
    assert result.code in {0, 2, 3} if how == "trailing" else result.code in {2, 3}
    assert clear(result.out + result.err) or result.code == 0


def test_what_was_found_stays_when_an_object_is_lost(place: Place) -> None:
    """An error in the middle keeps what was verified before it."""
    path = loose(place.repository, objects_of(place, place.commits[3])["tree"])
    kept = path.read_bytes()
    path.unlink()
    assert place.verify().code == 3
    path.write_bytes(kept)
    again = place.verify("--format", "json")
    assert again.code == 0
    assert '"verified": 2' in again.out


@pytest.mark.parametrize("suffix", [".pack", ".idx"])
def test_flipped_bytes_of_a_pack(place: Place, suffix: str) -> None:
    """No damage makes a traceback or a forgery; each copy stands elsewhere, as libgit2 maps it."""
    place.box.git("-C", place.repository, "repack", "-adq")
    name = next((place.repository / "objects/pack").glob(f"*{suffix}")).name
    good = (place.repository / "objects/pack" / name).read_bytes()
    codes = []
    for position in range(8, len(good), len(good) // 30):
        copy = place.box.folder / f"copy-{position}"
        shutil.copytree(place.repository, copy)
        file = copy / "objects/pack" / name
        file.chmod(stat.S_IRUSR | stat.S_IWUSR)
        spoilt = bytearray(good)
        spoilt[position] ^= 0x55
        file.write_bytes(spoilt)
        result = place.verify("-C", copy, "--no-cache")
        codes.append(result.code)
        message = result.out + result.err
        if result.code == 1:  # a damaged key file is a key that is missing, and it is said
            assert "(missing-key)" in message, message
            assert "(unreadable-key-file)" in message, message
        else:
            assert result.code in {0, 3}, message
            assert result.code == 0 or clear(message), message
    assert 3 in codes


def test_lint_and_explain_of_damaged_objects(place: Place) -> None:
    for how in ("other", "garbage", "missing"):
        for kind in ("commit", "tree", "blob"):
            copy = place.box.folder / f"{how}-{kind}.git"
            shutil.copytree(place.repository, copy)
            other = Place(place.box, place.maker, place.commits, copy)
            oid = objects_of(place, place.commits[-1])[kind]
            if how == "missing":
                loose(copy, oid).unlink()
            else:
                damage(other, oid, how)
            for command in (["lint", "main"], ["explain", "main", *place.introduction]):
                result = place.box.run(*command, "-C", copy)
                assert result.code in {2, 3}, (how, kind, command, result.out)
                if kind != "commit":
                    assert result.code == 3, (how, kind, command, result.err)
                assert "Traceback" not in result.err


# --- histories that are odd ---


def test_odd_commits(box: Sandbox) -> None:
    maker = Maker()
    one = maker.commit()
    odd = [
        {"message": b"x" * 1_000_000 + b"\n"},
        {"message": (b"y" * 70 + b"\n") * 15_000},
        {"message": b"subject\0with a NUL\0\n"},
        {"message": b""},
        {"message": b"\n\n\n"},
        {"message": b"no newline"},
        {"message": b"caf\xe9\n", "extra": [b"encoding ISO-8859-1"]},
        {"message": b"\xff\xfe\xc3\x28\xed\xa0\x80\n"},
        {"message": b"x\n", "extra": [b"encoding no-such-thing"]},
        {"message": b"\x1b[2J\x1b]0;title\x07\r\x9b31m\n"},
        {"author": b"\xff\xfe <\xff>"},
        {"author": b"A" * 100_000 + b" <a@b>"},
        {"author": b"<<<<>>>> <>"},
        {"author": b""},
        {"extra": [b"HG:extra x", b"mergetag object 0\n type commit\n \n text"]},
    ]
    tip = one
    made = []
    for fields in odd:
        tip = maker.commit(tip, **fields)  # type: ignore[arg-type]
        made.append(tip)
    place = Place(box, maker, [one], maker.write(box.folder / "r.git", {"refs/heads/main": tip}))
    keys = box.folder / "alice.key"
    keys.write_bytes(certificates("alice", "bob")["alice.key"])
    result = place.verify("--keyring", keys, "--stats", "--format", "json")
    assert result.code == 0, result.out
    assert f'"trusted": {len(odd)}' in result.out
    for commit in made:
        asked = place.verify(commit.hex(), "--keyring", keys)
        assert asked.code == 0, asked.out + asked.err
        assert "\x1b" not in asked.out
        assert len(asked.out) < 3000
    explained = box.run("explain", "-C", place.repository, *place.introduction, "--keyring", keys)
    assert explained.code == 0


def test_nul_in_a_header_of_a_signed_commit_is_refused(place: Place) -> None:
    maker = place.maker
    evil = maker.commit(place.commits[-1], signer="alice", extra=[b"x-note a\0b"])
    maker.write(place.box.folder / "other.git", {"refs/heads/main": evil})
    keys = place.box.folder / "alice.key"
    keys.write_bytes(b"".join(certificates("alice", "bob").values()))
    result = place.verify("-C", place.box.folder / "other.git", "--keyring", keys)
    assert result.code == 1
    assert "malformed-signature" in result.out


def test_five_hundred_parents(box: Sandbox) -> None:
    maker = Maker()
    one = maker.commit(history="trusted-path")
    sides = [
        maker.commit(one, signer="bob" if n % 2 else "alice", history="trusted-path")
        for n in range(500)
    ]
    merge = maker.commit(*sides, signer="alice", history="trusted-path")
    place = Place(box, maker, [one], maker.write(box.folder / "r.git", {"refs/heads/main": merge}))
    keys = box.folder / "keys.key"
    keys.write_bytes(b"".join(certificates("alice", "bob").values()))
    cold = place.verify("--keyring", keys, "--stats", "--format", "json")
    assert cold.code == 0, cold.out
    assert '"trusted": 501' in cold.out
    warm = place.verify("--keyring", keys, "--stats", "--format", "json")
    assert warm.out == cold.out.replace('"verified": 501', '"verified": 0')
