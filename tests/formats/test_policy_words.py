"""A policy as sentences: each term is said, in both languages, and the sentences determine the terms."""

# Sentences are compared whole, however long.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sla_service.domain.errors import NotFoundError
from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.incidents import Curve
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from sla_service.domain.money import MINOR_DIGITS, Money, Rounding
from sla_service.domain.policies import MERCHANT_ZONE, Policy
from sla_service.domain.policies.credits import (
    Amount,
    Band,
    Bands,
    BlockCount,
    Blocks,
    DowntimeOf,
    Flat,
    Gate,
    HitBy,
    Hits,
    Manual,
    Multiple,
    Overlap,
    Per,
    Points,
    Right,
    Share,
    Span,
    Stack,
    Stacking,
    Table,
    Tier,
    Time,
)
from sla_service.domain.policies.cycles import (
    BillingMonth,
    CalendarMonths,
    EachDay,
    EachHour,
    EachIncident,
    PartPeriod,
    RollingDays,
    Week,
)
from sla_service.domain.policies.downtime import (
    Affected,
    Allowance,
    AllowancePer,
    Clock,
    ExclusionEffect,
    ExclusionRule,
    Qualify,
    RecurringRule,
    Reported,
    ReportedBy,
    ReportedSince,
    RoundAvailability,
    RoundOutage,
    RoundTotal,
    RunsMeasured,
    TimeRounding,
    WholeSlots,
)
from sla_service.domain.policies.examples import PolicyExample
from sla_service.domain.policies.indicators import (
    AffectedUsers,
    BadWhen,
    Comparison,
    Events,
    Idle,
    Metric,
    MinimumRequests,
    Needed,
    RequestsPer,
    ScoredEvents,
    SlotEvidence,
    SlotMean,
    Slots,
    Statistic,
    SubjectKind,
    Together,
    UsageFigure,
    Windows,
    Worse,
)
from sla_service.domain.policies.local_windows import LocalWindow, NthWeekday, YearDays
from sla_service.domain.policies.payment import (
    Base,
    Cap,
    CapPer,
    ChargeMonth,
    Chronic,
    ChronicOutages,
    Claim,
    ClaimFrom,
    ClaimUnit,
    DayOfYear,
    DueAfter,
    Group,
    GroupCap,
    GroupRule,
    Minimum,
    SettleForm,
    Settlement,
    Unused,
)
from sla_service.formats import policy_words
from sla_service.formats.policy_words import Section, explain_policy, sections_of
from sla_service.formats.policy_words.voice import Voice
from sla_service.formats.texts import Texts, texts_in
from tests.policy_strategies import policies

LANGUAGES = ("en", "zh")


def pct(text):
    return Fraction(text) / 100


def usd(minor):
    return Money("USD", minor)


TABLE = Table(
    (
        Tier(Share(pct(10)), pct("99.95"), lower=pct(99), clause="4.2 (a)"),
        Tier(Share(pct(25)), pct(99), lower=pct(95)),
        Tier(Share(pct(100)), pct(95)),
    )
)
PLAIN = Policy(
    policy="storefront-plus",
    version=3,
    title="Storefront Plus",
    service="storefront",
    effective_from=date(2023, 1, 1),
    time_zone="Asia/Shanghai",
    indicator=Windows(),
    credit=TABLE,
    target=pct("99.95"),
)
LATENCY = Metric("latency", "ms")
FIVE_DOLLARS = Amount((usd(500), Money("EUR", 450)))


def said(policy, language):
    return [sentence for section in explain_policy(policy, language) for sentence in section.sentences]


