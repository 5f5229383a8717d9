"""An interrupt ends a command with 130 and a line at most, at whatever moment it comes.

The process interrupts itself, at a moment that a `sitecustomize` module chooses.
"""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from nixauth.cli import interrupts
from nixauth.history import loose
from tests.unit.cli.places import Place, Result

HOOK = """
import os, signal, sys, time

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Going:
    def __del__(self):
        interrupt()
        for _ in range(100):
            pass

def as_an_object_goes():
    Going()
    time.sleep(5)

def as_text():
    exec("interrupt()\\nfor _ in range(100): pass", {{"interrupt": interrupt}})

def swallowed():
    try:
        interrupt()
        for _ in range(100):
            pass
    except BaseException:
        raise ImportError("no such thing here") from None

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(Finder)
            {act}()

sys.meta_path.insert(0, Finder)
"""
AT_EXIT = """
import atexit, os, signal, sys

class Last:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGINT):
        kill(pid, number)

sys.last_of_all = Last()
atexit.register(os.kill, os.getpid(), signal.SIGINT)
"""
CONSOLE_SCRIPT = "import sys; from nixauth.cli import main; sys.exit(main())"
LINE = "interrupted; what was done by then is kept\n"


def start(place: Place, hook: str, *arguments: object, script: bool = False) -> Result:
    """Run a command with the hook, from a process that has interrupts at their default."""
    folder = place.box.folder / "hook"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(hook)
    path = place.box.environment["PYTHONPATH"]
    environment = {
        **place.box.environment,
        "PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', path)}",
    }
    command = place.box.command(*arguments)
    if script:
        command[1:3] = ["-c", CONSOLE_SCRIPT]
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        done = subprocess.run(
            command, env=environment, cwd=place.box.folder, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("script", [False, True], ids=["-m", "script"])
@pytest.mark.parametrize(
    "module",
    [
        "nixauth.cli.interrupts",
        "nixauth.cli.app",
        "pygit2",
        "typer",
        "nixauth.history.repository",
        "nixauth.authenticate",
        "nixauth.reports.text",
        "sqlite3",
    ],
)
def test_while_a_module_is_imported(place: Place, module: str, script: bool) -> None:
    hook = HOOK.format(module=module, act="interrupt")
    result = start(place, hook, *place.arguments(), script=script)
    assert (result.code, result.out) == (130, ""), result.err
    assert result.err in {"", LINE}


def test_while_the_command_line_itself_is_imported(place: Place) -> None:
    hook = HOOK.format(module="nixauth.cli", act="interrupt")
    assert start(place, hook, *place.arguments()) == Result(130, "", "")


@pytest.mark.parametrize(
    ("module", "act"),
    [
        (module, act)
        for module in ("nixauth.cli.app", "nixauth.reports.text")
        for act in ("interrupt", "as_text", "swallowed", "as_an_object_goes")
        # Swallowed where the report is imported, nothing is left that could be noticed.
        if (module, act) != ("nixauth.reports.text", "swallowed")
    ],
)
def test_where_python_does_not_raise_it_as_it_is(place: Place, module: str, act: str) -> None:
    """In code given as text, where a library takes it for something else, where objects go."""
    result = start(place, HOOK.format(module=module, act=act), *place.arguments())
    assert (result.code, result.err) in {(130, ""), (130, LINE)}, result


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 0), (["main~4", "--after", "main"], 1), (["nowhere"], 2)]
)
def test_when_all_is_said(place: Place, arguments: list[str], code: int) -> None:
    quiet = start(place, "", *place.arguments("--no-cache", *arguments))
    assert quiet.code == code
    assert start(place, AT_EXIT, *place.arguments("--no-cache", *arguments)) == quiet


def test_where_nobody_wants_interrupts_there_is_none(place: Place) -> None:
    """As `nohup` has it, and whatever a shell starts in the background."""
    hook = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    hook += HOOK.format(module="nixauth.cli.app", act="interrupt")
    assert start(place, hook, *place.arguments()).code == 0


# --- the parts ---


@pytest.mark.usefixtures("handlers")
def test_interrupts_are_as_before_once_all_is_imported() -> None:
    with interrupts.leave_at_once(130):
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts.leave_at_once(130):
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.usefixtures("handlers")
def test_what_else_cannot_be_raised_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    class Faulty:
        def __del__(self) -> None:
            raise ValueError("something else")

    interrupts.lose_none()
    Faulty()
    assert "ValueError: something else" in capsys.readouterr().err
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.filterwarnings("error")
def test_a_loose_object_leaves_no_file_open(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt that strikes between two steps leaves nothing that complains of it."""
    objects = place.repository / "objects"
    path = next(path for path in objects.glob("??/*"))
    opened: list[int] = []
    closed: list[int] = []
    real_open, real_close = os.open, os.close

    def note_open(*arguments: object, **options: object) -> int:
        opened.append(real_open(*arguments, **options))  # type: ignore[arg-type]
        return opened[-1]

    def note_close(descriptor: int) -> None:
        closed.append(descriptor)
        real_close(descriptor)

    def interrupted(_descriptor: int, _count: int) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(loose.os, "open", note_open)
    monkeypatch.setattr(loose.os, "close", note_close)
    assert loose._fault(str(path)) == ""
    monkeypatch.setattr(loose.os, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loose._fault(str(path))
    assert len(opened) == 2
    assert opened == closed
