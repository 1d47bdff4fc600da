//! The access room from the outside: formats against a known truth, merging, damage, threads.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use common::root;
use diag::access::{
    self, AccessReport, DurationUnit, GapBasis, MergeError, Options, StampMeaning, merge, summarise,
};
use diag::input::{Bundle, Kind, Silent, Source};
use diag::time::SECOND;
use proptest::prelude::*;

/// A request as it really was. Times in milliseconds.
#[derive(Debug, Clone)]
struct Request {
    end: i64,
    took: i64,
    status: u16,
    client: u32,
    method: &'static str,
    path: String,
    bytes: u64,
    agent: &'static str,
}

/// 2026-11-22T01:00:00Z
const BEGIN: i64 = 1_795_309_200_000;

/// Half an hour of traffic with a probe every ten seconds, a slow stretch before a silence of 41 seconds, and errors in it.
fn traffic() -> Vec<Request> {
    let mut state = 7_u64;
    let mut random = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut out = Vec::new();
    for second in 0..1800_i64 {
        if (1200..1240).contains(&second) {
            continue;
        }
        let ill = (1000..1200).contains(&second);
        for _ in 0..1 + random(5) {
            let slower = if ill { 40 } else { 1 };
            let kind = random(4);
            out.push(Request {
                end: BEGIN + second * 1000 + random(900) as i64,
                took: (random(60) as i64 + 3) * slower + if random(300) == 0 { 9000 } else { 0 },
                status: if ill && random(4) == 0 { 503 } else { 200 },
                client: random(500) as u32,
                method: if kind == 0 { "POST" } else { "GET" },
                path: match kind {
                    0 => "/orders".to_owned(),
                    1 => format!("/orders/{}", random(9000)),
                    2 => "/static/app.5f3a91c2.js".to_owned(),
                    _ => format!("/search?q={}", random(99)),
                },
                bytes: random(5000),
                agent: "Mozilla/5.0 (X11; Linux) \\\"quoted\\\" Firefox/140.0",
            });
        }
        if second % 10 == 4 {
            out.push(Request {
                end: BEGIN + second * 1000 + 950,
                took: 2,
                status: if ill { 503 } else { 200 },
                client: 9999,
                method: "GET",
                path: "/actuator/health/liveness".to_owned(),
                bytes: 49,
                agent: "kube-probe/1.33",
            });
        }
    }
    out.sort_by_key(|request| request.end);
    out
}

fn clf(millis: i64, zone: &str) -> String {
    let stamp = jiff::Timestamp::from_millisecond(millis)
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::UTC);
    format!("{}{zone}", stamp.strftime("%d/%b/%Y:%H:%M:%S"))
}

fn iso(millis: i64) -> String {
    let stamp = jiff::Timestamp::from_millisecond(millis)
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::UTC);
    format!(
        "{}.{:03}Z",
        stamp.strftime("%Y-%m-%dT%H:%M:%S"),
        millis.rem_euclid(1000)
    )
}

