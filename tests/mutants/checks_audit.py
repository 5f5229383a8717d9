"""docs/audit.md: what an audit counts, and what it must not let through."""

from __future__ import annotations

from tests.mutants.table import in_file

_COVERAGE = ["tests/unit/audit/test_audit_coverage.py"]
_PEOPLE = ["tests/unit/audit/test_audit_people.py"]
_CHANGES = ["tests/unit/audit/test_audit_changes.py"]
_FACTS = ["tests/unit/audit/test_audit_facts.py"]
_KEY = ["tests/unit/audit/test_audit_key.py"]
_WHAT_IF = ["tests/unit/audit/test_audit_what_if.py"]
_REPORTS = ["tests/unit/audit/test_audit_reports.py"]

_MISLED = [
    *in_file(
        "audit/changes.py",
        ["tests/unit/audit/test_audit_misled.py"],
        [
            (
                "audit: a merge that brings back what was removed",
                "(len(others) == len(before) or past.goes_back(before, after))",
                "len(others) == len(before)",
            ),
        ],
    ),
    *in_file(
        "audit/trees.py",
        ["tests/unit/audit/test_audit_misled.py"],
        [
            (
                "audit: a name twice hides nothing",
                "        if len(found) != len(listed) or size != len(content):\n",
                "        if size != len(content):\n",
            ),
            (
                "audit: a tree that is cut off is not whole",
                "        if len(found) != len(listed) or size != len(content):\n",
                "        if len(found) != len(listed):\n",
            ),
            ("audit: a padded mode is a directory's", 'entry.mode.lstrip(b"0")', "entry.mode"),
        ],
    ),
    *in_file(
        "audit/key_use.py",
        ["tests/unit/audit/test_audit_misled.py"],
        [
            (
                "audit: what is forged counts for nothing",
                "    made = [one for one in found if one.claimed is not Claimed.FORGED]\n",
                "    made = found\n",
            ),
            (
                "audit: a subkey is listed by its primary key",
                "        if any(\n            key in counting or",
                "        if any(\n            key in keys or",
            ),
            (
                "audit: a primary key is listed by its subkey",
                "key in counting or not counting.isdisjoint(history.primaries(key))",
                "key in counting",
            ),
        ],
    ),
    *in_file(
        "audit/people.py",
        ["tests/unit/audit/test_audit_misled.py"],
        [
            (
                "audit: the future makes nobody idle",
                "[row.date for row in trusted if row.date <= history.now]",
                "[row.date for row in trusted]",
            ),
        ],
    ),
    *in_file(
        "cli/audit.py",
        ["tests/unit/audit/test_audit_misled.py"],
        [
            (
                "audit: a date that is a tag",
                "        _refuse_ref(question, since)\n",
                "",
            ),
        ],
    ),
    *in_file(
        "display.py",
        ["tests/unit/test_display.py"],
        [
            (
                "display: nothing invisible",
                " or _INVISIBLE.match(character):\n",
                ":\n",
            ),
        ],
    ),
]

