"""Is a key the one that the person signs with, as their own git configuration has it?

`user.signingkey` and `gpg.format` as git-config(1) has them. Only what names one key counts: an
address or a short key id fits keys that others can make.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from nixauth.history.config import setting_of_user, worktree_of
from nixauth.history.repository import Repository
from nixauth.keys.ssh import SUFFIX, from_line
from nixauth.model import Fingerprint, is_ssh
from nixauth.rule import Signer
from nixauth.text_problems import Refused

_HEXADECIMAL = re.compile(r"[0-9A-F]{16}|[0-9A-F]{40}|[0-9A-F]{64}")
_MAX_FILE = 64 * 1024


@dataclass(frozen=True, slots=True)
class UserKey:
    """What git is told to sign with; `setting` may be empty. SSH files are relative to `top`."""

    format: str
    setting: str
    top: Path

    @classmethod
    def of(cls, repository: Repository) -> UserKey:
        """Read it from git's configuration, from any level."""
        return cls(
            setting_of_user(repository, "gpg.format") or "openpgp",
            setting_of_user(repository, "user.signingkey"),
            worktree_of(repository),
        )

    @property
    def words(self) -> str:
        """Say what is set."""
        if not self.setting:
            return "user.signingkey is not set"
        return f"user.signingkey is {self.setting!r}, gpg.format {self.format}"

    def names(self, signer: Signer) -> Fingerprint | None:
        """Return the fingerprint that stands for the signer, None where the key is not it.

        For a signing subkey that is the primary key's, the one that people publish.
        """
        if self.format == "ssh":
            return signer.key if signer.key == self._ssh() else None
        if self.format != "openpgp" or is_ssh(signer.key):
            return None
        wanted = "".join(self.setting.split()).upper().removeprefix("0X").removesuffix("!")
        keys = [*sorted(signer.primaries), signer.key]
        if not _HEXADECIMAL.fullmatch(wanted) or not any(_is(key, wanted) for key in keys):
            return None
        return keys[0] if len(signer.primaries) == 1 else signer.key

    def _ssh(self) -> Fingerprint | None:
        """Return the key that the setting holds, or that the file that it names holds."""
        literal = self.setting.removeprefix("key::")
        if literal != self.setting or literal.startswith("ssh-"):
            return _key(literal)
        if not self.setting:
            return None
        path = self.top / os.path.expanduser(self.setting)  # noqa: PTH111 - no home is no fault
        beside = path.with_name(path.name + SUFFIX)  # of a private key
        return _key(_first_line(path)) or _key(_first_line(beside))


def _is(key: Fingerprint, wanted: str) -> bool:
    """Compare with a fingerprint or a key id (RFC 9580, section 5.5.4)."""
    key_id = key[-16:] if len(key) == 40 else key[:16]
    return wanted in {key, key_id}


def _key(line: str) -> Fingerprint | None:
    if not line.strip():
        return None
    key = from_line(line)
    return None if isinstance(key, Refused) else key.fingerprint


def _first_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE)
    except OSError:
        return ""
    return content.decode("utf-8", "replace").partition("\n")[0]
