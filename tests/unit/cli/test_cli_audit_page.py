"""`nixauth audit --html`."""

from __future__ import annotations

import stat
from pathlib import Path

from nixauth.display import spaced
from tests.support import openpgp
from tests.unit.cli.places import Place, Result, clear, listing


def audit(place: Place, *arguments: object) -> Result:
    """Audit the tip, in this process."""
    own = ["audit", "-C", str(place.repository), *place.introduction]
    return place.box.run(*own, *arguments)


def test_page_beside_the_text(place: Place, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    page.write_text("an older page")
    page.chmod(0o640)
    done = audit(place, "--html", page)
    assert done.code == 0
    assert done.err == ""
    assert done.out.startswith(f"audit of {place.commits[-1].hex()} (authentic)")
    content = page.read_text("utf-8")
    assert content.startswith("<!DOCTYPE html>")
    assert content.rstrip().endswith("</html>")
    assert place.commits[-1].hex() in content
    assert "A change" in content
    assert ">alice<" in content
    assert stat.S_IMODE(page.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.glob("*audit*")) == ["audit.html"]


def test_page_to_standard_output(place: Place) -> None:
    done = audit(place, "--html", "-")
    assert done.code == 0
    assert done.out.startswith("<!DOCTYPE html>")
    assert done.out.count("</html>") == 1
    assert done.out.rstrip().endswith("</html>")


def test_page_that_cannot_be_written(place: Place, tmp_path: Path) -> None:
    done = audit(place, "--html", tmp_path / "nowhere" / "audit.html")
    assert done.code == 2
    assert done.out == ""
    assert clear(done.err)
    assert "cannot be written" in done.err


def test_refused_introduction_replaces_the_page(place: Place, tmp_path: Path) -> None:
    """An older page that says something else does not stay."""
    page = tmp_path / "audit.html"
    assert audit(place, "--html", page).code == 0
    place.signer = "bob"
    done = audit(place, "--html", page)
    assert done.code == 1
    content = page.read_text("utf-8")
    assert '<header class="verdict refused">' in content
    assert "wrong-introduction-signer" in content
    assert "authentic" not in content.partition("<body>")[2].replace("not authentic", "")


def test_page_beside_json(place: Place, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    done = audit(place, "--format", "json", "--html", page)
    assert done.code == 0
    assert done.out.startswith("{")
    assert page.exists()


def test_what_was_asked_is_on_the_page(place: Place, tmp_path: Path) -> None:
    page, draft = tmp_path / "audit.html", tmp_path / "draft.yaml"
    draft.write_bytes(listing({"alice": ["alice"]}))
    bob = openpgp.key("bob").fingerprint
    done = audit(place, "--html", page, "--key", bob, "--authorizations", draft)
    assert done.code == 0
    content = page.read_text("utf-8")
    assert '<section id="one-key">' in content
    assert spaced(bob) in content
    assert '<section id="what-if">' in content
    assert "draft.yaml" in content
    assert "the target would be refused" in content


def test_undecided_leaves_the_page(place: Place, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    page.write_text("an older page")
    done = audit(place, "0" * 40, "--html", page)
    assert done.code in {2, 3}
    assert page.read_text() == "an older page"
