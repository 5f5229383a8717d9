"""The commit object: where the signature stands, what was signed, headers out of order."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support import commits
from tests.support.openpgp import armor
from tests.support.vectors import pgp
from tests.support.vectors.made import (
    ALICE,
    BOB,
    GOOD,
    MALFORMED,
    MULTIPLE,
    OTHER_PARENT,
    PARENT,
    PAYLOAD,
    PERSON,
    TREE,
    UNSIGNED,
    Vector,
    insert,
    payload,
    vector,
)

_SIGNED = pgp.sign(ALICE, PAYLOAD)
_OTHER_FORMAT = commits.signature_header(b"something else", b"gpgsig-sha256")


def vectors() -> Iterator[Vector]:
    yield from _good()
    yield from _unsigned()
    yield from _several()
    yield from _order()
    yield from _headers()


def _good() -> Iterator[Vector]:
    tagged = payload(b"A tag\n", parents=())
    inner = commits.signature_header(pgp.sign(BOB, tagged), b"mergetag").rstrip(b"\n")
    rows = (
        (
            "mergetag",
            payload(b"Merge\n", [inner], (PARENT, OTHER_PARENT)),
            "commit_object.py: _divide leaves mergetag in",
            """The commit has a mergetag header with somebody else's signature in it: that stays in
            the payload and is not the commit's own.""",
        ),
        (
            "not-utf-8",
            payload(b"Gr\xfc\xdfe\n", [b"encoding ISO-8859-1"]),
            "commit_object.py: nothing is decoded",
            "The message is Latin-1, as its encoding header says: who decodes it spoils it.",
        ),
        (
            "no-newline-at-end",
            payload(b"No newline"),
            "commit_object.py: the payload is all bytes but the header's",
            "The message ends without a newline, and none may be added.",
        ),
        (
            "empty-message",
            payload(b""),
            "commit_object.py: the empty line belongs to the payload",
            "The message is empty: the payload ends with the empty line after the headers.",
        ),
        (
            "crlf-message",
            payload(b"A change\r\n\r\nWith CR LF\r\n"),
            "signature.py: a binary document is hashed as it is",
            "The message has CR LF line ends, which count as they are.",
        ),
        (
            "nul-in-message",
            payload(b"Zero \0 one\n"),
            "commit_object.py: only headers may have no NUL byte",
            "A NUL byte stands in the message: git shows what is before it, and signs all of it.",
        ),
        (
            "signature-in-message",
            payload(b"Look:\n\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n =AAAA\n"),
            "commit_object.py: headers end at the first empty line",
            "The message quotes a gpgsig header, which is none.",
        ),
        (
            "unknown-headers",
            payload(b"A change\n", [b"HG:extra one", b"HG:extra two", b"note a\n b"]),
            "commit_object.py: other headers may be there, and be repeated",
            "Headers that nobody knows, one of them twice and one on two lines, are signed.",
        ),
    )
    for name, over, guards, description in rows:
        yield vector(f"commit-good-{name}", GOOD, guards, description, over=over)
    yield vector(
        "commit-good-header-after-signature",
        GOOD,
        "commit_object.py: the payload has what comes after the signature",
        "A header follows the signature: it is signed like those before it.",
        commit=insert(
            over := payload(b"A change\n", [b"note later"]), pgp.sign(ALICE, over), b"note later"
        ),
    )
    yield vector(
        "commit-good-sha256-header-beside",
        GOOD,
        "commit_object.py: gpgsig-sha256 is left out of the payload",
        """A gpgsig-sha256 header stands beside the signature: like the signature it is no part of
        what was signed.""",
        commit=insert(PAYLOAD, _SIGNED).replace(
            b"\n\nA change", b"\n" + _OTHER_FORMAT + b"\nA change"
        ),
    )


