//! Planted secrets appear in no output; what an engineer needs survives.

use std::process::Command;

use diag::document::redact::{self, Profile};
use diag::document::{Bar, Bars, Block, Chart, Document, Section, Table, Unit, Verdict, Words};
use diag::finding::{Confidence, Evidence, Finding, Locator, Severity};
use diag::render::{Style, brief, html, markdown, sarif, terminal};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Text and the canaries in it that must go.
const PLANTED: &[(&str, &[&str])] = &[
    (
        "java -Dspring.datasource.password=canary1 -jar shop.jar",
        &["canary1"],
    ),
    (
        "-Djavax.net.ssl.keyStorePassword=can,ary2) -Xmx2g",
        &["can,ary2"],
    ),
    ("DB_PASSWORD: canary3", &["canary3"]),
    (r#"{"client_secret":"canary 4","user":"x"}"#, &["canary 4"]),
    (r#"{\"password\":\"canary5\"}"#, &["canary5"]),
    (
        "Authorization: Basic dXNlcjpjYW5hcnk2",
        &["dXNlcjpjYW5hcnk2"],
    ),
    ("Authorization: Bearer canary7", &["canary7"]),
    ("sent Bearer abcDEF123canary8 to peer", &["canary8"]),
    (
        "Cookie: SESSION=canary9; theme=canary10",
        &["canary9", "canary10"],
    ),
    ("Set-Cookie: id=canary11; Path=/", &["canary11"]),
    (
        "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl end",
        &["eyJzdWIiOiJjYW5hcnkifQ", "c2lnbmF0dXJl"],
    ),
    ("cut jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWI", &["eyJzdWI"]),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIcanary12\n-----END RSA PRIVATE KEY-----",
        &["canary12"],
    ),
    (
        "-----BEGIN PRIVATE KEY-----\nMIIcanary13 cut",
        &["canary13"],
    ),
    ("AKIAIOSFODNN7EXAMPLE", &["IOSFODNN7"]),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", &["wJalr"]),
    ("AIzaSyA-canary14canary14canary14canary1", &["canary14"]),
    ("ghp_canary15canary15canary15canary15", &["canary15"]),
    (
        "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=canary16==;EndpointSuffix=core",
        &["canary16"],
    ),
    ("https://u:canary17@repo.example.com/x", &["canary17"]),
    ("https://u:can@ary18@repo.example.com/x", &["ary18"]),
    (
        "jdbc:mysql://db/shop?user=canary30&password=canary19&ssl=true",
        &["canary19", "canary30"],
    ),
    (
        "jdbc:oracle:thin:scott/canary20@db:1521:x",
        &["canary20", "scott"],
    ),
    (
        "GET /cart?customer=canary21&step=canary22 HTTP/1.1",
        &["canary21", "canary22"],
    ),
    (
        "GET /reset?8f7a6b5c4d3e2f1acanary23 HTTP/1.1",
        &["canary23"],
    ),
    ("/shop;jsessionid=canary24.node1", &["canary24"]),
    ("mail from canary25@example.com", &["canary25"]),
    (
        "card 4111 1111 1111 1111 and 5500005555555559",
        &["4111 1111 1111 1111", "5500005555555559"],
    ),
    ("주민번호 900101-1234567", &["900101-1234567"]),
    ("mysqldump --password canary26 shop", &["canary26"]),
    ("X-Api-Key: canary27", &["canary27"]),
    ("SharedAccessKey=canary28;", &["canary28"]),
    ("/x?sv=1&sig=canary29%3D", &["canary29"]),
];

/// Text that must come through untouched.
const KEPT: &[&str] = &[
    "com.acme.cache.ShopCache holds 1.2 GiB",
    "com.acme.auth.Token: 1,234 instances",
    "com.acme.PasswordCache = 5 entries",
    "at java.base@17.0.20/java.lang.Object.wait(Native Method)",
    "at app@1.0.RELEASE/com.acme.Shop.run(Shop.java:17)",
    "gc.log:17-20",
    "dump.hprof@0x1f..0x2a",
    "dump.hprof#0x7f00aa11",
    "2026-11-22 01:02:03.456 UTC",
    "2026-11-22T01:02:03.456789Z",
    "1709251199999999 µs",
    "0x4111111111111111",
    "java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject",
    "-XX:MaxRAMPercentage=75 -Xmx2g",
    "what is this? it = that",
    "basic authentication and bearer authentication",
    "StringTokenizer, KeyStore, AuthFilter, SecretKeySpec",
    "order 20261122-1234567",
    "monkey business, keyboard",
];

#[test]
fn planted_secrets_are_removed() {
    for (text, canaries) in PLANTED {
        let clean = redact::message(text);
        for canary in *canaries {
            assert!(!clean.contains(canary), "{canary:?} in {clean:?}");
        }
        assert!(clean.contains(redact::REMOVED), "{clean}");
        assert_eq!(redact::message(&clean), clean, "twice");
    }
}

#[test]
fn what_an_engineer_needs_survives() {
    for text in KEPT {
        assert_eq!(&redact::message(text), text);
    }
    assert_eq!(
        redact::message("GET /cart?id=7&step=2 HTTP/1.1"),
        "GET /cart?id=[removed]&step=[removed] HTTP/1.1"
    );
    assert_eq!(
        redact::message("a=1;password=x;encrypt=true"),
        "a=1;password=[removed];encrypt=true"
    );
}

#[test]
fn values_whose_name_stands_apart_are_removed() {
    let mut report = json!({
        "properties": {"javax.net.ssl.trustStorePassword": "canary1", "user.dir": "/app"},
        "pairs": [["api.token", "canary2"], ["file.encoding", "UTF-8"]],
        "command": ["java", "--password", "canary3", "-jar", "x.jar"],
        "routes": {"/a?k=canary4": 1, "/a?k=other": 2},
    });
    let done = redact::value(&mut report, Profile::Ticket);
    let text = report.to_string();
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("/app") && text.contains("x.jar"));
    assert_eq!(report["routes"].as_object().unwrap().len(), 2);
    assert_eq!(done.removed, 5);
    let again = redact::value(&mut report.clone(), Profile::Ticket);
    assert_eq!(again.removed, 0);
}

