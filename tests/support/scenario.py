"""Small histories as data: read them, check them, build them. See fixtures/scenarios/README.md.

    >>> scenario = load(Path("fixtures/scenarios/….yaml"))
    >>> built = build(scenario)
    >>> built.objects            # {id: (type name, content)}, what MemoryObjects takes
    >>> built.ids["c"]           # 20 bytes
    >>> built.keyring_files(scenario.question.keyring)

Reading is strict: a field that is not known, or a name that is not there, is a ScenarioError that
names the file, so that a typo does not make a test that tests nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from tests.support import commits, openpgp, ssh_signers

NATIVE_PATH, GUIX_PATH = ".authorizations", ".guix-authorizations"

SIGNATURES = ("good", "bad", "weak", "double", "malformed", "x509", "misplaced", "sha256-header")
ENTRIES = (
    "file",
    "executable",
    "group-writable",
    "symlink",
    "directory",
    "submodule",
    "twice",
    "misordered",
)
SUBKEYS: dict[str, dict[str, object]] = {
    "encryption": {"flags": 12, "back": False},
    "no-flags": {"flags": None},
    "no-back": {"back": False},
    "sha1-binding": {"digest": "SHA1"},
    "sha1-back": {"back_digest": "SHA1"},
    "bad-binding": {"good": False},
}
"""Subkeys whose binding has a fault, by the name after the slash; any other name is a good one."""

VERDICTS = ("authentic", "refused", "undecided")
DateOrder = Literal["increasing", "decreasing", "equal", "scrambled"]


class ScenarioError(Exception):
    """A scenario file that is not as the form asks."""


# --- The form ---


@dataclass(frozen=True)
class Holder:
    """A person or a service of an authorizations file, with the names of their keys."""

    name: str
    keys: tuple[str, ...]
    service: bool = False


@dataclass(frozen=True)
class Listing:
    """An authorizations file to be written from names."""

    people: tuple[Holder, ...]
    history: str | None = None
    guix: bool = False
    comment: str = ""

    def text(self) -> bytes:
        """Return the file, the same bytes every time."""
        lines = self._guix() if self.guix else self._native()
        if self.comment:
            lines = [f"{';;' if self.guix else '#'} {self.comment}", *lines]
        return ("\n".join(lines) + "\n").encode()

    def _native(self) -> list[str]:
        lines = ["version: 1"]
        if self.history is not None:
            lines.append(f"history: {self.history}")
        lines.append("people:")
        for person in self.people:
            plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", person.name)
            lines.append(f"  {person.name if plain else json.dumps(person.name)}:")
            lines += ["    service: true"] if person.service else []
            lines.append("    keys:")
            lines += [f"      - {listed(name)}" for name in person.keys]
        return lines

    def _guix(self) -> list[str]:
        lines = ["(authorizations", " (version 0)", " ("]
        for person in self.people:
            for name in person.keys:
                digits = fingerprint(name)
                spaced = " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))
                lines.append(f'  ("{spaced}" (name {json.dumps(person.name)}))')
        lines.append(" ))")
        return lines


INHERITED: Literal["as in the first parent"] = "as in the first parent"
Content = Listing | bytes | None


@dataclass(frozen=True)
class Commit:
    """One commit of the history."""

    id: str
    parents: tuple[str, ...]
    signer: str | None = None
    signature: str = "good"
    authorizations: Content | Literal["as in the first parent"] = INHERITED
    entry: str = "file"
    files: Mapping[str, Content] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What is asked of the history: the scenario's own question, or that of an earlier run."""

    introduction: str
    signer: str
    target: str
    keyring: tuple[str, ...]
    after: str | None = None
    require: str | None = None
    historical: Content = None
    historical_sha1: bool = False
    authorizations_file: str | None = None

    @property
    def historical_bytes(self) -> bytes | None:
        """The file with the historical authorizations."""
        return _bytes(self.historical)


@dataclass(frozen=True)
class Expected:
    """What the answer must be; None is: whatever it is."""

    verdict: str
    commit: str | None = None
    reason: str | None = None
    trusted: int | None = None
    error: str | None = None
    way: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Scenario:
    """A history, a question, and the answer."""

    name: str
    description: str
    history: tuple[Commit, ...]
    question: Question
    expect: Expected
    runs: tuple[Question, ...] = ()
    missing: tuple[str, ...] = ()
    corrupt: tuple[str, ...] = ()
    shallow: tuple[str, ...] = ()
    path: str = NATIVE_PATH

    def key_names(self) -> set[str]:
        """Return every key that is mentioned, subkeys with a slash."""
        return set(_mentioned(self.history, [self.question, *self.runs]))