def _unsigned() -> Iterator[Vector]:
    yield vector(
        "commit-unsigned",
        UNSIGNED,
        "commit_object.py: Unsigned",
        "The commit has no signature.",
        commit=PAYLOAD,
    )
    yield vector(
        "commit-signature-in-message-only",
        UNSIGNED,
        "commit_object.py: headers end at the first empty line",
        "A good signature of the headers stands in the message, where it is no header.",
        commit=payload(b"") + commits.signature_header(pgp.sign(ALICE, payload(b""))) + b"\n",
    )
    yield vector(
        "commit-sha256-header-alone",
        UNSIGNED,
        "commit_object.py: gpgsig-sha256 is no signature",
        """The signature stands in gpgsig-sha256, which is for repositories of the other object
        format and counts for nothing in this one.""",
        commit=insert(PAYLOAD, _SIGNED).replace(b"\ngpgsig ", b"\ngpgsig-sha256 "),
    )
    yield vector(
        "commit-signature-in-continuation",
        UNSIGNED,
        "commit_object.py: a header's name is at the start of a line",
        "What looks like a gpgsig header is a continuation line of another header.",
        commit=payload(
            b"A change\n", [b"note\n " + commits.signature_header(_SIGNED).rstrip(b"\n")]
        ),
    )


def _several() -> Iterator[Vector]:
    other = pgp.sign(BOB, PAYLOAD)
    good, bad = pgp.signature(ALICE, PAYLOAD), pgp.signature(ALICE, PAYLOAD + b"!")
    foreign = pgp.signature(BOB, PAYLOAD)
    keyring = [pgp.certificate(ALICE), pgp.certificate(BOB)]
    where = "commit_object.py: two gpgsig headers"
    yield vector(
        "commit-two-headers",
        MULTIPLE,
        where,
        "Two gpgsig headers hold the same good signature; git itself joins the two.",
        commit=insert(insert(PAYLOAD, _SIGNED), _SIGNED),
    )
    yield vector(
        "commit-two-headers-other-first",
        MULTIPLE,
        where,
        "Two gpgsig headers, the second one good: readers that take the first one disagree.",
        commit=insert(insert(PAYLOAD, other), _SIGNED),
        keyring=keyring,
    )
    yield vector(
        "commit-two-headers-other-last",
        MULTIPLE,
        where,
        "Two gpgsig headers, the first one good: readers that take the last one disagree.",
        commit=insert(insert(PAYLOAD, _SIGNED), other),
        keyring=keyring,
    )
    yield vector(
        "commit-two-headers-apart",
        MULTIPLE,
        where,
        "Two gpgsig headers with another header between them.",
        commit=insert(
            insert(over := payload(b"A change\n", [b"note apart"]), pgp.sign(ALICE, over)),
            pgp.sign(ALICE, over),
            b"note apart",
        ),
    )
    rows = (
        ("good-and-bad", good + bad, "a good signature and then one over something else"),
        ("bad-and-good", bad + good, "a signature over something else and then a good one"),
        ("other-and-mine", foreign + good, "a stranger's good signature and then a listed key's"),
        ("mine-and-other", good + foreign, "a listed key's good signature and then a stranger's"),
    )
    for name, packets, what in rows:
        yield vector(
            f"openpgp-two-packets-{name}",
            MULTIPLE,
            "signature.py: _one_packet",
            f"One block holds {what}: GnuPG's exit code speaks of both, or of the last.",
            signature=armor(packets),
            keyring=keyring,
        )


