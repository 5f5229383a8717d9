"""What lint says of a file that is well formed or not."""

import pytest

from nixauth.lint import Finding, lint
from nixauth.model import FileFormat

F1 = "3CE464558A84FDC69DB40CFB090B11993D9AEBB5"
F2 = "968479A1AFF927E37D1A566BB5690EEEBB952194"
F3 = "27D586A4F8900854329FF09F1260E46482E63562"
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGeUAJiMrWPXg/b0IusL0lJj6139c8NlmH6uTMPsaB9s"

TWO = f"version: 1\npeople:\n  alice: {{keys: [{F1}]}}\n  bob: {{keys: [{F2}, {SSH}]}}\n"


def native(text: str, *lacking: str) -> list[Finding]:
    return lint(FileFormat.NATIVE, text.encode(), lambda key: key not in lacking)


def guix(entries: str) -> list[Finding]:
    return lint(FileFormat.GUIX, f"(authorizations (version 0)\n ({entries}))".encode())


def test_nothing_to_say() -> None:
    assert native(TWO) == []
    assert lint(FileFormat.NATIVE, TWO.encode()) == []
    assert guix(f'("{F1}" (name "a")) ("{F2}" (name "b"))') == []


def test_every_problem_is_an_error() -> None:
    findings = native(TWO.replace("1\n", "2\n", 1).replace(F1, F1[1:]))
    assert [(f.line, f.column, f.severity) for f in findings] == [
        (1, 10, "error"),
        (3, 18, "error"),
    ]
    assert "39" in findings[1].message


def test_keys_that_the_keyring_lacks() -> None:
    assert native(TWO, F1, F2) == [
        Finding(3, 18, "warning", f"the keyring lacks {F1}"),
        Finding(4, 16, "warning", f"the keyring lacks {F2}"),
    ]


def test_they_are_told_in_a_file_with_problems_too() -> None:
    findings = native(TWO + "foo: 1\n", F2)
    assert [(f.line, f.severity) for f in findings] == [(4, "warning"), (5, "error")]


def test_ssh_keys_are_not_asked_for() -> None:
    asked: list[str] = []
    lint(FileFormat.NATIVE, TWO.encode(), lambda key: not asked.append(key))
    assert asked == [F1, F2]


@pytest.mark.parametrize(("more", "spare"), [("", True), (f", {F3}", False)])
def test_only_one_person(more: str, spare: bool) -> None:
    text = (
        f"version: 1\npeople:\n  forge: {{service: true, keys: [{F2}]}}\n"
        f"  alice: {{keys: [{F1}{more}]}}\n"
    )
    (finding,) = native(text)
    assert (finding.line, finding.column, finding.severity) == (4, 3, "warning")
    assert '"alice" is the only person' in finding.message
    assert ("no spare key" in finding.message) == spare


def test_only_services() -> None:
    (finding,) = native(f"version: 1\npeople:\n  forge: {{service: true, keys: [{F2}]}}\n")
    assert (finding.line, finding.severity) == (1, "error")
    assert "only services" in finding.message


def test_remarks_on_guix_files() -> None:
    findings = guix(f'("{F1}" (name "a\\n"))\n ("{F2}" (name "b")) ("{F2}")')
    assert [(f.line, f.severity) for f in findings] == [(2, "warning"), (3, "warning")]
    assert "listed already" in findings[1].message


def test_hidden_characters_in_guix_files() -> None:
    findings = guix(f'("{F1}" (name "a")) ; \t \u202e\n ("{F2}")')
    assert [(f.line, f.column, f.severity) for f in findings] == [(2, 63, "warning")]
    assert "U+202E" in findings[0].message