/// A request in the words of a server.
fn line(format: &str, request: &Request) -> String {
    let Request {
        end,
        took,
        status,
        client,
        method,
        path,
        bytes,
        agent,
    } = request;
    let client = format!("10.0.{}.{}", client / 256, client % 256);
    let start = end - took;
    let head = |at: i64| {
        format!(
            "{client} - - [{}] \"{method} {path} HTTP/1.1\" {status} {bytes}",
            clf(at, " +0000")
        )
    };
    let seconds = *took as f64 / 1000.0;
    match format {
        "tomcat-ms" => format!("{} \"-\" \"{agent}\" {took}", head(*end)),
        "tomcat-us" => format!("{} \"-\" \"{agent}\" {}", head(*end), took * 1000 + 137),
        "httpd" => format!("{} \"-\" \"{agent}\" {}", head(start), took * 1000 + 137),
        "nginx" => format!(
            "{} \"-\" \"{agent}\" {seconds:.3} 10.4.0.11:8080 {status} {seconds:.3}",
            head(*end)
        ),
        "ingress" => format!(
            "{} \"-\" \"{agent}\" 412 {seconds:.3} [shop-app-8080] [] 10.4.0.11:8080 {bytes} {seconds:.3} {status} 0f3c",
            head(*end)
        ),
        "netty" => format!("{} 8080 {took} ms", head(start)),
        "traefik" => format!(
            "{} \"-\" \"{agent}\" 7 \"shop@docker\" \"http://10.4.0.11:8080\" {took}ms",
            head(start)
        ),
        "vhost" => format!(
            "shop.example.com:443 {} \"-\" \"{agent}\" {seconds:.3}",
            head(*end)
        ),
        "envoy" => format!(
            "[{}] \"{method} {path} HTTP/2\" {status} - 7 {bytes} {took} {took} \"{client}\" \"{agent}\" \"id\" \"shop\" \"10.4.0.11:8080\"",
            iso(start)
        ),
        "haproxy" => format!(
            "Nov 22 01:00:00 lb1 haproxy[14]: {client}:5000 [{}.{:03}] fe be/app0 0/0/1/{took}/{took} {status} {bytes} - - ---- 9/9/1/4/0 0/0 \"{method} {path} HTTP/1.1\"",
            clf(start, ""),
            start.rem_euclid(1000)
        ),
        "alb" => format!(
            "h2 {} app/lb/5 {client}:5000 10.4.0.11:8080 0.000 {seconds:.3} 0.000 {status} {status} 7 {bytes} \"{method} https://shop:443{path} HTTP/2.0\" \"{agent}\" TLS - -",
            iso(*end)
        ),
        "json" => format!(
            "{{\"time\":\"{}\",\"remote_addr\":\"{client}\",\"method\":\"{method}\",\"uri\":\"{path}\",\"status\":{status},\"body_bytes_sent\":{bytes},\"request_time\":{seconds:.3},\"http_user_agent\":\"{agent}\"}}",
            iso(*end)
        ),
        "traefik-json" => format!(
            "{{\"ClientHost\":\"{client}\",\"Duration\":{},\"DownstreamStatus\":{status},\"DownstreamContentSize\":{bytes},\"RequestMethod\":\"{method}\",\"RequestPath\":\"{path}\",\"StartUTC\":\"{}\",\"request_User-Agent\":\"{agent}\"}}",
            took * 1_000_000,
            iso(start)
        ),
        "caddy" => format!(
            "{{\"level\":\"info\",\"ts\":{:.3},\"msg\":\"handled request\",\"request\":{{\"remote_ip\":\"{client}\",\"method\":\"{method}\",\"uri\":\"{path}\",\"headers\":{{\"User-Agent\":[\"x\"]}}}},\"duration\":{seconds:.3},\"size\":{bytes},\"status\":{status}}}",
            *end as f64 / 1000.0
        ),
        "gcp" => format!(
            "{{\"timestamp\":\"{}\",\"httpRequest\":{{\"requestMethod\":\"{method}\",\"requestUrl\":\"https://shop{path}\",\"status\":{status},\"responseSize\":\"{bytes}\",\"remoteIp\":\"{client}\",\"latency\":\"{seconds:.3}s\"}}}}",
            iso(start)
        ),
        "ltsv" => format!(
            "time:{}\thost:{client}\tmethod:{method}\turi:{path}\tstatus:{status}\tsize:{bytes}\treqtime:{seconds:.3}\tua:{agent}",
            iso(*end)
        ),
        other => panic!("{other}"),
    }
}

