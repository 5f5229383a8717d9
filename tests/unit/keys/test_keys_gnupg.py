"""GnuPG: its keyring is only read, and takes what is exported."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from nixauth.signatures.openpgp import transfer
from tests.support import openpgp
from tests.support.openpgp import packet, subpacket
from tests.unit.cli.places import clear
from tests.unit.keys.repositories import Checkout, fingerprint_of_directory, read
from tests.unit.signatures.openpgp import maker

ALICE, BOB = openpgp.key("alice"), openpgp.key("bob")
LAPTOP = ALICE.subkey("laptop")


GPG = ("gpg", "--batch", "--no-autostart", "--with-colons", "--homedir")


def gpg(home: Path, *arguments: object) -> str:
    """Run gpg with a home of its own; it has to be there, and no agent is started."""
    home.mkdir(mode=0o700, exist_ok=True)
    done = subprocess.run(
        [*GPG, str(home), *(str(one) for one in arguments)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def fingerprints(home: Path, *options: object) -> set[str]:
    listed = gpg(home, *options, "--list-keys").splitlines()
    return {line.split(":")[9] for line in listed if line.startswith("fpr:")}


@pytest.fixture
def home(checkout: Checkout) -> Path:
    """Make a GnuPG home with Alice's key and Bob's."""
    folder = checkout.box.folder / "g"
    keys = ALICE.certificate([LAPTOP]) + BOB.certificate()
    gpg(folder, "--import", checkout.file("keys.gpg", keys))
    assert fingerprints(folder) == {ALICE.fingerprint, LAPTOP.fingerprint, BOB.fingerprint}
    # What an eager gpg would do something with.
    (folder / "trustdb.gpg").unlink(missing_ok=True)
    (folder / "secring.gpg").write_bytes(b"")
    (folder / "gpg.conf").write_text("keyring extra.gpg\nauto-key-retrieve\n")
    return folder


def test_import_from_gnupg_changes_nothing_there(checkout: Checkout, home: Path) -> None:
    before = fingerprint_of_directory(home)
    spaced = " ".join([ALICE.fingerprint[:20], ALICE.fingerprint[20:].lower()])
    done = checkout.keys("import", "--gnupg", spaced, GNUPGHOME=str(home))
    assert done.code == 0
    assert checkout.names() == [f"{ALICE.fingerprint}.key"]
    certificates = read(checkout.on_branch(f"{ALICE.fingerprint}.key"))
    assert certificates.bound_primaries(LAPTOP.fingerprint) == {ALICE.fingerprint}  # type: ignore[arg-type]
    assert fingerprint_of_directory(home) == before
    assert not list(checkout.box.folder.glob("**/S.gpg-agent*"))


def test_a_subkey_names_its_certificate(checkout: Checkout, home: Path) -> None:
    done = checkout.keys("import", "--gnupg", LAPTOP.fingerprint, GNUPGHOME=str(home))
    assert done.code == 0
    assert checkout.names() == [f"{ALICE.fingerprint}.key"]


def test_the_home_below_home(checkout: Checkout, home: Path) -> None:
    home.rename(Path(checkout.box.environment["HOME"]) / ".gnupg")
    done = checkout.keys("import", "--gnupg", BOB.fingerprint)
    assert done.code == 0
    assert checkout.names() == [f"{BOB.fingerprint}.key"]


@pytest.mark.parametrize(
    "text",
    [ALICE.fingerprint[-16:], ALICE.fingerprint[-8:], "alice@example.org", "SHA256:" + 43 * "A"],
)
def test_only_full_fingerprints(checkout: Checkout, home: Path, text: str) -> None:
    done = checkout.keys("import", "--gnupg", text, GNUPGHOME=str(home))
    assert done.code == 2
    assert clear(done.err)


def test_homes_that_cannot_be_read_are_left_alone(checkout: Checkout, home: Path) -> None:
    """Locked, damaged, empty, missing, kept by keyboxd, or without that key."""
    keybox = home / "pubring.kbx"
    good = keybox.read_bytes()

    def refused(word: str, folder: Path = home) -> None:
        before = fingerprint_of_directory(home)
        done = checkout.keys("import", "--gnupg", ALICE.fingerprint, GNUPGHOME=str(folder))
        assert done.code == 3
        assert word in done.err
        assert "(unreadable-keyring)" in done.err
        assert clear(done.err)
        assert fingerprint_of_directory(home) == before
        assert checkout.git("for-each-ref", "refs/heads/keyring") == ""

    (home / "pubring.kbx.lock").write_text("         1\nelsewhere\n")
    refused("is locked")
    (home / "pubring.kbx.lock").unlink()
    for damaged in (b"", b"x" * 100, good[:-7], good[:100], b"\0" * 4 + good[4:]):
        keybox.write_bytes(damaged)
        refused("damaged")
    keybox.unlink()
    refused("no public keyring")
    (home / "public-keys.d").mkdir()
    (home / "public-keys.d" / "pubring.db").touch()
    refused("keyboxd")
    (home / "public-keys.d" / "pubring.db").unlink()
    keybox.mkdir()
    refused("cannot be read")
    keybox.rmdir()
    gone = checkout.box.folder / "gone"
    refused("no GnuPG home", gone)
    assert not gone.exists()
    (home / "pubring.gpg").write_bytes(b"text")
    refused("damaged")
    (home / "pubring.gpg").write_bytes(BOB.certificate())
    refused("does not give")


def test_the_older_keyring(checkout: Checkout, home: Path) -> None:
    (home / "pubring.kbx").unlink()
    (home / "pubring.gpg").write_bytes(ALICE.certificate() + BOB.certificate())
    before = fingerprint_of_directory(home)
    assert checkout.keys("import", "--gnupg", BOB.fingerprint, GNUPGHOME=str(home)).code == 0
    assert fingerprint_of_directory(home) == before


def test_a_keybox_of_gpgsm_hides_no_older_keyring(checkout: Checkout, home: Path) -> None:
    header = bytes.fromhex("0000002001010000") + b"KBXf" + bytes(20)
    (home / "pubring.kbx").write_bytes(header)
    (home / "pubring.gpg").write_bytes(BOB.certificate())
    before = fingerprint_of_directory(home)
    assert checkout.keys("import", "--gnupg", BOB.fingerprint, GNUPGHOME=str(home)).code == 0
    assert fingerprint_of_directory(home) == before


def test_without_gpg(checkout: Checkout, home: Path) -> None:
    done = checkout.keys(
        "import", "--gnupg", BOB.fingerprint, GNUPGHOME=str(home), PATH=str(checkout.box.folder)
    )
    assert done.code == 3
    assert "package gnupg" in done.err
    assert clear(done.err)


# --- export ---


@pytest.fixture
def listed(checkout: Checkout) -> Checkout:
    """Make a keyring of four keys, one of version 6, two of them listed, one by its subkey."""
    carol, newer = openpgp.key("carol"), maker.key("ed25519", 6)
    checkout.keyring_branch(
        {
            "alice.key": ALICE.certificate([LAPTOP]),
            "bob.key": BOB.certificate([BOB.subkey("desk")]),
            "carol.key": carol.certificate(),
            "newer.key": maker.certificate(newer),
        }
    )
    checkout.authorize(
        {"alice": [ALICE.fingerprint], "bob": [BOB.subkey("desk").fingerprint], "x": ["9" * 40]}
    )
    return checkout


@pytest.mark.parametrize("armor", [False, True])
def test_gpg_imports_what_is_listed(listed: Checkout, armor: bool) -> None:
    file = listed.box.folder / "out"
    done = listed.keys("export", "gnupg", "-o", file, *(["--armor"] if armor else []))
    assert done.code == 0
    assert "2 keys exported" in done.err
    assert f"left out: {'9' * 40} is not at hand" in done.err
    assert file.read_bytes().startswith(b"-----BEGIN PGP") is armor
    home = listed.box.folder / "h"
    gpg(home, "--import", file)
    expected = {ALICE, LAPTOP, BOB, BOB.subkey("desk")}
    assert fingerprints(home) == {key.fingerprint for key in expected}


def test_gpg_uses_it_as_a_keyring(listed: Checkout) -> None:
    """All of them, but the one of version 6, over which gpg would stumble."""
    file = listed.box.folder / "out.gpg"
    done = listed.keys("export", "gnupg", "--all", "-o", file)
    assert done.code == 0
    assert "is of version 6, which GnuPG does not read" in done.err
    home = listed.box.folder / "h"
    found = fingerprints(home, "--no-default-keyring", "--keyring", file)
    keys = {ALICE, LAPTOP, BOB, BOB.subkey("desk"), openpgp.key("carol")}
    assert found == {key.fingerprint for key in keys}


def test_listed_is_not_who_carries_a_listed_key(checkout: Checkout) -> None:
    """Bob puts Alice's key, and a subkey that is listed for her, into his certificate."""
    taken = packet(14, ALICE.body) + packet(14, LAPTOP.body)
    checkout.keyring_branch(
        {"a.key": ALICE.certificate([LAPTOP]), "b.key": BOB.certificate() + taken}
    )
    checkout.authorize({"alice": [ALICE.fingerprint], "laptop": [LAPTOP.fingerprint]})
    file = checkout.box.folder / "out"
    done = checkout.keys("export", "gnupg", "-o", file)
    assert done.code == 0
    assert "1 key exported" in done.err
    for key in (ALICE, LAPTOP):
        claim = f"left out: the certificate {BOB.fingerprint} has {key.fingerprint} as a subkey"
        assert f"{claim}, but the certificate has no binding signature for it" in done.err
    home = checkout.box.folder / "h"
    gpg(home, "--import", file)
    assert fingerprints(home) == {ALICE.fingerprint, LAPTOP.fingerprint}
    # Without Alice's certificate there is nothing to export.
    checkout.keyring_branch({"b.key": BOB.certificate() + taken})
    done = checkout.keys("export", "gnupg", "-o", file)
    assert "0 keys exported" in done.err
    assert file.read_bytes() == b""


