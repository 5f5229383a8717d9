"""What is printed is rendered first; only writing can find that nobody reads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Self

import pytest

from nixauth.cli import common
from nixauth.reports import json as json_report
from nixauth.reports import text as text_report
from tests.unit.cli.places import Place


class Sink(io.StringIO):
    """Remembers how much was written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    @classmethod
    def put(cls, monkeypatch: pytest.MonkeyPatch) -> Self:
        """Put one in the place of standard output; not in a fixture, pytest changes it later."""
        made = cls()
        monkeypatch.setattr(common.sys, "stdout", made)
        return made

    def write(self, text: str) -> int:
        self.sizes.append(len(text))
        return super().write(text)


def pieces(count: int, error: BaseException | None = None) -> Iterator[str]:
    for number in range(count):
        yield f"{number:>999}\n"
    if error is not None:
        raise error


@pytest.mark.parametrize("count", [0, 1, 64, 65, 66, 131, 132, 1000])
def test_pieces_are_written_in_blocks(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Sink.put(monkeypatch)
    common.emit(pieces(count))
    assert sink.getvalue() == "".join(pieces(count))
    assert all(common._BLOCK <= size < common._BLOCK + 1000 for size in sink.sizes[:-1])
    assert 0 not in sink.sizes


@pytest.mark.parametrize("error", [ValueError("no"), BrokenPipeError("of another pipe")])
def test_what_cannot_be_rendered_says_nothing(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Sink.put(monkeypatch)
    with pytest.raises(type(error)):
        common.emit(pieces(60, error))
    assert sink.sizes == []


def test_what_cannot_be_rendered_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Sink.put(monkeypatch)
    with pytest.raises(BrokenPipeError):
        common.emit(pieces(100, BrokenPipeError("of another pipe")))
    assert len(sink.sizes) == 1


def test_nothing_is_rendered_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Sink):
        def flush(self) -> None:
            raise BrokenPipeError

    gone = Gone.put(monkeypatch)
    common.emit(pieces(100, AssertionError("nobody reads that")))
    assert len(gone.sizes) == 1


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("error", [OSError("the disk is gone"), BrokenPipeError("another pipe")])
def test_a_verdict_that_cannot_be_rendered_is_undecided(
    place: Place, monkeypatch: pytest.MonkeyPatch, form: str, error: OSError
) -> None:
    """Neither the word `authentic` nor its exit code."""
    module = json_report if form == "json" else text_report
    original = module.render

    def render(*arguments: object) -> Iterator[str]:
        yield from original(*arguments)  # type: ignore[arg-type]
        raise error

    monkeypatch.setattr(module, "render", render)
    result = place.verify("--format", form)
    assert (result.code, result.out) == (3, "")
    assert result.err == f"undecided: {error}\n"
