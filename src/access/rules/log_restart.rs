//! A W3C log began anew in the middle of its file.

use crate::access::model::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::count;
use crate::time::Moment;

pub(super) struct LogRestart;

static META: RuleMeta = RuleMeta {
    id: "access/log-restart",
    title: "The log began anew",
    severity: Severity::Medium,
    means: "IIS and HTTP.sys write a block of directives (#Software, #Version, #Date, #Fields) when they open a log. A block in \
            the middle of a file is a restart of the service or of the logging, and dates it to the second.",
    detected: "Blocks of directives after the first one of a file, in W3C extended logs.",
    advice: "Compare the time with the System event log (WAS 5011, 5117, 5186: worker process ended, recycled, idle) and with the \
             start of the application behind it.",
    false_positives: "Changed logging settings; files that were joined by hand.",
    sources: &[
        "W3C WD-logfile-960323, Extended Log File Format",
        "Microsoft, W3C Logging",
    ],
};

/// Places named as evidence.
const SHOWN: usize = 5;

impl Rule<Model> for LogRestart {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let starts = &model.report.log_starts;
        let Some(first) = starts.first() else {
            return Vec::new();
        };
        let at = |at: Option<crate::time::Instant>| match at {
            Some(at) => at.to_string(),
            None => t!("an unknown time"),
        };
        let mut finding = Finding::new(&META, t!("The log began anew at {at}", at = at(first.at)));
        finding.confidence = Confidence::Likely;
        if let Some(last) = starts.last() {
            let moment = |at| Moment::truncated(at, crate::time::SECOND);
            finding.when = first.at.map(moment).zip(last.at.map(moment));
        }
        finding.summary = t!(
            "A header stands in the middle of a file ({times} in all). The server writes one when it starts, so the service or its \
             logging was restarted then.",
            times = count(starts.len() as u64)
        );
        for start in starts.iter().take(SHOWN) {
            finding.evidence.push(Evidence::new(
                t!("header written at {at}", at = at(start.at)),
                start.locator.clone(),
            ));
        }
        finding.advice = vec![t!(
            "Look in the System event log of these minutes for the end of the worker process (WAS 5011, 5117, 5186)."
        )];
        vec![finding]
    }
}
