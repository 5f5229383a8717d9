"""One changed byte of a signed commit: refused, or nothing that was signed has changed."""

from collections.abc import Iterator

import pytest

from nixauth.authenticate import Options, authenticate
from nixauth.errors import UndecidedError
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Verdict
from tests.property.abstract import Commit, File, Person
from tests.property.objects import build, certificate_file, pair
from tests.support import commits as git
from tests.support import openpgp

MASKS = (0x01, 0x20, 0x80)


class Victim:
    """An introduction signed by alice, and a commit under it signed by the key in question."""

    def __init__(self, signer: str) -> None:
        file = File("trusted-path", (Person("alice", ("alice",)), Person("victim", (signer,))))
        commits = {"i": Commit((), "alice", "good", file), "c": Commit(("i",), None, "good", file)}
        built = build(commits)
        self.objects = built.objects
        self.introduction = Introduction(
            ObjectId(built.ids["i"]), Fingerprint(pair("alice").fingerprint)
        )
        self.keyring = Keyring.from_files([certificate_file(n) for n in ("alice", signer)])
        self.payload = self.objects[built.ids["c"]][1]
        self.packet = pair(signer).signature(self.payload)
        self.commit = git.signed(self.payload, openpgp.armor(self.packet))
        self.signer = pair(signer).fingerprint

    def outcome(self, commit: bytes) -> str:
        """Return the verdict and, of an authentic commit, who signed it."""
        target = ObjectId(git.object_id("commit", commit))
        objects = MemoryObjects({**self.objects, target: ("commit", commit)})
        options = Options(stats=True)
        try:
            report = authenticate(objects, self.keyring, self.introduction, target, options)
        except UndecidedError:
            return "undecided"
        if report.verdict is not Verdict.AUTHENTIC:
            return report.verdict.value
        assert report.stats is not None
        return "signed by " + " ".join(s.fingerprint for s in report.stats.signers)


@pytest.fixture(scope="module", params=["bob", "rsa"])
def victim(request: pytest.FixtureRequest) -> Victim:
    return Victim(request.param)


def changes(content: bytes, at: range) -> Iterator[tuple[str, bytes]]:
    for position in at:
        for mask in MASKS:
            spoilt = bytes([content[position] ^ mask])
            where = f"byte {position} xor {mask:#x}"
            yield where, content[:position] + spoilt + content[position + 1 :]


def test_untouched(victim: Victim) -> None:
    assert victim.outcome(victim.commit) == f"signed by {victim.signer}"
    assert victim.outcome(victim.payload) == "refused"


def test_the_payload(victim: Victim) -> None:
    begin = victim.commit.index(b"gpgsig ")
    end = victim.commit.index(b"\n\n", begin)
    ids = {*range(5, 45), *range(53, 93)}  # of the tree and of the parent: not there when changed
    assert victim.commit[46:53] == b"parent "
    for at in (range(begin), range(end, len(victim.commit))):
        for position in at:
            allowed = {"refused", "undecided"} if position in ids else {"refused"}
            for where, changed in changes(victim.commit, range(position, position + 1)):
                assert victim.outcome(changed) in allowed, where


def test_the_header_of_the_signature(victim: Victim) -> None:
    begin = victim.commit.index(b"gpgsig ")
    end = victim.commit.index(b"\n\n", begin)
    allowed = {"refused", f"signed by {victim.signer}"}
    for where, changed in changes(victim.commit, range(begin, end)):
        assert victim.outcome(changed) in allowed, where


def test_the_packet_under_a_right_checksum(victim: Victim) -> None:
    """What is hashed, and the integers, refuse; the rest refuses or says nothing new."""
    packet = victim.packet
    body = len(packet) - len(openpgp.unframed(packet))
    hashed = body + 6 + int.from_bytes(packet[body + 4 : body + 6], "big")
    integers = hashed + 2 + int.from_bytes(packet[hashed : hashed + 2], "big") + 2
    assert packet[body : body + 2] == b"\x04\x00"
    for position in range(len(packet)):
        counts = body <= position < hashed or position >= integers
        allowed = {"refused"} if counts else {"refused", f"signed by {victim.signer}"}
        for where, changed in changes(packet, range(position, position + 1)):
            commit = git.signed(victim.payload, openpgp.armor(changed))
            assert victim.outcome(commit) in allowed, where
