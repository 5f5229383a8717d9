"""Steps 1 to 3 of docs/rule.md: what the rule itself asks."""

from __future__ import annotations

from tests.mutants.table import SCENARIOS, Edit, in_file, together

_RULE = in_file(
    "rule.py",
    [SCENARIOS],
    [
        # --- 3a, 3b ---
        ("3a some parent is trusted", "    if not some_trusted:", "    if False:"),
        (
            "3b every parent is trusted",
            "    if untrusted is not None and not path:",
            "    if False:",
        ),
        (
            "3b only where every trusted parent says every-commit",
            "    if untrusted is not None and not path:",
            "    if untrusted is not None:",
        ),
        (
            "3b one parent that says trusted-path is enough",
            "            path = path or parent.authorizations.history is HistoryMode.TRUSTED_PATH",
            "            path = parent.authorizations.history is HistoryMode.TRUSTED_PATH",
        ),
        (
            "3b names the first parent that is not trusted",
            "            untrusted = untrusted or parent\n",
            "            untrusted = parent\n",
        ),
        # --- 3d ---
        (
            "3d the key is listed",
            "                break\n    return found\n",
            "                break\n    return found or authorizations.people[0]\n",
        ),
        (
            "3d a listed primary covers its signing subkeys",
            "    for primary in sorted(signer.primaries):",
            "    for primary in ():",
        ),
        (
            "3d a subkey that a service lists is a person's by its primary",
            "        if other is not None and (found is None or not other.service):",
            "        if other is not None and found is None:",
        ),
        (
            "3d a subkey that a person lists is no service's by its primary",
            "    if found is not None and not found.service:\n        return found\n"
            "    for primary in sorted(signer.primaries):\n"
            "        other = holders.get(primary)\n"
            "        if other is not None and (found is None or not other.service):",
            "    for primary in sorted(signer.primaries):\n"
            "        other = holders.get(primary)\n"
            "        if other is not None:",
        ),
        (
            "3d every-commit: every parent lists the key",
            "    everybody = None not in holders\n",
            "    everybody = True\n",
        ),
        (
            "3d every-commit: every parent is trusted",
            "    everybody = None not in holders\n",
            "    everybody = all(\n"
            "        holders[i] for i, p in enumerate(parents) if p.authorizations is not None\n"
            "    )\n",
        ),
        (
            "3d every-commit: the first parent does not speak for the others",
            "    everybody = None not in holders\n",
            "    everybody = holders[0] is not None\n",
        ),
        (
            "3d trusted-path: one parent admits alone",
            "        and (everybody or parent.authorizations.history is HistoryMode.TRUSTED_PATH)",
            "        and everybody",
        ),
        (
            "3d trusted-path: only a parent that lists the key admits",
            "        if holders[position] is not None\n"
            "        and parent.authorizations is not None\n",
            "        if parent.authorizations is not None and any(holders)\n",
        ),
        (
            "3.5 unusable-key: the key is a subkey of a listed primary",
            "    if signer.claimed:  # anybody",
            "    if False:  # anybody",
        ),
        (
            "3.5 unusable-key: the primary is a listed one",
            "        for primary in sorted(listed & signer.claimed.keys()):\n",
            "        for primary in sorted(signer.claimed.keys()):\n",
        ),
        # --- 3e, and the order ---
        ("3e the signature verifies", "        elif verifies(signer):", "        elif True:"),
        (
            "3 3d is asked before 3e",
            "        admission = admit(parents, signer)\n        if admission is None:\n",
            "        admission = admit(parents, signer)\n        if not verifies(signer):\n"
            "            refusal = refusal or BadSignature(signer.key)\n"
            "        elif admission is None:\n",
        ),
        (
            "3 3e is asked before 3f and 3g",
            "        elif verifies(signer):\n",
            "        elif not isinstance(\n"
            "            early := _judge_content(parents, admission, own(), path, parent_has_file),\n"
            "            Trusted,\n"
            "        ):\n"
            "            return early\n"
            "        elif verifies(signer):\n",
        ),
        (
            "3 3f is asked before 3g",
            "    if isinstance(remaining, ServiceChangesAuthorizations):\n        return remaining\n"
            "    fault = ask_file(own, path, parent_has_file=parent_has_file)\n",
            "    fault = ask_file(own, path, parent_has_file=parent_has_file)\n"
            "    if fault is None and isinstance(remaining, ServiceChangesAuthorizations):\n"
            "        return remaining\n",
        ),
        # --- 3f ---
        (
            "3f a service admits only what keeps the authorizations",
            "    if not by_service:\n",
            "    if True:\n",
        ),
        (
            "3f byte for byte, comments included",
            "            and own.content == authorizations.content\n",
            "            and own.people == authorizations.people\n",
        ),
        (
            "3f trusted-path: that parent's own",
            "        if position not in changed\n        and not (",
            "        if not (",
        ),
        (
            "3f trusted-path: not the list of another parent, too",
            "        and not (changed and _mode(parents[position]) is HistoryMode.EVERY_COMMIT)\n",
            "        and not changed\n",
        ),
        (
            "3f every-commit: those of every parent that lists it so",
            "        and not (changed and _mode(parents[position]) is HistoryMode.EVERY_COMMIT)\n",
            "",
        ),
        (
            "3f only of those that list it as a service",
            "    changed = {position for position in by_service if not unchanged(position)}\n",
            "    changed = {i for i in range(len(parents)) if not unchanged(i)}\n",
        ),
        (
            "3f every-commit: a parent that lists the key for a person speaks for all",
            "        and not (changed and _mode(",
            "        and not (position in by_service and changed and _mode(",
        ),
        (
            "3f refused only when no parent is left that admits",
            "    if remaining:\n        return remaining\n",
            "    if remaining == admission.parents:\n        return remaining\n",
        ),
        (
            "3f no file is not the parent's file",
            "            isinstance(own, Authorizations)\n            and authorizations is not None\n"
            "            and own.content",
            "            not isinstance(own, Authorizations)\n"
            "            or authorizations is not None\n            and own.content",
        ),
        # --- 3g ---
        (
            "3g the commit has the file",
            "    fault = ask_file(own, path, parent_has_file=parent_has_file)\n",
            "    own = parents[remaining[0]].authorizations if own is None else own\n"
            "    fault = ask_file(own, path, parent_has_file=parent_has_file)\n",
        ),
        (
            "3g the file is well formed",
            "    fault = ask_file(own, path, parent_has_file=parent_has_file)\n",
            "    own = parents[remaining[0]].authorizations if isinstance(own, Problem) else own\n"
            "    fault = ask_file(own, path, parent_has_file=parent_has_file)\n",
        ),
        (
            "3g removed is said where a parent has the file",
            "            return AuthorizationsRemoved(path) if parent_has_file() else"
            " AuthorizationsMissing(path)",
            "            return AuthorizationsMissing(path)",
        ),
        (
            "3g missing is said where no parent has the file",
            "            return AuthorizationsRemoved(path) if parent_has_file() else"
            " AuthorizationsMissing(path)",
            "            return AuthorizationsRemoved(path)",
        ),
        # --- 1 ---
        (
            "1 the signer is the one given",
            "        if given == signer.key or given in signer.primaries:",
            "        if True:",
        ),
        (
            "1 a signing subkey of the key given",
            "        if given == signer.key or given in signer.primaries:",
            "        if given == signer.key:",
        ),
        (
            "1 a subkey given itself",
            "        if given == signer.key or given in signer.primaries:",
            "        if given in (signer.primaries or {signer.key}):",
        ),
        (
            "1 the introduction's signature verifies",
            "            if verifies(signer):\n                return signer\n",
            "            if True:\n                return signer\n",
        ),
        (
            "1 the signer is asked before the mathematics",
            "    for signer in signers:\n        given = introduction.signer\n",
            "    for signer in signers:\n        given = introduction.signer\n"
            "        if not verifies(signer):\n"
            "            refusal = BadSignature(signer.key)\n            continue\n",
        ),
        (
            "1 unusable-key: a subkey of the key given without a binding",
            "        if problem is not None:\n            other",
            "        if False:\n            other",
        ),
    ],
)

