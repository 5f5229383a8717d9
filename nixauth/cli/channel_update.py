"""`nixauth channel update`, and what `nixauth gate` shares with it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nixauth.cache import cache_directory
from nixauth.channels.mirror import Limits
from nixauth.channels.mirror_files import opened
from nixauth.channels.own_directory import alone
from nixauth.channels.places import data_directory
from nixauth.channels.state import State
from nixauth.channels.trees import Trees
from nixauth.channels.update import Setting, update
from nixauth.channels.update import look as look_at
from nixauth.channels.values import Channel, Obstacle, Outcome, Pin
from nixauth.cli import common
from nixauth.cli.progress import Meter
from nixauth.cli.question import processors
from nixauth.display import printable
from nixauth.errors import ChangedFileError, NixauthError, UndecidedError, UsageError
from nixauth.keyring import open_keyring
from nixauth.model import Fingerprint, ObjectId, Verdict
from nixauth.reports import channels as report
from nixauth.reports.text import Background

Apply = Callable[[Pin, Trees], str]
"""Puts a pin somewhere, and says where in a line."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a channel is updated: see `nixauth channel update --help`."""

    quiet: bool = False
    as_json: bool = False
    downgrade: bool = False
    wanted: ObjectId | None = None
    timeout: int | None = None


def place_of(channel: Channel) -> Path:
    """Return the directory that is our own for a channel."""
    return data_directory() / "channels" / channel.name


def ask(channel: Channel, wishes: Wishes) -> Outcome:
    """Update one channel, with progress on standard error; raises NixauthError."""
    with Meter(quiet=wishes.quiet) as meter:
        setting = _setting(channel, meter, wishes)
        return update(channel, setting, wishes.wanted, downgrade=wishes.downgrade)


def look(wishes: Wishes, channel: Channel, commit: ObjectId) -> Outcome:
    """Ask about a commit of a channel, and leave its pin as it is; raises NixauthError."""
    with Meter(quiet=wishes.quiet) as meter:
        return look_at(channel, _setting(channel, meter, wishes), commit)


def is_there(channel: Channel, commit: ObjectId) -> bool:
    """Say whether a commit came with a channel that was updated; raises NixauthError."""
    return opened(place_of(channel) / "repository.git").has(commit)


def _setting(channel: Channel, meter: Meter, wishes: Wishes) -> Setting:
    silent = wishes.quiet or not sys.stderr.isatty()
    return Setting(
        place_of(channel),
        cache_directory(),
        int(time.time()),
        meter.update,
        None if silent else _show,
        processors(),
        Limits(whole=wishes.timeout) if wishes.timeout is not None else Limits(),
        lambda: common.note(f"{printable(channel.name)}: waiting for another update of it"),
    )


def _show(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def run(channels: Sequence[Channel], wishes: Wishes, apply: Sequence[Apply]) -> int:
    """Update channels one after the other, apply the pins, and return the exit code.

    1 where one was refused, else 2 where a place that was named will not do, else 3 where one could
    not be decided, or its pin not be put there. One that fails does not keep the others from being
    updated.
    """
    codes = set()
    documents: list[dict[str, Any]] = []
    for channel in channels:
        try:
            outcome = ask(channel, wishes)
        except UsageError:
            raise
        except NixauthError as error:
            codes.add(common.UNDECIDED)
            documents.append(report.failure(channel.name, error))
            common.note(f"{printable(channel.name)}: nothing was changed")
            common.complain(error)
            continue
        codes.add(common.CODES[outcome.verdict])
        placed, fault = _apply(outcome, apply)
        documents.append(report.document(outcome, placed, fault))
        if not wishes.as_json and not (wishes.quiet and outcome.verdict is Verdict.AUTHENTIC):
            common.emit("".join(report.text(outcome, background(outcome))))
            common.emit("".join(f"  {printable(line, 400)}\n" for line in placed))
        if fault is not None:
            codes.add(common.USAGE if isinstance(fault, UsageError) else common.UNDECIDED)
            common.complain(fault)
    if wishes.as_json:
        document = {"schema": report.SCHEMA, "channels": documents}
        common.emit(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
    worst = (common.REFUSED, common.USAGE, common.UNDECIDED)
    return next((code for code in worst if code in codes), 0)


def _apply(outcome: Outcome, apply: Sequence[Apply]) -> tuple[list[str], NixauthError | None]:
    """Put a pin where it is wanted, up to the first place that fails; it holds all the same."""
    placed: list[str] = []
    if outcome.pin is None or not apply:
        return placed, None
    try:
        with alone(place_of(outcome.channel)):
            _require_last(outcome.channel, outcome.pin)
            trees = trees_of(outcome.channel)
            for one in apply:
                placed.append(one(outcome.pin, trees))  # noqa: PERF401 - some may be put, then one fail
            if outcome.pin != outcome.before:
                trees.forget_others(outcome.pin, outcome.before)
    except NixauthError as error:
        return placed, error
    return placed, None


def _require_last(channel: Channel, pin: Pin) -> None:
    """Raise ChangedFileError where another update has moved the pin since."""
    last = State(place_of(channel) / "pin.json").last(channel.branch)
    if last is None or last.commit != pin.commit:
        raise ChangedFileError(
            f"another update has moved the pin of {channel.name} on from {pin.commit.hex()}",
            "Nothing was put anywhere by this one: what the other one put there is newer.",
        )


def is_ahead(channel: Channel, commit: ObjectId, pin: Pin) -> bool:
    """Say whether a commit is authentic, and follows on the pin: a file that has it stays there.

    A server may have gone back. Raises NixauthError where that cannot be decided.
    """
    if commit == pin.commit or not is_there(channel, commit):
        return False
    found = look(Wishes(quiet=True), channel, commit)
    left = found.obstacle is Obstacle.NOT_PUBLISHED_THERE
    return left or (found.pin is not None and found.report.verdict is Verdict.AUTHENTIC)


def trees_of(channel: Channel) -> Trees:
    """Return the trees of a channel that was updated before."""
    place = place_of(channel)
    return Trees(place, opened(place / "repository.git"))


def background(outcome: Outcome) -> Background:
    """Say where the text finds what a report does not hold."""
    try:
        repository = opened(place_of(outcome.channel) / "repository.git")
        keys = open_keyring(repository, outcome.channel.keyring)
    except NixauthError:
        return Background(lambda _commit: None, lambda _key: "", quiet=True)

    def content(commit: ObjectId) -> bytes | None:
        try:
            return repository.commit(commit)
        except UndecidedError:
            return None

    def owner(key: Fingerprint) -> str:
        try:
            facts = keys.certificates.facts(key)
        except UndecidedError:
            return ""
        return printable(facts.user_id, 100) if facts is not None and facts.user_id else ""

    return Background(content, owner, quiet=True)
