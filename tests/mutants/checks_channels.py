"""docs/channels.md: what refuses a file of channels, and a value in it."""

from __future__ import annotations

from tests.mutants.table import in_file

_HERE = "tests/unit/channels"
_CONFIG_TESTS = [f"{_HERE}/test_channels_config.py"]
_EDITING_TESTS = [f"{_HERE}/test_channels_editing.py"]
_PLACES_TESTS = [f"{_HERE}/test_channels_places.py"]
_CLI_TESTS = ["tests/unit/cli/test_cli_channel.py"]

_CONFIG = in_file(
    "channels/config.py",
    _CONFIG_TESTS,
    [
        (
            "channels: version 1",
            '    if version is not None and version != "1":\n',
            "    if False:\n",
        ),
        (
            "channels: a version is needed",
            '"version": Field(_version, required=True)',
            '"version": Field(_version)',
        ),
        (
            "channels: channels are needed",
            '"channels": Field(_channels, required=True)',
            '"channels": Field(_channels)',
        ),
        (
            "channels: what a channel needs",
            "required=what in REQUIRED) for",
            "required=False) for",
        ),
        (
            "channels: what a channel made of texts needs",
            "    if missing:\n",
            "    if False:\n",
        ),
        (
            "channels: a name is one",
            "        if isinstance(named, Refused):\n            source",
            "        if False:\n            source",
        ),
        (
            "channels: the name of one made of texts",
            "    if isinstance(named, Refused):\n        return named\n",
            "",
        ),
        (
            "channels: names that differ in case only",
            "        if first is not place:\n",
            "        if False:\n",
        ),
        (
            "channels: an end to channels",
            "        if len(draft.channels) >= MAX_CHANNELS:\n",
            "        if False:\n",
        ),
        (
            "channels: a value is one",
            "            source.problems.add(place_of(event), value.message)\n            value = None\n",
            "            value = None\n",
        ),
        (
            "channels: a text is of one line",
            "        if not fits_one_line(text):\n",
            "        if False:\n",
        ),
        (
            "channels: SHA-1 in historical authorizations alone",
            "        if one.sha1_alone:\n",
            "        if False:\n",
        ),
        (
            "channels: SHA-1 in historical authorizations alone, of texts",
            "return Refused(_SHA1_ALONE) if draft.sha1_alone else _made(draft)",
            "return _made(draft)",
        ),
        (
            "channels: historical-sha1: false is none",
            '        sha1 = bool(self.values.get("historical-sha1"))\n',
            '        sha1 = "historical-sha1" in self.values\n',
        ),
        (
            "channels: SHA-1 counts only where it says so",
            '        historical_sha1=values.get("historical-sha1", False),\n',
            "        historical_sha1=historical is not None,\n",
        ),
        (
            "channels: require: every-commit is read",
            '        require_every_commit=values.get("require", False),\n',
            "",
        ),
        ("channels: max-age is read", '        max_age=values.get("max-age"),\n', ""),
        (
            "channels: a keyring is not empty",
            "    if not listed and is_list(event):\n",
            "    if False:\n",
        ),
        (
            "channels: an end to the keyring",
            "    if len(listed) >= MAX_KEYRING:\n",
            "    if False:\n",
        ),
        ("channels: a ref once", "    if text in listed:\n", "    if False:\n"),
        (
            "channels: a ref of the keyring is one",
            "    return ref if isinstance(ref, Refused) else None\n",
            "    return None\n",
        ),
    ],
)

