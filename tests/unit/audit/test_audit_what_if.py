"""What if: the history judged under a draft."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.support import commits, openpgp
from tests.unit.audit.conftest import Audited, fingerprint
from tests.unit.cli.places import listing

PATH = {"history": "trusted-path"}


def ask(
    audited: Audited, people: dict[str, list[str]], *arguments: object, history: str | None = None
) -> Any:
    draft = audited.box.folder / "draft"
    draft.write_bytes(listing(people, history))
    return audited.json("--authorizations", draft, *arguments)["what_if"]


def test_who_would_be_refused(audited: Audited) -> None:
    for signer in ("alice", "bob", "alice", "bob"):
        audited.commit(signer=signer)
    found = ask(audited, {"alice": ["alice"]})
    assert found["verdict"] == "refused"
    assert found["refused"] == {"no-trusted-parent": 2, "unauthorized-key": 1}
    assert found["newly_refused"] == found["refused"]
    (needed,) = found["needed"]
    assert (needed["reason"], needed["signer"], needed["commits"]) == (
        "unauthorized-key",
        fingerprint("bob"),
        2,
    )
    assert needed["first"]["commit"] == audited.made[1].hex()
    assert needed["last"]["commit"] == audited.made[3].hex()


def test_a_draft_that_changes_nothing(audited: Audited) -> None:
    for signer in ("alice", "bob", "alice"):
        audited.commit(signer=signer)
    found = ask(audited, {"alice": ["alice"], "bob": ["bob"]})
    assert found["verdict"] == "authentic"
    assert (found["trusted"], found["refused"], found["needed"]) == (2, {}, [])
    assert (
        "nobody has to do anything"
        in audited.run("--authorizations", audited.box.folder / "draft").out
    )


def test_a_more_generous_draft(audited: Audited) -> None:
    audited.commit()
    audited.commit(signer="mallory")
    found = ask(audited, {"alice": ["alice"], "mallory": ["mallory"]})
    assert (found["newly_trusted"], found["verdict"]) == (1, "authentic")


def test_unsigned_commits_and_the_two_modes(audited: Audited) -> None:
    first = audited.commit(**PATH)
    side = audited.commit(first, signer=None, **PATH)
    audited.commit(first, side, **PATH)
    audited.commit(signer=None, **PATH)
    every = ask(audited, {"alice": ["alice"]}, history="every-commit")
    assert every["considered"] == 3
    assert [(one["reason"], one["commits"]) for one in every["needed"]] == [("unsigned", 2)]
    assert re.fullmatch("[^<]+ <[^<>]+>", every["needed"][0]["who"])
    line = ask(audited, {"alice": ["alice"]}, history="trusted-path")
    assert line["considered"] == 2
    assert [(one["reason"], one["commits"]) for one in line["needed"]] == [("unsigned", 1)]
    demanded = ask(
        audited, {"alice": ["alice"]}, "--require", "every-commit", history="trusted-path"
    )
    assert demanded["history"] == "every-commit"
    assert demanded["considered"] == 3


def test_a_history_without_any_file(audited: Audited) -> None:
    objects = audited.maker.objects
    tree = commits.add_tree(objects, {"a": ("100644", commits.add(objects, "blob", b"a"))})
    for number, signer in enumerate(("alice", None, "bob")):
        raw = commits.commit_content(tree, tuple(audited.made[-1:]), date=1_700_000_000 + number)
        if signer is not None:
            raw = commits.signed_by(raw, openpgp.key(signer).sign)
        audited.made.append(commits.add(objects, "commit", raw))
    draft = audited.box.folder / "draft"
    draft.write_bytes(listing({"alice": ["alice"]}))
    found = audited.json("--authorizations", draft)
    assert found["historical"]
    needed = {(one["reason"], one["commits"]) for one in found["what_if"]["needed"]}
    assert needed == {("unsigned", 1), ("unauthorized-key", 1)}
    audited.json(code=1)


def test_a_range_limits_what_is_counted(audited: Audited) -> None:
    for signer in ("alice", "bob", "alice", "bob"):
        audited.commit(signer=signer)
    found = ask(audited, {"alice": ["alice"]}, f"{audited.made[2].hex()}..main")
    assert found["considered"] == 1
    assert found["needed"][0]["commits"] == 1


def test_drafts_that_are_no_good(audited: Audited, tmp_path: Path) -> None:
    audited.commit()
    audited.commit()
    (tmp_path / "bad").write_bytes(b"version: 9\n")
    assert "nixauth lint" in audited.run("--authorizations", tmp_path / "bad", code=2).err
    audited.run("--authorizations", tmp_path / "absent", code=2)


def test_a_draft_leaves_nothing_in_the_cache(audited: Audited) -> None:
    audited.commit()
    audited.commit()
    audited.run()
    before = sorted(path.name for path in audited.box.cache.iterdir())
    ask(audited, {"alice": ["alice"]})
    assert sorted(path.name for path in audited.box.cache.iterdir()) == before
