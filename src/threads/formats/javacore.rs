//! Javacores of OpenJ9 and IBM J9: tagged lines, one thread after the other, names with `/`.
//! <https://eclipse.dev/openj9/docs/dump_javadump/>

use memchr::memmem;

use super::header::decimal;
use super::locks::{dotted, dotted_name};
use crate::finding::Locator;
use crate::input::{Coverage, Lines};
use crate::key;
use crate::threads::dump::{
    Dump, LockLine, LockUse, Owner, State, Thread, ThreadKind, VmDeadlock, VmMember, address,
};
use crate::threads::frames::Frames;
use crate::threads::report::HeapSpace;
use crate::time::{Instant, Moment, Stamp};

pub(super) const FORMAT: &str = "OpenJ9 javacore";
pub(super) const MARK: &str = "1TISIGINFO";

/// Whether `head` begins a javacore.
pub(super) fn is_javacore(head: &[u8]) -> bool {
    head.starts_with(b"0SECTION ") || memmem::find(head, b"\n1TISIGINFO ").is_some()
}

/// Reads all javacores of `bytes`.
pub(super) fn read(source: &str, bytes: &[u8], frames: &mut Frames) -> (Vec<Dump>, Coverage) {
    let mut coverage = Coverage::new(source, FORMAT, bytes.len() as u64);
    let mut dumps: Vec<Dump> = Vec::new();
    for line in Lines::new(bytes) {
        coverage.lines += 1;
        let end = line
            .text
            .iter()
            .position(|b| matches!(b, b' ' | b'\t'))
            .unwrap_or(line.text.len());
        let (tag, rest) = line.text.split_at(end);
        let rest = rest.trim_ascii();
        let begins = tag == b"0SECTION" && rest.starts_with(b"TITLE");
        if begins || (dumps.is_empty() && is_tag(tag)) {
            let mut dump = Dump::new(source, line.number, FORMAT);
            // Owners of exclusive synchronizers stand at the waiting thread.
            dump.lists_synchronizers = true;
            dump.ended = Some(false);
            dumps.push(dump);
        }
        let Some(dump) = dumps.last_mut() else {
            continue;
        };
        if !is_tag(tag) && !line.text.trim_ascii().is_empty() && !line.text.starts_with(b" ") {
            coverage.line_not_understood(line.number, line.text, key!("a tag of a javacore"));
        } else if !tagged(dump, tag, rest, line.number, frames) {
            coverage.line_not_understood(line.number, line.text, key!("the fields of this tag"));
        }
    }
    coverage.records = dumps.iter().map(|dump| dump.threads.len() as u64).sum();
    (dumps, coverage)
}

/// `3XMTHREADINFO`, `0SECTION`, `NULL`.
fn is_tag(tag: &[u8]) -> bool {
    tag == b"NULL"
        || (tag.len() > 4
            && tag[0].is_ascii_digit()
            && tag[1..]
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || *b == b'_'))
}

/// Takes what a line says about threads; `false` when it should and cannot be read. Lines of other subjects are not
/// ours to read.
fn tagged(dump: &mut Dump, tag: &[u8], rest: &[u8], number: u64, frames: &mut Frames) -> bool {
    match tag {
        b"3XMTHREADINFO" => thread(dump, rest, number),
        b"3XMJAVALTHREAD" => edit(dump, |thread| {
            thread.number = after(rest, "getId:").and_then(address_until);
        }),
        b"3XMTHREADINFO1" => edit(dump, |thread| {
            thread.nid = after(rest, "native thread ID:").and_then(address_until);
        }),
        b"3XMCPUTIME" => edit(dump, |thread| {
            thread.cpu = after(rest, "CPU usage total:").and_then(seconds)
        }),
        b"3XMTHREADBLOCK" => blocked(dump, rest),
        b"4XESTACKTRACE" => match (rest.strip_prefix(b"at "), dump.threads.last_mut()) {
            (Some(frame), Some(thread)) => {
                thread.frames.push(frames.intern(&compiled(frame)));
                true
            }
            _ => false,
        },
        b"5XESTACKTRACE" => entered(dump, rest),
        b"1TIDATETIMEUTC" => {
            dump.taken = date(rest).map(Stamp::Zoned).or(dump.taken);
            true
        }
        b"1TIDATETIME" => {
            dump.taken = dump.taken.or(date(rest).map(Stamp::Local));
            true
        }
        b"1CIPROCESSID" => {
            dump.pid = after(rest, "Process ID:").and_then(|text| decimal(text.trim_ascii()));
            true
        }
        b"1CIJAVAVERSION" => {
            version(dump, rest);
            true
        }
        b"1STHEAPTOTAL" | b"1STHEAPINUSE" => {
            heap(dump, tag, rest, number);
            true
        }
        b"1LKDEADLOCK" | b"2LKDEADLOCKTHR" | b"4LKDEADLOCKOBJ" => deadlock(dump, tag, rest, number),
        b"0SECTION" => {
            if rest.starts_with(b"Javadump End") {
                dump.ended = Some(true);
            }
            true
        }
        _ => true,
    }
}

