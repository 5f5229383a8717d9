"""Who may sign a merge that nobody has made yet. Pure: the rule is asked for each listed key.

What admits is decided in `nixauth.rule` and nowhere else; here stands only what is asked of it:
the merge's two parents, the file that it would have, and a signature that is taken for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nixauth import rule
from nixauth.merging.values import Candidate, Limit
from nixauth.model import (
    Authorizations,
    Fingerprint,
    NotDescendant,
    Person,
    Reason,
)
from nixauth.rule import Own, Parent, Signer, Trusted


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A merge as it would be: its parents BASE and HEAD, and what is known of its file.

    `own` maps what the merge may do to the authorizations that it then has: one entry where its
    file is known, several where the merger decides. `head_follows` says that a line leads from
    BASE to HEAD.
    """

    base: Parent
    head: Parent
    own: Mapping[Limit, Own]
    path: str
    parent_has_file: bool
    head_follows: bool

    @property
    def parents(self) -> tuple[Parent, Parent]:
        """The parents as the rule takes them."""
        return self.base, self.head

    def outcome(self, signer: Signer, own: Own) -> Trusted | Reason:
        """Say what becomes of the merge when this key signs it well.

        The merge has to be a step forward from BASE, too: BASE has to admit it, or else HEAD,
        with a line from BASE to HEAD.
        """
        refusal = rule.ask_parents(self.parents)
        if refusal is not None:
            return refusal
        found = rule.judge(
            self.parents,
            (signer,),
            lambda _signer: True,
            lambda: own,
            self.path,
            lambda: self.parent_has_file,
        )
        if isinstance(found, Trusted) and not self._steps_forward(found):
            return NotDescendant(self.base.commit, descends_in_git=True, step_forward=True)
        return found

    def _steps_forward(self, found: Trusted) -> bool:
        return 0 in found.admitted_by or (1 in found.admitted_by and self.head_follows)


@dataclass(frozen=True, slots=True)
class KeyAtHand:
    """A key that somebody may sign with: who it is to the rule, or why it cannot count (3c)."""

    signer: Signer
    fault: Reason | None = None


def candidates(hypothesis: Hypothesis, keys: Mapping[Fingerprint, KeyAtHand]) -> list[Candidate]:
    """Say for each name that BASE's file lists, and then HEAD's, whether they may sign.

    `keys` are the listed keys, and the signing subkeys that stand for listed ones.
    """
    found: dict[tuple[str, bool], Candidate] = {}
    for key in keys.values():
        person = _holder(hypothesis, key.signer)
        if person is None:
            continue
        name = person.name, person.service
        found[name] = _with_key(found.get(name), person, key, _ask(hypothesis, key))
    order = {name: at for at, name in enumerate(_names(hypothesis))}
    return sorted(found.values(), key=lambda one: order.get((one.name, one.service), len(order)))


def _names(hypothesis: Hypothesis) -> list[tuple[str, bool]]:
    files = (parent.authorizations for parent in hypothesis.parents)
    names = [(p.name, p.service) for file in files if file is not None for p in file.people]
    return list(dict.fromkeys(names))


def _holder(hypothesis: Hypothesis, signer: Signer) -> Person | None:
    for parent in hypothesis.parents:
        if parent.authorizations is not None:
            person = rule.holder(parent.authorizations, signer)
            if person is not None:
                return person
    return None


def _ask(hypothesis: Hypothesis, key: KeyAtHand) -> Limit | Reason:
    """Return the limit under which this key's signature counts, or why it counts under none."""
    if key.fault is not None:
        return rule.ask_parents(hypothesis.parents) or key.fault
    refusal: Reason | None = None
    for limit, own in hypothesis.own.items():
        outcome = hypothesis.outcome(key.signer, own)
        if isinstance(outcome, Trusted):
            return limit
        refusal = refusal or outcome
    if refusal is None:  # fail closed: nothing was asked
        raise ValueError("a merge has some authorizations or none")
    return refusal


def _with_key(
    known: Candidate | None, person: Person, key: KeyAtHand, asked: Limit | Reason
) -> Candidate:
    """Add what was said of one more key of a name."""
    candidate = known or Candidate(person.name, person.service)
    if not isinstance(asked, Limit):
        if candidate.may_sign or candidate.reason is not None:
            return candidate
        return replace(candidate, reason=asked)
    if not candidate.may_sign or (candidate.limit is not Limit.NONE and asked is Limit.NONE):
        return replace(candidate, keys=(key.signer.key,), limit=asked, reason=None)
    if asked is candidate.limit:
        return replace(candidate, keys=(*candidate.keys, key.signer.key))
    return candidate


def another_file(*others: Own) -> Authorizations:
    """Return well-formed authorizations that are nobody's: what a merger may come up with."""
    contents = {other.content for other in others if isinstance(other, Authorizations)}
    content = b"what the merger writes"
    while content in contents:
        content += b"."
    mode = next(other.history for other in others if isinstance(other, Authorizations))
    return Authorizations(content, mode, ())
