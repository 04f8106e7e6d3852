"""The demo's street: two shops and invented neighbors. Nobody here exists."""

from dataclasses import dataclass
from typing import Final, Literal

from loyalty.journeys.create_program import ProgramDraft
from loyalty.programs.create import StoreDraft

OWNER_EMAIL: Final = "amparo@calle-del-olmo.example"
CASHIER_NAME: Final = "Nico"
CASHIER_PIN: Final = "2468"

StoreKey = Literal["horno", "frutas"]

BAKERY: Final = ProgramDraft(
    name="Calle del Olmo",
    store_name="Horno La Artesa",
    slug="HORNO",
    owner_email=OWNER_EMAIL,
    owner_name="Amparo Quintanilla",
    color="#8C1D40",
    hours="Mo-Fr 08:00-14:00,17:00-20:30; Sa 08:00-14:30; Su 09:00-13:30",
    street="Calle del Olmo, 14",
    contact_kind="email",
    contact_value="horno@calle-del-olmo.example",
    is_demo=True,
)
GREENGROCER: Final = StoreDraft(
    name="Frutería Tres Olmos",
    slug="FRUTERIA",
    language="es",
    time_zone="Europe/Madrid",
    currency="EUR",
    country="ES",
    color="#1B6B4A",
    hours="Mo-Fr 09:00-14:00,17:00-20:30; Sa 09:00-14:30",
    street="Calle del Olmo, 17",
    contact_kind="email",
    contact_value="fruteria@calle-del-olmo.example",
)
REWARDS: Final = (
    ("Café de la casa", 100),
    ("Barra de masa madre", 200),
    ("Cesta de fruta de temporada", 400),
)
SHOP_WORDS: Final = {
    "horno": ("Barra de pan", "Empanada", "Magdalenas", "Hogaza de centeno"),
    "frutas": ("Naranjas de mesa", "Tomates", "Manzana reineta", "Acelgas"),
}


@dataclass(frozen=True, slots=True)
class Purchase:
    """`days_ago` days ago at `time` (store's clock), for `minor` cents."""

    store: StoreKey
    days_ago: int
    time: str
    minor: int


@dataclass(frozen=True, slots=True)
class Neighbor:
    """One invented shopper: how they came, what they accepted, what they bought."""

    name: str | None
    came_from: str  # "" direct, else the utm parameters or a referrer
    consents: bool
    email: str | None
    purchases: tuple[Purchase, ...]


def _bought(text: str) -> tuple[Purchase, ...]:
    """Read `h31 08:40 640` items, separated by commas: shop, days ago, time, cents."""
    read = []
    for item in text.split(","):
        where, time, minor = item.split()
        store: StoreKey = "horno" if where[0] == "h" else "frutas"
        read.append(Purchase(store, int(where[1:]), time, int(minor)))
    return tuple(read)


NEIGHBORS: Final = (
    Neighbor(
        "Lucía F.",
        "utm_source=instagram&utm_medium=social&utm_campaign=roscon",
        consents=True,
        email="lucia@correo.example",
        purchases=_bought(
            "h41 08:42 2480, f38 18:10 3265, h34 08:39 1870, f31 18:22 4120, h27 08:45 2640,"
            "f24 18:05 3890, h20 08:40 2210, f17 18:31 2975, h13 08:44 3115, f10 18:12 2630,"
            "h6 08:41 2890, f3 18:42 2630"
        ),
    ),
    Neighbor(
        "Marcos T.",
        "",
        consents=False,
        email=None,
        purchases=_bought(
            "h29 09:05 580, h22 09:02 610, h15 09:11 745, h8 09:04 1280, h1 09:08 650"
        ),
    ),
    Neighbor(
        "Rosa A.",
        "https://www.google.com/",
        consents=True,
        email="rosa@correo.example",
        purchases=_bought(
            "f33 12:20 5240, f26 12:31 4875, f19 12:18 6120, f12 12:26 5530, f5 12:22 4990"
        ),
    ),
    Neighbor(
        "Ignacio R.",
        "utm_source=boletin&utm_medium=email&utm_campaign=otono",
        consents=True,
        email="ignacio@correo.example",
        purchases=_bought("h18 19:40 1525, f11 19:12 2260, h4 19:35 1790"),
    ),
    Neighbor(
        None,
        "",
        consents=False,
        email=None,
        purchases=_bought("h9 10:15 480, h2 10:20 515"),
    ),
    Neighbor(
        "Noelia S.",
        "utm_source=cartel&utm_medium=poster",
        consents=True,
        email=None,
        purchases=_bought("f21 11:05 1830, h14 11:16 920, f7 11:02 2145, h0 08:35 760"),
    ),
    Neighbor(
        "Inés V.",
        "https://mastodon.example/@horno",
        consents=True,
        email=None,
        purchases=_bought("h16 18:55 2340, h5 18:48 1980, f0 09:25 2415"),
    ),
    Neighbor(
        None,
        "https://www.bing.com/",
        consents=True,
        email=None,
        purchases=_bought("f6 13:10 1215"),
    ),
)
# Sales without a card: most of a shop's day, and shown as such.
WITHOUT_CARD: Final = _bought(
    "h6 09:30 720, h6 10:05 430, f6 10:40 1560, h5 08:50 515, f5 11:30 2280, f5 18:20 940,"
    "h4 09:12 380, h4 13:02 1240, f4 12:45 1875, h3 08:33 640, f3 10:15 2050, h2 09:44 985,"
    "h2 18:40 610, f2 19:05 3120, h1 08:47 455, h1 12:30 890, f1 13:20 1690, h0 08:20 535"
)
NOTE: Final = "¿Tendréis roscón sin azúcar este año? Me llevaría dos."
