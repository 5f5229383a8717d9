"""docs/pins.md: what is read of files that pin repositories, and what is changed in them."""

from __future__ import annotations

from tests.mutants.table import in_file

_JSON = in_file(
    "pins/json_text.py",
    ["tests/unit/pins/test_json_text.py"],
    [
        ("pins: a file too long", "    if len(content) > LONGEST:\n", "    if False:\n"),
        ("pins: values too deep", "    if depth == DEEPEST:\n", "    if depth == 2 * DEEPEST:\n"),
        ("pins: a key twice", "    if name in keys:\n", "    if False:\n"),
        ("pins: something behind the document", "    if end != len(text):\n", "    if False:\n"),
        ("pins: NaN", "parse_constant=_word, ", ""),
        (
            "pins: integers beyond 64 bits",
            "number is None or number not in _INTEGERS",
            "number is None",
        ),
        ("pins: infinite numbers", ", parse_float=_float)", ")"),
        (
            "pins: half a surrogate pair",
            "    if isinstance(value, str) and _SURROGATE.search(value):\n"
            '        raise refused(Fault.ENCODING, path, "half a surrogate pair")\n'
            "    return Spot",
            "    return Spot",
        ),
        ("pins: white space of JSON only", r'frozenset(" \t\n\r")', r'frozenset(" \t\n\r\f")'),
        (
            "pins: a comma between values",
            '        if text[at : at + 1] != ",":\n',
            "        if False:\n",
        ),
        ("pins: a colon behind a key", '    if text[at : at + 1] != ":":\n', "    if False:\n"),
        ("pins: a key in quotes", "    if text[at : at + 1] != '\"':\n", "    if False:\n"),
        (
            "pins: an object is not replaced",
            "    if isinstance(spot.value, dict | list):\n",
            "    if False:\n",
        ),
        (
            "pins: what is so already stays",
            "    if _canonical(spot.value) == _canonical(value):\n        return document.text\n",
            "",
        ),
        (
            "pins: what is so already, of the same type",
            "    if _canonical(spot.value) == _canonical(value):\n",
            "    if spot.value == value:\n",
        ),
        (
            "pins: a key in the order of the keys",
            " if names == sorted(names) else None\n",
            "\n",
        ),
        (
            "pins: a key is written as its neighbours",
            '    lead = text[len(text[:start].rstrip(" \\t\\r\\n")) : start]\n',
            '    lead = ""\n',
        ),
        ("pins: an object is not left empty", "    if len(names) == 1:\n", "    if False:\n"),
        (
            "pins: the result is what was meant",
            "    if _canonical(read(made).root.value) != _canonical(meant):\n",
            "    if False:\n",
        ),
        (
            "pins: the result is read again",
            "_canonical(read(made).root.value)",
            "_canonical(document.root.value)",
        ),
        (
            "pins: characters stand for themselves",
            "json.dumps(value, ensure_ascii=False)",
            "json.dumps(value)",
        ),
        (
            "pins: true is no integer",
            "isinstance(value, bool) or (isinstance(value, int) and",
            "(isinstance(value, int) and",
        ),
    ],
)

