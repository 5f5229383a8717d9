"""A flake's lock held against the channels: is what it names authentic, and its hash the tree's?

Each input that is a commit of a git repository is matched with a channel by the repository's URL,
and by the branch where more than one channel is on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from nixauth.channels.values import Channel, Outcome
from nixauth.errors import NixauthError, UndecidedError, UsageError
from nixauth.model import ObjectId
from nixauth.pins.flake_lock import Lock
from nixauth.pins.git_urls import normalized
from nixauth.pins.inputs import Input, url_of
from nixauth.pins.problems import Fault, RefusedPinsError, refused


class Standing(Enum):
    """What is said of an input; the value is the word for machines."""

    AUTHENTIC = "authentic"
    UNAUTHENTICATED = "unauthenticated"
    """No channel is configured for it."""
    REFUSED = "refused"
    """Its commit is not authentic, or a step back from the channel's pin."""
    OTHER_CONTENT = "other-content"
    """Its hash is not that of its commit's tree."""
    NOT_UNDERSTOOD = "not-understood"
    """The lock says something of it that is not understood, or leaves open what is fetched."""
    AMBIGUOUS = "ambiguous"
    """Several channels are on its repository, and it does not say which branch it follows."""
    UNDECIDED = "undecided"
    """What it takes to decide is not at hand."""


_PASSES = frozenset({Standing.AUTHENTIC, Standing.UNAUTHENTICATED})


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one input. `outcome` is that of its commit, where a channel was asked."""

    input: Input
    standing: Standing
    channel: str | None = None
    detail: str = ""
    outcome: Outcome | None = None
    error: NixauthError | None = None

    def refused(self, *, require_all: bool) -> bool:
        """Whether this one is a refusal; `require_all` asks for a channel for every input."""
        if self.standing is Standing.UNAUTHENTICATED:
            return require_all
        return self.standing not in _PASSES and self.standing is not Standing.UNDECIDED


Ask = Callable[[Channel, ObjectId], Outcome]
"""Asks about a commit of a channel, and moves no pin; raises NixauthError."""


def check(lock: Lock, channels: Mapping[str, Channel], ask: Ask) -> list[Finding]:
    """Hold each input of a lock against the channels."""
    return [_check(one, channels, ask) for one in lock.inputs.values()]


def _check(one: Input, channels: Mapping[str, Channel], ask: Ask) -> Finding:
    found = channel_of(one, channels)
    return check_one(one, found, ask) if isinstance(found, Channel) else found


def check_one(one: Input, found: Channel, ask: Ask) -> Finding:
    """Hold an input against its channel."""
    if one.problems:
        problem = one.problems[0]
        return Finding(one, Standing.NOT_UNDERSTOOD, found.name, str(problem.message))
    open_ended = _open_ended(one)
    asked = one.original
    if url_of(asked) is not None and asked.get("dir") != one.locked.get("dir"):
        open_ended = "flake.nix asks for another folder of the tree than the lock"
    if open_ended or one.rev is None:
        return Finding(one, Standing.NOT_UNDERSTOOD, found.name, open_ended or "it has no revision")
    if not is_sha1(one.rev):
        return Finding(one, Standing.NOT_UNDERSTOOD, found.name, "its revision is no SHA-1")
    try:
        outcome = ask(found, ObjectId(bytes.fromhex(one.rev)))
    except UndecidedError as error:
        return Finding(one, Standing.UNDECIDED, found.name, error.message, error=error)
    undecided = outcome.report.error
    if undecided is not None and outcome.obstacle is None:
        return Finding(one, Standing.UNDECIDED, found.name, undecided.message, outcome, undecided)
    if outcome.pin is None:
        return Finding(one, Standing.REFUSED, found.name, outcome.detail, outcome)
    return _content(one, found, outcome)


def is_sha1(rev: str) -> bool:
    """Say whether a revision is an id of the repositories that are read."""
    return len(rev) == 40


def refuse_unmovable(one: Input, channel: Channel) -> None:
    """Refuse an input that cannot be locked to a pin of its channel.

    Raises UsageError where it follows another branch, RefusedPinsError where more than the
    commit's tree is fetched.
    """
    open_ended = _open_ended(one)
    if open_ended:
        raise refused(Fault.CONTENT, ("nodes", one.name), open_ended)
    for branch in _branches(one):
        if branch != channel.branch:
            raise UsageError(
                f"{'/'.join(one.own)} is of the branch {branch}, the channel {channel.name} of"
                f" {channel.branch}",
                "Name the channel's branch in flake.nix, or add a channel for the other one.",
            )


def _open_ended(one: Input) -> str:
    """Say what of an input's content is in no tree; empty where all of it is."""
    if one.submodules:
        return "it is fetched with submodules, which its commit does not hold"
    if one.lfs:
        return "it is fetched with files of Git LFS, which its commit does not hold"
    return ""


