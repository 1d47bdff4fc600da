//! The kernel's OOM killer (mm/oom_kill.c, mm/memcontrol.c), from 2.6 to today, in dmesg, syslog or journal lines.
//!
//! A kill is a block of lines: who asked for memory, the limit, the task table, the constraint, the victim. The task
//! table is not read: its `total_vm` and `rss` are pages, and the victim's line has the same in kB.

use super::logs::{Candidate, Found};
use crate::events::event::{Subject, What};
use crate::events::kinds::{KernelOomKill, OomScope};

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "oom-kill:",
    "invoked oom-killer",
    "Killed process ",
    "Kill process ",
    "killed as a result of limit of",
    "memory: usage ",
    "Memory cgroup stats for ",
    "memory.oom.group",
];

/// Whether a line is one of the kernel's.
pub(super) fn mine(line: &Candidate<'_>) -> bool {
    TRIGGERS
        .iter()
        .any(|trigger| line.message.contains(trigger))
}

/// The kill whose lines are being read.
#[derive(Debug, Default)]
pub(super) struct Kills {
    pending: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    kill: KernelOomKill,
    task_cgroup: Option<String>,
    pid: Option<u64>,
    /// The victim was named, so the next victim begins another kill.
    announced: bool,
}

impl Kills {
    /// Takes a line of the kernel; gives the kill that it completes.
    pub(super) fn line(&mut self, line: &Candidate<'_>) -> Vec<Found> {
        let text = line.message;
        let mut done = Vec::new();
        if let Some((before, _)) = text.split_once(" invoked oom-killer") {
            done.extend(self.flush());
            let name = before.rsplit("] ").next().unwrap_or(before);
            self.pending().kill.invoker = Some(name.trim().to_owned());
        } else if let Some((_, fields)) = text.split_once("oom-kill:") {
            self.constraint(fields);
        } else if let Some((_, rest)) = text.split_once("killed as a result of limit of ") {
            let kill = &mut self.pending().kill;
            kill.scope = OomScope::Memcg;
            kill.cgroup = Some(word(rest).to_owned());
        } else if let Some((_, rest)) = text.split_once("Memory cgroup stats for ") {
            let kill = &mut self.pending().kill;
            kill.scope = OomScope::Memcg;
            kill.cgroup = Some(word(rest).trim_end_matches(':').to_owned());
        } else if let Some((_, rest)) = text.split_once("memory: usage ") {
            let limit = rest
                .split_once("limit ")
                .and_then(|(_, limit)| kilobytes(limit));
            self.pending().kill.limit = limit;
        } else if let Some((_, rest)) = text.split_once("Killed process ") {
            self.killed(text, rest);
            done.extend(self.flush());
        } else if let Some((_, rest)) = text.split_once("Kill process ") {
            // Up to 4.x the choice and the deed are two lines.
            if self
                .pending
                .as_ref()
                .is_some_and(|pending| pending.announced)
            {
                done.extend(self.flush());
            }
            self.scope(text);
            self.victim(rest);
            self.pending().announced = true;
        }
        done
    }

    /// A kill whose last line was cut off.
    pub(super) fn finish(&mut self) -> Vec<Found> {
        self.flush().into_iter().collect()
    }

    fn pending(&mut self) -> &mut Pending {
        self.pending.get_or_insert(Pending {
            kill: KernelOomKill {
                scope: OomScope::Unknown,
                victim: None,
                invoker: None,
                cgroup: None,
                anon_rss: None,
                file_rss: None,
                shmem_rss: None,
                total_vm: None,
                limit: None,
            },
            task_cgroup: None,
            pid: None,
            announced: false,
        })
    }

    fn flush(&mut self) -> Option<Found> {
        let pending = self.pending.take()?;
        // Without a victim nothing is known to have died.
        pending.kill.victim.as_ref()?;
        let mut subject = Subject {
            pid: pending.pid,
            ..Subject::default()
        };
        let path = pending
            .task_cgroup
            .as_deref()
            .or(pending.kill.cgroup.as_deref());
        if let Some(path) = path {
            owner(path, &mut subject);
        }
        Some((What::KernelOomKill(pending.kill), subject))
    }

