"""What can be found out of signed commits one by one, whatever their parents are.

That is step 3c, the mathematics of step 3e for keys that some file lists, and where the
authorizations file is. So it can be done in any order, ahead of the judging, and in any process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from nixauth.engines import Engine
from nixauth.errors import UndecidedError
from nixauth.evidence import Claim, Evidence, Testimony, examine, verify_together
from nixauth.history.objects import Objects
from nixauth.history.tree import Entry
from nixauth.in_force import UNSEEN, Place, Unseen
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, KeyFault, ObjectId, Problem, SignatureFault
from nixauth.signatures import openpgp
from nixauth.signatures.commit_object import FaultyCommit, read_commit
from nixauth.signatures.kind import Kind, kind_of_signature

File: TypeAlias = ObjectId | Problem | Unseen | None
"""The blob at the path, what is wrong there, that there is nothing, or that it was not seen."""

Question: TypeAlias = tuple[ObjectId, bytes | None]
"""A commit, and its content where that is at hand."""


Spoken: TypeAlias = SignatureFault | KeyFault | Testimony | None


class Statement(NamedTuple):
    """What was found out of one commit; `evidence` None: ask again when its turn comes."""

    evidence: Spoken
    file: File


Draft: TypeAlias = tuple[Evidence | None, File]
"""A statement before the mathematics."""

_NOTHING: Draft = None, UNSEEN


class Examiner:
    """Examines commits. `sha1_may_count`: for SHA-1 it depends on the parents, so it waits."""

    def __init__(
        self,
        objects: Objects,
        keyring: Keyring,
        path: str,
        engine: Engine,
        *,
        sha1_may_count: bool,
    ) -> None:
        self.engine = engine
        self._objects = objects
        self._keyring = keyring
        self._path = path
        self._place = Place(objects, path)
        self._sha1_may_count = sha1_may_count
        self._blobs: dict[ObjectId, ObjectId] = {}
        self._testimonies: dict[tuple[Fingerprint, bool | None, Kind], Testimony] = {}

    def __reduce__(self) -> tuple[object, ...]:
        # To another process goes what it takes to make another one there.
        return _made, (
            self._objects, self._keyring, self._path, self.engine, self._sha1_may_count
        )  # fmt: skip

    def warm_up(self) -> None:
        """Have what every examination needs in memory, before processes divide."""
        _ = self._keyring.certificates

    def read(self, question: Question) -> Draft:
        """Read a commit, its signature and where its file is; raises nothing that it finds."""
        commit, content = question
        try:
            read = read_commit(self._objects.commit(commit) if content is None else content)
            if isinstance(read, FaultyCommit):
                return read.fault, UNSEEN
            evidence = examine(read, self._keyring, lambda: self._sha1_may_count, self.engine)
        except UndecidedError:
            return _NOTHING
        if not isinstance(evidence, Claim):
            return evidence, UNSEEN
        if self._sha1_may_count and _is_weak(evidence):
            return _NOTHING
        try:
            return evidence, self._file(read.tree)
        except UndecidedError:
            return evidence, UNSEEN

    def _file(self, tree: ObjectId) -> File:
        entry = self._place.entry(tree)
        if isinstance(entry, Entry):
            return self._blobs.setdefault(entry.object_id, entry.object_id)
        return entry

    def settle(
        self, drafts: Sequence[Draft], lists: Callable[[Fingerprint], bool]
    ) -> list[Statement]:
        """Do the mathematics of those claims whose keys are listed somewhere, all in one go.

        A signature by a key that nobody lists costs nobody any mathematics.
        """
        verify_together(
            [
                (claim, signer)
                for claim, _ in drafts
                if isinstance(claim, Claim)
                for signer in claim.signers
                if lists(signer.key) or any(map(lists, signer.primaries))
            ]
        )
        return [
            Statement(self.testimony(found) if isinstance(found, Claim) else found, file)
            for found, file in drafts
        ]

    def shared(self, evidence: Spoken) -> Spoken:
        """Return the same testimony for the same key and outcome; anything else as it is."""
        return self.testimony(evidence) if isinstance(evidence, Testimony) else evidence

    def testimony(self, of: Claim | Testimony) -> Testimony:
        """Return what remains of a claim, the same object for the same key, outcome and kind."""
        kind = of.kind if isinstance(of, Testimony) else kind_of_signature(of.signature)
        if len(of.signers) != 1:
            return Testimony(of.signers, dict(of.outcomes), kind)
        signer = of.signers[0]
        outcome = of.outcomes.get(signer.key)
        if isinstance(outcome, UndecidedError):
            return Testimony(of.signers, dict(of.outcomes), kind)
        kept = self._testimonies.get((signer.key, outcome, kind))
        if kept is None:
            kept = Testimony(of.signers, dict(of.outcomes), kind)
            self._testimonies[signer.key, outcome, kind] = kept
        return kept


def _made(
    objects: Objects,
    keyring: Keyring,
    path: str,
    engine: Engine,
    sha1_may_count: bool,  # noqa: FBT001
) -> Examiner:
    return Examiner(objects, keyring, path, engine, sha1_may_count=sha1_may_count)


def _is_weak(claim: Claim) -> bool:
    return isinstance(claim.signature, openpgp.Signature) and claim.signature.weak is not None
