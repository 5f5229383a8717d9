"""GnuPG's own program as the engine, driven through python-gnupg.

It runs in a home directory of its own that holds just the keyring's keys and goes away
afterwards; the user's is never looked at. It is asked about signatures that the strict reader
took, each with its payload, many in one process: as files of one signature and one literal packet
(RFC 9580, sections 5.2, 5.9 and 10.3), which is the same mathematics as for a detached one.

A key is all that it gets of a certificate, each with its numbers as a primary key, which has the
same fingerprint, under one name for all. What names, bindings, expiry and revocation mean is not
its business; and so nobody's name gets into what it prints, and it is twice as fast.

What it prints for programs is read word by word (GnuPG's doc/DETAILS). Whether the signature has
expired, or the key is trusted, is GnuPG's opinion and decides nothing here.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from nixauth.engines.gnupg_status import answer, segments
from nixauth.engines.interface import Check, Outcome
from nixauth.engines.native import Native
from nixauth.errors import EngineFailedError
from nixauth.keyring import Keyring
from nixauth.signatures import openpgp, ssh
from nixauth.signatures.reader import Signature

_BATCH: Final = 512
_SMALLEST_SHARE: Final = 64
"""Checks that are worth a process of their own: starting GnuPG takes as long as a dozen."""
_MOST_PROCESSES: Final = 4
_NAME: Final = b"a key of the keyring"
_SIGNATURE, _PUBLIC_KEY, _LITERAL, _USER_ID = 2, 6, 11, 13
"""Packet types (RFC 9580, section 5)."""

_OPTIONS: Final = [
    "--no-options",
    "--no-autostart",
    "--no-auto-check-trustdb",
    "--trust-model=always",
    "--disable-dirmngr",
    "--no-auto-key-retrieve",
    "--no-auto-key-locate",
    "--lock-never",
    "--no-permission-warning",
    "--quiet",
    # python-gnupg asks for batch mode, in which GnuPG stops at the first bad signature.
    "--no-batch",
    # Clocks are no part of the rule.
    "--ignore-time-conflict",
    "--ignore-valid-from",
    # Without it a key whose name has no signature is not valid, and none of them has.
    "--allow-non-selfsigned-uid",
]
_IMPORT: Final = ["--import-options=import-minimal"]
_INSTALL: Final = (
    "Install the package gnupg (in Fedora: gnupg2), or leave --engine out: nixauth's own engine"
    " needs nothing."
)


class GnuPG:
    """See `Engine`. Everything that it needs is made when the first signature is checked."""

    name = "gnupg"
    batch = _BATCH
    keeps_payloads = True

    def __init__(self, keyring: Keyring, program: str = "gpg") -> None:
        self._keyring = keyring
        self._program = program
        self._native = Native()
        self._home: _Home | None = None

    def prepare(self, signature: Signature, payload: bytes) -> bytes:
        """Return the payload itself: GnuPG makes its own digest of it."""
        return self._native.prepare(signature, payload) if _is_ssh(signature) else payload

    def verify(self, checks: Sequence[Check]) -> Sequence[Outcome]:
        """See `Engine`. SSH signatures are none of GnuPG's business."""
        asked = [check for check in checks if not _is_ssh(check.signature)]
        found = iter(self._ask(asked))
        return [
            self._native.verify([check])[0] if _is_ssh(check.signature) else next(found)
            for check in checks
        ]

    def close(self) -> None:
        """Remove the home directory; the next signature would make another."""
        if self._home is not None:
            self._home.remove()
            self._home = None

    def _ask(self, checks: Sequence[Check]) -> list[Outcome]:
        if not checks:
            return []
        if self._home is None:
            self._home = _Home(self._keyring.certificates, self._program)
        transcripts = self._home.ask([_signed_message(check) for check in checks])
        return [
            answer(check, transcript) for check, transcript in zip(checks, transcripts, strict=True)
        ]


def _is_ssh(signature: Signature) -> bool:
    return isinstance(signature, ssh.Signature)


def _signed_message(check: Check) -> bytes:
    """Return the signature and what it signs as one message (RFC 9580, section 10.3)."""
    assert isinstance(check.signature, openpgp.Signature)  # noqa: S101 - what `_ask` is given
    literal = b"b\0" + bytes(4) + check.material
    return openpgp.framed(_SIGNATURE, check.signature.body) + openpgp.framed(_LITERAL, literal)


def _alone(key: openpgp.PublicKey) -> bytes:
    """Return a certificate of nothing but the key, as the primary one."""
    return openpgp.framed(_PUBLIC_KEY, key.body) + openpgp.framed(_USER_ID, _NAME)


