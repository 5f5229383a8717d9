"""The key that git signs with for the person at work, found as git finds it.

`gpg.format` and `user.signingKey` (git-config(1)); a literal SSH key, or the path of one, is told
apart as in git's gpg-interface.c.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from nixauth import gnupg_home
from nixauth.display import printable
from nixauth.errors import UsageError
from nixauth.model import Fingerprint
from nixauth.setup.keys import (
    GivenKey,
    from_file,
    from_gnupg,
    from_ssh_line,
    signing_faults,
)
from nixauth.signatures import openpgp

Config = Callable[[str], str | None]

_LITERAL = "key::"
_HEXADECIMAL = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{8,64})!?")
_SET_SSH = "Set it: git config user.signingKey ~/.ssh/id_ed25519.pub"
_SET_OPENPGP = "Set it: git config user.signingKey FINGERPRINT; gpg --fingerprint shows yours."


def own_key(config: Config, root: Path) -> GivenKey:
    """Return the key; `root` is where a relative path begins.

    Raises UsageError where git names none, or several, or one that cannot count;
    UnreadableKeyringError where GnuPG's keyring cannot be asked.
    """
    kind = (config("gpg.format") or "openpgp").strip()
    named = (config("user.signingkey") or "").strip()
    if kind == "ssh":
        return _ssh(named, root)
    if kind == "openpgp":
        return _openpgp(named, config)
    if kind == "x509":
        raise UsageError(
            "gpg.format is x509: X.509 signatures are not read, so none of them would count",
            "Sign with OpenPGP or SSH: git config gpg.format ssh; git config user.signingKey FILE",
        )
    raise UsageError(f"gpg.format is {kind!r}, which is neither openpgp nor ssh")


def _ssh(named: str, root: Path) -> GivenKey:
    if not named:
        raise UsageError(
            "gpg.format is ssh, and user.signingKey does not say which key",
            f"{_SET_SSH} (a gpg.ssh.defaultKeyCommand is not run)",
        )
    if named.startswith(_LITERAL):
        return from_ssh_line(named.removeprefix(_LITERAL))
    if named.startswith("ssh-"):
        return from_ssh_line(named)
    path = root / _expanded(named)
    public = path.with_name(f"{path.name}.pub")
    if not path.name.endswith(".pub") and public.is_file():
        path = public
    if not path.is_file():
        raise UsageError(f"user.signingKey is {named!r}, and there is no such file", _SET_SSH)
    key = from_file(str(path), root)
    if key.certificate is not None:
        raise UsageError(f"{path} holds an OpenPGP key, and gpg.format is ssh", _SET_SSH)
    return key


def _expanded(named: str) -> Path:
    try:
        return Path(named).expanduser()
    except RuntimeError as error:
        raise UsageError(f"user.signingKey is {named!r}: {error}", _SET_SSH) from error


def _openpgp(named: str, config: Config) -> GivenKey:
    if named.startswith((_LITERAL, "ssh-")):
        raise UsageError(
            "user.signingKey is an SSH key, and gpg.format is openpgp",
            "If you sign with SSH: git config gpg.format ssh",
        )
    wanted = named or _committer(config)
    found = gnupg_home.find(gnupg_home.home_of(os.environ), wanted)
    said = f"user.signingKey is {wanted!r}" if named else f"git would sign as {wanted!r}"
    if not found:
        raise UsageError(f"{said}, and GnuPG has no such key", _SET_OPENPGP)
    if len({one.fingerprint for one in found}) > 1:
        listed = "; ".join(
            f"{one.fingerprint} {printable(one.user_ids[0] if one.user_ids else '', 60)}".strip()
            for one in found[:5]
        )
        raise UsageError(f"{said}, which {len(found)} keys go by: {listed}", _SET_OPENPGP)
    key = from_gnupg(found[0].fingerprint)
    _require_signing(key, wanted)
    return key


def _committer(config: Config) -> str:
    """Return what git hands to gpg where no key is set: the committer's name and address."""
    name = os.environ.get("GIT_COMMITTER_NAME") or config("user.name")
    email = os.environ.get("GIT_COMMITTER_EMAIL") or config("user.email")
    if not name or not email:
        raise UsageError("user.signingKey does not say which key you sign with", _SET_OPENPGP)
    return f"{name} <{email}>"


def _require_signing(key: GivenKey, wanted: str) -> None:
    """Refuse where a subkey is named whose signatures would not count for the primary key."""
    named = _HEXADECIMAL.fullmatch(wanted)
    if named is None or key.certificate is None:
        return
    certificates = openpgp.Certificates()
    certificates.add(key.certificate[1])
    subkeys = [
        Fingerprint(one)
        for one in certificates.subkeys(key.fingerprint)
        if one.endswith(named[1].upper())
    ]
    faults = signing_faults(certificates, key.fingerprint)
    for subkey in subkeys:
        if faults[subkey]:
            raise UsageError(
                f"what the subkey {subkey} signs would not count for {key.fingerprint}:"
                f" {faults[subkey]}",
                "Renew the subkey, or name another one in user.signingKey.",
            )
