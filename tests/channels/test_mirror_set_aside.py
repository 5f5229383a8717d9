"""A mirror that was set aside is not lost, however the run that did it ends."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.channels.following import Follower, wrapped_git
from tests.channels.test_bad_servers import as_usual


def stopped_while_anew(follower: Follower, tmp_path: Path, number: signal.Signals) -> bytes:
    """A server keeps back what is judged (git is content), is asked anew, and is silent then."""
    made = follower.advance()
    path, log = wrapped_git(
        tmp_path / "bin",
        before="if 'init' in arguments: open(log + '.anew', 'w')\n"
        "if os.path.exists(log + '.anew') and 'ls-remote' in arguments:\n"
        "    open(log + '.silent', 'w'); import time; time.sleep(20); sys.exit(1)\n"
        "if '--stdin' in arguments: sys.exit(0)",
    )
    process = subprocess.Popen(
        follower.box.command("channel", "update", "it"),
        env={**follower.box.environment, "PATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=as_usual,  # noqa: PLW1509
    )
    silent = Path(f"{log}.silent")
    while not silent.exists():
        assert process.poll() is None
        time.sleep(0.05)
    assert (follower.place / "repository.git.old").exists()
    process.send_signal(number)
    process.wait(10)
    return made


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_good_mirror_survives(number: signal.Signals, follower: Follower, tmp_path: Path) -> None:
    """It is put back at once, or by the next run, before that asks any server.

    With it comes the note that there was a pin, which is missed where the pin is gone as well.
    """
    stopped_while_anew(follower, tmp_path, number)
    server = follower.world.server
    server.rename(server.with_name("away"))
    assert follower.box.run("channel", "update", "it").code == 3  # there is no server
    server.with_name("away").rename(server)
    assert list((follower.place / "repository.git/objects/pack").glob("*.pack"))
    (follower.place / "pin.json").unlink()
    follower.publish(follower.world.b)  # a step back from c
    assert "(damaged-record)" in follower.update(code=3).err
    assert follower.at() is None
