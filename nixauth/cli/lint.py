"""`nixauth lint`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nixauth.cli import options as given
from nixauth.cli.common import REFUSED, emit, guarded, open_repository, place
from nixauth.display import printable
from nixauth.errors import UsageError
from nixauth.history.repository import Repository
from nixauth.model import FileFormat, Fingerprint

EXAMPLES = """\b
Examples:
  nixauth lint                       the file in the work tree
  nixauth lint origin/main           the file as of a commit
  nixauth lint drafts/authorizations --keyring keys/
"""


@guarded
def lint(
    file_or_revision: Annotated[
        str | None, typer.Argument(metavar="FILE or REV", help="A file, or a revision.")
    ] = None,
    directory: given.Directory = None,
    keyring: given.KeyringSources = None,
    authorizations_file: given.AuthorizationsFile = None,
) -> None:
    """Show every problem in an authorizations file, and what is unwise in it.

    Errors make the file malformed, or leave nobody who could change it: exit code 1. Warnings are
    listed keys that the keyring lacks, and people who are the only one.
    """
    from nixauth.lint import lint as look  # noqa: PLC0415

    name, format_, content, repository = _find(file_or_revision, directory, authorizations_file)
    findings = look(format_, content, _keyring_has(repository, keyring))
    for finding in findings:
        message = printable(finding.message, 400)
        emit(f"{name}:{finding.line}:{finding.column}: {finding.severity}: {message}\n")
    errors = sum(finding.severity == "error" for finding in findings)
    emit(f"{name}: {errors} errors, {len(findings) - errors} warnings\n")
    if errors:
        raise typer.Exit(REFUSED)


def _find(
    wanted: str | None, directory: Path | None, path: str | None
) -> tuple[str, FileFormat, bytes, Repository | None]:
    """Return the name for messages, format, content, and the repository where there is one."""
    base = place(directory)
    names = [path] if path is not None else [format_.value for format_ in FileFormat]
    if wanted not in {None, "HEAD"} and (base / str(wanted)).is_file():
        names, wanted = [wanted], None
    repository = _repository(directory)
    if wanted is None:
        for name in names:
            file = base / name
            if file.is_file():
                content = _read(file)
                return printable(str(file)), _format(name, content), content, repository
        raise UsageError(
            f"there is no {' or '.join(names)} in {base}",
            "Name a file or a revision: nixauth lint FILE",
        )
    if repository is None:
        raise UsageError(f"there is no file {wanted!r}, and no repository to look a revision up in")
    return (*_from_revision(repository, wanted, names), repository)


def _from_revision(
    repository: Repository, revision: str, names: list[str]
) -> tuple[str, FileFormat, bytes]:
    for name in names:
        content = repository.file_at(repository.resolve(revision), name)
        if content is not None:
            return f"{printable(revision)}:{printable(name)}", _format(name, content), content
    raise UsageError(f"{revision!r} has no file {' or '.join(names)}")


def _repository(directory: Path | None) -> Repository | None:
    try:
        return open_repository(directory)
    except UsageError:
        return None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _format(name: str, content: bytes) -> FileFormat:
    from nixauth.authorizations import sniff  # noqa: PLC0415

    for format_ in FileFormat:
        if Path(name).name == format_.value:
            return format_
    return sniff(content)


def _keyring_has(
    repository: Repository | None, sources: list[str] | None
) -> Callable[[Fingerprint], bool] | None:
    from nixauth.keyring import open_keyring  # noqa: PLC0415

    if repository is None and not sources:
        return None
    certificates = open_keyring(repository, sources or []).certificates
    if not sources and not len(certificates):
        return None
    return lambda fingerprint: certificates.get(fingerprint) is not None
