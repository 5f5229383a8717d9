"""What `.gitattributes` could change in an archive: by the words in it, without reading its rules.

Rules of attributes have macros, patterns and an order of precedence; git reads them, see
`nixauth.nar.archive`. Here it is only asked whether there is anything to be read. A rule can do
nothing without the attribute's name standing in some `.gitattributes` of the tree, so looking for
the names errs on the side of asking git.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = b".gitattributes"

_LEAVES_OUT = (b"export-ignore",)
_SUBSTITUTES = (b"export-subst",)
_CONVERTS = (b"crlf", b"ident", b"working-tree-encoding")
"""Not `text`: by itself it asks for the line ends of the platform, and git archive is run where
that is LF, which it writes as it stands (gitattributes, "text"). Not `eol`: it changes what is
written as `eol=crlf` only. `crlf` is also the old name of `text`."""
_FILTERS = (b"filter",)

_FORMAT = re.compile(rb"\$Format:([^$]*+)\$")
_STABLE = re.compile(
    rb"(?:[^%]++|%(?:[HTPsfbBen%]|[ac][neDdtiIs]|x[0-9a-fA-F]{2}))*+",
)
"""Placeholders (git-log, PRETTY FORMATS) that the commit object alone decides."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """The kinds of attributes that are mentioned in a tree."""

    export_ignore: bool = False
    export_subst: bool = False
    conversion: bool = False
    filter: bool = False

    def __or__(self, other: Mentions) -> Mentions:
        return Mentions(
            self.export_ignore or other.export_ignore,
            self.export_subst or other.export_subst,
            self.conversion or other.conversion,
            self.filter or other.filter,
        )

    @property
    def change_archive(self) -> bool:
        """Whether git archive could make something else of the tree; filters are never run."""
        return self.export_ignore or self.export_subst or self.conversion


def mentioned(content: bytes) -> Mentions:
    """Return what is mentioned in the content of a `.gitattributes`."""
    return Mentions(
        any(word in content for word in _LEAVES_OUT),
        any(word in content for word in _SUBSTITUTES),
        any(word in content for word in _CONVERTS),
        any(word in content for word in _FILTERS),
    )


def unstable_format(content: bytes) -> bytes | None:
    """Return the first `$Format:…$` whose expansion a commit does not decide, None without one.

    Names of refs, `git describe`, notes, abbreviated ids and relative dates change while the commit
    stays; signatures depend on keys that are at hand. Whatever is not known to be stable is not.
    """
    for found in _FORMAT.finditer(content):
        if _STABLE.fullmatch(found[1]) is None:
            return found[0]
    return None
