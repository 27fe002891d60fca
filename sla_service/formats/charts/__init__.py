"""Two drawings of a month: its days as a strip, and the affected days opened as a curve of what was available.

``geometry`` knows where everything lies, in unit coordinates; ``svg`` and the statement's PDF only draw it.
"""

from sla_service.formats.charts.finding import finding
from sla_service.formats.charts.geometry import month_strip, recovery_curve
from sla_service.formats.charts.shapes import DayCell, Mark, MonthStrip, RecoveryCurve, Side, Span, Tick, Tread
from sla_service.formats.charts.svg import character_share, month_strip_svg, recovery_curve_svg

__all__ = [
    "DayCell",
    "Mark",
    "MonthStrip",
    "RecoveryCurve",
    "Side",
    "Span",
    "Tick",
    "Tread",
    "character_share",
    "finding",
    "month_strip",
    "month_strip_svg",
    "recovery_curve",
    "recovery_curve_svg",
]
