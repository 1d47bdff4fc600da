//! Any bytes as text and numbers in any block, in every format, after redaction: for the fuzzer and for tests.

use diag::document::redact::{self, Profile};
use diag::document::{
    Axis, Band, Bar, Bars, Block, Branch, Chart, Document, Edge, Flame, Graph, Lane, Mark, Marker,
    Node, Section, Series, Table, Timeline, Unit, Verdict, Words,
};
use diag::finding::{Confidence, Evidence, Finding, Locator, Severity};
use diag::render::{Style, brief, html, markdown, terminal};
use diag::time::{Instant, Moment};

/// Makes a document of `data`, writes it in every format and checks what must hold for all.
pub(crate) fn exercise(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    for profile in [Profile::Ticket, Profile::Public] {
        let mut value = serde_json::Value::String(text.clone());
        redact::value(&mut value, profile);
        let once = value.clone();
        redact::value(&mut value, profile);
        assert_eq!(value, once, "redaction has settled");
    }
    let numbers: Vec<i64> = data
        .chunks_exact(8)
        .filter_map(|chunk| chunk.try_into().ok().map(i64::from_le_bytes))
        .collect();
    let documents = [document(&text, &numbers)];
    let width = 40 + numbers.first().map_or(0, |number| number.rem_euclid(120)) as usize;
    for details in [false, true] {
        let style = Style {
            colour: false,
            width,
            details,
        };
        let text = terminal(&documents, style);
        assert!(!text.contains('\x1b'));
    }
    assert!(markdown(&documents, "footer").encode_utf16().count() <= 30_000);
    assert!(brief(&documents, "footer").encode_utf16().count() <= 3_500);
    let page = html(&documents, "footer");
    assert_eq!(page.matches("<script").count(), 1);
}

fn document(text: &str, numbers: &[i64]) -> Document {
    let at = |index: usize| numbers.get(index).copied().unwrap_or(index as i64);
    let points: Vec<(i64, f64)> = numbers
        .iter()
        .map(|number| (*number, f64::from_bits(*number as u64)))
        .collect();
    let mut table = Table::new(&[text, "#n"]);
    table.row([text.into(), Words::code(text)]);
    let blocks = vec![
        Block::Paragraph(
            Words::from(text)
                .and(Words::code(text))
                .and(Words::strong(text)),
        ),
        Block::List(vec![text.into()]),
        Block::Facts(vec![(text.to_owned(), text.into())]),
        Block::Table(table),
        Block::Tree(vec![Branch {
            label: text.into(),
            children: Vec::new(),
        }]),
        Block::Code(text.to_owned()),
        Block::Graph(Graph {
            title: text.to_owned(),
            nodes: vec![
                Node {
                    label: text.to_owned(),
                    note: text.to_owned(),
                    emphasised: true
                };
                3
            ],
            edges: numbers
                .iter()
                .map(|number| Edge {
                    from: (number & 3) as usize,
                    to: (number >> 2 & 3) as usize,
                    label: text.to_owned(),
                })
                .collect(),
        }),
        Block::Chart(Chart::Timeline(Timeline {
            title: text.to_owned(),
            axis: if at(0) & 1 == 0 {
                Axis::Wall
            } else {
                Axis::Uptime
            },
            from: at(0),
            to: at(1),
            lanes: [
                Mark::Line,
                Mark::Steps,
                Mark::Area,
                Mark::Dots,
                Mark::Sticks,
            ]
            .map(|mark| Lane {
                title: text.to_owned(),
                unit: Unit::Bytes,
                series: vec![Series {
                    name: text.to_owned(),
                    mark,
                    points: points.clone(),
                }],
            })
            .to_vec(),
            markers: vec![Marker {
                at: Moment {
                    lo: Instant(at(2)),
                    hi: Instant(at(3)),
                },
                label: text.to_owned(),
                severity: Severity::High,
            }],
            bands: vec![Band {
                from: at(3),
                to: at(4),
                label: text.to_owned(),
                severity: Severity::Low,
            }],
        })),
        Block::Chart(Chart::Bars(Bars {
            title: text.to_owned(),
            unit: Unit::Micros,
            bars: points
                .iter()
                .map(|(_, value)| Bar {
                    label: text.to_owned(),
                    parts: vec![(text.to_owned(), *value)],
                })
                .collect(),
        })),
        Block::Chart(Chart::Flame(Flame {
            title: text.to_owned(),
            unit: Unit::Count,
            name: text.to_owned(),
            value: points.first().map_or(1.0, |point| point.1),
            children: Vec::new(),
        })),
        Block::Finding(Box::new(Finding {
            rule: text.to_owned(),
            title: text.to_owned(),
            severity: Severity::Critical,
            confidence: Confidence::Likely,
            when: Some((Moment::exact(Instant(at(0))), Moment::exact(Instant(at(1))))),
            summary: text.to_owned(),
            evidence: vec![Evidence::new(text, Locator::line(text, 1))],
            advice: vec![text.to_owned()],
        })),
    ];
    Document {
        title: text.to_owned(),
        verdict: Verdict {
            severity: Severity::Critical,
            headline: text.into(),
            explanation: vec![text.into()],
        },
        blocks: vec![
            Section::main(text, blocks.clone()),
            Section::detail(text, blocks),
        ],
    }
}
