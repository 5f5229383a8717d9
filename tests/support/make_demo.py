"""Make the history that `nixauth demo` ships: `python -m tests.support.make_demo`.

The keys are made from public names: whoever reads this can sign with them, and they are good for
the demonstration only.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from tests.support import commits, openpgp
from tests.support.commits import EPOCH

PATH = Path(__file__).parents[2] / "nixauth" / "demo" / "history.json"
DAY = 86_400


def listing(*names: str) -> bytes:
    lines = ["version: 1", "people:"]
    for name in names:
        lines += [f"  {name}:", f"    keys: [{person(name).fingerprint}]"]
    return "\n".join([*lines, ""]).encode()


def person(name: str) -> openpgp.Key:
    return openpgp.key(f"nixauth demonstration {name}")


class History:
    def __init__(self) -> None:
        self.objects: commits.Objects = {}
        self.date = EPOCH

    def blob(self, content: bytes) -> bytes:
        return commits.add(self.objects, "blob", content)

    def commit(
        self,
        parents: list[bytes],
        who: str,
        subject: str,
        people: tuple[str, ...],
        version: str,
        *,
        stolen: bytes | None = None,
    ) -> bytes:
        """Add a commit; `stolen` is a commit whose signature is copied onto this one."""
        self.date += DAY
        files = {
            ".authorizations": ("100644", self.blob(listing(*people))),
            "hello.nix": ("100644", self.blob(f'{{ version = "{version}"; }}\n'.encode())),
        }
        name = who.capitalize().encode()
        content = commits.commit_content(
            commits.add_tree(self.objects, files),
            parents,
            message=subject.encode() + b"\n",
            date=self.date,
            author=name + b" <" + who.encode() + b"@example.org>",
        )
        if stolen is None:
            armored = person(who).sign(content)
        else:
            victim = self.objects[stolen][1].partition(b"gpgsig ")[2].partition(b"\n\n")[0]
            armored = victim.replace(b"\n ", b"\n") + b"\n"
        return commits.add(self.objects, "commit", commits.signed(content, armored))


def make() -> dict[str, object]:
    history = History()
    listed = ("alice", "bob")
    start = history.commit([], "alice", "Say who may sign: Alice and Bob", listed, "2.10")
    update = history.commit([start], "bob", "hello: 2.10 -> 2.12", listed, "2.12")
    listed = ("alice", "carol")
    removal = history.commit(
        [update], "alice", "Remove Bob, whose laptop was stolen; add Carol", listed, "2.12"
    )
    side = history.commit([removal], "carol", "hello: 2.12 -> 2.12.1", listed, "2.12.1")
    tip = history.commit([removal, side], "alice", "Merge the update of hello", listed, "2.12.1")
    forged = history.commit([tip], "alice", "hello: 2.12.1 -> 2.13", listed, "2.13", stolen=tip)
    removed = history.commit([tip], "bob", "hello: 2.12.1 -> 2.13", listed, "2.13")
    own = (*listed, "mallory")
    self_authorized = history.commit([tip], "mallory", "Add Mallory", own, "2.12.1")
    certificates = b"".join(
        person(name).certificate(user_id=f"{name.capitalize()} <{name}@example.org>".encode())
        for name in ("alice", "bob", "carol", "mallory")
    )
    return {
        "introduction": {"commit": start.hex(), "signer": person("alice").fingerprint},
        "targets": {
            "good": tip.hex(),
            "forged": forged.hex(),
            "removed": removed.hex(),
            "self-authorized": self_authorized.hex(),
        },
        "keyring": base64.b64encode(certificates).decode(),
        "objects": [
            [kind, base64.b64encode(content).decode()] for kind, content in history.objects.values()
        ],
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(make(), indent=1) + "\n")
