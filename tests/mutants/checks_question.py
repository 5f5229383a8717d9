"""Steps 4 and 5 of docs/rule.md, what the walk finds, and which refusal is named first."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, Edit, in_file, together

_AUTHENTICATE = in_file(
    "authenticate.py",
    [SCENARIOS],
    [
        (
            "4 a line leads to the target",
            "        if node.line and not node.ancestor:\n",
            "        if node.trusted and not node.ancestor:\n",
        ),
        (
            "4 a target behind the introduction",
            "        if node.line and not node.ancestor:\n",
            "        if node.line or node.ancestor:\n",
        ),
        (
            "4 a target behind the introduction is no descendant",
            "        if node.ancestor or not node.descends:\n",
            "        if not node.ancestor and not node.descends:\n",
        ),
        (
            "4 a target beside the introduction is no descendant",
            "        if node.ancestor or not node.descends:\n",
            "        if node.ancestor:\n",
        ),
        (
            "5 the target is a step forward",
            "        if refusals is None:\n            refusals = self._ask_after(target, introduced)\n",
            "",
        ),
        (
            "5 the target is authentic, too",
            "        if refusals is None:\n            refusals = self._ask_after(target, introduced)\n",
            "        if refusals is None or self.options.after is not None:\n"
            "            refusals = self._ask_after(target, introduced)\n",
        ),
        (
            "5 descending in git's sense is not enough",
            "            beside = walk.in_region(after) is not None\n",
            "            beside = walk.in_region(after) is not None\n"
            "            if beside:\n                return None\n",
        ),
        (
            "5 a step from an ancestor of the introduction",
            "        if ancestry.has_ancestor(after):\n            return None\n",
            "",
        ),
        (
            "5 a step from the introduction itself",
            "        if after == self.introduction.commit:\n            return None\n",
            "        if after == self.introduction.commit:\n"
            "            return [Refusal(target, NotDescendant(after, descends_in_git=True))]\n",
        ),
        (
            "5 no step to where one is",
            "        if after is None or after == target:\n",
            "        if after is None:\n",
        ),
        (
            "5 the commit that one has must be there",
            "        self.objects.commit(after)  # a commit that is not there decides nothing\n",
            "",
        ),
        (
            "5 undecided where the ancestors of the introduction cannot all be read",
            "        if early is not None and not self._descends(after, introduced):\n"
            "            raise early\n",
            "",
        ),
        (
            "5 decided where the commit that one has descends from the introduction",
            "        if early is not None and not self._descends(after, introduced):\n",
            "        if early is not None:\n",
        ),
        (
            "undecided: the target could not be read",
            "        if node.unreadable and node.error is not None:\n            raise node.error\n",
            "",
        ),
        (
            "undecided: something beside the introduction could not be read",
            "            if not node.ancestor:\n                self._raise_unread(walk, target)\n",
            "",
        ),
        (
            "undecided: the target could not be judged",
            "        if node.error is not None:\n            raise node.error\n"
            "        if node.trusted:\n            self._raise_unread(walk, target)\n",
            "        if node.trusted:\n            self._raise_unread(walk, target)\n",
        ),
        (
            "undecided: a line might lead through what could not be read",
            "        if node.trusted:\n            self._raise_unread(walk, target)\n",
            "        if node.trusted:\n",
        ),
        (
            "5 undecided where a line might lead through what could not be read",
            "            self._raise_unread(walk, target)\n            beside",
            "            beside",
        ),
        (
            "naming: unsigned commits are looked behind",
            "        if walk.pass_unsigned(self._found):\n"
            "            self._judge_all(target, ahead)\n        if self._are_beside",
            "        if self._are_beside",
        ),
        (
            "2 all ancestors are known before a refusal",
            "        if self._are_beside(walk, target):\n",
            "        if False:\n",
        ),
        (
            "undecided: what is certain about ancestors is said",
            "            judge.certain = True\n",
            "",
        ),
        (
            "2 a commit is judged again when its parent is found to be an ancestor",
            "            judge.certain = True\n            self._judge_all(target, ahead)\n",
            "            judge.certain = True\n",
        ),
        (
            "4 before a refusal everything that could matter is looked at",
            "            if node is None or not node.line or everything or certainly:\n",
            "            if False:\n",
        ),
    ],
)

_LINE = [
    together(
        "5 a line leads from the commit that one has",
        [SCENARIOS],
        Edit(
            "line.py",
            "            if parent == start:\n                return True\n",
            "",
        ),
    ),
    *in_file(
        "line.py",
        [SCENARIOS],
        [
            (
                "5 a line goes through parents that admit",
                "        return [(node.parents[i], node.date) for i in node.admitted_by] if"
                " node.trusted else []\n",
                "        return [(parent, node.date) for parent in node.parents]\n",
            ),
            # That they are trusted follows: only trusted parents admit.
            (
                "5 a line goes through parents that were found to admit",
                "    return [(seen.parents[i], seen.date) for i in finding.admitted_by if"
                " i < len(seen.parents)]\n",
                "    return [(parent, seen.date) for parent in seen.parents]\n",
            ),
        ],
    ),
]

_DISCOVER = in_file(
    "discover.py",
    [SCENARIOS],
    [
        (
            "2 ancestors of ancestors are ancestors",
            "                for parent in node.parents:\n"
            "                    self._reach_ancestor(parent, commit)\n            return\n",
            "            return\n",
        ),
        (
            "2 what the target's walk met first is an ancestor all the same",
            "        elif not node.ancestor:\n            node.ancestor = True\n",
            "        elif not node.ancestor:\n            return\n            node.ancestor = True\n",
        ),
        (
            "2 the introduction's second parent is an ancestor",
            "            for parent in self._first_ancestors:\n",
            "            for parent in self._first_ancestors[:1]:\n",
        ),
        (
            "undecided: an ancestor that could not be read is noted",
            "                self.ancestors_end_early = node.error\n",
            "                pass\n",
        ),
        (
            "undecided: a shallow boundary is told from a missing object",
            "        if isinstance(error, MissingObjectError) and child in self._shallow:\n",
            "        if False:\n",
        ),
        (
            "undecided: a missing object is told from a shallow boundary",
            "        if isinstance(error, MissingObjectError) and child in self._shallow:\n",
            "        if isinstance(error, MissingObjectError) and self._shallow:\n",
        ),
        (
            "undecided: an object is missing",
            "            node = Node((), 0, signed=False)\n"
            "            node.error = self.explain(error, child)\n"
            "            node.unreadable = True\n",
            "            node = Node((), 0, signed=False)\n",
        ),
    ],
)

_NAMING = in_file(
    "naming.py",
    [SCENARIOS],
    [
        (
            "naming: behind no-trusted-parent the first parent",
            "            return parents[0] if parents else None\n",
            "            return parents[-1] if parents else None\n",
        ),
        (
            "naming: the way goes behind no-trusted-parent",
            "            return parents[0] if parents else None\n",
            "            return None\n",
        ),
        (
            "naming: the way goes behind untrusted-parent",
            "        case UntrustedParent(parent):\n            return parent\n",
            "        case UntrustedParent(parent):\n            return None\n",
        ),
        (
            "naming: behind untrusted-parent the one that is not trusted",
            "        case UntrustedParent(parent):\n            return parent\n",
            "        case UntrustedParent(parent):\n"
            "            last = walk.nodes[commit].parents[-1]\n"
            "            return last if walk.in_region(last) else parent\n",
        ),
        (
            "naming: where it ends comes first",
            "        end = len(self._ids) - _ID * position\n",
            "        end = _ID * (position + 1)\n",
        ),
        (
            "naming: an ancestor is named for its file",
            "    return judge.ancestor_fault(commit) if node.ancestor else node.reason\n",
            "    return node.reason\n",
        ),
        (
            "totals: trusted commits only",
            "        if (node.finding is not None) is not trusted:\n",
            "        if node.finding is not None and not trusted:\n",
        ),
        (
            "totals: each commit once",
            "        if node is None or node.ancestor or node.visit == visit:\n",
            "        if node is None or node.ancestor:\n",
        ),
        (
            "totals: less the introduction and its ancestors",
            "    for node in _reached(walk, target, trusted=True) if walk is not None else ():\n",
            "    for ancestor in walk.nodes.values() if walk is not None else ():\n"
            "        counts['', '', False] += ancestor.ancestor  # type: ignore[index]\n"
            "    for node in _reached(walk, target, trusted=True) if walk is not None else ():\n",
        ),
    ],
)

_EMPTY = in_file(
    "authenticate.py",
    ["tests/unit/test_many_refusals.py"],
    [
        (
            "naming: that nothing is named does not mean authentic",
            "        if refusals is None:\n            return self._authentic(target, introduced)\n",
            "        if not refusals:\n            return self._authentic(target, introduced)\n",
        ),
        (
            "naming: nothing is refused for no reason",
            "        if not refusals:  # that nothing is named does not mean that nothing is wrong\n",
            "        if False:\n",
        ),
    ],
)

_WAY = in_file(
    "naming.py",
    ["tests/unit/test_many_refusals.py"],
    [
        (
            "naming: the parent that is not trusted is the one before",
            "            return UntrustedParent(self._commit(position - 1))\n",
            "            return UntrustedParent(self._commit(position))\n",
        ),
        (
            "naming: each with its own number of parents",
            "        parents = self._parents[-1 - position]\n",
            "        parents = self._parents[position]\n",
        ),
        (
            "naming: what is not refused has no way",
            "    if first is None:\n"
            '        raise ValueError("a commit that is not refused was to be named")\n',
            "    if first is None:\n        return Way(NoTrustedParent(0), bytearray(target), array('I', [0]))\n",
        ),
        (
            "naming: what is named is not counted beside it",
            "            counts[named.reason.code] -= 1\n",
            "            counts[named.reason.code] -= 0\n",
        ),
        (
            "naming: what lies beside is counted once",
            "        node.visit = visit\n        yield node\n",
            "        yield node\n",
        ),
    ],
)

MUTANTS = [*_AUTHENTICATE, *_LINE, *_DISCOVER, *_NAMING, *_EMPTY, *_WAY]
