"""A report for GitHub Actions, and what runs the same workflows (Forgejo, Gitea).

Annotations are workflow commands, a line each:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nixauth.display import printable
from nixauth.reports.remarks import Level, Remark

_MOST = 10
"""GitHub shows so many annotations of each level of a step; more would push out the first."""


def render(remarks: Iterable[Remark]) -> Iterator[str]:
    """Yield the commands, a line each; of each level the first ten, and how many more."""
    left_out = dict.fromkeys(Level, 0)
    shown = dict.fromkeys(Level, 0)
    for remark in remarks:
        if shown[remark.level] < _MOST - 1:
            shown[remark.level] += 1
            yield command(remark)
        else:
            left_out[remark.level] += 1
    for level, number in left_out.items():
        if number:
            text = f"{number} more; --format json has them all"
            yield command(Remark(level, "more", "and more", text))


def command(remark: Remark) -> str:
    """Return one workflow command, ended by a newline."""
    properties = {"title": f"nixauth: {remark.title}"}
    if remark.path:
        properties["file"] = printable(remark.path, 4096)
    if remark.path and remark.line:
        properties["line"] = str(remark.line)
        properties["col"] = str(remark.column)
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{remark.level.value} {written}::{_data(remark.message)}\n"


def _data(text: str) -> str:
    """Escape a message as the runner unescapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
