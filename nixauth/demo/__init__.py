"""The main job on a small history that comes with the program.

Nothing here touches the disk beyond reading the package's own file, nor the network, nor gpg.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from nixauth.authenticate import Options, authenticate
from nixauth.display import printable
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report, Verdict
from nixauth.reports import text

_ACTS = (
    (
        "good",
        None,
        (
            "A branch whose commits were signed by the people that their parents list.\n"
            "Bob was removed on the way, and Carol added."
        ),
    ),
    (
        "forged",
        "bad-signature",
        "Somebody pushes a commit in Alice's name, with a signature copied from another commit.",
    ),
    (
        "removed",
        "unauthorized-key",
        "Whoever has Bob's stolen laptop signs with his key, which was removed two commits ago.",
    ),
    (
        "self-authorized",
        "unauthorized-key",
        "Mallory, with push access to the forge, adds her own key to the list and signs that.",
    ),
)


@dataclass(frozen=True, slots=True)
class Act:
    """One question of the demonstration; `as_expected` says whether the answer was right."""

    title: str
    command: str
    text: str
    report: Report
    as_expected: bool


def acts(*, colour: bool = False) -> Iterator[Act]:
    """Ask the questions, one after the other."""
    data = json.loads((files(__name__) / "history.json").read_text("ascii"))
    objects = MemoryObjects(dict(_objects(data["objects"])))
    keyring = Keyring.from_files([("demo", base64.b64decode(data["keyring"]))])
    introduction = Introduction(
        ObjectId(bytes.fromhex(data["introduction"]["commit"])),
        Fingerprint(data["introduction"]["signer"]),
    )
    background = text.Background(
        commit=objects.commit, owner=lambda key: _owner(keyring, key), colour=colour
    )
    for name, reason, title in _ACTS:
        target = ObjectId(bytes.fromhex(data["targets"][name]))
        report = authenticate(objects, keyring, introduction, target, Options(stats=reason is None))
        command = (
            f"nixauth verify {target.hex()[:12]} --introduction {introduction.commit.hex()}"
            f" --signer {introduction.signer}"
        )
        shown = "".join(text.render(report, background))
        yield Act(title, command, shown, report, _is_expected(report, reason))


def _is_expected(report: Report, reason: str | None) -> bool:
    if reason is None:
        return report.verdict is Verdict.AUTHENTIC
    return report.verdict is Verdict.REFUSED and report.refusals[0].reason.code == reason


def _objects(listed: list[list[str]]) -> Iterator[tuple[bytes, tuple[str, bytes]]]:
    for kind, encoded in listed:
        content = base64.b64decode(encoded)
        name = hashlib.sha1(b"%b %d\0" % (kind.encode(), len(content)), usedforsecurity=False)
        name.update(content)
        yield name.digest(), (kind, content)


def _owner(keyring: Keyring, key: Fingerprint) -> str:
    facts = keyring.certificates.facts(key)
    return printable(facts.user_id) if facts is not None and facts.user_id else ""
