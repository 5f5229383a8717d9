"""A lock file with inputs at the commits of pins: made by Nix where it is there, else in place.

What Nix made is read again, and is taken only where every input that was to move is at its pin,
with the pin's hash.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

from nixauth import nix_program
from nixauth.channels.values import Pin
from nixauth.errors import NixError, UsageError
from nixauth.pins import flake_lock, json_text
from nixauth.pins.flake_lock import Lock, Way
from nixauth.pins.git_urls import normalized
from nixauth.pins.inputs import Input, InputType
from nixauth.pins.json_text import REMOVED, Edit
from nixauth.pins.problems import Path as Place

READS_OBJECTS = (2, 20)
"""Since then Nix takes the tree as git has it, for inputs of type git; before, git archive's."""

_KEPT = ("shallow", "allRefs", "exportIgnore")
"""What an input of type git may say about how it is fetched, with no say in what."""


def nix_reads_objects() -> bool:
    """Say whether the Nix at hand, or else today's, takes trees as git has them.

    To be mistaken lets nothing in: Nix refuses what does not have the hash of a lock.
    """
    try:
        version = nix_program.version() if nix_program.is_there() else None
    except NixError:
        version = None  # it does not even say which one it is
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


def is_at(one: Input, pin: Pin) -> bool:
    """Say whether an input is locked to the commit of a pin, and to its content."""
    hashes = {pin.nar_hash, pin.archived_hash}
    return one.rev == pin.commit.hex() and one.nar_hash in hashes


def by_nix(flake: Path, content: bytes, pins: Mapping[str, Pin]) -> bytes:
    """Return the lock that Nix makes of a flake with nodes (by name) at the commits of pins.

    Nix works on a copy of the flake's two files. Raises RefusedPinsError for what would not be
    changed in place, either, UsageError where flake.nix is not there, and NixError where Nix fails,
    or makes another lock than was meant.
    """
    in_place(content, pins, reads_objects=nix_reads_objects())
    lock = flake_lock.read(content)
    inputs = {node: lock.inputs[node] for node in pins}
    with tempfile.TemporaryDirectory(prefix="nixauth-") as name:
        copy = Path(name).resolve() / "flake"
        copy.mkdir()
        try:
            shutil.copyfile(flake / "flake.nix", copy / "flake.nix")
        except OSError as error:
            raise UsageError(
                f"{flake / 'flake.nix'} cannot be read: {error.strerror or error}",
                "Nix needs it to make a lock. With --in-place the lock is edited without Nix.",
            ) from error
        (copy / "flake.lock").write_bytes(_without(content, inputs.values()))
        nix_program.lock_input(
            copy, [("/".join(one.own), _url(one, pins[node])) for node, one in inputs.items()]
        )
        made = _asked_as_before((copy / "flake.lock").read_bytes(), inputs.values())
    moved = {one.own: pins[node] for node, one in inputs.items()}
    _refuse_other(lock, flake_lock.read(made), moved)
    return made


def _without(content: bytes, inputs: Iterable[Input]) -> bytes:
    """Return a lock for Nix that does not have the root's own of these inputs.

    Below an input that is overridden Nix keeps what the lock has, and locks what is new to wherever
    its branch is. Below one that is new to it, it takes what the input's own lock has: that one is
    in the authentic tree.
    """
    document = json.loads(content)
    own = document["nodes"][document["root"]]["inputs"]
    for one in inputs:
        if len(one.own) == 1:
            del own[one.own[0]]
    return json.dumps(document).encode("ascii")


def _asked_as_before(made: bytes, inputs: Iterable[Input]) -> bytes:
    """Return a lock in which what inputs ask for is what flake.nix does, and not the override.

    For an input that is no flake, Nix 2.8 writes down the override. The next run of Nix would miss
    what flake.nix asks for, and move the input to wherever its branch is by then.
    """
    lock = flake_lock.read(made)
    edits: dict[Place, Edit] = {}
    for one in inputs:
        now = lock.at("/".join(one.own))
        if now is None:
            continue
        place: Place = ("nodes", now.name, "original")
        edits |= {(*place, name): REMOVED for name in now.original if name not in one.original}
        edits |= {(*place, name): value for name, value in one.original.items()}
    return json_text.edit(made, edits)


def _url(one: Input, pin: Pin) -> str:
    """Return the flake's URL for a commit of an input."""
    asked = {"dir": one.dir} if one.dir is not None else {}
    if one.type is InputType.GIT:
        ref = one.ref if one.ref is not None else pin.branch
        asked = {"ref": ref, "rev": pin.commit.hex()} | asked
        asked |= {name: "1" for name in _KEPT if one.locked.get(name) is True}
        url = str(one.locked["url"])
        start = "" if url.startswith("git+") else "git+"
        return f"{start}{url}{'&' if '?' in url else '?'}{_query(asked)}"
    host = one.locked.get("host")
    if host is not None:
        asked = {"host": str(host)} | asked
    place = f"{one.type.value}:{one.locked['owner']}/{one.locked['repo']}/{pin.commit.hex()}"
    return f"{place}?{_query(asked)}" if asked else place


def _query(asked: Mapping[str, str]) -> str:
    return urlencode(asked, quote_via=quote, safe="/")


def _refuse_other(before: Lock, after: Lock, moved: Mapping[Way, Pin]) -> None:
    """Compare the lock that Nix made with what was meant: inputs moved, and no others.

    What is below an input that moved is what that input asks for, and may be anything.
    """
    for one in before.inputs.values():
        if _below(one.own, moved):
            continue
        for way in one.paths:
            if _below(way, moved):
                continue
            now = after.at("/".join(way))
            if one.own in moved:
                _refuse_elsewhere(one, way, now, moved[one.own])
            elif now is None or (now.locked, now.flake) != (one.locked, one.flake):
                raise _not_asked_for(way)
    known = {way for one in before.inputs.values() for way in one.paths}
    for one in after.inputs.values():
        if one.own not in known and not _below(one.own, moved):
            raise _not_asked_for(one.own)


def _below(way: Way, moved: Iterable[Way]) -> bool:
    return any(len(way) > len(top) and way[: len(top)] == top for top in moved)


def _not_asked_for(way: Way) -> NixError:
    return NixError(
        f"Nix changed {'/'.join(way)} as well, which was not asked for",
        "Nothing was changed. Is flake.nix newer than its lock? nix flake lock first.",
    )


def _refuse_elsewhere(one: Input, way: Way, now: Input | None, pin: Pin) -> None:
    """Hold an input that was to move against its pin."""
    name = "/".join(way)
    if now is None or now.problems or now.rev != pin.commit.hex():
        raise NixError(f"Nix locked {name} to something else than {pin.commit.hex()}")
    if now.nar_hash not in {pin.nar_hash, pin.archived_hash}:
        raise NixError(
            f"Nix fetched something else for {name}: its hash is {now.nar_hash}, that of the"
            f" authentic tree {pin.nar_hash}",
            "Nothing was changed. Whoever serves the content changed it: do not use it.",
        )
    if _manner(now) != _manner(one):
        raise NixError(f"Nix locked {name} in another way than it was locked before")
    if now.url is None or normalized(now.url) != normalized(pin.url):
        raise NixError(f"Nix locked {name} to another repository than {pin.url}")


def _manner(one: Input) -> tuple[object, ...]:
    """Return what an input is locked to beside a commit of a repository."""
    return (one.type, one.dir, one.flake, one.submodules, one.lfs, one.original)
