"""The values that the rooms of the house hand to each other. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, NewType, TypeAlias

from nixauth.errors import UndecidedError

ObjectId = NewType("ObjectId", bytes)
"""A git object id: 20 raw bytes (SHA-1)."""

Fingerprint = NewType("Fingerprint", str)
"""A key's name. OpenPGP: 40 (version 4) or 64 (version 6) upper-case hexadecimal digits.
SSH: `SHA256:` and 43 characters of base64, as `ssh-keygen -l` prints it."""


def is_ssh(key: Fingerprint) -> bool:
    """Say whether a fingerprint is that of an SSH key."""
    return key.startswith("SHA256:")


class HistoryMode(Enum):
    """What an authorizations file asks of a commit's parents."""

    EVERY_COMMIT = "every-commit"
    TRUSTED_PATH = "trusted-path"


class FileFormat(Enum):
    """The two formats of an authorizations file; the value is the path that belongs to it."""

    NATIVE = ".authorizations"
    GUIX = ".guix-authorizations"


@dataclass(frozen=True, slots=True)
class Person:
    """A name in an authorizations file, its keys, and whether it is a machine."""

    name: str
    keys: tuple[Fingerprint, ...]
    service: bool = False


@dataclass(frozen=True, slots=True)
class Authorizations:
    """Who may sign the children of the commits that carry this file.

    `content` is the file, byte for byte. `ssh_keys` holds the key blobs of those keys that stand
    whole in the file, by fingerprint.
    """

    content: bytes
    history: HistoryMode
    people: tuple[Person, ...]
    ssh_keys: Mapping[Fingerprint, bytes] = field(default_factory=dict)
    holders: Mapping[Fingerprint, Person] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        holders: dict[Fingerprint, Person] = {}
        for person in self.people:
            for key in person.keys:
                holders.setdefault(key, person)
        object.__setattr__(self, "holders", holders)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in an authorizations file; line and column count from 1."""

    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Introduction:
    """Where trust starts: a commit, and the key that must have signed it."""

    commit: ObjectId
    signer: Fingerprint


# --- Reasons (docs/rule.md). Each carries its data; text is made from it in `reports` only. ---


@dataclass(frozen=True, slots=True)
class NotDescendant:
    """4, 5. No line leads to the target from `since`.

    That is the introduction, or where `step_forward` was asked the commit that the caller has.
    """

    code: ClassVar[str] = "not-descendant"
    since: ObjectId
    descends_in_git: bool
    step_forward: bool = False


@dataclass(frozen=True, slots=True)
class NoTrustedParent:
    """3a. No parent is trusted."""

    code: ClassVar[str] = "no-trusted-parent"
    parents: int


@dataclass(frozen=True, slots=True)
class UntrustedParent:
    """3b. Every trusted parent says `every-commit`, and this parent is not trusted."""

    code: ClassVar[str] = "untrusted-parent"
    parent: ObjectId


@dataclass(frozen=True, slots=True)
class Unsigned:
    """3c. There is no signature."""

    code: ClassVar[str] = "unsigned"


@dataclass(frozen=True, slots=True)
class MultipleSignatures:
    """3c. There is more than one signature; `where` says in which place."""

    code: ClassVar[str] = "multiple-signatures"
    where: str


@dataclass(frozen=True, slots=True)
class MalformedSignature:
    """3c. The signature, or the commit object around it, is not as the standard has it."""

    code: ClassVar[str] = "malformed-signature"
    detail: str


@dataclass(frozen=True, slots=True)
class UnsupportedSignature:
    """3c. A signature of a kind that is not accepted; `found` names it."""

    code: ClassVar[str] = "unsupported-signature"
    found: str


@dataclass(frozen=True, slots=True)
class WeakDigest:
    """3c. The signature is made over a broken digest."""

    code: ClassVar[str] = "weak-digest"
    digest: str


@dataclass(frozen=True, slots=True)
class MissingKey:
    """3c. The keyring lacks the key; `issuer` is what the signature says of it (hexadecimal)."""

    code: ClassVar[str] = "missing-key"
    issuer: str


@dataclass(frozen=True, slots=True)
class UnusableKey:
    """3c. The key is at hand and cannot count."""

    code: ClassVar[str] = "unusable-key"
    fingerprint: Fingerprint
    detail: str


@dataclass(frozen=True, slots=True)
class UnauthorizedKey:
    """3d. No trusted parent admits what this key signs."""

    code: ClassVar[str] = "unauthorized-key"
    fingerprint: Fingerprint
    parent: ObjectId


@dataclass(frozen=True, slots=True)
class WrongIntroductionSigner:
    """1. The introduction is signed by another key than the one that was given."""

    code: ClassVar[str] = "wrong-introduction-signer"
    expected: Fingerprint
    found: Fingerprint


@dataclass(frozen=True, slots=True)
class BadSignature:
    """3e. The mathematics says no."""

    code: ClassVar[str] = "bad-signature"
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class ServiceChangesAuthorizations:
    """3f. A machine's key signed a commit whose authorizations are not its parent's."""

    code: ClassVar[str] = "service-changes-authorizations"
    fingerprint: Fingerprint
    service: str
    parent: ObjectId


@dataclass(frozen=True, slots=True)
class AuthorizationsRemoved:
    """3g. The file is gone, and a parent has it."""

    code: ClassVar[str] = "authorizations-removed"
    path: str


@dataclass(frozen=True, slots=True)
class AuthorizationsMalformed:
    """3g. The file is there and cannot be understood."""

    code: ClassVar[str] = "authorizations-malformed"
    path: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class AuthorizationsMissing:
    """3g. There is no file, and no parent has one."""

    code: ClassVar[str] = "authorizations-missing"
    path: str


SignatureFault: TypeAlias = (
    Unsigned | MultipleSignatures | MalformedSignature | UnsupportedSignature | WeakDigest
)
"""What can be said of a signature without asking for a key."""

KeyFault: TypeAlias = MissingKey | UnusableKey

FileFault: TypeAlias = AuthorizationsRemoved | AuthorizationsMalformed | AuthorizationsMissing

Reason: TypeAlias = (
    NotDescendant
    | NoTrustedParent
    | UntrustedParent
    | SignatureFault
    | KeyFault
    | UnauthorizedKey
    | WrongIntroductionSigner
    | BadSignature
    | ServiceChangesAuthorizations
    | FileFault
)


# --- The answer ---


class Verdict(Enum):
    """What is said of the target."""

    AUTHENTIC = "authentic"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One untrusted commit and the reason."""

    commit: ObjectId
    reason: Reason


@dataclass(frozen=True, slots=True)
class SignerCount:
    """How many commits one key vouched for; `person` is the name that the file gave it."""

    person: str
    fingerprint: Fingerprint
    service: bool
    commits: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Totals over the target and what is reached from it through trusted commits.

    The introduction and its ancestors are not counted.
    """

    trusted: int
    service_only: int
    signers: tuple[SignerCount, ...]


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that refuses nothing and that a person should know.

    `kind` is a stable word; `fingerprint` and `person` say whom it is about, or are empty.
    """

    kind: str
    message: str
    fingerprint: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question."""

    verdict: Verdict
    target: ObjectId
    introduction: Introduction
    verified: int = 0
    path: str = ""
    historical: bool = False
    refusals: Sequence[Refusal] = ()
    untrusted: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[Caution, ...] = ()
    stats: Stats | None = None
    error: UndecidedError | None = None