# --- Keys by name ---


def key(name: str) -> openpgp.Key | ssh_signers.SshSigner:
    """Return the key of a name: `bob`, `bob#2`, a subkey, `bob/laptop`, or `bob@ssh`."""
    by_ssh = ssh_signers.signer(name)
    return by_ssh if by_ssh is not None else openpgp_key(name)


def openpgp_key(name: str) -> openpgp.Key:
    """Return the OpenPGP key of a name."""
    primary, slash, sub = name.partition("/")
    made = openpgp.key(primary)
    return made.subkey(sub) if slash else made


def fingerprint(name: str) -> str:
    """Return the fingerprint of the key of that name."""
    return key(name).fingerprint


def listed(name: str) -> str:
    """Return the key of that name as an authorizations file lists it."""
    made = key(name)
    return made.line if isinstance(made, ssh_signers.SshSigner) else made.fingerprint


@cache
def certificate(name: str, subkeys: tuple[str, ...]) -> bytes:
    """Return the certificate of the primary key, with the subkeys of those full names."""
    bindings = []
    for full in sorted(subkeys):
        sub = full.partition("/")[2]
        bindings.append(openpgp.Binding(openpgp_key(full), **SUBKEYS.get(sub, {})))  # type: ignore[arg-type]
    return openpgp.key(name).certificate(bindings)


def _mentioned(history: Sequence[Commit], questions: Sequence[Question]) -> Iterator[str]:
    contents: list[object] = []
    for commit in history:
        if commit.signer is not None:
            yield commit.signer
        contents += [commit.authorizations, *commit.files.values()]
    for question in questions:
        yield question.signer
        contents.append(question.historical)
    for content in contents:
        if isinstance(content, Listing):
            yield from (name for holder in content.people for name in holder.keys)


# --- Reading ---


class _Loader(yaml.SafeLoader):
    """Reads YAML; a key that stands twice in a mapping is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]  # type: ignore[no-untyped-call]
        for key in keys:
            if keys.count(key) > 1:
                raise ScenarioError(f"line {node.start_mark.line + 1}: {key!r} stands twice")
        return super().construct_mapping(node, deep=deep)


@cache
def load(path: Path) -> Scenario:
    """Read a scenario file; raises ScenarioError, naming the file."""
    try:
        data = yaml.load(path.read_text(), Loader=_Loader)
        return parse(data, path.stem)
    except (ScenarioError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path}: {error}") from error


def parse(data: object, name: str = "scenario") -> Scenario:
    """Read a scenario from the values of the YAML file; raises ScenarioError."""
    top = _Fields(data, "the scenario")
    description = top.text("description")
    history = _history(top.take("history"))
    by_id = {commit.id: commit for commit in history}
    if len(by_id) != len(history):
        raise ScenarioError("two commits have the same id")
    options = {field: top.take(field) for field in _OPTIONS if top.has(field)}
    base = _question(options, {}, history, "the scenario")
    runs = []
    for number, run in enumerate(top.take("runs", [])):
        fields = _Fields(run, f"run {number + 1}")
        own = {field: fields.take(field) for field in _OPTIONS if fields.has(field)}
        fields.done()
        runs.append(_question(own, options, history, f"run {number + 1}"))
    mentioned = _mentioned(history, [base, *runs])
    everything = sorted({n.partition("/")[0] for n in mentioned if "@" not in n})
    scenario = Scenario(
        name=name,
        description=description,
        history=history,
        question=_with_keyring(base, everything),
        runs=tuple(_with_keyring(run, everything) for run in runs),
        expect=_expected(top.take("expect"), by_id),
        missing=_names(top.take("missing", [])),
        corrupt=_names(top.take("corrupt", [])),
        shallow=_names(top.take("shallow", [])),
        path=_path(base, history),
    )
    top.done()
    _check(scenario, by_id)
    return scenario


_OPTIONS = (
    "introduction",
    "target",
    "keyring",
    "after",
    "require",
    "historical",
    "historical-sha1",
    "authorizations-file",
)


class _Fields:
    """A mapping from which known fields are taken; what is left over is an error."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            raise ScenarioError(f"{where} must be a mapping")
        self._data = dict(data)
        self._where = where

    def has(self, name: str) -> bool:
        return name in self._data

    def take(self, name: str, *default: object) -> object:
        if name not in self._data:
            if not default:
                raise ScenarioError(f"{self._where} lacks {name!r}")
            return default[0]
        return self._data.pop(name)

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or not value.strip():
            raise ScenarioError(f"{name!r} of {self._where} must be a text")
        return value

    def one_of(self, name: str, allowed: Sequence[str], default: str | None) -> str | None:
        value = self.take(name, default)
        if value is not default and value not in allowed:
            raise ScenarioError(f"{name!r} of {self._where}: {value!r} is not one of {allowed}")
        return value  # type: ignore[return-value]

    def done(self) -> None:
        if self._data:
            raise ScenarioError(f"{self._where} has unknown fields: {sorted(map(str, self._data))}")


