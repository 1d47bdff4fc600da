//! Markdown for tickets: no HTML, tables of the common kind, pictures as characters in code blocks, and never longer
//! than a ticket takes.
//!
//! Jira takes 32,767 characters, GitHub 65,536; support desks often 4,000. What does not fit is left out as a whole
//! and named.

mod escape;

use std::collections::BTreeSet;

use escape::{Place, code, fenced, text, words};

use super::{Style, sign, terminal, when};
use crate::document::{Block, Document, Section, Table, Words};
use crate::finding::Finding;
use crate::t;

/// Most letters of a sentence of the verdict.
const SENTENCE: usize = 500;
/// Most characters of the text, counted as UTF-16 code units as Jira does.
const LIMIT: usize = 30_000;
/// The same for the brief text.
const BRIEF: usize = 3_500;
/// Most rows of a table.
const ROWS: usize = 40;
/// Most lines of a picture or a code block.
const LINES: usize = 60;
/// Most statements of a finding.
const EVIDENCE: usize = 8;

/// The text, at most 30,000 characters.
pub fn markdown(documents: &[Document], footer: &str) -> String {
    let mut pieces = Vec::new();
    for document in documents {
        pieces.push(Piece::needed(head(document)));
        for block in &document.blocks {
            pieces_of(block, 2, false, &mut pieces);
        }
    }
    assemble(pieces, footer, LIMIT)
}

/// The verdict, the chain of events, the evidence and what to do, at most 3,500 characters.
pub fn brief(documents: &[Document], footer: &str) -> String {
    let mut pieces = Vec::new();
    for document in documents {
        pieces.push(Piece::needed(head(document)));
        let before = pieces.len();
        steps(&document.blocks, &mut pieces);
        // Where steps tell what led to what and what to do, a line of each finding is enough.
        let told = pieces.len() > before;
        let mut findings = Vec::new();
        collect(&document.blocks, &mut findings);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        // An incident lists what its rooms list again.
        let mut told_already = BTreeSet::new();
        findings.retain(|finding| told_already.insert((&finding.rule, &finding.title)));
        for one in findings {
            pieces.push(Piece {
                title: one.title.clone(),
                text: match told {
                    true => line(one),
                    false => finding(one, 3, 2, 2),
                },
                detail: true,
            });
        }
    }
    assemble(pieces, footer, BRIEF)
}

/// A part that is shown as a whole or left out as a whole.
struct Piece {
    /// Its name in the list of what was left out; empty for parts that nobody would miss by name.
    title: String,
    text: String,
    /// Shown only when everything else has found its place.
    detail: bool,
}

impl Piece {
    fn needed(text: String) -> Self {
        Self {
            title: String::new(),
            text,
            detail: false,
        }
    }
}

/// Joins the pieces in their order. When there is too little room, pieces of the first rank go before details, and
/// within a rank earlier ones before later ones.
fn assemble(pieces: Vec<Piece>, footer: &str, limit: usize) -> String {
    let footer = format!("---\n{}\n", text(footer, Place::Line));
    let whole: usize = pieces.iter().map(|piece| size(&piece.text) + 1).sum();
    let mut shown = vec![true; pieces.len()];
    let mut notice = String::new();
    if whole + size(&footer) > limit {
        // Room for the notice, whose list of titles is cut to 300 characters.
        let mut room = limit.saturating_sub(size(&footer) + 600);
        for detail in [false, true] {
            for (piece, shown) in pieces.iter().zip(&mut shown) {
                if piece.detail == detail {
                    let needs = size(&piece.text) + 1;
                    *shown = needs <= room;
                    if *shown {
                        room -= needs;
                    }
                }
            }
        }
        notice = left_out(&pieces, &shown);
    }
    let mut out = String::new();
    for (piece, shown) in pieces.iter().zip(shown) {
        if shown {
            out += &piece.text;
            out.push('\n');
        }
    }
    out + &notice + &footer
}

