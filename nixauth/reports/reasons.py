"""Reasons in words, and what to do next. The only place where a reason becomes text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from nixauth.display import printable, spaced
from nixauth.model import (
    AuthorizationsMalformed,
    AuthorizationsMissing,
    AuthorizationsRemoved,
    BadSignature,
    Fingerprint,
    MalformedSignature,
    MissingKey,
    MultipleSignatures,
    NotDescendant,
    NoTrustedParent,
    ObjectId,
    Reason,
    ServiceChangesAuthorizations,
    UnauthorizedKey,
    Unsigned,
    UnsupportedSignature,
    UntrustedParent,
    UnusableKey,
    WeakDigest,
    WrongIntroductionSigner,
    is_ssh,
)

STEPS = {
    NotDescendant.code: "4",
    NoTrustedParent.code: "3a",
    UntrustedParent.code: "3b",
    Unsigned.code: "3c",
    MultipleSignatures.code: "3c",
    MalformedSignature.code: "3c",
    UnsupportedSignature.code: "3c",
    WeakDigest.code: "3c",
    MissingKey.code: "3c",
    UnusableKey.code: "3c",
    UnauthorizedKey.code: "3d",
    WrongIntroductionSigner.code: "1",
    BadSignature.code: "3e",
    ServiceChangesAuthorizations.code: "3f",
    AuthorizationsRemoved.code: "3g",
    AuthorizationsMalformed.code: "3g",
    AuthorizationsMissing.code: "3g",
}
"""The step of docs/rule.md that each reason belongs to."""


@dataclass(frozen=True, slots=True)
class Words:
    """A reason for people: what is the case, and what to do next.

    `key` is the key that it is about, `parent` the one whose file was in force, where there is one.
    """

    what: str
    next: str
    key: Fingerprint | None = None
    parent: ObjectId | None = None


_MOST = 300
"""Characters of what comes from a history, or from whoever read it."""
_RESIGN = (
    "Do not use it. If the commit is meant to count, its author or a listed person has to sign"
)
_ASK = "Do not use it. Ask the maintainers, by another way than this repository's forge,"


def in_words(reason: Reason) -> Words:
    """Say a reason in words."""
    match reason:
        case NotDescendant() | NoTrustedParent() | UntrustedParent():
            return _about_lines(reason)
        case (
            Unsigned()
            | MultipleSignatures()
            | MalformedSignature()
            | UnsupportedSignature()
            | WeakDigest()
            | BadSignature()
        ):
            return _about_signature(reason)
        case MissingKey() | UnusableKey() | UnauthorizedKey() | WrongIntroductionSigner():
            return _about_key(reason)
        case (
            ServiceChangesAuthorizations()
            | AuthorizationsRemoved()
            | AuthorizationsMalformed()
            | AuthorizationsMissing()
        ):
            return _about_file(reason)
        case _:
            assert_never(reason)


def _about_lines(reason: NotDescendant | NoTrustedParent | UntrustedParent) -> Words:
    match reason:
        case NotDescendant(since, descends_in_git, step_forward):
            how = (
                "descends from it, but not by a line in which each commit admits the next"
                if descends_in_git
                else "does not descend from it"
            )
            asked = "you have" if step_forward else "trust starts at"
            return Words(
                f"{asked} {since.hex()[:12]}, and this commit {how}",
                "Do not go to it: it may be an older state, or another branch put in this one's"
                " place. Compare the branch and the commit with what the maintainers publish.",
            )
        case NoTrustedParent(0):
            return Words(
                "it starts a history of its own, which the introduction does not vouch for",
                f"{_ASK} where this history comes from.",
            )
        case NoTrustedParent():
            return Words(
                "none of its parents is trusted",
                "See the first commit named: the line broke there.",
            )
        case UntrustedParent(parent):
            return Words(
                f"its parent {parent.hex()[:12]} is not trusted, and the authorizations ask for"
                " every commit",
                "See the first commit named: the line broke there.",
            )
        case _:
            assert_never(reason)


def _about_signature(
    reason: Unsigned
    | MultipleSignatures
    | MalformedSignature
    | UnsupportedSignature
    | WeakDigest
    | BadSignature,
) -> Words:
    match reason:
        case Unsigned():
            return Words("it carries no signature", f"{_RESIGN} it.")
        case MultipleSignatures(where):
            return Words(
                f"it carries more than one signature ({printable(where, _MOST)})",
                f"{_RESIGN} it, once.",
            )
        case MalformedSignature(detail):
            return Words(
                f"its signature cannot be read: {printable(detail, _MOST)}", f"{_RESIGN} it again."
            )
        case UnsupportedSignature(found):
            return Words(
                f"its signature is of a kind that does not count: {printable(found, _MOST)}",
                f"{_RESIGN} it with an OpenPGP or SSH key of a kind that does.",
            )
        case WeakDigest(digest):
            return Words(
                f"its signature is made over {printable(digest)}, which can be forged",
                f"{_RESIGN} it again, over SHA-256 or better.",
            )
        case BadSignature(fingerprint):
            return Words(
                "its signature is false: the key that it names did not sign this content",
                f"{_ASK} and treat this repository as tampered with until you know.",
                fingerprint,
            )
        case _:
            assert_never(reason)


def _about_key(
    reason: MissingKey | UnusableKey | UnauthorizedKey | WrongIntroductionSigner,
) -> Words:
    match reason:
        case MissingKey(issuer):
            named = f"the key {spaced(issuer)}" if issuer else "a key that it does not name"
            return Words(
                f"it is signed by {named}, which is not in the keyring",
                "Fetch the keyring (git fetch origin keyring:refs/remotes/origin/keyring), or name"
                " one with --keyring. A key that nobody listed does not help by being there.",
            )
        case UnusableKey(fingerprint, detail):
            return Words(
                f"the key that signed it cannot count: {printable(detail, _MOST)}",
                "Have its owner sign with another key, and list that one."
                if is_ssh(fingerprint)
                else "List the subkey itself, or have its owner renew the key and publish it in the"
                " keyring.",
                fingerprint,
            )
        case UnauthorizedKey(fingerprint, parent):
            return Words(
                "it is signed by a key that its parent's authorizations do not list",
                f"{_ASK} whose key this is and whether it should be listed.",
                fingerprint,
                parent,
            )
        case WrongIntroductionSigner(expected, found):
            return Words(
                f"it is signed by another key than the one you gave, {spaced(expected)}",
                "Compare the introduction's commit and fingerprint with what the maintainers"
                " publish.",
                found,
            )
        case _:
            assert_never(reason)


def _about_file(
    reason: ServiceChangesAuthorizations
    | AuthorizationsRemoved
    | AuthorizationsMalformed
    | AuthorizationsMissing,
) -> Words:
    match reason:
        case ServiceChangesAuthorizations(fingerprint, service, parent):
            return Words(
                f"it is signed by the service {printable(service)}, and its authorizations are not"
                " its parent's: a machine's key cannot grant or withdraw rights",
                "Do not use it. A listed person has to sign the change of the authorizations"
                " with a key of their own.",
                fingerprint,
                parent,
            )
        case AuthorizationsRemoved(path):
            return Words(
                f"it removes {printable(path)}, which says who may sign",
                f"{_ASK} what happened; a listed person has to put the file back.",
            )
        case AuthorizationsMalformed(path, problem):
            return Words(
                f"its {printable(path)} is not well formed: line {problem.line}, column"
                f" {problem.column}: {printable(problem.message, _MOST)}",
                "Do not use it. nixauth lint shows every problem in the file.",
            )
        case AuthorizationsMissing(path):
            return Words(
                f"it has no {printable(path)}, and neither has any parent",
                "Compare the introduction with what the maintainers publish; if the file came"
                " later, give the first one with --historical-authorizations.",
            )
        case _:
            assert_never(reason)
