"""Steps 1, 2, 4 and 5 of docs/rule.md, historical authorizations, naming, what is undecided."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, Edit, in_file, together

_JUDGING = in_file(
    "judging.py",
    [SCENARIOS],
    [
        (
            "1 the introduction is trusted",
            "        if commit == self._introduction:\n            return Parent(",
            "        if False:\n            return Parent(",
        ),
        (
            "2 a proper ancestor is trusted as a parent",
            "        own = self._stand_in_or_fault(commit)\n        return Parent(commit, own if"
            " isinstance(own, Authorizations) else None)",
            "        return Parent(commit, None)",
        ),
        (
            "2 an ancestor's file is well formed",
            "        return Parent(commit, own if isinstance(own, Authorizations) else None)",
            "        good = isinstance(own, Authorizations) or own is None\n"
            "        return Parent(commit, own if good else self._introduction_file)",
        ),
        (
            "2 an ancestor has a file",
            "        return Parent(commit, own if isinstance(own, Authorizations) else None)",
            "        own = own or self._introduction_file\n"
            "        return Parent(commit, own if isinstance(own, Authorizations) else None)",
        ),
        (
            "2 an ancestor is not judged by step 3",
            "        if node is not None and not node.ancestor:\n            if node.trusted and",
            "        if node is not None and (not node.ancestor or node.reason):\n"
            "            if node.trusted and",
        ),
        (
            "3a a parent that is not trusted grants nothing",
            "            return Parent(commit, node.authorizations if node.trusted else None)",
            "            return Parent(commit, self._stand_in(commit))",
        ),
        # --- historical authorizations ---
        (
            "historical: they stand in for ancestors",
            "            self._boundary[commit] = self._files.historical if own is None else own\n",
            "            self._boundary[commit] = own\n",
        ),
        (
            "historical: they mend no ancestor's file",
            "            self._boundary[commit] = self._files.historical if own is None else own\n",
            "            good = isinstance(own, Authorizations) or not self._files.historical\n"
            "            self._boundary[commit] = own if good else self._files.historical\n",
        ),
        (
            "historical: they replace no ancestor's file",
            "            self._boundary[commit] = self._files.historical if own is None else own\n",
            "            self._boundary[commit] = self._files.historical or own\n",
        ),
        (
            "historical: they stand in for commits of step 3",
            "            return None if self._any_has_file(node.parents) else"
            " self._files.historical\n",
            "            return None\n",
        ),
        (
            "historical: only while no parent has a file",
            "            return None if self._any_has_file(node.parents) else"
            " self._files.historical\n",
            "            return self._files.historical\n",
        ),
        (
            "historical: they mend no file",
            "        if own is None and self._files.historical is not None:\n",
            "        if not isinstance(own, Authorizations) and self._files.historical:\n",
        ),
        (
            "historical: they replace no file",
            "        if own is None and self._files.historical is not None:\n",
            "        if self._files.historical is not None:\n",
        ),
        (
            "historical: the second parent's file counts",
            "        for parent in parents:\n            known = self._has_file",
            "        for parent in parents[:1]:\n            known = self._has_file",
        ),
        (
            "historical: the first parent's file counts",
            "        for parent in parents:\n            known = self._has_file",
            "        for parent in parents[-1:]:\n            known = self._has_file",
        ),
        (
            "historical: an untrusted parent's file counts",
            "        for parent in parents:\n            known = self._has_file",
            "        for parent in (p for p in parents if self.parent(p).authorizations):\n"
            "            known = self._has_file",
        ),
        (
            "historical: a parent's malformed file counts",
            "        for parent in parents:\n            known = self._has_file",
            "        for parent in parents:\n"
            "            if not isinstance(self._own_file(parent), Authorizations):\n"
            "                continue\n            known = self._has_file",
        ),
        (
            "historical: which commits have a file is noted",
            "            self._has_file[commit] = own is not None\n",
            "            self._has_file[commit] = False\n",
        ),
        # That historical authorizations are given is asked as well, and follows: without them
        # nobody's parent is trusted and lacks the file.
        (
            "historical SHA-1 is asked for",
            "            self._historical_sha1\n            and self._files.historical is not None\n",
            "            self._files.historical is not None\n",
        ),
        (
            "historical SHA-1: the commit lacks the file itself",
            "            and self._own_file(commit) is None\n",
            "",
        ),
        (
            "historical SHA-1: no parent has the file",
            "            and not self._any_has_file(node.parents)\n",
            "",
        ),
        # --- lines ---
        (
            "4 a line goes through parents that admit",
            "            for i in node.admitted_by\n            if i < len(node.parents)\n",
            "            for i in range(len(node.parents))\n",
        ),
        (
            "4 a line begins at the introduction",
            "        return node.line if node is not None else self._walk.is_known(commit)\n",
            "        return (node.line or node.ancestor or node.trusted) if node is not None else"
            " self._walk.is_known(commit)\n",
        ),
        (
            "4 what lies beside the introduction descends from nothing",
            "        node.descends = any(self._descends(parent) for parent in node.parents)\n",
            "        node.descends = True\n",
        ),
        # --- undecided ---
        (
            "undecided: nothing is refused for a parent that could not be read",
            "        unknown = self._unknown(node.parents)\n",
            "        unknown = None\n",
        ),
        (
            "undecided: nothing is refused for an ancestor that could not be read",
            "        if unknown is None and self.certain and not node.descends:\n",
            "        if False:\n",
        ),
        (
            "undecided: what is wrong with the commit itself is decided",
            "            if isinstance(evidence, Claim | rule.Signer):\n"
            "                node.error = unknown\n                return\n"
            "            reason = evidence",
            "            if True:\n                node.error = unknown\n                return\n"
            "            reason = evidence",
        ),
        (
            "undecided: the commit's own tree could not be read",
            "            node.error = None if node.trusted else self._walk.explain(error, commit)\n",
            "            node.error = None\n",
        ),
        (
            "undecided: the commit itself could not be read",
            "        if node.unreadable:\n            return\n        node.descends",
            "        if node.unreadable:\n            node.error = None\n"
            "            node.reason = rule.NoTrustedParent(0)\n            return\n"
            "        node.descends",
        ),
        (
            "undecided: an earlier error does not stand once the commit was judged",
            "        node.error = None\n        finding",
            "        finding",
        ),
    ],
)

_INTRODUCE = in_file(
    "introduce.py",
    [SCENARIOS],
    [
        (
            "1 the introduction has one valid signature",
            "            return asked\n        signer = asked\n",
            "            asked = None\n        signer = asked\n",
        ),
        (
            "1 the introduction has a signature at all",
            "        return read.fault\n    historical",
            "        from nixauth.signatures.commit_object import tree_of\n"
            "        read = SignedCommit(tree_of(content), b'', b'')\n    historical",
        ),
        (
            "1 the signature is asked before the file",
            "    own = files.own(read.tree) if files is not None else None\n",
            "    own = files.own(read.tree) if files is not None else None\n"
            "    if files is None:\n"
            "        return AuthorizationsMissing(FileFormat.NATIVE.value)\n",
        ),
        (
            "1 the signature is asked before what is in the file",
            "    own = files.own(read.tree) if files is not None else None\n",
            "    own = files.own(read.tree) if files is not None else None\n"
            "    if files and (early := _ask_file(objects, outline(content).parents, files, own)[0]):"
            "\n        return early\n",
        ),
        (
            "1 the introduction has a well-formed file",
            "    if fault is not None or in_force is None:\n"
            "        return fault or AuthorizationsMissing(files.path)\n",
            "    if in_force is None:\n"
            "        in_force = Authorizations(b'', rule.HistoryMode.EVERY_COMMIT, ())\n",
        ),
        (
            "1 removed is said where the introduction's parent has the file",
            "parent_has_file=lambda: _a_parent_has_file(objects, files, parents)\n",
            "parent_has_file=lambda: False\n",
        ),
        (
            "1 missing is said where the introduction's parents have no file",
            "parent_has_file=lambda: _a_parent_has_file(objects, files, parents)\n",
            "parent_has_file=lambda: True\n",
        ),
        (
            "1 what cannot be read behind the introduction does not matter",
            "        except UndecidedError:\n            continue\n",
            "        except ZeroDivisionError:\n            continue\n",
        ),
        (
            "historical: they stand in at the introduction",
            "    in_force = files.historical if own is None else own\n",
            "    in_force = own\n",
        ),
        (
            "historical: they mend no introduction's file",
            "    in_force = files.historical if own is None else own\n",
            "    good = isinstance(own, Authorizations) or not files.historical\n"
            "    in_force = own if good else files.historical\n",
        ),
        (
            "historical: they replace no introduction's file",
            "    in_force = files.historical if own is None else own\n",
            "    in_force = files.historical or own\n",
        ),
        (
            "historical SHA-1 at the introduction is asked for",
            "        sha1 = options.historical_sha1 and historical is not None and own is None\n",
            "        sha1 = historical is not None and own is None\n",
        ),
        (
            "historical SHA-1 at the introduction: it lacks the file itself",
            "        sha1 = options.historical_sha1 and historical is not None and own is None\n",
            "        sha1 = options.historical_sha1 and historical is not None\n",
        ),
        (
            "undecided: a shallow clone that cuts off the introduction",
            "        if objects.shallow():\n",
            "        if False:\n",
        ),
    ],
)

_ALONE = in_file(
    "introduce.py",
    ["tests/unit/test_findings_rest_on_keys.py"],
    [
        (
            "historical SHA-1 at the introduction: there are historical authorizations",
            "        sha1 = options.historical_sha1 and historical is not None and own is None\n",
            "        sha1 = options.historical_sha1 and own is None\n",
        ),
    ],
)

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
            "        refusals = self._ask(target, introduced) or"
            " self._ask_after(target, introduced)\n",
            "        refusals = self._ask(target, introduced)\n",
        ),
        (
            "5 the target is authentic, too",
            "        refusals = self._ask(target, introduced) or"
            " self._ask_after(target, introduced)\n",
            "        refusals = self._ask(target, introduced)\n"
            "        if self.options.after is not None:\n"
            "            refusals = self._ask_after(target, introduced)\n",
        ),
        (
            "5 descending in git's sense is not enough",
            "            beside = walk.in_region(after) is not None\n",
            "            beside = walk.in_region(after) is not None\n"
            "            if beside:\n                return []\n",
        ),
        (
            "5 a step from an ancestor of the introduction",
            "        if ancestry.has_ancestor(after):\n            return []\n",
            "",
        ),
        (
            "5 a step from the introduction itself",
            "        if after == self.introduction.commit:\n            return []\n",
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
            '        walk.pass_unsigned(lambda done: self.progress("discover", done, 0))\n'
            "        self._judge_all(target)\n        beside",
            "        beside",
        ),
        (
            "2 all ancestors are known before a refusal",
            "        if next(beside, None) is not None:\n",
            "        if False:\n",
        ),
        (
            "undecided: what is certain about ancestors is said",
            "            judge.certain = True\n",
            "",
        ),
        (
            "2 a commit is judged again when its parent is found to be an ancestor",
            "            judge.certain = True\n            self._judge_all(target)\n",
            "            judge.certain = True\n",
        ),
        (
            "4 before a refusal everything that could matter is looked at",
            "        if node is None or not node.line or self.options.stats:\n",
            "        if False:\n",
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
            "            return walk.nodes[commit].parents[0]\n",
        ),
        ("naming: where it ends comes first", "    way.reverse()\n", ""),
        (
            "naming: an ancestor is named for its file",
            "    return judge.ancestor_fault(commit) if node.ancestor else node.reason\n",
            "    return node.reason\n",
        ),
        (
            "totals: trusted commits only",
            "        if node is None or not node.trusted:\n            continue\n"
            "        if node.person",
            "        if node is None:\n            continue\n        if node.person",
        ),
        (
            "totals: each commit once",
            "        for parent in node.parents:\n            if parent not in seen:\n"
            "                seen.add(parent)\n                todo.append(parent)\n"
            "    signers = tuple(",
            "        for parent in node.parents:\n            if True:\n"
            "                seen.add(parent)\n                todo.append(parent)\n"
            "    signers = tuple(",
        ),
        (
            "totals: less the introduction and its ancestors",
            "    todo = [target] if walk is not None else []\n    while todo and walk is not None:\n"
            "        commit = todo.pop()\n        node = walk.in_region(commit)\n",
            "    todo = [target] if walk is not None else []\n    while todo and walk is not None:\n"
            "        commit = todo.pop()\n        node = walk.nodes.get(commit)\n"
            "        if node and node.ancestor:\n            node.trusted = True\n"
            "            counts['', '', False] += 1  # type: ignore[index]\n",
        ),
    ],
)

MUTANTS = [*_JUDGING, *_INTRODUCE, *_ALONE, *_AUTHENTICATE, *_LINE, *_DISCOVER, *_NAMING]
