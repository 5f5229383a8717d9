"""`nixauth init --from-history`: who signed the last merges, by nixauth's own readers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nixauth.display import commit_text
from nixauth.errors import MissingObjectError
from nixauth.evidence import Claim, examine
from nixauth.history.repository import Repository
from nixauth.keyring import Keyring
from nixauth.keys import ssh
from nixauth.model import Fingerprint, MissingKey, ObjectId, is_ssh
from nixauth.rule import Signer
from nixauth.setup.draft import Survey, Tally
from nixauth.setup.names import NOBODY, Who, of_user_id
from nixauth.signatures.commit_object import outline, read_commit

_PERSON = re.compile(rb"^(author|committer) ([^\n<]*?) ?<([^<>\n]*)>", re.MULTILINE)
_LEAST_LOOK, _LOOK = 10_000, 50
"""How many commits are looked at at least, and for each that is wanted."""


def survey(repository: Repository, keyring: Keyring, tip: ObjectId, wanted: int) -> Survey:
    """Look at the last signed merges of the first-parent line, and at other commits to make up.

    A signature counts once its mathematics was done; raises UndecidedError where something is
    missing or damaged that a full clone has.
    """
    found = Survey(tip.hex(), wanted)
    merges: list[tuple[ObjectId, bytes]] = []
    others: list[tuple[ObjectId, bytes]] = []
    most = max(_LEAST_LOOK, _LOOK * wanted)
    for number, (commit, content) in enumerate(_first_parents(repository, tip, found), 1):
        seen = outline(content)
        if not seen.signed:
            found.unsigned += 1
        elif len(seen.parents) > 1:
            merges.append((commit, content))
        elif len(others) < wanted:
            others.append((commit, content))
        if len(merges) == wanted:
            break
        if number == most:
            found.ended = f"Looking ended after {most} commits."
            break
    found.merges = len(merges)
    others = others[: wanted - len(merges)]
    found.others = len(others)
    for commit, content in merges:
        _take(found, keyring, commit, content, merge=True)
    for commit, content in others:
        _take(found, keyring, commit, content, merge=False)
    return found


def _first_parents(
    repository: Repository, tip: ObjectId, found: Survey
) -> Iterator[tuple[ObjectId, bytes]]:
    shallow = repository.shallow()
    commit = tip
    while True:
        try:
            content = repository.commit(commit)
        except MissingObjectError:
            if commit == tip or not shallow:
                raise
            found.ended = "This clone is shallow: what is older was not seen."
            return
        yield commit, content
        parents = outline(content).parents
        if not parents:
            return
        if commit in shallow:
            found.ended = "This clone is shallow: what is older was not seen."
            return
        commit = parents[0]


def _take(
    found: Survey, keyring: Keyring, commit: ObjectId, content: bytes, *, merge: bool
) -> None:
    """Count one signed commit for the key that signed it."""
    read = read_commit(content)
    evidence = examine(read, keyring, lambda: False)
    if isinstance(evidence, MissingKey):
        found.missing[evidence.issuer or "(not named)"] += 1
    elif not isinstance(evidence, Claim):
        found.faulty[evidence.code] += 1
    else:
        signer = _who_signed(evidence)
        if signer is None:
            found.faulty["bad-signature"] += 1
            return
        listed = min(signer.primaries, default=signer.key)
        tally = found.tallies.get(listed)
        if tally is None:
            tally = found.tallies[listed] = _new_tally(listed, evidence, keyring)
        _count(tally, commit, content, merge=merge)


def _who_signed(claim: Claim) -> Signer | None:
    return next((signer for signer in claim.signers if claim.verifies(signer)), None)


def _new_tally(listed: Fingerprint, claim: Claim, keyring: Keyring) -> Tally:
    if is_ssh(listed):
        blob = next(key.blob for key in claim.keys if key.fingerprint == listed)  # type: ignore[union-attr]
        return Tally(listed, ssh.from_blob(blob).line)
    facts = keyring.certificates.facts(listed)
    return Tally(listed, owner=of_user_id((facts.user_id if facts is not None else None) or b""))


def _count(tally: Tally, commit: ObjectId, content: bytes, *, merge: bool) -> None:
    if merge:
        tally.merges += 1
    else:
        tally.others += 1
    if not tally.last:  # the newest comes first
        tally.last = f"on {commit_text(content).date[:10]} ({commit.hex()[:12]})"
    people = {
        role: Who(name.decode("utf-8", "replace"), email.decode("utf-8", "replace"))
        for role, name, email in _PERSON.findall(content.partition(b"\n\n")[0])
    }
    author = people.get(b"author", NOBODY)
    committer = people.get(b"committer", NOBODY)
    tally.committers[committer] += 1
    if merge and author.email == committer.email:
        tally.together += 1
    elif merge:
        tally.apart[author.email] += 1
