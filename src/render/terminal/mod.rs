//! Text for a terminal or a pipe: the verdict first, then what everybody should read, and one line that tells of the rest.

mod chart;
mod ink;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write;

use ink::{Ink, Inked, inked};

use super::{safe, sign, when};
use crate::document::{Block, Branch, Document, Edge, Graph, Node, Section, Words};
use crate::finding::Finding;
use crate::t;

/// Statements of evidence shown for a finding unless details are wanted.
const EVIDENCE: usize = 6;
/// Findings of a document shown whole unless details are wanted; of the others the title.
const WHOLE: usize = 3;
/// Lines of a document unless details are wanted: two screens of fifty, with room for the last lines.
const SCREENS: usize = 94;
/// Characters of the line that names what is not shown.
const HIDDEN: usize = 240;

/// How the terminal is used.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Escape codes for colour.
    pub colour: bool,
    /// Columns available.
    pub width: usize,
    /// Show sections marked as detail.
    pub details: bool,
}

/// The text.
pub fn terminal(documents: &[Document], style: Style) -> String {
    let style = Style {
        width: style.width.max(40),
        ..style
    };
    let mut page = Page {
        out: String::new(),
        style,
        findings: 0,
        hidden: Vec::new(),
    };
    for document in documents {
        page.document(document);
    }
    page.closing();
    page.out
}

/// One block, for places that show characters of one width.
pub(super) fn block(block: &Block, style: Style) -> String {
    let mut page = Page {
        out: String::new(),
        style,
        findings: 0,
        hidden: Vec::new(),
    };
    page.block(block);
    page.out
}

/// The text so far.
struct Page {
    out: String,
    style: Style,
    /// Findings of the document so far.
    findings: usize,
    /// Titles of the detail sections left out.
    hidden: Vec<String>,
}

impl Page {
    fn document(&mut self, document: &Document) {
        self.findings = 0;
        self.gap();
        let start = self.out.len();
        self.rule(&document.title, '━');
        let verdict = &document.verdict;
        let severity = verdict.severity;
        let word = format!(" {} {} ", sign(severity), severity.word().to_uppercase());
        let mut headline: Inked = vec![(Ink::Badge(severity), word), (Ink::Plain, " ".to_owned())];
        for (ink, text) in inked(&verdict.headline) {
            let ink = if ink == Ink::Plain { Ink::Strong } else { ink };
            headline.push((ink, text));
        }
        self.badge_paragraph(&headline);
        for words in &verdict.explanation {
            self.paragraph(words, "  ", "  ");
        }
        let mut first = true;
        for block in &document.blocks {
            let before = (self.out.len(), self.hidden.len());
            self.block(block);
            let lines = self.out[start..].lines().count();
            let long = !self.style.details && lines > SCREENS && self.out.len() > before.0;
            // What comes first is shown whatever its length; behind it, what does not fit is left to the page.
            if let Block::Section(section) = block
                && long
                && !first
            {
                self.out.truncate(before.0);
                self.hidden.truncate(before.1);
                self.hidden.push(section.title.clone());
            }
            first &= !matches!(block, Block::Section(_) | Block::Finding(_));
        }
    }