_URLS = in_file(
    "pins/git_urls.py",
    ["tests/unit/pins/test_git_urls.py"],
    [
        (
            "pins: any case on github.com",
            '    if host in _ANY_CASE and path.count("/") == 2:\n',
            "    if False:\n",
        ),
        (
            "pins: the case of paths elsewhere",
            '    if host in _ANY_CASE and path.count("/") == 2:\n',
            "    if True:\n",
        ),
        ("pins: github.com, but no repository", ' and path.count("/") == 2:\n', ":\n"),
        (
            "pins: the default port is that of the scheme",
            "port == _DEFAULT_PORTS[scheme]",
            "port in _DEFAULT_PORTS.values()",
        ),
        (
            "pins: a port is a number",
            "    if port and not _PORT.fullmatch(port):\n",
            "    if False:\n",
        ),
        (
            "pins: another port is another server",
            'scheme == "ssh" and not port and',
            'scheme == "ssh" and',
        ),
        ("pins: another user is another home", 'host in _ONE_LOGIN or user == "git"', "True"),
        (
            "pins: forges where the user says nothing",
            'host in _ONE_LOGIN or user == "git"',
            'user == "git"',
        ),
        ("pins: the user git", 'host in _ONE_LOGIN or user == "git"', "host in _ONE_LOGIN"),
        ("pins: a user's home", '            path = f"~/{path}"', "            pass"),
        (
            "pins: dots in a path",
            '    if "." in _segments(path) or ".." in _segments(path):\n',
            "    if False:\n",
        ),
        ("pins: dots in a file's path", 'if "." in segments or ".." in segments or not', "if not"),
        (
            "pins: .git that is doubled, or the whole name",
            '    if not bare.endswith((".git", "/")):\n',
            "    if True:\n",
        ),
        ("pins: the end .git", "        path = bare\n", "        pass\n"),
        (
            "pins: escapes that are needed stay",
            "character if plain else escape[0].upper()",
            "character",
        ),
        (
            "pins: escapes without need",
            "character if plain else escape[0].upper()",
            "escape[0].upper()",
        ),
        ("pins: escapes in upper case", "escape[0].upper()", "escape[0]"),
        (
            "pins: a path without escapes",
            'path = _escaped(scp[3].removeprefix("/"), literal=True)',
            'path = _escaped(scp[3].removeprefix("/"), literal=False)',
        ),
        (
            "pins: an escape that is cut off",
            '        if not literal and character == "%":\n',
            "        if False:\n",
        ),
        ("pins: a query that says which repository", ' + (f"?{query}" if query else "")\n', "\n"),
        (
            "pins: the query of a flake's URL",
            '    if scheme.startswith("git+") or scheme == "git":\n',
            '    if scheme.startswith("git+"):\n',
        ),
        (
            "pins: the query of a URL that is no flake's",
            '    if scheme.startswith("git+") or scheme == "git":\n',
            "    if True:\n",
        ),
        ("pins: schemes that are not git's", "    if scheme not in _DEFAULT_PORTS or ", "    if "),
        (
            "pins: a file on another host",
            'found[2].lower() not in {"", "localhost"} or query',
            "query",
        ),
        (
            "pins: a file with a query",
            'found[2].lower() not in {"", "localhost"} or query',
            'found[2].lower() not in {"", "localhost"}',
        ),
        ("pins: a URL that cannot be seen", "not url.isprintable() or ", ""),
        ("pins: backslashes", ' or "\\\\" in url:\n', ":\n"),
        ("pins: a URL without a path", '    if not path.strip("/"):\n', "    if False:\n"),
        (
            "pins: http is not https",
            '    if scheme == "ssh" and not port and _one_login(host, user):\n',
            '    if scheme == "http" or (scheme == "ssh" and not port and _one_login(host, user)):\n',
        ),
        (
            "pins: one host",
            '        if name == "host" and host is None:\n',
            '        if name == "host":\n',
        ),
        (
            "pins: an unknown query of a forge",
            "        elif item and name not in _OF_FLAKES:\n",
            "        elif False:\n",
        ),
        (
            "pins: names on a forge",
            '        if not _SEGMENT.fullmatch(part) or part in {".", ".."}:\n',
            '        if part in {".", ".."}:\n',
        ),
        ("pins: dots on a forge", ' or part in {".", ".."}:\n', ":\n"),
        (
            "pins: groups on GitLab only",
            '    owners = owner.split("/") if kind == "gitlab" else [owner]\n',
            '    owners = owner.split("/")\n',
        ),
        ("pins: a forge's host", "    if not _HOST.fullmatch(host):\n", "    if False:\n"),
    ],
)

