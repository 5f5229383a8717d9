"""A git that does not do what it is told, and one whose helpers live on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nixauth import git_transfer
from nixauth.errors import FetchError
from nixauth.git_transfer import Patience, transfer
from tests.channels.test_bad_servers import as_usual


def fake(folder: Path, body: str) -> dict[str, str]:
    program = folder / "git"
    program.write_text(
        f"#!{sys.executable} -ISs\nimport os, signal, subprocess, sys, time\n{body}\n"
    )
    program.chmod(0o755)
    package = str(Path(git_transfer.__file__).parents[1])
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": package}


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.mark.parametrize(
    "numbers",
    [[signal.SIGTERM], [signal.SIGHUP], [signal.SIGINT], [signal.SIGINT, signal.SIGINT]],
    ids=["TERM", "HUP", "INT", "INT INT"],
)
def test_git_that_ignores_sigterm_ends_with_nixauth(
    numbers: list[signal.Signals], tmp_path: Path
) -> None:
    said = tmp_path / "pid"
    environment = fake(
        tmp_path,
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(said)!r}, 'w').write(str(os.getpid()))\ntime.sleep(25)",
    )
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        # As nixauth's own command line has it: it unwinds.
        "signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(SystemExit(143)))\n"
        "from pathlib import Path; from nixauth.git_transfer import transfer\n"
        f"transfer(Path({str(tmp_path)!r}), ['fetch'], settings={{}})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stderr=subprocess.DEVNULL,
        preexec_fn=as_usual,  # noqa: PLW1509 - no thread of it takes a lock
    )
    while not said.exists() or not said.read_text():
        time.sleep(0.05)
    time.sleep(0.2)
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.5)
    process.wait(15)
    time.sleep(0.5)
    pid = int(said.read_text())
    alive = lives(pid)
    if alive:
        os.kill(pid, signal.SIGKILL)
    assert not alive, "git goes on after nixauth has ended"


def test_helper_that_talks_on_does_not_hold_up_a_git_that_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = fake(
        tmp_path,
        "print('done', flush=True)\n"
        "if os.fork(): os._exit(0)\n"
        "for _ in range(60):\n    print('x', file=sys.stderr, flush=True); time.sleep(0.1)\n",
    )
    monkeypatch.setenv("PATH", environment["PATH"])
    begun = time.monotonic()
    out = transfer(tmp_path, ["fetch"], settings={}, patience=Patience(3, begun + 4))
    assert out == b"done\n"
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("code", [0, 1])
def test_helper_that_git_left_is_left_alone(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache of passwords, say: it is not waited for, though it holds git's outputs open."""
    said = tmp_path / "pid"
    environment = fake(
        tmp_path,
        f"one = subprocess.Popen(['sleep', '20'])\nopen({str(said)!r}, 'w').write(str(one.pid))\n"
        f"os._exit({code})",
    )
    monkeypatch.setenv("PATH", environment["PATH"])
    begun = time.monotonic()
    with contextlib.suppress(FetchError):
        transfer(tmp_path, ["fetch"], settings={})
        assert code == 0
    assert time.monotonic() - begun < 10
    os.kill(int(said.read_text()), signal.SIGKILL)


def test_what_is_said_at_the_last_moment_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine is busy (or nixauth was stopped) between `select` and the look at the process."""
    environment = fake(tmp_path, "time.sleep(0.9)\nprint('refs', flush=True)")
    monkeypatch.setenv("PATH", environment["PATH"])
    real = subprocess.Popen.poll

    def late(self: subprocess.Popen[bytes]) -> int | None:
        time.sleep(0.8)
        return real(self)

    monkeypatch.setattr(subprocess.Popen, "poll", late)
    assert transfer(tmp_path, ["ls-remote"], settings={}) == b"refs\n"
