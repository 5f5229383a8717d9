"""A report for GitHub Actions, and what runs the same workflows (Forgejo, Gitea).

Annotations are workflow commands, a line each:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from nixauth.display import printable
from nixauth.reports.remarks import Remark
from nixauth.reports.selection import Selection, more_in_words

_MOST = 10
"""GitHub shows so many annotations of each level of a step; more would push out the first."""
_LONGEST = 4000
"""The runner cuts a message at 4,096 characters, without saying so."""


def render(found: Selection, source: str) -> Iterator[str]:
    """Yield the commands, a line each: ten of each level, the last of which counts the rest.

    `source` is the command line that shows everything.
    """
    few = found.at_most(_MOST)
    yield from map(command, few.shown)
    for level, number in few.left_out.items():
        yield command(Remark(level, "more", "and more", more_in_words(number, level, source)))


def command(remark: Remark) -> str:
    """Return one workflow command, ended by a newline."""
    properties = {"title": f"nixauth: {printable(remark.title)}"}
    if remark.path:
        properties["file"] = printable(remark.path, 4096)
    if remark.path and remark.line:
        properties["line"] = str(remark.line)
        properties["col"] = str(remark.column)
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{remark.level.value} {written}::{_data(printable(remark.message, _LONGEST))}\n"


def _data(text: str) -> str:
    """Escape a message as the runner unescapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
