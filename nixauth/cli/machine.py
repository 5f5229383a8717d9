"""Reports in the forms that CI systems read, and the job's summary where there is one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nixauth.cli import common
from nixauth.cli.options import OutputFormat
from nixauth.display import printable
from nixauth.errors import UndecidedError
from nixauth.merging.values import MergeReport, Outlook
from nixauth.model import Report
from nixauth.reports import github, markdown, merge_json, remarks, sarif
from nixauth.reports import json as json_report
from nixauth.reports.json import Used
from nixauth.reports.remarks import Remark
from nixauth.reports.selection import Selection, select

OUTLOOK_CODES = {
    Outlook.ACCEPTED: common.AUTHENTIC,
    Outlook.REFUSED: common.REFUSED,
    Outlook.UNDECIDED: common.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the forms for CI systems are made of; the remarks may be a million, taken once.

    `source` is the command line that shows everything.
    """

    remarks: Iterable[Remark]
    verdict: str
    source: str
    code: int
    path: str = ""


def emit_report(form: OutputFormat, report: Report) -> None:
    """Write the answer to `verify` in another form than JSON, which takes less to be loaded."""
    verdict = report.verdict
    said = f"verify {report.target.hex()[:12]}: {verdict.value}"
    found = remarks.of_report(report)
    _emit(form, _Answer(found, said, _source("verify"), common.CODES[verdict], report.path))


def emit_merge(form: OutputFormat, merge: MergeReport, used: Used | None = None) -> None:
    """Write the answer to `check-merge`."""
    if form is OutputFormat.JSON:
        common.emit(merge_json.render(merge, used))
        return
    said = f"check-merge: {merge.outlook.value}"
    found = remarks.of_merge(merge)
    code = OUTLOOK_CODES[merge.outlook]
    _emit(form, _Answer(found, said, _source("check-merge"), code, merge.path))


def emit_failure(form: OutputFormat, error: UndecidedError) -> None:
    """Write that a question could not even be put."""
    if form is OutputFormat.JSON:
        common.emit(json_report.render_failure(error))
        return
    said = f"undecided ({error.kind})"
    _emit(form, _Answer([remarks.of_error(error)], said, _source("verify"), common.UNDECIDED))


def _source(command: str) -> str:
    return f"nixauth {command} --format json, with the same options,"


def _emit(form: OutputFormat, answer: _Answer) -> None:
    if form is OutputFormat.SARIF:
        decided = answer.code != common.UNDECIDED
        pieces = sarif.render(
            answer.remarks,
            decided=decided,
            exit_code=answer.code,
            version=_version(),
            path=answer.path,
        )
        common.emit(pieces)
        return
    few = select(answer.remarks, markdown.MOST)
    common.emit(github.render(few, answer.source))
    _append_summary(few, answer)


def _append_summary(few: Selection, answer: _Answer) -> None:
    """Append to the job's summary; that it cannot be written changes no verdict."""
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    try:
        with Path(name).open("ab") as file:
            room = markdown.LIMIT - file.tell()
            text = markdown.render(answer.verdict, few, answer.source, room)
            file.write(text.encode("utf-8", "backslashreplace"))
        if not text:
            common.note(f"warning: the job's summary {printable(name)} is full")
    except OSError as error:
        reason = printable(error.strerror or type(error).__name__, 200)
        common.note(f"warning: the job's summary {printable(name)} cannot be written: {reason}")


def _version() -> str:
    with contextlib.suppress(PackageNotFoundError):
        return version("nixauth")
    return ""
