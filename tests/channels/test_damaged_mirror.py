"""What a power cut, a full disk or a killed git left behind does not stand in the way for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nixauth.channels.mirror_files import opened
from nixauth.errors import UnsupportedRepositoryError
from tests.channels.following import Follower, wrapped_git

MADE_ANEW = "what was fetched before was damaged"


def packs(mirror: Path, ending: str) -> list[Path]:
    found = sorted((mirror / "objects/pack").glob(f"*{ending}"))
    for one in found:
        one.chmod(0o644)
    assert found
    return found


def emptied(name: str) -> Callable[[Path], None]:
    return lambda mirror: (mirror / name).write_bytes(b"")


def without(name: str) -> Callable[[Path], None]:
    return lambda mirror: (mirror / name).rename(mirror.parent / "aside")


def with_file(name: str, content: str = "x\n") -> Callable[[Path], None]:
    def write(mirror: Path) -> None:
        (mirror / name).parent.mkdir(exist_ok=True)
        (mirror / name).write_text(content)

    return write


def cut(ending: str) -> Callable[[Path], None]:
    def cut_off(mirror: Path) -> None:
        for one in packs(mirror, ending):
            one.write_bytes(one.read_bytes()[:-7])

    return cut_off


def no_longer(ending: str, length: int) -> Callable[[Path], None]:
    def shorten(mirror: Path) -> None:
        for one in packs(mirror, ending):
            one.write_bytes(one.read_bytes()[:length])

    return shorten


def zeros(mirror: Path) -> None:
    for one in packs(mirror, ".pack"):
        one.write_bytes(bytes(one.stat().st_size))


def all_gone(mirror: Path) -> None:
    for one in mirror.rglob("*"):
        if one.is_file():
            one.unlink()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "empty HEAD": emptied("HEAD"),
    "no HEAD": without("HEAD"),
    "empty config": emptied("config"),
    "no config": without("config"),
    "another config": with_file("config", "[core]\n\tbare = true\n\tfsmonitor = touch /tmp/x\n"),
    "empty ref": emptied("refs/heads/main"),
    "cut off ref": with_file("refs/heads/main", "1234\n"),
    "a ref of zeros": with_file("refs/heads/main", 41 * "\0"),
    "no objects": without("objects"),
    "no refs": without("refs"),
    "shallow": with_file("shallow", "1" * 40 + "\n"),
    "objects of others": with_file("objects/info/alternates", "/nowhere\n"),
    "cut off pack": cut(".pack"),
    "empty pack": no_longer(".pack", 0),
    "cut off index": cut(".idx"),
    "short index": no_longer(".idx", 30),
    "pack of zeros": zeros,
    "only directories": all_gone,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_mirror_is_made_anew(damage: str, follower: Follower) -> None:
    """Where there is nothing new, and then with news, in every place."""
    DAMAGES[damage](follower.place / "repository.git")
    found = follower.document()
    assert found["pin"]["rev"] == follower.world.c.hex()
    assert MADE_ANEW in "".join(found["warnings"])
    made = follower.advance()
    done = follower.update(*follower.everywhere())
    assert f"updated to {made.hex()}" in done.out
    assert MADE_ANEW not in done.out


@pytest.mark.parametrize("ahead", [False, True], ids=["nothing new", "news"])
def test_object_that_went_bad(ahead: bool, follower: Follower) -> None:
    """Nothing on the outside shows it; whoever reads it finds out."""
    for pack in packs(follower.place / "repository.git", ".pack"):
        content = bytearray(pack.read_bytes())
        for at in range(14, len(content) - 20):
            content[at] ^= 0x55
        pack.write_bytes(content)
    wanted = follower.advance() if ahead else follower.world.c
    assert follower.document(*follower.everywhere())["pin"]["rev"] == wanted.hex()
    follower.goes_on_from(wanted)


def test_locks_and_drafts_of_a_killed_git_go(follower: Follower) -> None:
    mirror = follower.place / "repository.git"
    left = ["refs/heads/main.lock", "config.lock", "packed-refs.lock", "shallow.lock"]
    left += ["objects/pack/tmp_pack_abc", "objects/pack/tmp_idx_abc"]
    left += [f"objects/pack/pack-{'1' * 40}.pack"]
    for name in left:
        (mirror / name).write_bytes(b"x")
    assert MADE_ANEW not in follower.update().out
    follower.goes_on()
    assert not [name for name in left if (mirror / name).exists()]


def test_mirror_that_fails_anew_is_put_back(follower: Follower, tmp_path: Path) -> None:
    """A server that sends nothing good takes nothing away of what is here."""
    mirror = follower.place / "repository.git"
    made = follower.advance()
    path, _ = wrapped_git(
        tmp_path / "bin",
        before="if 'init' in arguments: open(log + '.anew', 'w')\n"
        "if os.path.exists(log + '.anew') and 'ls-remote' in arguments: sys.exit(1)\n"
        # What is read to judge is kept back, and git is content.
        "if '--stdin' in arguments: sys.exit(0)",
    )
    before = sorted(one.name for one in mirror.rglob("*.pack"))
    done = follower.update(code=3, PATH=path)
    assert "Traceback" not in done.err
    assert (tmp_path / "bin/log.anew").exists()
    assert set(before) <= {one.name for one in mirror.rglob("*.pack")}
    assert not (follower.place / "repository.git.old").exists()
    assert f"updated to {made.hex()}" in follower.update().out


def test_killed_while_it_is_made_anew(follower: Follower) -> None:
    """Only the one that was set aside is there: it is taken again."""
    mirror = follower.place / "repository.git"
    number = mirror.stat().st_ino
    mirror.rename(mirror.with_name("repository.git.old"))
    done = follower.update()
    assert MADE_ANEW not in done.out
    assert mirror.stat().st_ino == number
    assert not mirror.with_name("repository.git.old").exists()
    follower.goes_on()


def test_repository_above_is_never_read(follower: Follower) -> None:
    """Where the mirror is none, git and libgit2 would look for another one further up."""
    follower.world.git("init", "-q", str(follower.place.parent))
    mirror = follower.place / "repository.git"
    (mirror / "HEAD").unlink()
    made = follower.advance()
    assert f"updated to {made.hex()}" in follower.update().out
    (mirror / "HEAD").unlink()
    found = follower.world.box.run("flake", "check", str(follower.made / "flake.lock"))
    assert "Traceback" not in found.err
    follower.goes_on_from(made)


# --- the pin ---


def test_pin_that_is_gone_is_noticed(follower: Follower) -> None:
    """Without it a step back would go unnoticed, and what was fetched says that there was one."""
    (follower.place / "pin.json").unlink()
    follower.publish(follower.world.b)
    done = follower.update(code=3)
    assert "(damaged-record)" in done.err
    assert follower.world.c.hex() in done.err
    assert "--allow-downgrade" in done.err
    assert follower.gate("true").code == 123
    assert follower.at() is None
    follower.publish(follower.world.c)
    follower.update(code=3)
    assert "updated to" in follower.update("--allow-downgrade").out
    follower.goes_on()


def test_another_branch_begins_afresh(follower: Follower) -> None:
    """No pin of it was lost."""
    made = follower.world.commit(follower.world.c)
    follower.publish(made, "other")
    follower.configure(branch="other")
    assert f"updated to {made.hex()}" in follower.update().out


def test_no_mirror_is_no_wrong_use(tmp_path: Path) -> None:
    """Another update may have put it aside just now."""
    with pytest.raises(UnsupportedRepositoryError, match="is no repository"):
        opened(tmp_path / "none")
    with pytest.raises(UnsupportedRepositoryError, match="is no repository"):
        opened(tmp_path)
