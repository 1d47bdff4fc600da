//! The threads room from the outside.

use std::fs;
use std::path::{Path, PathBuf};

use diag::input::{Kind, Silent, Source};
use diag::threads::{Options, ThreadsReport, analyse};

fn read(path: &Path) -> ThreadsReport {
    let source = Source::of(
        path.display().to_string(),
        fs::read(path).unwrap(),
        Kind::ThreadDump,
    );
    analyse(&[&source], &Options::default(), &Silent)
}

fn corpus() -> Option<PathBuf> {
    let Some(path) = std::env::var_os("DIAG_CORPUS") else {
        println!("skipped: DIAG_CORPUS is not set");
        return None;
    };
    Some(PathBuf::from(path))
}

#[test]
fn the_index_of_the_corpus_is_met() {
    let Some(corpus) = corpus() else { return };
    let index = fs::read_to_string(corpus.join("../truth/threads/index.tsv")).unwrap();
    let mut wrong = Vec::new();
    for row in index.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        if cells[0].ends_with(".jfr") {
            continue;
        }
        let path = corpus.join("threads").join(cells[0]);
        let report = read(&path);
        let number = |at: usize| cells[at].parse::<usize>().unwrap();
        let dumps = report.dumps.len();
        let threads: u64 = report
            .dumps
            .iter()
            .map(|d| d.thread_count + d.virtual_count + d.vm_thread_count)
            .sum();
        let deadlocks: usize = report
            .dumps
            .iter()
            .map(|d| d.deadlocks.iter().filter(|d| d.reported_by_vm).count())
            .sum();
        let c = &report.coverage[0];
        if dumps != number(2) + number(3)
            || threads as usize != number(4) + number(5)
            || deadlocks != number(6)
            || c.not_understood > 0
            || report
                .dumps
                .iter()
                .any(|d| !d.complete || d.deadlocks.iter().any(|d| !d.reported_by_vm))
        {
            wrong.push(format!("{}: dumps {dumps}/{} threads {threads}/{} deadlocks {deadlocks}/{} not understood {} {:?} {:?} own {}", cells[0], cells[2], cells[4], cells[6], c.not_understood, c.issues.iter().map(|i| i.to_string()).collect::<Vec<_>>(), report.dumps.iter().filter_map(|d| d.incomplete_because.clone()).collect::<Vec<_>>(),
              report.dumps.iter().flat_map(|d| &d.deadlocks).filter(|d| !d.reported_by_vm).count()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn captured() {
    let Some(corpus) = corpus() else { return };
    let mut files: Vec<_> = fs::read_dir(corpus.join("threads/captured"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    for path in files {
        let report = read(&path);
        println!(
            "{}: {} {:?}",
            path.file_name().unwrap().to_string_lossy(),
            report.coverage[0].not_understood,
            report.coverage[0]
                .issues
                .iter()
                .map(|i| i.to_string())
                .collect::<Vec<_>>()
        );
        for d in &report.dumps {
            println!(
                "   {} {:?} java {} vm {} virt {} expected {:?} complete {} deadlocks {:?} blockers {:?}",
                d.format,
                d.taken.is_some(),
                d.thread_count,
                d.vm_thread_count,
                d.virtual_count,
                d.expected_count,
                d.complete,
                d.deadlocks
                    .iter()
                    .map(|d| (d.threads.len(), d.reported_by_vm, d.victims))
                    .collect::<Vec<_>>(),
                d.blockers
                    .iter()
                    .map(|b| (b.thread.name.clone(), b.held_up))
                    .collect::<Vec<_>>()
            );
        }
        for f in &report.findings {
            println!("   * {} {} {}", f.severity.word(), f.rule, f.title);
        }
    }
}
