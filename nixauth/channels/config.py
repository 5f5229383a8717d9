"""channels.yaml: bytes in, channels or problems out. Pure.

Strict YAML, in which every value is text: docs/channels.md lists the fields. A field to come is one
row of `READERS` and what `_made` does with its value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nixauth.channels import rules
from nixauth.channels.values import Channel
from nixauth.model import Introduction, Problem
from nixauth.strict_yaml import (
    DEFAULT_LOADER,
    Event,
    Field,
    Section,
    Source,
    decode,
    document,
    fields,
    is_list,
    place_of,
)
from nixauth.text_problems import Place, Problems, Refused, UnreadableError, fits_one_line, quoted

MAX_CHANNELS = 1000
MAX_KEYRING = 20
"""Refs of one channel's keyring."""

KEYRING = "keyring"
REQUIRED = ("url", "branch", "introduction", "signer")
READERS: Mapping[str, Callable[[str], Any]] = {
    "url": rules.read_url,
    "branch": rules.read_branch,
    "introduction": rules.read_commit,
    "signer": rules.read_signer,
    "authorizations-file": rules.read_tree_path,
    "historical-authorizations": rules.read_absolute_path,
    "historical-sha1": rules.read_truth,
    "require": rules.read_requirement,
    "max-age": rules.read_age,
    "newest-authentic": rules.read_truth,
    "revision-url": rules.read_revision_url,
}
"""What reads the text of each field into its value, or Refused; `keyring` alone is a list."""

_SHA1_ALONE = "historical-sha1 needs historical-authorizations"


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file says; `channels` is None exactly when there are `problems`.

    `places` holds where each name stands first, also in a file with problems.
    """

    channels: Mapping[str, Channel] | None
    problems: tuple[Problem, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)


def read(content: bytes, loader: Any = DEFAULT_LOADER) -> Reading:
    """Read a file. `loader` is one of PyYAML's loader classes. Raises nothing."""
    problems = Problems()
    draft = _FileDraft()
    with suppress(UnreadableError):
        text = decode(content, problems)
        document(Source(text, problems, loader), _FILE, draft)
    found = problems.in_order()
    if found:
        return Reading(None, found, draft.places)
    return Reading({one.name: _made(one) for one in draft.channels}, (), draft.places)


def channel(name: str, texts: Mapping[str, str], keyring: Sequence[str]) -> Channel | Refused:
    """Make a channel of texts as they would stand in the file, by field."""
    named = rules.read_name(name)
    if isinstance(named, Refused):
        return named
    draft = _ChannelDraft(name)
    for what, text in texts.items():
        if not fits_one_line(text):
            return Refused(f"{what} may not hold a control character or a line break")
        value = READERS[what](text)
        if isinstance(value, Refused):
            return value
        draft.values[what] = value
    for text in keyring:
        fault = _ref_fault(text, draft.keyring)
        if fault is not None:
            return fault
        draft.keyring.append(text)
    missing = [what for what in REQUIRED if what not in draft.values]
    if missing:
        return Refused(f"a channel needs {' and '.join(missing)}")
    return Refused(_SHA1_ALONE) if draft.sha1_alone else _made(draft)


# --- The fields ---


@dataclass(slots=True)
class _ChannelDraft:
    name: str
    values: dict[str, Any] = field(default_factory=dict)
    keyring: list[str] = field(default_factory=list)
    sha1_place: Place | None = None

    @property
    def sha1_alone(self) -> bool:
        sha1 = bool(self.values.get("historical-sha1"))
        return sha1 and "historical-authorizations" not in self.values


@dataclass(slots=True)
class _FileDraft:
    channels: list[_ChannelDraft] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    folded: dict[str, Place] = field(default_factory=dict)


def _made(draft: _ChannelDraft) -> Channel:
    """Return the channel of a draft that has no problem."""
    values = draft.values
    historical = values.get("historical-authorizations")
    return Channel(
        name=draft.name,
        url=values["url"],
        branch=values["branch"],
        introduction=Introduction(values["introduction"], values["signer"]),
        keyring=tuple(draft.keyring),
        authorizations_path=values.get("authorizations-file"),
        historical=Path(historical) if historical is not None else None,
        historical_sha1=values.get("historical-sha1", False),
        require_every_commit=values.get("require", False),
        max_age=values.get("max-age"),
        newest_authentic=values.get("newest-authentic", False),
        revision_url=values.get("revision-url"),
    )


def _version(source: Source, value: Event, _draft: _FileDraft) -> None:
    version = source.scalar(value, "version")
    if version is not None and version != "1":
        source.problems.add(place_of(value), f"version {quoted(version)} is not known, only 1 is")


def _channels(source: Source, value: Event, draft: _FileDraft) -> None:
    for name, place, entry in source.pairs(value, "channels"):
        if len(draft.channels) >= MAX_CHANNELS:
            source.problems.stop(place, f"more than {MAX_CHANNELS} channels")
        named = rules.read_name(name)
        if isinstance(named, Refused):
            source.problems.add(place, named.message)
        first = draft.folded.setdefault(name.lower(), place)
        if first is not place:
            source.problems.add(
                place,
                f"{quoted(name)} and the channel in line {first.line} differ in case only, and"
                " would share a directory on some file systems",
            )
        one = _ChannelDraft(name)
        draft.channels.append(one)
        draft.places[name] = place
        fields(source, Section(entry, quoted(name), place), _CHANNEL, one)
        if one.sha1_alone:
            source.problems.add(one.sha1_place or place, _SHA1_ALONE)


def _text(what: str) -> Callable[[Source, Event, _ChannelDraft], None]:
    """Return what reads the field of one text."""

    def into(source: Source, event: Event, draft: _ChannelDraft) -> None:
        if what == "historical-sha1":
            draft.sha1_place = place_of(event)
        text = source.scalar(event, what)
        if text is None:
            return
        value = READERS[what](text)
        if isinstance(value, Refused):
            source.problems.add(place_of(event), value.message)
            value = None
        draft.values[what] = value

    return into


def _keyring(source: Source, event: Event, draft: _ChannelDraft) -> None:
    listed = 0
    for item in source.items(event, KEYRING):
        listed += 1
        text = source.scalar(item, "a ref of the keyring")
        if text is None:
            continue
        fault = _ref_fault(text, draft.keyring)
        if fault is not None:
            source.problems.add(place_of(item), fault.message)
        elif listed <= MAX_KEYRING:
            draft.keyring.append(text)
    if not listed and is_list(event):
        source.problems.add(place_of(event), "keyring is empty: leave it out for the usual ref")


def _ref_fault(text: str, listed: Sequence[str]) -> Refused | None:
    if len(listed) >= MAX_KEYRING:
        return Refused(f"keyring has more than {MAX_KEYRING} refs")
    if text in listed:
        return Refused(f"{quoted(text)} stands twice in keyring")
    ref = rules.read_ref(text)
    return ref if isinstance(ref, Refused) else None


_FILE: Mapping[str, Field[_FileDraft]] = {
    "version": Field(_version, required=True),
    "channels": Field(_channels, required=True),
}

_CHANNEL: Mapping[str, Field[_ChannelDraft]] = {
    KEYRING: Field(_keyring),
    **{what: Field(_text(what), required=what in REQUIRED) for what in READERS},
}
