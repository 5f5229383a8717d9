"""Have commits examined before their turn to be judged comes: in batches, by several processes.

While the history is being found, processes that have nothing to do examine what was found last.
Then everything is asked for parents first, a few batches ahead of the judging, so that the order
of the answer, and what is kept when the run is interrupted, are those of one process.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from nixauth.discover import Node
from nixauth.errors import UndecidedError
from nixauth.examination import Examiner, File, Question, Statement
from nixauth.findings import Store
from nixauth.in_force import UNSEEN, Files, OwnFile, Unseen
from nixauth.model import Fingerprint, ObjectId
from nixauth.processes import LostError, Workers

_WORTH = 384
"""So many signed commits are worth more than starting processes costs."""
_WORTH_BYTES = 8 * 1024 * 1024
_BATCH = 128
"""Commits that are handed to a process at once."""
_BATCH_BYTES = 1024 * 1024
_SELDOM = 64
"""So many commits that nobody has time for come between two looks for answers."""

_Task: TypeAlias = tuple[Sequence[Fingerprint], Sequence[Question]]
"""Keys that are listed since the last time, and commits."""
_Content: TypeAlias = Callable[[ObjectId], bytes | None]


class LookAhead:
    """Examines the commits of one walk; what it finds out stands in their nodes.

    Of `jobs` processes this one is the first, and does what the others have no time for.

    `problems` says, a line each, why there is only one process where more were wanted.
    """

    def __init__(
        self,
        examiner: Examiner,
        files: Files,
        store: Store,
        nodes: Mapping[ObjectId, Node],
        *,
        jobs: int,
        problems: list[str],
    ) -> None:
        self._examiner = examiner
        self._files = files
        self._store = store
        self._nodes = nodes
        self._jobs = jobs
        self._problems = problems
        self._offered: list[Question] = []
        self._offered_bytes = 0
        self._declined = -1
        self._workers: Workers[_Task, list[Statement]] | None = None
        self._told: list[int] = []
        """For each process, how many of the listed keys it knows."""
        self._asked: dict[int, list[Question]] = {}
        """What processes were asked and have not answered, by ticket."""
        self._tickets = 0

    # --- while the history is being found ---

    def offer(self, commit: ObjectId, node: Node, content: bytes) -> bool:
        """Take a signed commit that was just found, if there is somebody to examine it now.

        Says whether it was taken; its content is not needed any more then.
        """
        if self._jobs < 2:
            return False
        if self._workers is not None and not self._offered and not self._has_room():
            return False
        if not self._wants(commit, node):
            return False
        self._offered.append((commit, content))
        self._offered_bytes += len(content)
        if self._workers is not None:
            if len(self._offered) >= _BATCH or self._offered_bytes >= _BATCH_BYTES:
                self._send_offered()
        elif len(self._offered) >= _WORTH or self._offered_bytes >= _WORTH_BYTES:
            self._start()
            self._send_offered()
        return True

    def _has_room(self) -> bool:
        """Say whether a process has little to do; asks now and then only."""
        self._declined += 1
        if self._declined % _SELDOM:
            return False
        self._collect(patiently=False)
        room = self._workers is not None and self._workers.free() is not None
        self._declined -= room
        return room

    def _send_offered(self) -> None:
        offered, self._offered, self._offered_bytes = self._offered, [], 0
        for start in range(0, len(offered), _BATCH):
            self._ask(offered[start : start + _BATCH])

    def _wants(self, commit: ObjectId, node: Node) -> bool:
        return (
            node.signed
            and node.evidence is None
            and node.finding is None
            and node.recall(commit, self._store) is None
        )

    # --- before the judging ---

    def in_order(self, commits: Iterable[ObjectId], content: _Content) -> Iterator[list[ObjectId]]:
        """Yield the commits in batches, each once what there is to find out was found out.

        `content` gives a commit's content if it is at hand.
        """
        self._send_offered()
        # What was offered last is still with a process; its turn comes last, too.
        early = {one: ticket for ticket, asked in self._asked.items() for one, _ in asked}
        source = iter(commits)
        window: deque[tuple[list[ObjectId], set[int]]] = deque()
        while batch := list(islice(source, self._examiner.engine.batch)):
            tickets = {early[commit] for commit in batch if commit in early} if early else set()
            wanted = [*self._questions(batch, content, early)]
            window.append((batch, tickets | self._ask(wanted)))
            while len(window) > (2 * self._jobs if self._workers is not None else 0):
                yield self._finished(*window.popleft())
        while window:
            yield self._finished(*window.popleft())

    def _questions(
        self, batch: Sequence[ObjectId], content: _Content, early: Container[ObjectId]
    ) -> Iterator[Question]:
        self._store.ahead(batch)
        for commit in batch:
            node = self._nodes[commit]
            # An unsigned commit that nobody looked behind is not expanded, and not judged.
            if (
                node.expanded
                and not node.unreadable
                and commit not in early
                and self._wants(commit, node)
            ):
                yield commit, content(commit)

    def _finished(self, batch: list[ObjectId], tickets: set[int]) -> list[ObjectId]:
        while not tickets.isdisjoint(self._asked):
            self._collect(patiently=True)
        return batch

    # --- asking, here or elsewhere ---

    def _ask(self, questions: list[Question]) -> set[int]:
        """Have commits examined: here, or by a process that has little to do.

        Returns the ticket of the answer, nothing where it is there already.
        """
        if not questions:
            return set()
        worker = self._free_worker()
        if worker is None or self._workers is None:
            self._examine_here(questions)
            return set()
        self._tickets += 1
        self._asked[self._tickets] = questions
        keys = list(self._files.listed_after(self._told[worker]))
        self._told[worker] += len(keys)
        try:
            self._workers.ask(worker, self._tickets, (keys, questions))
        except LostError as error:
            self._fall_back(error)
        return {self._tickets}

    def _free_worker(self) -> int | None:
        """Return a process that can be asked; None where all have enough, or there are none."""
        if self._workers is not None and self._workers.free() is None:
            self._collect(patiently=False)
        return self._workers.free() if self._workers is not None else None

    def _collect(self, *, patiently: bool) -> None:
        """Take note of what processes have answered."""
        if self._workers is None:
            return
        try:
            answers = self._workers.answers(patiently=patiently)
        except LostError as error:
            self._fall_back(error)
            return
        for ticket, statements in answers:
            shared = (Statement(self._examiner.shared(one), file) for one, file in statements)
            self._note(self._asked.pop(ticket), shared)

    def _note(self, questions: Sequence[Question], statements: Iterable[Statement]) -> None:
        for (commit, _), (evidence, file) in zip(questions, statements, strict=True):
            node = self._nodes[commit]
            node.evidence = evidence
            node.own = self._own_file(file)

    def _own_file(self, file: File) -> OwnFile | Unseen:
        try:
            return self._files.at(file) if isinstance(file, bytes) else file
        except UndecidedError:
            return UNSEEN

    def _examine_here(self, questions: Sequence[Question]) -> None:
        drafts = [self._examiner.read(question) for question in questions]
        for file in {file for _, file in drafts if isinstance(file, bytes)}:
            with contextlib.suppress(UndecidedError):  # the judge will come across it
                self._files.at(file)
        self._note(questions, self._examiner.settle(drafts, self._files.lists))

    # --- the processes ---

    def _start(self) -> None:
        with contextlib.suppress(UndecidedError):
            self._examiner.warm_up()
        try:
            self._workers = Workers(self._jobs - 1, _Elsewhere(self._examiner))
        except LostError as error:
            self._fall_back(error)
        else:
            self._told = [0] * (self._jobs - 1)

    def _fall_back(self, error: LostError) -> None:
        """Go on in this process alone, with what the others have not answered first."""
        self.close()
        self._jobs = 1
        self._problems.append(f"signatures are checked in one process: {error}")
        asked, self._asked = self._asked, {}
        for questions in asked.values():
            self._examine_here(questions)

    def close(self) -> None:
        """End the processes."""
        if self._workers is not None:
            self._workers.close()
            self._workers = None


class _Elsewhere:
    """The examiner of another process, with the keys that it was told are listed."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner
        self._listed: set[Fingerprint] = set()

    def __call__(self, task: _Task) -> list[Statement]:
        keys, questions = task
        self._listed.update(keys)
        drafts = [self._examiner.read(question) for question in questions]
        return self._examiner.settle(drafts, self._listed.__contains__)