_CANDIDATES = in_file(
    "rule.py",
    ["tests/unit/test_rule_candidates.py"],
    [
        (
            "3d every key that bears the id is tried",
            "            refusal = refusal or not_admitted(parents, signer)\n",
            "            return not_admitted(parents, signer)\n",
        ),
        (
            "3e every key that bears the id is tried",
            "            refusal = BadSignature(signer.key)\n    refusal = content",
            "            return BadSignature(signer.key)\n    refusal = content",
        ),
        (
            "3e bad-signature where one of the keys was admitted",
            "        elif not isinstance(refusal, BadSignature):\n",
            "        elif refusal is None:\n",
        ),
        (
            "3f every key that bears the id is tried",
            "                content = outcome\n",
            "                return outcome\n",
        ),
        (
            "3f what a key signed that verifies comes before what another did not",
            "    refusal = content or refusal\n",
            "    refusal = refusal or content\n",
        ),
        (
            "3 somebody signed",
            "    if refusal is None:  # fail closed: nobody signed, nobody is trusted\n"
            '        raise ValueError("judge needs a signer")\n',
            "",
        ),
        (
            "1 every key that bears the id is tried",
            "            refusal = BadSignature(signer.key)\n            continue\n",
            "            return BadSignature(signer.key)\n",
        ),
        (
            "1 another key with the same id does not refuse",
            "        refusal = refusal or other\n",
            "        return other\n",
        ),
        (
            "1 somebody signed",
            '        raise ValueError("judge_introduction needs a signer")\n',
            "        return None\n",
        ),
    ],
)

