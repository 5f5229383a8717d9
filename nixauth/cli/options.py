"""The options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class OutputFormat(StrEnum):
    """The forms a report can be had in."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


class ListFormat(StrEnum):
    """The forms a list of keys can be had in."""

    TEXT = "text"
    JSON = "json"


class AuditFormat(StrEnum):
    """The forms an audit can be had in."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


class FailOn(StrEnum):
    """What an audit may be asked to fail on."""

    REFUSED = "refused"


class EngineName(StrEnum):
    """Who does the mathematics of signatures."""

    NATIVE = "native"
    GNUPG = "gnupg"
    BOTH = "both"


class Require(StrEnum):
    """What may be demanded beyond what the files say."""

    EVERY_COMMIT = "every-commit"


Directory = Annotated[
    Path | None,
    typer.Option("-C", metavar="DIR", help="The repository, instead of the current directory."),
]
IntroductionCommit = Annotated[
    str | None,
    typer.Option(
        "--introduction",
        metavar="COMMIT",
        help="The commit that trust starts at, its full id. Default: what nixauth trust recorded.",
    ),
]
Signer = Annotated[
    str | None,
    typer.Option(metavar="FINGERPRINT", help="The key that signed the introduction, in full."),
]
KeyringSources = Annotated[
    list[str] | None,
    typer.Option(
        "--keyring",
        metavar="SOURCE",
        help="Public keys: a ref (refs/heads/keyring), a directory or a file. May be repeated."
        " Default: the refs heads/keyring and remotes/origin/keyring.",
    ),
]
AuthorizationsFile = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The authorizations file's path, if it is not the usual."),
]
HistoricalAuthorizations = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Authorizations that stand in where the history has none yet."
    ),
]
HistoricalSha1 = Annotated[
    bool,
    typer.Option(
        "--historical-sha1",
        help="Accept SHA-1 signatures on commits where historical authorizations stand in.",
    ),
]
RequireMode = Annotated[
    Require | None,
    typer.Option("--require", help="Read every authorizations file as if it said this."),
]
EngineChoice = Annotated[
    EngineName,
    typer.Option(
        "--engine",
        help="Who verifies OpenPGP signatures: nixauth itself, the installed GnuPG, or both, where"
        " any disagreement is an error. SSH signatures are always verified by nixauth.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=256,
        metavar="N",
        help="How many processes check signatures, once there are some hundreds of them."
        " Default: as many as there are processors for this one.",
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Neither use nor keep what was verified before.")
]
Format = Annotated[
    OutputFormat,
    typer.Option(
        "--format",
        help="The form of the report: for people, one JSON document, GitHub's workflow commands"
        " (and the job's summary), or a SARIF log.",
    ),
]
KeysFormat = Annotated[ListFormat, typer.Option("--format", help="The form of the report.")]
AuditFormatOption = Annotated[
    AuditFormat,
    typer.Option(
        "--format",
        help="The form of the report: for people, one JSON document, or the commits alone as"
        " comma-separated values.",
    ),
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Less: no progress, totals or warnings.")
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="List everything.")]
