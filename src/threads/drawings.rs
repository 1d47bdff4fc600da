//! The pictures of the report: who waits for whom, which threads share a stack, and the call tree.

use super::activity::Activity;
use super::report::{CallNode, DumpSummary, ThreadsReport, WaitEdge};
use crate::document::{
    Bar, Bars, Block, Branch, Chart, Edge, Flame, Graph, Node, Section, Unit, Words,
};
use crate::finding::{Locator, Place};
use crate::t;
use crate::text::count;

/// Deadlocks drawn as a graph, and root blockers drawn as a tree.
const TREES: usize = 5;
/// Waiters shown under one root blocker.
const WAITERS: usize = 8;
/// `Thread.State`, those first that say most; `UNKNOWN` where the format does not tell.
const STATES: &[&str] = &[
    "RUNNABLE",
    "BLOCKED",
    "WAITING",
    "TIMED_WAITING",
    "NEW",
    "TERMINATED",
    "UNKNOWN",
];

impl ThreadsReport {
    /// Who holds up whom: a graph of each deadlock, a tree of each root blocker, of the dump that shows most.
    pub(super) fn waiting(&self) -> Vec<Block> {
        let most = |dump: &&DumpSummary| (dump.deadlocks.len(), dump.waits.len());
        let Some(dump) = self
            .dumps
            .iter()
            .rev()
            .max_by_key(most)
            .filter(|dump| !dump.waits.is_empty())
        else {
            return Vec::new();
        };
        let mut blocks: Vec<Block> = dump
            .deadlocks
            .iter()
            .take(TREES)
            .map(|deadlock| {
                let nodes = deadlock.threads.iter().map(|member| Node {
                    label: member.thread.name.clone(),
                    note: member.top_frame.clone().unwrap_or_default(),
                    emphasised: true,
                });
                let size = deadlock.threads.len();
                let edges = deadlock
                    .threads
                    .iter()
                    .enumerate()
                    .map(|(index, member)| Edge {
                        from: index,
                        to: (index + 1) % size,
                        label: short_class(&member.lock_class).to_owned(),
                    });
                Block::Graph(Graph {
                    title: t!("Deadlock of {size} threads", size),
                    nodes: nodes.collect(),
                    edges: edges.collect(),
                })
            })
            .collect();
        let trees: Vec<Branch> = dump
            .blockers
            .iter()
            .take(TREES)
            .map(|blocker| Branch {
                label: Words::code(&blocker.thread.name).and(t!(
                    " {doing}, holds {lock}, holds up {count}",
                    doing = blocker.doing.words(),
                    lock = short_lock(&blocker.lock),
                    count = count(blocker.held_up)
                )),
                children: waiters_of(dump, |edge| {
                    edge.to == Some(line_of(&blocker.thread.at))
                        && edge.owner.as_ref() == Some(&blocker.thread.name)
                }),
            })
            .collect();
        let unseen = dump.ownerless.iter().filter(|lock| lock.held_up > 1);
        let unseen = unseen.take(TREES - trees.len()).map(|lock| Branch {
            label: t!(
                "an owner that is not visible holds {lock}, holds up {count}",
                lock = short_lock(&lock.lock),
                count = count(lock.held_up)
            )
            .into(),
            children: waiters_of(dump, |edge| edge.to.is_none() && edge.lock == lock.lock),
        });
        let trees: Vec<Branch> = trees.into_iter().chain(unseen).collect();
        if !trees.is_empty() {
            blocks.push(Block::Tree(trees));
        }
        if blocks.is_empty() {
            return blocks;
        }
        vec![Section::main(
            t!(
                "Who waits for whom ({source}:{line})",
                source = dump.source,
                line = dump.line
            ),
            blocks,
        )]
    }

