"""The words each consent is asked in; what was shown is what is kept."""

from dataclasses import dataclass

from app.language import gettext
from loyalty.identity.consents import WEB_VISITS


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """One purpose, its title and its limit."""

    purpose: str
    title: str
    text: str


def consent_questions() -> tuple[ConsentQuestion, ...]:
    """Ask about each purpose apart."""
    return (
        ConsentQuestion(
            WEB_VISITS,
            gettext("Unir mis visitas a la web con mi tarjeta"),
            gettext(
                "Para que la tienda sepa si la web te sirve. Solo esta web, ninguna otra. "
                "Cuenta desde ahora, nunca hacia atrás."
            ),
        ),
    )


def consent_wordings() -> dict[str, str]:
    """Give the whole wording of each question, as it is kept with the answer."""
    return {each.purpose: f"{each.title}. {each.text}" for each in consent_questions()}
