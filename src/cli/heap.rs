//! `diag heap`.

mod inspect;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::session::Session;
use crate::heap::{self, HeapReport};
use crate::input::{Bundle, Kind};
use crate::report::{Envelope, Report};

/// Find what fills the heap, who holds it, and why it cannot be freed
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "\
Examples:
  diag heap dump.hprof
  diag heap dump.hprof.gz -o heap.html
  diag heap monday.hprof --compare friday.hprof
  diag heap histo-1.txt histo-2.txt histo-3.txt
  diag heap inspect dump.hprof --class com.acme.Order",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// Heap dumps, folders or archives, or - for standard input; class histograms of jmap or jcmd in the order of time
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// A newer dump of the same program, or its saved JSON report: say what grew since FILE
    #[arg(long, value_name = "NEW", help_heading = "Analysis")]
    compare: Option<PathBuf>,

    /// Which references keep objects alive
    #[arg(
        long,
        value_enum,
        default_value = "collector",
        value_name = "VIEW",
        help_heading = "Analysis"
    )]
    retained_as: View,

    /// Which dump of a file that holds several, counted from 1 [default: the last]
    #[arg(long, value_name = "N", help_heading = "Analysis", value_parser = clap::value_parser!(u32).range(1..))]
    dump: Option<u32>,

    /// Most memory to take, with K, M or G; what does not fit is left out and said
    #[arg(long, value_name = "LIMIT", help_heading = "Analysis", value_parser = limit)]
    memory: Option<u64>,
}

/// A number of bytes: `800M`, `2G`, `123456`.
fn limit(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        unit => return Err(format!("no unit {unit}: expected K, M or G")),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| "expected a number such as 800M".to_owned())?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| "that is more than there is".to_owned())
}

#[derive(Debug, Subcommand)]
enum Command {
    Inspect(inspect::Args),
}

/// Which references keep objects alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum View {
    /// Those the garbage collector follows; not the referents of soft, weak and phantom references
    Collector,
    /// All, with the object sizes of Eclipse MAT, for comparison with it
    Mat,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    if let Some(Command::Inspect(args)) = &args.command {
        return inspect::run(args, session);
    }
    let options = heap::Options {
        retained_as: match args.retained_as {
            View::Collector => heap::RetainedAs::Collector,
            View::Mat => heap::RetainedAs::Mat,
        },
        dump: args.dump,
        memory: args.memory,
    };
    let bundle = session.open(&args.files)?;
    let mut reports = read(&bundle, &options, session)?;
    if reports.is_empty()
        && args.compare.is_none()
        && let Some(series) = heap::compare_histograms(&bundle.holding(Kind::HostSnapshot))
    {
        return Ok(Report::HeapHistograms(series));
    }
    if reports.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::HeapDump));
    }
    if let Some(path) = &args.compare {
        let bundle = session.open(std::slice::from_ref(path))?;
        let newer = read(&bundle, &options, session)?;
        if newer.is_empty() {
            bail!("{}", session.nothing_of(&bundle, Kind::HeapDump));
        }
        let ([old], [new]) = (&reports[..], &newer[..]) else {
            bail!("--compare needs one older and one newer heap dump or report");
        };
        let comparison = heap::compare(old, new);
        reports = newer;
        if let Some(report) = reports.first_mut() {
            report.comparison = Some(comparison);
        }
    }
    Ok(Report::Heap(reports))
}

/// Analyses heap dumps; takes saved reports as they are.
fn read(
    bundle: &Bundle,
    options: &heap::Options,
    session: &Session,
) -> anyhow::Result<Vec<HeapReport>> {
    let mut reports: Vec<HeapReport> = bundle
        .holding(Kind::HeapDump)
        .into_iter()
        .map(|source| heap::analyse(source, options, session.progress()))
        .collect();
    for source in bundle.holding(Kind::Report) {
        let envelope: Envelope = serde_json::from_slice(&source.bytes)
            .with_context(|| format!("{}: not a report that diag wrote", source.name))?;
        if let Report::Heap(saved) = envelope.report {
            reports.extend(saved);
        }
    }
    Ok(reports)
}
