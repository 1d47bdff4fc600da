//! Pressure stall information, and the files of a control group that hold one figure.

use std::collections::BTreeMap;

use super::{Place, Section};
use crate::host::report::HostReport;
use crate::host::snapshot::{Cgroup, Pressure, Stall};

struct Stalls(Pressure);

/// `some avg10=97.89 avg60=90.94 avg300=48.61 total=6900492537` (Documentation/accounting/psi.rst). Which resource it is
/// stands in the name of the file alone.
pub(super) fn begin_pressure(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let some = stall(text.strip_prefix("some ")?)?;
    let name = at.file();
    let resource = ["cpu", "memory", "io"]
        .into_iter()
        .find(|resource| name.contains(resource));
    Some(Box::new(Stalls(Pressure {
        resource: resource.unwrap_or("?").to_owned(),
        some,
        full: None,
        locator: at.locator(),
    })))
}

impl Section for Stalls {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        self.0.full = text.strip_prefix("full ").and_then(stall);
        self.0.full.is_some()
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        report.pressures.push(self.0);
        1
    }
}

fn stall(text: &str) -> Option<Stall> {
    let value = |name: &str| -> Option<f64> {
        let mut words = text.split_whitespace();
        let word = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
        word.parse().ok().filter(|value: &f64| value.is_finite())
    };
    Some(Stall {
        avg10: value("avg10")?,
        avg60: value("avg60")?,
        avg300: value("avg300")?,
    })
}

/// Files of one figure, version 2 and version 1.
const FIGURES: [&str; 9] = [
    "memory.current",
    "memory.peak",
    "memory.max",
    "pids.current",
    "pids.max",
    "memory.usage_in_bytes",
    "memory.max_usage_in_bytes",
    "memory.limit_in_bytes",
    "memory.failcnt",
];

/// `536870912` in a file that is named `memory.max`.
pub(super) fn begin_figure(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let file = at.file();
    let name = FIGURES.iter().find(|name| file.starts_with(**name))?;
    let value: u64 = text.trim().parse().ok()?;
    Some(Box::new(Figure(Cgroup {
        values: BTreeMap::from([((*name).to_owned(), value)]),
        locator: at.locator(),
    })))
}

struct Figure(Cgroup);

impl Section for Figure {
    fn line(&mut self, _text: &str, _at: &Place<'_>) -> bool {
        false
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        report.cgroups.push(self.0);
        1
    }
}
