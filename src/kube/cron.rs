//! Cron schedules: five fields, names, ranges, steps, the usual abbreviations, `@every 90s`, and time zones, whose rules are part of
//! the program. Knows nothing of Jobs.

use super::duration::go_millis;
use k8s_openapi::jiff::tz::{TimeZone, TimeZoneDatabase};
use k8s_openapi::jiff::{Timestamp, civil::DateTime};

/// How far ahead a next time is searched, seconds: five years, so that 29 February is found.
const HORIZON: i64 = 5 * 366 * 86_400;
/// No clock is set by more than this in one night, minutes.
const SHIFT: i64 = 120;

/// A parsed schedule and the place it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    times: Times,
    zone: TimeZone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    /// Always this many seconds after the last.
    Every(i64),
    /// When the local clock shows it.
    At(Fields),
}

/// A bit for each minute, hour, day, month and weekday that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_day: bool,
    any_weekday: bool,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const ABBREVIATIONS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// The time zone of that name in the IANA database; letters must have their case, as in a folder of files.
pub fn zone(name: &str) -> Option<TimeZone> {
    if name == "UTC" {
        return Some(TimeZone::UTC);
    }
    TimeZoneDatabase::bundled().get(name).ok().filter(|zone| zone.iana_name() == Some(name))
}

impl Schedule {
    /// Reads a schedule in a time zone, UTC without one; `None` if it is none.
    pub fn parse(text: &str, in_zone: Option<&str>) -> Option<Schedule> {
        let zone = in_zone.map_or(Some(TimeZone::UTC), zone)?;
        let text = text.trim();
        let times = match text.strip_prefix("@every ") {
            Some(every) => Times::Every(i64::try_from(go_millis(every.trim())? / 1000).ok()?.max(1)),
            None => Times::At(Fields::parse(text)?),
        };
        Some(Schedule { times, zone })
    }

    /// The first match after `after`. Times a clock set forward leaves out are left out; those it shows twice come twice.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let fields = match &self.times {
            Times::Every(seconds) => return Timestamp::from_second(after.as_second() + seconds).ok(),
            Times::At(fields) => fields,
        };
        let mut second = (after.as_second().div_euclid(60) + 1) * 60;
        let end = second + HORIZON;
        while second < end {
            let at = Timestamp::from_second(second).ok()?;
            let step = fields.skip(self.zone.to_datetime(at));
            if step == 0 {
                return Some(at);
            }
            second += step * 60;
        }
        None
    }
}

impl Fields {
    fn parse(text: &str) -> Option<Fields> {
        let long = ABBREVIATIONS.iter().find(|(short, _)| *short == text).map_or(text, |(_, long)| long);
        let fields: Vec<&str> = long.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
        let weekdays = field(weekday, 0, 7, &WEEKDAYS)?;
        Some(Fields {
            minutes: field(minute, 0, 59, &[])?,
            hours: field(hour, 0, 23, &[])?,
            days: field(day, 1, 31, &[])?,
            months: field(month, 1, 12, &MONTHS)?,
            // Sunday is 0 and 7.
            weekdays: (weekdays & 0x7f) | (weekdays >> 7),
            any_day: day.starts_with(['*', '?']),
            any_weekday: weekday.starts_with(['*', '?']),
        })
    }

    /// How many minutes can be skipped at once; 0 if the time matches.
    fn skip(&self, time: DateTime) -> i64 {
        let has = |set: u64, n: i8| set >> n & 1 == 1;
        let to_hour = 60 - i64::from(time.minute());
        let to_midnight = 24 * 60 - i64::from(time.hour()) * 60 - i64::from(time.minute());
        if !has(self.months, time.month()) || !self.is_day(time) {
            // In the night in which clocks are set, midnight may be nearer than it seems.
            return to_hour.max(to_midnight - SHIFT);
        }
        if !has(self.hours, time.hour()) {
            return to_hour;
        }
        i64::from(!has(self.minutes, time.minute()))
    }

