//! One run: options in force, progress, opening evidence, and handing the finished report to the outputs.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::{Context, bail};

use super::exit::{Status, UsageError};
use super::global::{Global, Redact};
use super::progress::Bar;
use super::{complain, output, rooms};
use crate::finding::Severity;
use crate::input::{Bundle, Kind, Progress, Sniffer, Watch};
use crate::report::{Envelope, Report};

/// What a command needs to do its work.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) global: Global,
    bar: Bar,
    watched: RefCell<Watch>,
}

impl Session {
    /// Puts the options of `global` in force.
    pub(super) fn new(global: Global) -> anyhow::Result<Self> {
        for path in &global.output {
            output::format_of(path)?;
        }
        if global.pseudonyms.is_some() && global.redact != Redact::Public {
            let problem = "--pseudonyms: only --redact public makes pseudonyms";
            return Err(UsageError(problem.to_owned()).into());
        }
        if let Some(threads) = global.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(usize::from(threads))
                .build_global()
                .context("cannot start the worker threads")?;
        }
        let bar = Bar::new(global.quiet);
        Ok(Self {
            global,
            bar,
            watched: RefCell::default(),
        })
    }

    /// Where work reports its progress.
    pub(super) fn progress(&self) -> &dyn Progress {
        &self.bar
    }

    /// A note on standard error, unless `--quiet`.
    pub(super) fn note(&self, message: &str) {
        if !self.global.quiet {
            self.bar.suspend(|| complain(message));
        }
    }

    /// Opens evidence. Says on standard error what could not be opened; fails when nothing could.
    pub(super) fn open(&self, paths: &[PathBuf]) -> anyhow::Result<Bundle> {
        self.open_as(paths, &rooms::sniffers())
    }

    /// The same, recognising only what `sniffers` know.
    pub(super) fn open_as(
        &self,
        paths: &[PathBuf],
        sniffers: &[Sniffer],
    ) -> anyhow::Result<Bundle> {
        self.opened(|| Bundle::open(paths, sniffers))
    }

    /// The same as `open`, with sure sources left unsearched for evidence of other kinds.
    pub(super) fn open_unsearched(&self, paths: &[PathBuf]) -> anyhow::Result<Bundle> {
        self.opened(|| Bundle::open_unsearched(paths, &rooms::sniffers()))
    }

    fn opened(&self, open: impl FnOnce() -> Bundle) -> anyhow::Result<Bundle> {
        self.progress().phase("opening", 0);
        let bundle = open();
        for issue in &bundle.issues {
            self.note(&issue.to_string());
        }
        self.watched.replace(bundle.watch.clone());
        if bundle.sources.is_empty() {
            bail!("nothing readable was given");
        }
        Ok(bundle)
    }

    /// What to say when no source holds the kind of evidence that a command wants: what was found instead, and the
    /// command for it.
    pub(super) fn nothing_of(&self, bundle: &Bundle, wanted: Kind) -> String {
        let mut message = format!("no {} among the files given", wanted.word());
        for source in bundle.sources.iter().take(5) {
            let command = match source.kind() {
                Kind::HeapDump => "; try: diag heap",
                Kind::ThreadDump => "; try: diag threads",
                Kind::GcLog => "; try: diag gc",
                Kind::AccessLog => "; try: diag access",
                Kind::Events => "; try: diag events",
                Kind::Report => "; try: diag render",
                Kind::HostSnapshot => "; try: diag host",
                Kind::Unknown | Kind::Empty => "",
            };
            message += &format!("\n  {}: {}{command}", source.name, source.format);
        }
        message
    }

    /// Runs a command that makes a report, writes the report and decides the exit status.
    pub(super) fn analyse(
        &self,
        command: impl FnOnce(&Self) -> anyhow::Result<Report>,
    ) -> anyhow::Result<Status> {
        let report = command(self)?;
        self.bar.finish();
        for issue in self.watched.borrow().shrunk() {
            self.note(&issue.to_string());
        }
        let profile = self.global.redact.into();
        let (envelope, redacted) = Envelope::seal(report, &self.global.tz, profile)?;
        if let Some(path) = &self.global.pseudonyms {
            output::write_pseudonyms(path, &redacted.pseudonyms)?;
        }
        output::write(&envelope, &self.global)?;
        if envelope.report.is_unreadable() {
            return Ok(Status::Unreadable);
        }
        let worst = envelope.report.findings().iter().map(|f| f.severity).max();
        let limit = self.global.fail_on.map(Severity::from);
        Ok(match limit.zip(worst) {
            Some((limit, worst)) if worst >= limit => Status::Findings,
            _ => Status::Analysed,
        })
    }
}