_LOCK = in_file(
    "pins/flake_lock.py",
    ["tests/unit/pins/test_flake_lock.py"],
    [
        (
            "pins: versions of locks",
            "if not isinstance(version, int) or version not in VERSIONS:",
            "if version not in VERSIONS:",
        ),
        ("pins: other versions of locks", " or version not in VERSIONS:", ":"),
        (
            "pins: unknown keys of a lock",
            '        if name not in {"version", "root", "nodes"}\n',
            "        if False\n",
        ),
        ("pins: unknown keys of the root", '        if name != "inputs"\n', "        if False\n"),
        ("pins: unknown keys of a node", "        if name not in _NODE:\n", "        if False:\n"),
        (
            "pins: problems of a lock refuse a change",
            "    for problem in (*before.problems, *found.problems):\n",
            "    for problem in found.problems:\n",
        ),
        (
            "pins: problems of an input refuse a change",
            "    for problem in (*before.problems, *found.problems):\n",
            "    for problem in before.problems:\n",
        ),
        (
            "pins: what is no commit is not changed",
            "    if not found.type.is_git:\n",
            "    if False:\n",
        ),
        (
            "pins: a commit that flake.nix asks for",
            '    if found.original.get("rev", rev) != rev:\n',
            "    if False:\n",
        ),
        (
            "pins: a branch that flake.nix asks for",
            '    if ref is not None and found.original.get("ref", ref) != ref:\n',
            "    if False:\n",
        ),
        (
            "pins: a branch where there is none",
            "    if ref is not None and found.type is not InputType.GIT:\n",
            "    if False:\n",
        ),
        (
            "pins: an old number of commits",
            '        new["revCount"] = REMOVED if rev_count is None else rev_count\n',
            "        pass\n",
        ),
        ("pins: an old hash of a tree", '        new["treeHash"] = REMOVED\n', "        pass\n"),
        (
            "pins: version 5's info is changed",
            'for part in ("info", "locked")]',
            'for part in ("locked",)]',
        ),
        (
            "pins: both places are changed",
            "        for place in there or places[1:]:\n",
            "        for place in there[:1] or places[1:]:\n",
        ),
        ("pins: version 5's info comes first", "{**fetched, **info}", "{**info, **fetched}"),
        ("pins: the root as an input", "        if name == self.root:\n", "        if False:\n"),
        (
            "pins: an input that is cut",
            "                if target == self.root:\n                    cut.append(path)\n                    continue\n",
            "",
        ),
        (
            "pins: a circle of follows",
            "if path in asked or len(asked) == _FOLLOWED:",
            "if len(asked) == _FOLLOWED * 1000:",
        ),
        (
            "pins: a long way by follows",
            "if path in asked or len(asked) == _FOLLOWED:",
            "if path in asked:",
        ),
        (
            "pins: follows nothing",
            "            if part not in inputs:\n",
            "            if False:\n",
        ),
        (
            "pins: a node that is not there",
            "        if name not in self.nodes:\n",
            "        if False:\n",
        ),
        ("pins: a list of names", "    if len(names) != len(value):\n", "    if False:\n"),
        (
            "pins: below what was followed earlier",
            "                if target not in seen and not followed:\n",
            "                if target not in paths and not followed:\n",
        ),
        (
            "pins: a full commit id",
            "    if not REVISION.fullmatch(rev):\n",
            "    if not REVISION.match(rev):\n",
        ),
        ("pins: a hash in SRI form", "    if digest(nar_hash) is None:\n", "    if False:\n"),
        (
            "pins: flake is true or false",
            '    if not isinstance(node.get("flake", True), bool):\n',
            "    if False:\n",
        ),
    ],
)

_INPUTS = in_file(
    "pins/inputs.py",
    ["tests/unit/pins/test_flake_lock.py"],
    [
        ("pins: unknown attributes", "        if name not in names:\n", "        if False:\n"),
        ("pins: types of attributes", " or (isinstance(one, bool) and name in _COUNTS):\n", ":\n"),
        (
            "pins: values that cannot be right",
            "        elif not _possible(name, known[name]):\n",
            "        elif False:\n",
        ),
        (
            "pins: attributes that are missing",
            "        if name not in value:\n",
            "        if False:\n",
        ),
        (
            "pins: a URL that is not understood",
            "    if url_of(known) is None:\n",
            "    if False:\n",
        ),
        ("pins: a dirty tree", "    if _DIRTY & known.keys():\n", "    if False:\n"),
        (
            "pins: without a revision",
            '    elif locked and "rev" not in known:\n',
            "    elif False:\n",
        ),
        (
            "pins: a tarball is no commit",
            "        return self is InputType.GIT or self.value in FORGES\n",
            "        return self is InputType.GIT or self.value in FORGES or self is InputType.TARBALL\n",
        ),
        ("pins: what is invisible", "    if not value.isprintable():\n", "    if False:\n"),
        (
            "pins: a type that is not known",
            "    if kind is InputType.UNKNOWN:\n",
            "    if False:\n",
        ),
    ],
)

