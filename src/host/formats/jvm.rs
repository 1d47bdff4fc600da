//! Answers of `jcmd`: Native Memory Tracking, class histogram, flags, heap.

use super::{Place, Section, size};
use crate::finding::Locator;
use crate::host::report::HostReport;
use crate::host::snapshot::{Category, ClassRow, Flags, HeapInfo, Histogram, NativeMemory};

/// Classes kept of one histogram.
const CLASSES: usize = 500;

struct Native {
    total: Option<(u64, Option<i64>)>,
    categories: Vec<Category>,
    locator: Locator,
}

/// The headline of `VM.native_memory`.
pub(super) fn begin_native(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    (text == "Native Memory Tracking:").then(|| {
        Box::new(Native {
            total: None,
            categories: Vec::new(),
            locator: at.locator(),
        }) as Box<dyn Section>
    })
}

impl Section for Native {
    fn line(&mut self, text: &str, at: &Place<'_>) -> bool {
        if text.starts_with("Total: ") {
            self.total = committed(text);
            return self.total.is_some();
        }
        // `-  Java Heap (reserved=65536KB, committed=65536KB +128KB)`
        if let Some((name, figures)) = text.strip_prefix('-').and_then(|rest| rest.split_once('('))
        {
            let found = committed(figures);
            if let Some((committed, change)) = found {
                self.categories.push(Category {
                    name: name.trim().to_owned(),
                    committed,
                    change: change.unwrap_or(0),
                    locator: at.locator(),
                });
            }
            return found.is_some();
        }
        // Details of a category are indented; the rest is the tool's own notes.
        text.starts_with(' ')
            || text.starts_with("(Omitting")
            || text.starts_with("malloc")
            || text.starts_with("mmap")
            || text.trim_start().starts_with('[')
            || text == "Virtual memory map:"
            || text == "Details:"
    }

    fn finish(self: Box<Self>, report: &mut HostReport, process: Option<u64>) -> u64 {
        let records = self.categories.len() as u64;
        if let Some((committed, change)) = self.total {
            report.native.push(NativeMemory {
                pid: process,
                committed,
                change,
                categories: self.categories,
                locator: self.locator,
            });
        }
        records
    }
}

/// `… committed=127966KB -2112KB)`: bytes, and the change where the output is a diff.
fn committed(text: &str) -> Option<(u64, Option<i64>)> {
    let (_, rest) = text.split_once("committed=")?;
    let mut words = rest.trim_end_matches([')', ',']).split_whitespace();
    let bytes = size(words.next()?.trim_end_matches([')', ',']))?;
    let change = words.next().and_then(|word| {
        let word = word.trim_end_matches([')', ',']);
        let magnitude = i64::try_from(size(word.trim_start_matches(['+', '-']))?).ok()?;
        match word.as_bytes().first() {
            Some(b'+') => Some(magnitude),
            Some(b'-') => Some(-magnitude),
            _ => None,
        }
    });
    Some((bytes, change))
}

struct Classes(Histogram);

/// The header ` num     #instances         #bytes  class name (module)`.
pub(super) fn begin_histogram(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let header =
        text.contains("#instances") && text.contains("#bytes") && text.contains("class name");
    header.then(|| {
        Box::new(Classes(Histogram {
            pid: None,
            classes: Vec::new(),
            instances: 0,
            bytes: 0,
            locator: at.locator(),
        })) as Box<dyn Section>
    })
}

impl Section for Classes {
    fn line(&mut self, text: &str, _at: &Place<'_>) -> bool {
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or("");
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
        let (Some(instances), Some(bytes)) = (number(), number()) else {
            return false;
        };
        if first == "Total" {
            self.0.instances = instances;
            self.0.bytes = bytes;
            return true;
        }
        let rank = first
            .strip_suffix(':')
            .is_some_and(|rank| rank.parse::<u64>().is_ok());
        let Some(name) = words.next().filter(|_| rank) else {
            return false;
        };
        // Rows are sorted by bytes.
        if self.0.classes.len() < CLASSES {
            self.0.classes.push(ClassRow {
                name: name.to_owned(),
                instances,
                bytes,
            });
        }
        true
    }

