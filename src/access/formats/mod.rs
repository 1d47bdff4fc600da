//! The formats of this room, one file a family. A family looks at sample lines and proposes layouts; the proposal that
//! reads most lines wins, the richer one on a tie, and a second one is kept for files that changed their format.

mod aws;
mod clf;
mod envoy;
mod haproxy;
mod json;
mod ltsv;
mod mod_jk;
mod uwsgi;
mod w3c;

use super::pattern::{Element, Layout, Program, Shape};
use super::request::{Field, Request};
use super::scalar::Clock;
use super::{DurationUnit, StampMeaning};
use crate::input::{Certainty, Sample};

pub(super) use w3c::sections as w3c_sections;

/// A family of formats.
pub(super) struct Family {
    /// Layouts that may fit the lines.
    pub(super) propose: fn(&[&[u8]]) -> Vec<Layout>,
}

/// All families, the most specific first: the order breaks ties.
pub(super) const FAMILIES: &[Family] = &[
    envoy::FAMILY,
    haproxy::FAMILY,
    aws::FAMILY,
    uwsgi::FAMILY,
    mod_jk::FAMILY,
    json::FAMILY,
    clf::FAMILY,
    ltsv::FAMILY,
];

/// A layout that reads most of the lines, by its share of them.
pub(super) struct Ranked {
    pub(super) layout: Layout,
    /// Lines it reads and no better layout does.
    pub(super) own: usize,
}

/// The layouts worth using for `lines`, best first. `given` are proposals of the person at the keyboard.
pub(super) fn choose(lines: &[&[u8]], given: &[Layout]) -> Vec<Ranked> {
    let mut proposals: Vec<Layout> = given.to_vec();
    if given.is_empty() {
        for family in FAMILIES {
            proposals.extend((family.propose)(lines));
        }
    }
    let mut open: Vec<&[u8]> = lines.to_vec();
    let mut chosen = Vec::new();
    // Three formats in one file are a redeploy too many; what is left is counted as not understood.
    while chosen.len() < 3 && !open.is_empty() {
        let best = proposals
            .iter()
            .enumerate()
            .map(|(index, layout)| (fits(layout, &open), index))
            .max_by_key(|(score, index)| (*score, std::cmp::Reverse(*index)));
        let Some(((own, _), index)) = best.filter(|((own, _), _)| *own > 0) else {
            break;
        };
        let layout = proposals.remove(index);
        let mut clock = Clock::default();
        open.retain(|line| {
            layout
                .read(line, &mut clock, &mut Request::NONE.clone())
                .is_err()
        });
        chosen.push(Ranked { layout, own });
    }
    chosen
}

/// How many of `lines` a layout reads, and how much it learns from them.
fn fits(layout: &Layout, lines: &[&[u8]]) -> (usize, usize) {
    let mut clock = Clock::default();
    let (mut read, mut learned) = (0, 0);
    for line in lines {
        let mut request = Request::NONE;
        if layout.read(line, &mut clock, &mut request).is_ok() {
            read += 1;
            learned += usize::from(request.duration.is_some()) * 4
                + usize::from(!request.agent.is_empty())
                + usize::from(!request.upstream.is_empty())
                + usize::from(!request.target.is_empty()) * 2
                + usize::from(!request.client.is_empty())
                + usize::from(is_address(request.client));
        }
    }
    (read, learned)
}

/// Whether a client is an address rather than a name: with a virtual host in front both could be the client.
fn is_address(client: &[u8]) -> bool {
    let text = std::str::from_utf8(client).unwrap_or_default();
    text.parse::<std::net::IpAddr>().is_ok()
}

/// A layout of fixed fields.
fn fixed(
    name: &str,
    elements: &[Element],
    unit: Option<DurationUnit>,
    stamp: Option<StampMeaning>,
) -> Layout {
    Layout {
        name: name.to_owned(),
        pattern: None,
        unit,
        stamp,
        shape: Shape::Pattern(Program::compile(elements)),
    }
}

/// Elements of a small notation: words between braces are fields, the rest is text.
fn elements(notation: &str) -> Vec<Element> {
    let mut out = Vec::new();
    for part in notation.split_inclusive(['{', '}']) {
        match part.strip_suffix('}') {
            Some(name) => out.push(Element::Field(field(name))),
            None => {
                let text = part.trim_end_matches('{');
                if !text.is_empty() {
                    out.push(Element::Text(text.as_bytes().to_vec()));
                }
            }
        }
    }
    out
}

fn field(name: &str) -> Field {
    match name {
        "clf" => Field::TimeClf,
        "iso" => Field::TimeIso,
        "asctime" => Field::TimeAscii,
        "request" => Field::RequestLine,
        "method" => Field::Method,
        "target" => Field::Target,
        "status" => Field::Status,
        "bytes" => Field::Bytes,
        "took" => Field::Duration,
        "client" => Field::Client,
        "client:port" => Field::ClientPort,
        "forwarded" => Field::Forwarded,
        "agent" => Field::Agent,
        "upstream" => Field::Upstream,
        "ending" => Field::Ending,
        _ => Field::Skip,
    }
}

/// What the lines of a wrapper have before the line itself: syslog with and without a process number, `docker compose`.
const WRAPPERS: [&[u8]; 3] = [b"]: ", b": ", b" | "];

/// The line behind a wrapper's mark.
pub(super) fn unwrap<'a>(line: &'a [u8], mark: &[u8]) -> &'a [u8] {
    let head = &line[..line.len().min(120)];
    match memchr::memmem::find(head, mark) {
        Some(at) => line[at + mark.len()..].trim_ascii_start(),
        None => line,
    }
}

/// The layouts for lines that may stand behind a wrapper, and its mark if they do.
pub(super) fn choose_wrapped(
    lines: &[&[u8]],
    given: &[Layout],
) -> (Vec<Ranked>, Option<&'static [u8]>) {
    let share = |ranked: &[Ranked]| ranked.iter().map(|one| one.own).sum::<usize>();
    let mut best = (choose(lines, given), None);
    if share(&best.0) * 2 < lines.len() {
        for mark in WRAPPERS {
            let inner: Vec<&[u8]> = lines.iter().map(|line| unwrap(line, mark)).collect();
            let ranked = choose(&inner, given);
            if share(&ranked) > share(&best.0) {
                best = (ranked, Some(mark));
            }
        }
    }
    best
}

/// Whether a source is an access log, judged by how many of its first lines some format reads.
pub(super) fn sniff(sample: &Sample<'_>) -> Certainty {
    if w3c::announced(sample.head) {
        return Certainty::Sure;
    }
    if memchr::memchr(0, &sample.head[..sample.head.len().min(512)]).is_some()
        && memchr::memchr(b'\n', sample.head).is_none()
    {
        return Certainty::No;
    }
    let lines: Vec<&[u8]> = sample.lines(40).collect();
    let (ranked, wrapper) = choose_wrapped(&lines, &[]);
    match ranked.iter().map(|one| one.own).sum::<usize>() {
        0 => Certainty::No,
        // Behind a wrapper the log of several services is likely; the others may know it better.
        own if wrapper.is_some() && own >= 2 => Certainty::Likely,
        own if own == lines.len() || own >= 3 && own * 2 >= lines.len() => Certainty::Sure,
        own if own >= 2 && own * 10 >= lines.len() => Certainty::Likely,
        _ => Certainty::Maybe,
    }
}
