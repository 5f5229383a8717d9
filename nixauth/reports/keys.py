"""Keys and what is wrong with them, for people and for machines. docs/json.md has the fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, assert_never

from nixauth.display import printable
from nixauth.keys import check
from nixauth.keys.check import Finding
from nixauth.keys.inventory import CertificateEntry, Inventory, KeyEntry, SshEntry, SubkeyEntry
from nixauth.keys.sources import Listed

SCHEMA = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


# --- text ---


def list_text(inventory: Inventory, now: int) -> str:
    """Return a line for each key, the fingerprint first; subkeys are indented by two blanks."""
    lines: list[str] = []
    for entry in inventory.certificates:
        lines.append(_certificate_line(entry, now))
        lines += [f"  {_subkey_line(subkey, now)}" for subkey in entry.subkeys if subkey.signs]
    lines += [_ssh_line(ssh_key) for ssh_key in inventory.ssh_keys]
    for fingerprint, person in inventory.missing:
        lines.append(f"{fingerprint}  not at hand, listed for {_name(person)}")
    return "".join(f"{line}\n" for line in lines)


def _certificate_line(entry: CertificateEntry, now: int) -> str:
    parts = [*_key_parts(entry.key, now), _whose(entry.key.person)]
    if entry.user_id:
        parts.append(printable(entry.user_id, 100))
    return "  ".join(parts)


def _subkey_line(subkey: SubkeyEntry, now: int) -> str:
    bound = "bound" if not subkey.unbound else f"not bound: {subkey.unbound}"
    parts = [*_key_parts(subkey.key, now), "signing subkey", bound]
    if subkey.key.person:
        parts.append(_whose(subkey.key.person))
    return "  ".join(parts)


def _key_parts(key: KeyEntry, now: int) -> Iterator[str]:
    yield key.fingerprint
    yield key.algorithm
    yield f"created {_day(key.created)}"
    if key.expires is not None:
        yield f"{'expired' if key.expires <= now else 'expires'} {_day(key.expires)}"
    if key.revoked:
        yield "revoked"
    if key.fault:
        yield f"unusable: {printable(key.fault, 200)}"


def _ssh_line(entry: SshEntry) -> str:
    key = entry.key
    parts = [key.fingerprint, f"{key.type} {key.bits}", _whose(entry.person)]
    if key.fault:
        parts.insert(2, f"unusable: {key.fault}")
    return "  ".join([*parts, *([printable(key.comment, 100)] if key.comment else [])])


def _whose(person: str) -> str:
    return f"listed for {_name(person)}" if person else "listed for nobody"


def _name(person: str) -> str:
    return printable(person, 100)


def _day(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return f"{seconds} seconds since 1970"


def check_text(findings: Sequence[Finding]) -> str:
    """Return a line for each finding, its kind first, and a line that counts them."""
    lines = [f"{finding.kind}: {printable(message(finding), 600)}" for finding in findings]
    failing = sum(finding.fails for finding in findings)
    lines.append(
        f"{len(findings)} {'finding' if len(findings) == 1 else 'findings'},"
        f" {failing} of them about something listed that is missing or cannot count"
    )
    return "".join(f"{line}\n" for line in lines)


def message(finding: Finding) -> str:
    """Say in words what was found."""
    match finding:
        case check.Missing():
            return f"{finding.fingerprint} is listed for {finding.person}, and is not at hand"
        case check.Unusable():
            return f"{_subject(finding)} cannot count: {finding.detail}"
        case check.Unbound():
            return (
                f"{finding.fingerprint} does not stand for {finding.primary}"
                f" ({finding.person}): {finding.detail}"
            )
        case check.Revoked():
            return f"{_subject(finding)} is revoked"
        case check.Expired():
            return f"{_subject(finding)} expired on {_day(finding.expires)}"
        case check.Weak():
            return f"{_subject(finding)} has only {finding.bits} bits ({finding.algorithm})"
        case check.Unused():
            return f"{finding.fingerprint} is listed by nobody ({', '.join(finding.files)})"
        case check.DuplicateFile():
            return f"{finding.fingerprint} stands in {' and '.join(finding.files)}"
        case check.SharedKey():
            return f"{finding.fingerprint} is in the certificates {' and '.join(finding.primaries)}"
        case check.UnreadableFile():
            return finding.detail
        case _:
            assert_never(finding)


def _subject(finding: check.Unusable | check.Revoked | check.Expired | check.Weak) -> str:
    return f"{finding.fingerprint} ({finding.person or 'listed for nobody'})"


# --- JSON ---


def render(document: dict[str, Any]) -> str:
    """Return a document, ended by a newline."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def list_document(inventory: Inventory, listed: Listed | None) -> dict[str, Any]:
    """Return what `nixauth keys list` knows, as JSON values."""
    return {
        **_head(listed),
        "certificates": [_certificate(entry) for entry in inventory.certificates],
        "ssh_keys": [
            {
                "fingerprint": entry.key.fingerprint,
                "type": entry.key.type,
                "bits": entry.key.bits,
                "comment": entry.key.comment,
                "fault": entry.key.fault,
                "person": entry.person,
                "files": list(entry.files),
            }
            for entry in inventory.ssh_keys
        ],
        "missing": [
            {"fingerprint": fingerprint, "person": person}
            for fingerprint, person in inventory.missing
        ],
        "problems": list(inventory.problems),
    }


def check_document(findings: Sequence[Finding], listed: Listed) -> dict[str, Any]:
    """Return what `nixauth keys check` found, as JSON values."""
    return {
        **_head(listed),
        "ok": not any(finding.fails for finding in findings),
        "findings": [finding_document(finding) for finding in findings],
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return a finding's kind, its text, and its data."""
    found: dict[str, Any] = {"kind": finding.kind, "message": printable(message(finding), 600)}
    for field in fields(finding):
        value = getattr(finding, field.name)
        found[field.name] = list(value) if isinstance(value, tuple) else value
    return found


def _head(listed: Listed | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "commit": listed.commit.hex() if listed is not None else "",
        "path": listed.path if listed is not None else "",
    }


def _certificate(entry: CertificateEntry) -> dict[str, Any]:
    return {
        **_key(entry.key),
        "user_id": entry.user_id.decode("utf-8", "backslashreplace"),
        "files": list(entry.files),
        "subkeys": [
            {**_key(subkey.key), "bound": not subkey.unbound, "unbound": subkey.unbound}
            for subkey in entry.subkeys
            if subkey.signs
        ],
    }


def _key(key: KeyEntry) -> dict[str, Any]:
    return {field.name: getattr(key, field.name) for field in fields(key)}
