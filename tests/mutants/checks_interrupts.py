"""Interrupts, and what is printed: a code that says something else than what is the case."""

from __future__ import annotations

from tests.mutants.table import in_file

_INTERRUPTS = ["tests/unit/cli/test_cli_interrupts.py"]

_HANDLERS = in_file(
    "cli/interrupts.py",
    _INTERRUPTS,
    [
        (
            "interrupts: no library takes one for a failed import",
            "    signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(code))\n",
            "",
        ),
        (
            "interrupts: they are left to whoever wants none",
            "    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:\n",
            "    if False:\n",
        ),
        (
            "interrupts: one that was swallowed comes again",
            "        signal.setitimer(signal.ITIMER_REAL, _MOMENT)\n",
            "        pass\n",
        ),
        (
            "interrupts: none spoils the end",
            "        signal.signal(number, signal.SIG_IGN)\n",
            "        pass\n",
        ),
        (
            "interrupts: the code is the one that was given",
            '    exec("", {})',
            "    pass",
        ),
    ],
)

_COMMANDS = in_file(
    "cli/__init__.py",
    _INTERRUPTS,
    [
        (
            "interrupts: the end is kept from them whatever the outcome",
            "        finally:\n            interrupts.ignore()\n",
            "        finally:\n            pass\n",
        ),
    ],
)

MUTANTS = [*_HANDLERS, *_COMMANDS]
