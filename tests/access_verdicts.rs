//! Verdicts on traffic whose cause is known, against a naive count of what was planted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests"
)]

#[path = "common/traffic.rs"]
mod traffic;

use diag::access::AccessReport;
use diag::finding::Finding;
use diag::time::SECOND;
use traffic::{BEGIN, Request, analyse, line, log};

struct Random(u64);

impl Random {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn request(end: i64, took: i64, client: u32) -> Request {
    Request {
        end: BEGIN + end,
        took,
        status: 200,
        client,
        method: "GET",
        path: "/basket".to_owned(),
        bytes: 900,
        agent: "curl",
    }
}

fn ordinary(seconds: i64, rate: u64, random: &mut Random) -> Vec<Request> {
    let mut out = Vec::new();
    for second in 0..seconds {
        for _ in 0..rate {
            let end = second * 1000 + random.below(1000) as i64;
            out.push(request(
                end,
                10 + random.below(90) as i64,
                random.below(400) as u32,
            ));
        }
    }
    out
}

fn sorted(mut requests: Vec<Request>) -> Vec<Request> {
    requests.sort_by_key(|request| request.end);
    requests
}

fn finding<'a>(report: &'a AccessReport, rule: &str) -> Option<&'a Finding> {
    report.findings.iter().find(|finding| finding.rule == rule)
}

#[test]
fn a_horizontal_line_names_the_timeout() {
    for seconds in [2, 5, 30] {
        let mut random = Random(3);
        let mut requests = ordinary(900, 5, &mut random);
        for n in 0..60 {
            requests.push(request(300_000 + n * 9000, seconds * 1000 + n % 9, 1));
        }
        let report = analyse(&log("json", &sorted(requests)));
        let found = finding(&report, "access/fixed-timeout").expect("a line");
        assert_eq!(
            found.title,
            format!(
                "60 requests ended at a timeout of {}",
                diag::text::duration(seconds * SECOND)
            )
        );
    }
    // As many slow requests that no timeout cuts off.
    let mut random = Random(3);
    let mut requests = ordinary(900, 5, &mut random);
    for n in 0..60 {
        requests.push(request(
            300_000 + n * 9000,
            3000 + random.below(5000) as i64,
            1,
        ));
    }
    let report = analyse(&log("json", &sorted(requests)));
    assert_eq!(finding(&report, "access/fixed-timeout"), None);
}

#[test]
fn a_vertical_line_is_a_queue_released() {
    let mut random = Random(5);
    let mut requests: Vec<Request> = ordinary(900, 6, &mut random)
        .into_iter()
        .filter(|request| !(400_000..409_000).contains(&(request.end - BEGIN)))
        .collect();
    // Everything that begins while nobody can work ends when the lock is given back.
    for n in 0..54 {
        requests.push(request(409_000 + n * 7, 9000 - n * 160, n as u32));
    }
    for format in ["json", "tomcat-ms", "haproxy"] {
        let report = analyse(&log(format, &sorted(requests.clone())));
        let found = finding(&report, "access/released-queue").expect(format);
        let (from, to) = found.when.unwrap();
        let second = |at: i64| (at / 1000 - BEGIN) / 1000;
        assert_eq!((second(from.lo.0), second(to.lo.0)), (400, 409), "{format}");
    }
    // A burst of quick requests is no queue.
    let mut burst = ordinary(900, 6, &mut random);
    burst.extend((0..54).map(|n| request(409_000 + n * 7, 40, n as u32)));
    let report = analyse(&log("json", &sorted(burst)));
    assert_eq!(finding(&report, "access/released-queue"), None);
}

/// HAProxy lines of `requests`, with the server that `choose` gives for number and request.
fn balanced(requests: &[Request], mut choose: impl FnMut(usize, &Request) -> u64) -> AccessReport {
    let lines = requests.iter().enumerate().map(|(n, request)| {
        let server = format!("be/app{} ", choose(n, request));
        line("haproxy", request).replace("be/app0 ", &server) + "\n"
    });
    analyse(&lines.collect::<String>())
}

