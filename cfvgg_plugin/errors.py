"""Errors that a user can mend: one line that says what is wrong and what would be right."""


class InputError(ValueError):
    """Bad input: a box, a file, a name or an image that cannot be used.

    The message is one line for the user. The command line prints it and exits with status 2.
    """


class FrameError(InputError):
    """A frame in the middle of a stream cannot be used (undecodable, or of another size)."""
