"""A lock file with inputs at the commits of pins: made by Nix where it is there, else in place.

What Nix made is read again, and is taken only where every input that was to move is at its pin,
with the pin's hash.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nixauth import nix_program
from nixauth.channels.values import Pin
from nixauth.errors import NixError, UsageError
from nixauth.pins import flake_lock
from nixauth.pins.inputs import Input, InputType

READS_OBJECTS = (2, 20)
"""Since then Nix takes the tree as git has it, for inputs of type git; before, git archive's."""


def nix_reads_objects() -> bool:
    """Say whether the Nix at hand, or else today's, takes trees as git has them."""
    version = nix_program.version() if nix_program.is_there() else None
    return version is None or version >= READS_OBJECTS


def in_place(content: bytes, pins: Mapping[str, Pin], *, reads_objects: bool) -> bytes:
    """Return a lock with nodes (by name) at the commits of pins; all else stays.

    Raises RefusedPinsError, and UsageError for a pin without the hash that an input takes.
    """
    lock = flake_lock.read(content)
    for node, pin in pins.items():
        found = lock.inputs.get(node)
        content = flake_lock.locked(
            content,
            node,
            rev=pin.commit.hex(),
            nar_hash=_hash(found, pin, reads_objects=reads_objects),
            last_modified=pin.last_modified,
        )
    return content


def _hash(found: Input | None, pin: Pin, *, reads_objects: bool) -> str:
    if found is not None and found.type is InputType.GIT and reads_objects:
        return pin.nar_hash
    if pin.archived_hash is None:
        raise UsageError(
            f"git archive makes nothing of the tree of {pin.commit.hex()} that could be hashed",
            "An input of a forge is a tarball that git archive made; use git+https for this one.",
        )
    return pin.archived_hash


def by_nix(flake: Path, content: bytes, pins: Mapping[str, Pin]) -> bytes:
    """Return the lock that Nix makes of a flake with nodes (by name) at the commits of pins.

    Nix works on a copy of the flake's two files. Raises NixError where it fails, or makes another
    lock than was meant.
    """
    lock = flake_lock.read(content)
    inputs = {node: lock.inputs[node] for node in pins}
    with tempfile.TemporaryDirectory(prefix="nixauth-") as name:
        copy = Path(name).resolve() / "flake"
        copy.mkdir()
        shutil.copyfile(flake / "flake.nix", copy / "flake.nix")
        (copy / "flake.lock").write_bytes(content)
        overrides = [
            ("/".join(one.paths[0]), _url(one, pins[node])) for node, one in inputs.items()
        ]
        nix_program.lock_input(copy, overrides)
        made = (copy / "flake.lock").read_bytes()
    _refuse_other(lock, made, inputs, pins)
    return made


def _url(one: Input, pin: Pin) -> str:
    """Return the flake's URL for a commit of an input."""
    rev = pin.commit.hex()
    directory = f"dir={one.dir}" if one.dir is not None else ""
    if one.type is InputType.GIT:
        query = "&".join(part for part in (f"ref={pin.branch}", f"rev={rev}", directory) if part)
        url = one.locked["url"]
        return f"git+{url}?{query}"
    host = one.locked.get("host")
    query = "&".join(part for part in (f"host={host}" if host else "", directory) if part)
    place = f"{one.type.value}:{one.locked['owner']}/{one.locked['repo']}/{rev}"
    return f"{place}?{query}" if query else place


def _refuse_other(
    before: flake_lock.Lock, made: bytes, inputs: Mapping[str, Input], pins: Mapping[str, Pin]
) -> None:
    after = flake_lock.read(made)
    for node, one in inputs.items():
        found, pin = after.at("/".join(one.paths[0])), pins[node]
        if found is None or found.problems or found.rev != pin.commit.hex():
            raise NixError(f"Nix locked {'/'.join(one.paths[0])} to something else")
        if found.nar_hash not in {pin.nar_hash, pin.archived_hash}:
            raise NixError(
                f"Nix fetched something else for {'/'.join(one.paths[0])}: its hash is"
                f" {found.nar_hash}, that of the authentic tree {pin.nar_hash}",
                "Nothing was changed. Whoever serves the content changed it: do not use it.",
            )
    moved = {way for one in inputs.values() for way in one.paths}
    for one in before.inputs.values():
        below = any(way[: len(top)] == top for way in one.paths for top in moved)
        now = after.at("/".join(one.paths[0]))
        if not below and (now is None or now.locked != one.locked):
            raise NixError(
                f"Nix moved {'/'.join(one.paths[0])} as well, which was not asked for",
                "Nothing was changed. Is flake.nix newer than its lock? nix flake lock first.",
            )
