//! The one place that maps files, and the answer to a file that shrinks while it is mapped.
//!
//! # Contract
//!
//! A mapping is read-only and shared with the file. When another process shortens the file, the kernel answers the next
//! access behind the new end with `SIGBUS`, which would end the run. The first mapping therefore installs a handler
//! that, if and only if the address lies in a mapping of this module, lays anonymous zero pages over the lost ones,
//! notes the first lost offset and lets the access repeat; analysis goes on over zeros, and [`Map::lost_from`] tells
//! afterwards that it did. Any other fault goes to the handler that was there before, and a `SIGBUS` that somebody
//! sent ends the process as it always does. Bytes already read stay what
//! they were; a slice may therefore change under its reader, once, from content to zeros. No parser may rely on reading
//! the same byte twice for memory safety, and in safe Rust none can.
//!
//! The handler uses atomics, `mmap`, `signal` and `raise` only (libwayland answers shrunken buffers in the same way). Its
//! registry is an array of fixed size; a file that finds no place in it is read instead of mapped.
#![allow(unsafe_code)]

use std::fs::{self, File};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A read-only mapping of a whole file.
#[derive(Debug)]
pub(super) struct Map {
    // Field order is drop order: the registration ends before the pages go.
    guard: guard::Registration,
    map: memmap2::Mmap,
    path: PathBuf,
    identity: Identity,
}

impl Map {
    /// Maps the whole of `file`, opened from `path` and not empty. `None` when the registry of mappings is full: the
    /// caller reads the file instead.
    pub(super) fn new(file: &File, path: &Path) -> io::Result<Option<Self>> {
        let identity = Identity::of(&file.metadata()?);
        // SAFETY: the mapping is read-only. The hazard that remains, a file that another process shortens, is
        // answered by the handler that `guard::register` installs before the first byte is read.
        let map = unsafe { memmap2::Mmap::map(file)? };
        let Some(guard) = guard::register(map.as_ptr() as usize, map.len())? else {
            return Ok(None);
        };
        Ok(Some(Self {
            guard,
            map,
            path: path.to_owned(),
            identity,
        }))
    }

    /// The file that is mapped, opened again; `None` when another one has its name by now.
    pub(super) fn reopen(&self) -> Option<File> {
        let file = File::open(&self.path).ok()?;
        let now = Identity::of(&file.metadata().ok()?);
        (now == self.identity).then_some(file)
    }

    /// The offset from which bytes were lost and may have been read as zeros, if the file shrank since it was mapped.
    pub(super) fn lost_from(&self) -> Option<u64> {
        let faulted = self.guard.lost_from().map(|offset| offset as u64);
        let length = self.map.len() as u64;
        // The path may have been given to another file since (rotation); then the mapped one kept its pages.
        let shortened = fs::metadata(&self.path)
            .ok()
            .filter(|now| Identity::of(now) == self.identity && now.len() < length)
            .map(|now| now.len());
        match (faulted, shortened) {
            (Some(fault), Some(end)) => Some(fault.min(end)),
            (one, other) => one.or(other),
        }
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

/// Device and inode: which file a path names.
#[derive(Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(metadata.dev(), metadata.ino())
    }

    #[cfg(not(unix))]
    fn of(_metadata: &fs::Metadata) -> Self {
        Self(0, 0)
    }
}

#[cfg(unix)]
mod guard {
    use std::io;
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

    /// Mappings at a time. An evidence folder holds tens of large files.
    const PLACES: usize = 2048;

    struct Place {
        taken: AtomicBool,
        /// First address; 0 while the place is not in force.
        start: AtomicUsize,
        length: AtomicUsize,
        /// First offset that was lost, `usize::MAX` while none was.
        lost: AtomicUsize,
        faults: AtomicU32,
    }

    static PLACE: [Place; PLACES] = [const {
        Place {
            taken: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            length: AtomicUsize::new(0),
            lost: AtomicUsize::new(usize::MAX),
            faults: AtomicU32::new(0),
        }
    }; PLACES];
    static PAGE: AtomicUsize = AtomicUsize::new(4096);
    static PREVIOUS: OnceLock<io::Result<libc::sigaction>> = OnceLock::new();

    /// A place in the registry, given back when dropped.
    #[derive(Debug)]
    pub(super) struct Registration(usize);

    /// Puts a mapping under protection; `None` when the registry is full.
    pub(super) fn register(start: usize, length: usize) -> io::Result<Option<Registration>> {
        if let Err(error) = PREVIOUS.get_or_init(install) {
            return Err(io::Error::new(error.kind(), error.to_string()));
        }
        for (index, place) in PLACE.iter().enumerate() {
            if !place.taken.swap(true, Ordering::AcqRel) {
                place.lost.store(usize::MAX, Ordering::Relaxed);
                place.faults.store(0, Ordering::Relaxed);
                place.length.store(length, Ordering::Relaxed);
                place.start.store(start, Ordering::Release);
                return Ok(Some(Registration(index)));
            }
        }
        Ok(None)
    }

