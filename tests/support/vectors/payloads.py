"""Good signatures of something other than the commit's payload."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support import commits
from tests.support.vectors import pgp
from tests.support.vectors.made import (
    ALICE,
    BAD,
    OTHER_PARENT,
    PAYLOAD,
    Vector,
    insert,
    payload,
    vector,
)

_OTHER_FORMAT = commits.signature_header(b"something else", b"gpgsig-sha256")


def vectors() -> Iterator[Vector]:
    tag = commits.signature_header(b"somebody's", b"mergetag").rstrip(b"\n")
    merged = payload(b"Merge\n", [tag])
    rows = (
        (
            "another-commit",
            PAYLOAD,
            payload(b"Another change\n"),
            "The OpenPGP signature is a good one of another commit, copied.",
        ),
        (
            "another-parent",
            PAYLOAD,
            payload(parents=(OTHER_PARENT,)),
            "The signature is good for the same change upon another parent.",
        ),
        (
            "without-newline",
            PAYLOAD,
            PAYLOAD.removesuffix(b"\n"),
            "The signature is good for the commit without its last newline.",
        ),
        (
            "message-only",
            PAYLOAD,
            b"A change\n",
            "The signature is over the message alone.",
        ),
        (
            "without-mergetag",
            merged,
            payload(b"Merge\n"),
            "The signature is over the commit without its mergetag, which is part of it.",
        ),
        (
            "as-text",
            PAYLOAD,
            PAYLOAD.replace(b"\n", b"\r\n"),
            """The signature is over the commit with CR LF line ends, as a text document would be,
            and says that it is over a binary one.""",
        ),
        (
            "git-object",
            PAYLOAD,
            b"commit %d\0" % len(PAYLOAD) + PAYLOAD,
            "The signature is over the object with git's own header, as the id is.",
        ),
    )
    for name, content, signed, description in rows:
        yield vector(
            f"openpgp-over-{name}",
            BAD,
            "check.py: verify is asked, over this very payload",
            description,
            over=content,
            signature=pgp.sign(ALICE, signed),
        )
    beside = insert(PAYLOAD, b"x").replace(b"gpgsig x\n", _OTHER_FORMAT)
    yield vector(
        "openpgp-over-sha256-header",
        BAD,
        "commit_object.py: gpgsig-sha256 is left out of the payload",
        "The signature is over the commit with its gpgsig-sha256 header, which is no part of it.",
        commit=insert(beside, pgp.sign(ALICE, beside)),
    )
