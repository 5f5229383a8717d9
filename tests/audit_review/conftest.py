"""The histories of the audit's own tests."""

from tests.unit.audit.conftest import audited  # noqa: F401
