"""Strategies for abstract histories: small, tangled, and authentic often enough to matter."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from tests.property.abstract import MALFORMED, Commit, File, Person, Question, certificate
from tests.property.oracle import answer

KEYS = (
    *("alice", "bob", "carol", "forge", "bob#2", "alice#2", "dave"),
    *("alice/sub", "bob/sub", "forge/sub", "bob/loose", "forge/loose"),
)
CERTIFICATES = tuple(dict.fromkeys(map(certificate, KEYS)))
MODES = ("trusted-path", "every-commit")
DATES = st.sampled_from((0, 1, 1_600_000_000, 1_600_000_001, 4_000_000_000))

Draw = Callable[[st.SearchStrategy[object]], object]
T = TypeVar("T")


class Sampler:
    """Draws with weights; the first choice is the simplest one, where shrinking ends."""

    def __init__(self, draw: Callable) -> None:
        self._draw = draw

    def one(self, choices: Sequence[T]) -> T:
        return choices[self._draw(st.integers(0, len(choices) - 1))] if choices[1:] else choices[0]

    def chance(self, percent: int) -> bool:
        """Say yes in so many cases; the simplest answer is the likelier one."""
        at = self._draw(st.integers(0, 99))
        return at < percent if percent > 50 else at >= 100 - percent

    def weighted(self, **weights: int) -> str:
        at = self._draw(st.integers(0, sum(weights.values()) - 1))
        for name, weight in weights.items():
            if at < weight:
                return name
            at -= weight
        raise AssertionError


def listed(file: object) -> tuple[str, ...]:
    """Return the keys of a file; of none, when there is no well-formed one."""
    return tuple(k for x in file.people for k in x.keys) if isinstance(file, File) else ()


def fresh(s: Sampler, mode: str) -> File:
    """Return a file of one to four people, each with a key or two."""
    keys = list(KEYS)
    people = []
    for number in range(s.one((3, 2, 4, 1))):
        taken = [keys.pop(s.one((0, 0, 1, 2))) for _ in range(s.one((1, 1, 2)))]
        people.append(Person(f"person-{number}", tuple(taken), s.chance(22)))
    return File(mode, tuple(people))


def changed(s: Sampler, file: File) -> File:
    """Return the file with one change: of a key, a person, a service, the mode or nothing real."""
    at = s.one(range(len(file.people)))
    person, others = file.people[at], file.people[:at] + file.people[at + 1 :]
    free = [k for k in KEYS if k not in listed(file)]
    match s.weighted(comment=2, mode=3, add=4, remove=3, rotate=2, second=2, drop=2, service=3):
        case "mode":
            return replace(file, history=MODES[file.history == MODES[0]])
        case "add" if free:
            names = [f"person-{n}" for n in range(30)]
            name = next(n for n in names if n not in {x.name for x in file.people})
            joined = Person(name, (s.one(free),), s.chance(25))
            return replace(file, people=(*file.people, joined))
        case "remove" if others:
            return replace(file, people=others)
        case "rotate" if free:
            person = replace(person, keys=(s.one(free),))
        case "second" if free:
            person = replace(person, keys=(*person.keys, s.one(free)))
        case "drop" if person.keys[1:]:
            person = replace(person, keys=person.keys[1:])
        case "service":
            person = replace(person, service=not person.service)
        case _:
            return replace(file, comment=file.comment + s.one("ab"))
    return replace(file, people=(*file.people[:at], person, *file.people[at + 1 :]))


def some_parents(s: Sampler, number: int) -> tuple[str, ...]:
    """Return parents among the commits before, mostly recent ones."""
    count = int(s.weighted(**{"1": 56, "2": 30, "3": 8, "4": 2, "0": 4}))
    names = []
    for _ in range(min(count, number) or (number > 0 and count > 0)):
        back = s.one((1, 1, 1, 2, 2, 3, 4)) if s.chance(88) else s.one(range(1, number + 1))
        names.append(f"c{max(0, number - back):02}")
    return tuple(names if s.chance(2) else dict.fromkeys(names))  # a parent twice: seldom


def some_file(s: Sampler, known: dict[str, Commit], parents: tuple[str, ...], seed: File) -> object:
    """Return a commit's file: most often that of a parent."""
    if not parents:
        return seed if s.chance(80) else fresh(s, seed.history)
    first = known[parents[0]].file
    match s.weighted(first=66, parent=8, change=18, fresh=3, absent=2, malformed=2):
        case "parent":
            return known[s.one(parents)].file
        case "change" if isinstance(first, File):
            return changed(s, first)
        case "change":
            return seed
        case "fresh":
            return fresh(s, seed.history)
        case "absent":
            return None
        case "malformed":
            return MALFORMED
    return first if first is not MALFORMED or s.chance(30) else seed