_RULES = in_file(
    "channels/rules.py",
    _CONFIG_TESTS,
    [
        ("channels: a name of 64 characters", "    if len(text) > MAX_NAME:\n", "    if False:\n"),
        ("channels: a name's letters", "    if not _NAME.fullmatch(text):\n", "    if not text:\n"),
        (
            "channels: a name begins with no dot",
            '_NAME = re.compile(r"[A-Za-z0-9_][',
            '_NAME = re.compile(r"[A-Za-z0-9_.][',
        ),
        (
            "channels: a name begins with no dash",
            '_NAME = re.compile(r"[A-Za-z0-9_][',
            '_NAME = re.compile(r"[-A-Za-z0-9_][',
        ),
        ("channels: a url is not empty", "    if not text:\n", "    if False:\n"),
        ("channels: a url has an end", "    if len(text) > MAX_URL:\n", "    if False:\n"),
        (
            "channels: a url without control characters",
            "    if not fits_one_line(text) or _ESCAPED_CONTROL.search(text):\n",
            "    if _ESCAPED_CONTROL.search(text):\n",
        ),
        (
            "channels: a url without escaped control characters",
            "    if not fits_one_line(text) or _ESCAPED_CONTROL.search(text):\n",
            "    if not fits_one_line(text):\n",
        ),
        (
            "channels: a url is no option",
            '    if text.startswith("-"):\n        return Refused(f"the {what} begins',
            '    if False:\n        return Refused(f"the {what} begins',
        ),
        ("channels: no transport helper", "    if _HELPER.match(text):\n", "    if False:\n"),
        (
            "channels: a url is ASCII",
            '        return Refused("the url holds a blank, or what is not ASCII: write it as %20 and the like")\n',
            "        pass\n",
        ),
        (
            "channels: a revision url is ASCII",
            '        return Refused("the revision-url holds a blank, or what is not ASCII")\n',
            "        pass\n",
        ),
        (
            "channels: schemes",
            "    if found is None or found[1] not in schemes:\n",
            "    if found is None:\n",
        ),
        (
            "channels: a revision over http",
            '_with_scheme(text, "revision-url", ("https", "http"))',
            '_with_scheme(text, "revision-url", ("https", "http", "ssh", "file"))',
        ),
        (
            "channels: no user's name in a url",
            '    if at and (scheme != "ssh" or ":" in user):\n',
            '    if at and ":" in user:\n',
        ),
        (
            "channels: no password with ssh",
            '    if at and (scheme != "ssh" or ":" in user):\n',
            '    if at and scheme != "ssh":\n',
        ),
        (
            "channels: no password in scp's form",
            "    if _SCP_PASSWORD.match(text):\n",
            "    if False:\n",
        ),
        ("channels: nothing behind #", '    if "#" in rest:\n', "    if False:\n"),
        (
            "channels: a file of no host",
            "return text if not authority and len(rest) > 1 else",
            "return text if len(rest) > 1 else",
        ),
        (
            "channels: a host",
            '    if whole is None or not rest.startswith("/") or len(rest) < 2:\n        return _not_whole(what, f"{scheme}://host/path")\n    if whole[1] is not None and',
            '    if not rest.startswith("/") or len(rest) < 2:\n        return _not_whole(what, f"{scheme}://host/path")\n    if whole and whole[1] and',
        ),
        (
            "channels: a host is no option of ssh",
            '_HOST = r"(?:[A-Za-z0-9_](?:',
            '_HOST = r"(?:[-A-Za-z0-9_](?:',
        ),
        (
            "channels: a path in a url",
            ' or not rest.startswith("/") or len(rest) < 2:\n',
            ":\n",
        ),
        ("channels: a port", " and not 1 <= int(whole[1]) <= 65535:\n", " and False:\n"),
        (
            "channels: a path is no option of ssh",
            '    if found[1].startswith("-"):\n',
            "    if False:\n",
        ),
        (
            "channels: a branch's short name",
            '    if text.startswith("refs/"):\n',
            "    if False:\n",
        ),
        (
            "channels: a branch is no option",
            '    if text.startswith("-") or text in',
            "    if text in",
        ),
        ("channels: a branch is not HEAD", 'text in {"HEAD", "@"} or not', "not"),
        (
            "channels: a branch is a ref",
            ' or not _is_ref(f"refs/heads/{text}"):\n',
            ":\n",
        ),
        (
            "channels: a ref in full",
            '    if not text.startswith("refs/") or not _is_ref(text):\n',
            "    if not _is_ref(text):\n",
        ),
        (
            "channels: a ref is one",
            '    if not text.startswith("refs/") or not _is_ref(text):\n',
            '    if not text.startswith("refs/"):\n',
        ),
        ("channels: a ref has an end", "        len(text) <= MAX_REF\n        and ", "        "),
        (
            "channels: a ref ends with neither / nor .",
            '        and not text.endswith(("/", "."))\n',
            "",
        ),
        ("channels: a ref's parts", "        and _REF_PARTS.search(text) is None\n", ""),
        ("channels: no .lock in a ref", r"|//|/\.|\.lock(?:/|\Z)", r"|//|/\."),
        ("channels: no dotted part in a ref", r"|//|/\.|", r"|//|"),
        (
            "channels: a path in the tree",
            ' or {"", ".", ".."}.intersection(text.split("/")):\n',
            ":\n",
        ),
        (
            "channels: an absolute path",
            '    if len(text) > MAX_PATH or not text.startswith("/"):\n',
            "    if len(text) > MAX_PATH:\n",
        ),
        (
            "channels: a full id",
            '_FULL_ID = re.compile(r"[0-9A-Fa-f]{40}")',
            '_FULL_ID = re.compile(r"(?:[0-9A-Fa-f]{2})+")',
        ),
        (
            "channels: a fingerprint of ASCII",
            "        if text.isascii() and len(text) <= 200:\n",
            "        if len(text) <= 200:\n",
        ),
        (
            "channels: true or false",
            '    if text not in {"true", "false"}:\n',
            "    if False:\n",
        ),
        (
            "channels: require every-commit",
            'return True if text == "every-commit" else',
            "return True if text else",
        ),
        ("channels: an age above 0", 'r"([1-9][0-9]{0,8})([smhdw])"', 'r"([0-9]{1,9})([smhdw])"'),
        ("channels: an age's unit", "int(found[1]) * UNITS[found[2]]", "int(found[1])"),
        (
            "channels: an age has an end",
            "seconds if seconds <= MAX_AGE else",
            "seconds if True else",
        ),
    ],
)

