//! A file system is full.

use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::host::report::HostReport;
use crate::host::snapshot::Volume;
use crate::t;

const FULL: u64 = 98;

pub(super) struct DiskFull;

const META: RuleMeta = RuleMeta {
    id: "host/disk-full",
    title: "File system full",
    severity: Severity::High,
    means: "Nothing more can be written there: logs, temporary files, uploads and heap dumps fail or are cut off.",
    detected: "A file system of df at 98 % of its bytes or inodes. Read-only images (loop devices, /snap) are full by nature and left out.",
    advice: "Free space or grow the volume; rotate logs, and keep heap dumps on a volume of their own.",
    false_positives: "A file system that nothing writes to.",
    sources: &["df(1)"],
};

impl Rule<HostReport> for DiskFull {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, report: &HostReport) -> Vec<Finding> {
        let full = report.volumes.iter().filter(|volume| full(volume));
        full.map(|volume| {
            let (mount, percent) = (&volume.mount, volume.used_percent);
            let title = match volume.inodes {
                true => t!("{mount} has used {percent} % of its inodes", mount, percent),
                false => t!("{mount} is {percent} % full", mount, percent),
            };
            Finding {
                summary: t!("The file system at {mount} has no room left. Whatever writes there fails: logs, temporary files, heap dumps.", mount),
                evidence: vec![Evidence::new(title.clone(), volume.locator.clone())],
                advice: vec![t!("Find what fills it (`du -x {mount} | sort -n | tail`) and rotate or move it.", mount)],
                ..Finding::new(&META, title)
            }
        })
        .take(3)
        .collect()
    }
}

fn full(volume: &Volume) -> bool {
    let image = volume.device.starts_with("/dev/loop") || volume.mount.starts_with("/snap/");
    volume.used_percent >= FULL && !image
}
