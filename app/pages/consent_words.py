"""The words each consent is asked in; what was shown is what is kept."""

from dataclasses import dataclass

from app.language import gettext, language
from loyalty.identity.consents import SOCIAL, WEB_VISITS, Wording


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


def social_question() -> ConsentQuestion:
    """Ask about linked accounts; it is asked where an account is linked and nowhere else."""
    return ConsentQuestion(
        SOCIAL,
        gettext("Unir mis cuentas para que la tienda vea mis «me gusta»"),
        gettext(
            "Solo lo que hago con lo que publica esta tienda: me gusta, respuestas y menciones. "
            "Lo ve quien atiende. No da puntos ni los quita. Cuenta desde ahora, nunca hacia atrás."
        ),
    )


def social_wording() -> Wording:
    """Give the words that question was asked in, as they are kept with the answer."""
    question = social_question()
    return Wording(f"{question.title}. {question.text}", language())
