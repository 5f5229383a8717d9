"""docs/nar.md: what is hashed, and what is refused to be."""

from __future__ import annotations

from tests.mutants.table import Edit, in_file, together

_SERIALIZE = "tests/unit/nar/test_nar_serialize.py"
_TREES = "tests/unit/nar/test_nar_tree.py"
_ATTRIBUTES = "tests/unit/nar/test_nar_attributes.py"
_ARCHIVES = "tests/unit/nar/test_nar_archive.py"

_FORMAT = in_file(
    "nar/serialize.py",
    [_SERIALIZE],
    [
        ("nar: padding of a string", " + text + _PADDING[len(text) % 8]\n", " + text\n"),
        ("nar: padding of a file", "        self._gathered += _PADDING[size % 8]\n", ""),
        (
            "nar: an executable is said to be one",
            "self._node(_EXECUTABLE if executable else _REGULAR)",
            "self._node(_REGULAR)",
        ),
        ("nar: a file has the size that was said", "        if left:\n", "        if False:\n"),
        (
            "nar: the target of a link",
            '        if not target or b"\\0" in target:\n',
            "        if False:\n",
        ),
        ("nar: a link without a target", 'if not target or b"\\0"', 'if b"\\0"'),
        ("nar: a target with a NUL", 'if not target or b"\\0" in target:', "if not target:"),
        ("nar: no name is empty", '(b"", b".", b"..")', '(b".", b"..")'),
        ("nar: no name is a dot", '(b"", b".", b"..")', '(b"", b"..")'),
        ("nar: no name is two dots", '(b"", b".", b"..")', '(b"", b".")'),
        ("nar: no slash in a name", ' or b"/" in name or b"\\0" in name', ' or b"\\0" in name'),
        ("nar: no NUL in a name", ' or b"/" in name or b"\\0" in name', ' or b"/" in name'),
        ("nar: names ascend", "        if name <= self._open[-1]:\n", "        if False:\n"),
        ("nar: a name stands once", "if name <= self._open[-1]:", "if name < self._open[-1]:"),
        (
            "nar: an entry is in a directory",
            '        if self._expected or not self._open:\n            raise NarError("an entry',
            '        if not self._open:\n            raise NarError("an entry',
        ),
        (
            "nar: a directory ends after a node",
            '        if self._expected or not self._open:\n            raise NarError("no dir',
            '        if not self._open:\n            raise NarError("no dir',
        ),
        (
            "nar: an archive has a node",
            "        if self._expected or self._open:\n",
            "        if self._open:\n",
        ),
        (
            "nar: all directories are closed",
            "        if self._expected or self._open:\n",
            "        if self._expected:\n",
        ),
        (
            "nar: one node where one is announced",
            "        if not self._expected:\n",
            "        if 0:\n",
        ),
        (
            "nar: an entry is closed, too",
            "        if self._open:\n            self._g",
            "        if 0:\n            self._g",
        ),
    ],
)

_DIGESTS = in_file(
    "nar/digests.py",
    [_SERIALIZE],
    [
        ("nar: base32 begins with the last bits", "in reversed(range(length))", "in range(length)"),
        ("nar: base32 is of a little-endian number", '"little"', '"big"'),
        ("nar: Nix's own letters", "abcdfghijklmnpqrsvwxyz", "abcdefghijklmnopqrstuvwxyz"[:22]),
        ("nar: base64 as it is", "b64encode", "urlsafe_b64encode"),
    ],
)

