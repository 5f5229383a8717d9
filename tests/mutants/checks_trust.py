"""docs/trust.md: what is recorded, for whom it is read, and whose key is the person's own."""

from __future__ import annotations

from tests.mutants.table import in_file

_RECORDS = ["tests/unit/test_trust.py", "tests/unit/cli/test_cli_trust.py"]
_FILES = [
    "tests/unit/history/test_config.py",
    "tests/unit/history/test_config_text.py",
    "tests/unit/cli/test_cli_trust.py",
]
_KEYS = ["tests/unit/test_user_key.py", "tests/unit/cli/test_cli_trust.py"]
_COMMANDS = ["tests/unit/cli/test_cli_trust.py", "tests/unit/cli/test_cli_question.py"]

_RECORD = in_file(
    "trust.py",
    _RECORDS,
    [
        ("trust: a branch's record stands alone", "        own = [one for one in settings if one.subsection == (name or None)]\n        if own:\n", "        own = [one for one in settings if one.subsection in {name or None, None}]\n        if own:\n"),
        ("trust: the branch's own comes first", '    for name in (branch, "") if branch else ("",):\n', '    for name in ("", branch) if branch else ("",):\n'),
        ("trust: the repository's stands for a branch without one", '    for name in (branch, "") if branch else ("",):\n', '    for name in (branch,) if branch else ("",):\n'),
        ("trust: half a record is not passed over", "        if own:\n            return _read(name, own)\n", "        if len(own) > 1:\n            return _read(name, own)\n"),
        ("trust: a section for no branch", '        if one.subsection == "":\n', "        if False:\n"),
        ("trust: what would read otherwise is not written", "    if read != trust:\n", "    if False:\n"),
        ("trust: a branch is forgotten alone", "    config.replace(branch or None, [])\n", "    config.replace(None, [])\n"),
        ("trust: forgotten is what was there", "        return False\n    config.replace(branch", "        return True\n    config.replace(branch"),
        ("trust: SHA-1 needs historical authorizations", "    if sha1 and historical is None:\n", "    if False:\n"),
        ("trust: an unknown key is an error", "            if one.key not in KEYS:\n", "            if False:\n"),
        ("trust: a key is there once", "        if len(values) > 1:\n            raise self.wrong(key, \"may be there only once\")\n        if not", "        if not"),
        ("trust: an empty value is an error", '        if not values[0]:\n            raise self.wrong(key, "is empty")\n', ""),
        ("trust: an introduction has both halves", "        if commit is None or signer is None:\n            missing", "        if commit is None:\n            missing"),
        ("trust: a recorded commit id is whole", "        if not _FULL_ID.fullmatch(commit.lower()):\n", "        if not _FULL_ID.match(commit.lower()):\n"),
        ("trust: a keyring is a ref or an absolute path", 'if one and one.startswith(("refs/", "/"))]', "if one]"),
        ("trust: a keyring that is none is an error", "        if len(found) != len(sources):\n", "        if False:\n"),
        ("trust: the file's path stays in the repository", '        if path is not None and {"", ".", ".."}.intersection(path.split("/")):\n', "        if False:\n"),
        ("trust: a historical file is named absolutely", '        if path is not None and not path.startswith("/"):\n', "        if False:\n"),
        ("trust: a truth is there once", "        values = self._found.get(key, [\"false\"])\n        if len(values) > 1:\n", "        values = self._found.get(key, [\"false\"])\n        if False:\n"),
        ("trust: a truth is one", "        if value is None:\n            raise self.wrong(key, \"has to be true or false\")\n", ""),
        ("trust: require knows one word", "        if value is not None and value != _EVERY_COMMIT:\n", "        if False:\n"),
        ("trust: a key id is no fingerprint", '    if re.fullmatch(r"[0-9A-F]{40}|[0-9A-F]{64}", digits):\n', '    if re.fullmatch(r"[0-9A-F]{16}|[0-9A-F]{40}|[0-9A-F]{64}", digits):\n'),
        ("trust: an SSH fingerprint is whole", "    if _SSH_FINGERPRINT.fullmatch(text.strip()):\n", '    if text.strip().startswith("SHA256:"):\n'),
        ("trust: require is written", "        REQUIRE: _EVERY_COMMIT if trust.require_every_commit else None,\n", "        REQUIRE: None,\n"),
        ("trust: the keyring is written", "    return [*found, *((KEYRING, source) for source in trust.keyring)]\n", "    return found\n"),
    ],
)  # fmt: skip