def some_signer(s: Sampler, files: list[tuple[str, ...]]) -> str:
    """Return a key: most often one that all parents list, or the first one does."""
    both = [k for k in files[0] if all(k in keys for keys in files)]
    for percent, keys in ((80, both), (60, files[0]), (50, files[-1])):
        if keys and s.chance(percent):
            k = s.one(keys)
            subkeys = [x for x in KEYS if x.startswith(f"{k}/")]
            return s.one(subkeys) if subkeys and s.chance(15) else k
    return s.one(KEYS)


SIGNATURES = {
    "good": 180,
    "unsigned": 18,
    "bad": 5,
    "weak": 6,
    "double": 1,
    "malformed": 1,
    "x509": 1,
}


@st.composite
def histories(draw: Callable, largest: int, *, no_file: bool) -> tuple[dict[str, Commit], File]:
    """Draw commits, parents first, and the file that historical authorizations would hold."""
    s = Sampler(draw)
    knotted = s.chance(45) and largest > 8
    modes = s.one((MODES[:1] * 3 + MODES[1:], MODES, MODES[1:] * 4 + MODES[:1]))
    seed = fresh(s, s.one(modes))
    size = s.one(
        (1, 2, 3, 4) if knotted else (*range(6, largest + 1), *range(8, largest + 1), 3, 2)
    )
    start = s.one((0, 0, 0, 0, 2, 2, 4, 99 if no_file else 0))
    before = start if size > 1 else 0  # so many commits have no file yet
    known: dict[str, Commit] = {}
    for number in range(size):
        parents = some_parents(s, number)
        if number < before and all(known[p].file is None for p in parents):
            file = None
        else:
            file = some_file(s, known, parents, seed)
        asked = [listed(known[p].file or seed) for p in parents] or [listed(seed)]
        signature = s.weighted(**SIGNATURES)
        signer = None if signature == "unsigned" else some_signer(s, asked)
        known[f"c{number:02}"] = Commit(parents, signer, signature, file)
    for _ in range(s.one((1, 1, 2)) if knotted else 0):
        tie(s, known, seed)
    return known, seed


def tie(s: Sampler, known: dict[str, Commit], seed: File) -> None:
    """Add sides whose files differ, and a merge by somebody whom one of them lists."""

    def add(parents: tuple[str, ...], file: object, signer: str) -> str:
        name = f"c{len(known):02}"
        spoilt = s.weighted(good=85, unsigned=10, bad=5)
        known[name] = Commit(parents, None if spoilt == "unsigned" else signer, spoilt, file)
        return name

    below = sorted(known)[-3:]
    sides = []
    for _ in range(s.one((2, 2, 3))):
        parent = s.one(below[::-1])
        base = known[parent].file
        file = base
        for _ in range(s.one((1, 1, 2, 2, 0))):
            file = changed(s, file if isinstance(file, File) else seed)
        sides.append(add((parent,), file, some_signer(s, [listed(base or seed)])))
    parents = (*sides, *([s.one(below)] if s.chance(25) else []))
    chosen = known[s.one(parents)]
    keys = [listed(known[p].file or seed) for p in parents]
    files = [known[p].file or seed for p in parents]
    machines = [{k for x in f.people if x.service for k in x.keys} for f in files if f != MALFORMED]
    some = [
        k
        for k in KEYS
        if 0 < sum(k in each for each in keys) < len(keys)
        or 0 < sum(k in each for each in machines) < len(machines)
    ]
    add(parents, chosen.file, s.one(some) if some and s.chance(75) else some_signer(s, keys))


