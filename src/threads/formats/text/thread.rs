//! One thread of a dump in lines: its header, its frames and what stands between them about locks.

use memchr::memmem;

use super::{Mode, Reader};
use crate::threads::dump::{Dump, LockLine, LockUse, State, Thread, ThreadKind};
use crate::threads::formats::header::{self, Header};
use crate::threads::formats::locks;

impl<'a> Reader<'a> {
    pub(super) fn header(&mut self, number: u64, header: &Header<'_>) {
        self.finish_thread();
        self.mode = Mode::Threads;
        self.in_trace = false;
        let name = String::from_utf8_lossy(header.name).into_owned();
        let kind = if header.is_virtual {
            ThreadKind::Virtual
        } else {
            ThreadKind::Java
        };
        let mut thread = Thread::new(name, number, kind);
        thread.number = header.number;
        thread.tid = header.tid;
        thread.nid = header.nid;
        thread.cpu = header.cpu;
        thread.elapsed = header.elapsed;
        thread.state = header.state;
        thread.in_object_wait = header.in_object_wait;
        thread.owner = header.owner;
        self.java = header.stack || header.number.is_some();
        if let (Some(wants), Some(dump)) = (header.wants, &mut self.dump) {
            let what = match header.state {
                State::Blocked => LockUse::WaitingToLock,
                _ => LockUse::WaitingOn,
            };
            let lock = locks::target(wants, &mut dump.locks);
            thread.locks.push(LockLine {
                frame: 0,
                what,
                lock,
            });
        }
        self.thread = Some(thread);
    }

    pub(super) fn frame(&mut self, text: &[u8]) -> bool {
        if self.in_trace {
            return false;
        }
        let Some(thread) = &mut self.thread else {
            return false;
        };
        let jrockit = self
            .dump
            .as_ref()
            .is_some_and(|dump| dump.format == "JRockit");
        let frame = match jrockit {
            true => self.frames.intern(&locks::dotted_name(text)),
            false => self.frames.intern(text),
        };
        thread.frames.push(frame);
        true
    }

    /// `- locked <…>`, `- None`, `- <…> (a C)` or a frame of jhsdb.
    pub(super) fn dash(&mut self, rest: &[u8]) -> bool {
        if let Some(at) = memmem::find(rest, b" @bci=") {
            let Some(thread) = &mut self.thread else {
                return false;
            };
            thread
                .frames
                .push(self.frames.intern(&jhsdb_frame(rest, at)));
            return true;
        }
        let (Some(thread), Some(dump)) = (&mut self.thread, &mut self.dump) else {
            return false;
        };
        if rest.starts_with(b"None") {
            return true;
        }
        if self.mode == Mode::Synchronizers {
            let lock = rest.strip_prefix(b"Locked ").unwrap_or(rest);
            let Some(lock) = locks::target(lock, &mut dump.locks) else {
                return false;
            };
            thread.synchronizers.push(lock);
            return true;
        }
        lock_line(thread, dump, rest)
    }

    /// The other indented lines of a thread.
    pub(super) fn thread_line(&mut self, text: &'a [u8]) -> bool {
        let (Some(thread), Some(dump)) = (&mut self.thread, &mut self.dump) else {
            return text.starts_with(b"Locked ownable synchronizers");
        };
        if let Some(state) = text.strip_prefix(b"java.lang.Thread.State:") {
            if let Some(state) = State::parse(state.trim_ascii_start()) {
                thread.state = state;
                self.java = true;
                return true;
            }
            return false;
        }
        if text.starts_with(b"Locked ownable synchronizers")
            || text.starts_with(b"Number of locked synchronizers")
        {
            dump.lists_synchronizers = true;
            self.mode = Mode::Synchronizers;
            return true;
        }
        if let Some(number) = text.strip_prefix(b"Carrying virtual thread #") {
            thread.carries = header::decimal(number);
            return true;
        }
        if let Some(number) = text.strip_prefix(b"Mounted virtual thread #") {
            let number = header::decimal(number);
            self.mounted(number);
            return true;
        }
        if let Some(rest) = text
            .strip_prefix(b"^-- ")
            .or_else(|| text.strip_prefix(b"-- "))
        {
            return rest.starts_with(b"end of trace")
                || rest.starts_with(b"Stack")
                || lock_line(thread, dump, rest);
        }
        // `ThreadInfo.toString` prints eight frames and three dots.
        [
            "JavaThread state:",
            "No compile task",
            "Compiling:",
            "...",
            "Compile task:",
            "null",
            "<no locks held>",
        ]
        .iter()
        .any(|known| text.starts_with(known.as_bytes()))
    }