CASES = [
    pytest.param(
        {"effective_to": date(2025, 1, 1)},
        ["It governs periods that begin on or after 1 January 2023 and before 1 January 2025."],
        ["适用于自2023年1月1日（含当日）起、2025年1月1日（不含当日）前开始的周期。"],
        id="a last day",
    ),
    pytest.param(
        {"is_frozen_for_term": True},
        ["A contract keeps the version under which it began, for its whole term."],
        ["合同在整个期限内始终适用其开始时所适用的版本。"],
        id="a version frozen for the term",
    ),
    pytest.param(
        {"contract": "Master agreement, §7", "source": "https://sla.example"},
        ["It says what is agreed in “Master agreement, §7”.", "The contract's text was read at “https://sla.example”."],
        ["本政策所载内容对应的合同文件：“Master agreement, §7”。", "合同文本的查阅出处：“https://sla.example”。"],
        id="contract and source",
    ),
    pytest.param(
        {"digest": "ab12"},
        ["The digest of these terms is ab12."],
        ["本政策条款的摘要值为ab12。"],
        id="a digest",
    ),
    pytest.param(
        {"subject": SubjectKind.POOL},
        ["All units of the contract are taken together: bad time and time in existence are added up over them."],
        ["合同项下全部单元合并计算：各单元的不可用时长与存续时长分别累加。"],
        id="a pool",
    ),
    pytest.param(
        {"subject": SubjectKind.UNIT},
        [
            "Each unit (site, device or feature) is measured alone and has its own share of the fee; the contract's credit is the sum over its units."
        ],
        ["每一单元（站点、设备或功能）单独计算，并各占费用的一部分；合同的赔付额为各单元赔付额之和。"],
        id="single units",
    ),
    pytest.param(
        {"subject": Together()},
        [
            "The service is hit only while all units of the contract that exist are hit at the same time.",
            "At each instant it is hit as much as the least hit of the units that this takes; where it takes an excluded unit, the time is excluded.",
        ],
        [
            "合同项下现存的全部单元同时受到影响的，方视为该服务受到影响。",
            "每一时刻的受损比例，以构成上述情形所必需的单元中受损最轻者为准；须计入被排除的单元方能构成的，该时段予以排除。",
        ],
        id="all units at once",
    ),
    pytest.param(
        {"subject": Together(2)},
        ["The service is hit only while at least 2 units of the contract are hit at the same time."],
        ["合同项下至少2个单元同时受到影响的，方视为该服务受到影响。"],
        id="two units at once",
    ),
    pytest.param(
        {"indicator": Windows(Curve.FULL_OUTAGE)},
        ["Only time at which nothing at all was available counts as downtime."],
        ["仅完全不可用的时间计为不可用时长。"],
        id="full outage only",
    ),
    pytest.param(
        {"indicator": Windows(Curve.LINEAR)},
        ["Between two reports the share available is taken to move in a straight line, minute by minute."],
        ["相邻两次通报之间，可用比例视为按直线逐分钟变化。"],
        id="a straight line",
    ),
    pytest.param(
        {"indicator": Windows(Curve.ANY_IMPACT)},
        ["Time with any impact counts whole, until full recovery was reported."],
        ["只要存在任何影响，直至通报完全恢复为止，该段时间全部计为不可用时长。"],
        id="any impact",
    ),
    pytest.param(
        {"indicator": Windows(Curve.REPORTED_WINDOW)},
        ["The time from the published start of an incident to its published end counts whole."],
        ["自事件公布的开始时间至公布的结束时间，全部计为不可用时长。"],
        id="the reported window",
    ),
    pytest.param(
        {"indicator": Slots(MINUTE_MS, (BadWhen(UsageFigure.ERROR_RATE, Comparison.AT_LEAST, pct(5)),))},
        [
            "Time is cut into slots of 1 minute each; a slot is bad if in it the error rate (failed requests ÷ requests) is at least 5%.",
            "Where the evidence is outages and not requests, a slot is bad if outages cover the whole of it; the share lost is held against the error rate.",
            "No least number of requests is asked for.",
        ],
        [
            "时间按每1分钟划分为一个时间片；时间片内错误率（失败请求数÷请求总数）等于或高于5%的，该时间片计为不可用。",
            "证据为故障时段而非请求数据的，时间片自始至终被故障覆盖的，方计为不可用；以受损比例与错误率比较。",
            "不设最低请求数。",
        ],
        id="slots with an error rate",
    ),
    pytest.param(
        {
            "indicator": Slots(
                30 * SECOND_MS,
                (
                    BadWhen(UsageFigure.FAILURES, Comparison.ABOVE, Fraction(10)),
                    BadWhen(UsageFigure.VALUE, Comparison.AT_MOST, Fraction(5, 2)),
                ),
                MinimumRequests(2000, RequestsPer.SLOT),
            )
        },
        [
            "Time is cut into slots of 30 seconds each; a slot is bad if in it the number of failed requests is above 10, and the measured value is at most 2.5.",
            "A slot with fewer than 2,000 requests is not bad.",
        ],
        [
            "时间按每30秒划分为一个时间片；时间片内失败请求数高于10，且测量值等于或低于2.5的，该时间片计为不可用。",
            "请求数不足2,000次的时间片不计为不可用。",
        ],
        id="slots with failures and a value",
    ),
    pytest.param(
        {"indicator": Slots(MINUTE_MS, (BadWhen(UsageFigure.VALUE, Comparison.BELOW, Fraction(1, 3)),))},
        [
            "Time is cut into slots of 1 minute each; a slot is bad if in it the measured value is below 1/3.",
            "Where the evidence is outages and not requests, a slot is bad if outages cover the whole of it, whatever share of the service was lost.",
        ],
        [
            "时间按每1分钟划分为一个时间片；时间片内测量值低于1/3的，该时间片计为不可用。",
            "证据为故障时段而非请求数据的，时间片自始至终被故障覆盖的，即计为不可用，不论受损比例大小。",
        ],
        id="slots below a value",
    ),
    pytest.param(
        {"indicator": SlotMean(5 * MINUTE_MS)},
        [
            "The bad share of the period is the plain mean of the error rates of its slots of 5 minutes each: a busy slot weighs no more than a quiet one.",
            "A slot without requests counts, with no errors.",
        ],
        [
            "周期的不可用比例为各时间片（每片5分钟）错误率的算术平均值：请求多的时间片与请求少的时间片权重相同。",
            "没有请求的时间片计入，其错误率为零。",
        ],
        id="a mean of slots",
    ),
    pytest.param(
        {"indicator": SlotMean(5 * MINUTE_MS, Idle.SKIPPED)},
        ["A slot without requests leaves the period."],
        ["没有请求的时间片从周期中剔除。"],
        id="a mean of busy slots",
    ),
    pytest.param(
        {"indicator": Events()},
        ["Availability is good requests ÷ all requests of the period."],
        ["可用性为周期内成功请求数÷请求总数。"],
        id="events",
    ),
    pytest.param(
        {"indicator": Events(MinimumRequests(2000))},
        [
            "In a period with fewer than 2,000 requests nothing is bad; requests that are not measured are not counted.",
        ],
        ["请求数不足2,000次的周期，其中任何时间均不计为不可用；被剔除出周期的请求不计入该次数。"],
        id="events from a number on",
    ),
    pytest.param(
        {"indicator": Events(MinimumRequests(20, RequestsPer.SLOT))},
        ["A row of usage with fewer than 20 requests has nothing bad in it."],
        ["请求数不足20次的用量记录，其中的失败请求不予计入。"],
        id="events in rows from a number on",
    ),
    pytest.param(
        {"indicator": SlotMean(5 * MINUTE_MS, minimum_requests=MinimumRequests(10, RequestsPer.SLOT))},
        [
            "Slots follow the clock; all requests of what is measured that fall in a slot are added up before anything is said of it.",
            "A slot with fewer than 10 requests is not bad.",
        ],
        [
            "时间片按时钟划分；同一计算对象在同一时间片内的全部请求先行合并计算。",
            "请求数不足10次的时间片不计为不可用。",
        ],
        id="a mean of slots from a number on",
    ),
    pytest.param(
        {
            "indicator": Slots(
                MINUTE_MS,
                (
                    BadWhen(UsageFigure.ERROR_RATE, Comparison.ABOVE, pct("0.5")),
                    BadWhen(UsageFigure.VALUE, Comparison.ABOVE, Fraction(200)),
                ),
                needed=Needed.ANY,
            )
        },
        [
            "Time is cut into slots of 1 minute each; a slot is bad if in it the error rate (failed requests ÷ requests) is above 0.5%, or the measured value is above 200.",
            "Of several measured values in a slot each is looked at by itself: one that meets the condition is enough.",
        ],
        [
            "时间按每1分钟划分为一个时间片；时间片内错误率（失败请求数÷请求总数）高于0.5%，或测量值高于200的，该时间片计为不可用。",
            "时间片内有多个测量值的，逐一判断；其中任何一个符合条件，即视为符合。",
        ],
        id="slots with one of two conditions",
    ),
    pytest.param(
        {
            "indicator": Slots(
                MINUTE_MS,
                (BadWhen(UsageFigure.ERROR_RATE, Comparison.AT_LEAST, pct("50")),),
                evidence=SlotEvidence.OUTAGES,
            )
        },
        [
            "The evidence is outages alone: a slot is bad if outages cover the whole of it and the share lost meets the error rate named here. Where no outage is known, nothing was down.",
        ],
        [
            "仅以故障记录为证据：时间片自始至终被故障覆盖，且受损比例符合上述错误率条件的，方计为不可用；没有故障记录的，视为没有不可用时间。",
        ],
        id="slots of outages",
    ),
    pytest.param(
        {"indicator": ScoredEvents()},
        [
            "Availability is the mean score of all requests of the period: a good one scores 1, a tolerated one 0.5, a failed one 0."
        ],
        ["可用性为周期内全部请求得分的平均值：成功的请求计1分，可容忍的请求计0.5分，失败的请求计0分。"],
        id="scored events",
    ),
    pytest.param(
        {"indicator": AffectedUsers()},
        [
            "Bad time counts by the share of the users that were affected at the time: the sum of minutes × (users affected ÷ users), divided by all minutes of the period; a minute with many users weighs no more than one with few."
        ],
        [
            "不可用时长按当时受影响用户所占比例折算：各分钟数×（当时受影响用户数÷当时用户总数）之和，除以周期总分钟数；用户多的分钟与用户少的分钟权重相同。"
        ],
        id="affected users",
    ),
    pytest.param(
        {
            "indicator": LATENCY,
            "target": Fraction(200),
            "credit": Table((Tier(Share(pct(10)), lower=Fraction(200), lower_inclusive=False),)),
        },
        [
            "What is promised is no percentage but a measured value, “latency”, in “ms”.",
            "The value of a period is the mean of its measurements, each of which counts once.",
            "A higher value is worse.",
            "The promise is kept if “latency” is at most 200 ms.",
            "Row 1: for “latency” above 200 ms, the credit is 10% of the monthly fee.",
        ],
        [
            "所承诺的并非百分比，而是测量值“latency”，单位：“ms”。",
            "周期的数值为各次测量值的平均值，每次测量权重相同。",
            "数值越高，服务越差。",
            "“latency”等于或低于200 ms的，视为履行承诺。",
            "第1档：“latency”高于200 ms的，按月服务费的10%赔付。",
        ],
        id="a metric that is worse when higher",
    ),
    pytest.param(
        {
            "indicator": LATENCY,
            "target": Fraction(200),
            "gate": Gate.ABOVE,
            "credit": Table((Tier(Share(pct(10)), lower=Fraction(200)),)),
        },
        [
            "The promise is kept if “latency” is below 200 ms.",
            "Row 1: for “latency” at least 200 ms, the credit is 10% of the monthly fee.",
        ],
        ["“latency”低于200 ms的，视为履行承诺。", "第1档：“latency”等于或高于200 ms的，按月服务费的10%赔付。"],
        id="a metric above the gate",
    ),
    pytest.param(
        {
            "indicator": Metric("throughput", "", Worse.LOWER, Statistic.MINIMUM),
            "target": Fraction(5, 2),
            "credit": Table((Tier(Share(pct(10)), Fraction(5, 2)),)),
        },
        [
            "What is promised is no percentage but a measured value, “throughput”, in no unit.",
            "The value of a period is the smallest of its measurements.",
            "A lower value is worse.",
            "The promise is kept if “throughput” is at least 2.5.",
            "Row 1: for “throughput” below 2.5, the credit is 10% of the monthly fee.",
        ],
        [
            "所承诺的并非百分比，而是测量值“throughput”，单位：无。",
            "周期的数值为各次测量值中的最小值。",
            "数值越低，服务越差。",
            "“throughput”等于或高于2.5的，视为履行承诺。",
            "第1档：“throughput”低于2.5的，按月服务费的10%赔付。",
        ],
        id="a metric that is worse when lower",
    ),
    pytest.param(
        {
            "indicator": replace(LATENCY, statistic=Statistic.MAXIMUM),
            "target": None,
            "gate": Gate.NONE,
            "credit": Flat(FIVE_DOLLARS),
            "chronic": (Chronic(1, 2, "terminate", Fraction(300)),),
        },
        [
            "The value of a period is the largest of its measurements.",
            "Nothing is promised apart from the credit itself.",
            "For every period in breach, the credit is USD 5.00 or EUR 4.50.",
            "If a period is missed and, with it, at least 1 of the last 2 periods, the merchant may terminate the contract; missed is a period with “latency” above 300 ms.",
            "A contract in another currency than USD or EUR: no amount is promised in it.",
            "Such a case is not guessed: it waits for a person's decision, which has a name, a date and a reason.",
        ],
        [
            "周期的数值为各次测量值中的最大值。",
            "除赔付条款本身外，不另作承诺。",
            "每个未履行承诺的周期，赔付USD 5.00或EUR 4.50。",
            "当期未达标，且含当期在内的最近2个周期中累计至少1个未达标的，商户有权解除合同；未达标是指该周期的“latency”高于300 ms。",
            "合同币种不属于USD或EUR的：合同未规定该币种的赔付金额。",
            "上述情形不作推定，一律留待人工裁定，并载明裁定人、日期及理由。",
        ],
        id="the largest value of a metric",
    ),
    pytest.param(
        {"qualify": Qualify(5 * MINUTE_MS)},
        ["An outage counts only if it lasts at least 5 minutes; one of exactly 5 minutes counts."],
        ["故障持续达到或超过5分钟的方予计入；恰为5分钟的，予以计入。"],
        id="at least a minimum run",
    ),
    pytest.param(
        {"qualify": Qualify(5 * MINUTE_MS, strict=True)},
        ["An outage counts only if it lasts more than 5 minutes; one of exactly 5 minutes does not count."],
        ["故障持续超过5分钟的方予计入；恰为5分钟的，不予计入。"],
        id="longer than a minimum run",
    ),
    pytest.param(
        {"qualify": Qualify(90 * SECOND_MS, exactly_undefined=True)},
        [
            "An outage of more than 90 seconds counts, one of less than 90 seconds does not; about exactly 90 seconds the contract contradicts itself.",
            "An outage of exactly 90 seconds: the contract contradicts itself.",
        ],
        [
            "故障持续超过90秒的予以计入，不足90秒的不予计入；恰为90秒的，合同规定自相矛盾。",
            "故障时长恰为90秒的：合同规定自相矛盾。",
        ],
        id="a contradiction about the minimum run",
    ),
    pytest.param(
        {"qualify": Qualify(grace_ms=MINUTE_MS)},
        ["Of every outage that counts, nothing is counted for the first 1 minute."],
        ["计入的每次故障，最初1分钟不予计算。"],
        id="grace",
    ),
    pytest.param(
        {"qualify": Qualify(clock=(Clock.CONFIRMATION,))},
        ["Downtime runs from the provider's confirmation; what was never confirmed does not count."],
        ["不可用时长自服务商确认故障时起算；未经确认的，不予计入。"],
        id="the clock of the confirmation",
    ),
    pytest.param(
        {"qualify": Qualify(clock=(Clock.TICKET,))},
        ["Downtime runs from the opening of a ticket; what no ticket was opened for does not count."],
        ["不可用时长自提交工单时起算；未提交工单的，不予计入。"],
        id="the clock of the ticket",
    ),
    pytest.param(
        {"qualify": Qualify(clock=(Clock.REPORT,))},
        ["Downtime runs from the merchant's report; what was never reported does not count."],
        ["不可用时长自商户报告故障时起算；未经报告的，不予计入。"],
        id="the clock of the report",
    ),
    pytest.param(
        {"qualify": Qualify(clock=(Clock.CONFIRMATION, Clock.REPORT))},
        [
            "Downtime runs from whichever is known first: the provider's confirmation or the merchant's report; what has none of them does not count."
        ],
        ["不可用时长自下列时点中有记载的最早者起算：服务商确认故障或商户报告故障；均无记载的，不予计入。"],
        id="the earlier of two clocks",
    ),
    pytest.param(
        {"qualify": Qualify(reported=Reported(ReportedBy.TICKET, 24 * HOUR_MS))},
        ["An impact counts only if a ticket was opened for it, at the latest 24 hours after its end."],
        ["故障影响仅在其结束后24小时之内已提交工单的，方予计入。"],
        id="a ticket in time",
    ),
    pytest.param(
        {"qualify": Qualify(reported=Reported(ReportedBy.REPORT, 7 * DAY_MS, ReportedSince.START))},
        ["An impact counts only if the merchant reported it, at the latest 7 days (168 hours) after its start."],
        ["故障影响仅在其开始后7天（168小时）之内已由商户报告的，方予计入。"],
        id="a report in time",
    ),
    pytest.param(
        {
            "qualify": Qualify(
                clock=(Clock.FAILURE, Clock.TICKET),
                reported=Reported(ReportedBy.TICKET, 24 * HOUR_MS, ReportedSince.START),
            )
        },
        [
            "Downtime runs from whichever is known first: the failure itself or the opening of a ticket; what has none of them does not count.",
            "An impact counts only if a ticket was opened for it, at the latest 24 hours after its start.",
        ],
        [
            "不可用时长自下列时点中有记载的最早者起算：故障实际发生或提交工单；均无记载的，不予计入。",
            "故障影响仅在其开始后24小时之内已提交工单的，方予计入。",
        ],
        id="a ticket in time after the start",
    ),
    pytest.param(
        {"qualify": Qualify(reported=Reported(ReportedBy.REPORT, 7 * DAY_MS))},
        ["An impact counts only if the merchant reported it, at the latest 7 days (168 hours) after its end."],
        ["故障影响仅在其结束后7天（168小时）之内已由商户报告的，方予计入。"],
        id="a report in time after the end",
    ),
    pytest.param(
        {"qualify": Qualify(reported=Reported(ReportedBy.TICKET))},
        ["An impact that no ticket was opened for does not count; when it was opened does not matter."],
        ["未就故障影响提交工单的，该影响不予计入；何时提交在所不问。"],
        id="a ticket at any time",
    ),
    pytest.param(
        {"qualify": Qualify(reported=Reported(ReportedBy.REPORT, None, ReportedSince.START))},
        [
            "An impact that the merchant did not report does not count; when it was reported does not matter.",
            "The term “since: start” is written in the file, but changes nothing here.",
        ],
        [
            "商户未报告故障影响的，该影响不予计入；何时报告在所不问。",
            "文件中写有“since: start”，但在本政策中不产生任何效果。",
        ],
        id="a report at any time, since the start",
    ),
    pytest.param(
        {"qualify": Qualify(affected=Affected.OWN_ERRORS)},
        ["An outage counts only for a merchant that had a failed request of its own within it."],
        ["仅当商户自身在故障期间有失败的请求时，故障方对该商户计入。"],
        id="own errors",
    ),
    pytest.param(
        {"qualify": Qualify(affected=Affected.ACTIVE)},
        ["An outage counts only for a merchant that made a request of its own within it."],
        ["仅当商户自身在故障期间发出过请求时，故障方对该商户计入。"],
        id="active merchants",
    ),
    pytest.param(
        {"qualify": Qualify(affected=Affected.ACTIVE, activity_ms=15 * MINUTE_MS)},
        [
            "An outage counts only for a merchant that made a request of its own within it, or at most 15 minutes before or after it."
        ],
        ["仅当商户自身在故障期间或者其前后15分钟以内发出过请求时，故障方对该商户计入。"],
        id="merchants active around it",
    ),
    pytest.param(
        {"qualify": Qualify(activity_ms=15 * MINUTE_MS)},
        ["The term “activity: 15 minutes” is written in the file, but changes nothing here."],
        ["文件中写有“activity: 15分钟”，但在本政策中不产生任何效果。"],
        id="an activity that changes nothing",
    ),
    pytest.param(
        {"qualify": Qualify(joined_within_ms=15 * MINUTE_MS)},
        [
            "Outages with at most 15 minutes between them are one outage, from the first start to the last end; the time between them does not count as down."
        ],
        ["间隔不超过15分钟的各次故障视为同一次故障，自首次开始时起，至最后一次结束时止；其间的间隔不计为不可用时长。"],
        id="near outages are one",
    ),
    pytest.param(
        {"qualify": Qualify(measured=RunsMeasured.AFTER_EXCLUSIONS)},
        [
            "What is left out of downtime parts an outage: what comes before and after it is judged as outages of their own."
        ],
        ["从不可用时长中扣除的时间将一次故障分断：其前后各段分别作为独立的故障判断。"],
        id="outages after exclusions",
    ),
    pytest.param(
        {"exclude": (ExclusionRule(ExclusionKind.MAINTENANCE),)},
        [
            "What is left out does not part an outage: it is judged as one, by its whole length.",
            "Rule 1: Maintenance. It need not have been announced. Its time stays in the period and counts as up. There is no limit to how much is left out.",
            "All other downtime counts, whatever its cause.",
        ],
        [
            "不计入的时间不将一次故障分断：该故障仍为一次，以其全程时长判断。",
            "除外情形1：维护。无须事先公告。该时间保留在周期之内，并视为可用。除外时长不设上限。",
            "除此之外的不可用时长，不论原因，均予计入。",
        ],
        id="maintenance without conditions",
    ),
    pytest.param(
        {
            "exclude": (
                ExclusionRule(
                    ExclusionKind.MAINTENANCE, 72 * HOUR_MS, ExclusionEffect.NOT_MEASURED, Allowance(4 * HOUR_MS)
                ),
            )
        },
        [
            "Rule 1: Maintenance. It must have been announced at least 72 hours before it begins. Its time leaves the period: it is neither up nor down. At most 4 hours in each calendar month is left out, the earliest first; what goes beyond counts."
        ],
        [
            "除外情形1：维护。须在开始前至少提前72小时公告。该时间从周期中剔除，既不计为可用，也不计为不可用。每个自然月最多除外4小时，按时间先后扣除；超出部分照常计入。"
        ],
        id="announced maintenance with an allowance",
    ),
    pytest.param(
        {"exclude": (ExclusionRule(ExclusionKind.MAINTENANCE, notice_business_days=5, holidays="DE"),)},
        [
            "Rule 1: Maintenance. It must have been announced at least 5 business days ahead, counted from the day after the announcement up to and including the day on which it begins. The weekends and public holidays of Germany (DE) are no business days; weekend days that are worked there in exchange for a holiday are. Its time stays in the period and counts as up. There is no limit to how much is left out."
        ],
        [
            "除外情形1：维护。须至少提前5个工作日公告，自公告次日起计算，开始当日计算在内。德国（DE）的周末及法定节假日不计为工作日；当地因调休而上班的周末计为工作日。该时间保留在周期之内，并视为可用。除外时长不设上限。"
        ],
        id="announced business days ahead",
    ),
    pytest.param(
        {"exclude": (ExclusionRule(ExclusionKind.OTHER, notice_business_days=1),)},
        [
            "Rule 1: Any other reason that the contract names. It must have been announced at least 1 business day ahead, counted from the day after the announcement up to and including the day on which it begins. Saturdays and Sundays are no business days; public holidays are. Its time stays in the period and counts as up. There is no limit to how much is left out."
        ],
        [
            "除外情形1：合同列明的其他原因。须至少提前1个工作日公告，自公告次日起计算，开始当日计算在内。星期六、星期日不计为工作日；法定节假日计为工作日。该时间保留在周期之内，并视为可用。除外时长不设上限。"
        ],
        id="announced a business day ahead",
    ),
    pytest.param(
        {"exclude": (ExclusionRule(ExclusionKind.OTHER, HOUR_MS, holidays="DE"),)},
        [
            "Rule 1: Any other reason that the contract names. It must have been announced at least 1 hour before it begins. The term “holidays: DE” is written in the file, but changes nothing here. Its time stays in the period and counts as up. There is no limit to how much is left out."
        ],
        [
            "除外情形1：合同列明的其他原因。须在开始前至少提前1小时公告。文件中写有“holidays: DE”，但在本政策中不产生任何效果。该时间保留在周期之内，并视为可用。除外时长不设上限。"
        ],
        id="holidays that change nothing",
    ),
    pytest.param(
        {
            "exclude": (
                ExclusionRule(
                    ExclusionKind.CUSTOMER,
                    effect=ExclusionEffect.ADDED_BACK,
                    allowance=Allowance(HOUR_MS, AllowancePer.PERIOD),
                ),
            )
        },
        [
            "Rule 1: What the merchant itself caused. The whole of its time is added to the time up, whether anything was down in it or not. At most 1 hour in each period is left out, the earliest first; what goes beyond counts."
        ],
        [
            "除外情形1：商户自身原因。该时间全部加计为可用时长，不论其间是否发生不可用。每个周期最多除外1小时，按时间先后扣除；超出部分照常计入。"
        ],
        id="the customer, added back",
    ),
    pytest.param(
        {
            "exclude": (
                ExclusionRule(
                    ExclusionKind.UPSTREAM, effect=ExclusionEffect.NOT_CREDITED, covered=("northcdn", "southcdn")
                ),
            )
        },
        [
            "Rule 1: Failures at an upstream provider. The upstream provider need not have confirmed it. Outages at “northcdn” and “southcdn” are not left out: they count. It counts as down for availability and the error budget, but not for the credit. There is no limit to how much is left out."
        ],
        [
            "除外情形1：上游供应商的故障。无须上游供应商确认。“northcdn”和“southcdn”发生的故障不在除外之列，仍予计入。该时间在计算可用性和错误预算时计为不可用，但不计入赔付。除外时长不设上限。"
        ],
        id="upstream, not credited",
    ),
    pytest.param(
        {
            "exclude": (
                ExclusionRule(
                    ExclusionKind.UPSTREAM, confirmed=True, allowance=Allowance(DAY_MS, AllowancePer.QUARTER)
                ),
            )
        },
        [
            "Rule 1: Failures at an upstream provider. The upstream provider must have confirmed it. Its time stays in the period and counts as up. At most 24 hours in each calendar quarter is left out, the earliest first; what goes beyond counts."
        ],
        [
            "除外情形1：上游供应商的故障。须经上游供应商确认。该时间保留在周期之内，并视为可用。每个自然季度最多除外24小时，按时间先后扣除；超出部分照常计入。"
        ],
        id="confirmed upstream",
    ),
    pytest.param(
        {
            "exclude": (
                ExclusionRule(ExclusionKind.FORCE_MAJEURE, allowance=Allowance(5 * DAY_MS, AllowancePer.YEAR)),
                ExclusionRule(ExclusionKind.TOPOLOGY),
            )
        },
        [
            "Rule 1: Force majeure. Its time stays in the period and counts as up. At most 5 days (120 hours) in each calendar year is left out, the earliest first; what goes beyond counts.",
            "Rule 2: Time in which what the promise presupposes (such as two zones) was not there. Its time stays in the period and counts as up. There is no limit to how much is left out.",
            "The first of these rules that matches gives the reason.",
        ],
        [
            "除外情形1：不可抗力。该时间保留在周期之内，并视为可用。每个自然年最多除外5天（120小时），按时间先后扣除；超出部分照常计入。",
            "除外情形2：承诺所要求的部署条件（如双可用区）未获满足的时间。该时间保留在周期之内，并视为可用。除外时长不设上限。",
            "同时符合数项的，以排列在先的一项为除外理由。",
        ],
        id="force majeure and topology",
    ),
    pytest.param(
        {"exclude": (ExclusionRule(ExclusionKind.OTHER),)},
        [
            "Rule 1: Any other reason that the contract names. Its time stays in the period and counts as up. There is no limit to how much is left out."
        ],
        ["除外情形1：合同列明的其他原因。该时间保留在周期之内，并视为可用。除外时长不设上限。"],
        id="another reason",
    ),
    pytest.param(
        {"exclude": (RecurringRule(120, 300, "Asia/Tokyo", (5, 6)),)},
        [
            "Rule 1: The window from 02:00 to 05:00 on every Saturday and Sunday, by the time of Asia/Tokyo and following its clocks when they change. Its time stays in the period and counts as up."
        ],
        [
            "除外情形1：每星期六和星期日02:00至05:00的固定时段，以Asia/Tokyo时间为准，并随当地时钟调整而变动。该时间保留在周期之内，并视为可用。"
        ],
        id="a weekly window",
    ),
    pytest.param(
        {"exclude": (RecurringRule(1380, 60, MERCHANT_ZONE),)},
        [
            "Rule 1: The window from 23:00 to 01:00 on the next day, beginning on every day, by each merchant's own local time and following its clocks when they change. Its time stays in the period and counts as up."
        ],
        [
            "除外情形1：每天23:00起至次日01:00止的固定时段，以各商户所在地时间为准，并随当地时钟调整而变动。该时间保留在周期之内，并视为可用。"
        ],
        id="a nightly window",
    ),
    pytest.param(
        {
            "exclude": (
                RecurringRule(
                    120,
                    300,
                    "UTC",
                    (0, NthWeekday(1, 1), NthWeekday(2, 2), NthWeekday(3, 3), NthWeekday(4, 4), NthWeekday(-1, 6)),
                    allowance=Allowance(HOUR_MS, AllowancePer.WEEK),
                    never=(YearDays(12, 20, 1, 6),),
                ),
            )
        },
        [
            "Rule 1: The window from 02:00 to 05:00 on every Monday, the first Tuesday of every month, the second Wednesday of every month, the third Thursday of every month, the fourth Friday of every month and the last Sunday of every month, by the time of UTC and following its clocks when they change. None begins on the days from 20 December to 6 January of any year, these two included. Its time stays in the period and counts as up. Only downtime in it is left out, and only downtime uses up the limit. At most 1 hour in each week that begins on a Monday is left out, the earliest first; what goes beyond counts."
        ],
        [
            "除外情形1：每星期一、每月第一个星期二、每月第二个星期三、每月第三个星期四、每月第四个星期五和每月最后一个星期日02:00至05:00的固定时段，以UTC时间为准，并随当地时钟调整而变动。起始日在每年12月20日至1月6日（含首尾两日）之间的，不适用该时段。该时间保留在周期之内，并视为可用。仅除外该时段内的不可用时长，上限亦仅因不可用时长而扣减。自星期一起算的每周最多除外1小时，按时间先后扣除；超出部分照常计入。"
        ],
        id="single days of a month, a freeze and a limit",
    ),
    pytest.param(
        {
            "exclude": (
                ExclusionRule(
                    ExclusionKind.MAINTENANCE, within=(LocalWindow(0, 360, "UTC", (6,)), LocalWindow(1320, 60, "UTC"))
                ),
            )
        },
        [
            "Rule 1: Maintenance. It need not have been announced. Only the part of it that lies in the following local time is left out; the rest counts. The window from 00:00 to 06:00 on every Sunday, by the time of UTC and following its clocks when they change. The window from 22:00 to 01:00 on the next day, beginning on every day, by the time of UTC and following its clocks when they change. Its time stays in the period and counts as up. There is no limit to how much is left out."
        ],
        [
            "除外情形1：维护。无须事先公告。仅除外位于下列当地时段之内的部分，其余部分照常计入。每星期日00:00至06:00的固定时段，以UTC时间为准，并随当地时钟调整而变动。每天22:00起至次日01:00止的固定时段，以UTC时间为准，并随当地时钟调整而变动。该时间保留在周期之内，并视为可用。除外时长不设上限。"
        ],
        id="maintenance within its windows",
    ),
    pytest.param(
        {
            "period": CalendarMonths(3, 2),
            "exclude": (
                ExclusionRule(
                    ExclusionKind.OTHER,
                    allowance=Allowance(HOUR_MS, AllowancePer.QUARTER, "upkeep"),
                    further=(
                        Allowance(3 * HOUR_MS, AllowancePer.YEAR),
                        Allowance(4 * HOUR_MS, AllowancePer.CONTRACT_YEAR),
                    ),
                ),
            ),
        },
        [
            "Rule 1: Any other reason that the contract names. Its time stays in the period and counts as up. At most 1 hour in each quarter of three calendar months, counted from February, is left out, the earliest first; what goes beyond counts. This limit is one for all rules that share “upkeep”: what one of them uses up is used up for the others, too. At most 3 hours in each year of twelve calendar months that begins in February is left out, the earliest first; what goes beyond counts. At most 4 hours in each year of the contract, counted from its first day, is left out, the earliest first; what goes beyond counts. What is left out stays within all of these limits."
        ],
        [
            "除外情形1：合同列明的其他原因。该时间保留在周期之内，并视为可用。每季度（每三个自然月为一季，自二月起算）最多除外1小时，按时间先后扣除；超出部分照常计入。该上限由共用“upkeep”的各项除外情形合并计算，其中一项已扣减的额度，其他各项不得再用。每年度（每十二个自然月为一年，自二月起算）最多除外3小时，按时间先后扣除；超出部分照常计入。每个合同年度（自合同首日起算）最多除外4小时，按时间先后扣除；超出部分照常计入。除外时长须同时符合上述各项上限。"
        ],
        id="limits of several kinds at once",
    ),
    pytest.param(
        {"quantise": (WholeSlots(MINUTE_MS),)},
        ["Of every outage only the clock slots of 1 minute each that lie in it from end to end count."],
        ["每次故障仅计算自始至终处于故障之内的整点时间片，每片1分钟。"],
        id="whole slots",
    ),
    pytest.param(
        {"quantise": (RoundOutage(MINUTE_MS, TimeRounding.UP), RoundTotal(HOUR_MS, TimeRounding.DOWN))},
        [
            "The following apply one after the other, in this order.",
            "Every outage is rounded up to whole multiples of 1 minute.",
            "The period's total downtime is rounded down to whole multiples of 1 hour.",
        ],
        [
            "以下各项依次适用。",
            "每次故障的时长以1分钟为单位计算，不足一个单位的按一个单位计。",
            "周期内累计不可用时长以1小时为单位计算，不足一个单位的部分舍去。",
        ],
        id="outages up, then the total down",
    ),
    pytest.param(
        {"quantise": (RoundOutage(MINUTE_MS, TimeRounding.DOWN),)},
        ["Every outage is rounded down to whole multiples of 1 minute."],
        ["每次故障的时长以1分钟为单位计算，不足一个单位的部分舍去。"],
        id="outages down",
    ),
    pytest.param(
        {"quantise": (RoundOutage(MINUTE_MS, TimeRounding.NEAREST),)},
        ["Every outage is rounded to the nearest whole multiple of 1 minute, a half upwards."],
        ["每次故障的时长以1分钟为单位取最接近的整数倍，恰为一半的进位。"],
        id="outages to the nearest",
    ),
    pytest.param(
        {"quantise": (RoundTotal(HOUR_MS, TimeRounding.UP),)},
        ["The period's total downtime is rounded up to whole multiples of 1 hour."],
        ["周期内累计不可用时长以1小时为单位计算，不足一个单位的按一个单位计。"],
        id="the total up",
    ),
    pytest.param(
        {"quantise": (RoundTotal(HOUR_MS, TimeRounding.NEAREST),)},
        ["The period's total downtime is rounded to the nearest whole multiple of 1 hour, a half upwards."],
        ["周期内累计不可用时长以1小时为单位取最接近的整数倍，恰为一半的进位。"],
        id="the total to the nearest",
    ),
    pytest.param(
        {"quantise": (RoundAvailability(pct("0.1"), TimeRounding.DOWN),)},
        [
            "For promise and credit, availability is rounded down to whole multiples of 0.1%; the measured one stays exact."
        ],
        ["判断是否履约及计算赔付时，可用性以0.1%为单位向下取整；实测值仍保留精确值。"],
        id="availability down",
    ),
    pytest.param(
        {"quantise": (RoundAvailability(pct("0.1"), TimeRounding.UP),)},
        [
            "For promise and credit, availability is rounded up to whole multiples of 0.1%; the measured one stays exact."
        ],
        ["判断是否履约及计算赔付时，可用性以0.1%为单位向上取整；实测值仍保留精确值。"],
        id="availability up",
    ),
    pytest.param(
        {"quantise": (RoundAvailability(pct("0.1"), TimeRounding.NEAREST),)},
        [
            "For promise and credit, availability is rounded to the nearest whole multiple of 0.1%, a half upwards; the measured one stays exact."
        ],
        ["判断是否履约及计算赔付时，可用性以0.1%为单位取最接近的整数倍，恰为一半的进位；实测值仍保留精确值。"],
        id="availability to the nearest",
    ),
    pytest.param(
        {"indicator": LATENCY, "quantise": (RoundAvailability(Fraction(10), TimeRounding.DOWN),)},
        ["The value of “latency” is rounded down to whole multiples of 10 ms."],
        ["“latency”的数值以10 ms为单位向下取整。"],
        id="a metric down",
    ),
    pytest.param(
        {"indicator": LATENCY, "quantise": (RoundAvailability(Fraction(10), TimeRounding.UP),)},
        ["The value of “latency” is rounded up to whole multiples of 10 ms."],
        ["“latency”的数值以10 ms为单位向上取整。"],
        id="a metric up",
    ),
    pytest.param(
        {"indicator": LATENCY, "quantise": (RoundAvailability(Fraction(10), TimeRounding.NEAREST),)},
        ["The value of “latency” is rounded to the nearest whole multiple of 10 ms, a half upwards."],
        ["“latency”的数值以10 ms为单位取最接近的整数倍，恰为一半的进位。"],
        id="a metric to the nearest",
    ),
    pytest.param(
        {"period": CalendarMonths(3)},
        ["The period is the quarter of three calendar months, counted from January."],
        ["计算周期为季度，每三个自然月为一季，自一月起算。"],
        id="calendar quarters",
    ),
    pytest.param(
        {"period": CalendarMonths(6, 4)},
        ["The period is the half-year of six calendar months, counted from April."],
        ["计算周期为半年，每六个自然月为一期，自四月起算。"],
        id="fiscal half-years",
    ),
    pytest.param(
        {"period": CalendarMonths(12, 2)},
        ["The period is the year of twelve calendar months that begins in February."],
        ["计算周期为年度，每十二个自然月为一年，自二月起算。"],
        id="fiscal years",
    ),
    pytest.param(
        {"period": CalendarMonths(2)},
        ["The period is 2 months by the calendar, counted from January."],
        ["计算周期为按日历计算的2个月，自一月起算。"],
        id="two months",
    ),
    pytest.param(
        {"period": CalendarMonths(1, 4)},
        ["The term “first_month: 4” is written in the file, but changes nothing here."],
        ["文件中写有“first_month: 4”，但在本政策中不产生任何效果。"],
        id="a first month that changes nothing",
    ),
    pytest.param(
        {"period": BillingMonth(15)},
        [
            "The period is the billing month, from day 15 of a month to the day before it in the next; a month without such a day has its last day instead."
        ],
        ["计算周期为计费月，自每月第15日起至次月该日的前一日止；当月没有该日的，以当月最后一日为准。"],
        id="billing months",
    ),
    pytest.param(
        {"period": Week(6)},
        ["The period is the week, which begins on Sunday."],
        ["计算周期为一周，自星期日起算。"],
        id="weeks",
    ),
    pytest.param(
        {"period": RollingDays(30)},
        ["The period is the 30 days up to the end of the month."],
        ["计算周期为截至月末的30天。"],
        id="rolling days",
    ),
    pytest.param(
        {"period": EachIncident()},
        [
            "Every outage is judged by itself and whole, in the month in which it ends; its availability is what it alone leaves of that month.",
            "The availability that is shown on accounts and statements is that of the whole month.",
            "The month begins and ends at midnight by the time of Asia/Shanghai.",
            "An outage's downtime is divided by the real length of the month, an hour more or less where the clocks change.",
            "Where the contract is in force for a part of the month only, only that part is looked at.",
            "For each outage by itself, the promise is kept if availability is at least 99.95%.",
            "It pays for the whole month.",
            "There is no cap: a credit may be more than the base.",
        ],
        [
            "每次故障作为整体单独核定，归入其结束时所在的月份；其可用性仅以该次故障在该月中所占的时长计算。",
            "账目及赔付通知所载的可用性为全月的可用性。",
            "月份的起止以Asia/Shanghai时间的零时为准。",
            "计算单次故障的可用性时，以当月的实际时长为分母；遇时钟调整的，相应增减一小时。",
            "合同仅在当月的一部分时间内有效的，仅核定该部分时间。",
            "就每次故障单独而言，可用性等于或高于99.95%的，视为履行承诺。",
            "该费用对应全月的服务。",
            "赔付不设上限，可以超过赔付基数。",
        ],
        id="each incident",
    ),
    pytest.param(
        {"period": EachHour(), "caps": (Cap(pct(50)), Cap(pct(25), per=CapPer.OUTAGE))},
        [
            "Every clock hour of the month is judged by itself, by the availability in that hour alone.",
            "Of an outage over the end of an hour, each hour has its own part.",
            "Hours and the month are those of the clock by the time of Asia/Shanghai.",
            "Downtime in an hour is divided by that hour.",
            "For each clock hour by itself, the promise is kept if availability is at least 99.95%.",
            "Row 3: for availability below 95%, the credit is 100% of the hour's part of the monthly fee.",
            "All that is credited for one month is together at most 50% of the contract's monthly fee.",
            "For an outage the credit is at most 25% of the hour's part of the monthly fee.",
        ],
        [
            "当月每一整点小时单独核定，仅以该小时内的可用性为准。",
            "故障跨越整点的，各小时分别计其所含部分。",
            "小时和月份均以Asia/Shanghai时间为准。",
            "计算某一小时的可用性时，以该小时为分母。",
            "就每一整点小时单独而言，可用性等于或高于99.95%的，视为履行承诺。",
            "第3档：可用性低于95%的，按月服务费中该小时所占部分的100%赔付。",
            "当月的全部赔付合计以合同月服务费的50%为上限。",
            "每次故障的赔付以月服务费中该小时所占部分的25%为上限。",
        ],
        id="each hour",
    ),
    pytest.param(
        {"period": EachDay(), "part_period": PartPeriod.UNUSED_AS_UP, "denominator_ms": 30 * DAY_MS},
        [
            "Every local day of the month is judged by itself, by the availability on that day alone.",
            "Of an outage over the end of a day, each day has its own part.",
            "Days and the month begin and end at midnight by the time of Asia/Shanghai.",
            "Downtime on a day is divided by the real length of the day, an hour more or less where the clocks change.",
            "Only for the availability that is shown, the month's downtime is divided by 30 days (720 hours).",
            "Where the contract is in force for a part of the month only, only that part is looked at; in the availability that is shown the rest counts as up.",
            "For each local day by itself, the promise is kept if availability is at least 99.95%.",
            "Row 3: for availability below 95%, the credit is 100% of the day's part of the monthly fee.",
            "There is no cap.",
        ],
        [
            "当月每一当地自然日单独核定，仅以当日的可用性为准。",
            "故障跨日的，各日分别计其所含部分。",
            "每日和每月的起止以Asia/Shanghai时间的零时为准。",
            "计算某一日的可用性时，以当日的实际时长为分母；遇时钟调整的，相应增减一小时。",
            "仅就所载的全月可用性而言，以30天（720小时）为分母。",
            "合同仅在当月的一部分时间内有效的，仅核定该部分时间；所载的全月可用性将其余时间视为可用。",
            "就每一当地自然日单独而言，可用性等于或高于99.95%的，视为履行承诺。",
            "第3档：可用性低于95%的，按月服务费中当日所占部分的100%赔付。",
            "赔付不设上限。",
        ],
        id="each day, with a length that is only shown",
    ),
    pytest.param(
        {
            "period": EachIncident(),
            "part_period": PartPeriod.FULL_PERIOD,
            "credit": Stack(
                Stacking.SUM,
                (
                    Flat(Share(pct(5))),
                    Flat(Share(pct(5)), Per.OUTAGE),
                    Bands((Band(Share(pct(5))),)),
                    Multiple(),
                    Blocks(HOUR_MS, Share(pct(1)), after_ms=HOUR_MS),
                ),
            ),
            "chronic": (Chronic(2, 3, "terminate"), Chronic(2, 3, "terminate", pct(99), in_a_row=True)),
        },
        [
            "Where the contract is in force for a part of the month only, the whole month is looked at, as if it had run all the time.",
            "Part 1: For every outage in breach, the credit is 5% of the monthly fee.",
            "Part 2: For every outage that counts and is in breach, the credit is 5% of the monthly fee.",
            "Part 3: The credit goes by the length of each outage, and the outages of a month are added up.",
            "Part 4: All downtime of each outage counts for it.",
            "Part 5: For every full 1 hour of each outage's downtime, the credit is 1% of the monthly fee; what is left over pays nothing.",
            "Part 5: The first 1 hour of each outage's downtime is free; blocks are counted beyond it.",
            "If a month is missed and, with it, at least 2 of the last 3 months, the merchant may terminate the contract; missed is a month that, taken as a whole, missed the target.",
            "If a month is missed and, with it, at least 2 in a row within the last 3 months, the merchant may terminate the contract; missed is a month that, taken as a whole, has availability below 99%.",
        ],
        [
            "合同仅在当月的一部分时间内有效的，视同合同在全月有效进行核定。",
            "第1部分：每个未履行承诺的故障，按月服务费的5%赔付。",
            "第2部分：每次计入且未履行承诺的故障，按月服务费的5%赔付。",
            "第3部分：按每次故障的时长分别计算赔付，当月各次故障的赔付额相加。",
            "第4部分：每次故障的全部不可用时长均计入。",
            "第5部分：每次故障的不可用时长每满1小时，按月服务费的1%赔付；不足部分不予赔付。",
            "第5部分：每次故障的最初1小时的不可用时长不予赔付，自其后起计算。",
            "当月未达标，且含当月在内的最近3个月中累计至少2个未达标的，商户有权解除合同；未达标是指该月就全月而言未达到目标。",
            "当月未达标，且在最近3个月内截至当月已连续至少2个未达标的，商户有权解除合同；未达标是指该月就全月而言可用性低于99%。",
        ],
        id="what each outage is paid",
    ),
    pytest.param(
        {
            "period": EachHour(),
            "credit": Stack(
                Stacking.SUM,
                (
                    Flat(Share(pct(5))),
                    Flat(Share(pct(5)), Per.OUTAGE),
                    Bands((Band(Share(pct(5))),), Per.PERIOD),
                    Multiple(),
                    Blocks(MINUTE_MS, Share(pct(1))),
                ),
            ),
        },
        [
            "Part 1: For every clock hour in breach, the credit is 5% of the hour's part of the monthly fee.",
            "Part 2: For every outage that counts in a clock hour in breach, the credit is 5% of the hour's part of the monthly fee.",
            "Part 3: The credit goes by the total downtime of each clock hour.",
            "Part 4: All downtime of each clock hour counts for it.",
        ],
        [
            "第1部分：每个未履行承诺的整点小时，按月服务费中该小时所占部分的5%赔付。",
            "第2部分：在未履行承诺的整点小时内，每发生一次计入的故障，按月服务费中该小时所占部分的5%赔付。",
            "第3部分：按每一整点小时内累计不可用时长计算赔付。",
            "第4部分：每一整点小时内全部不可用时长均计入。",
        ],
        id="what each hour is paid",
    ),
    pytest.param(
        {
            "period": EachDay(),
            "credit": Stack(
                Stacking.SUM,
                (Flat(Share(pct(5))), Multiple(Fraction(2)), Blocks(HOUR_MS, Share(pct(1)), after_ms=HOUR_MS)),
            ),
        },
        [
            "Part 1: For every local day in breach, the credit is 5% of the day's part of the monthly fee.",
            "Part 2: All downtime of each local day counts for it.",
            "Part 3: The first 1 hour of each local day's downtime is free; blocks are counted beyond it.",
        ],
        [
            "第1部分：每个未履行承诺的当地自然日，按月服务费中当日所占部分的5%赔付。",
            "第2部分：每一当地自然日内全部不可用时长均计入。",
            "第3部分：每一当地自然日内最初1小时的不可用时长不予赔付，自其后起计算。",
        ],
        id="what each day is paid",
    ),
    pytest.param(
        {
            "indicator": Events(),
            "exclude": (
                ExclusionRule(ExclusionKind.MAINTENANCE),
                ExclusionRule(ExclusionKind.CUSTOMER, effect=ExclusionEffect.NOT_MEASURED),
                ExclusionRule(ExclusionKind.OTHER, effect=ExclusionEffect.NOT_CREDITED),
                RecurringRule(120, 300, "UTC", effect=ExclusionEffect.ADDED_BACK),
            ),
            "denominator_ms": 30 * DAY_MS,
            "part_period": PartPeriod.FULL_PERIOD,
            "qualify": Qualify(affected=Affected.ACTIVE, activity_ms=MINUTE_MS),
            "credit": Multiple(Fraction(2), DowntimeOf.EXCESS),
        },
        [
            "There are no outages here: the evidence is rows, each with what was counted or measured in one stretch of time. Each row counts whole, in the period in which it begins.",
            "The term “affected: active” is written in the file, but changes nothing here.",
            "The term “activity: 1 minute” is written in the file, but changes nothing here.",
            "Rule 1: Maintenance. It need not have been announced. Of rows that begin in it nothing counts as failed, and their requests stay in the count. There is no limit to how much is left out.",
            "Rule 2: What the merchant itself caused. Rows that begin in it are left out, with all their requests: they are neither good nor bad. There is no limit to how much is left out.",
            "Rule 3: Any other reason that the contract names. Rows that begin in it count for availability and the error budget, but what failed in them does not count for the credit. There is no limit to how much is left out.",
            "Rule 4: The window from 02:00 to 05:00 on every day, by the time of UTC and following its clocks when they change. Of rows that begin in it nothing counts as failed, and their requests stay in the count. The term “effect: added_back” is written in the file, but changes nothing here.",
            "All other rows count, whatever happened in them.",
            "Figures are exact; nothing is rounded before the amount.",
            "What failed is divided by the number of requests, not by time.",
            "The term “denominator: 30 days (720 hours)” is written in the file, but changes nothing here.",
            "Where the contract is in force for a part of the period only, only rows that begin in that part count.",
            "The term “part: full_period” is written in the file, but changes nothing here.",
            "The credit is 2 × the monthly fee × the share that was bad (100% − availability).",
            "Of that share, only what goes beyond the target counts.",
        ],
        [
            "本政策不以故障时段为据：证据为若干条数据，每条载明某一时段内的计数或测量值；每条数据完整计入其起始时刻所在的周期。",
            "除外情形1：维护。无须事先公告。起始时刻在该时间内的数据，其请求仍计入请求总数，但均不计为失败。除外时长不设上限。",
            "除外情形2：商户自身原因。起始时刻在该时间内的数据连同其全部请求不予计入，既不计为成功，也不计为失败。除外时长不设上限。",
            "除外情形3：合同列明的其他原因。起始时刻在该时间内的数据照常计入可用性和错误预算，但其中的失败不计入赔付。除外时长不设上限。",
            "除此之外的数据，不论其间发生何事，均予计入。",
            "各项数值均按精确值计算，在得出金额之前不作任何取整。",
            "计算可用性时，以请求总数而非时长为分母。",
            "合同仅在周期的一部分时间内有效的，仅计入起始时刻在该部分时间内的数据。",
            "赔付额为月服务费×2×不可用比例（100%－可用性）。",
            "该比例中仅超出目标的部分计入。",
        ],
        id="a share of requests has no outages",
    ),
    pytest.param(
        {"indicator": ScoredEvents(), "credit": Multiple()},
        [
            "Nothing is left out: rows from times of maintenance, of the merchant's own doing or of force majeure count like any others.",
            "All of that share counts.",
        ],
        ["不设任何除外情形：维护、商户自身原因及不可抗力期间的数据，均照常计入。", "该比例全部计入。"],
        id="a share of scores",
    ),
    pytest.param(
        {
            "indicator": LATENCY,
            "target": Fraction(200),
            "exclude": (
                ExclusionRule(ExclusionKind.MAINTENANCE),
                ExclusionRule(ExclusionKind.CUSTOMER, effect=ExclusionEffect.NOT_MEASURED),
            ),
        },
        [
            "Rule 1: Maintenance. It need not have been announced. Measurements in rows that begin in it are left out. There is no limit to how much is left out.",
            "Rule 2: What the merchant itself caused. Measurements in rows that begin in it are left out. The term “effect: not_measured” is written in the file, but changes nothing here. There is no limit to how much is left out.",
            "Nothing is divided by the length of the period.",
        ],
        [
            "除外情形1：维护。无须事先公告。起始时刻在该时间内的测量数据不予计入。除外时长不设上限。",
            "除外情形2：商户自身原因。起始时刻在该时间内的测量数据不予计入。文件中写有“effect: not_measured”，但在本政策中不产生任何效果。除外时长不设上限。",
            "周期的时长不作为分母。",
        ],
        id="measurements that are left out",
    ),
    pytest.param(
        {"indicator": SlotMean(5 * MINUTE_MS)},
        [
            "The error rates are added up and divided by the number of all slots in the period, those without requests included.",
            "Where the contract is in force for a part of the period only, only the slots of that part are looked at.",
        ],
        [
            "各时间片的错误率相加，除以周期内全部时间片的数量，没有请求的时间片亦计算在内。",
            "合同仅在周期的一部分时间内有效的，仅计算该部分时间内的时间片。",
        ],
        id="what slots are divided by",
    ),
    pytest.param(
        {"indicator": SlotMean(5 * MINUTE_MS), "denominator_ms": 30 * DAY_MS},
        [
            "The error rates are added up and divided by as many slots as 30 days (720 hours) has, however long the period really is.",
            "Where the contract is in force for a part of the period only, only rows that begin in that part count.",
        ],
        ["各时间片的错误率相加，不论周期的实际时长，一律除以30天（720小时）所含时间片的数量。"],
        id="as many slots as a fixed length has",
    ),
    pytest.param(
        {"indicator": SlotMean(5 * MINUTE_MS), "part_period": PartPeriod.FULL_PERIOD},
        [
            "Where the contract is in force for a part of the period only, the error rates of that part are divided by the slots of the whole period, as if it had run all the time."
        ],
        [
            "合同仅在周期的一部分时间内有效的，视同合同在整个周期内有效，以整个周期的时间片数量为分母，计入该部分时间内的错误率。"
        ],
        id="slots of the full period",
    ),
    pytest.param(
        {"indicator": SlotMean(5 * MINUTE_MS), "part_period": PartPeriod.UNUSED_AS_UP},
        [
            "Where the contract is in force for a part of the period only, the slots of the whole period are divided by, and those outside the contract count with no errors."
        ],
        ["合同仅在周期的一部分时间内有效的，以整个周期的时间片数量为分母，合同有效期之外的时间片视为没有错误。"],
        id="unused slots without errors",
    ),
    pytest.param(
        {"indicator": SlotMean(5 * MINUTE_MS, Idle.SKIPPED), "part_period": PartPeriod.UNUSED_AS_UP},
        [
            "The error rates are added up and divided by the number of slots that had requests.",
            "The term “part: unused_as_up” is written in the file, but changes nothing here.",
        ],
        [
            "各时间片的错误率相加，除以有请求的时间片的数量。",
            "文件中写有“part: unused_as_up”，但在本政策中不产生任何效果。",
        ],
        id="what busy slots are divided by",
    ),
    pytest.param(
        {"denominator_ms": 43_200 * MINUTE_MS, "part_period": PartPeriod.UNUSED_AS_UP},
        [
            "Where the contract is in force for a part of the period only, it is divided by the same length, and time outside the contract counts as up."
        ],
        ["合同仅在周期的一部分时间内有效的，分母不变，合同有效期之外的时间视为可用。"],
        id="a part of a fixed length, the rest as up",
    ),
    pytest.param(
        {"denominator_ms": 43_200 * MINUTE_MS},
        [
            "Where the contract is in force for a part of the period only, only that part is measured, and it is divided by the same length."
        ],
        ["合同仅在周期的一部分时间内有效的，仅计算该部分时间，分母不变。"],
        id="a part of a fixed length",
    ),
    pytest.param(
        {"period": RollingDays(90), "base": Base(("period_fee",)), "caps": (Cap(pct(50), "period_fee"),)},
        [
            "The base is 90 × 12/365 of the contract's monthly fee, without tax.",
            "For a period the credit is at most 50% of 90 × 12/365 of the contract's monthly fee.",
        ],
        ["赔付基数为合同月服务费的90×12/365，不含税。", "每个周期的赔付以合同月服务费的90×12/365的50%为上限。"],
        id="the fee of ninety days",
    ),
    pytest.param(
        {"period": Week(0), "base": Base(("period_fee", "hosting"), month=ChargeMonth.PREVIOUS)},
        [
            "The base is the sum of 7 × 12/365 of the contract's monthly fee and the charges “hosting” of the month before, without tax."
        ],
        ["赔付基数为合同月服务费的7×12/365和上一月的“hosting”费用之和，不含税。"],
        id="the fee of a week and a charge",
    ),
    pytest.param(
        {"base": Base(month=ChargeMonth.PREVIOUS)},
        [
            "The base is the contract's monthly fee, without tax.",
            "The term “month: previous” is written in the file, but changes nothing here.",
        ],
        ["赔付基数为合同月服务费，不含税。", "文件中写有“month: previous”，但在本政策中不产生任何效果。"],
        id="a fee is of no month",
    ),
    pytest.param(
        {"base": Base(("hosting",)), "credit": Flat(Share(pct(5)))},
        ["The base is the charges “hosting” of the period, without tax."],
        ["赔付基数为当期的“hosting”费用，不含税。"],
        id="charges of the period",
    ),
    pytest.param(
        {
            "credit": Multiple(Fraction(10)),
            "settlement": Settlement(SettleForm.TERM_EXTENSION),
            "base": Base(covers_ms=672 * HOUR_MS),
            "minimums": (Minimum(usd(100)),),
            "rounding": Rounding.DOWN,
        },
        [
            "What is credited is time and has no price: it is given as it comes out above, to the millisecond, and a fraction of one counts whole.",
            "It pays for 28 days (672 hours).",
            "There is no cap on the time that is credited.",
            "The term “minimum” is written in the file, but changes nothing here.",
            "The term “rounding: down” is written in the file, but changes nothing here.",
        ],
        [
            "所赔付的为时长，不折算为金额：按上述计算结果给付，精确至毫秒，不足一毫秒的按一毫秒计。",
            "该费用对应28天（672小时）的服务。",
            "所赔付的时长不设上限。",
            "文件中写有“minimum”，但在本政策中不产生任何效果。",
            "文件中写有“rounding: down”，但在本政策中不产生任何效果。",
        ],
        id="service time has no price",
    ),
    pytest.param(
        {"credit": Blocks(HOUR_MS, Share(pct(5)), BlockCount.PART, after_ms=31_536 * SECOND_MS)},
        ["The first 8 hours 45 minutes 36 seconds of the period's downtime is free; blocks are counted beyond it."],
        ["周期内最初8小时45分钟36秒的不可用时长不予赔付，自其后起计算。"],
        id="what a year of 99.9 % allows",
    ),
    pytest.param(
        {"qualify": Qualify(43_201 * MINUTE_MS, grace_ms=150_001)},
        [
            "An outage counts only if it lasts at least 720 hours 1 minute; one of exactly 720 hours 1 minute counts.",
            "Of every outage that counts, nothing is counted for the first 2 minutes 30 seconds 1 millisecond.",
        ],
        ["计入的每次故障，最初2分钟30秒1毫秒不予计算。"],
        id="lengths that are whole in no large unit",
    ),
    pytest.param(
        {"time_zone": MERCHANT_ZONE},
        ["It begins and ends at midnight by each merchant's own local time."],
        ["周期的起止以各商户所在地时间的零时为准。"],
        id="the merchant's own months",
    ),
    pytest.param(
        {"denominator_ms": 30 * DAY_MS},
        ["Downtime is divided by 30 days (720 hours), however long the period really is."],
        ["计算可用性时，不论周期的实际时长，一律以30天（720小时）为分母。"],
        id="a fixed length",
    ),
    pytest.param(
        {"part_period": PartPeriod.FULL_PERIOD},
        ["Where the contract is in force for a part of the period only, it is measured as if it had run all the time."],
        ["合同仅在周期的一部分时间内有效的，视同合同在整个周期内有效进行计算。"],
        id="a part as a full period",
    ),
    pytest.param(
        {"part_period": PartPeriod.UNUSED_AS_UP},
        [
            "Where the contract is in force for a part of the period only, the whole period is divided by, and time outside the contract counts as up."
        ],
        ["合同仅在周期的一部分时间内有效的，以整个周期为分母，合同有效期之外的时间视为可用。"],
        id="unused time as up",
    ),
    pytest.param(
        {"part_period": PartPeriod.NO_CYCLE},
        ["Where the contract is in force for a part of the period only, nothing is promised for that part."],
        ["合同仅在周期的一部分时间内有效的，对该部分不作承诺。"],
        id="no cycle",
    ),
    pytest.param(
        {"part_period": PartPeriod.NO_CYCLE, "subject": SubjectKind.UNIT},
        ["Where the contract or a unit is in force for a part of the period only, nothing is promised for that part."],
        ["合同或某一单元仅在周期的一部分时间内有效的，对该部分不作承诺。"],
        id="no cycle for a unit",
    ),
    pytest.param(
        {"gate": Gate.ABOVE},
        ["The promise is kept if availability is above 99.95%.", "No row covers availability of exactly 99.95%."],
        ["可用性高于99.95%的，视为履行承诺。", "没有任何一档涵盖可用性恰为99.95%的情形。"],
        id="better than the target only",
    ),
    pytest.param(
        {"gate": Gate.NONE},
        [
            "The target for availability is 99.95%, but it only gives the error budget: the credit alone decides what is paid."
        ],
        ["可用性的目标值为99.95%，但仅用于计算错误预算；是否赔付及赔付多少，概以赔付条款为准。"],
        id="no gate",
    ),
    pytest.param(
        {"target": None, "gate": Gate.NONE},
        ["Nothing is promised apart from the credit itself."],
        ["除赔付条款本身外，不另作承诺。"],
        id="no target",
    ),
    pytest.param(
        {"target": None, "gate": Gate.ABOVE},
        ["The term “gate: above” is written in the file, but changes nothing here."],
        ["文件中写有“gate: above”，但在本政策中不产生任何效果。"],
        id="a gate that changes nothing",
    ),
    pytest.param(
        {
            "credit": Table(
                (
                    Tier(Share(pct(5)), pct("99.95"), lower=pct("99.5")),
                    Tier(Share(pct(10)), pct("99.5"), upper_inclusive=True, lower=pct(99), lower_inclusive=False),
                    Tier(Right("terminate"), pct(98)),
                )
            )
        },
        [
            "Row 1: for availability below 99.95% and at least 99.5%, the credit is 5% of the monthly fee.",
            "Row 2: for availability at most 99.5% and above 99%, the credit is 10% of the monthly fee.",
            "Row 3: for availability below 98%, the merchant may terminate the contract.",
            "No row covers availability at most 99% and at least 98%.",
            "Rows 1 and 2 both cover availability of exactly 99.5%, and the contract does not say which applies.",
        ],
        [
            "第1档：可用性低于99.95%且等于或高于99.5%的，按月服务费的5%赔付。",
            "第2档：可用性等于或低于99.5%且高于99%的，按月服务费的10%赔付。",
            "第3档：可用性低于98%的，商户有权解除合同。",
            "没有任何一档涵盖可用性等于或低于99%且等于或高于98%的情形。",
            "第1档与第2档均涵盖可用性恰为99.5%的情形，而合同未规定适用哪一档。",
        ],
        id="rows with a hole and an overlap",
    ),
    pytest.param(
        {"credit": Table((Tier(Share(pct(10)), pct("99.95")), Tier(Share(pct(25)), pct(99))), Overlap.DEEPEST)},
        [
            "Row 1: for availability below 99.95%, the credit is 10% of the monthly fee.",
            "Row 2: for availability below 99%, the credit is 25% of the monthly fee.",
            "Should several rows cover the same case, the row for the worst service applies.",
        ],
        [
            "第1档：可用性低于99.95%的，按月服务费的10%赔付。",
            "第2档：可用性低于99%的，按月服务费的25%赔付。",
            "同一情形同时落入数档的，适用服务最差的一档。",
        ],
        id="the deepest of several rows",
    ),
    pytest.param(
        {"credit": Table((Tier(Share(Fraction(1, 30))),))},
        ["Row 1: for any availability, the credit is 1/30 of the monthly fee."],
        ["第1档：可用性为任何数值的，按月服务费的1/30赔付。"],
        id="one row for everything",
    ),
    pytest.param(
        {"credit": Flat(FIVE_DOLLARS, Per.OUTAGE)},
        ["For every outage that counts in a period in breach, the credit is USD 5.00 or EUR 4.50."],
        ["在未履行承诺的周期内，每发生一次计入的故障，赔付USD 5.00或EUR 4.50。"],
        id="a flat amount for each outage",
    ),
    pytest.param(
        {"credit": Flat(Time(3 * DAY_MS))},
        ["For every period in breach, the credit is the value of 3 days (72 hours) of service."],
        ["每个未履行承诺的周期，赔付相当于3天（72小时）服务费用的金额。"],
        id="a flat value of time",
    ),
    pytest.param(
        {"credit": Flat(Right("audit"))},
        ["For every period in breach, the merchant has the right “audit”."],
        ["每个未履行承诺的周期，商户享有“audit”的权利。"],
        id="a right of its own name",
    ),
    pytest.param(
        {"credit": Multiple(Fraction("102.4"))},
        [
            "The credit is 102.4 × the monthly fee × downtime ÷ the time that it pays for.",
            "All downtime of the period counts for it.",
        ],
        ["赔付额为月服务费×102.4×不可用时长÷该费用所对应的时长。", "周期内全部不可用时长均计入。"],
        id="a multiple of the fee",
    ),
    pytest.param(
        {"credit": Multiple(Fraction(10), DowntimeOf.EXCESS, DAY_MS)},
        [
            "The credit is 10 × the monthly fee × downtime ÷ the time that it pays for.",
            "Only downtime beyond what the target allows counts for it.",
            "Time to be credited is made whole upwards to multiples of 1 day.",
        ],
        [
            "赔付额为月服务费×10×不可用时长÷该费用所对应的时长。",
            "仅计入超出目标所允许范围的不可用时长。",
            "应计入赔付的时长以1天为单位计算，不足一个单位的按一个单位计。",
        ],
        id="a multiple of the excess in whole days",
    ),
    pytest.param(
        {"credit": Multiple(Fraction(3)), "settlement": Settlement(SettleForm.TERM_EXTENSION)},
        [
            "The credit is 3 × the downtime, as service time.",
            "The credit is service time added at the end of the term.",
        ],
        ["赔付服务时长，为不可用时长的3倍。", "赔付为服务时长，在合同期限届满时顺延。"],
        id="a multiple as service time",
    ),
    pytest.param(
        {"credit": Blocks(30 * MINUTE_MS, Share(pct(5)))},
        [
            "For every full 30 minutes of the period's downtime, the credit is 5% of the monthly fee; what is left over pays nothing.",
            "Blocks are counted from the first moment.",
        ],
        ["周期内不可用时长每满30分钟，按月服务费的5%赔付；不足部分不予赔付。", "自不可用开始之时起计算。"],
        id="full blocks of the period",
    ),
    pytest.param(
        {"credit": Blocks(30 * MINUTE_MS, Share(pct(5)), BlockCount.PART, after_ms=HOUR_MS)},
        [
            "For every 30 minutes of the period's downtime or part thereof, the credit is 5% of the monthly fee.",
            "The first 1 hour of the period's downtime is free; blocks are counted beyond it.",
        ],
        [
            "周期内不可用时长每30分钟，按月服务费的5%赔付；不足30分钟的，按30分钟计。",
            "周期内最初1小时的不可用时长不予赔付，自其后起计算。",
        ],
        id="parts of blocks of the period after an hour",
    ),
    pytest.param(
        {"credit": Blocks(HOUR_MS, Share(pct(5)), of=DowntimeOf.EXCESS)},
        [
            "For every full 1 hour of the period's downtime, the credit is 5% of the monthly fee; what is left over pays nothing.",
            "Only downtime beyond what the target allows counts for it.",
        ],
        ["周期内不可用时长每满1小时，按月服务费的5%赔付；不足部分不予赔付。", "仅计入超出目标所允许范围的不可用时长。"],
        id="blocks beyond what is allowed",
    ),
    pytest.param(
        {"credit": Blocks(HOUR_MS, Time(DAY_MS), per=Per.OUTAGE, after_ms=HOUR_MS)},
        [
            "For every full 1 hour of each outage, the credit is the value of 1 day (24 hours) of service; what is left over of an outage pays nothing.",
            "The first 1 hour of each outage is free; blocks are counted beyond it.",
        ],
        [
            "每次故障每满1小时，赔付相当于1天（24小时）服务费用的金额；不足部分不予赔付。",
            "每次故障最初1小时不予赔付，自其后起计算。",
        ],
        id="full blocks of each outage",
    ),
    pytest.param(
        {"credit": Blocks(HOUR_MS, Share(pct(5)), BlockCount.PART, Per.OUTAGE)},
        ["For every 1 hour of each outage or part thereof, the credit is 5% of the monthly fee."],
        ["每次故障每1小时，按月服务费的5%赔付；不足1小时的，按1小时计。"],
        id="parts of blocks of each outage",
    ),
    pytest.param(
        {
            "credit": Bands(
                (
                    Band(Time(HOUR_MS), 10 * MINUTE_MS, upper_ms=HOUR_MS),
                    Band(Time(DAY_MS), HOUR_MS, upper_ms=DAY_MS, upper_inclusive=True, clause="7"),
                )
            )
        },
        [
            "The credit goes by the length of each outage, and the outages of the period are added up.",
            "Row 1: for an outage that lasts at least 10 minutes and less than 1 hour, the credit is the value of 1 hour of service.",
            "Row 2: for an outage that lasts at least 1 hour and at most 24 hours, the credit is the value of 1 day (24 hours) of service (clause “7”).",
            "No row covers an outage that lasts more than 24 hours.",
        ],
        [
            "按每次故障的时长分别计算赔付，周期内各次故障的赔付额相加。",
            "第1档：单次故障时长达到或超过10分钟且不足1小时的，赔付相当于1小时服务费用的金额。",
            "第2档：单次故障时长达到或超过1小时且不超过24小时的，赔付相当于1天（24小时）服务费用的金额（见条款“7”）。",
            "没有任何一档涵盖单次故障时长超过24小时的情形。",
        ],
        id="bands of each outage",
    ),
    pytest.param(
        {
            "credit": Bands(
                (Band(Share(pct(5)), HOUR_MS, lower_inclusive=False), Band(Share(pct(9)), DAY_MS)), Per.PERIOD
            )
        },
        [
            "The credit goes by the total downtime of the period.",
            "Row 1: for a total downtime of more than 1 hour, the credit is 5% of the monthly fee.",
            "Row 2: for a total downtime of at least 24 hours, the credit is 9% of the monthly fee.",
            "Rows 1 and 2 both cover a total downtime of at least 24 hours, and the contract does not say which applies.",
        ],
        [
            "按周期内累计不可用时长计算赔付。",
            "第1档：周期内累计不可用时长超过1小时的，按月服务费的5%赔付。",
            "第2档：周期内累计不可用时长达到或超过24小时的，按月服务费的9%赔付。",
            "第1档与第2档均涵盖周期内累计不可用时长达到或超过24小时的情形，而合同未规定适用哪一档。",
        ],
        id="bands of the period",
    ),
    pytest.param(
        {"credit": Bands((Band(Share(pct(5))),))},
        ["Row 1: for an outage of any length, the credit is 5% of the monthly fee."],
        ["第1档：单次故障不论时长长短的，按月服务费的5%赔付。"],
        id="a band for everything",
    ),
    pytest.param(
        {"credit": Bands((Band(Share(pct(5))),), Per.PERIOD, Overlap.DEEPEST)},
        ["Row 1: for any downtime, the credit is 5% of the monthly fee."],
        ["第1档：周期内有任何不可用时长的，按月服务费的5%赔付。"],
        id="a band for everything in the period",
    ),
    pytest.param(
        {"credit": Hits(Span.HOUR, Share(pct(100)))},
        ["For every clock hour with any downtime in it, the credit is 100% of the monthly fee."],
        ["其间有任何不可用时长的每一整点小时，按月服务费的100%赔付。"],
        id="hours with any downtime",
    ),
    pytest.param(
        {"credit": Hits(Span.DAY, Share(pct(5)), 5 * MINUTE_MS)},
        ["For every local day with more than 5 minutes of downtime in it, the credit is 5% of the monthly fee."],
        ["其间不可用时长超过5分钟的每一当地自然日，按月服务费的5%赔付。"],
        id="days with more downtime",
    ),
    pytest.param(
        {"credit": Hits(Span.DAY, Share(pct(5)), 5 * MINUTE_MS, strict=False)},
        ["For every local day with at least 5 minutes of downtime in it, the credit is 5% of the monthly fee."],
        ["其间不可用时长达到或超过5分钟的每一当地自然日，按月服务费的5%赔付。"],
        id="days with at least so much",
    ),
    pytest.param(
        {"credit": Hits(Span.DAY, Share(pct(5)), hit_by=HitBy.OUTAGE)},
        ["For every local day in which an outage begins, however short, the credit is 5% of the monthly fee."],
        ["其间有故障（不论长短）开始的每一当地自然日，按月服务费的5%赔付。"],
        id="days in which an outage begins",
    ),
    pytest.param(
        {"credit": Hits(Span.DAY, Share(pct(5)), HOUR_MS, hit_by=HitBy.OUTAGE)},
        ["For every local day in which an outage of more than 1 hour begins, the credit is 5% of the monthly fee."],
        ["其间有时长超过1小时的故障开始的每一当地自然日，按月服务费的5%赔付。"],
        id="days in which a longer outage begins",
    ),
    pytest.param(
        {"credit": Hits(Span.DAY, Share(pct(5)), HOUR_MS, strict=False, hit_by=HitBy.OUTAGE)},
        ["For every local day in which an outage of at least 1 hour begins, the credit is 5% of the monthly fee."],
        ["其间有时长达到或超过1小时的故障开始的每一当地自然日，按月服务费的5%赔付。"],
        id="days in which an outage of at least so much begins",
    ),
    pytest.param(
        {"credit": Points(pct("0.1"), Share(pct(1)))},
        ["For every full 0.1% by which availability misses the target, the credit is 1% of the monthly fee."],
        ["可用性与目标每相差满0.1%，按月服务费的1%赔付；不足部分不予赔付。"],
        id="full points",
    ),
    pytest.param(
        {"credit": Points(pct("0.1"), Share(pct(1)), BlockCount.PART)},
        [
            "For every 0.1% by which availability misses the target, or part thereof, the credit is 1% of the monthly fee."
        ],
        ["可用性与目标每相差0.1%，按月服务费的1%赔付；不足0.1%的，按0.1%计。"],
        id="parts of points",
    ),
    pytest.param(
        {"credit": Manual("at our sole discretion")},
        [
            "What a breach pays is decided by a person, each time.",
            "Every breach, because no formula decides it: “at our sole discretion”.",
        ],
        ["违约如何赔付，每次均由人工裁定。", "任何违约均无公式可循，须由人工裁定：“at our sole discretion”。"],
        id="a manual decision",
    ),
    pytest.param(
        {
            "credit": Stack(
                Stacking.LARGEST,
                (Flat(Share(pct(5))), Stack(Stacking.SUM, (Manual("case by case"), Flat(Share(pct(6)))))),
            )
        },
        [
            "The credit has 2 parts, of which the largest is paid, and that one only.",
            "Part 1: For every period in breach, the credit is 5% of the monthly fee.",
            "Part 2: The credit has 2 parts, which are added up.",
            "Part 2.1: What a breach pays is decided by a person, each time.",
            "Part 2.2: For every period in breach, the credit is 6% of the monthly fee.",
            "Part 2.1: Every breach, because no formula decides it: “case by case”.",
        ],
        [
            "赔付由2部分组成，仅按其中最高的一部分赔付。",
            "第1部分：每个未履行承诺的周期，按月服务费的5%赔付。",
            "第2部分：赔付由2部分组成，各部分相加。",
            "第2.1部分：违约如何赔付，每次均由人工裁定。",
            "第2.2部分：每个未履行承诺的周期，按月服务费的6%赔付。",
            "第2.1部分：任何违约均无公式可循，须由人工裁定：“case by case”。",
        ],
        id="a sum within the largest",
    ),
    pytest.param(
        {"credit": Stack(Stacking.FIRST, (Flat(Share(pct(5))), Flat(Share(pct(6)))))},
        [
            "The credit has 2 parts, of which the first in the list that pays anything is paid, and that one only.",
            "Part 2: For every period in breach, the credit is 6% of the monthly fee.",
        ],
        [
            "赔付由2部分组成，仅按排列顺序中首个有所赔付的部分赔付。",
            "第2部分：每个未履行承诺的周期，按月服务费的6%赔付。",
        ],
        id="the first that pays",
    ),
    pytest.param(
        {"base": Base(("period_fee",)), "credit": Flat(Share(pct(5)))},
        [
            "For every period in breach, the credit is 5% of the fee for the period.",
            "The base is the contract's fees for all months of the period, without tax.",
        ],
        ["每个未履行承诺的周期，按当期服务费的5%赔付。", "赔付基数为合同当期各月服务费总额，不含税。"],
        id="the fee of the period",
    ),
    pytest.param(
        {
            "base": Base(("hosting", "support"), Fraction(1, 12), ChargeMonth.PREVIOUS, 30 * DAY_MS),
            "credit": Flat(Share(pct(5))),
        },
        [
            "For every period in breach, the credit is 5% of the base.",
            "The base is 1/12 of the sum of the charges “hosting” and the charges “support” of the month before, without tax.",
            "It pays for 30 days (720 hours).",
        ],
        [
            "每个未履行承诺的周期，按赔付基数的5%赔付。",
            "赔付基数为上一月的“hosting”费用和“support”费用之和的1/12，不含税。",
            "该费用对应30天（720小时）的服务。",
        ],
        id="a twelfth of charges",
    ),
    pytest.param(
        {"base": Base(prorated=True), "caps": (Cap(pct(50)),), "credit": Flat(Share(pct(5)))},
        [
            "For every period in breach, the credit is 5% of the base.",
            "It pays for the whole period.",
            "Where the contract is in force for a part of the period only, the base is that part of it, by real time, and pays for that part.",
            "For a period the credit is at most 50% of the contract's monthly fee.",
            "Where a fee is due for a part of the period only, a cap for the period is a share of that part.",
        ],
        [
            "每个未履行承诺的周期，按赔付基数的5%赔付。",
            "该费用对应整个周期的服务。",
            "合同仅在周期的一部分时间内有效的，赔付基数按该部分实际时长占周期实际时长的比例折算，且仅对应该部分时间。",
            "每个周期的赔付以合同月服务费的50%为上限。",
            "费用仅就周期的一部分收取的，该周期的赔付上限按该部分费用计算。",
        ],
        id="a prorated fee",
    ),
    pytest.param(
        {"subject": SubjectKind.UNIT, "base": Base(prorated=True)},
        [
            "Where the contract or a unit is in force for a part of the period only, the base is that part of it, by real time, and pays for that part."
        ],
        [
            "合同或某一单元仅在周期的一部分时间内有效的，赔付基数按该部分实际时长占周期实际时长的比例折算，且仅对应该部分时间。"
        ],
        id="a prorated share of a unit",
    ),
    pytest.param(
        {"subject": SubjectKind.POOL, "base": Base(prorated=True)},
        [
            "Where the contract is in force for a part of the period only, the base is that part of it, by real time, and pays for that part."
        ],
        ["合同仅在周期的一部分时间内有效的，赔付基数按该部分实际时长占周期实际时长的比例折算，且仅对应该部分时间。"],
        id="a prorated fee of a pool",
    ),
    pytest.param(
        {
            "subject": SubjectKind.UNIT,
            "credit": Flat(Share(pct(5))),
            "caps": (Cap(pct(20), per=CapPer.OUTAGE), Cap(pct(50), "hosting", CapPer.UNIT), Cap(pct(30))),
        },
        [
            "For every period in breach, the credit is 5% of the unit's share of the monthly fee.",
            "The base is the contract's monthly fee, without tax.",
            "Each unit's base is its own share of that.",
            "For an outage the credit is at most 20% of the unit's share of the monthly fee.",
            "For a unit the credit of a period is at most 50% of the unit's share of the charges “hosting”; this applies to each unit before they are added up.",
            "For a period the credit is at most 30% of the contract's monthly fee.",
        ],
        [
            "每个未履行承诺的周期，按该单元在月服务费中所占份额的5%赔付。",
            "赔付基数为合同月服务费，不含税。",
            "每一单元的赔付基数为其在上述基数中所占的份额。",
            "每次故障的赔付以该单元在月服务费中所占份额的20%为上限。",
            "每一单元在一个周期内的赔付以该单元在“hosting”费用中所占份额的50%为上限；该上限在各单元赔付相加之前分别适用。",
            "每个周期的赔付以合同月服务费的30%为上限。",
        ],
        id="shares and caps of units",
    ),
    pytest.param(
        {"base": Base(("hosting",), month=ChargeMonth.NEXT), "credit": Flat(Share(pct(5)))},
        ["The base is the charges “hosting” of the month after, without tax."],
        ["赔付基数为下一月的“hosting”费用，不含税。"],
        id="charges of the next month",
    ),
    pytest.param(
        {"caps": (Cap(pct(50), "next_invoice"),)},
        [
            "For a period the credit is at most 50% of the invoice that receives the credit.",
        ],
        ["每个周期的赔付以抵扣该赔付的账单金额的50%为上限。"],
        id="a cap in per cent",
    ),
    pytest.param(
        {"caps": (Cap((usd(10_000),), per=CapPer.OUTAGE), Cap(30 * DAY_MS, per=CapPer.YEAR))},
        [
            "For an outage the credit is at most USD 100.00.",
            "The credits of a calendar year together are at most the value of 30 days (720 hours) of service.",
            "Caps apply in this order, after all parts of the credit have become one.",
            "A cap for an outage applies to each outage, before several are added up.",
        ],
        [
            "每次故障的赔付以USD 100.00为上限。",
            "每个自然年的累计赔付以相当于30天（720小时）服务费用的金额为上限。",
            "各项上限在赔付各部分合并之后依次适用。",
            "针对单次故障的上限，在各次故障的赔付相加之前，对每次故障分别适用。",
        ],
        id="caps in amounts and time",
    ),
    pytest.param(
        {"caps": (Cap(pct(50), per=CapPer.QUARTER), Cap(pct(60), per=CapPer.CONTRACT_YEAR))},
        [
            "The credits of a quarter of the calendar together are at most 50% of the contract's monthly fee.",
            "The credits of a year of the contract, counted from its first day, together are at most 60% of the contract's monthly fee.",
        ],
        [
            "每个自然季度的累计赔付以合同月服务费的50%为上限。",
            "每个合同年度（自合同首日起算）的累计赔付以合同月服务费的60%为上限。",
        ],
        id="caps of quarters and contract years",
    ),
    pytest.param(
        {
            "caps": (Cap(pct(50), per=CapPer.QUARTER), Cap(pct(60), per=CapPer.YEAR)),
            "period": CalendarMonths(3, 2),
        },
        [
            "The credits of a quarter of the year that begins in February together are at most 50% of the contract's monthly fee.",
            "The credits of a year that begins in February together are at most 60% of the contract's monthly fee.",
        ],
        [
            "每个季度（年度自二月起算）的累计赔付以合同月服务费的50%为上限。",
            "每个年度（自二月起算）的累计赔付以合同月服务费的60%为上限。",
        ],
        id="caps of fiscal quarters and years",
    ),
    pytest.param(
        {"credit": Flat(Time(3 * DAY_MS))},
        ["It pays for the whole period; a day is one of the period's calendar days, also where the clocks change."],
        ["该费用对应整个周期的服务；一日为该周期的一个日历日，时钟调整之日亦同。"],
        id="days that have a price",
    ),
    pytest.param(
        {"caps": (Cap((usd(10_000),), "next_invoice", CapPer.MONTH),)},
        [
            "The credits of a calendar month together are at most USD 100.00.",
            "The term “of: next_invoice” is written in the file, but changes nothing here.",
        ],
        ["每个自然月的累计赔付以USD 100.00为上限。", "文件中写有“of: next_invoice”，但在本政策中不产生任何效果。"],
        id="a cap's base that changes nothing",
    ),
    pytest.param(
        {"caps": (Cap(Fraction(1), "period_fee", CapPer.TERM), Cap(Fraction(3), "hosting", CapPer.ROLLING_12_MONTHS))},
        [
            "The credits of the contract's whole term together are at most 100% of the contract's fees for all months of the period.",
            "The credits of any twelve months in a row together are at most 300% of the charges “hosting”.",
        ],
        [
            "合同全部期限内的累计赔付以合同当期各月服务费总额的100%为上限。",
            "任意连续十二个月内的累计赔付以“hosting”费用的300%为上限。",
        ],
        id="caps of the term and of twelve months",
    ),
    pytest.param(
        {"minimums": (Minimum(usd(100), strict=True), Minimum(Money("JPY", 1500)))},
        [
            "A credit in USD is paid only if it is more than USD 1.00; one of exactly USD 1.00 is not paid.",
            "A credit in JPY is paid only if it is at least JPY 1,500; one of exactly JPY 1,500 is paid.",
            "The least amount is tested after the caps and before rounding, and only in its own currency.",
        ],
        [
            "以USD计的赔付额超过USD 1.00的方予赔付；恰为USD 1.00的，不予赔付。",
            "以JPY计的赔付额达到或超过JPY 1,500的方予赔付；恰为JPY 1,500的，予以赔付。",
            "最低赔付额在适用上限之后、舍入之前核对，且仅适用于同一币种。",
        ],
        id="minimums",
    ),
    pytest.param(
        {"rounding": Rounding.HALF_EVEN},
        [
            "The amount is rounded once, at the end, to the smallest unit of its currency: to the nearest, a half to the even one."
        ],
        ["金额仅在最后舍入一次，精确至该币种的最小单位，四舍六入，恰为一半的取偶数。"],
        id="half even",
    ),
    pytest.param(
        {"rounding": Rounding.DOWN},
        ["The amount is rounded once, at the end, down to the smallest unit of its currency."],
        ["金额仅在最后舍入一次，精确至该币种的最小单位，尾数舍去。"],
        id="down",
    ),
    pytest.param(
        {"rounding": Rounding.UP},
        ["The amount is rounded once, at the end, up to the smallest unit of its currency."],
        ["金额仅在最后舍入一次，精确至该币种的最小单位，尾数进位。"],
        id="up",
    ),
    pytest.param(
        {"settlement": Settlement(SettleForm.REFUND)},
        ["The credit is paid back in money."],
        ["赔付额以现金退还。"],
        id="a refund",
    ),
    pytest.param(
        {"settlement": Settlement(take_back=True)},
        ["Should it turn out later that too much was credited, a correction takes the difference back."],
        ["事后查明多赔的，以更正单收回差额。"],
        id="credit that may be taken back",
    ),
    pytest.param(
        {"settlement": Settlement(SettleForm.VOUCHER, expires_months=12)},
        ["The credit is issued as a voucher.", "What is not used up expires 12 months after issue."],
        ["赔付以代金券形式发放。", "未用完的部分自发放之日起满12个月失效。"],
        id="a voucher of twelve months",
    ),
    pytest.param(
        {"settlement": Settlement(expires_days=30, unused=Unused.PAID_OUT)},
        ["What is not used up expires 30 days after issue.", "What is not used up by the end of the term is paid out."],
        ["未用完的部分自发放之日起满30天失效。", "合同期限届满时未用完的部分以现金支付。"],
        id="credit that is paid out",
    ),
    pytest.param(
        {"claim": Claim(2, ClaimUnit.MONTHS)},
        [
            "The credit is given only if the merchant claims it within 2 months of the end of the period; the day on which that falls is day 0."
        ],
        ["商户须自周期结束之日起2个月内提出申请，逾期不予赔付；起算之日为第0日。"],
        id="a claim after the period",
    ),
    pytest.param(
        {"claim": Claim(15, ClaimUnit.BUSINESS_DAYS, ClaimFrom.INCIDENT_START, 5, "CN")},
        [
            "The credit is given only if the merchant claims it within 15 business days of the start of the last outage that the credit is for; the day on which that falls is day 0.",
            "It cannot be claimed earlier than 5 days after that day.",
            "The weekends and public holidays of China (CN) are no business days; weekend days that are worked there in exchange for a holiday are.",
        ],
        [
            "商户须自赔付所涉最后一次故障开始之日起15个工作日内提出申请，逾期不予赔付；起算之日为第0日。",
            "自该日起满5天后方可申请。",
            "中国（CN）的周末及法定节假日不计为工作日；当地因调休而上班的周末计为工作日。",
        ],
        id="a claim in business days",
    ),
    pytest.param(
        {"claim": Claim(1, ClaimUnit.BUSINESS_DAYS, ClaimFrom.INCIDENT_END)},
        [
            "The credit is given only if the merchant claims it within 1 business day of the end of the last outage that the credit is for; the day on which that falls is day 0.",
            "Saturdays and Sundays are no business days; public holidays are.",
        ],
        [
            "商户须自赔付所涉最后一次故障结束之日起1个工作日内提出申请，逾期不予赔付；起算之日为第0日。",
            "星期六、星期日不计为工作日；法定节假日计为工作日。",
        ],
        id="business days without holidays",
    ),
    pytest.param(
        {"claim": Claim(30, ClaimUnit.DAYS, ClaimFrom.AWARENESS, holidays="CN")},
        [
            "The credit is given only if the merchant claims it within 30 days of the time when the merchant became aware of the outage or, if that is not known, its start; the day on which that falls is day 0.",
            "The term “holidays: CN” is written in the file, but changes nothing here.",
        ],
        [
            "商户须自商户知悉故障之日（无法确定的，为故障开始之日）起30天内提出申请，逾期不予赔付；起算之日为第0日。",
            "文件中写有“holidays: CN”，但在本政策中不产生任何效果。",
        ],
        id="holidays that change nothing",
    ),
    pytest.param(
        {
            "claim": Claim(
                2, ClaimUnit.MONTHS, not_before_days=5, not_before_unit=ClaimUnit.BUSINESS_DAYS, holidays="DE-BY"
            )
        },
        [
            "It cannot be claimed earlier than 5 business days after that day.",
            "The weekends and public holidays of Germany (DE-BY) are no business days; weekend days that are worked there in exchange for a holiday are.",
        ],
        [
            "自该日起满5个工作日后方可申请。",
            "德国（DE-BY）的周末及法定节假日不计为工作日；当地因调休而上班的周末计为工作日。",
        ],
        id="an earliest day in business days of a part of a country",
    ),
    pytest.param(
        {
            "claim": Claim(
                10,
                ClaimUnit.BUSINESS_DAYS,
                ClaimFrom.AWARENESS,
                1,
                "DE",
                not_before_since=ClaimFrom.PERIOD_END,
                closed=(DayOfYear(12, 24), DayOfYear(12, 31)),
            )
        },
        [
            "It cannot be claimed earlier than 1 day after the end of the period; the day on which that falls is day 0.",
            "In every year 24 December and 31 December are no business days either.",
        ],
        [
            "提出申请不得早于周期结束之日之后1天；起算之日为第0日。",
            "每年的12月24日和12月31日亦不计为工作日。",
        ],
        id="an earliest day counted from another day, and closed days",
    ),
    pytest.param(
        {"claim": Claim(10, since=ClaimFrom.AWARENESS, not_before_since=ClaimFrom.PERIOD_END)},
        ["It cannot be claimed earlier than on the day of the end of the period."],
        ["提出申请不得早于周期结束之日当日。"],
        id="an earliest day that is another day itself",
    ),
    *(
        pytest.param({"claim": Claim(72, ClaimUnit.HOURS, since)}, [said], [chinese], id=f"hours from {since}")
        for since, said, chinese in [
            (
                ClaimFrom.PERIOD_END,
                "The credit is given only if the merchant claims it within 72 hours of the moment when the period ended; the last moment of that is still in time.",
                "商户须自周期结束之时起72小时内提出申请，逾期不予赔付；最后一刻提出的仍为有效。",
            ),
            (
                ClaimFrom.INCIDENT_START,
                "The credit is given only if the merchant claims it within 72 hours of the moment when the last outage that the credit is for began; the last moment of that is still in time.",
                "商户须自赔付所涉最后一次故障开始之时起72小时内提出申请，逾期不予赔付；最后一刻提出的仍为有效。",
            ),
            (
                ClaimFrom.INCIDENT_END,
                "The credit is given only if the merchant claims it within 72 hours of the moment when the last outage that the credit is for ended; the last moment of that is still in time.",
                "商户须自赔付所涉最后一次故障结束之时起72小时内提出申请，逾期不予赔付；最后一刻提出的仍为有效。",
            ),
            (
                ClaimFrom.AWARENESS,
                "The credit is given only if the merchant claims it within 72 hours of the moment when the merchant became aware of the outage or, if that is not known, when it began; the last moment of that is still in time.",
                "商户须自商户知悉故障之时（无法确定的，为故障开始之时）起72小时内提出申请，逾期不予赔付；最后一刻提出的仍为有效。",
            ),
        ]
    ),
    pytest.param(
        {"claim": Claim(72, ClaimUnit.HOURS, not_before_days=1)},
        ["It cannot be claimed earlier than 1 day after the day of that moment."],
        ["提出申请不得早于该时刻所在之日之后1天。"],
        id="hours with an earliest day",
    ),
    pytest.param(
        {"chronic": (Chronic(2, 2, "terminate", in_a_row=True, one_below=pct(99)),)},
        [
            "If a period is missed and, with it, at least 2 in a row within the last 2 periods, the merchant may terminate the contract; missed is a period that missed the target, and at least one of them must have availability below 99%."
        ],
        [
            "当期未达标，且在最近2个周期内截至当期已连续至少2个未达标的，商户有权解除合同；未达标是指该周期未达到目标，且其中至少一个周期的可用性低于99%。"
        ],
        id="two in a row, one of them bad",
    ),
    pytest.param(
        {"chronic": (ChronicOutages(3, "terminate"),), "subject": SubjectKind.UNIT},
        [
            "If at least 3 outages of one unit fall into one period, however short, the merchant may terminate the contract."
        ],
        ["同一周期内同一单元发生至少3次故障（不论长短）的，商户有权解除合同。"],
        id="three outages of a unit",
    ),
    pytest.param(
        {"chronic": (ChronicOutages(1, "audit", 4 * HOUR_MS),), "subject": SubjectKind.POOL},
        [
            "If at least 1 outage of all units together fall into one period, each with more than 4 hours of counted downtime in it, the merchant has the right “audit”."
        ],
        [
            "同一周期内全部单元合计发生至少1次故障，且每次在该周期内计入的不可用时长均超过4小时的，商户享有“audit”的权利。"
        ],
        id="a long outage of a pool",
    ),
    pytest.param(
        {"chronic": (ChronicOutages(2, "terminate", 4 * HOUR_MS, strict=False),)},
        [
            "If at least 2 outages fall into one period, each with at least 4 hours of counted downtime in it, the merchant may terminate the contract."
        ],
        ["同一周期内发生至少2次故障，且每次在该周期内计入的不可用时长均达到或超过4小时的，商户有权解除合同。"],
        id="two outages of four hours",
    ),
    pytest.param(
        {"due_after": DueAfter(2, 3)},
        [
            "A breach is credited only if, with the present period, at least 2 of the last 3 periods are missed; missed is a period that missed the target."
        ],
        ["含当期在内的最近3个周期中累计至少2个未达标的，方对当期违约予以赔付；未达标是指该周期未达到目标。"],
        id="a credit from the second miss on",
    ),
    pytest.param(
        {"due_after": DueAfter(2, 2, in_a_row=True, below=pct(99))},
        [
            "A breach is credited only if, with the present period, at least 2 in a row within the last 2 periods are missed; missed is a period with availability below 99%."
        ],
        ["在最近2个周期内截至当期已连续至少2个未达标的，方对当期违约予以赔付；未达标是指该周期的可用性低于99%。"],
        id="a credit from the second miss in a row on",
    ),
    *(
        pytest.param(
            {"base": Base(("hosting", "support"), month=month)}, [said], [chinese], id=f"no charges known, {month}"
        )
        for month, said, chinese in [
            (
                ChargeMonth.THIS,
                "A breach in a period for which no charges “hosting” or “support” are known.",
                "违约周期内没有“hosting”或“support”费用记录的。",
            ),
            (
                ChargeMonth.PREVIOUS,
                "A breach in a period before which no charges “hosting” or “support” are known.",
                "违约周期之前没有“hosting”或“support”费用记录的。",
            ),
            (
                ChargeMonth.NEXT,
                "A breach in a period after which no charges “hosting” or “support” are known.",
                "违约周期之后没有“hosting”或“support”费用记录的。",
            ),
        ]
    ),
    pytest.param(
        {"chronic": (Chronic(3, 6, "terminate"),)},
        [
            "If a period is missed and, with it, at least 3 of the last 6 periods, the merchant may terminate the contract; missed is a period that missed the target."
        ],
        ["当期未达标，且含当期在内的最近6个周期中累计至少3个未达标的，商户有权解除合同；未达标是指该周期未达到目标。"],
        id="three missed of six",
    ),
    pytest.param(
        {"chronic": (Chronic(2, 2, "audit", pct(99), in_a_row=True),)},
        [
            "If a period is missed and, with it, at least 2 in a row within the last 2 periods, the merchant has the right “audit”; missed is a period with availability below 99%."
        ],
        [
            "当期未达标，且在最近2个周期内截至当期已连续至少2个未达标的，商户享有“audit”的权利；未达标是指该周期的可用性低于99%。"
        ],
        id="two missed in a row",
    ),
    pytest.param(
        {"group": Group("platform")},
        [
            "Of all policies of the group “platform”, only the largest credit of a merchant and month is given; of equal ones, that of the service that is first by its name."
        ],
        [
            "同一商户同一月份在政策组“platform”内，仅发放各项政策中最高的一项赔付；金额相同的，以服务名称排序在先者为准。"
        ],
        id="the largest of a group",
    ),
    pytest.param(
        {"group": Group("platform", GroupRule.SUM, GroupCap(pct(50)))},
        [
            "All credits of the group “platform” for a merchant and month together are at most 50% of the sum of the monthly fees of the contracts that are due.",
            "This cap applies last, to the rounded credits in the order of their services' names: the last ones are cut first.",
        ],
        [
            "同一商户同一月份在政策组“platform”内的赔付合计，以当月结算的各合同月服务费之和的50%为上限。",
            "该上限最后适用，针对舍入后的各项赔付，按服务名称的顺序依次计算，排序在后者先予扣减。",
        ],
        id="a cap over a group",
    ),
    pytest.param(
        {"group": Group("platform", cap=GroupCap((usd(10_000),)))},
        ["All credits of the group “platform” for a merchant and month together are at most USD 100.00."],
        ["同一商户同一月份在政策组“platform”内的赔付合计，以USD 100.00为上限。"],
        id="a cap over a group in an amount",
    ),
    pytest.param(
        {"group": Group("platform", GroupRule.SUM)},
        ["With the other policies of the group “platform”, the credits of a merchant and month are added up."],
        ["同一商户同一月份在政策组“platform”内各项政策项下的赔付相加。"],
        id="the sum of a group",
    ),
    pytest.param(
        {"credit": Bands((Band(Share(pct(5)), upper_ms=HOUR_MS, upper_inclusive=True), Band(Share(pct(9)), HOUR_MS)))},
        [
            "Row 1: for an outage that lasts at most 1 hour, the credit is 5% of the monthly fee.",
            "Row 2: for an outage that lasts at least 1 hour, the credit is 9% of the monthly fee.",
            "Rows 1 and 2 both cover an outage that lasts exactly 1 hour, and the contract does not say which applies.",
        ],
        [
            "第1档：单次故障时长不超过1小时的，按月服务费的5%赔付。",
            "第2档：单次故障时长达到或超过1小时的，按月服务费的9%赔付。",
            "第1档与第2档均涵盖单次故障时长恰为1小时的情形，而合同未规定适用哪一档。",
        ],
        id="bands that meet in exactly an hour",
    ),
    pytest.param(
        {"credit": Flat(Time(3 * DAY_MS)), "settlement": Settlement(SettleForm.TERM_EXTENSION)},
        ["For every period in breach, the credit is 3 days of service time."],
        ["每个未履行承诺的周期，赔付3天的服务时长。"],
        id="service time at the end of the term",
    ),
]


