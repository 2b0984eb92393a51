//! Formats points in time.

use std::borrow::Borrow;

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;

use super::Translator;
use crate::domain::timestamp::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// A formatted point in time for a `<time>` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// For the attribute `datetime`: RFC 3339 in UTC.
    pub iso: String,
    /// The short form.
    pub text: String,
    /// Date and time to the second, for the tooltip.
    pub exact: String,
}

/// The names of all IANA time zones that name a place, for example `Europe/Kyiv`.
pub fn time_zones() -> Vec<String> {
    let names = jiff::tz::db().available().map(|name| name.to_string());
    let mut zones: Vec<String> =
        names.filter(|name| name.contains('/') && !name.starts_with("Etc/") && name != "Europe/Kiev").collect();
    zones.sort_unstable();
    zones
}

impl Translator<'_> {
    /// Date and time to the minute.
    pub fn date(&self, at: impl Borrow<Timestamp>) -> Moment {
        let at = *at.borrow();
        self.moment(at, self.written(at, &self.pattern_date_time()))
    }

    /// Date and time to the second.
    pub fn date_with_seconds(&self, at: Timestamp) -> Moment {
        self.moment(at, self.written(at, &self.pattern_date_time_seconds()))
    }

    /// The time to the second if it is today, otherwise date and time.
    pub fn log_time(&self, at: Timestamp) -> Moment {
        let pattern = match self.days_before_today(at) {
            0 => self.pattern_clock_seconds(),
            _ => self.pattern_date_time_seconds(),
        };
        self.moment(at, self.written(at, &pattern))
    }

    /// A distance such as "just now" or "5 min ago" within the hour, "yesterday at 14:05" within two days, otherwise
    /// date and time.
    pub fn relative(&self, at: impl Borrow<Timestamp>) -> Moment {
        let at = *at.borrow();
        let past = self.now().since(at).as_secs();
        let ahead = at.since(self.now()).as_secs();
        let text = match (ahead, past) {
            (1..MINUTE, _) => self.in_seconds(ahead),
            (MINUTE..HOUR, _) => self.in_minutes(ahead / MINUTE),
            (HOUR.., _) => self.day_and_time(at),
            (_, ..MINUTE) => self.just_now(),
            (_, MINUTE..HOUR) => self.minutes_ago(past / MINUTE),
            _ => self.day_and_time(at),
        };
        self.moment(at, text)
    }

    /// The distance, if the time is less than an hour away.
    pub fn fresh(&self, at: impl Borrow<Timestamp>) -> Option<Moment> {
        let at = *at.borrow();
        let distance = self.now().since(at).max(at.since(self.now()));
        (distance.as_secs() < HOUR).then(|| self.relative(at))
    }

    /// The message that says when the next attempt is due.
    pub fn next_attempt(&self, at: impl Borrow<Timestamp>) -> String {
        let at = *at.borrow();
        match self.days_before_today(at) {
            0 => self.next_attempt_at(self.hour(at), self.written(at, &self.pattern_clock())),
            _ => self.next_attempt_on(self.date_in_sentence(at)),
        }
    }

    /// The same in few letters, without the year: retries are at most two days ahead.
    pub fn next_attempt_short(&self, at: impl Borrow<Timestamp>) -> String {
        let at = *at.borrow();
        let clock = self.written(at, &self.pattern_clock());
        match self.days_before_today(at) {
            0 => self.next_at(self.hour(at), clock),
            _ => self.next_on(self.day(at), clock),
        }
    }

    /// Date and time for a place in a message where "on" or a verb is before it: 21 Nov 2026 at 09:17.
    pub fn date_in_sentence(&self, at: impl Borrow<Timestamp>) -> String {
        let at = *at.borrow();
        let date = self.written(at, &self.pattern_date());
        self.date_at(self.hour(at), date, self.written(at, &self.pattern_clock()))
    }

    /// The time to the minute if it is today, otherwise date and time; for use inside a message.
    pub fn clock(&self, at: impl Borrow<Timestamp>) -> String {
        let at = *at.borrow();
        match self.days_before_today(at) {
            0 => self.written(at, &self.pattern_clock()),
            _ => self.date(at).text,
        }
    }

    /// The time to the minute, without the date.
    pub fn time_of_day(&self, at: Timestamp) -> String {
        self.written(at, &self.pattern_clock())
    }

    /// The time to the second, without the date.
    pub fn clock_time(&self, at: Timestamp) -> Moment {
        self.moment(at, self.written(at, &self.pattern_clock_seconds()))
    }

    /// The day of a log: *Today*, *Yesterday*, otherwise the date.
    pub fn log_day(&self, at: Timestamp) -> String {
        match self.days_before_today(at) {
            0 => self.today(),
            1 => self.yesterday(),
            _ => self.written(at, &self.pattern_date()),
        }
    }

    /// The date without the year.
    pub fn day(&self, at: Timestamp) -> String {
        self.written(at, &self.pattern_day())
    }

    /// The date, with its year.
    pub fn calendar_day(&self, at: Timestamp) -> String {
        self.written(at, &self.pattern_date())
    }

    /// The period between two times in words; `None` without either.
    pub fn period_between(&self, from: Option<String>, to: Option<String>) -> Option<String> {
        match (from, to) {
            (Some(from), Some(to)) => Some(self.filter_between(from, to)),
            (Some(from), None) => Some(self.filter_since(from)),
            (None, Some(to)) => Some(self.filter_until(to)),
            (None, None) => None,
        }
    }

    /// Hours since 1 January 1970 in local time.
    pub fn local_hours(&self, at: Timestamp) -> i64 {
        (at.seconds() + i64::from(self.zoned(at).offset().seconds())).div_euclid(3600)
    }

    /// The message that the webhook was changed by another person at this time.
    pub(super) fn changed_by_other(&self, at: Timestamp) -> String {
        match self.days_before_today(at) {
            0 => self.ChangedByOtherAt(self.hour(at), self.written(at, &self.pattern_clock())),
            _ => self.ChangedByOtherOn(self.date_in_sentence(at)),
        }
    }

    fn day_and_time(&self, at: Timestamp) -> String {
        let clock = self.written(at, &self.pattern_clock());
        match self.days_before_today(at) {
            0 => self.today_at(self.hour(at), &clock),
            1 => self.yesterday_at(self.hour(at), &clock),
            _ => self.date(at).text,
        }
    }

    fn moment(&self, at: Timestamp, text: String) -> Moment {
        Moment { iso: at.to_string(), text, exact: self.written(at, &self.pattern_date_time_seconds()) }
    }

    fn written(&self, at: Timestamp, pattern: &str) -> String {
        self.zoned(at).strftime(pattern).to_string()
    }

    fn hour(&self, at: Timestamp) -> u64 {
        u64::from(self.zoned(at).hour().unsigned_abs())
    }

    /// Calendar days in the reader's time zone: 0 for today, 1 for yesterday, negative for the future.
    fn days_before_today(&self, at: Timestamp) -> i32 {
        let day = self.zoned(at).date();
        self.zoned(self.now()).date().since(day).map_or(i32::MAX, |span| span.get_days())
    }

    fn zoned(&self, at: Timestamp) -> ZonedDateTime {
        let zone = TimeZone::get(self.zone()).unwrap_or(TimeZone::UTC);
        jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default().to_zoned_datetime(zone)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::i18n::Locale;

    /// 21 November 2026, 09:17:40 in Kyiv.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_245_460);

    fn both() -> [Translator<'static>; 2] {
        [Locale::En, Locale::Uk].map(|locale| Translator::new(locale, NOW).in_zone("Europe/Kyiv"))
    }

    #[test]
    fn dates_follow_language_and_time_zone() {
        let [en, uk] = both();
        assert_eq!(en.date(NOW).text, "21 Nov 2026, 09:17");
        assert_eq!(uk.date(NOW).text, "21.11.2026, 09:17");
        assert_eq!(uk.date_with_seconds(NOW).text, "21.11.2026, 09:17:40");
        assert_eq!(uk.date(NOW).iso, "2026-11-21T07:17:40.000Z");
        assert_eq!(Translator::new(Locale::En, NOW).date(NOW).text, "21 Nov 2026, 07:17");
        assert_eq!(en.in_zone("No/Where").date(NOW).text, "21 Nov 2026, 07:17");
    }

    #[test]
    fn times_near_now_are_shown_by_their_distance() {
        let [en, uk] = both();
        let before = |minutes: u64| NOW.before(Duration::from_secs(60 * minutes));
        assert_eq!(en.relative(NOW).text, "just now");
        assert_eq!(en.relative(before(2)).text, "2\u{a0}min ago");
        assert_eq!(uk.relative(before(2)).text, "2\u{a0}хв тому");
        assert_eq!(en.fresh(before(59)).map(|moment| moment.text).as_deref(), Some("59\u{a0}min ago"));
        assert_eq!(en.fresh(before(60)), None);
        assert_eq!(en.relative(before(120)).text, "today at 07:17");
        assert_eq!(uk.relative(before(60 * 19 + 12)).text, "учора о 14:05");
        assert_eq!(uk.relative(before(60 * 22)).text, "учора об 11:17");
        assert_eq!(en.relative(before(60 * 48)).text, "19 Nov 2026, 09:17");
        assert_eq!(en.relative(NOW.after(Duration::from_secs(725))).text, "in 12\u{a0}min");
        assert_eq!(en.next_attempt(NOW.after(Duration::from_secs(1200))), "Next attempt at 09:37");
        assert_eq!(uk.next_attempt(NOW.after(Duration::from_secs(6600))), "Наступна спроба об 11:07");
    }
}