def _names(data: object) -> tuple[str, ...]:
    if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
        raise ScenarioError(f"{data!r} is not a list of names")
    return tuple(data)


def _history(data: object) -> tuple[Commit, ...]:
    if not isinstance(data, list) or not data:
        raise ScenarioError("the history must be a list of commits")
    history: list[Commit] = []
    for item in data:
        fields = _Fields(item, f"commit {len(history) + 1} of the history")
        name = fields.text("id")
        above = [history[-1].id] if history else []
        signer = fields.take("signer", None)
        if signer is not None and not isinstance(signer, str):
            raise ScenarioError(f"the signer of {name} is not a name")
        files = fields.take("files", {})
        if not isinstance(files, dict):
            raise ScenarioError(f"the files of {name} are not a mapping")
        parents = _names(fields.take("parents", above))
        history.append(
            Commit(
                id=name,
                parents=parents,
                signer=signer,
                signature=fields.one_of("signature", SIGNATURES[1:], "good") or "good",
                authorizations=(
                    _content(fields.take("authorizations"), f"authorizations of {name}")
                    if fields.has("authorizations")
                    else INHERITED
                    if parents
                    else None
                ),
                entry=fields.one_of("entry", ENTRIES, "file") or "file",
                files={str(path): _content(text, str(path)) for path, text in files.items()},
            )
        )
        fields.done()
        if history[-1].signature != "good" and signer is None:
            raise ScenarioError(f"{name} has a spoilt signature and no signer")
    return tuple(history)


def _content(data: object, where: str) -> Content:
    if data is None:
        return None
    if isinstance(data, str):
        return data.encode()
    fields = _Fields(data, where)
    guix = fields.one_of("format", ("native", "guix"), "native") == "guix"
    history = fields.one_of("history", ("every-commit", "trusted-path"), None)
    comment = fields.text("comment") if fields.has("comment") else ""
    listing = Listing(_people(fields.take("people"), where), history, guix, comment)
    fields.done()
    if guix and (history or any(person.service for person in listing.people)):
        raise ScenarioError(f"{where}: the guix format has neither history nor services")
    return listing


def _people(data: object, where: str) -> tuple[Holder, ...]:
    if isinstance(data, list):
        return tuple(Holder(name, (name,)) for name in _names(data))
    if not isinstance(data, dict):
        raise ScenarioError(f"{where}: people must be a list or a mapping")
    people = []
    for name, item in data.items():
        fields = _Fields(item if item is not None else {}, f"{name} in {where}")
        keys = _names(fields.take("keys", [name]))
        service = fields.take("service", False)
        if not isinstance(service, bool):
            raise ScenarioError(f"{where}: service must be true or false")
        fields.done()
        people.append(Holder(str(name), keys, service))
    return tuple(people)


def _question(
    own: Mapping[str, object],
    scenario: Mapping[str, object],
    history: Sequence[Commit],
    where: str,
) -> Question:
    fields = _Fields({**scenario, **own}, where)
    introduction = _Fields(fields.take("introduction"), f"the introduction of {where}")
    keyring = fields.take("keyring", None)
    require = fields.one_of("require", ("every-commit",), None)
    sha1 = fields.take("historical-sha1", None) or False
    path = fields.take("authorizations-file", None)
    target = fields.take("target", None)
    after = fields.take("after", None)
    for value in (path, target, after):
        if value is not None and not isinstance(value, str):
            raise ScenarioError(f"{value!r} of {where} is not a text")
    if not isinstance(sha1, bool):
        raise ScenarioError("historical-sha1 must be true or false")
    question = Question(
        introduction=introduction.text("commit"),
        signer=introduction.text("signer"),
        target=history[-1].id if target is None else str(target),
        keyring=_ALL if keyring is None else _names(keyring),
        after=None if after is None else str(after),
        require=require,
        historical=_content(fields.take("historical", None), "the historical authorizations"),
        historical_sha1=sha1,
        authorizations_file=None if path is None else str(path),
    )
    introduction.done()
    fields.done()
    return question


_ALL = ("(all)",)


def _with_keyring(question: Question, everything: Sequence[str]) -> Question:
    if question.keyring is not _ALL:
        return question
    return Question(**{**question.__dict__, "keyring": tuple(everything)})