fn edit(dump: &mut Dump, change: impl FnOnce(&mut Thread)) -> bool {
    dump.threads.last_mut().map(change).is_some()
}

/// `"main" J9VMThread:0x…, omrthread_t:0x…, java/lang/Thread:0x…, state:CW, prio=5`, `Anonymous native thread`.
fn thread(dump: &mut Dump, rest: &[u8], line: u64) -> bool {
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        let name = String::from_utf8_lossy(rest).into_owned();
        dump.threads.push(Thread::new(name, line, ThreadKind::Vm));
        return true;
    };
    let Some(end) = memmem::rfind(quoted, b"\" ").or_else(|| memchr::memrchr(b'"', quoted)) else {
        return false;
    };
    let fields = &quoted[end..];
    let java = after(fields, "java/lang/Thread:")
        .and_then(address_until)
        .is_some_and(|address| address != 0);
    let kind = if java {
        ThreadKind::Java
    } else {
        ThreadKind::Vm
    };
    let mut thread = Thread::new(
        String::from_utf8_lossy(&quoted[..end]).into_owned(),
        line,
        kind,
    );
    thread.tid = after(fields, "J9VMThread:").and_then(address_until);
    thread.state = match after(fields, "state:")
        .map(|text| text.split(|b| *b == b',').next().unwrap_or(b""))
    {
        Some(b"R" | b"S") => State::Runnable,
        Some(b"B") => State::Blocked,
        Some(b"CW" | b"P") => State::Waiting,
        Some(b"Z") => State::Terminated,
        _ => State::Unknown,
    };
    dump.threads.push(thread);
    true
}

/// `Blocked on: java/lang/Object@0x… Owned by: "x" (J9VMThread:0x…, java/lang/Thread:0x…)`
fn blocked(dump: &mut Dump, rest: &[u8]) -> bool {
    let (what, rest) = if let Some(rest) = rest.strip_prefix(b"Blocked on: ") {
        (LockUse::WaitingToLock, rest)
    } else if let Some(rest) = rest.strip_prefix(b"Waiting on: ") {
        (LockUse::WaitingOn, rest)
    } else if let Some(rest) = rest.strip_prefix(b"Parked on: ") {
        (LockUse::Parking, rest)
    } else {
        return rest.starts_with(b"Not on") || rest.is_empty();
    };
    let Some(lock) = object(dump, rest) else {
        return rest.starts_with(b"<unknown>");
    };
    let owner = after(rest, "Owned by: \"")
        .and_then(|owner| after(owner, "J9VMThread:"))
        .and_then(address_until);
    edit(dump, |thread| {
        thread.locks.push(LockLine {
            frame: 0,
            what,
            lock: Some(lock),
        });
        // The owner of an object that a thread waits on in `Object.wait` does not hold it up.
        thread.owner = owner
            .filter(|_| what != LockUse::WaitingOn)
            .map(Owner::Address);
    })
}

