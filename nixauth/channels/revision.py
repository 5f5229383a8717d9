"""The revision that a channel server publishes beside its tarball (`git-revision`).

The server is believed in nothing: it names a commit, and the commit is asked about.
"""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from typing import IO, Any

from nixauth.errors import FetchError
from nixauth.model import ObjectId

_REVISION = re.compile(rb"([0-9a-f]{40})\s*")
_LARGEST = 1024
_SECONDS = 60


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to something that anybody on the way can change."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> Any:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise FetchError(f"{req.full_url} leads away from https, to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def published(url: str) -> tuple[ObjectId, str]:
    """Return the revision at a URL, and where redirects led to; raises FetchError."""
    request = urllib.request.Request(url, headers={"User-Agent": "nixauth"})  # noqa: S310 - http(s)
    opener = urllib.request.build_opener(_Redirects)
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            content: bytes = answer.read(_LARGEST)
            place: str = answer.geturl()
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = error.reason if isinstance(error, urllib.error.URLError) else error
        raise FetchError(
            f"{url} cannot be read: {why}",
            "Nothing was changed. See whether the server can be reached, and try again.",
        ) from error
    found = _REVISION.fullmatch(content)
    if found is None:
        raise FetchError(
            f"{place} does not hold a revision of 40 hexadecimal digits",
            "Is it the address of a git-revision file?",
        )
    return ObjectId(bytes.fromhex(found[1].decode("ascii"))), place
