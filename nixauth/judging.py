"""Bring the rule its values: what is known of the parents, the signature, the file in the tree."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from nixauth import rule
from nixauth.discover import Node, Walk
from nixauth.engines import Engine
from nixauth.errors import EngineError, UndecidedError, UnreadableKeyringError
from nixauth.evidence import Claim, Evidence, examine, verify_together
from nixauth.findings import Finding, Store
from nixauth.history.objects import Objects
from nixauth.in_force import Files, OwnFile
from nixauth.keyring import Keyring
from nixauth.model import (
    Authorizations,
    FileFault,
    ObjectId,
    Person,
    Problem,
    Reason,
)
from nixauth.rule import Own, Parent, Trusted
from nixauth.signatures.commit_object import SignedCommit, read_commit, tree_of

_BATCH = 256
"""Findings are handed to the store by this many."""


class Judge:
    """Judges commits parents first and hands what it finds trusted to the store."""

    def __init__(
        self,
        objects: Objects,
        keyring: Keyring,
        files: Files,
        walk: Walk,
        store: Store,
        *,
        whole: bool,
        introduction: tuple[ObjectId, Authorizations],
        historical_sha1: bool,
        engine: Engine,
    ) -> None:
        self.verified = 0
        """How many commits were found trusted that the store did not know."""
        self.certain = False
        """Whether the ancestors of the introduction are known as far as the repository has them."""
        self._objects = objects
        self._keyring = keyring
        self._files = files
        self._walk = walk
        self._nodes = walk.nodes
        self._store = store
        self._whole = whole
        self._introduction, self._introduction_file = introduction
        self._historical_sha1 = historical_sha1
        self._engine = engine
        self._boundary: dict[ObjectId, Own] = {}
        self._has_file: dict[ObjectId, bool] = {}
        """Filled where historical authorizations have every parent asked."""
        self._evidence: dict[ObjectId, Evidence] = {}
        self._trees: dict[ObjectId, ObjectId] = {}
        self._own_files: dict[ObjectId, OwnFile] = {}
        """Files that were looked at ahead of their turn, for one batch."""
        self._unsaved: list[tuple[ObjectId, Finding]] = []

    # --- what is known of a parent ---

    def parent(self, commit: ObjectId) -> Parent:
        """Return a parent with its authorizations if it is trusted; raises UndecidedError."""
        if commit == self._introduction:
            return Parent(commit, self._introduction_file)
        node = self._nodes.get(commit)
        if node is not None and not node.ancestor:
            if node.trusted and node.authorizations is None:
                node.authorizations = self._stand_in(commit)
            return Parent(commit, node.authorizations if node.trusted else None)
        if node is None and not self._walk.is_known(commit):
            return Parent(commit, None)  # not looked at, and so not trusted
        own = self._stand_in_or_fault(commit)
        return Parent(commit, own if isinstance(own, Authorizations) else None)

    def _parent_if_known(self, node: Node, commit: ObjectId) -> Parent:
        """Return a parent, as not trusted where it cannot be read: that only ever takes away."""
        try:
            return self.parent(commit)
        except UnreadableKeyringError:
            raise
        except UndecidedError as error:
            node.doubt = error
            return Parent(commit, None)

    def ancestor_fault(self, commit: ObjectId) -> FileFault | None:
        """Say why a proper ancestor of the introduction is not trusted (step 2)."""
        own = self._stand_in_or_fault(commit)
        parents = self._nodes[commit].parents
        return rule.ask_file(
            own, self._files.path, parent_has_file=lambda: self._any_has_file(parents)
        )

    def _stand_in_or_fault(self, commit: ObjectId) -> Own:
        """Return the file of a commit of step 2, or of one known to be trusted."""
        if commit not in self._boundary:
            own = self._own_file(commit)
            self._boundary[commit] = self._files.historical if own is None else own
        return self._boundary[commit]

    def _stand_in(self, commit: ObjectId) -> Authorizations | None:
        own = self._stand_in_or_fault(commit)
        return own if isinstance(own, Authorizations) else None

    def _own_file(self, commit: ObjectId) -> Own:
        if commit in self._own_files:
            return self._own_files[commit]
        tree = self._trees.get(commit) or tree_of(self._walk.content(commit))
        if tree is None:
            return Problem(1, 1, "the commit object's headers are not in git's order")
        return self._look_up(commit, tree)

    def _look_up(self, commit: ObjectId, tree: ObjectId) -> OwnFile:
        own = self._files.own(tree)
        if self._files.historical is not None:
            self._has_file[commit] = own is not None
        return own

    def _any_has_file(self, parents: Sequence[ObjectId]) -> bool:
        for parent in parents:
            known = self._has_file.get(parent)
            if known or (known is None and self._own_file(parent) is not None):
                return True
        return False

    def _leads_from_introduction(self, commit: ObjectId) -> bool:
        """Say whether a line is known to lead to a parent."""
        if commit == self._introduction:
            return True
        node = self._nodes.get(commit)
        return node.line if node is not None else self._walk.is_known(commit)

    def _descends(self, commit: ObjectId) -> bool:
        node = self._nodes.get(commit)
        return node.descends if node is not None else self._leads_from_introduction(commit)

    def _unknown(self, parents: Sequence[ObjectId]) -> UndecidedError | None:
        for parent in parents:
            node = self._nodes.get(parent)
            if node is not None and node.error is not None:
                return node.error
        return None

    # --- ahead of the turn ---

    def look_ahead(self, commits: Sequence[ObjectId]) -> None:
        """Read what judging a batch will ask for, and do its mathematics.

        One kind of work after the other takes less time than the same work commit by commit, and
        the mathematics can go elsewhere. What cannot be read now is for `judge` to stumble over.
        A signature by a key that no file lists so far is left to `judge` as well.
        """
        self._trees.clear()
        self._own_files.clear()
        if self._engine.keeps_payloads:
            self._evidence.clear()  # of commits that are not trusted; asked again if need be
        claims: list[tuple[ObjectId, Claim]] = []
        for commit in commits:
            node = self._nodes[commit]
            if not node.expanded or node.trusted or node.unreadable:
                continue
            if self._store.get(commit) is None:
                with contextlib.suppress(UndecidedError):
                    evidence = self._examine(commit, node)
                    if isinstance(evidence, Claim):
                        claims.append((commit, evidence))
        for commit, _ in claims:
            tree = self._trees.get(commit)
            if tree is not None:
                with contextlib.suppress(UndecidedError):
                    self._own_files[commit] = self._look_up(commit, tree)
        verify_together(
            [
                (claim, signer)
                for _, claim in claims
                for signer in claim.signers
                if self._files.lists(signer.key) or any(map(self._files.lists, signer.primaries))
            ]
        )

    # --- one commit ---

    def judge(self, commit: ObjectId) -> None:
        """Judge a commit whose parents were judged, and note the outcome in its node."""
        node = self._nodes[commit]
        if node.unreadable:
            return
        node.descends = any(self._descends(parent) for parent in node.parents)
        node.error = node.doubt = None
        finding = self._store.get(commit)
        if finding is not None and not node.trusted and self._whole:
            self._remember(node, finding)
        try:
            # An unsigned commit that nobody looked behind is not expanded, and not judged.
            if node.expanded and not self._is_complete(node):
                parents = [self._parent_if_known(node, parent) for parent in node.parents]
                outcome = self._decide(commit, node, parents)
                if isinstance(outcome, Trusted):
                    self._trust(commit, node, outcome)
                elif not node.trusted:
                    self._refuse(commit, node, outcome)
        except UnreadableKeyringError:
            raise
        except EngineError as error:
            if error.ends_run:
                raise error.at(commit.hex()) from error
            node.error = None if node.trusted else error.at(commit.hex())
        except UndecidedError as error:
            node.error = None if node.trusted else self._walk.explain(error, commit)
        if node.trusted:
            self._note(commit, node, finding)

    def _remember(self, node: Node, finding: Finding) -> None:
        node.trusted = True
        node.signer = finding.signer
        node.person = Person(finding.person, (finding.signer,), finding.service)
        node.admitted_by = finding.admitted_by
        node.primaries = finding.primaries
        node.line = finding.line or self._line(node)

    def _line(self, node: Node) -> bool:
        return any(
            self._leads_from_introduction(node.parents[i])
            for i in node.admitted_by
            if i < len(node.parents)
        )

    def _is_complete(self, node: Node) -> bool:
        """Say whether nothing more can be found out about a commit that is trusted already."""
        if not node.trusted:
            return False
        node.line = node.line or self._line(node)
        if node.primaries is not None and not self._is_bound_as_before(node):
            return False
        admitted = frozenset(node.admitted_by)
        return all(
            position in admitted or self._cannot_admit(parent)
            for position, parent in enumerate(node.parents)
        )

    def _is_bound_as_before(self, node: Node) -> bool:
        """Say whether the signer's key stands for the same primaries as when it was found."""
        return node.signer is None or self._keyring.primaries(node.signer) == node.primaries

    def _cannot_admit(self, parent: ObjectId) -> bool:
        node = self._nodes.get(parent)
        return node is not None and not node.ancestor and not node.trusted

    def _decide(self, commit: ObjectId, node: Node, parents: Sequence[Parent]) -> Trusted | Reason:
        refusal = rule.ask_parents(parents)
        if refusal is not None:
            return refusal
        evidence = self._examine(commit, node)
        if not isinstance(evidence, Claim | rule.Signer):
            return evidence
        return rule.judge(
            parents,
            (evidence,) if isinstance(evidence, rule.Signer) else evidence.signers,
            _found_before if isinstance(evidence, rule.Signer) else evidence.verifies,
            lambda: self._own(commit, node),
            self._files.path,
            lambda: self._any_has_file(node.parents),
        )

    def _examine(self, commit: ObjectId, node: Node) -> Evidence | rule.Signer:
        """Step 3c, once a run; nothing but the signer for a commit that was found trusted."""
        if node.signer is not None:
            return self._keyring.signer(node.signer)
        finding = None if self._whole else self._store.get(commit)
        if finding is not None and self._keyring.has(finding.signer):
            return self._keyring.signer(finding.signer)
        evidence = self._evidence.get(commit)
        if evidence is None:
            read = read_commit(self._walk.content(commit))
            if isinstance(read, SignedCommit):
                self._trees[commit] = read.tree
            evidence = examine(
                read, self._keyring, lambda: self._is_historical(commit, node), self._engine
            )
            self._evidence[commit] = evidence
        return evidence

    def _is_historical(self, commit: ObjectId, node: Node) -> bool:
        """Say whether SHA-1 counts here: historical authorizations stand in here."""
        return (
            self._historical_sha1
            and self._files.historical is not None
            and self._own_file(commit) is None
            and not self._any_has_file(node.parents)
        )

    def _own(self, commit: ObjectId, node: Node) -> Own:
        if node.authorizations is not None:
            return node.authorizations
        own = self._own_file(commit)
        if own is None and self._files.historical is not None:
            return None if self._any_has_file(node.parents) else self._files.historical
        return own

    def _trust(self, commit: ObjectId, node: Node, found: Trusted) -> None:
        if not node.trusted:
            self.verified += 1
            self._evidence.pop(commit, None)
        node.trusted = True
        node.reason = None
        node.authorizations = found.authorizations
        node.signer = found.signer
        node.person = found.person
        node.primaries = None
        node.admitted_by = tuple(sorted({*node.admitted_by, *found.admitted_by}))
        node.line = node.line or self._line(node)

    def _note(self, commit: ObjectId, node: Node, finding: Finding | None) -> None:
        """Have the store remember what it does not know."""
        if node.signer is None or node.person is None:
            return
        person = node.person
        new = Finding(
            node.signer,
            tuple(sorted(self._keyring.signer(node.signer).primaries)),
            person.name,
            person.service,
            node.admitted_by,
            node.line,
        )
        if new != finding:
            self._unsaved.append((commit, new))
            if len(self._unsaved) >= _BATCH:
                self.save()

    def _refuse(self, commit: ObjectId, node: Node, reason: Reason) -> None:
        """Note a refusal, unless something that could not be read might have changed it."""
        unknown = self._unknown(node.parents) or node.doubt
        if self.certain and not node.descends and self._walk.ancestors_end_early is not None:
            # It may be an ancestor of the introduction, of which no signature is asked.
            node.error = self._walk.ancestors_end_early
            return
        if unknown is not None:
            evidence = self._examine(commit, node)
            if isinstance(evidence, Claim | rule.Signer):
                node.error = unknown
                return
            reason = evidence  # refused for its own bytes, whatever its parents are
        node.reason = reason

    def save(self) -> None:
        """Hand what was found to the store."""
        if self._unsaved:
            self._store.put(self._unsaved)
            self._unsaved = []


def _found_before(_signer: rule.Signer) -> bool:
    """The mathematics was done in an earlier run."""
    return True
