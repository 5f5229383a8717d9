"""docs/setup.md: whom a change lists or locks out, and what is left alone."""

from __future__ import annotations

from tests.mutants.table import in_file

_EDITS = [
    "tests/unit/authorizations/test_authorizations_editing.py",
    "tests/unit/setup/test_setup_authorize.py",
]
_CHANGES = ["tests/unit/setup/test_setup_authorize.py"]
_STARTS = ["tests/unit/setup/test_setup_init.py", "tests/unit/setup/test_setup_from_history.py"]
_DRAFTS = ["tests/unit/setup/test_setup_from_history.py"]

_EDITING = in_file(
    "authorizations/editing.py",
    _EDITS,
    [
        ("edit: what was made means what was meant", "    if reading.authorizations != replace(meant, content=content):\n", "    if False:\n"),
        ("edit: what was made is well-formed", "    if reading.authorizations is None:\n        first = reading.problems[0]\n        return Problem(\n            first.line,\n            first.column,\n            f\"the change would break the file here ({first.message}): {BY_HAND}\",\n        )\n", "    if reading.authorizations is None:\n        return content\n"),
        ("edit: a key of somebody else is not added", "        if holder is not None:\n            place", "        if False:\n            place"),
        ("edit: a key is given once", "        if fingerprint in more:\n", "        if False:\n"),
        ("edit: some key is added", "    if not more:\n", "    if False:\n"),
        ("edit: a person does not become a service", "            if service and not person.service:\n", "            if False:\n"),
        ("edit: somebody new is a service where it was said", "        people.append(Person(name, tuple(more), service))\n", "        people.append(Person(name, tuple(more), False))\n"),
        ("edit: a service is written as one", "    if service:\n        lines.append", "    if False:\n        lines.append"),
        ("edit: the last one who is listed stays", "    if not people:\n", "    if False:\n"),
        ("edit: the last key of somebody is the person", "    if not kept:\n", "    if False:\n"),
        ("edit: a key of another person is not taken out", "        if key not in person.keys:\n", "        if False:\n"),
        ("edit: nobody is called so", "    if entry is None:\n        return Problem(*START, f\"nobody is called {quoted(name)}\")\n    people", "    if entry is None:\n        return content\n    people"),
        ("edit: a name is fit to be listed", "    if fault is not None:\n        return Problem(*START, fault)\n", ""),
        ("edit: a key stands on one line", "        if not fits_one_line(text):\n", "        if False:\n"),
        ("edit: a key that is no key", "        if isinstance(key, Refused):\n            return Problem(*START, key.message)\n", "        if isinstance(key, Refused):\n            continue\n"),
    ],
)  # fmt: skip

_CHANGING = in_file(
    "setup/changing.py",
    _CHANGES,
    [
        ("setup: nobody is locked out", "    if not keys and all(person.name == name or person.service for person in people):\n", "    if False:\n"),
        ("setup: a service is nobody who could change the file", "    if not keys and all(person.name == name or person.service for person in people):\n", "    if not keys and all(person.name == name for person in people):\n"),
        ("setup: who is not listed is not taken out", "    if not any(person.name == name for person in people):\n", "    if False:\n"),
        ("setup: a Problem is refused when adding", "    if isinstance(made, Problem):\n        raise file.refusal(made)\n    findings = _look_at(repository, branch, made, keys)\n", "    if isinstance(made, Problem):\n        made = file.content\n    findings = _look_at(repository, branch, made, keys)\n"),
        ("setup: a Problem is refused when taking out", "    if isinstance(made, Problem):\n        raise file.refusal(made)\n    findings = _look_at(repository, branch, made, ())\n", "    if isinstance(made, Problem):\n        made = file.content\n    findings = _look_at(repository, branch, made, ())\n"),
        ("setup: keys that are named go, and not the person", "        editing.remove_keys(file.content, name, keys)\n        if keys\n", "        editing.remove_keys(file.content, name, keys)\n        if False\n"),
        ("setup: lint has the last word on a change", "    require_clean(findings)\n    return findings\n", "    return findings\n"),
        ("setup: Guix's format is not edited", "    if path.name == FileFormat.GUIX.value:\n        raise _is_scheme(path)\n", ""),
        ("setup: Guix's format under another name is not edited", "    if path.name != FileFormat.NATIVE.value and sniff(content) is FileFormat.GUIX:\n", "    if False:\n"),
        ("setup: losing one's own access is warned of", "        and own.fingerprint not in after.holders\n", "        and False\n"),
        ("setup: hanging on another's key is warned of", "    if len(left) == 1 and (own is None or own.fingerprint != left[0]):\n", "    if False:\n"),
        ("setup: a service's key is none that is left", "    left = [key for person in after.people if not person.service for key in person.keys]\n", "    left = [key for person in after.people for key in person.keys]\n"),
        ("setup: services may not sign the change", "    return tuple(person.name for person in found.people if not person.service)\n", "    return tuple(person.name for person in found.people)\n"),
        ("setup: who may sign is whom HEAD lists", "    found = read(FileFormat.NATIVE, content) if content is not None else None\n", "    found = file.authorizations\n"),
    ],
)  # fmt: skip

