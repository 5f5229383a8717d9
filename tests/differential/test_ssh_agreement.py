"""Signatures by every kind of key that the installed OpenSSH makes: all parties say the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from nixauth import Introduction, Verdict, authenticate
from nixauth.engines import Native, open_engine
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint
from nixauth.ssh_keys import ssh_fingerprint
from tests.differential import sshsig
from tests.differential.openssh import OpenSSH, said
from tests.differential.parties import GOOD, Said, all_say
from tests.differential.programs import missing, program, run, watched
from tests.differential.repository import Git, joined, oid, split

KINDS = {
    "ed25519": ("-t", "ed25519"),
    "ecdsa256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa521": ("-t", "ecdsa", "-b", "521"),
    "rsa2048": ("-t", "rsa", "-b", "2048"),
    "rsa3072": ("-t", "rsa", "-b", "3072"),
}
NOBODY = Keyring.from_files([])


@dataclass(frozen=True)
class Made:
    """A signed commit, and by which key."""

    name: str
    key: str
    content: bytes
    another: bytes


@dataclass
class World:
    """Keys, the commits that they signed, and who has to judge them."""

    ssh: OpenSSH
    git: Git
    allowed: Path
    introduction: Introduction
    tip: str
    made: list[Made]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Make the keys and the commits, once."""
    folder = tmp_path_factory.mktemp("ssh")
    ssh = OpenSSH(folder)
    paths = {name: ssh.make(name, *options) for name, options in KINDS.items()}
    tokens = {"token ed25519": sshsig.token_ed25519(), "token ecdsa": sshsig.token_ecdsa()}
    lines = {name: ssh.line(path) for name, path in paths.items()}
    lines |= {name: token.line for name, token in tokens.items()}
    git = Git(folder / "r", {})
    people = "".join(
        f"  {name.replace(' ', '-')}:\n    keys:\n      - {line}\n" for name, line in lines.items()
    )
    listing = f"version: 1\nhistory: trusted-path\npeople:\n{people}"
    (git.folder / ".authorizations").write_text(listing)
    git.run("add", ".authorizations")
    by_ssh = ("gpg.format=ssh", f"gpg.ssh.program={ssh.program}")
    root = git.commit("the first", str(paths["ed25519"]), *by_ssh)
    made = []
    for name, path in paths.items():
        two = [git.content(git.commit(f"a change by {name}", str(path), *by_ssh)) for _ in "12"]
        made.append(Made(name, ssh.fingerprint(path), two[1], two[0]))
        for digest in ("sha256", "sha512"):
            made.append(signed_anew(ssh, made[0], f"{name} {digest}", path, digest))
    tip = git.run("rev-parse", "HEAD").out.decode().strip()
    for name, token in tokens.items():
        made.append(signed_in_process(made[0], name, token))
    for algorithm in (b"rsa-sha2-256", b"rsa-sha2-512"):
        signer = sshsig.rsa_signer(paths["rsa2048"].read_bytes(), algorithm)
        made.append(signed_in_process(made[0], algorithm.decode(), signer))
    introduction = Introduction(oid(root), Fingerprint(ssh.fingerprint(paths["ed25519"])))
    return World(ssh, git, ssh.allow(*lines.values()), introduction, tip, made)


def signed_anew(ssh: OpenSSH, base: Made, name: str, path: Path, digest: str) -> Made:
    """Have ssh-keygen sign a commit with a digest that git does not ask for."""
    found = []
    for content in (base.content, base.another):
        payload, _ = split(content)
        armored = ssh.sign(path, payload, "-O", f"hashalg={digest}")
        found.append(joined(payload, armored))
    return Made(name, ssh.fingerprint(path), *found)


def signed_in_process(base: Made, name: str, signer: sshsig.Signer) -> Made:
    payloads = (split(base.content)[0], split(base.another)[0])
    found = [joined(payload, signer.sign(payload)) for payload in payloads]
    return Made(name, ssh_fingerprint(signer.blob), *found)


