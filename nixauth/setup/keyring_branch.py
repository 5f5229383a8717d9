"""Keys for the keyring branch: looked at before anything is written, then written."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from nixauth.history.branch import Branch
from nixauth.history.repository import Repository
from nixauth.keys.importing import Imported, When, import_keys
from nixauth.keys.plan import Kind
from nixauth.setup.keys import GivenKey, for_keyring


@dataclass(frozen=True, slots=True)
class Delivery:
    """An import that was found possible."""

    repository: Repository
    branch: Branch
    keys: Sequence[GivenKey]
    when: When
    changes: bool

    def make(self) -> Imported | None:
        """Write the commit, and move the branch; None where the branch has everything."""
        if not self.changes:
            return None
        incoming = for_keyring(self.keys)
        return import_keys(self.repository, self.branch, incoming, os.environ, self.when)


def prepare(repository: Repository, branch: Branch, keys: Sequence[GivenKey]) -> Delivery:
    """Plan an import; raises what that does for keys and for the branch as it is.

    A branch that is checked out, or a committer whom git does not know, is refused by the import,
    before anything is written.
    """
    now = int(time.time())
    when = When(now, time.localtime(now).tm_gmtoff // 60)
    incoming = for_keyring(keys)
    changes = False
    if incoming.certificates:
        tried = import_keys(repository, branch, incoming, os.environ, when, dry_run=True)
        changes = any(change.kind is not Kind.UNCHANGED for change in tried.changes)
    return Delivery(repository, branch, keys, when, changes)
