"""Where channels are configured, and which files are trusted."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nixauth.channels import places
from nixauth.errors import UsageError
from nixauth.text_problems import MAX_BYTES
from tests.unit.channels.channel_samples import HEAD, entry, text

ROOT_ALONE = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def refusal(file: Path) -> UsageError:
    with pytest.raises(UsageError) as raised:
        places.configured([file])
    return raised.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "nixauth"
    folder.mkdir(mode=0o755)
    made = folder / "channels.yaml"
    made.write_bytes(text())
    made.chmod(0o644)
    return made


# --- where ---


def test_where_files_are() -> None:
    home = {"HOME": "/h"} if os.geteuid() else {"HOME": "/root"}
    at = Path(home["HOME"])
    assert places.user_file(home) == at / ".config/nixauth/channels.yaml"
    assert places.data_directory(home) == at / ".local/share/nixauth"
    named = {**home, "XDG_CONFIG_HOME": "/x y", "XDG_DATA_HOME": "/d"}
    assert places.user_file(named) == Path("/x y/nixauth/channels.yaml")
    assert places.data_directory(named) == Path("/d/nixauth")
    assert Path("/etc/nixauth/channels.yaml") == places.SYSTEM


@pytest.mark.parametrize("value", ["", "x", "./x", "~/x"])
def test_relative_paths_are_ignored(value: str) -> None:
    home = pwd.getpwuid(os.geteuid()).pw_dir
    for given in ({"HOME": home}, {"HOME": value}):
        named = {**given, "XDG_CONFIG_HOME": value, "XDG_DATA_HOME": value}
        assert places.user_file(named) == Path(home) / ".config/nixauth/channels.yaml"
        assert places.data_directory(named) == Path(home) / ".local/share/nixauth"


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> object:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(UsageError, match="home"):
        places.user_file({})


def test_root_takes_nobody_elses_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 1234, 1234)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    own = Path(pwd.getpwuid(0).pw_dir)
    for given in ({"XDG_CONFIG_HOME": str(tmp_path)}, {"HOME": str(tmp_path / "not/there")}):
        assert places.user_file(given) == own / ".config/nixauth/channels.yaml"


# --- which one counts ---


def test_the_first_file_goes_before_the_others(file: Path) -> None:
    system = file.with_name("system.yaml")
    system.write_bytes(text(entry(branch="theirs", max_age="1d"), entry("b")))
    found = places.configured([file, system])
    assert list(found) == ["a", "b"]
    assert found["a"].channel.branch == "main"
    assert found["a"].channel.max_age is None
    assert (found["a"].file, found["a"].instead_of) == (file, system)
    assert (found["b"].file, found["b"].instead_of) == (system, None)


def test_no_file_is_no_channel(tmp_path: Path) -> None:
    assert places.configured([tmp_path / "a", tmp_path / "not" / "b"]) == {}


def test_names_that_differ_in_case_only(file: Path) -> None:
    system = file.with_name("system.yaml")
    system.write_bytes(text(entry("A")))
    with pytest.raises(UsageError, match="differ in case only"):
        places.configured([file, system])


# --- what is no good is an error ---


def spoil_text(file: Path) -> None:
    file.write_bytes(text(entry(branch="..", signer="x")))


def spoil_empty(file: Path) -> None:
    file.write_bytes(b"")


def spoil_size(file: Path) -> None:
    file.write_bytes(b"#" * (MAX_BYTES + 1))


def spoil_group(file: Path) -> None:
    file.chmod(0o664)


def spoil_others(file: Path) -> None:
    file.chmod(0o646)


def spoil_directory(file: Path) -> None:
    file.parent.chmod(0o775)


def spoil_link(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def spoil_loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


def spoil_kind(file: Path) -> None:
    file.unlink()
    file.mkdir()


def spoil_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def spoil_parent(file: Path) -> None:
    file.unlink()
    file.parent.rmdir()
    file.parent.write_bytes(b"")


def spoil_target(file: Path) -> None:
    """Have a link lead into a directory that others may write."""
    elsewhere = file.parent.parent / "elsewhere"
    elsewhere.mkdir()
    file.rename(elsewhere / "c.yaml")
    file.symlink_to(elsewhere / "c.yaml")
    elsewhere.chmod(0o777)


SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "text": (spoil_text, ':5:13: ".." cannot be the name of a branch (and 1 more)'),
    "empty": (spoil_empty, ":1:1: the file is empty"),
    "size": (spoil_size, ":1:1: the file is larger"),
    "group": (spoil_group, "can be written by others (mode 0664)"),
    "others": (spoil_others, "can be written by others (mode 0646)"),
    "directory": (spoil_directory, "can be written by others (mode 0775)"),
    "link": (spoil_link, "leads nowhere"),
    "loop": (spoil_loop, "cannot be read"),
    "kind": (spoil_kind, "cannot be read: Is a directory"),
    "pipe": (spoil_pipe, "is no regular file"),
    "parent": (spoil_parent, "cannot be read: Not a directory"),
    "target": (spoil_target, "can be written by others (mode 0777)"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_never_passed_over(file: Path, how: str) -> None:
    spoil, message = SPOILT[how]
    spoil(file)
    error = refusal(file)
    assert message in error.message
    assert str(file.parent.parent) in error.message


@ROOT_ALONE
def test_files_of_somebody_else(file: Path) -> None:
    os.chown(file, 1234, -1)
    error = refusal(file)
    assert "belongs to another user (uid 1234)" in error.message
    assert "belong to root" in error.hint
    os.chown(file, 0, -1)
    os.chown(file.parent, 1234, -1)
    file.parent.chmod(0o1777)
    assert "the directory" in refusal(file).message


def test_whose_a_file_may_be(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    if mine == 0:  # root's are everybody's to trust
        assert list(places.configured([file])) == ["a"]
    else:
        assert "belong to you or to root" in refusal(file).hint


def test_a_sticky_directory_and_links_are_no_fault(file: Path) -> None:
    file.parent.chmod(0o1777)
    link = file.parent.parent / "link.yaml"
    link.symlink_to(file)
    assert list(places.configured([link])) == ["a"]


# --- written ---


def test_a_change_keeps_mode_and_link(file: Path) -> None:
    file.chmod(0o600)
    link = file.with_name("link.yaml")
    link.symlink_to(file.name)
    places.change(link, lambda content: content + b"# more\n")
    assert link.is_symlink()
    assert file.read_bytes() == text() + b"# more\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(one.name for one in file.parent.iterdir()) == ["channels.yaml", "link.yaml"]


def test_a_new_file_may_be_read_again_whatever_the_umask_is(tmp_path: Path) -> None:
    made = tmp_path / "config" / "nixauth" / "channels.yaml"
    before = os.umask(0o002)
    try:
        places.change(made, lambda content: content + (HEAD + entry()).encode())
    finally:
        os.umask(before)
    assert stat.S_IMODE(made.stat().st_mode) == 0o644
    assert list(places.configured([made])) == ["a"]


def test_what_is_changed_meanwhile_is_left_as_it_is(file: Path) -> None:
    def slow(content: bytes) -> bytes:
        file.write_bytes(b"# other\n")
        return content + b"# mine\n"

    with pytest.raises(UsageError, match="changed by somebody else meanwhile"):
        places.change(file, slow)
    assert file.read_bytes() == b"# other\n"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_no_good_is_not_changed(file: Path) -> None:
    file.chmod(0o666)
    with pytest.raises(UsageError, match="written by others"):
        places.change(file, lambda _: b"")
    assert file.read_bytes() == text()


def test_nothing_is_written_into_a_directory_that_others_may_write(tmp_path: Path) -> None:
    folder = tmp_path / "nixauth"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(UsageError, match="written by others"):
        places.change(folder / "channels.yaml", lambda _: text())
    assert list(folder.iterdir()) == []