_TREE = in_file(
    "setup/work_tree.py",
    [*_CHANGES, *_STARTS],
    [
        ("setup: a change meanwhile is kept", "        if read(self._path) != expected:\n", "        if False:\n"),
        ("setup: a file that comes up meanwhile is kept", "            except FileExistsError:\n                raise\n", "            except FileExistsError:\n                self._draft.replace(self._path)\n"),
        ("setup: a file is kept where there are no links", "                if os.path.lexists(self._path):\n", "                if False:\n"),
        ("setup: a symbolic link is not followed", "        if stat.S_ISLNK(mode):\n", "        if False:\n"),
        ("setup: only a regular file is read", "        if not stat.S_ISREG(mode):\n", "        if False:\n"),
        ("setup: no draft stays", "            draft.unlink(missing_ok=True)\n", "            pass\n"),
        ("setup: a file keeps its mode", "            draft.chmod(_mode(path))\n", ""),
        ("setup: a bare repository has no file", "    if root is None:\n        raise UsageError(\n            \"this", "    if root is None:\n        return Path()\n        raise UsageError(\n            \"this"),
    ],
)  # fmt: skip

_STARTING = in_file(
    "setup/starting.py",
    _STARTS,
    [
        ("init: a file that is there is left alone", "        if os.path.lexists(path):\n", "        if False:\n"),
        ("init: a file that HEAD has is left alone", "        if work_tree.in_head(repository, format_.value) is not None:\n", "        if False:\n"),
        ("init: either format counts as there", "    for format_ in FileFormat:\n        path = root", "    for format_ in [FileFormat.NATIVE]:\n        path = root"),
        ("init: lint has the last word", '        if finding.severity == "error":\n', "        if False:\n"),
        ("init: a name is fit to be listed", "    if fault is not None:\n        raise UsageError(f\"{name!r} cannot be listed", "    if False:\n        raise UsageError(f\"{name!r} cannot be listed"),
        ("init: git knows who it is", "    if not who.name and not who.email:\n", "    if False:\n"),
        ("init: the mode is the one that was asked for", '        f"history: {history.value}",\n', '        "history: trusted-path",\n'),
    ],
)  # fmt: skip

_GIVEN = in_file(
    "setup/keys.py",
    [*_CHANGES, *_STARTS],
    [
        ("setup: a file holds one key", "    if len(keys) != 1:\n", "    if not keys:\n"),
        ("setup: an SSH key that cannot count is not listed", "    if key.fault and must_count:\n", "    if False:\n"),
        ("setup: an OpenPGP key that cannot count is not listed", "    if must_count and all(faults.values()):\n", "    if False:\n"),
        ("setup: a key that counts with one of its subkeys is listed", "    if must_count and all(faults.values()):\n", "    if must_count and any(faults.values()):\n"),
        ("setup: a key id is no fingerprint", "    if looks_like_openpgp(plain) and not (directory / text).is_file():\n        fingerprint = openpgp_fingerprint(plain)\n        if isinstance(fingerprint, Refused):\n", "    if looks_like_openpgp(plain) and not (directory / text).is_file():\n        fingerprint = openpgp_fingerprint(plain)\n        if False:\n"),
        ("setup: a subkey has to be bound", "        if not fault and fingerprint != primary:\n", "        if False:\n"),
        ("setup: what is listed is the primary key", "    primary = next(key.fingerprint for key in certificates if _is_primary(certificates, key))\n", "    primary = [key.fingerprint for key in certificates][-1]\n"),
        ("setup: an SSH line that is none is refused", "    if isinstance(found, Refused):\n        raise UsageError(f\"not an SSH key that can", "    if False:\n        raise UsageError(f\"not an SSH key that can"),
    ],
)  # fmt: skip