_EDITING = in_file(
    "channels/editing.py",
    _EDITING_TESTS,
    [
        (
            "channels: edited as was meant",
            "    if reading.channels != meant:\n",
            "    if False:\n",
        ),
        (
            "channels: edited into a file that can be read",
            "    if reading.channels is None:\n        first = reading.problems[0]\n        return Problem(\n",
            "    if reading.channels is None:\n        return content\n        return Problem(\n",
        ),
        (
            "channels: another one of the name stays",
            "    if there is not None and not replace:\n",
            "    if False:\n",
        ),
    ],
)

_PLACES = in_file(
    "channels/places.py",
    _PLACES_TESTS,
    [
        (
            "channels: a base directory is absolute",
            "    if named.is_absolute() and _is_own(named):\n",
            "    if environment.get(variable) and _is_own(named):\n",
        ),
        (
            "channels: a home is absolute",
            "    if not home.is_absolute() or not _is_own(home):\n",
            "    if not _is_own(home):\n",
        ),
        (
            "channels: root has a base directory of its own",
            "    if named.is_absolute() and _is_own(named):\n",
            "    if named.is_absolute():\n",
        ),
        (
            "channels: root has a home of its own",
            "    if not home.is_absolute() or not _is_own(home):\n",
            "    if not home.is_absolute():\n",
        ),
        (
            "channels: the user's goes before the system's",
            "Configured(before.channel, before.file, before.instead_of or file)",
            "Configured(channel, file, before.file)",
        ),
        (
            "channels: names in two files that differ in case only",
            "            if other is not None and other.file != file:\n",
            "            if False:\n",
        ),
        (
            "channels: a malformed file is an error",
            "        raise fault(file, reading.problems)\n",
            "        return {}\n",
        ),
        (
            "channels: a link that leads nowhere",
            "        if file.is_symlink():\n",
            "        if False:\n",
        ),
        (
            "channels: a file that cannot be read",
            '    except OSError as error:\n        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error\n    with opened',
            "    except OSError:\n        return None\n    with opened",
        ),
        (
            "channels: a regular file",
            "        if not stat.S_ISREG(found.st_mode):\n",
            "        if False:\n",
        ),
        (
            "channels: the file is trusted",
            "        _require_trusted(str(file), found)\n",
            "",
        ),
        (
            "channels: the directory is trusted",
            "dict.fromkeys((file.parent, file.resolve().parent))",
            "dict.fromkeys(())",
        ),
        (
            "channels: the directory that a link leads to is trusted",
            "dict.fromkeys((file.parent, file.resolve().parent))",
            "(file.parent,)",
        ),
        (
            "channels: a file belongs to the user or root",
            "    if found.st_uid not in {own, 0}:\n",
            "    if False:\n",
        ),
        (
            "channels: nobody else may write a file",
            "    if found.st_mode & others:\n",
            "    if False:\n",
        ),
        (
            "channels: no group may write a file",
            "os.stat_result, others: int = 0o022) -> None:\n",
            "os.stat_result, others: int = 0o002) -> None:\n",
        ),
        (
            "channels: a file is written where it can be trusted",
            "        require_own_directory(target.parent)\n        _replace",
            "        _replace",
        ),
        (
            "channels: a file that was changed meanwhile",
            "        if read_bytes(file) != before:\n",
            "        if False:\n",
        ),
        (
            "channels: a file keeps its mode",
            "0o644 if before is None else stat.S_IMODE(target.stat().st_mode)",
            "0o644",
        ),
    ],
)

_CLI = in_file(
    "cli/channel.py",
    _CLI_TESTS,
    [
        (
            "channels: --replace is asked for",
            "    if before is not None and before.file == file and not replace:\n",
            "    if False:\n",
        ),
        (
            "channels: a name that differs in case only is not added",
            "    if same is not None:\n",
            "    if False:\n",
        ),
        (
            "channels: removed from the file that it is in",
            "    if found.file != where[0]:\n",
            "    if False:\n",
        ),
    ],
)

MUTANTS = [*_CONFIG, *_RULES, *_EDITING, *_PLACES, *_CLI]
