"""Run a session with everything looked at, and read what it found out of every commit."""

from __future__ import annotations

import contextlib
import hashlib
from binascii import unhexlify
from dataclasses import dataclass, replace
from pathlib import Path

from nixauth.audit.facts import Fact, Facts, Known
from nixauth.audit.history import History
from nixauth.audit.signed import NOTHING, Kind, kind_of, kind_of_sound
from nixauth.audit.values import Row, State
from nixauth.authenticate import Session
from nixauth.cache import Cache
from nixauth.discover import Node, Walk
from nixauth.errors import EngineError, UndecidedError, UnreadableKeyringError
from nixauth.evidence import Testimony
from nixauth.history.objects import Objects
from nixauth.history.tree import Entry
from nixauth.introduce import Introduced
from nixauth.model import Authorizations, Fingerprint, ObjectId, Report
from nixauth.signatures.commit_object import Outline, tree_of

_NOBODY = Fingerprint("")


class Reading:
    """Objects, of which the commits that are read leave a note of how they are signed."""

    def __init__(self, objects: Objects, facts: Facts) -> None:
        self._objects = objects
        self._facts = facts
        self.tree = objects.tree
        self.blob = objects.blob
        self.shallow = objects.shallow
        self.noted: dict[ObjectId, tuple[Kind, bytes]] = {}
        """Of a commit that is trusted: how it is signed, and its tree in hexadecimal."""

    def commit(self, object_id: ObjectId) -> bytes:
        """See `Objects.commit`."""
        content = self._objects.commit(object_id)
        if object_id not in self.noted and self._facts.get(object_id) is None:
            self.noted[object_id] = kind_of_sound(content), content[5:45]
        return content

    def __reduce__(self) -> tuple[object, ...]:
        # Other processes take no notes.
        return _same, (self._objects,)


def _same(objects: Objects) -> Objects:
    return objects


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
    facts = Facts(cache, _what_fixes_the_path(session))
    reading = Reading(session.objects, facts)
    session.objects = reading
    session.outlines = facts.outline
    session.options = replace(session.options, stats=True, after=None)
    report = session.report(target)
    _raise_what_ends(session, report)
    introduced = session.introduced
    if introduced is None:
        return Gathered(report, None)
    walk = session.walk  # there is none where the introduction is the target
    if walk is None:
        walk = Walk(reading, session.introduction.commit, introduced.parents, lambda _commit: False)
    history = _Reader(session, introduced, walk, reading, facts).read(target, since)
    facts.save()
    return Gathered(report, history)


def _what_fixes_the_path(session: Session) -> bytes:
    options = session.options
    historical = hashlib.sha256(options.historical or b"").hexdigest()
    path = options.authorizations_path or ""
    text = f"{session.introduction.commit.hex()}\0{historical}\0{path}"
    return text.encode("utf-8", "surrogateescape")


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
    """Return a commit and what it reaches, without the introduction and what that reaches."""
    walk, introduced = session.walk, session.introduced
    introduction = session.introduction.commit
    if introduced is None or since == introduction:
        return frozenset()
    if walk is None or since not in walk.nodes:
        walk = Walk(session.objects, introduction, introduced.parents, lambda _commit: False)
        walk.discover(since, lambda _done, _all: None)
        walk.pass_unsigned(lambda _done, _all: None)
    return frozenset(walk.parents_first(since))


