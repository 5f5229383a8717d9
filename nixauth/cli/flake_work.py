"""What `nixauth flake` does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from nixauth import nix_program
from nixauth.channels import flakes, relock
from nixauth.channels.flakes import Finding, Standing
from nixauth.channels.values import Channel, Obstacle, Outcome, Pin
from nixauth.cli import channel_update, common
from nixauth.cli.channel_apply import rewrite
from nixauth.cli.channel_options import all_channels
from nixauth.display import printable
from nixauth.errors import ChangedFileError, UsageError
from nixauth.model import ObjectId
from nixauth.pins import flake_lock
from nixauth.pins.inputs import Input
from nixauth.reports import channels as channel_report
from nixauth.reports import flakes as report
from nixauth.reports.text import Background

_SILENT = channel_update.Wishes(quiet=True)
_NO_BACKGROUND = Background(lambda _commit: None, lambda _key: "", quiet=True)


def check(path: Path, config: Path | None, *, require_all: bool, as_json: bool, quiet: bool) -> int:
    """Hold a lock against the channels, say what was found, and return the exit code."""
    lock = flake_lock.read(_content(path))
    findings = _check(lock, all_channels(config), quiet=quiet)
    if as_json:
        document = report.document(lock, findings, require_all=require_all)
        common.emit(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
    else:
        _tell(lock, findings, require_all=require_all, quiet=quiet)
    return _code(findings, require_all=require_all)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}",
            "Go to the flake, or name its flake.lock.",
        ) from error


def _check(lock: flake_lock.Lock, channels: Mapping[str, Channel], *, quiet: bool) -> list[Finding]:
    wishes = channel_update.Wishes(quiet=quiet)
    return flakes.check(lock, channels, partial(channel_update.look, wishes))


def _tell(
    lock: flake_lock.Lock, findings: Sequence[Finding], *, require_all: bool, quiet: bool
) -> None:
    for finding in findings:
        outcome = finding.outcome
        background = channel_update.background(outcome) if outcome is not None else _NO_BACKGROUND
        lines = report.text(finding, background, require_all=require_all, quiet=quiet)
        common.emit("".join(lines))
    for line in report.remarks(lock):
        common.note(line.rstrip("\n"))


def _code(findings: Sequence[Finding], *, require_all: bool) -> int:
    if any(finding.refused(require_all=require_all) for finding in findings):
        return common.REFUSED
    if any(finding.standing is Standing.UNDECIDED for finding in findings):
        return common.UNDECIDED
    return common.AUTHENTIC


def update(
    path: Path, named: Sequence[str], config: Path | None, *, in_place: bool, quiet: bool
) -> int:
    """Lock inputs to what their channels are at, and return the exit code."""
    content = _content(path)
    lock = flake_lock.read(content)
    channels = all_channels(config)
    wanted = _wanted(lock, named, channels)
    pins: dict[str, Pin] = {}
    for channel in {channel.name: channel for channel in wanted.values()}.values():
        outcome = channel_update.ask(channel, channel_update.Wishes(quiet=quiet))
        if outcome.pin is None or not quiet:
            _tell_outcome(outcome)
        if outcome.pin is None:
            common.note(f"{path} was left as it is")
            return common.CODES[outcome.verdict]
        pins |= {node: outcome.pin for node, one in wanted.items() if one == channel}
    moving = {
        node: pin
        for node, pin in pins.items()
        if not relock.is_at(lock.inputs[node], pin)
        and not _is_ahead(lock.inputs[node], wanted[node], pin)
    }
    made = _made(path, content, moving, in_place=in_place)
    after = flake_lock.read(made)
    findings = _check(after, channels, quiet=quiet)
    code = _code(findings, require_all=False)
    if code != common.AUTHENTIC:
        _tell(after, findings, require_all=False, quiet=True)
        common.note(f"{path} was left as it is: the lock that would have been written is refused")
        return code
    written = rewrite(path, lambda now: _still(path, content, now, made))
    if not quiet:
        common.emit("".join(report.changes(lock, after, findings)))
        common.emit(f"{path}: {'written' if written else 'nothing new'}\n")
    return common.AUTHENTIC


def _tell_outcome(outcome: Outcome) -> None:
    common.emit("".join(channel_report.text(outcome, channel_update.background(outcome))))


def _wanted(
    lock: flake_lock.Lock, named: Sequence[str], channels: Mapping[str, Channel]
) -> dict[str, Channel]:
    """Return the channel of each node that is to be locked anew; raises UsageError."""
    nodes: list[Input] = []
    for name in named:
        found = lock.at(name)
        if found is None:
            raise UsageError(f"the lock has no input {name!r}", "nixauth flake check lists them.")
        nodes.append(found)
    wanted = {}
    for one in nodes or lock.inputs.values():
        channel = flakes.channel_of(one, channels)
        name = "/".join(one.own)
        if isinstance(channel, Channel):
            flakes.refuse_unmovable(one, channel)
            wanted[one.name] = channel
        elif channel.standing is not Standing.UNAUTHENTICATED:
            hint = report.NEXT[channel.standing]
            raise UsageError(f"{name} is {channel.standing.value}: {channel.detail}", hint)
        elif nodes:
            raise UsageError(
                f"{name} is unauthenticated: {channel.detail}",
                "nixauth channel add configures a channel for its repository.",
            )
    if not wanted:
        raise UsageError(
            "no input of this lock has a channel", "nixauth channel add configures one."
        )
    return wanted


def _is_ahead(one: Input, channel: Channel, pin: Pin) -> bool:
    """Say whether an input is locked to an authentic commit that follows on the pin: it stays.

    A server may have gone back. Where the commit is not on the branch any more, a check refuses
    it; where it never came here, nobody can know, and that is said.
    """
    if one.rev in {None, pin.commit.hex()} or not flakes.is_sha1(one.rev):
        return False
    way, commit = "/".join(one.own), ObjectId(bytes.fromhex(one.rev))
    if not channel_update.is_there(channel, commit):
        common.note(
            f"warning: {printable(way)} was locked to {one.rev}, which the branch"
            f" {channel.branch} of {channel.url} does not have"
        )
        return False
    found = flakes.check_one(one, channel, partial(channel_update.look, _SILENT))
    left = found.outcome is not None and found.outcome.obstacle is Obstacle.NOT_PUBLISHED_THERE
    if found.standing is not Standing.AUTHENTIC and not left:
        return False
    common.note(f"{printable(way)} stays: it is ahead of the channel's {pin.commit.hex()}")
    return True


def _made(path: Path, content: bytes, pins: Mapping[str, Pin], *, in_place: bool) -> bytes:
    if not pins:
        return content
    if nix_program.is_there() and not in_place:
        return relock.by_nix(path.parent, content, pins)
    return relock.in_place(content, pins, reads_objects=relock.nix_reads_objects())


def _still(path: Path, before: bytes, now: bytes, made: bytes) -> bytes:
    if now != before:
        raise ChangedFileError(
            f"{path} was changed by somebody else meanwhile, and was left as it is",
            "Do it again.",
        )
    return made
