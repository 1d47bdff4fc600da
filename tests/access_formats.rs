//! One sample of every format by name: that it is recognised, and as what. The lines are as the documentation of each product
//! shows them, with documentation addresses; what real servers wrote is in `access_captures`.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "common/samples.rs"]
mod samples;

use std::fs;

use diag::access::{self, AccessReport, DurationUnit, Options};
use diag::input::{Bundle, Kind, Silent};

use samples::{Expected, NOTHING, SAMPLES};

fn read(sample: &Expected, options: &Options) -> AccessReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(sample.file);
    fs::write(&path, sample.lines.join("\n") + "\n").unwrap();
    let bundle = Bundle::open(&[path], access::SNIFFERS);
    let sources = bundle.holding(Kind::AccessLog);
    assert_eq!(sources.len(), 1, "{} is not recognised", sample.what);
    access::analyse(&sources, options, &Silent)
}

#[test]
fn every_named_format_is_recognised() {
    let mut wrong: Vec<String> = Vec::new();
    for sample in SAMPLES {
        let report = read(sample, &Options::default());
        let Some(choice) = report.formats.first() else {
            wrong.push(format!("{}: nothing is read", sample.what));
            continue;
        };
        let found = (choice.format.as_str(), choice.unit, &*report.statuses);
        let expected = (sample.format, sample.unit, sample.statuses);
        if found != expected || report.coverage[0].not_understood != 0 {
            let issues = &report.coverage[0].issues;
            wrong.push(format!(
                "{}: {found:?}, not {expected:?}; {issues:?}",
                sample.what
            ));
        }
        if (!choice.stamp_assumed).then_some(choice.stamp) != sample.stamp {
            wrong.push(format!(
                "{}: {:?}: {}",
                sample.what, choice.stamp, choice.stamp_reason
            ));
        }
        let longest = report.slowest.first().map_or(0, |slow| slow.duration_us);
        if longest != sample.longest {
            wrong.push(format!(
                "{}: {longest} µs, not {}",
                sample.what, sample.longest
            ));
        }
        let servers: Vec<&str> = report.instances.iter().map(|row| &*row.name).collect();
        if sample.upstream.is_some_and(|name| !servers.contains(&name)) {
            wrong.push(format!("{}: {servers:?}", sample.what));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whole seconds look like any other small number: the pattern tells.
#[test]
fn whole_seconds_are_read_by_the_pattern_of_httpd() {
    let mut options = Options::default();
    let pattern = r#"LogFormat "%h %l %u %t \"%r\" %>s %b %T" seconds"#;
    options.add_pattern(pattern).unwrap();
    let report = read(
        &Expected {
            what: "httpd: common with %T",
            file: "access_log",
            lines: &[
                r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 2326 0"#,
                r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /b HTTP/1.1" 504 341 60"#,
            ],
            ..NOTHING
        },
        &options,
    );
    assert_eq!(report.formats[0].unit, Some(DurationUnit::Seconds));
    assert_eq!(report.slowest[0].duration_us, 60_000_000);
    assert_eq!(report.statuses, [(200, 1), (504, 1)]);
}
