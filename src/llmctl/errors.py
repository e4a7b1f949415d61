"""What a user can fix, and the exit codes that scripts hold on to.

Every error here is one sentence: what is wrong, where, and what to do next. Anything else that is raised is a bug in
llmctl (exit 70, with its traceback).
"""

DONE, FIXABLE, BAD_ARGUMENTS, OUTPUT_DIFFERS, GATE_FAILED, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130


class UserError(Exception):
    """The input or the environment is wrong and the user can fix it (exit 1)."""

    exit_code = FIXABLE


class BadSettings(UserError):
    """An argument, option, preset or key is wrong; nothing was read or written (exit 2)."""

    exit_code = BAD_ARGUMENTS


class OutputExists(UserError):
    """The output holds a different run (exit 3)."""

    exit_code = OUTPUT_DIFFERS
