"""Errors that a user can mend: one line that says what is wrong and what would be right."""

LONGEST = 1400
"""Characters of a message."""


class InputError(ValueError):
    """Bad input: a box, a file, a name or an image that cannot be used.

    The message is one line for the user, whatever text of his is in it. The command line prints it and exits with
    status 2.
    """

    def __init__(self, message: str) -> None:
        """Line breaks become spaces, what a terminal might obey is escaped, and the middle of a long text left out."""
        text = " ".join(str(message).splitlines())
        text = text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
        super().__init__(text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} [...] {text[-LONGEST // 2 :]}")


class FrameError(InputError):
    """A frame in the middle of a stream cannot be used (undecodable, or of another size)."""