/// `(entered lock: java/lang/Object@0x…, entry count: 1)`
fn entered(dump: &mut Dump, rest: &[u8]) -> bool {
    let Some(lock) = after(rest, "entered lock: ").and_then(|rest| object(dump, rest)) else {
        return false;
    };
    edit(dump, |thread| {
        let frame = (thread.frames.len() as u32).saturating_sub(1);
        thread.locks.push(LockLine {
            frame,
            what: LockUse::Locked,
            lock: Some(lock),
        });
    })
}

/// `java/lang/Object@0x00000000E14653B0 …`
fn object(dump: &mut Dump, text: &[u8]) -> Option<u32> {
    let at = memmem::find(text, b"@0x")?;
    let identity = &text[at + 1..];
    let end = identity[2..]
        .iter()
        .position(|b| !b.is_ascii_hexdigit())
        .map_or(identity.len(), |end| end + 2);
    let class = dotted(&text[..at]);
    address(&identity[..end])?;
    Some(dump.locks.object(&identity[..end], &class))
}

/// `2LKDEADLOCKTHR  Thread "a" (0x…)` then what it waits for, then the next thread as its owner, back to the first.
fn deadlock(dump: &mut Dump, tag: &[u8], rest: &[u8], line: u64) -> bool {
    if tag == b"1LKDEADLOCK" {
        dump.vm_deadlocks.push(VmDeadlock {
            line,
            members: Vec::new(),
        });
        return true;
    }
    let lock = object(dump, rest);
    let Some(deadlock) = dump.vm_deadlocks.last_mut() else {
        return false;
    };
    if tag == b"4LKDEADLOCKOBJ" {
        if let Some(member) = deadlock.members.last_mut() {
            member.wants = lock;
        }
        return true;
    }
    let Some(name) = after(rest, "\"").and_then(|rest| Some(&rest[..memchr::memrchr(b'"', rest)?]))
    else {
        return false;
    };
    let name = String::from_utf8_lossy(name).into_owned();
    if let Some(last) = deadlock.members.last_mut() {
        last.holder = Some(name.clone());
    }
    if deadlock
        .members
        .first()
        .is_none_or(|first| first.name != name)
    {
        deadlock.members.push(VmMember {
            name,
            ..VmMember::default()
        });
    }
    true
}

fn heap(dump: &mut Dump, tag: &[u8], rest: &[u8], line: u64) {
    let value =
        memchr::memchr(b':', rest).and_then(|colon| decimal(rest[colon + 1..].trim_ascii()));
    let known = dump.heap.iter().position(|space| space.name == "heap");
    let index = known.unwrap_or_else(|| {
        let at = Locator::line(dump.source.as_str(), line);
        dump.heap.push(HeapSpace {
            name: "heap".to_owned(),
            used: None,
            committed: None,
            reserved: None,
            at,
        });
        dump.heap.len() - 1
    });
    match tag {
        b"1STHEAPTOTAL" => dump.heap[index].committed = value,
        _ => dump.heap[index].used = value,
    }
}

/// `JRE 21 Mac OS X aarch64-64 (build 21.0.4+7-LTS)`, `JRE 1.8.0 Linux amd64-64 (build 8.0.5.40 - …)`
fn version(dump: &mut Dump, rest: &[u8]) {
    let text = String::from_utf8_lossy(rest);
    let release = text.split(' ').nth(1).unwrap_or("");
    let build = text
        .split("(build ")
        .nth(1)
        .and_then(|build| build.split([' ', ')']).next());
    let modern = build.filter(|build| build.contains('+'));
    dump.version = Some(modern.unwrap_or(release).to_owned());
    dump.vm = Some("OpenJ9".to_owned());
}

/// `Date: 2024/11/18 at 18:20:39:414 (UTC)`
fn date(rest: &[u8]) -> Option<Moment> {
    let text = after(rest, "Date:")?.trim_ascii();
    let part = |from: usize, length: usize| {
        decimal(text.get(from..from + length)?).and_then(|value| u32::try_from(value).ok())
    };
    // Columns: 0 year, 5 month, 8 day, 14 hour, 17 minute, 20 second, 23 milliseconds.
    let day = (i32::try_from(part(0, 4)?).ok()?, part(5, 2)?, part(8, 2)?);
    let at = Instant::from_civil(day, (part(14, 2)?, part(17, 2)?, part(20, 2)?), 0)?;
    match part(23, 3) {
        Some(millis) => Some(Moment::truncated(at.plus(i64::from(millis) * 1000), 1000)),
        None => Some(Moment::truncated(at, 1_000_000)),
    }
}

