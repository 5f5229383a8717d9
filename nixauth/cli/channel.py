"""`nixauth channel`: which branches of other people's repositories are followed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nixauth.cli import options as given
from nixauth.cli.common import emit, guarded, note, place
from nixauth.display import printable
from nixauth.errors import UsageError

if TYPE_CHECKING:
    from nixauth.channels.values import Channel

SCHEMA = 1

app = typer.Typer(
    help="Channels: branches of other people's repositories, each with the introduction that"
    " authenticates it. They are kept in a file of yours, and in one of the whole system, which"
    " yours goes before.",
    epilog="""\b
Examples:
  nixauth channel add guix --url https://codeberg.org/guix/guix --branch master \\
    --introduction 9edb3f66fd807b096b48283debdcddccfea34bad --signer 'BBB0 2DDF …'
  nixauth channel list
  nixauth channel show guix
  nixauth channel remove guix
""",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The channel's name.")]
System = Annotated[
    bool, typer.Option("--system", help="The system's file, /etc/nixauth/channels.yaml, alone.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="This file, and no other.")
]

Timeout = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Give up when servers take longer for a channel: 30m. Default: 2h."
    ),
]


def files(*, system: bool = False, config: Path | None = None) -> list[Path]:
    """Return the files that are read, the one that goes first, and is written, first."""
    from nixauth.channels import places  # noqa: PLC0415 - only what a command needs is loaded

    if config is not None:
        if system:
            raise UsageError("--config and --system each name a file: give one of them")
        return [place(None) / config]
    return [places.SYSTEM] if system else [places.user_file(), places.SYSTEM]


# --- add ---


@app.command(
    epilog="""\b
Examples:
  nixauth channel add guix --url https://codeberg.org/guix/guix --branch master \\
    --introduction 9edb3f66fd807b096b48283debdcddccfea34bad --signer 'BBB0 2DDF …'
  nixauth channel add ours --url git@example.org:nix/ours --branch main \\
    --introduction 3a52c0d1… --signer SHA256:… --max-age 7d --require every-commit
  nixauth channel add ours … --replace
"""
)
@guarded
def add(
    name: Name,
    url: Annotated[
        str,
        typer.Option(metavar="URL", help="The repository: https, ssh, git, file; git@host:path."),
    ],
    branch: Annotated[str, typer.Option(metavar="NAME", help="The branch, its short name.")],
    introduction: Annotated[
        str, typer.Option(metavar="COMMIT", help="The commit that trust starts at, its full id.")
    ],
    signer: Annotated[
        str, typer.Option(metavar="FINGERPRINT", help="The key that signed it, in full.")
    ],
    keyring: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REF",
            help="Where public keys are in that repository, a full name; may be repeated."
            " Default: refs/heads/keyring.",
        ),
    ] = None,
    authorizations_file: given.AuthorizationsFile = None,
    historical_authorizations: given.HistoricalAuthorizations = None,
    historical_sha1: given.HistoricalSha1 = False,
    require: given.RequireMode = None,
    max_age: Annotated[
        str | None,
        typer.Option(
            metavar="AGE", help="Refuse a newest commit that is older: 12h, 7d, 2w (s, m, h, d, w)."
        ),
    ] = None,
    newest_authentic: Annotated[
        bool,
        typer.Option(
            "--newest-authentic",
            help="Where the tip is refused, take the newest commit that is authentic.",
        ),
    ] = False,
    revision_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where a channel server says which commit is current."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the channel of this name.")
    ] = False,
    system: System = False,
    config: ConfigFile = None,
) -> None:
    """Add a channel to your file, or to the system's. Nothing is fetched or verified yet.

    All else in the file stays as it is, byte for byte. Take commit and fingerprint from what the
    maintainers publish, not from the repository that they are to authenticate.
    """
    historical = historical_authorizations
    texts = {
        "url": url,
        "branch": branch,
        "introduction": introduction,
        "signer": signer,
        "authorizations-file": authorizations_file,
        "historical-authorizations": _absolute(historical) if historical is not None else None,
        "historical-sha1": "true" if historical_sha1 else None,
        "require": require.value if require is not None else None,
        "max-age": max_age,
        "newest-authentic": "true" if newest_authentic else None,
        "revision-url": revision_url,
    }
    channel = _channel(name, texts, keyring or [])
    _put(channel, files(system=system, config=config), replace=replace)


def _absolute(path: Path) -> str:
    return str((place(None) / path).absolute())


def _channel(name: str, texts: dict[str, str | None], keyring: list[str]) -> Channel:
    from nixauth.channels.config import channel as made_of  # noqa: PLC0415
    from nixauth.text_problems import Refused  # noqa: PLC0415

    given_texts = {what: text for what, text in texts.items() if text is not None}
    channel = made_of(name, given_texts, keyring)
    if isinstance(channel, Refused):
        raise UsageError(channel.message)
    return channel


def _put(channel: Channel, where: list[Path], *, replace: bool) -> None:
    from nixauth.channels import editing, places  # noqa: PLC0415

    file, name = where[0], channel.name
    known = places.configured(where)
    before = known.get(name)
    if before is not None and before.file == file and not replace:
        raise UsageError(
            f"there is a channel {name} already, in {file}",
            "If it is to be another one from now on, give --replace.",
        )
    same = next((one for one in known if one != name and one.lower() == name.lower()), None)
    if same is not None:
        raise UsageError(
            f"there is a channel {same} in {known[same].file}: {name} differs in case only",
            "They would share a directory on some file systems: take another name.",
        )
    places.change(file, lambda content: editing.add(content, channel, replace=replace))
    done = "replaced in" if before is not None and before.file == file else "added to"
    emit(f"{done} {printable(str(file), 400)}: {printable(name)}\n")
    if before is not None and before.file != file:
        note(f"note: it goes before the channel {printable(name)} in {printable(str(before.file))}")


# --- list and show ---


@app.command(
    "list",
    epilog="""\b
