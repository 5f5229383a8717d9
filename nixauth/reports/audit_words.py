"""Words that an audit's text and its page have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from nixauth.audit.asked import Claimed, KeyCommit, KeyUse, WhatIf
from nixauth.audit.values import KeyNote, KeyState, Reliance, State
from nixauth.audit.whole import Audit
from nixauth.display import printable, spaced
from nixauth.merging.values import Change
from nixauth.merging.values import Row as Changed
from nixauth.model import HistoryMode, ObjectId, Verdict


def short(commit: ObjectId) -> str:
    """Return the first digits of a commit's id."""
    return commit.hex()[:12]


def count(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def percent(number: int, every: int, share: float | None = None) -> str:
    """Return a part of a whole."""
    if share is None:
        share = number / every if every else 0.0
    return f"{100 * share:.1f} %"


def day(seconds: int) -> str:
    """Return a date in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return f"@{seconds}"


def listed(counts: Mapping[str, int]) -> str:
    """Return names with their numbers."""
    return ", ".join(f"{printable(name, 60)} {number:,}" for name, number in counts.items())


RELIES = {
    Reliance.ONLY_PERSON: "the only person who is listed: nobody else can let anybody in",
    Reliance.ONLY_ACTIVE: "alone vouched for commits in the last 90 days that there are commits of",
    Reliance.ONLY_AUTHORIZER: "signed every change of the authorizations",
}
KEY_STATES = {
    KeyState.MISSING: "listed, and not at hand",
    KeyState.UNUSABLE: "cannot count",
    KeyState.REVOKED: "revoked",
    KeyState.EXPIRED: "expired",
    KeyState.WEAK: "weak",
    KeyState.NEVER_USED: "listed, and vouched for nothing",
    KeyState.UNLISTED: "at hand, and listed for nobody",
}
CLAIMED = {
    Claimed.VERIFIED: "",
    Claimed.CLAIMED: "cannot be checked",
    Claimed.FORGED: "FORGED: the key did not make it",
}
ADDS_OWN = "note: the signer gives something to themselves"
CHOOSES = "note: a merge, whose file is none of its parents'"
DROPS = "note: a merge, which drops what one of its parents had changed"
WITHOUT_TREES = "the trees are not all in this repository, and what they changed is not all known"
_HAS_TO = {
    "unsigned": "sign",
    "unauthorized-key": "be listed",
    "missing-key": "publish the key, and be listed",
    "unusable-key": "sign with another key",
    "weak-digest": "sign with a better digest",
    "bad-signature": "sign anew",
}
_WOULD = {
    Verdict.AUTHENTIC: "would be authentic",
    Verdict.REFUSED: "would be refused",
    Verdict.UNDECIDED: "could not be decided",
}


def has_to(reason: str) -> str:
    """Say what somebody has to do whose commits would be refused for a reason."""
    return _HAS_TO.get(reason, "look into it")


def target_would(found: WhatIf) -> str:
    """Say what the target would be."""
    return f"the target {_WOULD[found.verdict]}"


def asked_of(found: WhatIf) -> str:
    """Say of how many commits it was asked who has to do something first."""
    if not found.needed:
        return (
            f"nobody has to do anything: all {found.considered:,} that have to be signed"
            " would do as they are"
        )
    where = "" if found.history is HistoryMode.EVERY_COMMIT else " on the first parents"
    return f"who has to do something first (of {count(found.considered, 'commit')}{where})"


def signed(use: KeyUse) -> str:
    """Say how many commits a key signed, and how many only say so."""
    forged = sum(one.claimed is Claimed.FORGED for one in use.commits)
    trusted = sum(one.state is State.TRUSTED for one in use.commits)
    more = f"; {count(forged, 'forged one')} besides" if forged else ""
    return f"{count(len(use.commits) - forged, 'commit')}, {trusted:,} of them trusted{more}"


def standing(one: KeyCommit, introduction: ObjectId) -> str:
    """Return what a commit's subject is preceded by."""
    if one.commit == introduction:
        return "introduction: "
    return "merge: " if one.merge else ""


def in_words(change: Change) -> str:
    """Say one change of the authorizations in words."""
    kind = "service" if change.service else "person"
    name = printable(change.person, 100)
    key = spaced(change.key) if change.key is not None else ""
    match change.row:
        case Changed.PERSON_ADDED:
            return f"adds the {kind} {name}"
        case Changed.PERSON_REMOVED:
            return f"removes the {kind} {name}"
        case Changed.KEY_ADDED:
            return f"adds a key of {name}: {key}"
        case Changed.KEY_REMOVED:
            return f"removes a key of {name}: {key}"
        case Changed.BECOMES_SERVICE:
            return f"{name} becomes a service"
        case Changed.BECOMES_PERSON:
            return f"{name} becomes a person"
        case Changed.HISTORY_MODE:
            return f"history: {(change.mode or HistoryMode.EVERY_COMMIT).value}"
        case Changed.TEXT_ONLY:
            return "changes the text only; nobody's rights"


def detail(note: KeyNote) -> str:
    """Return what more there is to say of a key, printable."""
    return day(note.expires) if note.expires is not None else printable(note.detail, 200)


def undecided(audit: Audit) -> str:
    """Say what could not be decided; empty where everything could."""
    if audit.decided:
        return ""
    found = audit.coverage.undecided
    if any(found.values()):
        number = count(sum(found.values()), "commit")
        return f"{number} could not be decided ({listed(found)}): the figures are of the others"
    if audit.verdict is Verdict.UNDECIDED:
        return f"whether the target is authentic could not be decided ({audit.reason})"
    then = audit.what_if.undecided if audit.what_if is not None else {}
    number = count(sum(then.values()), "commit")
    return f"under the draft, {number} could not be decided ({listed(then)})"
