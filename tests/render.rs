//! Renderers: safe, complete, within their limits, and the same every time.

#![expect(
    clippy::unwrap_used,
    reason = "what a test expects may fail loudly in its helpers, too"
)]

#[path = "showcase/any.rs"]
mod any;
#[path = "common/reader.rs"]
mod reader;
mod showcase;

use std::path::Path;

use diag::document::*;
use diag::finding::{Confidence, Evidence, Finding, Locator, RuleMeta, Severity};
use diag::render::{Style, brief, html, markdown, sarif, terminal};
use proptest::prelude::*;
use reader::well_formed;
use sha2::{Digest, Sha256};
use showcase::HOSTILE;
use unicode_width::UnicodeWidthStr;

const FOOTER: &str = "Made by a test. No network was used.";

fn page() -> String {
    html(&showcase::documents(), FOOTER)
}

fn text(width: usize, colour: bool, details: bool) -> String {
    let style = Style {
        colour,
        width,
        details,
    };
    terminal(&showcase::documents(), style)
}

/// For looking at: the showcase in every format, in the folder for temporary files of the build.
#[test]
fn write_the_showcase() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let documents = showcase::documents();
    std::fs::write(folder.join("showcase.html"), page()).unwrap();
    std::fs::write(folder.join("showcase.md"), markdown(&documents, FOOTER)).unwrap();
    std::fs::write(folder.join("brief.md"), brief(&documents, FOOTER)).unwrap();
    std::fs::write(folder.join("showcase.txt"), text(100, false, true)).unwrap();
    std::fs::write(
        folder.join("largest.html"),
        html(&showcase::largest(), FOOTER),
    )
    .unwrap();
}

#[test]
fn the_page_loads_nothing() {
    let page = page();
    let lower = page.to_lowercase();
    for forbidden in [
        "http://",
        "https://",
        "src=",
        "@import",
        "url(",
        "<link",
        "<iframe",
        "<object",
        "<embed",
        "<base",
        "<form",
        "javascript:",
        "srcdoc",
        " on",
        "style=",
    ] {
        let found: Vec<&str> = lower
            .match_indices(forbidden)
            .map(|(at, _)| cut(&lower, at, 40))
            .collect();
        let found: Vec<&&str> = found
            .iter()
            // References inside the page, and words in text.
            .filter(|around| !around.starts_with("url(#") && !event_free(around))
            .collect();
        assert!(found.is_empty(), "{forbidden}: {found:?}");
    }
}

fn cut(text: &str, at: usize, length: usize) -> &str {
    let mut end = (at + length).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[at..end]
}

/// ` on…` that is not an attribute: no equals sign follows the word.
fn event_free(around: &str) -> bool {
    let Some(rest) = around.strip_prefix(" on") else {
        return false;
    };
    let word = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    !word.starts_with('=')
}

#[test]
fn hostile_text_is_escaped_everywhere() {
    let page = page();
    assert_eq!(page.matches("<script>").count(), 1, "only our own script");
    assert!(!page.contains("alert(1)</script>"));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    let markdown = markdown(&showcase::documents(), FOOTER);
    let terminal = text(100, false, true);
    for output in [&page, &markdown, &terminal] {
        for steering in ['\x1b', '\x07', '\u{202e}', '\0', '\u{9b}'] {
            assert!(!output.contains(steering), "{steering:?}");
        }
    }
    assert!(page.contains("&lt;U+202E&gt;evil"));
}

#[test]
fn the_policy_allows_this_style_and_this_script_only() {
    let page = page();
    for tag in ["style", "script"] {
        let (_, rest) = page.split_once(&format!("<{tag}>")).unwrap();
        let (content, _) = rest.split_once(&format!("</{tag}>")).unwrap();
        let hash = base64(&Sha256::digest(content));
        assert!(
            page.contains(&format!("{tag}-src 'sha256-{hash}'")),
            "{tag}"
        );
    }
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("unsafe"));
}

/// RFC 4648 §4, bit by bit.
fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['+', '/'])
        .collect();
    let bits: Vec<u8> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let mut out: String = bits
        .chunks(6)
        .map(|chunk| {
            let value = chunk
                .iter()
                .fold(0, |value, bit| value << 1 | usize::from(*bit));
            alphabet[value << (6 - chunk.len())]
        })
        .collect();
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

#[test]
fn elements_are_properly_nested_and_ids_are_unique() {
    for page in [page(), html(&[], ""), html(&showcase::largest(), FOOTER)] {
        well_formed(&page);
    }
}