Examples:
  nixauth channel list
  nixauth channel list --system --format json
""",
)
@guarded
def list_channels(
    format: given.KeysFormat = given.ListFormat.TEXT,  # noqa: A002
    system: System = False,
    config: ConfigFile = None,
) -> None:
    """List the channels, and which file each comes from."""
    from nixauth.channels.places import configured  # noqa: PLC0415
    from nixauth.cli import channel_shown  # noqa: PLC0415

    found = configured(files(system=system, config=config))
    ordered = [found[name] for name in sorted(found)]
    if format is given.ListFormat.JSON:
        _emit_document({"channels": [channel_shown.document(one) for one in ordered]})
        return
    for one in ordered:
        channel = one.channel
        emit(
            f"{printable(channel.name)}: {printable(channel.branch)} of"
            f" {printable(channel.url, 400)}\n  {channel_shown.origin(one)}\n"
        )
    if not ordered:
        emit("no channel is configured; nixauth channel add adds one\n")


@app.command(
    epilog="""\b
Examples:
  nixauth channel show guix
  nixauth channel show guix --format json
"""
)
@guarded
def show(
    name: Name,
    format: given.KeysFormat = given.ListFormat.TEXT,  # noqa: A002
    system: System = False,
    config: ConfigFile = None,
) -> None:
    """Show all that is configured of a channel."""
    from nixauth.channels.places import configured  # noqa: PLC0415
    from nixauth.cli import channel_shown  # noqa: PLC0415

    found = configured(files(system=system, config=config)).get(name)
    if found is None:
        raise _absent(name)
    if format is given.ListFormat.JSON:
        _emit_document({"channel": channel_shown.document(found)})
        return
    emit("".join(f"{line}\n" for line in channel_shown.described(found)))


def _absent(name: str) -> UsageError:
    return UsageError(f"there is no channel {name!r}", "nixauth channel list lists them.")


def _emit_document(document: dict[str, Any]) -> None:
    emit(json.dumps({"schema": SCHEMA, **document}, indent=2, ensure_ascii=True) + "\n")


# --- remove ---


@app.command(
    epilog="""\b
Examples:
  nixauth channel remove guix
  sudo nixauth channel remove guix --system
"""
)
@guarded
def remove(name: Name, system: System = False, config: ConfigFile = None) -> None:
    """Take a channel out of your file, or out of the system's.

    What stands on its lines goes, comments too; all else stays, byte for byte. What is recorded of
    its updates is kept.
    """
    from nixauth.channels import editing, places  # noqa: PLC0415

    where = files(system=system, config=config)
    found = places.configured(where).get(name)
    if found is None:
        raise _absent(name)
    if found.file != where[0]:
        raise UsageError(
            f"the channel {name} stands in {found.file}, not in {where[0]}",
            "Give --system to take it out there.",
        )
    places.change(where[0], lambda content: editing.remove(content, name))
    emit(f"removed from {printable(str(where[0]), 400)}: {printable(name)}\n")
    if found.instead_of is not None:
        note(f"note: the one in {printable(str(found.instead_of), 400)} counts from now on")


# --- update ---


@app.command(
    epilog="""\b
Examples:
  nixauth channel update
  nixauth channel update nixos-unstable --directory ~/nixpkgs
  nixauth channel update nixos-unstable --tarball /var/lib/nixexprs.tar.gz
  nixauth channel update nixos-unstable --write-npins npins/sources.json
  nixauth channel update nixos-unstable --json | jq '.channels[0].pin'
"""
)
@guarded
def update(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Channels. Default: all.")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(metavar="LINK", help="Have a symbolic link lead to the authenticated tree."),
    ] = None,
    tarball: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the authenticated tree: .tar, .tar.gz, .tar.xz."),
    ] = None,
    write_npins: Annotated[
        Path | None,
        typer.Option("--write-npins", metavar="FILE", help="Write the pin to npins' sources.json."),
    ] = None,
    flake_input: Annotated[
        str | None,
        typer.Option("--flake-input", metavar="INPUT", help="Write the pin to a flake's lock."),
    ] = None,
    flake_lock: Annotated[
        Path, typer.Option("--flake-lock", metavar="FILE", help="With --flake-input: the lock.")
    ] = Path("flake.lock"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    allow_downgrade: Annotated[
        bool,
        typer.Option("--allow-downgrade", help="Take a commit that is not a step forward."),
    ] = False,
    timeout: Timeout = None,
    system: System = False,
    config: ConfigFile = None,
    quiet: given.Quiet = False,
) -> None:
    """Fetch channels, authenticate them, bind their content to a hash, and record it as a pin.

    Where the branch's tip is not authentic, not a step forward, or too old, nothing changes.
    """
    from nixauth.channels import places  # noqa: PLC0415
    from nixauth.cli import channel_apply, channel_update  # noqa: PLC0415
    from nixauth.cli.channel_options import seconds  # noqa: PLC0415

    found = {
        n: one.channel for n, one in places.configured(files(system=system, config=config)).items()
    }
    chosen = channel_apply.chosen(found, names or [])
    wishes = channel_update.Wishes(
        quiet=quiet, as_json=as_json, downgrade=allow_downgrade, timeout=seconds(timeout)
    )
    apply = channel_apply.wanted(
        chosen,
        directory=directory,
        tarball=tarball,
        npins=write_npins,
        flake=(flake_lock, flake_input) if flake_input is not None else None,
        downgrade=allow_downgrade,
    )
    raise typer.Exit(channel_update.run(chosen, wishes, apply))