@pytest.mark.parametrize(("changes", "english", "chinese"), CASES)
def test_a_term_is_said_in_both_languages(changes, english, chinese):
    policy = replace(PLAIN, **changes)
    assert [sentence for sentence in english if sentence not in said(policy, "en")] == []
    assert [sentence for sentence in chinese if sentence not in said(policy, "zh")] == []


def test_the_plain_policy_in_english():
    assert explain_policy(PLAIN) == [
        Section(
            "The policy",
            (
                "“Storefront Plus” is policy “storefront-plus”, version 3.",
                "It is the promise for the service “storefront”.",
                "It governs periods that begin on or after 1 January 2023, with no last day.",
                "A running contract moves on to a later version when that takes effect.",
            ),
        ),
        Section(
            "1. Of what availability is computed",
            (
                "Availability is that of the service for each merchant: whichever of its units is hit, the service is hit.",
            ),
        ),
        Section(
            "2. What counts as bad",
            (
                "Downtime is made of windows of time, each with the share of the service that was lost in it.",
                "Each reported share holds until the next report, and time counts by the share lost.",
                "Where windows overlap, the largest share counts at each instant; shares are never added up.",
            ),
        ),
        Section(
            "3. Which outages count",
            (
                "Every outage counts, however short.",
                "An outage that counts, counts whole.",
                "Downtime runs from the failure itself.",
                "An outage counts for every merchant that it reached, whether that merchant noticed or not.",
            ),
        ),
        Section(
            "4. What is left out",
            (
                "Nothing is left out: maintenance, the merchant's own doing and force majeure count like any other downtime.",
            ),
        ),
        Section(
            "5. How time is made whole", ("Downtime and availability are exact; nothing is rounded before the amount.",)
        ),
        Section(
            "6. The period",
            (
                "The period is the calendar month.",
                "It begins and ends at midnight by the time of Asia/Shanghai.",
                "Downtime is divided by the real length of the period, an hour more or less where the clocks change.",
                "Where the contract is in force for a part of the period only, that part is a short period of its own.",
            ),
        ),
        Section(
            "7. What is promised",
            (
                "The promise is kept if availability is at least 99.95%.",
                "If it is kept nothing is paid, whatever the credit's own terms say.",
            ),
        ),
        Section(
            "8. What a breach pays",
            (
                "Row 1: for availability below 99.95% and at least 99%, the credit is 10% of the monthly fee (clause “4.2 (a)”).",
                "Row 2: for availability below 99% and at least 95%, the credit is 25% of the monthly fee.",
                "Row 3: for availability below 95%, the credit is 100% of the monthly fee.",
                "Should several rows cover the same case, a person decides which applies.",
            ),
        ),
        Section(
            "9. Base, limits, rounding",
            (
                "The base is the contract's monthly fee, without tax.",
                "It pays for the whole period.",
                "There is no cap.",
                "There is no least amount: however small, a credit is paid.",
                "The amount is rounded once, at the end, to the smallest unit of its currency: to the nearest, a half upwards.",
            ),
        ),
        Section(
            "10. How it is settled",
            (
                "The credit is taken off the next invoice.",
                "It does not expire while the contract runs.",
                "What is not used up by the end of the term is lost.",
                "The credit is given automatically: the merchant need not ask for it.",
                "What other policies credit changes nothing here.",
            ),
        ),
        Section("What goes to a person", ("The terms leave no case open.",)),
    ]