fn log(format: &str, requests: &[Request]) -> String {
    let mut out = String::new();
    if format == "iis" {
        out.push_str("#Software: IIS\n#Fields: date time cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) sc-status sc-bytes time-taken\n");
        for request in requests {
            let (path, query) = request.path.split_once('?').unwrap_or((&request.path, "-"));
            let stamp = iso(request.end);
            writeln!(
                out,
                "{} {} {} {path} {query} 10.0.{}.{} {} {} {} {}",
                &stamp[..10],
                &stamp[11..19],
                request.method,
                request.client / 256,
                request.client % 256,
                request.agent.replace(' ', "+"),
                request.status,
                request.bytes,
                request.took
            )
            .unwrap();
        }
        return out;
    }
    for request in requests {
        writeln!(out, "{}", line(format, request)).unwrap();
    }
    out
}

fn analyse(text: &str) -> AccessReport {
    let source = Source::of("access.log", text.as_bytes(), Kind::AccessLog);
    access::analyse(&[&source], &Options::default(), &Silent)
}

const FORMATS: [&str; 17] = [
    "tomcat-ms",
    "tomcat-us",
    "httpd",
    "nginx",
    "ingress",
    "netty",
    "traefik",
    "vhost",
    "envoy",
    "haproxy",
    "alb",
    "json",
    "traefik-json",
    "caddy",
    "gcp",
    "ltsv",
    "iis",
];

#[test]
fn every_format_gives_the_same_truth() {
    let requests = traffic();
    let failed = requests
        .iter()
        .filter(|request| request.status == 503)
        .count() as u64;
    for format in FORMATS {
        let report = analyse(&log(format, &requests));
        let choice = &report.formats[0];
        let what = format!("{format} read as {} in {:?}", choice.format, choice.unit);
        assert_eq!(report.requests, requests.len() as u64, "{what}");
        assert_eq!(report.coverage[0].not_understood, 0, "{what}");
        let errors = report
            .statuses
            .iter()
            .find(|(status, _)| *status == 503)
            .unwrap()
            .1;
        assert_eq!(errors, failed, "{what}");
        // Bounds of the silence to the second; a start in whole seconds leaves one more open.
        let gap = report
            .gaps
            .iter()
            .max_by_key(|gap| gap.to.lo.since(gap.from.lo))
            .unwrap();
        let last = requests
            .iter()
            .map(|r| r.end)
            .filter(|end| *end < BEGIN + 1_200_000)
            .max()
            .unwrap();
        let first = requests
            .iter()
            .map(|r| r.end)
            .filter(|end| *end >= BEGIN + 1_240_000)
            .min()
            .unwrap();
        let holds = |moment: diag::time::Moment, millis: i64| {
            moment.lo.0 <= millis * 1000
                && millis * 1000 <= moment.hi.0
                && moment.width() <= 2 * SECOND
        };
        assert!(
            holds(gap.from, last) && holds(gap.to, first),
            "{what}: {gap:?} {last} {first}"
        );
        let expected = match format {
            "httpd" | "netty" | "traefik" | "envoy" | "haproxy" | "traefik-json" | "gcp" => {
                StampMeaning::Start
            }
            _ => StampMeaning::End,
        };
        assert_eq!(choice.stamp, expected, "{what}: {}", choice.stamp_reason);
        // Quantiles within the width of a bucket and the rounding of the format.
        let route = report
            .routes
            .iter()
            .find(|route| route.route == "GET /orders/{n}")
            .expect(&what);
        let mut exact: Vec<i64> = requests
            .iter()
            .filter(|r| r.path.starts_with("/orders/"))
            .map(|r| r.took * 1000)
            .collect();
        exact.sort_unstable();
        assert_eq!(route.count, exact.len() as u64, "{what}");
        for (found, share) in [(route.p50_us, 50), (route.p95_us, 95), (route.p99_us, 99)] {
            let truth = exact[(exact.len() * share).div_ceil(100) - 1];
            assert!(
                (found - truth).abs() <= truth / 100 + 200,
                "{what}: p{share} {found} {truth}"
            );
        }
        assert!(
            report
                .routes
                .iter()
                .any(|route| route.route == "GET /static/app.{hex}.js"),
            "{what}"
        );
        let clients = report.distinct_clients as i64;
        assert!((clients - 501).abs() <= 8, "{what}: {clients}");
        let probe = &report.probes[0];
        assert_eq!(
            (probe.period_us, probe.failed),
            (Some(10 * SECOND), 20),
            "{what}"
        );
        let last_good = probe.last_good.as_ref().unwrap();
        assert!(holds(last_good.0, BEGIN + 994_950), "{what}: {last_good:?}");
        let text = log(format, &requests);
        let named = text.lines().nth(match last_good.1.place {
            diag::finding::Place::Line(line) => line as usize - 1,
            _ => panic!("{what}: not a line"),
        });
        assert!(
            named.unwrap().contains("/actuator/health/liveness"),
            "{what}: {named:?}"
        );
    }
}

