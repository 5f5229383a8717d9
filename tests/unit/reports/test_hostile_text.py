"""Whatever stands in a history, a keyring or an exception stays text, in each form.

Every text of every report is hostile here; what comes out has no line, no character and no markup
that the form did not put there.
"""

from __future__ import annotations

import dataclasses
import html
import itertools
import json
import re
import typing
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from nixauth import model
from nixauth.display import commit_text, printable
from nixauth.errors import MissingObjectError
from nixauth.explanation import Explanation, KeyView, ParentView
from nixauth.merging.values import (
    Candidate,
    Change,
    Effect,
    Kind,
    Limit,
    MergeReport,
    NewCommit,
    Origin,
    Outlook,
    Row,
    State,
)
from nixauth.model import (
    Authorizations,
    Caution,
    Fingerprint,
    HistoryMode,
    Introduction,
    ObjectId,
    Person,
    Problem,
    Refusal,
    Report,
    SignerCount,
    Stats,
    Verdict,
)
from nixauth.reports import (
    explanation,
    github,
    markdown,
    merge_json,
    merge_text,
    merge_words,
    remarks,
    sarif,
    text,
)
from nixauth.reports import json as json_report
from nixauth.reports.reasons import in_words
from nixauth.reports.remarks import Remark
from nixauth.reports.selection import select
from nixauth.reports.text import Background

TEXTS = {
    "terminal": "\x1b[2J\x1b]0;title\x07\x9b31m\x08\x7f\0",
    "bidi": "\u202eevil\u2066\u200f\u061c\u200b\ufeff\u00ad\U000e0041",
    "lines": "\n::error::x\r\n::add-mask::y\x0b\x0c\x85\u2028::notice::\u2029",
    "command": "::error file=a,line=1::x%0A::stop-commands::y%0D,a:b,c=d%25",
    "markdown": "| a | b |\\| <img src=x onerror=alert(1)> [a](http://b) ![c](d) **e** `f`` ~g~",
    "mentions": "@somebody #1 GH-1 http://example.org www.a.org a@example.org </code> &lt; &#64;",
    "sarif": "[link](1) {0} {{1}} \\[ \\ [a](http://b)",
    "surrogates": "\udcff\ud83d \udc80",
    "long": "|\u202e" * 500,
}
COMMIT, OTHER = ObjectId(b"\1" * 20), ObjectId(b"\2" * 20)
KEY = Fingerprint("A" * 40)
each = pytest.mark.parametrize("evil", TEXTS.values(), ids=TEXTS)


def reasons(evil: str) -> list[model.Reason]:
    """Return each reason, with this text wherever it has one: fingerprints, too."""
    values: Mapping[str, Any] = {
        "ObjectId": OTHER,
        "Fingerprint": Fingerprint(evil),
        "str": evil,
        "int": 1,
        "bool": True,
        "Problem": Problem(3, 7, evil),
    }
    return [
        kind(*(values[str(field.type)] for field in dataclasses.fields(kind)))
        for kind in typing.get_args(model.Reason)
    ]


def reports(evil: str) -> list[Report]:
    def report(verdict: Verdict, **options: Any) -> Report:
        introduction = Introduction(COMMIT, Fingerprint(evil))
        return Report(verdict, OTHER, introduction, path=evil, historical=True, **options)

    warnings = (Caution("key-weak", evil, evil, evil), Caution("service-only", evil))
    return [
        report(
            Verdict.AUTHENTIC,
            warnings=warnings,
            stats=Stats(2, 1, (SignerCount(evil, Fingerprint(evil), service=True, commits=2),)),
        ),
        report(Verdict.UNDECIDED, error=MissingObjectError(evil, evil)),
        *(
            report(
                Verdict.REFUSED,
                refusals=[Refusal(OTHER, reason), Refusal(COMMIT, reason)],
                warnings=warnings,
            )
            for reason in reasons(evil)
        ),
    ]