MUTANTS = [
    *in_file(
        "audit/coverage.py",
        _COVERAGE,
        [
            (
                "audit: services are counted apart",
                "        service_only += number if service else 0\n",
                "",
            ),
            (
                "audit: unsigned commits count whatever they are refused for",
                "    unsigned = sum(not row.signed for row in by_state[State.REFUSED])\n",
                '    unsigned = refused["unsigned"]\n',
            ),
            (
                "audit: the longest stretches come first",
                "key=len, reverse=True)",
                "key=len)",
            ),
            (
                "audit: what hangs together is one stretch",
                "                leader[_find(leader, parent)] = _find(leader, row.commit)\n",
                "                leader[parent] = row.commit\n",
            ),
            (
                "audit: months without a calendar stand last",
                "key=lambda month: (month == UNKNOWN_MONTH, month))",
                "key=lambda month: (month != UNKNOWN_MONTH, month))",
            ),
        ],
    ),
    *in_file(
        "audit/gather.py",
        _COVERAGE,
        [
            (
                "audit: a range leaves out what its start reaches",
                "[row for row in rows if row.commit not in left_out] if left_out else rows,",
                "rows,",
            ),
            (
                "audit: a range may start beside what the target reaches",
                "    if walk is None or since not in walk.nodes:\n",
                "    if walk is None:\n",
            ),
            (
                "audit: what was given up is no audit",
                "    if given_up or session.introduced is None or node is None or node.unreadable:\n",
                "    if given_up:\n",
            ),
            (
                "audit: the path holds lines only",
                "            if node is None or node.ancestor or not node.line or commit in found:\n",
                "            if node is None or node.ancestor or commit in found:\n",
            ),
        ],
    ),
    *in_file(
        "cli/audit.py",
        _COVERAGE,
        [
            (
                "audit: what is undecided has its exit code",
                "    return 0 if found.decided else UNDECIDED\n",
                "    return 0\n",
            ),
            (
                "audit: an introduction that is refused has its exit code",
                "    if found is None:\n        return REFUSED\n",
                "    if found is None:\n        return 0\n",
            ),
            (
                "audit: --fail-on refused",
                "    if fail_on is given.FailOn.REFUSED and found.coverage.refused:\n        return REFUSED\n",
                "",
            ),
        ],
    ),
    *in_file(
        "facts.py",
        [*_CHANGES, *_FACTS],
        [
            (
                "audit: damaged facts are none",
                "            if check != self._check(body):\n                return\n",
                "",
            ),
            (
                "audit: a damaged file of facts is written anew",
                "            if self._anew:\n",
                "            if False:\n",
            ),
            (
                "audit: what a verify read is kept for audits",
                "        self._add(found)\n",
                "",
            ),
        ],
    ),
    *in_file(
        "audit/people.py",
        _PEOPLE,
        [
            (
                "audit: where every commit counts, every parent is needed",
                "            found |= together\n",
                "            found |= spared.get(parent, everybody)\n",
            ),
            (
                "audit: the only person cannot be removed",
                " and persons != [name]}",
                "}",
            ),
            (
                "audit: nobody is removable where the target is refused",
                "    if history.head != history.target:\n        return set()\n",
                "",
            ),
            (
                "audit: services are no persons to fall back on",
                "    persons = [name for name, (service, _) in _listed(history.at_target).items() if not service]\n"
                "    if len(persons)",
                "    persons = [name for name, (service, _) in _listed(history.at_target).items()]\n"
                "    if len(persons)",
            ),
            (
                "audit: who comes back has another stay",
                "            stays[name].append(Stay(since.pop(name), moment(row)))\n",
                "            since.pop(name)\n",
            ),
        ],
    ),
    *in_file(
        "audit/changes.py",
        _CHANGES,
        [
            (
                "audit: a merge that takes one side's file changes nothing",
                "(len(others) == len(before) or past.goes_back(before, after))",
                "True",
            ),
            (
                "audit: a key under another name is the signer's own",
                " or change.key in own)",
                ")",
            ),
            (
                "audit: a key under one's own name is one's own",
                "((row.person and change.person == row.person) or change.key in own)",
                "(change.key in own)",
            ),
            (
                "audit: attempts are shown",
                "            after = history.own.get(row.commit)\n",
                "            after = None\n",
            ),
        ],
    ),
    *in_file(
        "audit/key_use.py",
        _KEY,
        [
            (
                "audit: a forged signature is none of the key's",
                "_CERTAINTY = {True: Claimed.VERIFIED, False: Claimed.FORGED}",
                "_CERTAINTY = {True: Claimed.VERIFIED, False: Claimed.VERIFIED}",
            ),
            (
                "audit: subkeys count for their primary key",
                "            if self._wanted not in primaries:\n                return False\n",
                "            return False\n",
            ),
            (
                "audit: --since leaves out commits",
                "        if row.commit in left_out or _is_earlier(row.date, question.since_date):\n",
                "        if _is_earlier(row.date, question.since_date):\n",
            ),
            (
                "audit: a key is looked for in the introduction as well",
                "    found = [*_of_introduction(session, history, question, signed, left_out)]\n",
                "    found: list[KeyCommit] = []\n",
            ),
            (
                "audit: --since may leave out the introduction",
                "    if introduced is None or commit in left_out or commit in history.left_out:\n",
                "    if introduced is None or commit in history.left_out:\n",
            ),
            (
                "audit: a range may leave out the introduction",
                "    if introduced is None or commit in left_out or commit in history.left_out:\n",
                "    if introduced is None or commit in left_out:\n",
            ),
            (
                "audit: --since leaves out what is older",
                "    return date is not None and own < date\n",
                "    return False\n",
            ),
        ],
    ),
    *in_file(
        "audit/trees.py",
        _KEY,
        [
            (
                "audit: a directory that cannot be read is said to differ",
                '                except UndecidedError:\n                    yield path + b"/", False\n',
                '                except UndecidedError:\n                    yield path + b"/", True\n',
            ),
        ],
    ),
    *in_file(
        "audit/what_if.py",
        _WHAT_IF,
        [
            (
                "audit: under every-commit a draft asks all commits",
                "        return history.rows\n    line = []\n",
                "        pass\n    line = []\n",
            ),
            (
                "audit: a draft is read as --require says",
                "    if session.options.require_every_commit:\n",
                "    if False:\n",
            ),
            (
                "audit: a draft leaves nothing in the cache",
                "        NoStore(),\n",
                "        session.stores,\n",
            ),
            (
                "audit: what a draft newly refuses was trusted",
                "            if was:\n                newly[row.reason] += 1\n",
                "",
            ),
        ],
    ),
    *in_file(
        "audit/whole.py",
        _COVERAGE,
        [
            (
                "audit: a target that is undecided is, whatever the range",
                "            or self.verdict is Verdict.UNDECIDED\n",
                "",
            ),
        ],
    ),
    *in_file(
        "reports/audit_html.py",
        ["tests/unit/reports/test_audit_html.py"],
        [
            (
                "audit: the page says what is undecided",
                '        "missing": undecided(audit),\n',
                '        "missing": "",\n',
            ),
        ],
    ),
    *in_file(
        "reports/audit_csv.py",
        _REPORTS,
        [
            (
                "audit: no cell is a formula",
                '    if text.lstrip().startswith(_FORMULA):\n        text = f"\'{text}"\n',
                "",
            ),
            (
                "audit: quotes are doubled",
                "    doubled = text.replace('\"', '\"\"')\n",
                "    doubled = text\n",
            ),
            (
                "audit: names in CSV are printable",
                "                _name(row.person),\n",
                "                row.person,\n",
            ),
        ],
    ),
    *in_file(
        "reports/tables.py",
        _REPORTS,
        [
            (
                "audit: tables keep to the width",
                "    if width is not None:\n        _shrink(",
                "    if False:\n        _shrink(",
            ),
            (
                "audit: wide characters take two columns",
                "    return 2 if unicodedata",
                "    return 1 if unicodedata",
            ),
        ],
    ),
    *_MISLED,
]
