"""Pages: templates rendered with everything escaped, in one file that loads nothing. Jinja's door.

Nothing that a template writes is raw: each text becomes printable first (no control characters, no
bidirectional ones, one line), and is escaped for HTML then. The style and the script are files of
this package; the page's policy admits them by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from nixauth.display import printable

_LONGEST = 300
"""Characters of any one text; there are longer names, and nobody reads them."""


def render(name: str, context: Mapping[str, object], style: str, script: str) -> bytes:
    """Render the template of this name, with one style and one script of the same folder."""
    looks, moves = _read(style), _read(script)
    page = _environment().get_template(name)
    return page.render(context, policy=policy(looks, moves), style=looks, script=moves).encode(
        "utf-8"
    )


def policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy of a page that has this style and this script."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read(name: str) -> str:
    return (resources.files("nixauth.reports") / "templates" / name).read_text("utf-8")


def _shown(value: object) -> object:
    """Make printable what is no markup of a template."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return printable(value, _LONGEST)
    return value
