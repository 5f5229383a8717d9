"""What is asked wrongly: exit code 2 (3 where it depends on the repository), and what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import openpgp
from tests.unit.cli.places import Maker, Place, Result, Sandbox, certificates, clear

ALICE = openpgp.key("alice").fingerprint


def assert_message(result: Result, code: int, *words: str) -> None:
    """Check exit code, length and words of the one message, wherever it was written."""
    message = result.err + result.out
    assert result.code == code, message
    assert clear(message), message
    for word in words:
        assert word in message, message


@pytest.mark.parametrize("where", ["nothing here", "file", "folder"])
def test_not_a_repository(place: Place, where: str) -> None:
    (place.box.folder / "file").write_text("x")
    (place.box.folder / "folder").mkdir()
    result = place.verify("-C", place.box.folder / where)
    assert_message(result, 2, "is not in a git repository", "-C DIR")
    assert not result.out
    for command in ("explain", "lint"):
        assert_message(place.box.run(command, "-C", place.box.folder / where), 2)


@pytest.mark.parametrize(
    "revision",
    [
        "nowhere",
        "main~99",
        "main..main",
        "a" * 39,
        "main^{tree}",
        "",
        "@{upstream}",
        "main:",
        ":/x",
    ],
)
@pytest.mark.parametrize("option", ["target", "--after"])
def test_unknown_revision(place: Place, revision: str, option: str) -> None:
    asked = [revision] if option == "target" else ["main", "--after", revision]
    result = place.verify(*asked)
    assert_message(result, 2, "usage: ")
    assert "revision" in result.err or "names no commit" in result.err
    assert not result.out


@pytest.mark.parametrize("option", ["target", "--after"])
def test_full_id_that_is_not_there(place: Place, option: str) -> None:
    unknown = "a" * 40
    asked = [unknown] if option == "target" else ["main", "--after", unknown]
    assert_message(place.verify(*asked), 3, "missing-object", unknown, "git fetch")


def test_revision_that_looks_like_an_option(place: Place) -> None:
    assert place.verify("--", "-x").code == 2
    assert place.verify("--", "--all").code == 2


def test_revision_of_odd_bytes(place: Place) -> None:
    odd = os.fsdecode(b"\xff\xfe\x1b[31m")
    result = place.box.process(*place.arguments(odd))
    assert_message(result, 2)
    assert "\x1b" not in result.err


@pytest.mark.parametrize("left_out", ["--introduction", "--signer", "both"])
def test_no_introduction(place: Place, left_out: str) -> None:
    options = ["--introduction", place.commits[0].hex(), "--signer", ALICE]
    if left_out == "both":
        options = []
    else:
        at = options.index(left_out)
        del options[at : at + 2]
    result = place.box.run("verify", "-C", place.repository, *options)
    assert_message(result, 2, "an introduction is needed", "--introduction COMMIT --signer")


@pytest.mark.parametrize("form", ["main", "HEAD", "refs/heads/main", "short", "39", "relative"])
def test_introduction_has_to_be_a_full_id(place: Place, form: str) -> None:
    first, last = place.commits[0].hex(), place.commits[-1].hex()
    given, named = {
        "short": (first[:10], first),
        "39": (first[:39], first),
        "relative": (f"{last}~4", first),
    }.get(form, (form, last))
    result = place.box.run(
        "verify", "-C", place.repository, "--introduction", given, "--signer", ALICE
    )
    assert_message(result, 2, "full commit id of 40 digits", "publish", named)


def test_introduction_that_names_nothing_short(place: Place) -> None:
    result = place.box.run(
        "verify", "-C", place.repository, "--introduction", "0123456", "--signer", ALICE
    )
    assert_message(result, 2, "full commit id of 40 digits", "publish")


def test_introduction_in_upper_case_is_the_same_id(place: Place) -> None:
    upper = place.commits[0].hex().upper()
    result = place.box.run(
        "verify", "-C", place.repository, "--introduction", upper, "--signer", ALICE.lower()
    )
    assert result.code == 0, result.err


def test_introduction_of_another_repository(place: Place) -> None:
    other = Maker()
    other.date += 5
    elsewhere = other.commit().hex()
    result = place.box.run(
        "verify", "-C", place.repository, "--introduction", elsewhere, "--signer", ALICE
    )
    assert_message(result, 3, "is not in this repository", "missing-object", "Is it the right")


def test_introduction_that_is_no_commit(place: Place) -> None:
    tree = next(oid for oid, (kind, _) in place.maker.objects.items() if kind == "tree")
    result = place.box.run(
        "verify", "-C", place.repository, "--introduction", tree.hex(), "--signer", ALICE
    )
    assert_message(result, 3, "should be a commit and is a tree")


@pytest.mark.parametrize("digits", [8, 16])
@pytest.mark.parametrize("prefix", ["", "0x"])
def test_key_id_instead_of_fingerprint(place: Place, digits: int, prefix: str) -> None:
    given = prefix + ALICE[-digits:]
    result = place.box.run(
        "verify",
        "-C",
        place.repository,
        "--introduction",
        place.commits[0].hex(),
        "--signer",
        given,
    )
    assert_message(result, 2, "key id, not a fingerprint", "another key with that id", "40")


@pytest.mark.parametrize(
    "given", ["", "alice", "A" * 39, "A" * 41, "A" * 63, "SHA256:short", "G" * 40]
)
def test_no_fingerprint(place: Place, given: str) -> None:
    result = place.box.run(
        "verify",
        "-C",
        place.repository,
        "--introduction",
        place.commits[0].hex(),
        "--signer",
        given,
    )
    assert_message(result, 2, "is not a fingerprint")


def test_fingerprint_with_spaces_and_colons(place: Place) -> None:
    spaced = " ".join(ALICE[i : i + 4] for i in range(0, 40, 4))
    for given in (spaced, "0x" + ALICE, spaced.replace(" ", ":")):
        result = place.box.run(
            *("verify", "-C", place.repository, "--signer", given),
            *("--introduction", place.commits[0].hex()),
        )
        assert result.code == 0, result.err


def test_wrong_signer_is_refused(place: Place) -> None:
    bob = openpgp.key("bob").fingerprint
    result = place.box.run(
        *("verify", "-C", place.repository, "--signer", bob),
        *("--introduction", place.commits[0].hex()),
    )
    assert result.code == 1
    assert "wrong-introduction-signer" in result.out


def test_unknown_options_and_values(place: Place) -> None:
    for wrong in (["--frobnicate"], ["--format", "xml"], ["--require", "nothing"], ["a", "b"]):
        result = place.verify(*wrong)
        assert result.code == 2
        assert "Traceback" not in result.err


def test_authorizations_path_has_to_be_inside(place: Place) -> None:
    for path in ("/etc/passwd", "../x", "a/../b", "a//b", "./a", "", "a/"):
        result = place.verify("--authorizations-file", path)
        assert_message(result, 2, "is not a path inside a tree")
        assert not result.out


def test_historical_options(place: Place) -> None:
    assert_message(place.verify("--historical-sha1"), 2, "needs --historical-authorizations")
    missing = place.box.folder / "missing"
    assert_message(place.verify("--historical-authorizations", missing), 2, "cannot be read")
    assert_message(place.verify("--historical-authorizations", place.box.folder), 2, "cannot be")
    missing.write_bytes(b"\0\xff{[")
    assert_message(place.verify("--historical-authorizations", missing), 2, "line 1", "lint")


# --- keyrings ---


def test_keyring_that_is_not_there(place: Place) -> None:
    for source in ("refs/heads/other", place.box.folder / "missing", "keyring"):
        result = place.verify("--keyring", source)
        assert_message(result, 3, "unreadable-keyring", str(source))


def test_no_keyring_at_all(box: Sandbox) -> None:
    maker = Maker()
    made = maker.chain(2)
    repository = maker.write(box.folder / "r.git", {"refs/heads/main": made[-1]})
    result = Place(box, maker, made, repository).verify()
    assert result.code == 1
    assert "(missing-key)" in result.out
    assert "Fetch the keyring" in result.out


def test_default_keyring_that_cannot_be_read_is_no_refusal(place: Place) -> None:
    """A ref that is there and names what is not there: nothing was decided."""
    keys = place.repository / "refs/heads/keyring"
    keys.write_text("1" * 40 + "\n")
    result = place.verify()
    assert result.code == 3, result.out
    assert "unreadable-keyring" in result.out


def test_keyring_ref_with_a_missing_tree(place: Place) -> None:
    maker = place.maker
    gone = maker.keyring({"x.key": b"x"})
    oid = bytes.fromhex(maker.objects[gone][1][5:45].decode())
    del maker.objects[oid]
    refs = {"refs/heads/main": place.commits[-1], "refs/heads/keyring": gone}
    repository = maker.write(place.box.folder / "other.git", refs)
    result = place.verify("-C", repository)
    assert_message(result, 3, "unreadable-keyring", "refs/heads/keyring")


def test_garbage_among_good_key_files(place: Place) -> None:
    folder = place.box.folder / "keys"
    (folder / "below").mkdir(parents=True)
    for name, content in certificates("alice", "bob").items():
        (folder / "below" / name).write_bytes(content)
    alice = certificates("alice")["alice.key"]
    garbage = {
        "empty.key": b"",
        "zeros.gpg": bytes(5000),
        "text.asc": b"not a key",
        "begin.asc": b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA",
        "cut.pgp": alice[:-7],
        "cut2.pgp": alice[:30],
        "ones.key": b"\xff" * 300,
        "\x1b[31m.key": b"\x99\xff\xff",
    }
    for name, content in garbage.items():
        (folder / name).write_bytes(content)
    (folder / "away.key").symlink_to("nowhere")
    (folder / "folder.key").mkdir()
    result = place.verify("--keyring", folder, "-v")
    assert result.code == 0, result.out
    assert "unreadable-key-file" in result.out
    assert "\x1b" not in result.out + result.err
    for name in ("text.asc", "cut2.pgp", "away.key"):
        assert name in result.out, name


def test_garbage_in_the_keyring_ref(place: Place) -> None:
    files = {**certificates("alice", "bob"), "0.key": b"garbage", "a/b/c.gpg": b"\x99\xff"}
    keys = place.maker.keyring(files)
    refs = {"refs/heads/main": place.commits[-1], "refs/remotes/origin/keyring": keys}
    repository = place.maker.write(place.box.folder / "other.git", refs)
    result = place.verify("-C", repository)
    assert result.code == 0, result.out
    assert "refs/remotes/origin/keyring:0.key" in result.out
    assert result.out.count("unreadable-key-file") >= 2


def test_both_default_refs_are_read(place: Place) -> None:
    refs = {
        "refs/heads/main": place.commits[-1],
        "refs/heads/keyring": place.maker.keyring(certificates("alice")),
        "refs/remotes/origin/keyring": place.maker.keyring(certificates("bob")),
    }
    repository = place.maker.write(place.box.folder / "other.git", refs)
    assert place.verify("-C", repository).code == 0
    one = place.verify("-C", repository, "--keyring", "refs/heads/keyring", "--no-cache")
    assert one.code == 1
    assert "missing-key" in one.out


def test_sources_of_keys_may_be_repeated(place: Place) -> None:
    files = {}
    for name, content in certificates("alice", "bob").items():
        files[name] = place.box.folder / name
        files[name].write_bytes(content)
    sources = [part for file in files.values() for part in ("--keyring", file)]
    assert place.verify("--no-cache", *sources).code == 0
    assert place.verify("--no-cache", *sources[:2]).code == 1


def test_a_large_key_file_is_not_read(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    for name, content in certificates("alice", "bob").items():
        (folder / name).write_bytes(content)
    with (folder / "huge.key").open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    result = place.verify("--keyring", folder)
    assert result.code == 0
    assert "larger than" in result.out
