//! Requests that were in progress when a server died: its own log never has them, the log in front of it does.

use crate::access::Gap;
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
               502, 503, 504, 499 or without status from one second before the silence until a minute after its end. Where the two \
               logs hold the same requests, it is certain, and the first thing to know.",
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
        let mut best: Option<(Lost, &Gap)> = None;
        for gap in &model.report.gaps {
            let lost = match layers(model, gap) {
                Some(lost) => Some(lost),
                None => elsewhere(model, gap),
            };
            let more = |lost: &Lost| {
                best.as_ref()
                    .is_none_or(|(most, _)| lost.times > most.times)
            };
            if let Some(lost) = lost.filter(|lost| lost.times >= FEWEST).filter(more) {
                best = Some((lost, gap));
            }
        }
        let Some((found, gap)) = best else {
            return Vec::new();
        };
        let (lost, upstream) = (found.times, found.upstream);
        let mut finding = Finding::new(
            &META,
            t!(
                "{lost} requests to {server} were lost",
                lost = count(lost),
                server = gap.instance
            ),
        );
        finding.confidence = Confidence::Likely;
        if found.proven {
            finding.confidence = Confidence::Confirmed;
            finding.severity = Severity::Critical;
        }
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
        model.weaken_where_stamps_are_assumed(&mut finding);
        vec![finding]
    }
}

/// Requests that a server had when it fell silent.
struct Lost {
    times: u64,
    upstream: String,
    /// The two logs hold the same requests, so that the one in front speaks of this very server.
    proven: bool,
}

/// Fewer may have other reasons.
const FEWEST: u64 = 3;

/// Answers that a proxy gives for a server that does not, around a silence.
fn gateway(server: &Server, gap: &Gap) -> u64 {
    let window = gap.from.lo.0 - SECOND..gap.to.hi.0 + 60 * SECOND;
    let step = server.gateway.step();
    let cells = server.gateway.cells();
    let inside = cells
        .iter()
        .filter(|(number, _)| window.contains(&(number * step)));
    inside.map(|(_, times)| times.times).sum()
}

/// Where a proxy is known to stand in front of the silent server: what its log has more than the logs behind it.
fn layers(model: &Model, gap: &Gap) -> Option<Lost> {
    let layers = &model.report.layers;
    let front = layers.iter().find(|layer| layer.front)?;
    let behind = |layer: &&crate::access::Layer| !layer.front && layer.logs.contains(&gap.instance);
    layers.iter().find(behind)?;
    let (mut ahead, mut own) = (0_u64, 0_u64);
    for (name, server) in model.fold.summary.servers.rows() {
        match model.fold.counted.contains(name) == front.counted {
            true => ahead += gateway(server, gap),
            false => own += gateway(server, gap),
        }
    }
    Some(Lost {
        times: ahead.saturating_sub(own),
        upstream: front.logs.join(", "),
        proven: true,
    })
}

/// Otherwise the server of another log that gave most such answers.
fn elsewhere(model: &Model, gap: &Gap) -> Option<Lost> {
    let servers = model.fold.summary.servers.rows();
    let others = servers
        .into_iter()
        .filter(|(name, _)| *name != gap.instance.as_bytes());
    let times = others.map(|(name, server)| (gateway(server, gap), std::cmp::Reverse(name)));
    let (times, std::cmp::Reverse(name)) = times.max()?;
    Some(Lost {
        times,
        upstream: String::from_utf8_lossy(name).into_owned(),
        proven: false,
    })
}