#[test]
fn the_work_in_progress_obeys_littles_law() {
    let requests = traffic();
    let spent: i64 = requests.iter().map(|request| request.took * 1000).sum();
    for format in ["envoy", "json", "haproxy"] {
        let report = analyse(&log(format, &requests));
        let busy: i64 = report.seconds.iter().map(|second| second.busy_us).sum();
        assert_eq!(busy, spent, "{format}");
        let started: u64 = report.seconds.iter().map(|second| second.started).sum();
        assert_eq!(started, requests.len() as u64, "{format}");
    }
}

#[test]
fn the_lines_at_the_edges_of_a_silence_are_named() {
    let requests = traffic();
    let report = analyse(&log("json", &requests));
    let last = requests
        .iter()
        .rposition(|request| request.end < BEGIN + 1_200_000)
        .unwrap() as u64;
    let gap = report
        .gaps
        .iter()
        .max_by_key(|gap| gap.to.lo.since(gap.from.lo))
        .unwrap();
    assert_eq!(
        gap.before.as_ref().unwrap().to_string(),
        format!("access.log:{}", last + 1)
    );
    assert_eq!(
        gap.after.as_ref().unwrap().to_string(),
        format!("access.log:{}", last + 2)
    );
    assert!(
        matches!(
            gap.basis,
            GapBasis::Probe { missed: 4 | 3, .. } | GapBasis::Rate { .. }
        ),
        "{:?}",
        gap.basis
    );
}

#[test]
fn the_rules_see_the_incident() {
    let report = analyse(&log("tomcat-ms", &traffic()));
    let rules: Vec<&str> = report
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    for rule in [
        "access/silence",
        "access/probe-failures",
        "access/error-burst",
        "access/latency-ramp",
    ] {
        assert!(rules.contains(&rule), "{rule} not among {rules:?}");
    }
    assert!(
        report
            .findings
            .iter()
            .all(|finding| !finding.evidence.is_empty())
    );
}

#[test]
fn a_quiet_log_has_no_findings() {
    let requests: Vec<Request> = traffic()
        .into_iter()
        .filter(|request| request.end < BEGIN + 990_000)
        .collect();
    let report = analyse(&log("nginx", &requests));
    assert_eq!(report.findings, [], "{:?}", report.findings);
}