def _expected(data: object, by_id: Mapping[str, Commit]) -> Expected:
    fields = _Fields(data, "expect")
    verdict = fields.one_of("verdict", VERDICTS, None)
    if verdict is None:
        raise ScenarioError("expect lacks a verdict")
    allowed = {"refused": ("commit", "reason", "way"), "authentic": ("trusted",)}.get(
        verdict, ("error",)
    )
    values = {name: fields.take(name, None) for name in allowed}
    fields.done()
    way = values.get("way")
    if way is not None and not isinstance(way, dict):
        raise ScenarioError("the way of expect must be a mapping of commits to reasons")
    for name in (values.get("commit"), *(way or {})):
        if name is not None and name not in by_id:
            raise ScenarioError(f"expect names {name!r}, which is no commit of the history")
    for reason in (values.get("reason"), *(way or {}).values()):
        if reason is not None and reason not in REASONS:
            raise ScenarioError(f"expect names {reason!r}, which is no reason")
    return Expected(verdict, **values)  # type: ignore[arg-type]


REASONS = (
    "not-descendant",
    "no-trusted-parent",
    "untrusted-parent",
    "unsigned",
    "multiple-signatures",
    "malformed-signature",
    "unsupported-signature",
    "weak-digest",
    "missing-key",
    "unusable-key",
    "unauthorized-key",
    "wrong-introduction-signer",
    "bad-signature",
    "service-changes-authorizations",
    "authorizations-removed",
    "authorizations-malformed",
    "authorizations-missing",
)


def _path(question: Question, history: Sequence[Commit]) -> str:
    """Return where the commits' authorizations stand: all of a scenario's in one place."""
    if question.authorizations_file is not None:
        return question.authorizations_file
    listings = [c.authorizations for c in history if isinstance(c.authorizations, Listing)]
    if isinstance(question.historical, Listing):
        listings.append(question.historical)
    formats = {listing.guix for listing in listings}
    if len(formats) > 1:
        raise ScenarioError("two formats in `authorizations`: put one of them into `files`")
    return GUIX_PATH if True in formats else NATIVE_PATH


def _check(scenario: Scenario, by_id: Mapping[str, Commit]) -> None:
    seen: set[str] = set()
    for commit in scenario.history:
        for parent in commit.parents:
            if parent not in seen:
                raise ScenarioError(f"{commit.id} has a parent {parent!r} that is not above it")
        seen.add(commit.id)
    questions = [scenario.question, *scenario.runs]
    named = [n for q in questions for n in (q.introduction, q.target, q.after) if n is not None]
    named += [n.partition(":")[0] for n in (*scenario.missing, *scenario.corrupt)]
    for name in [*named, *scenario.shallow]:
        if name not in by_id:
            raise ScenarioError(f"{name!r} is no commit of the history")
    for name in {name for question in questions for name in question.keyring}:
        if "/" in name:
            raise ScenarioError(f"the keyring holds primary keys, with their subkeys: not {name!r}")


# --- Building ---


