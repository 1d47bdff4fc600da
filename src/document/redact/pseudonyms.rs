//! Consistent pseudonyms for hosts, pods and addresses: the same name everywhere in a report, numbered in order of
//! first appearance, nothing that tells the original.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

/// First labels of Java packages: `org.apache.commons.io` is not a host of the `.io` domain.
const PACKAGE_ROOTS: &[&str] = &[
    "com", "org", "net", "io", "java", "javax", "jakarta", "jdk", "sun", "kotlin", "scala", "dev",
    "co", "de", "kr", "app", "cloud", "me",
];

/// In order of preference where two match at one place: a MAC address, an IPv6 candidate, an IPv4 candidate, the host of
/// a URL, an AWS host name made of an address, a fully qualified name, a pod of a Kubernetes deployment.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<mac>(?-u:\b)[0-9A-Fa-f]{2}(?:[:\-][0-9A-Fa-f]{2}){5}(?-u:\b))",
        r"|(?P<six>[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)",
        r"|(?P<four>(?-u:\b)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?-u:\b))",
        r#"|://(?P<url>[^ \t\r\n/:?#"'<>@\[\]]+)"#,
        r"|(?P<aws>(?-u:\b)ip-[0-9]+-[0-9]+-[0-9]+-[0-9]+(?:\.[a-z0-9\-]+)*)",
        r"|(?P<full>(?-u:\b)(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+(?:internal|local|localdomain|lan|corp|intra|svc|com|net|org|io|dev|cloud|app|kr|jp|cn|de|uk|eu|us)(?-u:\b))",
        r"|(?P<pod>(?-u:\b)[a-z0-9][a-z0-9\-]*-[0-9a-f]{8,10}-[a-z0-9]{5}(?-u:\b))",
    ))
    .ok()
});

static PSEUDONYM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:mac|ip|host|pod)-\d+$").ok());

/// The pseudonyms given so far.
#[derive(Debug, Default)]
pub(super) struct Pseudonyms {
    given: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, u32>,
}

/// The names that are known from a place where they were certain, to be replaced where they stand alone.
#[derive(Debug)]
pub(super) struct Known {
    search: AhoCorasick,
    names: Vec<(String, String)>,
}

impl Pseudonyms {
    /// The names with their pseudonyms.
    pub(super) fn given(self) -> BTreeMap<String, String> {
        self.given
    }

    /// The text with pseudonyms in place of names, or `None` when there are none.
    pub(super) fn replace(&mut self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut copied = 0;
        for found in SHAPES.as_ref()?.captures_iter(text) {
            let shape = ["mac", "six", "four", "url", "aws", "full", "pod"]
                .into_iter()
                .find_map(|name| found.name(name).map(|place| (name, place)));
            let Some((shape, place)) = shape else {
                continue;
            };
            let before = text[..place.start()].chars().next_back();
            let after = text[place.end()..].chars().next();
            let Some(kind) = kind_of(shape, place.as_str(), before, after) else {
                continue;
            };
            out.push_str(&text[copied..place.start()]);
            out.push_str(&self.pseudonym(kind, place.as_str()));
            copied = place.end();
        }
        if copied == 0 {
            return None;
        }
        out.push_str(&text[copied..]);
        Some(out)
    }

    fn pseudonym(&mut self, kind: &'static str, name: &str) -> String {
        if let Some(known) = self.given.get(name) {
            return known.clone();
        }
        let number = self.counts.entry(kind).or_default();
        *number += 1;
        let made = format!("{kind}-{number}");
        self.given.insert(name.to_owned(), made.clone());
        made
    }

    /// The names that are distinctive enough to be replaced wherever they stand as a whole word.
    pub(super) fn known(&self) -> Option<Known> {
        let names: Vec<(String, String)> = self
            .given
            .iter()
            .filter(|(name, _)| name.len() >= 4 && name.contains(['-', '.', ':']))
            .map(|(name, made)| (name.clone(), made.clone()))
            .collect();
        if names.is_empty() {
            return None;
        }
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(names.iter().map(|(name, _)| name))
            .ok()?;
        Some(Known { search, names })
    }
}

impl Known {
    /// The text with pseudonyms in place of known names, or `None` when there are none.
    pub(super) fn replace(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut copied = 0;
        let word = |c: char| c.is_alphanumeric() || c == '_';
        for found in self.search.find_iter(text) {
            let before = text[..found.start()].chars().next_back();
            let after = text[found.end()..].chars().next();
            if before.is_some_and(word) || after.is_some_and(word) {
                continue;
            }
            out.push_str(&text[copied..found.start()]);
            out.push_str(&self.names[found.pattern().as_usize()].1);
            copied = found.end();
        }
        if copied == 0 {
            return None;
        }
        out.push_str(&text[copied..]);
        Some(out)
    }
}

/// What kind of name this is, or `None` when its shape deceives: a time of day, a version, a package, a pseudonym.
fn kind_of(
    shape: &str,
    name: &str,
    before: Option<char>,
    after: Option<char>,
) -> Option<&'static str> {
    let glued = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    match shape {
        "mac" => Some("mac"),
        "six" => {
            let address: Ipv6Addr = name.parse().ok()?;
            let digits = name.bytes().any(|byte| byte.is_ascii_digit());
            let public = digits && !address.is_loopback() && !address.is_unspecified();
            (public && !glued(before) && !glued(after)).then_some("ip")
        }
        "four" => {
            let address: Ipv4Addr = name.parse().ok()?;
            let version = matches!(before, Some('@' | '-' | '.' | '_' | '"'))
                || matches!(after, Some('+' | '_'));
            let real = !address.is_loopback() && !address.is_unspecified();
            (real && !version).then_some("ip")
        }
        "url" => {
            let local = matches!(name, "localhost" | "127.0.0.1" | "0.0.0.0");
            let done = PSEUDONYM.as_ref().is_some_and(|regex| regex.is_match(name))
                || name.starts_with(super::REMOVED);
            (!local && !done).then(|| match name.parse::<Ipv4Addr>() {
                Ok(_) => "ip",
                Err(_) => "host",
            })
        }
        "full" => {
            let root = name.split('.').next().unwrap_or_default();
            let package = PACKAGE_ROOTS.contains(&root);
            let goes_on = after.is_some_and(|c| matches!(c, '.' | '$' | '_' | '('));
            (!package && !goes_on).then_some("host")
        }
        "aws" => Some("host"),
        _ => Some("pod"),
    }
}