    /// A paragraph whose first piece is a badge, which wrapping must not take apart.
    fn badge_paragraph(&mut self, text: &Inked) {
        let Some(((ink, badge), rest)) = text.split_first() else {
            return;
        };
        let indent = ink::width(badge) + 1;
        let badge = ink.paint(badge, self.style.colour);
        let lines = ink::wrap(rest, self.style.width - indent, self.style.colour);
        if lines.is_empty() {
            self.line(&badge);
        }
        for (index, line) in lines.iter().enumerate() {
            match index {
                0 => self.line(&format!("{badge} {line}")),
                _ => self.line(&format!("{:indent$}{line}", "")),
            }
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        if let Block::Section(section) = block {
            return self.section(section);
        }
        if let Block::Finding(finding) = block {
            return self.finding(finding);
        }
        self.gap();
        match block {
            Block::Section(_) | Block::Finding(_) => {}
            Block::Paragraph(words) => self.paragraph(words, "", ""),
            Block::List(items) => {
                for words in items {
                    self.paragraph(words, "• ", "  ");
                }
            }
            Block::Steps(items) => {
                for (index, words) in items.iter().enumerate() {
                    let number = format!("{}. ", index + 1);
                    let indent = " ".repeat(number.len());
                    self.paragraph(words, &number, &indent);
                }
            }
            Block::Facts(facts) => self.facts(facts),
            Block::Table(data) => {
                let text = table::text(data, self.style);
                self.out += &text;
            }
            Block::Chart(data) => {
                let text = chart::text(data, self.style);
                self.out += &text;
            }
            Block::Tree(branches) => self.tree(branches, ""),
            Block::Graph(graph) => self.graph(graph),
            Block::Code(text) => {
                for line in safe::block(text).lines() {
                    let line = Ink::Code.paint(line, self.style.colour);
                    self.line(&format!("    {line}"));
                }
            }
        }
    }

    fn section(&mut self, section: &Section) {
        if section.detail && !self.style.details {
            self.hidden.push(section.title.clone());
            return;
        }
        self.gap();
        self.rule(&section.title, '─');
        self.blocks(&section.blocks);
    }

    /// A title in a rule across the page.
    fn rule(&mut self, title: &str, stroke: char) {
        let title = ink::fit(&safe::inline(title), self.style.width - 6);
        let rest = self.style.width.saturating_sub(ink::width(&title) + 4);
        let colour = self.style.colour;
        let left: String = std::iter::repeat_n(stroke, 2).collect();
        let right: String = std::iter::repeat_n(stroke, rest).collect();
        let line = format!(
            "{} {} {}",
            Ink::Dim.paint(&left, colour),
            Ink::Strong.paint(&title, colour),
            Ink::Dim.paint(&right, colour)
        );
        self.line(&line);
    }

    fn facts(&mut self, facts: &[(String, Words)]) {
        let limit = self.style.width / 3;
        let widest = facts.iter().map(|(name, _)| ink::width(name)).max();
        let column = widest.unwrap_or(0).min(limit);
        for (name, value) in facts {
            let name = ink::pad(&safe::inline(name), column);
            let name = Ink::Dim.paint(&name, self.style.colour);
            let indent = " ".repeat(column + 2);
            self.inked(&inked(value), &format!("{name}  "), &indent, column + 2);
        }
    }

    fn tree(&mut self, branches: &[Branch], indent: &str) {
        for (index, branch) in branches.iter().enumerate() {
            let last = index + 1 == branches.len();
            let (first, rest) = match last {
                true => ("└─ ", "   "),
                false => ("├─ ", "│  "),
            };
            let first = format!("{indent}{first}");
            let below = format!("{indent}{rest}");
            self.paragraph(&branch.label, &first, &below);
            // Deeper than half the page a tree reads worse than it helps.
            if below.chars().count() < self.style.width / 2 {
                self.tree(&branch.children, &below);
            } else if !branch.children.is_empty() {
                self.line(&format!("{below}└─ …"));
            }
        }
    }

    fn graph(&mut self, graph: &Graph) {
        self.inked(
            &vec![(Ink::Strong, safe::inline(&graph.title).into_owned())],
            "",
            "",
            0,
        );
        // Many arrows into one node are one line: the crowd behind a lock.
        let mut order: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        let mut crowds: Vec<(&Edge, Vec<usize>)> = Vec::new();
        for edge in &graph.edges {
            let next = crowds.len();
            let index = *order.entry((edge.to, &edge.label)).or_insert(next);
            match crowds.get_mut(index) {
                Some((_, from)) => from.push(edge.from),
                None => crowds.push((edge, vec![edge.from])),
            }
        }
        for (edge, from) in crowds {
            let mut text = Inked::new();
            for node in from.iter().filter_map(|from| graph.nodes.get(*from)) {
                if !text.is_empty() {
                    text.push((Ink::Dim, ", ".to_owned()));
                }
                text.extend(named(node));
            }
            text.push((Ink::Dim, " → ".to_owned()));
            text.extend(graph.nodes.get(edge.to).map(named).unwrap_or_default());
            if !edge.label.is_empty() {
                text.push((Ink::Dim, format!(" [{}]", safe::inline(&edge.label))));
            }
            self.inked(&text, "  ", "      ", 6);
        }
        for node in graph.alone() {
            self.inked(&named(node), "  ", "      ", 6);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        self.findings += 1;
        let whole = self.style.details || self.findings <= WHOLE;
        if whole || self.findings == WHOLE + 1 {
            self.gap();
        }
        let badge = format!("[{}]", finding.severity.word().to_uppercase());
        let title = safe::inline(&finding.title).into_owned();
        let text = vec![(Ink::Level(finding.severity), badge), (Ink::Strong, title)];
        self.badge_paragraph(&text);
        if !whole {
            return;
        }
        let mut facts = vec![finding.confidence.word().to_owned()];
        if let Some((first, last)) = finding.when {
            facts.push(when(first, last));
        }
        facts.push(finding.rule.clone());
        let facts = vec![(Ink::Dim, safe::inline(&facts.join(" · ")).into_owned())];
        self.inked(&facts, "  ", "  ", 2);
        self.paragraph(&finding.summary.as_str().into(), "  ", "  ");
        let shown = match self.style.details {
            true => finding.evidence.len(),
            false => finding.evidence.len().min(EVIDENCE),
        };
        for evidence in &finding.evidence[..shown] {
            let text = vec![
                (Ink::Plain, safe::inline(&evidence.statement).into_owned()),
                (
                    Ink::Dim,
                    format!(" ({})", safe::inline(&evidence.locator.to_string())),
                ),
            ];
            self.inked(&text, "  · ", "    ", 4);
        }
        if shown < finding.evidence.len() {
            let more = finding.evidence.len() - shown;
            let text = t!("{more} more statements with --details", more);
            self.inked(&vec![(Ink::Dim, text)], "  · ", "    ", 4);
        }
        for advice in &finding.advice {
            self.paragraph(&advice.as_str().into(), "  → ", "    ");
        }
    }

    fn closing(&mut self) {
        if self.hidden.is_empty() {
            return;
        }
        self.gap();
        let count = self.hidden.len();
        let mut titles = String::new();
        for title in &self.hidden {
            if !titles.is_empty() {
                titles += ", ";
            }
            if ink::width(&titles) + ink::width(title) > HIDDEN {
                titles.push('…');
                break;
            }
            titles += title;
        }
        let text = match count {
            1 => t!(
                "1 more section ({titles}): --details shows it here, -o report.html as a page.",
                titles
            ),
            _ => t!(
                "{count} more sections ({titles}): --details shows them here, -o report.html as a page.",
                count,
                titles
            ),
        };
        let text = vec![(Ink::Dim, safe::inline(&text).into_owned())];
        self.inked(&text, "", "", 0);
    }

    fn paragraph(&mut self, words: &Words, first: &str, rest: &str) {
        self.inked(&inked(words), first, rest, ink::width(first));
    }

    /// Wrapped text; `indent` is the width of both prefixes on the screen.
    fn inked(&mut self, text: &Inked, first: &str, rest: &str, indent: usize) {
        let columns = self.style.width.saturating_sub(indent);
        let lines = ink::wrap(text, columns, self.style.colour);
        for (index, line) in lines.iter().enumerate() {
            let prefix = if index == 0 { first } else { rest };
            self.line(&format!("{prefix}{line}"));
        }
    }

    fn line(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{}", line.trim_end());
    }

    /// One empty line, unless there is one already or nothing above.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }
}

/// A node of a graph with its note.
fn named(node: &Node) -> Inked {
    let ink = match node.emphasised {
        true => Ink::Strong,
        false => Ink::Plain,
    };
    let mut text = vec![(ink, safe::inline(&node.label).into_owned())];
    if !node.note.is_empty() {
        text.push((Ink::Dim, format!(" ({})", safe::inline(&node.note))));
    }
    text
}
