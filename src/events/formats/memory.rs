//! What a JVM writes when memory runs out, on its standard output or through a logger.
//!
//! Texts: HotSpot `report_java_out_of_memory` (debug.cpp), `Metaspace::report_metadata_oome`, `HeapDumper::dump_heap`
//! (heapDumper.cpp), `java.nio.Bits.reserveMemory`, `Thread::start0` (jvm.cpp), Netty `PlatformDependent`.

use super::logs::{Candidate, Found};
use super::quantity;
use crate::events::event::{Subject, What};
use crate::events::kinds::OomVariant;

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "OutOfMemoryError",
    "OutOfDirectMemoryError",
    "Dumping heap to ",
    "Heap dump file created [",
    "Unable to create ",
    "pthread_create failed",
    "with pthread_create (",
    "A fatal error has been detected by the Java Runtime Environment",
    "insufficient memory for the Java Runtime Environment",
];

/// Remembers the last error, so that a record that names it several times (`threw exception …`, `Caused by: …`)
/// counts once.
#[derive(Debug, Default)]
pub(super) struct Errors {
    last: Option<(usize, OomVariant)>,
}

impl Errors {
    /// The event that a line holds.
    pub(super) fn line(&mut self, line: &Candidate<'_>) -> Option<Found> {
        let subject = Subject::default();
        let text = line.message;
        if let Some(rest) = after(text, "Dumping heap to ") {
            let path = rest.strip_suffix(" ...").unwrap_or(rest).trim().to_owned();
            return Some((What::HeapDumpBegun { path }, subject));
        }
        if let Some(rest) = after(text, "Heap dump file created [") {
            // `32500419 bytes in 0.213 secs]`
            let (bytes, rest) = rest.split_once(" bytes in ")?;
            let (seconds, _) = rest.split_once(' ')?;
            let seconds: f64 = seconds.replace(',', ".").parse().ok()?;
            let what = What::HeapDumpFinished {
                bytes: bytes.parse().ok()?,
                took: quantity::go_duration(&format!("{seconds}s"))?,
            };
            return Some((what, subject));
        }
        if after(text, "Unable to create ").is_some() {
            let dump = text.contains(".hprof") || line.next.starts_with(b"Unable to create");
            return dump.then_some((What::HeapDumpFailed, subject));
        }
        for (words, abort) in [
            ("Terminating due to java.lang.", false),
            ("Aborting due to java.lang.", true),
        ] {
            if after(text, words).is_some() {
                return Some((What::JvmTerminating { abort }, subject));
            }
        }
        if let Some((_, rest)) = text.split_once("OutOfMemoryError occurred dispatching signal ") {
            let signal = rest.split(' ').next().unwrap_or("").to_owned();
            return Some((What::SignalLost { signal }, subject));
        }
        // `pthread_create failed (EAGAIN)`; since JDK 17 `Failed to start thread "…" with pthread_create (EAGAIN)`.
        if text.contains("pthread_create failed") || text.contains("with pthread_create (") {
            return Some((What::NativeThreadFailed, subject));
        }
        if text.contains("A fatal error has been detected")
            || text.contains("insufficient memory for the Java")
        {
            let what = What::JvmCrash {
                error: "written to the output; see the hs_err file".to_owned(),
                frame: None,
                uptime: None,
            };
            return text.starts_with('#').then_some((what, subject));
        }
        self.error(line)
    }

    fn error(&mut self, line: &Candidate<'_>) -> Option<Found> {
        let text = line.message;
        let (variant, at) = variant(text)?;
        let thread = thread(text).or(line.thread.map(str::to_owned));
        let uncaught = text.starts_with("Exception in thread ") || text.starts_with("Exception: ");
        let again = self.last == Some((line.record, variant)) && !uncaught;
        self.last = Some((line.record, variant));
        // Flags such as -XX:OnOutOfMemoryError name the error without one having happened, and so does a frame of a
        // stack trace (`at java.lang.OutOfMemoryError.<init>`).
        let before = &text[..at];
        let flag = before.ends_with("On")
            || text.trim_start().starts_with("at ")
            || before.ends_with("-XX:");
        if again || flag {
            return None;
        }
        Some((
            What::OutOfMemoryError { variant, thread },
            Subject::default(),
        ))
    }
}

fn after<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    // On its own line, or behind a prefix such as a level; never in the middle of prose.
    let at = text.find(words)?;
    let clean = at == 0 || text[..at].ends_with([' ', ']', ':', '"', '\t']);
    clean.then(|| &text[at + words.len()..])
}

/// The variant that a line states, and where the name of the error stands.
pub(super) fn variant(text: &str) -> Option<(OomVariant, usize)> {
    if let Some(at) = text.find("OutOfDirectMemoryError") {
        return Some((OomVariant::NettyDirect, at));
    }
    let at = text.find("OutOfMemoryError")?;
    let rest = &text[at + "OutOfMemoryError".len()..];
    let Some(reason) = rest.strip_prefix(": ") else {
        // Alone, or in the two sentences that the JVM has for it; a class histogram names the class, too.
        let alone = rest.trim().is_empty() || rest.starts_with(['"', '\\']);
        let said = alone || rest.starts_with(" thrown from ") || rest.starts_with(" occurred ");
        return said.then_some((OomVariant::Unstated, at));
    };
    const STARTS: [(&str, OomVariant); 18] = [
        ("Java heap space", OomVariant::HeapSpace),
        ("GC overhead limit exceeded", OomVariant::GcOverhead),
        ("Metaspace", OomVariant::Metaspace),
        ("PermGen space", OomVariant::Metaspace),
        ("Compressed class space", OomVariant::CompressedClassSpace),
        (
            "Requested array size exceeds VM limit",
            OomVariant::ArraySize,
        ),
        // The class library's own words for an array, a string or a collection that cannot exist.
        (
            "Required length exceeds implementation limit",
            OomVariant::ArraySize,
        ),
        ("Required array size too large", OomVariant::ArraySize),
        ("UTF16 String size is ", OomVariant::ArraySize),
        (
            "Overflow: String length out of range",
            OomVariant::ArraySize,
        ),
        ("Direct buffer memory", OomVariant::DirectBuffer),
        ("Cannot reserve ", OomVariant::DirectBuffer),
        ("unable to create native thread", OomVariant::NativeThread),
        (
            "unable to create new native thread",
            OomVariant::NativeThread,
        ),
        ("Map failed", OomVariant::MapFailed),
        ("Out of swap space", OomVariant::SwapSpace),
        ("Cannot create GC thread", OomVariant::NativeThread),
        ("Failed to create a thread", OomVariant::NativeThread),
    ];
    let known = STARTS.iter().find(|(start, _)| reason.starts_with(start));
    let variant = match known {
        Some((_, variant)) => *variant,
        None if reason.contains("(Native method)") => OomVariant::NativeMethod,
        // `request 1048576 bytes for Chunk::new. Out of swap space?`
        None if reason.contains("Out of swap space") => OomVariant::SwapSpace,
        None => OomVariant::Other,
    };
    Some((variant, at))
}

/// `Exception in thread "main" …`, `… thrown from the UncaughtExceptionHandler in thread "main"`
fn thread(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("in thread \"")?;
    let (name, _) = rest.split_once('"')?;
    Some(name.to_owned())
}
