"""The answers for real histories, against what other programs and simple readers say of them."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from typer.testing import CliRunner

from nixauth import Options, Report, Verdict, authenticate
from nixauth.authenticate import Session
from nixauth.cache import Cache
from nixauth.cli.app import app
from nixauth.findings import NoStore
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import SignedCommit, outline, read_commit
from tests.real.corpus import Corpus, file
from tests.unit.cli.places import ROOT, write_loose

FORGE = "968479A1AFF927E37D1A566BB5690EEEBB952194"
OLD_FORGE = "5DE3E0509C47EA3CF04A42D34AEE18F83AFDEB23"


def verify(corpus: Corpus, *arguments: object) -> tuple[int, dict[str, object]]:
    """Run the command in this process and read its document."""
    options = ["-C", corpus.path, "--introduction", corpus.introduction, "--signer", corpus.signer]
    everything = ["verify", corpus.target, *options, "--format", "json", *arguments]
    done = CliRunner().invoke(app, [str(one) for one in everything])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert not done.stderr, done.stderr
    document: dict[str, object] = json.loads(done.stdout)
    return done.exit_code, document


def contents(corpus: Corpus) -> dict[bytes, bytes]:
    """Read every commit between introduction and target with git alone."""
    git = ["git", "-c", "safe.directory=*", "-C", str(corpus.path)]
    wanted = f"{corpus.introduction}..{corpus.target}"
    listed = subprocess.run(
        [*git, "rev-list", wanted], capture_output=True, check=True
    ).stdout.split()
    batch = subprocess.run(
        [*git, "cat-file", "--batch"],
        input=b"\n".join(listed) + b"\n",
        capture_output=True,
        check=True,
    ).stdout
    found: dict[bytes, bytes] = {}
    at = 0
    for name in listed:
        end = batch.index(b"\n", at)
        size = int(batch[at:end].split()[2])
        found[name] = batch[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def issuers(corpus: Corpus) -> Counter[str]:
    """Count the key ids that the commits' signatures name, by a reader of a few lines.

    All of these signatures are of version 4; the ids stand in subpacket 33 or 16 (RFC 9580, 5.2.3).
    """
    counts: Counter[str] = Counter()
    for content in contents(corpus).values():
        block = content.partition(b"\ngpgsig ")[2].partition(b"-----END")[0]
        lines = [line.strip() for line in block.split(b"\n")]
        body = lines[lines.index(b"") + 1 :]
        packet = base64.b64decode(b"".join(line for line in body if line[:1] != b"="))
        at = packet.find(b"\x16\x21\x04")
        short = packet.find(b"\x09\x10")
        found = packet[at + 15 : at + 23] if at >= 0 else packet[short + 2 : short + 10]
        counts[found.hex().upper()] += 1
    return counts


def check_signers(corpus: Corpus, document: dict[str, object]) -> None:
    signers = document["signers"]
    assert isinstance(signers, list)
    counted: Counter[str] = Counter()
    for one in signers:
        counted[one["fingerprint"][-16:]] += one["commits"]
    assert counted == issuers(corpus)


# --- guix ---

TOP = [
    ("nckx", "F5DA20324B873D0B7A3876720DB0FF884F556D79", 1777),
    ("rekado", "BCA689B636553801C3C62150197A5888235FACAC", 1223),
    ("efraim", "A28BF40C3E551372662D14F741AAE7DCCA3D8351", 1061),
    ("civodul", "3CE464558A84FDC69DB40CFB090B11993D9AEBB5", 908),
    ("mbakke", "BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA", 786),
]


def test_guix(guix: Corpus, tmp_path: Path) -> None:
    code, cold = verify(guix, "--stats")
    assert (code, cold["verdict"]) == (0, "authentic")
    assert (guix.path / "shallow").exists(), "and the boundary gave no error"
    assert cold["verified"] == cold["trusted"] == 9371
    assert (cold["service_only"], cold["path"]) == (0, ".guix-authorizations")
    signers = cold["signers"]
    assert isinstance(signers, list)
    top = [(one["person"], one["fingerprint"], one["commits"]) for one in signers[: len(TOP)]]
    assert top == TOP
    assert sum(one["commits"] for one in signers) == 9371
    check_signers(guix, cold)
    kinds = {one["kind"] for one in cold["warnings"]}  # type: ignore[attr-defined]
    assert "key-expired" in kinds
    stores = list((tmp_path / "cache/nixauth").glob("*.sqlite"))
    assert len(stores) == 1
    assert stores[0].stat().st_size <= 80 * 9372
    code, warm = verify(guix, "--stats")
    assert (code, warm) == (0, {**cold, "verified": 0})
    code, brief = verify(guix)
    assert (code, brief["verified"]) == (0, 0)


def test_guix_killed_in_the_middle(guix: Corpus, tmp_path: Path) -> None:
    environment = {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    options = ["-C", str(guix.path), "--introduction", guix.introduction, "--signer", guix.signer]
    command = [sys.executable, "-m", "nixauth", "verify", guix.target, *options, "--stats"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            stores = list((tmp_path / "cache/nixauth").glob("*.sqlite"))
            if stores and stores[0].stat().st_size > 120_000:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    code, found = verify(guix, "--stats")
    assert (code, found["verdict"], found["trusted"]) == (0, "authentic", 9371)
    verified = found["verified"]
    assert isinstance(verified, int)
    assert 1000 < verified < 8500, "it went on from where the other was killed"
    assert (found["signers"], found["refusals"]) == (expected_signers(guix, found), [])


def expected_signers(corpus: Corpus, document: dict[str, object]) -> object:
    check_signers(corpus, document)
    return document["signers"]


def test_guix_cut_off_before_the_introduction(guix: Corpus, tmp_path: Path) -> None:
    """A shallower copy, as `git clone --depth` would leave it."""
    whole = guix.open()
    target = ObjectId(bytes.fromhex(guix.target))
    folder = tmp_path / "cut.git"
    for name in ("objects/pack", "refs/heads"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/master\n")
    (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    (folder / "refs/heads/master").write_text(f"{guix.target}\n")
    kept, edge = {target}, [target]
    for _ in range(40):
        edge = [p for c in edge for p in outline(whole.commit(c)).parents if p not in kept]
        kept.update(edge)
    boundary = []
    for commit in kept:
        content = whole.commit(commit)
        write_loose(folder, commit, "commit", content)
        tree = ObjectId(bytes.fromhex(content[5:45].decode()))
        write_loose(folder, tree, "tree", whole.tree(tree))
        if not kept.issuperset(outline(content).parents):
            boundary.append(commit)
    (folder / "shallow").write_text("".join(f"{commit.hex()}\n" for commit in boundary))
    cut = Corpus(folder, guix.introduction, guix.signer, guix.target)
    code, found = verify(cut, "--stats")
    assert (code, found["verdict"]) == (3, "undecided")
    error = found["error"]
    assert isinstance(error, dict)
    assert error["kind"] == "shallow-history"
    assert "git fetch --unshallow" in error["hint"]
    content = whole.commit(guix.trust.commit)
    write_loose(folder, guix.trust.commit, "commit", content)
    code, found = verify(cut)
    assert code == 3, "the introduction alone shows nothing of what lies between"


# --- rde ---


def test_rde(rde: Corpus) -> None:
    code, cold = verify(rde, "--stats")
    assert (code, cold["verdict"]) == (0, "authentic")
    assert cold["verified"] == cold["trusted"] == 3008
    check_signers(rde, cold)
    for content in contents(rde).values():
        check_split(content)


def check_split(content: bytes) -> None:
    """Compare payload and signature with those of a reader that knows nothing but lines."""
    headers, blank, message = content.partition(b"\n\n")
    payload, signature, inside = [], [], False
    for line in headers.split(b"\n"):
        inside = line.startswith(b"gpgsig ") or (inside and line.startswith(b" "))
        (signature if inside else payload).append(line)
    read = read_commit(content)
    assert isinstance(read, SignedCommit)
    assert read.payload == b"\n".join(payload) + blank + message
    value = b"\n".join(line[7:] if n == 0 else line[1:] for n, line in enumerate(signature))
    assert read.signature == value + b"\n"


def test_rde_two_runs_at_once(rde: Corpus, tmp_path: Path) -> None:
    environment = {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    options = ["-C", str(rde.path), "--introduction", rde.introduction, "--signer", rde.signer]
    command = [sys.executable, "-m", "nixauth", "verify", rde.target, *options]
    runs = [
        subprocess.Popen(
            [*command, "--format", "json", "--stats"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for process in runs:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, b"")
        assert json.loads(out)["trusted"] == 3008
    code, warm = verify(rde, "--stats")
    assert (code, warm["verified"], warm["trusted"]) == (0, 0, 3008)


def test_rde_not_descendants(rde: Corpus) -> None:
    """Behind the introduction nothing is authentic."""
    repository = rde.open()
    parent = outline(repository.commit(rde.trust.commit)).parents[0]
    report = authenticate(repository, rde.keyring(), rde.trust, parent)
    assert report.verdict is Verdict.REFUSED
    assert [refusal.reason.code for refusal in report.refusals] == ["not-descendant"]


# --- nix ---


def historical(folder: Path, mode: str = "trusted-path") -> Path:
    path = folder / "historical"
    path.write_text(
        f"version: 1\nhistory: {mode}\npeople:\n"
        f"  forge:\n    service: true\n    keys:\n      - {FORGE}\n      - {OLD_FORGE}\n"
    )
    return path


def first_parents(corpus: Corpus) -> list[bytes]:
    git = ["git", "-c", "safe.directory=*", "-C", str(corpus.path), "rev-list", "--first-parent"]
    wanted = f"{corpus.introduction}..{corpus.target}"
    listed = subprocess.run([*git, wanted], capture_output=True, check=True).stdout
    return [bytes.fromhex(line.decode()) for line in listed.split()]


def session(corpus: Corpus, options: Options) -> tuple[Session, Report]:
    repository = corpus.open()
    keyring = corpus.keyring(str(file("web-flow.gpg")))
    asked = Session(repository, keyring, corpus.trust, options, NoStore())
    return asked, asked.report(repository.resolve(corpus.target))


def test_nix_under_a_historical_file(nix: Corpus, tmp_path: Path) -> None:
    keys = file("web-flow.gpg")
    code, found = verify(
        nix, "--keyring", keys, "--historical-authorizations", historical(tmp_path), "--stats"
    )
    assert (code, found["verdict"], found["historical"]) == (0, "authentic", True)
    trusted = found["trusted"]
    assert trusted == found["service_only"]
    kinds = {one["kind"] for one in found["warnings"]}  # type: ignore[attr-defined]
    assert "service-only" in kinds
    content = historical(tmp_path).read_bytes()
    asked, report = session(nix, Options(historical=content, stats=True))
    assert report.stats is not None
    assert report.stats.trusted == trusted
    line = first_parents(nix)
    assert len(line) == 140
    assert asked.walk is not None
    for commit in line:
        node = asked.walk.nodes[ObjectId(commit)]
        assert node.trusted
        assert node.line
        assert node.finding is not None
        assert (node.finding.person, node.finding.service) == ("forge", True)
    behind = contents(nix)
    assert len(behind) == 397
    assert sum(asked.walk.nodes[ObjectId(bytes.fromhex(c.decode()))].trusted for c in behind) == (
        report.stats.trusted
    )


def test_nix_with_every_commit_required(nix: Corpus, tmp_path: Path) -> None:
    keys = file("web-flow.gpg")
    code, found = verify(
        *(nix, "--keyring", keys, "--historical-authorizations", historical(tmp_path)),
        *("--require", "every-commit"),
    )
    assert (code, found["verdict"]) == (1, "refused")
    refusals = found["refusals"]
    assert isinstance(refusals, list)
    assert len(refusals[0]["commit"]) == 40
    assert refusals[0]["commit"].encode() in contents(nix)
    assert refusals[0]["reason"] in {"unsigned", "missing-key", "unauthorized-key"}
    assert refusals[-1]["commit"] == nix.open().resolve(nix.target).hex()
    again = verify(
        *(nix, "--keyring", keys),
        *("--historical-authorizations", historical(tmp_path, "every-commit")),
    )
    assert again[0] == 1
    assert [one["commit"] for one in again[1]["refusals"]] == [  # type: ignore[attr-defined]
        one["commit"] for one in refusals
    ]


def test_nix_without_a_historical_file(nix: Corpus) -> None:
    code, found = verify(nix, "--keyring", file("web-flow.gpg"))
    assert code == 1
    assert found["refusals"][0]["reason"] == "authorizations-missing"  # type: ignore[index]


def test_the_library_keeps_what_it_found(rde: Corpus, tmp_path: Path) -> None:
    """A cache of the library's is the command's: one directory, the same scope."""
    repository = rde.open()
    target = repository.resolve(rde.target)
    cache = Cache(tmp_path / "cache" / "nixauth")
    half = outline(repository.commit(target)).parents[0]
    report = authenticate(repository, rde.keyring(), rde.trust, half, store=cache)
    assert report.verdict is Verdict.AUTHENTIC
    code, found = verify(rde)
    assert (code, found["verified"]) == (0, 1)