fn left_out(pieces: &[Piece], shown: &[bool]) -> String {
    let missing = || {
        let missing = pieces.iter().zip(shown).filter(|(_, shown)| !**shown);
        missing.map(|(piece, _)| piece)
    };
    let count = missing().count();
    let mut titles = String::new();
    for piece in missing().filter(|piece| !piece.title.is_empty()) {
        if size(&titles) + size(&piece.title) > 260 {
            titles += ", …";
            break;
        }
        if !titles.is_empty() {
            titles += ", ";
        }
        titles += &piece.title;
    }
    let notice = match (count, titles.is_empty()) {
        (1, true) => t!(
            "One part was left out to keep the length a ticket takes. The HTML report has everything."
        ),
        (1, false) => t!(
            "One part was left out to keep the length a ticket takes: {titles}. The HTML report has everything.",
            titles
        ),
        (_, true) => t!(
            "{count} parts were left out to keep the length a ticket takes. The HTML report has everything.",
            count
        ),
        (_, false) => t!(
            "{count} parts were left out to keep the length a ticket takes, among them {titles}. The HTML report has everything.",
            count,
            titles
        ),
    };
    format!("*{}*\n\n", text(&notice, Place::Inside))
}

/// UTF-16 code units.
fn size(text: &str) -> usize {
    text.encode_utf16().count()
}

fn head(document: &Document) -> String {
    let verdict = &document.verdict;
    let word = verdict.severity.word().to_uppercase();
    let mut out = format!(
        "# {}\n\n> {} **{word}** {}\n",
        clipped(&document.title.as_str().into()),
        sign(verdict.severity),
        clipped(&verdict.headline),
    );
    for explanation in &verdict.explanation {
        out += &format!(">\n> {}\n", clipped(explanation));
    }
    out
}

/// A sentence of the verdict: whatever its length, the verdict must never be what is left out.
fn clipped(sentence: &Words) -> String {
    let plain = sentence.plain();
    match plain.char_indices().nth(SENTENCE) {
        Some((end, _)) => text(&plain[..end], Place::Inside) + " …",
        None => words(sentence, Place::Inside),
    }
}

fn pieces_of(one: &Block, level: usize, detail: bool, pieces: &mut Vec<Piece>) {
    match one {
        Block::Section(section) => section_pieces(section, level, detail, pieces),
        Block::Finding(one) => pieces.push(Piece {
            title: one.title.clone(),
            text: finding(one, level, EVIDENCE, usize::MAX),
            detail,
        }),
        Block::Chart(chart) => pieces.push(Piece {
            title: chart.title().to_owned(),
            text: block(one),
            detail,
        }),
        _ => pieces.push(Piece {
            title: String::new(),
            text: block(one),
            detail,
        }),
    }
}

fn section_pieces(section: &Section, level: usize, detail: bool, pieces: &mut Vec<Piece>) {
    let detail = detail || section.detail;
    let heading = format!(
        "{} {}\n",
        "#".repeat(level.min(6)),
        text(&section.title, Place::Inside)
    );
    // A heading goes with the first block below it: it must not stand alone.
    let first = pieces.len();
    for block in &section.blocks {
        pieces_of(block, level + 1, detail, pieces);
    }
    match pieces.get_mut(first) {
        Some(piece) => {
            piece.text.insert_str(0, &format!("{heading}\n"));
            if piece.title.is_empty() {
                piece.title.clone_from(&section.title);
            }
        }
        None => pieces.push(Piece {
            title: section.title.clone(),
            text: heading,
            detail,
        }),
    }
}

fn block(one: &Block) -> String {
    match one {
        Block::Section(_) => String::new(),
        Block::Paragraph(paragraph) => words(paragraph, Place::Line) + "\n",
        Block::List(items) => items
            .iter()
            .map(|item| point("- ", &words(item, Place::Line)))
            .collect(),
        Block::Steps(items) => {
            let numbered = items.iter().enumerate();
            numbered
                .map(|(index, item)| point(&format!("{}. ", index + 1), &words(item, Place::Line)))
                .collect()
        }
        Block::Facts(facts) => facts
            .iter()
            .map(|(name, value)| {
                format!(
                    "- **{}:** {}\n",
                    text(name, Place::Inside),
                    words(value, Place::Inside)
                )
            })
            .collect(),
        Block::Table(data) => table(data),
        Block::Chart(_) | Block::Tree(_) | Block::Graph(_) => {
            let style = Style {
                colour: false,
                width: 78,
                details: true,
            };
            fenced(&shortened(&terminal::block(one, style)))
        }
        Block::Code(text) => fenced(&shortened(text)),
        Block::Finding(one) => finding(one, 3, EVIDENCE, usize::MAX),
    }
}

