from dataclasses import fields
from pathlib import Path

import pytest

from app.settings import Settings, SettingsError

SERVICE = {"ENLAZA_PUBLIC_URL": "https://card.example", "ENLAZA_PROXY_HOPS": "1"}


def test_a_service_says_how_it_is_reached() -> None:
    settings = Settings.from_env(SERVICE)
    assert settings.base_url == "https://card.example"
    assert settings.proxy_hops == 1
    assert settings.is_https


@pytest.mark.parametrize("missing", sorted(SERVICE))
def test_a_service_that_leaves_it_open_does_not_start(missing: str) -> None:
    told = {name: text for name, text in SERVICE.items() if name != missing}
    with pytest.raises(SettingsError, match=missing):
        Settings.from_env(told)


def test_the_demo_needs_nothing_and_stays_on_this_computer() -> None:
    settings = Settings.from_env({"ENLAZA_DEMO": "1"})
    assert settings.base_url == "http://127.0.0.1:8000"
    assert not settings.is_https


@pytest.mark.parametrize(
    "told",
    [
        {"HOST": "0.0.0.0"},  # noqa: S104
        {"HOST": "192.0.2.7"},
        {"ENLAZA_PUBLIC_URL": "https://card.example"},
    ],
)
def test_the_demo_refuses_to_be_reached_from_elsewhere(told: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="LAN"):
        Settings.from_env({"ENLAZA_DEMO": "1", **told})


def test_the_demo_may_be_reached_in_the_house_when_asked() -> None:
    settings = Settings.from_env({"ENLAZA_DEMO": "1", "ENLAZA_LAN": "1", "HOST": "192.0.2.7"})
    assert settings.base_url == "https://192.0.2.7:8000"


@pytest.mark.parametrize(
    "told",
    [
        {"PORT": "eighty"},
        {"PORT": "65536"},
        {"PORT": "-1"},
        {"ENLAZA_PROXY_HOPS": "9"},
        {"ENLAZA_PUBLIC_URL": "http://card.example"},
        {"ENLAZA_PUBLIC_URL": "https://card.example/shop"},
        {"ENLAZA_PUBLIC_URL": "card.example"},
        {"ENLAZA_MAIL_URL": "https://mail.example"},
        {"ENLAZA_LOG_FORMAT": "xml"},
        {"ENLAZA_LOG_LEVEL": "loud"},
        {"ENLAZA_DEMO": "perhaps"},
        {"ENLAZA_LAN": "1"},
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(told: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(told))):
        Settings.from_env({**SERVICE, **told})


def test_the_database_lies_at_home_unless_told_otherwise(tmp_path: Path) -> None:
    assert Settings(home=tmp_path, demo=True).database == f"sqlite:///{tmp_path}/enlaza.db"
    chosen = Settings(home=tmp_path, demo=True, database_url="postgresql+psycopg://db/enlaza")
    assert chosen.database == "postgresql+psycopg://db/enlaza"


def test_every_setting_has_a_name_and_a_line_of_help() -> None:
    names = [one.metadata["env"] for one in fields(Settings)]
    assert len(set(names)) == len(names)
    assert all(one.metadata["help"].endswith(".") for one in fields(Settings))


def test_every_setting_stands_in_the_reference() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/settings.md").read_text(encoding="utf-8")
    for one in fields(Settings):
        assert f"`{one.metadata['env']}`" in page, one.metadata["env"]
        assert one.metadata["help"] in page, one.metadata["env"]
