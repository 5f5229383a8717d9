"""A repository's own configuration, shared with git: one file, under git's lock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nixauth.errors import UnsupportedRepositoryError, UnwritableConfigError, UsageError
from nixauth.history.config import LocalConfig, branch_of
from nixauth.history.repository import Repository
from nixauth.model import Fingerprint, Introduction, ObjectId
from nixauth.trust import Trust, forget, record, recorded
from tests.differential.repository import Git

INTRODUCTION = Introduction(
    ObjectId(b"\xab" * 20), Fingerprint("0123456789ABCDEF" * 2 + "01234567")
)
ODD = ["main", "a.b", 'q"u\\o]#;', "Ünïcode/x y", "UP", "nixauth", "x.introductionCommit", "-x"]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    git = Git(tmp_path / "repository", {})
    git.run("commit", "-q", "--allow-empty", "-m", "x")
    return git


def config(folder: Path) -> LocalConfig:
    return LocalConfig(Repository.open(folder))


def test_repository_of_its_own(git: Git) -> None:
    assert config(git.folder).path == git.folder / ".git" / "config"
    assert config(git.folder).settings() == []


@pytest.mark.parametrize("branch", ["", *ODD])
def test_git_reads_what_we_write(git: Git, branch: str) -> None:
    trust = Trust(
        INTRODUCTION,
        branch,
        keyring=("refs/heads/keyring", '/a b/"ü";#\\', "/two\nlines"),
        historical=Path("/h"),
        historical_sha1=True,
        require_every_commit=True,
    )
    record(config(git.folder), trust)
    record(config(git.folder), trust)
    prefix = f"nixauth.{branch}." if branch else "nixauth."

    def get(key: str, *options: str) -> list[str]:
        words = ["config", "--local", "-z", *options, "--get-all", f"{prefix}{key}"]
        return git.run(*words).out.decode().split("\0")[:-1]

    assert get("introductionCommit") == [INTRODUCTION.commit.hex()]
    assert get("introductionSigner") == [INTRODUCTION.signer]
    assert get("keyring") == list(trust.keyring)
    assert get("historicalSha1", "--type=bool") == ["true"]
    assert get("require") == ["every-commit"]
    assert recorded(config(git.folder), branch) == trust
    assert forget(config(git.folder), branch)
    assert b"nixauth" not in git.run("config", "--local", "--list").out


@pytest.mark.parametrize("branch", ["", *ODD])
def test_we_read_what_git_writes(git: Git, branch: str) -> None:
    prefix = f"nixauth.{branch}." if branch else "nixauth."
    sources = ("refs/heads/keyring", '/a b #;"\\', "/two\nlines ")
    git.run("config", f"{prefix}introductionCommit", INTRODUCTION.commit.hex().upper())
    git.run("config", f"{prefix}introductionSigner", INTRODUCTION.signer.lower())
    for source in sources:
        git.run("config", "--add", f"{prefix}keyring", source)
    git.run("config", f"{prefix}authorizationsFile", "who/signs")
    trust = Trust(INTRODUCTION, branch, sources, "who/signs")
    assert recorded(config(git.folder), branch) == trust


def test_comments_and_other_sections_stay(git: Git) -> None:
    path = git.folder / ".git" / "config"
    before = path.read_bytes() + b"# mine\n[alias] ; tail\n\tx = status # why\n\n"
    path.write_bytes(before)
    path.chmod(0o640)
    record(config(git.folder), Trust(INTRODUCTION))
    assert path.read_bytes().startswith(before)
    assert path.stat().st_mode & 0o777 == 0o640
    forget(config(git.folder), "")
    assert path.read_bytes() == before


def test_linked_worktree_shares_the_record(git: Git, tmp_path: Path) -> None:
    git.run("worktree", "add", "-q", "-b", "other", tmp_path / "linked")
    linked = tmp_path / "linked"
    record(config(linked), Trust(INTRODUCTION, "other"))
    assert recorded(config(git.folder), "other") == Trust(INTRODUCTION, "other")
    assert git.run("config", "--local", "nixauth.other.introductionCommit").out
    assert branch_of(Repository.open(linked), "HEAD") == "other"
    assert branch_of(Repository.open(git.folder), "HEAD") == "main"


def test_bare_repository(git: Git, tmp_path: Path) -> None:
    git.run("clone", "-q", "--bare", git.folder, tmp_path / "bare")
    record(config(tmp_path / "bare"), Trust(INTRODUCTION))
    assert recorded(config(tmp_path / "bare"), None) == Trust(INTRODUCTION)
    assert (tmp_path / "bare" / "config").read_text().count("[nixauth") == 1


def test_configuration_behind_a_link_stays_there(git: Git, tmp_path: Path) -> None:
    path = git.folder / ".git" / "config"
    path.rename(tmp_path / "real")
    path.symlink_to(tmp_path / "real")
    record(config(git.folder), Trust(INTRODUCTION))
    assert path.is_symlink()
    assert "nixauth" in (tmp_path / "real").read_text()


def test_other_levels_and_included_files_do_not_count(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    text = f"[nixauth]\n\tintroductionCommit = {'cd' * 20}\n\trequire = nonsense\n"
    other.write_text(text)
    (git.folder / "in-the-tree").write_text(text)
    git.run("config", "include.path", "../in-the-tree")
    git.run("config", "extensions.worktreeConfig", "true")
    (git.folder / ".git" / "config.worktree").write_text(text)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG"):
        monkeypatch.setenv(name, str(other))
    assert git.run("config", "--includes", "nixauth.introductionCommit").out
    assert config(git.folder).settings() == []
    record(config(git.folder), Trust(INTRODUCTION))
    assert recorded(config(git.folder), None) == Trust(INTRODUCTION)


def test_malformed_file(git: Git) -> None:
    opened = config(git.folder)
    path = git.folder / ".git" / "config"
    path.write_bytes(path.read_bytes() + b'[nixauth]\n\trequire = "x\n')
    before = path.read_bytes()
    with pytest.raises(UsageError, match="malformed: line"):
        opened.settings()
    with pytest.raises(UsageError, match="malformed: line"):
        opened.replace(None, [("require", "every-commit")])
    assert path.read_bytes() == before
    assert not path.with_name("config.lock").exists()


def test_locked_file_is_left_to_whoever_locked_it(git: Git) -> None:
    lock = git.folder / ".git" / "config.lock"
    lock.write_text("somebody's")
    before = (git.folder / ".git" / "config").read_bytes()
    with pytest.raises(UnwritableConfigError, match="locked"):
        record(config(git.folder), Trust(INTRODUCTION))
    assert lock.read_text() == "somebody's"
    assert (git.folder / ".git" / "config").read_bytes() == before


def test_what_cannot_be_written_leaves_no_lock(git: Git) -> None:
    with pytest.raises(UnwritableConfigError, match="left as it is"):
        config(git.folder).replace("two\nlines", [("require", "every-commit")])
    assert not (git.folder / ".git" / "config.lock").exists()


def test_failure_while_writing_leaves_file_and_no_lock(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = (git.folder / ".git" / "config").read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnwritableConfigError, match="No space left"):
        record(config(git.folder), Trust(INTRODUCTION))
    assert (git.folder / ".git" / "config").read_bytes() == before
    assert not (git.folder / ".git" / "config.lock").exists()


def test_interrupt_while_writing_leaves_file_and_no_lock(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        record(config(git.folder), Trust(INTRODUCTION))
    assert config(git.folder).settings() == []
    assert not (git.folder / ".git" / "config.lock").exists()


def test_a_file_that_cannot_be_read_is_not_an_empty_one(git: Git) -> None:
    opened = config(git.folder)
    opened.path.unlink()
    opened.path.mkdir()
    with pytest.raises(UnsupportedRepositoryError, match="cannot be read"):
        opened.settings()


# --- which branch is meant ---


@pytest.fixture
def followed(git: Git, tmp_path: Path) -> Repository:
    """Make a clone with branches, tags and remotes of every kind of name."""
    git.run("branch", "release/1.0")
    folder = tmp_path / "clone"
    git.run("clone", "-q", git.folder, folder)
    clone = ["-C", folder]
    git.run(*clone, "remote", "rename", "origin", "team/a")
    git.run(*clone, "remote", "add", "-f", "origin", git.folder)
    git.run(*clone, "update-ref", "refs/remotes/team/b/x", "main")
    git.run(*clone, "config", "remote.team.url", git.folder)
    git.run(*clone, "remote", "set-head", "origin", "main")
    git.run(*clone, "branch", "topic", "main")
    git.run(*clone, "tag", "topic", "main")  # of the same commit: it must not hide the branch
    git.run(*clone, "tag", "v1", "main")
    git.run(*clone, "update-ref", "refs/remotes/gone/x/y", "main")
    return Repository.open(folder)


@pytest.mark.parametrize(
    ("revision", "branch"),
    [
        ("HEAD", "main"),
        ("@", "main"),
        ("main", "main"),
        ("heads/main", "main"),
        ("refs/heads/main", "main"),
        ("topic", "topic"),
        ("origin/main", "main"),
        ("remotes/origin/main", "main"),
        ("refs/remotes/origin/release/1.0", "release/1.0"),
        ("origin/HEAD", "main"),
        ("origin", "main"),
        ("team/a/release/1.0", "release/1.0"),
        ("team/b/x", "b/x"),  # there is a remote of that name, too
        ("gone/x/y", "x/y"),
        ("refs/tags/topic", None),
        ("v1", None),
        ("main~0", None),
        ("main^{commit}", None),
        ("nowhere", None),
        ("", None),
        ("..", None),
        ("a b\x1b\udcff", None),
        ("release/1.0", None),
    ],
)
def test_branch_of(followed: Repository, revision: str, branch: str | None) -> None:
    assert branch_of(followed, revision) == branch


def test_ids_and_detached_heads_are_no_branch(git: Git) -> None:
    commit = git.run("rev-parse", "HEAD").out.decode().strip()
    git.run("branch", commit[:12])
    git.run("update-ref", f"refs/heads/{commit}", commit)
    repository = Repository.open(git.folder)
    assert branch_of(repository, commit) is None
    git.run("checkout", "-q", "--detach")
    assert branch_of(repository, "HEAD") is None
