"""Small words of an audit's page."""

from __future__ import annotations

from nixauth.audit.values import KeyState, Reliance
from nixauth.display import printable, spaced
from nixauth.merging.values import Change
from nixauth.merging.values import Row as Changed
from nixauth.model import HistoryMode

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
