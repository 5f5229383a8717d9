"""Fuzz the readers of authorizations files: every input is read in both formats."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator

import yaml

from nixauth.authorizations import native, read, read_all_problems, read_with_places, sniff
from nixauth.authorizations.problems import Reading
from nixauth.authorizations.ssh_keys import SshKey, read_ssh_key
from nixauth.lint import lint
from nixauth.model import Authorizations, FileFormat, HistoryMode, Problem
from nixauth.ssh_keys import ssh_fingerprint
from nixauth.text_problems import MAX_PROBLEMS, fits_one_line
from tests.fuzz import real, vectors
from tests.fuzz.harness import ROOT, splice, stretch
from tests.fuzz.texts import check_shown
from tests.support import scenario

F1 = "3CE464558A84FDC69DB40CFB090B11993D9AEBB5"
F1_SPACED = "3CE4 6455 8A84 FDC6 9DB4  0CFB 090B 1199 3D9A EBB5"
F2 = "968479A1AFF927E37D1A566BB5690EEEBB952194"
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGeUAJiMrWPXg/b0IusL0lJj6139c8NlmH6uTMPsaB9s"

ONE_IN = 4
DICTIONARY = tuple(
    text.encode()
    for text in (
        *["version: 1\n", "history: trusted-path\n", "history: every-commit\n", "people:\n"],
        *[
            "  a:\n",
            "    keys:\n",
            f"      - {F1}\n",
            f"      - {ED25519}\n",
            "    service: true\n",
        ],
        *[
            "service: false",
            "---\n",
            "...\n",
            "? ",
            ": ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            " #",
            "|-\n",
        ],
        *[
            ">+\n",
            "|",
            "&a ",
            "*a",
            "!!str ",
            "! ",
            "%YAML 1.1\n",
            "'",
            '"',
            "''",
            "\\x41",
            "\\u0041",
        ],
        *[
            "\\U00110000",
            "\\ud800",
            "\\\n",
            "\t",
            "\r\n",
            "\r",
            "\u00e9",
            "\u00a0",
            "\u2028",
            "\u202e",
        ],
        *["\ufeff", "\U0001f600", "\0", "true", "~", "0x1", "<<", F1, F1_SPACED, F2, "A" * 64],
        *["(authorizations", "(version 0)", f'("{F1}" (name "x"))', f'("{F2}")', "(name", "(", ")"],
        *[";x\n", "#|", "|#", "#;", " . ", "\\n", "\\x41;", "+0", "00", "ssh-rsa ", "ssh-dss "],
        *[
            "sk-ssh-ed25519@openssh.com ",
            "ecdsa-sha2-nistp256 ",
            "ssh-ed25519-cert-v01@openssh.com ",
        ],
    )
)
_NAMES = re.compile("[0-9A-F]{40}|[0-9A-F]{64}|SHA256:[A-Za-z0-9+/]{43}")

_FILES = (
    f"version: 1\nhistory: trusted-path # c\npeople:\n  a:\n    keys:\n      - {F1_SPACED}   # x\n",
    f"version: 1\npeople:\n  f:\n    service: true\n    keys:\n    - {F2}\n    - {ED25519} a@b\n",
    f"{{version: \"1\", people: {{a: {{keys: [{F1_SPACED}, '{F2}'], service: false}}}}}}\n",
    f"---\n? version\n: '1'\n? people\n: \"b\\x41\":\n    keys: [{F2}]\n...\n",
    f"version: 1\r\npeople:\r\n  a:\r\n   keys:\r\n   - >-\r\n      {F1}\r\n   - |-\r\n      {F2}",
    f'people: {{"a":{{"keys":["{F1}"]}}, b: {{\n keys:\n [{F2}]}}}}\nversion: "1"\n',
    "version: 1\npeople:\n  a:\n    keys: []\n  a: {x: 1, service: maybe}\n  '': 3\n",
    f'(authorizations\n (version 0)\n (("{F1_SPACED}" (name "alice"))))\n',
    f';x\n(authorizations #;y (version 0)\n (("{F2}" (name "a\\x41")) #|z|# ("{F1}"))) ; end\n',
    f'(authorizations (version 0) (("{F1}" (name "\\n")) ("{F1}") ("{F2}" (name 1) x)) (x . y))',
)


def seeds() -> Iterator[bytes]:
    """Small files of both formats, those of the scenarios, and some of real histories."""
    yield from (text.encode() for text in _FILES)
    seen = set()
    for path in sorted((ROOT / "fixtures" / "scenarios").glob("*.yaml")):
        for kind, content in scenario.build(scenario.load(path)).objects.values():
            shape = re.sub(rb"[0-9A-F]{4}", b"", content)
            if kind == "blob" and shape not in seen:
                seen.add(shape)
                yield content
    yield from sorted(vectors.authorizations())
    for content in real.objects(real.BLOB, most=2000):
        if b"(authorizations" in content:
            yield content


def check(data: bytes) -> None:
    """Read a file in both formats, and look at it with `lint`."""
    assert sniff(data) in FileFormat
    for kind in FileFormat:
        reading = read_with_places(kind, data)
        _check_reading(kind, reading, data)
        answer = read(kind, data)
        authorizations = reading.authorizations
        assert answer == (reading.problems[0] if authorizations is None else authorizations)
        assert read_all_problems(kind, data) == (authorizations, reading.problems)
        _check_lint(kind, reading, data)


def compare(data: bytes) -> None:
    """PyYAML's own parser and libyaml's give the same answer."""
    # The former looks at every open bracket of the last 1024 characters for each token.
    if data.count(b"{") + data.count(b"[") <= 50:
        assert _verdict(data, native.DEFAULT_LOADER) == _verdict(data, yaml.SafeLoader)


def _verdict(data: bytes, loader: type) -> object:
    reading = native.read(data, loader)
    return reading.authorizations and (reading.authorizations, reading.keys, reading.people)


def _check_reading(kind: FileFormat, reading: Reading, data: bytes) -> None:
    assert (reading.authorizations is None) == bool(reading.problems)
    assert len(reading.problems) <= MAX_PROBLEMS
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    for problem in (*reading.problems, *reading.remarks):
        assert type(problem) is Problem
        assert fits_one_line(problem.message)
        check_shown(problem.message)
        _check_place(problem.line, problem.column, lines)
    for place in (*reading.keys.values(), *reading.people.values()):
        _check_place(*place, lines)
    for name in reading.keys:
        assert _NAMES.fullmatch(name)
    if reading.authorizations is not None:
        _check_accepted(kind, reading, reading.authorizations, data)


def _check_place(line: int, column: int, lines: list[str]) -> None:
    assert 1 <= line <= len(lines) + 1
    assert column >= 1
    if line <= len(lines):
        assert column <= len(lines[line - 1]) + 1


def _check_accepted(kind: FileFormat, reading: Reading, found: Authorizations, data: bytes) -> None:
    assert type(found) is Authorizations
    assert found.content == data
    names = [person.name for person in found.people]
    keys = [key for person in found.people for key in person.keys]
    assert len(set(names)) == len(names) > 0
    assert len(set(keys)) == len(keys)
    assert all(person.keys for person in found.people)
    assert all(fits_one_line(name) and name.strip() for name in names)
    assert found.holders == {key: person for person in found.people for key in person.keys}
    assert set(reading.keys) == set(keys)
    assert set(reading.people) == set(names)
    assert {key for key in keys if key.startswith("SHA256:")} == set(found.ssh_keys)
    assert all(ssh_fingerprint(blob) == key for key, blob in found.ssh_keys.items())
    if kind is FileFormat.GUIX:
        assert found.history is HistoryMode.EVERY_COMMIT
        assert not any(person.service for person in found.people)
        assert not found.ssh_keys
    again = read(FileFormat.NATIVE, _written(found))
    assert type(again) is Authorizations, again
    assert (again.history, again.people, again.ssh_keys) == (
        found.history,
        found.people,
        found.ssh_keys,
    )


def _written(found: Authorizations) -> bytes:
    """Write what was read in one plain form of this project's format."""
    lines = ['version: "1"', f"history: {found.history.value}", "people:"]
    for person in found.people:
        lines += [f"  ? {json.dumps(person.name)}", f"  : service: {str(person.service).lower()}"]
        lines.append("    keys:")
        for key in person.keys:
            blob = found.ssh_keys.get(key)
            if blob is None:
                lines.append(f"      - {key}")
                continue
            kind = blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode("ascii")
            text = f"{kind} {base64.b64encode(blob).decode('ascii')}"
            assert read_ssh_key(text) == SshKey(key, blob)
            lines.append(f"      - {text}")
    return ("\n".join(lines) + "\n").encode()


