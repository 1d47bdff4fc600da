//! `jcmd PID VM.info`: what a crash file holds, of a JVM that lives (VMError::print_vm_info, vmError.cpp). The text goes on to
//! its `END.` and shows beginnings of other snapshots on the way, so it is read as a whole.

use super::jvm::space;
use super::{Place, Section, dates, size};
use crate::finding::Locator;
use crate::host::report::HostReport;
use crate::host::snapshot::{Flags, HeapInfo, Limit, Process, Processes};
use crate::time::Stamp;

/// What both the answer of `jcmd` and a crash file begin with.
const HEAD: &str = "# JRE version: ";

struct VmInfo {
    locator: Locator,
    ended: bool,
    /// Below `Heap:` and, since JDK 25, `Metaspace:`; the same words stand in the history of collections.
    in_heap: bool,
    heaps: Vec<HeapInfo>,
    command: Option<(String, Locator)>,
    resident: Option<u64>,
    descriptors: Option<Limit>,
    taken: Option<(Locator, Stamp)>,
}

/// The line with the version, once no crash stands above it.
pub(super) fn begin(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    text.starts_with(HEAD).then(|| {
        Box::new(VmInfo {
            locator: at.locator(),
            ended: false,
            in_heap: false,
            heaps: Vec::new(),
            command: None,
            resident: None,
            descriptors: None,
            taken: None,
        }) as Box<dyn Section>
    })
}

impl Section for VmInfo {
    fn line(&mut self, text: &str, at: &Place<'_>) -> bool {
        if let Some(command) = text.strip_prefix("Command Line: ") {
            self.command = Some((command.trim().to_owned(), at.locator()));
        } else if let Some(rest) = text.strip_prefix("Time: ") {
            // `Sun Nov 22 13:53:53 2026 UTC elapsed time: 4.369211 seconds (0d 0h 0m 4s)`
            let date = rest.split(" elapsed time: ").next().unwrap_or(rest);
            self.taken = dates::with_zone_last(date).map(|stamp| (at.locator(), stamp));
        } else if text == "Heap:" || text == "Metaspace:" {
            self.in_heap = true;
        } else if self.in_heap && !text.starts_with(' ') && space(text, at).is_none() {
            self.in_heap = false;
        } else if self.in_heap {
            self.heaps.extend(space(text.trim_start(), at));
        } else if let Some(rest) = text.strip_prefix("Resident Set Size: ") {
            self.resident = rest.split(' ').next().and_then(size);
        } else if let Some(rest) = text.strip_prefix("rlimit (soft/hard): ") {
            self.descriptors = descriptors(rest, at);
        } else if text == "END." {
            self.ended = true;
        }
        true
    }

    fn takes_all(&self) -> bool {
        !self.ended
    }

    fn finish(self: Box<Self>, report: &mut HostReport, pid: Option<u64>) -> u64 {
        report.dates.extend(self.taken);
        report.heaps.extend(self.heaps);
        report.limits.extend(self.descriptors);
        let (command, at) = match self.command {
            Some((command, at)) => (command, at),
            None => (String::new(), self.locator.clone()),
        };
        let words = command.split_whitespace();
        let flags: Vec<String> = words
            .filter(|word| word.starts_with("-X"))
            .map(str::to_owned)
            .collect();
        if !flags.is_empty() {
            let locator = at;
            report.flags.push(Flags {
                pid,
                flags,
                locator,
            });
        }
        if let (Some(pid), Some(_)) = (pid, self.resident) {
            report.processes.push(Processes {
                list: vec![Process {
                    pid,
                    threads: None,
                    resident: self.resident,
                    command,
                }],
                rows: 1,
                waiting_for_disk: 0,
                locator: self.locator,
            });
        }
        1
    }
}

/// `STACK 8192k/infinity , NOFILE 1024/524288 , …`
fn descriptors(text: &str, at: &Place<'_>) -> Option<Limit> {
    let (_, rest) = text.split_once("NOFILE ")?;
    let (soft, hard) = rest.split([' ', ',']).next()?.split_once('/')?;
    let value = |text: &str| text.parse().ok();
    Some(Limit {
        name: "Max open files".to_owned(),
        soft: value(soft),
        hard: value(hard),
        locator: at.locator(),
    })
}
