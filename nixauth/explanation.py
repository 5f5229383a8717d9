"""Everything that decided about one commit, as values to be shown."""

from __future__ import annotations

from dataclasses import dataclass

from nixauth import rule
from nixauth.authenticate import Session
from nixauth.display import printable
from nixauth.errors import UndecidedError
from nixauth.model import Authorizations, Fingerprint, ObjectId, Report
from nixauth.rule import Signer
from nixauth.signatures import openpgp, ssh
from nixauth.signatures.commit_object import FaultyCommit, read_commit
from nixauth.signatures.reader import read_signature


@dataclass(frozen=True, slots=True)
class ParentView:
    """A parent: whether it is trusted and by what, the file in force, and who holds the key there.

    `state` is `introduction`, `ancestor`, `trusted`, `not trusted` or `not decided`; `why` says
    more (a reason's string, or an error), or is empty.
    """

    commit: ObjectId
    state: str
    why: str = ""
    authorizations: Authorizations | None = None
    holder: str = ""
    admits: bool = False


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key that the signature may have been made by."""

    fingerprint: Fingerprint
    algorithm: str
    owner: str
    primaries: tuple[Fingerprint, ...]
    unbound: tuple[tuple[Fingerprint, str], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What decided about `commit`; the report is the answer for it as a target."""

    commit: ObjectId
    report: Report
    parents: tuple[ParentView, ...]
    signature: tuple[tuple[str, str], ...]
    keys: tuple[KeyView, ...]
    path: str


def explain(session: Session, commit: ObjectId) -> Explanation:
    """Ask about a commit and gather what decided; raises UndecidedError where it is not there."""
    read = read_commit(session.objects.commit(commit))
    report = session.report(commit, look_again=True)
    fields: list[tuple[str, str]] = []
    keys: list[openpgp.PublicKey | ssh.PublicKey] = []
    if isinstance(read, FaultyCommit):
        fields.append(("none that counts", read.fault.code))
    else:
        signature = read_signature(read.signature)
        if isinstance(signature, openpgp.Signature):
            fields += signature.describe()
            keys += session.keyring.find(signature.issuers)
        elif isinstance(signature, ssh.Signature):
            fields += signature.describe()
            keys.append(signature.key)
        else:
            fields.append(("none that counts", signature.code))
    signers = [session.keyring.signer(key.fingerprint) for key in keys]
    return Explanation(
        commit,
        report,
        _parents(session, commit, signers),
        tuple(fields),
        tuple(_key(session, key) for key in keys),
        report.path,
    )


def _key(session: Session, key: openpgp.PublicKey | ssh.PublicKey) -> KeyView:
    facts = None
    if isinstance(key, openpgp.PublicKey):
        facts = session.keyring.certificates.facts(key.fingerprint)
    signer = session.keyring.signer(key.fingerprint)
    owner = printable(facts.user_id, 100) if facts is not None and facts.user_id else ""
    return KeyView(
        key.fingerprint,
        key.algorithm_name,
        owner,
        tuple(sorted(signer.primaries)),
        tuple(signer.claimed.items()),
    )


def _parents(session: Session, commit: ObjectId, signers: list[Signer]) -> tuple[ParentView, ...]:
    walk, judge = session.walk, session.judge
    node = walk.in_region(commit) if walk is not None else None
    if node is None or walk is None or judge is None:
        return ()
    views = []
    for position, parent in enumerate(node.parents):
        try:
            authorizations = judge.parent(parent).authorizations
        except UndecidedError as error:
            views.append(ParentView(parent, "not decided", error.message))
            continue
        state, why = _state(session, parent, trusted=authorizations is not None)
        holder = ""
        if authorizations is not None:
            people = (rule.holder(authorizations, signer) for signer in signers)
            holder = next((person.name for person in people if person is not None), "")
        views.append(
            ParentView(parent, state, why, authorizations, holder, position in node.admitted_by)
        )
    return tuple(views)


def _state(session: Session, parent: ObjectId, *, trusted: bool) -> tuple[str, str]:
    if parent == session.introduction.commit:
        return "introduction", ""
    node = session.walk.nodes.get(parent) if session.walk is not None else None
    if node is not None and node.ancestor and trusted:
        return "ancestor", "vouched for by the introduction"
    if trusted:
        return "trusted", ""
    if node is not None and node.error is not None:
        return "not decided", node.error.message
    why = node.reason.code if node is not None and node.reason is not None else ""
    return "not trusted", why
