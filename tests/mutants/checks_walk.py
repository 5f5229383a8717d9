"""Steps 1 to 3 of docs/rule.md as they are asked of a history; historical authorizations."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, in_file

_JUDGING = in_file(
    "judging.py",
    [SCENARIOS],
    [
        (
            "1 the introduction is trusted",
            "            return self._introduction_file\n        node = self._nodes.get(commit)\n",
            "            return None\n        node = self._nodes.get(commit)\n",
        ),
        (
            "2 a proper ancestor is trusted as a parent",
            "        own = self._stand_in_or_fault(commit)\n        return own if"
            " isinstance(own, Authorizations) else None",
            "        return None",
        ),
        (
            "2 an ancestor's file is well formed",
            "        return own if isinstance(own, Authorizations) else None",
            "        good = isinstance(own, Authorizations) or own is None\n"
            "        return own if good else self._introduction_file",
        ),
        (
            "2 an ancestor has a file",
            "        return own if isinstance(own, Authorizations) else None",
            "        own = own or self._introduction_file\n"
            "        return own if isinstance(own, Authorizations) else None",
        ),
        (
            "2 an ancestor is not judged by step 3",
            "        elif node.finding is None and not node.ancestor:\n",
            "        elif node.finding is None and (not node.ancestor or node.reason):\n",
        ),
        (
            "3a a parent that is not trusted grants nothing",
            "        elif node.finding is None and not node.ancestor:\n",
            "        elif False:\n",
        ),
        # --- historical authorizations ---
        (
            "historical: they stand in for ancestors",
            "        return self._files.historical if own is None else own\n",
            "        return own\n",
        ),
        (
            "historical: they mend no ancestor's file",
            "        return self._files.historical if own is None else own\n",
            "        good = isinstance(own, Authorizations) or not self._files.historical\n"
            "        return own if good else self._files.historical\n",
        ),
        (
            "historical: they replace no ancestor's file",
            "        return self._files.historical if own is None else own\n",
            "        return self._files.historical or own\n",
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
            "        return any(self._own_file(parent) is not None for parent in parents)\n",
            "        return any(self._own_file(parent) is not None for parent in parents[:1])\n",
        ),
        (
            "historical: the first parent's file counts",
            "        return any(self._own_file(parent) is not None for parent in parents)\n",
            "        return any(self._own_file(parent) is not None for parent in parents[-1:])\n",
        ),
        (
            "historical: an untrusted parent's file counts",
            "        return any(self._own_file(parent) is not None for parent in parents)\n",
            "        trusted = [p for p in parents if self.parent(p).authorizations]\n"
            "        return any(self._own_file(parent) is not None for parent in trusted)\n",
        ),
        (
            "historical: a parent's malformed file counts",
            "        return any(self._own_file(parent) is not None for parent in parents)\n",
            "        return any(isinstance(self._own_file(p), Authorizations) for p in parents)\n",
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
            "        for position in node.admitted_by:\n",
            "        for position in range(len(node.parents)):\n",
        ),
        (
            "4 a line begins at the introduction",
            "        return node.line if node is not None else self._walk.is_known(commit)\n",
            "        return (node.line or node.ancestor or node.trusted) if node is not None else"
            " self._walk.is_known(commit)\n",
        ),
        (
            "4 what lies beside the introduction descends from nothing",
            "        node.descends = any(map(self._descends, node.parents))\n",
            "        node.descends = True\n",
        ),
        # --- undecided ---
        (
            "undecided: nothing is refused for a parent that could not be read",
            "        unknown = self._unknown(node.parents) or self._doubt\n",
            "        unknown = self._doubt\n",
        ),
        (
            "undecided: nothing is refused for a parent whose file could not be read",
            "        unknown = self._unknown(node.parents) or self._doubt\n",
            "        unknown = self._unknown(node.parents)\n",
        ),
        (
            "undecided: nothing is refused for an ancestor that could not be read",
            "        if self.certain and not node.descends and self._walk.ancestors_end_early"
            " is not None:\n",
            "        if False:\n",
        ),
        (
            "undecided: what is wrong with the commit itself is decided",
            "            if isinstance(evidence, Testimony | rule.Signer):\n"
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
            "        node.error = self._doubt = None\n",
            "        self._doubt = None\n",
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

MUTANTS = [*_JUDGING, *_INTRODUCE, *_ALONE]
