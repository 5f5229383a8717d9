"""An explanation for a person."""

from __future__ import annotations

from collections.abc import Iterator

from nixauth.display import printable, spaced
from nixauth.explanation import Explanation, KeyView, ParentView
from nixauth.model import Authorizations, Report, Verdict
from nixauth.reports.reasons import STEPS, in_words

_WORDS = {
    "1": "the introduction carries one valid signature, by the key that was given",
    "3a": "some parent is trusted",
    "3b": "where every trusted parent says every-commit, every parent is trusted",
    "3c": "there is one acceptable signature, and its key is at hand and usable",
    "3d": "some trusted parent admits the commit: its file lists the key",
    "3e": "the signature verifies",
    "3f": "a service does not change the authorizations",
    "3g": "the commit's own tree has well-formed authorizations",
    "4": "a line of trusted commits leads here from the introduction",
}


def render(explanation: Explanation) -> str:
    """Return the part of the text that follows the report, lines ended by newlines."""
    return "".join(f"{line}\n" for line in _lines(explanation))


def _lines(explanation: Explanation) -> Iterator[str]:
    yield "parents:" if explanation.parents else "parents: none that were asked"
    for parent in explanation.parents:
        yield from _parent(parent, explanation.path)
    yield "signature:"
    for name, value in explanation.signature:
        yield f"  {printable(name, 60)}: {printable(value, 300)}"
    yield "key:" if explanation.keys else "key: none in the keyring is named by it"
    for key in explanation.keys:
        yield from _key(key)
    yield f"decided by: {_decided_by(explanation)}"


def _parent(parent: ParentView, path: str) -> Iterator[str]:
    why = f" ({printable(parent.why, 200)})" if parent.why else ""
    yield f"  {parent.commit.hex()}: {parent.state}{why}"
    if parent.authorizations is not None:
        yield f"    in force: {printable(path)}, {_file(parent.authorizations)}"
        lists = f"as {printable(parent.holder, 60)}" if parent.holder else "under no name"
        yield f"    lists the signer: {lists}; admits this commit: {_yes(parent.admits)}"


def _file(authorizations: Authorizations) -> str:
    people = sum(not person.service for person in authorizations.people)
    services = len(authorizations.people) - people
    return f"{authorizations.history.value}, {people} people, {services} services"


def _yes(value: bool) -> str:  # noqa: FBT001
    return "yes" if value else "no"


def _key(key: KeyView) -> Iterator[str]:
    owner = f" {printable(key.owner)}" if key.owner else ""
    yield f"  {spaced(key.fingerprint)} ({printable(key.algorithm, 60)}){owner}"
    for primary in key.primaries:
        yield f"    is a signing subkey of {spaced(primary)}"
    for primary, problem in key.unbound:
        yield f"    is carried by {spaced(primary)}, but {printable(problem, 200)}"


def _decided_by(explanation: Explanation) -> str:
    report: Report = explanation.report
    match report.verdict:
        case Verdict.UNDECIDED:
            return "nothing: it could not be decided"
        case Verdict.AUTHENTIC:
            return f"step 4 of docs/rule.md: {_WORDS['4']}"
        case Verdict.REFUSED:
            reason = report.refusals[-1].reason
            step = STEPS[reason.code]
            return (
                f"step {step} of docs/rule.md, which does not hold ({_WORDS[step]}):"
                f" {in_words(reason).what}"
            )
