//! `diag merge`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::session::Session;
use crate::access;
use crate::report::Report;

/// Join summaries written by diag access --partial into one report
///
/// The report is the same, byte for byte, as that of one run over all their files, whatever way these were divided. A file
/// that is in several summaries counts once.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  diag merge node-*.dgp -o fleet.html")]
pub(super) struct Args {
    /// Summaries, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open(&args.files)?;
    let partials: Vec<(&str, &[u8])> = bundle
        .sources
        .iter()
        .map(|source| (source.name.as_str(), &*source.bytes))
        .collect();
    Ok(Report::Access(Box::new(access::merge(&partials)?)))
}