_TREE = in_file(
    "nar/tree.py",
    [_TREES],
    [
        (
            "nar: sorted as Nix sorts",
            "return sorted(found.values(), key=itemgetter(0))",
            "return list(found.values())",
        ),
        (
            "nar: an entry has a space",
            "        if space < 0 or",
            "        if",
        ),
        ("nar: an id is whole", " or nul + 21 > end:\n", ":\n"),
        (
            "nar: modes as git writes them",
            "kind = _KINDS.get(mode)\n",
            "kind = _KINDS.get(mode.lstrip(b'0'))\n",
        ),
        (
            "nar: no other modes",
            "kind = _KINDS.get(mode)\n",
            "kind = _KINDS.get(mode, Kind.FILE)\n",
        ),
        ("nar: a tree's name is not empty", "    if not name or name in", "    if name in"),
        ("nar: a tree's name is no dot", 'name in {b".", b".."}', 'name in {b".."}'),
        ("nar: a tree's name is not two dots", 'name in {b".", b".."}', 'name in {b"."}'),
        ("nar: a tree's name has no slash", ' or b"/" in name:\n', ":\n"),
        ("nar: no .git", '    if name.lower() == b".git":\n', "    if False:\n"),
        ("nar: no .git in any case", "name.lower() ==", "name =="),
        ("nar: no name twice", "        if name in found:\n", "        if False:\n"),
        ("nar: in git's order", "        if key <= before:\n", "        if False:\n"),
        (
            "nar: git's order has a slash behind directories",
            '        key = name + b"/" if kind is Kind.DIRECTORY else name\n',
            "        key = name\n",
        ),
        (
            "nar: no deeper than the limit",
            "        if depth > self._limits.depth:\n",
            "        if False:\n",
        ),
        (
            "nar: no more entries than the limit",
            "        if self._entries > self._limits.entries:\n",
            "        if self._entries > 10**5:\n",
        ),
        (
            "nar: entries are counted together",
            "        self._entries += len(entries)\n",
            "        self._entries = len(entries)\n",
        ),
        ("nar: submodules are refused", "self._submodules is not Submodules.EMPTY:", "False:"),
        (
            "nar: no larger file than the limit",
            "entry.object_id, self._limits.blob)",
            "entry.object_id, 1 << 40)",
        ),
        (
            "nar: the path of a fault",
            "    raise RefusedTreeError(fault, below(path, name), detail, hint)",
            "    raise RefusedTreeError(fault, name, detail, hint)",
        ),
        (
            "nar: a link's target is one",
            "        if entry.kind is Kind.LINK and not _fit_for_link(content):\n",
            "        if False:\n",
        ),
        ("nar: a target's length", "0 < len(target) <= _LONGEST_LINK and", "0 < len(target) and"),
        (
            "nar: a caution about LFS",
            "        if len(content) < _LARGEST_LFS and",
            "        if False and",
        ),
        (
            "nar: LFS has a largest pointer",
            "        if len(content) < _LARGEST_LFS and",
            "        if",
        ),
        ("nar: a caution about filters", "        if mentions.filter:\n", "        if False:\n"),
        (
            "nar: a caution about submodules",
            "                self._cautions.append(Caution(CautionKind.EMPTY_SUBMODULE, whole))\n",
            "",
        ),
    ],
)

_INTERFACE = in_file(
    "nar/__init__.py",
    [_TREES, _ARCHIVES],
    [
        ("nar: a commit or a tree", '    if kind not in {"commit", "tree"}:\n', "    if False:\n"),
        ("nar: a commit begins with its tree", "_TREE.match(", "_TREE.search("),
        (
            "nar: attributes make a second hash",
            "found.mentions.change_archive or found.empty",
            "found.empty",
        ),
        ("nar: empty directories make a second hash", " or found.empty_directories:", ":"),
        (
            "nar: a refused archive leaves the plain hash",
            "            archived = error\n",
            "            raise\n",
        ),
        (
            "nar: no hash in place of a refused archive",
            "            archived = error\n",
            "            archived = None\n",
        ),
        (
            "nar: asking for a refused archive raises",
            "            raise self.archived\n",
            "            return self.plain\n",
        ),
        (
            "nar: a refused archive is not equal",
            "self.archived is None or self.archived == self.plain",
            "not isinstance(self.archived, Nar) or self.archived == self.plain",
        ),
    ],
)

_MENTIONS = in_file(
    "nar/attributes.py",
    [_ATTRIBUTES, _ARCHIVES],
    [
        ("nar: export-ignore is seen", "any(word in content for word in _LEAVES_OUT)", "False"),
        ("nar: export-subst is seen", "any(word in content for word in _SUBSTITUTES)", "False"),
        ("nar: conversions are seen", "any(word in content for word in _CONVERTS)", "False"),
        ("nar: filters are seen", "any(word in content for word in _FILTERS)", "False"),
        ("nar: crlf is seen", 'b"crlf", ', ""),
        ("nar: ident is seen", 'b"ident", ', ""),
        ("nar: encodings are seen", ', b"working-tree-encoding")', ")"),
        (
            "nar: mentions of all files count",
            "self.export_subst or other.export_subst",
            "other.export_subst",
        ),
        (
            "nar: export-subst changes an archive",
            "self.export_ignore or self.export_subst or",
            "self.export_ignore or",
        ),
        ("nar: conversions change an archive", " or self.conversion\n", "\n"),
        ("nar: a format over lines", "([^$]*+)", "([^$\\n]*+)"),
        (
            "nar: all formats are looked at",
            "            return found[0]\n    return None",
            "            return found[0]\n        break\n    return None",
        ),
        ("nar: only what is known is stable", "[HTPsfbBen%]", "[A-Za-z%]"),
        ("nar: names by .mailmap are not stable", "[ac][neDdtiIs]", "[ac][neENDdtiIs]"),
        ("nar: relative dates are not stable", "[ac][neDdtiIs]", "[ac][neDdtiIsr]"),
    ],
)

