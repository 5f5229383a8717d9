"""Reports in the forms that CI systems read, and the job's summary where there is one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nixauth.cli import common
from nixauth.cli.options import OutputFormat
from nixauth.display import printable
from nixauth.errors import UndecidedError
from nixauth.merging.values import MergeReport, Outlook
from nixauth.model import Report, Verdict
from nixauth.reports import github, markdown, merge_json, remarks, sarif
from nixauth.reports import json as json_report
from nixauth.reports.remarks import Remark

OUTLOOK_CODES = {
    Outlook.ACCEPTED: common.AUTHENTIC,
    Outlook.REFUSED: common.REFUSED,
    Outlook.UNDECIDED: common.UNDECIDED,
}


def emit_report(form: OutputFormat, report: Report) -> None:
    """Write the answer to `verify`."""
    if form is OutputFormat.JSON:
        _emit(json_report.render(report))
        return
    verdict = report.verdict
    _emit_remarks(
        form,
        list(remarks.of_report(report)),
        f"verify {report.target.hex()[:12]}: {verdict.value}",
        code=common.CODES[verdict],
        decided=verdict is not Verdict.UNDECIDED,
        path=report.path,
    )


def emit_merge(form: OutputFormat, merge: MergeReport) -> None:
    """Write the answer to `check-merge`."""
    if form is OutputFormat.JSON:
        _emit(merge_json.render(merge))
        return
    _emit_remarks(
        form,
        list(remarks.of_merge(merge)),
        f"check-merge: {merge.outlook.value}",
        code=OUTLOOK_CODES[merge.outlook],
        decided=merge.outlook is not Outlook.UNDECIDED,
        path=merge.path,
    )


def emit_failure(form: OutputFormat, error: UndecidedError) -> None:
    """Write that a question could not even be put."""
    if form is OutputFormat.JSON:
        _emit([json_report.render_failure(error)])
        return
    _emit_remarks(
        form,
        [remarks.of_error(error)],
        f"undecided ({error.kind})",
        code=common.UNDECIDED,
        decided=False,
        path="",
    )


def _emit_remarks(
    form: OutputFormat,
    found: list[Remark],
    verdict: str,
    *,
    code: int,
    decided: bool,
    path: str,
) -> None:
    if form is OutputFormat.SARIF:
        _emit(sarif.render(found, decided=decided, exit_code=code, version=_version(), path=path))
        return
    _emit(github.render(found))
    _append_summary(markdown.render(verdict, found))


def _emit(pieces: Iterable[str]) -> None:
    common.emit("".join(pieces))


def _append_summary(pieces: Iterable[str]) -> None:
    """Append to the job's summary; that it cannot be written changes no verdict."""
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(pieces)
    except OSError as error:
        reason = printable(error.strerror or type(error).__name__, 200)
        common.note(f"warning: the job's summary {printable(name)} cannot be written: {reason}")


def _version() -> str:
    with contextlib.suppress(PackageNotFoundError):
        return version("nixauth")
    return ""