#[test]
fn patterns_of_servers_read_their_lines() {
    let requests = traffic();
    for (pattern, format, unit) in [
        (
            "%h %l %u %t \"%r\" %s %b \"%{Referer}i\" \"%{User-Agent}i\" %D",
            "tomcat-us",
            DurationUnit::Micros,
        ),
        (
            "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\" %D\" timed",
            "httpd",
            DurationUnit::Micros,
        ),
        (
            "log_format timed '$remote_addr - $remote_user [$time_local] \"$request\" '\n  '$status $body_bytes_sent \"$http_referer\" \"$http_user_agent\" $request_time $upstream_addr $upstream_status $upstream_response_time';",
            "nginx",
            DurationUnit::Seconds,
        ),
        (
            "<Valve className=\"org.apache.catalina.valves.AccessLogValve\" pattern='%h %l %u %t &quot;%r&quot; %s %b &quot;%{Referer}i&quot; &quot;%{User-Agent}i&quot; %D'/>",
            "tomcat-ms",
            DurationUnit::Millis,
        ),
        (
            "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r",
            "haproxy",
            DurationUnit::Millis,
        ),
    ] {
        let mut options = Options::default();
        options.add_pattern(pattern).unwrap();
        let source = Source::of(
            "x.log",
            log(format, &requests).into_bytes(),
            Kind::AccessLog,
        );
        let report = access::analyse(&[&source], &options, &Silent);
        assert_eq!(report.requests, requests.len() as u64, "{pattern}");
        assert_eq!(report.coverage[0].not_understood, 0, "{pattern}");
        assert_eq!(report.formats[0].unit, Some(unit), "{pattern}");
    }
    assert!(Options::default().add_pattern("%h %l").is_err());
}

/// A small log as lines, for cutting.
fn lines(count: usize) -> Vec<String> {
    let requests = traffic();
    let step = requests.len() / count;
    requests
        .iter()
        .step_by(step)
        .map(|request| line("nginx", request) + "\n")
        .collect()
}

fn source(index: usize, lines: &[String]) -> Source {
    Source::of(
        format!("part-{index:02}.log"),
        lines.concat().into_bytes(),
        Kind::AccessLog,
    )
}

fn json(report: &AccessReport) -> String {
    serde_json::to_string(report).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn merging_gives_the_bytes_of_one_run(
        cuts in prop::collection::vec(0_usize..400, 0..6),
        groups in prop::collection::vec(0_usize..3, 8),
        twice in 0_usize..3,
        swap: bool,
    ) {
        let lines = lines(400);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(lines.len())).collect();
        cuts.extend([0, lines.len()]);
        cuts.sort_unstable();
        let parts: Vec<Source> = cuts.windows(2).enumerate().map(|(i, w)| source(i, &lines[w[0]..w[1]])).collect();
        let options = Options::default();
        let all: Vec<&Source> = parts.iter().collect();
        let whole = json(&access::analyse(&all, &options, &Silent));
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        for group in 0..3 {
            let members: Vec<&Source> = parts.iter().enumerate().filter(|(i, _)| groups[*i] == group).map(|(_, s)| s).collect();
            files.push((format!("{group}.dgp"), summarise(&members, &options, &Silent).to_bytes()));
        }
        let mut given: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        if swap {
            given.reverse();
        }
        let merged = merge(&given).unwrap();
        prop_assert_eq!(json(&merged), whole);
        // A shard that arrives twice counts once.
        given.push(given[twice]);
        let mut again = merge(&given).unwrap();
        again.duplicates.clear();
        prop_assert_eq!(json(&again), json(&merged));
    }

    #[test]
    fn cutting_a_log_changes_no_number(cut in 1_usize..400) {
        let lines = lines(400);
        let cut = cut.min(lines.len());
        let one = Source::of("a.log", lines.concat().into_bytes(), Kind::AccessLog);
        let left = Source::of("a.log.1", lines[..cut].concat().into_bytes(), Kind::AccessLog);
        let right = Source::of("a.log", lines[cut..].concat().into_bytes(), Kind::AccessLog);
        let options = Options::default();
        let whole = access::analyse(&[&one], &options, &Silent);
        let halves = access::analyse(&[&left, &right], &options, &Silent);
        prop_assert_eq!(&whole.routes, &halves.routes);
        prop_assert_eq!(&whole.seconds, &halves.seconds);
        prop_assert_eq!(&whole.minutes, &halves.minutes);
        prop_assert_eq!(&whole.clients, &halves.clients);
        prop_assert_eq!(whole.distinct_clients, halves.distinct_clients);
        prop_assert_eq!(&whole.heat_map, &halves.heat_map);
    }
}

