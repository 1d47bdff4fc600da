//! A file system that was mounted stopped answering.

use super::{by_subject, finding, total};
use crate::events::event::What;
use crate::events::report::EventsReport;
use crate::finding::{Finding, Rule, RuleMeta, Severity};
use crate::t;

pub(super) struct StorageLost;

const META: RuleMeta = RuleMeta {
    id: "events/storage-lost",
    title: "Storage stopped answering",
    severity: Severity::High,
    means: "A file system that was mounted no longer answers or fails: whoever reads or writes there waits, and cannot even be killed while it waits, or gets an error.",
    detected: "The kernel's lines about an NFS or SMB server that does not respond, an I/O error of a device or a remount as read-only; exceptions with Stale file handle, Input/output error, Read-only file system, Transport endpoint is not connected or Host is down.",
    advice: "Look at the server and the way to it, or at the device; threads in file I/O of a dump show who waits.",
    false_positives: "The kernel says that a server does not respond after its timeout and OK when it is back: a short pause of storage that nothing important uses does no harm.",
    sources: &[
        "Linux: net/sunrpc/clnt.c, fs/smb/client/connect.c",
        "nfs(5): hard, soft, timeo",
    ],
};

impl Rule<EventsReport> for StorageLost {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &EventsReport) -> Vec<Finding> {
        by_subject(report, |what| matches!(what, What::StorageLost { .. }))
            .into_iter()
            .map(|(name, events)| {
                let times = total(&events);
                let of = events.iter().find_map(|event| match &event.what {
                    What::StorageLost { of } => of.clone(),
                    _ => None,
                });
                let title = match of {
                    Some(of) => t!("{name}: storage stopped answering ({of}), {times} lines", name, of, times),
                    None => t!("{name}: storage stopped answering, {times} lines", name, times),
                };
                Finding {
                    summary: t!("A file system that was there fails or keeps its callers waiting. Threads in file I/O on it stand still, log writers among them, and everything that waits for those threads does, too."),
                    advice: vec![
                        t!("Look at the server and the network to it, or at the device: `nfsstat -m`, `mount`, `dmesg -T`; `ps -eo pid,stat,wchan:30,args` shows in state D who waits."),
                        t!("After a stale file handle mount the file system again: the handle does not come back by itself. Keep logs and heap dumps on a local disk."),
                    ],
                    ..finding(&META, title, &events)
                }
            })
            .collect()
    }
}
