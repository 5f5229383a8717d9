"""Run a session with everything looked at, and read what it found out of every commit."""

from __future__ import annotations

import contextlib
from binascii import unhexlify
from dataclasses import dataclass, replace
from pathlib import Path

from nixauth.audit.history import History
from nixauth.audit.signed import kind_of, kind_of_sound
from nixauth.audit.values import TRUSTED, Row, State
from nixauth.authenticate import Session
from nixauth.cache import Cache
from nixauth.discover import Node, Walk
from nixauth.errors import EngineError, UndecidedError, UnreadableKeyringError
from nixauth.evidence import Testimony
from nixauth.facts import Fact, Facts, Known, place_of
from nixauth.history.tree import Entry
from nixauth.introduce import Introduced
from nixauth.model import Authorizations, BadSignature, Fingerprint, ObjectId, Report
from nixauth.signatures.commit_object import Outline, tree_of
from nixauth.signatures.kind import NOTHING, Kind

_NOBODY = Fingerprint("")


@dataclass(frozen=True, slots=True)
class Gathered:
    """The history, or None where step 1 refused the introduction; and the report of the target."""

    report: Report
    history: History | None


def gather(
    session: Session, target: ObjectId, since: ObjectId | None = None, cache: Path | None = None
) -> Gathered:
    """Judge everything that the target reaches; look at what `since` does not reach.

    `cache` is the directory where facts are kept. Raises UndecidedError where nothing could be
    found out: where the introduction, the target or the keyring is not there, and the like.
    """
    if isinstance(session.stores, Cache):
        session.stores.whole = True
    facts = Facts(cache, place_of(session.introduction, session.options))
    facts.load()
    session.outlines, session.witness = facts.outline, facts.note
    session.everything = True
    session.options = replace(session.options, stats=False, after=None)
    report = session.report(target)
    _raise_what_ends(session, report)
    introduced = session.introduced
    if introduced is None:
        return Gathered(report, None)
    walk = session.walk  # there is none where the introduction is the target
    if walk is None:
        walk = Walk(
            session.objects, session.introduction.commit, introduced.parents, lambda _commit: False
        )
    return Gathered(report, _Reader(session, introduced, walk, facts).read(target, since))


def _raise_what_ends(session: Session, report: Report) -> None:
    """An audit is made of what could be judged, and not of a run that was given up."""
    error = report.error
    if error is None:
        return
    node = session.walk.nodes.get(report.target) if session.walk is not None else None
    given_up = isinstance(error, UnreadableKeyringError) or (
        isinstance(error, EngineError) and error.ends_run
    )
    if given_up or session.introduced is None or node is None or node.unreadable:
        raise error


def reached_from(session: Session, since: ObjectId) -> frozenset[ObjectId]:
    """Return a commit and what it reaches: the introduction, and nothing that that reaches."""
    walk, introduced = session.walk, session.introduced
    introduction = session.introduction.commit
    if since == introduction:
        return frozenset((introduction,))
    if introduced is None:
        return frozenset()
    if walk is None or since not in walk.nodes:
        walk = Walk(session.objects, introduction, introduced.parents, lambda _commit: False)
        walk.discover(since, lambda _done, _all: None)
        walk.pass_unsigned(lambda _done, _all: None)
    found = {*walk.parents_first(since)}
    if any(introduction in walk.nodes[commit].parents for commit in found):
        found.add(introduction)
    return frozenset(found)


