"""Authenticate a git history from a trusted introduction, by keys listed in its trees.

```python
from pathlib import Path
from nixauth import (
    Fingerprint, Introduction, ObjectId, Repository, authenticate, open_keyring
)

repository = Repository.open(Path("."))
introduction = Introduction(
    ObjectId(bytes.fromhex("9edb3f66fd807b096b48283debdcddccfea34bad")),
    Fingerprint("BBB02DDF2CEAF6A80D1DE643A2A06DF2A33A54FA"),
)
report = authenticate(
    repository, open_keyring(repository, []), introduction, repository.resolve("HEAD")
)
print(report.verdict.value)
```
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as type checkers understand it, without loading `typing`
if TYPE_CHECKING:
    from nixauth.authenticate import Options, authenticate
    from nixauth.engines import Engine, open_engine
    from nixauth.errors import NixauthError, UndecidedError, UsageError
    from nixauth.history.memory import MemoryObjects
    from nixauth.history.repository import Repository
    from nixauth.keyring import Keyring, open_keyring
    from nixauth.model import Fingerprint, Introduction, ObjectId, Refusal, Report, Stats, Verdict

__all__ = [
    "Engine",
    "Fingerprint",
    "Introduction",
    "Keyring",
    "MemoryObjects",
    "NixauthError",
    "ObjectId",
    "Options",
    "Refusal",
    "Report",
    "Repository",
    "Stats",
    "UndecidedError",
    "UsageError",
    "Verdict",
    "authenticate",
    "open_engine",
    "open_keyring",
]

# Names are looked up when somebody asks for them: the command line imports this package before it
# can deal with an interrupt, so little may happen here.
_HOMES = {
    "Engine": "engines",
    "Fingerprint": "model",
    "Introduction": "model",
    "Keyring": "keyring",
    "MemoryObjects": "history.memory",
    "NixauthError": "errors",
    "ObjectId": "model",
    "Options": "authenticate",
    "Refusal": "model",
    "Report": "model",
    "Repository": "history.repository",
    "Stats": "model",
    "UndecidedError": "errors",
    "UsageError": "errors",
    "Verdict": "model",
    "authenticate": "authenticate",
    "open_engine": "engines",
    "open_keyring": "keyring",
}

if not TYPE_CHECKING:  # or any misspelt name would pass

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - as above

        found = getattr(import_module(f"{__name__}.{home}"), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


class _Package(type(sys)):  # type: ignore[misc]
    """This package, in which `authenticate` is the function and never the module of that name."""

    def __setattr__(self, name: str, value: object) -> None:
        # Whoever imports a module of a package sets it as the package's attribute, each time.
        if name in __all__ and isinstance(value, type(sys)):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