def _order() -> Iterator[Vector]:
    over = payload(parents=(PARENT, OTHER_PARENT))
    author = b"author " + PERSON + b"\n"
    committer = b"committer " + PERSON + b"\n"
    why = "readers of git objects disagree on what this commit is"
    where = "commit_object.py: the order of headers"
    places = (
        ("between-parents", over, b"parent " + OTHER_PARENT.hex().encode()),
        ("before-tree", PAYLOAD, b"tree "),
        ("before-parent", PAYLOAD, b"parent "),
        ("before-author", PAYLOAD, b"author "),
        ("before-committer", PAYLOAD, b"committer "),
    )
    for name, content, before in places:
        yield vector(
            f"commit-signature-{name}",
            MALFORMED,
            where,
            f"The signature stands {name.replace('-', ' ')}, which leaves the payload as it was:"
            f" {why}.",
            commit=insert(content, pgp.sign(ALICE, content), before),
        )
    changes = (
        ("two-authors", author, author + author, "Two author lines"),
        ("two-committers", committer, committer + committer, "Two committer lines"),
        ("committer-first", author + committer, committer + author, "The committer comes first"),
        ("no-author", author, b"", "The author is missing"),
        ("no-committer", committer, b"", "The committer is missing"),
        ("no-tree", b"tree " + TREE.hex().encode() + b"\n", b"", "The tree is missing"),
        (
            "two-trees",
            b"parent ",
            b"tree " + OTHER_PARENT.hex().encode() + b"\nparent ",
            "Two tree lines",
        ),
        (
            "late-parent",
            committer,
            committer + b"parent " + OTHER_PARENT.hex().encode() + b"\n",
            "A parent comes after the committer",
        ),
        (
            "late-tree",
            committer,
            committer + b"tree " + OTHER_PARENT.hex().encode() + b"\n",
            "A second tree comes after the committer",
        ),
        ("late-author", committer, committer + author, "A second author comes last"),
        (
            "upper-case-tree",
            b"tree " + TREE.hex().encode(),
            b"tree " + TREE.hex().upper().encode(),
            "The tree's id is in upper case",
        ),
        (
            "upper-case-parent",
            b"parent " + PARENT.hex().encode(),
            b"parent " + PARENT.hex().upper().encode(),
            "The parent's id is in upper case",
        ),
        (
            "short-parent",
            b"parent " + PARENT.hex().encode(),
            b"parent " + PARENT.hex()[:39].encode(),
            "The parent's id has 39 digits",
        ),
        (
            "sha256-parent",
            b"parent " + PARENT.hex().encode(),
            b"parent " + PARENT.hex().encode() + b"0" * 24,
            "The parent's id has 64 digits, as in the other object format",
        ),
    )
    for name, old, new, what in changes:
        content = PAYLOAD.replace(old, new, 1)
        assert content != PAYLOAD, name
        yield vector(
            f"commit-{name}",
            MALFORMED,
            where,
            f"{what}, and all of it is signed: {why}.",
            over=content,
        )


def _headers() -> Iterator[Vector]:
    latin = b"encoding ISO-8859-1"
    person = b"committer " + PERSON
    over = payload(b"A change\n", [b"note \0"])
    rows = (
        ("two-encodings", payload(b"A change\n", [latin, latin]), "a header is repeated"),
        ("header-without-value", payload(b"A change\n", [b"note"]), "a header has no value"),
        ("header-without-name", payload(b"A change\n", [b" note"]), "a continued committer"),
        ("nul-in-header", over, "a NUL byte in a header"),
        (
            "nul-in-author",
            PAYLOAD.replace(b"author " + PERSON, b"author Alice\0" + PERSON[5:]),
            "a NUL byte in the author",
        ),
        (
            "nul-in-encoding",
            payload(b"A change\n", [latin + b"\0"]),
            "a NUL byte in the encoding",
        ),
        (
            "nul-in-committer",
            PAYLOAD.replace(person, b"committer Alice\0" + PERSON[5:]),
            "a NUL byte in the committer",
        ),
    )
    texts = (
        "The encoding is said twice, and readers take the first or the last.",
        "A header after the committer has neither space nor value.",
        "The committer is continued on a second line, which git does not do.",
        "A NUL byte stands in a header, where readers in C stop.",
        "A NUL byte stands in the author's name, where readers in C stop.",
        "A NUL byte stands in the encoding's name, where readers in C stop.",
        "A NUL byte stands in the committer's name, where readers in C stop.",
    )
    for (name, content, what), description in zip(rows, texts, strict=True):
        yield vector(
            f"commit-{name}", MALFORMED, f"commit_object.py: {what}", description, over=content
        )
    yield vector(
        "commit-nul-in-signature",
        MALFORMED,
        "commit_object.py: a NUL byte in the signature",
        "A NUL byte stands in the signature's header, where readers in C stop.",
        signature=_SIGNED.replace(b"\n\n", b"\nVersion: \0\n\n", 1),
    )
    yield vector(
        "commit-empty-signature",
        MALFORMED,
        "reader.py: no BEGIN line",
        "The gpgsig header is there and empty: that is not the same as unsigned.",
        signature=b"",
    )
    yield vector(
        "commit-headers-cut-off",
        MALFORMED,
        "commit_object.py: the last header is cut off",
        "The object ends within the signature's header, after its last dash.",
        commit=insert(PAYLOAD, _SIGNED).partition(b"\n\nA change")[0],
    )