_COMMAND = in_file(
    "cli/trust.py",
    _COMMANDS,
    [
        ("trust: only an introduction that holds is recorded", "    if reason is not None:\n        _refuse", "    if False:\n        _refuse"),
        ("trust: another one is replaced by those who say so", "    there = _line(own.introduction)\n    if not replace:\n", "    there = _line(own.introduction)\n    if False:\n"),
        ("trust: a record that cannot be read is replaced by those who say so", "        if not replace:\n            raise\n", ""),
        ("trust: a fingerprint that is left out is the person's own", "    if own:\n        return own[0]\n    found = evidence.signers[0].key\n", "    return evidence.signers[0].key\n    found = evidence.signers[0].key\n"),
        ("trust: with a fingerprint the commit id is whole", "        return Introduction(full_id(question.repository, commit), read_fingerprint(fingerprint))\n", "        return Introduction(question.repository.resolve(commit), read_fingerprint(fingerprint))\n"),
        ("trust: a refusal exits as one", "    raise typer.Exit(CODES[Verdict.REFUSED])\n", "    raise typer.Exit(0)\n"),
        ("trust: it is recorded for the branch that was named", "    trust = question.trust(introduction, name)\n", "    trust = question.trust(introduction, \"\")\n"),
        ("trust: require is recorded", "        every_commit=require is given.Require.EVERY_COMMIT,\n", "        every_commit=False,\n"),
        ("trust: forgetting nothing is an error", "    if not remove(_config(repository), name):\n", "    if remove(_config(repository), name) is None:\n"),
        ("trust: the engine that was asked for is asked", "    with closing(open_engine(question.engine, question.keys)) as engine:\n", '    with closing(open_engine("native", question.keys)) as engine:\n'),
        ("trust: what a branch asks of show is its own or the repository's", "        one = recorded(config, _short_name(repository, branch))\n", "        one = recorded(config, \"\")\n"),
    ],
)  # fmt: skip

_QUESTION = in_file(
    "cli/question.py",
    _COMMANDS,
    [
        ("trust: --remember replaces nothing", "        if self.remember:\n            self._refuse_to_replace(introduction)\n", ""),
        ("trust: --remember is of what is authentic", "        if self.remember and report.verdict is Verdict.AUTHENTIC:\n", "        if self.remember:\n"),
        ("trust: require is not taken back", "        self.every_commit = self.every_commit or record.require_every_commit\n", ""),
        ("trust: SHA-1 is taken from the record", "        self.historical_sha1 = self.historical_sha1 or record.historical_sha1\n", ""),
        ("trust: the keyring is taken from the record", "        self.keyring = self.keyring or list(record.keyring)\n", ""),
        ("trust: the path is taken from the record", "            self.authorizations_file = record.authorizations_path\n", "            pass\n"),
        ("trust: the record is the named branch's", '            self.branch = branch_of(self.repository, self.target) or ""\n', '            self.branch = ""\n'),
        ("trust: a recorded path is absolute", "                one if one.startswith(\"refs/\") else str(Path(one).absolute())\n", "                one\n"),
        ("trust: a historical path is recorded absolute", "            historical=self.historical.absolute() if self.historical is not None else None,\n", "            historical=self.historical,\n"),
        ("json: the record of verify is told", "common.emit(json.render(report, question.used))", "common.emit(json.render(report))"),
        ("json: an introduction that was given is not the record's", "introduction=self.introduction is None)\n", "introduction=True)\n"),
    ],
)  # fmt: skip

_COMMON = in_file(
    "cli/common.py",
    _COMMANDS,
    [
        ("trust: both halves of an introduction are given", "    if commit is None and signer is None and record is not None:\n", "    if (commit is None or signer is None) and record is not None:\n"),
        ("trust: a recorded introduction has to be there", "        refuse_absent(repository, record)\n", ""),
    ],
)  # fmt: skip

