"""What the commands of `nixauth hook` do, beside answering git."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import typer

from nixauth.cache import cache_directory
from nixauth.cli import common
from nixauth.cli.hook_run import background_of
from nixauth.cli.progress import Meter
from nixauth.cli.question import processors
from nixauth.errors import UsageError
from nixauth.history.config import LocalConfig, branch_of, end_of, remotes_of
from nixauth.history.repository import Repository
from nixauth.hooks import following
from nixauth.hooks.follower import Follower
from nixauth.hooks.guard import Means
from nixauth.hooks.install import HooksDirectory
from nixauth.hooks.record import Record
from nixauth.hooks.scripts import Hook
from nixauth.hooks.settings import SECTION, HookSettings, read_settings, write_settings
from nixauth.model import ObjectId, Verdict
from nixauth.reports import hooks as report
from nixauth.reports import text
from nixauth.trust import all_recorded


@dataclass(frozen=True, slots=True)
class Fitting:
    """How hooks are put in place: see `nixauth hook install --help`."""

    program: Sequence[str]
    chain: bool
    elsewhere: bool


def follow(
    repository: Repository,
    named: Sequence[str],
    hooks: Sequence[Hook],
    fitting: Fitting,
    *,
    remote_only: bool,
) -> None:
    """Install a follower's and a committer's hooks."""
    config = LocalConfig(repository, SECTION)
    found = following.branches(repository, named)
    refs = [
        ref
        for branch in found
        for ref in following.refs(repository, branch, remote_only=remote_only)
    ]
    directory = HooksDirectory(repository)
    directory.refuse_unfit(hooks, chain=fitting.chain, elsewhere=fitting.elsewhere)
    before = read_settings(config)
    others = [ref for ref in before.follow if following.branch(repository, ref) not in found]
    settings = HookSettings(
        tuple(dict.fromkeys([*others, *refs])), before.protect, before.report_only
    )
    _accept_all(repository, settings)
    for hook in hooks:
        directory.install(hook, fitting.program)
    write_settings(config, settings)
    common.emit("".join(report.installed(directory.path, hooks, settings)))


def _accept_all(repository: Repository, settings: HookSettings) -> None:
    """Ask about the refs as they are; exit where one is not authentic, with nothing installed."""
    with Meter(quiet=False) as meter:
        follower = _follower(repository, settings, meter)
        accepted = dict(follower.record.read())
        for ref in settings.follow:
            at = repository.reference(ref)
            if at is None:
                continue
            found, entry = follower.ask(ref, at, accepted)
            if entry is None:
                lines = report.not_installed(ref, found, background_of(follower))
                common.emit("".join(lines))
                raise typer.Exit(common.CODES[found.verdict])
            accepted[ref] = entry
        follower.record.accept(accepted)


def _follower(repository: Repository, settings: HookSettings, meter: Meter) -> Follower:
    return Follower(repository, settings, Means(cache_directory(), meter.update, processors()))


def serve(
    repository: Repository, patterns: Sequence[str], fitting: Fitting, *, report_only: bool
) -> None:
    """Install a server's hook."""
    config = LocalConfig(repository, SECTION)
    records = all_recorded(LocalConfig(repository))
    if not records:
        following.branches(repository, [])  # says what is missing
    wanted = patterns or [one.branch for one in records if one.branch] or _checked_out(repository)
    protect = list(map(following.pattern, wanted))
    directory = HooksDirectory(repository)
    hooks = [Hook.PRE_RECEIVE]
    directory.refuse_unfit(hooks, chain=fitting.chain, elsewhere=fitting.elsewhere)
    before = read_settings(config)
    settings = HookSettings(before.follow, tuple(dict.fromkeys(protect)), report_only)
    directory.install(Hook.PRE_RECEIVE, fitting.program)
    write_settings(config, settings)
    common.emit("".join(report.installed(directory.path, hooks, settings)))


def _checked_out(repository: Repository) -> list[str]:
    found = branch_of(repository, "HEAD")
    if found is None:
        raise UsageError("it is not clear which branches are to be protected", "Give --protect.")
    return [found]


def uninstall(repository: Repository, *, elsewhere: bool) -> None:
    """Take everything back; hooks that other repositories may share only if that is meant."""
    directory = HooksDirectory(repository)
    shared = directory.elsewhere and not elsewhere
    gone = [] if shared else [hook for hook in Hook if directory.uninstall(hook)]
    config = LocalConfig(repository, SECTION)
    configured = bool(config.settings())
    if configured:
        write_settings(config, HookSettings())
    Record(repository).forget()
    if not gone and not configured:
        raise UsageError("no hook of nixauth is installed here")
    common.emit("".join(report.uninstalled(directory.path, gone, shared=shared)))


def status(repository: Repository, program: Sequence[str], *, as_json: bool) -> None:
    """Show what is installed, and exit with 1 where it does not do what is configured."""
    directory = HooksDirectory(repository)
    settings = read_settings(LocalConfig(repository, SECTION))
    found = report.Status(
        directory.path,
        tuple(directory.standing(hook, program) for hook in Hook),
        settings,
        Record(repository).read(),
        {ref: repository.reference(ref) for ref in settings.follow},
        frozenset(ref for ref in settings.follow if end_of(repository, ref) != ref),
        frozenset(remotes_of(repository)),
    )
    if as_json:
        common.emit(json.dumps(report.status_document(found), indent=2, ensure_ascii=True) + "\n")
    else:
        common.emit("".join(report.status_text(found)))
    raise typer.Exit(common.REFUSED if found.problems else common.AUTHENTIC)


def accept(repository: Repository, named: str, commit: str | None, *, downgrade: bool) -> None:
    """Record a commit as the last one accepted for a ref."""
    settings = read_settings(LocalConfig(repository, SECTION))
    ref = _one_of(settings.follow, named)
    target = _commit(repository, ref, commit)
    with Meter(quiet=False) as meter:
        follower = _follower(repository, settings, meter)
        found = follower.accept(ref, target, downgrade=downgrade)
    if found.verdict is Verdict.AUTHENTIC:
        common.emit("".join(report.accepted(ref, target)))
    else:
        common.emit("".join(text.render(found, background_of(follower))))
    raise typer.Exit(common.CODES[found.verdict])


def _one_of(followed: Iterable[str], named: str) -> str:
    names = {named, f"refs/{named}", f"refs/heads/{named}", f"refs/remotes/{named}"}
    found = [ref for ref in followed if ref in names]
    if len(found) != 1:
        several = "more than one followed ref" if found else "no followed ref"
        raise UsageError(f"{named!r} names {several}", "nixauth hook status lists them.")
    return found[0]


def _commit(repository: Repository, ref: str, commit: str | None) -> ObjectId:
    if commit is not None:
        return repository.resolve(commit)
    found = repository.reference(ref)
    if found is None:
        raise UsageError(f"there is no {ref} yet", "Name the commit.")
    return found
