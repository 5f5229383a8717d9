"""Histories that were made to mislead whoever reads an audit of them."""

from __future__ import annotations

from typing import Any

from tests.support import commits, openpgp
from tests.unit.audit.conftest import Audited, fingerprint
from tests.unit.cli.places import listing, loose

PATH = {"history": "trusted-path"}
ALL = ("alice", "bob", "mallory")
FEW = ("alice", "bob")


def use(audited: Audited, key: str, *arguments: object) -> Any:
    return audited.json("--key", key, *arguments)["key_use"]


# --- authorizations over time ---


def test_a_merge_that_reinstates_a_removed_key_is_a_change(audited: Audited) -> None:
    """The file of an older branch is taken in a merge: who was removed is listed again."""
    first = audited.commit(people=ALL)
    removed = audited.commit(first, people=FEW)
    side = audited.commit(first, people=ALL, signer="bob")
    merge = audited.commit(removed, side, people=ALL, signer="bob")
    found = audited.json()
    assert {"mallory"} <= {one["name"] for one in found["people"]}
    (grant,) = [one for one in found["grants"] if one["commit"] == merge.hex()]
    assert (grant["drops"], grant["chooses"]) == (True, False)
    assert "mallory" in str(grant["changes"])
    assert "which drops what one of its parents had changed" in audited.run().out


def test_so_is_one_that_keeps_the_older_file_of_its_first_parent(audited: Audited) -> None:
    first = audited.commit(people=ALL)
    removed = audited.commit(first, people=FEW)
    side = audited.commit(first, people=ALL, signer="bob")
    merge = audited.commit(side, removed, people=ALL, signer="bob")
    (grant,) = [one for one in audited.json()["grants"] if one["commit"] == merge.hex()]
    assert grant["drops"]
    assert "mallory" in str(grant["changes"])


def test_a_history_of_its_own_beside_such_a_merge(audited: Audited) -> None:
    """A commit without parents is no end of the audit."""
    first = audited.commit(people=ALL, **PATH)
    removed = audited.commit(first, people=FEW, **PATH)
    audited.maker.date += 60
    root = audited.maker.commit(signer=None)
    side = audited.commit(first, root, people=ALL, signer="bob", **PATH)
    merge = audited.commit(removed, side, people=ALL, signer="bob", **PATH)
    (grant,) = [one for one in audited.json()["grants"] if one["commit"] == merge.hex()]
    assert grant["drops"]


def test_a_key_listed_by_such_a_merge_is_in_the_incident(audited: Audited) -> None:
    first = audited.commit(people=ALL)
    removed = audited.commit(first, people=FEW)
    side = audited.commit(first, people=ALL, signer="alice")
    merge = audited.commit(removed, side, people=ALL, signer="bob")
    assert merge.hex() in use(audited, fingerprint("bob"))["grants"]


def test_a_merge_that_keeps_the_removal_is_none(audited: Audited) -> None:
    """The newer file is taken: nobody's change is dropped."""
    first = audited.commit(people=ALL)
    removed = audited.commit(first, people=FEW)
    side = audited.commit(first, people=ALL, signer="bob")
    merge = audited.commit(removed, side, people=FEW, signer="bob")
    assert merge.hex() not in [one["commit"] for one in audited.json()["grants"]]


def forged(audited: Audited, **options: Any) -> bytes:
    """Add a commit with bob's signature over something else."""
    good = audited.maker.objects[audited.commit(signer="bob", **options)][1]
    audited.made.pop()
    bad = good.replace(b"A change", b"B change")
    audited.made.append(commits.add(audited.maker.objects, "commit", bad))
    return audited.made[-1]


def test_a_forged_attempt_is_not_said_to_be_signed_by_its_victim(audited: Audited) -> None:
    audited.commit()
    forged(audited, people=(*FEW, "mallory"))
    (grant,) = audited.json()["grants"]
    assert grant["reason"] == "bad-signature"
    assert grant["signer"] == ""  # "the key, or empty where none could be found"
    text = audited.run().out
    assert "refused (bad-signature) signed by" not in text


def test_a_forged_attempt_does_not_give_its_victim_anything(audited: Audited) -> None:
    audited.commit(people=("alice", "bob"))
    forged(audited, file=listing({"alice": ["alice"], "bob": ["bob", "carol"]}))
    assert len(audited.json()["grants"]) == 1
    assert not any(one["adds_own"] for one in audited.json()["grants"])


