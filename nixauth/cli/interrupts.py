"""Have an interrupt end the process with one code, whenever it comes.

Python raises one as an exception between any two of its steps. That serves a command well, which
has things to put away; here are the moments in which it does not. (One that comes while Python
itself starts up, before it has read any code of this package, is answered by Python.)
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_MOMENT = 0.01
"""Seconds."""


@contextmanager
def leave_at_once(code: int) -> Iterator[None]:
    """End the process on an interrupt: for a time in which there is nothing to be put away.

    While modules are imported, some libraries take an interrupt for a failure of the import.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # whoever started this process wants no interrupts
        return
    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(code))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def lose_none() -> None:
    """Have an interrupt that came where nothing can be raised come once more.

    That is in callbacks of weak references (the import system has one) and when objects go.
    """
    sys.unraisablehook = _raise_later


def _raise_later(args: UnraisableHookArgs) -> None:
    if issubclass(args.exc_type, KeyboardInterrupt):
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, _MOMENT)
    else:
        sys.__unraisablehook__(args)


def ignore() -> None:
    """All is said: from here on an interrupt would only spoil the end of the process."""
    for number in (signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    # Python ends by the signal where an interrupt once went through code that was given as text,
    # as dataclasses do it, whoever caught it then. It forgets that when it is given text again.
    exec("", {})  # noqa: S102
