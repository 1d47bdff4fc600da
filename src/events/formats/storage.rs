//! File systems that were there and stopped answering: an NFS or SMB server that is silent, handles that it no longer knows,
//! devices that fail. The kernel says so of the server or device, an application by the error that it got.
//!
//! net/sunrpc/clnt.c, fs/smb/client/connect.c, block/blk-core.c, fs/ext4/super.c; the words of errors are those of strerror(3).

use super::logs::{Candidate, Found};
use crate::events::event::{Subject, What};

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    " not responding, still trying",
    " not responding, timed out",
    " has not responded in ",
    "Stale file handle",
    "Stale NFS file handle",
    ": Input/output error",
    ": Read-only file system",
    ": Transport endpoint is not connected",
    ": Host is down",
    "I/O error, dev ",
    "Remounting filesystem read-only",
];

/// The event that a line holds.
pub(super) fn line(line: &Candidate<'_>) -> Option<Found> {
    let text = line.message;
    let of = of_kernel(text).or_else(|| of_error(text))?;
    let of = (!of.is_empty()).then(|| of.to_owned());
    Some((What::StorageLost { of }, Subject::default()))
}

/// The server or device that the kernel names.
fn of_kernel(text: &str) -> Option<&str> {
    // `nfs: server 10.0.0.5 not responding, still trying`
    if let Some((_, rest)) = text.split_once("nfs: server ") {
        let (server, rest) = rest.split_once(' ')?;
        return rest.starts_with("not responding").then_some(server);
    }
    // `CIFS: VFS: \\10.0.0.8 has not responded in 180 seconds.`, before 5.x `CIFS VFS: Server 10.0.0.8 has not …`
    if let Some((before, _)) = text.split_once(" has not responded in ") {
        let server = before.rsplit(' ').next()?.trim_start_matches('\\');
        return before.contains("CIFS").then_some(server);
    }
    // `blk_update_request: I/O error, dev vdb, sector 1953125`
    if let Some((_, rest)) = text.split_once("I/O error, dev ") {
        return rest.split([',', ' ']).next();
    }
    // `EXT4-fs (vdb): Remounting filesystem read-only`
    let (before, _) = text.split_once(": Remounting filesystem read-only")?;
    let (_, device) = before.rsplit_once('(')?;
    Some(device.trim_end_matches(')'))
}

/// The file that an error is about: `java.nio.file.FileSystemException: /data/ledger.db: Stale file handle`. An error of
/// reading or writing names none, and socket errors have words of their own.
fn of_error(text: &str) -> Option<&str> {
    const WORDS: [&str; 6] = [
        "Stale file handle",
        "Stale NFS file handle",
        "Input/output error",
        "Read-only file system",
        "Transport endpoint is not connected",
        "Host is down",
    ];
    if text.trim_start().starts_with("at ") {
        return None;
    }
    WORDS.iter().find_map(|words| {
        let (before, _) = text.split_once(words)?;
        let before = before.strip_suffix(": ")?;
        let (error, file) = match before.rsplit_once(": ") {
            Some((error, file)) if file.starts_with('/') => (error, file),
            _ => (before, ""),
        };
        // A sentence may speak of such an error; an exception, or a stale handle, is one.
        let is_error = [
            "IOException",
            "FileSystemException",
            "FileNotFoundException",
            "UncheckedIOException",
        ]
        .iter()
        .any(|name| error.ends_with(name));
        (is_error || !file.is_empty()).then_some(file)
    })
}