fn point(mark: &str, text: &str) -> String {
    format!("{mark}{text}\n")
}

/// The first lines of a long text, and how many are missing.
fn shortened(text: &str) -> String {
    let count = text.lines().count();
    if count <= LINES {
        return text.to_owned();
    }
    let mut out: String = text
        .lines()
        .take(LINES)
        .flat_map(|line| [line, "\n"])
        .collect();
    out += &t!("… and {more} more lines", more = count - LINES);
    out
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let titles = table
        .columns
        .iter()
        .map(|column| text(&column.title, Place::Cell));
    let mut out = row(titles.collect());
    let rules = table.columns.iter().map(|column| match column.number {
        true => "---:".to_owned(),
        false => "---".to_owned(),
    });
    out += &row(rules.collect());
    for cells in table.rows.iter().take(ROWS) {
        out += &row(cells.iter().map(|cell| words(cell, Place::Cell)).collect());
    }
    if let Some(rest) = table.rest(ROWS) {
        out += &format!("\n{}\n", text(&rest, Place::Line));
    }
    out
}

fn finding(finding: &Finding, level: usize, statements: usize, advice: usize) -> String {
    let word = finding.severity.word().to_uppercase();
    let mut out = format!(
        "{} {} {word}: {}\n\n",
        "#".repeat(level.min(6)),
        sign(finding.severity),
        text(&finding.title, Place::Inside)
    );
    let mut facts = vec![text(finding.confidence.word(), Place::Line)];
    if let Some((first, last)) = finding.when {
        facts.push(text(&when(first, last), Place::Inside));
    }
    facts.push(code(&finding.rule, Place::Inside));
    out += &format!("{}\n", facts.join(" · "));
    if !finding.summary.is_empty() {
        out += &format!(
            "\n{}\n",
            words(&Words::sentence(&finding.summary), Place::Line)
        );
    }
    if !finding.evidence.is_empty() {
        out.push('\n');
    }
    for evidence in finding.evidence.iter().take(statements) {
        let place = code(&evidence.locator.to_string(), Place::Inside);
        out += &format!("- {} ({place})\n", text(&evidence.statement, Place::Line));
    }
    if finding.evidence.len() > statements {
        let more = finding.evidence.len() - statements;
        out += &format!(
            "- {}\n",
            text(&t!("… and {more} more statements", more), Place::Line)
        );
    }
    if !finding.advice.is_empty() {
        out += &format!("\n**{}**\n\n", t!("What to do"));
    }
    for advice in finding.advice.iter().take(advice) {
        out += &format!("- {}\n", words(&Words::sentence(advice), Place::Line));
    }
    out
}

/// A finding in one point of a list, with its first evidence and advice.
fn line(finding: &Finding) -> String {
    let place = finding.evidence.first().map(|evidence| {
        let place = evidence.locator.to_string();
        format!(" ({})", code(&place, Place::Inside))
    });
    let advice = finding.advice.first().map(|advice| {
        let advice = words(&Words::sentence(advice), Place::Inside);
        format!(" → {advice}")
    });
    let word = finding.severity.word().to_uppercase();
    let title = text(&finding.title, Place::Inside);
    let parts = [place, advice].into_iter().flatten();
    let rest: String = parts.collect();
    point("- ", &format!("**{word}** {title}{rest}"))
}

/// The chain of events and what to do: the sections that everybody should read and that are steps.
fn steps(blocks: &[Block], pieces: &mut Vec<Piece>) {
    for one in blocks {
        match one {
            Block::Steps(_) => pieces.push(Piece::needed(block(one))),
            Block::Section(section) if !section.detail => {
                let first = pieces.len();
                steps(&section.blocks, pieces);
                if let Some(piece) = pieces.get_mut(first) {
                    let title = text(&section.title, Place::Inside);
                    piece.text.insert_str(0, &format!("**{title}**\n\n"));
                }
            }
            _ => {}
        }
    }
}

fn collect<'a>(blocks: &'a [Block], findings: &mut Vec<&'a Finding>) {
    for block in blocks {
        match block {
            Block::Finding(finding) => findings.push(finding),
            Block::Section(section) => collect(&section.blocks, findings),
            _ => {}
        }
    }
}