def stumbling_blocks() -> dict[str, bytes]:
    """Packets behind Alice's certificate, each of which makes gpg skip the rest of a file."""
    head = b"\4" + bytes(4)
    own = ALICE.signature(b"", signature_type=0x10)[2:]
    long = ALICE.signature(b"", signature_type=0x10, hashed=[subpacket(20, bytes(30_000))])
    name = packet(13, b"x")
    return {
        "damaged subkey": packet(14, head + b"\1" + b"\xff\xff" + bytes(20)),
        "huge subkey": packet(14, head + b"\1" + 2 * (b"\xff\xf8" + b"\xff" * 8191)),
        "long integer": packet(14, head + b"\1" + b"\xb0\0" + b"\xff" * 0x1600 + b"\0\1\1"),
        "short subkey": packet(14, head + b"\x63abc"),
        "encryption subkey": packet(14, head + b"\x12\3abc" + bytes(4)),
        "Elgamal subkey": packet(14, head + b"\x10\0\1\1\xff\xff"),
        "signature of one octet": packet(2, b"\4"),
        "cut signature": packet(2, own[:20]),
        "old signature": packet(2, b"\3\5\x10"),
        "huge signature": packet(2, b"\4\x10\x16\x08" + bytes(6_000_000)),
        "many subpackets": long,
        "long user id": packet(13, b"x" * 2049),
        "signature of that user id": name + packet(2, own[:3]),
    }


