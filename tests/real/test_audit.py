"""Audits of real histories, against counts that are made here of what `git cat-file` prints."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nixauth.cli.app import app
from tests.real.corpus import Corpus, file
from tests.real.test_real_histories import FORGE, OLD_FORGE, first_parents, historical

ALGORITHMS = {1: "RSA", 17: "DSA", 19: "ECDSA", 22: "EdDSA", 27: "Ed25519"}
DIGESTS = {2: "SHA-1", 8: "SHA-256", 9: "SHA-384", 10: "SHA-512"}


@dataclass
class Read:
    """What this file's own reading of a commit says."""

    commit: str
    parents: int
    date: int
    armored: bytes
    algorithm: str = ""
    digest: str = ""
    key_id: str = ""


def git(corpus: Corpus, *arguments: str, given: bytes = b"") -> bytes:
    command = ["git", "-c", "safe.directory=*", "-C", str(corpus.path), *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def commits(corpus: Corpus) -> dict[str, Read]:
    """Read every commit between the introduction and the target."""
    wanted = git(corpus, "rev-list", corpus.target, f"^{corpus.introduction}")
    out = io.BytesIO(git(corpus, "cat-file", "--batch", given=wanted))
    found = {}
    while header := out.readline():
        name, kind, size = header.decode().split()
        assert kind == "commit"
        content = out.read(int(size))
        out.read(1)
        found[name] = read(name, content)
    return found


def read(name: str, content: bytes) -> Read:
    headers = content.partition(b"\n\n")[0].replace(b"\n ", b"\0").split(b"\n")
    fields = [line.partition(b" ")[::2] for line in headers]
    armored = b"".join(value for key, value in fields if key == b"gpgsig").replace(b"\0", b"\n")
    committer = next(value for key, value in fields if key == b"committer")
    parents = sum(key == b"parent" for key, _ in fields)
    one = Read(name, parents, int(committer.split()[-2]), armored)
    if armored.startswith(b"-----BEGIN SSH"):
        ssh(one)
    elif armored:
        packet(one)
    return one


def ssh(one: Read) -> None:
    """Read an SSH signature: the algorithm's name, and that of the digest."""
    data = base64.b64decode(b"".join(one.armored.strip().split(b"\n")[1:-1]))
    assert data[:6] == b"SSHSIG"
    fields, position = [], 10
    while position < len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        fields.append(data[position + 4 : position + 4 + size])
        position += 4 + size
    inner = fields[4]
    one.algorithm = inner[4 : 4 + int.from_bytes(inner[:4], "big")].decode()
    one.digest = fields[3].decode().upper().replace("SHA", "SHA-")


def packet(one: Read) -> None:
    """Read a signature packet of version 4: algorithms, and the key id that it names."""
    body = one.armored.partition(b"\n\n")[2] or one.armored
    lines = [line for line in body.split(b"\n") if line and line[:1] not in {b"-", b"="}]
    data = base64.b64decode(b"".join(lines))
    first, second = data[0], data[1]
    if first & 0x40:
        start = 2 if second < 192 else 3 if second < 224 else 6
    else:
        start = 1 + (1, 2, 4)[first & 3]
    data = data[start:]
    assert data[0] == 4
    one.algorithm, one.digest = ALGORITHMS[data[2]], DIGESTS[data[3]]
    hashed = int.from_bytes(data[4:6], "big")
    rest = data[6 + hashed :]
    unhashed = rest[2 : 2 + int.from_bytes(rest[:2], "big")]
    for kind, value in (*subpackets(data[6 : 6 + hashed]), *subpackets(unhashed)):
        if kind == 33 and not one.key_id:
            one.key_id = value[-8:].hex().upper()
        elif kind == 16 and not one.key_id:
            one.key_id = value.hex().upper()


def subpackets(area: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(area):
        size, start = area[position], position + 1
        if size >= 192:
            size, start = (size - 192 << 8) + area[start] + 192, start + 1
        yield area[start] & 0x7F, area[start + 1 : start + size]
        position = start + size


def audit(corpus: Corpus, *arguments: object, form: str = "json", code: int = 0) -> Any:
    trust = ["--introduction", corpus.introduction, "--signer", corpus.signer]
    done = CliRunner().invoke(
        app,
        ["audit", corpus.target, "-C", str(corpus.path), *trust, "--format", form,
         *map(str, arguments)],
    )  # fmt: skip
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if form == "json" else done.stdout


def compare(corpus: Corpus, found: Any) -> dict[str, Read]:
    """Compare what does not depend on anybody's trust."""
    counted = commits(corpus)
    assert found["coverage"]["commits"] == len(counted)
    assert found["coverage"]["merges"]["all"] == sum(one.parents > 1 for one in counted.values())
    signed = [one for one in counted.values() if one.armored]
    kinds = Counter((one.algorithm, one.digest) for one in signed)
    assert {
        (one["algorithm"], one["digest"]): one["commits"] for one in found["algorithms"]
    } == kinds
    assert found["first"] == min(one.date for one in counted.values())
    assert found["last"] == max(one.date for one in counted.values())
    months = sum(
        sum(sum(one[group].values()) for group in ("people", "services", "refused", "undecided"))
        for one in found["months"]
    )
    assert months == len(counted)
    return counted


def by_key(found: Any) -> Counter[str]:
    counts: Counter[str] = Counter()
    for person in found["people"]:
        for key in person["keys"]:
            counts[key["fingerprint"][-16:]] += key["commits"]
    return counts


@pytest.mark.parametrize("name", ["guix", "rde"])
def test_where_everything_is_authentic(name: str, request: pytest.FixtureRequest) -> None:
    corpus: Corpus = request.getfixturevalue(name)
    found = audit(corpus)
    counted = compare(corpus, found)
    assert found["verdict"] == "authentic"
    assert found["coverage"]["trusted"] == len(counted)
    assert found["coverage"]["unsigned"] == sum(not one.armored for one in counted.values()) == 0
    assert by_key(found) == Counter(one.key_id for one in counted.values())
    again = audit(corpus)
    del found["now"], again["now"]
    assert again == found
    # Each change of the file is there, and nothing else: compared blob by blob.
    path = found["path"]
    names = [*counted, corpus.introduction]
    blobs = (
        git(
            corpus,
            *("cat-file", "--batch-check=%(objectname)"),
            given="".join(f"{commit}:{path}\n" for commit in names).encode(),
        )
        .decode()
        .split("\n")
    )
    blob = dict(zip(names, blobs, strict=False))
    changed = set()
    for line in (
        git(corpus, "rev-list", "--parents", corpus.target, f"^{corpus.introduction}")
        .decode()
        .splitlines()
    ):
        commit, *parents = line.split()
        known = [blob[parent] for parent in parents if parent in blob]
        if known and blob[commit] not in known and len(known) == len(parents):
            changed.add(commit)
    assert changed <= {one["commit"] for one in found["grants"]}


def test_one_key_of_a_real_history(rde: Corpus) -> None:
    first = read(rde.introduction, git(rde, "cat-file", "commit", rde.introduction))
    counted = {**commits(rde), rde.introduction: first}
    key = rde.signer
    use = audit(rde, "--key", key)["key_use"]
    expected = {name for name, one in counted.items() if one.key_id == key[-16:]}
    assert {one["commit"] for one in use["commits"]} == expected
    for one in use["commits"][:: max(1, len(use["commits"]) // 40)]:
        if not one["complete"]:
            continue
        listed = git(
            rde, "diff-tree", "-r", "-z", "--no-renames", "--name-only", f"{one['commit']}^1",
            one["commit"],
        )  # fmt: skip
        assert sorted(one["paths"]) == sorted(
            name.decode("utf-8", "backslashreplace") for name in listed.split(b"\0") if name
        )


def test_trees_that_the_corpus_lacks(guix: Corpus) -> None:
    use = audit(guix, "--key", "CBC59C66EC27B97179406B3E6BE8208ADF21FE3F")["key_use"]
    assert len(use["commits"]) == 166
    assert use["without_trees"] > 0


def test_what_a_forge_signed(nix: Corpus, tmp_path: Path) -> None:
    options = [
        "--keyring",
        file("web-flow.gpg"),
        "--historical-authorizations",
        historical(tmp_path),
    ]
    found = audit(nix, *options)
    counted = compare(nix, found)
    forge = {FORGE[-16:], OLD_FORGE[-16:]}
    by_forge = {name for name, one in counted.items() if one.key_id in forge}
    line = {commit.hex() for commit in first_parents(nix)}
    rows = list(csv.DictReader(io.StringIO(audit(nix, *options, form="csv"), newline="")))
    trusted = {row["commit"] for row in rows if row["state"] == "trusted"}
    assert {row["commit"] for row in rows} == set(counted)
    assert line <= trusted <= by_forge
    cover = found["coverage"]
    assert cover["trusted"] == cover["service_only"] == len(trusted)
    assert sum(cover["refused"].values()) == len(counted) - len(trusted)
    unsigned = {name for name, one in counted.items() if not one.armored}
    assert cover["unsigned"] == len(unsigned)
    assert {row["commit"] for row in rows if not row["digest"]} == unsigned
    assert found["people"][0]["service"]
    assert line <= {row["commit"] for row in rows if row["on_path"] == "yes"}
    stretches = [set(one["commits"]) for one in cover["stretches"]]
    assert not any(one & trusted for one in stretches)


def test_what_a_draft_asks_of_a_real_history(nix: Corpus, tmp_path: Path) -> None:
    draft = historical(tmp_path, "every-commit")
    found = audit(nix, "--keyring", file("web-flow.gpg"), "--authorizations", draft)
    counted = commits(nix)
    needed = Counter()
    for one in found["what_if"]["needed"]:
        needed[one["reason"]] += one["commits"]
    assert found["what_if"]["verdict"] == "refused"
    assert found["what_if"]["considered"] == len(counted)
    assert needed["unsigned"] == sum(not one.armored for one in counted.values())
    forge = {FORGE[-16:], OLD_FORGE[-16:]}
    strangers = [one for one in counted.values() if one.armored and one.key_id not in forge]
    assert needed["missing-key"] == sum(bool(one.key_id) for one in strangers)
    assert needed["unauthorized-key"] == sum(not one.key_id for one in strangers)


def test_own_reading_agrees_with_gnupg(guix: Corpus) -> None:
    gpg = shutil.which("gpg")
    if gpg is None:
        pytest.skip("gpg is not installed")
    every = list(commits(guix).values())
    for one in every[:: len(every) // 25]:
        shown = subprocess.run(
            [gpg, "--list-packets"], input=one.armored, capture_output=True, check=False
        ).stdout.decode("utf-8", "replace")
        found = re.search(r"algo (\d+), keyid ([0-9A-F]{16})", shown)
        digest = re.search(r"digest algo (\d+)", shown)
        assert found
        assert digest
        named = ALGORITHMS[int(found[1])], DIGESTS[int(digest[1])]
        assert named == (one.algorithm, one.digest)
        assert found[2] == one.key_id
