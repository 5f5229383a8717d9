"""What the values of a channel may be: text in, a value or why it is none out. Pure.

An address is handed to git, and a branch and a name end up in paths: what git or a file system
would take for something else is refused here, before anything is asked of them.
"""

from __future__ import annotations

import re

from nixauth.errors import UsageError
from nixauth.model import Fingerprint, ObjectId
from nixauth.text_problems import Refused, fits_one_line, quoted
from nixauth.trust import read_fingerprint

MAX_NAME = 64
"""Characters in a channel's name, which names a directory."""
MAX_URL = 2000
MAX_REF = 250
MAX_PATH = 4096
MAX_AGE = 3650 * 86400
"""Seconds: ten years."""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_FULL_ID = re.compile(r"[0-9A-Fa-f]{40}")
_AGE = re.compile(r"([1-9][0-9]{0,8})([smhdw])")

_HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])"
_USER = r"[A-Za-z0-9_][A-Za-z0-9._+-]*"
_HELPER = re.compile(r"[A-Za-z0-9+._-]*::")
"""What git hands to a program of the name git-remote-… (gitremote-helpers)."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_AUTHORITY = re.compile(rf"(?:{_USER}@)?{_HOST}(?::([0-9]{{1,5}}))?")
_SCP = re.compile(rf"(?:{_USER}@)?{_HOST}:([^:].*)", re.DOTALL)
_SCP_PASSWORD = re.compile(r"[^/@:]+:[^/@]*@[^/]*:")
_ESCAPED_CONTROL = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")
_REMOTE_SCHEMES = ("https", "http", "ssh", "git")

_CREDENTIALS = (
    "holds a user's name or password: this file and every process list would show them; git's"
    " credential helpers keep them (gitcredentials)"
)
_REF_PARTS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|\Z)")


def read_name(text: str) -> str | Refused:
    """Read a channel's name."""
    if len(text) > MAX_NAME:
        return Refused(f"the name of a channel has at most {MAX_NAME} characters")
    if not _NAME.fullmatch(text):
        return Refused(
            f"{quoted(text)} cannot be a channel's name: it is made of letters, digits, - _ and .,"
            " and begins with none of - and ."
        )
    return text


# --- where a repository is ---


def read_url(text: str) -> str | Refused:
    """Read the address of a repository: a URL, `user@host:path`, or an absolute path.

    What git-fetch(1) would take for an option or for a helper program's business is refused, and so
    are credentials, without being repeated.
    """
    fault = _text_fault(text, "url")
    if fault is not None:
        return fault
    if text.startswith("/"):
        return text
    if _HELPER.match(text):
        return Refused("the url is for a transport helper (::), and none is ever run")
    if not _visible_ascii(text):
        return Refused("the url holds a blank, or what is not ASCII: write it as %20 and the like")
    if "://" in text:
        return _with_scheme(text, "url", (*_REMOTE_SCHEMES, "file"))
    return _like_scp(text)


def read_revision_url(text: str) -> str | Refused:
    """Read where a channel server publishes the revision: an http or https URL."""
    fault = _text_fault(text, "revision-url")
    if fault is not None:
        return fault
    if not _visible_ascii(text):
        return Refused("the revision-url holds a blank, or what is not ASCII")
    return _with_scheme(text, "revision-url", ("https", "http"))


def _text_fault(text: str, what: str) -> Refused | None:
    if not text:
        return Refused(f"the {what} is empty")
    if len(text) > MAX_URL:
        return Refused(f"the {what} has more than {MAX_URL} characters")
    if not fits_one_line(text) or _ESCAPED_CONTROL.search(text):
        return Refused(f"the {what} holds a control character or a line break")
    if text.startswith("-"):
        return Refused(f"the {what} begins with -, which git would take for an option")
    return None


def _visible_ascii(text: str) -> bool:
    return all("!" <= character <= "~" for character in text)


def _with_scheme(text: str, what: str, schemes: tuple[str, ...]) -> str | Refused:
    found = _SCHEME.fullmatch(text)
    if found is None or found[1] not in schemes:
        return Refused(f"the {what} is none of {', '.join(f'{one}://' for one in schemes)}")
    scheme, authority, rest = found.groups()
    user, at, _ = authority.rpartition("@")
    if at and (scheme != "ssh" or ":" in user):
        return Refused(f"the {what} {_CREDENTIALS}")
    if "#" in rest:
        return Refused(f"the {what} has a part behind #, which git does not know")
    if scheme == "file":
        return text if not authority and len(rest) > 1 else _not_whole(what, "file:///path")
    whole = _AUTHORITY.fullmatch(authority)
    if whole is None or not rest.startswith("/") or len(rest) < 2:
        return _not_whole(what, f"{scheme}://host/path")
    if whole[1] is not None and not 1 <= int(whole[1]) <= 65535:
        return Refused(f"the {what} has a port that is none: {whole[1]}")
    return text


