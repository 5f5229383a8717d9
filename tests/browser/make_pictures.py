"""Make the pictures of docs/audit.md: `python -m tests.browser.make_pictures`.

The page is the one that `nixauth audit --html` writes for the archive guix-2020.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from nixauth.cli.app import app
from tests.browser.opened import started
from tests.real.corpus import unpack

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PICTURES = {
    "audit-wide-light.png": ("wide", "light", 1500),
    "audit-narrow-dark.png": ("narrow", "dark", 1900),
}
"""How wide, in which scheme, and how many pixels from the top."""


def main() -> None:
    """Make them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        guix = unpack("guix-2020", folder)
        page = folder / "audit.html"
        arguments = ["audit", guix.target, "-C", str(guix.path), "--html", str(page), "--quiet"]
        arguments += ["--introduction", guix.introduction, "--signer", guix.signer]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        with started(folder / "profile") as browser:
            for picture, (width, scheme, most) in PICTURES.items():
                browser.open(page, width, scheme)
                browser.picture(FOLDER / picture, most)


if __name__ == "__main__":
    main()
