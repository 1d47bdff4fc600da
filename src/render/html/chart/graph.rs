//! A small directed graph in layers: what waits stands above what it waits for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Picture, ROWS, WIDTH, fit, label, number};
use crate::document::{Edge, Graph, Node, Table};
use crate::render::html::escape;
use crate::t;

/// Nodes drawn; all edges stand in the table.
const NODES: usize = 60;
/// Nodes side by side.
const ACROSS: usize = 5;
/// Size of a node.
const BOX: (f64, f64) = (172.0, 40.0);
/// Room for a node, with the text of its arrow.
const ROOM: f64 = 340.0;
/// From the top of one row of nodes to the next.
const STEP: f64 = 84.0;

pub(super) fn picture(whole: &Graph, id: &str) -> Picture {
    let graph = &folded(whole);
    let count = graph.nodes.len().min(NODES);
    let edges: Vec<(usize, usize, &str)> = graph
        .edges
        .iter()
        .filter(|edge| edge.from < count && edge.to < count)
        .map(|edge| (edge.from, edge.to, edge.label.as_str()))
        .collect();
    let rows = rows(&layers(count, &edges), &edges);
    // A small graph stands on the left, where a narrow window begins.
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = WIDTH.min(widest as f64 * ROOM);
    let mut centres = vec![(0.0, 0.0); count];
    for (index, row) in rows.iter().enumerate() {
        for (place, node) in row.iter().enumerate() {
            let x = width * (place as f64 + 0.5) / row.len() as f64;
            centres[*node] = (x, 8.0 + BOX.1 / 2.0 + index as f64 * STEP);
        }
    }
    let mut body = format!(
        "<defs><marker id=\"{id}a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"head\" d=\"M0 0L8 4L0 8Z\"/></marker></defs>\n"
    );
    for (from, to, text) in &edges {
        edge(
            &mut body,
            id,
            (centres[*from], centres[*to]),
            from == to,
            text,
        );
    }
    for (node, centre) in graph.nodes.iter().zip(&centres) {
        draw(&mut body, node, *centre);
    }
    let mut below = String::new();
    if graph.nodes.len() > NODES {
        let more = t!(
            "… and {count} more nodes",
            count = graph.nodes.len() - NODES
        );
        below = format!("<p class=\"rest\">{}</p>\n", escape::text(&more));
    }
    let (nodes, arrows) = (whole.nodes.len(), whole.edges.len());
    Picture {
        height: rows.len().max(1) as f64 * STEP - (STEP - BOX.1) + 18.0,
        description: t!(
            "{nodes} nodes and {arrows} arrows between them.",
            nodes,
            arrows
        ),
        attributes: String::new(),
        body,
        below,
        table: table(whole),
    }
}

/// The graph with each crowd in one node: nodes that nothing points to and that all point to one node in the same way.
fn folded(graph: &Graph) -> Graph {
    let mut out = vec![Vec::new(); graph.nodes.len()];
    let mut pointed = vec![false; graph.nodes.len()];
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (out.get_mut(edge.from), pointed.get_mut(edge.to)) {
            from.push((edge.to, edge.label.as_str()));
            *to = true;
        }
    }
    let mut crowds: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        if let ([only], false, false) = (&out[index][..], pointed[index], node.emphasised) {
            crowds.entry(*only).or_default().push(index);
        }
    }
    crowds.retain(|_, members| members.len() > ACROSS);
    // The first of a crowd stands for all; the others have no place of their own.
    let mut first: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for members in crowds.values() {
        first.extend(
            members
                .iter()
                .map(|member| (*member, (members[0], members.len()))),
        );
    }
    let mut place = vec![0; graph.nodes.len()];
    let mut nodes: Vec<Node> = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        match first.get(&index) {
            Some((first, _)) if *first != index => place[index] = place[*first],
            crowd => {
                place[index] = nodes.len();
                let mut node = node.clone();
                if let Some((_, size)) = crowd {
                    node.note = t!("and {count} more like it", count = size - 1);
                }
                nodes.push(node);
            }
        }
    }
    let mut known = BTreeSet::new();
    let mut edges: Vec<Edge> = Vec::new();
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (place.get(edge.from), place.get(edge.to)) else {
            continue;
        };
        if known.insert((*from, *to, &edge.label)) {
            edges.push(Edge {
                from: *from,
                to: *to,
                label: edge.label.clone(),
            });
        }
    }
    Graph {
        title: graph.title.clone(),
        nodes,
        edges,
    }
}

/// The layer of each node: one below the lowest of those that point to it, arrows that close a cycle not counted.
fn layers(count: usize, edges: &[(usize, usize, &str)]) -> Vec<usize> {
    let mut out = vec![Vec::new(); count];
    let mut into = vec![0; count];
    for (from, to, _) in edges {
        out[*from].push(*to);
        into[*to] += 1;
    }
    // Nodes that nobody points to come first, so that cycles are entered from outside.
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|node| into[*node]);
    let mut state = vec![0_u8; count];
    let mut finished = Vec::with_capacity(count);
    let mut back = BTreeSet::new();
    for root in order {
        if state[root] != 0 {
            continue;
        }
        state[root] = 1;
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.last_mut() {
            let node = *node;
            match out[node].get(*next) {
                Some(child) => {
                    *next += 1;
                    match state[*child] {
                        0 => {
                            state[*child] = 1;
                            stack.push((*child, 0));
                        }
                        1 => {
                            back.insert((node, *child));
                        }
                        _ => {}
                    }
                }
                None => {
                    state[node] = 2;
                    finished.push(node);
                    stack.pop();
                }
            }
        }
    }
    let mut layer = vec![0_usize; count];
    for node in finished.iter().copied().rev() {
        for child in &out[node] {
            if !back.contains(&(node, *child)) {
                layer[*child] = layer[*child].max(layer[node] + 1);
            }
        }
    }
    // What waits stands right above what it waits for, not at the top.
    for node in finished {
        let below = out[node]
            .iter()
            .filter(|child| !back.contains(&(node, **child)));
        if let Some(nearest) = below.map(|child| layer[*child]).min() {
            layer[node] = nearest.saturating_sub(1).max(layer[node]);
        }
    }
    layer
}

