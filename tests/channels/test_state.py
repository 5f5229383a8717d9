"""The record of the last pins: what it says is all read, or nothing of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from nixauth.channels.state import State
from nixauth.channels.values import Pin
from nixauth.errors import DamagedRecordError
from nixauth.model import ObjectId

PIN = Pin(
    "it",
    "https://h.example/x",
    "main",
    ObjectId(b"\1" * 20),
    ObjectId(b"\2" * 20),
    f"sha256-{'A' * 43}=",
    f"sha256-{'B' * 43}=",
    1_600_000_000,
)


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "pin.json")


def test_there_and_back(state: State) -> None:
    assert state.last("main") is None
    state.record(PIN)
    other = dataclasses.replace(PIN, branch="other", archived_hash=None)
    state.record(other)
    assert (state.last("main"), state.last("other"), state.last("x")) == (PIN, other, None)
    assert state.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("branch", "other"),
        ("channel", 1),
        ("url", None),
        ("rev", "1" * 39),
        ("rev", "G" * 40),
        ("rev", "AB" * 20),
        ("rev", f"{'11' * 19} 11"),
        ("rev", 1),
        ("tree", "2" * 41),
        ("narHash", "sha256-x"),
        ("narHash", f"sha1-{'A' * 43}="),
        ("archivedNarHash", "x"),
        ("lastModified", "1"),
        ("lastModified", None),
        ("lastModified", 1.5),
    ],
)
def test_value_that_is_none(field: str, value: object, state: State) -> None:
    state.record(PIN)
    document: dict[str, Any] = json.loads(state.path.read_bytes())
    document["pins"]["main"][field] = value
    state.path.write_text(json.dumps(document))
    with pytest.raises(DamagedRecordError):
        state.last("main")
    with pytest.raises(DamagedRecordError):
        state.record(PIN)
    del document["pins"]["main"][field]
    state.path.write_text(json.dumps(document))
    with pytest.raises(DamagedRecordError):
        state.last("main")


def test_other_documents(state: State) -> None:
    state.record(PIN)
    good = state.path.read_bytes()
    for content in (
        b"null",
        b"[" * 100_000,
        good.replace(b'"schema": 1', b'"schema": 2'),
        b'{"schema": 1, "pins": []}',
        b'{"schema": 1, "pins": {"main": []}}',
        good + b" " * (1 << 20),
    ):
        state.path.write_bytes(content)
        with pytest.raises(DamagedRecordError):
            state.last("main")


def test_record_that_cannot_be_read(state: State) -> None:
    state.path.mkdir()
    with pytest.raises(DamagedRecordError):
        state.last("main")
