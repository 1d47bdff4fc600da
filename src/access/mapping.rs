//! Formats of one's own with named fields (JSON lines, LTSV), told key by key: `time=@timestamp,status=code,duration=took:ms`.

use std::collections::BTreeMap;

use super::keys::Keys;
use super::pattern::{Layout, Shape};
use super::request::Field;
use super::{DurationUnit, PatternError};

/// The words for fields, and the fields.
const WORDS: [(&str, Field); 11] = [
    ("time", Field::TimeAny),
    ("status", Field::Status),
    ("method", Field::Method),
    ("path", Field::Target),
    ("request", Field::RequestLine),
    ("duration", Field::Duration),
    ("bytes", Field::Bytes),
    ("client", Field::Client),
    ("forwarded", Field::Forwarded),
    ("agent", Field::Agent),
    ("server", Field::Upstream),
];

/// The layouts of `mapping`: as JSON and as LTSV.
pub(super) fn layouts(mapping: &str) -> Result<Vec<Layout>, PatternError> {
    let mut fields = BTreeMap::new();
    let mut unit = None;
    for pair in mapping
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        let word = |word: &str| PatternError::Word {
            word: word.to_owned(),
        };
        let (name, key) = pair.split_once('=').ok_or_else(|| word(pair))?;
        let known = WORDS.iter().find(|(known, _)| *known == name.trim());
        let (_, field) = known.ok_or_else(|| word(name))?;
        let mut key = key.trim();
        if *field == Field::Duration
            && let Some((plain, found)) = in_unit(key)
        {
            (key, unit) = (plain, Some(found));
        }
        fields.insert(key.as_bytes().to_vec(), *field);
    }
    let has = |field| fields.values().any(|known| *known == field);
    let missing = match () {
        () if !has(Field::TimeAny) => Some("time"),
        () if !has(Field::Status) => Some("status"),
        () if !has(Field::Target) && !has(Field::RequestLine) => Some("path and no request"),
        () => None,
    };
    if let Some(missing) = missing {
        let pattern = mapping.to_owned();
        return Err(PatternError::Missing { pattern, missing });
    }
    let layout = |(name, json): (&str, bool)| Layout {
        name: name.to_owned(),
        pattern: Some(mapping.to_owned()),
        unit,
        stamp: None,
        shape: Shape::Keys(Keys::new(json, fields.clone(), b"")),
    };
    Ok([("mapped JSON lines", true), ("mapped LTSV", false)]
        .map(layout)
        .into())
}

/// `took:ms` is the key `took` in milliseconds.
fn in_unit(key: &str) -> Option<(&str, DurationUnit)> {
    let (key, word) = key.rsplit_once(':')?;
    let unit = match word {
        "s" => DurationUnit::Seconds,
        "ms" => DurationUnit::Millis,
        "us" => DurationUnit::Micros,
        "ns" => DurationUnit::Nanos,
        _ => return None,
    };
    Some((key, unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::request::Request;
    use crate::access::scalar::Clock;

    #[test]
    fn keys_nobody_would_guess_are_read() {
        let layouts = layouts("time=when,status=rc,path=http.what,duration=cost:us").unwrap();
        let line =
            br#"{"when":"2026-11-22T01:02:03Z","http":{"what":"/a?b"},"rc":503,"cost":2500}"#;
        let mut request = Request::NONE;
        layouts[0]
            .read(line, &mut Clock::default(), &mut request)
            .unwrap();
        assert_eq!((request.target, request.status), (&b"/a?b"[..], 503));
        assert_eq!(request.duration, Some(2500));
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        for (mapping, said) in [
            ("time=t,status=s", "no path"),
            ("status=s,path=p", "no time"),
            ("time=t,state=s", "\"state\""),
        ] {
            let error = layouts(mapping).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
