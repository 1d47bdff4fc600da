//! `jcmd Thread.dump_to_file` as text (JDK 21 and later): `jdk.internal.vm.ThreadDumper`. Has the unmounted virtual
//! threads; locks by identity hash; every thread with its own time.

use memchr::memrchr;

use super::header::decimal;
use super::locks;
use crate::input::{Coverage, Lines};
use crate::key;
use crate::threads::dump::{Dump, LockLine, Owner, State, Thread, ThreadKind};
use crate::threads::frames::Frames;
use crate::time;

pub(super) const FORMAT: &str = "Thread.dump_to_file (text)";
/// Lines over which the name of a thread may go.
const NAME_LINES: usize = 4;

/// Whether the three lines are the head of such a dump: process id, instant in UTC, version.
pub(super) fn is_head(lines: [&[u8]; 3]) -> bool {
    let pid = !lines[0].is_empty() && lines[0].iter().all(u8::is_ascii_digit);
    let time = time::iso8601(lines[1]).is_some_and(|(_, used)| used == lines[1].len())
        && lines[1].ends_with(b"Z");
    pid && time && lines[2].first().is_some_and(u8::is_ascii_digit)
}

/// Reads all dumps of `bytes`.
pub(super) fn read(source: &str, bytes: &[u8], frames: &mut Frames) -> (Vec<Dump>, Coverage) {
    let mut coverage = Coverage::new(source, FORMAT, bytes.len() as u64);
    let mut dumps: Vec<Dump> = Vec::new();
    let mut before: [&[u8]; 2] = [b"", b""];
    let mut name: Option<(u64, usize, Vec<u8>)> = None;
    for line in Lines::new(bytes) {
        coverage.lines += 1;
        let text = line.text;
        let known = match (&mut name, dumps.last_mut()) {
            (Some((first, lines, begun)), Some(dump)) => {
                begun.push(b'\n');
                begun.extend_from_slice(text);
                *lines += 1;
                match header(begun, *first) {
                    Some(thread) => {
                        dump.threads.push(thread);
                        name = None;
                        true
                    }
                    None if *lines < NAME_LINES => true,
                    None => {
                        name = None;
                        false
                    }
                }
            }
            (None, Some(dump)) if text.starts_with(b"#") => {
                match header(text, line.number) {
                    Some(thread) => dump.threads.push(thread),
                    None => name = Some((line.number, 1, text.to_vec())),
                }
                true
            }
            (None, Some(dump)) if text.starts_with(b" ") => body(dump, text.trim_ascii(), frames),
            _ if is_head([before[0], before[1], text]) => {
                dumps.push(head(source, line.number.saturating_sub(2), before, text));
                true
            }
            // Head lines of a further dump are understood once the third is seen.
            _ => {
                text.trim_ascii().is_empty()
                    || text.iter().all(u8::is_ascii_digit)
                    || time::iso8601(text).is_some()
            }
        };
        if !known {
            coverage.line_not_understood(line.number, text, key!("a line of Thread.dump_to_file"));
        }
        before = [before[1], text];
    }
    coverage.records = dumps.iter().map(|dump| dump.threads.len() as u64).sum();
    (dumps, coverage)
}

fn head(source: &str, line: u64, before: [&[u8]; 2], version: &[u8]) -> Dump {
    let mut dump = Dump::new(source, line, FORMAT);
    dump.pid = decimal(before[0]);
    dump.taken = time::iso8601(before[1]).map(|(stamp, _)| stamp);
    dump.version = Some(String::from_utf8_lossy(version).into_owned());
    dump.shows_virtual = true;
    dump
}

/// `#41 "late-0" virtual TIMED_WAITING 2026-11-22T01:17:08.679758892Z`; JDK 21 ends after `virtual`.
fn header(text: &[u8], line: u64) -> Option<Thread> {
    let rest = text.strip_prefix(b"#")?;
    let number = decimal(rest)?;
    let open = memchr::memchr(b'"', rest)?;
    let mut end = rest.len();
    loop {
        end = memrchr(b'"', &rest[..end]).filter(|close| *close > open)?;
        let after = rest[end + 1..].trim_ascii();
        let (virtual_, after) = match after.strip_prefix(b"virtual") {
            Some(after) => (true, after.trim_ascii_start()),
            None => (false, after),
        };
        let state = State::parse(after);
        if !after.is_empty() && state.is_none() {
            continue;
        }
        let name = String::from_utf8_lossy(&rest[open + 1..end]).into_owned();
        let kind = if virtual_ {
            ThreadKind::Virtual
        } else {
            ThreadKind::Java
        };
        let mut thread = Thread::new(name, line, kind);
        thread.number = Some(number);
        thread.state = state.unwrap_or_default();
        return Some(thread);
    }
}

fn body(dump: &mut Dump, text: &[u8], frames: &mut Frames) -> bool {
    let Some(thread) = dump.threads.last_mut() else {
        return false;
    };
    if let Some(rest) = text.strip_prefix(b"- ") {
        // Later schemas name the owner of a park blocker: `…>, owner #22`.
        let (rest, owner) = match memchr::memmem::rfind(rest, b", owner #") {
            Some(at) => (&rest[..at], decimal(&rest[at + 9..])),
            None => (rest, None),
        };
        let Some((what, lock)) = locks::parse(rest, &mut dump.locks) else {
            return false;
        };
        thread.owner = owner.map(Owner::Number).or(thread.owner.take());
        let frame = (thread.frames.len() as u32).saturating_sub(1);
        thread.locks.push(LockLine { frame, what, lock });
        return true;
    }
    let frame = text.strip_prefix(b"at ").unwrap_or(text);
    if !frame.ends_with(b")") {
        return false;
    }
    thread.frames.push(frames.intern(frame));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_jdk_shapes_are_read() {
        let text = "77\n2026-11-22T01:17:08.679758892Z\n25.0.3+9-LTS\n\n#41 \"late \"x\" virtual\" virtual WAITING 2026-11-22T01:17:08Z\n    at java.base/java.lang.Thread.run(Thread.java:1)\n    - parking to wait for <a.B@1f>, owner #22\n\n#42 \"two\nlines\"\n      java.base/java.lang.Thread.run(Thread.java:1)\n\n#43 \"\" virtual\n";
        let mut frames = Frames::default();
        let (dumps, coverage) = read("f", text.as_bytes(), &mut frames);
        assert_eq!(coverage.not_understood, 0, "{:?}", coverage.issues);
        let [dump] = &dumps[..] else {
            panic!("one dump")
        };
        assert_eq!((dump.pid, dump.line, dump.threads.len()), (Some(77), 1, 3));
        let [first, second, third] = &dump.threads[..] else {
            panic!("three threads")
        };
        assert_eq!(
            (first.name.as_str(), first.kind, first.state),
            ("late \"x\" virtual", ThreadKind::Virtual, State::Waiting)
        );
        assert_eq!(first.owner, Some(Owner::Number(22)));
        assert_eq!(
            (second.name.as_str(), second.kind),
            ("two\nlines", ThreadKind::Java)
        );
        assert_eq!(first.frames, second.frames);
        assert_eq!(third.kind, ThreadKind::Virtual);
    }
}