@dataclass(frozen=True)
class Built:
    """The history as git objects, and the keys."""

    scenario: Scenario
    objects: commits.Objects
    ids: Mapping[str, bytes]
    shallow: frozenset[bytes]

    @property
    def names(self) -> dict[bytes, str]:
        """Commit id to its name in the scenario."""
        return {oid: name for name, oid in self.ids.items()}

    def fingerprint(self, name: str) -> str:
        """Return the fingerprint of the key of that name."""
        return fingerprint(name)

    def keyring_files(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return a file a certificate, each with all the subkeys that the scenario mentions."""
        mentioned = self.scenario.key_names()
        return {
            f"{name}.key": certificate(
                name, tuple(sorted(m for m in mentioned if m.startswith(f"{name}/")))
            )
            for name in names
        }


_DATES = {
    "increasing": lambda n: commits.EPOCH + 60 * n,
    "decreasing": lambda n: commits.EPOCH - 60 * n,
    "equal": lambda n: commits.EPOCH,
    "scrambled": lambda n: commits.EPOCH + 60 * (n * 7919 % 1009 - n),
}

_Files = dict[str, tuple[str, bytes]]


def build(scenario: Scenario, *, date_order: DateOrder = "increasing") -> Built:
    """Make the objects. Dates must not matter, so `date_order` may be any."""
    objects: commits.Objects = {}
    ids: dict[str, bytes] = {}
    trees: dict[str, bytes] = {}
    files: dict[str, _Files] = {}
    entries: dict[str, str] = {}
    for number, commit in enumerate(scenario.history):
        first = commit.parents[0] if commit.parents else None
        own: _Files = dict(files[first]) if first else {"README": _blob(objects, b"A project.\n")}
        entry = commit.entry
        if commit.authorizations is INHERITED:
            if first is not None and entry == "file":
                entry = entries[first]
        else:
            _put(objects, own, scenario.path, commit.authorizations)
        for path, content in commit.files.items():
            _put(objects, own, path, content)
        files[commit.id], entries[commit.id] = own, entry
        trees[commit.id] = _tree(objects, own, scenario.path, entry)
        content = commits.commit_content(
            trees[commit.id],
            [ids[parent] for parent in commit.parents],
            message=f"{commit.id}\n".encode(),
            date=_DATES[date_order](number),
        )
        if commit.signer is not None:
            content = _sign(content, key(commit.signer), commit.signature)
        ids[commit.id] = commits.add(objects, "commit", content)
    _spoil(scenario, objects, ids, trees, files)
    return Built(scenario, objects, ids, frozenset(ids[name] for name in scenario.shallow))


def _bytes(content: Content) -> bytes | None:
    return content.text() if isinstance(content, Listing) else content


def _blob(objects: commits.Objects, content: bytes) -> tuple[str, bytes]:
    return "100644", commits.add(objects, "blob", content)


def _put(objects: commits.Objects, files: _Files, path: str, content: Content | str) -> None:
    assert not isinstance(content, str)
    written = _bytes(content)
    if written is None:
        files.pop(path, None)
    else:
        files[path] = _blob(objects, written)


def _tree(objects: commits.Objects, files: _Files, path: str, entry: str) -> bytes:
    """Write the tree, with the authorizations' entry in the shape that is asked for."""
    if entry == "file" or path not in files:
        return commits.add_tree(objects, files)
    blob = files[path][1]
    if entry in ("twice", "misordered"):
        plain = [(mode, name, oid) for name, (mode, oid) in sorted(files.items())]
        if entry == "twice":
            at = [name for _, name, _ in plain].index(path)
            plain.insert(at, plain[at])
        else:
            plain.reverse()
        return commits.add(objects, "tree", commits.tree_content(plain, as_given=True))
    shapes = {
        "executable": ("100755", blob),
        "group-writable": ("100664", blob),
        "symlink": ("120000", blob),
        "submodule": ("160000", blob),
    }
    if entry == "directory":
        inner = {**files, f"{path}/{path}": files[path]}
        del inner[path]
        return commits.add_tree(objects, inner)
    return commits.add_tree(objects, {**files, path: shapes[entry]})


_X509 = b"""-----BEGIN SIGNED MESSAGE-----
MIIBAgYJKoZIhvcNAQcCoIHyMIHvAgEBMQ8wDQYJYIZIAWUDBAIBBQAwCwYJKoZI
-----END SIGNED MESSAGE-----
"""


def _sign(content: bytes, by: openpgp.Key | ssh_signers.SshSigner, fault: str) -> bytes:
    placement: commits.Placement = "git"
    if fault == "bad":
        armored = by.sign(content, over=content + b"!")
    elif fault == "weak":
        armored = by.sign(content, digest="SHA1")
    elif fault == "malformed":
        if isinstance(by, ssh_signers.SshSigner):
            armored = by.cut_short(content)
        else:
            armored = openpgp.armor(by.signature(content)[:-1])
    elif fault == "x509":
        armored = _X509
    else:
        armored = by.sign(content)
        if fault in ("double", "misplaced", "sha256-header"):
            placement = fault  # type: ignore[assignment]
    return commits.signed(content, armored, placement)


def _spoil(
    scenario: Scenario,
    objects: commits.Objects,
    ids: Mapping[str, bytes],
    trees: Mapping[str, bytes],
    files: Mapping[str, _Files],
) -> None:
    """Take out or damage what the scenario says: `ID`, `ID:tree` or `ID:file`."""

    def named(which: str) -> bytes:
        name, _, part = which.partition(":")
        if part not in ("", "tree", "file"):
            raise ScenarioError(f"{which!r}: what comes after the colon is `tree` or `file`")
        if part == "file":
            return files[name][scenario.path][1]
        return trees[name] if part else ids[name]

    for which in scenario.corrupt:
        kind, content = objects[named(which)]
        objects[named(which)] = (kind, content + b"!\n")
    gone = [named(which) for which in scenario.missing]
    for name in scenario.shallow:
        by_id = {commit.id: commit for commit in scenario.history}
        gone += [ids[parent] for parent in by_id[name].parents]
    for oid in gone:
        objects.pop(oid, None)
