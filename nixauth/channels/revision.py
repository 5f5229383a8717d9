"""The revision that a channel server publishes beside its tarball (`git-revision`).

The server is believed in nothing: it names a commit, and the commit is asked about.
"""

from __future__ import annotations

import http.client
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from queue import Empty, Queue
from typing import IO, Any
from urllib.parse import urlsplit

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
        start, target = (urlsplit(url).scheme for url in (req.full_url, newurl))
        if target != "https" and (start, target) != ("http", "http"):
            fp.close()
            raise FetchError(f"{req.full_url} leads away from {start}, to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _content(answer: http.client.HTTPResponse) -> bytes:
    """Return what a server sends, which has to be short and whole."""
    content = b""
    while piece := answer.read1(_LARGEST):
        content += piece
        if len(content) > _LARGEST:
            return b""
    if answer.length:
        raise http.client.IncompleteRead(content, answer.length)
    return content


def _answer(url: str) -> tuple[bytes, str]:
    request = urllib.request.Request(url, headers={"User-Agent": "nixauth"})  # noqa: S310 - http(s)
    opener = urllib.request.build_opener(_Redirects)
    with opener.open(request, timeout=_SECONDS) as answer:
        return _content(answer), answer.geturl()


def _soon(ask: Callable[[], tuple[bytes, str]]) -> tuple[bytes, str]:
    """Return what an answer is, which has to be there soon, headers and redirects included.

    A server may send them octet by octet, and each of those is soon enough.
    """
    answers: Queue[tuple[bytes, str] | Exception] = Queue()

    def run() -> None:
        try:
            answers.put(ask())
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            answers.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        found = answers.get(timeout=_SECONDS)
    except Empty:
        raise TimeoutError("it takes too long") from None
    if isinstance(found, Exception):
        raise found
    return found


def published(url: str) -> tuple[ObjectId, str]:
    """Return the revision at a URL, and where redirects led to; raises FetchError."""
    try:
        content, place = _soon(partial(_answer, url))
    except urllib.error.HTTPError as error:
        error.close()
        raise _unreadable(url, error) from error
    except urllib.error.URLError as error:
        raise _unreadable(url, error.reason) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unreadable(url, error) from error
    found = _REVISION.fullmatch(content)
    if found is None:
        raise FetchError(
            f"{place} does not hold a revision of 40 hexadecimal digits",
            "Is it the address of a git-revision file?",
        )
    return ObjectId(bytes.fromhex(found[1].decode("ascii"))), place


def _unreadable(url: str, why: object) -> FetchError:
    return FetchError(
        f"{url} cannot be read: {why}",
        "Nothing was changed. See whether the server can be reached, and try again.",
    )
