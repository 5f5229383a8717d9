"""What a hook says to the person whose git command it stops, and what is installed, as text."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nixauth.display import printable
from nixauth.errors import NixauthError
from nixauth.hooks.guard import Forbidden, Ruling
from nixauth.hooks.install import Standing, State
from nixauth.hooks.record import Accepted
from nixauth.hooks.scripts import Hook
from nixauth.hooks.settings import HookSettings
from nixauth.model import (
    MissingKey,
    NotDescendant,
    ObjectId,
    Reason,
    Report,
    UnusableKey,
    Verdict,
)
from nixauth.reports.text import Background, render

_LONGEST = 400
_AROUND = {
    Hook.REFERENCE_TRANSACTION: "git -c core.hooksPath=/dev/null … goes on without the check",
    Hook.PRE_PUSH: "git push --no-verify goes on without the check",
    Hook.PRE_RECEIVE: "who runs the server can look at it with nixauth hook status",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What `nixauth hook status` shows; `now` is where each followed ref is.

    `symbolic` are those that stand for another ref, `remotes` the names of the remotes.
    """

    directory: Path
    standings: Sequence[Standing]
    settings: HookSettings
    accepted: Mapping[str, Accepted]
    now: Mapping[str, ObjectId | None]
    symbolic: frozenset[str]
    remotes: frozenset[str]

    @property
    def problems(self) -> list[str]:
        """What keeps the hooks from doing what is configured, a line each."""
        stand = {one.hook: one for one in self.standings}
        found = [
            f"{one.path} is {one.state.value}: nixauth hook install"
            for one in self.standings
            if one.state in {State.DISABLED, State.OTHER_VERSION}
        ]
        placed = {hook for hook, one in stand.items() if one.state in _WORKS}
        if self.settings.follow and Hook.REFERENCE_TRANSACTION not in placed:
            found.append("branches are followed, and fetches are not checked")
        found += self._refs_in_wrong_places()
        if self.settings.protect and Hook.PRE_RECEIVE not in placed:
            found.append("branches are protected, and no hook of nixauth looks after them")
        if placed and not (self.settings.follow or self.settings.protect):
            found.append("hooks are installed, and no branch is followed or protected")
        return found

    def _refs_in_wrong_places(self) -> list[str]:
        found = []
        for ref in self.settings.follow:
            last, now = self.accepted.get(ref), self.now.get(ref)
            if now is not None and (last is None or last.commit != now):
                found.append(
                    f"{ref} is where it was not accepted, moved by something that asks no hook:"
                    f" nixauth hook accept {ref}"
                )
            if ref in self.symbolic:
                found.append(f"{ref} stands for another ref, which is not followed under its name")
            remote = ref.removeprefix("refs/remotes/")
            if remote != ref and not any(remote.startswith(f"{one}/") for one in self.remotes):
                found.append(f"{ref} is of no remote that there is: nixauth hook install")
        return found


_WORKS = frozenset({State.OURS, State.OTHER_VERSION})


def explain(
    ruling: Ruling, hook: Hook, background: Background, *, report_only: bool = False
) -> Iterator[str]:
    """Yield the lines, ended by newlines, for a ref that may not move."""
    ref = printable(ruling.ref, _LONGEST)
    stays = "would have been refused" if report_only else "stays where it is"
    yield f"nixauth: {ref} {stays}\n"
    if ruling.forbidden is not None:
        yield from _forbidden(ruling.forbidden, hook)
    if ruling.error is not None:
        yield f"undecided: {printable(ruling.error.message, _LONGEST)} ({ruling.error.kind})\n"
        if ruling.error.hint:
            yield f"  next: {printable(ruling.error.hint, _LONGEST)}\n"
    if ruling.report is not None:
        yield from render(ruling.report, background)
        yield from _next(ruling, ruling.report, hook)
    if ruling.undecided:
        yield f"  once you know why: {_AROUND[hook]}\n"


def _forbidden(forbidden: Forbidden, hook: Hook) -> Iterator[str]:
    yield f"refused: {forbidden.value}\n"
    if forbidden is Forbidden.SHADOWS:
        yield "  next: do not fetch it (a refspec ^refs/… leaves a ref out, --no-tags all tags)\n"
    elif forbidden is Forbidden.REPLACES:
        yield "  next: nothing that is followed or protected may look other than what was signed\n"
    elif hook is Hook.PRE_PUSH:
        yield "  next: if it is meant: git push --no-verify\n"
    elif hook is Hook.PRE_RECEIVE:
        yield "  next: it is a protected ref; who runs the server can change it there\n"
    else:
        yield "  next: see what it stands for now: git symbolic-ref REF\n"


def _around_it(ruling: Ruling, reason: Reason) -> Iterator[str]:
    """Say what git leaves behind when it is stopped, and what it does not come to."""
    if ruling.ref.startswith("refs/heads/"):
        yield (
            "  a merge or a pull may have written its files to the work tree by now:"
            " git reset --hard puts back those of the branch\n"
        )
    elif isinstance(reason, MissingKey | UnusableKey):
        remote = printable(ruling.ref.removeprefix("refs/remotes/").split("/")[0])
        refs = f"+refs/heads/keyring:refs/remotes/{remote}/keyring"
        yield f"  new keys come with the keyring: git fetch {shlex.quote(remote)} {refs}\n"


