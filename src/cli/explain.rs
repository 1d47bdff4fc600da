//! `diag rules` and `diag explain`: the text of the rules themselves.

use clap::Args as ClapArgs;
use comfy_table::{ContentArrangement, Table, presets};

use super::exit::{Status, UsageError};
use super::{rooms, say};
use crate::finding::RuleMeta;
use crate::t;
use crate::text::said;

/// List every rule and hypothesis
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  diag rules --markdown > docs/rules.md")]
pub(super) struct RulesArgs {
    /// The full text of all rules as Markdown
    #[arg(long)]
    markdown: bool,
}

/// Explain a rule: what it means, how it is detected, when it errs, what to do
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  diag explain gc/death-spiral")]
pub(super) struct ExplainArgs {
    /// Identifier of a rule, as reports and `diag rules` show it
    #[arg(value_name = "RULE")]
    rule: String,
}

pub(super) fn rules(args: &RulesArgs) -> anyhow::Result<Status> {
    if args.markdown {
        say(&markdown())?;
        return Ok(Status::Analysed);
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header([t!("RULE"), t!("SEVERITY"), t!("TITLE")]);
    for rule in rooms::rules() {
        table.add_row([rule.id, rule.severity.word(), said(rule.title)]);
    }
    say(&format!("{table}\n"))?;
    Ok(Status::Analysed)
}

pub(super) fn explain(args: &ExplainArgs) -> anyhow::Result<Status> {
    let rules = rooms::rules();
    let Some(rule) = rules.iter().find(|rule| rule.id == args.rule) else {
        let wanted = args.rule.to_lowercase();
        let near: Vec<_> = rules
            .iter()
            .map(|rule| rule.id)
            .filter(|id| {
                id.contains(&wanted) || wanted.contains(id.rsplit('/').next().unwrap_or(id))
            })
            .collect();
        let hint = match near.is_empty() {
            true => "`diag rules` lists them".to_owned(),
            false => format!("did you mean {}?", near.join(", ")),
        };
        return Err(UsageError(format!("no rule {:?}; {hint}", args.rule)).into());
    };
    say(&text(rule, ""))?;
    Ok(Status::Analysed)
}

/// `docs/rules.md`.
pub(super) fn markdown() -> String {
    let mut out = "# Rules\n\nMade by `diag rules --markdown`; do not edit.\n".to_owned();
    for rule in rooms::rules() {
        out.push('\n');
        out.push_str(&text(rule, "## "));
    }
    out
}

fn text(rule: &RuleMeta, heading: &str) -> String {
    let mut out = format!(
        "{heading}{}\n\n{}\n",
        rule.id,
        t!(
            "{title} (severity: {severity})",
            title = said(rule.title),
            severity = rule.severity.word()
        )
    );
    let strong = if heading.is_empty() { "" } else { "**" };
    let parts = [
        (t!("What it means"), rule.means),
        (t!("How it is detected"), rule.detected),
        (t!("What to do"), rule.advice),
        (t!("False positives"), rule.false_positives),
    ];
    for (title, body) in parts {
        out += &format!("\n{strong}{title}.{strong} {}\n", said(body));
    }
    out += &format!(
        "\n{strong}{}.{strong} {}\n",
        t!("Sources"),
        rule.sources.join("; ")
    );
    out
}

#[cfg(test)]
mod tests {
    /// Regenerate with `cargo run -- rules --markdown > docs/rules.md`.
    #[test]
    fn the_rules_page_is_current() {
        let page = include_str!("../../docs/rules.md");
        assert_eq!(
            page,
            super::markdown(),
            "run: cargo run -- rules --markdown > docs/rules.md"
        );
    }
}
