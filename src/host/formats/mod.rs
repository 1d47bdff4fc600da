//! One file a family of formats. A source may hold several snapshots one after the other: a header begins each.

mod dates;
mod devices;
mod jvm;
mod network;
mod pressure;
mod process;
mod system;
mod tasks;
mod vm_info;

pub(super) use dates::apart;

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

    /// Whether every line belongs here until it says otherwise, whatever else it could begin.
    fn takes_all(&self) -> bool {
        false
    }

    /// Hands over what was read; returns how many records it was.
    /// The process is the one that `jcmd` printed above.
    fn finish(self: Box<Self>, report: &mut HostReport, process: Option<u64>) -> u64;
}

/// Where a line stands.
struct Place<'a> {
    source: &'a str,
    line: u64,
    /// The name that `head` or `tail` printed before, if any.
    title: &'a str,
}

impl Place<'_> {
    fn locator(&self) -> Locator {
        Locator::line(self.source, self.line)
    }

    /// The name of the file that the lines come from, without its folders.
    fn file(&self) -> &str {
        let name = match self.title {
            "" => self.source,
            title => title,
        };
        name.rsplit(['/', '!']).next().unwrap_or(name)
    }
}

type Begin = fn(&str, &Place<'_>) -> Option<Box<dyn Section>>;

/// What can begin a snapshot.
const BEGINNINGS: &[Begin] = &[
    network::begin,
    process::begin_lsof,
    process::begin_limits,
    process::begin_top,
    tasks::begin_ps,
    tasks::begin_pmap,
    devices::begin_figures,
    devices::begin_df,
    pressure::begin_pressure,
    pressure::begin_figure,
    system::begin_vmstat,
    system::begin_free,
    system::begin_cgroup,
    jvm::begin_native,
    jvm::begin_histogram,
    jvm::begin_flags,
    jvm::begin_heap,
    vm_info::begin,
];

/// Reads a source into the report.
pub(super) fn read(source: &Source, report: &mut HostReport) {
    let size = source.bytes.len() as u64;
    let mut coverage = Coverage::new(source.name.clone(), FORMAT, size);
    let mut open: Option<Open> = None;
    let mut process = None;
    let mut title = String::new();
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
            title: &title,
        };
        if let Some(open) = open.as_mut().filter(|open| open.section.takes_all()) {
            open.section.line(text, &place);
            continue;
        }
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
        if let Some(stamp) = dates::date(text) {
            close(&mut open, report, &mut coverage);
            report.dates.push((place.locator(), stamp));
            continue;
        }
        if let Some(name) = title_line(text) {
            close(&mut open, report, &mut coverage);
            title = name.to_owned();
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

/// `jcmd` prints the process above its answer; `pmap` also prints its command.
fn process_line(text: &str) -> Option<u64> {
    let (number, command) = text.split_once(':')?;
    let spaced = command.is_empty() || command.starts_with(' ');
    let named = command
        .trim_start()
        .starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let number = number.parse().ok()?;
    (command.is_empty() || (spaced && named)).then_some(number)
}

/// `==> /proc/pressure/cpu <==`, as `head` and `tail` name the files they print.
fn title_line(text: &str) -> Option<&str> {
    text.strip_prefix("==> ")?.strip_suffix(" <==")
}

/// What yCrash writes above each answer of `jcmd` in its `hdsub.out`.
const ANSWERS: [&str; 4] = [
    "GC.class_histogram:",
    "VM.system_properties:",
    "GC.heap_info:",
    "VM.flags:",
];

/// Lines that collectors put between snapshots.
fn known(text: &str) -> bool {
    text.starts_with("Collected against")
        || text.starts_with("Active Internet connections")
        || text.starts_with("Active UNIX domain sockets")
        || text.starts_with("Proto RefCnt ")
        || text.starts_with("procs -")
        || text.starts_with("--procs-")
        || text.starts_with("(Not all processes")
        || text.starts_with("lsof: WARNING")
        || text.starts_with("----")
        || text.starts_with("$ ")
        || text == "#"
        || ANSWERS.contains(&text)
        || devices::heading(text)
}

/// What a crash file says above the same text that `jcmd VM.info` prints.
const CRASHED: [&str; 2] = [
    "# A fatal error has been detected by the Java Runtime Environment",
    "# There is insufficient memory for the Java Runtime Environment",
];

fn sniff(sample: &Sample<'_>) -> Certainty {
    if CRASHED.iter().any(|words| sample.contains(words)) {
        return Certainty::No;
    }
    let place = Place {
        source: sample.name,
        line: 1,
        title: "",
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

/// `128K`, `65536KB`, `1.5Gi`, `13g`, `0B` in bytes; without a unit bytes.
fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let unit = text[end..]
        .trim_end_matches(['B', 'b'])
        .trim_end_matches('i');
    let scale: u64 = match unit {
        "" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        "t" | "T" => 1 << 40,
        _ => return None,
    };
    match text[..end].parse::<u64>() {
        Ok(whole) => whole.checked_mul(scale),
        Err(_) => {
            let number: f64 = text[..end].parse().ok()?;
            (number < 1e6).then_some((number * scale as f64) as u64)
        }
    }
}
