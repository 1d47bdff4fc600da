//! Small lists of threads: Kotlin's coroutine dump and the thread list of an hs_err file.

use memchr::memmem;

use super::header::decimal;
use crate::input::{Coverage, Lines};
use crate::key;
use crate::threads::dump::{Dump, State, Thread, ThreadKind, address};
use crate::threads::frames::Frames;

pub(super) const COROUTINES: &str = "Kotlin coroutine dump";
pub(super) const HS_ERR: &str = "thread list of hs_err";
pub(super) const HS_ERR_MARK: &str = "Java Threads: ( => current thread )";
pub(super) const COROUTINE_MARK: &str = "Coroutine \"";

/// `kotlinx.coroutines.debug.DebugProbes.dumpCoroutines`: `Coroutine "name#1":StandaloneCoroutine{Active}@hash, state: SUSPENDED`.
pub(super) fn coroutines(source: &str, bytes: &[u8], frames: &mut Frames) -> (Vec<Dump>, Coverage) {
    let mut coverage = Coverage::new(source, COROUTINES, bytes.len() as u64);
    let mut dump: Option<Dump> = None;
    for line in Lines::new(bytes) {
        coverage.lines += 1;
        let text = line.text.trim_ascii();
        if let Some(rest) = text.strip_prefix(COROUTINE_MARK.as_bytes()) {
            let dump = dump.get_or_insert_with(|| {
                let mut dump = Dump::new(source, line.number, COROUTINES);
                dump.shows_virtual = true;
                dump
            });
            let end = memmem::find(rest, b"\":").unwrap_or(rest.len());
            let name = String::from_utf8_lossy(&rest[..end]).into_owned();
            let mut thread = Thread::new(name, line.number, ThreadKind::Virtual);
            let state = memmem::rfind(rest, b"state: ").map(|at| &rest[at + 7..]);
            thread.state = match state {
                Some(state) if state.starts_with(b"SUSPENDED") => State::Waiting,
                Some(state) if state.starts_with(b"RUNNING") => State::Runnable,
                Some(state) if state.starts_with(b"CREATED") => State::New,
                _ => State::Unknown,
            };
            dump.threads.push(thread);
        } else if let (Some(frame), Some(thread)) = (
            text.strip_prefix(b"at "),
            dump.as_mut().and_then(|dump| dump.threads.last_mut()),
        ) {
            thread.frames.push(frames.intern(frame));
        }
    }
    finish(dump, coverage)
}

/// `=>0x00007f…  JavaThread "main" [_thread_in_native, id=1234, stack(0x…,0x…)]` below `Java Threads:`.
pub(super) fn hs_err(source: &str, bytes: &[u8]) -> (Vec<Dump>, Coverage) {
    let mut coverage = Coverage::new(source, HS_ERR, bytes.len() as u64);
    let mut dump: Option<Dump> = None;
    let mut listed = false;
    for line in Lines::new(bytes) {
        coverage.lines += 1;
        if line.text.starts_with(HS_ERR_MARK.as_bytes()) {
            dump = Some(Dump::new(source, line.number, HS_ERR));
            listed = true;
            continue;
        }
        let Some(dump) = dump.as_mut().filter(|_| listed) else {
            continue;
        };
        let text = line.text.trim_ascii();
        if text.is_empty() || text.starts_with(b"Other Threads") {
            listed = false;
        } else if let Some(thread) = hs_err_thread(text, line.number) {
            dump.threads.push(thread);
        } else if !text.starts_with(b"Total:") {
            coverage.line_not_understood(line.number, line.text, key!("a thread of the list"));
        }
    }
    finish(dump, coverage)
}

fn hs_err_thread(text: &[u8], line: u64) -> Option<Thread> {
    let text = text.strip_prefix(b"=>").unwrap_or(text);
    let end = text.iter().position(|b| matches!(b, b' ' | b':'))?;
    let native = address(&text[..end])?;
    let open = memmem::find(text, b"Thread \"")? + 8;
    let close = memmem::rfind(text, b"\" ")?;
    let name = String::from_utf8_lossy(text.get(open..close)?).into_owned();
    let rest = &text[close..];
    let mut thread = Thread::new(name, line, ThreadKind::Java);
    thread.tid = Some(native);
    thread.nid = memmem::find(rest, b"id=").and_then(|at| decimal(&rest[at + 3..]));
    let has = |word: &str| memmem::find(rest, word.as_bytes()).is_some();
    if has("_thread_in_Java") || has("_thread_in_native") || has("_thread_in_vm") {
        thread.state = State::Runnable;
    } else if has("_thread_new") {
        thread.state = State::New;
    }
    Some(thread)
}

fn finish(dump: Option<Dump>, mut coverage: Coverage) -> (Vec<Dump>, Coverage) {
    let dumps: Vec<Dump> = dump.into_iter().collect();
    coverage.records = dumps.iter().map(|dump| dump.threads.len() as u64).sum();
    (dumps, coverage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coroutines_are_read() {
        let text = "Coroutines dump 2021/08/25 10:00:00\n\nCoroutine \"a#1\":StandaloneCoroutine{Active}@1f, state: SUSPENDED\n\tat x.Y.z(Y.kt:3)\n\nCoroutine \"b#2\":DeferredCoroutine{Active}@2f, state: RUNNING\n\tat x.Y.w(Y.kt:4)\n";
        let (dumps, coverage) = coroutines("f", text.as_bytes(), &mut Frames::default());
        assert_eq!(coverage.records, 2);
        let states: Vec<_> = dumps[0]
            .threads
            .iter()
            .map(|thread| (thread.name.as_str(), thread.state))
            .collect();
        assert_eq!(states, [("a#1", State::Waiting), ("b#2", State::Runnable)]);
    }

    #[test]
    fn the_list_of_hs_err_is_read() {
        let text = "x\nJava Threads: ( => current thread )\n  0x00007f01: JavaThread \"a \"b\"\" daemon [_thread_blocked, id=12, stack(0x1,0x2)]\n=>0x00007f02 JavaThread \"main\" [_thread_in_native, id=13, stack(0x3,0x4) (1024K)]\nTotal: 2\n\nOther Threads:\n  0x3 VMThread \"VM Thread\" [id=14]\n";
        let (dumps, coverage) = hs_err("f", text.as_bytes());
        assert_eq!((coverage.records, coverage.not_understood), (2, 0));
        let second = &dumps[0].threads[1];
        assert_eq!(
            (second.name.as_str(), second.nid, second.state),
            ("main", Some(13), State::Runnable)
        );
        assert_eq!(dumps[0].threads[0].name, "a \"b\"");
    }
}