#[test]
fn public_reports_use_consistent_pseudonyms() {
    let mut report = json!([
        "10.1.2.3 calls https://db.shop.internal:5432/x",
        "db.shop.internal refused 10.1.2.3",
        "pod shop-7c9f8d6b5d-x2k9p on ip-10-0-1-2.ec2.internal",
        "2001:db8::1 at 01:02:03, MAC 0a:1b:2c:3d:4e:5f",
        "http://payments-gw/x",
        "payments-gw timed out",
        "java.io.IOException in org.apache.commons.io at Shop::add on 127.0.0.1, JDK 17.0.8.1+1",
    ]);
    let done = redact::value(&mut report, Profile::Public);
    let lines: Vec<&str> = report
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(lines[0], "ip-1 calls https://host-1:5432/x");
    assert_eq!(lines[1], "host-1 refused ip-1");
    assert_eq!(lines[2], "pod pod-1 on host-2");
    assert_eq!(lines[3], "ip-2 at 01:02:03, MAC mac-1");
    assert_eq!(lines[4], "http://host-3/x");
    assert_eq!(lines[5], "host-3 timed out");
    assert_eq!(
        lines[6],
        "java.io.IOException in org.apache.commons.io at Shop::add on 127.0.0.1, JDK 17.0.8.1+1"
    );
    assert_eq!(done.pseudonyms.len(), 7);
    let once = report.clone();
    redact::value(&mut report, Profile::Public);
    assert_eq!(report, once);
}

#[test]
fn off_removes_nothing() {
    let mut report = json!(["password=x"]);
    assert_eq!(redact::value(&mut report, Profile::Off).removed, 0);
    assert_eq!(report, json!(["password=x"]));
}

proptest! {
    #[test]
    fn any_text_is_safe_and_settled_after_once(
        pieces in prop::collection::vec(
            prop_oneof![
                "\\PC{0,12}",
                prop::sample::select(vec![
                    "password=", "token: ", "Cookie: a=b", "?q=", "&x=1", "://u:p@h", "eyJabcdefghij.a.b",
                    "\"", "'", "\\\"", "Bearer Ab1defgh", "a@b.kr", "-----BEGIN X-----", "\n", " ", "; ", ",",
                    "--secret ", "Authorization: Basic ", "[removed]",
                ]).prop_map(str::to_owned),
            ],
            0..12,
        )
    ) {
        let text = pieces.concat();
        let once = redact::message(&text);
        prop_assert_eq!(redact::message(&once), once);
    }
}

#[test]
fn no_output_holds_a_canary() {
    for (text, canaries) in PLANTED {
        let finding = Finding {
            rule: "test/canary".to_owned(),
            title: (*text).to_owned(),
            severity: Severity::High,
            confidence: Confidence::Likely,
            when: None,
            summary: (*text).to_owned(),
            evidence: vec![Evidence::new(*text, Locator::line(*text, 1))],
            advice: vec![(*text).to_owned()],
        };
        let mut value = serde_json::to_value(&finding).unwrap();
        redact::value(&mut value, Profile::Ticket);
        let json = value.to_string();
        let finding: Finding = serde_json::from_value(value).unwrap();
        let mut table = Table::new(&["Text"]);
        table.row([Words::code(&finding.title)]);
        let bars = Bars {
            title: finding.title.clone(),
            unit: Unit::Count,
            bars: vec![Bar {
                label: finding.title.clone(),
                parts: vec![(finding.title.clone(), 1.0)],
            }],
        };
        let documents = [Document {
            title: finding.evidence[0].locator.to_string(),
            verdict: Verdict {
                severity: Severity::High,
                headline: finding.title.as_str().into(),
                explanation: Vec::new(),
            },
            blocks: vec![Section::main(
                finding.summary.clone(),
                vec![
                    Block::Finding(Box::new(finding.clone())),
                    Block::Table(table),
                    Block::Chart(Chart::Bars(bars)),
                ],
            )],
        }];
        let style = Style {
            colour: true,
            width: 300,
            details: true,
        };
        let outputs = [
            json,
            terminal(&documents, style),
            markdown(&documents, ""),
            brief(&documents, ""),
            html(&documents, ""),
            sarif(&[&finding], &[], ""),
        ];
        for output in outputs {
            for canary in *canaries {
                // Layout may put a line break into a canary; letters alone decide.
                let letters = |text: &str| {
                    text.chars()
                        .filter(|c| c.is_alphanumeric())
                        .collect::<String>()
                };
                assert!(!output.contains(canary), "{canary}: {output}");
                assert!(
                    letters(canary).len() < 6 || !letters(&output).contains(&letters(canary)),
                    "{canary}: {output}"
                );
            }
        }
    }
}

#[test]
fn no_error_message_holds_a_canary() {
    let diag = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_diag"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for arguments in [
        &["gc", "/nowhere/password=canary1"][..],
        &["gc", "--unknown-token=canary2", "x"],
        &["render", "https://u:canary3@host/report.json"],
        &["gc", "x", "-o", "x?token=canary4"],
    ] {
        let message = diag(arguments);
        assert!(!message.contains("canary"), "{message}");
    }
}
