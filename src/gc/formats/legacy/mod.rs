//! Logs of JDK 5 to 8 (`-verbose:gc`, `-XX:+PrintGC…`), all collectors.
//!
//! A pause is a bracketed record that may span lines, be interrupted by records of concurrent threads and by print-outs.
//! The reader collects text until the brackets are balanced again; `record.rs` reads the whole.

mod noise;
mod phases;
mod record;
mod shenandoah;

use super::number;
use super::unified::{Outcome, Pending, flags, printed, read_safepoint};
use crate::gc::event::Place;
use crate::gc::report::{IncidentKind, LifeEnd};
use crate::gc::run::{Clocks, Run};
use crate::input::Line;
use crate::time::{SECOND, iso8601};

/// A record longer than this is damage.
const LONGEST: usize = 64 * 1024;
/// Uptime may fall by this much because threads race to the log; more is a new life.
const OUT_OF_ORDER: i64 = 5 * SECOND;

/// A record whose brackets are not balanced yet.
#[derive(Debug)]
struct Open {
    text: Vec<u8>,
    depth: usize,
    begin: i64,
    place: Place,
}

/// Reads the lines of a set of files into runs.
#[derive(Debug)]
pub(in crate::gc) struct Reader {
    runs: Vec<Run>,
    run: Run,
    open: Option<Open>,
    pending: Pending,
    /// A class histogram after a full collection is being printed.
    histogram: bool,
    file: u32,
}

impl Reader {
    pub(in crate::gc) fn new() -> Self {
        Self {
            runs: Vec::new(),
            run: Run::new("legacy"),
            open: None,
            pending: Pending::default(),
            histogram: false,
            file: 0,
        }
    }

    /// Lines that are complete in themselves, wherever they stand.
    fn single(&mut self, clocks: Clocks, message: &[u8], place: Place) -> Option<Outcome> {
        let is_header = message.starts_with(b"Java HotSpot(TM)")
            || (message.starts_with(b"OpenJDK ")
                && memchr::memmem::find(message, b" VM (").is_some());
        if is_header {
            if !self.run.events.is_empty() || self.run.ended.is_some() {
                self.finish_run(LifeEnd::NextLife);
            }
            self.tick(clocks, place);
            self.run.has_head = true;
            self.run.version = version(message);
            self.run.fact("Version", message, place);
            return Some(Outcome::Used);
        }
        if let Some(value) = message.strip_prefix(b"CommandLine flags: ") {
            if !self.run.events.is_empty() {
                self.finish_run(LifeEnd::NextLife);
            }
            self.tick(clocks, place);
            self.run.has_head = true;
            self.run.fact("CommandLine flags", value, place);
            flags(&mut self.run, value);
            return Some(Outcome::Used);
        }
        if printed(&mut self.run, message, place) {
            return Some(Outcome::Used);
        }
        if let Some(value) = message.strip_prefix(b"Memory: ") {
            self.run.fact("Memory", value, place);
            return Some(Outcome::Used);
        }
        if read_safepoint(&mut self.run, &mut self.pending, message, place) {
            self.tick(clocks, place);
            return Some(Outcome::Used);
        }
        if message == b"Heap" && self.open.is_none() {
            self.tick(clocks, place);
            self.run.ended = Some(LifeEnd::ExitBlock);
            return Some(Outcome::Used);
        }
        if memchr::memmem::find(message, b"GCTimeLimit of").is_some() {
            self.tick(clocks, place);
            self.run.note(IncidentKind::OverheadLimit, place, b"");
            // The sentence may stand inside a record of the same line.
            return (self.open.is_none() && record_start(message).is_none())
                .then_some(Outcome::Used);
        }
        None
    }

