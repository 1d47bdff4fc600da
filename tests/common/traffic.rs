//! Traffic of which everything is known, written down in the words of many servers.
#![allow(dead_code, reason = "each test file uses its part of this")]

use std::fmt::Write as _;

use diag::access::{self, AccessReport, Options};
use diag::input::{Kind, Silent, Source};

/// A request as it really was. Times in milliseconds.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) end: i64,
    pub(crate) took: i64,
    pub(crate) status: u16,
    pub(crate) client: u32,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) agent: &'static str,
}

/// 2026-11-22T01:00:00Z
pub(crate) const BEGIN: i64 = 1_795_309_200_000;

/// Half an hour of traffic with a probe every ten seconds, a slow stretch before a silence of 41 seconds, and errors in it.
pub(crate) fn traffic() -> Vec<Request> {
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

pub(crate) fn clf(millis: i64, zone: &str) -> String {
    let stamp = jiff::Timestamp::from_millisecond(millis)
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::UTC);
    format!("{}{zone}", stamp.strftime("%d/%b/%Y:%H:%M:%S"))
}

pub(crate) fn iso(millis: i64) -> String {
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
pub(crate) fn line(format: &str, request: &Request) -> String {
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

pub(crate) fn log(format: &str, requests: &[Request]) -> String {
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

pub(crate) fn analyse(text: &str) -> AccessReport {
    let source = Source::of("access.log", text.as_bytes(), Kind::AccessLog);
    access::analyse(&[&source], &Options::default(), &Silent)
}

pub(crate) const FORMATS: [&str; 17] = [
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
