//! The threads room over the corpus: the index that was made without it, and programs whose fault is known.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::path::Path;

use diag::input::{Kind, Silent, Source};
use diag::threads::{Options, ThreadsReport, analyse};

use common::corpus;

fn read(path: &Path) -> ThreadsReport {
    let name = path.display().to_string();
    let source = Source::of(&name, fs::read(path).unwrap(), Kind::ThreadDump);
    analyse(&[&source], &Options::default(), &Silent)
}

/// Lines that are damaged on purpose, by file.
const DAMAGED: &[(&str, u64)] = &[("broken-synchronizers.log", 1), ("unknown-chunks.log", 14)];
/// Dumps that really are cut.
const CUT: &[&str] = &["scenarios/high-allocation/dump-5.txt"];
/// Circles that are in the stacks of a dump without the VM's section, and how many.
const WITHOUT_SECTION: &[(&str, usize)] = &[
    ("deadlock-and-friends.log", 1),
    ("synchronizer_deadlock.log", 1),
    ("multi-deadlock-test.txt", 2),
];

#[test]
fn the_index_of_the_corpus_is_met() {
    let Some(corpus) = corpus() else { return };
    let index = fs::read_to_string(corpus.join("../truth/threads/index.tsv")).unwrap();
    let mut wrong = Vec::new();
    for row in index.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let name = cells[0];
        if name.ends_with(".jfr") {
            continue;
        }
        let number = |at: usize| cells[at].parse::<u64>().unwrap();
        let report = read(&corpus.join("threads").join(name));
        let threads: u64 = report
            .dumps
            .iter()
            .map(|dump| dump.thread_count + dump.vm_thread_count)
            .sum();
        // Some files are single threads without a banner, which the index does not count as dumps.
        let dumps = (number(2) + number(3)).max(u64::from(number(4) > 0));
        let deadlocks = report.dumps.iter().flat_map(|dump| &dump.deadlocks);
        let (vm, own): (Vec<_>, Vec<_>) = deadlocks.partition(|deadlock| deadlock.reported_by_vm);
        let named = |list: &[(&str, u64)]| {
            list.iter()
                .find(|(end, _)| name.ends_with(end))
                .map_or(0, |(_, count)| *count)
        };
        let expected_own = WITHOUT_SECTION
            .iter()
            .find(|(end, _)| name.ends_with(end))
            .map_or(0, |(_, count)| *count);
        let cut = report.dumps.iter().any(|dump| !dump.complete)
            != CUT.iter().any(|end| name.ends_with(end));
        let found = (
            report.dumps.len() as u64,
            threads,
            vm.len() as u64,
            own.len(),
            report.coverage[0].not_understood,
        );
        let wanted = (
            dumps,
            number(4) + number(5),
            number(6),
            expected_own,
            named(DAMAGED),
        );
        if found != wanted || cut {
            wrong.push(format!(
                "{name}: {found:?} instead of {wanted:?}, cut {cut} {:?} {:?}",
                report.coverage[0].issues,
                report
                    .dumps
                    .iter()
                    .filter_map(|dump| dump.incomplete_because.as_ref())
                    .collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the captured programs are known to do: file ending, deadlocks, first blocker and how many it holds up.
#[test]
fn the_captured_programs_are_understood() {
    let Some(corpus) = corpus() else { return };
    let mut wrong = Vec::new();
    for file in fs::read_dir(corpus.join("threads/captured")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.contains("vthread_") {
            continue;
        }
        let report = read(&path);
        if report.coverage[0].not_understood > 0 || report.dumps.len() != 1 {
            wrong.push(format!(
                "{name}: {} dumps, {:?}",
                report.dumps.len(),
                report.coverage[0].issues
            ));
            continue;
        }
        let dump = &report.dumps[0];
        let file = name.contains("dumpfile");
        let jhsdb = name.contains("jhsdb");
        let circles: Vec<(usize, u64)> = {
            let mut circles: Vec<_> = dump
                .deadlocks
                .iter()
                .map(|deadlock| (deadlock.threads.len(), deadlock.victims))
                .collect();
            circles.sort_unstable();
            circles
        };
        let expected: &[(usize, u64)] = match () {
            () if name.contains("jhsdb-mixed") => &circles.clone(),
            () if name.contains("DeadlockSync") => &[(2, 0), (3, 5)],
            () if name.contains("DeadlockReentrant") && file => &[],
            () if name.contains("DeadlockReentrant") => &[(2, 0), (2, 1)],
            () => &[],
        };
        if circles != expected {
            wrong.push(format!(
                "{name}: deadlocks {circles:?} instead of {expected:?}"
            ));
        }
        let reported = dump
            .deadlocks
            .iter()
            .filter(|deadlock| deadlock.reported_by_vm)
            .count();
        if !file && reported != dump.deadlocks.len() {
            wrong.push(format!(
                "{name}: the VM reports {reported} of {}",
                dump.deadlocks.len()
            ));
        }
        if !file && !jhsdb && (!dump.complete || Some(dump.thread_count) != dump.expected_count) {
            wrong.push(format!(
                "{name}: {} threads of {:?}",
                dump.thread_count, dump.expected_count
            ));
        }
        if name.contains("PoolSaturation") && !name.contains("mixed") {
            let pool = dump
                .pools
                .iter()
                .find(|pool| pool.name == "http-nio-8080-exec-N");
            let seen = pool.map(|pool| (pool.total, pool.busy, pool.idle));
            if seen != Some((50, 44, 6)) {
                wrong.push(format!("{name}: pool {seen:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
