"""The rule: is this commit trusted, given what is known of its parents and its signature?

Nothing else is decided here and this is decided nowhere else. The functions get values, never a
repository. The steps are those of docs/rule.md:

3a  some parent is trusted;
3b  where every trusted parent says `every-commit`, every parent is trusted;
3c  there is one acceptable signature, and its key is at hand and usable;
3d  some trusted parent admits the commit;
3e  the signature verifies;
3f  a parent that lists the key only under a service admits the commit only when the commit's
    authorizations are byte for byte its own; one that says `every-commit`, only when that holds
    for every parent that lists the key so;
3g  the commit's own tree has well-formed authorizations.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from nixauth.model import (
    Authorizations,
    AuthorizationsMalformed,
    AuthorizationsMissing,
    AuthorizationsRemoved,
    BadSignature,
    FileFault,
    Fingerprint,
    HistoryMode,
    Introduction,
    NoTrustedParent,
    ObjectId,
    Person,
    Problem,
    Reason,
    ServiceChangesAuthorizations,
    UnauthorizedKey,
    UntrustedParent,
    UnusableKey,
    WrongIntroductionSigner,
)


class Parent(NamedTuple):
    """A parent: its authorizations in force when it is trusted, None when it is not."""

    commit: ObjectId
    authorizations: Authorizations | None


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that a signature names.

    `primaries` are the primary keys that it is a valid signing subkey of; `claimed` maps those
    whose certificate carries it without a binding that counts to what is wrong with the binding.
    """

    key: Fingerprint
    primaries: frozenset[Fingerprint] = frozenset()
    claimed: Mapping[Fingerprint, str] = field(default_factory=dict)


Own: TypeAlias = Authorizations | Problem | None
"""A commit's authorizations in force: the file (or what stands in for it), what is wrong with the
file, or None where there is neither."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """A commit found trusted in step 3.

    `admitted_by` holds the positions, among the parents, of those that admit it.
    """

    authorizations: Authorizations
    signer: Fingerprint
    person: Person
    admitted_by: tuple[int, ...]


def holder(authorizations: Authorizations, signer: Signer) -> Person | None:
    """Return who holds this key in a file: a person before a service, None where nobody does."""
    holders = authorizations.holders
    found = holders.get(signer.key)
    if found is not None and not found.service:
        return found
    for primary in sorted(signer.primaries):
        other = holders.get(primary)
        if other is not None and (found is None or not other.service):
            found = other
            if not found.service:
                break
    return found


_no_trusted_parent = lru_cache(maxsize=64)(NoTrustedParent)
"""A refusal has one for each commit that came after it, so that they are shared."""


def ask_parents(parents: Sequence[Parent]) -> NoTrustedParent | UntrustedParent | None:
    """Steps 3a and 3b; None when both hold."""
    untrusted: Parent | None = None
    some_trusted = path = False
    for parent in parents:
        if parent.authorizations is None:
            untrusted = untrusted or parent
        else:
            some_trusted = True
            path = path or parent.authorizations.history is HistoryMode.TRUSTED_PATH
    if not some_trusted:
        return _no_trusted_parent(len(parents))
    if untrusted is not None and not path:
        return UntrustedParent(untrusted.commit)
    return None


@dataclass(frozen=True, slots=True)
class Admission:
    """Step 3d held: which parents admit the commit, and who holds the key in each parent's file.

    `holders` has an entry a parent, None where the parent is not trusted or lists nobody.
    """

    signer: Signer
    parents: tuple[int, ...]
    holders: tuple[Person | None, ...]


def admit(parents: Sequence[Parent], signer: Signer) -> Admission | None:
    """Step 3d; None when no trusted parent admits what this key signs."""
    holders = tuple(
        holder(parent.authorizations, signer) if parent.authorizations is not None else None
        for parent in parents
    )
    everybody = None not in holders
    admitting = tuple(
        position
        for position, parent in enumerate(parents)
        if holders[position] is not None
        and parent.authorizations is not None
        and (everybody or parent.authorizations.history is HistoryMode.TRUSTED_PATH)
    )
    return Admission(signer, admitting, holders) if admitting else None


def not_admitted(parents: Sequence[Parent], signer: Signer) -> UnauthorizedKey | UnusableKey:
    """Say why no parent admits: the key is nobody's, or a binding to a listed key is no good."""
    trusted = [p for p in parents if p.authorizations is not None]
    if signer.claimed:  # anybody can claim a key: look for those that are listed, not for all
        listed = {key for p in trusted if p.authorizations for key in p.authorizations.holders}
        for primary in sorted(listed & signer.claimed.keys()):
            problem = signer.claimed[primary]
            return UnusableKey(
                signer.key, f"it is a subkey of the listed key {primary}, but {problem}"
            )
    blamed = next(
        (p for p in trusted if p.authorizations and holder(p.authorizations, signer) is None),
        parents[0],
    )
    return UnauthorizedKey(signer.key, blamed.commit)


