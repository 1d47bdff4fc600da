//! `hs_err_pid<n>.log` of HotSpot: the list of threads, and the stack of the one that crashed. `VMError::report` in
//! `vmError.cpp`, `ThreadsSMRSupport::print_info_on` and `Threads::print_on_error`.

use memchr::memmem;

use super::banner;
use super::header::decimal;
use super::locks::dotted;
use crate::finding::Locator;
use crate::input::{Coverage, Lines};
use crate::key;
use crate::threads::dump::{Dump, State, Thread, ThreadKind, address};
use crate::threads::frames::Frames;
use crate::time::{Moment, Stamp};

pub(super) const FORMAT: &str = "hs_err of HotSpot";
pub(super) const MARK: &str = "Java Threads: ( => current thread )";

/// Where in the file the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Elsewhere,
    /// Below "Native frames:", which has the Java frames too, or below "Java frames:".
    Stack,
    JavaThreads,
    OtherThreads,
}

/// Reads the file of one crash.
pub(super) fn read(source: &str, bytes: &[u8], frames: &mut Frames) -> (Vec<Dump>, Coverage) {
    let mut coverage = Coverage::new(source, FORMAT, bytes.len() as u64);
    let mut dump = Dump::new(source, 1, FORMAT);
    let mut mode = Mode::Elsewhere;
    let mut stack: Vec<u32> = Vec::new();
    let mut from_java = false;
    for line in Lines::new(bytes) {
        coverage.lines += 1;
        let text = line.text.trim_ascii();
        if line.text.starts_with(MARK.as_bytes()) {
            dump.line = line.number;
            mode = Mode::JavaThreads;
        } else if text.starts_with(b"Other Threads:") {
            mode = Mode::OtherThreads;
        } else if text.starts_with(b"Native frames:") || text.starts_with(b"Java frames:") {
            mode = match stack.is_empty() {
                true => Mode::Stack,
                false => Mode::Elsewhere,
            };
            from_java = false;
        } else if text.is_empty() {
            mode = Mode::Elsewhere;
        } else {
            match mode {
                Mode::Elsewhere => about(&mut dump, text, line.number),
                Mode::Stack if from_java && text.starts_with(b"v ") => mode = Mode::Elsewhere,
                Mode::Stack => {
                    from_java |= text.starts_with(b"j ") || text.starts_with(b"J ");
                    stack.extend(frame(text).map(|frame| frames.intern(&frame)));
                }
                Mode::JavaThreads | Mode::OtherThreads => {
                    let java = mode == Mode::JavaThreads;
                    match thread(text, line.number, java) {
                        Some((thread, current)) => {
                            if current {
                                dump.crashed = Some(dump.threads.len() as u32);
                            }
                            dump.threads.push(thread);
                        }
                        None if text.starts_with(b"Total:") => {}
                        None => coverage.line_not_understood(
                            line.number,
                            line.text,
                            key!("a thread of the list"),
                        ),
                    }
                }
            }
        }
    }
    if let Some(thread) = dump.crashed {
        dump.threads[thread as usize].frames = stack;
    }
    coverage.records = dump.threads.len() as u64;
    (vec![dump], coverage)
}

/// What stands outside the lists: the error, the VM, the time and the length of the list of threads.
fn about(dump: &mut Dump, text: &[u8], number: u64) {
    if let Some(rest) = text.strip_prefix(b"#") {
        let rest = rest.trim_ascii();
        if let Some(at) = memmem::find(rest, b", pid=") {
            dump.pid = decimal(&rest[at + 6..]);
            // `SIGSEGV (0xb) at pc=0x00007f8ec7a84f14 (sent by kill)`
            let end = memmem::find(rest, b" at pc=").unwrap_or(at);
            let error = String::from_utf8_lossy(&rest[..end]).into_owned();
            dump.error = Some((error, Locator::line(dump.source.as_str(), number)));
        } else if let Some(vm) = rest.strip_prefix(b"Java VM: ") {
            (dump.vm, dump.version) = banner::vm(vm);
            dump.version = dump
                .version
                .take()
                .map(|version| version.trim_end_matches(',').to_owned());
        }
    } else if text.starts_with(b"Time: ") || text.starts_with(b"time: ") {
        dump.taken = time(&text[6..]);
    } else if text == b"timezone: UTC" || text == b"timezone: GMT" {
        dump.taken = dump.taken.map(in_utc);
    } else if text.starts_with(b"_java_thread_list=") {
        dump.expected = banner::smr_length(text);
    }
}

/// `Sun Nov 22 03:42:59 2026 UTC elapsed time: 0.583067 seconds (0d 0h 0m 0s)`; the zone is only a name.
fn time(text: &[u8]) -> Option<Stamp> {
    let stamp = banner::ctime(text)?;
    let zone = text.get(25..).unwrap_or(b"");
    Some(
        match zone.starts_with(b"UTC") || zone.starts_with(b"GMT ") {
            true => in_utc(stamp),
            false => stamp,
        },
    )
}

fn in_utc(stamp: Stamp) -> Stamp {
    match stamp {
        Stamp::Local(Moment { lo, hi }) => Stamp::Zoned(Moment { lo, hi }),
        other => other,
    }
}