#[test]
fn partials_that_do_not_fit_are_refused() {
    let log = source(0, &lines(50));
    let one = summarise(&[&log], &Options::default(), &Silent).to_bytes();
    let options = Options {
        apdex_us: 2 * SECOND,
        ..Options::default()
    };
    let other = summarise(&[&log], &options, &Silent).to_bytes();
    assert!(matches!(
        merge(&[("a", &one), ("b", &other)]),
        Err(MergeError::Parameters { .. })
    ));
    assert_eq!(merge(&[]), Err(MergeError::Nothing));
    assert_eq!(
        merge(&[("x", b"hello")]),
        Err(MergeError::Other("x".to_owned()))
    );
    for cut in (20..one.len()).step_by(one.len() / 100 + 1) {
        assert!(merge(&[("x", &one[..cut])]).is_err(), "cut at {cut}");
        let mut changed = one.clone();
        changed[cut] ^= 0x40;
        assert!(merge(&[("x", &changed)]).is_err(), "changed at {cut}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let mut text = String::new();
    for _ in 0..12 {
        text += &log("nginx", &traffic());
    }
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| json(&analyse(&text)))
    };
    let one = of(1);
    assert_eq!(one, of(2));
    assert_eq!(one, of(5));
}

#[test]
fn damage_is_counted_and_never_fatal() {
    let requests: Vec<Request> = traffic().into_iter().take(40).collect();
    for format in FORMATS {
        let good = log(format, &requests).into_bytes();
        for cut in 0..100 {
            let end = good.len() * cut / 100;
            let source = Source::of("a.log", &good[..end], Kind::AccessLog);
            let _ = access::analyse(&[&source], &Options::default(), &Silent).document();
        }
        let mut dirty = b"\0\0\0\0\n\xff\xfe garbage\r\n\"\x16\x03\x01\" 400\n".to_vec();
        dirty.extend(good.iter().flat_map(|byte| {
            if *byte == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![*byte]
            }
        }));
        dirty.extend_from_slice(b"\0\0\0\0\0\0");
        let source = Source::of("a.log", dirty, Kind::AccessLog);
        let report = access::analyse(&[&source], &Options::default(), &Silent);
        assert_eq!(report.requests, 40, "{format}");
        assert!(report.coverage[0].not_understood >= 3, "{format}");
        assert_eq!(report.coverage[0].issues.len(), 3, "{format}");
    }
}

#[test]
fn unusual_requests_are_requests() {
    let head = "10.0.0.1 - - [22/Nov/2026:01:02:03 +0000]";
    let text = format!(
        "{head} \"\\x16\\x03\\x01\" 400 12 \"-\" \"-\" 1\n{head} \"-\" 408 - \"-\" \"-\" 2\n::1 - - [22/Nov/2026:01:02:03 +0000] \"GET /a HTTP/1.1\" 200 - \"-\" \"-\" -\n\
         fe80::1%eth0 - John Smith [22/Nov/2026:01:02:03 +0000] \"GET /\u{c6b4}\u{b3d9} HTTP/2\" 200 1 \"-\" \"say \\\"hi\\\"\" 30\n"
    );
    let report = analyse(&text);
    assert_eq!(
        (
            report.requests,
            report.coverage[0].not_understood,
            report.timed
        ),
        (4, 0, 3)
    );
}