#[test]
fn the_way_of_balancing_is_told_by_who_meets_whom() {
    let mut random = Random(11);
    let mut requests = ordinary(900, 10, &mut random);
    // A third of all comes from one client.
    for (n, request) in requests.iter_mut().enumerate() {
        if n % 3 == 0 {
            request.client = 77;
        }
    }
    let requests = sorted(requests);
    let says = |report: &AccessReport| {
        finding(report, "access/unequal-load").map(|found| found.summary.clone())
    };
    let hashed = balanced(&requests, |_, request| u64::from(request.client) * 7 % 3);
    let summary = says(&hashed).expect("hash");
    assert!(
        summary.contains("always meets the same server"),
        "{summary}"
    );
    let weighted = balanced(&requests, |n, _| [0, 0, 0, 1, 2][n % 5]);
    let summary = says(&weighted).expect("weights");
    assert!(summary.contains("round robin"), "{summary}");
    // Sessions of five minutes: a client stays, then is given to another; one server takes most of the new ones.
    let sticky = balanced(&requests, |_, request| {
        let session = (request.end - BEGIN) / 300_000;
        [0, 1, 0, 2, 0, 0][((i64::from(request.client) * 31 + session * 17) % 6) as usize]
    });
    let summary = says(&sticky).expect("sticky");
    assert!(summary.contains("sticky for a while"), "{summary}");
    let fair = balanced(&requests, |n, _| n as u64 % 3);
    assert_eq!(says(&fair), None);
}

#[test]
fn load_is_to_be_shed_at_85_percent_of_the_pool() {
    let mut random = Random(17);
    let mut requests = ordinary(600, 20, &mut random);
    // A pool of two hundred threads fills: twenty requests a second that take up to ten seconds.
    for second in 600..1200_i64 {
        let took = (50 + (second - 600) * 30).min(10_000);
        for n in 0..20 {
            let mut one = request(second * 1000 + n * 50, took, random.below(400) as u32);
            if second > 1000 && random.below(3) == 0 {
                one.status = 503;
            }
            requests.push(one);
        }
    }
    requests.extend(
        ordinary(1800, 20, &mut random)
            .into_iter()
            .filter(|request| request.end >= BEGIN + 1_215_000),
    );
    let requests = sorted(requests);
    let report = analyse(&log("json", &requests));
    let found = finding(&report, "access/shed-load").expect("a verdict");
    // The mean number in progress of each minute, counted naively.
    let minutes: Vec<i64> = (0..30)
        .map(|minute| {
            let (from, to) = (BEGIN + minute * 60_000, BEGIN + (minute + 1) * 60_000);
            let inside = |request: &Request| {
                (request.end.min(to) - (request.end - request.took).max(from)).max(0)
            };
            requests.iter().map(inside).sum::<i64>() / 60_000
        })
        .collect();
    let peak = *minutes.iter().max().unwrap();
    assert!((190..=201).contains(&peak), "{minutes:?}");
    let limit = peak * 85 / 100;
    let stated: i64 = found
        .title
        .rsplit_once(": ")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        (limit - 2..=limit + 2).contains(&stated),
        "{} {limit}",
        found.title
    );
    let first = minutes.iter().position(|busy| *busy >= limit).unwrap() as i64;
    let at = found.when.unwrap().0.lo.0 / 1000 - BEGIN;
    assert_eq!(at / 60_000, first, "{minutes:?}");
    // Had it been refused, the rule is silent.
    let refused: Vec<Request> = requests
        .iter()
        .enumerate()
        .map(|(n, request)| Request {
            status: if n % 20 == 0 && request.took > 2000 {
                429
            } else {
                request.status
            },
            ..request.clone()
        })
        .collect();
    assert_eq!(
        finding(&analyse(&log("json", &refused)), "access/shed-load"),
        None
    );
}
