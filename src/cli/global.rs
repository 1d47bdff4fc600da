//! Options that every command takes.

use std::env;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;

use super::exit::UsageError;
use crate::document::redact::Profile;
use crate::finding::Severity;
use crate::text::{Language, Locale};

/// Options that every command takes.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// How to write the report to standard output
    #[arg(
        long,
        value_enum,
        global = true,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub(super) format: Option<Format>,

    /// Write the report to FILE; .html, .md, .json, .sarif or .txt decide the format. May be given several times
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Output"
    )]
    pub(super) output: Vec<PathBuf>,

    /// Show the detail sections in the terminal as well
    #[arg(long, global = true, help_heading = "Output")]
    pub(super) details: bool,

    /// Keep Markdown under 3,500 characters: verdict, chain, evidence, actions. Without --format it means Markdown
    #[arg(long, global = true, help_heading = "Output")]
    pub(super) brief: bool,

    /// Never use a pager
    #[arg(long, global = true, help_heading = "Output")]
    pub(super) no_pager: bool,

    /// When to use colour
    #[arg(
        long,
        value_enum,
        global = true,
        default_value = "auto",
        value_name = "WHEN",
        help_heading = "Output"
    )]
    pub(super) color: Color,

    /// Time zone in which to show times, such as UTC or Asia/Seoul
    #[arg(
        long,
        global = true,
        default_value = "UTC",
        value_name = "ZONE",
        help_heading = "Output"
    )]
    pub(super) tz: String,

    /// Language of the report and of the rules [default: that of LC_ALL, LC_MESSAGES or LANG, else en]
    #[arg(
        long,
        value_enum,
        global = true,
        value_name = "LANGUAGE",
        help_heading = "Output"
    )]
    pub(super) lang: Option<Lang>,

    /// No progress and no notes on standard error
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(super) quiet: bool,

    /// End with status 1 if a finding is at least this severe
    #[arg(
        long,
        value_enum,
        global = true,
        value_name = "SEVERITY",
        help_heading = "Analysis"
    )]
    pub(super) fail_on: Option<FailOn>,

    /// How many threads to use; the report does not depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N", help_heading = "Analysis", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,

    /// What to remove from the report
    #[arg(
        long,
        value_enum,
        global = true,
        default_value = "ticket",
        value_name = "PROFILE",
        help_heading = "Output"
    )]
    pub(super) redact: Redact,

    /// Write which pseudonym stands for what to FILE, as JSON, with --redact public. Only for those who own the evidence
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub(super) pseudonyms: Option<PathBuf>,
}

impl Global {
    /// Language and zone asked for.
    pub(super) fn locale(&self) -> Result<Locale, UsageError> {
        let zone = TimeZone::get(&self.tz).map_err(|_| {
            let example = "such as UTC, Asia/Seoul or America/New_York";
            UsageError(format!(
                "--tz {}: not an IANA time zone, {example}",
                self.tz
            ))
        })?;
        let language = match self.lang {
            Some(lang) => lang.into(),
            None => ["LC_ALL", "LC_MESSAGES", "LANG"]
                .into_iter()
                .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
                .map_or(Language::English, |value| Language::of_locale(&value)),
        };
        Ok(Locale { language, zone })
    }
}

/// Formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For reading here
    Terminal,
    /// For a ticket
    Markdown,
    /// One self-contained page
    Html,
    /// The versioned contract
    Json,
    /// Findings for code-scanning views, SARIF 2.1.0
    Sarif,
}

/// Languages for `--lang`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    /// English
    En,
    /// Korean
    Ko,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::English,
            Lang::Ko => Self::Korean,
        }
    }
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Profiles for `--redact`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Redact {
    /// Secrets and personal data
    Ticket,
    /// Also hosts, pods and addresses, which become pseudonyms
    Public,
    /// Nothing
    Off,
}

impl From<Redact> for Profile {
    fn from(profile: Redact) -> Self {
        match profile {
            Redact::Ticket => Self::Ticket,
            Redact::Public => Self::Public,
            Redact::Off => Self::Off,
        }
    }
}

/// Severities for `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Everything
    Info,
    /// Weaknesses
    Low,
    /// Visible or near harm
    Medium,
    /// Requests or work suffered
    High,
    /// The process could not work, or died
    Critical,
}

impl From<FailOn> for Severity {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Info => Self::Info,
            FailOn::Low => Self::Low,
            FailOn::Medium => Self::Medium,
            FailOn::High => Self::High,
            FailOn::Critical => Self::Critical,
        }
    }
}
