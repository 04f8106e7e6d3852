"""Why a message did not go out."""


class NotSentError(Exception):
    """The message was not taken; `is_final` when trying again cannot help.

    The reason is kept with the message, so it names no person and holds no secret.
    """

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
