"""docs/audit.md says what the program does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nixauth.audit.values import KeyState, Reliance
from nixauth.reports.audit_csv import COLUMNS
from nixauth.reports.audit_json import SCHEMA
from tests.unit.audit.conftest import Audited, fingerprint
from tests.unit.cli.places import listing
from tests.unit.test_docs import DOCS, rows

PAGE = "audit.md"


def flat(value: Any, documented: frozenset[str], name: str = "") -> Iterator[str]:
    """Yield the names of a document's fields, down to those that the page describes as one."""
    if name in documented:
        yield name
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from flat(below, documented, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for below in value:
            yield from flat(below, documented, f"{name}[]")
    else:
        yield name


def test_fields(audited: Audited) -> None:
    path = {"history": "trusted-path", "people": ("alice", "bob")}
    first = audited.commit(**path)
    side = audited.commit(first, signer=None, **path)
    audited.commit(first, side, signer="bob", **path)
    audited.commit(signer="bob", history="trusted-path", people=("alice", "bob", "carol"))
    draft = audited.box.folder / "draft"
    draft.write_bytes(listing({"alice": ["alice"]}))
    found = audited.json("--key", fingerprint("bob"), "--authorizations", draft)
    documented = [row[0] for row in rows(PAGE, "field of `audit`", "type", "meaning")]
    assert documented == list(dict.fromkeys(flat(found, frozenset(documented))))
    (version,) = [
        row[2] for row in rows(PAGE, "field of `audit`", "type", "meaning") if row[0] == "schema"
    ]
    assert version == "the version of this document"
    assert f"`schema` of its own, {SCHEMA}," in (DOCS / PAGE).read_text("utf-8")


def test_columns() -> None:
    assert tuple(row[0] for row in rows(PAGE, "column", "meaning")) == COLUMNS


def test_words() -> None:
    words = [row[0] for row in rows(PAGE, "word", "meaning")]
    assert words == [one.value for one in (*Reliance, *KeyState)]
