//! Lines of a legacy log that stand between or inside records and say nothing this room uses. Some hold unbalanced
//! brackets (`[0x…, …)`, `[C`), so they must be known before brackets are counted.

use memchr::memmem;

/// Beginnings of lines, leading blanks removed.
const PREFIXES: &[&str] = &[
    "{Heap before",
    "Heap before GC",
    "Heap after",
    "}",
    "Desired survivor size",
    "- age",
    "PSYoungGen ",
    "ParOldGen ",
    "PSOldGen ",
    "PSPermGen ",
    "par new generation",
    "def new generation",
    "tenured generation",
    "concurrent mark-sweep generation",
    "concurrent-mark-sweep",
    "compacting perm gen",
    "garbage-first heap",
    "region size",
    "eden space",
    "from space",
    "from ",
    "to   space",
    "to space",
    "to ",
    "the space",
    "object space",
    "ro space",
    "rw space",
    "Metaspace  ",
    "class space",
    "No shared spaces",
    "AdaptiveSize",
    "PSAdaptive",
    "avg_",
    "Statistics for",
    "Total Free Space",
    "Max   Chunk Size",
    "Max Chunk",
    "Number of Blocks",
    "Av.  Block",
    "Tree      Height",
    "----",
    "Before GC:",
    "After GC:",
    "CMS: Large",
    "num  ",
    "num ",
    "Total   ",
    "Total ",
    "Class Histogram",
    "[G1Ergonomics",
    "{Heap",
    "Concurrent RS",
    "Recent concurrent",
    "Of ",
    "Num threads",
    "G1 ",
    "Finished",
    "GC locker",
    "Other regions",
    "[Parallel Time",
    "[GC Worker",
    "[Ext Root",
    "[Update RS",
    "[Processed",
    "[Scan RS",
    "[Code Root",
    "[Object Copy",
    "[Termination",
    "[Clear CT",
    "[Other:",
    "[Choose CSet",
    "[Ref Proc",
    "[Ref Enq",
    "[Redirty",
    "[Humongous",
    "[Free CSet",
    "[Evacuation Failure:",
    "[Recalculate",
    "[Remove Self",
    "[Restore",
    "[SATB",
    "[Mark Stack",
    "[String Dedup",
    "[Last Exec",
    "[Inspected",
    "[Skipped",
    "[Hashed",
    "[Known",
    "[New:",
    "[Deduplicated",
    "[Young:",
    "[Old:",
    "[Total Exec",
    "[Table",
    "[Memory Usage",
    "[Size:",
    "[Entries",
    "[Resize",
    "[Rehash",
    "[Age Threshold",
    "[Queue",
    "[Dropped",
    "[Root Region",
    "[Verify",
    "[Complete CSet",
    "[Clear Next",
    "Promoted",
    "Entering",
    "Finish",
    // The end of a record of Shenandoah, behind its statistics.
    ", [Metaspace",
];

/// Whether the line is known noise.
pub(super) fn is_noise(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    if text.is_empty()
        || memmem::find(text, b"[0x").is_some()
        || memmem::find(text, b"% used [").is_some()
    {
        // A record may share the line with an address range only after a heap block was spliced in.
        return !(memmem::find(text, b"[GC").is_some() || memmem::find(text, b" secs]").is_some());
    }
    if is_histogram_row(text) {
        return true;
    }
    match text[0] {
        b'[' | b'{' | b'}' | b'-' | b',' | b'A'..=b'Z' | b'a'..=b'z' => PREFIXES
            .iter()
            .any(|prefix| text.starts_with(prefix.as_bytes())),
        _ => false,
    }
}

/// `   1:        123456       7890123  [C`: a row of a class histogram.
fn is_histogram_row(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rank = digits(text);
    if rank == 0 || !text[rank..].starts_with(b":  ") {
        return false;
    }
    let rest = text[rank + 1..].trim_ascii_start();
    let count = digits(rest);
    let rest = rest[count..].trim_ascii_start();
    count > 0 && digits(rest) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_told_from_records() {
        assert!(is_noise(
            b"  eden space 4194176K,  21% used [0xffff, 0xffff, 0xffff)"
        ));
        assert!(is_noise(b"   1:        123456       7890123  [C"));
        assert!(is_noise(b"      [GC Worker Start (ms): Min: 1.0]"));
        assert!(!is_noise(
            b"41.409: [GC [PSYoungGen: 229368K->32766K(170240K)]"
        ));
        assert!(!is_noise(
            b" (concurrent mode failure): 439328K->439609K(4023936K), 2.7153820 secs]"
        ));
        assert!(!is_noise(b" [Times: user=1.0 sys=0.0, real=1.0 secs]"));
    }
}
