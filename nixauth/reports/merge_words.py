"""What is said of a merge, in words. Each line is printable and stands on one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from nixauth.display import printable, spaced
from nixauth.merging.values import (
    Candidate,
    Change,
    Kind,
    Limit,
    MergeReport,
    Outlook,
    Row,
    State,
)
from nixauth.model import HistoryMode, Verdict

STATES = {
    State.AUTHENTIC: "authentic",
    State.TRUSTED: "trusted, on no line from the introduction",
    State.NOT_TRUSTED: "not trusted",
    State.UNDECIDED: "not decided",
}
LIMITS = {
    Limit.NONE: "",
    Limit.KEEPS_BASE: "if the merge keeps BASE's authorizations byte for byte",
    Limit.KEEPS_HEAD: "if the merge takes HEAD's authorizations byte for byte",
}
SERVICE_LIMIT = "a service: only while the authorizations stay byte for byte as they are (rule 3f)"


def headline(merge: MergeReport) -> str:
    """Say in one line what becomes of the merge."""
    base, head = merge.base.hex()[:12], merge.head.hex()[:12]
    match merge.kind:
        case Kind.UP_TO_DATE:
            return f"nothing to merge: {base} has {head} in its history already"
        case Kind.FAST_FORWARD:
            return f"moving {base} on to {head} {_how(merge.outlook)}"
        case Kind.MERGE:
            signed = " signed by a person who may" if merge.outlook is Outlook.ACCEPTED else ""
            return f"a merge of {head} into {base}{signed} {_how(merge.outlook)}"
        case _:
            assert_never(merge.kind)


def _how(outlook: Outlook) -> str:
    match outlook:
        case Outlook.ACCEPTED:
            return "will be accepted"
        case Outlook.REFUSED:
            return "would not be accepted"
        case Outlook.UNDECIDED:
            return "could not be judged"
        case _:
            assert_never(outlook)


def mode_in_words(merge: MergeReport) -> str:
    """Say what the mode asks of a merge."""
    if merge.mode is HistoryMode.EVERY_COMMIT:
        return (
            "every-commit: every new commit has to be trusted, and the merge signed by somebody"
            " whom both its parents list"
        )
    return "trusted-path: a merge signed by somebody whom BASE lists suffices"


def signers_in_words(merge: MergeReport) -> Iterator[str]:
    """Say who may sign the merge, people before services."""
    able = [one for one in merge.candidates if one.may_sign]
    people = [_named(one) for one in able if not one.service]
    services = [_named(one) for one in able if one.service]
    if people:
        yield f"It may be signed by: {', '.join(people)}."
    else:
        yield "No person who is listed may sign it."
    if services:
        named = ", ".join(services)
        yield f"Services that may, as long as it changes no authorizations: {named}."


def _named(one: Candidate) -> str:
    limit = LIMITS[one.limit]
    return printable(one.name, 60) + (f" ({limit})" if limit else "")


def change_in_words(change: Change) -> str:
    """Say one row of the table of changes."""
    kind = "service" if change.service else "person"
    name = printable(change.person, 60)
    key = spaced(change.key) if change.key is not None else ""
    match change.row:
        case Row.PERSON_ADDED:
            return f"adds the {kind} {name}"
        case Row.PERSON_REMOVED:
            return f"removes the {kind} {name}"
        case Row.KEY_ADDED:
            return f"adds to the {kind} {name} the key {key}"
        case Row.KEY_REMOVED:
            return f"removes from the {kind} {name} the key {key}"
        case Row.BECOMES_SERVICE:
            return f"makes the person {name} a service"
        case Row.BECOMES_PERSON:
            return f"makes the service {name} a person"
        case Row.HISTORY_MODE:
            return f"asks for history: {change.mode.value if change.mode else ''} from then on"
        case Row.TEXT_ONLY:
            return "changes the file's text, and nothing of what it says"
        case _:
            assert_never(change.row)


def advice(merge: MergeReport) -> str:
    """Say what to do next, or nothing."""
    if merge.outlook is not Outlook.REFUSED:
        return ""
    if merge.kind is Kind.FAST_FORWARD and merge.merge is Outlook.ACCEPTED:
        return (
            "Make a merge commit instead (git merge --no-ff -S), signed by one of those named;"
            " nixauth check-merge --no-ff asks about that."
        )
    if merge.base_report.verdict is Verdict.AUTHENTIC and merge.effect.fault is not None:
        return "Have the branch put the authorizations file right; nixauth lint shows its problems."
    if merge.mode is HistoryMode.EVERY_COMMIT and merge.obstacles:
        return "Have the commits that are not trusted signed by listed people (git rebase -S)."
    return "See above why each listed name may not sign."