    /// From here on the stack is that of the virtual thread on this carrier.
    fn mounted(&mut self, number: Option<u64>) {
        let line = self.thread.as_ref().map_or(0, |thread| thread.line);
        self.finish_thread();
        let Some(dump) = &self.dump else {
            return;
        };
        let mut thread = Thread::new(String::new(), line, ThreadKind::Virtual);
        thread.number = number;
        thread.carrier = (dump.threads.len() as u32).checked_sub(1);
        self.thread = Some(thread);
    }

    /// A list of thread addresses, or `0x00007f9dd123b72f<TAB>__GI_accept + 0x4f` of `jhsdb jstack --mixed`.
    pub(super) fn native_or_address(&mut self, line: &[u8]) -> bool {
        if let Some(tab) = memchr::memchr(b'\t', line)
            && let Some(thread) = &mut self.thread
        {
            let symbol = line[tab + 1..].trim_ascii();
            let end = memmem::find(symbol, b" + 0x").unwrap_or(symbol.len());
            thread.frames.push(self.frames.intern(&symbol[..end]));
        }
        true
    }

    pub(super) fn finish_thread(&mut self) {
        let (Some(mut thread), Some(dump)) = (self.thread.take(), &mut self.dump) else {
            return;
        };
        if thread.kind == ThreadKind::Java
            && !self.java
            && thread.frames.is_empty()
            && dump.format == "HotSpot"
        {
            thread.kind = ThreadKind::Vm;
        }
        if dump.format == "jhsdb" {
            wanted_monitor_of_jhsdb(&mut thread);
        }
        dump.threads.push(thread);
        if self.mode == Mode::Synchronizers {
            self.mode = Mode::Threads;
        }
    }
}

fn lock_line(thread: &mut Thread, dump: &mut Dump, text: &[u8]) -> bool {
    let Some((what, lock)) = locks::parse(text, &mut dump.locks) else {
        return false;
    };
    // Under `ThreadInfo`, the header said the same already.
    let frame = (thread.frames.len() as u32).saturating_sub(1);
    let line = LockLine { frame, what, lock };
    if !thread.locks.contains(&line) {
        thread.locks.push(line);
    }
    true
}

/// A thread that jhsdb shows as BLOCKED on entry waits for the innermost monitor of its top frame, which is the last
/// one printed. JDK 17 says `locked` of all of them, JDK 25 says `waiting to lock` of the outermost, which it holds.
fn wanted_monitor_of_jhsdb(thread: &mut Thread) {
    let elsewhere = |line: &LockLine| !is_entry(line) && line.what != LockUse::Locked;
    if thread.state != State::Blocked || thread.locks.iter().any(elsewhere) {
        return;
    }
    let mut top = thread
        .locks
        .iter_mut()
        .filter(|line| is_entry(line))
        .peekable();
    while let Some(line) = top.next() {
        line.what = match top.peek() {
            Some(_) => LockUse::Locked,
            None => LockUse::WaitingToLock,
        };
    }
}

/// A monitor of the top frame.
fn is_entry(line: &LockLine) -> bool {
    line.frame == 0 && matches!(line.what, LockUse::Locked | LockUse::WaitingToLock)
}

/// `C.m(args) @bci=22, line=6 (Interpreted frame)` as `C.m(line 6)`.
fn jhsdb_frame(text: &[u8], bci: usize) -> Vec<u8> {
    let name = &text[..text.iter().position(|b| *b == b'(').unwrap_or(bci).min(bci)];
    let line =
        memmem::find(&text[bci..], b"line=").and_then(|at| header::decimal(&text[bci + at + 5..]));
    let mut frame = name.to_vec();
    if let Some(line) = line {
        frame.extend_from_slice(format!("(line {line})").as_bytes());
    }
    frame
}
