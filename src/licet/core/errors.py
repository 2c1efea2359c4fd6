"""One family of errors: a code for machines, a message and a hint (the repair) for people."""


class LicetError(Exception):
    """Something Licet was asked to do could not be done."""

    code = "licet_error"
    status = 400
    hint = ""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        """``message`` defaults to the class docstring; ``hint`` says what would repair it."""
        self.message = message or (self.__doc__ or "").strip().splitlines()[0]
        self.hint = hint or self.hint
        super().__init__(self.message)

    def as_problem(self) -> dict[str, object]:
        """RFC 9457 problem document: ``type``, ``title``, ``status``, ``detail``, ``hint``."""
        title = (type(self).__doc__ or "").strip().splitlines()[0]
        return {"type": f"urn:licet:error:{self.code}", "title": title, "status": self.status, "detail": self.message,
                "hint": self.hint}


class NotAllowed(LicetError):
    """You may not do this here."""

    code = "not_allowed"
    status = 403


class NotFound(LicetError):
    """There is no such record, or you may not see it."""

    code = "not_found"
    status = 404


class Conflict(LicetError):
    """The record changed or the step is not possible in its present state."""

    code = "conflict"
    status = 409


class BadInput(LicetError):
    """The input cannot be used."""

    code = "bad_input"
    status = 422


class BadSetting(LicetError):
    """A setting has a value that cannot be used."""

    code = "bad_setting"
    status = 500


class Unavailable(LicetError):
    """A part Licet depends on does not answer."""

    code = "unavailable"
    status = 503
