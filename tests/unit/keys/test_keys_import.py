"""`nixauth keys import`: what comes onto the branch, and what stays as it was."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from nixauth.cli import keys as command
from nixauth.errors import ChangedRefError, UndecidedError, UnreadableKeyringError, UsageError
from nixauth.history.branch import Branch, Stamp
from nixauth.history.repository import Repository
from nixauth.keys import importing
from nixauth.keys.incoming import Incoming
from nixauth.keys.incoming import read as read_incoming
from nixauth.keys.plan import plan
from nixauth.model import ObjectId
from nixauth.signatures.openpgp import Certificates, transfer
from tests.support import openpgp
from tests.support.openpgp import SIGNATURE, packet
from tests.unit.cli.places import Sandbox, clear
from tests.unit.keys.repositories import Checkout, read

ALICE = openpgp.key("alice")
NAME = ALICE.fingerprint
ATTRIBUTE = packet(17, b"a picture") + packet(SIGNATURE, b"\4over a picture")


def revocation() -> bytes:
    return ALICE.signature(ALICE._hashable(), signature_type=0x20)


def revoked() -> bytes:
    """Alice's certificate with a revocation behind the primary key."""
    whole = ALICE.certificate()
    end = len(packet(6, ALICE.body))
    return whole[:end] + revocation() + whole[end:]


def ssh_key(folder: Path, *arguments: str) -> str:
    """Make an SSH key; return the line of its public part."""
    file = folder / "-".join(["id", *(a.strip("-") for a in arguments)]).replace(" ", "")
    made = subprocess.run(
        ["ssh-keygen", "-q", "-N", "", "-f", str(file), *(arguments or ("-t", "ed25519"))],
        check=True,
        capture_output=True,
    )
    assert made.returncode == 0
    return file.with_suffix(".pub").read_text().strip()


# --- what comes onto the branch ---


def test_a_new_branch_with_local_changes(checkout: Checkout) -> None:
    before, status = checkout.state(), checkout.git("status", "--porcelain=v2", "--branch")
    file = checkout.file("alice.gpg", ALICE.certificate([ALICE.subkey("laptop")]))
    done = checkout.keys("import", file)
    assert (done.code, done.err) == (0, "")
    assert f"added: {NAME} alice <alice@example.org> ({NAME}.key)\n" in done.out
    assert done.out.endswith("\ngit push origin keyring\n")
    assert checkout.state() == before
    assert checkout.git("status", "--porcelain=v2", "--branch") == status
    assert checkout.names() == [f"{NAME}.key"]
    written = checkout.on_branch(f"{NAME}.key")
    assert written.startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
    assert len(read(written)) == 2
    assert checkout.git("rev-list", "--parents", "keyring").split() == [
        checkout.git("rev-parse", "keyring")
    ]
    told = checkout.git("log", "-1", "--format=%an <%ae> %cn <%ce> %s", "keyring")
    assert told == "A <a@example.org> A <a@example.org> Add 1 key"
    assert checkout.git("fsck", "--strict") == ""


def test_git_says_who_it_was(checkout: Checkout) -> None:
    file = checkout.file("alice.gpg", ALICE.certificate())
    without = dict.fromkeys(
        ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    )
    dated = {"GIT_AUTHOR_DATE": "1700000000 +0130", "GIT_COMMITTER_DATE": "2024-01-02T03:04:05Z"}
    done = checkout.keys("import", file, **without, **dated)
    assert done.code == 0
    told = checkout.git("log", "-1", "--format=%an <%ae> %ad %cn %cI", "--date=raw", "keyring")
    assert told == "Kay <kay@example.org> 1700000000 +0130 Kay 2024-01-02T03:04:05+00:00"


def test_nobody_is_a_usage_error(checkout: Checkout) -> None:
    checkout.git("config", "--unset", "user.name")
    file = checkout.file("alice.gpg", ALICE.certificate())
    done = checkout.box.process(
        "keys", "import", file, "-C", checkout.folder,
        GIT_AUTHOR_NAME=None, GIT_COMMITTER_NAME=None,
    )  # fmt: skip
    assert done.code == 2
    assert "user.name is not set" in done.err
    assert clear(done.err)
    assert checkout.git("for-each-ref", "refs/heads/keyring") == ""


