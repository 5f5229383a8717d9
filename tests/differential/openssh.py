"""`ssh-keygen`: makes keys and signatures, and says what it thinks of signatures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.differential.parties import Said
from tests.differential.programs import Ran, isolated, program, run

PERSON = "author@example.org"
_GOOD = re.compile(rb'Good "([^"]*)" signature (?:for \S+ )?with \S+ key (SHA256:\S+)')


@dataclass
class OpenSSH:
    """OpenSSH's program in a folder of its own."""

    folder: Path
    program: str = field(init=False)
    runs: list[Ran] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.program = program("ssh-keygen")
        self.environment = isolated(self.folder)

    def run(self, *words: object, given: bytes = b"", check: bool = True) -> Ran:
        """Run it."""
        command = [self.program, *words]
        self.runs.append(run(command, self.environment, given=given, check=check))
        return self.runs[-1]

    def make(self, name: str, *options: object) -> Path:
        """Make a key; return the file of the private one."""
        path = self.folder / name
        self.run("-q", "-N", "", "-C", name, "-f", path, *options)
        return path

    def line(self, path: Path) -> str:
        """Return the line of the public key."""
        return path.with_name(path.name + ".pub").read_text().strip()

    def fingerprint(self, path: Path) -> str:
        """Return a key's name."""
        return self.run("-l", "-f", path).out.decode().split()[1]

    def sign(self, path: Path, payload: bytes, *options: object, namespace: str = "git") -> bytes:
        """Return an armored signature."""
        return self.run("-Y", "sign", "-n", namespace, "-f", path, *options, given=payload).out

    def allow(self, *lines: str) -> Path:
        """Write a file of the people whose signatures are good."""
        path = self.folder / f"allowed-{len(list(self.folder.iterdir()))}"
        path.write_text("".join(f"{PERSON} {line}\n" for line in lines))
        return path

    def says(self, payload: bytes, armored: bytes, allowed: Path, namespace: str = "git") -> Said:
        """Have it verify a signature.

        The first word is its exit code, the second what it prints: it ran, whatever it found.
        """
        path = self.folder / "signature"
        path.write_bytes(armored)
        words = ("-Y", "verify", "-f", allowed, "-I", PERSON, "-n", namespace, "-s", path)
        ran = self.run(*words, given=payload, check=False)
        return said(ran, namespace)

    def checks(self, payload: bytes, armored: bytes, namespace: str = "git") -> Said:
        """Have it verify a signature without asking who made it."""
        path = self.folder / "signature"
        path.write_bytes(armored)
        words = ("-Y", "check-novalidate", "-n", namespace, "-s", path)
        return said(self.run(*words, given=payload, check=False), namespace)


def said(ran: Ran, namespace: str = "git") -> Said:
    """Read what it printed; of a bad signature it says why on standard error."""
    good = _GOOD.search(ran.out + ran.err)
    assert (ran.code == 0) == (good is not None), ran
    if good is not None:
        assert good[1].decode() == namespace
        return Said(good[2].decode(), ("0", good[0].decode()))
    assert ran.out or ran.err, "it says something"
    return Said("", (str(ran.code), (ran.err + ran.out).decode(errors="replace").strip()))
