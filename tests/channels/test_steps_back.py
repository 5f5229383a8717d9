"""Files that a pin is put into go back, though the pin itself does not."""

from __future__ import annotations

import pytest

from nixauth.cli import channel_apply, channel_update
from nixauth.cli.channel_options import all_channels
from tests.channels.following import Follower


def ahead(follower: Follower, option: str) -> tuple[bytes, bytes]:
    """Two authentic commits; the file (from a colleague, say) is at the newer one."""
    old = follower.world.commit(follower.world.c)
    new = follower.world.commit(old)
    follower.publish(new)
    record = (follower.place / "pin.json").read_bytes()
    follower.update(*option_of(follower, option))
    (follower.place / "pin.json").write_bytes(record)  # this machine's own pin is still at c
    follower.publish(old)  # the server has gone back, and that is a step forward from c
    return old, new


def option_of(follower: Follower, option: str) -> list[object]:
    if option == "flake":
        return ["--flake-input", "it", "--flake-lock", follower.made / "flake.lock"]
    return ["--write-npins", follower.made / "sources.json"]


@pytest.mark.parametrize("option", ["flake", "npins"])
def test_file_ahead_of_the_pin_is_not_taken_back(option: str, follower: Follower) -> None:
    _, new = ahead(follower, option)
    name = {"flake": "flake.lock", "npins": "sources.json"}[option]
    assert new.hex() in (follower.made / name).read_text()
    done = follower.update(*option_of(follower, option))
    assert new.hex() in (follower.made / name).read_text(), "an authentic file went a step back"
    assert f"stays at {new.hex()}, which is ahead of the channel's pin" in done.out
    # Whoever wants the step back says so.
    follower.update(*option_of(follower, option), "--allow-downgrade")
    assert new.hex() not in (follower.made / name).read_text()


@pytest.mark.parametrize("place", ["directory", "flake", "npins"])
def test_slower_of_two_updates_does_not_win(
    place: str, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the record of a pin and its application another update goes through, whole."""
    for name, value in follower.box.environment.items():
        monkeypatch.setenv(name, value)
    one = follower.world.commit(follower.world.c)
    two = follower.world.commit(one)
    made = follower.made
    options = {
        "directory": ["--directory", made / "tree"],
        "flake": option_of(follower, "flake"),
        "npins": option_of(follower, "npins"),
    }[place]
    follower.publish(one)
    channel = all_channels(None)["it"]
    slow = channel_update.ask(channel, channel_update.Wishes(quiet=True))
    follower.publish(two)
    assert follower.box.process("channel", "update", "it", *options).code == 0
    apply = channel_apply.wanted(
        [channel],
        directory=made / "tree" if place == "directory" else None,
        tarball=None,
        npins=made / "sources.json" if place == "npins" else None,
        flake=(made / "flake.lock", "it") if place == "flake" else None,
    )
    channel_update._apply(slow, apply)
    assert follower.at() == two
    where = {"flake": "flake.lock", "npins": "sources.json"}.get(place)
    now = (made / where).read_text() if where else str((made / "tree").readlink())
    assert two.hex() in now, "it is behind the recorded pin"
