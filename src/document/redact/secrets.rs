//! Secrets and personal data in a piece of text.
//!
//! A cheap search for a few telltale bytes comes first: most strings of a report hold none and are left alone without
//! a copy. Sources of the shapes: RFC 7519 (JWT), RFC 7468 (PEM), RFC 6265 (cookies), RFC 3986 §3.2.1 (user
//! information in URLs), the providers' documentation for key prefixes, ISO/IEC 7812 (card numbers), and the Korean
//! resident registration number.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex, RegexSet};

use super::REMOVED;

/// Pieces of which one stands in every text that a rule of [`RULES`] matches, but for runs of digits.
const TELLTALES: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "auth",
    "cookie",
    "bearer",
    "basic ",
    "eyj",
    "-----begin",
    "akia",
    "asia",
    "aroa",
    "aida",
    "aiza",
    "ya29.",
    "://",
    "jdbc:",
    "?",
    "&",
    "sess",
    "sid",
    "@",
    "credential",
    "sharedaccess",
    "gh",
    "glpat-",
    "xox",
    "sk_",
    "npm_",
    "sig=",
];

/// Endings of names whose value is a secret.
const NAMES: &str = r"password|passwd|passphrase|passcode|pwd|storepass|keypass|secret|token|api[_.\-]?key|access[_.\-]?key(?:[_.\-]?id)?|secret[_.\-]?key|private[_.\-]?key|account[_.\-]?key|shared[_.\-]?access[_.\-]?key|signing[_.\-]?key|encryption[_.\-]?key|master[_.\-]?key|credentials?|authorization|j?sessionid|sess(?:ion)?[_.\-]?id|phpsessid|connect\.sid|sharedaccesssignature";

/// What else a match must satisfy.
type Check = fn(&Captures<'_>) -> bool;

struct Rule {
    pattern: String,
    check: Check,
}

/// In order of application: whole blocks first, then what has a name, then what is known by its shape. Group `v` is
/// what goes.
static RULES: LazyLock<Vec<(Regex, Check)>> = LazyLock::new(|| {
    rules()
        .into_iter()
        .filter_map(|rule| Some((Regex::new(&rule.pattern).ok()?, rule.check)))
        .collect()
});

static SET: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(rules().iter().map(|rule| &rule.pattern)).ok());

static PREFILTER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(TELLTALES)
        .ok()
});

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)^-{{0,2}}[A-Za-z0-9_.\-]*(?:{NAMES}|cookie)[0-9]*$"
    ))
    .ok()
});

fn rules() -> Vec<Rule> {
    let always: Check = |_| true;
    let rule = |pattern: String, check: Check| Rule { pattern, check };
    let value = r#"(?:\\?"(?P<v>[^"\\]*(?:\\[^"][^"\\]*)*)|'(?P<w>[^']*)|(?P<u>[^ \t\r\n"';<>]+))"#;
    vec![
        rule(
            r"(?s)(?P<v>-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\z))".to_owned(),
            always,
        ),
        rule(
            r#"(?i)(?-u:\b)(?:set-)?cookie2?\\?["']?[ \t\r\n]*[:=][ \t\r\n]*\\?["']?(?P<v>[^\r\n"']+)"#.to_owned(),
            always,
        ),
        rule(
            r#"(?i)(?-u:\b)(?:proxy-)?authorization\\?["']?[ \t\r\n]*[:=][ \t\r\n]*\\?["']?(?P<v>(?:[a-z][A-Za-z0-9_\-]* +)?[^ \t\r\n"']+)"#
                .to_owned(),
            always,
        ),
        rule(
            r#"(?i)(?-u:\b)(?:bearer|basic|negotiate|digest)[ :]+(?P<v>[A-Za-z0-9_.~+/\-]{8,}=*)"#.to_owned(),
            |found| looks_random(&found["v"]),
        ),
        // User information of a URL, which may itself hold an @; and Oracle's user/password@.
        rule(
            r#"(?i)(?-u:\b)[a-z][a-z0-9+.\-]*://(?P<v>[^ \t\r\n/"'<>?#]+)@"#.to_owned(),
            always,
        ),
        rule(r#"(?i)(?-u:\b)jdbc:oracle:[a-z0-9]+:(?P<v>[^ \t\r\n@"']+)@"#.to_owned(), |found| {
            found["v"].contains('/') && !found["v"].starts_with('/')
        }),
        // Query strings keep their names.
        rule(
            r#"[?&][A-Za-z0-9_.\-\[\]%$]+=(?P<v>[^& \t\r\n"'<>#]+)"#.to_owned(),
            always,
        ),
        rule(
            r#"/[^ \t\r\n?"']*\?(?P<v>[A-Za-z0-9_.~%\-]{16,})(?:[ \t\r\n"']|$)"#.to_owned(),
            |found| found["v"].bytes().any(|byte| byte.is_ascii_digit()),
        ),
        rule(
            format!(
                r#"(?i)(?P<n>[A-Za-z0-9_.$\-]*(?:{NAMES})[0-9]*)(?:\\?["'])?(?P<s>[ \t\r\n]*[=:][ \t\r\n]*){value}"#
            ),
            |found| !is_class(&found["n"], &found["s"]),
        ),
        rule(
            format!(r#"(?i)(?:^|[ \t\r\n"'])--?[A-Za-z0-9_.\-]*(?:{NAMES})[ \t\r\n]+{value}"#),
            |found| !found.name("u").is_some_and(|value| value.as_str().starts_with('-')),
        ),
        rule(
            r"(?-u:\b)(?P<v>eyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,4})".to_owned(),
            always,
        ),
        rule(
            r"(?-u:\b)(?P<v>(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}|AIza[A-Za-z0-9_\-]{30,}|ya29\.[A-Za-z0-9_\-.]{10,}|gh[pousr]_[A-Za-z0-9_]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_\-]{16,}|xox[abeoprs]-[A-Za-z0-9_\-]{10,}|[rs]k_(?:live|test)_[A-Za-z0-9_]{10,}|npm_[A-Za-z0-9_]{30,})(?-u:\b)".to_owned(),
            always,
        ),
        rule(
            r"(?P<v>[A-Za-z0-9_.%+\-]+@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,})(?P<after>/?)".to_owned(),
            |found| !is_module(&found["v"], &found["after"]),
        ),
        rule(r"(?-u:\b)(?P<v>[0-9]{6}-[1-8][0-9]{6})(?-u:\b)".to_owned(), |found| {
            let birth = &found["v"];
            ("01".."13").contains(&&birth[2..4]) && ("01".."32").contains(&&birth[4..6])
        }),
        rule(
            r"(?-u:\b)(?P<v>[0-9]{13,19}|[0-9]{4}(?:[ \-][0-9]{4}){3}|[0-9]{4}[ \-][0-9]{6}[ \-][0-9]{5})(?-u:\b)".to_owned(),
            |found| is_card(&found["v"]),
        ),
    ]
}

