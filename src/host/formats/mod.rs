//! One file a family of formats. A source may hold several snapshots one after the other: a header begins each.

mod jvm;
mod network;
mod process;
mod system;

use super::report::HostReport;
use crate::finding::Locator;
use crate::input::{Certainty, Coverage, Kind, Sample, Sniffer, Source};

/// How the formats of this room are recognised.
pub const SNIFFERS: &[Sniffer] = &[Sniffer {
    kind: Kind::HostSnapshot,
    format: FORMAT,
    sniff,
    telltales: &[],
}];

const FORMAT: &str = "host snapshot";
/// Bytes of a line that are examined.
const LONGEST: usize = 64 << 10;

/// A snapshot while its lines arrive.
trait Section {
    /// Takes a line. Returns whether it belongs here.
    fn line(&mut self, text: &str, at: &Place<'_>) -> bool;

    /// Hands over what was read; returns how many records it was.
    /// The process is the one that `jcmd` printed above.
    fn finish(self: Box<Self>, report: &mut HostReport, process: Option<u64>) -> u64;
}

/// Where a line stands.
struct Place<'a> {
    source: &'a str,
    line: u64,
}

impl Place<'_> {
    fn locator(&self) -> Locator {
        Locator::line(self.source, self.line)
    }
}

type Begin = fn(&str, &Place<'_>) -> Option<Box<dyn Section>>;

/// What can begin a snapshot.
const BEGINNINGS: &[Begin] = &[
    network::begin,
    process::begin_lsof,
    process::begin_limits,
    process::begin_top,
    system::begin_vmstat,
    system::begin_free,
    system::begin_cgroup,
    jvm::begin_native,
    jvm::begin_histogram,
    jvm::begin_flags,
    jvm::begin_heap,
];

/// Reads a source into the report.
pub(super) fn read(source: &Source, report: &mut HostReport) {
    let size = source.bytes.len() as u64;
    let mut coverage = Coverage::new(source.name.clone(), FORMAT, size);
    let mut open: Option<Open> = None;
    let mut process = None;
    for line in source.lines() {
        coverage.lines = line.number;
        let text = String::from_utf8_lossy(&line.text[..line.text.len().min(LONGEST)]);
        let text = text.trim_end();
        if text.trim().is_empty() {
            continue;
        }
        let place = Place {
            source: &source.name,
            line: line.number,
        };
        let begun = BEGINNINGS.iter().find_map(|begin| begin(text, &place));
        if let Some(section) = begun {
            close(&mut open, report, &mut coverage);
            let process = process.take();
            open = Some(Open { section, process });
            continue;
        }
        if let Some(number) = process_line(text) {
            close(&mut open, report, &mut coverage);
            process = Some(number);
            continue;
        }
        let taken = open
            .as_mut()
            .is_some_and(|open| open.section.line(text, &place));
        if !taken && !known(text) {
            let expected = "a line of a known snapshot";
            coverage.line_not_understood(line.number, line.text, expected);
        }
    }
    close(&mut open, report, &mut coverage);
    report.coverage.push(coverage);
}

struct Open {
    section: Box<dyn Section>,
    process: Option<u64>,
}

fn close(open: &mut Option<Open>, report: &mut HostReport, coverage: &mut Coverage) {
    if let Some(open) = open.take() {
        coverage.records += open.section.finish(report, open.process);
    }
}

/// `jcmd` prints the process above its answer.
fn process_line(text: &str) -> Option<u64> {
    text.strip_suffix(':')?.parse().ok()
}

/// Lines that collectors put between snapshots: dates and notes.
fn known(text: &str) -> bool {
    let weekdays = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "];
    weekdays.iter().any(|day| text.starts_with(day))
        || text.starts_with("Collected against")
        || text.starts_with("Active Internet connections")
        || text.starts_with("procs -")
        || text.starts_with("(Not all processes")
        || text.starts_with("lsof: WARNING")
        || text.starts_with("----")
        || text.starts_with("$ ")
}

fn sniff(sample: &Sample<'_>) -> Certainty {
    let place = Place {
        source: sample.name,
        line: 1,
    };
    for line in sample.lines(12) {
        let Ok(text) = std::str::from_utf8(&line[..line.len().min(4096)]) else {
            continue;
        };
        if BEGINNINGS
            .iter()
            .any(|begin| begin(text.trim_end(), &place).is_some())
        {
            return Certainty::Sure;
        }
    }
    Certainty::No
}

/// The columns of a table: its titles, in order.
fn titles(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// `128K`, `65536KB`, `1.5g`, `40012` (KiB where `top` means it) in bytes, for sizes with a unit.
fn size(text: &str) -> Option<u64> {
    let text = text.trim().trim_end_matches(['B', 'b']);
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let scale = match text[end..].to_ascii_lowercase().as_str() {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(scale)
}
