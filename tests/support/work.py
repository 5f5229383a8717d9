"""Counts the work of Python code, which unlike seconds is the same in every run.

What the interpreter's own library does within one call (regular expressions, searching, copying)
is not counted; that has to be measured.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import nixauth

_PACKAGE = nixauth.__file__.removesuffix("__init__.py")


def instructions(call: Callable[[], object]) -> int:
    """Return how many bytecode instructions of the package a call executes."""
    count = 0

    def within(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "opcode"
        return within

    def enter(frame: FrameType, _event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return within

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