    /// `constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=…,mems_allowed=0,oom_memcg=…,task_memcg=…,task=java,pid=7,uid=0`
    fn constraint(&mut self, fields: &str) {
        let pending = self.pending();
        for field in fields.split(',') {
            let Some((key, value)) = field.trim().split_once('=') else {
                continue;
            };
            match key {
                "constraint" => {
                    pending.kill.scope = match value {
                        "CONSTRAINT_MEMCG" => OomScope::Memcg,
                        "CONSTRAINT_NONE" => OomScope::Global,
                        "CONSTRAINT_CPUSET" | "CONSTRAINT_MEMORY_POLICY" => OomScope::Partial,
                        _ => OomScope::Unknown,
                    };
                }
                "oom_memcg" => pending.kill.cgroup = Some(value.to_owned()),
                "task_memcg" => pending.task_cgroup = Some(value.to_owned()),
                "task" => pending.kill.victim = Some(value.to_owned()),
                "pid" => pending.pid = value.parse().ok(),
                _ => {}
            }
        }
    }

    fn scope(&mut self, text: &str) {
        let kill = &mut self.pending().kill;
        if text.contains("Memory cgroup out of memory") {
            kill.scope = OomScope::Memcg;
        } else if text.contains("Out of memory") && kill.scope == OomScope::Unknown {
            kill.scope = OomScope::Global;
        }
    }

    /// `23793 (java) …`, `23793, UID 0, (java) …`, `23793 (java), UID 0, …`
    fn victim(&mut self, rest: &str) {
        let pending = self.pending();
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        if let Ok(pid) = rest[..digits].parse() {
            pending.pid = Some(pid);
        }
        if let Some((_, name)) = rest.split_once('(') {
            // A task name may itself hold a bracket; the figures behind it do not.
            let end = name
                .find(") ")
                .or(name.find("),"))
                .or(name.rfind(')'))
                .unwrap_or(name.len());
            pending.kill.victim = Some(name[..end].to_owned());
        }
    }

    fn killed(&mut self, text: &str, rest: &str) {
        self.scope(text);
        self.victim(rest);
        let size = |name: &str| {
            let (_, value) = rest.split_once(name)?;
            kilobytes(value)
        };
        let kill = &mut self.pending().kill;
        kill.total_vm = size("total-vm:");
        kill.anon_rss = size("anon-rss:");
        kill.file_rss = size("file-rss:");
        kill.shmem_rss = size("shmem-rss:");
    }
}

fn word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

/// `506500kB…` in bytes.
fn kilobytes(text: &str) -> Option<u64> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[digits..].starts_with("kB").then_some(())?;
    text[..digits].parse::<u64>().ok()?.checked_mul(1024)
}

/// Pod, container or unit from the path of a cgroup: `/kubepods/burstable/pod<uid>/<id>`,
/// `/kubepods.slice/kubepods-burstable-pod<uid with _>.slice/cri-containerd-<id>.scope`, `/docker/<id>`,
/// `/system.slice/docker-<id>.scope`, `/system.slice/shop.service`.
pub(super) fn owner(path: &str, subject: &mut Subject) {
    for part in path.split('/') {
        let name = part.trim_end_matches(".slice").trim_end_matches(".scope");
        if let Some(at) = name.rfind("pod")
            && (name.starts_with("pod") || name.starts_with("kubepods"))
        {
            let uid = name[at + 3..].replace('_', "-");
            if uid.len() == 36 && uid.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
                subject.uid = Some(uid);
                continue;
            }
        }
        let id = name.rsplit('-').next().unwrap_or(name);
        if id.len() == 64 && id.chars().all(|c| c.is_ascii_hexdigit()) {
            subject.container_id = Some(id.to_owned());
        } else if part.ends_with(".service") {
            subject.unit = Some(part.to_owned());
        }
    }
}