def _not_whole(what: str, form: str) -> Refused:
    return Refused(f"the {what} has not the form {form}")


def _like_scp(text: str) -> str | Refused:
    if _SCP_PASSWORD.match(text):
        return Refused(f"the url {_CREDENTIALS}")
    found = _SCP.fullmatch(text)
    if found is None:
        return Refused(
            f"the url {quoted(text)} is neither a URL, nor user@host:path, nor an absolute path"
        )
    if found[1].startswith("-"):
        return Refused("the url has a path that begins with -, which ssh would take for an option")
    return text


# --- names in a repository ---


def read_branch(text: str) -> str | Refused:
    """Read a branch's short name (git-check-ref-format(1), `--branch`)."""
    if text.startswith("refs/"):
        return Refused("the branch is given by its short name, without refs/heads/")
    if text.startswith("-") or text in {"HEAD", "@"} or not _is_ref(f"refs/heads/{text}"):
        return Refused(f"{quoted(text)} cannot be the name of a branch")
    return text


def read_ref(text: str) -> str | Refused:
    """Read the full name of a ref: `refs/…` (git-check-ref-format(1))."""
    if not text.startswith("refs/") or not _is_ref(text):
        return Refused(f"{quoted(text)} is not the full name of a ref, as refs/heads/keyring is")
    return text


def _is_ref(text: str) -> bool:
    return (
        len(text) <= MAX_REF
        and fits_one_line(text)
        and not text.endswith(("/", "."))
        and _REF_PARTS.search(text) is None
    )


def read_tree_path(text: str) -> str | Refused:
    """Read a path from the top of the repository."""
    if len(text) > MAX_PATH or {"", ".", ".."}.intersection(text.split("/")):
        return Refused(
            "authorizations-file has to be a path from the top of the repository, without .."
        )
    return text


def read_absolute_path(text: str) -> str | Refused:
    """Read an absolute path."""
    if len(text) > MAX_PATH or not text.startswith("/"):
        return Refused("historical-authorizations has to be an absolute path")
    return text


# --- trust ---


def read_commit(text: str) -> ObjectId | Refused:
    """Read a full commit id."""
    if not _FULL_ID.fullmatch(text):
        return Refused(
            "the introduction has to be a full commit id of 40 hexadecimal digits: a short id can"
            " be forged, and a name can be moved"
        )
    return ObjectId(bytes.fromhex(text))


def read_signer(text: str) -> Fingerprint | Refused:
    """Read a fingerprint in full, of an OpenPGP key or `SHA256:…` of an SSH key."""
    try:
        if text.isascii() and len(text) <= 200:
            return read_fingerprint(text)
    except UsageError as error:
        return Refused(f"the signer: {error.message}")
    return Refused(f"the signer: {quoted(text)} is not a fingerprint")


# --- the rest ---


def read_truth(text: str) -> bool | Refused:
    """Read `true` or `false`."""
    if text not in {"true", "false"}:
        return Refused(f"{quoted(text)} is neither true nor false")
    return text == "true"


def read_requirement(text: str) -> bool | Refused:
    """Read `every-commit`, the one thing that may be required."""
    return True if text == "every-commit" else Refused(f"{quoted(text)} is not every-commit")


def read_age(text: str) -> int | Refused:
    """Read an age, such as `7d`, as seconds."""
    found = _AGE.fullmatch(text)
    if found is None:
        return Refused(f"{quoted(text)} is not an age: a number and one of s, m, h, d, w, as in 7d")
    seconds = int(found[1]) * UNITS[found[2]]
    return seconds if seconds <= MAX_AGE else Refused("an age is at most 3650d")


def written_age(seconds: int) -> str:
    """Write an age as `read_age` takes it, in the largest unit that it is whole in."""
    unit = max((unit for unit in UNITS if seconds % UNITS[unit] == 0), key=UNITS.__getitem__)
    return f"{seconds // UNITS[unit]}{unit}"
