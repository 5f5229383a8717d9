"""What an update brings into a channel's mirror before anything is judged, and before it is hashed.

Steps 1, 2 and 5 of docs/channels.md; nothing here decides whom to trust.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator

from nixauth.authenticate import Progress
from nixauth.channels import needs
from nixauth.channels.mirror import Mirror
from nixauth.channels.values import Channel, Pin
from nixauth.errors import DamagedRecordError, FetchError, MissingObjectError
from nixauth.keyring import DEFAULT_REFS
from nixauth.model import ObjectId
from nixauth.signatures.commit_object import tree_of

_ROUNDS = 64
"""What is below a directory comes with it, so a few are enough."""


class Fetching:
    """Brings what is needed for a channel; `before` is the last pin."""

    def __init__(
        self, channel: Channel, mirror: Mirror, before: Pin | None, progress: Progress
    ) -> None:
        self._channel, self._before, self._progress = channel, before, progress
        self.mirror = mirror
        self.branch = f"refs/heads/{channel.branch}"
        self._keyring = channel.keyring or (DEFAULT_REFS[0],)
        self._has_everything = False
        self.warnings: list[str] = []
        if mirror.damage:
            self.warnings.append(f"what was fetched before was damaged ({mirror.damage}): anew")

    @contextlib.contextmanager
    def anew(self) -> Iterator[None]:
        """Fetch into a mirror without anything in it; raises FetchError, OSError."""
        self._has_everything = False
        with self.mirror.anew():
            yield

    def known_tip(self, wanted: ObjectId) -> ObjectId | None:
        """Return where the branch was, where that is enough for a look at a commit."""
        repository = self.mirror.repository
        if not repository.has(wanted):
            return None
        tip = repository.reference(self.branch)
        if tip is not None:
            self.bring_files(tip)  # a run before this one may have been killed on the way
        return tip

    def tip(self) -> ObjectId:
        """Bring what is new, as far as it is read to judge it, and return the branch's tip."""
        channel, mirror = self._channel, self.mirror
        tips = mirror.tips([self.branch, *self._keyring])
        tip = tips.get(self.branch)
        if tip is None:
            raise FetchError(
                f"{channel.url} has no branch {channel.branch}",
                "See its name there (git ls-remote), and correct the channel.",
            )
        mirror.forget([ref for ref in mirror.refs() if _is_in_the_way(ref, tips)])
        here = mirror.repository
        moved = [ref for ref, commit in tips.items() if here.reference(ref) != commit]
        mirror.fetch(moved)
        # It may have moved since it was asked: what was brought is what counts.
        asked, tip = tip, mirror.repository.reference(self.branch)
        if tip is None or (tip != asked and tip != mirror.tips([self.branch]).get(self.branch)):
            raise FetchError(
                f"{channel.url} did not send the commit that its branch {channel.branch} is at",
                "Nothing was changed. Is it a shallow clone itself? Try again, or another server.",
            )
        if self.branch in moved and needs.is_whole(mirror.repository, tip):
            self.warnings.append(
                f"{channel.url} leaves nothing out of what it sends: everything was fetched"
            )
        for ref in self.keyring_refs():
            self.bring_below(mirror.repository.reference(ref))
        before = self._before
        if before is None or before.commit != tip or not self.has_all_of(before):
            self.bring_files(tip)
        return tip

    def bring_files(self, tip: ObjectId) -> None:
        """Bring the files that say who may sign, of all commits that are judged."""
        start = self._start()
        repository = self.mirror.repository
        commits = list(needs.commits_between(repository, start, tip, self._progress))
        if start != self._channel.introduction.commit:
            commits.append(self._channel.introduction.commit)
        path = self._channel.authorizations_path
        for _ in range(_ROUNDS):
            missing = needs.missing_files(repository, self._present(commits), path)
            if not missing:
                return
            self._bring(missing)
            repository = self.mirror.repository

    def _present(self, commits: Iterable[ObjectId]) -> list[ObjectId]:
        repository = self.mirror.repository
        return [commit for commit in commits if repository.has(commit)]

    def _start(self) -> ObjectId:
        """Return a commit before which all that is read is here."""
        if self._before is not None and self.has_all_of(self._before):
            return self._before.commit
        return self._channel.introduction.commit

    def has_all_of(self, pin: Pin) -> bool:
        """Say whether all that was read for a pin is here; not in a mirror that was made anew."""
        return self.mirror.note == self._note(pin)

    def remember(self, pin: Pin) -> None:
        """Note that all that was read for a pin is here; raises OSError."""
        self.mirror.note = self._note(pin)

    def _note(self, pin: Pin) -> str:
        channel = self._channel
        path = channel.authorizations_path or ""
        return f"{pin.commit.hex()} {channel.introduction.commit.hex()} {channel.branch} {path}"

    def require_pin(self) -> None:
        """Notice that a pin was recorded and is gone; raises DamagedRecordError."""
        words = self.mirror.note.split(" ")
        if self._before is None and words[2:3] == [self._channel.branch]:
            raise DamagedRecordError(
                f"the last pin of the branch {self._channel.branch} is gone; the commit {words[0]}"
                " was accepted before",
                "Without it a step back would go unnoticed. Bring pin.json back, or start afresh:"
                f" nixauth channel update {self._channel.name} --allow-downgrade",
            )

    def _bring(self, objects: set[ObjectId], *, trees_only: bool = False) -> None:
        """Bring objects in one batch; from a server that gives none by its id, everything, once."""
        if self.mirror.fetch_objects(objects, trees_only=trees_only):
            return
        if self._has_everything:
            raise FetchError(
                f"{self._channel.url} does not send {min(objects).hex()}, which a commit names",
                "Nothing was changed. Try again, or another server.",
            )
        self._has_everything = True
        self.warnings.append(
            f"{self._channel.url} does not send single objects: everything was fetched"
        )
        self.mirror.fetch_all([self.branch, *self.keyring_refs()])

    def keyring_refs(self) -> list[str]:
        """Return those refs of the keyring that are here."""
        repository = self.mirror.repository
        return [ref for ref in self._keyring if repository.reference(ref) is not None]

    def bring_below(self, commit: ObjectId | None) -> ObjectId:
        """Bring the whole tree of a commit, in a few batches, and return its id."""
        tree = tree_of(self.mirror.repository.commit(commit)) if commit is not None else None
        if commit is None or tree is None:
            raise MissingObjectError("a commit does not say which tree it has")
        for _ in range(_ROUNDS):
            trees, files = needs.missing_below(self.mirror.repository, tree)
            if trees:
                self._bring(trees, trees_only=True)
            elif files:
                self._bring(files)
            else:
                return tree
        raise MissingObjectError(
            f"the tree of commit {commit.hex()} could not be brought whole",
            "Nothing was changed. Try again, or from another server.",
        )


def _is_in_the_way(ref: str, tips: Collection[str]) -> bool:
    """Whether a ref that is here, and no longer there, leaves no place for one that is there."""
    return ref not in tips and any(
        one.startswith(f"{ref}/") or ref.startswith(f"{one}/") for one in tips
    )