def _check_lint(kind: FileFormat, reading: Reading, data: bytes) -> None:
    asked: list[str] = []
    findings = lint(kind, data, lambda key: bool(asked.append(key)))
    assert sorted(asked) == sorted(key for key in reading.keys if not key.startswith("SHA256:"))
    errors = [(one.line, one.column, one.message) for one in findings if one.severity == "error"]
    found = reading.authorizations
    if found is None:
        assert errors == [(one.line, one.column, one.message) for one in reading.problems]
    else:
        assert bool(errors) == all(person.service for person in found.people)
    for one in findings:
        assert one.severity in {"error", "warning"}
        assert fits_one_line(one.message)
        check_shown(one.message)
    assert findings == sorted(findings, key=lambda one: (one.line, one.column))


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Put tokens in, move, double and indent lines; or stretch a part."""
    what = rng.randrange(10)
    if what == 0:
        return stretch(data, rng)
    if what < 6:
        return splice(data, rng, DICTIONARY)
    lines = data.split(b"\n")
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    match what:
        case 6:
            lines.insert(to, lines[at])
        case 7:
            lines.insert(to, lines.pop(at))
        case 8:
            del lines[at]
        case _:
            indent = rng.choice((b" ", b"  ", b"    "))
            line = lines[at]
            lines[at] = line.removeprefix(indent) if line.startswith(indent) else indent + line
    return b"\n".join(lines)
