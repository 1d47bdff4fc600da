//! Clients gave up waiting.

use crate::access::model::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, percent};
use crate::time::{Instant, Moment};

pub(super) struct ClientAborts;

static META: RuleMeta = RuleMeta {
    id: "access/client-aborts",
    title: "Clients gave up",
    severity: Severity::Medium,
    means: "People closed the page or a caller timed out before the answer was there. The server usually goes on working for \
            nobody.",
    detected: "Within ten cells of the time axis (ten seconds or more) at least 10 requests whose client had gone (499 of nginx, \
               460 of ALB, DC of Envoy, C... of HAProxy, %X of httpd and Tomcat) and at least 5 % of those that ended, or at \
               least 50 in the log and 2 % of it.",
    advice: "Compare the durations of the aborted requests with the timeouts of the callers; cancel work whose client has gone.",
    false_positives: "Mobile clients and browsers that navigate away, health checks that close early.",
    sources: &[
        "nginx source, NGX_HTTP_CLIENT_CLOSED_REQUEST 499",
        "AWS, HTTP 460 of Application Load Balancers",
    ],
};

impl Rule<Model> for ClientAborts {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let ticks = &model.fold.summary.ticks;
        let step = ticks.step();
        let cells = ticks.cells();
        let total: u64 = cells.iter().map(|(_, tick)| tick.aborted).sum();
        // The stretch of ten cells with most of them.
        let (mut best, mut first) = ((0, 0, 0), 0);
        let (mut gone, mut ended) = (0, 0);
        for (number, tick) in &cells {
            gone += tick.aborted;
            ended += tick.finished;
            while cells[first].0 + 10 <= *number {
                gone -= cells[first].1.aborted;
                ended -= cells[first].1.finished;
                first += 1;
            }
            if gone > best.0 {
                best = (gone, ended, cells[first].0);
            }
        }
        let dense = best.0 >= 10 && best.0 * 20 >= best.1;
        let many = total >= 50 && total * 50 >= model.report.requests;
        if !dense && !many {
            return Vec::new();
        }
        let from = best.2 * step;
        let to = from + 10 * step;
        let mut finding = Finding::new(
            &META,
            t!(
                "Clients gave up on {total} requests ({share})",
                total = count(total),
                share = percent(total as f64, model.report.requests as f64)
            ),
        );
        finding.when = Some((
            Moment::truncated(Instant(from), step),
            Moment::truncated(Instant(to - step), step),
        ));
        finding.summary = t!(
            "They come thickest from {from} to {to}: {gone} of the {ended} requests that ended.",
            from = Instant(from),
            to = Instant(to),
            gone = count(best.0),
            ended = count(best.1)
        );
        for locator in model.fold.lines_between(from, to - 1).into_iter().take(3) {
            finding
                .evidence
                .push(Evidence::new(t!("lines of these seconds"), locator));
        }
        finding.advice = vec![t!(
            "If the aborted requests have the same age, that is the timeout of the caller; otherwise people lost patience."
        )];
        vec![finding]
    }
}
