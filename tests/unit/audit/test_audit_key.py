"""One key: what it signed, what it is said to have signed, and which paths that changed."""

from __future__ import annotations

from typing import Any

from tests.support import commits, openpgp
from tests.unit.audit.conftest import Audited, fingerprint
from tests.unit.cli.places import listing, loose

REGULAR = "100644"


def tree_commit(
    audited: Audited, *parents: bytes, files: dict[str, bytes], signer: str = "alice"
) -> bytes:
    """Add a commit with these files, and the usual authorizations."""
    audited.maker.date += 60
    objects = audited.maker.objects
    every = {".authorizations": listing({"alice": ["alice"], "bob": ["bob"]}), **files}
    tree = commits.add_tree(
        objects,
        {name: (REGULAR, commits.add(objects, "blob", text)) for name, text in every.items()},
    )
    raw = commits.commit_content(
        tree, parents or tuple(audited.made[-1:]), date=audited.maker.date, message=b"Files\n"
    )
    audited.made.append(
        commits.add(objects, "commit", commits.signed_by(raw, openpgp.key(signer).sign))
    )
    return audited.made[-1]


def use(audited: Audited, name: str, *arguments: object) -> Any:
    return audited.json("--key", fingerprint(name), *arguments)["key_use"]


def test_commits_and_paths(audited: Audited) -> None:
    tree_commit(audited, files={"a": b"1", "d/x": b"1", "d/e/y": b"1"})
    tree_commit(audited, files={"a": b"2", "d/x": b"1", "d/e/y": b"1"}, signer="bob")
    tree_commit(audited, files={"a": b"2", "d/x": b"2"}, signer="bob")
    tree_commit(audited, files={"a": b"2", "d": b"a file now"}, signer="bob")
    tree_commit(audited, files={"a": b"3", "d": b"a file now"})
    found = use(audited, "bob")
    assert [one["commit"] for one in found["commits"]] == [c.hex() for c in audited.made[1:4]]
    assert [one["paths"] for one in found["commits"]] == [["a"], ["d/e/y", "d/x"], ["d", "d/x"]]
    assert all(one["complete"] and one["claimed"] == "verified" for one in found["commits"])
    assert found["paths"] == [
        {"path": "a", "commits": 1},
        {"path": "d", "commits": 1},
        {"path": "d/e/y", "commits": 1},
        {"path": "d/x", "commits": 2},
    ]
    assert found["listed_for"] == ["bob"]
    assert found["without_trees"] == 0


def test_merges_are_compared_with_their_first_parent(audited: Audited) -> None:
    tree_commit(audited, files={"a": b"1"})
    left = tree_commit(audited, files={"a": b"1", "left": b""})
    right = tree_commit(audited, audited.made[0], files={"a": b"1", "right": b""})
    tree_commit(audited, left, right, files={"a": b"1", "left": b"", "right": b""}, signer="bob")
    (found,) = use(audited, "bob")["commits"]
    assert found["merge"]
    assert found["paths"] == ["right"]


def test_the_introduction_counts_as_well(audited: Audited) -> None:
    audited.commit()
    audited.commit()
    audited.commit(signer="bob")
    own = [commit.hex() for commit in audited.made]
    found = use(audited, "alice")
    assert [one["commit"] for one in found["commits"]] == own[:2]
    (first, _) = found["commits"]
    assert (first["state"], first["claimed"], first["person"]) == ("trusted", "verified", "")
    assert first["paths"] == [".authorizations", "pkgs/a.nix"]
    assert first["signer"] == fingerprint("alice")
    assert [one["commit"] for one in use(audited, "bob")["commits"]] == own[2:]
    text = audited.run("--key", fingerprint("alice")).out
    assert f"{own[0][:12]}  2023-11-14  trusted" in text
    assert "introduction: A change" in text


def test_where_the_introduction_is_not_asked_about(audited: Audited) -> None:
    before = audited.maker.commit()
    audited.commit(before)
    audited.commit()
    audited.commit()
    own = [commit.hex() for commit in audited.made]

    def asked(*arguments: object) -> list[str]:
        return [one["commit"] for one in use(audited, "alice", *arguments)["commits"]]

    assert asked() == own
    assert asked("--since", own[0]) == own[1:]
    assert asked("--since", own[1]) == own[2:]
    assert asked("--since", before.hex()) == own  # it does not reach the introduction
    assert asked("--since", "2023-11-14T22:15:30Z") == own[1:]
    assert asked(f"{own[1]}..main") == own[2:]
    assert asked(f"{own[0]}..main") == own[1:]
    assert asked(own[0]) == own[:1]


