"""Audits to make reports of: every text in them is the one that was asked for."""

from __future__ import annotations

from collections.abc import Callable

from nixauth.audit.asked import Claimed, KeyCommit, KeyUse, Needed, WhatIf
from nixauth.audit.making import Answer
from nixauth.audit.values import (
    Algorithm,
    Coverage,
    Grant,
    KeyCount,
    KeyNote,
    KeyState,
    Membership,
    Merges,
    Moment,
    Month,
    PersonUse,
    Reliance,
    Row,
    State,
    Stay,
    Stretch,
)
from nixauth.audit.whole import Audit
from nixauth.merging.values import Change
from nixauth.merging.values import Row as Changed
from nixauth.model import (
    AuthorizationsMalformed,
    Fingerprint,
    HistoryMode,
    Introduction,
    ObjectId,
    Problem,
    Refusal,
    Report,
    Verdict,
)

DAY = 86_400
START = 1_700_000_000
"""14 November 2023."""


def oid(number: int) -> ObjectId:
    """Return an id."""
    return ObjectId(number.to_bytes(20, "big"))


def moment(number: int) -> Moment:
    """Return a commit a day."""
    return Moment(oid(number), START + number * DAY)


def commit(subject: str) -> Callable[[ObjectId], bytes]:
    """Return what reads commits, all of which have this subject, and this author."""
    text = _raw(subject)
    author = text.replace(b"\n", b" ")
    return lambda _: (
        b"author %s <%s> 1700000000 +0000\ncommitter C <c> 1700000000 +0000\n\n%s\n"
        % (
            author,
            author,
            text,
        )
    )


def _raw(text: str) -> bytes:
    """Return a text as git would have it."""
    return text.encode("utf-8", "surrogateescape" if _bytes(text) else "surrogatepass")


def _bytes(text: str) -> bool:
    return all(not "\ud800" <= one <= "\udc7f" for one in text)


def _key_use(said: Callable[[str], str], fingerprint: Fingerprint) -> KeyUse:
    commits = tuple(
        KeyCommit(
            oid(number),
            START,
            State.REFUSED if number % 2 else State.TRUSTED,
            said("reason") if number % 2 else "",
            said("somebody"),
            fingerprint,
            [*Claimed][number % 3],
            number == 2,
            (_raw(said("a/path")), b"b"),
            number != 3,
        )
        for number in range(6)
    )
    grant = Grant(
        oid(2), START, State.TRUSTED, "", said("somebody"), False, fingerprint, (), True, False
    )
    return KeyUse(
        fingerprint,
        (fingerprint, Fingerprint(said("EF01" * 10))),
        oid(0),
        START,
        (said("somebody"),),
        commits,
        {_raw(said("a/path")): 5, b"b": 6},
        (grant,),
        1,
    )


def _what_if(said: Callable[[str], str], fingerprint: Fingerprint) -> WhatIf:
    who = _raw(f"{said('Somebody')} <{said('a@b')}>")
    return WhatIf(
        said("draft.yaml"),
        HistoryMode.TRUSTED_PATH,
        Verdict.REFUSED,
        900,
        {said("reason"): 90},
        {said("error"): 10},
        {said("reason"): 80},
        2,
        100,
        tuple(
            Needed(who, signer, reason, 40, moment(1), moment(90))
            for signer, reason in ((fingerprint, said("unsigned")), ("", "unsigned"))
        ),
    )


def answer(
    said: Callable[[str], str] = str,
    *,
    refused: int = 30,
    verdict: Verdict = Verdict.AUTHENTIC,
    people: int = 30,
) -> Answer:
    """Return an audit in which each text is `said` of what it would be.

    Of the commits, so many are refused.
    """
    fingerprint = Fingerprint(said("ABCD" * 10))
    reasons = [
        said(name) for name in ("unsigned", "missing-key", "weak-digest", "c", "d", "e", "f")
    ]
    rows = [
        Row(
            oid(number),
            (),
            START + number * DAY // 8,
            State.REFUSED if number % 9 else State.UNDECIDED,
            reasons[number % len(reasons)],
            "",
            False,
            fingerprint,
            False,
            True,
            said("RSA"),
            said("SHA-512"),
            (),
            False,
        )
        for number in range(refused)
    ]
    algorithm = Algorithm(said("RSA"), said("SHA-512"), 7)
    uses = tuple(
        PersonUse(
            f"{said('somebody')} {number}",
            number == 1,
            number != 2,
            100 - number,
            50,
            0.25,
            moment(1),
            moment(90),
            (
                KeyCount(
                    Fingerprint(f"{fingerprint}{number}"), 9, moment(1), moment(90), (algorithm,)
                ),
            ),
            (fingerprint,),
            {"2023-11": 60, "2024-02": 40 - number, "unknown": 1},
            number == 3,
            tuple(Reliance) if number == 0 else (),
        )
        for number in range(people)
    )
    counted = dict.fromkeys(reasons, refused // 7)
    changes = tuple(Change(row, said("somebody"), fingerprint) for row in Changed)
    report = Report(
        verdict,
        oid(999),
        Introduction(oid(0), fingerprint),
        path=said(".authorizations"),
        refusals=(
            Refusal(
                oid(999), AuthorizationsMalformed(said("path"), Problem(1, 1, said("a problem")))
            ),
        )
        if verdict is Verdict.REFUSED
        else (),
    )
    audit = Audit(
        oid(999),
        oid(3),
        report.introduction,
        said(".authorizations"),
        True,
        verdict,
        said("reason") if verdict is not Verdict.AUTHENTIC else "",
        oid(5),
        START + 400 * DAY,
        START,
        START + 90 * DAY,
        Coverage(
            1000 + refused,
            1000,
            900,
            100,
            counted,
            {said("error"): 0},
            3,
            500,
            500,
            Merges(5, 4, 3, 2),
            (Stretch((oid(1), oid(2)), START, START + DAY, counted, oid(9)),),
            3,
        ),
        (
            Month("2023-11", {said("a"): 300}, {said("r"): 100}, counted, {}),
            Month("2024-02", {said("a"): 600}, {}, {}, {said("error"): 3}),
            Month("unknown", {said("a"): 1}, {}, {}, {}),
        ),
        (algorithm, Algorithm("", "", 2)),
        uses,
        (
            Membership(said("always"), False, (Stay(moment(0), None),)),
            Membership(said("left"), False, (Stay(moment(0), moment(30)),)),
            Membership(
                said("joined"), True, (Stay(moment(10), moment(20)), Stay(moment(40), None))
            ),
        ),
        tuple(
            KeyNote(
                state,
                fingerprint,
                said("somebody"),
                said("detail"),
                START if state is KeyState.EXPIRED else None,
            )
            for state in KeyState
        ),
        (
            Grant(
                oid(7),
                START,
                State.TRUSTED,
                "",
                said("somebody"),
                True,
                fingerprint,
                changes,
                True,
                True,
            ),
            Grant(
                oid(8),
                START,
                State.REFUSED,
                said("reason"),
                "",
                False,
                fingerprint,
                (),
                False,
                False,
            ),
        ),
        (said("a problem"),),
        _key_use(said, fingerprint),
        _what_if(said, fingerprint),
    )
    return Answer(report, audit, rows)
