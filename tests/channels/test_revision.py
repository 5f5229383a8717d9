"""A channel that follows the revision a server publishes: the server is believed in nothing."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler
from io import BytesIO

import pytest

from nixauth.channels import revision
from nixauth.errors import FetchError
from tests.channels.following import Answer, Follower, answering

PATH = "/it/git-revision"


def says(content: bytes, code: int = 200, **fields: str) -> Answer:
    """Answer with this."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in fields.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return answer


def paths(answers: Mapping[str, Answer]) -> Answer:
    """Answer by path."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        answers.get(request.path, says(b"gone", 404))(request)

    return answer


@contextmanager
def publishing(follower: Follower, content: bytes | Answer) -> Iterator[str]:
    """Have a server publish a revision, and the channel follow it."""
    there = content if callable(content) else says(content)
    with answering(paths({PATH: there})) as url:
        follower.configure(revision_url=url + PATH)
        yield url


def refused_by(follower: Follower, content: bytes | Answer, reason: str, code: int = 3) -> str:
    with publishing(follower, content):
        return follower.refused(reason, code=code)


def test_redirect_to_a_release(fresh: Follower) -> None:
    """The revision counts, not the tip; where it was found is said."""
    world = fresh.world
    release = "/releases/it-1.2/git-revision"
    answers = {
        PATH: says(b"", 302, Location=release),
        release: says(f"{world.b.hex()}\n".encode()),
    }
    with answering(paths(answers)) as url:
        fresh.configure(revision_url=url + PATH)
        done = fresh.update()
        assert f"updated to {world.b.hex()}" in done.out
        assert f"published at: {url}{release}" in done.out
        assert fresh.document()["published_at"] == url + release
        answers[release] = says(world.c.hex().encode())
        assert f"updated to {world.c.hex()}" in fresh.update().out
        gated = fresh.gate("sh", "-c", "echo $NIXAUTH_REV")
        assert gated.out == f"{world.c.hex()}\n"


def test_redirect_is_resolved_once(fresh: Follower) -> None:
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        says(fresh.world.c.hex().encode())(request)

    with publishing(fresh, answer):
        fresh.update()
    assert asked == [PATH]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"<html>an error</html>",
        b"C" * 40,
        b"c" * 39,
        b"c" * 41,
        b" " + b"c" * 40,
        b"c" * 40 + b"\n" + b"d" * 40,
        b"c" * 40 + b"\0",
        b"c" * 40 + b"\n" * 2000,
        b"\xff" * 40,
        b"c" * 10_000_000,
    ],
    ids=lambda content: f"{content[:12]!r}…{len(content)}",
)
def test_what_is_no_revision(content: bytes, fresh: Follower) -> None:
    with publishing(fresh, content):
        found = fresh.document(code=3)
    assert found["error"]["kind"] == "fetch-failed"
    assert "40 hexadecimal digits" in found["error"]["message"]
    assert fresh.at() is None


def test_what_is_no_revision_changes_nothing(follower: Follower) -> None:
    said = refused_by(follower, b"no", "does not hold a revision of 40 hexadecimal digits")
    assert "fetch-failed" in said
    follower.configure()
    follower.goes_on()


def test_end_of_line_is_free(fresh: Follower) -> None:
    for end in (b"", b"\n", b"\r\n"):
        with publishing(fresh, fresh.world.c.hex().encode() + end):
            fresh.update()


def test_no_such_file(follower: Follower) -> None:
    refused_by(follower, says(b"gone", 404), "404")
    refused_by(follower, says(f"{'c' * 40}".encode(), 500), "500")


def test_redirects_without_end(fresh: Follower) -> None:
    with publishing(fresh, says(b"", 302, Location=PATH)):
        found = fresh.document(code=3)
    assert found["error"]["kind"] == "fetch-failed"


def test_nobody_answers(follower: Follower) -> None:
    with publishing(follower, b"") as _:
        pass
    follower.refused("cannot be read", code=3)


def cut_off(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "41")
    request.end_headers()
    request.wfile.write(b"c" * 20)
    request.close_connection = True


def test_server_that_closes_halfway(follower: Follower) -> None:
    refused_by(follower, cut_off, "cannot be read")


def cut_off_behind_an_id(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "82")
    request.end_headers()
    request.wfile.write(b"c" * 40)
    request.close_connection = True


def test_server_that_closes_behind_forty_digits(fresh: Follower) -> None:
    """What was announced is longer: the digits may be the beginning of something else."""
    with publishing(fresh, cut_off_behind_an_id):
        found = fresh.document(code=3)
    assert found["error"]["kind"] == "fetch-failed"


def silent(request: BaseHTTPRequestHandler) -> None:
    time.sleep(6)


def dripping(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(40):
        request.wfile.write(b"c")
        request.wfile.flush()
        time.sleep(0.1)


@pytest.mark.parametrize("answer", [silent, dripping])
def test_server_that_takes_its_time(
    answer: Answer, fresh: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second for all of it here, so that no test waits; nobody is kept waiting for long."""
    monkeypatch.setattr(revision, "_SECONDS", 1)
    begun = time.monotonic()
    with publishing(fresh, answer):
        found = fresh.document(code=3)
        assert time.monotonic() - begun < 4
    assert found["error"]["kind"] == "fetch-failed"