    /// With both a day and a weekday given, either is enough.
    fn is_day(&self, time: DateTime) -> bool {
        let day = self.days >> time.day() & 1 == 1;
        let weekday = self.weekdays >> time.weekday().to_sunday_zero_offset() & 1 == 1;
        if self.any_day || self.any_weekday { day && weekday } else { day || weekday }
    }
}

fn field(text: &str, low: u32, high: u32, names: &[&str]) -> Option<u64> {
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range {
            "*" | "?" => (low, high),
            _ => {
                if let Some((from, to)) = range.split_once('-') {
                    (value(from, low, names)?, value(to, low, names)?)
                } else {
                    let from = value(range, low, names)?;
                    (from, if step.is_some() { high } else { from })
                }
            }
        };
        if from < low || to > high || from > to {
            return None;
        }
        for n in (from..=to).step_by(step.unwrap_or(1) as usize) {
            bits |= 1 << n;
        }
    }
    Some(bits)
}

fn value(text: &str, low: u32, names: &[&str]) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    match names.iter().position(|name| *name == lower) {
        Some(at) => Some(at as u32 + low),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> String {
        let after: Timestamp = after.parse().unwrap();
        Schedule::parse(schedule, None).unwrap().next(after).unwrap().to_string()
    }

    #[test]
    fn the_next_time_is_found() {
        for (schedule, after, expected) in [
            ("* * * * *", "2026-01-05T09:00:00Z", "2026-01-05T09:01:00Z"),
            ("*/15 * * * *", "2026-01-05T09:07:12Z", "2026-01-05T09:15:00Z"),
            ("0 3 * * mon-fri", "2026-01-09T04:00:00Z", "2026-01-12T03:00:00Z"),
            ("30 8 29 2 *", "2026-01-05T09:00:00Z", "2028-02-29T08:30:00Z"),
            ("@hourly", "2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"),
            ("0 0 13 * 5", "2026-01-05T09:00:00Z", "2026-01-09T00:00:00Z"),
            ("@every 90s", "2026-01-05T09:00:00Z", "2026-01-05T09:01:30Z"),
        ] {
            assert_eq!(next(schedule, after), expected, "{schedule}");
        }
    }

    #[test]
    fn nonsense_is_no_schedule() {
        for text in ["", "* * * *", "60 * * * *", "a b c d e", "*/0 * * * *", "5-1 * * * *", "@never"] {
            assert_eq!(Schedule::parse(text, None), None, "{text}");
        }
    }

    #[test]
    fn a_schedule_follows_the_clocks_of_its_time_zone() {
        for (schedule, zone, after, expected) in [
            ("0 9 * * *", "Europe/Berlin", "2026-01-05T09:00:00Z", "2026-01-06T08:00:00Z"),
            ("0 9 * * *", "Europe/Berlin", "2026-07-05T09:00:00Z", "2026-07-06T07:00:00Z"),
            ("30 5 * * *", "Asia/Kolkata", "2026-01-05T09:00:00Z", "2026-01-06T00:00:00Z"),
            // Half past two does not exist in the night of 29 March.
            ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
            // It exists twice in that of 25 October.
            ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
            ("0 0 * * mon", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T22:00:00Z"),
        ] {
            let after: Timestamp = after.parse().unwrap();
            let next = Schedule::parse(schedule, Some(zone)).unwrap().next(after).unwrap();
            assert_eq!(next.to_string(), expected, "{schedule} in {zone}");
        }
        for unknown in ["Europe/Entenhausen", "europe/berlin", "Local", ""] {
            assert_eq!(Schedule::parse("* * * * *", Some(unknown)), None, "{unknown}");
        }
    }

    #[test]
    fn a_day_that_never_comes_has_no_next_time() {
        let never = Schedule::parse("0 0 31 2 *", None).unwrap();
        assert_eq!(never.next("2026-01-05T09:00:00Z".parse().unwrap()), None);
    }
}
