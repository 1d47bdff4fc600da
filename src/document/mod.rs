//! Renderer-neutral blocks: what a report shows, in reading order, without knowing where.
//!
//! Rooms turn their report data into a [`Document`]; only `render` knows HTML, Markdown, escape codes or SVG.

mod chart;
pub mod redact;
mod words;

pub use chart::{
    Axis, Band, Bar, Bars, Chart, Curve, Flame, HeatMap, Lane, Mark, Marker, Series, SpanRow,
    Spans, Timeline, Unit,
};
pub use words::{Span, Words};

use crate::finding::{Finding, Severity};
use crate::{t, text};

/// A whole report: verdict first, then evidence, then detail.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What was analysed: `Heap dump shop.hprof`.
    pub title: String,
    /// The answer in one to three sentences.
    pub verdict: Verdict,
    /// The rest, in reading order.
    pub blocks: Vec<Block>,
}

/// The answer, and how alarming it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Sets the colour and the sign.
    pub severity: Severity,
    /// One sentence, the headline.
    pub headline: Words,
    /// Up to three more sentences.
    pub explanation: Vec<Words>,
}

/// One block of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A titled part of the document.
    Section(Section),
    /// Running text.
    Paragraph(Words),
    /// Unordered points.
    List(Vec<Words>),
    /// Ordered steps.
    Steps(Vec<Words>),
    /// Short facts, name and value, side by side where there is room.
    Facts(Vec<(String, Words)>),
    /// A table.
    Table(Table),
    /// A picture made from data.
    Chart(Chart),
    /// An indented tree.
    Tree(Vec<Branch>),
    /// A small directed graph: waits, class dominators.
    Graph(Graph),
    /// Text to be shown as it is: stack traces, log lines, commands.
    Code(String),
    /// A finding with its evidence and advice.
    Finding(Box<Finding>),
}

/// A titled part of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Detail for those who want it: folded in HTML, shown in the terminal only on request.
    pub detail: bool,
    /// Detail that would fill pages of its own on paper: printed only when it was opened.
    pub apart: bool,
    /// Its content.
    pub blocks: Vec<Block>,
}

impl Section {
    /// A part everybody should read.
    pub fn main(title: impl Into<String>, blocks: Vec<Block>) -> Block {
        Block::Section(Self {
            title: title.into(),
            detail: false,
            apart: false,
            blocks,
        })
    }

    /// A part for those who want more.
    pub fn detail(title: impl Into<String>, blocks: Vec<Block>) -> Block {
        Block::Section(Self {
            title: title.into(),
            detail: true,
            apart: false,
            blocks,
        })
    }

    /// Detail like a report of its own, which is not printed with the rest.
    pub fn apart(title: impl Into<String>, blocks: Vec<Block>) -> Block {
        Block::Section(Self {
            title: title.into(),
            detail: true,
            apart: true,
            blocks,
        })
    }
}

/// A table. Every row has one cell per column.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, in the order to be shown.
    pub rows: Vec<Vec<Words>>,
    /// How many more rows there are that were left out; 0 for a complete table.
    pub more: u64,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Numbers stand right, words left.
    pub number: bool,
}

impl Table {
    /// A table without rows. A column whose title begins with `#` holds numbers; the sign is removed.
    pub fn new(columns: &[&str]) -> Self {
        let columns = columns
            .iter()
            .map(|title| Column {
                title: title.trim_start_matches('#').to_owned(),
                number: title.starts_with('#'),
            })
            .collect();
        Self {
            columns,
            rows: Vec::new(),
            more: 0,
        }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [Words; N]) {
        debug_assert_eq!(N, self.columns.len());
        self.rows.push(cells.into());
    }

    /// What stands below a table of which `shown` rows are shown: how many were left out, if any.
    pub fn rest(&self, shown: usize) -> Option<String> {
        match self.more + self.rows.len().saturating_sub(shown) as u64 {
            0 => None,
            1 => Some(t!("… and one more row")),
            more => Some(t!("… and {count} more rows", count = text::count(more))),
        }
    }
}

/// A node of a tree with its children.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The text of the node.
    pub label: Words,
    /// Its children, in the order to be shown.
    pub children: Vec<Self>,
}

/// A small directed graph, drawn in layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// What it shows, for the caption and for screen readers.
    pub title: String,
    /// The nodes; edges refer to their positions.
    pub nodes: Vec<Node>,
    /// The edges.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// The nodes without any edge, in their order.
    pub fn alone(&self) -> impl Iterator<Item = &Node> {
        let mut touched = vec![false; self.nodes.len()];
        for end in self.edges.iter().flat_map(|edge| [edge.from, edge.to]) {
            if let Some(touched) = touched.get_mut(end) {
                *touched = true;
            }
        }
        let nodes = self.nodes.iter().zip(touched);
        nodes.filter(|(_, touched)| !touched).map(|(node, _)| node)
    }
}

/// A node of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its text, short.
    pub label: String,
    /// A second, smaller line; may be empty.
    pub note: String,
    /// Part of what the graph is about: a deadlock cycle, the root blocker.
    pub emphasised: bool,
}

/// An edge of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Position of the node it leaves.
    pub from: usize,
    /// Position of the node it enters.
    pub to: usize,
    /// Its text; may be empty.
    pub label: String,
}
