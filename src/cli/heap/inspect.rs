//! `diag heap inspect`.

use std::path::PathBuf;

use anyhow::bail;
use clap::{ArgGroup, Args as ClapArgs};

use crate::cli::exit::UsageError;
use crate::cli::session::Session;
use crate::heap::{self, InspectError, Query};
use crate::input::Kind;
use crate::report::Report;

/// Look at one object, one class, or the ways to an object
#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("query").required(true).args(["object", "class", "path"])), after_help = "\
Examples:
  diag heap inspect dump.hprof --object 0x7f3a2c10
  diag heap inspect dump.hprof --class com.acme.Order --limit 50
  diag heap inspect dump.hprof --path 0x7f3a2c10")]
pub(super) struct Args {
    /// A heap dump, or an archive with one
    #[arg(value_name = "DUMP")]
    file: PathBuf,

    /// The object of this identifier: what it holds, who refers to it, what goes with it
    #[arg(long, value_name = "ID", value_parser = identifier, help_heading = "Query")]
    object: Option<u64>,

    /// All classes of this name: instances, who keeps them alive, what goes with them
    #[arg(long, value_name = "NAME", help_heading = "Query")]
    class: Option<String>,

    /// The shortest ways from the roots to the object of this identifier
    #[arg(long, value_name = "ID", value_parser = identifier, help_heading = "Query")]
    path: Option<u64>,

    /// Most rows of every list
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = "Query")]
    limit: u32,

    /// Rows to skip at the beginning of every list
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Query")]
    offset: u32,

    /// Show the texts of strings, and of arrays of characters and bytes
    #[arg(long, help_heading = "Query")]
    show_strings: bool,

    /// Which dump of a file that holds several, counted from 1 [default: the last]
    #[arg(long, value_name = "N", help_heading = "Query", value_parser = clap::value_parser!(u32).range(1..))]
    dump: Option<u32>,
}

/// `0x7f3a2c10`, or a decimal number.
fn identifier(text: &str) -> Result<u64, String> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = match hex {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    number.map_err(|_| "expected an identifier such as 0x7f3a2c10".to_owned())
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let query = match (args.object, args.path, &args.class) {
        (Some(id), ..) => Query::Object(id),
        (None, Some(id), _) => Query::Path(id),
        (None, None, class) => Query::Class(class.clone().unwrap_or_default()),
    };
    let bundle = session.open(std::slice::from_ref(&args.file))?;
    let dumps = bundle.holding(Kind::HeapDump);
    let dump = match dumps[..] {
        [dump] => dump,
        [] => bail!("{}", session.nothing_of(&bundle, Kind::HeapDump)),
        _ => {
            let names: Vec<&str> = dumps.iter().map(|dump| dump.name.as_str()).collect();
            let message = format!("inspect takes one heap dump; this has {}", names.join(", "));
            return Err(UsageError(message).into());
        }
    };
    let options = heap::Options {
        dump: args.dump,
        ..heap::Options::default()
    };
    let request = heap::Request {
        query,
        offset: args.offset as usize,
        limit: args.limit as usize,
        show_strings: args.show_strings,
    };
    match heap::inspect(dump, &options, &request, session.progress()) {
        Ok(look) => Ok(Report::HeapInspection(Box::new(look))),
        Err(InspectError::Unknown(problem)) => Err(UsageError(problem).into()),
        Err(InspectError::Unreadable(problem)) => bail!("{}: {problem}", dump.name),
    }
}