@pytest.mark.parametrize("variable", ["GIT_AUTHOR_NAME", "GIT_COMMITTER_EMAIL"])
def test_names_that_are_no_text(checkout: Checkout, variable: str) -> None:
    file = checkout.file("alice.gpg", ALICE.certificate())
    done = checkout.keys("import", file, **{variable: "K\udcff"})
    assert done.code == 2
    assert "is not in UTF-8" in done.err
    assert clear(done.err)


@pytest.mark.parametrize(
    "date",
    ["yesterday", "1700000000 +99", "2024-01-02", f"{1 << 32} +0000", "1969-12-31T23:59:59Z"],
)
def test_dates_that_are_not_understood(checkout: Checkout, date: str) -> None:
    file = checkout.file("alice.gpg", ALICE.certificate())
    done = checkout.keys("import", file, GIT_AUTHOR_DATE=date)
    assert done.code == 2
    assert "GIT_AUTHOR_DATE" in done.err


def test_a_second_time_there_is_nothing_to_do(checkout: Checkout) -> None:
    file = checkout.file("alice.gpg", ALICE.certificate())
    checkout.keys("import", file)
    tip = checkout.git("rev-parse", "keyring")
    done = checkout.keys("import", file)
    assert done.code == 0
    assert f"unchanged: {NAME}" in done.out
    assert "nothing to do" in done.out
    assert "git push" not in done.out
    assert checkout.git("rev-parse", "keyring") == tip


def test_dry_run_writes_nothing(checkout: Checkout) -> None:
    objects = checkout.git("count-objects")
    done = checkout.keys("import", checkout.file("alice.gpg", ALICE.certificate()), "--dry-run")
    assert done.code == 0
    assert f"added: {NAME}" in done.out
    assert "nothing was written" in done.out
    assert checkout.git("count-objects") == objects
    assert checkout.git("for-each-ref", "refs/heads/keyring") == ""


def test_a_bare_repository(box: Sandbox) -> None:
    bare = box.folder / "bare.git"
    box.git("init", "-q", "--bare", "-b", "keyring", bare)
    file = box.folder / "alice.gpg"
    file.write_bytes(ALICE.certificate())
    assert box.run("keys", "import", file, "-C", bare).code == 0
    assert box.git("-C", bare, "ls-tree", "--name-only", "keyring") == f"{NAME}.key"
    assert not (bare / "index").exists()


def test_a_linked_worktree(checkout: Checkout) -> None:
    linked = checkout.box.folder / "linked"
    checkout.git("worktree", "add", "-q", "-b", "other", linked)
    file = checkout.file("alice.gpg", ALICE.certificate())
    assert checkout.box.run("keys", "import", file, "-C", linked).code == 0
    assert checkout.names() == [f"{NAME}.key"]


def test_starts_from_the_branch_of_origin(checkout: Checkout) -> None:
    fetched = checkout.keyring_branch(
        {"bob.key": openpgp.key("bob").certificate()}, "refs/remotes/origin/keyring"
    )
    done = checkout.keys("import", checkout.file("alice.gpg", ALICE.certificate()))
    assert done.code == 0
    assert checkout.git("rev-parse", "keyring^") == fetched
    assert checkout.names() == [f"{NAME}.key", "bob.key"]


def test_another_branch(checkout: Checkout) -> None:
    file = checkout.file("alice.gpg", ALICE.certificate())
    assert checkout.keys("import", file, "--branch", "keys/new").code == 0
    assert checkout.names("keys/new") == [f"{NAME}.key"]
    assert checkout.keys("import", file, "--branch=refs/heads/full").code == 0
    assert checkout.names("full") == [f"{NAME}.key"]
    for name in ("-x", "a..b", "", "main/below", "HEAD", "@", "refs/heads/HEAD", "a\udcff"):
        done = checkout.keys("import", file, f"--branch={name}")
        assert done.code in {2, 3}
        assert clear(done.err)


def test_standard_input(checkout: Checkout) -> None:
    done = subprocess.run(
        checkout.box.command("keys", "import", "-", "-C", checkout.folder),
        input=transfer.armored_keys(ALICE.certificate()),
        env=checkout.box.environment,
        capture_output=True,
        check=True,
    )
    assert b"added: " in done.stdout
    assert checkout.names() == [f"{NAME}.key"]


# --- merging ---


