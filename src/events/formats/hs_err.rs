//! `hs_err_pid<n>.log` of HotSpot, JDK 8 to 25 (src/hotspot/share/utilities/vmError.cpp), and the body of `jcmd VM.info`,
//! which is the same text without a crash.

use super::quantity;
use super::stamps::{When, ctime};
use crate::events::event::{Subject, What};
use crate::events::reading::{Reading, detail};
use crate::events::state::Crash;
use crate::input::{Certainty, Sample};
use crate::time::{Moment, SECOND, Stamp};

/// Reads a source of this format.
pub(super) fn read(reading: &mut Reading<'_>) {
    let source = reading.source;
    let mut crash = Crash {
        error: String::new(),
        frame: None,
        thread: None,
        pid: None,
        at: None,
        uptime: None,
        jvm_start: None,
        jvm: None,
        command_line: None,
        memory_limit: None,
        resident: None,
        memory_errors: Vec::new(),
        locator: reading.line(1),
    };
    let mut next_is_frame = false;
    let mut native = None;
    for line in source.lines() {
        reading.coverage.lines = line.number;
        let head = &line.text[..line.text.len().min(4096)];
        let text = String::from_utf8_lossy(head);
        let text = text.trim_end();
        if next_is_frame {
            next_is_frame = false;
            let frame = text.trim_start_matches('#').trim();
            if !frame.is_empty() {
                crash.frame = Some(detail(frame));
                continue;
            }
        }
        if let Some(rest) = text.strip_prefix('#') {
            let rest = rest.trim();
            if rest.starts_with("Problematic frame:") {
                next_is_frame = true;
            } else if let Some(error) = error(rest) {
                // `Internal Error (debug.cpp:362)` is followed by what it was about.
                if crash.error.is_empty() || error.starts_with("fatal error: ") {
                    crash.error = error;
                    crash.locator = reading.line(line.number);
                }
                crash.pid = crash.pid.or(number_after(rest, "pid="));
            } else if rest.starts_with("Native memory allocation") {
                native = Some((detail(rest), line.number));
            } else if let Some(jvm) = rest.strip_prefix("Java VM: ") {
                crash.jvm = Some(detail(jvm));
            }
            continue;
        }
        field(text, &mut crash);
    }
    if let (true, Some((error, number))) = (crash.error.is_empty(), native) {
        crash.error = error;
        crash.locator = reading.line(number);
    }
    finish(crash, reading);
}

/// The type of the error: `SIGSEGV (0xb) at pc=…, pid=1, tid=91`, `Internal Error (debug.cpp:362), pid=…`, `Out of Memory
/// Error (os_linux.cpp:2749), pid=…`, `fatal error: OutOfMemory encountered: Java heap space`.
fn error(text: &str) -> Option<String> {
    let signal = text.starts_with("SIG") || text.starts_with("EXCEPTION_");
    let known = signal
        || text.starts_with("Internal Error (")
        || text.starts_with("Out of Memory Error (")
        || text.starts_with("fatal error: ");
    if !known {
        return None;
    }
    let end = text
        .find(" at pc=")
        .or(text.find(", pid="))
        .unwrap_or(text.len());
    let kind = detail(&text[..end]);
    Some(match text.contains("(sent by kill)") {
        true => format!("{kind}, sent by kill"),
        false => kind,
    })
}

