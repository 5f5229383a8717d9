"""Where a pin is put once it holds: a link, a tarball, npins' file, a flake's lock."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from nixauth import durable
from nixauth.channels import relock
from nixauth.channels.trees import Trees
from nixauth.channels.values import Channel, Pin
from nixauth.cli.channel_update import Apply, is_ahead
from nixauth.errors import ChangedFileError, UsageError
from nixauth.model import ObjectId
from nixauth.pins import flake_lock, npins
from nixauth.pins.git_urls import normalized

_ID = re.compile(r"[0-9a-f]{40}")


def chosen(channels: Mapping[str, Channel], names: Sequence[str]) -> list[Channel]:
    """Return the channels of these names, or all; raises UsageError."""
    unknown = [name for name in names if name not in channels]
    if unknown:
        raise UsageError(
            f"no channel {unknown[0]!r} is configured", "nixauth channel list shows them."
        )
    if not channels:
        raise UsageError("no channel is configured", "nixauth channel add configures one.")
    return [channels[name] for name in dict.fromkeys(names)] or list(channels.values())


def wanted(
    channels: Sequence[Channel],
    *,
    directory: Path | None,
    tarball: Path | None,
    npins: Path | None,
    flake: tuple[Path, str] | None,
    downgrade: bool = False,
) -> list[Apply]:
    """Return what is to be done with a pin; raises UsageError where it is not clear whose.

    With `downgrade` files of others are written though what they have is ahead of the pin.
    """
    found: list[Apply] = []
    if directory is not None:
        found.append(partial(_link, directory))
    if tarball is not None:
        found.append(partial(_tarball, tarball))
    if npins is not None:
        found.append(partial(_npins, npins, channels[0], downgrade))
    if flake is not None:
        found.append(partial(_flake, *flake, channels[0], downgrade))
    if found and len(channels) != 1:
        raise UsageError(
            "a place was named, and more than one channel",
            "Name the one channel whose pin is to be put there.",
        )
    return found


def _link(link: Path, pin: Pin, trees: Trees) -> str:
    return f"directory: {link} -> {trees.link(pin, link)}"


def _tarball(file: Path, pin: Pin, trees: Trees) -> str:
    trees.tarball(pin, file)
    return f"tarball: {file}"


def _is_ahead(channel: Channel, pin: Pin, revision: str | None, downgrade: bool) -> bool:
    """Say whether a file's revision is ahead of the pin, so that the file stays as it is."""
    if downgrade or revision is None or not _ID.fullmatch(revision):
        return False
    return is_ahead(channel, ObjectId(bytes.fromhex(revision)), pin)


def _npins(file: Path, channel: Channel, downgrade: bool, pin: Pin, _trees: Trees) -> str:
    names: list[str] = []
    stays: list[str] = []

    def change(content: bytes) -> bytes:
        read = npins.read(content)
        names[:] = [
            name
            for name, one in read.pins.items()
            if one.branch == pin.branch
            and one.url is not None
            and normalized(one.url) == normalized(pin.url)
        ]
        if len(names) != 1:
            many = "more than one pin follows" if names else "no pin follows"
            raise UsageError(f"{file}: {many} the branch {pin.branch} of {pin.url}")
        revision = read.pins[names[0]].revision
        if _is_ahead(channel, pin, revision, downgrade):
            stays.append(f", stays at {revision}, which is ahead of the channel's pin")
            return content
        if pin.archived_hash is None:
            raise UsageError(f"git archive makes nothing of the tree of {pin.commit.hex()}")
        return npins.pinned(
            content,
            names[0],
            revision=pin.commit.hex(),
            plain=pin.nar_hash,
            archived=pin.archived_hash,
        )

    rewrite(file, change)
    return f"npins: {file}, pin {names[0]}{''.join(stays)}"


def _flake(
    lock: Path,
    path: str,
    channel: Channel,
    downgrade: bool,
    pin: Pin,
    _trees: Trees,
) -> str:
    stays: list[str] = []

    def change(content: bytes) -> bytes:
        found = flake_lock.read(content).at(path)
        if found is None:
            raise UsageError(f"the lock has no input {path!r}", "nixauth flake check lists them.")
        if found.url is None or normalized(found.url) != normalized(pin.url):
            raise UsageError(f"the input {path} is not of {pin.url}")
        if _is_ahead(channel, pin, found.rev, downgrade):
            stays.append(f", stays at {found.rev}, which is ahead of the channel's pin")
            return content
        return relock.in_place(content, {found.name: pin}, reads_objects=relock.nix_reads_objects())

    rewrite(lock, change)
    return f"flake: {lock}, input {path}{''.join(stays)}"


def rewrite(file: Path, change: Callable[[bytes], bytes]) -> bool:
    """Change a file, whole or not at all, and say whether there was something to change.

    Raises UsageError where it cannot be read or written, ChangedFileError where somebody else
    changed it meanwhile.
    """
    place = file.resolve()
    try:
        before = place.read_bytes()
        made = change(before)
        if made == before:
            return False
        if place.read_bytes() != before:
            raise ChangedFileError(
                f"{file} was changed by somebody else meanwhile, and was left as it is",
                "Do it again.",
            )
        durable.replace(place, made, place.stat().st_mode & 0o777)
    except OSError as error:
        raise UsageError(f"{file} cannot be read or written: {error.strerror or error}") from error
    return True