def test_the_plain_policy_in_chinese():
    assert explain_policy(PLAIN, "zh") == [
        Section(
            "政策概况",
            (
                "“Storefront Plus”，即政策“storefront-plus”第3版。",
                "本政策为服务“storefront”的服务等级承诺。",
                "适用于自2023年1月1日（含当日）起开始的周期，不设截止日。",
                "后续版本生效后，履行中的合同改按后续版本执行。",
            ),
        ),
        Section("一、可用性的计算对象", ("可用性按每一商户的服务计算：其任一单元受到影响，即视为该服务受到影响。",)),
        Section(
            "二、不可用的认定",
            (
                "不可用时长由若干时段构成，每一时段载明该时段内服务受损的比例。",
                "每次通报的可用比例持续至下一次通报为止，不可用时长按受损比例折算。",
                "时段相互重叠的，每一时刻按其中最大的受损比例计算，不作累加。",
            ),
        ),
        Section(
            "三、计入的故障",
            (
                "故障不论多短，均予计入。",
                "计入的故障按其全部时长计算。",
                "不可用时长自故障实际发生时起算。",
                "故障对其波及的每一商户均予计入，不论该商户是否察觉。",
            ),
        ),
        Section("四、不计入的情形", ("不设任何除外情形：维护、商户自身原因及不可抗力造成的不可用，均照常计入。",)),
        Section("五、时长与可用性的取整", ("不可用时长与可用性均按精确值计算，在得出金额之前不作任何取整。",)),
        Section(
            "六、计算周期",
            (
                "计算周期为自然月。",
                "周期的起止以Asia/Shanghai时间的零时为准。",
                "计算可用性时，以周期的实际时长为分母；遇时钟调整的，相应增减一小时。",
                "合同仅在周期的一部分时间内有效的，该部分单独作为一个较短的周期。",
            ),
        ),
        Section(
            "七、服务承诺",
            ("可用性等于或高于99.95%的，视为履行承诺。", "履行承诺的，不论赔付条款如何规定，均不予赔付。"),
        ),
        Section(
            "八、违约赔付",
            (
                "第1档：可用性低于99.95%且等于或高于99%的，按月服务费的10%赔付（见条款“4.2 (a)”）。",
                "第2档：可用性低于99%且等于或高于95%的，按月服务费的25%赔付。",
                "第3档：可用性低于95%的，按月服务费的100%赔付。",
                "同一情形同时落入数档的，适用哪一档由人工裁定。",
            ),
        ),
        Section(
            "九、赔付基数、限额与舍入",
            (
                "赔付基数为合同月服务费，不含税。",
                "该费用对应整个周期的服务。",
                "赔付不设上限。",
                "不设最低赔付额：金额再小，亦予赔付。",
                "金额仅在最后舍入一次，精确至该币种的最小单位，四舍五入。",
            ),
        ),
        Section(
            "十、兑现与申请",
            (
                "赔付额从下一期账单中抵扣。",
                "在合同有效期内不会失效。",
                "合同期限届满时未用完的部分作废。",
                "赔付自动发放，商户无须申请。",
                "其他政策项下的赔付不影响本政策的赔付。",
            ),
        ),
        Section("须由人工裁定的事项", ("本政策条款没有留待裁定的情形。",)),
    ]