def _content(one: Input, channel: Channel, outcome: Outcome) -> Finding:
    pin = outcome.pin
    if pin is None or one.nar_hash is None:
        detail = "it has no narHash, so its content is not bound to its commit"
        return Finding(one, Standing.OTHER_CONTENT, channel.name, detail, outcome)
    if one.last_modified not in {None, pin.last_modified}:
        detail = f"its lastModified is {one.last_modified}, that of its commit {pin.last_modified}"
        return Finding(one, Standing.OTHER_CONTENT, channel.name, detail, outcome)
    if _same(one.nar_hash, pin.nar_hash) or _same(one.nar_hash, pin.archived_hash):
        return Finding(one, Standing.AUTHENTIC, channel.name, "", outcome)
    hashes = " or ".join(sorted({one for one in (pin.nar_hash, pin.archived_hash) if one}))
    detail = f"its narHash is {one.nar_hash}, that of its commit's tree {hashes}"
    return Finding(one, Standing.OTHER_CONTENT, channel.name, detail, outcome)


def _same(written: str, computed: str | None) -> bool:
    # Old versions of Nix wrote some hashes without the padding, and all read them.
    return computed is not None and written in {computed, computed.removesuffix("=")}


def channel_of(one: Input, channels: Mapping[str, Channel]) -> Channel | Finding:
    """Return the channel that an input is on, or what is to be said where there is not one."""
    elsewhere = _led_elsewhere(one, channels)
    if elsewhere is not None:
        return elsewhere
    if one.url is None:
        # Whatever it may be, a channel of a git repository is not what it is fetched from; but a
        # git repository that is not understood could be one that is to be checked.
        strange = one.type.is_git or any(problem.path[-1:] == ("type",) for problem in one.problems)
        standing = Standing.NOT_UNDERSTOOD if strange else Standing.UNAUTHENTICATED
        return Finding(one, standing, detail=_kind(one))
    same = list(on_repository(normalized(one.url), channels.values()))
    if not same:
        return Finding(one, Standing.UNAUTHENTICATED, detail=_kind(one))
    ref = _branch(one)
    named = [channel for channel in same if channel.branch == ref]
    if len(named) == 1:
        return named[0]
    if len(same) == 1 and (ref is None or not named):
        return same[0]
    names = ", ".join(channel.name for channel in named or same)
    return Finding(one, Standing.AMBIGUOUS, detail=f"channels on this repository: {names}")


def _led_elsewhere(one: Input, channels: Mapping[str, Channel]) -> Finding | None:
    """Refuse a lock that leads from a channel's repository, which flake.nix names, to another."""
    asked = url_of(one.original)
    if asked is None:
        return None
    wanted = normalized(asked)
    found = next(iter(on_repository(wanted, channels.values())), None)
    if found is None or (one.url is not None and normalized(one.url) == wanted):
        return None
    detail = f"flake.nix asks for {asked}, and the lock leads to {one.url or _kind(one)}"
    return Finding(one, Standing.REFUSED, found.name, detail)


def on_repository(url: str, channels: Iterable[Channel]) -> Iterable[Channel]:
    """Yield the channels on a repository, by its normalized URL."""
    for channel in channels:
        try:
            if normalized(channel.url) == url:
                yield channel
        except RefusedPinsError:
            continue  # a transport that no flake can name


def _branch(one: Input) -> str | None:
    return next(_branches(one), None)


def _branches(one: Input) -> Iterator[str]:
    """Yield the branches that an input names; HEAD is whatever the server says."""
    for ref in (one.ref, one.original.get("ref")):
        if isinstance(ref, str) and ref != "HEAD":
            yield ref.removeprefix("refs/heads/")


def _kind(one: Input) -> str:
    return f"type {one.type.value or 'unknown'}"
