"""`nixauth init`: one file, one ref, and everything else as it was."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nixauth.errors import UsageError
from nixauth.setup import keyring_branch, starting, work_tree
from tests.support import openpgp
from tests.unit.cli.places import Result, clear
from tests.unit.keys.repositories import Checkout, fingerprint_of_directory, read
from tests.unit.keys.test_keys_gnupg import gpg
from tests.unit.keys.test_keys_import import ssh_key

ALICE, BOB = openpgp.key("alice"), openpgp.key("bob")
LAPTOP = ALICE.subkey("laptop")
A = ALICE.fingerprint
FILE = ".authorizations"


def spaced(fingerprint: str) -> str:
    groups = [fingerprint[i : i + 4] for i in range(0, 40, 4)]
    return " ".join(groups[:5]) + "  " + " ".join(groups[5:])


def init(checkout: Checkout, *arguments: object, **environment: str | None) -> Result:
    return checkout.box.run("init", *arguments, "-C", checkout.folder, **environment)


def configure(checkout: Checkout, **values: str) -> None:
    for name, value in values.items():
        checkout.git("config", name.replace("_", "."), value)


@pytest.fixture
def home(checkout: Checkout) -> Path:
    """Make the GnuPG home that is used, with the public keys of Alice and Bob."""
    folder = Path(checkout.box.environment["HOME"]) / ".gnupg"
    keys = ALICE.certificate([LAPTOP]) + BOB.certificate()
    gpg(folder, "--import", checkout.file("keys.gpg", keys))
    return folder


def untouched(checkout: Checkout) -> tuple[object, ...]:
    return (*checkout.state(), checkout.git("for-each-ref"))


def refused(checkout: Checkout, *arguments: object, code: int = 2, **environment: str) -> str:
    """Run what has to change nothing, and return what it said."""
    before = untouched(checkout)
    done = init(checkout, *arguments, **environment)
    assert (done.code, done.out) == (code, "")
    assert clear(done.err)
    assert untouched(checkout) == before
    return done.err


# --- OpenPGP ---


@pytest.mark.parametrize(
    "named",
    [
        A,
        A.lower(),
        f"0x{A}",
        A[-16:],
        f"{LAPTOP.fingerprint}!",
        LAPTOP.fingerprint[-16:],
        "alice@example.org",
        "alice <alice@example.org>",
    ],
)
def test_openpgp(checkout: Checkout, home: Path, named: str) -> None:
    configure(checkout, user_signingkey=named)
    before, of_home = checkout.state(), fingerprint_of_directory(home)
    done = init(checkout)
    assert done.code == 0, done.err
    written = (checkout.folder / FILE).read_text()
    assert written == (
        f"version: 1\nhistory: every-commit\npeople:\n  kay:\n    keys:\n      - {spaced(A)}\n"
    )
    index, head, files, refs = checkout.state()
    del files[str(checkout.folder / FILE)]  # type: ignore[attr-defined]
    assert (index, head, files, refs) == before
    assert fingerprint_of_directory(home) == of_home
    certificates = read(checkout.on_branch(f"{A}.key"))
    assert certificates.bound_primaries(LAPTOP.fingerprint) == {A}  # type: ignore[arg-type]
    assert f"listed: {A} alice <alice@example.org>\n" in done.out
    assert f"git -C {checkout.folder} add -- {FILE} && git -C" in done.out
    assert "commit -S -m" in done.out
    assert "nixauth trust HEAD\n" in done.out
    assert "git push origin keyring\n" in done.out
    assert "no spare key" in done.err


def test_the_file_is_good_and_the_key_at_hand(checkout: Checkout, home: Path) -> None:
    configure(checkout, user_signingkey=A)
    assert init(checkout, "--name", "a: b", "--history", "trusted-path").code == 0
    done = checkout.box.run("lint", "-C", checkout.folder)
    assert done.code == 0
    assert "0 errors, 1 warnings" in done.out
    assert "history: trusted-path\npeople:\n  'a: b':\n" in (checkout.folder / FILE).read_text()


def test_a_key_that_the_branch_has(checkout: Checkout, home: Path) -> None:
    configure(checkout, user_signingkey=A)
    tip = checkout.keyring_branch({"a.key": ALICE.certificate([LAPTOP])})
    done = init(checkout)
    assert done.code == 0
    assert checkout.git("rev-parse", "keyring") == tip
    assert "git push" not in done.out


def test_without_a_named_key_it_is_the_committers(checkout: Checkout, home: Path) -> None:
    """As git asks gpg for one."""
    done = init(checkout, GIT_COMMITTER_NAME="bob", GIT_COMMITTER_EMAIL="bob@example.org")
    assert done.code == 0, done.err
    assert BOB.fingerprint in done.out


def test_names_that_several_keys_go_by(checkout: Checkout, home: Path) -> None:
    configure(checkout, user_signingkey="example.org")
    said = refused(checkout)
    assert A in said
    assert BOB.fingerprint in said
    assert "2 keys" in said


@pytest.mark.parametrize(
    ("named", "word", "code"),
    [
        ("nobody@example.org", "no such key", 2),
        ("9" * 40, "no such key", 2),
        ("--with-fingerprint", "no such key", 2),
        ("ssh-ed25519 AAAA", "gpg.format is openpgp", 2),
        ("key::ssh-ed25519 AAAA", "gpg.format is openpgp", 2),
    ],
)
def test_no_such_key(checkout: Checkout, home: Path, named: str, word: str, code: int) -> None:
    configure(checkout, user_signingkey=named)
    assert word in refused(checkout, code=code)


def test_a_subkey_that_does_not_count(checkout: Checkout) -> None:
    old = openpgp.Binding(ALICE.subkey("old"), digest="SHA1")
    keys = checkout.file("keys.gpg", ALICE.certificate([old]))
    gpg(
        Path(checkout.box.environment["HOME"]) / ".gnupg",
        "--allow-weak-key-signatures",
        "--import",
        keys,
    )
    configure(checkout, user_signingkey=f"{ALICE.subkey('old').fingerprint}!")
    assert "would not count" in refused(checkout)
    configure(checkout, user_signingkey=A)
    assert init(checkout).code == 0


def test_homes_without_keys(checkout: Checkout) -> None:
    configure(checkout, user_signingkey=A)
    assert "no GnuPG home" in refused(checkout, code=3)
    assert "gpg is not installed" in refused(checkout, code=3, PATH=str(checkout.folder))


# --- SSH ---


def test_ssh_keys_stand_whole_in_the_file(checkout: Checkout) -> None:
    line = ssh_key(checkout.box.folder, "-t", "ed25519", "-C", "it's # kay")
    file = Path(checkout.box.environment["HOME"]) / "kay.pub"
    file.write_text(f"{line}\n")
    (file.parent / "kay").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    (checkout.folder / "in-tree.pub").write_text(line)
    configure(checkout, gpg_format="ssh")
    for named in (file, "~/kay.pub", "~/kay", "in-tree.pub", line, f"key::{line}"):
        configure(checkout, user_signingkey=str(named))
        done = init(checkout)
        assert done.code == 0, done.err
        quoted = line.replace("'", "''")
        assert f"      - '{quoted}'\n" in (checkout.folder / FILE).read_text()
        assert checkout.git("for-each-ref", "refs/heads/keyring") == ""
        assert "git push" not in done.out
        (checkout.folder / FILE).unlink()


def test_ssh_keys_that_are_no_good(checkout: Checkout) -> None:
    folder = checkout.box.folder
    configure(checkout, gpg_format="ssh")
    assert "user.signingKey" in refused(checkout)
    weak = ssh_key(folder, "-t", "rsa", "-b", "1024")
    two = checkout.file("two.pub", f"{ssh_key(folder)}\n{weak}\n".encode())
    secret = folder / "id"
    (folder / "id.pub").unlink()
    for named, word in (
        (weak, "could count"),
        (str(two), "holds 2 keys"),
        (str(folder / "gone"), "no such file"),
        (str(secret), "secret"),
        (f"key::{weak.split()[1]}", "not an SSH key"),
        ("~nobody-of-that-name/x", "user.signingKey"),
        (str(checkout.file("a.pub", ALICE.certificate())), "gpg.format is ssh"),
    ):
        configure(checkout, user_signingkey=named)
        said = refused(checkout)
        assert word in said
        assert secret.read_text().splitlines()[1] not in said


# --- what refuses ---


@pytest.mark.parametrize(
    ("format_", "word"), [("x509", "X.509 signatures are not read"), ("pgp", "'pgp'")]
)
def test_other_formats_are_refused_by_name(checkout: Checkout, format_: str, word: str) -> None:
    configure(checkout, gpg_format=format_)
    assert word in refused(checkout)


def test_nobody_without_a_name_is_listed(checkout: Checkout) -> None:
    ssh_key(checkout.box.folder)
    configure(checkout, gpg_format="ssh", user_signingkey=str(checkout.box.folder / "id.pub"))
    configure(checkout, user_name="", user_email="")
    assert "git does not know your name" in refused(checkout)
    done = init(checkout, "--name", "kay")
    assert done.code == 0, done.err


@pytest.mark.parametrize("name", [FILE, ".guix-authorizations"])
def test_a_file_that_is_there_is_left_alone(checkout: Checkout, home: Path, name: str) -> None:
    configure(checkout, user_signingkey=A)
    path = checkout.folder / name
    path.symlink_to("nowhere")
    assert "there already" in refused(checkout)
    path.unlink()
    path.write_text("x")
    assert "there already" in refused(checkout)
    checkout.git("add", name)
    checkout.git("commit", "-q", "-m", "file", "--", name)
    path.unlink()
    assert f"HEAD has a {name}" in refused(checkout)


def test_places_that_will_not_do(checkout: Checkout, home: Path) -> None:
    configure(checkout, user_signingkey=A)
    bare = checkout.box.folder / "bare"
    checkout.git("clone", "-q", "--bare", ".", bare)
    done = checkout.box.run("init", "-C", bare)
    assert (done.code, clear(done.err)) == (2, True)
    assert "bare" in done.err
    assert checkout.box.run("init", "-C", checkout.box.folder).code == 2
    said = refused(checkout, "--name", " ")
    assert "empty" in said
    assert "with --name" in said
    assert "--from-history" in refused(checkout, "--write")
    assert "--name" in refused(checkout, "--from-history", "5", "--name", "x")
    checkout.git("branch", "keyring")
    checkout.git("worktree", "add", "-q", checkout.box.folder / "other", "keyring")
    assert "checked out" in refused(checkout)


def test_an_unborn_branch_will_do(checkout: Checkout, home: Path) -> None:
    folder = checkout.box.folder / "new"
    checkout.box.git("init", "-q", folder)
    checkout.box.git("-C", folder, "config", "user.signingkey", A)
    checkout.box.git("-C", folder, "config", "user.name", "Zoë  Q. D'Arc <x>")
    done = checkout.box.run("init", "-C", folder)
    assert done.code == 0, done.err
    assert "  'zoë-q-d-arc-x':\n" in (folder / FILE).read_text()


def test_from_below_and_from_a_linked_worktree(checkout: Checkout, home: Path) -> None:
    configure(checkout, user_signingkey=A)
    other = checkout.box.folder / "other"
    checkout.git("worktree", "add", "-q", "-b", "side", other)
    (other / "below").mkdir()
    assert checkout.box.run("init", "-C", other / "below").code == 0
    assert (other / FILE).is_file()
    assert not (checkout.folder / FILE).exists()


# --- nothing is half done ---


def test_the_branch_does_not_move_where_the_file_cannot_be(
    checkout: Checkout, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(checkout, user_signingkey=A)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert "No space" in refused(checkout)
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.mkstemp", full)
        assert "cannot be written" in refused(checkout)


def test_lint_has_the_last_word(
    checkout: Checkout, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(checkout, user_signingkey=A)
    monkeypatch.setattr(starting, "first_file", lambda *_: b"version: 2\n")
    assert "would be no good" in refused(checkout)


def test_git_has_to_know_who_commits(checkout: Checkout, home: Path) -> None:
    """For the commit on the keyring branch: there is no file either, then."""
    configure(checkout, user_signingkey=A)
    checkout.git("config", "user.email", "<>")
    nobody = dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "")
    assert "who you are" in refused(checkout, **nobody)


def test_no_file_where_the_branch_cannot_move(
    checkout: Checkout, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(checkout, user_signingkey=A)

    def unwilling(*_: object) -> None:
        raise UsageError("not now")

    monkeypatch.setattr(keyring_branch.Delivery, "make", unwilling)
    assert "not now" in refused(checkout)


def test_a_file_that_comes_up_meanwhile_is_kept(checkout: Checkout) -> None:
    path = checkout.folder / FILE
    with work_tree.drafted(path, b"mine") as draft:
        path.write_text("theirs")
        with pytest.raises(UsageError):
            draft.create()
    assert path.read_text() == "theirs"
    with work_tree.drafted(path, b"mine") as draft, pytest.raises(UsageError):
        draft.replace(b"as it was")
    assert path.read_text() == "theirs"
    assert [one.name for one in checkout.folder.iterdir() if "authorizations" in one.name] == [FILE]


def test_without_hard_links(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", unsupported)
    path = checkout.folder / FILE
    with work_tree.drafted(path, b"mine") as draft:
        draft.create()
    assert path.read_text() == "mine"
    with work_tree.drafted(path, b"other") as draft, pytest.raises(UsageError):
        draft.create()
    assert path.read_text() == "mine"


# --- and on from there, with what was printed ---


def follow(checkout: Checkout, done: Result) -> None:
    """Run the line that commits, as a shell does."""
    (line,) = [line for line in done.out.splitlines() if "commit -S" in line]
    ran = subprocess.run(
        ["sh", "-c", line.strip()],
        capture_output=True,
        check=False,
        env=checkout.box.environment,
        cwd=checkout.box.folder,
    )
    assert ran.returncode == 0, ran.stderr.decode()


def verify(checkout: Checkout, signer: str) -> Result:
    tip = checkout.git("rev-parse", "HEAD")
    return checkout.box.run(
        "verify", "HEAD", "--introduction", tip, "--signer", signer, "-C", checkout.folder
    )


def test_the_commit_is_an_introduction_ssh(checkout: Checkout) -> None:
    ssh_key(checkout.box.folder)
    configure(checkout, gpg_format="ssh", user_signingkey=str(checkout.box.folder / "id.pub"))
    done = init(checkout)
    follow(checkout, done)
    signer = done.out.split("listed: ")[1].split()[0]
    assert verify(checkout, signer).code == 0
    assert checkout.git("show", "--format=", "--name-only", "HEAD") == FILE
    assert "M  one" in checkout.git("status", "--porcelain")


@pytest.fixture
def secret_home(checkout: Checkout) -> Iterator[Path]:
    """Make a GnuPG home with a new key, and an agent, which is ended."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        home = Path(directory)
        ask = ["gpg", "--homedir", directory, "--batch", "--pinentry-mode", "loopback"]
        make = ["--passphrase", "", "--quick-gen-key", "Kay <kay@example.org>", "ed25519", "sign"]
        subprocess.run([*ask, *make], check=True, capture_output=True)
        checkout.box.environment["GNUPGHOME"] = directory
        yield home
        subprocess.run(["gpgconf", "--homedir", directory, "--kill", "all"], check=False)


def test_the_commit_is_an_introduction_openpgp(checkout: Checkout, secret_home: Path) -> None:
    configure(checkout, user_signingkey="kay@example.org")
    done = init(checkout)
    assert done.code == 0, done.err
    follow(checkout, done)
    signer = done.out.split("listed: ")[1].split()[0]
    assert verify(checkout, signer).code == 0
    assert shlex.split(done.out.splitlines()[-1]) == ["git", "push", "origin", "keyring"]