@pytest.mark.parametrize("what", stumbling_blocks())
def test_nothing_exported_makes_gpg_skip_the_rest(checkout: Checkout, what: str) -> None:
    first, last = sorted([ALICE, BOB], key=lambda key: key.fingerprint)
    spoiled = first.certificate() + stumbling_blocks()[what]
    checkout.keyring_branch({"a.key": spoiled, "b.key": last.certificate()})
    file = checkout.box.folder / "out"
    done = checkout.keys("export", "gnupg", "--all", "-o", file)
    assert done.code == 0
    assert "2 keys exported" in done.err
    assert f"left out: {first.fingerprint}: " in done.err
    home = checkout.box.folder / "h"
    gpg(home, "--import", file)
    assert fingerprints(home) == {first.fingerprint, last.fingerprint}


def test_a_damaged_primary_key_is_not_exported(checkout: Checkout) -> None:
    spoiled = packet(6, ALICE.body[:-1]) + packet(13, b"x")
    checkout.keyring_branch({"a.key": spoiled, "b.key": BOB.certificate()})
    file = checkout.box.folder / "out"
    done = checkout.keys("export", "gnupg", "--all", "-o", file)
    assert "1 key exported" in done.err
    assert ": damaged key: " in done.err


def test_export_to_a_pipe_or_terminal(listed: Checkout) -> None:
    run = subprocess.run(
        listed.box.command("keys", "export", "gnupg", "-C", listed.folder),
        env=listed.box.environment,
        capture_output=True,
        check=True,
    )
    assert len(transfer.read(run.stdout).certificates) == 2
    dash = subprocess.run(
        listed.box.command("keys", "export", "gnupg", "-o", "-", "-C", listed.folder),
        env=listed.box.environment,
        capture_output=True,
        check=True,
        cwd=listed.box.folder,
    )
    assert dash.stdout == run.stdout
    assert not (listed.box.folder / "-").exists()
    ours, theirs = pty.openpty()
    refused = subprocess.run(
        listed.box.command("keys", "export", "gnupg", "-C", listed.folder),
        env=listed.box.environment,
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(theirs)
    os.close(ours)
    assert refused.returncode == 2
    assert b"not for a terminal" in refused.stderr


def test_output_is_whole_or_not_there(listed: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    file = listed.file("out", b"as it was")
    file.chmod(0o640)
    beside = sorted(listed.box.folder.iterdir())

    def failing(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", failing)
        done = listed.keys("export", "gnupg", "-o", file)
    assert done.code == 2
    assert "cannot be written" in done.err
    assert file.read_bytes() == b"as it was"
    assert sorted(listed.box.folder.iterdir()) == beside
    assert listed.keys("export", "gnupg", "-o", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o640
    assert listed.keys("export", "gnupg", "-o", listed.folder / "gone" / "x").code == 2
    assert listed.keys("export", "gnupg", "-o", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_options_that_do_not_go_together(listed: Checkout) -> None:
    assert listed.keys("export", "allowed-signers", "--armor").code == 2
    assert listed.keys("export", "allowed-signers", "--all").code == 2
    assert listed.keys("export", "gnupg", "no-such-revision").code == 2
