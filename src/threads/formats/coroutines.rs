//! Small lists of threads: Kotlin's coroutine dump and the thread list of an hs_err file.

use memchr::memmem;

use crate::input::{Coverage, Lines};
use crate::threads::dump::{Dump, State, Thread, ThreadKind};
use crate::threads::frames::Frames;

pub(super) const FORMAT: &str = "Kotlin coroutine dump";
pub(super) const MARK: &str = "Coroutine \"";

/// `kotlinx.coroutines.debug.DebugProbes.dumpCoroutines`: `Coroutine "name#1":StandaloneCoroutine{Active}@hash, state: SUSPENDED`.
pub(super) fn read(source: &str, bytes: &[u8], frames: &mut Frames) -> (Vec<Dump>, Coverage) {
    let mut coverage = Coverage::new(source, FORMAT, bytes.len() as u64);
    let mut dump: Option<Dump> = None;
    for line in Lines::new(bytes) {
        coverage.lines += 1;
        let text = line.text.trim_ascii();
        if let Some(rest) = text.strip_prefix(MARK.as_bytes()) {
            let dump = dump.get_or_insert_with(|| {
                let mut dump = Dump::new(source, line.number, FORMAT);
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
        let (dumps, coverage) = read("f", text.as_bytes(), &mut Frames::default());
        assert_eq!(coverage.records, 2);
        let states: Vec<_> = dumps[0]
            .threads
            .iter()
            .map(|thread| (thread.name.as_str(), thread.state))
            .collect();
        assert_eq!(states, [("a#1", State::Waiting), ("b#2", State::Runnable)]);
    }
}
