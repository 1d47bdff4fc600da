//! `ps` in its usual shapes and `pmap -x`.

use std::collections::BTreeMap;

use super::{Place, Section, titles};
use crate::host::report::HostReport;
use crate::host::snapshot::{MemoryMap, Process, Processes};

/// Processes kept of one list: the largest.
const PROCESSES: usize = 200;

struct List {
    columns: Vec<String>,
    processes: BTreeMap<u64, Process>,
    found: Processes,
}

/// The header of `ps aux`, `ps -ef`, `ps -eLf`, `ps -L -o …`: `PID` and the command, and a column that `top` and `lsof` lack.
pub(super) fn begin_ps(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let columns = titles(text);
    let has = |name: &str| columns.iter().any(|title| title == name);
    let own = ["TTY", "RSS", "NLWP", "STIME", "STAT", "TID"]
        .into_iter()
        .any(has);
    let last = columns.last().map(String::as_str);
    (has("PID") && matches!(last, Some("CMD" | "COMMAND")) && own).then(|| {
        Box::new(List {
            columns,
            processes: BTreeMap::new(),
            found: Processes {
                list: Vec::new(),
                rows: 0,
                waiting_for_disk: 0,
                locator: at.locator(),
            },
        }) as Box<dyn Section>
    })
}

impl Section for List {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        let index = |name: &str| self.columns.iter().position(|title| title == name);
        let cell = |name: &str| words.get(index(name)?).copied();
        let number = |name: &str| cell(name)?.parse::<u64>().ok();
        let Some(pid) = number("PID") else {
            return false;
        };
        self.found.rows += 1;
        let state = cell("STAT").or_else(|| cell("S"));
        self.found.waiting_for_disk += u64::from(state.is_some_and(|state| state.starts_with('D')));
        let threads = number("NLWP");
        let thread_row = number("LWP").or_else(|| number("TID")).is_some();
        let resident = number("RSS").map(|kib| kib.saturating_mul(1024));
        let command = words.get(self.columns.len() - 1..).unwrap_or(&[]).join(" ");
        let process = self.processes.entry(pid).or_insert(Process {
            pid,
            threads: None,
            resident: None,
            command,
        });
        process.resident = resident.or(process.resident);
        process.threads = match (threads, thread_row) {
            (Some(threads), _) => Some(threads),
            (None, true) => Some(process.threads.unwrap_or(0) + 1),
            (None, false) => None,
        };
        true
    }

    fn finish(mut self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.found.rows;
        let mut list: Vec<Process> = self.processes.into_values().collect();
        list.sort_by_key(|process| std::cmp::Reverse((process.resident, process.threads)));
        list.truncate(PROCESSES);
        list.sort_by_key(|process| process.pid);
        self.found.list = list;
        report.processes.push(self.found);
        records
    }
}

/// An arena of the C library reserves 64 MiB at a multiple of 64 MiB (glibc malloc/arena.c, HEAP_MAX_SIZE).
const ARENA: u64 = 64 << 20;
/// Arenas lie where the kernel places mappings; Java heaps with compressed references lie far below.
const MAPPINGS: u64 = 0x7000_0000_0000;

struct Maps {
    found: MemoryMap,
    /// End and resident bytes of a mapping that may be the used part of an arena.
    open: Option<(u64, u64)>,
}

/// The header of `pmap -x`: `Address  Kbytes  RSS  Dirty Mode  Mapping`.
pub(super) fn begin_pmap(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let titles = titles(text);
    let names: Vec<&str> = titles.iter().map(String::as_str).collect();
    (names == ["Address", "Kbytes", "RSS", "Dirty", "Mode", "Mapping"]).then(|| {
        Box::new(Maps {
            found: MemoryMap {
                pid: None,
                size: 0,
                resident: 0,
                arenas: 0,
                arenas_resident: 0,
                locator: at.locator(),
            },
            open: None,
        }) as Box<dyn Section>
    })
}

impl Maps {
    fn arena(&mut self, resident: u64) {
        self.found.arenas += 1;
        self.found.arenas_resident = self.found.arenas_resident.saturating_add(resident);
    }
}

impl Section for Maps {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        let kib = |word: &str| word.parse::<u64>().ok()?.checked_mul(1024);
        match words.as_slice() {
            ["total", "kB", size, resident, ..] => {
                let (Some(size), Some(resident)) = (kib(size), kib(resident)) else {
                    return false;
                };
                (self.found.size, self.found.resident) = (size, resident);
                true
            }
            [address, size, resident, _, mode, mapping @ ..] => {
                let (Ok(address), Some(size), Some(resident)) =
                    (u64::from_str_radix(address, 16), kib(size), kib(resident))
                else {
                    return text.starts_with("----");
                };
                let anonymous = mapping == ["[", "anon", "]"];
                let end = address.saturating_add(size);
                let open = self.open.take();
                if mode.starts_with("rw") && anonymous && address >= MAPPINGS {
                    match (address % ARENA, size) {
                        (0, ARENA) => self.arena(resident),
                        (0, 1..ARENA) => self.open = Some((end, resident)),
                        _ => {}
                    }
                } else if let Some((used, resident)) = open
                    && mode.starts_with("---")
                    && used == address
                    && end % ARENA == 0
                {
                    self.arena(resident);
                }
                true
            }
            _ => text.starts_with("----"),
        }
    }

    fn finish(mut self: Box<Self>, report: &mut HostReport, process: Option<u64>) -> u64 {
        self.found.pid = process;
        report.maps.push(self.found);
        1
    }
}
