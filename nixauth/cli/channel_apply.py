"""Where a pin is put once it holds: a link, a tarball, npins' file, a flake's lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from nixauth import durable
from nixauth.channels import relock
from nixauth.channels.trees import Trees
from nixauth.channels.values import Channel, Pin
from nixauth.cli.channel_update import Apply
from nixauth.errors import ChangedFileError, UsageError
from nixauth.pins import flake_lock, npins
from nixauth.pins.git_urls import normalized


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
) -> list[Apply]:
    """Return what is to be done with a pin; raises UsageError where it is not clear whose."""
    found: list[Apply] = []
    if directory is not None:
        found.append(partial(_link, directory))
    if tarball is not None:
        found.append(partial(_tarball, tarball))
    if npins is not None:
        found.append(partial(_npins, npins))
    if flake is not None:
        found.append(partial(_flake, *flake))
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


def _npins(file: Path, pin: Pin, _trees: Trees) -> str:
    names: list[str] = []

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
    return f"npins: {file}, pin {names[0]}"


def _flake(lock: Path, path: str, pin: Pin, _trees: Trees) -> str:
    def change(content: bytes) -> bytes:
        found = flake_lock.read(content).at(path)
        if found is None:
            raise UsageError(f"the lock has no input {path!r}", "nixauth flake check lists them.")
        if found.url is None or normalized(found.url) != normalized(pin.url):
            raise UsageError(f"the input {path} is not of {pin.url}")
        return relock.in_place(content, {found.name: pin}, reads_objects=relock.nix_reads_objects())

    rewrite(lock, change)
    return f"flake: {lock}, input {path}"


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
