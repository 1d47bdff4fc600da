//! Finding the files behind what was given: folders in the order of names, special files, standard input.

use std::collections::BTreeMap;
use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::mmap::Map;
use super::{Bytes, ParseIssue};
use crate::finding::Locator;
use crate::key;
use crate::t;
use crate::text;
use crate::text::said;

/// Files of all folders given.
const MOST_FILES: usize = 50_000;
/// Folders in folders.
const DEEPEST: usize = 40;
/// Files smaller than this are read: a mapping costs more than it saves.
const MAPPED_FROM: u64 = 64 * 1024;
/// Bytes taken from standard input or a pipe, which have to be kept in memory.
const MOST_STREAMED: u64 = 16 << 30;

/// A file found, and the name it goes by in the report.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) place: Place,
}

/// Where the bytes of a file are.
#[derive(Debug)]
pub(super) enum Place {
    File(PathBuf),
    /// A named pipe given by its path, such as `<(zcat …)` of a shell.
    Pipe(PathBuf),
    Stdin,
    Memory(Bytes),
}

/// What lies behind the paths given.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) found: Vec<Found>,
    pub(super) issues: Vec<ParseIssue>,
}

impl Walk {
    /// Looks at every path. Folders are walked, links to files followed, links to folders not.
    pub(super) fn over(paths: &[PathBuf]) -> Self {
        let mut walk = Self::default();
        let names = names_of(paths);
        for (path, name) in paths.iter().zip(names) {
            if path.as_os_str() == "-" {
                walk.add(name, Place::Stdin);
                continue;
            }
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => {
                    let prefix = match paths.len() {
                        1 => String::new(),
                        _ => format!("{name}/"),
                    };
                    walk.folder(path, &prefix, 0);
                }
                Ok(metadata) if metadata.is_file() => walk.add(name, Place::File(path.clone())),
                Ok(metadata) if is_pipe(metadata.file_type()) => {
                    walk.add(name, Place::Pipe(path.clone()));
                }
                Ok(_) => walk.issue(&name, t!("is a device or socket; not read")),
                Err(error) => walk.issue(
                    &name,
                    t!("cannot be read: {problem}", problem = plain(&error)),
                ),
            }
        }
        walk
    }

    fn add(&mut self, name: String, place: Place) {
        self.found.push(Found { name, place });
    }

    fn issue(&mut self, name: &str, problem: impl Into<String>) {
        self.issues
            .push(ParseIssue::new(Locator::whole(name), problem));
    }

    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) {
        let shown = match prefix {
            "" => folder.display().to_string(),
            prefix => prefix.to_owned(),
        };
        if depth > DEEPEST {
            self.issue(
                &shown,
                t!("more than {limit} folders deep; left out", limit = DEEPEST),
            );
            return;
        }
        let mut entries: Vec<_> = match fs::read_dir(folder) {
            Ok(entries) => entries.filter_map(Result::ok).collect(),
            Err(error) => {
                let problem = t!(
                    "the folder cannot be listed: {problem}",
                    problem = plain(&error)
                );
                self.issue(&shown, problem);
                return;
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.folder(&path, &format!("{name}/"), depth + 1),
                Ok(kind) if kind.is_symlink() => match fs::metadata(&path) {
                    Ok(target) if target.is_file() => self.file(name, path),
                    Ok(target) if target.is_dir() => {
                        self.issue(&name, t!("is a link to a folder; not followed"));
                    }
                    Ok(_) => self.issue(&name, t!("is a link to a special file; not read")),
                    Err(_) => self.issue(&name, t!("is a link to nothing")),
                },
                Ok(kind) if kind.is_file() => self.file(name, path),
                Ok(_) => self.issue(&name, t!("is a pipe, device or socket; not read")),
                Err(error) => self.issue(
                    &name,
                    t!("cannot be read: {problem}", problem = plain(&error)),
                ),
            }
        }
    }

    /// Adds a file of a folder, up to the limit.
    fn file(&mut self, name: String, path: PathBuf) {
        match self.found.len() {
            ..MOST_FILES => self.add(name, Place::File(path)),
            _ if self
                .issues
                .last()
                .is_some_and(|last| last.problem == said(TOO_MANY)) => {}
            _ => self.issue(&name, said(TOO_MANY)),
        }
    }
}

const TOO_MANY: &str = key!("from here on files are left out: more than 50,000 were given");

/// The names of the paths in the report: the last part of each, all of it where that would name two alike.
fn names_of(paths: &[PathBuf]) -> Vec<String> {
    let whole = |path: &Path| {
        let shown = path.to_string_lossy().replace('\\', "/");
        shown.trim_end_matches('/').to_owned()
    };
    let last = |path: &Path| match path.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => whole(path),
    };
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths {
        *uses.entry(last(path)).or_default() += 1;
    }
    let names = paths.iter().map(|path| match uses[&last(path)] {
        1 => last(path),
        _ => whole(path),
    });
    names.collect()
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_kind: FileType) -> bool {
    false
}

impl Place {
    /// Maps or reads. The second value says what was left out, if anything was.
    pub(super) fn open(&self) -> Result<(Bytes, Option<String>), String> {
        match self {
            Self::File(path) => Ok((file(path).map_err(|error| plain(&error))?, None)),
            Self::Pipe(path) => streamed(File::open(path).map_err(|error| plain(&error))?),
            Self::Stdin => streamed(io::stdin().lock()),
            Self::Memory(bytes) => Ok((bytes.clone(), None)),
        }
    }
}

fn file(path: &Path) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() >= MAPPED_FROM
        && let Some(map) = Map::new(&file, path)?
    {
        return Ok(Bytes::mapped(map));
    }
    let mut buffer = Vec::new();
    file.read_to_end(&mut buffer)?;
    Ok(Bytes::from(buffer))
}

fn streamed(reader: impl Read) -> Result<(Bytes, Option<String>), String> {
    let mut buffer = Vec::new();
    let result = reader.take(MOST_STREAMED).read_to_end(&mut buffer);
    let problem = match result {
        Err(error) if buffer.is_empty() => return Err(plain(&error)),
        Err(error) => Some(t!(
            "reading stopped early: {problem}",
            problem = plain(&error)
        )),
        Ok(_) if buffer.len() as u64 == MOST_STREAMED => {
            let most = text::bytes(MOST_STREAMED);
            Some(t!(
                "only the first {most} of a stream are read; give a file",
                most
            ))
        }
        Ok(_) => None,
    };
    Ok((Bytes::from(buffer), problem))
}

/// An error of the operating system in words, without its number.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_unless_two_are_alike() {
        let paths = ["a/gc.log", "b/gc.log", "/x/evidence/", "-"].map(PathBuf::from);
        assert_eq!(names_of(&paths), ["a/gc.log", "b/gc.log", "evidence", "-"]);
    }
}