_CONFIG = in_file(
    "history/config.py",
    _FILES,
    [
        ("config: only our section", " if one.section == self._section]\n", "]\n"),
        ("config: a file that cannot be read is not an empty one", "        except OSError as error:\n            raise UnsupportedRepositoryError(\n", "        except OSError as error:\n            return b\"\"\n            raise UnsupportedRepositoryError(\n"),
        ("config: a malformed file is an error", "            return [one for one in entries(text) if one.key]\n        except MalformedTextError as error:\n", "            return [one for one in entries(text) if one.key]\n        except MalformedTextError as error:\n            return []\n"),
        ("config: a lock of somebody else is kept", "os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC", "os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC"),
        ("config: a lock of ours goes when writing fails", "        except OSError as error:\n            lock.unlink(missing_ok=True)\n", "        except OSError as error:\n"),
        ("config: a lock of ours goes when somebody interrupts", "        except BaseException:\n            lock.unlink(missing_ok=True)\n", "        except BaseException:\n"),
        ("config: the mode stays", "            lock.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)\n", ""),
        ("config: a link stays a link", "        path = Path(os.path.realpath(self.path))\n", "        path = self.path\n"),
        ("branch: an id is no branch", "    if _FULL_ID.fullmatch(revision):\n", "    if False:\n"),
        ("branch: a tag hides none", '            f"heads/{revision}",\n', '            f"tags/{revision}",\n            f"heads/{revision}",\n'),
        ("branch: a remote's name may have slashes", "    remote = max(known, key=len) if known else", "    remote = min(known, key=len) if known else"),
        ("branch: HEAD is the branch that is checked out", '    if revision in {"HEAD", "@"}:\n', '    if revision in {"@"}:\n'),
    ],
)  # fmt: skip

_TEXT = in_file(
    "history/config_text.py",
    _FILES,
    [
        ("config: quotes end in their line", "    if quoted:\n        raise _malformed(text, at)\n", ""),
        ("config: keys are compared in lower case", "name[1].lower(), value, at, end))", "name[1], value, at, end))"),
        ("config: sections are compared in lower case", "    section, dot, rest = header[1].lower().partition(b\".\")\n", "    section, dot, rest = header[1].partition(b\".\")\n"),
        ("config: a comment is no value", '        elif text[at] in b"#;":\n            at = _after(_REST, text, at)\n', '        elif text[at] in b"#;":\n            made, at = made + text[at : at + 1], at + 1\n'),
        ("config: what is edited is read again", "    if [one.setting for one in entries(kept) if one.key] != wanted:\n", "    if False:\n"),
        ("config: subsections are escaped", "re.sub(rb'([\"\\\\])', rb\"\\\\\\1\", subsection)", "subsection"),
        ("config: values are quoted where they need it", "    if _PLAIN.fullmatch(value):\n", "    if True:\n"),
    ],
)  # fmt: skip

_OWN = in_file(
    "user_key.py",
    _KEYS,
    [
        ("own key: SSH keys are compared", "            return signer.key if signer.key == self._ssh() else None\n", "            return signer.key if self._ssh() else None\n"),
        ("own key: other formats name no OpenPGP key", '        if self.format != "openpgp" or is_ssh(signer.key):\n', "        if is_ssh(signer.key):\n"),
        ("own key: an OpenPGP key is compared", "not any(_is(key, wanted) for key in keys):\n", "False:\n"),
        ("own key: the whole of it is compared", "    return wanted in {key, key_id}\n", "    return key.endswith(wanted)\n"),
        ("own key: several primary keys name none of them", "        return keys[0] if len(signer.primaries) == 1 else signer.key\n", "        return keys[0]\n"),
        ("own key: claimed primary keys do not count", "        keys = [*sorted(signer.primaries), signer.key]\n", "        keys = [*sorted(signer.primaries), *signer.claimed, signer.key]\n"),
        ("own key: a subkey's primary key is the one", "        return keys[0] if len(signer.primaries) == 1 else signer.key\n", "        return signer.key\n"),
        ("own key: a private key's file stands for the public one", " or _key(_first_line(beside))\n", "\n"),
        ("own key: no setting names no file", "        if not self.setting:\n            return None\n        path", "        path"),
    ],
)  # fmt: skip

_RECORDED = in_file(
    "recorded.py",
    _COMMANDS,
    [
        ("trust: a shallow clone is said to be one", "    if repository.shallow():\n", "    if False:\n"),
    ],
)  # fmt: skip

_REPOSITORY = in_file(
    "history/repository.py",
    _FILES,
    [
        ("config: worktrees share one", "            return self.git_directory / common.read_text().strip()\n", "            return self.git_directory\n"),
    ],
)  # fmt: skip

MUTANTS = [
    *_RECORDED,
    *_REPOSITORY,
    *_RECORD,
    *_COMMAND,
    *_QUESTION,
    *_COMMON,
    *_CONFIG,
    *_TEXT,
    *_OWN,
]