@st.composite
def questions(draw: Callable, *, options: bool = True, largest: int = 14) -> Question:
    """Draw a history and what is asked of it; with `options`, those of the rule too."""
    s = Sampler(draw)
    commits, seed = draw(histories(largest, no_file=options))
    names = list(commits)
    without = [n for n in names if commits[n].file is None]
    share = 10 + 60 * len(without) // len(names) + (20 if without else 0)
    historical = seed if options and s.chance(share) else None
    if historical and s.chance(20):
        historical = changed(s, seed)
    path_given = options and s.chance(12)
    likely = introductions(commits, names, historical)
    introduction = s.one(likely if s.chance(70 if path_given else 96) else names)
    k = commits[introduction].signer or "alice"
    signer = s.one((certificate(k), k, k)) if s.chance(97) else s.one(KEYS)
    at_hand = [k for k in CERTIFICATES if s.chance(85)] if s.chance(15) else CERTIFICATES
    question = Question(
        commits=commits,
        introduction=introduction,
        introduction_signer=signer,
        target=names[-1],
        keyring=frozenset(at_hand),
        every_commit=options and s.chance(12),
        historical=historical,
        historical_sha1=historical is not None and s.chance(50),
        path_given=path_given,
    )
    question = replace(question, target=some_target(s, question))
    return replace(question, after=some_after(s, question) if options else None)


def introductions(
    commits: dict[str, Commit], names: list[str], historical: File | None
) -> Sequence[str]:
    """Return the commits, earlier ones first, that can stand as an introduction."""
    good = [
        n
        for n in names
        if commits[n].signature == "good" and isinstance(commits[n].file or historical, File)
    ]
    return good[: max(1, len(good) // 2)] or names


def descendants(commits: dict[str, Commit], name: str) -> set[str]:
    """Return the commit and everything that has it in its history."""
    found = {name}
    for other, commit in commits.items():  # parents come first
        if found & set(commit.parents):
            found.add(other)
    return found


def some_target(s: Sampler, q: Question) -> str:
    """Return a target: often one that is authentic, or trusted and on no line, or the last."""
    names = sorted(q.commits, reverse=True)
    answers = [(n, answer(replace(q, target=n))) for n in names[:3]]
    line = [n for n, a in answers if a.verdict == "authentic" and n != q.introduction]
    off = [n for n, a in answers if n in a.trusted - a.line]
    below = descendants(q.commits, q.introduction)
    below = below - {q.introduction} or below
    match s.weighted(line=42, below=40, off=13, any=5):
        case "line" if line:
            return s.one(line)
        case "off" if off:
            return s.one(off)
        case "any":
            return s.one(names)
    return s.one((*sorted(below)[-1:] * 3, *sorted(below)[-5:]))


def some_after(s: Sampler, q: Question) -> str | None:
    """Return a commit to step forward from, or none."""
    if not s.chance(50):
        return None
    found = answer(q)
    line, beside = sorted(found.line), sorted(found.trusted - found.line)
    parents = q.commits[q.target].parents
    match s.weighted(line=30, parent=35, beside=20, any=15):
        case "parent" if parents:
            return s.one(parents)
        case "line" if line:
            return s.one(line)
        case "beside" if beside:
            return s.one(beside)
    return s.one(sorted(q.commits))


def dates(q: Question) -> st.SearchStrategy[dict[str, int]]:
    """Draw any dates: equal, running backwards, of the day the clock began."""
    return st.fixed_dictionaries(dict.fromkeys(sorted(q.commits), DATES))
