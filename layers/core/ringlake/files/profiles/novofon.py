"""Novofon: a row of its call log (features.md N1-N7, N12-N16)."""

from __future__ import annotations

from ringlake.files.labels import MISSED_KIND, display_kind
from ringlake.model.facts import Direction, MessageKind

from .making import (
    Made,
    constant,
    has_recording,
    local,
    marks,
    profile,
    said,
    same,
    translated,
    utc,
    words,
    zone_name,
)
from .rows import text

# features.md N3, N4.
_KINDS = {
    Direction.INBOUND.value: "входящий",
    Direction.OUTBOUND.value: "исходящий",
    Direction.INTERNAL.value: "внутренний",
    MISSED_KIND: "пропущенный",
}
_MEDIA = {MessageKind.SMS.value: "SMS/MMS", MessageKind.MMS.value: "SMS/MMS"}
# features.md N14, N15; marks are empty until somebody made them.
_LABELS = (
    ("is_unique", 1, "уникальный"),
    ("is_target", 1, "целевой"),
    ("is_repeat", 1, "повторный"),
    ("is_spam", 1, "спам"),
)
_RESULTS = (("is_success", 1, "успешный"), ("is_no_success", 1, "неуспешный"))


def kind(direction: str, outcome: str) -> str:
    shown = display_kind(direction, outcome)
    return _KINDS.get(shown, shown)


def medium(kind: str) -> str:
    """features.md N4: what is neither voice nor a text is shown as other."""
    return _MEDIA.get(kind, "другое")


NOVOFON = profile(
    "novofon",
    same("remote_number", "Номер телефона"),
    local("started_at_local", "Время начала"),
    local("ended_at_local", "Время окончания", lake="ended_at"),
    same("total_s", "Длительность"),
    same("talk_s", "Длительность разговора"),
    words("call_kind", "Вид вызова", said(kind, "direction", "outcome"), translated(_KINDS, "direction")),
    words("medium", "Тип соединения", Made((), lambda _have, _zone: text("голосовая связь")), said(medium, "kind")),
    same("cost_amount", "Стоимость услуги"),
    same("cost_currency", "Валюта"),
    same("roaming", "Роуминг"),
    same("user_name", "Сотрудник"),
    same("business_number", "Виртуальный номер"),
    same("source", "Источник"),
    words("labels", "Метки", marks(*_LABELS), None),
    words("result", "Результат", marks(*_RESULTS), None),
    has_recording("Запись разговора"),
    same("transcript", "Расшифровка"),
    # Our codes beside.
    same("record_id"),
    same("provider_id"),
    constant("channel", "", "call", "message"),
    same("direction"),
    same("outcome"),
    same("cost_source"),
    same("user_id"),
    utc(),
    zone_name(),
)
