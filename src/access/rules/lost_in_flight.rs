//! Requests that were in progress when a server died: its own log never has them, the log in front of it does.

use crate::access::model::Model;
use crate::access::tallies::Server;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration};
use crate::time::SECOND;

pub(super) struct LostInFlight;

static META: RuleMeta = RuleMeta {
    id: "access/lost-in-flight",
    title: "Requests lost in flight",
    severity: Severity::High,
    means: "A server writes a request to its access log when it ends. What was in progress when the process died is in no line of \
            it; the proxy in front reports 502, 504 or a client that gave up.",
    detected: "Logs of two layers: one server falls silent (see access/silence), and another log has at least three responses \
               502, 503, 504, 499 or without status from one second before the silence until a minute after its end.",
    advice: "These requests may have had effects that nobody confirmed: check the orders and payments among them. Make the \
             process finish what it has (server.shutdown=graceful, preStop) where it is stopped on purpose.",
    false_positives: "A proxy that fails for another backend at the same time.",
    sources: &[
        "Tomcat, AccessLogValve (logs after the response)",
        "nginx, 502 and 504 of ngx_http_proxy_module",
    ],
};

impl Rule<Model> for LostInFlight {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let servers: Vec<(&[u8], &Server)> = model.fold.summary.servers.rows();
        let mut best: Option<(u64, &crate::access::Gap, String)> = None;
        for gap in &model.report.gaps {
            let window = gap.from.lo.0 - SECOND..gap.to.hi.0 + 60 * SECOND;
            for (name, server) in &servers {
                if *name == gap.instance.as_bytes() {
                    continue;
                }
                let step = server.gateway.step();
                let cells = server.gateway.cells();
                let inside = cells
                    .iter()
                    .filter(|(number, _)| window.contains(&(number * step)));
                let lost: u64 = inside.map(|(_, times)| times.times).sum();
                if lost >= 3 && best.as_ref().is_none_or(|(most, _, _)| lost > *most) {
                    best = Some((lost, gap, String::from_utf8_lossy(name).into_owned()));
                }
            }
        }
        let Some((lost, gap, upstream)) = best else {
            return Vec::new();
        };
        let mut finding = Finding::new(
            &META,
            t!(
                "{lost} requests to {server} were lost",
                lost = count(lost),
                server = gap.instance
            ),
        );
        finding.confidence = Confidence::Likely;
        finding.when = Some((gap.from, gap.to));
        finding.summary = t!(
            "{server} was silent for {length} from {from} on. In that time {upstream} reports {lost} requests without a good answer; \
             the log of {server} cannot have them.",
            server = gap.instance,
            length = duration(gap.to.lo.since(gap.from.lo)),
            from = gap.from,
            upstream,
            lost = count(lost)
        );
        for (what, locator) in [
            (t!("last line of the silent server"), &gap.before),
            (t!("its first line after"), &gap.after),
        ] {
            if let Some(locator) = locator {
                finding.evidence.push(Evidence::new(what, locator.clone()));
            }
        }
        for locator in model
            .fold
            .lines_between(gap.from.lo.0, gap.to.hi.0 + 60 * SECOND)
        {
            if Some(&locator.source) != gap.before.as_ref().map(|before| &before.source) {
                finding
                    .evidence
                    .push(Evidence::new(t!("lines of the log in front"), locator));
            }
        }
        finding.advice = vec![
            t!("List these lines and check what each request had done before it was cut off."),
            t!(
                "Where the stop was deliberate, let the process finish: graceful shutdown and a preStop delay."
            ),
        ];
        vec![finding]
    }
}
