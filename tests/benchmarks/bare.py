"""What any command of this kind costs before it does anything: typer, and pygit2 imported."""

import pygit2  # noqa: F401 - importing it is the point
import typer

app = typer.Typer()


@app.command()
def bare() -> None:
    """Do nothing."""


if __name__ == "__main__":
    app()
