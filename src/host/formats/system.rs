//! `vmstat`, `free` and the files of control groups.

use std::collections::BTreeMap;

use super::{Place, Section, size, titles};
use crate::finding::Locator;
use crate::host::report::HostReport;
use crate::host::snapshot::{Cgroup, Memory, VmStat};

struct Vm {
    columns: Vec<String>,
    rows: Vec<BTreeMap<String, u64>>,
    locator: Locator,
}

/// The header ` r  b   swpd   free   buff  cache   si   so …`, also repeated in a long run.
pub(super) fn begin_vmstat(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let columns = titles(text);
    let has = |name: &str| columns.iter().any(|title| title == name);
    (has("swpd") && has("si") && has("so") && has("id")).then(|| {
        Box::new(Vm {
            columns,
            rows: Vec::new(),
            locator: at.locator(),
        }) as Box<dyn Section>
    })
}

impl Section for Vm {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        // A collector may put the time of day in front.
        let skip = usize::from(words.first().is_some_and(|word| word.contains(':')));
        let mut row = BTreeMap::new();
        for (name, word) in self.columns.iter().zip(words.iter().skip(skip)) {
            match word.parse() {
                Ok(value) => row.insert(name.clone(), value),
                Err(_) => break,
            };
        }
        let understood = row.len() >= 10;
        if understood {
            self.rows.push(row);
        }
        understood
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.rows.len() as u64;
        report.vmstats.push(VmStat {
            rows: self.rows,
            locator: self.locator,
        });
        records
    }
}

struct Free {
    available: Option<usize>,
    memory: Memory,
}

/// The header `total  used  free  shared  buff/cache  available`.
pub(super) fn begin_free(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let columns = titles(text);
    let head: Vec<&str> = columns.iter().take(4).map(String::as_str).collect();
    (head == ["total", "used", "free", "shared"]).then(|| {
        Box::new(Free {
            available: columns.iter().position(|title| title == "available"),
            memory: Memory {
                total: 0,
                available: None,
                swap_total: 0,
                swap_used: 0,
                locator: at.locator(),
            },
        }) as Box<dyn Section>
    })
}

impl Section for Free {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        let Some((name, rest)) = text.split_once(':') else {
            return false;
        };
        let values: Vec<u64> = rest.split_whitespace().map_while(size).collect();
        match (name.trim(), values.as_slice()) {
            ("Mem", [total, ..]) => {
                self.memory.total = *total;
                self.memory.available = self.available.and_then(|index| values.get(index).copied());
                true
            }
            ("Swap", [total, used, ..]) => {
                self.memory.swap_total = *total;
                self.memory.swap_used = *used;
                true
            }
            (name, _) => name.starts_with("-/+") || name == "Total",
        }
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        report.memory.push(self.memory);
        1
    }
}

struct Group(Cgroup);

/// The first line of `cpu.stat`, `memory.events`, `memory.stat`, or `memory.oom_control` of version 1.
pub(super) fn begin_cgroup(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    const FIRST: [&str; 5] = [
        "usage_usec ",
        "nr_periods ",
        "low ",
        "anon ",
        "oom_kill_disable ",
    ];
    let first = FIRST.iter().any(|name| text.starts_with(name));
    let (name, value) = pair(text).filter(|_| first)?;
    Some(Box::new(Group(Cgroup {
        values: BTreeMap::from([(name.to_owned(), value)]),
        locator: at.locator(),
    })))
}

impl Section for Group {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        match pair(text) {
            Some((name, value)) => {
                self.0.values.insert(name.to_owned(), value);
                true
            }
            None => false,
        }
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        report.cgroups.push(self.0);
        1
    }
}

fn pair(text: &str) -> Option<(&str, u64)> {
    let (name, value) = text.trim().split_once(' ')?;
    let plain = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    name.chars()
        .all(plain)
        .then_some((name, value.trim().parse().ok()?))
}
