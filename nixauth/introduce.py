"""Step 1: is the introduction trusted? It also fixes which file says who may sign."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nixauth import rule
from nixauth.engines import Engine
from nixauth.errors import EngineError, MissingObjectError, ShallowHistoryError, UndecidedError
from nixauth.evidence import Claim, examine
from nixauth.findings import Finding, Scope, Store, Stores
from nixauth.history.objects import Objects
from nixauth.in_force import Files, Historical, OwnFile
from nixauth.keyring import Keyring
from nixauth.model import (
    Authorizations,
    AuthorizationsMissing,
    FileFault,
    FileFormat,
    Introduction,
    ObjectId,
    Reason,
)
from nixauth.options import Options
from nixauth.signatures.commit_object import (
    FaultyCommit,
    SignedCommit,
    outline,
    read_commit,
    tree_of,
)


@dataclass(frozen=True, slots=True)
class Introduced:
    """Step 1 held: the introduction's parents and authorizations, and the findings of its scope.

    `whole` says that all findings of the store would be found again with the keyring at hand;
    where not, they only spare the mathematics.
    """

    parents: tuple[ObjectId, ...]
    files: Files
    authorizations: Authorizations
    store: Store
    whole: bool
    date: int
    """Of the introduction, in seconds since 1970; it orders and estimates work, no more."""


def introduce(
    objects: Objects,
    keyring: Keyring,
    introduction: Introduction,
    options: Options,
    stores: Stores,
    engine: Engine,
) -> Introduced | Reason:
    """Judge the introduction; raises UndecidedError, and UsageError for unfit options."""
    content = _content(objects, introduction)
    read = read_commit(content)
    if isinstance(read, FaultyCommit):
        return read.fault
    historical = Historical.read(options.historical) if options.historical is not None else None
    files = Files.fixed_by(
        objects,
        read.tree,
        path=options.authorizations_path,
        historical=historical,
        every_commit=options.require_every_commit,
    )
    own = files.own(read.tree) if files is not None else None
    store = (
        stores.open(scope_of(introduction, files, options, engine)) if files is not None else None
    )
    whole = store is not None and rests_on_present_keys(store, keyring)
    known = store.get(introduction.commit) if store is not None and whole else None
    if known is not None:
        signer = None
    else:
        sha1 = options.historical_sha1 and historical is not None and own is None
        asked = _ask_signer(introduction, read, keyring, engine, sha1_counts=sha1)
        if not isinstance(asked, rule.Signer):
            return asked
        signer = asked
    if files is None or store is None:
        return AuthorizationsMissing(FileFormat.NATIVE.value)
    seen = outline(content)
    fault, in_force = _ask_file(objects, seen.parents, files, own)
    if fault is not None or in_force is None:
        return fault or AuthorizationsMissing(files.path)
    if signer is not None:
        found = Finding(
            signer.key,
            tuple(sorted(signer.primaries)),
            "",
            service=False,
            admitted_by=(),
            line=True,
        )
        store.put([(introduction.commit, found)])
    return Introduced(seen.parents, files, in_force, store, whole, seen.date)


def rests_on_present_keys(store: Store, keyring: Keyring) -> bool:
    """Say whether every key that the findings rest on is at hand, bound as it was.

    Where not, some of what was found would not be found again with this keyring.
    """
    for key, primaries in store.signers():
        at_hand = keyring.primaries(key)
        if at_hand is None or not set(primaries).issubset(at_hand):
            return False
    return True


def _ask_signer(
    introduction: Introduction,
    read: SignedCommit,
    keyring: Keyring,
    engine: Engine,
    *,
    sha1_counts: bool,
) -> rule.Signer | Reason:
    evidence = examine(read, keyring, lambda: sha1_counts, engine)
    if not isinstance(evidence, Claim):
        return evidence
    try:
        return rule.judge_introduction(introduction, evidence.signers, evidence.verifies)
    except EngineError as error:
        raise error.at(introduction.commit.hex()) from error


def _ask_file(
    objects: Objects, parents: tuple[ObjectId, ...], files: Files, own: OwnFile
) -> tuple[FileFault | None, Authorizations | None]:
    in_force = files.historical if own is None else own
    fault = rule.ask_file(
        in_force, files.path, parent_has_file=lambda: _a_parent_has_file(objects, files, parents)
    )
    return fault, in_force if isinstance(in_force, Authorizations) else None


def _content(objects: Objects, introduction: Introduction) -> bytes:
    try:
        return objects.commit(introduction.commit)
    except MissingObjectError as error:
        if objects.shallow():
            raise ShallowHistoryError(
                f"the introduction {introduction.commit.hex()} lies behind the boundary"
                " of this shallow clone, or in another repository",
                "git fetch --unshallow brings the whole history.",
            ) from error
        raise MissingObjectError(
            f"the introduction {introduction.commit.hex()} is not in this repository",
            "Is it the right repository? git fetch brings what is new in it.",
        ) from error


def _a_parent_has_file(objects: Objects, files: Files, parents: tuple[ObjectId, ...]) -> bool:
    """Say whether a parent of the introduction has the file, as far as that can be seen."""
    for parent in parents:
        try:
            tree = tree_of(objects.commit(parent))
            if tree is not None and files.own(tree) is not None:
                return True
        except UndecidedError:
            continue
    return False


def scope_of(introduction: Introduction, files: Files, options: Options, engine: Engine) -> Scope:
    """Return what findings made under these options depend on."""
    historical = options.historical
    return Scope(
        introduction,
        files.path,
        files.format.value,
        hashlib.sha256(historical).hexdigest() if historical is not None else "",
        historical_sha1=options.historical_sha1,
        every_commit=options.require_every_commit,
        engine=engine.name,
    )
