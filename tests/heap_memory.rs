//! What `--memory` is held against is what an analysis takes. A program of its own, so that nothing else takes memory.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

#[path = "common/hprof.rs"]
#[allow(dead_code, reason = "shared with the tests of the format")]
mod hprof;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use diag::heap::{self, HeapReport, Options};
use diag::input::{Kind, Silent, Source};
use hprof::*;

/// Bytes of memory that this program has for itself, without mapped files.
fn taken() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse::<u64>().unwrap() * 1024
}

/// The most that is taken while `work` is done, beyond what was taken before.
fn most_taken(work: impl FnOnce()) -> u64 {
    let before = taken();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = 0;
            while !done.load(Relaxed) {
                most = most.max(taken());
                thread::sleep(Duration::from_millis(1));
            }
            most
        });
        work();
        done.store(true, Relaxed);
        watcher.join().unwrap().saturating_sub(before)
    })
}

/// A list whose elements are in an array too, an array of equal numbers at each, and every fourth of them an array of
/// references that is nearly empty.
fn heap_of(nodes: u64) -> Writer {
    let mut heap = classes(8);
    let at = |kind: u64, number: u64| FIRST + 128 * number + 32 * kind;
    for number in 0..nodes {
        let next = if number + 1 < nodes {
            at(0, number + 1)
        } else {
            0
        };
        heap.node(at(0, number), at(1, number), next);
        heap.node(at(1, number), at(2, number), 0);
        if number % 4 == 0 {
            heap.array(at(2, number), &[0, 0, 0, 0, 0, 0, 0, at(1, number)]);
        } else {
            heap.primitives(0x23, at(2, number), 2, 11);
            heap.bytes.extend((number / 2).to_be_bytes());
            heap.bytes.extend(7_u64.to_be_bytes());
            heap.done();
        }
    }
    let elements: Vec<u64> = (0..nodes).map(|number| at(1, number)).collect();
    heap.array(0x8000, &elements);
    heap.root(0xFF, FIRST, 0);
    heap.root(0xFF, 0x8000, 0);
    heap
}

#[test]
fn the_estimate_covers_what_an_analysis_takes_and_little_more() {
    const NODES: u64 = 150_000;
    let bytes = dump(8, &heap_of(NODES)).bytes;
    let source = Source::of("test.hprof", bytes, Kind::HeapDump);
    let analyse = |memory: Option<u64>| -> HeapReport {
        let options = Options {
            memory,
            ..Options::default()
        };
        heap::analyse(&source, &options, &Silent)
    };
    let most = most_taken(|| {
        let report = analyse(None);
        assert_eq!(report.object_count, 3 * NODES + 4);
        assert!(!report.waste.is_empty());
    });
    // The smallest limit that allows the whole analysis, to five percent.
    let (mut refused, mut allowed) = (0, 64 << 20);
    while refused + allowed / 20 < allowed {
        let limit = refused + (allowed - refused) / 2;
        match analyse(Some(limit)).reachable_objects {
            0 => refused = limit,
            _ => allowed = limit,
        }
    }
    // Stacks, names and what the allocator keeps for later come on top.
    let estimate = allowed + (4 << 20);
    assert!(most <= estimate, "took {most}, estimated {allowed}");
    assert!(allowed <= 2 * most, "took {most}, estimated {allowed}");
    // What is left out takes no more than is allowed.
    let limit = allowed / 2;
    let most = most_taken(|| assert!(analyse(Some(limit)).left_out.is_some()));
    assert!(most <= limit + (4 << 20), "took {most}, allowed {limit}");
}
