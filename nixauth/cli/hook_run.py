"""`nixauth hook run`: what the scripts start, with git waiting for the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from nixauth.cache import cache_directory
from nixauth.cli import common
from nixauth.cli.progress import Meter
from nixauth.cli.question import processors
from nixauth.display import printable
from nixauth.errors import NixauthError, UndecidedError, UnsupportedRepositoryError
from nixauth.history.config import LocalConfig
from nixauth.history.repository import Repository
from nixauth.hooks.committer import Committer
from nixauth.hooks.follower import Follower
from nixauth.hooks.guard import Guard, Means, Ruling
from nixauth.hooks.scripts import SAID, Hook
from nixauth.hooks.server import Server
from nixauth.hooks.settings import SECTION, HookSettings, read_settings
from nixauth.hooks.updates import read_pushes, read_updates
from nixauth.model import Fingerprint, ObjectId
from nixauth.reports import hooks as report
from nixauth.reports.text import Background

GO_ON = 0


def run(hook: Hook, directory: Path, remote: str, url: str) -> int:
    """Read what git says on standard input, and return the exit code.

    0 lets git go on. Nothing that goes wrong does. SAID stops it, and the person was told why.
    """
    octets = sys.stdin.buffer.read()
    only = False
    try:
        repository = Repository.open(directory, _quarantine() if hook is Hook.PRE_RECEIVE else None)
        settings = read_settings(LocalConfig(repository, SECTION))
        only = settings.report_only and hook is Hook.PRE_RECEIVE
        with Meter(quiet=False) as meter:
            means = Means(cache_directory(), meter.update, processors())
            guard, rulings = _rule(hook, repository, settings, means, octets, remote, url)
    except NixauthError as error:
        for line in report.explain_failure(error, hook, report_only=only):
            common.note(line.removesuffix("\n"))
        return GO_ON if only else SAID
    return _answer(hook, guard, rulings, report_only=only)


def _rule(
    hook: Hook,
    repository: Repository,
    settings: HookSettings,
    means: Means,
    octets: bytes,
    remote: str,
    url: str,
) -> tuple[Guard, list[Ruling]]:
    match hook:
        case Hook.REFERENCE_TRANSACTION:
            follower = Follower(repository, settings, means)
            return follower, follower.rule(read_updates(octets))
        case Hook.PRE_PUSH:
            committer = Committer(repository, settings, means)
            return committer, committer.rule(read_pushes(octets), remote, url)
        case Hook.PRE_RECEIVE:
            server = Server(repository, settings, means)
            return server, server.rule(read_updates(octets))


def _quarantine() -> Path | None:
    """Return where git keeps what was pushed; only a server's hook asks the environment for it."""
    if os.environ.get("GIT_NAMESPACE"):
        raise UnsupportedRepositoryError(
            "refs in namespaces are not checked (GIT_NAMESPACE is set)",
            "Serve the repository without namespaces, or take the hook away.",
        )
    found = os.environ.get("GIT_QUARANTINE_PATH", "")
    return Path(found).absolute() if found else None


def _answer(hook: Hook, guard: Guard, rulings: Sequence[Ruling], *, report_only: bool) -> int:
    background = background_of(guard)
    stopped = [ruling for ruling in rulings if ruling.stops]
    for ruling in stopped:
        for line in report.explain(ruling, hook, background, report_only=report_only):
            common.note(line.removesuffix("\n"))
    for problem in guard.problems:
        common.note(f"nixauth: warning: {printable(problem, 400)}")
    return SAID if stopped and not report_only else GO_ON


def background_of(guard: Guard) -> Background:
    """Say where the text finds what a report does not hold."""
    return Background(
        commit=_quietly(guard.repository.commit),
        owner=lambda key: printable(_quietly(guard.owner)(key) or "", 100),
        quiet=True,
    )


_Key = TypeVar("_Key", ObjectId, Fingerprint)
_Found = TypeVar("_Found")


def _quietly(function: Callable[[_Key], _Found]) -> Callable[[_Key], _Found | None]:
    def call(key: _Key) -> _Found | None:
        try:
            return function(key)
        except UndecidedError:
            return None

    return call
