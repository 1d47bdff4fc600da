//! The words of a report: every sentence a person reads passes through [`t!`](crate::t), so that a language can be
//! chosen once per run and a catalogue can be checked for completeness.
//!
//! The English template is the key. Arguments are named, already formatted values:
//! `t!("{count} threads wait for {lock}", count = 5, lock = name)`.
//!
//! Words that are fixed in one place and shown in another are marked with [`key!`](crate::key) where they stand and
//! translated with [`said`] where they are shown; the texts of rules need no mark.

mod catalogue;

use std::fmt::Display;
use std::sync::OnceLock;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use catalogue::{Entry, entries};

/// A language that reports are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// English, the language of the templates.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Korean.
    #[serde(rename = "ko")]
    Korean,
}

impl Language {
    /// The tag of RFC 5646.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// The language that the value of a locale variable asks for, as `ko_KR.UTF-8` or `C` (POSIX, 8.2).
    pub fn of_locale(value: &str) -> Self {
        match value.split(['_', '.', '@']).next() {
            Some("ko") => Self::Korean,
            _ => Self::English,
        }
    }
}

/// Language and time zone in which a run speaks. Set once by the command line, before any analysis.
#[derive(Debug, Clone)]
pub struct Locale {
    /// Language of everything that is for people.
    pub language: Language,
    /// Zone in which times are shown to people; machine-readable output is always UTC.
    pub zone: TimeZone,
}

static LOCALE: OnceLock<Locale> = OnceLock::new();

impl Locale {
    /// Fixes the locale of this process. The first call wins; later ones are ignored, because sentences may already
    /// have been made.
    pub fn set(self) {
        let _ = LOCALE.set(self);
    }

    /// The locale in force: UTC and English unless [`Locale::set`] said otherwise.
    pub fn current() -> &'static Self {
        static UNSET: Locale = Locale {
            language: Language::English,
            zone: TimeZone::UTC,
        };
        LOCALE.get().unwrap_or(&UNSET)
    }
}

/// `text`, a template or a word marked with [`key!`](crate::key), in the language of the run; as it is when that
/// language has no word for it.
pub fn said(text: &str) -> &str {
    match Locale::current().language {
        Language::English => text,
        Language::Korean => catalogue::korean(text).unwrap_or(text),
    }
}

/// Fills the named holes of `template`. A hole without an argument stays as it is, so a slip is visible in tests.
pub fn fill(template: &str, arguments: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let hole = rest.find('}').and_then(|close| {
            let name = &rest[1..close];
            let (_, value) = arguments.iter().find(|(key, _)| *key == name)?;
            Some((close, value))
        });
        match hole {
            Some((close, value)) => {
                out.push_str(&value.to_string());
                rest = &rest[close + 1..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A sentence of the report, as a `String`. See the [module](crate::text).
#[macro_export]
macro_rules! t {
    ($template:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::text::fill(
            $crate::text::said($template),
            &[$((stringify!($name), &$crate::t!(@value $name $(= $value)?) as &dyn ::std::fmt::Display)),*],
        )
    };
    (@value $name:ident = $value:expr) => { $value };
    (@value $name:ident) => { $name };
}

/// Marks a word of the catalogue that is shown elsewhere, through [`said`]. See the
/// [module](crate::text).
#[macro_export]
macro_rules! key {
    ($word:literal) => {
        $word
    };
}

/// A number of bytes as a person reads it: `512 B`, `1.5 KiB`, `128.0 MiB`, `3.58 GiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A count with thousands separated by commas: `1,234,567`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How often: `once`, `1,234 times`.
pub fn often(times: u64) -> String {
    match times {
        1 => crate::t!("once"),
        _ => crate::t!("{count} times", count = count(times)),
    }
}

/// A duration given in microseconds: `740 µs`, `12.3 ms`, `4.21 s`, `3 min 05 s`, `2 h 07 min`.
pub fn duration(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    let text = match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        1_000_000..10_000_000 => format!("{:.2} s", micros as f64 / 1e6),
        10_000_000..120_000_000 => format!("{:.1} s", micros as f64 / 1e6),
        _ if seconds < 7200 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ if seconds < 172_800 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    };
    format!("{sign}{text}")
}

/// A share of a whole as `12.3 %`; `–` when there is no whole.
pub fn percent(part: f64, whole: f64) -> String {
    if whole > 0.0 && part.is_finite() {
        format!("{:.1} %", part / whole * 100.0)
    } else {
        "–".to_owned()
    }
}

/// A short name for the same thing seen again: a hash (FNV-1a, 64 bits) over its parts, stable between versions.
pub fn signature(parts: &[String]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_by_name_and_unknown_ones_stay() {
        let lock = "<0x1>";
        assert_eq!(t!("{n} wait for {lock}", n = 3, lock), "3 wait for <0x1>");
        assert_eq!(t!("{n} and {m}", n = 1), "1 and {m}");
        assert_eq!(t!("{{n}}", n = 1), "{1}");
        assert_eq!(fill("a { b", &[]), "a { b");
    }

    #[test]
    fn locale_variables_name_the_language_first() {
        assert_eq!(Language::of_locale("ko_KR.UTF-8"), Language::Korean);
        assert_eq!(Language::of_locale("ko"), Language::Korean);
        for other in ["", "C", "C.UTF-8", "POSIX", "kok_IN", "en_US.UTF-8"] {
            assert_eq!(Language::of_locale(other), Language::English);
        }
    }

    #[test]
    fn values_read_as_a_person_writes_them() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(duration(4_210_000), "4.21 s");
        assert_eq!(duration(185_000_000), "3 min 05 s");
        assert_eq!(percent(1.0, 0.0), "–");
    }
}