_NPINS = in_file(
    "pins/npins.py",
    ["tests/unit/pins/test_npins.py"],
    [
        ("pins: npins: versions", " or version not in VERSIONS or isinstance(version, bool):\n", " or isinstance(version, bool):\n"),
        ("pins: npins: unknown keys of a file", '        if name not in {"version", "pins"}\n', "        if False\n"),
        ("pins: npins: unknown keys of a pin", "        if name not in _KEYS[kind]:\n", "        if False:\n"),
        ("pins: npins: unknown keys of a repository", '        if name not in _REPOSITORY[kind] | optional | {"type"}\n', "        if False\n"),
        ("pins: npins: problems of a file refuse a change", "    for problem in (*before.problems, *pin.problems):\n", "    for problem in pin.problems:\n"),
        ("pins: npins: problems of a pin refuse a change", "    for problem in (*before.problems, *pin.problems):\n", "    for problem in before.problems:\n"),
        ("pins: npins: frozen", "    if pin.frozen:\n", "    if False:\n"),
        ("pins: npins: releases", '    if pin.type == "GitRelease":\n', "    if False:\n"),
        ("pins: npins: submodules", "    if pin.submodules or pin.lfs:\n", "    if pin.lfs:\n"),
        ("pins: npins: LFS", "    if pin.submodules or pin.lfs:\n", "    if pin.submodules:\n"),
        ("pins: npins: no right hash", "    if pin.archive is None and plain != archived:\n", "    if False:\n"),
        ("pins: npins: two hashes of a tarball", "    if pin.archive is None and plain != archived:\n", "    if plain != archived:\n"),
        ("pins: npins: the hash of what is archived", "    value = digest(archived)\n", "    value = digest(plain)\n"),
        ("pins: npins: the form that the file has", "plain, archived), form),", "plain, archived), Form.SRI),"),
        ("pins: npins: the URL changes, too", '        edits[*place, "url"] = pin.archive.replace(old, revision)\n', "        pass\n"),
        ("pins: npins: the URL is that of the revision", "    if revision is None or url != _archive(repository, revision):\n", "    if False:\n"),
        ("pins: npins: flags", "        if not isinstance(value.get(name, False), bool):\n", "        if False:\n"),
        ("pins: npins: a branch", '    if kind == "Git" and not _text(value, "branch"):\n', "    if False:\n"),
        ("pins: npins: a full commit id", "    if revision is not None and not _REVISION.fullmatch(revision):\n", "    if False:\n"),
        ("pins: npins: the form of a hash", "    if hash_ is not None and form_of(hash_) not in _forms(version):\n", "    if False:\n"),
        ("pins: npins: the form of a hash in version 8", "    return (Form.SRI,) if version >= _EIGHT else (Form.SRI, Form.NIX32)\n", "    return (Form.SRI, Form.NIX32)\n"),
        ("pins: npins: the form of a hash before version 8", "    return (Form.SRI,) if version >= _EIGHT else (Form.SRI, Form.NIX32)\n", "    return (Form.SRI,)\n"),
        ("pins: npins: types before version 8", "(_SINCE_EIGHT if version >= _EIGHT else _BEFORE_EIGHT):\n", "_SINCE_EIGHT:\n"),
        ("pins: npins: types since version 8", "(_SINCE_EIGHT if version >= _EIGHT else _BEFORE_EIGHT):\n", "_BEFORE_EIGHT:\n"),
        ("pins: npins: types of one version only", "(_SINCE_EIGHT if version >= _EIGHT else _BEFORE_EIGHT):\n", "_SINCE_EIGHT | _BEFORE_EIGHT:\n"),
        ("pins: npins: a private token", '    if kind == "GitLab" and repository.get("private_token") is None:\n', '    if kind == "GitLab":\n'),
        ("pins: npins: a server and nothing more", "    if server is None or not _REPO_PATH", "    if not _REPO_PATH"),
    ],
)  # fmt: skip

_HASHES = in_file(
    "pins/hashes.py",
    ["tests/unit/pins/test_npins.py"],
    [
        ("pins: one form of a digest", "    return value if base64.b64encode(value).decode(\"ascii\") == found[1] else None\n", "    return value\n"),
        ("pins: 256 bits of base32", 'rf"[01][{_NIX32}]{{51}}"', 'rf"[{_NIX32}]{{52}}"'),
        ("pins: the order of base32", "in reversed(range(52))", "in range(52)"),
    ],
)  # fmt: skip

MUTANTS = [*_JSON, *_URLS, *_LOCK, *_INPUTS, *_NPINS, *_HASHES]
