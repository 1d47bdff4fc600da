//! A health probe failed.

use crate::access::ProbeTrack;
use crate::access::model::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration};

pub(super) struct ProbeFailures;

static META: RuleMeta = RuleMeta {
    id: "access/probe-failures",
    title: "Health probes failed",
    severity: Severity::High,
    means: "The platform asked the process whether it is well, and it said no or answered too late. After failureThreshold \
            failures in a row a liveness probe has the container killed, a readiness probe takes it out of service.",
    detected: "Requests of kube-probe, load balancer and monitoring agents, or of paths such as /actuator/health and \
               /healthz, whose status is outside 200-399 or that took longer than 1 s (timeoutSeconds of Kubernetes by \
               default). Fires from two failures of one probe on.",
    advice: "Compare the time of the last good probe plus failureThreshold x periodSeconds with the restart. If the probe goes \
             through the same thread pool as the work, a saturated pool kills a process that is only busy.",
    false_positives: "Failures while the application starts, before its startup probe has passed.",
    sources: &[
        "Kubernetes, configure liveness, readiness and startup probes: periodSeconds 10, timeoutSeconds 1, failureThreshold 3",
    ],
};

impl Rule<Model> for ProbeFailures {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let failing = model.report.probes.iter().filter(|track| track.failed >= 2);
        failing.map(finding).collect()
    }
}

fn finding(track: &ProbeTrack) -> Finding {
    let mut finding = Finding::new(
        &META,
        t!(
            "{failed} of {count} probes of {path} failed",
            failed = count(track.failed),
            count = count(track.count),
            path = track.path
        ),
    );
    let first = track.failures.first();
    let last = track.failures.last();
    if let (Some(first), Some(last)) = (first, last) {
        finding.when = Some((first.at, last.at));
    }
    if track.last_good.is_none() && track.first_good_after.is_none() {
        finding.severity = Severity::Medium;
    }
    let period = match track.period_us {
        Some(period) => t!("It comes every {period}.", period = duration(period)),
        None => t!("It comes at no regular distance."),
    };
    finding.summary = t!(
        "{agent} asks {instance} for {path}. {period}",
        agent = agent(track),
        instance = track.instance,
        path = track.path,
        period
    );
    if let Some((at, locator)) = &track.last_good {
        finding.summary += &t!(" The last good one ended at {at}.", at);
        finding.evidence.push(Evidence::new(
            t!("last good probe: {at}", at),
            locator.clone(),
        ));
    }
    for failure in first
        .into_iter()
        .chain(last.filter(|_| track.failures.len() > 1))
    {
        let took = failure
            .duration_us
            .map_or_else(|| t!("unknown time"), duration);
        finding.evidence.push(Evidence::new(
            t!(
                "probe failed at {at} with status {status} after {took}",
                at = failure.at,
                status = failure.status,
                took
            ),
            failure.locator.clone(),
        ));
    }
    match &track.first_good_after {
        Some((at, locator)) => {
            finding.summary += &t!(" The next good one ended at {at}.", at);
            finding.evidence.push(Evidence::new(
                t!("first good probe after it: {at}", at),
                locator.clone(),
            ));
        }
        None if track.last_good.is_some() => finding.summary += &t!(" No good one follows."),
        None => {}
    }
    finding.advice = vec![
        t!(
            "Compare with the events of the pod: three failures in a row of a liveness probe are a kill after about 30 s with the \
             defaults of Kubernetes."
        ),
        t!(
            "Give the probe a port and threads of its own (management.server.port), so that it tells dead from busy."
        ),
    ];
    finding
}

fn agent(track: &ProbeTrack) -> &str {
    match track.agent.as_str() {
        "" => "Somebody",
        agent => agent,
    }
}
