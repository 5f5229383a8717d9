"""What a mutant is: the package with one check taken out, and the suites that must notice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCENARIOS = "fixtures/scenarios"
"""Stands for all scenarios, asked in memory as tests/conformance asks them."""


class TableError(Exception):
    """The table does not fit the package any more."""


@dataclass(frozen=True)
class Edit:
    """In one file of the package, a text that occurs exactly once, and what replaces it."""

    file: str
    old: str
    new: str

    def apply(self, text: str) -> str:
        """Return the changed file; raises TableError unless the old text is there once."""
        count = text.count(self.old)
        if count != 1:
            raise TableError(f"{self.file} has this {count} times, not once:\n{self.old}")
        if self.old == self.new:
            raise TableError(f"{self.file}: nothing is changed:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Mutant:
    """A check taken out. `by` are the suites that are asked, test files or SCENARIOS."""

    name: str
    edits: tuple[Edit, ...]
    by: tuple[str, ...]

    def changed(self, package: Path) -> dict[str, str]:
        """Return the files as the mutant has them; raises TableError."""
        files: dict[str, str] = {}
        for edit in self.edits:
            text = files.get(edit.file) or (package / edit.file).read_text()
            files[edit.file] = edit.apply(text)
        for file, text in files.items():
            try:
                compile(text, file, "exec")
            except SyntaxError as error:
                raise TableError(f"{self.name}: {error}") from error
        return files


Row = tuple[str, str, str]
"""Name, old text, new text."""


def in_file(file: str, by: Sequence[str], rows: Iterable[Row]) -> list[Mutant]:
    """Return mutants of one edit each."""
    return [Mutant(name, (Edit(file, old, new),), tuple(by)) for name, old, new in rows]


def together(name: str, by: Sequence[str], *edits: Edit) -> Mutant:
    """Return a mutant that takes out a check which stands in several places by design."""
    return Mutant(name, edits, tuple(by))