    pub(super) fn stacks(&self) -> Vec<Block> {
        let Some(last) = self.last() else {
            return Vec::new();
        };
        let mut blocks = Vec::new();
        let busy = last
            .groups
            .iter()
            .filter(|group| group.doing != Activity::Idle);
        let groups: Vec<Block> = busy
            .take(10)
            .flat_map(|group| {
                let title = t!(
                    "{count} threads on one stack: {names}",
                    count = count(group.count),
                    names = group.names.join(", ")
                );
                [
                    Block::Paragraph(title.into()),
                    Block::Code(group.frames.join("\n")),
                ]
            })
            .collect();
        if !groups.is_empty() {
            blocks.push(Section::detail(t!("Identical stacks"), groups));
        }
        if last.call_tree.len() > 1 {
            let flame = flame(&last.call_tree).map(Block::Chart);
            blocks.push(Section::detail(
                t!("Call tree of the threads that are not idle"),
                flame.into_iter().collect(),
            ));
        }
        blocks
    }

    /// How many threads were in which state, a bar for each dump.
    pub(super) fn states(&self) -> Option<Block> {
        let seen = |state: &&str| {
            let mut dumps = self.dumps.iter();
            dumps.any(|dump| dump.by_state.contains_key(*state))
        };
        // In every bar the same parts in the same order, so that a state keeps its colour.
        let states: Vec<&str> = STATES.iter().copied().filter(seen).collect();
        (!states.is_empty()).then_some(())?;
        let bars = self.dumps.iter().map(|dump| Bar {
            label: format!("{}:{}", dump.source, dump.line),
            parts: states
                .iter()
                .map(|state| {
                    let count = dump.by_state.get(*state).copied().unwrap_or(0);
                    ((*state).to_owned(), count as f64)
                })
                .collect(),
        });
        let chart = Chart::Bars(Bars {
            title: t!("Threads by state"),
            unit: Unit::Count,
            bars: bars.collect(),
        });
        let blocks = vec![Block::Chart(chart)];
        Some(Section::detail(t!("Threads by state"), blocks))
    }
}

/// One level of waiters, grouped by lock, with the number behind each that holds up others.
fn waiters_of(dump: &DumpSummary, is: impl Fn(&WaitEdge) -> bool) -> Vec<Branch> {
    let waiting = dump.waits.iter().filter(|edge| is(edge));
    let mut branches: Vec<Branch> = Vec::new();
    let mut more = 0_u64;
    for edge in waiting {
        if branches.len() == WAITERS {
            more += 1;
            continue;
        }
        let behind = dump
            .waits
            .iter()
            .filter(|other| {
                other.to == Some(edge.from) && other.owner.as_deref() == Some(&edge.name)
            })
            .count() as u64;
        let behind = match behind {
            0 => String::new(),
            behind => t!(", {behind} behind it", behind = count(behind)),
        };
        branches.push(Branch {
            label: Words::code(&edge.name).and(t!(
                " waits for {lock}{behind}",
                lock = short_lock(&edge.lock),
                behind
            )),
            children: Vec::new(),
        });
    }
    if more > 0 {
        branches.push(Branch {
            label: t!("and {more} more", more = count(more)).into(),
            children: Vec::new(),
        });
    }
    branches
}

fn line_of(at: &Locator) -> u64 {
    match at.place {
        Place::Line(line) => line,
        _ => 0,
    }
}

/// A class without its package.
fn short_class(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

/// `C <0x…>` without the package.
fn short_lock(lock: &str) -> &str {
    let class = lock.split(" <").next().unwrap_or(lock);
    match class.rfind('.') {
        Some(dot) if !class.contains(' ') => &lock[dot + 1..],
        _ => lock,
    }
}

/// The call tree as nested shares.
fn flame(tree: &[CallNode]) -> Option<Chart> {
    let frame = |node: &CallNode| Flame {
        title: t!("Threads by call"),
        unit: Unit::Count,
        name: node.frame.clone(),
        value: node.count as f64,
        children: Vec::new(),
    };
    let frames = tree.iter().map(|node| (node.depth as usize, frame(node)));
    Flame::nested(frames).map(Chart::Flame)
}