/// The frame of one line of a stack; `None` for the VM's own entry into Java.
///
/// `j  Crash.flush(Lsun/misc/Unsafe;)V+3 java.base@17`, `J 123% c2 a.B.c(I)V (45 bytes) @ 0x…`,
/// `V  [libjvm.so+0xed2f94]  Unsafe_PutLong+0x124`, `C  [libc.so.6+0x85f14]`.
fn frame(text: &[u8]) -> Option<Vec<u8>> {
    let (kind, rest) = text.split_first()?;
    let rest = rest.trim_ascii();
    match kind {
        b'j' | b'J' => {
            let mut words = rest.split(|b| *b == b' ');
            let name = words.find(|word| memchr::memchr(b'(', word).is_some())?;
            let end = name.iter().position(|b| *b == b'(')?;
            Some(dotted(&name[..end]))
        }
        b'V' | b'C' | b'A' => {
            let symbol = match memmem::find(rest, b"]  ") {
                Some(at) => &rest[at + 3..],
                None => rest,
            };
            let end = memmem::rfind(symbol, b"+0x").filter(|_| !symbol.starts_with(b"["));
            let mut symbol = symbol[..end.unwrap_or(symbol.len())].to_vec();
            symbol.extend_from_slice(b"(Native Method)");
            Some(symbol)
        }
        _ => None,
    }
}

/// `=>0x00007f…  JavaThread "main" [_thread_in_native, id=1234, stack(0x…,0x…)]`, and whether it is the current one.
fn thread(text: &[u8], line: u64, java: bool) -> Option<(Thread, bool)> {
    let (text, current) = match text.strip_prefix(b"=>") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let end = text.iter().position(|b| matches!(b, b' ' | b':'))?;
    let native = address(&text[..end])?;
    let rest = &text[end..];
    let open = memchr::memchr(b'"', rest);
    let close = memmem::rfind(rest, b"\" ");
    let (name, rest) = match open.zip(close).filter(|(open, close)| open < close) {
        Some((open, close)) => (&rest[open + 1..close], &rest[close + 1..]),
        // `WatcherThread [stack: …] [id=11549]` (JDK 17).
        None if !java => {
            let rest = rest.trim_ascii_start();
            let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
            rest.split_at(end)
        }
        None => return None,
    };
    let kind = if java {
        ThreadKind::Java
    } else {
        ThreadKind::Vm
    };
    let mut thread = Thread::new(String::from_utf8_lossy(name).into_owned(), line, kind);
    thread.tid = Some(native);
    thread.nid = memmem::find(rest, b"id=").and_then(|at| decimal(&rest[at + 3..]));
    let has = |word: &str| memmem::find(rest, word.as_bytes()).is_some();
    if has("_thread_in_Java") || has("_thread_in_native") || has("_thread_in_vm") {
        thread.state = State::Runnable;
    } else if has("_thread_new") {
        thread.state = State::New;
    }
    Some((thread, current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_kind_are_read() {
        let shown = |text: &str| frame(text.as_bytes()).map(|f| String::from_utf8(f).unwrap());
        for (line, wanted) in [
            ("j  Crash.flush(Lsun/misc/Unsafe;)V+3", "Crash.flush"),
            (
                "j  Crash$$Lambda$2+0x00007fd5b4001000.run()V+4",
                "Crash$$Lambda$2+0x00007fd5b4001000.run",
            ),
            (
                "J 1234% c2 com.shop.Cart.add(I)V java.base@17 (45 bytes) @ 0x1 [0x1+0x2]",
                "com.shop.Cart.add",
            ),
            (
                "V  [libjvm.so+0xed2f94]  Unsafe_PutLong+0x124",
                "Unsafe_PutLong(Native Method)",
            ),
            (
                "V  [libjvm.so+0x8282d2]  JavaCalls::call_helper(JavaValue*, methodHandle const&)+0x302",
                "JavaCalls::call_helper(JavaValue*, methodHandle const&)(Native Method)",
            ),
            (
                "C  [libc.so.6+0x85f14]",
                "[libc.so.6+0x85f14](Native Method)",
            ),
        ] {
            assert_eq!(shown(line).as_deref(), Some(wanted));
        }
        assert_eq!(shown("v  ~StubRoutines::call_stub"), None);
    }

    #[test]
    fn the_date_has_a_zone_when_it_is_that_of_utc() {
        let utc = time(b"Sun Nov 22 03:42:59 2026 UTC elapsed time: 0.58 seconds (0d 0h 0m 0s)");
        assert!(matches!(utc, Some(Stamp::Zoned(_))), "{utc:?}");
        let seoul = time(b"Sun Nov  2 03:42:59 2026 KST elapsed time: 0.58 seconds");
        assert!(matches!(seoul, Some(Stamp::Local(_))), "{seoul:?}");
        assert_eq!(time(b"Sun"), None);
    }

    #[test]
    fn the_list_is_read_however_the_name_is_written() {
        let text = "x\nJava Threads: ( => current thread )\n  0x00007f01: JavaThread \"a \"b\"\" daemon [_thread_blocked, id=12, stack(0x1,0x2)]\n=>0x00007f02 JavaThread \"main\"   [_thread_in_native, id=13, stack(0x3,0x4) (1024K)]\nTotal: 2\n\nOther Threads:\n  0x3 VMThread \"VM Thread\" [id=14]\n  0x4 WatcherThread [stack: 0x1,0x2] [id=15]\nTotal: 2\n\n";
        let (dumps, coverage) = read("f", text.as_bytes(), &mut Frames::default());
        assert_eq!((coverage.records, coverage.not_understood), (4, 0));
        let seen: Vec<_> = dumps[0]
            .threads
            .iter()
            .map(|thread| (thread.name.as_str(), thread.nid, thread.kind))
            .collect();
        assert_eq!(
            seen,
            [
                ("a \"b\"", Some(12), ThreadKind::Java),
                ("main", Some(13), ThreadKind::Java),
                ("VM Thread", Some(14), ThreadKind::Vm),
                ("WatcherThread", Some(15), ThreadKind::Vm),
            ]
        );
        assert_eq!(dumps[0].crashed, Some(1));
    }
}
