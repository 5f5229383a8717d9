"""One spelling for all URLs of a git repository.

Two repositories must never get the same spelling, for that is how a pin is found to be one of a
repository whose introduction is known. Two spellings for one repository only mean that a pin is
not found. So what is in doubt stays apart, and what is not understood is refused.
"""

from __future__ import annotations

import re

from nixauth.display import printable
from nixauth.pins.problems import Fault, refused

FORGES = {"github": "github.com", "gitlab": "gitlab.com", "sourcehut": "git.sr.ht"}
"""The types of flake inputs that stand for a repository on a forge, and the host without `host`."""

_LONGEST = 2000
_DEFAULT_PORTS = {"https": "443", "http": "80", "ssh": "22", "git": "9418"}
_ONE_LOGIN = frozenset({"github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "git.sr.ht"})
"""Hosts on which the user part of an SSH URL never says which repository is meant."""
_ANY_CASE = frozenset({"github.com"})
"""Hosts on which owner and repository are the same in any case."""
_OF_FLAKES = frozenset({"ref", "rev", "dir", "narHash", "lastModified", "revCount", "name"}) | {
    *("shallow", "submodules", "lfs", "exportIgnore", "allRefs"),
    *("verifyCommit", "keytype", "publicKey", "publicKeys"),
}
"""What a flake's URL says beside which repository it is."""

_URL = re.compile(r"([a-z]+(?:\+[a-z]+)?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
_AUTHORITY = re.compile(
    r"(?:([^@]*)@)?(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::([0-9]*))?"
)
_SCP = re.compile(r"([A-Za-z0-9._-]+)@([^:/@\[\]]+|\[[0-9a-fA-F:.]+\]):(.+)", re.DOTALL)
_FORGE = re.compile(r"(github|gitlab|sourcehut):([^/?#]+)/([^/?#]+)(?:/[^?#]*)?(?:\?([^#]*))?")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_KEPT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/-]")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?")
_SEGMENT = re.compile(r"[A-Za-z0-9_.~-]+")


def normalized(url: str) -> str:
    """Return the one spelling of a git repository's URL; raises RefusedPinsError (URL).

    `https`, `ssh` for the user `git`, and `git@host:owner/repo` are the same, and become `https`;
    so do `github:owner/repo`, `gitlab:…` and `sourcehut:…`. What is decided:

    - `git+` in front falls away, with what a flake's URL says beside the repository (`ref`, `rev`,
      `dir`, …). Any other query stays: it may be what tells two repositories apart.
    - The scheme and the host become lower case. The path keeps its case, but for two segments on
      github.com.
    - The port that the scheme has by default falls away. With another one, or with a user other
      than `git` (or none), an SSH URL stays one: on a plain server that can be another home. Where
      everybody logs in to the same repositories (github.com, gitlab.com, codeberg.org,
      bitbucket.org, git.sr.ht) the user says nothing. The user part of `https` says nothing, ever.
    - `http` and `git` stay themselves: whoever answers there need not be whom `https` reaches.
    - Slashes at the end fall away, then one `.git`, where it is not doubled nor the whole name.
    - What is escaped without need is written out, and what needs it is escaped, in upper case;
      `%2F` stays apart from a slash. A path in the form `git@host:path` has no escapes.
    - `file://` and absolute paths are the same, and keep their `.git`: the two are different
      directories.
    - Refused: relative paths, `.` and `..`, fragments, other schemes, host names outside of ASCII,
      `host:path` without a user.
    """
    if len(url) > _LONGEST or not url.isprintable() or "\\" in url:
        raise _not_understood(url)
    forge, scp, found = _FORGE.fullmatch(url), _SCP.fullmatch(url), _URL.fullmatch(url)
    if forge is not None:
        return _of_forge(url, forge)
    if found is not None:
        return _of_url(url, found)
    if url.startswith("/"):
        return _file(url, _escaped(url, literal=True))
    if scp is not None and "://" not in url:
        path = _escaped(scp[3].removeprefix("/"), literal=True)
        absolute = scp[3].startswith("/")
        if not _one_login(scp[2].lower(), scp[1]) and not absolute and not path.startswith("~"):
            path = f"~/{path}"  # from the home of that user
        return _network(url, "ssh", f"{scp[1]}@{scp[2]}", f"/{path}", "")
    raise _not_understood(url)


def forge_url(kind: str, owner: str, repo: str, host: str | None = None) -> str:
    """Return the URL of a repository on a forge; `kind` is a key of FORGES.

    A GitLab owner may hold slashes, or `%2F`, for its groups. Raises RefusedPinsError (URL).
    """
    host = FORGES[kind] if host is None else host
    if kind == "gitlab":
        owner = re.sub("%2F", "/", owner, flags=re.IGNORECASE)
    owners = owner.split("/") if kind == "gitlab" else [owner]
    for part in (*owners, repo):
        if not _SEGMENT.fullmatch(part) or part in {".", ".."}:
            raise _not_understood(f"{owner}/{repo}")
    if not _HOST.fullmatch(host):
        raise _not_understood(host)
    return f"https://{host}/{owner}/{repo}"


def _of_forge(url: str, found: re.Match[str]) -> str:
    host = None
    for item in (found[4] or "").split("&"):
        name, _, value = item.partition("=")
        if name == "host" and host is None:
            host = value
        elif item and name not in _OF_FLAKES:
            raise _not_understood(url)
    return normalized(forge_url(found[1], found[2], found[3], host))


def _of_url(url: str, found: re.Match[str]) -> str:
    scheme = found[1].lower()
    query = found[4]
    if scheme.startswith("git+") or scheme == "git":
        scheme = scheme.removeprefix("git+")
        query = "&".join(
            item for item in (query or "").split("&") if item.split("=")[0] not in _OF_FLAKES
        )
    path = _escaped(found[3], literal=False)
    if scheme == "file":
        if found[2].lower() not in {"", "localhost"} or query:
            raise _not_understood(url)
        return _file(url, path)
    if scheme not in _DEFAULT_PORTS or (query and not query.isascii()):
        raise _not_understood(url)
    return _network(url, scheme, found[2], path, query or "")


def _network(url: str, scheme: str, authority: str, path: str, query: str) -> str:
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise _not_understood(url)
    user, host, port = found[1], found[2].lower(), found[3] or ""
    if port and not _PORT.fullmatch(port):
        raise _not_understood(url)
    port = "" if port == _DEFAULT_PORTS[scheme] else port
    at = f"{host}:{port}" if port else host
    if scheme == "ssh" and not port and _one_login(host, user):
        scheme = "https"
    elif scheme == "ssh" and user is not None:
        at = f"{user}@{at}"
    if "." in _segments(path) or ".." in _segments(path):
        raise _not_understood(url)
    path = path.rstrip("/")
    bare = path.removesuffix(".git")
    if not bare.endswith((".git", "/")):
        path = bare
    if not path.strip("/"):
        raise _not_understood(url)
    if host in _ANY_CASE and path.count("/") == 2:
        path = path.lower()
    return f"{scheme}://{at}{path}" + (f"?{query}" if query else "")


def _one_login(host: str, user: str | None) -> bool:
    """Whether an SSH URL for this user is the same repository as the host's `https` one."""
    return host in _ONE_LOGIN or user == "git"


def _file(url: str, path: str) -> str:
    segments = [segment for segment in _segments(path) if segment]
    if "." in segments or ".." in segments or not segments or not path.startswith("/"):
        raise _not_understood(url)
    return "file:///" + "/".join(segments)


def _segments(path: str) -> list[str]:
    return path.split("/")


def _escaped(path: str, *, literal: bool) -> str:
    """Escape what needs it, and nothing else; a literal path has no escapes in it yet."""
    made, at = [], 0
    while at < len(path):
        escape = None if literal else _ESCAPE.match(path, at)
        if escape is not None:
            character = chr(int(escape[1], 16))
            plain = _UNRESERVED.fullmatch(character)
            made.append(character if plain else escape[0].upper())
            at = escape.end()
            continue
        character = path[at]
        if not literal and character == "%":
            raise _not_understood(path)
        kept = _KEPT.fullmatch(character)
        made.append(character if kept else "".join(f"%{b:02X}" for b in character.encode("utf-8")))
        at += 1
    return "".join(made)


def _not_understood(url: str) -> Exception:
    return refused(Fault.URL, (), f"not understood as a git repository's URL: {printable(url)}")