_EVIDENCE = in_file(
    "evidence.py",
    ["tests/unit/test_evidence.py", SCENARIOS],
    [
        (
            "3.5 weak-digest is refused",
            "    if weak is not None and not _acceptable(signature, sha1_counts):",
            "    if False:",
        ),
        (
            "historical SHA-1 does not mean MD5 and RIPEMD-160",
            "    return signature.digest_algorithm == _SHA1 and sha1_counts()",
            "    return sha1_counts()",
        ),
        (
            "historical SHA-1 counts only where it is asked for",
            "    return signature.digest_algorithm == _SHA1 and sha1_counts()",
            "    return signature.digest_algorithm == _SHA1",
        ),
        (
            "3.5 weak-digest comes before missing-key",
            "    weak = signature.weak\n",
            "    weak = signature.weak if keyring.find(signature.issuers) else None\n",
        ),
        (
            "3.5 missing-key",
            "    if not keys:\n        return MissingKey",
            "    if not keys:\n        return UnsupportedSignature('')\n        return MissingKey",
        ),
        (
            "3.5 unusable-key: the only key with a fault does not count",
            "        if fault is not None:\n            return fault\n",
            "",
        ),
        (
            "3.5 unusable-key: a key with a fault does not count",
            "zip(keys, faults, strict=True) if fault is None)",
            "zip(keys, faults, strict=True))",
        ),
        (
            "3.5 of keys with one id a good one counts beside a faulty one",
            "    if not usable:\n",
            "    if len(usable) < len(keys):\n",
        ),
        (
            "3.5 of keys with one id an unsupported one is told first",
            "    return unsupported[0] if unsupported else found[0]",
            "    return found[0]",
        ),
        (
            "3e the mathematics is done",
            "            known = self.engine.verify([self.check(signer)])[0]",
            "            known = True",
        ),
        (
            "3e the mathematics is done with the key that is asked about",
            "            if key.fingerprint == signer.key:\n",
            "            if True:\n",
        ),
        (
            "3e what one key verifies, another does not",
            "        known = self.outcomes.get(signer.key)",
            "        known = next(iter(self.outcomes.values()), None)",
        ),
    ],
)

_ORDER = in_file(
    "judging.py",
    [SCENARIOS],
    [
        (
            "3 3a and 3b are asked before 3c",
            "        refusal = rule.ask_parents(parents)\n"
            "        if refusal is not None:\n            return refusal\n"
            "        evidence = self._examine(commit, node)\n",
            "        evidence = self._examine(commit, node)\n"
            "        refusal = rule.ask_parents(parents)\n"
            "        if refusal is not None and isinstance(evidence, Testimony | rule.Signer):\n"
            "            return refusal\n",
        ),
        (
            "3 3c is asked before 3d",
            "        if not isinstance(evidence, Testimony | rule.Signer):\n            return evidence\n"
            "        return rule.judge(",
            "        if not isinstance(evidence, Testimony | rule.Signer):\n"
            "            nobody = rule.Signer(parents[0].commit.hex())  # type: ignore\n"
            "            return rule.not_admitted(parents, nobody)\n"
            "        return rule.judge(",
        ),
    ],
)

_BOTH = [
    # Each signature is checked at its digest, and its key once more where it is asked for.
    together(
        "3.5 the key fits the signature",
        ["tests/unit/test_evidence.py"],
        Edit(
            "evidence.py",
            "        if fault is not None:\n            return fault\n",
            "",
        ),
        Edit(
            "signatures/openpgp/check.py",
            "        or signature.version != key.version\n"
            "        or signature.public_key_algorithm != key.algorithm\n",
            "",
        ),
    ),
]

MUTANTS = [*_RULE, *_CANDIDATES, *_EVIDENCE, *_ORDER, *_BOTH]
