"""`nixauth authorize` and `deauthorize`: the file in the work tree, and the keyring branch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nixauth.setup import changing, keyring_branch
from nixauth.signatures.openpgp.transfer import armored_keys
from tests.support import openpgp
from tests.unit.cli.places import Result, clear
from tests.unit.keys.repositories import Checkout, listing
from tests.unit.keys.test_keys_gnupg import gpg
from tests.unit.keys.test_keys_import import ssh_key
from tests.unit.setup.test_setup_init import configure, follow, spaced, untouched

ALICE, BOB = openpgp.key("alice"), openpgp.key("bob")
A, B = ALICE.fingerprint, BOB.fingerprint
FILE = ".authorizations"


def run(checkout: Checkout, *arguments: object, **environment: str | None) -> Result:
    command, *rest = arguments
    return checkout.box.run(command, *rest, "-C", checkout.folder, **environment)


def content(checkout: Checkout) -> str:
    return (checkout.folder / FILE).read_text()


def refused(checkout: Checkout, *arguments: object, code: int = 2) -> str:
    """Run what has to change nothing, and return what it said."""
    before = untouched(checkout)
    done = run(checkout, *arguments)
    assert (done.code, done.out) == (code, ""), done.err
    assert clear(done.err)
    assert untouched(checkout) == before
    return done.err


@pytest.fixture
def listed(checkout: Checkout) -> Checkout:
    """List alice, with a comment, in HEAD and in the work tree."""
    checkout.authorize({"alice": [f"{A}  # since the start"]})
    return checkout


@pytest.mark.parametrize("armored", [True, False])
def test_a_key_file(listed: Checkout, armored: bool) -> None:
    before = listed.state()
    name = "bob.asc" if armored else "bob.gpg"
    key = BOB.certificate()
    file = listed.file(name, armored_keys(key) if armored else key)
    (listed.folder / FILE).chmod(0o640)
    done = run(listed, "authorize", "bob", file)
    assert done.code == 0, done.err
    added = f"  bob:\n    keys:\n      - {spaced(B)}\n"
    assert content(listed) == listing({"alice": [f"{A}  # since the start"]}) + added
    assert listed.names() == [f"{B}.key"]
    assert (listed.folder / FILE).stat().st_mode & 0o777 == 0o640
    index, head, files, refs = listed.state()
    files[str(listed.folder / FILE)] = listing(  # type: ignore[index]
        {"alice": [f"{A}  # since the start"]}
    ).encode()
    assert (index, head, files, refs) == before
    assert "The commit has to be signed by whom HEAD lists: alice\n" in done.out
    assert "git push origin keyring" in done.out
    assert f"the keyring lacks {A}" in done.err
    assert f"the keyring lacks {B}" not in done.err


def test_a_fingerprint_and_back(listed: Checkout) -> None:
    before = content(listed)
    done = run(listed, "authorize", "alice", B.lower(), f"{'7' * 64}")
    assert done.code == 0
    assert "git push" not in done.out
    assert listed.git("for-each-ref", "refs/heads/keyring") == ""
    assert f"      - {spaced(B)}\n" in content(listed)
    done = run(listed, "deauthorize", "alice", spaced(B), "7" * 64)
    assert done.code == 0
    assert f"listed no more: {B}\n" in done.out
    assert content(listed) == before


def test_ssh_keys(listed: Checkout) -> None:
    line = ssh_key(listed.box.folder, "-t", "ed25519", "-C", "bob # laptop")
    file = next(listed.box.folder.glob("id*.pub"))
    before = content(listed)
    for key, back in ((line, file), (file, line)):
        done = run(listed, "authorize", "--service", "robot", key)
        assert done.code == 0, done.err
        assert f"    service: true\n    keys:\n      - '{line}'\n" in content(listed)
        assert listed.git("for-each-ref", "refs/heads/keyring") == ""
        run(listed, "authorize", "robot", B)
        named = done.out.split("listed: ")[1].split()[0] if back is line else back
        assert run(listed, "deauthorize", "robot", named).code == 0
        assert line not in content(listed)
        assert run(listed, "deauthorize", "robot").code == 0
        assert content(listed) == before


def test_another_file(listed: Checkout) -> None:
    (listed.folder / "below").mkdir()
    draft = listed.folder / "below" / "draft.yaml"
    draft.write_text(listing({"alice": [A]}))
    before = content(listed)
    done = run(listed, "authorize", "bob", B, "--file", "below/draft.yaml")
    assert done.code == 0, done.err
    assert "  bob:" in draft.read_text()
    assert content(listed) == before
    assert "add -- below/draft.yaml" in done.out
    assert "HEAD lists" not in done.out
    outside = listed.file("draft", listing({"alice": [A]}).encode())
    done = run(listed, "authorize", "bob", B, "--file", outside)
    assert done.code == 0
    assert "next:" not in done.out


def test_what_is_no_key(listed: Checkout) -> None:
    folder = listed.box.folder
    weak = ssh_key(folder, "-t", "rsa", "-b", "1024")
    ssh_key(folder)
    small = openpgp.rsa_key("small", 512)
    for key, word in (
        (A[-16:], "key ids"),
        ("bob", "no file"),
        ("ssh-ed25519 AAAA", "not an SSH key"),
        ("ssh-dss AAAA bob", "too weak"),
        (weak, "could count"),
        (folder / "id", "secret"),
        (listed.file("two.gpg", ALICE.certificate() + BOB.certificate()), "holds 2 keys"),
        (listed.file("small.gpg", small.certificate()), "could count"),
        (listed.file("half.gpg", BOB.certificate()[:-3]), "damaged"),
        (listed.file("no.asc", b""), "holds no key"),
        (folder, "cannot be read"),
        (A, "listed already"),
        ("x\0y", "cannot be read"),
    ):
        assert word in refused(listed, "authorize", "bob", key), key
    assert "is no service" in refused(listed, "authorize", "alice", B, "--service")
    assert "the name is empty" in refused(listed, "authorize", "", B)


def test_guixs_format_is_refused_by_name(checkout: Checkout) -> None:
    scheme = f'(authorizations (version 0) (("{A}" (name "alice"))))\n'
    (checkout.folder / ".guix-authorizations").write_text(scheme)
    (checkout.folder / "other").write_text(scheme)
    for more in ([], ["--file", ".guix-authorizations"], ["--file", "other"]):
        for command in (["authorize", "bob", B], ["deauthorize", "alice"]):
            said = refused(checkout, *command, *more)
            assert "Scheme" in said
            assert "by hand" in said
    (checkout.folder / ".guix-authorizations").write_text("")  # not even that
    named = ["--file", ".guix-authorizations"]
    assert "Scheme" in refused(checkout, "authorize", "bob", B, *named)


def test_files_that_will_not_do(checkout: Checkout) -> None:
    path = checkout.folder / FILE
    assert "nixauth init" in refused(checkout, "authorize", "bob", B)
    path.write_text("version: 1\npeople:\n\talice: x\n")
    assert f"{FILE}:3:1:" in refused(checkout, "authorize", "bob", B)
    path.unlink()
    path.symlink_to(checkout.file("elsewhere", listing({"alice": [A]}).encode()))
    assert "symbolic link" in refused(checkout, "authorize", "bob", B)
    assert "symbolic link" in refused(checkout, "deauthorize", "alice")
    path.unlink()
    path.mkdir()
    assert "regular file" in refused(checkout, "authorize", "bob", B)
    path.rmdir()
    os.mkfifo(path)
    done = run(checkout, "authorize", "bob", B)
    assert done.code == 2
    assert "regular file" in done.err
    path.unlink()
    path.write_text("#" * 3_000_000)
    assert "larger" in refused(checkout, "authorize", "bob", B)
    path.write_text(f"version: 1\npeople: {{a: {{keys: [{A}]}}}}\n")
    assert f"{FILE}:2:9: people stands in braces" in refused(checkout, "authorize", "bob", B)
    path.write_text(listing({"alice": [A]}) + "history: trusted-path\n")
    path.chmod(0o000)
    if os.geteuid():
        assert "cannot be read" in refused(checkout, "authorize", "bob", B)


def test_nobody_is_locked_out(checkout: Checkout) -> None:
    path = checkout.folder / FILE
    path.write_text(listing({"alice": [A]}) + f"  robot:\n    service: true\n    keys: [{B}]\n")
    assert "nobody would be left" in refused(checkout, "deauthorize", "alice")
    assert "name the person alone" in refused(checkout, "deauthorize", "alice", A)
    said = refused(checkout, "deauthorize", "bob")
    assert "not listed" in said
    assert "alice, robot" in said
    assert "has no key" in refused(checkout, "deauthorize", "alice", B)
    assert run(checkout, "deauthorize", "robot").code == 0


def test_warnings_when_access_may_be_lost(listed: Checkout) -> None:
    home = Path(listed.box.environment["HOME"]) / ".gnupg"
    gpg(home, "--import", listed.file("a.gpg", ALICE.certificate()))
    configure(listed, user_signingkey=A)
    run(listed, "authorize", "bob", B)
    kept = content(listed)
    done = run(listed, "deauthorize", "alice")
    assert done.code == 0
    assert "the key that you sign with is listed no more" in done.err
    assert (
        f"the only key left that may change the file is {B} (bob), which is not yours" in done.err
    )
    (listed.folder / FILE).write_text(kept)
    done = run(listed, "deauthorize", "bob")
    assert "only key left" not in done.err
    assert "no more once" not in done.err
    (listed.folder / FILE).write_text(kept)
    done = run(listed, "deauthorize", "bob", GNUPGHOME=str(listed.folder))
    assert "which may not be yours" in done.err


def test_a_service_is_nobody_who_could_do_it(checkout: Checkout) -> None:
    """Neither is it one of those left, nor one of those who may sign the change."""
    path = checkout.folder / FILE
    robot = f"  robot:\n    service: true\n    keys: [{openpgp.key('robot').fingerprint}]\n"
    path.write_text(listing({"alice": [A], "bob": [B]}) + robot)
    checkout.git("add", FILE)
    checkout.git("commit", "-q", "-m", "authorizations", "--", FILE)
    done = run(checkout, "deauthorize", "bob")
    assert done.code == 0
    assert f"the only key left that may change the file is {A} (alice)" in done.err
    assert "signed by whom HEAD lists: alice, bob\n" in done.out


def test_all_or_nothing(listed: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    file = listed.file("bob.gpg", BOB.certificate())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        assert "cannot be written" in refused(listed, "authorize", "bob", file)
        assert "cannot be written" in refused(listed, "authorize", "bob", B)
    listed.git("branch", "keyring")
    listed.git("worktree", "add", "-q", listed.box.folder / "other", "keyring")
    assert "checked out" in refused(listed, "authorize", "bob", file)
    assert "not the name of a branch" in refused(listed, "authorize", "bob", file, "--branch", "-x")
    assert run(listed, "authorize", "bob", file, "--branch", "keys").code == 0
    assert listed.names("keys") == [f"{B}.key"]


def test_a_change_meanwhile_is_kept(listed: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = content(listed) + "# more\n"

    def meanwhile(_: object) -> None:
        (listed.folder / FILE).write_text(theirs)

    monkeypatch.setattr(keyring_branch.Delivery, "make", meanwhile)
    done = run(listed, "authorize", "bob", B)
    assert done.code == 2
    assert "meanwhile" in done.err
    assert content(listed) == theirs


def test_lint_has_the_last_word(listed: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it calls an error is not written, even where the editor made it."""
    service = listing({"alice": [A]}).replace("keys:", "service: true\n    keys:")
    monkeypatch.setattr(changing.editing, "add", lambda *_, **__: service.encode())
    assert "only services" in refused(listed, "authorize", "bob", B)


