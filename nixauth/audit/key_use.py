"""Everything that one key signed, and what it touched: how far an incident reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from nixauth.audit.asked import Claimed, KeyCommit, KeyUse
from nixauth.audit.history import History
from nixauth.audit.trees import Differences
from nixauth.audit.values import Grant, Row, State
from nixauth.authenticate import Session
from nixauth.errors import UndecidedError
from nixauth.evidence import Claim, Testimony, examine
from nixauth.model import Fingerprint, MissingKey, ObjectId, UnusableKey
from nixauth.signatures import openpgp
from nixauth.signatures.commit_object import FaultyCommit, read_commit
from nixauth.signatures.reader import read_signature


@dataclass(frozen=True, slots=True)
class KeyQuestion:
    """Which key is asked about, and since when: a commit, or a date, or neither."""

    fingerprint: Fingerprint
    since: ObjectId | None = None
    since_date: int | None = None


def key_use(
    session: Session,
    history: History,
    question: KeyQuestion,
    grants: Sequence[Grant],
    left_out: Collection[ObjectId] = (),
) -> KeyUse:
    """Find the commits that a key signed, and what they changed; `left_out` is since's past."""
    signed = _Signed(session, question.fingerprint)
    differences = Differences(session.objects)
    found = [*_of_introduction(session, history, question, signed, left_out)]
    for row in history.rows:
        if row.commit in left_out or _is_earlier(row.date, question.since_date):
            continue
        claimed = signed.by_key(row)
        if claimed is not None:
            signer, certainty = claimed
            paths, complete = differences.of(row.commit, row.parents[0] if row.parents else None)
            found.append(
                KeyCommit(
                    row.commit, row.date, row.state, row.reason, row.person, signer, certainty,
                    len(row.parents) > 1, paths, complete,
                )
            )  # fmt: skip
    made = [one for one in found if one.claimed is not Claimed.FORGED]
    commits = {one.commit for one in made}
    counts = Counter(path for one in made for path in one.paths)
    return KeyUse(
        question.fingerprint,
        tuple(sorted({question.fingerprint, *signed.keys})),
        question.since,
        question.since_date,
        tuple(_listed_for(history, {question.fingerprint, *signed.keys})),
        tuple(found),
        dict(sorted(counts.items())),
        tuple(grant for grant in grants if grant.commit in commits),
        sum(not one.complete for one in made),
    )


def _of_introduction(
    session: Session,
    history: History,
    question: KeyQuestion,
    signed: _Signed,
    left_out: Collection[ObjectId],
) -> Iterator[KeyCommit]:
    """Return the introduction, which is no row: it is where the judging begins."""
    commit, introduced = history.introduction, session.introduced
    if introduced is None or commit in left_out or commit in history.left_out:
        return
    if _is_earlier(history.introduction_date, question.since_date):
        return
    claimed = signed.by_reading(commit)
    if claimed is not None:
        parents = introduced.parents
        paths, complete = Differences(session.objects).of(commit, parents[0] if parents else None)
        yield KeyCommit(
            commit, history.introduction_date, State.TRUSTED, "", "", *claimed,
            len(parents) > 1, paths, complete,
        )  # fmt: skip


def _is_earlier(own: int, date: int | None) -> bool:
    return date is not None and own < date


def _listed_for(history: History, keys: Collection[Fingerprint]) -> Iterator[str]:
    """Yield names under which one of the keys counts: it is listed, or its primary key is.

    Of a primary key that was asked about, a listed subkey is its own, also one that never signed.
    """
    people = history.at_target.people if history.at_target is not None else ()
    counting = {*keys, *(primary for key in keys for primary in history.primaries(key))}
    for person in people:
        if any(
            key in counting or not counting.isdisjoint(history.primaries(key))
            for key in person.keys
        ):
            yield person.name


class _Signed:
    """Says of commits whether a key signed them, or is said to have."""

    def __init__(self, session: Session, fingerprint: Fingerprint) -> None:
        self._session = session
        self._wanted = fingerprint
        self.keys: set[Fingerprint] = set()
        """The keys that were found to sign for the one that is asked about."""

    def by_key(self, row: Row) -> tuple[Fingerprint, Claimed] | None:
        """Return the key and how certain it is; None where it is another one."""
        if row.state is State.TRUSTED:
            return (row.signer, Claimed.VERIFIED) if self._counts(row.signer) else None
        if not row.signed or self._session.walk is None:
            return None
        node = self._session.walk.nodes.get(row.commit)
        if node is None or node.unreadable:
            return None
        match node.evidence or node.reason:
            case Testimony(signers, outcomes):
                for signer in signers:
                    if self._counts(signer.key):
                        known = outcomes.get(signer.key)
                        if isinstance(known, bool):
                            return signer.key, _CERTAINTY[known]
                        return signer.key, self._verified(row.commit, signer.key)
                return None
            case UnusableKey(key):
                return (key, Claimed.CLAIMED) if self._counts(key) else None
            case MissingKey(issuer):
                return self._named(issuer)
            case _:
                return self.by_reading(row.commit)

    def _verified(self, commit: ObjectId, key: Fingerprint) -> Claimed:
        """Do the mathematics for a commit that is refused for something else."""
        session = self._session
        try:
            read = read_commit(session.objects.commit(commit))
            claim = examine(read, session.keyring, lambda: True, session.engine)
            if isinstance(claim, Claim):
                for signer in claim.signers:
                    if signer.key == key:
                        return _CERTAINTY[claim.verifies(signer)]
        except UndecidedError:
            pass
        return Claimed.CLAIMED

    def _counts(self, key: Fingerprint) -> bool:
        if key != self._wanted:
            try:
                primaries = self._session.keyring.primaries(key) or ()
            except UndecidedError:
                primaries = ()
            if self._wanted not in primaries:
                return False
        self.keys.add(key)
        return True

    def _named(self, issuer: str) -> tuple[Fingerprint, Claimed] | None:
        """Take a key that is not at hand by what the signature says of it."""
        wanted = self._wanted
        names = wanted == issuer or (
            len(issuer) == 16 and (wanted[-16:] if len(wanted) == 40 else wanted[:16]) == issuer
        )
        return (wanted, Claimed.CLAIMED) if names else None

    def by_reading(self, commit: ObjectId) -> tuple[Fingerprint, Claimed] | None:
        """Ask the signature itself, where nobody looked at it, or it does not count."""
        try:
            read = read_commit(self._session.objects.commit(commit))
        except UndecidedError:
            return None
        if isinstance(read, FaultyCommit):
            return None
        signature = read_signature(read.signature)
        if isinstance(signature, openpgp.Signature):
            for key in self._session.keyring.find(signature.issuers):
                if self._counts(key.fingerprint):
                    return key.fingerprint, self._verified(commit, key.fingerprint)
            named = (self._named(issuer.text) for issuer in signature.issuers)
            return next((one for one in named if one is not None), None)
        key_of_ssh = getattr(signature, "key", None)
        if key_of_ssh is not None and self._counts(key_of_ssh.fingerprint):
            return key_of_ssh.fingerprint, self._verified(commit, key_of_ssh.fingerprint)
        return None


_CERTAINTY = {True: Claimed.VERIFIED, False: Claimed.FORGED}
