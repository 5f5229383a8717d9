"""The page of an audit: nothing raw in it, nothing loaded by it, and nothing left unsaid."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import html5lib
import pytest

from nixauth.audit.making import Answer
from nixauth.audit.values import Membership, Month, Stay
from nixauth.model import Verdict
from nixauth.reports import audit_charts, audit_html
from tests.support.audits import DAY, START, answer, commit, moment, oid
from tests.unit.reports.test_hostile_text import TEXTS

MARKUP = {
    "element": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=alert(1) x='y' autofocus onfocus=alert(1) `",
    "closing": "</td></title></style></svg></desc></script><!-- --><![CDATA[ ]]>",
    "entities": "&lt;b&gt; &#60;b&#62; &amp;lt; &copy",
    "template": "{{ 7 * 7 }}{% raw %}{# x #}${7*7}",
    "addresses": "http://example.org/ https://example.org javascript:alert(1) //example.org url(x)",
    "wide": "\ufdfd" * 40 + "a\u0300\u0301\u0302" * 20,
}
HOSTILE = {**TEXTS, **MARKUP}
MARKED = "evil"


@pytest.fixture(params=HOSTILE, name="text")
def _text(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]


def made(whole: Answer, subject: str = "A change", most: int = audit_html.MOST_ROWS) -> str:
    return audit_html.render(whole, commit(subject), most).decode("utf-8")


class Strict(HTMLParser):
    """What HTML's author has to write: each element closed, in its order, attributes once."""

    EMPTY = frozenset(("meta", "link", "input", "br"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.ids: list[str] = []
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        assert not [name for name in names if name.startswith("on") or name == "style"]
        self.shape.append((tag, tuple(names)))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in {"href", "src", "srcset", "action", "data", "poster", "xlink:href"}:
                self.links.append((tag, value or ""))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    def handle_entityref(self, name: str) -> None:
        assert name in {"lt", "gt", "amp", "quot"}, name

    def handle_charref(self, name: str) -> None:
        assert name in {"39", "34"}, name


def parsed(page: str) -> Strict:
    found = Strict()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def values(page: str) -> Iterator[str]:
    """Yield every text and every attribute that a browser would find."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    assert isinstance(tree, ET.Element)
    for element in tree.iter():
        if element.tag not in {"style", "script"}:
            yield element.text or ""
        yield element.tail or ""
        yield from element.attrib.values()


# --- hostile texts ---


def test_no_text_becomes_markup(text: str) -> None:
    """What stands in the texts changes nothing in elements, attributes, identifiers and links."""
    mild = parsed(made(answer(lambda _: MARKED, verdict=Verdict.REFUSED), MARKED))
    page = made(answer(lambda _: text, verdict=Verdict.REFUSED), text)
    found = parsed(page)
    assert found.shape == mild.shape
    assert found.ids == mild.ids
    assert found.links == mild.links
    for value in values(page):
        for character in value:
            assert character == "\n" or unicodedata.category(character) not in {
                "Cc",
                "Cf",
                "Cs",
                "Co",
                "Cn",
                "Zl",
                "Zp",
            }, repr(value)


def test_each_text_can_be_read() -> None:
    """A text that is markup comes out as it is written."""
    nasty = "<i>&amp;\"'"
    found = "\n".join(values(made(answer(lambda name: f"{nasty}{name}"), nasty)))
    for name in ("unsigned", "somebody", "RSA", "a problem", "detail", ".authorizations", "always"):
        assert f"{nasty}{name}" in found
    for name in ("a/path", "draft.yaml", "Somebody", "a@b", "error"):
        assert f"{nasty}{name}" in found


def test_a_refused_introduction_has_a_page_as_well(text: str) -> None:
    whole = answer(lambda _: text, verdict=Verdict.REFUSED)
    page = made(Answer(whole.report), text)
    parsed(page)
    found = "\n".join(values(page))
    assert "The introduction itself is refused" in found
    assert "authorizations-malformed" in found
    assert "coverage-chart" not in page


def test_a_commit_that_cannot_be_read() -> None:
    page = audit_html.render(answer(), lambda _: None).decode()
    parsed(page)
    assert "(cannot be read)" in page


# --- what it loads ---


def test_policy_admits_the_page_and_nothing_else() -> None:
    page = made(answer())
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "style-src": hashed(style),
        "script-src": hashed(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert page.index("Content-Security-Policy") < page.index("<style>")


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_is_loaded(text: str) -> None:
    found = parsed(made(answer(lambda _: text), text))
    assert {link for tag, link in found.links if tag != "a"} == {"data:,"}
    targets = {link for tag, link in found.links if tag == "a"}
    assert all(link.startswith("#") and link[1:] in found.ids for link in targets)


def test_own_files_name_no_address() -> None:
    page = made(answer())
    assert "http:" not in page
    assert "https:" not in page
    assert not re.search(r"@import|url\((?!#p-)|innerHTML|eval\(|fetch\(", page)


# --- form ---


def test_well_formed() -> None:
    for verdict in Verdict:
        found = parsed(made(answer(verdict=verdict)))
        assert len(found.ids) == len(set(found.ids))
        list(values(made(answer(verdict=verdict))))


def test_what_others_refer_to_is_there() -> None:
    page = made(answer())
    ids = set(parsed(page).ids)
    for names in re.findall(r'(?:aria-labelledby|for)="([^"]*)"', page):
        assert set(names.split()) <= ids
    assert set(re.findall(r"url\(#([^)]*)\)", page)) <= ids


def test_tables_have_captions_and_charts_have_names() -> None:
    page = made(answer())
    assert page.count("<table>") == page.count("<caption") > 8
    charts = page.count('class="chart ')
    assert charts == 4
    assert charts == page.count("<desc ") == page.count('role="img"')
    assert page.count("<summary>The same as a table</summary>") == charts


def test_verdict_comes_first() -> None:
    page = made(answer(verdict=Verdict.REFUSED))
    body = page.partition("<body>")[2]
    assert body.index("refused") < body.index("<main")
    assert body.index("<h1>") < body.index("<h2>")
    for verdict in Verdict:
        assert f'<header class="verdict {verdict.value}">' in made(answer(verdict=verdict))


# --- what was asked ---


def section(page: str, key: str) -> str:
    """Return the text of a section."""
    (found,) = re.findall(rf'<section id="{key}">(.*?)</section>', page, re.DOTALL)
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", found)).split())


def test_one_key() -> None:
    whole = answer()
    page = made(whole)
    found = section(page, "one-key")
    assert "ABCD ABCD" in found
    assert "Listed at the target yes, for somebody" in found
    assert "Counted with it EF01 EF01" in found
    assert f"what commit {oid(0).hex()} does not reach" in found
    assert "4 commits, 3 of them trusted; 2 forged ones besides" in found
    assert "2 paths, merges against their first parent" in found
    assert "of 1 commit the trees are not all in this repository" in found
    assert "FORGED: the key did not make it" in found
    assert "cannot be checked" in found
    assert "introduction: A change" in found
    assert "merge: A change" in found
    assert "a/path 5" in found
    assert 'id="key-grants"' in page
    assert '<a href="#one-key">' in page


def test_a_draft() -> None:
    page = made(answer())
    found = section(page, "what-if")
    assert "draft.yaml (trusted-path)" in found
    assert "the target would be refused" in found
    assert "Trusted 900 commits" in found
    assert "Trusted today, and refused then reason 80" in found
    assert "Not decided error 10" in found
    assert "Who has to do something first (of 100 commits on the first parents)" in found
    assert "40 unsigned sign Somebody <a@b>" in found
    assert '<a href="#what-if">' in page


def test_what_was_not_asked_has_no_section() -> None:
    whole = answer()
    assert whole.audit is not None
    page = made(replace(whole, audit=replace(whole.audit, key_use=None, what_if=None)))
    assert "one-key" not in page
    assert "what-if" not in page


def test_rows_of_what_was_asked_are_left_out_as_well() -> None:
    whole = answer()
    assert whole.audit is not None
    assert whole.audit.key_use is not None
    paths = {b"%d" % number: 1 for number in range(50)}
    use = replace(whole.audit.key_use, paths=paths)
    page = made(replace(whole, audit=replace(whole.audit, key_use=use)), most=10)
    (table,) = re.findall(r'id="key-paths">.*?</div>\n', page, re.DOTALL)[:1]
    assert table.count("<tr>") == 11
    assert "40 more are not on this page" in page


def test_what_was_not_decided_is_said_first() -> None:
    whole = answer()
    assert whole.audit is not None
    some = replace(whole.audit.coverage, undecided={"missing-object": 3})
    page = made(replace(whole, audit=replace(whole.audit, coverage=some)))
    header = page.partition("<main")[0]
    assert "3 commits could not be decided (missing-object 3)" in header
    settled = replace(whole.audit.coverage, undecided={})
    one = replace(whole.audit, coverage=settled)
    assert "under the draft, 10 commits could not be decided" in made(replace(whole, audit=one))
    all_decided = replace(one, what_if=None)
    assert "could not be decided" not in made(replace(whole, audit=all_decided))


# --- how much of it ---


def test_rows_left_out_are_counted() -> None:
    page = made(answer(refused=50), most=10)
    (table,) = re.findall(r'id="refused">.*?</div>\n', page, re.DOTALL)[:1]
    assert table.count("<tr>") == 11
    assert "40 more are not on this page: <code>nixauth audit --format csv</code> lists" in page
    assert "20 more are not on this page: <code>nixauth audit --format json</code> lists" in page


def test_large_histories_make_no_large_page() -> None:
    page = made(answer(lambda name: name + "x" * 5000, refused=20_000, people=3000), "s" * 5000)
    assert len(page) < 8_000_000
    assert page.count("<tr>") < 14_000
    assert "18,000 more are not on this page" in page
    found = parsed(page)
    assert sum(tag == "path" for tag, _ in found.shape) < 60


def test_commits_are_read_only_where_they_are_shown() -> None:
    read = []

    def content(asked: object) -> bytes:
        read.append(asked)
        return b""

    audit_html.render(answer(refused=5000), content, 10)
    assert len(read) < 30


# --- charts ---


def test_months_without_commits_have_columns() -> None:
    found = audit_charts.columns(["2023-11", "2024-02", "unknown"])
    assert found.labels == ("2023-11", "2023-12", "2024-01", "2024-02", "unknown")
    assert found.add_up({"2024-02": 3, "unknown": 1}) == [0, 0, 0, 3, 1]
    assert audit_charts.columns([]).labels == ()
    assert audit_charts.columns(["unknown"]).labels == ("unknown",)


def test_long_histories_go_by_year() -> None:
    found = audit_charts.columns(["1995-01", "2024-02"])
    assert found.unit == "year"
    assert len(found.labels) == 30
    assert found.add_up({"1995-03": 1, "1995-04": 1, "2024-02": 3})[::29] == [2, 3]


def test_dates_far_off_do_no_harm() -> None:
    found = audit_charts.columns([f"{year}-01" for year in range(1, 9999, 7)])
    assert len(found.labels) == 120
    assert found.left_out == 1429 - 120
    assert audit_charts.columns(["1-01", "9999-12"]).labels == ("0001", "9999")
    assert audit_charts.columns(["1-01"]).add_up({"1-01": 2}) == [2]


@pytest.mark.parametrize("most", [0, 1, 5, 6, 9, 11, 99, 1000, 123_456_789])
def test_stacks_fill_the_chart(most: int) -> None:
    over = audit_charts.columns(["2024-01", "2024-02"])
    series = [
        audit_charts.Series("a", "people", [most, 0]),
        audit_charts.Series("b", "other", [0, 1]),
    ]
    chart = audit_charts.stacked(over, series, 200)
    assert 2 <= len(chart.levels) <= 6
    assert all(0 <= block.y <= 200 and block.y + block.height <= 200.01 for block in chart.blocks)
    assert all(block.x >= 0 and block.x + block.width <= 100 for block in chart.blocks)
    assert len(chart.blocks) == bool(most) + 1
    if most > 1:
        assert max(block.height for block in chart.blocks) > 100


def test_stacks_lie_on_each_other() -> None:
    over = audit_charts.columns(["2024-01"])
    series = [audit_charts.Series("a", "people", [4]), audit_charts.Series("b", "other", [6])]
    low, high = audit_charts.stacked(over, series, 200).blocks
    assert (low.y, low.height) == (120, 80)
    assert (high.y, high.height) == (0, 120)
    assert high.title == "2024-01: 6 b"


def test_timeline() -> None:
    stays = [
        Membership("always", False, (Stay(moment(0), None),)),
        Membership("left", False, (Stay(moment(0), moment(25)),)),
        Membership("twice", True, (Stay(moment(50), moment(75)), Stay(moment(90), None))),
    ]
    chart = audit_charts.timeline(stays, oid(0), START + 100 * DAY, 60)
    assert chart.always == ("always",)
    left, twice = chart.lines
    assert [(span.x, span.width) for span in left.spans] == [(0, 25)]
    assert (left.spans[0].joins, left.spans[0].leaves) == (False, True)
    assert [(span.x, span.width) for span in twice.spans] == [(50, 25), (90, 10)]
    assert (twice.spans[1].joins, twice.spans[1].leaves) == (True, False)
    assert audit_charts.timeline(stays, oid(0), START, 1).left_out == 1


def test_timeline_with_odd_dates() -> None:
    """A date may lie before that of a parent, and anywhere at all."""
    odd = moment(5)
    for date in (-(2**62), 0, 2**62):
        stays = [Membership("a", False, (Stay(odd, replace(odd, date=date)),))]
        (line,) = audit_charts.timeline(stays, oid(0), START, 9).lines
        assert all(0 <= span.x <= 100 and 0 <= span.width <= 100 for span in line.spans)


def test_nothing_at_all() -> None:
    whole = answer()
    assert whole.audit is not None
    empty = replace(
        whole.audit,
        coverage=replace(
            whole.audit.coverage, commits=0, trusted=0, by_person=0, service_only=0,
            refused={}, undecided={}, stretches=(), stretches_in_all=0,
        ),
        months=(), algorithms=(), people=(), memberships=(), keys=(), grants=(), problems=(),
        first=None, last=None, since=None, head=None,
    )  # fmt: skip
    page = made(Answer(whole.report, empty, []))
    found = "\n".join(values(page))
    parsed(page)
    for said in ("None: somebody who was authorized", "Nobody is listed", "No commit changed them"):
        assert said in found


def test_one_month_only() -> None:
    whole = answer()
    assert whole.audit is not None
    month = Month("2024-01", {"a": 1}, {}, {}, {})
    parsed(made(Answer(whole.report, replace(whole.audit, months=(month,)), [])))


# --- the package ---


def test_templates_are_packaged() -> None:
    folder = Path(audit_html.__file__).parent / "templates"
    assert {path.name for path in folder.iterdir()} == {
        "audit.css",
        "audit.html.j2",
        "audit.js",
        "charts.html.j2",
        "tables.html.j2",
    }