#[test]
fn coordinates_are_numbers() {
    let page = page();
    let pictures = page
        .split("<svg")
        .skip(1)
        .map(|rest| rest.split("</svg>").next().unwrap());
    for picture in pictures {
        for bad in ["NaN", "\"inf", "-inf", " inf\"", "Minf", "Vinf", "e+"] {
            let attributes = picture.split('<').map(|tag| tag.split('>').next().unwrap());
            for tag in attributes.filter(|tag| {
                tag.starts_with("path") || tag.starts_with("rect") || tag.starts_with("line")
            }) {
                let values = tag.split(" data-name=").next().unwrap();
                let values = values.replace("aria-", "").replace("line-", "");
                assert!(!values.contains(bad), "{bad} in {tag}");
            }
        }
    }
}

#[test]
fn every_picture_has_words_and_a_table() {
    let page = page();
    let pictures = page.matches("<svg").count();
    assert!(pictures >= 15, "{pictures}");
    assert_eq!(page.matches("<desc").count(), pictures);
    assert_eq!(page.matches("<details class=\"data\">").count(), pictures);
    assert_eq!(page.matches("role=\"img\"").count(), pictures);
    assert!(page.contains("<html lang=\"en\">"));
    assert!(page.contains("class=\"skip\""));
}

#[test]
fn output_depends_on_the_document_alone() {
    assert_eq!(page(), page());
    assert_eq!(text(80, true, true), text(80, true, true));
    let documents = showcase::documents();
    assert_eq!(markdown(&documents, FOOTER), markdown(&documents, FOOTER));
}

#[test]
fn a_huge_page_is_cut_and_says_so() {
    let wide: String = "x".repeat(15_000);
    let mut table = Table::new(&["a", "b"]);
    for _ in 0..500 {
        table.row([wide.as_str().into(), wide.as_str().into()]);
    }
    let blocks = (0..4)
        .map(|index| Section::main(format!("Part {index}"), vec![Block::Table(table.clone())]))
        .chain([Section::detail(
            "Late",
            vec!["x".into()].into_iter().map(Block::Paragraph).collect(),
        )])
        .collect();
    let page = html(&[document(blocks)], FOOTER);
    assert!(page.len() < 10_000_000, "{}", page.len());
    assert!(page.contains("class=\"cut\""));
    well_formed(&page);
}