/// The text without its secrets, or `None` when there were none. Adds to `removed` how many there were.
pub(super) fn remove(text: &str, removed: &mut u64) -> Option<String> {
    let suspicious = PREFILTER
        .as_ref()
        .is_none_or(|prefilter| prefilter.is_match(text));
    if !suspicious && !long_digits(text) {
        return None;
    }
    let hits = SET.as_ref()?.matches(text);
    let mut clean = text.to_owned();
    let mut changed = false;
    for (regex, check) in hits.iter().filter_map(|index| RULES.get(index)) {
        if let Some(next) = apply(regex, *check, &clean, removed) {
            clean = next;
            changed = true;
        }
    }
    changed.then_some(clean)
}

fn apply(regex: &Regex, check: Check, text: &str, removed: &mut u64) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    for found in regex.captures_iter(text) {
        let group = ["v", "w", "u"]
            .iter()
            .find_map(|name| found.name(name).filter(|value| !value.is_empty()));
        let Some(value) = group else { continue };
        let end = value.start() + value.as_str().trim_end_matches([',', ')', ']', '}']).len();
        if value.as_str().starts_with(REMOVED) || end == value.start() || !check(&found) {
            continue;
        }
        out.push_str(&text[copied..value.start()]);
        out.push_str(REMOVED);
        copied = end;
        *removed += 1;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

/// Whether `name` is one whose value is a secret.
pub(super) fn is_name(name: &str) -> bool {
    NAME.as_ref().is_some_and(|regex| regex.is_match(name))
}

/// `com.acme.Token: 1,000 instances` counts objects of a class; `spring.datasource.password: x` tells a password.
fn is_class(name: &str, separator: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else {
        return false;
    };
    separator.trim_start().starts_with(':') && last.starts_with(|c: char| c.is_ascii_uppercase())
}

/// `app@1.0.RELEASE/com.acme.Shop.run` is a module of a stack frame, not an address.
fn is_module(address: &str, after: &str) -> bool {
    let domain = address.rsplit('@').next().unwrap_or_default();
    after == "/" && domain.starts_with(|c: char| c.is_ascii_digit())
}

/// A word of prose has letters of one case after its first; a credential has digits, padding or mixed case.
fn looks_random(text: &str) -> bool {
    let tail = text.get(1..).unwrap_or_default();
    tail.bytes()
        .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'=')
}

fn long_digits(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        match byte {
            b'0'..=b'9' => run += 1,
            b' ' | b'-' => {}
            _ => run = 0,
        }
        run >= 13
    })
}

/// A prefix that issuers use (ISO/IEC 7812) and a right check digit (Luhn).
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let prefix = digits.iter().take(4).fold(0, |sum, digit| sum * 10 + digit);
    let length = digits.len();
    let issued = match prefix {
        4000..=4999 => matches!(length, 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => length == 16,
        3400..=3499 | 3700..=3799 => length == 15,
        3528..=3589 | 6011 | 6440..=6599 => length == 16,
        6200..=6299 => (16..=19).contains(&length),
        _ => false,
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match index % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    issued && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_compiles() {
        assert_eq!(RULES.len(), rules().len());
        assert!(SET.is_some() && PREFILTER.is_some() && NAME.is_some());
    }

    #[test]
    fn the_telltales_cover_the_rules() {
        let prefilter = PREFILTER.as_ref().unwrap();
        for name in NAMES.split('|') {
            let plain = name
                .replace(['?', '\\', ':', '(', ')'], "")
                .replace("[_.-]", "_");
            assert!(prefilter.is_match(&plain), "{plain}");
        }
    }
}
