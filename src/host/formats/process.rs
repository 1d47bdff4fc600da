//! `lsof`, `/proc/PID/limits` and `top`.

use std::collections::BTreeMap;

use super::{Place, Section, titles};
use crate::finding::Locator;
use crate::host::report::HostReport;
use crate::host::snapshot::{Descriptors, Limit, Task, Top};

/// Tasks kept of one refresh.
const TASKS: usize = 20;

struct Lsof {
    pid: usize,
    descriptor: usize,
    found: Descriptors,
}

/// The header `COMMAND PID [TID] USER FD TYPE …`.
pub(super) fn begin_lsof(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let titles = titles(text);
    let find = |name: &str| titles.iter().position(|title| title == name);
    (find("COMMAND") == Some(0)).then_some(())?;
    find("TYPE")?;
    Some(Box::new(Lsof {
        pid: find("PID")?,
        descriptor: find("FD")?,
        found: Descriptors {
            processes: BTreeMap::new(),
            kinds: BTreeMap::new(),
            locator: at.locator(),
        },
    }))
}

impl Section for Lsof {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        let pid = words.get(self.pid).and_then(|pid| pid.parse::<u64>().ok());
        let (Some(pid), Some(descriptor)) = (pid, words.get(self.descriptor)) else {
            return false;
        };
        // `cwd`, `mem` and `txt` are no descriptors; `12u` is one.
        if descriptor.starts_with(|c: char| c.is_ascii_digit()) {
            *self.found.processes.entry(pid.to_string()).or_default() += 1;
            let kind = words.get(self.descriptor + 1).copied().unwrap_or("?");
            *self.found.kinds.entry(kind.to_owned()).or_default() += 1;
        }
        true
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.found.kinds.values().sum();
        report.descriptors.push(self.found);
        records
    }
}

struct Limits(Vec<Limit>);

/// The header `Limit  Soft Limit  Hard Limit  Units`.
pub(super) fn begin_limits(text: &str, _at: &Place<'_>) -> Option<Box<dyn Section>> {
    let header =
        text.starts_with("Limit ") && text.contains("Soft Limit") && text.contains("Hard Limit");
    header.then(|| Box::new(Limits(Vec::new())) as Box<dyn Section>)
}

impl Section for Limits {
    fn line(&mut self, text: &str, at: &Place<'_>) -> bool {
        // The name is padded to 26 characters (fs/proc/base.c proc_pid_limits).
        let (Some(name), Some(rest)) = (text.get(..26), text.get(26..)) else {
            return false;
        };
        let mut words = rest.split_whitespace();
        let (Some(soft), Some(hard)) = (words.next(), words.next()) else {
            return false;
        };
        let value = |word: &str| word.parse().ok();
        self.0.push(Limit {
            name: name.trim().to_owned(),
            soft: value(soft),
            hard: value(hard),
            locator: at.locator(),
        });
        name.starts_with("Max ")
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.0.len() as u64;
        report.limits.extend(self.0);
        records
    }
}

struct Refresh {
    columns: Vec<String>,
    top: Top,
    locator: Locator,
}

/// `top - 01:40:13 up  1:35,  0 user,  load average: 20.51, 21.42, 17.36`
pub(super) fn begin_top(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let rest = text.strip_prefix("top - ")?;
    let load = rest
        .split_once("load average: ")
        .and_then(|(_, loads)| loads.split(',').next())
        .and_then(|load| load.trim().parse().ok());
    let locator = at.locator();
    Some(Box::new(Refresh {
        columns: Vec::new(),
        top: Top {
            clock: rest.split(' ').next().unwrap_or("").to_owned(),
            load,
            cpu: BTreeMap::new(),
            tasks: Vec::new(),
            locator: locator.clone(),
        },
        locator,
    }))
}

impl Section for Refresh {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        let text = text.trim();
        if let Some(shares) = text
            .strip_prefix("%Cpu(s):")
            .or(text.strip_prefix("Cpu(s):"))
        {
            for share in shares.split(',') {
                let mut words = share.split([' ', '%']).filter(|word| !word.is_empty());
                if let (Some(value), Some(name)) = (words.next(), words.next()) {
                    let value = value.parse().unwrap_or(f64::NAN);
                    if value.is_finite() {
                        self.top.cpu.insert(name.to_owned(), value);
                    }
                }
            }
            return true;
        }
        const SUMMARY: [&str; 8] = [
            "Tasks:", "Threads:", "KiB Mem", "KiB Swap", "MiB Mem", "MiB Swap", "Mem:", "Swap:",
        ];
        if SUMMARY.iter().any(|start| text.starts_with(start)) {
            return true;
        }
        if text.starts_with("PID ") && text.contains("COMMAND") {
            self.columns = titles(text);
            return true;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let cell = |name: &str| {
            let index = self.columns.iter().position(|title| title == name)?;
            words.get(index).copied()
        };
        let (Some(pid), Some(cpu)) = (
            cell("PID").and_then(|pid| pid.parse().ok()),
            cell("%CPU")
                .and_then(|cpu| cpu.parse::<f64>().ok())
                .filter(|cpu| cpu.is_finite()),
        ) else {
            return false;
        };
        let command = self.columns.iter().position(|title| title == "COMMAND");
        let command = command
            .and_then(|index| words.get(index..))
            .map(|words| words.join(" "));
        self.top.tasks.push(Task {
            pid,
            cpu,
            command: command.unwrap_or_default(),
        });
        true
    }

    fn finish(mut self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.top.tasks.len() as u64;
        self.top
            .tasks
            .sort_by(|one, two| two.cpu.total_cmp(&one.cpu));
        self.top.tasks.truncate(TASKS);
        self.top.locator = self.locator;
        report.tops.push(self.top);
        records
    }
}