_OWN = in_file(
    "setup/own_key.py",
    _STARTS,
    [
        ("init: a name that several keys go by names none", "    if len({one.fingerprint for one in found}) > 1:\n", "    if False:\n"),
        ("init: no such key", "    if not found:\n        raise UsageError(f\"{said}, and", "    if False:\n        raise UsageError(f\"{said}, and"),
        ("init: a subkey that is named has to count", "    _require_signing(key, wanted)\n", ""),
        ("init: an SSH format takes no OpenPGP key", "    if key.certificate is not None:\n", "    if False:\n"),
        ("init: an OpenPGP format takes no SSH key", '    if named.startswith((_LITERAL, "ssh-")):\n', "    if False:\n"),
        ("init: X.509 is refused by name", '    if kind == "x509":\n', "    if False:\n"),
        ("init: the public key is read, not the private one", '    if not path.name.endswith(".pub") and public.is_file():\n', "    if False:\n"),
    ],
)  # fmt: skip

_DRAFT = [
    *in_file(
        "setup/draft.py",
        _DRAFTS,
        [
            ("draft: a key of many committers is a service", "        if people >= _MANY:\n", "        if False:\n"),
            ("draft: a key that merges for many is a service", "        if len(self.apart) >= _MANY and not self.together:\n", "        if False:\n"),
            ("draft: somebody with many addresses is no service", "        people = min(len({getattr(w, one) for w in self.committers}) for one in Who._fields)\n", "        people = max(len({getattr(w, one) for w in self.committers}) for one in Who._fields)\n"),
            ("draft: a name is a scalar", '        yield f"  {scalar(name)}:"\n', '        yield f"  {name}:"\n'),
            ("draft: what people call themselves is printable", '{printable(str(tally.who), 120)}', "{tally.who}"),
            ("draft: two of one name are told apart", "        taken.add(name)\n", ""),
        ],
    ),
    *in_file(
        "setup/proposing.py",
        _DRAFTS,
        [
            ("draft: a signature is verified", "    return next((signer for signer in claim.signers if claim.verifies(signer)), None)\n", "    return next(iter(claim.signers), None)\n"),
            ("draft: subkeys count for their primary key", "        listed = min(signer.primaries, default=signer.key)\n", "        listed = signer.key\n"),
            ("draft: looking has an end", "        if number == most:\n", "        if False:\n"),
            ("draft: a shallow clone says so", "        if commit in shallow:\n            found.ended", "        if commit in shallow:\n            found.ended_"),
            ("draft: a missing object is an error", "            if commit == tip or not shallow:\n                raise\n", ""),
            ("draft: a key that is not at hand is counted", '        found.missing[evidence.issuer or "(not named)"] += 1\n', "        pass\n"),
        ],
    ),
]  # fmt: skip

_LAYOUT = in_file(
    "yaml_layout.py",
    _EDITS,
    [
        ("edit: a word that others read otherwise is quoted", " and text.lower() not in _WORDS:\n", ":\n"),
        ("edit: a quotation mark is doubled", "    doubled = text.replace(\"'\", \"''\")\n", "    doubled = text\n"),
    ],
)  # fmt: skip

MUTANTS = [*_LAYOUT, *_EDITING, *_CHANGING, *_TREE, *_STARTING, *_GIVEN, *_OWN, *_DRAFT]
