//! Dumps written as lines with quoted thread names: HotSpot from JDK 1.4 to 26 (`jstack`, `jcmd Thread.print`,
//! `kill -3`), jhsdb, JRockit, VisualVM and `ThreadInfo.toString`; one or many in a file, alone or inside a log.

mod thread;

use memchr::memmem;

use super::banner;
use super::deadlocks::{self, Section};
use super::header;
use super::prefix::Prefix;
use crate::input::{Coverage, Line, Lines};
use crate::key;
use crate::threads::dump::{Dump, Thread};
use crate::threads::frames::Frames;
use crate::time::Stamp;

/// Lines in a row that belong to no dump, after which the dump is over.
const FOREIGN: usize = 200;
/// Lines over which the name of a thread may go.
const NAME_LINES: usize = 4;

/// Where in a dump the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Threads,
    /// Under "Locked ownable synchronizers:" of a thread.
    Synchronizers,
    Deadlocks(Section),
    Heap,
    /// After the last thread.
    Tail,
}

struct Reader<'a> {
    source: &'a str,
    frames: &'a mut Frames,
    coverage: Coverage,
    dumps: Vec<Dump>,
    dump: Option<Dump>,
    thread: Option<Thread>,
    /// What the header of `thread` said about being a Java thread.
    java: bool,
    mode: Mode,
    prefix: Option<Prefix<'a>>,
    /// Lines not understood since the last that was.
    foreign: Vec<(u64, &'a [u8])>,
    /// Inside the stack trace of an exception that a log mixed into the dump.
    in_trace: bool,
    /// First lines of a thread name with line ends in it.
    name: Option<(u64, usize, Vec<u8>)>,
    /// The last two lines, for what stands before a banner.
    before: [&'a [u8]; 2],
    attached: Option<u64>,
}

/// Reads all dumps of `bytes`.
pub(super) fn read(source: &str, bytes: &[u8], frames: &mut Frames) -> (Vec<Dump>, Coverage) {
    let mut reader = Reader {
        source,
        frames,
        coverage: Coverage::new(source, "thread dump", bytes.len() as u64),
        dumps: Vec::new(),
        dump: None,
        thread: None,
        java: false,
        mode: Mode::Threads,
        prefix: None,
        foreign: Vec::new(),
        in_trace: false,
        name: None,
        before: [b"", b""],
        attached: None,
    };
    let mut banners = memmem::find_iter(bytes, banner::BANNER)
        .chain(memmem::find_iter(bytes, banner::JROCKIT))
        .map(|at| at as u64)
        .collect::<Vec<_>>();
    banners.sort_unstable();
    let mut next = banners.into_iter().peekable();
    for line in Lines::new(bytes) {
        reader.coverage.lines += 1;
        let end = line.offset + line.text.len() as u64;
        match next.peek() {
            Some(&at) if at < end => {
                while next.next_if(|at| *at < end).is_some() {}
                let column = (at - line.offset) as usize;
                let rest = bytes.get(end as usize..).unwrap_or(b"");
                reader.banner(line, column, rest);
            }
            _ => reader.line(line),
        }
        reader.before = [reader.before[1], line.text];
    }
    reader.finish_dump();
    reader.coverage.records = reader
        .dumps
        .iter()
        .map(|dump| dump.threads.len() as u64)
        .sum();
    (reader.dumps, reader.coverage)
}

impl<'a> Reader<'a> {
    fn banner(&mut self, line: Line<'a>, column: usize, rest: &'a [u8]) {
        self.finish_dump();
        let before = &line.text[..column];
        let text = &line.text[column..];
        let jrockit = text.starts_with(b"=");
        self.prefix = Prefix::detect(before, rest);
        let mut dump = Dump::new(
            self.source,
            line.number,
            if jrockit { "JRockit" } else { "HotSpot" },
        );
        for earlier in self.before {
            let earlier = self.unprefixed(earlier);
            dump.taken = banner::date(earlier).or(dump.taken);
            dump.pid = banner::pid(earlier).or(dump.pid);
        }
        if dump.taken.is_none() {
            dump.taken = stamp_of_prefix(before);
        }
        if !jrockit {
            (dump.vm, dump.version) = banner::vm(&text[banner::BANNER.len()..]);
            let old = dump
                .version
                .as_deref()
                .and_then(banner::java_release)
                .is_none_or(|release| release < 6);
            dump.ended = (!old).then_some(false);
        }
        self.begin(dump);
    }

    fn begin(&mut self, dump: Dump) {
        self.dump = Some(dump);
        self.mode = Mode::Threads;
        self.foreign.clear();
        self.in_trace = false;
        self.name = None;
    }

    fn unprefixed(&self, text: &'a [u8]) -> &'a [u8] {
        self.prefix
            .as_ref()
            .and_then(|prefix| prefix.strip(text))
            .unwrap_or(text)
    }

    fn line(&mut self, line: Line<'a>) {
        let text = match &self.prefix {
            None => line.text,
            Some(prefix) => match prefix.strip(line.text) {
                Some(text) => text,
                None => return self.not_understood(line.number, line.text),
            },
        };
        if self.dump.is_none() {
            return self.outside(line.number, text);
        }
        if text.trim_ascii().is_empty() {
            return self.blank();
        }
        if self.inside(line.number, text) {
            self.understood();
        } else if self.dump.is_none() {
            self.outside(line.number, text);
        } else {
            self.not_understood(line.number, line.text);
        }
    }

    /// A line outside every dump: a dump may begin without a banner.
    fn outside(&mut self, number: u64, text: &'a [u8]) {
        if text.starts_with(b"\"") {
            let Some(header) = header::parse(text).filter(|header| header.certain) else {
                return;
            };
            let mut dump = Dump::new(self.source, number, "threads without a banner");
            for earlier in self.before {
                dump.taken = banner::date(earlier).or(dump.taken);
            }
            self.begin(dump);
            self.header(number, &header);
        } else if let Some(rest) = text.strip_prefix(b"Attaching to process ID ") {
            self.attached = header::decimal(rest);
        } else if let Some(rest) = text.strip_prefix(b"JVM version is ") {
            let mut dump = Dump::new(self.source, number, "jhsdb");
            dump.version = Some(String::from_utf8_lossy(rest.trim_ascii()).into_owned());
            dump.pid = self.attached.take();
            self.begin(dump);
        }
    }

    fn blank(&mut self) {
        self.in_trace = false;
        match self.mode {
            Mode::Heap => self.mode = Mode::Tail,
            Mode::Threads | Mode::Synchronizers | Mode::Deadlocks(_) | Mode::Tail => {}
        }
    }

    /// A line inside a dump that is not blank; `false` when it does not belong there.
    fn inside(&mut self, number: u64, text: &'a [u8]) -> bool {
        if self.name.is_some() {
            return self.continue_name(number, text);
        }
        if let Mode::Deadlocks(section) = self.mode
            && let Some(dump) = &mut self.dump
            && let Some(section) = deadlocks::line(dump, number, text, section)
        {
            if section == Section::Over {
                // jhsdb prints its section before the threads.
                self.mode = if dump.threads.is_empty() {
                    Mode::Threads
                } else {
                    Mode::Tail
                };
            } else {
                self.mode = Mode::Deadlocks(section);
            }
            return true;
        }
        match text[0] {
            b'"' => self.quoted(number, text),
            b' ' | b'\t' => self.indented(number, text),
            _ => self.flush_left(number, text),
        }
    }

    fn quoted(&mut self, number: u64, text: &'a [u8]) -> bool {
        match header::parse(text) {
            Some(header) => self.header(number, &header),
            None if self.mode == Mode::Tail => self.finish_dump(),
            None => {
                self.finish_thread();
                self.name = Some((number, 1, text.to_vec()));
            }
        }
        self.dump.is_some()
    }

    fn continue_name(&mut self, number: u64, text: &'a [u8]) -> bool {
        let Some((first, lines, mut name)) = self.name.take() else {
            return false;
        };
        name.push(b'\n');
        name.extend_from_slice(text);
        if let Some(header) = header::parse(&name) {
            self.header(first, &header);
            true
        } else if lines < NAME_LINES && !text.starts_with(b"\"") {
            self.name = Some((first, lines + 1, name));
            true
        } else {
            let shown = name.split(|b| *b == b'\n').next().unwrap_or(b"");
            self.coverage
                .line_not_understood(first, shown, key!("a thread header"));
            self.inside(number, text)
        }
    }

    fn indented(&mut self, number: u64, text: &'a [u8]) -> bool {
        if matches!(self.mode, Mode::Heap | Mode::Tail)
            && let Some(dump) = &mut self.dump
        {
            // Shenandoah has a blank line before the rest of the footer.
            let space = banner::heap_space(self.source, number, text);
            let known = self.mode == Mode::Heap || space.is_some();
            dump.heap.extend(space);
            return known;
        }
        let text = text.trim_ascii();
        if let Some(frame) = text.strip_prefix(b"at ") {
            return self.frame(frame);
        }
        if let Some(rest) = text.strip_prefix(b"- ") {
            return self.dash(rest);
        }
        self.thread_line(text)
    }

    fn flush_left(&mut self, number: u64, text: &'a [u8]) -> bool {
        let line = text.trim_ascii_end();
        if deadlocks::begins(line)
            || line.starts_with(b"Deadlock Detection:")
            || line.starts_with(b"No deadlocks found")
        {
            self.finish_thread();
            if let Some(dump) = &mut self.dump {
                deadlocks::line(dump, number, line, Section::Members);
                self.mode = if deadlocks::begins(line) {
                    Mode::Deadlocks(Section::Members)
                } else {
                    self.mode
                };
            }
            return true;
        }
        if line == b"Heap" {
            self.finish_thread();
            self.mode = Mode::Heap;
            return true;
        }
        if line.starts_with(b"JNI global ref") || line.starts_with(b"===== END OF THREAD DUMP") {
            self.finish_thread();
            self.mode = Mode::Tail;
            if let Some(dump) = &mut self.dump {
                dump.ended = dump.ended.map(|_| true);
            }
            return true;
        }
        if line.starts_with(b"_java_thread_list=") {
            if let Some(dump) = &mut self.dump {
                dump.expected = banner::smr_length(line);
            }
            return true;
        }
        self.other(text, line)
    }

    fn other(&mut self, text: &'a [u8], line: &'a [u8]) -> bool {
        if line.starts_with(b"at ") && line.ends_with(b")") {
            return self.frame(&line[3..]);
        }
        if let Some(rest) = line.strip_prefix(b"- ") {
            return self.dash(rest);
        }
        if line.starts_with(b"Locked ownable synchronizers") {
            return self.thread_line(line);
        }
        if line.starts_with(b"0x") || line == b"}" {
            return self.native_or_address(line);
        }
        if line.starts_with(b"-----------------") {
            self.finish_thread();
            return true;
        }
        if banner::date(text).is_some() || banner::pid(line).is_some() {
            return true;
        }
        if let Some(dump) = &mut self.dump
            && dump.format == "JRockit"
            && dump.threads.is_empty()
            && self.thread.is_none()
        {
            return jrockit_head(dump, line);
        }
        if self.mode == Mode::Tail {
            self.finish_dump();
            return false;
        }
        self.in_trace |= ["Exception", "Error", "Caused by"]
            .iter()
            .any(|word| memmem::find(line, word.as_bytes()).is_some());
        [
            "Threads class SMR",
            // A thread of the VM without a name (JDK 25).
            "os_prio=",
            "_to_delete_list",
            "JDK version:",
            "Finding concurrent locks",
            "????????",
            "Debugger attached",
            "Server compiler",
            "Client compiler",
            "_java_thread_list",
            "Shenandoah Heap",
            "Status: ",
            "Reserved region:",
            "Collection set:",
        ]
        .iter()
        .any(|known| line.starts_with(known.as_bytes()))
    }

    fn understood(&mut self) {
        for (number, text) in self.foreign.drain(..) {
            self.coverage
                .line_not_understood(number, text, key!("a line of a thread dump"));
        }
    }

    fn not_understood(&mut self, number: u64, text: &'a [u8]) {
        if self.dump.is_none() {
            return;
        }
        self.foreign.push((number, text));
        if self.foreign.len() >= FOREIGN {
            self.finish_dump();
        }
    }

    fn finish_dump(&mut self) {
        self.finish_thread();
        if let Some((number, _, name)) = self.name.take() {
            self.coverage
                .line_not_understood(number, &name, key!("a thread header"));
        }
        if let Some(dump) = self.dump.take() {
            self.dumps.push(dump);
        }
        self.foreign.clear();
        self.prefix = None;
    }
}

fn jrockit_head(dump: &mut Dump, line: &[u8]) -> bool {
    if let Some(stamp) = banner::ctime(line) {
        dump.taken = Some(stamp);
    } else {
        let text = String::from_utf8_lossy(line);
        // `BEA JRockit(R) R27.6.5-32_o-121899-1.6.0_14-20091001-2113-linux-x86_64`
        let Some((name, rest)) = text.split_once(" R") else {
            return false;
        };
        dump.vm = Some(name.to_owned());
        dump.version = rest
            .split('-')
            .find(|part| part.starts_with("1."))
            .map(str::to_owned);
    }
    true
}

/// A date and time anywhere in the text that a logging framework wrote before the banner.
fn stamp_of_prefix(prefix: &[u8]) -> Option<Stamp> {
    let starts = memchr::memchr_iter(b'-', prefix)
        .filter_map(|dash| dash.checked_sub(4))
        .take(8);
    starts
        .filter_map(|at| crate::time::iso8601(&prefix[at..]))
        .map(|(stamp, _)| stamp)
        .next()
}
