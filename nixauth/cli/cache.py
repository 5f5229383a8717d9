"""`nixauth cache`."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from nixauth.cli.common import emit, guarded
from nixauth.display import printable
from nixauth.errors import UsageError

app = typer.Typer(
    help="What was verified before, so that only what is new needs to be.",
    epilog="""\b
Examples:
  nixauth cache info
  nixauth cache clear
""",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _directory() -> Path:
    from nixauth.cache import cache_directory  # noqa: PLC0415

    directory = cache_directory()
    if directory is None:
        raise UsageError("there is no place for a cache: neither HOME nor XDG_CACHE_HOME is set")
    return directory


@app.command()
@guarded
def info() -> None:
    """Show where the cache is and what it holds."""
    from nixauth.cache import describe  # noqa: PLC0415

    directory = _directory()
    emit(f"directory: {directory}\n")
    stores = describe(directory)
    for store in stores:
        emit(f"{store.path.name}: {store.commits:,} commits, {store.size:,} bytes\n")
        for name, value in _scope(store.scope):
            emit(f"  {printable(name)}: {printable(str(value))}\n")
    if not stores:
        emit("it is empty\n")


def _scope(text: str) -> list[tuple[str, object]]:
    try:
        scope = json.loads(text)
    except ValueError:
        scope = None
    if not isinstance(scope, dict):
        return [("it cannot be read", "nixauth cache clear removes it")]
    return [(name, value) for name, value in scope.items() if value not in ("", False)]


@app.command()
@guarded
def clear() -> None:
    """Forget everything; the next run verifies from the introduction on."""
    from nixauth.cache import clear as clear_directory  # noqa: PLC0415

    directory = _directory()
    count = clear_directory(directory)
    emit(f"removed {count} {'file' if count == 1 else 'files'} from {directory}\n")