class _Reader:
    """Makes rows of a walk's nodes."""

    def __init__(
        self,
        session: Session,
        introduced: Introduced,
        walk: Walk,
        facts: Facts,
    ) -> None:
        self._session = session
        self._introduction = session.introduction.commit
        self._introduced = introduced
        self._walk = walk
        self._nodes = walk.nodes
        self._facts = facts
        self._in_force: dict[ObjectId, Authorizations] = {
            self._introduction: introduced.authorizations
        }
        self._own: dict[ObjectId, Authorizations] = {}
        self._by_blob: dict[ObjectId | None, Authorizations] = {}
        self._new: list[tuple[ObjectId, Known]] = []

    def read(self, target: ObjectId, since: ObjectId | None) -> History:
        """Read everything behind the target."""
        head = self._head(target)
        path = self._path(head)
        rows = [
            self._row(commit, self._nodes[commit], on_path=commit in path)
            for commit in self._session.judged
        ]
        self._facts.add(self._new)
        self._add_ancestors(rows)
        left_out = reached_from(self._session, since) if since is not None else frozenset()
        return History(
            target,
            self._introduction,
            self._introduced.date,
            head,
            rows,
            [row for row in rows if row.commit not in left_out] if left_out else rows,
            left_out,
            {row.commit: row for row in rows},
            self._in_force,
            self._own,
            self._at(target),
            lambda key: self._session.keyring.primaries(key) or (),
            self._session.options.now,
        )

    def _at(self, target: ObjectId) -> Authorizations | None:
        """Return the authorizations in force at the target, whether it is trusted or not."""
        found = self._in_force.get(target)
        if found is not None:
            return found
        try:
            tree = tree_of(self._session.objects.commit(target))
            own = self._introduced.files.own(tree) if tree is not None else None
        except UndecidedError:
            return None
        if own is None:
            return self._introduced.files.historical
        return own if isinstance(own, Authorizations) else None

    # --- the path ---

    def _head(self, target: ObjectId) -> ObjectId | None:
        commit: ObjectId | None = target
        while commit is not None:
            node = self._walk.in_region(commit)
            if node is None or node.line:
                return commit if node is not None else None
            commit = node.parents[0] if node.parents else None
        return None

    def _path(self, head: ObjectId | None) -> set[ObjectId]:
        found: set[ObjectId] = set()
        todo = [head] if head is not None else []
        while todo:
            commit = todo.pop()
            node = self._nodes.get(commit)
            if node is None or node.ancestor or not node.line or commit in found:
                continue
            found.add(commit)
            for position in node.admitted_by:
                todo.append(node.parents[position])  # noqa: PERF401 - a generator takes longer
        return found

    # --- one commit ---

    def _row(self, commit: ObjectId, node: Node, *, on_path: bool) -> Row:
        finding = node.finding
        if finding is None:
            return self._not_trusted(commit, node)
        fact: Fact | None = self._facts.get(commit)
        if fact is not None:
            kind: Kind = fact[:2]
        else:
            kind, fact = self._read(commit, node)
        in_force = self._by_blob.get(fact.blob) if fact is not None else None
        if in_force is not None:
            self._in_force[commit] = in_force
        elif fact is not None:
            self._take_file(commit, node, fact)
        # What the named tuple's own constructor calls, without the detour: there are many.
        return tuple.__new__(
            Row,
            (
                commit, node.parents, node.date, TRUSTED, "", finding.person, finding.service,
                finding.signer, on_path, node.signed, *kind, finding.admitted_by, node.line,
            ),
        )  # fmt: skip

    def _read(self, commit: ObjectId, node: Node) -> tuple[Kind, Fact | None]:
        """Read what nobody kept of a trusted commit; no fact where its tree cannot be read."""
        content = self._walk.content(commit)
        kind = kind_of_sound(content)
        try:
            entry = self._introduced.files.place.entry(ObjectId(unhexlify(content[5:45])))
        except UndecidedError:
            return kind, None  # it is trusted by an earlier run, and not whole any more
        fact = Fact(*kind, entry.object_id if isinstance(entry, Entry) else None)
        outline = Outline(node.parents, node.signed, node.date)
        self._new.append((commit, Known(fact, outline)))
        return kind, fact

    def _take_file(self, commit: ObjectId, node: Node, fact: Fact) -> None:
        """Note the authorizations of a trusted commit, without reading its tree."""
        files = self._introduced.files
        own = node.own
        if not isinstance(own, Authorizations):
            try:
                own = files.at(fact.blob) if fact.blob is not None else None
            except UndecidedError:
                return
        in_force = files.historical if own is None else own
        if isinstance(in_force, Authorizations):
            self._in_force[commit] = self._by_blob[fact.blob] = in_force

    def _not_trusted(self, commit: ObjectId, node: Node) -> Row:
        if isinstance(node.own, Authorizations):
            self._own[commit] = node.own
        if node.reason is not None:
            state, reason = State.REFUSED, node.reason.code
        else:
            state = State.UNDECIDED
            reason = node.error.kind if node.error is not None else "unknown"
        kind = NOTHING
        if node.signed and not node.unreadable:
            kind = self._kind(commit)
        signer = _NOBODY
        if isinstance(node.evidence, Testimony) and not isinstance(node.reason, BadSignature):
            # What was found not to be made by a key is nothing that the key did.
            outcomes = node.evidence.outcomes
            keys = (one.key for one in node.evidence.signers)
            signer = next((key for key in keys if outcomes.get(key) is not False), _NOBODY)
        return Row(
            commit,
            node.parents,
            node.date,
            state,
            reason,
            person="",
            service=False,
            signer=signer,
            on_path=False,
            signed=node.signed,
            algorithm=kind[0],
            digest=kind[1],
            admitted_by=(),
            line=False,
        )

    def _kind(self, commit: ObjectId) -> Kind:
        try:
            return kind_of(self._session.objects.commit(commit))
        except UndecidedError:
            return NOTHING

    def _add_ancestors(self, rows: list[Row]) -> None:
        """Note the files of the introduction's ancestors that commits were judged by."""
        judge = self._session.judge
        ancestors = {commit for commit, node in self._nodes.items() if node.ancestor}
        if judge is None or not ancestors:
            return
        for row in rows:
            for parent in row.parents:
                if parent in ancestors:
                    with contextlib.suppress(UndecidedError):
                        found = judge.parent(parent).authorizations
                        if found is not None:
                            self._in_force[parent] = found
