//! `iostat`, `sar`, `mpstat` and `df`: figures of processors, disks, swap and file systems.

use std::collections::BTreeMap;

use super::{Place, Section, titles};
use crate::host::report::HostReport;
use crate::host::snapshot::{Sample, Volume};

/// Columns of which at least one must be there: those that a rule or a reader of the report asks for.
const TOLD: [&str; 5] = ["%idle", "%util", "pswpin/s", "runq-sz", "%memused"];

/// A table of `iostat`, `sar` or `mpstat`: each row a [`Sample`].
struct Figures {
    /// Titles of the figures, without time and key.
    columns: Vec<String>,
    /// Whether a row begins with the time of day.
    clocked: bool,
    /// Whether a row names a processor or device before its figures.
    keyed: bool,
    tool: &'static str,
    rows: Vec<Sample>,
}

/// `avg-cpu:  %user …`, `Device  r/s … %util`, `03:30:01  CPU  %user …`, `Average:  DEV  tps …`.
pub(super) fn begin_figures(text: &str, _at: &Place<'_>) -> Option<Box<dyn Section>> {
    let titles = titles(text);
    TOLD.iter()
        .any(|name| titles.iter().any(|title| title == name))
        .then_some(())?;
    let first = titles.first()?;
    let clocked = clock(first) || first == "Average:";
    let mut skip = usize::from(clocked || first == "avg-cpu:");
    skip += usize::from(clocked && titles.get(skip).is_some_and(|word| half(word)));
    let key = titles.get(skip)?;
    let keyed = matches!(
        key.as_str(),
        "CPU" | "DEV" | "Device" | "Device:" | "IFACE" | "NODE"
    );
    skip += usize::from(keyed);
    let known = clocked || keyed || first == "avg-cpu:";
    known.then(|| {
        Box::new(Figures {
            columns: titles[skip..].to_vec(),
            clocked,
            keyed,
            tool: if clocked { "sar" } else { "iostat" },
            rows: Vec::new(),
        }) as Box<dyn Section>
    })
}

impl Section for Figures {
    fn line(&mut self, text: &str, at: &Place<'_>) -> bool {
        let mut words = text.split_whitespace().peekable();
        let mut when = String::new();
        if self.clocked {
            let Some(first) = words.next().filter(|word| clock(word)) else {
                // The means at the end of sar; its restart note.
                return text.starts_with("Average:") || text.contains("LINUX RESTART");
            };
            first.clone_into(&mut when);
            if let Some(half) = words.next_if(|word| half(word)) {
                when.push(' ');
                when.push_str(half);
            }
        }
        let of = match self.keyed {
            true => words.next().map(str::to_owned),
            false => Some("all".to_owned()),
        };
        let mut values = BTreeMap::new();
        for (name, word) in self.columns.iter().zip(words) {
            match word.parse::<f64>().ok().filter(|value| value.is_finite()) {
                Some(value) => values.insert(name.clone(), value),
                None => return false,
            };
        }
        let (Some(of), true) = (of, values.len() == self.columns.len()) else {
            return false;
        };
        self.rows.push(Sample {
            tool: self.tool.to_owned(),
            clock: when,
            of,
            values,
            locator: at.locator(),
        });
        true
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.rows.len() as u64;
        report.samples.extend(self.rows);
        records
    }
}

/// `03:30:01`
fn clock(word: &str) -> bool {
    let mut parts = word.split(':');
    let two = |part: Option<&str>| {
        part.is_some_and(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    two(parts.next()) && two(parts.next()) && two(parts.next()) && parts.next().is_none()
}

fn half(word: &str) -> bool {
    word == "AM" || word == "PM"
}

/// The line that sysstat prints first: `Linux 6.1.0 (host)  11/22/26  _x86_64_  (2 CPU)`, and the dates of `iostat -t`.
pub(super) fn heading(text: &str) -> bool {
    let date = text
        .split(' ')
        .next()
        .is_some_and(|word| word.matches('/').count() == 2);
    (text.starts_with("Linux ") && text.contains('(')) || (date && text.len() < 30)
}

struct Volumes {
    inodes: bool,
    rows: Vec<Volume>,
}

/// The header of `df`: `Filesystem  1K-blocks  Used Available Use% Mounted on`.
pub(super) fn begin_df(text: &str, _at: &Place<'_>) -> Option<Box<dyn Section>> {
    let header = text.starts_with("Filesystem") && text.trim_end().ends_with("Mounted on");
    header.then(|| {
        Box::new(Volumes {
            inodes: text.contains("IUse%"),
            rows: Vec::new(),
        }) as Box<dyn Section>
    })
}

impl Section for Volumes {
    fn line(&mut self, text: &str, at: &Place<'_>) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        // A long name stands on a line of its own.
        if let [name] = words.as_slice() {
            return name.starts_with('/') || name.contains(':');
        }
        let Some(share) = words.iter().position(|word| word.ends_with('%')) else {
            return words.contains(&"-");
        };
        let used = words[share].trim_end_matches('%').parse::<u64>();
        let mount = words.get(share + 1..).unwrap_or(&[]).join(" ");
        let (Ok(used), false) = (used, mount.is_empty()) else {
            return false;
        };
        let device = match share {
            5.. => words[0].to_owned(),
            _ => String::new(),
        };
        self.rows.push(Volume {
            device,
            mount,
            used_percent: used,
            inodes: self.inodes,
            locator: at.locator(),
        });
        true
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.rows.len() as u64;
        report.volumes.extend(self.rows);
        records
    }
}