def merges(evil: str) -> list[MergeReport]:
    base, undecided, *refused = reports(evil)
    changes = tuple(
        Change(row, evil, Fingerprint(evil), service=True, mode=HistoryMode.EVERY_COMMIT)
        for row in Row
    )
    given = {
        "base": COMMIT,
        "head": OTHER,
        "introduction": base.introduction,
        "base_report": base,
        "path": evil,
        "mode": HistoryMode.EVERY_COMMIT,
        "candidates": (
            Candidate(evil, service=False, keys=(Fingerprint(evil),)),
            Candidate(evil, service=True, keys=(Fingerprint(evil),), limit=Limit.KEEPS_BASE),
            *(Candidate(evil, service=False, reason=reason) for reason in reasons(evil)),
        ),
        "new": [
            NewCommit(COMMIT, State.UNDECIDED, error=MissingObjectError(evil, evil)),
            *(NewCommit(OTHER, State.NOT_TRUSTED, reason) for reason in reasons(evil)),
        ],
    }

    def merge(outlook: Outlook, **options: Any) -> MergeReport:
        return MergeReport(outlook, **{**given, **options})

    faults = [
        Effect(origin, None, changes, reason)
        for origin, reason in zip(itertools.cycle(Origin), reasons(evil), strict=False)
    ]
    return [
        merge(Outlook.UNDECIDED, error=MissingObjectError(evil, evil)),
        merge(Outlook.UNDECIDED, base_report=undecided, error=undecided.error),
        merge(Outlook.REFUSED, kind=Kind.FAST_FORWARD, fast_forward=refused[0]),
        merge(Outlook.REFUSED, base_report=refused[1]),
        *(
            merge(
                Outlook.REFUSED,
                effect=effect,
                obstacles=[Refusal(COMMIT, reason) for reason in reasons(evil)],
            )
            for effect in faults
        ),
    ]


def explanations(evil: str) -> list[Explanation]:
    people = (Person(evil, (Fingerprint(evil),)),)
    file = Authorizations(evil.encode("utf-8", "replace"), HistoryMode.EVERY_COMMIT, people)
    return [
        Explanation(
            OTHER,
            report,
            (ParentView(COMMIT, "not decided", evil, file, evil),),
            ((evil, evil),),
            (
                KeyView(
                    Fingerprint(evil),
                    evil,
                    evil,
                    (Fingerprint(evil),),
                    ((Fingerprint(evil), evil),),
                ),
            ),
            evil,
        )
        for report in reports(evil)
    ]


def commit(evil: str) -> bytes:
    octets = evil.encode("utf-8", "surrogatepass")
    return b"tree x\nauthor %b <%b> 1 +0000\ncommitter %b\n\n%b" % ((octets,) * 4)


def background(evil: str) -> Background:
    """Return where subjects and owners come from; owners are printable by contract."""
    return Background(lambda _: commit(evil), lambda _: printable(evil, 100), verbose=True)


def shown(lines: Iterable[str]) -> str:
    """Return the lines as one text, each of which is one line and nothing invisible in it."""
    found = list(lines)
    for line in found:
        assert line.endswith("\n")
        assert_plain(line[:-1])
        assert not line.startswith("::")
        assert len(line) < 3000
    return "".join(found)


def assert_plain(line: str) -> None:
    for character in line:
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}, (
            f"{character!r} in {line!r}"
        )


# --- for people ---


@each
def test_reasons_in_words(evil: str) -> None:
    for reason in reasons(evil):
        words = in_words(reason)
        assert_plain(words.what + words.next)


@each
def test_text(evil: str) -> None:
    for report in reports(evil):
        assert shown(text.render(report, background(evil)))


@each
def test_text_of_a_merge(evil: str) -> None:
    for merge in merges(evil):
        assert shown(merge_text.render(merge, background(evil)))


@each
def test_words_of_a_merge(evil: str) -> None:
    for merge in merges(evil):
        words = [merge_words.headline(merge), merge_words.mode_in_words(merge)]
        words += [merge_words.advice(merge), *merge_words.signers_in_words(merge)]
        words += map(merge_words.change_in_words, merge.effect.changes)
        for one in words:
            assert_plain(one)


