//! Access logs as they are found: damaged, unusual, of another kind, from the corpus.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;
#[path = "common/traffic.rs"]
mod traffic;

use std::fs;

use common::{corpus, root};
use diag::access::{self, Options, merge};
use diag::input::{Bundle, Kind, Silent, Source};
use traffic::{FORMATS, Request, analyse, log, traffic};

#[test]
fn damage_is_counted_and_never_fatal() {
    let requests: Vec<Request> = traffic().into_iter().take(40).collect();
    for format in FORMATS {
        let good = log(format, &requests).into_bytes();
        for cut in 0..100 {
            let end = good.len() * cut / 100;
            let source = Source::of("a.log", &good[..end], Kind::AccessLog);
            let _ = access::analyse(&[&source], &Options::default(), &Silent).document();
        }
        let mut dirty = b"\0\0\0\0\n\xff\xfe garbage\r\n\"\x16\x03\x01\" 400\n".to_vec();
        dirty.extend(good.iter().flat_map(|byte| {
            if *byte == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![*byte]
            }
        }));
        dirty.extend_from_slice(b"\0\0\0\0\0\0");
        let source = Source::of("a.log", dirty, Kind::AccessLog);
        let report = access::analyse(&[&source], &Options::default(), &Silent);
        assert_eq!(report.requests, 40, "{format}");
        assert!(report.coverage[0].not_understood >= 3, "{format}");
        assert_eq!(report.coverage[0].issues.len(), 3, "{format}");
    }
}

#[test]
fn unusual_requests_are_requests() {
    let head = "10.0.0.1 - - [22/Nov/2026:01:02:03 +0000]";
    let text = format!(
        "{head} \"\\x16\\x03\\x01\" 400 12 \"-\" \"-\" 1\n{head} \"-\" 408 - \"-\" \"-\" 2\n::1 - - [22/Nov/2026:01:02:03 +0000] \"GET /a HTTP/1.1\" 200 - \"-\" \"-\" -\n\
         fe80::1%eth0 - John Smith [22/Nov/2026:01:02:03 +0000] \"GET /\u{c6b4}\u{b3d9} HTTP/2\" 200 1 \"-\" \"say \\\"hi\\\"\" 30\n"
    );
    let report = analyse(&text);
    assert_eq!(
        (
            report.requests,
            report.coverage[0].not_understood,
            report.timed
        ),
        (4, 0, 3)
    );
}

#[test]
fn other_kinds_of_logs_are_not_claimed() {
    let sniff = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.log");
        fs::write(&path, text).unwrap();
        let bundle = Bundle::open(&[path], access::SNIFFERS);
        bundle.sources[0].kinds().collect::<Vec<_>>()
    };
    for text in [
        "[0.012s][info][gc] Using G1\n[0.5s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 23M->4M(256M) 3.2ms\n",
        "2026-11-22 01:02:03.456 INFO 1 --- [main] c.e.App : Started App in 2.3 seconds\n2026-11-22 01:02:04.456 ERROR 1 --- [x] c.e.App : status 500\n",
        "{\"@timestamp\":\"2026-11-22T01:02:03Z\",\"level\":\"INFO\",\"message\":\"Started\",\"logger\":\"a\"}\n",
        "\"main\" #1 prio=5 os_prio=0 tid=0x1 nid=0x1 runnable\n   java.lang.Thread.State: RUNNABLE\n",
    ] {
        assert!(!sniff(text).contains(&Kind::AccessLog), "{text}");
    }
    for format in FORMATS {
        let text = log(format, &traffic()[..30]);
        assert_eq!(sniff(&text), [Kind::AccessLog], "{format}");
    }
}

#[test]
fn files_of_the_corpus_parse() {
    let Some(corpus) = corpus().map(|path| path.join("access")) else {
        return;
    };
    let mut wrong: Vec<String> = Vec::new();
    // Name, requests, lines not understood.
    for (name, requests, rejected) in [
        ("alp_combined.log", 14, 0),
        ("alp_json.log", 14, 0),
        ("alp_ltsv.log", 14, 0),
        ("elastic_apache_combined.log", 9_999, 1),
        ("lnav_access_log.0", 3, 0),
        ("lnav_bad_access_log.0", 3, 0),
        ("lnav_caddy_log.0", 4, 35),
        ("lnav_cloudflare.json", 1, 0),
        ("lnav_haproxy.0", 13, 4),
        ("lnav_regexp_access_log.0", 2, 0),
        ("lnav_uwsgi.0", 19, 0),
        ("lnav_w3c.0", 1, 0),
        ("lnav_w3c_big.0", 210, 0),
        ("rare_access.txt", 50, 0),
    ] {
        let path = corpus.join(name);
        let bundle = Bundle::open(&[path], access::SNIFFERS);
        let sources = bundle.holding(Kind::AccessLog);
        if sources.len() != 1 {
            wrong.push(format!("{name} is not recognised"));
            continue;
        }
        let report = access::analyse(&sources, &Options::default(), &Silent);
        let found = (report.requests, report.coverage[0].not_understood);
        if found != (requests, rejected) {
            wrong.push(format!("{name}: {found:?} {:?}", report.coverage[0].issues));
        }
        let _ = report.document();
    }
    let bundle = Bundle::open(
        &[corpus.join("loghub_apache_error_2k.log")],
        access::SNIFFERS,
    );
    if !bundle.holding(Kind::AccessLog).is_empty() {
        wrong.push("an error log is claimed".to_owned());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn seeds_of_the_fuzzer_do_no_harm() {
    for entry in fs::read_dir(root().join("fuzz/corpus/access")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let source = Source::of("fuzz", bytes.clone(), Kind::AccessLog);
        let report = access::analyse(&[&source], &Options::default(), &Silent);
        let _ = report.document();
        let _ = merge(&[("fuzz", &bytes)]);
    }
}