def test_commits_table_does_not_name_the_victim_as_signer(audited: Audited) -> None:
    audited.commit()
    forged(audited)
    line = audited.run("--format", "csv").out.splitlines()[-1]
    assert fingerprint("bob") not in line


# --- one key ---


def test_paths_of_forged_commits_are_not_what_the_key_changed(audited: Audited) -> None:
    audited.commit()
    forged(audited)
    found = use(audited, fingerprint("bob"))
    assert [one["claimed"] for one in found["commits"]] == ["forged"]
    assert found["paths"] == []


def test_signed_does_not_count_forged_commits(audited: Audited) -> None:
    audited.commit()
    forged(audited)
    assert "signed: 1 commit" not in audited.run("--key", fingerprint("bob")).out


def with_laptop(audited: Audited) -> Any:
    bob = openpgp.key("bob")
    laptop = bob.subkey("laptop")
    audited.files["bob.key"] = bob.certificate(subkeys=[laptop])
    return laptop


def test_a_subkey_is_listed_by_its_primary_key(audited: Audited) -> None:
    """The stolen laptop's subkey goes on counting: 'listed at the target: no' is fail open."""
    laptop = with_laptop(audited)
    audited.commit()
    audited.commit()
    assert use(audited, laptop.fingerprint)["listed_for"] == ["bob"]


def test_a_primary_key_is_listed_by_a_subkey_that_never_signed(audited: Audited) -> None:
    laptop = with_laptop(audited)
    file = (
        "version: 1\npeople:\n"
        f"  alice:\n    keys:\n      - {fingerprint('alice')}\n"
        f"  bob:\n    keys:\n      - {laptop.fingerprint}\n"
    ).encode()
    audited.commit(file=file)
    audited.commit(file=file)
    assert use(audited, fingerprint("bob"))["listed_for"] == ["bob"]


def raw_commit(audited: Audited, tree: bytes, signer: str = "bob") -> bytes:
    audited.maker.date += 60
    raw = commits.commit_content(tree, tuple(audited.made[-1:]), date=audited.maker.date)
    signed = commits.signed_by(raw, openpgp.key(signer).sign)
    audited.made.append(commits.add(audited.maker.objects, "commit", signed))
    return audited.made[-1]


def raw_tree(audited: Audited, *rows: tuple[bytes, bytes, bytes]) -> bytes:
    """Add a tree of these rows below the usual file, as they are."""
    objects = audited.maker.objects
    file = commits.add(objects, "blob", listing({"alice": ["alice"], "bob": ["bob"]}))
    every = ((b"100644", b".authorizations", file), *rows)
    return commits.add(objects, "tree", b"".join(b"%s %s\0%s" % row for row in every))


def test_a_name_twice_in_a_tree_hides_nothing(audited: Audited) -> None:
    objects = audited.maker.objects
    good, evil = (commits.add(objects, "blob", text) for text in (b"good", b"evil"))
    sub1 = commits.add(objects, "tree", b"100644 x\0" + good)
    sub2 = commits.add(objects, "tree", b"100644 x\0" + evil + b"100644 x\0" + good)
    raw_commit(audited, raw_tree(audited, (b"40000", b"d", sub1)), "alice")
    raw_commit(audited, raw_tree(audited, (b"40000", b"d", sub2)))
    (one,) = use(audited, fingerprint("bob"))["commits"]
    assert one["state"] == "trusted"
    assert one["paths"] or not one["complete"]


def test_a_tree_that_is_cut_off_is_not_complete(audited: Audited) -> None:
    objects = audited.maker.objects
    good = commits.add(objects, "blob", b"good")
    sub1 = commits.add(objects, "tree", b"100644 x\0" + good)
    sub2 = commits.add(objects, "tree", b"100644 x\0" + good + b"100644 y\0" + good[:19])
    raw_commit(audited, raw_tree(audited, (b"40000", b"d", sub1)), "alice")
    raw_commit(audited, raw_tree(audited, (b"40000", b"d", sub2)))
    (one,) = use(audited, fingerprint("bob"))["commits"]
    assert one["paths"] or not one["complete"]


def test_a_directory_with_a_padded_mode_is_looked_into(audited: Audited) -> None:
    """Git reads the mode as a number: 040000 is a directory, as old tools wrote it."""
    objects = audited.maker.objects
    good, evil = (commits.add(objects, "blob", text) for text in (b"good", b"evil"))
    subs = [commits.add(objects, "tree", b"100644 x\0" + one) for one in (good, evil)]
    raw_commit(audited, raw_tree(audited, (b"040000", b"d", subs[0])), "alice")
    raw_commit(audited, raw_tree(audited, (b"040000", b"d", subs[1])))
    (one,) = use(audited, fingerprint("bob"))["commits"]
    assert one["paths"] == ["d/x"] or not one["complete"]