    impl Registration {
        pub(super) fn lost_from(&self) -> Option<usize> {
            let lost = PLACE[self.0].lost.load(Ordering::Acquire);
            (lost != usize::MAX).then_some(lost)
        }
    }

    impl Drop for Registration {
        fn drop(&mut self) {
            PLACE[self.0].start.store(0, Ordering::Release);
            PLACE[self.0].taken.store(false, Ordering::Release);
        }
    }

    fn install() -> io::Result<libc::sigaction> {
        // SAFETY: `sysconf` takes a number and gives a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        if let Ok(page) = usize::try_from(page) {
            PAGE.store(page.max(1), Ordering::Relaxed);
        }
        let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: an all-zero `sigaction` is a valid value of this plain C structure; the fields that matter are set
        // below. `sigaction` writes `previous` when it succeeds, and only then is it read. The handler has the
        // signature that `SA_SIGINFO` asks for.
        unsafe {
            let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = on_bus_error;
            action.sa_sigaction = handler as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&raw mut action.sa_mask);
            if libc::sigaction(libc::SIGBUS, &raw const action, previous.as_mut_ptr()) != 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(previous.assume_init())
        }
    }

    extern "C" fn on_bus_error(_: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the kernel gives a valid `siginfo_t` to a handler installed with `SA_SIGINFO`. It holds an address
        // when the kernel raised the signal itself (a positive code).
        let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
        if code <= 0 {
            // Somebody sent it: no access will repeat, so the default action has to be asked for.
            // SAFETY: both calls are async-signal-safe and take plain values.
            unsafe {
                libc::signal(libc::SIGBUS, libc::SIG_DFL);
                libc::raise(libc::SIGBUS);
            }
            return;
        }
        if answer(address) {
            return;
        }
        if let Some(Ok(previous)) = PREVIOUS.get() {
            // SAFETY: `previous` came from `sigaction`. After return the access repeats and meets that handler.
            unsafe { libc::sigaction(libc::SIGBUS, previous, ptr::null_mut()) };
        }
    }

    /// Lays zero pages over the lost ones; whether the address was ours and it worked. Each further fault of a mapping
    /// doubles the pages laid, so a file of many gigabytes costs a handful of signals.
    fn answer(address: usize) -> bool {
        let page = PAGE.load(Ordering::Relaxed);
        for place in &PLACE {
            let start = place.start.load(Ordering::Acquire);
            let length = place.length.load(Ordering::Relaxed);
            if start == 0 || address < start || address - start >= length {
                continue;
            }
            let first = address & !(page - 1);
            let end = (start + length).next_multiple_of(page);
            let faults = place.faults.fetch_add(1, Ordering::Relaxed).min(30);
            let size = page.saturating_mul(1 << faults).min(end - first);
            // SAFETY: `first..first + size` lies in a mapping that this process made and still holds, because its
            // registration ends before it is unmapped. Nobody writes through it, and zeros are valid bytes.
            let laid = unsafe {
                libc::mmap(
                    first as *mut libc::c_void,
                    size,
                    libc::PROT_READ,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                    -1,
                    0,
                )
            };
            if laid == libc::MAP_FAILED {
                return false;
            }
            place
                .lost
                .fetch_min(first.saturating_sub(start), Ordering::AcqRel);
            return true;
        }
        false
    }
}

#[cfg(not(unix))]
mod guard {
    use std::io;

    /// Elsewhere the operating system refuses to shorten a mapped file.
    #[derive(Debug)]
    pub(super) struct Registration;

    pub(super) fn register(_start: usize, _length: usize) -> io::Result<Option<Registration>> {
        Ok(Some(Registration))
    }

    impl Registration {
        pub(super) fn lost_from(&self) -> Option<usize> {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_that_shrinks_reads_as_zeros_from_the_cut() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&vec![7; 1 << 20]).unwrap();
        let map = Map::new(file.as_file(), file.path()).unwrap().unwrap();
        assert_eq!(map.lost_from(), None);
        assert_eq!(map[1 << 19], 7);
        file.as_file().set_len(10_000).unwrap();
        assert_eq!(map[9_999], 7);
        let rest: u64 = map[12_288..].iter().map(|&byte| u64::from(byte)).sum();
        assert_eq!(rest, 0);
        assert_eq!(map.lost_from(), Some(10_000));
        file.as_file().set_len(1 << 20).unwrap();
        assert_eq!(map.lost_from(), Some(12_288));
    }

    #[test]
    fn places_are_given_back() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"content").unwrap();
        for _ in 0..5_000 {
            assert!(Map::new(file.as_file(), file.path()).unwrap().is_some());
        }
    }
}
