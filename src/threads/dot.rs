//! The wait-for graph in the language of Graphviz.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::report::{DumpSummary, ThreadsReport};

/// The wait-for graphs of all dumps, one cluster a dump: threads are boxes, locks are the edges between them. Deadlocked
/// threads are red, a wait for an unseen owner is dashed.
pub fn dot(report: &ThreadsReport) -> String {
    let mut out = String::from(
        "digraph waits {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n",
    );
    for (number, dump) in report.dumps.iter().enumerate() {
        cluster(&mut out, number, dump);
    }
    out.push_str("}\n");
    out
}

fn cluster(out: &mut String, number: usize, dump: &DumpSummary) {
    // A line can hold a carrier and its virtual thread, so the name belongs to the key.
    let mut nodes: BTreeMap<(u64, &str), usize> = BTreeMap::new();
    for edge in &dump.waits {
        let owner = edge.to.zip(edge.owner.as_deref());
        for key in [Some((edge.from, edge.name.as_str())), owner]
            .into_iter()
            .flatten()
        {
            let next = nodes.len();
            nodes.entry(key).or_insert(next);
        }
    }
    let deadlocked = |name: &str| {
        let mut members = dump.deadlocks.iter().flat_map(|deadlock| &deadlock.threads);
        members.any(|member| member.thread.name == name)
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "  subgraph cluster_{number} {{\n    label={};",
        quoted(&format!("{}:{}", dump.source, dump.line))
    );
    for ((_, name), id) in &nodes {
        let colour = if deadlocked(name) { ", color=red" } else { "" };
        let _ = writeln!(out, "    t{number}_{id} [label={}{colour}];", quoted(name));
    }
    for (unseen, edge) in dump.waits.iter().enumerate() {
        let from = nodes
            .get(&(edge.from, edge.name.as_str()))
            .copied()
            .unwrap_or(0);
        let owner = edge
            .to
            .zip(edge.owner.as_deref())
            .and_then(|key| nodes.get(&key));
        let label = quoted(&edge.lock);
        let _ = match owner {
            Some(to) => writeln!(
                out,
                "    t{number}_{from} -> t{number}_{to} [label={label}];"
            ),
            None => writeln!(
                out,
                "    u{number}_{unseen} [label=\"?\", shape=circle];\n    t{number}_{from} -> u{number}_{unseen} [label={label}, style=dashed];"
            ),
        };
    }
    out.push_str("  }\n");
}

/// A quoted identifier of the DOT language.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace(['\n', '\r'], " ");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_their_quotes() {
        assert_eq!(quoted("a\"b\\\n]"), "\"a\\\"b\\\\ ]\"");
    }
}