/// `java/lang/Object.wait(Object.java:221(Compiled Code))` with dots and without the note.
fn compiled(frame: &[u8]) -> Vec<u8> {
    match memmem::find(frame, b"(Compiled Code)") {
        Some(at) => {
            let mut plain = dotted_name(&frame[..at]);
            plain.push(b')');
            plain
        }
        None => dotted_name(frame),
    }
}

fn after<'a>(text: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let at = memmem::find(text, key.as_bytes())?;
    Some(&text[at + key.len()..])
}

fn address_until(text: &[u8]) -> Option<u64> {
    let start = text.strip_prefix(b"0x").unwrap_or(text);
    let end = start
        .iter()
        .position(|b| !b.is_ascii_hexdigit())
        .unwrap_or(start.len());
    address(&start[..end])
}

/// `1.264468000 secs` in microseconds.
fn seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim_start();
    let value: f64 = text.split(' ').next()?.parse().ok()?;
    (value.abs() < 9e9).then_some((value * 1e6).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_locks_and_times_are_read() {
        let text = "0SECTION       TITLE subcomponent dump routine\n1TIDATETIMEUTC Date: 2024/11/18 at 18:20:39:414 (UTC)\n1TIDATETIME    Date: 2024/11/18 at 12:20:39:414\n1LKDEADLOCK    Deadlock detected !!!\n2LKDEADLOCKTHR  Thread \"a\" (0x1)\n4LKDEADLOCKOBJ      x/L@0x0000000B\n2LKDEADLOCKTHR  Thread \"b\" (0x2)\n4LKDEADLOCKOBJ      x/L@0x0000000A\n2LKDEADLOCKTHR  Thread \"a\" (0x1)\n3XMTHREADINFO      \"a\" J9VMThread:0x0F, omrthread_t:0x2, java/lang/Thread:0x3, state:B, prio=5\n3XMJAVALTHREAD            (java/lang/Thread getId:0x2, isDaemon:false)\n3XMCPUTIME               CPU usage total: 1.264468000 secs, current category=\"Application\"\n3XMTHREADBLOCK     Blocked on: x/L@0x0000000B Owned by: \"b\" (J9VMThread:0x1F, java/lang/Thread:0x4)\n4XESTACKTRACE                at x/Y.z(Y.java:3(Compiled Code))\n5XESTACKTRACE                   (entered lock: x/L@0x0000000A, entry count: 1)\n3XMTHREADINFO      Anonymous native thread\n0SECTION       Javadump End section\n";
        let mut frames = Frames::default();
        let (dumps, coverage) = read("f", text.as_bytes(), &mut frames);
        assert_eq!(coverage.not_understood, 0, "{:?}", coverage.issues);
        let [dump] = &dumps[..] else {
            panic!("one dump")
        };
        assert_eq!(
            dump.taken
                .and_then(Stamp::zoned)
                .map(|moment| moment.lo.rfc3339())
                .as_deref(),
            Some("2024-11-18T18:20:39.414Z")
        );
        let thread = &dump.threads[0];
        assert_eq!(
            (thread.number, thread.cpu, thread.state),
            (Some(2), Some(1_264_468), State::Blocked)
        );
        assert_eq!(thread.owner, Some(Owner::Address(0x1f)));
        assert_eq!(frames.get(thread.frames[0]).text, "x.Y.z(Y.java:3)");
        assert_eq!(dump.threads[1].kind, ThreadKind::Vm);
        let members: Vec<_> = dump.vm_deadlocks[0]
            .members
            .iter()
            .map(|m| (m.name.as_str(), m.holder.as_deref()))
            .collect();
        assert_eq!(members, [("a", Some("b")), ("b", Some("a"))]);
        assert_eq!(dump.ended, Some(true));
    }
}