def test_two_paths_are_not_one_in_json(audited: Audited) -> None:
    objects = audited.maker.objects
    blob = commits.add(objects, "blob", b"x")
    raw_commit(audited, raw_tree(audited), "alice")
    raw_commit(
        audited, raw_tree(audited, (b"100644", b"a\\xff", blob), (b"100644", b"a\xff", blob))
    )
    paths = [one["path"] for one in use(audited, fingerprint("bob"))["paths"]]
    assert len(set(paths)) == len(paths) == 2


def test_a_tag_that_looks_like_a_date_is_said_or_taken(audited: Audited) -> None:
    for _ in range(4):
        audited.commit(signer="bob")
    # The tag's commit reaches the first three; by the date's word nothing is left out.
    audited.write(x=audited.made[0])
    tags = audited.repository / "refs" / "tags"  # type: ignore[operator]
    tags.mkdir()
    (tags / "2023-11-14").write_text(f"{audited.made[3].hex()}\n")
    known = ("--introduction", audited.made[0].hex(), "--signer", fingerprint("bob"))
    asked = ("--key", fingerprint("bob"), *known, "--since")
    assert "signed: 0 commits" in audited.run(*asked, "refs/tags/2023-11-14").out
    assert "refs/tags/2023-11-14" in audited.run(*asked, "2023-11-14", code=2).err
    assert "signed: 4 commits" in audited.run(*asked, "2023-11-14T00:00:00").out


# --- what if ---


def test_a_draft_without_the_introductions_signer_can_be_asked_about(audited: Audited) -> None:
    """Whose key was stolen may well have signed the introduction; the rule asks no listing."""
    for signer in ("alice", "bob", "alice", "bob"):
        audited.commit(signer=signer)
    draft = audited.box.folder / "draft"
    draft.write_bytes(listing({"bob": ["bob"]}))
    found = audited.json("--authorizations", draft)["what_if"]
    assert found["verdict"] == "refused"


def test_a_forged_commit_behind_a_refused_one_has_to_be_signed_anew(audited: Audited) -> None:
    audited.commit()
    audited.commit(signer=None)
    forged(audited)
    draft = audited.box.folder / "draft"
    draft.write_bytes(listing({"alice": ["alice"], "bob": ["bob"]}))
    found = audited.json("--authorizations", draft)["what_if"]
    reasons = {one["reason"]: one["commits"] for one in found["needed"]}
    assert reasons == {"unsigned": 1, "bad-signature": 1}


# --- people ---


def test_one_commit_from_the_future_makes_nobody_the_only_one_who_is_active(
    audited: Audited,
) -> None:
    for signer in ("alice", "bob", "alice", "bob", "alice", "bob"):
        audited.commit(signer=signer)
    audited.maker.date = 4_000_000_000  # 2096
    audited.commit(signer="alice")
    audited.maker.date = 1_700_001_000
    audited.commit(signer="bob")
    for one in audited.json()["people"]:
        assert "only-active" not in one["reliances"], one["name"]


def test_a_draft_of_the_other_format(audited: Audited) -> None:
    for signer in ("alice", "bob", "alice"):
        audited.commit(signer=signer)
    draft = audited.box.folder / "draft"
    key = fingerprint("alice")
    draft.write_text(f'(authorizations (version 0) (("{key}" (name "alice"))))\n')
    found = audited.json("--authorizations", draft)["what_if"]
    assert found["refused"] == {"unauthorized-key": 1, "no-trusted-parent": 1}


def test_a_commit_that_cannot_be_read_is_not_left_out_of_the_incident(audited: Audited) -> None:
    """What a key signed is not known where a commit is missing; the section has to say so."""
    for signer in ("alice", "bob", "bob", "alice"):
        audited.commit(signer=signer)
    repository = audited.write()
    audited.maker.date += 60
    loose(repository, audited.made[1]).unlink()
    known = ("--introduction", audited.made[0].hex(), "--signer", fingerprint("alice"))
    done = audited.box.run("audit", "-C", repository, *known, "--key", fingerprint("bob"))
    assert done.code == 3
    assert "undecided" in done.err