fn field(text: &str, crash: &mut Crash) {
    if let Some(rest) = text.strip_prefix("Command Line: ") {
        crash.command_line = Some(detail(rest));
    } else if let Some(rest) = text.strip_prefix("java_command: ") {
        crash.command_line.get_or_insert_with(|| detail(rest));
    } else if let Some(rest) = text.strip_prefix("Time: ").or(text.strip_prefix("time: ")) {
        if let Some((When::Stamp(stamp), _)) = ctime(rest.as_bytes()) {
            crash.at = Some(stamp);
        }
        crash.uptime = elapsed(rest).or(crash.uptime);
        // JDK 8 names the zone on a line of its own.
    } else if text.starts_with("elapsed time: ") {
        crash.uptime = elapsed(text).or(crash.uptime);
    } else if let Some(rest) = text.strip_prefix("timezone: ") {
        if let (Some(Stamp::Local(moment)), "UTC" | "GMT") = (crash.at, rest.trim()) {
            crash.at = Some(Stamp::Zoned(moment));
        }
    } else if let Some(rest) = text.strip_prefix("Current thread (") {
        crash.thread = rest.split_once("):").map(|(_, thread)| detail(thread));
    } else if text.starts_with("siginfo: ") && text.contains("SI_USER") {
        if !crash.error.is_empty() && !crash.error.contains("sent by kill") {
            crash.error += ", sent by kill";
        }
    } else if let Some(rest) = text.strip_prefix("vm_info: ") {
        crash.jvm.get_or_insert_with(|| detail(rest));
    } else if let Some(rest) = text.strip_prefix("memory_limit_in_bytes: ") {
        crash.memory_limit = bytes(rest);
    } else if let Some(rest) = text.strip_prefix("Resident Set Size: ") {
        crash.resident = bytes(rest);
    } else if text.starts_with("OutOfMemoryError ") || text.contains("_errors=") {
        // `OutOfMemoryError java_heap_errors=2`
        let kept = crash.memory_errors.len() < 8;
        if let (Some(at), true) = (text.find("OutOfMemoryError "), kept) {
            crash
                .memory_errors
                .push(detail(&text[at + "OutOfMemoryError ".len()..]));
        }
    }
}

/// `elapsed time: 5.891284 seconds (0d 0h 0m 5s)`; `elapsed time: 5 seconds` before 9.
fn elapsed(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("elapsed time: ")?;
    let seconds: f64 = rest.split(' ').next()?.parse().ok()?;
    (0.0..1e10)
        .contains(&seconds)
        .then_some((seconds * 1e6).round() as i64)
}

fn number_after(text: &str, name: &str) -> Option<u64> {
    let (_, rest) = text.split_once(name)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// `358152K (peak: …)`, `524288 k`, `536870912`.
fn bytes(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let unit = match text[end..].trim_start().chars().next() {
        Some('K' | 'k') => "Ki",
        Some('M' | 'm') => "Mi",
        _ => "",
    };
    quantity::memory(&format!("{}{unit}", &text[..end]))
}

fn finish(mut crash: Crash, reading: &mut Reading<'_>) {
    crash.jvm_start = crash.at.zip(crash.uptime).map(|(at, uptime)| {
        // Elapsed time before JDK 9 is whole seconds; the time of day always is.
        let width = if uptime % SECOND == 0 { SECOND } else { 0 };
        let earlier = |moment: Moment| Moment {
            lo: moment.lo.plus(-uptime).plus(-width),
            hi: moment.hi.plus(-uptime),
        };
        match at {
            Stamp::Zoned(moment) => Stamp::Zoned(earlier(moment)),
            Stamp::Local(moment) => Stamp::Local(earlier(moment)),
            other => other,
        }
    });
    if crash.error.is_empty() {
        // The body of `jcmd VM.info`: an anchor and figures, but nobody died.
        reading.coverage.records += 1;
        return;
    }
    let what = What::JvmCrash {
        error: crash.error.clone(),
        frame: crash.frame.clone(),
        uptime: crash.uptime,
    };
    let subject = Subject {
        pid: crash.pid,
        ..Subject::default()
    };
    let mut event = reading.event(what, subject, &crash.error, 1);
    event.locator = crash.locator.clone();
    event.at = crash.at;
    reading.push(event);
    reading.crashes.push(crash);
}

/// Judges the beginning of a source.
pub(super) fn sniff(sample: &Sample<'_>) -> Certainty {
    let crash = sample
        .contains("# A fatal error has been detected by the Java Runtime Environment")
        || sample.contains("# There is insufficient memory for the Java Runtime Environment");
    let body = sample.contains("S U M M A R Y") || sample.contains("T H R E A D  ------");
    match (crash, body) {
        (true, true) => Certainty::Sure,
        // The head alone also stands in standard output.
        (true, false) if sample.head.starts_with(b"#") => Certainty::Likely,
        _ => Certainty::No,
    }
}
