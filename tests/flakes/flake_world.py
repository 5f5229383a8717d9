"""A flake beside a served repository: its lock, the channels, Nix where it is wanted."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nixauth import ObjectId, Repository
from nixauth.nar import nar_hash
from nixauth.signatures.commit_object import outline
from tests.hooks.world import World
from tests.support import commits, openpgp
from tests.unit.cli.places import Result, listing

NOTHING = "sha256-" + "A" * 43 + "="
"""A hash that no tree here has."""
OTHER_REPOSITORY = {"type": "git", "url": "https://other.example/r.git", "rev": "b" * 40}
NIX_FREE = ("git", "sh")


class FlakeWorld:
    """The folder `flake` with flake.nix and flake.lock, whose inputs are on the world's server."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.flake = world.folder / "flake"
        self.flake.mkdir(exist_ok=True)
        self.lock = self.flake / "flake.lock"

    # --- channels ---

    def channel(self, name: str = "it", *options: str, url: str | None = None) -> None:
        """Configure a channel on the server's main."""
        signer = openpgp.key("alice").fingerprint
        words = ["--url", url or self.world.url, "--introduction", self.world.a.hex()]
        branch = [] if "--branch" in options else ["--branch", "main"]
        self.world.nixauth("channel", "add", name, *words, "--signer", signer, *branch, *options)

    def pins(self, name: str = "it") -> dict[str, str]:
        """Return the commits that a channel's branches are pinned to."""
        data = Path(self.world.box.environment["HOME"]) / ".local/share"
        path = data / "nixauth/channels" / name / "pin.json"
        if not path.exists():
            return {}
        return {k: one["rev"] for k, one in json.loads(path.read_text())["pins"].items()}

    # --- the lock ---

    def hash(self, commit: bytes) -> str:
        """Return the hash of a commit's tree."""
        self.world.write(self.world.server)
        return nar_hash(Repository.open(self.world.server), ObjectId(commit)).plain.sri

    def attributes(self, commit: bytes, **more: Any) -> dict[str, Any]:
        """Return what Nix locks for a commit of the server; None takes something out."""
        made = {
            "type": "git",
            "url": self.world.url,
            "ref": "main",
            "rev": commit.hex(),
            "narHash": self.hash(commit),
            "lastModified": outline(self.world.maker.objects[commit][1]).date,
        }
        return {name: one for name, one in (made | more).items() if one is not None}

    def node(self, commit: bytes, *, inputs: Any = None, **more: Any) -> dict[str, Any]:
        """Return a node of a lock at a commit of the server, which is no flake unless said so."""
        fetched = self.attributes(commit, **more)
        asked = {n: v for n, v in fetched.items() if n in {"type", "url", "ref", "submodules"}}
        made: dict[str, Any] = {"locked": fetched, "original": asked}
        return made | ({"flake": False} if inputs is None else {"inputs": inputs})

    def write(
        self, nodes: Mapping[str, Any], root: Mapping[str, Any] | None = None, version: int = 7
    ) -> bytes:
        """Write a lock; the root has all nodes as inputs unless it is said otherwise."""
        inputs = {name: name for name in nodes} if root is None else root
        document = {
            "nodes": {**nodes, "root": {"inputs": inputs}},
            "root": "root",
            "version": version,
        }
        content = json.dumps(document, indent=2, sort_keys=True) + "\n"
        self.lock.write_text(content)
        return content.encode()

    def at(self, commit: bytes, **more: Any) -> bytes:
        """Write a lock with the one input `it` at a commit, and the flake that asks for it."""
        self.asks(f'it = {{ url = "git+{self.world.url}?ref=main"; flake = false; }};')
        return self.write({"it": self.node(commit, **more)})

    def asks(self, inputs: str, outputs: str = "{ }") -> None:
        """Write flake.nix."""
        (self.flake / "flake.nix").write_text(
            f"{{ inputs = {{ {inputs} }}; outputs = _: {outputs}; }}\n"
        )

    def locked(self, name: str = "it") -> dict[str, Any]:
        """Return what a node is locked to."""
        found: dict[str, Any] = json.loads(self.lock.read_text())["nodes"][name]["locked"]
        return found

    # --- commits ---

    def commit(
        self, *parents: bytes, files: Mapping[str, str], signer: str | None = "alice"
    ) -> bytes:
        """Add a commit with these files beside the authorizations."""
        maker = self.world.maker
        maker.date += 60
        blobs = {
            ".authorizations": listing({name: [name] for name in ("alice", "bob")}),
            **{name: content.encode() for name, content in files.items()},
        }
        tree = commits.add_tree(
            maker.objects,
            {
                name: ("100644", commits.add(maker.objects, "blob", one))
                for name, one in blobs.items()
            },
        )
        raw = commits.commit_content(tree, parents, date=maker.date)
        if signer is not None:
            raw = commits.signed_by(raw, openpgp.key(signer).sign)
        return commits.add(maker.objects, "commit", raw)

    # --- commands ---

    def run(self, *words: object, code: int = 0, **environment: str) -> Result:
        """Run `nixauth flake …` on the lock."""
        verb, *rest = words
        where = ["--lock", self.lock] if verb == "update" else [self.lock]
        return self.world.nixauth("flake", verb, *rest, *where, code=code, **environment)

    def report(self, *words: object, code: int = 0) -> list[dict[str, Any]]:
        """Return what `check` says of the inputs, as JSON."""
        document = json.loads(self.run("check", "--format", "json", *words, code=code).out)
        assert document["schema"] == 1
        found: list[dict[str, Any]] = document["inputs"]
        return found

    def stays(self, *words: object, code: int, **environment: str) -> Result:
        """Run an update that must leave the lock, and all that is beside it, as they are."""
        before = self.there()
        done = self.run("update", *words, code=code, **environment)
        assert self.there() == before
        assert "Traceback" not in done.err
        return done

    def there(self) -> dict[str, tuple[bytes, int]]:
        """Return what is in the flake's folder."""
        return {
            path.name: (path.read_bytes(), path.lstat().st_mode)
            for path in self.flake.iterdir()
            if path.is_file()
        }

    def without_nix(self) -> None:
        """Have PATH hold git, and no Nix."""
        folder = self.world.folder / "programs"
        folder.mkdir()
        for name in NIX_FREE:
            found = shutil.which(name)
            assert found
            (folder / name).symlink_to(found)
        self.world.box.environment["PATH"] = str(folder)

    def with_nix(self, text: str) -> None:
        """Put a shell script before Nix; `$NIX` is the real one."""
        folder = self.world.folder / "wrapped"
        folder.mkdir(exist_ok=True)
        real = shutil.which("nix")
        path = self.world.box.environment["PATH"].removeprefix(f"{folder}{os.pathsep}")
        (folder / "nix").write_text(f"#!/bin/sh\nNIX={real}\n{text}\n")
        (folder / "nix").chmod(0o755)
        self.world.box.environment["PATH"] = f"{folder}{os.pathsep}{path}"

    def with_real_nix(self) -> None:
        """Take the script away again."""
        shutil.rmtree(self.world.folder / "wrapped")
