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
