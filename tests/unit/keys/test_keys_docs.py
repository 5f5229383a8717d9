"""docs/keys.md and docs/json.md say what `nixauth keys` says."""

from __future__ import annotations

import dataclasses
import re
import typing

from nixauth.keys import check, ssh
from nixauth.keys.inventory import (
    CertificateEntry,
    Inventory,
    KeyEntry,
    SshEntry,
    SubkeyEntry,
)
from nixauth.keys.sources import Listed
from nixauth.model import Authorizations, Fingerprint, HistoryMode, ObjectId
from nixauth.reports import keys as report
from tests.support.vectors import sshsig
from tests.unit.test_docs import DOCS, flat, rows

KEY = Fingerprint("A" * 40)
KINDS = {kind.kind: kind for kind in typing.get_args(check.Finding)}
TYPES = {
    "str": "string",
    "Fingerprint": "string",
    "int": "number",
    "bool": "boolean",
    "tuple[str, ...]": "list of strings",
    "tuple[Fingerprint, ...]": "list of strings",
}


def listed() -> Listed:
    nobody = Authorizations(b"", HistoryMode.EVERY_COMMIT, ())
    return Listed(ObjectId(bytes(20)), ".authorizations", nobody)


def test_fields_of_list() -> None:
    key = KeyEntry(KEY, "RSA 2048", 2048, 1, None, revoked=False, person="", fault="")
    certificate = CertificateEntry(key, b"x", (SubkeyEntry(key, "", signs=True),), ())
    ssh_key = ssh.from_blob(sshsig.ed25519("alice").blob)
    inventory = Inventory((certificate,), (SshEntry(ssh_key, "", ()),), ((KEY, "x"),), (), ())
    documented = [name for name, *_ in rows("json.md", "field of `keys list`", "type", "meaning")]
    said = list(flat(report.list_document(inventory, listed())))
    assert sorted(documented) == sorted(said)


def test_fields_of_check() -> None:
    document = report.check_document([check.Missing(KEY, "x")], listed())
    own = {f"findings[].{field.name}" for field in dataclasses.fields(check.Missing)}
    documented = [name for name, *_ in rows("json.md", "field of `keys check`", "type", "meaning")]
    assert documented == [name for name in flat(document) if name not in own]
    assert f"of their own, {report.SCHEMA}." in (DOCS / "json.md").read_text("utf-8")


def test_fields_of_findings() -> None:
    documented = {
        kind: list(zip(re.findall(r"[a-z_]+", names), types.split(", "), strict=True))
        for kind, names, types in rows("json.md", "finding", "field", "type")
    }
    assert documented == {
        kind: [(field.name, TYPES[str(field.type)]) for field in dataclasses.fields(finding)]
        for kind, finding in KINDS.items()
    }


def test_kinds_of_findings() -> None:
    table = rows("keys.md", "what `check` finds", "meaning", "exit code 1")
    assert {kind for kind, *_ in table} == set(KINDS)
    never = {kind for kind, _, when in table if when == "never"}
    assert never == {
        kind
        for kind, finding in KINDS.items()
        if next(f for f in dataclasses.fields(finding) if f.name == "fails").default is False
    }