# --- which commits may be named ---


def test_commit_that_is_not_there(follower: Follower) -> None:
    said = refused_by(follower, b"c" * 40, "(not-on-branch)", code=1)
    assert f"commit: {'c' * 40}" in said
    follower.configure()
    follower.goes_on()


def test_commit_beside_the_line(follower: Follower) -> None:
    """Authentic, ahead of the pin, and on another branch."""
    world = follower.world
    beside = world.commit(world.c, signer="bob")
    follower.publish(beside, "other")
    follower.publish(world.commit(world.c))
    refused_by(follower, beside.hex().encode(), "(not-on-branch)", code=1)


def test_commit_beside_the_line_that_was_brought(follower: Follower) -> None:
    """The branch was moved away from it after it had been fetched."""
    world = follower.world
    beside = world.commit(world.c, signer="bob")
    follower.publish(beside)
    with publishing(follower, world.c.hex().encode()):
        assert "nothing new" in follower.update().out
    follower.publish(world.commit(world.c))
    refused_by(follower, beside.hex().encode(), "(not-on-branch)", code=1)


def test_commit_that_is_not_authentic(follower: Follower) -> None:
    world = follower.world
    evil = world.commit(world.c, signer="mallory")
    follower.publish(evil)
    refused_by(follower, evil.hex().encode(), "(unauthorized-key)", code=1)


def test_commit_of_strangers_that_was_merged(follower: Follower) -> None:
    """It is among the tip's ancestors, and on no line."""
    world = follower.world
    evil = world.commit(world.c, signer=None)
    follower.publish(world.commit(world.c, evil))
    refused_by(follower, evil.hex().encode(), "(unsigned)", code=1)


def test_older_than_the_pin(follower: Follower) -> None:
    refused_by(follower, follower.world.b.hex().encode(), "(not-descendant)", code=1)


def test_older_than_the_introduction(fresh: Follower) -> None:
    fresh.configure(introduction=fresh.world.b.hex())
    with publishing(fresh, fresh.world.a.hex().encode()) as url:
        fresh.configure(introduction=fresh.world.b.hex(), revision_url=url + PATH)
        fresh.refused("(not-descendant)")


@pytest.mark.parametrize("what", ["tree", "blob", "keyring"])
def test_what_is_no_commit_of_the_branch(what: str, follower: Follower) -> None:
    world = follower.world
    names = {"tree": "main^{tree}", "blob": "main:.authorizations", "keyring": "keyring"}
    named = world.git("rev-parse", names[what], at=world.server)
    before = follower.state()
    with publishing(follower, named.encode()):
        found = follower.document(code=1 if what == "keyring" else 3)
    assert found["pin"] is None
    assert follower.state() == before


def test_tip_that_is_not_authentic_with_a_good_revision_behind_it(follower: Follower) -> None:
    """No line leads from it to the tip: whose branch that is now is not known."""
    world = follower.world
    good = world.commit(world.c)
    follower.publish(world.commit(good, signer=None))
    refused_by(follower, good.hex().encode(), "(not-on-branch)", code=1)


# --- redirects, without a server ---


def redirected(start: str, target: str) -> object:
    request = urllib.request.Request(start)
    handler = revision._Redirects()
    return handler.redirect_request(request, BytesIO(), 302, "Found", HTTPMessage(), target)


@pytest.mark.parametrize("start", ["https://h.example/a", "HTTPS://h.example/a"])
@pytest.mark.parametrize("target", ["http://h.example/b", "ftp://h.example/b", "file:///b"])
def test_redirect_away_from_https(start: str, target: str) -> None:
    with pytest.raises(FetchError, match="leads away"):
        redirected(start, target)


def test_redirects_that_are_followed() -> None:
    assert redirected("https://h.example/a", "https://other.example/b") is not None
    assert redirected("https://h.example/a", "HTTPS://other.example/b") is not None
    assert redirected("http://h.example/a", "https://other.example/b") is not None
    assert redirected("http://h.example/a", "http://other.example/b") is not None


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/a", "file:///etc/hostname"])
def test_redirect_to_what_is_no_http(target: str, fresh: Follower) -> None:
    with publishing(fresh, says(b"", 302, Location=target)):
        found = fresh.document(code=3)
    assert found["error"]["kind"] == "fetch-failed"
    assert re.search("leads away|is not allowed", found["error"]["message"])