def _next(ruling: Ruling, report: Report, hook: Hook) -> Iterator[str]:
    if report.verdict is not Verdict.REFUSED:
        return
    reason = report.refusals[0].reason
    back = isinstance(reason, NotDescendant) and reason.step_forward
    if hook is Hook.REFERENCE_TRANSACTION and back:
        ref = shlex.quote(printable(ruling.ref, _LONGEST))
        yield (
            "  if you mean to go there all the same, and know why:"
            f" nixauth hook accept --allow-downgrade {ref} {report.target.hex()}\n"
        )
    elif hook is Hook.REFERENCE_TRANSACTION and ruling.ref.startswith("refs/heads/"):
        yield (
            "  commits of your own that are not signed by a listed key belong on another branch:"
            " git switch -c NAME\n"
        )
    if hook is Hook.REFERENCE_TRANSACTION:
        yield from _around_it(ruling, reason)
    if hook is Hook.PRE_RECEIVE and isinstance(reason, MissingKey | UnusableKey):
        yield "  the keys that count are those on the server: push the keyring first, or with it\n"
    if hook is Hook.PRE_PUSH and back:
        yield "  if it is meant, and the server allows it: git push --no-verify\n"


def explain_failure(error: NixauthError, hook: Hook, *, report_only: bool = False) -> Iterator[str]:
    """Yield the lines, ended by newlines, for what kept every ref from being looked at."""
    then = "all was let in (report only)" if report_only else "so nothing was moved"
    yield f"nixauth: nothing was checked, and {then}\n"
    yield f"undecided: {printable(error.message, _LONGEST)} ({error.kind})\n"
    if error.hint:
        yield f"  next: {printable(error.hint, _LONGEST)}\n"
    yield f"  once you know why: {_AROUND[hook]}\n"


# --- what is installed ---

SCHEMA = 1
_UNGUARDED = (
    "  not guarded: FETCH_HEAD and whatever is used from it without a branch; the first fetch of a"
    " fresh clone,\n  unless its hooks come from a template or core.hooksPath (docs/hooks.md)\n"
)


def installed(directory: Path, hooks: Sequence[Hook], settings: HookSettings) -> Iterator[str]:
    """Yield the lines, ended by newlines, of what was put in place."""
    names = ", ".join(hook.value for hook in hooks)
    yield f"installed: {names} in {printable(str(directory), _LONGEST)}\n"
    if Hook.PRE_RECEIVE in hooks:
        yield from (f"  protected: {printable(one, _LONGEST)}\n" for one in settings.protect)
        if settings.report_only:
            yield "  report only: what would be refused is said, and let in\n"
        return
    yield from (f"  followed: {printable(ref, _LONGEST)}\n" for ref in settings.follow)
    if Hook.REFERENCE_TRANSACTION in hooks:
        yield _UNGUARDED


def not_installed(ref: str, found: Report, background: Background) -> Iterator[str]:
    """Yield the lines for a ref that is not authentic as it is."""
    yield from render(found, background)
    yield (
        f"  nothing was installed: that is where {printable(ref, _LONGEST)} is. Move it to an"
        " authentic commit first"
    )
    yield ", or give --remote-only\n" if ref.startswith("refs/heads/") else "\n"


def uninstalled(directory: Path, hooks: Sequence[Hook], *, shared: bool) -> Iterator[str]:
    """Yield the lines of what was taken away; `shared` hooks stay, for others."""
    names = ", ".join(hook.value for hook in hooks) or "no hook"
    yield f"taken away: {names} from {printable(str(directory), _LONGEST)}\n"
    yield "  what was followed and last accepted is forgotten\n"
    if shared:
        yield "  the hooks stay, for other repositories may share them (--in-hooks-path)\n"


def accepted(ref: str, commit: ObjectId) -> Iterator[str]:
    """Yield the line for a commit that was recorded."""
    yield f"accepted: {commit.hex()} as the last one of {printable(ref, _LONGEST)}\n"


def status_text(status: Status) -> Iterator[str]:
    """Yield the lines of a status."""
    yield f"hooks in {printable(str(status.directory), _LONGEST)}\n"
    for one in status.standings:
        chained = ", another one is run before it" if one.chained else ""
        yield f"  {one.hook.value}: {one.state.value}{chained}\n"
    for ref in status.settings.follow:
        yield f"followed: {printable(ref, _LONGEST)}\n"
        yield from _where(status.accepted.get(ref), status.now.get(ref))
    for pattern in status.settings.protect:
        yield f"protected: {printable(pattern, _LONGEST)}\n"
    if status.settings.report_only:
        yield "report only: what would be refused is said, and let in\n"
    for problem in status.problems:
        yield f"problem: {printable(problem, _LONGEST)}\n"


def _where(last: Accepted | None, now: ObjectId | None) -> Iterator[str]:
    if last is None:
        yield "  last accepted: none yet\n"
    else:
        yield f"  last accepted: {last.commit.hex()}\n"
    if now is None:
        yield "  now: it is not there\n"
    elif last is None or now != last.commit:
        yield f"  now: {now.hex()}\n"


def status_document(status: Status) -> dict[str, Any]:
    """Return a status for a machine; docs/hooks.md has the fields."""
    return {
        "schema": SCHEMA,
        "directory": str(status.directory),
        "hooks": [
            {"name": one.hook.value, "state": one.state.name.lower(), "chained": one.chained}
            for one in status.standings
        ],
        "follow": [
            {
                "ref": ref,
                "accepted": _hex(status.accepted[ref].commit if ref in status.accepted else None),
                "now": _hex(status.now.get(ref)),
            }
            for ref in status.settings.follow
        ],
        "protect": list(status.settings.protect),
        "report_only": status.settings.report_only,
        "problems": status.problems,
    }


def _hex(commit: ObjectId | None) -> str | None:
    return commit.hex() if commit is not None else None
