//! The blocks of a document as HTML, each properly nested in itself.

use std::fmt::Write;

use super::super::{sign, when};
use super::{HARD, Page, SOFT, chart, escape};
use crate::document::{Block, Branch, Section, Table, Words};
use crate::finding::Finding;
use crate::t;
use crate::text;

/// Most rows of a table.
const ROWS: usize = 2_000;
/// Most bytes of a code block.
const CODE: usize = 200_000;
/// Deepest nesting of a tree.
const DEPTH: usize = 64;
/// Rows from which a table is shown in a box of its own with a bar to scroll.
const TALL: usize = 25;
/// Rows of a table that are printed; the style sheet knows the same number.
pub(super) const PRINTED: usize = 40;

impl Page {
    pub(super) fn blocks(&mut self, blocks: &[Block], level: usize) {
        for block in blocks {
            let heavy = matches!(block, Block::Chart(_) | Block::Graph(_) | Block::Code(_));
            let detail = matches!(block, Block::Section(section) if section.detail);
            let size = self.out.len();
            if size > HARD || size > SOFT && (heavy || detail) {
                self.left_out += 1;
                continue;
            }
            self.block(block, level);
        }
    }

    fn block(&mut self, block: &Block, level: usize) {
        match block {
            Block::Section(section) => self.section(section, level),
            Block::Paragraph(words) => self.put("p", "", &escape::words(words)),
            Block::List(items) => self.items("ul", items),
            Block::Steps(items) => self.items("ol", items),
            Block::Facts(facts) => self.facts(facts),
            Block::Table(data) => self.table(data),
            Block::Chart(data) => {
                let figure = chart::figure(self, data);
                self.out += &figure;
            }
            Block::Tree(branches) => {
                self.out += "<div class=\"tree\">\n";
                self.tree(branches, 0);
                self.out += "</div>\n";
            }
            Block::Graph(data) => {
                let figure = chart::graph_figure(self, data);
                self.out += &figure;
            }
            Block::Code(text) => {
                let text = escape::block(text, CODE);
                let name = escape::text(&t!("Text as found"));
                let _ = writeln!(
                    self.out,
                    "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{name}\"><pre><code>{text}</code></pre></div>"
                );
            }
            Block::Finding(finding) => self.finding(finding, level),
        }
    }

    fn put(&mut self, tag: &str, class: &str, html: &str) {
        let class = match class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        let _ = writeln!(self.out, "<{tag}{class}>{html}</{tag}>");
    }

    fn section(&mut self, section: &Section, level: usize) {
        let id = self.id();
        let title = escape::text(&section.title);
        self.section.clone_from(&section.title);
        let heading = level.min(6);
        if level == 2 {
            self.headings.push((id.clone(), section.title.clone()));
        }
        if section.detail {
            // Pictures are for looking at; a page has room for them.
            let picture = |block: &Block| matches!(block, Block::Chart(_) | Block::Graph(_));
            let open = match section.blocks.first().is_some_and(picture) {
                true => " open",
                false => "",
            };
            let (class, note) = match section.apart {
                true => {
                    let note = t!("Not printed: open it on the page first.");
                    let note = escape::text(&note);
                    (" apart", format!("<span class=\"paper\">{note}</span>"))
                }
                false => ("", String::new()),
            };
            let _ = writeln!(
                self.out,
                "<details class=\"more{class}\" id=\"{id}\"{open}><summary><h{heading}>{title}</h{heading}>{note}</summary>\n<div>"
            );
            self.blocks(&section.blocks, level + 1);
            self.out += "</div>\n</details>\n";
        } else {
            // A section with a name is a landmark; those inside another one repeat titles and are none.
            let name = match level {
                2 => format!(" aria-labelledby=\"{id}\""),
                _ => String::new(),
            };
            let _ = writeln!(
                self.out,
                "<section{name}>\n<h{heading} id=\"{id}\">{title}</h{heading}>"
            );
            self.blocks(&section.blocks, level + 1);
            self.out += "</section>\n";
        }
    }

    fn items(&mut self, tag: &str, items: &[Words]) {
        let class = if tag == "ol" { " class=\"steps\"" } else { "" };
        let _ = writeln!(self.out, "<{tag}{class}>");
        for words in items {
            self.put("li", "", &escape::words(words));
        }
        let _ = writeln!(self.out, "</{tag}>");
    }

