"""The floor: reading each commit and its root tree once, and the bare public-key mathematics.

`python -m tests.benchmarks.floor REPOSITORY INTRODUCTION TARGET KEYRING… ` prepares (which
commits, loaded keys, digests: not timed), then does the work once for each line that it reads,
and answers with a line of JSON: seconds of wall and processor time, and what they went to.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pygit2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from nixauth import Repository, open_keyring
from nixauth.evidence import Claim, examine
from nixauth.signatures import openpgp
from nixauth.signatures.commit_object import read_commit

try:
    from nacl.bindings import crypto_sign_open
except ImportError:  # pragma: no cover - the floor is then what OpenSSL does
    crypto_sign_open = None

_PREHASHED = {
    2: utils.Prehashed(hashes.SHA1()),
    8: utils.Prehashed(hashes.SHA256()),
    9: utils.Prehashed(hashes.SHA384()),
    10: utils.Prehashed(hashes.SHA512()),
    11: utils.Prehashed(hashes.SHA224()),
    12: utils.Prehashed(hashes.SHA3_256()),
    14: utils.Prehashed(hashes.SHA3_512()),
}
_PADDING = padding.PKCS1v15()
_SAMPLE = 300

Check = tuple[Callable[..., object], tuple[object, ...]]
"""One verification, everything prepared: a function that raises, and what it is called with."""


@dataclass(frozen=True)
class Times:
    """Seconds; `wall` and `cpu` are of the whole, the others are wall time of its parts."""

    wall: float
    cpu: float
    read: float
    verify: float
    commits: int
    signatures: int


@dataclass(frozen=True)
class Signed:
    """A signature ready to be verified: which algorithm, and the check with either library."""

    algorithm: str
    openssl: Check
    sodium: Check | None


class Floor:
    """What must be read and verified of one history."""

    def __init__(
        self, repository: Path, introduction: str, target: str, keyring: Sequence[str]
    ) -> None:
        opened = Repository.open(repository)  # sets libgit2 up as the floor demands it
        keys = open_keyring(opened, keyring)
        self._odb = pygit2.Repository(str(repository)).odb
        self.objects: list[pygit2.Oid] = []
        self.commits = 0
        signed = []
        load = functools.cache(_load)
        for commit in _between(repository, introduction, target):
            content = opened.commit(commit)
            read = read_commit(content)
            claim = examine(read, keys, lambda: True)
            if not isinstance(claim, Claim):
                continue  # unsigned, or refused before the mathematics
            self.commits += 1
            self.objects.append(pygit2.Oid(raw=commit))
            self.objects.append(pygit2.Oid(hex=content[5:45].decode()))
            signed.append(_prepare(claim, load))
        self.checks, self.libraries = _faster(signed)

    def run(self) -> Times:
        """Do the work once."""
        read, cpu, start = self._odb.read, time.process_time(), time.perf_counter()
        for object_id in self.objects:
            read(object_id)
        middle = time.perf_counter()
        for verify, prepared in self.checks:
            verify(*prepared)
        end = time.perf_counter()
        return Times(
            wall=end - start,
            cpu=time.process_time() - cpu,
            read=middle - start,
            verify=end - middle,
            commits=self.commits,
            signatures=len(self.checks),
        )


def _between(repository: Path, introduction: str, target: str) -> list[bytes]:
    command = ["git", "-C", str(repository), "rev-list", target, f"^{introduction}"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout
    return [bytes.fromhex(line.decode()) for line in listed.split()]


def _load(body: bytes, algorithm: int, numbers: tuple[bytes, ...]) -> object:
    integers = [int.from_bytes(number, "big") for number in numbers]
    if algorithm in {1, 3}:
        return rsa.RSAPublicNumbers(integers[1], integers[0]).public_key()
    if algorithm == 17:
        p, q, g, y = integers
        return dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g)).public_key()
    if algorithm in {22, 27}:
        return Ed25519PublicKey.from_public_bytes(numbers[0][-32:])
    return None


def _prepare(claim: Claim, load: Callable[..., object]) -> Signed:
    """Make the check of a signature; of rarer algorithms it is the project's own."""
    key, numbers, digest = claim.keys[0], claim.signature.numbers, claim.material
    if not isinstance(claim.signature, openpgp.Signature) or not isinstance(key, openpgp.PublicKey):
        return Signed("other", (claim.verifies, (claim.signers[0],)), None)
    prehashed = _PREHASHED[claim.signature.digest_algorithm]
    loaded = load(key.body, key.algorithm, key.numbers)
    match loaded:
        case rsa.RSAPublicKey():
            value = numbers[0].rjust((loaded.key_size + 7) // 8, b"\0")
            check = (loaded.verify, (value, digest, _PADDING, prehashed))
            return Signed(f"RSA {loaded.key_size}", check, None)
        case dsa.DSAPublicKey():
            value = utils.encode_dss_signature(*(int.from_bytes(n, "big") for n in numbers))
            return Signed("DSA", (loaded.verify, (value, digest, prehashed)), None)
        case Ed25519PublicKey():
            value = b"".join(n.rjust(32, b"\0") for n in numbers)
            sodium = None
            if crypto_sign_open is not None:
                sodium = (crypto_sign_open, (value + digest, key.numbers[0][-32:]))
            return Signed("Ed25519", (loaded.verify, (value, digest)), sodium)
    return Signed("other", (claim.verifies, (claim.signers[0],)), None)


def _faster(signed: Sequence[Signed]) -> tuple[list[Check], dict[str, str]]:
    """Take for each algorithm the library that is faster here, on a sample."""
    chosen: dict[str, str] = {}
    for algorithm in {each.algorithm for each in signed}:
        sample = [each for each in signed if each.algorithm == algorithm][:_SAMPLE]
        sodium = [each.sodium for each in sample if each.sodium is not None]
        chosen[algorithm] = "OpenSSL"
        if sodium:
            by_openssl = min(_time([each.openssl for each in sample]) for _ in range(3))
            if min(_time(sodium) for _ in range(3)) < by_openssl:
                chosen[algorithm] = "libsodium"
    checks = [
        each.sodium if each.sodium and chosen[each.algorithm] == "libsodium" else each.openssl
        for each in signed
    ]
    return checks, chosen


def _time(checks: Sequence[Check]) -> float:
    start = time.process_time()
    for verify, prepared in checks:
        verify(*prepared)
    return time.process_time() - start


def main(arguments: Sequence[str]) -> None:
    """Prepare, then work once for every line on standard input."""
    repository, introduction, target, *keyring = arguments
    floor = Floor(Path(repository), introduction, target, keyring)
    print(json.dumps(floor.libraries), flush=True)
    for _ in sys.stdin:
        print(json.dumps(asdict(floor.run())), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
