"""Signature checks in several processes give the answer of one, whatever happens to them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nixauth import ahead, processes
from nixauth.authenticate import Options, Session
from nixauth.engines import Native
from nixauth.findings import MemoryStore
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report, Verdict
from nixauth.processes import LostError, Workers
from tests.support import commits, openpgp
from tests.unit.cli.places import ROOT, Maker, certificates

ALICE = openpgp.key("alice")
LINUX = sys.platform == "linux"


def double(number: int) -> int:
    return 2 * number


def die(number: int) -> int:
    if number == 3:
        os._exit(7)
    return number


def sleep(_number: int) -> int:
    time.sleep(60)
    return 0


def fail(number: int) -> int:
    raise ValueError(number)


@pytest.fixture
def workers() -> Iterator[list[Workers[Any, Any]]]:
    made: list[Workers[Any, Any]] = []
    yield made
    for one in made:
        one.close()


def ask_all(found: Workers[int, int], questions: range) -> dict[int, int]:
    answers: dict[int, int] = {}
    for number in questions:
        while (worker := found.free()) is None:
            answers.update(found.answers(patiently=True))
        found.ask(worker, number, number)
    while len(answers) < len(questions):
        answers.update(found.answers(patiently=True))
    return answers


def test_every_question_is_answered(workers: list[Workers[int, int]]) -> None:
    workers.append(Workers(2, double))
    assert ask_all(workers[0], range(50)) == {n: 2 * n for n in range(50)}


def test_large_questions_and_answers_wait_for_nobody(workers: list[Workers[Any, Any]]) -> None:
    """Both are larger than what a pipe holds; each side may be writing at the same time."""
    workers.append(Workers(1, bytes))
    for ticket in range(2):
        workers[0].ask(0, ticket, bytes(4_000_000))
    found: list[tuple[int, bytes]] = []
    while len(found) < 2:
        found += workers[0].answers(patiently=True)
    assert [(ticket, len(answer)) for ticket, answer in found] == [(0, 4_000_000), (1, 4_000_000)]


@pytest.mark.parametrize("work", [die, fail])
def test_one_that_dies_is_noticed(work: Any, workers: list[Workers[int, int]]) -> None:
    workers.append(Workers(2, work))
    with pytest.raises(LostError, match="ended with"):
        ask_all(workers[0], range(50))


def test_one_that_is_dead_when_it_is_asked_is_lost(workers: list[Workers[int, int]]) -> None:
    workers.append(Workers(1, double))
    (process,) = workers[0]._processes
    process.kill()
    process.join()
    with pytest.raises(LostError, match="ended with -9"):
        workers[0].ask(0, 1, 1)


def test_answers_come_in_the_order_of_the_questions(workers: list[Workers[int, int]]) -> None:
    workers.append(Workers(1, double))
    for number in (1, 2, 3):
        workers[0].ask(0, number, number)
    found: list[tuple[int, int]] = []
    while len(found) < 3:
        found += workers[0].answers(patiently=True)
    assert found == [(1, 2), (2, 4), (3, 6)]


@pytest.mark.skipif(not LINUX, reason="what becomes of a signal is read from /proc")
def test_an_interrupt_is_for_the_one_that_asks(workers: list[Workers[int, int]]) -> None:
    workers.append(Workers(2, double))
    ask_all(workers[0], range(4))
    for process in workers[0]._processes:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
    assert ask_all(workers[0], range(50)) == {n: 2 * n for n in range(50)}


def test_nobody_waits_for_those_that_are_to_end() -> None:
    found = Workers(2, sleep)
    pids = [process.pid for process in found._processes]
    found.ask(0, 0, 0)
    found.close()
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_where_there_are_threads_nothing_is_forked() -> None:
    assert processes._start_method() == ("fork" if LINUX else "spawn")
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        assert processes._start_method() == "spawn"
    finally:
        ended.set()
        thread.join()


ORPHANS = """
import sys, time
from nixauth.processes import Workers
from tests.unit.test_processes import double
found = Workers(3, double)
print(*(process.pid for process in found._processes), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not LINUX, reason="processes are looked up in /proc")
def test_workers_end_when_whoever_asks_is_killed() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ORPHANS],
        cwd=Path(processes.__file__).parents[1],  # the code that is tested, wherever it is
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 3
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 30
    while any(_is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker is left behind"
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --- whole questions ---


def history(length: int = 600) -> tuple[Maker, bytes, bytes]:
    """Make a braid of signed commits in which keys come and go, one commit a bad signature."""
    maker = Maker()
    start = maker.commit(history="trusted-path")
    tip = start
    for number in range(length // 3):
        people = ("alice", "bob") if number % 50 < 25 else ("alice", "bob", "carol")
        signer = "carol" if number % 50 > 30 else ("alice", "bob")[number % 2]
        left = maker.commit(tip, signer=signer, people=people, history="trusted-path")
        right = maker.commit(
            tip,
            signer="mallory" if number % 9 == 0 else "bob",
            people=people,
            history="trusted-path",
            message=b"right\n",
        )
        tip = maker.commit(left, right, people=people, history="trusted-path")
    return maker, start, tip


MAKER, START, TIP = history()


def ask(
    maker: Maker = MAKER,
    target: bytes = TIP,
    *,
    jobs: int,
    store: MemoryStore | None = None,
    stats: bool = True,
) -> tuple[Report, list[str]]:
    names = ("alice", "bob", "carol", "mallory")
    session = Session(
        MemoryObjects(maker.objects),
        Keyring.from_files(list(certificates(*names).items())),
        Introduction(ObjectId(START), Fingerprint(ALICE.fingerprint)),
        Options(stats=stats),
        store or MemoryStore(),
        jobs=jobs,
    )
    return session.report(ObjectId(target)), session.problems


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have processes started for few commits; return how many questions they were asked."""
    monkeypatch.setattr(ahead, "_WORTH", 40)
    monkeypatch.setattr(ahead, "_BATCH", 16)
    monkeypatch.setattr(ahead, "_SELDOM", 1)
    monkeypatch.setattr(Native, "batch", 16)
    asked: list[int] = []
    original = Workers.ask

    def ask(self: Workers[Any, Any], worker: int, ticket: int, question: Any) -> None:
        asked.append(len(question[1]))
        original(self, worker, ticket, question)

    monkeypatch.setattr(Workers, "ask", ask)
    return asked


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("jobs", [2, 3])
def test_the_answer_is_that_of_one_process(
    method: str, jobs: int, many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"processes do not {method} here")
    monkeypatch.setattr(processes, "_start_method", lambda: method)
    one, store = MemoryStore(), MemoryStore()
    assert ask(jobs=1, store=one) == ask(jobs=jobs, store=store)
    assert one.scopes == store.scopes
    assert sum(many) > 100, "other processes did some of the work"


def test_few_commits_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr(ahead, "Workers", never)
    monkeypatch.setattr(ahead, "_WORTH", 1000)
    report, problems = ask(jobs=4)
    assert report.verdict is Verdict.AUTHENTIC
    assert not problems


def test_a_refusal_is_the_same_too(many: list[int]) -> None:
    maker = Maker()
    maker.objects = dict(MAKER.objects)
    maker.date = MAKER.date
    bad = maker.commit(TIP, signer="mallory", history="trusted-path")
    tip = maker.commit(bad, signer="alice", history="trusted-path")
    report, problems = ask(maker, tip, jobs=2)
    assert not problems
    assert report == ask(maker, tip, jobs=1)[0]
    assert report.verdict is Verdict.REFUSED
    assert report.refusals[0].reason.code == "unauthorized-key"
    assert many


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_process_that_is_killed_changes_nothing_but_a_warning(
    after: int, many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ask(jobs=1)[0]
    counted = Workers.ask
    victims: list[int] = []

    def ask_and_kill(self: Workers[Any, Any], worker: int, ticket: int, question: Any) -> None:
        counted(self, worker, ticket, question)
        if ticket > after and not victims:
            pid = self._processes[worker].pid
            assert pid is not None
            victims.append(pid)
            os.kill(pid, signal.SIGKILL)

    monkeypatch.setattr(Workers, "ask", ask_and_kill)
    report, problems = ask(jobs=2)
    assert victims
    assert report == expected
    (problem,) = problems
    assert "one process" in problem
    assert many


@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_process_that_cannot_be_asked_changes_nothing_but_a_warning(
    before: int, many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Workers.ask

    def refuse(self: Workers[Any, Any], worker: int, ticket: int, question: Any) -> None:
        if len(many) >= before:
            raise LostError("it is gone")
        counted(self, worker, ticket, question)

    monkeypatch.setattr(Workers, "ask", refuse)
    report, problems = ask(jobs=2)
    assert report == ask(jobs=1)[0]
    assert problems == ["signatures are checked in one process: it is gone"]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_cannot_be_read_and_is_not_asked_for(jobs: int) -> None:
    """The commit is refused for its key, and merged by somebody listed: nobody needs its file."""
    maker = Maker()
    maker.objects, maker.date = dict(MAKER.objects), MAKER.date
    gone = b"version: 1\npeople:\n  nobody:\n    keys: []\n"
    side = maker.commit(TIP, signer="mallory", file=gone)
    tip = maker.commit(TIP, side, history="trusted-path")
    assert maker.objects.pop(commits.add({}, "blob", gone))
    report, problems = ask(maker, tip, jobs=jobs)
    assert report.verdict is Verdict.AUTHENTIC, report.error
    assert not problems


@pytest.mark.parametrize(
    "error",
    [
        OSError(11, "no more processes"),
        ImportError("no semaphores"),
        AssertionError("daemonic processes are not allowed to have children"),
    ],
    ids=["no process", "no semaphores", "a daemon"],
)
def test_where_no_process_can_be_started(
    error: Exception, many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(Workers, "_start", refuse)
    report, problems = ask(jobs=2)
    assert report == ask(jobs=1)[0]
    assert problems == [f"signatures are checked in one process: {error}"]
    assert not many


class Other:
    """An engine that is not nixauth's own."""

    name, batch, keeps_payloads = "other", 8, False

    def __init__(self) -> None:
        own = Native()
        self.prepare, self.verify, self.close = own.prepare, own.verify, own.close


def test_what_cannot_be_pickled_stays_here(
    many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_start_method", lambda: "spawn")
    monkeypatch.setattr(MemoryObjects, "__reduce__", lambda _: "no such name", raising=False)
    report, problems = ask(jobs=2)
    assert report == ask(jobs=1)[0]
    assert len(problems) == 1
    assert not many


def test_large_commits_travel_few_at_a_time(
    many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_BATCH", 1_000)
    monkeypatch.setattr(ahead, "_BATCH_BYTES", 4_000)
    assert ask(jobs=2)[0] == ask(jobs=1)[0]
    assert many
    assert max(many) <= 40, "what was waiting when the processes started"


def test_another_engine_has_processes_of_its_own(many: list[int]) -> None:
    names = ("alice", "bob", "carol", "mallory")
    session = Session(
        MemoryObjects(MAKER.objects),
        Keyring.from_files(list(certificates(*names).items())),
        Introduction(ObjectId(START), Fingerprint(ALICE.fingerprint)),
        Options(stats=True),
        MemoryStore(),
        engine=Other(),
        jobs=4,
    )
    assert session.report(ObjectId(TIP)) == ask(jobs=1)[0]
    assert not many
