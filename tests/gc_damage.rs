//! Broken GC logs are normal GC logs: cut, emptied, made of fragments, or of any bytes at all.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use diag::gc::{self, GcReport};
use diag::input::{Kind, Silent, Source};

fn analyse(sources: &[Source]) -> GcReport {
    let sources: Vec<&Source> = sources.iter().collect();
    gc::analyse(&sources, &gc::Options::default(), &Silent)
}

/// The report of some bytes as a rotated set of two, rendered everywhere.
fn survive(data: &[u8]) -> GcReport {
    let (cut, data) = data
        .split_first()
        .map_or((0, data), |(cut, rest)| (usize::from(*cut), rest));
    let (first, second) = data.split_at(cut.min(data.len()));
    let report = analyse(&[
        Source::of("gc.log.0", first, Kind::GcLog),
        Source::of("gc.log", second, Kind::GcLog),
    ]);
    let documents = [report.document()];
    let style = diag::render::Style {
        colour: true,
        width: 100,
        details: true,
    };
    diag::render::terminal(&documents, style);
    diag::render::markdown(&documents, "");
    diag::render::html(&documents, "");
    let json = serde_json::to_string(&report).unwrap();
    let again: GcReport = serde_json::from_str(&json).unwrap();
    assert!(again == report, "a saved report is read back as it was");
    report
}

#[test]
fn the_fuzz_corpus_is_survived() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/gc");
    for entry in std::fs::read_dir(folder).unwrap() {
        survive(&std::fs::read(entry.unwrap().path()).unwrap());
    }
}

#[test]
fn a_damaged_log_is_read_as_far_as_it_goes() {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab/gc/logs");
    let whole = std::fs::read(logs.join("leak-serial.log")).unwrap();
    let pauses = analyse(&[Source::of("gc.log", whole.clone(), Kind::GcLog)]).lives[0]
        .pauses
        .count;
    let mut last = 0;
    for step in 0..=100 {
        let cut = whole.len() * step / 100;
        let report = analyse(&[Source::of("gc.log", &whole[..cut], Kind::GcLog)]);
        let count: u64 = report.lives.iter().map(|life| life.pauses.count).sum();
        assert!(count >= last && count <= pauses, "more bytes, more pauses");
        last = count;
    }
    assert_eq!(last, pauses);
    // A block of zeros at the head (copytruncate), CRLF, and bytes of another encoding.
    let mut zeros = vec![0; 4096];
    zeros.extend_from_slice(b"\n");
    zeros.extend_from_slice(&whole);
    let crlf = String::from_utf8(whole.clone())
        .unwrap()
        .replace('\n', "\r\n")
        .into_bytes();
    for bytes in [zeros, crlf] {
        let report = analyse(&[Source::of("gc.log", bytes, Kind::GcLog)]);
        assert_eq!(report.lives[0].pauses.count, pauses);
    }
}

mod arbitrary {
    use proptest::prelude::*;

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            "[\\[\\]\\(\\)0-9.,:KMGsn>-]{0,20}",
            Just("[0.5s][info][gc] GC(3) Pause Young (Normal) (G1 Evacuation Pause) 9M->3M(20M) 1.5ms\n".to_owned()),
            Just("[0.6s][info][gc] GC(2) Pause Full (System.gc()) 9M->3M(20M) 5000ms\n".to_owned()),
            Just("[0.1s][info][gc] Using G1\n".to_owned()),
            Just("[9s][info][gc] Allocation Stall (main) 900ms\n".to_owned()),
            Just("1.5: [GC 9K->1K(20K), 0.002 secs]".to_owned()),
            Just("1.5: [Full GC [CMS".to_owned()),
            Just("{Heap before GC invocations=1 (full 0):\n".to_owned()),
            Just(" secs] [Times: user=1 sys=2, real=3 secs]\n".to_owned()),
            Just("\n".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn text_made_of_pieces_of_logs_is_survived(pieces in proptest::collection::vec(piece(), 0..30)) {
            super::survive(pieces.concat().as_bytes());
        }

        #[test]
        fn bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            super::survive(&bytes);
        }
    }
}