    /// Appends text to the open record until its brackets are balanced: gives the bytes used, or `None` when the whole
    /// line was taken and more must come.
    fn feed(&mut self, text: &[u8]) -> Option<usize> {
        let open = self.open.as_mut()?;
        for (at, byte) in text.iter().enumerate() {
            match byte {
                b'[' => open.depth += 1,
                b']' => {
                    open.depth = open.depth.saturating_sub(1);
                    if open.depth == 0 {
                        open.text.extend_from_slice(&text[..=at]);
                        self.complete();
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        open.text.extend_from_slice(text);
        if open.text.len() > LONGEST {
            self.open = None;
        }
        None
    }

    fn complete(&mut self) {
        if let Some(open) = self.open.take() {
            record::read(&mut self.run, &open.text, open.begin, open.place);
            phases::references(&mut self.run, &open.text, open.place);
        }
    }

    /// Takes ` [Times: user=… sys=…, real=… secs]` for the pause before it; gives what follows.
    fn times<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let trimmed = text.trim_ascii_start();
        let Some(inner) = trimmed.strip_prefix(b"[Times: ") else {
            return text;
        };
        let Some(close) = memchr::memchr(b']', inner) else {
            return text;
        };
        if let Some(event) = self.run.events.last_mut()
            && event.cpu.is_none()
        {
            event.cpu = record::times(&inner[..close]);
        }
        &inner[close + 1..]
    }

    /// Adds the time of a histogram to the pause before it: the world still stands, and `real=` counts it too.
    fn lengthen(&mut self, text: &[u8]) {
        let Some(end) = memchr::memmem::find(text, b" secs]") else {
            return;
        };
        if let Some((nanos, _)) = number::trailing(&text[..end], b"", 9)
            && let Some(event) = self.run.events.last_mut()
        {
            event.lengthen(nanos);
        }
    }

    /// A line in which no pause begins or ends.
    fn leftover(&mut self, clocks: Clocks, rest: &[u8], place: Place) -> Outcome {
        let text = rest.trim_ascii_start();
        if text.is_empty() {
            return Outcome::Used;
        }
        let has = |part: &[u8]| memchr::memmem::find(text, part).is_some();
        if text.starts_with(b"[Eden: ") {
            if let Some(area) = record::eden_line(text)
                && let Some(event) = self.run.events.last_mut()
            {
                event.heap = area;
            }
            return Outcome::Used;
        }
        let message = stamps(text).1;
        if self.histogram && text.starts_with(b", ") && has(b" secs]") {
            self.histogram = false;
            self.lengthen(text);
            return Outcome::Used;
        }
        if message.starts_with(b"[Class Histogram") {
            self.histogram = true;
            return Outcome::Used;
        }
        if message.starts_with(b"[Pause ") || message.starts_with(b"[Concurrent ") {
            self.tick(clocks, place);
            shenandoah::read(&mut self.run, message, place);
            return Outcome::Used;
        }
        if has(b"[CMS-concurrent") || has(b"[GC concurrent") || has(b"[CMS") || has(b"G1Ergonomics")
        {
            self.tick(clocks, place);
            return Outcome::Used;
        }
        // Output of the application in the same stream has no business with collections.
        // The end of a record whose beginning is not in the log, or was interrupted by lines of others.
        match has(b" secs]") || has(b"K->") || has(b"[GC") {
            true => Outcome::Unknown,
            false => {
                self.run.stranger(rest, place);
                Outcome::Quiet
            }
        }
    }

    fn tick(&mut self, clocks: Clocks, place: Place) {
        let fell = match (clocks.uptime, self.run.last_clocks.uptime) {
            (Some(now), Some(before)) => before - now > OUT_OF_ORDER,
            _ => false,
        };
        if fell {
            self.finish_run(LifeEnd::NextLife);
        }
        self.run.tick(clocks, place);
    }

    fn finish_run(&mut self, ended: LifeEnd) {
        self.complete();
        let mut run = std::mem::replace(&mut self.run, Run::new("legacy"));
        run.ended = run.ended.or(Some(ended));
        if run.has_head || !run.events.is_empty() || !run.safepoints.is_empty() {
            self.runs.push(run);
        }
        self.pending = Pending::default();
    }
}

impl super::Reader for Reader {
    fn begin_file(&mut self, file: u32) {
        self.file = file;
    }

    fn line(&mut self, line: &Line<'_>) -> Outcome {
        let place = Place {
            file: self.file,
            line: line.number,
        };
        let (clocks, message) = stamps(line.text);
        if let Some(outcome) = self.single(clocks, message, place) {
            return outcome;
        }
        if memchr::memmem::find(message, b"[CMS-concurrent-").is_some() {
            phases::concurrent(&mut self.run, message, place);
        }
        if noise::is_noise(message) {
            phases::outer(&mut self.run, message, place);
            return Outcome::Quiet;
        }
        let mut rest = line.text;
        let mut outcome = Outcome::Quiet;
        if let Some(start) = record_start(rest) {
            // A new stamped record at the beginning of a line ends one that was torn off,
            // except the young collection that CMS makes inside its remark.
            let at_start = stamps(rest).1.as_ptr() == rest[start..].as_ptr();
            let is_remark = |open: &Open| {
                memchr::memmem::find(&open.text, b"CMS Final Remark").is_some()
                    || memchr::memmem::find(&open.text, b"[YG occupancy").is_some()
            };
            if at_start && self.open.as_ref().is_some_and(|open| !is_remark(open)) {
                self.complete();
            }
        }
        loop {
            if self.open.is_some() {
                match self.feed(rest) {
                    Some(used) => {
                        outcome = Outcome::Used;
                        rest = &rest[used..];
                    }
                    None => return Outcome::Used,
                }
            }
            rest = self.times(rest);
            match record_start(rest) {
                Some(start) => {
                    let (clocks, _) = stamps_before(&rest[..start]);
                    self.tick(clocks, place);
                    self.open = Some(Open {
                        text: Vec::new(),
                        depth: 0,
                        begin: self.run.now,
                        place,
                    });
                    rest = &rest[start..];
                }
                None if outcome == Outcome::Used => return Outcome::Used,
                None => return self.leftover(clocks, rest, place),
            }
        }
    }

    fn finish(mut self) -> Vec<Run> {
        self.finish_run(LifeEnd::LogEnds);
        self.runs
    }
}

/// Where a pause record begins: `[GC` or `[Full GC`, but not `[GC Worker`.
fn record_start(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'[', text).find(|&at| is_record(&text[at..]))
}

fn is_record(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"[GC") else {
        return text.starts_with(b"[Full GC");
    };
    match rest.first() {
        // `[GC2016-10-17T…` and `[GC3,021: …`: JDK 7 writes no blank before a nested stamp.
        None | Some(b' ' | b'[' | b'-' | b'\t' | b'0'..=b'9') => {
            !rest.starts_with(b" Worker") && !rest.starts_with(b" concurrent-")
        }
        _ => false,
    }
}

/// The stamps at the beginning of a line (`date: uptime: `, either or none), and the rest.
fn stamps(text: &[u8]) -> (Clocks, &[u8]) {
    let mut clocks = Clocks::default();
    let mut rest = text;
    if let Some((stamp, used)) = iso8601(rest)
        && let Some(after) = rest[used..].strip_prefix(b": ")
    {
        clocks.wall = Some(stamp);
        rest = after;
    }
    if let Some((micros, used)) = number::decimal(rest, 6)
        && let Some(after) = rest[used..].strip_prefix(b": ")
        && rest[..used].iter().any(|byte| matches!(byte, b'.' | b','))
    {
        clocks.uptime = Some(micros);
        rest = after;
    }
    (clocks, rest)
}

/// The stamps that stand right before a record, whatever else the line began with.
fn stamps_before(text: &[u8]) -> (Clocks, &[u8]) {
    let (clocks, rest) = stamps(text);
    if !clocks.is_empty() && rest.trim_ascii().is_empty() {
        return (clocks, rest);
    }
    let words: Vec<usize> = memchr::memchr_iter(b' ', text.trim_ascii_end())
        .map(|at| at + 1)
        .collect();
    for count in [2, 1] {
        let Some(start) = words.len().checked_sub(count).map(|index| words[index]) else {
            continue;
        };
        let (clocks, rest) = stamps(&text[start..]);
        if !clocks.is_empty() && rest.trim_ascii().is_empty() {
            return (clocks, rest);
        }
    }
    (clocks, rest)
}

/// `… JRE (1.8.0_102-b14), built on …`: the version in parentheses.
fn version(header: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(header, b"JRE (")? + 5;
    let end = memchr::memchr(b')', &header[at..])?;
    Some(String::from_utf8_lossy(&header[at..at + end]).into_owned())
}

/// The clocks of a line; empty when it has none.
pub(in crate::gc) fn clocks(line: &[u8]) -> Clocks {
    stamps(line).0
}

/// Whether a line is surely of this format.
pub(in crate::gc) fn is_gc_line(line: &[u8]) -> bool {
    let (_, message) = stamps(line);
    if message.starts_with(b"CommandLine flags: -")
        || message.starts_with(b"[GC Before GC:")
        || message.starts_with(b"{Heap before GC invocations")
    {
        return true;
    }
    if message.starts_with(b"[CMS-concurrent-")
        || message.starts_with(b"[Concurrent ")
        || (message.starts_with(b"[Pause ") && !stamps(line).0.is_empty())
    {
        return true;
    }
    if message.starts_with(b"Total time for which application threads were stopped: ") {
        return true;
    }
    match record_start(line) {
        Some(at) => {
            line[at..].iter().any(u8::is_ascii_digit)
                || memchr::memchr(b'(', &line[at..]).is_some()
                || line[at..].trim_ascii_end().len() <= 8
        }
        None => message.starts_with(b"[GC concurrent-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::event::PauseKind;
    use crate::gc::formats::Reader as _;
    use crate::input::Lines;

    fn read(text: &str) -> Vec<Run> {
        let mut reader = Reader::new();
        for line in Lines::new(text.as_bytes()) {
            let outcome = reader.line(&line);
            assert_ne!(
                outcome,
                Outcome::Unknown,
                "{}",
                String::from_utf8_lossy(line.text)
            );
        }
        reader.finish()
    }

    #[test]
    fn records_over_several_lines_and_spliced_print_outs() {
        let runs = read(
            "10.392: [GC\nDesired survivor size 497025024 bytes, new threshold 7 (max 15)\n- age   1:  104 bytes, 104 total\n [PSYoungGen: 970752K->104301K(1456128K)] 970752K->104301K(3708928K), 0.1992940 secs] [Times: user=0.68 sys=0.05, real=0.20 secs]\n",
        );
        let event = &runs[0].events[0];
        assert_eq!((event.begin, event.nanos), (10_392_000, 199_294_000));
        assert_eq!(event.cpu.map(|cpu| cpu.user), Some(680_000));
        assert_eq!(event.line, 1);
    }

    #[test]
    fn heap_print_outs_do_not_unbalance_the_brackets() {
        let runs = read(
            "{Heap before GC invocations=1 (full 0):\n par new generation   total 10K, used 9K [0x01, 0x02, 0x03)\n1.5: [GC 1.5: [ParNew: 9K->1K(10K), 0.0010000 secs] 9K->1K(20K), 0.0020000 secs] [Times: user=0.00 sys=0.00, real=0.00 secs]\nHeap after GC invocations=2 (full 0):\n eden space 8K,   0% used [0x01, 0x02, 0x03)\n}\n2.5: [Full GC (System) [Tenured: 1K->1K(9K), 0.0100000 secs] 2K->1K(20K), [Perm : 1K->1K(2K)], 0.0100000 secs]\n",
        );
        let kinds: Vec<PauseKind> = runs[0].events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [PauseKind::Young, PauseKind::Full]);
    }

    #[test]
    fn a_record_that_is_cut_off_does_not_swallow_the_next() {
        let runs = read(
            "1.0: [GC [PSYoungGen: 9K->1K\n2.0: [GC [PSYoungGen: 9K->1K(10K)] 9K->1K(20K), 0.0020000 secs]\n",
        );
        assert_eq!(runs[0].events.len(), 1);
        assert_eq!(runs[0].events[0].begin, 2_000_000);
    }

    #[test]
    fn uptime_that_falls_is_a_new_life() {
        let gc = "[GC 9K->1K(20K), 0.0020000 secs]";
        let runs = read(&format!("100.0: {gc}\n101.0: {gc}\n1.0: {gc}\n"));
        assert_eq!(runs.len(), 2);
    }
}
