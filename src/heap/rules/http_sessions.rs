//! HTTP sessions that fill the heap.

use std::collections::BTreeMap;

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::containers;
use crate::heap::model::Heap;
use crate::t;
use crate::text;

/// Fewest sessions.
const SESSIONS: usize = 500;
/// Smallest share of the reachable bytes.
const SHARE: f64 = 0.05;

/// Milliseconds after which a session counts as abandoned: the timeout that servers have by default.
const IDLE: u64 = 30 * 60 * 1000;

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
    detected: "At least 500 session objects of one kind (Tomcat, Spring Session, Jetty, Undertow, WebFlux) that together retain at least 5 % of the reachable bytes.",
    advice: "Shorten the session timeout, keep large objects out of sessions, do not create sessions for requests that need none (health checks, robots, APIs), or keep them outside (Redis).",
    false_positives: "A server with that many real users and memory planned for them.",
    sources: &["Tomcat StandardSession, ManagerBase", "Jetty SessionData"],
};

impl Rule<Model<'_>> for HttpSessions {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let found = CLASSES.iter().filter_map(|class| {
            let sessions = model.instances(&[class]);
            finding(model, &sessions)
        });
        found.collect()
    }
}

fn finding(model: &Model<'_>, sessions: &[u32]) -> Option<Finding> {
    let heap = model.heap;
    let heaviest = model.heaviest(sessions)?;
    let retained: u64 = sessions.iter().map(|session| heap.retained(*session)).sum();
    if sessions.len() < SESSIONS || model.share(retained) < SHARE {
        return None;
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
    let lives: Vec<Life> = sessions
        .iter()
        .map(|session| life(heap, *session))
        .collect();
    let forever = lives.iter().filter(|life| life.forever).count() as u64;
    if forever > 0 {
        finding.summary += &t!(
            " {forever} of them never expire.",
            forever = text::count(forever)
        );
    }
    let once = lives.iter().filter(|life| life.once).count() as u64;
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
    if let Some((value, bytes, holders, example)) = heaviest_attribute(heap, sessions) {
        let statement = t!(
            "attributes of class {class} take most: {bytes} in {count} sessions",
            class = value,
            bytes = text::bytes(bytes),
            count = text::count(holders)
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(example)));
    }
    let idle = lives
        .iter()
        .filter_map(|life| heap.header.millis.checked_sub(life.last_used?));
    let idle = idle.filter(|millis| *millis > IDLE).count() as u64;
    if idle > 0 {
        let statement = t!(
            "{idle} sessions were not used in the last half an hour before the dump",
            idle = text::count(idle)
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(heaviest)));
    }
    if forever > 0 {
        finding.advice.push(t!(
            "Set a session timeout (server.servlet.session.timeout, <session-timeout>): some sessions have none."
        ));
    }
    finding.advice.push(t!(
        "Look into the heaviest session for what it keeps, and leave only identifiers in sessions."
    ));
    Some(finding)
}

/// What a session says about its life.
#[derive(Default)]
struct Life {
    /// It never expires.
    forever: bool,
    /// It was not used again after the request that made it.
    once: bool,
    /// Milliseconds since 1970.
    last_used: Option<u64>,
}

/// Tomcat keeps seconds until a session expires, Jetty milliseconds in its `sessionData`; 0 or less means never.
fn life(heap: &Heap<'_>, session: u32) -> Life {
    let data = heap.reference(session, "_sessionData");
    let field = |tomcat: &str, jetty: &str| match data {
        Some(data) => heap.int(data, jetty),
        None => heap.int(session, tomcat),
    };
    let most = field("maxInactiveInterval", "_maxInactiveMs");
    let created = field("creationTime", "_created");
    let used = field("lastAccessedTime", "_accessed");
    Life {
        forever: most.is_some_and(|most| most <= 0),
        once: created.is_some() && created == used,
        last_used: used.and_then(|used| u64::try_from(used).ok()),
    }
}

/// The class of attribute values that retain most: bytes, in how many sessions, the heaviest of them.
fn heaviest_attribute(heap: &Heap<'_>, sessions: &[u32]) -> Option<(String, u64, u64, u32)> {
    let mut by_class: BTreeMap<String, (u64, u64, u32)> = BTreeMap::new();
    for session in sessions {
        let data = heap.reference(*session, "_sessionData").unwrap_or(*session);
        let fields = ["attributes", "_attributes", "sessionAttrs"];
        let map = fields.iter().find_map(|field| heap.reference(data, field));
        let Some(attributes) = map.and_then(|map| containers::describe(heap, map)) else {
            continue;
        };
        for value in attributes.elements {
            let class = by_class.entry(heap.name_of(value)).or_insert((0, 0, value));
            class.0 += heap.retained(value);
            class.1 += 1;
            if heap.retained(value) > heap.retained(class.2) {
                class.2 = value;
            }
        }
    }
    let most = by_class
        .into_iter()
        .max_by_key(|(name, (bytes, ..))| (*bytes, std::cmp::Reverse(name.clone())))?;
    let (class, (bytes, count, example)) = most;
    Some((class, bytes, count, example))
}
