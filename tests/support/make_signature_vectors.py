"""Writes fixtures/signatures/*.yaml, the same bytes on every machine.

python -m tests.support.make_signature_vectors             write them all, and remove others
python -m tests.support.make_signature_vectors --guards    say which check each one guards
"""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path

from tests.support.vectors import (
    commit_object,
    openpgp_armor,
    openpgp_good,
    openpgp_keys,
    openpgp_numbers,
    openpgp_packets,
    openpgp_subkeys,
    order,
    payloads,
    ssh_faults,
    ssh_form,
    ssh_good,
    ssh_numbers,
)
from tests.support.vectors.made import Vector, write

FOLDER = Path(__file__).parents[2] / "fixtures" / "signatures"

PARTS = (
    commit_object,
    payloads,
    openpgp_good,
    openpgp_armor,
    openpgp_packets,
    openpgp_keys,
    openpgp_subkeys,
    openpgp_numbers,
    order,
    ssh_good,
    ssh_form,
    ssh_faults,
    ssh_numbers,
)


def all_vectors() -> list[Vector]:
    """Make them all; two of one name, or of one content, are an error."""
    made = sorted(chain.from_iterable(part.vectors() for part in PARTS), key=lambda v: v.name)
    assert len({vector.name for vector in made}) == len(made)
    assert len({(v.commit, *v.keyring, v.authorizations) for v in made}) == len(made)
    return made


def files() -> dict[str, str]:
    """Return every file's content by its name."""
    return {f"{vector.name}.yaml": write(vector) for vector in all_vectors()}


def main() -> None:
    """Write the files, or show what they guard."""
    if "--guards" in sys.argv[1:]:
        for vector in all_vectors():
            print(f"{vector.name}: {vector.guards}")
        return
    made = files()
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob("*.yaml"):
        if file.name not in made:
            file.unlink()
    for name, content in made.items():
        (FOLDER / name).write_text(content)
    print(f"{len(made)} vectors in {FOLDER}")


if __name__ == "__main__":
    main()
