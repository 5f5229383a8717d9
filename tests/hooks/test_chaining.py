"""Hooks that were there before keep their say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nixauth.hooks.scripts import CHAINED, Hook
from tests.hooks.world import MAIN, TRACKING, World

NAME = "reference-transaction"


def hook(world: World, name: str = NAME) -> Path:
    return world.place / ".git/hooks" / name


def write(path: Path, text: str, mode: int = 0o755) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path.read_text()


@pytest.fixture
def cloned(bare_world: World) -> World:
    """A world with a clone without hooks."""
    bare_world.clone()
    return bare_world


def install(world: World, *options: str, code: int = 0) -> str:
    done = world.nixauth("hook", "install", *options, "-C", world.place, code=code)
    return done.out + done.err


def tells(world: World) -> str:
    """Return a hook that tells of its arguments and its input."""
    log = world.folder / "told"
    return f'{{ echo "$# $*"; cat; }} >> "{log}"'


def told(world: World) -> str:
    log = world.folder / "told"
    text = log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)
    return text


@pytest.mark.parametrize("name", [NAME, "pre-push"])
def test_a_hook_that_is_there_is_kept_and_nothing_is_installed(cloned: World, name: str) -> None:
    text = write(hook(cloned, name), "exit 0")
    said = install(cloned, code=2)
    assert f"there is a hook already: {hook(cloned, name)}" in said
    assert "--chain" in said
    assert f"nixauth hook script {name}" in said
    assert hook(cloned, name).read_text() == text
    assert not hook(cloned, "pre-push" if name == NAME else NAME).exists()
    assert "nixauth-hook" not in (cloned.place / ".git/config").read_text()


def test_it_is_run_first_with_the_same_arguments_and_input(cloned: World) -> None:
    write(hook(cloned), tells(cloned))
    write(hook(cloned, "pre-push"), tells(cloned))
    install(cloned, "--chain")
    told(cloned)
    d = cloned.commit(cloned.c)
    cloned.publish({MAIN: d})
    cloned.git("fetch", "-q", at=cloned.place)
    line = f"{cloned.c.hex()} {d.hex()} {TRACKING}\n"
    assert told(cloned) == f"1 prepared\n{line}1 committed\n{line}"
    cloned.git("push", "-q", "origin", "main:topic", at=cloned.place)
    new = f"refs/heads/main {cloned.c.hex()} refs/heads/topic {'0' * 40}\n"
    assert told(cloned).startswith(f"2 origin {cloned.url}\n{new}")


def test_its_refusal_stays(cloned: World) -> None:
    write(hook(cloned), "exit 7")
    install(cloned, "--chain")
    cloned.publish({MAIN: cloned.commit(cloned.c)})
    before = cloned.refs()
    assert cloned.try_git("fetch", at=cloned.place).code != 0
    assert cloned.refs() == before


@pytest.mark.parametrize("text", ["exit 0", "cat >/dev/null", "read -r line; exit 0"])
def test_its_consent_does_not(cloned: World, text: str) -> None:
    """Also where it reads its input, or a part of it, or none."""
    write(hook(cloned), text)
    write(hook(cloned, "pre-push"), text)
    install(cloned, "--chain")
    cloned.publish({MAIN: cloned.commit(cloned.c, signer=None)})
    cloned.refused("unsigned", "fetch")


def test_it_is_run_for_branches_that_are_not_followed(cloned: World) -> None:
    write(hook(cloned), tells(cloned))
    install(cloned, "--chain")
    told(cloned)
    cloned.git("branch", "topic", at=cloned.place)
    assert "refs/heads/topic\n" in told(cloned)


def test_it_finds_itself_by_its_name(cloned: World) -> None:
    """A hook that looks for files beside it by $0 still finds them."""
    write(hook(cloned), f'cat "$(dirname "$0")/beside" >> "{cloned.folder}/told"; cat >/dev/null')
    hook(cloned, "beside").write_text("found\n")
    install(cloned, "--chain")
    cloned.git("branch", "topic", at=cloned.place)
    assert told(cloned).startswith("found\n")


def test_uninstall_puts_it_back(cloned: World) -> None:
    text = write(hook(cloned), "exit 0")
    install(cloned, "--chain")
    assert hook(cloned, NAME + CHAINED).read_text() == text
    cloned.nixauth("hook", "uninstall", "-C", cloned.place)
    assert hook(cloned).read_text() == text
    assert os.access(hook(cloned), os.X_OK)
    assert not hook(cloned, NAME + CHAINED).exists()
    assert not hook(cloned, "pre-push").exists()
    assert "nixauth-hook" not in (cloned.place / ".git/config").read_text()
    assert cloned.record() == b""
    cloned.nixauth("hook", "uninstall", "-C", cloned.place, code=2)
    cloned.publish({MAIN: cloned.commit(cloned.c, signer=None)})
    cloned.git("fetch", "-q", at=cloned.place)


def test_uninstall_leaves_hooks_of_others_alone(cloned: World) -> None:
    install(cloned)
    text = write(hook(cloned), "exit 0")
    cloned.nixauth("hook", "uninstall", "-C", cloned.place)
    assert hook(cloned).read_text() == text


def test_a_symbolic_link(cloned: World) -> None:
    """Tools that manage hooks put links: the link is kept, and what it leads to."""
    target = cloned.folder / "managed"
    text = write(target, tells(cloned))
    hook(cloned).symlink_to(target)
    assert "there is a hook already" in install(cloned, code=2)
    install(cloned, "--chain")
    assert hook(cloned, NAME + CHAINED).is_symlink()
    assert target.read_text() == text
    told(cloned)
    cloned.git("branch", "topic", at=cloned.place)
    assert "refs/heads/topic" in told(cloned)
    cloned.nixauth("hook", "uninstall", "-C", cloned.place)
    assert hook(cloned).readlink() == target


def test_a_link_that_leads_nowhere(cloned: World) -> None:
    hook(cloned).symlink_to(cloned.folder / "nowhere")
    assert "there is a hook already" in install(cloned, code=2)
    install(cloned, "--chain")
    cloned.publish({MAIN: cloned.commit(cloned.c, signer=None)})
    cloned.refused("unsigned", "fetch")
    assert not (cloned.folder / "nowhere").exists()


def test_one_that_may_not_be_executed_is_not_run(cloned: World) -> None:
    """As git does not; and it is not made to."""
    write(hook(cloned), tells(cloned), 0o644)
    install(cloned, "--chain")
    told(cloned)
    cloned.git("branch", "topic", at=cloned.place)
    assert told(cloned) == ""
    cloned.nixauth("hook", "uninstall", "-C", cloned.place)
    assert hook(cloned).stat().st_mode & 0o777 == 0o644


def test_installing_twice_changes_nothing(cloned: World) -> None:
    write(hook(cloned), tells(cloned))
    install(cloned, "--chain")
    files = {path: path.read_bytes() for path in hook(cloned).parent.iterdir()}
    config, record = (cloned.place / ".git/config").read_bytes(), cloned.record()
    for options in ([], ["--chain"]):
        install(cloned, *options)
        assert {path: path.read_bytes() for path in hook(cloned).parent.iterdir()} == files
    assert ((cloned.place / ".git/config").read_bytes(), cloned.record()) == (config, record)


def test_a_second_hook_beside_the_first(cloned: World) -> None:
    """Somebody put another one in our place: neither is lost."""
    write(hook(cloned), "exit 0")
    install(cloned, "--chain")
    write(hook(cloned), "exit 1")
    said = install(cloned, "--chain", code=2)
    assert "there are two other hooks already" in said
    assert hook(cloned).read_text().endswith("exit 1\n")
    assert hook(cloned, NAME + CHAINED).read_text().endswith("exit 0\n")


def test_a_script_that_is_run_by_a_hook_of_ones_own(cloned: World) -> None:
    for one in (Hook.REFERENCE_TRANSACTION, Hook.PRE_PUSH):
        printed = cloned.nixauth("hook", "script", one.value).out
        (cloned.folder / one.value).write_text(printed)
        write(hook(cloned, one.value), f'exec sh "{cloned.folder / one.value}" "$@"')
    for ref in (TRACKING, MAIN):
        cloned.git("config", "--add", "nixauth-hook.follow", ref, at=cloned.place)
    cloned.nixauth("hook", "accept", "origin/main", "-C", cloned.place)
    evil = cloned.commit(cloned.c, signer=None)
    cloned.publish({MAIN: evil})
    cloned.refused("unsigned", "fetch")
    cloned.publish({MAIN: cloned.b})
    cloned.refused("not-descendant", "fetch")
    cloned.publish({"refs/heads/mine": evil}, cloned.place)
    cloned.refused("unsigned", "push", "-f", "origin", "mine:main")


# --- status ---


def status(world: World, code: int) -> dict[str, object]:
    done = world.nixauth("hook", "status", "--format", "json", "-C", world.place, code=code)
    found: dict[str, object] = json.loads(done.out)
    text = world.nixauth("hook", "status", "-C", world.place, code=code).out
    assert all(f"problem: {one}" in text for one in found["problems"])  # type: ignore[attr-defined]
    return found


def test_the_status(cloned: World) -> None:
    assert status(cloned, 0)["follow"] == []
    write(hook(cloned), "exit 0")
    install(cloned, "--chain")
    found = status(cloned, 0)
    assert found["hooks"] == [
        {"name": NAME, "state": "ours", "chained": True},
        {"name": "pre-push", "state": "ours", "chained": False},
        {"name": "pre-receive", "state": "none", "chained": False},
    ]
    c = cloned.c.hex()
    assert found["follow"] == [
        {"ref": TRACKING, "accepted": c, "now": c},
        {"ref": MAIN, "accepted": c, "now": c},
    ]


def test_a_status_that_is_not_well(cloned: World) -> None:
    install(cloned)
    hook(cloned).chmod(0o644)
    assert "may not be executed" in str(status(cloned, 1)["problems"])
    hook(cloned).unlink()
    hook(cloned, "pre-push").unlink()
    assert "fetches are not checked" in str(status(cloned, 1)["problems"])
    install(cloned)
    hook(cloned).write_bytes(hook(cloned).read_bytes() + b"# changed\n")
    assert "by another version, or changed since" in str(status(cloned, 1)["problems"])
    install(cloned)
    status(cloned, 0)
