//! One file a format: bytes to events, states and parse issues.

mod azure;
mod connections;
mod containerd;
mod docker;
mod docker_inspect;
mod hs_err;
mod journal;
mod kernel;
mod kubelet;
mod kubernetes_container;
mod kubernetes_describe;
mod kubernetes_objects;
mod kubernetes_pod;
mod kubernetes_reason;
mod kubernetes_table;
mod kubernetes_text;
mod logs;
mod memory;
mod near;
mod pools;
mod positions;
mod quantity;
mod servers;
mod stamps;
mod storage;
mod systemd;

use super::reading::Reading;
use crate::input::{Certainty, Kind, Progress, Sample, Sniffer, Source};

/// How the formats of this room are recognised, in order of preference.
pub const SNIFFERS: &[Sniffer] = &[
    format(HS_ERR, hs_err::sniff),
    format(KUBERNETES_TEXT, kubernetes_text::sniff),
    format(KUBERNETES_OBJECTS, kubernetes_objects::sniff),
    format(DOCKER_EVENTS, docker::sniff),
    format(DOCKER_INSPECT, docker_inspect::sniff),
    format(AZURE, azure::sniff),
    format(AZURE_QUERY, azure::sniff_query),
    Sniffer {
        telltales: TELLTALES,
        ..format(LOG, logs::sniff)
    },
];

const HS_ERR: &str = "JVM crash file";
const KUBERNETES_TEXT: &str = "kubectl text";
const KUBERNETES_OBJECTS: &str = "Kubernetes objects";
const DOCKER_EVENTS: &str = "container events";
const DOCKER_INSPECT: &str = "container states";
const AZURE: &str = "App Service platform log";
const AZURE_QUERY: &str = "App Service query result";
const LOG: &str = "log";

const fn format(name: &'static str, sniff: fn(&Sample<'_>) -> Certainty) -> Sniffer {
    Sniffer {
        kind: Kind::Events,
        format: name,
        sniff,
        telltales: &[],
    }
}

/// Strings that mean an event wherever they stand: in a GC log, a thread dump, an access log.
pub(super) const TELLTALES: &[&str] = &[
    "java.lang.OutOfMemoryError: ",
    "java.lang.OutOfMemoryError thrown from ",
    "oom-kill:",
    "invoked oom-killer",
    "Killed process ",
    "Dumping heap to ",
    "Heap dump file created [",
    "Thread starvation or clock leap detected",
    "Connection is not available, request timed out after ",
    "Server startup in ",
    "(process running for ",
    "(JVM running for ",
    "WFLYSRV0025",
    "(powered by Quarkus ",
    "Commencing graceful shutdown",
    "Main process exited, code=",
    "TaskOOM event",
    "TaskExit event",
    "No space left on device",
    "Stale file handle",
    "Could not create the Java Virtual Machine",
    "Could not find or load main class",
    "Error occurred during initialization of VM",
    "APPLICATION FAILED TO START",
];

/// Reads a source in the format that claims it; one that no format claims is searched for log lines with events.
pub(super) fn read<'a>(source: &'a Source, progress: &dyn Progress) -> Reading<'a> {
    let head = &source.bytes[..source.bytes.len().min(64 << 10)];
    let sample = Sample {
        name: &source.name,
        head,
    };
    let claimed = SNIFFERS
        .iter()
        .map(|sniffer| ((sniffer.sniff)(&sample), sniffer.format))
        .filter(|(certainty, _)| *certainty > Certainty::No)
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let format = claimed.map_or(LOG, |(_, format)| format);
    let mut reading = Reading::new(source, format);
    match format {
        KUBERNETES_TEXT => kubernetes_text::read(&mut reading),
        KUBERNETES_OBJECTS => kubernetes_objects::read(&mut reading),
        HS_ERR => hs_err::read(&mut reading),
        DOCKER_EVENTS => docker::read(&mut reading),
        DOCKER_INSPECT => docker_inspect::read(&mut reading),
        AZURE => azure::read(&mut reading),
        AZURE_QUERY => azure::read_query(&mut reading),
        _ => logs::read(&mut reading, progress),
    }
    reading
}