class _Reader:
    """Makes rows of a walk's nodes."""

    def __init__(
        self,
        session: Session,
        introduced: Introduced,
        walk: Walk,
        reading: Reading,
        facts: Facts,
    ) -> None:
        self._session = session
        self._introduction = session.introduction.commit
        self._introduced = introduced
        self._walk = walk
        self._nodes = walk.nodes
        self._reading = reading
        self._facts = facts
        self._in_force: dict[ObjectId, Authorizations] = {
            self._introduction: introduced.authorizations
        }
        self._own: dict[ObjectId, Authorizations] = {}
        self._new: list[tuple[ObjectId, Known]] = []
        self._known_facts: dict[Fact, Fact] = {}
        self._blobs: dict[int, tuple[Authorizations, ObjectId]] = {}

    def read(self, target: ObjectId, since: ObjectId | None) -> History:
        """Read everything behind the target."""
        head = self._head(target)
        path = self._path(head)
        rows = [
            self._row(commit, self._nodes[commit], on_path=commit in path)
            for commit in self._walk.parents_first(target)
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
            {row.commit: row for row in rows},
            self._in_force,
            self._own,
            self._at(target),
            lambda key: self._session.keyring.primaries(key) or (),
        )

    def _at(self, target: ObjectId) -> Authorizations | None:
        """Return the authorizations in force at the target, whether it is trusted or not."""
        found = self._in_force.get(target)
        if found is not None:
            return found
        try:
            tree = tree_of(self._reading.commit(target))
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
            todo.extend(node.parents[position] for position in node.admitted_by)
        return found

    # --- one commit ---

    def _row(self, commit: ObjectId, node: Node, *, on_path: bool) -> Row:
        finding = node.finding
        if finding is None:
            return self._not_trusted(commit, node)
        fact = self._facts.get(commit)
        if fact is None:
            kind, tree = self._reading.noted.get(commit) or self._note(commit)
        else:
            kind, tree = fact[:2], b""
        self._take_file(commit, node, kind, tree, fact)
        return Row(
            commit, node.parents, node.date, State.TRUSTED, "", finding.person, finding.service,
            finding.signer, on_path, node.signed, *kind, finding.admitted_by, node.line,
        )  # fmt: skip

    def _note(self, commit: ObjectId) -> tuple[Kind, bytes]:
        content = self._reading.commit(commit)
        return kind_of_sound(content), content[5:45]

    def _take_file(
        self, commit: ObjectId, node: Node, kind: Kind, tree: bytes, fact: Fact | None
    ) -> None:
        """Note the authorizations of a trusted commit, without reading its tree if possible."""
        files = self._introduced.files
        own, blob = node.own, None
        if isinstance(own, Authorizations):
            blob = self._blob(own)
        elif own is not None:
            try:
                blob = fact.blob if fact is not None else self._entry(tree)
                own = files.at(blob) if blob is not None else None
            except UndecidedError:
                return  # it is trusted by an earlier run, and not whole any more
        in_force = files.historical if own is None else own
        if isinstance(in_force, Authorizations):
            self._in_force[commit] = in_force
            if fact is None:
                outline = Outline(node.parents, node.signed, node.date)
                self._new.append((commit, Known(self._same_fact(Fact(*kind, blob)), outline)))

    def _entry(self, tree: bytes) -> ObjectId | None:
        found = self._introduced.files.place.entry(ObjectId(unhexlify(tree)))
        return found.object_id if isinstance(found, Entry) else None

    def _blob(self, own: Authorizations) -> ObjectId:
        """Return the blob that a file is."""
        known = self._blobs.get(id(own))
        if known is None:
            content = own.content
            header = b"blob %d\0" % len(content)
            digest = hashlib.sha1(header + content, usedforsecurity=False).digest()
            known = self._blobs[id(own)] = own, ObjectId(digest)
        return known[1]

    def _same_fact(self, fact: Fact) -> Fact:
        return self._known_facts.setdefault(fact, fact)

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
        if isinstance(node.evidence, Testimony) and node.evidence.signers:
            signer = node.evidence.signers[0].key
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
            return kind_of(self._reading.commit(commit))
        except UndecidedError:
            return NOTHING

    def _add_ancestors(self, rows: list[Row]) -> None:
        """Note the files of the introduction's ancestors that commits were judged by."""
        judge = self._session.judge
        for row in rows:
            for parent in row.parents:
                node = self._nodes.get(parent)
                if node is not None and node.ancestor and judge is not None:
                    with contextlib.suppress(UndecidedError):
                        found = judge.parent(parent).authorizations
                        if found is not None:
                            self._in_force[parent] = found
