//! Access logs in pieces: merging, cutting and threads change no number.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "common/traffic.rs"]
mod traffic;

use diag::access::{self, AccessReport, MergeError, Options, Thresholds, merge, summarise};
use diag::input::{Kind, Silent, Source};
use diag::time::SECOND;
use proptest::prelude::*;
use traffic::{analyse, line, log, traffic};

/// A small log as lines, for cutting.
fn lines(count: usize) -> Vec<String> {
    let requests = traffic();
    let step = requests.len() / count;
    requests
        .iter()
        .step_by(step)
        .map(|request| line("nginx", request) + "\n")
        .collect()
}

fn source(index: usize, lines: &[String]) -> Source {
    Source::of(
        format!("part-{index:02}.log"),
        lines.concat().into_bytes(),
        Kind::AccessLog,
    )
}

fn json(report: &AccessReport) -> String {
    serde_json::to_string(report).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn merging_gives_the_bytes_of_one_run(
        cuts in prop::collection::vec(0_usize..400, 0..6),
        groups in prop::collection::vec(0_usize..3, 8),
        twice in 0_usize..3,
        swap: bool,
    ) {
        let lines = lines(400);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(lines.len())).collect();
        cuts.extend([0, lines.len()]);
        cuts.sort_unstable();
        let parts: Vec<Source> = cuts.windows(2).enumerate().map(|(i, w)| source(i, &lines[w[0]..w[1]])).collect();
        let options = Options::default();
        let all: Vec<&Source> = parts.iter().collect();
        let whole = json(&access::analyse(&all, &options, &Silent));
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        for group in 0..3 {
            let members: Vec<&Source> = parts.iter().enumerate().filter(|(i, _)| groups[*i] == group).map(|(_, s)| s).collect();
            files.push((format!("{group}.dgp"), summarise(&members, &options, &Silent).to_bytes()));
        }
        let mut given: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        if swap {
            given.reverse();
        }
        let merged = merge(&given).unwrap();
        prop_assert_eq!(json(&merged), whole);
        // A shard that arrives twice counts once.
        given.push(given[twice]);
        let mut again = merge(&given).unwrap();
        again.duplicates.clear();
        prop_assert_eq!(json(&again), json(&merged));
    }

    #[test]
    fn cutting_a_log_changes_no_number(cut in 1_usize..400) {
        let lines = lines(400);
        let cut = cut.min(lines.len());
        let one = Source::of("a.log", lines.concat().into_bytes(), Kind::AccessLog);
        let left = Source::of("a.log.1", lines[..cut].concat().into_bytes(), Kind::AccessLog);
        let right = Source::of("a.log", lines[cut..].concat().into_bytes(), Kind::AccessLog);
        let options = Options::default();
        let whole = access::analyse(&[&one], &options, &Silent);
        let halves = access::analyse(&[&left, &right], &options, &Silent);
        prop_assert_eq!(&whole.routes, &halves.routes);
        prop_assert_eq!(&whole.seconds, &halves.seconds);
        prop_assert_eq!(&whole.minutes, &halves.minutes);
        prop_assert_eq!(&whole.clients, &halves.clients);
        prop_assert_eq!(whole.distinct_clients, halves.distinct_clients);
        prop_assert_eq!(&whole.heat_map, &halves.heat_map);
    }
}

#[test]
fn partials_that_do_not_fit_are_refused() {
    let log = source(0, &lines(50));
    let one = summarise(&[&log], &Options::default(), &Silent).to_bytes();
    let options = Options {
        apdex: Thresholds {
            all_us: 2 * SECOND,
            ..Thresholds::default()
        },
        ..Options::default()
    };
    let other = summarise(&[&log], &options, &Silent).to_bytes();
    assert!(matches!(
        merge(&[("a", &one), ("b", &other)]),
        Err(MergeError::Parameters { .. })
    ));
    assert_eq!(merge(&[]), Err(MergeError::Nothing));
    assert_eq!(
        merge(&[("x", b"hello")]),
        Err(MergeError::Other("x".to_owned()))
    );
    for cut in (20..one.len()).step_by(one.len() / 100 + 1) {
        assert!(merge(&[("x", &one[..cut])]).is_err(), "cut at {cut}");
        let mut changed = one.clone();
        changed[cut] ^= 0x40;
        assert!(merge(&[("x", &changed)]).is_err(), "changed at {cut}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let mut text = String::new();
    for _ in 0..12 {
        text += &log("nginx", &traffic());
    }
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| json(&analyse(&text)))
    };
    let one = of(1);
    assert_eq!(one, of(2));
    assert_eq!(one, of(5));
}
