"""docs/signatures.md: the commit object, and telling the kinds of signature apart."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, in_file

_VECTORS = "tests/unit/test_commit_object.py"
_FILE = "signatures/commit_object.py"

_OBJECT = in_file(
    _FILE,
    [_VECTORS, "tests/unit/test_commit_object_nul.py", SCENARIOS],
    [
        (
            "3.1 a gpgsig-sha256 header is not part of the payload",
            '_SIGNATURES = (b"gpgsig", b"gpgsig-sha256")\n',
            '_SIGNATURES = (b"gpgsig",)\n',
        ),
        (
            "3.1 a gpgsig-sha256 header is no signature",
            '        if name == b"gpgsig":\n',
            "        if name in _SIGNATURES:\n",
        ),
        (
            "3.1 a commit with only a gpgsig-sha256 header is unsigned",
            '    return content.startswith(b"gpgsig ") or content.find(b"\\ngpgsig ", 0, end) >= 0\n',
            '    return content.find(b"\\ngpgsig", 0, end) >= 0\n',
        ),
        (
            "3.5 unsigned",
            "    if not _signed(content, end):\n        return FaultyCommit(Unsigned())\n",
            "",
        ),
        (
            "3.5 two gpgsig headers",
            '    if sum(name == b"gpgsig" for _, name, _ in headers) > 1:\n'
            '        return FaultyCommit(MultipleSignatures("two gpgsig headers"))\n',
            "",
        ),
        (
            "3.5 two gpgsig headers come before headers out of order",
            '    if sum(name == b"gpgsig" for _, name, _ in headers) > 1:\n',
            '    if head and sum(name == b"gpgsig" for _, name, _ in headers) > 1:\n',
        ),
        (
            "3.5 a signature in the message is none",
            '    blank = content.find(b"\\n\\n")\n'
            "    return blank + 1 if blank >= 0 else len(content)\n",
            "    return len(content)\n",
        ),
        (
            "3.1 headers out of order",
            "    if head is None:\n"
            "        fault = \"the commit's headers are not in git's order\"\n    else:\n"
            "        fault = _fault(content, head.end(), end, headers)\n",
            "    if head is None:\n"
            "        tree = content[5:45].decode()\n"
            "        return _divide(content, ObjectId(bytes.fromhex(tree)), headers, end)\n"
            "    else:\n        fault = _fault(content, head.end(), end, headers)\n",
        ),
        (
            "3.1 the tree's id is forty digits",
            'rb"tree ([0-9a-f]{40})\\n((?:parent',
            'rb"tree ([0-9a-fA-F]{40})\\n((?:parent',
        ),
        (
            "3.1 a parent's id is forty digits",
            '((?:parent [0-9a-f]{40}\\n)*)author [^\\n]*\\ncommitter ([^\\n]*)\\n"\n',
            '((?:parent [0-9a-fA-F]{40}\\n)*)author [^\\n]*\\ncommitter ([^\\n]*)\\n"\n',
        ),
        (
            "3.1 one author",
            '((?:parent [0-9a-f]{40}\\n)*)author [^\\n]*\\ncommitter ([^\\n]*)\\n"\n',
            '((?:parent [0-9a-f]{40}\\n)*)(?:author [^\\n]*\\n)*committer ([^\\n]*)\\n"\n',
        ),
        (
            "3.1 one committer",
            '((?:parent [0-9a-f]{40}\\n)*)author [^\\n]*\\ncommitter ([^\\n]*)\\n"\n',
            '((?:parent [0-9a-f]{40}\\n)*)author [^\\n]*\\n(?:committer ([^\\n]*)\\n)*"\n',
        ),
        (
            "3.1 a NUL byte in a header",
            '    if content.find(b"\\0", 0, end) >= 0:\n',
            "    if False:\n",
        ),
        (
            "3.1 the last header is cut off",
            '    if content[end - 1 : end] != b"\\n":\n',
            "    if False:\n",
        ),
        (
            "3.1 a committer on two lines",
            '    if content[start : start + 1] == b" ":\n',
            "    if False:\n",
        ),
        (
            "3.1 a header without a value",
            "        if not name or not space:\n",
            "        if not name:\n",
        ),
        (
            "3.1 a tree, parent, author or committer later",
            "        if name in _ONCE:\n",
            "        if False:\n",
        ),
        (
            "3.1 a second tree",
            '_ONCE = frozenset((b"tree", ',
            "_ONCE = frozenset((",
        ),
        ("3.1 a second parent later", 'b"tree", b"parent", b"author"', 'b"tree", b"author"'),
        ("3.1 a second author", 'b"parent", b"author", b"committer"', 'b"parent", b"committer"'),
        ("3.1 a second committer", ', b"author", b"committer"))', ', b"author"))'),
        (
            "3.1 a header is repeated",
            "        if name in seen:\n",
            "        if False:\n",
        ),
        (
            "3.1 encoding is repeated",
            '_KNOWN_ONCE = frozenset((b"encoding", *_SIGNATURES))\n',
            "_KNOWN_ONCE = frozenset(_SIGNATURES)\n",
        ),
        (
            "3.1 other headers may be repeated",
            "        if name in _KNOWN_ONCE:\n",
            "        if True:\n",
        ),
        (
            "3.1 the payload is all but the signature",
            "    payload.append(content[kept:])\n",
            "    payload.append(content[kept:end])\n",
        ),
        (
            "3.1 the payload has what comes before the signature",
            "            payload.append(content[kept:start])\n",
            "            payload.append(b'')\n",
        ),
        (
            "3.1 the payload of a usual commit is all but the signature",
            "            content[: start - 7] + content[end:],\n",
            "            content[: start - 7],\n",
        ),
        (
            "3.1 the payload of a usual commit has all headers",
            "            content[: start - 7] + content[end:],\n",
            "            content[content.index(b'author') : start - 7] + content[end:],\n",
        ),
        (
            "3.1 each continuation line loses one space",
            '            signature = content[start + 7 : stop].replace(b"\\n ", b"\\n")\n',
            "            signature = content[start + 7 : stop]\n",
        ),
        (
            "3.1 a usual commit's headers have no NUL byte",
            '    if usual is not None and content.find(b"\\0", 0, usual.end()) < 0:\n',
            "    if usual is not None:\n",
        ),
        (
            "3.1 a usual commit's headers have no NUL byte, the signature included",
            '    if usual is not None and content.find(b"\\0", 0, usual.end()) < 0:\n',
            '    if usual is not None and content.find(b"\\0", 0, usual.start(2)) < 0:\n',
        ),
        (
            "3.1 parents are read as they were signed",
            "    return Outline(\n        _parents(head[2]),\n",
            "    return Outline(\n        _parents(head[2])[:1],\n",
        ),
        (
            "3.1 a tree behind headers out of order is nobody's",
            "    return ObjectId(unhexlify(head[1])) if head else None\n",
            "    return ObjectId(unhexlify(head[1] if head else content[5:45]))\n",
        ),
    ],
)

_READER = in_file(
    "signatures/reader.py",
    [
        "tests/unit/signatures/test_kinds_of_signature.py",
        "tests/unit/signatures/ssh/test_ssh_signature.py",
    ],
    [
        (
            "3.5 a block that does not begin with a BEGIN line",
            "    if not value.startswith(_BEGIN):\n",
            "    if False:\n",
        ),
        (
            "3.3 SSH is read",
            '    if label == b"SSH SIGNATURE":\n',
            "    if False:\n",
        ),
        (
            "3.5 X.509 is unsupported",
            '        return UnsupportedSignature("an X.509 (S/MIME) signature")\n',
            '        return MalformedSignature("an X.509 (S/MIME) signature")\n',
        ),
        (
            "3.5 an unknown kind of block is unsupported",
            '    return UnsupportedSignature(f"a block',
            '    return MalformedSignature(f"a block',
        ),
    ],
)

_HASHED = in_file(
    "history/memory.py",
    [SCENARIOS],
    [
        (
            "3.1 an object is compared with its id",
            "        if name.digest() != object_id:\n",
            "        if False:\n",
        ),
    ],
)

_KIND = in_file(
    "history/memory.py",
    ["tests/unit/history/test_memory.py"],
    [
        ("3.1 an object is of its kind", "        if found != kind:\n", "        if False:\n"),
    ],
)

MUTANTS = [*_OBJECT, *_READER, *_HASHED, *_KIND]
