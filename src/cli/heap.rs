//! `diag heap`.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args as ClapArgs, ValueEnum};

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
    let bundle = session.open(&args.files)?;
    let sources = bundle.holding(Kind::HeapDump);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::HeapDump));
    }
    let options = heap::Options {
        retained_as: match args.retained_as {
            View::Collector => heap::RetainedAs::Collector,
            View::Mat => heap::RetainedAs::Mat,
        },
        dump: args.dump,
    };
    let reports = sources
        .iter()
        .map(|source| heap::analyse(source, &options, session.progress()))
        .collect();
    Ok(Report::Heap(reports))
}
