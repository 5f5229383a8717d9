"""What others may push to a protected branch (`pre-receive`)."""

from __future__ import annotations

from collections.abc import Sequence

from nixauth.errors import NixauthError
from nixauth.history.config import end_of
from nixauth.history.repository import Repository
from nixauth.hooks.guard import (
    REPLACE,
    Forbidden,
    Guard,
    Means,
    Ruling,
    ignores_case,
)
from nixauth.hooks.settings import HookSettings
from nixauth.hooks.updates import Names, Symbolic, Update
from nixauth.keyring import DEFAULT_REFS
from nixauth.model import ObjectId
from nixauth.trust import all_recorded


class Server(Guard):
    """Protected refs of a repository that others push to (`pre-receive`)."""

    def __init__(self, repository: Repository, settings: HookSettings, means: Means) -> None:
        super().__init__(repository, means)
        fold = ignores_case(repository)
        exact = [one for one in settings.protect if "*" not in one]
        self._exactly = Names(exact, ignore_case=fold)
        self._protected = Names(settings.protect, ignore_case=fold)

    def rule(self, updates: Sequence[Update]) -> list[Ruling]:
        """Rule on what was pushed; raises NixauthError for records and refs that cannot be read."""
        self.with_pending(updates)
        keyrings = self._keyrings()
        found = []
        for update in updates:
            ref = end_of(self.repository, update.ref)  # git moves what a symbolic ref stands for
            if ref in self._exactly or (ref in self._protected and ref not in keyrings):
                found.append(self._ruling(ref, update))
            else:
                found += self._beside(update)
        return found

    def _beside(self, update: Update) -> list[Ruling]:
        if update.new is not None and update.ref.startswith(REPLACE):
            return [Ruling(update.ref, forbidden=Forbidden.REPLACES)]
        return []

    def _keyrings(self) -> frozenset[str]:
        """Return the refs that hold keys: nothing in them is trusted, so no pattern means them."""
        records = all_recorded(self.config)
        found = [ref for trust in records for ref in trust.keyring or DEFAULT_REFS]
        return frozenset(found or DEFAULT_REFS)

    def _ruling(self, ref: str, update: Update) -> Ruling:
        match update.new:
            case None:
                return Ruling(ref, forbidden=Forbidden.DELETED)
            case Symbolic():
                return Ruling(ref, forbidden=Forbidden.SYMBOLIC)
            case new:
                return self._moved(ref, new, update.old)

    def _moved(self, ref: str, new: ObjectId, old: ObjectId | Symbolic | None) -> Ruling:
        """Ask about a step from where the ref is, and from where the pusher says that it is.

        git compares the second with what it finds when it moves the ref.
        """
        try:
            now = self.repository.reference(ref)
            after = [one for one in (now, old) if one is not None and not isinstance(one, Symbolic)]
            return Ruling(ref, self.asker(ref).ask(new, list(dict.fromkeys(after))))
        except NixauthError as error:
            return Ruling(ref, error=error)