_ARCHIVE = in_file(
    "nar/archive.py",
    [_ARCHIVES],
    [
        (
            "nar: a substitution has a commit",
            "    if question.mentions.export_subst and question.commit is None:\n",
            "    if False:\n",
        ),
        (
            "nar: substitutions are looked at",
            "            if question.mentions.export_subst:\n",
            "            if False:\n",
        ),
        (
            "nar: only what is changed is looked at",
            "        if not _changed(file, member, entries[path]):\n",
            "        if False:\n",
        ),
        (
            "nar: an unstable format is refused",
            "        if unstable is not None:\n",
            "        if False:\n",
        ),
        ("nar: git's failure is one", "        if done.returncode:\n", "        if False:\n"),
        (
            "nar: the commit is archived",
            "git.archive(question.commit or question.tree)",
            "git.archive(question.tree)",
        ),
        (
            "nar: what is archived is in the tree",
            "    if entry is None or kind is None or not",
            "    if kind is None or entry and not",
        ),
        (
            "nar: it is something that a tree has",
            "    return None\n\n\ndef _as_in_tree",
            "    return Kind.FILE\n\n\ndef _as_in_tree",
        ),
        ("nar: it is the same kind of thing", " or not _as_in_tree(kind, entry.kind):\n", ":\n"),
        (
            "nar: a submodule is a directory",
            "(Kind.DIRECTORY if kind is Kind.SUBMODULE else kind)",
            "kind",
        ),
        (
            "nar: its directory is there",
            "        if folder not in place.below:\n",
            "        if False:\n",
        ),
        (
            "nar: a link has its target",
            "    if kind is Kind.LINK and _blob_id(len(target), (target,)) != entry.object_id:\n",
            "    if False:\n",
        ),
        ("nar: it is there once", "    if name in place.below:\n", "    if False:\n"),
        ("nar: executables are executable", "found.mode & 0o100", "False"),
        (
            "nar: an archive in Nix's order",
            "[iter(sorted(root.below.items()))]",
            "[iter(root.below.items())]",
        ),
        (
            "nar: directories of an archive in Nix's order",
            "stack.append(iter(sorted(member.below.items())))",
            "stack.append(reversed(sorted(member.below.items())))",
        ),
        ("nar: no templates", '"--template=", ', ""),
        (
            "nar: an archive of a commit without entries",
            '    if block[156:157] == b"g":',
            "    if False:",
        ),
        (
            "nar: git's environment is its own",
            "        self._environment = {\n",
            "        self._environment = dict(os.environ) | {\n",
        ),
        (
            "nar: submodules are no objects",
            "        if entry.kind is not Kind.SUBMODULE:\n",
            "        if True:\n",
        ),
    ],
)

_REPOSITORY = in_file(
    "history/repository.py",
    [_ARCHIVES],
    [
        (
            "nar: a blob's size is asked first",
            "        if size > largest:\n            return None\n",
            "",
        ),
    ],
)

_BOTH = [
    together(
        "nar: in the order of bytes, whoever looks",
        [_TREES],
        Edit(
            "nar/tree.py",
            "return sorted(found.values(), key=itemgetter(0))",
            "return list(found.values())",
        ),
        Edit("nar/serialize.py", "        if name <= self._open[-1]:\n", "        if False:\n"),
    ),
]

MUTANTS = [
    *_FORMAT,
    *_DIGESTS,
    *_TREE,
    *_INTERFACE,
    *_MENTIONS,
    *_ARCHIVE,
    *_REPOSITORY,
    *_BOTH,
]
