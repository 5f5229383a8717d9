"""What may be asked beside the target."""

from dataclasses import dataclass

from nixauth.model import ObjectId


@dataclass(frozen=True, slots=True)
class Options:
    """What may be asked beside the target.

    `authorizations_path` names another file than `.authorizations` or `.guix-authorizations`.
    `historical` is the content of historical authorizations; `historical_sha1` accepts SHA-1 where
    they stand in. `require_every_commit` reads each file as if it said so. `after` is a commit
    that the target must be a step forward from. `stats` asks for totals. `now`, in seconds since
    1970, is used for warnings only; 0 leaves out those that depend on the time.
    """

    authorizations_path: str | None = None
    historical: bytes | None = None
    historical_sha1: bool = False
    require_every_commit: bool = False
    after: ObjectId | None = None
    stats: bool = False
    now: int = 0