/// What paper takes: tables cut to what a reader looks at, reports inside the report closed unless they were opened, and a
/// word about both that stands on paper only.
#[test]
fn paper_holds_the_case_and_says_what_it_leaves_out() {
    let mut table = Table::new(&["#a"]);
    for row in 0..75 {
        table.row([row.to_string().into()]);
    }
    let page = html(
        &[document(vec![
            Section::detail("Case", vec![Block::Table(table)]),
            Section::apart("Room", vec![Block::Paragraph("x".into())]),
        ])],
        FOOTER,
    );
    well_formed(&page);
    for wanted in [
        "<details class=\"more\" id=",
        "<details class=\"more apart\" id=",
        "<h2>Room</h2><span class=\"paper\">Not printed: open it on the page first.</span></summary>",
        "<p class=\"rest paper\">35 more rows are not printed: they are on the page.</p>",
        "details:not(.apart)::details-content { content-visibility: visible;",
        ".tall tbody tr:nth-child(n+41 of :not([hidden])) { display: none; }",
        "[hidden], .paper { display: none; }",
        "all('details.more:not(.apart)').forEach(node => { node.open = true; })",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

fn document(blocks: Vec<Block>) -> Document {
    Document {
        title: "Test".to_owned(),
        verdict: Verdict {
            severity: Severity::Info,
            headline: "Fine.".into(),
            explanation: Vec::new(),
        },
        blocks,
    }
}

#[test]
fn markdown_fits_into_a_ticket() {
    let units = |text: &str| text.encode_utf16().count();
    for documents in [showcase::documents(), showcase::largest(), Vec::new()] {
        let long = markdown(&documents, FOOTER);
        assert!(units(&long) <= 30_000, "{}", units(&long));
        let short = brief(&documents, FOOTER);
        assert!(units(&short) <= 3_500, "{}", units(&short));
        assert!(long.ends_with(&format!("{FOOTER}\n")) && short.ends_with(&format!("{FOOTER}\n")));
    }
    let long = markdown(&showcase::largest(), FOOTER);
    assert!(long.contains("left out to keep the length"));
    let mut huge = document(Vec::new());
    huge.title = HOSTILE.repeat(1_000);
    huge.verdict.headline = HOSTILE.repeat(1_000).into();
    huge.verdict.explanation = vec![HOSTILE.repeat(1_000).into(); 3];
    assert!(units(&markdown(&[huge.clone()], FOOTER)) <= 30_000);
    let short = brief(&[huge], FOOTER);
    assert!(
        units(&short) <= 3_500 && short.contains("**INFO**"),
        "{short}"
    );
}

#[test]
fn the_brief_text_holds_verdict_chain_evidence_and_advice() {
    let documents = showcase::documents();
    let short = brief(&documents[..1], FOOTER);
    for wanted in [
        "**CRITICAL**",
        "The kubelet sends SIGTERM",
        "pod/gc.log:18211",
        "Bound ProductCache",
    ] {
        assert!(short.contains(wanted), "{wanted}: {short}");
    }
}

#[test]
fn rows_of_a_markdown_table_have_one_width() {
    let text = markdown(&showcase::documents(), FOOTER);
    assert_eq!(reader::uneven_rows(&text), [""; 0]);
}

#[test]
fn the_terminal_keeps_its_width() {
    for width in [60, 61, 80, 100, 137, 160] {
        for details in [false, true] {
            for line in text(width, false, details).lines() {
                // A name shown as code is never broken, and text shown as it is keeps its lines.
                let unbreakable = line.starts_with("    ")
                    || line.contains("com.acme")
                    || line.contains("java.util")
                    || line.contains("alert(1)");
                assert!(
                    line.width() <= width || unbreakable,
                    "{width}: {} {line}",
                    line.width()
                );
            }
        }
    }
}

#[test]
fn the_terminal_says_what_it_does_not_show() {
    let short = text(80, false, false);
    assert!(short.starts_with("━━ Incident"));
    assert!(short.lines().nth(1).unwrap().contains("CRITICAL"));
    let short = short.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(short.contains("more sections (") && short.contains("Stack of the blocked thread"));
    assert!(!short.contains("resource-17"));
    assert!(text(80, false, true).contains("resource-17"));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let coloured = text(80, true, true);
    assert!(coloured.contains("\x1b["));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain += before;
        rest = after.split_once('m').unwrap().1;
    }
    plain += rest;
    let trimmed = |text: &str| {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(trimmed(&plain), trimmed(&text(80, false, true)));
}

#[test]
fn sarif_keeps_the_schema_of_oasis() {
    let mut findings = Vec::new();
    for document in showcase::documents() {
        collect(&document.blocks, &mut findings);
    }
    assert!(!findings.is_empty());
    let findings: Vec<&Finding> = findings.iter().collect();
    let rules = diag::cli::rules();
    for findings in [&findings[..], &[]] {
        assert_eq!(
            reader::sarif_errors(&sarif(findings, &rules, "0.1.0")),
            [""; 0]
        );
    }
}

fn collect(blocks: &[Block], findings: &mut Vec<Finding>) {
    for block in blocks {
        match block {
            Block::Finding(finding) => findings.push((**finding).clone()),
            Block::Section(section) => collect(&section.blocks, findings),
            _ => {}
        }
    }
}

#[test]
fn sarif_names_rule_level_and_place() {
    const RULE: RuleMeta = RuleMeta {
        id: "gc/death-spiral",
        title: "Death spiral",
        severity: Severity::Critical,
        means: "It means.",
        detected: "It is detected.",
        advice: "Do.",
        false_positives: "Never.",
        sources: &[],
    };
    let mut finding = Finding::new(&RULE, "31 Full GCs");
    finding.evidence = vec![
        Evidence::new("a", Locator::lines("my pod/gc.log", 3, 9)),
        Evidence::new("b", Locator::bytes("x.hprof", 16, 20)),
    ];
    let mut ruled_out = Finding::new(&RULE, "Not this");
    ruled_out.confidence = Confidence::RuledOut;
    let text = sarif(&[&finding, &ruled_out], &[&RULE], "0.1.0");
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
    let result = &run["results"][0];
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20pod/gc.log");
    assert_eq!(
        (&place["region"]["startLine"], &place["region"]["endLine"]),
        (&3.into(), &9.into())
    );
    let other = &result["relatedLocations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&other["byteOffset"], &other["byteLength"]),
        (&16.into(), &4.into())
    );
    assert_eq!(run["results"][1]["kind"], "pass");
    assert_eq!(run["results"][1]["level"], "none");
}

#[test]
fn the_corpus_of_the_fuzzer_is_harmless() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/render");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        any::exercise(&std::fs::read(entry.unwrap().path()).unwrap());
        seen += 1;
    }
    assert!(seen >= 4);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// `diag render` writes from a saved report what the first run wrote from the report in memory.
    #[test]
    fn a_saved_number_is_the_number(number in prop::num::f64::NORMAL) {
        let saved = serde_json::to_string(&number).unwrap();
        prop_assert_eq!(serde_json::from_str::<f64>(&saved).unwrap().to_bits(), number.to_bits());
    }

    #[test]
    fn any_bytes_are_harmless(data in prop::collection::vec(prop::num::u8::ANY, 0..400)) {
        any::exercise(&data);
    }

    #[test]
    fn any_numbers_are_harmless(numbers in prop::collection::vec(
        prop_oneof![prop::num::i64::ANY, 0_i64..4, prop::num::f64::ANY.prop_map(|value| value.to_bits() as i64)], 0..40,
    )) {
        let data: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        any::exercise(&data);
    }
}
