//! JSON lines: nginx `escape=json`, Envoy and Istio, Traefik, Caddy, GCP load balancers, Cloudflare, Tomcat's
//! `JsonAccessLogValve`, and whatever an application team made up, by the names of the keys.

use std::collections::BTreeMap;

use super::{Family, Layout};
use crate::access::keys::{Keys, each_json};
use crate::access::pattern::Shape;
use crate::access::request::Field;
use crate::access::{DurationUnit, StampMeaning};

pub(super) const FAMILY: Family = Family { propose };

/// What a key holds: preference among keys for the same field, field, unit.
type Meaning = (u8, Field, Option<DurationUnit>);

fn propose(lines: &[&[u8]]) -> Vec<Layout> {
    let mut out: Vec<Layout> = Vec::new();
    // Lines of several kinds share a file (Caddy writes its own messages there): a layout for each set of keys that
    // makes a request, the first such line standing for its kind.
    for line in lines.iter().filter(|line| line.first() == Some(&b'{')) {
        let fits = out.iter().any(|layout| {
            let mut clock = crate::access::scalar::Clock::default();
            let mut request = crate::access::request::Request::NONE;
            layout.read(line, &mut clock, &mut request).is_ok()
        });
        if !fits && let Some(layout) = layout(line) {
            out.push(layout);
        }
        if out.len() == 3 {
            break;
        }
    }
    out
}

fn layout(line: &[u8]) -> Option<Layout> {
    let mut pairs: Vec<(String, Vec<u8>)> = Vec::new();
    each_json(line, &mut |(parent, key, value)| {
        let key = String::from_utf8_lossy(key);
        let full = match parent {
            b"" => key.into_owned(),
            _ => format!("{}.{key}", String::from_utf8_lossy(parent)),
        };
        pairs.push((full, value.to_vec()));
        Ok(())
    })
    .ok()?;
    let (fields, unit) = assign(&pairs)?;
    let has = |key: &str| fields.contains_key(key.as_bytes());
    let (name, stamp) = if has("StartUTC") || has("StartLocal") {
        ("Traefik JSON", Some(StampMeaning::Start))
    } else if has("response_code") && has("start_time") {
        ("Envoy JSON", Some(StampMeaning::Start))
    } else if has("httpRequest.status") {
        ("GCP load balancer JSON", Some(StampMeaning::Start))
    } else if has("request.uri") && has("ts") {
        ("Caddy JSON", Some(StampMeaning::End))
    } else if has("EdgeResponseStatus") {
        ("Cloudflare JSON", Some(StampMeaning::Start))
    } else if has("request_time") {
        ("nginx JSON", Some(StampMeaning::End))
    } else {
        ("JSON lines", None)
    };
    Some(Layout {
        name: name.to_owned(),
        pattern: None,
        unit,
        stamp,
        shape: Shape::Keys(Keys::new(true, fields, line)),
    })
}

/// Keys to fields, and the unit of the duration.
pub(super) type Assigned = (BTreeMap<Vec<u8>, Field>, Option<DurationUnit>);

/// Gives each field the best of the keys; `None` unless there are a time, a status and a method or a target.
pub(super) fn assign(pairs: &[(String, Vec<u8>)]) -> Option<Assigned> {
    let mut best: BTreeMap<u8, (u8, usize, Meaning)> = BTreeMap::new();
    for (index, (key, value)) in pairs.iter().enumerate() {
        let Some(meaning) = meaning(key, value) else {
            continue;
        };
        let slot = slot(meaning.1);
        let better = best.get(&slot).is_none_or(|(rank, _, _)| meaning.0 < *rank);
        if better {
            best.insert(slot, (meaning.0, index, meaning));
        }
    }
    let has = |field| best.contains_key(&slot(field));
    let request = has(Field::RequestLine) || (has(Field::Target) && has(Field::Method));
    if !(has(Field::TimeAny) && has(Field::Status) && (request || has(Field::Target))) {
        return None;
    }
    let unit = best.get(&slot(Field::Duration)).and_then(|found| found.2.2);
    let fields = best
        .values()
        .map(|(_, index, meaning)| (pairs[*index].0.clone().into_bytes(), meaning.1))
        .collect();
    Some((fields, unit))
}

