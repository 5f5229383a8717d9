"""The scripts that git runs: POSIX sh, which starts nixauth only where there is something to ask.

They hold nothing of one repository, so that they can stand in a template or in a directory that
many repositories share (`core.hooksPath`): what is followed is in each one's own configuration.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from enum import Enum

VERSION = 1
SAID = 4
"""The exit code of `nixauth hook run` where git is to stop, and the person was told why."""

CHAINED = ".before-nixauth"
"""Added to the name of a hook that was there before, and is run first."""


class Hook(Enum):
    """A hook by git's name."""

    REFERENCE_TRANSACTION = "reference-transaction"
    PRE_PUSH = "pre-push"
    PRE_RECEIVE = "pre-receive"


def script(hook: Hook, program: Sequence[str]) -> bytes:
    """Return a hook that starts nixauth by these words, the first an absolute path."""
    parts = _PARTS[hook]
    text = _TEMPLATE.format(
        marker=marker(hook),
        program=" ".join(map(shlex.quote, program)),
        file=shlex.quote(program[0]),
        chained=CHAINED,
        filter=parts,
        early=_EARLY if hook is Hook.REFERENCE_TRANSACTION else "",
        said=SAID,
    )
    return text.encode("utf-8", "surrogateescape")


def marker(hook: Hook) -> str:
    """Return the line that tells our own scripts of this version from others."""
    return f"{_MARK} {VERSION}: {hook.value}"


def is_ours(content: bytes) -> bool:
    """Say whether a script is one of ours, of any version."""
    return content.startswith(f"#!/bin/sh\n{_MARK} ".encode())


_MARK = "# nixauth hook"

_TEMPLATE = r"""#!/bin/sh
{marker}
# Written by nixauth hook install; nixauth hook uninstall takes it away. See nixauth hook --help.

newline='
'

stop() {{
    printf 'nixauth: ' >&2
    printf '%s\n' "$@" >&2
    exit 1
}}

around='  once you know why: git -c core.hooksPath=/dev/null ... goes on without the check'

ask() {{
    directory=$(git rev-parse --absolute-git-dir) || stop 'git does not say where the repository is'
    if [ -x {file} ]; then
        set -- {program} hook run "$@" --git-dir "$directory"
    else
        found=$(command -v nixauth)
        case $found in
            /*) set -- "$found" hook run "$@" --git-dir "$directory" ;;
            *) stop 'nothing was checked, and so nothing was moved: it is gone from '{file} \
                '  next: install nixauth again, and then the hooks: nixauth hook install' \
                "$around" ;;
        esac
    fi
    # Away from the work tree: what others wrote is no place to look for modules.
    cd "$directory" || stop "$directory cannot be entered"
    printf '%s\n' "$input" | "$@"
    case $? in
        0) exit 0 ;;
        {said}) exit 1 ;;
        *) stop 'nothing was checked, and so nothing was moved: nixauth came to no end' \
            '  next: nixauth hook install puts the hooks in place for the nixauth that runs it' \
            "$around" ;;
    esac
}}

settings() {{
    found=$(git config --local --no-includes --get-regexp "$1")
    case $? in
        0) printf '%s\n' "$found" ;;
        1) ;;
        *) return 1 ;;
    esac
}}

{early}unset GIT_CONFIG  # would have git config read another file
if ! input=$(cat); then
    input=  # slower, and there where no program is
    while IFS= read -r line; do
        input="$input$line$newline"
    done
    input=${{input%"$newline"}}
fi
if [ -x "$0{chained}" ]; then
    if [ -n "$input" ]; then
        printf '%s\n' "$input" 2>/dev/null | "$0{chained}" "$@" || exit
    else
        "$0{chained}" "$@" </dev/null || exit
    fi
fi
[ -n "$input" ] || exit 0
{filter}"""

_EARLY = f"""[ "$1" = prepared ] || [ -x "$0{CHAINED}" ] || exit 0
"""

_UNREADABLE = r"""stop \
    'nothing was checked, and so nothing was moved: the git configuration cannot be read' \
    '  next: git config --local --list says what is wrong with it'"""

_REFERENCE_TRANSACTION = rf"""[ "$1" = prepared ] || exit 0
found=$(settings '^(nixauth-hook\..*|core\.ignorecase)$') || {_UNREADABLE}

lines="$input$newline"
names=$found
case $found in
    *core.ignorecase*)  # where one name overwrites the other; nixauth itself looks closer
        case $found in
            *nixauth-hook.follow*) ;;
            *) exit 0 ;;
        esac
        LC_ALL=C
        case $input in
            *[!\ -~$newline]*) ask reference-transaction ;;
        esac
        lines=$(printf '%s' "$input" | tr '[:upper:]' '[:lower:]') || ask reference-transaction
        lines="$lines$newline"
        names=$(printf '%s' "$found" | tr '[:upper:]' '[:lower:]') || ask reference-transaction ;;
esac

# Does a line end in one of these names?
look_for() {{
    for name; do
        case $lines in
            *" $name$newline"*) ask reference-transaction ;;
        esac
    done
}}

while IFS=' ' read -r key name; do
    case $key in
        nixauth-hook.follow)
            case $lines in
                *' refs/replace/'*) ask reference-transaction ;;
            esac
            look_for "$name"
            case $name in  # and what git would take for it where its short name is said
                refs/heads/?*)
                    short=${{name#refs/heads/}}
                    look_for "refs/$short" "refs/tags/$short" ;;
                refs/remotes/?*)
                    short=${{name#refs/remotes/}}
                    look_for "refs/$short" "refs/tags/$short" "refs/heads/$short" "$name/HEAD" \
                        "$name/head" ;;
                *) ask reference-transaction ;;
            esac ;;
        nixauth-hook.protect | nixauth-hook.reportonly | core.ignorecase | '') ;;
        *) ask reference-transaction ;;
    esac
done <<END
$names
END
exit 0
"""

_PRE_PUSH = rf"""found=$(settings '^nixauth-hook\.') || {_UNREADABLE}
[ -n "$found" ] || exit 0
ask pre-push --remote "$1" --url "$2"
"""

_PRE_RECEIVE = rf"""found=$(settings '^nixauth-hook\.') || {_UNREADABLE}
[ -n "$found" ] || exit 0
ask pre-receive
"""

_PARTS = {
    Hook.REFERENCE_TRANSACTION: _REFERENCE_TRANSACTION,
    Hook.PRE_PUSH: _PRE_PUSH,
    Hook.PRE_RECEIVE: _PRE_RECEIVE,
}
