//! A disk cannot keep up.

use std::collections::BTreeMap;

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::Sample;
use crate::t;

/// Percent of the time with requests under way.
const BUSY: f64 = 90.0;
/// Milliseconds that a request takes: a disk that works on many at once is busy without being slow.
const SLOW: f64 = 20.0;

pub(super) struct DiskSaturated;

const META: RuleMeta = RuleMeta {
    id: "host/disk-saturated",
    title: "Disk saturated",
    severity: Severity::Medium,
    means: "Requests queue before a disk. A JVM that writes its GC log, a dump or its application log there stands still meanwhile.",
    detected: "In at least half of the intervals of iostat (without the first, the mean since boot) or sar, and in two or more, a device is busy for 90 % of the time and a request takes 20 ms or more.",
    advice: "See who writes (pidstat -d, iotop); move logs and dumps to another volume, or ask for more throughput.",
    false_positives: "A nightly backup.",
    sources: &["iostat(1): %util, await"],
};

impl Rule<HostReport> for DiskSaturated {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let mut devices: BTreeMap<(&str, &str), Vec<&Sample>> = BTreeMap::new();
        for sample in &report.samples {
            if sample.values.contains_key("%util") {
                let key = (sample.locator.source.as_str(), sample.of.as_str());
                devices.entry(key).or_default().push(sample);
            }
        }
        let mut findings = Vec::new();
        for ((_, device), mut samples) in devices {
            if samples.first().is_some_and(|first| first.tool == "iostat") {
                samples.remove(0);
            }
            let of = samples.len();
            samples.retain(|sample| saturated(sample));
            let (Some(worst), true) = (
                samples
                    .iter()
                    .max_by(|one, two| wait(one).total_cmp(&wait(two))),
                samples.len() >= 2 && samples.len() * 2 >= of,
            ) else {
                continue;
            };
            let busy = samples.len();
            let slowest = format!("{:.0}", wait(worst));
            findings.push(Finding {
                summary: t!("In {busy} of {of} intervals {device} was busy for 90 % of the time or more, and a request took up to {slowest} ms. What waits for it stands still, the GC log of a JVM included.", busy, of, device, slowest),
                evidence: vec![Evidence::new(t!("{device}: {slowest} ms a request", device, slowest), worst.locator.clone())],
                advice: vec![t!("See who reads and writes (`pidstat -d 5`), and keep GC logs and heap dumps on another volume.")],
                ..Finding::new(&META, t!("The disk {device} is saturated", device))
            });
        }
        findings
    }
}

fn saturated(sample: &Sample) -> bool {
    sample.values.get("%util").is_some_and(|util| *util >= BUSY) && wait(sample) >= SLOW
}

/// The longest mean time of a request, by the titles of old and new versions.
fn wait(sample: &Sample) -> f64 {
    let value = |name: &str| sample.values.get(name).copied().unwrap_or(0.0);
    ["await", "r_await", "w_await"]
        .into_iter()
        .map(value)
        .fold(0.0, f64::max)
}