def test_since(audited: Audited) -> None:
    for signer in ("alice", "bob", "alice", "bob"):
        audited.commit(signer=signer)
    first = audited.made[1].hex()
    found = use(audited, "bob", "--since", first)
    assert found["since"] == first
    assert [one["commit"] for one in found["commits"]] == [audited.made[3].hex()]
    assert len(use(audited, "bob", "--since", "2023-11-14")["commits"]) == 2
    assert use(audited, "bob", "--since", "2023-11-15")["commits"] == []
    assert len(use(audited, "bob", "--since", "2023-11-14T22:16:00Z")["commits"]) == 1
    assert (
        "no date" in audited.run("--key", fingerprint("bob"), "--since", "2023-13-01", code=2).err
    )
    assert "--key" in audited.run("--since", "2023-11-14", code=2).err
    audited.run("--key", "bob", code=2)


def test_where_there_are_no_trees(audited: Audited) -> None:
    tree_commit(audited, files={"a": b"1", "d/x": b"1"})
    tree_commit(audited, files={"a": b"1", "d/x": b"2"}, signer="bob")
    tree_commit(audited, files={"a": b"1", "d/x": b"2", "z": b""}, signer="bob")
    repository = audited.write()
    for oid, (kind, content) in audited.maker.objects.items():
        if kind == "tree" and content.startswith(b"100644 x\0"):
            loose(repository, oid).unlink()
    found = use(audited, "bob")
    assert [one["paths"] for one in found["commits"]] == [["d/"], ["z"]]
    assert [one["complete"] for one in found["commits"]] == [False, True]
    assert found["without_trees"] == 1
    assert "trees are not all in this repository" in audited.run("--key", fingerprint("bob")).out


def test_refused_commits_count_too(audited: Audited) -> None:
    audited.commit()
    audited.commit(signer="mallory")
    audited.commit(signer="mallory", people=("alice", "bob", "mallory"))
    audited.commit(signer="bob")
    found = use(audited, "mallory")
    states = [(one["state"], one["reason"], one["claimed"]) for one in found["commits"]]
    assert states == [
        ("refused", "unauthorized-key", "verified"),
        ("refused", "no-trusted-parent", "verified"),
    ]
    assert found["listed_for"] == []


def test_a_forged_signature(audited: Audited) -> None:
    audited.commit()
    good = audited.maker.objects[audited.commit(signer="bob")][1]
    bad = good.replace(b"A change", b"B change")
    audited.made.append(commits.add(audited.maker.objects, "commit", bad))
    (found,) = use(audited, "bob")["commits"]
    assert (found["claimed"], found["reason"]) == ("forged", "bad-signature")


def test_a_key_that_is_not_at_hand(audited: Audited) -> None:
    audited.keys = ("alice", "bob")
    audited.commit()
    audited.commit(signer="mallory")
    (found,) = use(audited, "mallory")["commits"]
    assert (found["reason"], found["claimed"]) == ("missing-key", "claimed")
    assert use(audited, "carol")["commits"] == []


def test_changes_of_the_authorizations_among_them(audited: Audited) -> None:
    audited.commit()
    audited.commit(signer="bob", people=("alice", "bob", "carol"))
    found = use(audited, "bob")
    assert found["grants"] == [audited.made[1].hex()]
    assert (
        "changes of the authorizations among them: 1"
        in audited.run("--key", fingerprint("bob")).out
    )


def test_a_subkey_counts_for_its_primary_key(audited: Audited) -> None:
    bob = openpgp.key("bob")
    laptop = bob.subkey("laptop")
    audited.files["bob.key"] = bob.certificate(subkeys=[laptop])
    tree_commit(audited, files={"a": b"1"})
    unsigned = commits.commit_content(
        commits.add_tree(
            audited.maker.objects,
            {
                ".authorizations": (
                    REGULAR,
                    commits.add(
                        audited.maker.objects,
                        "blob",
                        listing({"alice": ["alice"], "bob": ["bob"]}),
                    ),
                )
            },
        ),
        (audited.made[-1],),
        date=audited.maker.date,
    )
    signed = commits.signed_by(unsigned, laptop.sign)
    audited.made.append(commits.add(audited.maker.objects, "commit", signed))
    found = use(audited, "bob")
    assert [one["signer"] for one in found["commits"]] == [laptop.fingerprint]
    assert found["keys"] == sorted([laptop.fingerprint, bob.fingerprint])
    other = audited.json("--key", laptop.fingerprint)["key_use"]
    assert len(other["commits"]) == 1
    notes = {one["fingerprint"] for one in audited.json()["keys"] if one["state"] == "never-used"}
    assert bob.fingerprint not in notes
