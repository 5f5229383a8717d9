"""The public keys that an SSH agent holds, as `ssh-add -L` lists them."""

from __future__ import annotations

import subprocess

from nixauth.errors import UnreadableKeyringError

_SECONDS = 30


def public_keys() -> bytes:
    """Return the agent's public keys, a line each; raises UnreadableKeyringError."""
    try:
        done = subprocess.run(
            ["ssh-add", "-L"],  # noqa: S607 - the person's own, wherever it is installed
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise UnreadableKeyringError(
            "ssh-add is not installed", "Install openssh-client (Debian) or openssh (Nix)."
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnreadableKeyringError(f"ssh-add failed: {error}") from error
    if done.returncode == 0:
        return done.stdout
    if done.returncode == 1:
        raise UnreadableKeyringError(
            "the SSH agent holds no keys", "ssh-add FILE gives it one; or import the .pub file."
        )
    raise UnreadableKeyringError(
        f"no SSH agent answers: {done.stderr.decode('utf-8', 'replace').strip()}",
        "Start one, or import the .pub file.",
    )
