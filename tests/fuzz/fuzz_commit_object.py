"""Fuzz the reader of commit objects: against a slow reader that goes by lines, and itself."""

from __future__ import annotations

import random
from collections.abc import Iterator

from nixauth.display import commit_text
from nixauth.model import (
    MalformedSignature,
    MultipleSignatures,
    Unsigned,
    UnsupportedSignature,
    WeakDigest,
)
from nixauth.signatures import openpgp, reader, ssh
from nixauth.signatures.commit_object import (
    FaultyCommit,
    Outline,
    SignedCommit,
    outline,
    read_commit,
    tree_of,
)
from tests.fuzz import real, vectors
from tests.fuzz.harness import ROOT, splice, stretch
from tests.fuzz.texts import check_ascii, check_shown
from tests.support import scenario

ID = b"0123456789abcdef0123456789abcdef01234567"
ONE_IN = 1
DICTIONARY = (
    b"tree " + ID + b"\n",
    b"parent " + ID + b"\n",
    b"author a <b> 1 +0000\n",
    b"committer a <b> 1 +0000\n",
    b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n",
    b"gpgsig-sha256 x\n y\n",
    b"\n -----END PGP SIGNATURE-----\n",
    b"gpgsig -----BEGIN SSH SIGNATURE-----\n",
    b"encoding x\n",
    b"mergetag object x\n type commit\n",
    b"HG:extra x\n",
    b"\n\n",
    b"\ngpgsig ",
    b"\ngpgsig\n",
    b"\n ",
    b"\r\n",
    b"\0",
    b" ",
)
KINDS = (
    *(openpgp.Signature, ssh.Signature),
    *(MultipleSignatures, MalformedSignature, UnsupportedSignature, WeakDigest),
)
_ORDER = (b"tree", b"parent", b"author", b"committer")


def seeds() -> Iterator[bytes]:
    """The commits of the scenarios and the vectors, and some of real histories."""
    seen = set()
    for path in sorted((ROOT / "fixtures" / "scenarios").glob("*.yaml")):
        for kind, content in scenario.build(scenario.load(path)).objects.values():
            shape = tuple(line.partition(b" ")[0] for line in content.split(b"\n"))
            if kind == "commit" and shape not in seen:
                seen.add(shape)
                yield content
    yield from vectors.commits()
    yield from real.objects(real.COMMIT)


def check(data: bytes) -> None:
    """Hand an object to every function that reads commits."""
    seen, tree, commit = outline(data), tree_of(data), read_commit(data)
    text = commit_text(data)
    for shown in (text.subject, text.author, text.date):
        assert isinstance(shown, str)
        check_shown(shown)
    assert type(seen) is Outline
    assert all(type(parent) is bytes and len(parent) == 20 for parent in seen.parents)
    assert type(seen.signed) is bool
    assert type(seen.date) is int
    assert 0 <= seen.date < 10**15
    assert tree is None or (type(tree) is bytes and len(tree) == 20)
    if isinstance(commit, FaultyCommit):
        assert seen.signed is not isinstance(commit.fault, Unsigned)
        for said in (getattr(commit.fault, name) for name in commit.fault.__slots__):
            check_ascii(said)
        return
    assert type(commit) is SignedCommit
    assert commit.tree == tree
    assert seen.signed
    _lengths(data, commit)
    found = reader.read_signature(commit.signature)
    assert type(found) in KINDS


def compare(data: bytes) -> None:
    """The slow reader says the same."""
    commit, expected = read_commit(data), by_lines(data)
    if isinstance(commit, FaultyCommit):
        assert type(commit.fault) is expected, (commit.fault, expected)
    else:
        found = (commit.tree, outline(data).parents, commit.signature, commit.payload)
        assert found == expected


def _lengths(data: bytes, commit: SignedCommit) -> None:
    """Payload and signature are together the whole object, but for a `gpgsig-sha256`."""
    again = b"gpgsig " + commit.signature[:-1].replace(b"\n", b"\n ") + b"\n"
    assert again in data
    whole = len(commit.payload) + len(again)
    headers = data[: data.find(b"\n\n") + 1] if b"\n\n" in data else data
    if b"\ngpgsig-sha256 " in headers:
        assert whole < len(data)
    else:
        assert whole == len(data)
    # What was signed reads as the same commit without a signature.
    bare = read_commit(commit.payload)
    assert type(bare) is FaultyCommit
    assert type(bare.fault) is Unsigned
    assert tree_of(commit.payload) == commit.tree
    assert outline(commit.payload).parents == outline(data).parents


def by_lines(data: bytes) -> type | tuple[bytes, tuple[bytes, ...], bytes, bytes]:
    """Read a commit as the specification says it (3.1), line by line and slowly."""
    end = data.find(b"\n\n") + 1 or len(data)
    lines = data[:end].split(b"\n")
    complete = lines[-1] == b""
    if complete:
        lines.pop()
    if not any(line.startswith(b"gpgsig ") for line in lines):
        return Unsigned
    headers: list[list[bytes]] = [[]]  # the first holds continuations of nothing
    for line in lines:
        if line.startswith(b" "):
            headers[-1].append(line)
        else:
            headers.append([line])
    names = [header[0].partition(b" ")[0] for header in headers[1:]]
    if names.count(b"gpgsig") > 1:
        return MultipleSignatures
    order = [name for name in names if name in _ORDER]
    parents = order.count(b"parent")
    usual = [b"tree", *[b"parent"] * parents, b"author", b"committer"]
    if (
        not complete
        or b"\0" in data[:end]
        or headers[0]
        or names[: len(usual)] != usual
        or order != usual
        or any(len(header) > 1 for header in headers[1 : len(usual) + 1])
        or any(b" " not in header[0] or not header[0].partition(b" ")[0] for header in headers[1:])
        or max(names.count(b"encoding"), names.count(b"gpgsig-sha256")) > 1
    ):
        return MalformedSignature
    ids = [header[0].partition(b" ")[2] for header in headers[1 : 2 + parents]]
    if any(len(one) != 40 or one.strip(b"0123456789abcdef") for one in ids):
        return MalformedSignature
    kept, signature = b"", b""
    for name, header in zip(names, headers[1:], strict=True):
        if name == b"gpgsig":
            first = header[0].partition(b" ")[2]
            signature = b"".join(line + b"\n" for line in [first, *(x[1:] for x in header[1:])])
        elif name != b"gpgsig-sha256":
            kept += b"".join(line + b"\n" for line in header)
    tree, *above = (bytes.fromhex(one.decode()) for one in ids)
    return tree, tuple(above), signature, kept + data[end:]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Move, double, drop, continue and change whole lines; or do something less kind."""
    what = rng.randrange(8)
    if what == 0:
        return stretch(data, rng)
    if what == 1:
        return splice(data, rng, DICTIONARY)
    lines = data.split(b"\n")
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    if rng.random() < 0.5:  # where the headers are
        at, to = at % min(8, len(lines)), to % min(12, len(lines))
    match what:
        case 2:
            lines.insert(to, lines[at])
        case 3:
            lines.insert(to, lines.pop(at))
        case 4:
            del lines[at]
        case 5:
            lines.insert(at, rng.choice(DICTIONARY).rstrip(b"\n"))
        case 6:
            lines[at] = lines[at][1:] if lines[at].startswith(b" ") else b" " + lines[at]
        case _:
            lines[at] = splice(lines[at], rng, DICTIONARY)
    return b"\n".join(lines)
