//! Cron schedules: five fields, names, ranges, steps, and the usual abbreviations. UTC only. Knows nothing of Jobs.

use k8s_openapi::jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// How far ahead a next time is searched, minutes: four years and a day, so that 29 February is found.
const HORIZON: u32 = 1462 * 24 * 60;

/// A parsed schedule: a bit for each minute, hour, day, month and weekday that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
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

impl Schedule {
    /// Reads a schedule; `None` if it is none.
    pub fn parse(text: &str) -> Option<Schedule> {
        let text = text.trim();
        let long = ABBREVIATIONS.iter().find(|(short, _)| *short == text).map_or(text, |(_, long)| long);
        let fields: Vec<&str> = long.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
        let weekdays = field(weekday, 0, 7, &WEEKDAYS)?;
        Some(Schedule {
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

    /// The first match after `after`.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let minute = after.as_second().div_euclid(60) + 1;
        let mut at = Timestamp::from_second(minute * 60).ok()?;
        for _ in 0..HORIZON {
            let time = TimeZone::UTC.to_datetime(at);
            let step = self.skip(time);
            if step == 0 {
                return Some(at);
            }
            at = Timestamp::from_second(at.as_second() + step * 60).ok()?;
        }
        None
    }

    /// How many minutes can be skipped at once; 0 if the time matches.
    fn skip(&self, time: DateTime) -> i64 {
        let has = |set: u64, n: i8| set >> n & 1 == 1;
        let to_midnight = 24 * 60 - i64::from(time.hour()) * 60 - i64::from(time.minute());
        if !has(self.months, time.month()) || !self.is_day(time) {
            return to_midnight;
        }
        if !has(self.hours, time.hour()) {
            return 60 - i64::from(time.minute());
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
            _ => match range.split_once('-') {
                Some((from, to)) => (value(from, low, names)?, value(to, low, names)?),
                None => {
                    let from = value(range, low, names)?;
                    (from, if step.is_some() { high } else { from })
                }
            },
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
        Schedule::parse(schedule).unwrap().next(after).unwrap().to_string()
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
        ] {
            assert_eq!(next(schedule, after), expected, "{schedule}");
        }
    }

    #[test]
    fn nonsense_is_no_schedule() {
        for text in ["", "* * * *", "60 * * * *", "a b c d e", "*/0 * * * *", "5-1 * * * *", "@never"] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_that_never_comes_has_no_next_time() {
        let never = Schedule::parse("0 0 31 2 *").unwrap();
        assert_eq!(never.next("2026-01-05T09:00:00Z".parse().unwrap()), None);
    }
}
