"""What may be pushed to a branch that is followed (`pre-push`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nixauth.errors import MissingObjectError, NixauthError
from nixauth.history.repository import Repository
from nixauth.hooks.guard import (
    LOCAL,
    REMOTE,
    Forbidden,
    Guard,
    Means,
    Ruling,
)
from nixauth.hooks.record import Record
from nixauth.hooks.settings import HookSettings
from nixauth.hooks.updates import Push
from nixauth.model import ObjectId


class Committer(Guard):
    """Followed branches where they are pushed to (`pre-push`)."""

    def __init__(self, repository: Repository, settings: HookSettings, means: Means) -> None:
        super().__init__(repository, means)
        self._followed = frozenset(settings.follow)

    def rule(self, pushes: Iterable[Push], remote: str, url: str) -> list[Ruling]:
        """Rule on what would be pushed; `remote` is the name of the place, or its URL.

        Raises DamagedRecordError.
        """
        known = Record(self.repository).read()
        names = self._names(remote, url)
        found = []
        for push in pushes:
            branch = self._branch(push.ref)
            if branch is not None and self._follows(names, branch):
                after = [known[ref].commit for ref in self._tracking(names, branch) if ref in known]
                found.append(self._ruling(push, after))
        return found

    def _branch(self, ref: str) -> str | None:
        return ref.removeprefix(LOCAL) if ref.startswith(LOCAL) else None

    def _names(self, remote: str, url: str) -> list[str]:
        """Return what a remote is called here: more than one name may lead to the same place."""
        same = [name for name, urls in self.remotes.items() if {remote, url} & urls]
        return sorted({*same, *([remote] if remote in self.remotes else [])})

    def _tracking(self, names: Sequence[str], branch: str) -> list[str]:
        wanted = [f"{REMOTE}{name}/{branch}" for name in names]
        return [ref for ref in wanted if ref in self._followed]

    def _follows(self, names: Sequence[str], branch: str) -> bool:
        if self._tracking(names, branch):
            return True
        followed = [ref for ref in self._followed if self.branch(ref) == branch]
        # A place without a name may be the one that is followed, under another address; and a
        # branch that is followed here alone is followed wherever it goes.
        return bool(followed) and (not names or not any(r.startswith(REMOTE) for r in followed))

    def _ruling(self, push: Push, after: Sequence[ObjectId]) -> Ruling:
        if push.new is None:
            return Ruling(push.ref, forbidden=Forbidden.DELETED)
        try:
            old = [push.old] if push.old is not None else []
            if old and not self.repository.has(old[0]):
                raise MissingObjectError(
                    f"{push.ref} is at {old[0].hex()} there, and that commit is not here",
                    "Fetch first (git fetch), and bring your commits on top of what came.",
                )
            return Ruling(push.ref, self.asker(push.ref).ask(push.new, [*old, *after]))
        except NixauthError as error:
            return Ruling(push.ref, error=error)
