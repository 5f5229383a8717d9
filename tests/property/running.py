"""Puts an abstract question to the library, and says how many examples are tried."""

import os
from collections.abc import Mapping

from hypothesis import HealthCheck, settings

from nixauth.authenticate import Options, authenticate
from nixauth.cache import MemoryStore
from nixauth.history.memory import MemoryObjects
from nixauth.keyring import Keyring
from nixauth.model import Fingerprint, Introduction, ObjectId, Report
from tests.property.abstract import Question
from tests.property.objects import PATH, Built, build, content, keyring_files, pair

RAISED = os.environ.get("NIXAUTH_PROPERTY_EXAMPLES")

PROFILE = settings(
    max_examples=int(RAISED or 200),
    derandomize=not RAISED,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same examples in every run, unless NIXAUTH_PROPERTY_EXAMPLES asks for so many others."""


def run(
    q: Question,
    built: Built | None = None,
    *,
    store: MemoryStore | None = None,
    stats: bool = True,
    dates: Mapping[str, int] | None = None,
    jobs: int = 1,
) -> Report:
    """Return the library's answer to the question."""
    built = built or build(q.commits, dates)
    options = Options(
        authorizations_path=PATH if q.path_given else None,
        historical=content(q.historical) if q.historical else None,
        historical_sha1=q.historical_sha1,
        require_every_commit=q.every_commit,
        after=ObjectId(built.ids[q.after]) if q.after else None,
        stats=stats,
    )
    signer = Fingerprint(pair(q.introduction_signer).fingerprint)
    return authenticate(
        MemoryObjects(built.objects),
        Keyring.from_files(keyring_files(q)),
        Introduction(ObjectId(built.ids[q.introduction]), signer),
        ObjectId(built.ids[q.target]),
        options,
        jobs=jobs,
        **({} if store is None else {"store": store}),
    )


def named(report: Report, built: Built) -> tuple[str, str] | None:
    """Return the commit that is named first, and its reason."""
    if not report.refusals:
        return None
    first = report.refusals[0]
    return built.name(first.commit), first.reason.code
