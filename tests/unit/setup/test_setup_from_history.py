"""`nixauth init --from-history`: who signed until now, as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from nixauth.authorizations import native
from nixauth.history.repository import Repository
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, HistoryMode
from nixauth.setup import proposing
from nixauth.setup.draft import Survey, Tally, draft
from nixauth.setup.names import NOBODY, Who, of_user_id, short_name
from tests.support import commits, openpgp
from tests.unit.cli.places import Maker, Result, Sandbox, certificates, loose
from tests.unit.keys.repositories import Checkout
from tests.unit.keys.test_keys_import import ssh_key
from tests.unit.setup.test_setup_init import configure, spaced, untouched

FILE = ".authorizations"
ALICE, BOB, FORGE = (openpgp.key(name) for name in ("alice", "bob", "forge"))


class History(Maker):
    """A line of merges, each of a commit that nobody signed."""

    def __init__(self) -> None:
        super().__init__()
        self.tip = self.add([], "alice")

    def add(
        self,
        parents: Sequence[bytes],
        signer: str | None,
        author: str = "",
        committer: str = "",
        payload: bytes = b"",
        **how: object,
    ) -> bytes:
        """Add a commit without authorizations."""
        self.date += 60
        author = author or f"{signer} <{signer}@example.org>"
        tree = commits.add_tree(self.objects, {})
        raw = commits.commit_content(tree, parents, date=self.date, author=author.encode())
        old = b"committer " + author.encode()
        raw = raw.replace(old, b"committer " + (committer or author).encode())
        if signer is not None:
            sign = openpgp.key(signer).sign
            raw = commits.signed_by(raw, lambda made: sign(payload or made, **how))  # type: ignore[arg-type]
        self.tip = commits.add(self.objects, "commit", raw)
        return self.tip

    def merge(
        self, signer: str | None, author: str = "", committer: str = "", **how: object
    ) -> None:
        """Merge an unsigned commit into the line."""
        before = self.tip
        side = self.add([before], None, "Con Tributor <c@example.org>")
        self.add([before, side], signer, author, committer, **how)  # type: ignore[arg-type]

    def repository(self, box: Sandbox, *keys: str) -> Path:
        """Write it, with a work tree and the keys of these."""
        refs = {
            "refs/heads/main": self.tip,
            "refs/heads/keyring": self.keyring(certificates(*keys)),
        }
        folder = box.folder / "work"
        self.write(folder / ".git", refs)
        (folder / ".git" / "config").write_text("[core]\n\tbare = false\n")
        return folder


def propose(box: Sandbox, folder: Path, *arguments: object) -> Result:
    return box.run("init", "--from-history", *arguments, "-C", folder)


def tallied(text: str) -> dict[str, str]:
    """Return the comment of each name that is proposed."""
    lines = text.splitlines()
    return {
        line.strip(" :"): lines[number + 1].strip()
        for number, line in enumerate(lines)
        if line.startswith("  ") and not line.startswith("   ")
    }


@pytest.fixture
def history() -> History:
    made = History()
    for number in range(4):
        made.merge("alice")
        if number % 2:
            made.merge("bob", "Bob <bob@work.example>")
    made.add([made.tip], "bob")
    made.add([made.tip], None, "X <x@example.org>")
    return made


def test_people_with_counts(box: Sandbox, history: History) -> None:
    folder = history.repository(box, "alice", "bob")
    done = propose(box, folder, 100)
    assert done.code == 0, done.err
    found = native.read(done.out.encode()).authorizations
    assert found is not None
    assert [(one.name, one.keys, one.service) for one in found.people] == [
        ("alice", (ALICE.fingerprint,), False),
        ("bob", (BOB.fingerprint,), False),
    ]
    assert found.history is HistoryMode.EVERY_COMMIT
    said = tallied(done.out)
    assert said["alice"].startswith("# alice <alice@example.org>: 4 merges, 1 other commit; ")
    assert said["bob"].startswith("# bob <bob@example.org>: 2 merges, 1 other commit; the last on")
    assert "made of 6 merges and 2 other commits" in done.out
    assert "# Of that line, as far as was looked, 1 are not signed." in done.out
    assert f"      - {spaced(ALICE.fingerprint)}\n" in done.out
    assert "nothing was written" in done.err
    assert not (folder / FILE).exists()


def test_merges_come_first_and_the_newest_ones(box: Sandbox, history: History) -> None:
    folder = history.repository(box, "alice", "bob")
    done = propose(box, folder, 3)
    assert "made of 3 merges and 0 other commits" in done.out
    said = tallied(done.out)
    assert ": 2 merges, 0 other" in said["alice"] or ": 2 merges, 0 other" in said["bob"]
    done = propose(box, folder, 7, "--history", "trusted-path")
    assert "made of 6 merges and 1 other commit," in done.out
    assert "history: trusted-path\n" in done.out


def test_keys_that_are_not_at_hand(box: Sandbox, history: History) -> None:
    done = propose(box, history.repository(box, "alice"), 100)
    assert done.code == 0
    assert set(tallied(done.out)) == {"alice"}
    assert f"# Not proposed: key {BOB.fingerprint} signed 3, and is not at hand." in done.out


def test_nobody_to_propose(box: Sandbox, history: History) -> None:
    folder = history.repository(box)
    done = propose(box, folder, 100, "--write")
    assert done.code == 1
    assert all(line.startswith("#") for line in done.out.splitlines())
    assert "nobody to propose" in done.err
    assert not (folder / FILE).exists()


def test_signatures_that_do_not_count(box: Sandbox) -> None:
    """Whoever pushes can put any signature there: none is taken at its word."""
    made = History()
    made.merge("bob", payload=b"something else")
    made.merge("bob", digest="SHA1")
    done = propose(box, made.repository(box, "alice", "bob"), 100)
    assert set(tallied(done.out)) == {"alice"}
    assert "# Not proposed: 1 signed as bad-signature." in done.out
    assert "# Not proposed: 1 signed as weak-digest." in done.out


def test_subkeys_count_for_their_primary_key(box: Sandbox) -> None:
    laptop = ALICE.subkey("laptop")
    made = History()
    made.date += 60
    raw = commits.commit_content(commits.add_tree(made.objects, {}), [made.tip], date=made.date)
    made.tip = commits.add(made.objects, "commit", commits.signed_by(raw, laptop.sign))
    folder = made.repository(box)
    keys = box.folder / "keys.gpg"
    keys.write_bytes(ALICE.certificate([laptop]))
    done = propose(box, folder, 100, "--keyring", keys)
    assert ": 0 merges, 2 other commits" in tallied(done.out)["alice"]
    assert laptop.fingerprint not in done.out


@pytest.mark.parametrize("by", ["author", "committer"])
def test_a_forges_key_is_a_service(box: Sandbox, by: str) -> None:
    made = History()
    forge = "Forge <noreply@forge.example>"
    for name in ("ann", "ben", "cat", "ann"):
        person = f"{name} <{name}@example.org>"
        made.merge("forge", person, forge if by == "author" else person)
    done = propose(box, made.repository(box, "alice", "forge"), 100)
    found = native.read(done.out.encode()).authorizations
    assert found is not None
    assert {one.name: one.service for one in found.people} == {"forge": True, "alice": False}
    assert "    # a machine's key, it seems: " in done.out
    assert "3 different" in done.out


def test_somebody_with_many_addresses_is_no_service(box: Sandbox) -> None:
    made = History()
    for number in range(5):
        made.merge("bob", f"Bob <bob@{number}.example>")
    done = propose(box, made.repository(box, "alice", "bob"), 100)
    assert "service" not in done.out


def test_somebody_who_commits_what_others_wrote_is_no_service(box: Sandbox) -> None:
    made = History()
    for name in ("ann", "ben", "cat"):
        made.merge("bob", f"{name} <{name}@example.org>", "bob <bob@example.org>")
    made.merge("bob")
    done = propose(box, made.repository(box, "alice", "bob"), 100)
    assert "service" not in done.out


def test_write(box: Sandbox, history: History) -> None:
    folder = history.repository(box, "alice", "bob")
    done = propose(box, folder, 100, "--write")
    assert done.code == 0, done.err
    assert (folder / FILE).read_text() == done.out
    assert "commit -S" in done.err
    assert box.run("lint", "-C", folder).code == 0
    again = propose(box, folder, 100, "--write")
    assert (again.code, again.out) == (2, "")
    assert "there already" in again.err
    assert propose(box, folder, 100).out == done.out


def test_services_alone_are_not_written(box: Sandbox) -> None:
    made = History()
    for name in ("ann", "ben", "cat"):
        made.merge("forge", f"{name} <{name}@example.org>")
    folder = made.repository(box, "forge")
    done = propose(box, folder, 100)
    assert done.code == 0
    assert "draft:1:1: error: only services are listed" in done.err
    done = propose(box, folder, 100, "--write")
    assert done.code == 2
    assert "service: true" in done.out
    assert "only services" in done.err
    assert not (folder / FILE).exists()


def test_what_people_call_themselves_cannot_spoil_the_draft(box: Sandbox) -> None:
    """User ids and names of committers are whatever somebody wrote."""
    evil = b"Eve\n  eve:\n    keys: [" + b"9" * 40 + b"]\x1b[2J\xe2\x80\xae <e@x>"
    made = History()
    made.merge("bob")
    folder = made.repository(box)
    keys = box.folder / "keys.gpg"
    keys.write_bytes(BOB.certificate(user_id=evil))
    done = propose(box, folder, 100, "--keyring", keys)
    found = native.read(done.out.encode()).authorizations
    assert found is not None
    assert [one.keys for one in found.people] == [(BOB.fingerprint,)]
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


def test_names_that_mean_something_else_to_others_are_quoted(box: Sandbox) -> None:
    made = History()
    made.merge("bob")
    keys = box.folder / "keys.gpg"
    keys.write_bytes(BOB.certificate(user_id=b"Null <n@example.org>"))
    done = propose(box, made.repository(box), 100, "--keyring", keys)
    assert "\n  'null':\n" in done.out


def test_a_commit_that_is_missing_is_an_error(box: Sandbox, history: History) -> None:
    """Only a shallow clone may lack what is older, and it says so."""
    folder = history.repository(box, "alice", "bob")
    parent = box.git("-C", folder, "rev-parse", "HEAD~2")
    loose(folder / ".git", bytes.fromhex(parent)).unlink()
    done = propose(box, folder, 100)
    assert done.code == 3
    assert "missing-object" in done.err


def test_ssh_signatures_by_git(checkout: Checkout) -> None:
    line = ssh_key(checkout.box.folder)
    configure(checkout, gpg_format="ssh", user_signingkey=str(checkout.box.folder / "id.pub"))
    checkout.git("stash", "-q")
    for name in ("a", "b"):
        checkout.git("checkout", "-q", "-b", name)
        checkout.git("commit", "-q", "--allow-empty", "-m", name)
        checkout.git("checkout", "-q", "main")
        checkout.git("merge", "-q", "--no-ff", "-S", "-m", "merge", name)
    before = untouched(checkout)
    done = propose(checkout.box, checkout.folder, 10)
    assert done.code == 0, done.err
    assert untouched(checkout) == before
    assert "# A <a@example.org>: 2 merges, 0 other commits" in tallied(done.out)["a"]
    assert f"      - {' '.join(line.split()[:2])}\n" in done.out


def test_a_shallow_clone_says_so(box: Sandbox, history: History) -> None:
    folder = history.repository(box, "alice", "bob")
    clone = box.folder / "clone"
    box.git("clone", "-q", "--depth", "3", "--no-single-branch", f"file://{folder}", clone)
    done = propose(box, clone, 100)
    assert done.code == 0, done.err
    assert "This clone is shallow" in done.out


def test_looking_has_an_end(
    box: Sandbox, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposing, "_LEAST_LOOK", 1)
    monkeypatch.setattr(proposing, "_LOOK", 1)
    repository = Repository.open(history.repository(box))
    found = proposing.survey(repository, Keyring.from_files([]), repository.resolve("HEAD"), 3)
    assert found.ended == "Looking ended after 3 commits."
    assert (found.merges, found.others, found.unsigned) == (1, 1, 1)


def test_an_empty_repository(box: Sandbox) -> None:
    folder = box.folder / "new"
    box.git("init", "-q", folder)
    assert propose(box, folder, 5).code == 2
    assert propose(box, folder, 0).code == 2


# --- names ---


@pytest.mark.parametrize(
    ("user_id", "who", "name"),
    [
        (b"Alice Doe <alice@example.org>", Who("Alice Doe", "alice@example.org"), "alice-doe"),
        (b"Alice (work) <a@b.c>", Who("Alice", "a@b.c"), "alice"),
        (b"<alice@example.org>", Who("", "alice@example.org"), "alice"),
        (b"alice@example.org", Who("", "alice@example.org"), "alice"),
        (b"<12345+alice@users.example>", Who("", "12345+alice@users.example"), "alice"),
        (b"", NOBODY, "somebody"),
        (b"<<>>", Who("<<>>", ""), "somebody"),
        ("Zoë Å\u202e".encode(), Who("Zoë Å\u202e", ""), "zoë-å"),
        (b"\xff\x00", Who("\ufffd\x00", ""), "somebody"),
        (b"x" * 300, Who("x" * 300, ""), "x" * 60),
    ],
)
def test_names(user_id: bytes, who: Who, name: str) -> None:
    assert of_user_id(user_id) == who
    assert short_name(who) == name
    assert short_name(who, {name, f"{name}-2"}) == f"{name}-3"


def test_two_of_one_name() -> None:
    keys = [Fingerprint(digit * 40) for digit in "AB"]
    survey = Survey("0" * 40, 2)
    for key in keys:
        survey.tallies[key] = Tally(key, owner=Who("Kay", "kay@example.org"), merges=1)
    found = native.read(draft(survey, HistoryMode.TRUSTED_PATH).encode()).authorizations
    assert found is not None
    assert [one.name for one in found.people] == ["kay", "kay-2"]
