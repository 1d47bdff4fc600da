//! `diag render`: a saved JSON report in another format.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args as ClapArgs;
use jiff::tz::TimeZone;

use super::exit::{Status, UsageError};
use super::output;
use super::session::Session;
use crate::report::{Envelope, SCHEMA_VERSION};
use crate::text::Locale;

/// Write a saved JSON report in another format, without its evidence
///
/// Gives the same bytes as the run that made it.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  diag render report.json -o report.html")]
pub(super) struct Args {
    /// A report written with --format json, or - for standard input
    report: PathBuf,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Status> {
    if session.global.pseudonyms.is_some() {
        let problem = "--pseudonyms: a saved report does not hold the names behind its pseudonyms";
        return Err(UsageError(problem.to_owned()).into());
    }
    let name = args.report.display();
    let bundle = session.open(std::slice::from_ref(&args.report))?;
    let [source] = &bundle.sources[..] else {
        bail!(
            "{name}: expected one report, found {} files",
            bundle.sources.len()
        );
    };
    let envelope: Envelope = serde_json::from_slice(&source.bytes)
        .with_context(|| format!("{name}: not a report that diag wrote with --format json"))?;
    if envelope.schema_version > SCHEMA_VERSION {
        let found = envelope.schema_version;
        bail!(
            "{name}: schema version {found}, this diag reads up to {SCHEMA_VERSION}; update diag"
        );
    }
    let zone = TimeZone::get(&envelope.zone)
        .with_context(|| format!("{name}: the time zone of the report is not known"))?;
    let language = envelope.language;
    Locale { language, zone }.set();
    output::write(&envelope, &session.global)?;
    Ok(Status::Analysed)
}
