"""The right repository is asked about, from wherever and with whatever in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from nixauth.hooks.scripts import Hook
from tests.hooks.world import KEYRING, MAIN, TRACKING, UNCHECKED, World


@pytest.fixture
def linked(world: World) -> Path:
    """A linked worktree, on a branch of its own."""
    world.git("worktree", "add", "-q", "-b", "topic", "../linked", at=world.place)
    return world.folder / "linked"


# --- worktrees ---


def test_a_fetch_in_a_linked_worktree(world: World, linked: Path) -> None:
    world.publish({MAIN: world.commit(world.c, signer=None)})
    before, record = world.refs(), world.record()
    done = world.try_git("fetch", at=linked)
    assert done.code != 0
    assert "(unsigned)" in done.err
    assert (world.refs(), world.record()) == (before, record)
    d = world.commit(world.c)
    world.publish({MAIN: d})
    world.git("fetch", "-q", at=linked)
    assert world.accepted()[TRACKING] == d.hex()
    assert not list(world.place.rglob("worktrees/*/nixauth")), "one record for all worktrees"
    world.publish({MAIN: world.c})
    world.refused("not-descendant", "fetch")


def test_the_followed_branch_in_a_linked_worktree(world: World, linked: Path) -> None:
    world.git("switch", "-q", "--detach", at=world.place)
    world.git("switch", "-q", "main", at=linked)
    for evil, reason in ((world.commit(world.c, signer=None), "unsigned"), (world.b, "not-desc")):
        world.write(world.place)
        done = world.try_git("reset", "-q", "--hard", evil.hex(), at=linked)
        assert done.code != 0
        assert f"({reason}" in done.err
        assert world.at(MAIN) == world.c
        world.git("reset", "-q", "--hard", at=linked)
    world.sign_as("bob")
    mine = world.own_commit("mine", at=linked)
    assert world.accepted()[MAIN] == mine.hex()
    world.git("push", "-q", "origin", "main", at=linked)
    assert world.at(MAIN, world.server) == mine


def test_installed_from_a_linked_worktree(bare_world: World) -> None:
    world = bare_world
    world.clone()
    world.git("worktree", "add", "-q", "-b", "topic", "../linked", at=world.place)
    world.nixauth("hook", "install", "-C", world.folder / "linked")
    assert (world.place / ".git/hooks/reference-transaction").exists()
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.refused("unsigned", "fetch")
    world.nixauth("hook", "status", "-C", world.folder / "linked")
    world.nixauth("hook", "uninstall", "-C", world.folder / "linked")
    assert not (world.place / ".git/hooks/reference-transaction").exists()


def test_settings_of_one_worktree_alone_do_not_count(world: World, linked: Path) -> None:
    """What is followed is one thing for all that share the refs."""
    world.git("config", "extensions.worktreeConfig", "true", at=world.place)
    world.git("config", "--worktree", "nixauth-hook.follow", "refs/heads/no", at=linked)
    world.publish({MAIN: world.commit(world.c, signer=None)})
    done = world.try_git("fetch", at=linked)
    assert done.code != 0, done.err
    assert world.at(TRACKING) == world.c


def test_a_repository_apart_from_its_work_tree(bare_world: World) -> None:
    world = bare_world
    world.clone("clone", f"--separate-git-dir={world.folder}/apart")
    world.nixauth("hook", "install", "-C", world.place)
    world.publish({MAIN: world.commit(world.c, signer=None)})
    done = world.try_git("fetch", at=world.place)
    assert "(unsigned)" in done.err
    assert world.at(TRACKING) == world.c


def test_a_repository_apart_from_its_work_tree_inside_another(bare_world: World) -> None:
    """The hooks of the one that was named are put in place, not those of the one around it."""
    world = bare_world
    around = world.folder / "around"
    world.git("init", "-q", around)
    world.clone("clone", f"--separate-git-dir={around}/apart")
    world.nixauth("hook", "install", "-C", world.place)
    assert (around / "apart/hooks/reference-transaction").exists()
    assert not (around / ".git/hooks/reference-transaction").exists()


def test_a_submodule(world: World) -> None:
    """Its hooks are its own; those of the repository around it do not look at it."""
    world.git("clone", "-q", "--bare", world.url, "inner.git")
    allow = ("-c", "protocol.file.allow=always")
    url = f"file://{world.folder}/inner.git"
    world.git("switch", "-q", "-c", "topic", at=world.place)
    world.git(*allow, "submodule", "--quiet", "add", url, "inner", at=world.place)
    inner = world.place / "inner"
    world.nixauth("trust", *world.introduction, "-C", inner)
    world.nixauth("hook", "install", "-C", inner)
    evil = world.commit(world.c, signer=None)
    world.publish({MAIN: evil}, world.folder / "inner.git")
    done = world.try_git("fetch", at=inner)
    assert "(unsigned)" in done.err
    assert world.at(TRACKING, inner) == world.c


# --- where git is run ---


@pytest.mark.parametrize("way", ["below", "outside", "--git-dir", "GIT_DIR", "in .git"])
def test_from_another_directory(world: World, way: str) -> None:
    world.publish({MAIN: world.commit(world.c, signer=None)})
    git = world.place / ".git"
    where = {"below": world.place / "pkgs", "in .git": git}.get(way, world.folder)
    options = {"outside": ("-C", world.place), "--git-dir": (f"--git-dir={git}",)}.get(way, ())
    environment = {"GIT_DIR": str(git)} if way == "GIT_DIR" else {}
    done = world.try_git(*options, "fetch", at=where, **environment)
    assert done.code != 0
    assert "(unsigned)" in done.err
    assert world.at(TRACKING) == world.c
    d = world.commit(world.c)
    world.publish({MAIN: d})
    world.git(*options, "fetch", "-q", at=where, **environment)
    assert world.at(TRACKING) == d


ENVIRONMENTS = {
    "GIT_WORK_TREE": "{other}",
    "GIT_INDEX_FILE": "{other}/index",
    "GIT_CONFIG": "{other}/.git/config",
    "GIT_CONFIG_GLOBAL": "{other}/.git/config",
    "GIT_CEILING_DIRECTORIES": "{clone}:{folder}",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{other}/.git/objects",
    "GIT_SHALLOW_FILE": "{other}/none",
    "GIT_PREFIX": "nowhere/",
    "GIT_REPLACE_REF_BASE": "refs/heads/",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_DEFAULT_HASH": "sha256",
    "CDPATH": "{other}:{folder}",
    "IFS": "/:ow",
    "ENV": "{other}/env",
    "BASH_ENV": "{other}/env",
    "PYTHONSAFEPATH": "",
    "input": "something else",
    "found": "nixauth-hook.none x",
    "GIT_TRACE_SETUP": "0",
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_variable_leads_nowhere_else(world: World, name: str) -> None:
    """`other` is a clone where nothing is followed."""
    other = world.folder / "other"
    world.git("clone", "-q", world.url, other)
    (other / "env").write_text("exit 0\n")
    value = ENVIRONMENTS[name].format(other=other, clone=world.place, folder=world.folder)
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.refused("unsigned", "fetch", **{name: value})
    world.publish({MAIN: world.b})
    world.refused("not-descendant", "fetch", **{name: value})
    d = world.commit(world.c)
    world.publish({MAIN: d})
    world.git("fetch", "-q", at=world.place, **{name: value})
    assert world.accepted()[TRACKING] == d.hex()


def test_git_s_namespaces(world: World) -> None:
    """They are for who serves; the refs of a clone are what they are."""
    world.publish({"refs/heads/evil": world.commit(world.c, signer=None)}, world.place)
    world.refused("unsigned", "merge", "--ff-only", "evil", GIT_NAMESPACE="elsewhere")


def test_settings_by_the_environment_do_not_count(world: World) -> None:
    world.publish({MAIN: world.commit(world.c, signer="mallory")})
    given = {
        "nixauth-hook.follow": "refs/heads/nothing",
        "nixauth-hook.reportOnly": "true",
        "nixauth.introductionCommit": world.b.hex(),
        "nixauth.main.introductionCommit": world.b.hex(),
    }
    environment = {"GIT_CONFIG_COUNT": str(len(given))}
    options: list[str] = []
    for number, (key, value) in enumerate(given.items()):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
        options += ["-c", f"{key}={value}"]
    world.refused("unauthorized-key", "fetch", **environment)
    world.refused("unauthorized-key", *options, "fetch")


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_COMMON_DIR", "GIT_CONFIG_COUNT"])
def test_installation_is_led_nowhere_else(bare_world: World, name: str) -> None:
    world = bare_world
    place, other = world.clone(), world.clone("other")
    value = "1" if name == "GIT_CONFIG_COUNT" else str(other / ".git")
    key = {"GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": str(other / ".git/hooks")}
    world.nixauth("hook", "install", "-C", place, **{name: value}, **key)
    assert (place / ".git/hooks/reference-transaction").exists()
    assert not (other / ".git/hooks/reference-transaction").exists()


def test_objects_elsewhere_are_not_there(world: World) -> None:
    """Nobody can say of objects that git puts where nixauth does not look: that stops it."""
    world.publish({MAIN: world.commit(world.c)})
    elsewhere = world.folder / "objects"
    elsewhere.mkdir()
    said = world.refused(
        "missing-object",
        "fetch",
        GIT_OBJECT_DIRECTORY=str(elsewhere),
        GIT_ALTERNATE_OBJECT_DIRECTORIES=f"{world.place}/.git/objects",
    )
    assert "once you know why" in said


# --- what others wrote, in the work tree ---

EVIL = 'import pathlib, sys\npathlib.Path("{mark}").touch()\nsys.exit(0)\n'


def test_code_in_the_work_tree_is_not_run(world: World) -> None:
    """Hooks run at the top of the work tree, which holds what others wrote."""
    mark = world.folder / "was-run"
    code = EVIL.format(mark=mark)
    for name in (
        "nixauth/__init__.py",
        "nixauth/__main__.py",
        "typing.py",
        "sitecustomize.py",
        "usercustomize.py",
        "pygit2.py",
        "encodings.py",
        "python",
        "python3",
    ):
        path = world.place / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
    for name in ("git-rev-parse", "cat", "sh"):
        path = world.place / name
        path.write_text(f"#!/bin/sh\ntouch {mark}\n")
        path.chmod(0o755)
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.refused("unsigned", "fetch")
    assert not mark.exists()


@pytest.mark.parametrize("path", [".:", "", ":", "./:"])
def test_a_program_in_the_work_tree_is_not_taken(world: World, path: str) -> None:
    """The program is gone, and PATH would have one in the work tree."""
    mark = world.folder / "was-run"
    evil = world.place / "nixauth"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\nexit 0\n")
    evil.chmod(0o755)
    program = world.recorder()
    world.with_program(program)
    program.unlink()
    world.publish({MAIN: world.commit(world.c)})
    before = world.refs()
    usual = world.box.environment["PATH"]
    usual = ":".join(one for one in usual.split(":") if not Path(one, "nixauth").exists())
    done = world.try_git("fetch", at=world.place, PATH=f"{path}:{usual}")
    assert done.code != 0
    assert "it is gone from" in done.err
    assert world.refs() == before
    assert not mark.exists()


def test_the_program_on_the_path_where_it_is_gone(world: World) -> None:
    """A system that moved it (an upgrade, a garbage collection) goes on with the one in PATH."""
    program = world.recorder()
    world.with_program(program)
    program.unlink()
    (world.folder / "bin").mkdir()
    world.recorder("bin/nixauth")
    path = f"{world.folder}/bin:{world.box.environment['PATH']}"
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.refused("unsigned", "fetch", PATH=path)
    assert len(world.starts("bin/nixauth")) == 1


def test_an_odd_place(bare_world: World) -> None:
    """A repository, and a program, in directories with quotes, spaces and a line's end."""
    world = bare_world
    name = "a 'b' \"c\" $(d)\t;e -f ü"
    place = world.clone(name)
    world.nixauth("hook", "install", "-C", place)
    folder = world.folder / f"{name} bin"
    folder.mkdir()
    program = folder / "nixauth"
    program.write_text(world.recorder().read_text())
    program.chmod(0o755)
    world.with_program(program, Hook.REFERENCE_TRANSACTION, at=place / ".git")
    world.publish({MAIN: world.commit(world.c, signer=None)})
    world.refused("unsigned", "fetch", at=place)
    assert len(world.starts()) == 1
    world.publish({MAIN: world.commit(world.c)})
    world.git("fetch", "-q", at=place)


def test_grafts_and_replacements_decide_nothing(world: World) -> None:
    evil = world.commit(world.c, signer="mallory")
    good = world.commit(world.c, signer="bob")
    world.publish({MAIN: evil, KEYRING: world.keys})
    world.write(world.place)
    world.git(*UNCHECKED, "replace", evil.hex(), good.hex(), at=world.place)
    world.refused("unauthorized-key", "fetch")
    beside = world.commit(world.b, signer="bob")
    world.publish({MAIN: beside})
    graft = world.place / ".git/info/grafts"
    graft.write_text(f"{beside.hex()} {world.c.hex()}\n")
    world.refused("not-descendant", "fetch")
    world.git(*UNCHECKED, "fetch", "-q", at=world.place)
