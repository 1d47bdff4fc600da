//! What is often captured with a dump: `top -H` and `jcmd Thread.vthread_scheduler`.

use std::collections::BTreeMap;

use memchr::memmem;

use crate::finding::Locator;
use crate::input::{Coverage, Lines};
use crate::key;
use crate::threads::virtual_threads::SchedulerState;

pub(super) const TOP: &str = "top -H";
pub(super) const SCHEDULER: &str = "virtual thread scheduler";

/// Whether `head` is the output of `top -H`: it counts threads, not tasks, and has the columns.
pub(super) fn is_top(head: &[u8]) -> bool {
    let has = |text: &str| memmem::find(head, text.as_bytes()).is_some();
    has("Threads:") && has("%CPU") && has("PID") && has("load average")
}

/// `%CPU` by native thread id; of several screens the last counts.
pub(super) fn top(source: &str, bytes: &[u8]) -> (BTreeMap<u64, f64>, Coverage) {
    let mut coverage = Coverage::new(source, TOP, bytes.len() as u64);
    let mut shares = BTreeMap::new();
    let mut columns: Option<(usize, usize)> = None;
    for line in Lines::new(bytes) {
        coverage.lines += 1;
        let text = String::from_utf8_lossy(line.text);
        let fields: Vec<&str> = text.split_whitespace().collect();
        let place = |name: &str| fields.iter().position(|field| *field == name);
        if let (Some(pid), Some(cpu)) = (place("PID"), place("%CPU")) {
            columns = Some((pid, cpu));
            shares.clear();
        } else if let Some((pid, cpu)) = columns
            && !fields.is_empty()
        {
            let row = fields.get(pid).zip(fields.get(cpu));
            let row = row.and_then(|(pid, cpu)| {
                Some((pid.parse().ok()?, cpu.replace(',', ".").parse().ok()?))
            });
            match row {
                Some((pid, cpu)) => {
                    shares.insert(pid, cpu);
                }
                // The summary of the next screen.
                None if is_summary(&text) => columns = None,
                None => {
                    coverage.line_not_understood(line.number, line.text, key!("a row of top -H"))
                }
            }
        }
    }
    coverage.records = shares.len() as u64;
    (shares, coverage)
}

fn is_summary(text: &str) -> bool {
    ["top -", "Threads:", "%Cpu", "MiB", "KiB", "GiB"]
        .iter()
        .any(|mark| text.starts_with(mark))
}

/// Whether `head` has the line of a virtual thread scheduler.
pub(super) fn is_scheduler(head: &[u8]) -> bool {
    memmem::find(head, b"ForkJoinPool@").is_some()
        && memmem::find(head, b", parallelism = ").is_some()
}

/// `java.util.concurrent.ForkJoinPool@2ef117bd[Running, parallelism = 2, size = 2, active = 2, running = 0, …]`
pub(super) fn schedulers(source: &str, bytes: &[u8]) -> (Vec<SchedulerState>, Coverage) {
    let mut coverage = Coverage::new(source, SCHEDULER, bytes.len() as u64);
    let mut found = Vec::new();
    for line in Lines::new(bytes) {
        coverage.lines += 1;
        let Some(at) = memmem::find(line.text, b"ForkJoinPool@") else {
            continue;
        };
        let text = String::from_utf8_lossy(&line.text[at..]);
        let value = |name: &str| {
            let after = text.split(&format!(" {name} = ")).nth(1)?;
            after.split([',', ']']).next()?.trim().parse().ok()
        };
        match (value("parallelism"), value("size")) {
            (Some(parallelism), Some(size)) => found.push(SchedulerState {
                at: Locator::line(source, line.number),
                parallelism,
                size,
                active: value("active").unwrap_or(0),
                running: value("running").unwrap_or(0),
                queued: value("tasks").unwrap_or(0),
                submissions: value("submissions").unwrap_or(0),
                delayed: value("delayed").unwrap_or(0),
            }),
            _ => coverage.line_not_understood(
                line.number,
                line.text,
                key!("the figures of a ForkJoinPool"),
            ),
        }
    }
    coverage.records = found.len() as u64;
    (found, coverage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_scheduler_are_read() {
        let text = b"25335:\njava.util.concurrent.ForkJoinPool@2e[Running, parallelism = 2, size = 2, active = 2, running = 0, steals = 23, tasks = 0, submissions = 2, delayed = 1]\n";
        let (found, coverage) = schedulers("f", text);
        assert_eq!(coverage.not_understood, 0);
        assert_eq!(
            (
                found[0].parallelism,
                found[0].active,
                found[0].submissions,
                found[0].delayed
            ),
            (2, 2, 2, 1)
        );
    }

    #[test]
    fn the_last_screen_of_top_counts() {
        let text = b"top - 01:11:01 up\nThreads:  2 total\n\n  PID USER %CPU COMMAND\n 12 root 6.7 java\ntop - 01:11:02 up\nThreads:  2 total\n\n  PID USER %CPU COMMAND\n 12 root 99,9 java\n 13 root 0.0 java\n";
        let (shares, coverage) = top("f", text);
        assert_eq!(
            (shares.get(&12), shares.get(&13), coverage.not_understood),
            (Some(&99.9), Some(&0.0), 0)
        );
    }
}
