"""A second reading of docs/rule.md: slow, plain, and written without looking at the tool's own.

The numbers in the comments are the steps of the rule.
"""

from functools import cache

from tests.property.abstract import MALFORMED, Answer, File, Person, Question, certificate

# What can be said of a signature without asking for a key, by the state of the signature.
SIGNATURE_FAULTS = {
    "unsigned": "unsigned",
    "double": "multiple-signatures",
    "malformed": "malformed-signature",
    "x509": "unsupported-signature",
    "weak": "weak-digest",
}


def answer(q: Question) -> Answer:  # the whole rule on one page, on purpose
    """Answer the question by the rule, and by nothing else."""

    def parents(c: str) -> tuple[str, ...]:
        return q.commits[c].parents

    @cache
    def history(c: str) -> frozenset[str]:
        """`c` and its ancestors, as git has it."""
        return frozenset({c}).union(*(history(p) for p in parents(c)))

    def vouched(c: str) -> bool:
        """Steps 1 and 2: the introduction or a proper ancestor of it."""
        return c in history(q.introduction)

    def historical_counts(c: str) -> bool:
        lacks = q.commits[c].file is None
        first = all(q.commits[p].file is None for p in parents(c))
        return q.historical is not None and lacks and (vouched(c) or first)

    def authorizations(c: str) -> File | None:
        """A(c), or None where nothing well-formed is in force."""
        if historical_counts(c):
            return q.historical
        file = q.commits[c].file
        return file if isinstance(file, File) else None

    def every_commit(p: str) -> bool:
        file = authorizations(p)
        return q.every_commit or (file is not None and file.history == "every-commit")

    def listings(p: str, names: set[str]) -> list[Person]:
        """The entries of A(p) that hold one of these keys."""
        file = authorizations(p)
        return [x for x in file.people if names & set(x.keys)] if file else []

    def names(k: str) -> set[str]:
        """The key, and the primary key that it is a valid signing subkey of."""
        return {k} if k.endswith("/loose") else {k, certificate(k)}

    def trusted(c: str) -> bool:
        return fault(c) is None

    @cache
    def fault(c: str) -> str | None:
        """Why `c` is not trusted, in the order of asking; None when it is."""
        if c == q.introduction:
            return step_1(c)
        return file_fault(c) if vouched(c) else step_3(c)  # step 2: only the file counts

    def step_1(c: str) -> str | None:
        k, given = q.commits[c].signer, q.introduction_signer
        if (found := signature_fault(c)) or k is None:
            return found
        if given not in names(k):
            loose = k.endswith("/loose") and certificate(k) == given
            return "unusable-key" if loose else "wrong-introduction-signer"
        if q.commits[c].signature == "bad":
            return "bad-signature"
        if q.commits[c].file is None and not q.path_given and not q.historical:
            return "authorizations-missing"  # no path is fixed, so no parent has the file either
        return file_fault(c)

    def step_3(c: str) -> str | None:
        k, trusted_parents = q.commits[c].signer, [p for p in parents(c) if trusted(p)]
        if not trusted_parents:  # a
            return "no-trusted-parent"
        if all(every_commit(p) for p in trusted_parents) and not all(map(trusted, parents(c))):  # b
            return "untrusted-parent"
        if (found := signature_fault(c)) or k is None:  # c
            return found
        if not any(lists(p, c) for p in trusted_parents):  # d
            if k.endswith("/loose") and any(listings(p, {certificate(k)}) for p in trusted_parents):
                return "unusable-key"
            return "unauthorized-key"
        if q.commits[c].signature == "bad":  # e
            return "bad-signature"
        if not any(admits(p, c) for p in trusted_parents):  # f
            return "service-changes-authorizations"
        return file_fault(c)  # g

    def signature_fault(c: str) -> str | None:
        """3c."""
        commit = q.commits[c]
        accepted = commit.signature == "weak" and q.historical_sha1 and historical_counts(c)
        if commit.signature in SIGNATURE_FAULTS and not accepted:
            return SIGNATURE_FAULTS[commit.signature]
        at_hand = commit.signer is not None and certificate(commit.signer) in q.keyring
        return None if at_hand else "missing-key"

    def lists(p: str, c: str) -> bool:
        """3d, of a trusted parent: under `every-commit` all parents are trusted and list."""
        asked = parents(c) if every_commit(p) else (p,)
        k = q.commits[c].signer
        return k is not None and all(trusted(r) and listings(r, names(k)) for r in asked)

    def admits(p: str, c: str) -> bool:
        """3d and 3f: a machine's key cannot grant rights."""
        asked = parents(c) if every_commit(p) else (p,)
        k = q.commits[c].signer
        if k is None or not trusted(p) or not lists(p, c):
            return False
        machine = [r for r in asked if all(x.service for x in listings(r, names(k)))]
        return all(authorizations(c) == authorizations(r) for r in machine)

    def file_fault(c: str) -> str | None:
        """3g."""
        if authorizations(c) is not None:
            return None
        if q.commits[c].file == MALFORMED:
            return "authorizations-malformed"
        removed = any(q.commits[p].file is not None for p in parents(c))
        return "authorizations-removed" if removed else "authorizations-missing"

    @cache
    def line(start: str, c: str) -> bool:
        """Step 4: from `start` to `c` each commit admits the next, and all are trusted."""
        if c == start or vouched(c):
            return c == start and trusted(c)
        return trusted(c) and any(admits(p, c) and line(start, p) for p in parents(c))

    def way() -> list[tuple[str, str]]:
        """Every refusal on the way from the target to the one that is named first."""
        t, a = q.target, q.after
        if found := fault(q.introduction):
            return [(q.introduction, found)]
        if q.introduction not in history(t):
            return [(t, "not-descendant")]
        if fault(t):
            return broken(t)
        if not line(q.introduction, t):  # 4
            return [(t, "not-descendant")]
        if a is not None and not line(a, t) and (not vouched(a) or a == q.introduction):  # 5
            return [(t, "not-descendant")]
        return []

    def broken(c: str) -> list[tuple[str, str]]:
        found = fault(c)
        assert found is not None
        following = {"no-trusted-parent": parents(c)[:1], "untrusted-parent": parents(c)}
        after = [p for p in following.get(found, ()) if not trusted(p)]
        return [(c, found), *(broken(after[0]) if after else [])]

    @cache
    def reached(c: str) -> frozenset[str]:
        """`c` and what is reached from it through trusted commits."""
        return frozenset({c}).union(*map(reached, parents(c))) if trusted(c) else frozenset()

    known = history(q.target) | history(q.introduction)
    refusals = way()
    return Answer(
        verdict="refused" if refusals else "authentic",
        way=tuple(refusals),
        trusted=frozenset(c for c in known if trusted(c)),
        line=frozenset(c for c in known if line(q.introduction, c)),
        count=len(reached(q.target) - history(q.introduction)),
    )