def test_what_was_there_stays(checkout: Checkout) -> None:
    """The branch has a revocation, a subkey, a name and a picture that what comes has not."""
    laptop = openpgp.Binding(ALICE.subkey("laptop"))
    old = revoked() + packet(14, laptop.subkey.body) + ALICE.binding(laptop) + ATTRIBUTE
    bob = openpgp.key("bob").certificate()
    checkout.keyring_branch({"team/all.gpg": old + bob, "README": b"hello"})
    base = checkout.git("rev-parse", "keyring")
    new = ALICE.certificate([ALICE.subkey("desk")], user_id=b"Alice at work")
    done = checkout.keys("import", checkout.file("new.asc", transfer.armored_keys(new)))
    assert done.code == 0
    assert f"updated: {NAME} Alice at work (team/all.gpg, 4 packets more)\n" in done.out
    assert checkout.names() == ["README", "team/all.gpg"]
    assert checkout.git("rev-parse", "keyring^") == base
    written = checkout.on_branch("team/all.gpg")
    assert written.endswith(bob)
    (alice, _) = transfer.read(written).certificates
    (before, _) = transfer.read(old + bob).certificates
    (came,) = transfer.read(new).certificates
    assert set(alice.atoms()) == set(before.atoms()) | set(came.atoms())
    certificates = read(written)
    facts = certificates.facts(NAME)  # type: ignore[arg-type]
    assert facts is not None
    assert facts.revoked
    for name in ("laptop", "desk"):
        bound = certificates.bound_primaries(ALICE.subkey(name).fingerprint)  # type: ignore[arg-type]
        assert bound == {NAME}


def test_a_revocation_is_an_update(checkout: Checkout) -> None:
    checkout.keys("import", checkout.file("alice.gpg", ALICE.certificate()))
    done = checkout.keys("import", checkout.file("revoked.gpg", revoked()))
    assert f"updated: {NAME}" in done.out
    assert "(1 packets more)" not in done.out
    facts = read(checkout.on_branch(f"{NAME}.key")).facts(NAME)  # type: ignore[arg-type]
    assert facts is not None
    assert facts.revoked
    # The older copy takes nothing away.
    again = checkout.keys("import", checkout.file("alice.gpg", ALICE.certificate()))
    assert "nothing to do" in again.out


def test_copies_in_two_files_count_together(checkout: Checkout) -> None:
    checkout.keyring_branch({"a.key": ALICE.certificate(), "b.key": revoked()})
    done = checkout.keys("import", checkout.file("revoked.gpg", revoked()))
    assert "nothing to do" in done.out


def test_a_damaged_file_is_left_as_it_is(checkout: Checkout) -> None:
    damaged = ALICE.certificate() + packet(14, ALICE.body)[:-2]
    checkout.keyring_branch({f"{NAME}.key": damaged})
    done = checkout.keys("import", checkout.file("revoked.gpg", revoked()))
    assert done.code == 0
    assert checkout.on_branch(f"{NAME}.key") == damaged
    assert checkout.names() == [f"{NAME}-2.key", f"{NAME}.key"]


def test_two_keys_of_one_file(checkout: Checkout) -> None:
    bob = openpgp.key("bob")
    both = ALICE.certificate() + bob.certificate()
    checkout.keyring_branch({"all.key": transfer.armored_keys(both)})
    new = ALICE.certificate([ALICE.subkey("desk")]) + bob.certificate([bob.subkey("desk")])
    assert checkout.keys("import", checkout.file("new.gpg", new)).code == 0
    assert checkout.names() == ["all.key"]
    assert len(read(checkout.on_branch("all.key"))) == 4


def test_an_old_subkey_on_the_branch_is_kept(checkout: Checkout) -> None:
    """It is not read, so what rewriting would make of it is not known."""
    old = ALICE.certificate() + packet(14, b"\3" + bytes(20))
    checkout.keyring_branch({"a.key": old})
    assert checkout.keys("import", checkout.file("revoked.gpg", revoked())).code == 0
    assert checkout.on_branch("a.key") == old
    assert checkout.names() == [f"{NAME}.key", "a.key"]


