"""What reaches a terminal, a table and the end of a process."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.unit.audit.conftest import Audited, fingerprint
from tests.unit.cli.places import Sandbox


def on_terminal(audited: Audited, columns: int, *arguments: str) -> str:
    """Return what an audit writes to a terminal that is so wide."""
    audited.write()
    box: Sandbox = audited.box
    command = box.command(
        "audit", "-C", audited.repository, "--introduction", audited.made[0].hex(),
        "--signer", fingerprint("alice"), *arguments,
    )  # fmt: skip
    own, other = pty.openpty()
    environment = {**box.environment, "COLUMNS": str(columns), "LINES": "50", "TERM": "dumb"}
    with subprocess.Popen(command, stdout=other, stderr=subprocess.DEVNULL, env=environment) as run:
        os.close(other)
        read = b""
        while True:
            try:
                some = os.read(own, 65536)
            except OSError:
                break
            if not some:
                break
            read += some
        run.wait()
    os.close(own)
    return read.decode()


def test_fingerprints_are_whole_on_a_terminal_of_80_columns(audited: Audited) -> None:
    """They are what one has to hand on to --key, to gpg and to a colleague."""
    audited.commit(people=("alice", "bob", "carol"))
    audited.commit(people=("alice", "bob", "carol"))
    text = on_terminal(audited, 80)
    assert "vouched for nothing" in text or "listed, and" in text
    assert fingerprint("carol") in text.replace(" ", "").replace("\r\n", "")


def test_what_if_names_whole_keys_on_a_terminal_of_80_columns(
    audited: Audited, tmp_path: Path
) -> None:
    audited.commit()
    audited.commit(signer="bob")
    draft = tmp_path / "draft"
    draft.write_text(f"version: 1\npeople:\n  alice:\n    keys: [{fingerprint('alice')}]\n")
    text = on_terminal(audited, 80, "--quiet", "--authorizations", str(draft))
    assert "unauthorized" in text
    assert fingerprint("bob") in text.replace(" ", "").replace("\r\n", "")


def test_two_people_who_look_the_same_do_not(audited: Audited) -> None:
    text = f"version: 1\npeople:\n  alice:\n    keys: [{fingerprint('alice')}]\n"
    text += f'  "alice\u3164":\n    keys: [{fingerprint("mallory")}]\n'
    audited.commit(file=text.encode())
    audited.commit(file=text.encode(), signer="mallory")
    assert "\u3164" not in audited.run().out


def test_without_standard_output_there_is_no_traceback(audited: Audited) -> None:
    audited.commit()
    audited.commit()
    audited.write()
    command = audited.box.command(
        "audit", "-C", audited.repository, "--introduction", audited.made[0].hex(),
        "--signer", fingerprint("alice"),
    )  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *command],
        env=audited.box.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 3}


def test_a_page_may_have_as_long_a_name_as_the_system_allows(
    audited: Audited, tmp_path: Path
) -> None:
    audited.commit()
    audited.commit()
    audited.run("--html", tmp_path / ("n" * 250 + ".html"))


def test_csv_keeps_apart_who_is_apart(audited: Audited) -> None:
    """Two names with the same first 160 letters are one in the table."""
    names = ["n" * 160 + end for end in "ab"]
    keys = [fingerprint(one) for one in ("alice", "bob")]
    file = "version: 1\npeople:\n" + "".join(
        f"  {name}:\n    keys: [{key}]\n" for name, key in zip(names, keys, strict=True)
    )
    audited.commit(file=file.encode())
    audited.commit(file=file.encode())
    audited.commit(file=file.encode(), signer="bob")
    rows = audited.run("--format", "csv").out.splitlines()[1:]
    assert len({row.split(",")[6] for row in rows}) == 2


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_dates_at_the_edges(audited: Audited, since: str) -> None:
    audited.commit()
    audited.commit()
    audited.run("--key", fingerprint("alice"), "--since", since)


def test_a_locale_without_unicode(audited: Audited) -> None:
    audited.commit(message="Ünï\n".encode())
    audited.commit(message="Ünï → ✓\n".encode())
    audited.write()
    done = audited.box.process(
        "audit", "-C", audited.repository, "--introduction", audited.made[0].hex(), "--signer",
        fingerprint("alice"), "--html", audited.box.folder / "page.html",
        LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0",
    )  # fmt: skip
    assert done.code == 0
    assert "Traceback" not in done.err


def test_a_replaced_commit_is_read_as_it_was_signed(audited: Audited) -> None:
    audited.commit()
    audited.commit(signer=None, message=b"evil\n")
    other = audited.commit(audited.made[0], signer="alice", message=b"good\n")
    audited.made[-2:] = [other, audited.made[1]]
    repository = audited.write()
    replace = repository / "refs" / "replace"
    replace.mkdir()
    (replace / audited.made[-1].hex()).write_text(f"{other.hex()}\n")
    found = audited.json()
    assert found["coverage"]["refused"] == {"unsigned": 1}
    assert "evil" in audited.run("--format", "csv").out


def test_odd_targets_end_with_documented_codes(audited: Audited) -> None:
    audited.commit()
    audited.commit()
    audited.write()
    tree = next(oid for oid, (kind, _) in audited.maker.objects.items() if kind == "tree")
    audited.run(tree.hex(), code=2)
    audited.run("0" * 39 + "1", code=3)
    audited.run(f"{audited.made[1].hex()}..{audited.made[0].hex()}")
    audited.run(f"{audited.made[1].hex()}..{audited.made[1].hex()}", "--html",
                audited.box.folder / "page.html")  # fmt: skip
    audited.run("A...B", code=2)
    audited.run("main", "^main", code=2)
    before = audited.maker.commit()
    audited.repository = None
    audited.box.folder = audited.box.folder / "again"
    audited.box.folder.mkdir()
    audited.write(other=before)
    audited.run("other")
