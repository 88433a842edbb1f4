"""When recurring batches are due, whatever the cadence, the first day, the hour and the zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.batch.rhythm import LAST_DAY, Cadence, Rhythm, coming, latest_due
from domain.batch.schedule import CutOffRule, batch_name, cut_off_by, require_template
from domain.errors import Refusal

PARIS = "Europe/Paris"
ZONES = [
    *(PARIS, "Indian/Reunion", "America/Martinique", "Asia/Tokyo", "Pacific/Auckland", "UTC"),
    # Its clocks go forward at midnight: that day has no hour 0.
    *("America/Santiago", "Africa/Cairo", "Australia/Lord_Howe"),
]
_MONTHS = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3, Cadence.YEARLY: 12}
DAYS = st.dates(date(2023, 1, 1), date(2060, 12, 31))


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    cadence = draw(st.sampled_from(Cadence))
    return Rhythm(
        cadence=cadence,
        day=draw(st.integers(1, LAST_DAY[cadence])),
        hour=draw(st.integers(0, 23)),
        starts_on=draw(DAYS),
    )


def period(rhythm: Rhythm, day: date) -> int:
    """The week, or the month, quarter or year counted from that of the first day."""
    if rhythm.cadence is Cadence.WEEKLY:
        return (day.toordinal() - 1) // 7
    months = day.year * 12 + day.month - rhythm.starts_on.year * 12 - rhythm.starts_on.month
    step = _MONTHS[rhythm.cadence]
    assert months % step == 0, "a month that is not one of its own"
    return months // step


@given(rhythms(), DAYS, st.sampled_from(ZONES))
def test_days_rise_one_a_period_and_are_the_right_ones(
    rhythm: Rhythm, after: date, zone: str
) -> None:
    days = list(islice(rhythm.days(after=after), 30))
    assert days[0] > after
    assert days[0] >= rhythm.starts_on
    assert [period(rhythm, b) - period(rhythm, a) for a, b in pairwise(days)] == [1] * 29
    for day in days:
        if rhythm.cadence is Cadence.WEEKLY:
            assert day.isoweekday() == rhythm.day
        else:
            assert day.day == min(rhythm.day, monthrange(day.year, day.month)[1])
    moments = [rhythm.moment(day, zone) for day in days]
    assert all(a < b for a, b in pairwise(moments))
    assert [moment.astimezone(ZoneInfo(zone)).date() for moment in moments] == days


@given(rhythms(), DAYS, DAYS)
def test_no_day_drifts_or_is_left_out_wherever_one_begins_to_count(
    rhythm: Rhythm, one: date, other: date
) -> None:
    """From any day on the same days follow: nothing is counted from the run before."""
    early, late = sorted((one, other))
    all_days = rhythm.days(after=early)
    later = next(rhythm.days(after=late))
    assert next(day for day in all_days if day > late) == later
    assert not [day for day in islice(rhythm.days(after=later - timedelta(1)), 1) if day != later]


@given(rhythms(), DAYS, st.integers(0, 2_000), st.sampled_from(ZONES))
def test_what_was_missed_is_the_latest_day_once(
    rhythm: Rhythm, since: date, gap: int, zone: str
) -> None:
    """After any pause: the last of all the days that came, and the next one is still to come."""
    now = datetime(since.year, since.month, since.day, 11, tzinfo=UTC) + timedelta(days=gap)
    due = latest_due(rhythm, since=since, now=now, zone=zone)
    came = []
    for day in rhythm.days(after=since - timedelta(1)):
        if rhythm.moment(day, zone) > now:
            break
        came.append(day)
    assert due == (came[-1] if came else None)
    following = next(coming(rhythm, now=now, zone=zone, after=due))
    assert rhythm.moment(following, zone) > now
    if due is not None:
        assert next(rhythm.days(after=due)) == following


def days(cadence: Cadence, day: int, starts_on: str, count: int) -> list[str]:
    rhythm = Rhythm(cadence=cadence, day=day, hour=6, starts_on=date.fromisoformat(starts_on))
    return [str(one) for one in islice(rhythm.days(after=date(2000, 1, 1)), count)]


def test_the_31st_of_a_leap_year_and_of_another() -> None:
    assert days(Cadence.MONTHLY, 31, "2027-12-01", 4) == [
        *("2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31")
    ]
    assert days(Cadence.MONTHLY, 30, "2027-01-31", 3) == ["2027-02-28", "2027-03-30", "2027-04-30"]
    assert days(Cadence.YEARLY, 29, "2024-02-01", 3) == ["2024-02-29", "2025-02-28", "2026-02-28"]
    assert days(Cadence.QUARTERLY, 1, "2026-01-02", 3) == ["2026-04-01", "2026-07-01", "2026-10-01"]
    assert days(Cadence.WEEKLY, 7, "2026-11-22", 2) == ["2026-11-22", "2026-11-29"]


@pytest.mark.parametrize(
    ("day", "hour", "moment"),
    [
        # There is no half past two: the clocks go forward at two. Nor two o'clock.
        ("2026-03-29", 2, "2026-03-29T01:00"),
        ("2026-03-29", 3, "2026-03-29T01:00"),
        # Two o'clock comes twice: the first.
        ("2026-10-25", 2, "2026-10-25T00:00"),
        ("2026-10-25", 6, "2026-10-25T05:00"),
        ("2026-07-01", 6, "2026-07-01T04:00"),
    ],
)
def test_the_hour_is_that_of_the_firm(day: str, hour: int, moment: str) -> None:
    rhythm = Rhythm(cadence=Cadence.MONTHLY, day=1, hour=hour, starts_on=date(2026, 1, 1))
    found = rhythm.moment(date.fromisoformat(day), PARIS)
    assert found.isoformat(timespec="minutes") == f"{moment}+00:00"


@given(DAYS)
def test_the_cut_off_is_the_day_or_the_end_of_the_month_before(day: date) -> None:
    assert cut_off_by(CutOffRule.DAY_OF_RUN, day) == day
    before = cut_off_by(CutOffRule.END_OF_PREVIOUS_MONTH, day)
    assert before + timedelta(1) == day.replace(day=1)


def test_a_batch_is_named_after_its_cut_off_in_the_language_of_the_firm() -> None:
    day = date(2026, 8, 31)
    assert batch_name("Honoraires {month} {year}", day, "fr") == "Honoraires août 2026"
    assert batch_name("Fees {month} {year} ({quarter})", day, "en") == "Fees August 2026 (Q3)"
    assert batch_name("{quarter} {year} au {day} %s {", day, "fr") == "T3 2026 au 2026-08-31 %s {"


@pytest.mark.parametrize("name", ["{mois}", "{month.real}", "{}", "{month!r}", "a {year:9} b"])
def test_a_placeholder_that_stands_for_nothing_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        require_template(name)
    (issue,) = refused.value.issues
    assert (issue.code, issue.field) == ("FIELD_INVALID", ("name",))
