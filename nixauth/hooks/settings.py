"""Which refs hooks look after: the section `nixauth-hook` of a repository's own configuration.

A section of its own, because a subsection of `nixauth` is a branch, and a record of it whole. What
is there and cannot be read raises: a hook that does not know what it guards lets nothing pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nixauth.errors import UsageError
from nixauth.trust import Config, Setting, read_truth

SECTION = b"nixauth-hook"
_NAME = SECTION.decode()
FOLLOW, PROTECT, REPORT_ONLY = "follow", "protect", "reportOnly"
_KEYS = {key.lower(): key for key in (FOLLOW, PROTECT, REPORT_ONLY)}
_PLACES = ("refs/heads/", "refs/remotes/")


@dataclass(frozen=True, slots=True)
class HookSettings:
    """What hooks do in a repository.

    `follow`: refs by full name (a follower's and a committer's). `protect`: refs by full name,
    with `*` for any characters (a server's); with `report_only` a server says what it would
    refuse, and lets it in.
    """

    follow: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    report_only: bool = False


def read_settings(config: Config) -> HookSettings:
    """Read the section; raises UsageError."""
    values: dict[str, list[str | None]] = {}
    for one in config.settings():
        if one.subsection is not None or one.key not in _KEYS:
            raise _wrong(one, f"is no setting of nixauth: there are {', '.join(_KEYS.values())}")
        values.setdefault(_KEYS[one.key], []).append(one.value)
    for key in (FOLLOW, PROTECT):
        for value in values.get(key, []):
            if not value or value in _PLACES or not value.startswith(_PLACES):
                raise _wrong(Setting(None, key, value), "has to be a full name (refs/heads/…)")
    return HookSettings(
        tuple(value or "" for value in values.get(FOLLOW, [])),
        tuple(value or "" for value in values.get(PROTECT, [])),
        _truth(values.get(REPORT_ONLY, ["false"])),
    )


def _truth(values: Sequence[str | None]) -> bool:
    value = read_truth(values[0])
    if len(values) > 1 or value is None:
        raise _wrong(Setting(None, REPORT_ONLY, values[-1]), "has to be true or false, once")
    return value


def _wrong(setting: Setting, why: str) -> UsageError:
    name = ".".join(part for part in (_NAME, setting.subsection, setting.key) if part)
    value = "no value" if setting.value is None else repr(setting.value)
    return UsageError(
        f"{name} in the git configuration is {value}: it {why}",
        "Correct it (git config --local --edit), or nixauth hook uninstall, and install again.",
    )


def write_settings(config: Config, settings: HookSettings) -> None:
    """Write the section, whole; raises NixauthError."""
    written = [(FOLLOW, ref) for ref in settings.follow]
    written += [(PROTECT, pattern) for pattern in settings.protect]
    if settings.report_only:
        written.append((REPORT_ONLY, "true"))
    config.replace(None, written)