def flipped(data: bytes, at: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def spoilt(one: Made) -> dict[str, tuple[bytes, set[str]]]:
    """Return copies with one fault each, and what nixauth may call the fault."""
    payload, armored = split(one.content)
    lines = armored.rstrip(b"\n").split(b"\n")
    inner = sshsig.field(armored, "inner")
    key = sshsig.field(armored, "key")
    bad, malformed = {"bad-signature"}, {"malformed-signature"}
    unsupported = {"unsupported-signature"}
    odd = bad | malformed | {"unusable-key", "unsupported-signature"}
    signatures = {
        "another commit's": (split(one.another)[1], bad),
        "last octet": (sshsig.rebuilt(armored, inner=flipped(inner, -1)), bad),
        "within the numbers": (sshsig.rebuilt(armored, inner=flipped(inner, -20)), odd),
        "algorithm": (sshsig.rebuilt(armored, inner=flipped(inner, 6)), unsupported),
        "key": (sshsig.rebuilt(armored, key=flipped(key, -9)), odd),
        "kind of key": (sshsig.rebuilt(armored, key=flipped(key, 6)), unsupported),
        "namespace": (sshsig.rebuilt(armored, namespace=b"file"), unsupported),
        "no namespace": (sshsig.rebuilt(armored, namespace=b""), unsupported),
        "digest": (sshsig.rebuilt(armored, hash_name=b"sha384"), unsupported),
        "magic": (sshsig.rebuilt(armored, head=b"SSHSIH\0\0\0\1"), malformed),
        "version": (sshsig.rebuilt(armored, head=b"SSHSIG\0\0\0\2"), unsupported),
        "an octet too many": (sshsig.rebuilt(armored, tail=b"\0"), malformed),
        "inner octet too many": (sshsig.rebuilt(armored, inner=inner + b"\0"), malformed),
        "cut": (sshsig.armor(sshsig.unarmored(armored)[:-3]), malformed),
        "lines missing": (b"\n".join([*lines[:2], *lines[3:]]), malformed),
        "no end": (b"\n".join(lines[:-1]), malformed),
    }
    found = {name: (joined(payload, made), code) for name, (made, code) in signatures.items()}
    found["message"] = (joined(payload.replace(b"change ", b"Change "), armored), bad)
    found["author"] = (joined(payload.replace(b"author A U", b"author B U"), armored), bad)
    found["a newline more"] = (joined(payload + b"\n", armored), bad)
    return found


def test_what_was_made(world: World) -> None:
    """Every type that this OpenSSH offers is there, or is refused by name."""
    listed = run([program("ssh"), "-Q", "key-plain"], world.ssh.environment, check=True)
    offered = set(listed.out.split())
    kinds = {sshsig.strings(sshsig.field(split(one.content)[1], "key"))[0] for one in world.made}
    assert (
        offered - {b"ssh-dss"}
        <= kinds
        == {
            b"ssh-ed25519",
            b"ssh-rsa",
            b"ecdsa-sha2-nistp256",
            b"ecdsa-sha2-nistp384",
            b"ecdsa-sha2-nistp521",
            b"sk-ssh-ed25519@openssh.com",
            b"sk-ecdsa-sha2-nistp256@openssh.com",
        }
    )
    assert len(world.made) == 3 * len(KINDS) + 4


def test_good_ones_by_ssh_keygen(world: World) -> None:
    for one in world.made:
        found = world.ssh.says(*split(one.content), world.allowed)
        assert found.maker == one.key, (one.name, found)


def test_good_ones_by_git(world: World) -> None:
    for one in world.made:
        ran = world.git.verify(
            world.git.put(one.content),
            f"gpg.ssh.allowedSignersFile={world.allowed}",
            f"gpg.ssh.program={world.ssh.program}",
        )
        assert said(ran).maker == one.key, (one.name, ran)


@pytest.mark.parametrize("engine", ["native", "gnupg", "both"])
def test_good_ones_by_nixauth(world: World, tmp_path: Path, engine: str) -> None:
    """No engine asks GnuPG about SSH signatures."""
    with watched(tmp_path) as witness:
        opened = open_engine(engine, NOBODY)
        found = all_say([one.content for one in world.made], NOBODY, opened)
        opened.close()
    assert found == [Said(one.key, (GOOD,)) for one in world.made]
    assert witness.runs == 0


def test_spoilt_ones(world: World) -> None:
    asked = len(world.ssh.runs)
    count = 0
    for number, one in enumerate(world.made):
        copies = spoilt(one)
        found = all_say([content for content, _ in copies.values()], NOBODY, Native())
        for place, ((name, (content, codes)), own) in enumerate(
            zip(copies.items(), found, strict=True)
        ):
            assert own.words[0] in codes, (one.name, name, own)
            if (place + number) % 3:
                continue  # a third of them, another third for the next key
            other = world.ssh.says(*split(content), world.allowed)
            assert not other.good, (one.name, name, other)
            assert other.words[0] == "255"
            count += 1
    assert len(world.ssh.runs) - asked == count > 6 * len(world.made)


def test_spoilt_ones_by_git(world: World) -> None:
    one = world.made[0]
    for name, (content, _) in spoilt(one).items():
        ran = world.git.verify(
            world.git.put(content),
            f"gpg.ssh.allowedSignersFile={world.allowed}",
            f"gpg.ssh.program={world.ssh.program}",
        )
        assert ran.code == 1, (name, ran)
        assert not said(ran).good


@pytest.mark.parametrize("engine", ["native", "both"])
def test_the_whole_question(world: World, tmp_path: Path, engine: str) -> None:
    repository = world.git.open()
    with watched(tmp_path) as witness:
        opened = open_engine(engine, NOBODY)

        def ask(commit: str) -> object:
            return authenticate(repository, NOBODY, world.introduction, oid(commit), engine=opened)

        assert ask(world.tip).verdict is Verdict.AUTHENTIC
        tip = [one for one in world.made if world.git.content(world.tip) == one.content]
        for name, (content, codes) in spoilt(tip[0]).items():
            report = ask(world.git.put(content))
            assert report.verdict is Verdict.REFUSED, name
            assert report.refusals[0].reason.code in codes | {"unauthorized-key"}
    assert witness.runs == 0


def test_missing_programs_are_skipped_or_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIXAUTH_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="openssh-client"):
        missing("openssh-client")
    monkeypatch.setenv("NIXAUTH_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="openssh-client"):
        missing("openssh-client")
