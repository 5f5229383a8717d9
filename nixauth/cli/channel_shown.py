"""How a configured channel is shown, to people and to machines."""

from __future__ import annotations

from typing import Any

from nixauth.channels.places import Configured
from nixauth.channels.rules import written_age
from nixauth.channels.values import Channel
from nixauth.cli import options as given
from nixauth.display import printable, spaced


def origin(found: Configured) -> str:
    """Say which file a channel comes from, and which it stands in for."""
    instead = ""
    if found.instead_of is not None:
        instead = f", instead of the one in {printable(str(found.instead_of), 400)}"
    return f"from {printable(str(found.file), 400)}{instead}"


def described(found: Configured) -> list[str]:
    """Return lines with all that is configured."""
    channel = found.channel
    age = written_age(channel.max_age) if channel.max_age is not None else None
    rows = [
        ("url", channel.url),
        ("branch", channel.branch),
        ("introduction", channel.introduction.commit.hex()),
        ("signer", spaced(channel.introduction.signer)),
        *(("keyring", ref) for ref in channel.keyring),
        ("authorizations file", channel.authorizations_path),
        ("historical authorizations", channel.historical),
        ("historical SHA-1 signatures", "count" if channel.historical_sha1 else None),
        ("require", _required(channel)),
        ("maximal age", age),
        ("where the tip is refused", "newest authentic" if channel.newest_authentic else None),
        ("revision url", channel.revision_url),
    ]
    lines = [f"  {what}: {printable(str(text), 2000)}" for what, text in rows if text is not None]
    return [f"{printable(channel.name)}, {origin(found)}", *lines]


def _required(channel: Channel) -> str | None:
    return given.Require.EVERY_COMMIT.value if channel.require_every_commit else None


def document(found: Configured) -> dict[str, Any]:
    """Return the same for a machine; docs/channels.md has the fields."""
    channel = found.channel
    return {
        "name": channel.name,
        "file": str(found.file),
        "instead_of": str(found.instead_of) if found.instead_of is not None else None,
        "url": channel.url,
        "branch": channel.branch,
        "introduction": {
            "commit": channel.introduction.commit.hex(),
            "signer": channel.introduction.signer,
        },
        "keyring": list(channel.keyring),
        "authorizations_file": channel.authorizations_path,
        "historical_authorizations": (
            str(channel.historical) if channel.historical is not None else None
        ),
        "historical_sha1": channel.historical_sha1,
        "require": _required(channel),
        "max_age": channel.max_age,
        "newest_authentic": channel.newest_authentic,
        "revision_url": channel.revision_url,
    }