@each
def test_explanation(evil: str) -> None:
    for one in explanations(evil):
        assert shown(explanation.render(one).splitlines(keepends=True))


@each
def test_a_commit_in_a_line(evil: str) -> None:
    found = commit_text(commit(evil))
    for one in (found.subject, found.author, found.date):
        assert_plain(one)


# --- for machines ---


def all_remarks(evil: str) -> list[list[Remark]]:
    return [
        *(list(remarks.of_report(report)) for report in reports(evil)),
        *(list(remarks.of_merge(merge)) for merge in merges(evil)),
        [remarks.of_error(MissingObjectError(evil, evil))],
    ]


@each
def test_remarks_are_printable(evil: str) -> None:
    for found in all_remarks(evil):
        for one in found:
            assert_plain(one.title + one.message + one.code)


COMMAND = re.compile(
    r"::(?:error|warning|notice) title=[^:,\n]*(?:,file=[^:,\n]*)?(?:,line=\d+,col=\d+)?::[^\n]*\n"
)


@each
def test_workflow_commands(evil: str) -> None:
    for found in all_remarks(evil):
        for line in github.render(select(found, markdown.MOST), "x"):
            assert COMMAND.fullmatch(line), line
            assert_plain(line[:-1])
            # A percent sign is the runner's only where it was written as such.
            assert set(re.findall("%..", line)) <= {"%25", "%3A", "%2C"}


@each
def test_markdown(evil: str) -> None:
    for found in all_remarks(evil):
        written = markdown.render(evil, select(found, markdown.MOST), evil)
        heading, _, _, _, *rows = written.rstrip("\n").split("\n")
        assert heading.startswith("### nixauth: <code>")
        for line in (heading, *rows):
            assert_plain(line.replace("\ufe0f", ""))
            ours = r"</?code>|&#\d+;|^### nixauth: |^\| | \| | \|$|[❌✅]|⚠\ufe0f"
            inside = re.sub(ours, "", line)
            assert not set(inside) & set("<>|[]()`*_~@#:/\\&.!"), line
            assert line.count("<code>") == line.count("</code>")


@each
def test_log(evil: str) -> None:
    for found in all_remarks(evil):
        for decided in (True, False):
            written = "".join(
                sarif.render(found, decided=decided, exit_code=1, version=evil, path="a")
            )
            assert written.isascii()
            (run,) = json.loads(written)["runs"]
            messages = [one["message"]["text"] for one in run["results"]]
            (invocation,) = run["invocations"]
            messages += [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
            for message in messages:
                assert_plain(message)
                plain = re.sub(r"\\[\\\[\]]|\{\{|\}\}", "", message)
                assert not set(plain) & set("[]{}\\"), message
            for result in run["results"]:
                uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                assert re.fullmatch(r"(?:[A-Za-z0-9/_.~-]|%[0-9A-F]{2})+", uri)


JSON: list[Callable[[str], Iterable[Iterable[str]]]] = [
    lambda evil: map(json_report.render, reports(evil)),
    lambda evil: map(merge_json.render, merges(evil)),
    lambda evil: [json_report.render_failure(MissingObjectError(evil, evil))],
]


@each
@pytest.mark.parametrize("documents", JSON, ids=["report", "merge", "failure"])
def test_json(evil: str, documents: Callable[[str], Iterable[Iterable[str]]]) -> None:
    """Data is as it was found; the text that carries it is ASCII, with nothing that drives."""
    for document in documents(evil):
        written = "".join(document)
        assert written.isascii()
        assert all(line.isprintable() for line in written.split("\n"))
        json.loads(written)


def test_data_is_as_it_was_found() -> None:
    for evil in TEXTS.values():
        found = json.loads("".join(json_report.render(reports(evil)[1])))
        assert found["path"] == found["error"]["message"] == found["error"]["hint"] == evil


def test_what_is_escaped_is_read_as_it_was() -> None:
    for evil in ("plain", *TEXTS.values()):
        written = markdown.text(printable(evil))
        assert html.unescape(written.removeprefix("<code>").removesuffix("</code>")) == printable(
            evil
        )
