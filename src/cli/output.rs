//! The finished report on its way out: standard output and files, each format made from the same envelope.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::{env, fs, io};

use anyhow::Context;

use super::exit::UsageError;
use super::global::{Color, Format, Global};
use super::{pager, rooms};
use crate::document::Document;
use crate::render::{self, Style};
use crate::report::Envelope;
use crate::t;

/// The format that the ending of a file name asks for.
pub(super) fn format_of(path: &Path) -> Result<Format, UsageError> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html" | "htm") => Ok(Format::Html),
        Some("md" | "markdown") => Ok(Format::Markdown),
        Some("json") => Ok(Format::Json),
        Some("sarif") => Ok(Format::Sarif),
        Some("txt") => Ok(Format::Terminal),
        _ => Err(UsageError(format!(
            "--output {}: the name must end in .html, .md, .json, .sarif or .txt",
            path.display()
        ))),
    }
}

/// Writes the report to every place asked for: the files of `--output`, and standard output unless files were given
/// without `--format`.
pub(super) fn write(envelope: &Envelope, global: &Global) -> anyhow::Result<()> {
    let output = Output {
        envelope,
        documents: envelope.report.documents(),
        brief: global.brief,
    };
    for path in &global.output {
        let style = Style {
            colour: false,
            width: 100,
            details: true,
        };
        let text = output.make(format_of(path)?, style)?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if global.output.is_empty() || global.format.is_some() {
        let format = global.format.unwrap_or(match global.brief {
            true => Format::Markdown,
            false => Format::Terminal,
        });
        let text = output.make(format, style(global))?;
        pager::show(&text, format == Format::Terminal && !global.no_pager)?;
    }
    Ok(())
}

/// Writes the names behind the pseudonyms to a file that only its owner may read, also where one was there before.
pub(super) fn write_pseudonyms(
    path: &Path,
    given: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let originals: BTreeMap<&str, &str> = given
        .iter()
        .map(|(name, pseudonym)| (pseudonym.as_str(), name.as_str()))
        .collect();
    let text = serde_json::to_string_pretty(&originals)? + "\n";
    let write = |mut file: fs::File| {
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        file.write_all(text.as_bytes())
    };
    let written = options.open(path).and_then(write);
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// What all formats are made from.
struct Output<'a> {
    envelope: &'a Envelope,
    documents: Vec<Document>,
    brief: bool,
}

impl Output<'_> {
    fn make(&self, format: Format, style: Style) -> anyhow::Result<String> {
        let documents = &self.documents;
        let footer = footer(self.envelope);
        Ok(match format {
            Format::Terminal => render::terminal(documents, style) + &removed(self.envelope),
            Format::Markdown if self.brief => render::brief(documents, &footer),
            Format::Markdown => render::markdown(documents, &footer),
            Format::Html => render::html(documents, &footer),
            Format::Json => serde_json::to_string_pretty(self.envelope)? + "\n",
            Format::Sarif => {
                let findings = self.envelope.report.findings();
                render::sarif(&findings, &rooms::rules(), &self.envelope.diag_version)
            }
        })
    }
}

fn footer(envelope: &Envelope) -> String {
    let version = &envelope.diag_version;
    match envelope.redacted {
        0 => t!("Made by diag {version}. No network was used.", version),
        removed => t!(
            "Made by diag {version}. No network was used. {removed} secrets were removed.",
            version,
            removed
        ),
    }
}

/// The last line of a text that has no footer.
fn removed(envelope: &Envelope) -> String {
    match envelope.redacted {
        0 => String::new(),
        removed => format!("\n{}\n", t!("{removed} secrets were removed.", removed)),
    }
}

fn style(global: &Global) -> Style {
    let stdout = io::stdout();
    let terminal = stdout.is_terminal();
    let colour = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width = match terminal {
        true => usize::from(console_width()).clamp(60, 160),
        false => 100,
    };
    Style {
        colour,
        width,
        details: global.details,
    }
}

fn console_width() -> u16 {
    let columns = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    columns
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0))
        .unwrap_or(100)
}