    fn finish(mut self: Box<Self>, report: &mut HostReport, process: Option<u64>) -> u64 {
        let records = self.0.classes.len() as u64;
        self.0.pid = process;
        report.histograms.push(self.0);
        records
    }
}

struct OneLine(Flags);

/// `-XX:CICompilerCount=2 -XX:ConcGCThreads=1 …`
pub(super) fn begin_flags(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    let flags: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let all = flags.len() >= 3 && flags.iter().all(|flag| flag.starts_with("-XX:"));
    all.then(|| {
        Box::new(OneLine(Flags {
            pid: None,
            flags,
            locator: at.locator(),
        })) as Box<dyn Section>
    })
}

impl Section for OneLine {
    fn line(&mut self, _text: &str, _at: &Place<'_>) -> bool {
        false
    }

    fn finish(mut self: Box<Self>, report: &mut HostReport, process: Option<u64>) -> u64 {
        self.0.pid = process;
        report.flags.push(self.0);
        1
    }
}

struct Spaces(Vec<HeapInfo>);

/// ` garbage-first heap   total 65536K, used 1562K [0x…`, without the blank and with `total reserved` since JDK 25; other
/// collectors begin with their young generation. Shenandoah has a headline of its own.
pub(super) fn begin_heap(text: &str, at: &Place<'_>) -> Option<Box<dyn Section>> {
    const FIRST: [&str; 6] = [
        "garbage-first heap ",
        "PSYoungGen ",
        "def new generation ",
        "DefNew ",
        "par new generation ",
        "ZHeap ",
    ];
    if text == "Shenandoah Heap" {
        return Some(Box::new(Spaces(Vec::new())));
    }
    let body = text.trim_start();
    let first = FIRST.iter().any(|name| body.starts_with(name));
    let space = space(body, at).filter(|_| first)?;
    Some(Box::new(Spaces(vec![space])))
}

impl Section for Spaces {
    fn line(&mut self, text: &str, at: &Place<'_>) -> bool {
        const SHENANDOAH: [&str; 3] = ["Status: ", "Reserved region:", "Collection set:"];
        let space = space(text.trim_start(), at);
        let known = space.is_some() || SHENANDOAH.iter().any(|words| text.starts_with(words));
        self.0.extend(space);
        known || text.starts_with(' ')
    }

    fn finish(self: Box<Self>, report: &mut HostReport, _process: Option<u64>) -> u64 {
        let records = self.0.len() as u64;
        report.heaps.extend(self.0);
        records
    }
}

pub(super) fn space(body: &str, at: &Place<'_>) -> Option<HeapInfo> {
    // `PSOldGen  total 87552K, used 12K`, `Metaspace  used 266K, committed 448K, reserved 1114112K`,
    // `ZHeap  used 2M, capacity 64M, max capacity 64M`
    let field = |name: &str| {
        let (_, rest) = body.split_once(name)?;
        size(rest.split([',', ' ']).next()?)
    };
    // `65536K max, 65536K soft max, 65536K committed, 1866K used`
    if let (Some((_, committed)), Some(rest)) =
        (body.split_once(" soft max, "), body.strip_suffix(" used"))
    {
        return Some(HeapInfo {
            space: "Shenandoah Heap".to_owned(),
            total: size(committed.split(' ').next()?)?,
            used: size(rest.rsplit(' ').next()?)?,
            locator: at.locator(),
        });
    }
    let used = field(" used ")?;
    let total = field(" total ")
        .or_else(|| field(" committed "))
        .or_else(|| field(" capacity "))?;
    let name = body.split("  ").next()?.trim();
    let name = name.split(" total ").next()?.split(" used ").next()?;
    Some(HeapInfo {
        space: name.trim().to_owned(),
        total,
        used,
        locator: at.locator(),
    })
}