def still_admits(
    parents: Sequence[Parent], admission: Admission, own: Own
) -> tuple[int, ...] | ServiceChangesAuthorizations:
    """Step 3f: the admitting parents that remain, or the refusal when none does."""

    def unchanged(position: int) -> bool:
        authorizations = parents[position].authorizations
        return (
            isinstance(own, Authorizations)
            and authorizations is not None
            and own.content == authorizations.content
        )

    by_service = [i for i, person in enumerate(admission.holders) if person and person.service]
    if not by_service:
        return admission.parents
    changed = {position for position in by_service if not unchanged(position)}
    # Under every-commit each parent speaks for all: so every descent is a line there.
    remaining = tuple(
        position
        for position in admission.parents
        if position not in changed
        and not (changed and _mode(parents[position]) is HistoryMode.EVERY_COMMIT)
    )
    if remaining:
        return remaining
    blamed = min(changed)
    person = admission.holders[blamed]
    name = person.name if person is not None else ""
    return ServiceChangesAuthorizations(admission.signer.key, name, parents[blamed].commit)


def _mode(parent: Parent) -> HistoryMode | None:
    return parent.authorizations.history if parent.authorizations is not None else None


def ask_file(own: Own, path: str, *, parent_has_file: Callable[[], bool]) -> FileFault | None:
    """Step 3g; None when the commit's authorizations are there and well formed."""
    match own:
        case Authorizations():
            return None
        case Problem():
            return AuthorizationsMalformed(path, own)
        case None:
            return AuthorizationsRemoved(path) if parent_has_file() else AuthorizationsMissing(path)


def judge(
    parents: Sequence[Parent],
    signers: Iterable[Signer],
    verifies: Callable[[Signer], bool],
    own: Callable[[], Own],
    path: str,
    parent_has_file: Callable[[], bool],
) -> Trusted | Reason:
    """Steps 3d to 3g for a commit that passed 3a to 3c.

    `signers` are the keys that the signature may be made by: one, or several that share the key
    id that it names. `verifies`, `own` and `parent_has_file` are asked when their turn comes.
    """
    refusal: Reason | None = None
    content: Reason | None = None
    for signer in signers:
        admission = admit(parents, signer)
        if admission is None:
            refusal = refusal or not_admitted(parents, signer)
        elif verifies(signer):
            outcome = _judge_content(parents, admission, own(), path, parent_has_file)
            if isinstance(outcome, Trusted):
                return outcome
            if content is None:  # another key with the same numbers may be a person's
                content = outcome
        elif not isinstance(refusal, BadSignature):
            refusal = BadSignature(signer.key)
    refusal = content or refusal
    if refusal is None:  # fail closed: nobody signed, nobody is trusted
        raise ValueError("judge needs a signer")
    return refusal


def _judge_content(
    parents: Sequence[Parent],
    admission: Admission,
    own: Own,
    path: str,
    parent_has_file: Callable[[], bool],
) -> Trusted | Reason:
    remaining = still_admits(parents, admission, own)
    if isinstance(remaining, ServiceChangesAuthorizations):
        return remaining
    fault = ask_file(own, path, parent_has_file=parent_has_file)
    if fault is not None or not isinstance(own, Authorizations):
        return fault or AuthorizationsMissing(path)
    person = _vouching(admission, remaining)
    return Trusted(own, admission.signer.key, person, remaining)


def _vouching(admission: Admission, remaining: tuple[int, ...]) -> Person:
    """Name whom the commit is counted for: a person before a service, the first parent's first."""
    people = [person for i in remaining if (person := admission.holders[i]) is not None]
    return next((person for person in people if not person.service), people[0])


def judge_introduction(
    introduction: Introduction,
    signers: Iterable[Signer],
    verifies: Callable[[Signer], bool],
) -> Signer | WrongIntroductionSigner | UnusableKey | BadSignature:
    """Step 1, after 3c and before 3g: is the introduction signed by the key that was given?"""
    refusal: WrongIntroductionSigner | UnusableKey | BadSignature | None = None
    for signer in signers:
        given = introduction.signer
        if given == signer.key or given in signer.primaries:
            if verifies(signer):
                return signer
            refusal = BadSignature(signer.key)
            continue
        problem = signer.claimed.get(given)
        if problem is not None:
            other: WrongIntroductionSigner | UnusableKey = UnusableKey(
                signer.key, f"it is a subkey of {given}, but {problem}"
            )
        else:
            other = WrongIntroductionSigner(given, signer.key)
        refusal = refusal or other
    if refusal is None:
        raise ValueError("judge_introduction needs a signer")
    return refusal