def _by_kind(keys: Iterable[openpgp.PublicKey]) -> Iterable[list[openpgp.PublicKey]]:
    """Divide the keys: GnuPG reads no further than to a key of a kind that it does not know."""
    kinds: dict[tuple[int, int, bytes], list[openpgp.PublicKey]] = {}
    for key in keys:
        if not openpgp.usability_fault(key):
            kinds.setdefault((key.version, key.algorithm, key.curve), []).append(key)
    return kinds.values()


def _new_directory() -> Path:
    try:
        path = Path(tempfile.mkdtemp(prefix="nixauth-gnupg-"))
    except OSError as error:
        raise EngineFailedError(f"no temporary directory for GnuPG: {error.strerror}") from error
    if "\n" in str(path):  # names are handed over a line each
        shutil.rmtree(path, ignore_errors=True)
        raise EngineFailedError(f"GnuPG cannot work in a directory with a line end in it: {path}")
    return path


def _write(names: Sequence[bytes], messages: Sequence[bytes]) -> None:
    for name, message in zip(names, messages, strict=True):
        Path(os.fsdecode(name)).write_bytes(message)


class _Transcript:
    """What python-gnupg hands a program's output to; it is read afterwards, and by its bytes.

    Reading it line by line, python-gnupg also divides lines at characters that a user id may
    hold: somebody's name could then say that their signature is good.
    """

    stderr = ""
    data = b""
    returncode = -1

    def __init__(self, gpg: object) -> None:
        pass

    def handle_status(self, key: str, value: str) -> None:
        """Take no notice of a line."""


class _Home:
    """A home directory with keys in it, and the runs of the program there."""

    def __init__(self, keys: Iterable[openpgp.PublicKey], program: str) -> None:
        logging.getLogger("gnupg").addHandler(logging.NullHandler())
        logging.getLogger("gnupg").propagate = False
        self._path = _new_directory()
        self.remove: Callable[[], object] = weakref.finalize(
            self, shutil.rmtree, self._path, ignore_errors=True
        )
        self._log = self._path / "log"
        self._gpg = self._start(program)
        try:
            for alike in _by_kind(keys):
                self._call(self._gpg.import_keys, b"".join(map(_alone, alike)), extra_args=_IMPORT)
        except EngineFailedError:
            self.remove()
            raise
        self._processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
        self._runs = 0

    def _start(self, program: str) -> Any:
        import gnupg  # noqa: PLC0415 - only who asks for this engine pays for it

        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._path),
            "LC_ALL": "C",
        }
        try:
            gpg = gnupg.GPG(
                gpgbinary=program,
                gnupghome=str(self._path),
                options=[*_OPTIONS, f"--logger-file={self._log}"],
                env=environment,
            )
        except (OSError, ValueError) as error:
            self.remove()
            raise EngineFailedError(
                f"GnuPG's program {program!r} does not run", _INSTALL
            ) from error
        gpg.result_map = dict.fromkeys(gpg.result_map, _Transcript)
        return gpg

    def ask(self, messages: Sequence[bytes]) -> list[list[list[bytes]]]:
        """Have messages verified; return of each the status lines, divided into words."""
        wanted = max(1, min(self._processes, len(messages) // _SMALLEST_SHARE))
        size = -(-len(messages) // wanted)
        shares = [messages[start : start + size] for start in range(0, len(messages), size)]
        if len(shares) == 1:
            return self._run(shares[0], self._next_directory())
        places = [self._next_directory() for _ in shares]
        with ThreadPoolExecutor(len(shares)) as threads:
            return [one for found in threads.map(self._run, shares, places) for one in found]

    def _next_directory(self) -> Path:
        self._runs += 1
        directory = self._path / f"run-{self._runs}"
        self._call(directory.mkdir, mode=0o700)
        return directory

    def _run(self, messages: Sequence[bytes], directory: Path) -> list[list[list[bytes]]]:
        names = [os.fsencode(directory / str(number)) for number in range(len(messages))]
        listed = io.BytesIO(b"".join(name + b"\n" for name in names))
        self._call(_write, names, messages)
        result = self._call(self._gpg.verify_file, listed, extra_args=["--multifile"])
        shutil.rmtree(directory, ignore_errors=True)
        found = segments(result.stderr.encode("latin-1"), names)
        if found is None or result.returncode < 0:
            raise self._failure(f"with the exit code {result.returncode}")
        return found

    def _call(self, function: Callable[..., Any], *given: object, **options: object) -> Any:
        """Have files written, or the program run; raises EngineFailedError where that fails."""
        try:
            return function(*given, **options)
        except OSError as error:  # a program that ends before it has read everything
            raise self._failure(error.strerror or "without a reason") from error

    def _failure(self, how: str) -> EngineFailedError:
        return EngineFailedError(
            f"GnuPG ended early, {how}: {self._last_words()}",
            "gpg --version shows which one runs; nixauth's own engine is the default.",
        )

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it said nothing"
