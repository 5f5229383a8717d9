"""Makes fixtures/nar/golden.nar: `python -m tests.support.make_nar_golden`, with Nix."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.nar_trees import File, Link, Tree, write
from tests.support.nix import nix_home

GOLDEN = Path(__file__).parents[2] / "fixtures" / "nar" / "golden.nar"
TREE: Tree = {
    b"README": File(b"A tree of each kind of thing.\n"),
    b"a": {b"below": File(b"a directory before a.b\n"), b"nothing": {}},
    b"a.b": File(b"12345678"),
    b"empty": File(),
    b"link": Link(b"a/below"),
    b"run": File(b"#!/bin/sh\n", executable=True),
    b"\xff": Link(b"\xfe"),
}
"""What the archive holds."""

if __name__ == "__main__":
    with nix_home() as nix, tempfile.TemporaryDirectory() as folder:
        GOLDEN.write_bytes(nix.dump(write(TREE, Path(folder) / "tree")))