/// Rows of nodes from top to bottom. A crowded layer takes several; within a layer nodes stand below the middle of
/// those that point to them.
fn rows(layer: &[usize], edges: &[(usize, usize, &str)]) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut place = vec![0.5; layer.len()];
    for level in 0..=layer.iter().copied().max().unwrap_or(0) {
        let mut nodes: Vec<(f64, usize)> = (0..layer.len())
            .filter(|node| layer[*node] == level)
            .map(|node| {
                let above = edges
                    .iter()
                    .filter(|(from, to, _)| *to == node && layer[*from] < level);
                let (sum, number) = above.fold((0.0, 0.0), |(sum, number), (from, ..)| {
                    (sum + place[*from], number + 1.0)
                });
                (if number > 0.0 { sum / number } else { 0.5 }, node)
            })
            .collect();
        nodes.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        for group in nodes.chunks(ACROSS) {
            for (index, (_, node)) in group.iter().enumerate() {
                place[*node] = (index as f64 + 0.5) / group.len() as f64;
            }
            rows.push(group.iter().map(|(_, node)| *node).collect());
        }
    }
    rows
}

fn edge(out: &mut String, id: &str, ends: ((f64, f64), (f64, f64)), itself: bool, text: &str) {
    let ((x1, y1), (x2, y2)) = ends;
    let half = (BOX.0 / 2.0, BOX.1 / 2.0);
    let (path, middle) = if itself {
        let (x, y) = (x1 + half.0, y1);
        (
            format!("M{} {}c34 -22 34 22 0 12", number(x), number(y - 6.0)),
            (x + 16.0, y - 16.0),
        )
    } else if y2 > y1 {
        let (top, bottom) = (y1 + half.1, y2 - half.1 - 1.0);
        let bend = ((bottom - top) / 2.0).max(14.0);
        (
            format!(
                "M{} {}C{} {} {} {} {} {}",
                number(x1),
                number(top),
                number(x1),
                number(top + bend),
                number(x2),
                number(bottom - bend),
                number(x2),
                number(bottom)
            ),
            (f64::midpoint(x1, x2), f64::midpoint(top, bottom) + 4.0),
        )
    } else {
        // Upwards or sideways: around the outside, so that a cycle is seen as one.
        let side = if x1.max(x2) + half.0 + 70.0 < WIDTH {
            1.0
        } else {
            -1.0
        };
        let (from, to) = (x1 + side * half.0, x2 + side * (half.0 + 1.0));
        let out_there = if side > 0.0 {
            from.max(to) + 56.0
        } else {
            from.min(to) - 56.0
        };
        (
            format!(
                "M{} {}C{} {} {} {} {} {}",
                number(from),
                number(y1 + 6.0),
                number(out_there),
                number(y1),
                number(out_there),
                number(y2),
                number(to),
                number(y2 + if y1 == y2 { -6.0 } else { 0.0 })
            ),
            (out_there - side * 10.0, f64::midpoint(y1, y2)),
        )
    };
    let _ = writeln!(
        out,
        "<path class=\"edge\" marker-end=\"url(#{id}a)\" d=\"{path}\"/>"
    );
    if !text.is_empty() {
        label(out, middle, "middle", "tick halo", &fit(text, 220.0));
    }
}

fn draw(out: &mut String, node: &Node, centre: (f64, f64)) {
    let class = if node.emphasised {
        "node strong"
    } else {
        "node"
    };
    let full = match node.note.is_empty() {
        true => node.label.clone(),
        false => format!("{} ({})", node.label, node.note),
    };
    let _ = write!(
        out,
        "<g class=\"{class}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
        escape::text(&full),
        number(centre.0 - BOX.0 / 2.0),
        number(centre.1 - BOX.1 / 2.0),
        BOX.0,
        BOX.1
    );
    let room = BOX.0 - 14.0;
    if node.note.is_empty() {
        label(
            out,
            (centre.0, centre.1 + 4.0),
            "middle",
            "value",
            &fit(&node.label, room),
        );
    } else {
        label(
            out,
            (centre.0, centre.1 - 3.0),
            "middle",
            "value",
            &fit(&node.label, room),
        );
        label(
            out,
            (centre.0, centre.1 + 12.0),
            "middle",
            "tick",
            &fit(&node.note, room),
        );
    }
    out.push_str("</g>\n");
}

fn table(graph: &Graph) -> Table {
    let titles = [t!("From"), t!("What"), t!("To")];
    let mut table = Table::new(&titles.each_ref().map(String::as_str));
    let name = |index: usize| graph.nodes.get(index).map_or("", |node| &node.label);
    for edge in graph.edges.iter().take(ROWS) {
        table.row([
            name(edge.from).into(),
            edge.label.as_str().into(),
            name(edge.to).into(),
        ]);
    }
    for node in graph.alone() {
        if table.rows.len() < ROWS {
            table.row([
                node.label.as_str().into(),
                node.note.as_str().into(),
                "".into(),
            ]);
        }
    }
    table.more = graph.edges.len().saturating_sub(ROWS) as u64;
    table
}