def test_names_are_shown_as_they_can_be(listed: Checkout) -> None:
    done = run(listed, "authorize", "é'\u00ad", B)
    assert done.code == 0
    assert "\u00ad" not in done.out
    assert "\\xad" in done.out


def test_the_line_goes_on(checkout: Checkout) -> None:
    """The person who is listed signs the change, and the newcomer the next one."""
    folder = checkout.box.folder
    ssh_key(folder, "-t", "ed25519")
    ssh_key(folder)
    first, second = sorted(folder.glob("id*.pub"))
    configure(checkout, gpg_format="ssh", user_signingkey=str(first))
    done = run(checkout, "init")
    signer = done.out.split("listed: ")[1].split()[0]
    follow(checkout, done)
    start = checkout.git("rev-parse", "HEAD")

    def authentic() -> int:
        return run(checkout, "verify", "--introduction", start, "--signer", signer).code

    done = run(checkout, "authorize", "bob", second)
    assert "signed by whom HEAD lists: kay" in done.out
    follow(checkout, done)
    assert authentic() == 0
    configure(checkout, user_signingkey=str(second))
    done = run(checkout, "deauthorize", "kay")
    assert done.code == 0
    follow(checkout, done)
    assert authentic() == 0
    configure(checkout, user_signingkey=str(first))
    checkout.git("commit", "-q", "-S", "--allow-empty", "-m", "no more")
    assert authentic() == 1