def test_a_language_without_sentences_is_not_found():
    with pytest.raises(NotFoundError, match="no texts in the language 'fr'"):
        explain_policy(PLAIN, "fr")


def test_examples_are_not_said():
    with_example = replace(PLAIN, examples=(PolicyExample("an hour", date(2023, 9, 1)),))
    assert explain_policy(with_example) == explain_policy(PLAIN)


ROWS = [
    pytest.param(SlotMean(5 * MINUTE_MS), id="slot means"),
    pytest.param(Events(), id="events"),
    pytest.param(ScoredEvents(), id="scored events"),
    pytest.param(LATENCY, id="a metric"),
]


@pytest.mark.parametrize("period", [CalendarMonths(), RollingDays(30)])
@pytest.mark.parametrize("indicator", ROWS)
def test_where_there_are_no_outages_none_are_spoken_of(indicator, period):
    policy = replace(PLAIN, indicator=indicator, period=period, exclude=(ExclusionRule(ExclusionKind.CUSTOMER),))
    for language, words in (("en", ("An outage", "Downtime", "downtime", "counts as up")), ("zh", ("不可用时长",))):
        sections = explain_policy(policy, language)[3:7]
        text = "\n".join(sentence for section in sections for sentence in (section.title, *section.sentences))
        assert [word for word in words if word in text] == []