def mktree(checkout: Checkout, entries: str) -> str:
    return subprocess.run(
        ["git", "-C", str(checkout.folder), "mktree", "--missing"],
        input=entries, env=checkout.box.environment, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


@pytest.mark.parametrize("mode", ["120000", "160000", "40000"])
def test_names_that_are_taken_by_no_file(checkout: Checkout, mode: str) -> None:
    blob = checkout.git("hash-object", "-w", checkout.file("target", b"elsewhere"))
    tree = mktree(checkout, f"100644 blob {blob}\ta\n")
    kind, named = {
        "120000": ("blob", blob), "160000": ("commit", "1" * 40), "40000": ("tree", tree)
    }[mode]  # fmt: skip
    entry = f"{mode.zfill(6)} {kind} {named}\t{NAME}.key"
    tree = mktree(checkout, f"{entry}\n")
    checkout.git("update-ref", "refs/heads/keyring", checkout.git("commit-tree", "-m", "x", tree))
    done = checkout.keys("import", checkout.file("alice.gpg", ALICE.certificate()))
    assert (done.code, done.err) == (0, "")
    assert entry in checkout.git("ls-tree", "keyring")
    assert read(checkout.on_branch(f"{NAME}-2.key")).carriers(NAME)  # type: ignore[arg-type]
    assert checkout.git("fsck", "--strict", "--no-dangling") == ""


def test_only_files_are_written_over(checkout: Checkout) -> None:
    repository = Repository.open(checkout.folder)
    branch = Branch(repository, "keyring")
    blob = checkout.git("hash-object", "-w", checkout.file("target", b"elsewhere"))
    tree = mktree(checkout, f"120000 blob {blob}\ta\n100755 blob {blob}\tb\n")
    base = ObjectId(bytes.fromhex(tree))
    with pytest.raises(UsageError, match="a link or a submodule"):
        branch.write_tree(base, {b"a": b"x"})
    written = branch.write_tree(base, {b"b": b"x"})
    assert "100755" in checkout.git("ls-tree", written.hex(), "b")


@pytest.mark.parametrize("armored", [False, True])
def test_files_are_taken_apart_once(monkeypatch: pytest.MonkeyPatch, armored: bool) -> None:
    """However many keys a file has, and however many of them come."""
    reads: list[int] = []
    for owner, name in ((transfer, "read"), (Certificates, "add")):
        original = getattr(owner, name)

        def counted(*given: object, original: Callable[..., object] = original) -> object:
            reads.append(1)
            return original(*given)

        monkeypatch.setattr(owner, name, counted)
    counts = []
    for number in (2, 20):
        keys = [openpgp.key(f"many {n}") for n in range(number)]
        whole = b"".join(key.certificate() for key in keys)
        if armored:
            whole = b"\nthen\n".join(transfer.armored_keys(key.certificate()) for key in keys)
        new = b"".join(key.certificate([key.subkey("desk")]) for key in keys)
        incoming = read_incoming([("new", new)])
        before = {b"all.gpg": whole}
        reads.clear()
        made = plan(before, before, incoming)
        importing.check_written(before, made, incoming)
        counts.append(len(reads))
        assert list(made.files) == [b"all.gpg"]
        assert len(read(made.files[b"all.gpg"])) == 2 * number
        assert made.files[b"all.gpg"].count(b"\nthen\n") == (number - 1 if armored else 0)
    assert counts[0] == counts[1] <= 6


# --- the ref ---


def test_a_checked_out_branch_is_refused(checkout: Checkout) -> None:
    file = checkout.file("alice.gpg", ALICE.certificate())
    tip = checkout.keyring_branch({"bob.key": openpgp.key("bob").certificate()})
    linked = checkout.box.folder / "linked"
    checkout.git("worktree", "add", "-q", linked, "keyring")
    done = checkout.keys("import", file)
    assert done.code == 2
    assert "checked out" in done.err
    checkout.git("worktree", "remove", "--force", linked)
    (checkout.folder / ".git" / "HEAD").write_text("ref: refs/heads/keyring\n")
    assert checkout.keys("import", file).code == 2
    assert checkout.git("rev-parse", "refs/heads/keyring") == tip
    # By way of other names for it.
    checkout.git("symbolic-ref", "refs/heads/one", "refs/heads/keyring")
    checkout.git("symbolic-ref", "refs/heads/two", "refs/heads/one")
    (checkout.folder / ".git" / "HEAD").write_text("ref: refs/heads/two\n")
    assert checkout.keys("import", file).code == 2
    checkout.git("symbolic-ref", "refs/heads/one", "refs/heads/two")  # leads nowhere
    (checkout.folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (checkout.folder / ".git" / "rebase-merge").mkdir()
    (checkout.folder / ".git" / "rebase-merge" / "head-name").write_text("refs/heads/keyring\n")
    assert checkout.keys("import", file).code == 2
    (checkout.folder / ".git" / "rebase-merge" / "head-name").write_text("refs/heads/main\n")
    assert checkout.keys("import", file).code == 0


STAMP = Stamp("A", "a@example.org", 1, 0)


def test_compare_and_swap(checkout: Checkout) -> None:
    one = ObjectId(bytes.fromhex(checkout.keyring_branch({"a.key": b"1"}, "refs/heads/one")))
    two = ObjectId(bytes.fromhex(checkout.keyring_branch({"a.key": b"2"}, "refs/heads/two")))
    branch = Branch(Repository.open(checkout.folder), "keyring")
    with pytest.raises(ChangedRefError):
        branch.move(one, two, "log", STAMP)  # it is not there
    branch.move(None, one, "log", STAMP)
    with pytest.raises(ChangedRefError):
        branch.move(None, two, "log", STAMP)  # it is there by now
    with pytest.raises(ChangedRefError):
        branch.move(two, two, "log", STAMP)  # it is somewhere else
    assert checkout.git("rev-parse", "keyring") == one.hex()
    lock = checkout.folder / ".git" / "refs" / "heads" / "keyring.lock"
    lock.touch()
    with pytest.raises(UndecidedError, match=r"could not be moved.*lock") as caught:
        branch.move(one, two, "log", STAMP)  # somebody is at it, or was
    assert not isinstance(caught.value, ChangedRefError)
    with pytest.raises(ChangedRefError):
        branch.move(None, two, "log", STAMP)
    lock.unlink()
    checkout.git("branch", "below/x")
    with pytest.raises(UndecidedError, match="could not be moved") as caught:
        Branch(Repository.open(checkout.folder), "below").move(None, two, "log", STAMP)
    assert not isinstance(caught.value, ChangedRefError)
    checkout.git("symbolic-ref", "refs/heads/other", "refs/heads/keyring")
    with pytest.raises(UsageError, match="stands for refs/heads/keyring"):
        Branch(Repository.open(checkout.folder), "other").move(one, two, "log", STAMP)
    assert checkout.git("rev-parse", "keyring") == one.hex()


def test_libgit2_compares_with_what_was_looked_up(checkout: Checkout) -> None:
    """The swap itself is libgit2's: between looking up and moving the ref, git moves it."""
    one = checkout.keyring_branch({"a.key": b"1"})
    two = checkout.keyring_branch({"a.key": b"2"}, "refs/heads/two")
    reference = pygit2.Repository(str(checkout.folder)).lookup_reference("refs/heads/keyring")
    assert str(reference.target) == one
    checkout.git("update-ref", "refs/heads/keyring", two)
    with pytest.raises((KeyError, ValueError, pygit2.GitError)):
        reference.set_target(pygit2.Oid(hex=one))


def test_a_change_meanwhile_is_kept(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.keys("import", checkout.file("alice.gpg", ALICE.certificate()))
    written = importing.check_written

    def meanwhile(*arguments: object) -> None:
        written(*arguments)  # type: ignore[arg-type]
        checkout.keyring_branch({"theirs.key": openpgp.key("carol").certificate()})

    monkeypatch.setattr(importing, "check_written", meanwhile)
    done = checkout.keys("import", checkout.file("bob.gpg", openpgp.key("bob").certificate()))
    assert done.code == 3
    assert "(changed-ref)" in done.err
    assert clear(done.err)
    assert checkout.names() == ["theirs.key"]


def test_what_does_not_read_back_moves_no_ref(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = checkout.file("alice.gpg", ALICE.certificate())
    line = checkout.file("id.pub", ssh_key(checkout.box.folder).encode())
    for file, wrong in (
        (certificate, b"nonsense"),
        (certificate, transfer.armored_keys(openpgp.key("bob").certificate())),
        (line, b"nonsense"),
    ):

        def spoiled(*arguments: object, wrong: bytes = wrong) -> object:
            made = plan(*arguments)  # type: ignore[arg-type]
            made.files = dict.fromkeys(made.files, wrong)
            return made

        monkeypatch.setattr(importing, "plan", spoiled)
        done = checkout.keys("import", file)
        assert done.code == 3
        assert "no good" in done.err
        assert checkout.git("for-each-ref", "refs/heads/keyring") == ""


def test_losing_what_was_there_is_noticed() -> None:
    before = {b"a.key": revoked()}
    incoming = Incoming()
    (came,) = transfer.read(ALICE.certificate([ALICE.subkey("desk")])).certificates
    incoming.certificates[came.fingerprint] = came
    made = plan(before, before, incoming)
    importing.check_written(before, made, incoming)
    made.files[b"a.key"] = came.to_bytes()
    with pytest.raises(UnreadableKeyringError, match="lost"):
        importing.check_written(before, made, incoming)


# --- refusals ---


def private_files(folder: Path) -> dict[str, bytes]:
    """Secret keys in every form that they are met in."""
    ssh_key(folder)
    public = ALICE.certificate()
    return {
        "ssh": (folder / "id").read_bytes(),
        "pem": b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
        "pgp armored": b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n",
        "pgp binary": packet(5, ALICE.body + bytes(40)),
        "behind a public one": public + packet(5, ALICE.body + bytes(40)),
        "secret subkey": public + packet(7, ALICE.body + bytes(40)),
        "mislabelled": transfer.armored_keys(public + packet(7, ALICE.body + bytes(40))),
        "gpg-agent": b"Created: 20240101T000000\nKey: (private-key (ecc))\n",
        "gpg-agent, older": b"(21:protected-private-key(3:ecc",
        "PuTTY": b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
        "SSH2": b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nAAAA\n",
        "age": b"# created: 2024\nAGE-SECRET-KEY-1QQQQ\n",
        "age in a comment": (folder / "id.pub").read_bytes().rstrip() + b" AGE-SECRET-KEY-1QQQQ\n",
    }


def test_secret_keys_are_refused(checkout: Checkout) -> None:
    objects = checkout.git("count-objects")
    bob = checkout.file("bob.gpg", openpgp.key("bob").certificate())
    for what, content in private_files(checkout.box.folder).items():
        done = checkout.keys("import", bob, checkout.file("secret", content))
        assert done.code == 2, what
        assert "holds a secret key; nothing was imported" in done.err, what
        assert clear(done.err)
    assert checkout.git("count-objects") == objects
    assert checkout.git("for-each-ref", "refs/heads/keyring") == ""


HIDDEN = packet(5, ALICE.body + bytes(40))


@pytest.mark.parametrize("tag", [1, 3, 4, 8, 9, 11, 18, 19, 20, 40, 60])
def test_packets_that_hide_something_are_refused(checkout: Checkout, tag: int) -> None:
    """gpg looks into compressed packets, and imports the secret key in one."""
    body = b"\1" + zlib.compress(HIDDEN, wbits=-15) if tag == 8 else HIDDEN
    for content in (
        ALICE.certificate() + packet(tag, body),
        packet(tag, body) + ALICE.certificate(),
        transfer.armored_keys(ALICE.certificate() + packet(tag, body)),
    ):
        done = checkout.keys("import", checkout.file("hiding", content))
        assert done.code == 2
        assert f"a packet of type {tag}, which has no place" in done.err
        assert clear(done.err)
    assert checkout.git("for-each-ref", "refs/heads/keyring") == ""


def test_markers_and_padding_are_dropped(checkout: Checkout) -> None:
    marked = packet(10, b"PGP") + ALICE.certificate() + packet(21, bytes(9)) + packet(12, b"\1")
    assert checkout.keys("import", checkout.file("marked", marked)).code == 0
    (written,) = transfer.read(checkout.on_branch(f"{NAME}.key")).certificates
    assert written.to_bytes() == transfer.read(ALICE.certificate()).certificates[0].to_bytes()


def test_what_stands_behind_no_key_is_refused(checkout: Checkout) -> None:
    """A revocation in front of the key, or in a block of its own, was lost."""
    alone, key = transfer.armored_keys(revocation()), transfer.armored_keys(ALICE.certificate())
    laptop = packet(14, ALICE.subkey("laptop").body)
    for content in (
        revocation() + ALICE.certificate(),
        alone + key,
        key + alone,
        packet(13, b"x") + ALICE.certificate(),
        laptop + ALICE.certificate(),
    ):
        done = checkout.keys("import", checkout.file("stray", content))
        assert done.code == 2
        assert "behind no key; nothing was imported" in done.err
        assert "A revocation certificate goes into GnuPG first" in done.err
    assert checkout.git("for-each-ref", "refs/heads/keyring") == ""


def test_damaged_keys_are_refused(checkout: Checkout) -> None:
    for content in (
        packet(6, ALICE.body[:-1]) + packet(13, b"x"),
        ALICE.certificate() + packet(14, ALICE.subkey("laptop").body[:-1]),
        ALICE.certificate() + packet(14, b"\4" + bytes(4) + b"\x12\3ab"),
    ):
        done = checkout.keys("import", checkout.file("damaged", content))
        assert done.code == 2
        assert "is damaged: " in done.err
        assert "; nothing was imported" in done.err
        assert clear(done.err)


def test_no_message_quotes_a_file(checkout: Checkout) -> None:
    """Whatever it is, it was not to be seen: a password, a key in some other form."""
    secret = "hunter2hunter2hunter2"
    good = ssh_key(checkout.box.folder)
    for line in (
        secret,
        f"{secret} {good}",
        f"{secret} {secret} {good}",
        f"ssh-{secret} AAAA",
        f"ssh-ed25519 {secret}",
        f"ssh-{secret}-cert-v01@openssh.com AAAA",
        f"ssh-dss {secret}",
        f"sk-{secret}",
    ):
        done = checkout.keys("import", checkout.file("notes", f"{line}\n".encode()))
        assert done.code == 2
        assert ", line 1: " in done.err
        assert secret not in done.err + done.out


def test_standard_input_is_bounded(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = ALICE.certificate()
    monkeypatch.setattr("nixauth.cli.keys._MAX_FILE", len(certificate))
    for content, code in ((certificate, 0), (certificate + packet(12, b"\1"), 2)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        if code:
            with pytest.raises(UsageError, match="standard input is larger than"):
                command._read("-")
        else:
            assert command._read("-") == ("standard input", content)


def test_closed_standard_input(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="it is closed"):
        command._read("-")


def test_damage_is_refused_as_a_whole(checkout: Checkout) -> None:
    good = checkout.file("bob.gpg", openpgp.key("bob").certificate())
    armored = transfer.armored_keys(ALICE.certificate())
    for content in (
        ALICE.certificate()[:-1],
        armored.replace(b"\n=", b"\n=AA", 1),
        armored[:-40],
        b"",
        b"\n# a comment\n",
        b"hello\n",
        b"\x00\xff",
        transfer.armored_keys(b""),
        transfer.armored_keys(revocation()),
        packet(6, b"\3" + bytes(20)),
    ):
        done = checkout.keys("import", good, checkout.file("bad", content))
        assert done.code == 2, content
        assert clear(done.err)
    assert checkout.keys("import", checkout.box.folder / "gone").code == 2
    assert checkout.keys("import", checkout.box.folder).code == 2
    assert checkout.keys("import").code == 2
    assert checkout.git("for-each-ref", "refs/heads/keyring") == ""


def test_old_keys_beside_good_ones_are_left_out(checkout: Checkout) -> None:
    file = checkout.file("old.gpg", packet(6, b"\3" + bytes(20)) + ALICE.certificate())
    done = checkout.keys("import", file)
    assert done.code == 0
    assert "left out" in done.err
    assert checkout.names() == [f"{NAME}.key"]


def test_hostile_names_are_escaped(checkout: Checkout) -> None:
    name = b"evil\x1b[2J\n\xe2\x80\xae <e@x>\xff"
    file = checkout.file("evil.gpg", ALICE.certificate(user_id=name))
    done = checkout.keys("import", file)
    assert done.code == 0
    for text in (done.out, checkout.git("log", "--format=%B", "keyring")):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "evil\\x1b[2J\\n\\u202e <e@x>\\xff" in text


# --- SSH ---


def test_ssh_keys(checkout: Checkout) -> None:
    folder = checkout.box.folder
    lines = {ssh_key(folder, "-t", "ed25519", "-C", "me: here # 'x'")}
    lines |= {ssh_key(folder, "-t", "ecdsa", "-b", "384", "-C", "plain")}
    file = checkout.file("keys.pub", "\n".join(["# mine", "", *sorted(lines), ""]).encode())
    done = checkout.keys("import", file)
    assert (done.code, done.err) == (0, "")
    names = checkout.names()
    assert len(names) == 2
    assert all(name.startswith("SHA256-") and name.endswith(".pub") for name in names)
    assert {checkout.on_branch(name).decode().strip() for name in names} == lines
    items = [line for line in done.out.splitlines() if line.startswith("      - ")]
    text = "\n".join(["version: 1", "people:", "  kay:", "    keys:", *items, ""])
    (checkout.folder / ".authorizations").write_text(text)
    lint = checkout.box.run("lint", "-C", checkout.folder)
    assert ".authorizations: 0 errors" in lint.out
    again = checkout.keys("import", file)
    assert "nothing to do" in again.out
    assert [line for line in again.out.splitlines() if line.startswith("      - ")] == items


def test_ssh_keys_that_are_refused(checkout: Checkout) -> None:
    good = ssh_key(checkout.box.folder)
    encoded = good.split()[1]
    for line, word in (
        (f"ssh-ed25519-cert-v01@openssh.com {encoded}", "certificates are refused"),
        (f"ssh-dss {encoded}", "ssh-dss keys are refused"),
        (f"ssh-xmss@openssh.com {encoded}", "not known"),
        (f"no-pty {good}", "options in front"),
        (f"ssh-rsa {encoded}", "not a ssh-rsa key"),
        (good[:60], "not"),
    ):
        done = checkout.keys("import", checkout.file("x.pub", f"{good}\n{line}\n".encode()))
        assert done.code == 2
        assert word in done.err
        assert "line 2" in done.err
        assert "nothing was imported" in done.err
    assert checkout.git("for-each-ref", "refs/heads/keyring") == ""


def test_a_comment_that_hides_something_is_dropped(checkout: Checkout) -> None:
    good = " ".join(ssh_key(checkout.box.folder).split()[:2])
    done = checkout.keys("import", checkout.file("x.pub", f"{good} a\u202eb\x1b[2J\n".encode()))
    assert done.code == 0
    (name,) = checkout.names()
    assert checkout.on_branch(name).decode() == f"{good}\n"
    assert f"      - {good}\n" in done.out


def test_the_agents_keys(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> None:
    line = ssh_key(checkout.box.folder)
    none = checkout.keys("import", "--ssh-agent", SSH_AUTH_SOCK=None)
    assert none.code == 3
    assert "no SSH agent answers" in none.err
    missing = checkout.keys("import", "--ssh-agent", PATH=str(checkout.box.folder))
    assert "openssh-client" in missing.err
    socket = Path(os.path.relpath(tmp_path_factory.mktemp("a") / "s"))
    agent = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)],
        stdout=subprocess.PIPE,
        env=checkout.box.environment,
    )
    try:
        assert agent.stdout is not None
        assert b"SSH_AUTH_SOCK" in agent.stdout.readline()
        empty = checkout.keys("import", "--ssh-agent", SSH_AUTH_SOCK=str(socket))
        assert empty.code == 3
        assert "holds no keys" in empty.err
        subprocess.run(
            ["ssh-add", "-q", str(checkout.box.folder / "id")],
            check=True,
            env={**checkout.box.environment, "SSH_AUTH_SOCK": str(socket)},
        )
        done = checkout.keys("import", "--ssh-agent", SSH_AUTH_SOCK=str(socket))
    finally:
        agent.terminate()
        agent.communicate()
    assert done.code == 0
    assert line.split()[1] in done.out
    assert len(checkout.names()) == 1


def test_verify_loads_nothing_of_this(checkout: Checkout) -> None:
    code = (
        "import sys\n"
        "from nixauth.cli.app import app\n"
        "import nixauth.cli.question, nixauth.authenticate\n"
        "print([m for m in sys.modules if m == 'gnupg' or m.startswith(('nixauth.keys',"
        " 'nixauth.gnupg_home', 'nixauth.ssh_agent', 'nixauth.history.branch'))\n"
        "  or m.endswith('openpgp.transfer')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=checkout.box.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"
