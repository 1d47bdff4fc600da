//! HTTP sessions that fill the heap.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text;

/// Fewest sessions.
const SESSIONS: usize = 500;
/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.05;

/// Session classes of servers and frameworks that keep sessions in the heap.
const CLASSES: [&str; 6] = [
    "org.apache.catalina.session.StandardSession",
    "org.springframework.session.MapSession",
    "org.eclipse.jetty.server.session.Session",
    "org.eclipse.jetty.session.ManagedSession",
    "io.undertow.server.session.InMemorySessionManager$SessionImpl",
    "org.springframework.web.server.session.InMemoryWebSessionStore$InMemoryWebSession",
];

pub(super) struct HttpSessions;

const META: RuleMeta = RuleMeta {
    id: "heap/http-sessions",
    title: "HTTP sessions fill the heap",
    severity: Severity::High,
    means: "Every visitor, robot and health check that does not send its cookie back gets a session of its own, and each keeps its attributes until it times out. Too many or too heavy sessions fill the heap.",
    detected: "At least 500 session objects of Tomcat, Spring Session, Jetty, Undertow or WebFlux that together retain at least 5 % of the reachable bytes.",
    advice: "Shorten the session timeout, keep large objects out of sessions, do not create sessions for requests that need none (health checks, robots, APIs), or keep them outside (Redis).",
    false_positives: "A server with that many real users and memory planned for them.",
    sources: &["Tomcat StandardSession, ManagerBase"],
};

impl Rule<Model<'_>> for HttpSessions {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let sessions = model.instances(&CLASSES);
        let retained: u64 = sessions.iter().map(|session| heap.retained(*session)).sum();
        let Some(heaviest) = model.heaviest(&sessions) else {
            return Vec::new();
        };
        if sessions.len() < SESSIONS || model.share(retained) < SHARE {
            return Vec::new();
        }
        let count = sessions.len() as u64;
        let class = heap.name_of(heaviest);
        let mut finding = Finding::new(
            &META,
            t!(
                "{count} HTTP sessions retain {bytes}, {share} of the heap",
                count = text::count(count),
                bytes = text::bytes(retained),
                share = text::percent(model.share(retained), 1.0)
            ),
        );
        finding.summary = t!(
            "The sessions are of class {class}, {each} each on average.",
            class,
            each = text::bytes(retained / count)
        );
        // Tomcat: seconds; 0 or less means that a session never expires.
        let intervals = sessions
            .iter()
            .filter_map(|session| heap.int(*session, "maxInactiveInterval"));
        let forever = intervals.filter(|interval| *interval <= 0).count() as u64;
        if forever > 0 {
            finding.summary += &t!(
                " {forever} of them never expire (maxInactiveInterval is not above 0).",
                forever = text::count(forever)
            );
        }
        let once = sessions.iter().filter(|session| {
            let created = heap.number(**session, "creationTime");
            created.is_some() && created == heap.number(**session, "lastAccessedTime")
        });
        let once = once.count() as u64;
        if once * 2 > count {
            finding.summary += &t!(
                " {once} were used for one request only: clients that do not return the cookie, such as probes and robots.",
                once = text::count(once)
            );
        }
        let statement = t!(
            "the heaviest {class} retains {bytes}",
            class,
            bytes = text::bytes(heap.retained(heaviest))
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(heaviest)));
        if forever > 0 {
            finding.advice.push(t!(
                "Set a session timeout (server.servlet.session.timeout, <session-timeout>): some sessions have none."
            ));
        }
        finding.advice.push(t!(
            "Look into the heaviest session for what it keeps, and leave only identifiers in sessions."
        ));
        vec![finding]
    }
}