@pytest.mark.parametrize("period", [EachIncident(), EachHour(), EachDay()])
def test_what_is_judged_one_by_one_is_not_told_as_a_period(period):
    stack = Stack(Stacking.SUM, (Flat(Share(pct(5))), Multiple(), Bands((Band(Share(pct(5))),), Per.PERIOD)))
    policy = replace(PLAIN, period=period, credit=stack, caps=(Cap(pct(50)),))
    credited = explain_policy(policy)[8:10]
    assert [sentence for section in credited for sentence in section.sentences if "period" in sentence] == []


# The language files


class Recording(Mapping):
    """Sentences that remember which of them were asked for."""

    def __init__(self, sentences):
        self.sentences, self.asked = sentences, set()

    def __getitem__(self, key):
        self.asked.add(key)
        return self.sentences[key]

    def __contains__(self, key):
        return key in self.sentences

    def __iter__(self):
        return iter(self.sentences)

    def __len__(self):
        return len(self.sentences)


def sentences_of(language):
    return texts_in(policy_words.__name__, language).sentences


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_used(language):
    recording = Recording(sentences_of(language))
    for case in [{}, *(case.values[0] for case in CASES)]:
        sections_of(Voice.of(replace(PLAIN, **case), Texts(language, recording)))
    plurals = {key for key in recording if key.startswith("time.")}
    assert set(recording) - recording.asked - plurals == set()


