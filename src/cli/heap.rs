//! `diag heap`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args as ClapArgs;

use super::session::Session;
use crate::heap;
use crate::input::Kind;
use crate::report::Report;

/// Find what fills the heap, who holds it, and why it cannot be freed
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  diag heap dump.hprof
  diag heap dump.hprof.gz -o heap.html")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open(&args.files)?;
    let sources = bundle.holding(Kind::HeapDump);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::HeapDump));
    }
    let options = heap::Options::default();
    let reports = sources
        .iter()
        .map(|source| heap::analyse(source, &options, session.progress()))
        .collect();
    Ok(Report::Heap(reports))
}