    fn facts(&mut self, facts: &[(String, Words)]) {
        if facts.is_empty() {
            return;
        }
        self.out += "<dl class=\"facts\">\n";
        for (name, value) in facts {
            let (name, value) = (escape::text(name), escape::words(value));
            let _ = writeln!(self.out, "<div><dt>{name}</dt><dd>{value}</dd></div>");
        }
        self.out += "</dl>\n";
    }

    /// A table in a box that scrolls by itself, so that a wide one never widens the page.
    pub(super) fn table(&mut self, table: &Table) {
        let titles: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.title.as_str())
            .collect();
        let name = escape::text(&t!("Table: {columns}", columns = titles.join(", ")));
        let tall = if table.rows.len() > TALL { " tall" } else { "" };
        let _ = write!(
            self.out,
            "<div class=\"scroll{tall}\" tabindex=\"0\" role=\"group\" aria-label=\"{name}\">\n<table>\n<thead><tr>"
        );
        for column in &table.columns {
            let class = if column.number { " class=\"n\"" } else { "" };
            let title = escape::text(&column.title);
            let _ = write!(self.out, "<th scope=\"col\"{class}>{title}</th>");
        }
        self.out += "</tr></thead>\n<tbody>\n";
        let mut shown = 0;
        for row in table.rows.iter().take(ROWS) {
            if self.out.len() > HARD {
                break;
            }
            shown += 1;
            self.out += "<tr>";
            for (index, words) in row.iter().enumerate() {
                let number = table.columns.get(index).is_some_and(|column| column.number);
                let class = if number { " class=\"n\"" } else { "" };
                let _ = write!(self.out, "<td{class}>{}</td>", escape::words(words));
            }
            self.out += "</tr>\n";
        }
        self.out += "</tbody>\n</table>\n</div>\n";
        if let Some(rest) = table.rest(shown) {
            self.put("p", "rest", &escape::text(&rest));
        }
        let unprinted = shown.saturating_sub(PRINTED);
        if unprinted > 0 {
            let count = text::count(unprinted as u64);
            let note = t!(
                "{count} more rows are not printed: they are on the page.",
                count
            );
            self.put("p", "rest paper", &escape::text(&note));
        }
    }

    fn tree(&mut self, branches: &[Branch], depth: usize) {
        self.out += "<ul>\n";
        for branch in branches {
            if self.out.len() > HARD {
                self.left_out += 1;
                break;
            }
            self.out += "<li>";
            self.out += &escape::words(&branch.label);
            if !branch.children.is_empty() && depth < DEPTH {
                self.out.push('\n');
                self.tree(&branch.children, depth + 1);
            } else if !branch.children.is_empty() {
                self.out += " …";
            }
            self.out += "</li>\n";
        }
        self.out += "</ul>\n";
    }

    fn finding(&mut self, finding: &Finding, level: usize) {
        let heading = level.min(6);
        let severity = finding.severity;
        let (class, word) = (severity.name(), severity.word());
        let id = self.id();
        let _ = write!(
            self.out,
            "<article class=\"finding {class}\" aria-labelledby=\"{id}\">\n\
             <h{heading} id=\"{id}\"><span class=\"badge\"><span aria-hidden=\"true\">{sign}</span> {word}</span> {title}</h{heading}>\n\
             <p class=\"about\"><span class=\"sure\">{sure}</span>",
            sign = sign(severity),
            title = escape::prose(&finding.title),
            sure = escape::text(finding.confidence.word()),
        );
        if let Some((first, last)) = finding.when {
            let when = when(first, last);
            let _ = write!(self.out, "<span>{}</span>", escape::text(&when));
        }
        let rule = escape::text(&finding.rule);
        let _ = writeln!(self.out, "<code>{rule}</code></p>");
        if !finding.summary.is_empty() {
            let summary = Words::sentence(&finding.summary);
            self.put("p", "", &escape::words(&summary));
        }
        if !finding.evidence.is_empty() {
            self.put("p", "label", &escape::text(&t!("Evidence")));
            self.out += "<ul class=\"evidence\">\n";
            for evidence in &finding.evidence {
                let place = escape::text(&evidence.locator.to_string());
                let _ = writeln!(
                    self.out,
                    "<li>{} <code class=\"place\">{}</code></li>",
                    escape::prose(&evidence.statement),
                    escape::breakable(&place)
                );
            }
            self.out += "</ul>\n";
        }
        if !finding.advice.is_empty() {
            self.put("p", "label", &escape::text(&t!("What to do")));
            self.out += "<ul class=\"advice\">\n";
            for advice in &finding.advice {
                self.put("li", "", &escape::words(&Words::sentence(advice)));
            }
            self.out += "</ul>\n";
        }
        self.out += "</article>\n";
    }
}