#[test]
fn other_kinds_of_logs_are_not_claimed() {
    let sniff = |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.log");
        fs::write(&path, text).unwrap();
        let bundle = Bundle::open(&[path], access::SNIFFERS);
        bundle.sources[0].kinds.clone()
    };
    for text in [
        "[0.012s][info][gc] Using G1\n[0.5s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 23M->4M(256M) 3.2ms\n",
        "2026-11-22 01:02:03.456 INFO 1 --- [main] c.e.App : Started App in 2.3 seconds\n2026-11-22 01:02:04.456 ERROR 1 --- [x] c.e.App : status 500\n",
        "{\"@timestamp\":\"2026-11-22T01:02:03Z\",\"level\":\"INFO\",\"message\":\"Started\",\"logger\":\"a\"}\n",
        "\"main\" #1 prio=5 os_prio=0 tid=0x1 nid=0x1 runnable\n   java.lang.Thread.State: RUNNABLE\n",
    ] {
        assert!(!sniff(text).contains(&Kind::AccessLog), "{text}");
    }
    for format in FORMATS {
        let text = log(format, &traffic()[..30]);
        assert_eq!(sniff(&text), [Kind::AccessLog], "{format}");
    }
}

fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("DIAG_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        println!("skipped: DIAG_CORPUS is not set");
    }
    corpus.map(|path| path.join("access"))
}

#[test]
fn files_of_the_corpus_parse() {
    let Some(corpus) = corpus() else {
        return;
    };
    let mut wrong: Vec<String> = Vec::new();
    // Name, requests, lines not understood.
    for (name, requests, rejected) in [
        ("alp_combined.log", 14, 0),
        ("alp_json.log", 14, 0),
        ("alp_ltsv.log", 14, 0),
        ("elastic_apache_combined.log", 9_999, 1),
        ("lnav_access_log.0", 3, 0),
        ("lnav_bad_access_log.0", 3, 0),
        ("lnav_caddy_log.0", 4, 35),
        ("lnav_cloudflare.json", 1, 0),
        ("lnav_haproxy.0", 13, 4),
        ("lnav_regexp_access_log.0", 2, 0),
        ("lnav_uwsgi.0", 19, 0),
        ("lnav_w3c.0", 1, 0),
        ("lnav_w3c_big.0", 210, 0),
        ("rare_access.txt", 50, 0),
    ] {
        let path = corpus.join(name);
        let bundle = Bundle::open(&[path], access::SNIFFERS);
        let sources = bundle.holding(Kind::AccessLog);
        if sources.len() != 1 {
            wrong.push(format!("{name} is not recognised"));
            continue;
        }
        let report = access::analyse(&sources, &Options::default(), &Silent);
        let found = (report.requests, report.coverage[0].not_understood);
        if found != (requests, rejected) {
            wrong.push(format!("{name}: {found:?} {:?}", report.coverage[0].issues));
        }
        let _ = report.document();
    }
    let bundle = Bundle::open(
        &[corpus.join("loghub_apache_error_2k.log")],
        access::SNIFFERS,
    );
    if !bundle.holding(Kind::AccessLog).is_empty() {
        wrong.push("an error log is claimed".to_owned());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn seeds_of_the_fuzzer_do_no_harm() {
    for entry in fs::read_dir(root().join("fuzz/corpus/access")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let source = Source::of("fuzz", bytes.clone(), Kind::AccessLog);
        let report = access::analyse(&[&source], &Options::default(), &Silent);
        let _ = report.document();
        let _ = merge(&[("fuzz", &bytes)]);
    }
}

/// The rules that speak on a fixture folder.
fn speaking(folder: PathBuf) -> Vec<String> {
    let bundle = Bundle::open(&[folder], access::SNIFFERS);
    let report = access::analyse(
        &bundle.holding(Kind::AccessLog),
        &Options::default(),
        &Silent,
    );
    report
        .findings
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

#[test]
fn rules_speak_on_their_fixtures_only() {
    let mut wrong: Vec<String> = Vec::new();
    for rule in access::rules() {
        let folder = root().join("fixtures/rules").join(rule.id);
        for (side, expected) in [("fires", true), ("near-miss", false)] {
            let found = speaking(folder.join(side));
            if found.iter().any(|id| id == rule.id) != expected {
                wrong.push(format!("{} {side}: {found:?}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
