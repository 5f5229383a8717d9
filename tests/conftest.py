"""What all tests share."""

from __future__ import annotations

import pytest


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name a parameter that is bytes by its argument: keys are new in every process."""
    return argname if isinstance(val, bytes) else None
