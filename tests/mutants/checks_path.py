"""docs/authorizations-file.md: where the file is, and what counts as one; tree objects."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, Edit, in_file, together

_PATHS = "tests/unit/test_in_force.py"
_TREES = "tests/unit/history/test_tree.py"

_IN_FORCE = in_file(
    "in_force.py",
    [_PATHS, "tests/unit/test_in_force_formats.py", SCENARIOS],
    [
        (
            "4.1 symbolic link",
            '_REGULAR = (b"100644", b"100755")\n',
            '_REGULAR = (b"100644", b"100755", b"120000")\n',
        ),
        (
            "4.1 group-writable",
            '_REGULAR = (b"100644", b"100755")\n',
            '_REGULAR = (b"100644", b"100755", b"100664")\n',
        ),
        (
            "4.1 directory",
            '_REGULAR = (b"100644", b"100755")\n',
            '_REGULAR = (b"100644", b"100755", b"40000")\n',
        ),
        (
            "4.1 submodule",
            '_REGULAR = (b"100644", b"100755")\n',
            '_REGULAR = (b"100644", b"100755", b"160000")\n',
        ),
        ("4.1 executable is regular", ', b"100755")\n', ", )\n"),
        (
            "4.1 an entry of another kind is not a lack of it",
            '            return Problem(1, 1, f"it is {kind}, not a regular file")\n',
            "            return None\n",
        ),
        (
            "4.1 a tree without certain answer is not a lack of it",
            "    return Problem(1, 1, found.detail) if found is not None else None\n",
            "    return None\n",
        ),
        (
            "4.1 what is on the way to the file is a directory",
            "            if found.mode != _DIRECTORY:\n",
            "            if False:\n",
        ),
        (
            "4.1 a directory on the way that is missing",
            "            if not isinstance(found, Entry):\n                return _problem(found)\n"
            "            if found.mode",
            "            if not isinstance(found, Entry):\n"
            '                return Problem(1, 1, "")\n            if found.mode',
        ),
        (
            "4.1 .authorizations before .guix-authorizations",
            "        for format_ in (FileFormat.NATIVE, FileFormat.GUIX):\n",
            "        for format_ in (FileFormat.GUIX, FileFormat.NATIVE):\n",
        ),
        (
            "4.1 .guix-authorizations else",
            "        for format_ in (FileFormat.NATIVE, FileFormat.GUIX):\n",
            "        for format_ in (FileFormat.NATIVE,):\n",
        ),
        (
            "4.1 a link at the introduction is not passed over",
            "            if _entry_at(objects, tree, format_.value) is not None:\n",
            "            if isinstance(_entry_at(objects, tree, format_.value), Entry):\n",
        ),
        (
            "4.1 the path of the historical format",
            "        return (historical.format.value, historical.format) if historical else None\n",
            "        return (FileFormat.NATIVE.value, FileFormat.NATIVE) if historical else None\n",
        ),
        (
            "4.1 missing where the introduction fixes no path",
            "        return (historical.format.value, historical.format) if historical else None\n",
            "        return FileFormat.NATIVE.value, FileFormat.NATIVE\n",
        ),
        (
            "4.1 the path given wins",
            "    if path is None:\n        for",
            "    if path is None or _entry_at(objects, tree, FileFormat.NATIVE.value):\n        for",
        ),
        (
            "4.1 the format of another path is the introduction's file's",
            "        return path, authorizations.sniff(objects.blob(entry.object_id))\n",
            "        return path, FileFormat.NATIVE\n",
        ),
        (
            "4.1 the format of a path by its name",
            '        if path.rpartition("/")[2] == format_.value:\n',
            "        if False:\n",
        ),
        (
            "4.1 the format of another path is the historical file's",
            "    return path, historical.format if historical and entry is None else"
            " FileFormat.NATIVE\n",
            "    return path, FileFormat.NATIVE\n",
        ),
        (
            "4.1 a later commit can't switch to another path",
            "        return self.look_up(self._objects.tree(tree))\n",
            "        root = self._objects.tree(tree)\n        found = self.look_up(root)\n"
            "        for one in FileFormat:\n"
            "            found = found or _entry_at(self._objects, root, one.value)\n"
            "        return found\n",
        ),
        (
            "4.1 a path has no empty part, and does not begin with a slash",
            '{"", ".", ".."}',
            '{".", ".."}',
        ),
        ("4.1 a path has no dot", '{"", ".", ".."}', '{"", ".."}'),
        ("4.1 a path has no two dots", '{"", ".", ".."}', '{"", "."}'),
        ("4.1 a path has no NUL", ' or "\\0" in path:', ":"),
        (
            "4.1 a path is normalized where the introduction's file is looked for",
            "    path = normalized_path(path)\n",
            "",
        ),
        (
            "4.1 each content is read by itself",
            "        parsed = self._parsed.get(blob)\n",
            "        parsed = next(iter(self._parsed.values()), None)\n",
        ),
        (
            "require: each file is read as if it said every-commit",
            "            if self._every_commit and isinstance(parsed, Authorizations):\n",
            "            if False:\n",
        ),
        (
            "require: historical authorizations, too",
            "            stand_in = _demand(parsed) if every_commit else parsed\n",
            "            stand_in = parsed\n",
        ),
        (
            "historical: they are well formed",
            "            if isinstance(parsed, Problem):\n                raise UsageError(\n",
            "            if isinstance(parsed, Problem):\n"
            "                parsed = Authorizations(b'', HistoryMode.EVERY_COMMIT, ())\n"
            "            if False:\n                raise UsageError(\n",
        ),
    ],
)

_TREE = in_file(
    "history/tree.py",
    [_TREES, SCENARIOS],
    [
        (
            "4.1 a tree in order",
            " or any(map(ge, keys, keys[1:])):\n",
            ":\n",
        ),
        (
            "4.1 the name once, as a file and as a directory",
            "        if name in names[position + 1 :]:\n"
            '            return BadTree("the tree has this name twice")\n',
            "",
        ),
        (
            "4.1 a directory sorts as if its name ended in a slash",
            '        keys = [entry + b"/" if mode == _DIRECTORY else entry for mode, entry in listed]\n',
            "        keys = [entry for mode, entry in listed]\n",
        ),
        (
            "4.1 the remembered layout is the tree's",
            '            if int.from_bytes(tree, "little") & mask == rest:\n',
            "            if True:\n",
        ),
        (
            "4.1 an odd tree: an entry that is cut off",
            '            return BadTree("a tree entry is cut off")\n',
            "            return found\n",
        ),
        ("4.1 an odd tree: an entry without a name", " or space + 1 == nul:\n", ":\n"),
        (
            "4.1 an odd tree: an id that is cut off",
            " or nul + 21 > end or",
            " or",
        ),
        (
            "4.1 an odd tree: the name twice",
            '                return BadTree("the tree has this name twice")\n            found =',
            "                pass\n            found =",
        ),
        (
            "4.1 an odd tree: the name after what it sorts before",
            "            if key <= before:\n"
            '                return BadTree("the tree is out of order")\n',
            "",
        ),
        (
            "4.1 an odd tree: something after the name that sorts before it",
            '        elif key <= wanted:\n            return BadTree("the tree is out of order")\n',
            "",
        ),
        (
            "4.1 an odd tree: the greatest name before counts",
            "            before = max(before, key)\n",
            "            before = key\n",
        ),
        (
            "4.1 an odd tree: a directory sorts with a slash",
            '        key = entry + b"/" if directory else entry\n',
            "        key = entry\n",
        ),
        (
            "4.1 an odd tree: the name as a directory sorts with a slash",
            "            wanted = key\n",
            "",
        ),
    ],
)

_BOTH = [
    together(
        "4.1 a path is not empty",
        [_PATHS],
        Edit("in_force.py", "    if not path or any(", "    if any("),
        Edit("in_force.py", '{"", ".", ".."}', '{".", ".."}'),
    ),
    together(
        "4.1 a tree that is not cut off",
        [_TREES],
        Edit(
            "history/tree.py",
            "        if _WHOLE.fullmatch(tree) is None:\n"
            "            return _find_in_odd_tree(tree, name)\n",
            "",
        ),
        Edit(
            "history/tree.py",
            "        if sum(sizes) + 20 * len(sizes) != len(tree) or any(",
            "        if any(",
        ),
    ),
    together(
        "4.1 the name twice",
        [SCENARIOS],
        Edit(
            "history/tree.py",
            " or any(map(ge, keys, keys[1:])):\n",
            ":\n",
        ),
        Edit(
            "history/tree.py",
            "        if name in names[position + 1 :]:\n"
            '            return BadTree("the tree has this name twice")\n',
            "",
        ),
    ),
]

MUTANTS = [*_IN_FORCE, *_TREE, *_BOTH]
