//! Everything given on the command line, as one ordered list of sources.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::mmap::Map;
use super::recognise::Recogniser;
use super::{Bytes, Kind, ParseIssue, Sniffer, Source};
use crate::finding::Locator;

/// The evidence of one run.
#[derive(Debug, Default)]
pub struct Bundle {
    /// Readable sources in the order of their names.
    pub sources: Vec<Source>,
    /// What could not be opened or unpacked, and why.
    pub issues: Vec<ParseIssue>,
}

impl Bundle {
    /// Opens files, folders, archives and `-` (standard input). Folders are walked in the order of names; links are not
    /// followed. Never fails: what cannot be read is an issue.
    pub fn open(paths: &[PathBuf], sniffers: &[Sniffer]) -> Self {
        let mut bundle = Self::default();
        let recogniser = match Recogniser::new(sniffers) {
            Ok(recogniser) => recogniser,
            Err(error) => {
                bundle.issue("-", format!("cannot prepare recognition: {error}"));
                return bundle;
            }
        };
        for path in paths {
            if path.as_os_str() == "-" {
                bundle.add_stdin(&recogniser);
            } else if path.is_dir() {
                bundle.walk(path, "", &recogniser);
            } else {
                let name = path.file_name().map_or_else(
                    || path.display().to_string(),
                    |name| name.to_string_lossy().into_owned(),
                );
                bundle.add_file(path, &name, &recogniser);
            }
        }
        bundle
    }

    /// The sources that hold evidence of `kind`.
    pub fn holding(&self, kind: Kind) -> Vec<&Source> {
        let holds = |source: &&Source| source.holds(kind);
        self.sources.iter().filter(holds).collect()
    }

    fn issue(&mut self, name: &str, problem: impl Into<String>) {
        self.issues
            .push(ParseIssue::new(Locator::whole(name), problem));
    }

    fn walk(&mut self, folder: &Path, prefix: &str, recogniser: &Recogniser<'_>) {
        let mut entries: Vec<_> = match fs::read_dir(folder) {
            Ok(entries) => entries.filter_map(Result::ok).collect(),
            Err(error) => {
                self.issue(prefix, format!("cannot list the folder: {error}"));
                return;
            }
        };
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    self.walk(&entry.path(), &format!("{name}/"), recogniser);
                }
                Ok(kind) if kind.is_file() => self.add_file(&entry.path(), &name, recogniser),
                Ok(_) => {}
                Err(error) => self.issue(&name, format!("cannot be examined: {error}")),
            }
        }
    }

    fn add_file(&mut self, path: &Path, name: &str, recogniser: &Recogniser<'_>) {
        match open(path) {
            Ok(bytes) => self.add(name, bytes, recogniser),
            Err(error) => self.issue(name, format!("cannot be read: {error}")),
        }
    }

    fn add_stdin(&mut self, recogniser: &Recogniser<'_>) {
        let mut buffer = Vec::new();
        match io::stdin().lock().read_to_end(&mut buffer) {
            Ok(_) => self.add("-", Bytes::from(buffer), recogniser),
            Err(error) => self.issue("-", format!("standard input cannot be read: {error}")),
        }
    }

    fn add(&mut self, name: &str, bytes: Bytes, recogniser: &Recogniser<'_>) {
        let (kinds, format) = recogniser.recognise(name, &bytes);
        self.sources.push(Source {
            name: name.to_owned(),
            bytes,
            kinds,
            format,
            series: None,
            envelope: None,
        });
    }
}

fn open(path: &Path) -> io::Result<Bytes> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(Bytes::from(Vec::new()));
    }
    Map::new(file).map(Bytes::mapped)
}