/// Keys that compete with each other.
fn slot(field: Field) -> u8 {
    match field {
        Field::TimeAny => 0,
        Field::Status => 1,
        Field::Target => 2,
        Field::Method => 3,
        Field::RequestLine => 4,
        Field::Bytes => 5,
        Field::Duration => 6,
        Field::Client | Field::ClientPort => 7,
        Field::Agent => 8,
        Field::Upstream => 9,
        Field::Ending => 10,
        _ => 11,
    }
}

fn meaning(key: &str, value: &[u8]) -> Option<Meaning> {
    use DurationUnit::{Micros, Millis, Nanos, Seconds};
    let number = value.first().is_some_and(u8::is_ascii_digit);
    let fraction = number && value.contains(&b'.');
    // The shape of the value decides where the name does not: fractions are seconds.
    let guess = match fraction {
        true => Some(Seconds),
        false => None,
    };
    let plain = |rank, field| Some((rank, field, None));
    match key {
        "StartUTC" | "EdgeStartTimestamp" | "start_time" => plain(0, Field::TimeAny),
        "time_iso8601" | "@timestamp" | "timestamp" | "ts" | "StartLocal" => {
            plain(1, Field::TimeAny)
        }
        "time" | "time_local" | "msec" | "datetime" | "date" | "local_time" => {
            plain(2, Field::TimeAny)
        }
        "DownstreamStatus" | "httpRequest.status" | "EdgeResponseStatus" | "response_code" => {
            plain(0, Field::Status)
        }
        "status" | "status_code" | "statusCode" | "http_status" | "sc-status" | "code"
        | "resp_status" => plain(1, Field::Status),
        "request_uri"
        | "RequestPath"
        | "request.uri"
        | "ClientRequestURI"
        | "httpRequest.requestUrl" => plain(0, Field::Target),
        "uri" | "path" | "url" | "requestURI" | "request_path" | "req" => plain(1, Field::Target),
        "request_method"
        | "RequestMethod"
        | "request.method"
        | "ClientRequestMethod"
        | "httpRequest.requestMethod" => plain(0, Field::Method),
        "method" | "http_method" | "verb" => plain(1, Field::Method),
        "request" | "request_line" => plain(1, Field::RequestLine),
        "body_bytes_sent"
        | "bytes_sent"
        | "DownstreamContentSize"
        | "httpRequest.responseSize"
        | "EdgeResponseBytes"
        | "body_bytes" => plain(0, Field::Bytes),
        "size" | "bytes" | "response_size" | "resp_size" | "bytesSent" => plain(1, Field::Bytes),
        "remote_addr"
        | "ClientHost"
        | "request.client_ip"
        | "httpRequest.remoteIp"
        | "ClientIP" => plain(0, Field::Client),
        "request.remote_ip" | "client_ip" | "remote_ip" | "clientIp" | "client" | "host"
        | "x_forwarded_for" | "remoteAddr" | "remote_host" => plain(1, Field::Client),
        "downstream_remote_address" => plain(0, Field::ClientPort),
        "http_user_agent"
        | "user_agent"
        | "request_User-Agent"
        | "httpRequest.userAgent"
        | "ClientRequestUserAgent" => plain(0, Field::Agent),
        "ua" | "agent" | "userAgent" => plain(1, Field::Agent),
        "upstream_addr" | "upstream_host" | "ServiceAddr" => plain(0, Field::Upstream),
        "response_flags" => plain(0, Field::Ending),
        "Duration" => Some((0, Field::Duration, Some(Nanos))),
        "request_time" | "httpRequest.latency" => Some((0, Field::Duration, Some(Seconds))),
        "duration_ms" | "durationMs" | "elapsed_ms" | "latency_ms" | "response_time_ms"
        | "took_ms" | "elapsedTimeMillis" => Some((0, Field::Duration, Some(Millis))),
        "duration_us" | "elapsed_us" | "latency_us" | "request_time_us" => {
            Some((0, Field::Duration, Some(Micros)))
        }
        "duration" => Some((1, Field::Duration, guess.or(Some(Millis)))),
        "response_time" | "reqtime" | "apptime" | "latency" | "elapsed" | "responseTime"
        | "elapsedTime" | "took" | "time_taken" | "request_duration" | "taken" => {
            Some((2, Field::Duration, guess))
        }
        "upstream_response_time" | "OriginDuration" => match key {
            "OriginDuration" => Some((4, Field::Duration, Some(Nanos))),
            _ => Some((4, Field::Duration, Some(Seconds))),
        },
        _ => None,
    }
}