def test_both_languages_have_the_same_sentences_with_the_same_values():
    def names(language):
        found = sentences_of(language).items()
        return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in found if not key.endswith(".one")}

    assert names("en") == names("zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_there_twice(language):
    found = list(sentences_of(language).items())
    whole = [text for key, text in found if text.endswith((".", "。"))]
    assert sorted(set(whole)) == sorted(whole)


# The sentences determine the terms


def tweaks(value, path=""):
    """The value with one term changed, for every term in it that can be changed by itself."""
    if isinstance(value, Enum):
        yield from (other for other in type(value) if other is not value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        yield {"UTC": "Asia/Tokyo", "Asia/Tokyo": "UTC", "": "DE"}.get(value, f"{value} 2")
    elif isinstance(value, int | Fraction):
        yield value + 1
    elif isinstance(value, Money):
        yield Money(value.currency, value.minor + 1)
        yield Money("KWD" if value.currency == "USD" else "USD", value.minor)
    elif isinstance(value, date):
        yield value + timedelta(days=1)
    elif isinstance(value, tuple):
        yield from (value[:i] + value[i + 1 :] for i in range(len(value)) if len(value) > 1)
        yield from ((*value[:i], one, *value[i + 1 :]) for i in range(len(value)) for one in tweaks(value[i]))
        yield from [value[::-1]] if value[::-1] != value else []
    elif is_dataclass(value):
        for field in fields(value):
            if not _is_meaningless(value, field.name):
                yield from (replace(value, **{field.name: one}) for one in tweaks(getattr(value, field.name)))


def _is_meaningless(value, name):
    """Terms that are none, such as an edge that is not there; and numbers of days and months, which cannot all go up."""
    match value, name:
        case (
            ((Tier(upper=None) | Band(upper_ms=None)), "upper_inclusive")
            | (Tier(lower=None), "lower_inclusive")
            | (Policy(target=None), "gate")
            | (Policy(), "digest" | "examples")
            | ((Week() | BillingMonth() | CalendarMonths()), _)
            | ((RecurringRule() | LocalWindow()), "days" | "starts_minute" | "ends_minute")
            | ((NthWeekday() | YearDays()), _)
        ):
            return True
        case _:
            return False


GENERATED = settings(
    deadline=None,
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""A policy of every stage is a large draw; shrinking one takes minutes and says little."""


@GENERATED
@given(policies(), st.data())
def test_a_policy_with_one_term_changed_has_other_sentences(policy, data):
    other = data.draw(st.sampled_from(list(tweaks(policy))))
    for language in LANGUAGES:
        assert explain_policy(other, language) != explain_policy(policy, language)


TERMS = [field.name for field in fields(Policy) if field.name not in {"gate", "digest", "examples"}]


@GENERATED
@given(policies(), policies(), st.sampled_from(TERMS))
def test_policies_have_the_same_sentences_if_and_only_if_they_have_the_same_terms(policy, other, name):
    changed = replace(policy, **{name: getattr(other, name)})
    for language in LANGUAGES:
        assert (explain_policy(changed, language) == explain_policy(policy, language)) is (changed == policy)


NAMED = {"first_month", "last_month", "starts", "starts_minute", "ends_minute", "months", "month"}
"""Numbers that stand for days, months and times of day."""


def numbers(value):
    """Every number of a policy, as the ways in which it may be written."""
    if isinstance(value, Money):
        yield {f"{value.currency} {grouped(Fraction(value.minor, 10 ** MINOR_DIGITS[value.currency]))}"}
    elif isinstance(value, Fraction):
        yield {grouped(value), f"{grouped(value * 100)}%", str(value)}
    elif isinstance(value, int) and not isinstance(value, bool):
        units = (1, SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS)
        yield {str(value), *clock(value)} | {f"{value // unit:,}" for unit in units if value % unit == 0}
    elif isinstance(value, tuple):
        for one in value:
            yield from numbers(one)
    elif is_dataclass(value):
        named = NAMED | ({"days"} if isinstance(value, RecurringRule | LocalWindow) else set()) | {"examples"}
        for field in fields(value):
            if field.name not in named:
                yield from numbers(getattr(value, field.name))


def grouped(number):
    """As far as it is a decimal; amounts may have zeros after it."""
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    text = f"{exact:,f}".replace("-", "\u2212")
    return text.rstrip("0").rstrip(".") if "." in text else text


def clock(time_ms):
    """Hours, minutes and so on, in both languages."""
    parts, rest_ms = [], time_ms
    for size_ms in (HOUR_MS, MINUTE_MS, SECOND_MS, 1):
        parts.append(rest_ms // size_ms)
        rest_ms %= size_ms
    english = zip(parts, ("hour", "minute", "second", "millisecond"), strict=True)
    yield " ".join(f"{count:,} {word}{'s' if count != 1 else ''}" for count, word in english if count)
    chinese = zip(parts, ("小时", "分钟", "秒", "毫秒"), strict=True)
    yield "".join(f"{count:,}{word}" for count, word in chinese if count)


SAID_IN_WORDS = ({"0"}, {"0", "0%"}, {"1", "100%"})
"""No grace, no lower edge, the whole of a charge."""


@GENERATED
@given(policies())
def test_every_number_of_a_policy_is_in_its_sentences(policy):
    expected = [ways for ways in numbers(policy) if ways not in SAID_IN_WORDS]
    for language in LANGUAGES:
        text = "\n".join(said(policy, language))
        assert [ways for ways in expected if not any(way in text for way in ways)] == []
