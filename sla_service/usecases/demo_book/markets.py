"""Where the demo's merchants trade: a country with its zone, language, currency and region of the platform."""

from __future__ import annotations

from dataclasses import dataclass

from sla_service.usecases.demo_book.draws import spread


@dataclass(frozen=True, slots=True)
class Market:
    """What a merchant of a country has in common with its neighbours."""

    country: str
    time_zone: str
    locale: str
    currency: str
    region: str
    language: str
    """Key into the word lists of ``names``."""


CHINA = Market("CN", "Asia/Shanghai", "zh-CN", "CNY", "asia", "zh")
CHINA_EXPORT = Market("CN", "Asia/Shanghai", "en", "USD", "asia", "en")
JAPAN = Market("JP", "Asia/Tokyo", "ja", "JPY", "asia", "ja")
KUWAIT = Market("KW", "Asia/Kuwait", "ar-KW", "KWD", "asia", "gulf")
KUWAIT_ENGLISH = Market("KW", "Asia/Kuwait", "en", "KWD", "asia", "gulf")
SINGAPORE = Market("SG", "Asia/Singapore", "en", "USD", "asia", "en")
# Half an hour, and (New Zealand, Chile) a September of 719 hours: where careless arithmetic about months shows.
INDIA = Market("IN", "Asia/Kolkata", "en", "USD", "asia", "en")
AUSTRALIA = Market("AU", "Australia/Sydney", "en", "USD", "asia", "en")
NEW_ZEALAND = Market("NZ", "Pacific/Auckland", "en", "USD", "asia", "en")
GERMANY = Market("DE", "Europe/Berlin", "de", "EUR", "europe", "de")
FRANCE = Market("FR", "Europe/Paris", "fr", "EUR", "europe", "fr")
IRELAND = Market("IE", "Europe/Dublin", "en", "EUR", "europe", "en")
SPAIN = Market("ES", "Europe/Madrid", "es", "EUR", "europe", "es")
UNITED_STATES_EAST = Market("US", "America/New_York", "en", "USD", "americas", "en")
UNITED_STATES_WEST = Market("US", "America/Los_Angeles", "en", "USD", "americas", "en")
BRAZIL = Market("BR", "America/Sao_Paulo", "pt-BR", "USD", "americas", "pt")
CHILE = Market("CL", "America/Santiago", "es", "USD", "americas", "es")

MARKETS = spread(
    [
        (CHINA, 24),
        (CHINA_EXPORT, 4),
        (JAPAN, 10),
        (KUWAIT, 2),
        (KUWAIT_ENGLISH, 2),
        (SINGAPORE, 3),
        (INDIA, 4),
        (AUSTRALIA, 4),
        (NEW_ZEALAND, 2),
        (GERMANY, 12),
        (FRANCE, 8),
        (IRELAND, 3),
        (SPAIN, 3),
        (UNITED_STATES_EAST, 10),
        (UNITED_STATES_WEST, 4),
        (BRAZIL, 3),
        (CHILE, 2),
    ]
)
"""A hundred merchants' markets."""
