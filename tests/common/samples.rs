//! Lines of every format by name, and what they must be read as.

use diag::access::{DurationUnit, StampMeaning};

use DurationUnit::{Micros, Millis, Seconds};
use StampMeaning::{End, Start};

/// What a sample must be read as.
pub(crate) struct Expected {
    pub(crate) what: &'static str,
    /// Name of the file, which says something where the lines do not.
    pub(crate) file: &'static str,
    pub(crate) lines: &'static [&'static str],
    pub(crate) format: &'static str,
    pub(crate) unit: Option<DurationUnit>,
    /// `None` where the lines cannot tell and the report must say that it assumes.
    pub(crate) stamp: Option<StampMeaning>,
    pub(crate) statuses: &'static [(u16, u64)],
    /// Duration of the slowest transaction in microseconds.
    pub(crate) longest: i64,
    /// Name of a server behind, where the lines have one.
    pub(crate) upstream: Option<&'static str>,
}

/// Neither a duration nor a server, and a stamp that the lines do not explain.
pub(crate) const NOTHING: Expected = Expected {
    what: "",
    file: "",
    lines: &[],
    format: "",
    unit: None,
    stamp: None,
    statuses: &[],
    longest: 0,
    upstream: None,
};

pub(crate) const SAMPLES: &[Expected] = &[
    Expected {
        what: "Tomcat and Spring Boot: common",
        file: "localhost_access_log.2026-11-22.txt",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0900] "GET /orders/17 HTTP/1.1" 200 512"#,
            r#"2001:db8::7 - kim [22/Nov/2026:10:00:01 +0900] "POST /orders HTTP/1.1" 201 -"#,
        ],
        format: "common",
        unit: None,
        stamp: None,
        statuses: &[(200, 1), (201, 1)],
        longest: 0,
        upstream: None,
    },
    Expected {
        what: "Tomcat 9: combined with %D in milliseconds",
        file: "localhost_access_log.2026-11-22.txt",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0900] "GET /orders/17 HTTP/1.1" 200 512 "-" "curl/8.5.0" 12"#,
            r#"192.0.2.8 - - [22/Nov/2026:10:00:02 +0900] "POST /orders HTTP/1.1" 503 - "-" "curl/8.5.0" 1503"#,
        ],
        format: "combined with duration",
        unit: Some(Millis),
        statuses: &[(200, 1), (503, 1)],
        longest: 1_503_000,
        ..NOTHING
    },
    Expected {
        what: "Tomcat 10: combined with %D in microseconds",
        file: "localhost_access_log.2026-11-22.txt",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0900] "GET /orders/17 HTTP/1.1" 200 512 "-" "curl/8.5.0" 41230"#,
            r#"192.0.2.8 - - [22/Nov/2026:10:00:02 +0900] "POST /orders HTTP/1.1" 503 - "-" "curl/8.5.0" 1503977"#,
        ],
        format: "combined with duration",
        unit: Some(Micros),
        statuses: &[(200, 1), (503, 1)],
        longest: 1_503_977,
        ..NOTHING
    },
    Expected {
        what: "httpd: common",
        file: "access_log",
        lines: &[
            r#"192.0.2.7 - frank [22/Nov/2026:10:00:00 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 -0700] "-" 408 -"#,
        ],
        format: "common",
        statuses: &[(200, 1), (408, 1)],
        ..NOTHING
    },
    Expected {
        what: "httpd: combined",
        file: "access_log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 2326 "http://www.example.com/start.html" "Mozilla/4.08 [en] (Win98; I ;Nav)""#,
            r#"192.0.2.9 - - [22/Nov/2026:10:00:03 +0000] "\x16\x03\x01" 400 226 "-" "-""#,
        ],
        format: "combined",
        statuses: &[(200, 1), (400, 1)],
        ..NOTHING
    },
    Expected {
        what: "httpd: vhost_combined",
        file: "other_vhosts_access.log",
        lines: &[
            r#"www.example.com:443 192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 2326 "-" "curl/8.5.0""#,
            r#"www.example.org:80 192.0.2.8 - - [22/Nov/2026:10:00:01 +0000] "GET /b HTTP/1.1" 404 196 "-" "curl/8.5.0""#,
        ],
        format: "combined",
        statuses: &[(200, 1), (404, 1)],
        ..NOTHING
    },
    Expected {
        what: "httpd: combined with %D",
        file: "access_log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 2326 "-" "curl/8.5.0" 57123"#,
            r#"192.0.2.8 - - [22/Nov/2026:10:00:00 +0000] "GET /b HTTP/1.1" 502 341 "-" "curl/8.5.0" 2000391"#,
        ],
        format: "combined with duration",
        unit: Some(Micros),
        statuses: &[(200, 1), (502, 1)],
        longest: 2_000_391,
        ..NOTHING
    },
    Expected {
        what: "nginx: combined",
        file: "access.log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 612 "-" "Mozilla/5.0 (X11; Linux x86_64)""#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /b HTTP/2.0" 499 0 "-" "Mozilla/5.0 (X11; Linux x86_64)""#,
        ],
        format: "combined",
        statuses: &[(200, 1), (499, 1)],
        ..NOTHING
    },
    Expected {
        what: "nginx: combined with times and servers, one request tried twice",
        file: "access.log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl/8.5.0" 0.057 10.4.0.11:8080 200 0.056"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:04 +0000] "GET /b HTTP/1.1" 200 612 "-" "curl/8.5.0" 3.010 10.4.0.11:8080, 10.4.0.12:8080 502, 200 3.000, 0.010"#,
        ],
        format: "nginx combined with duration and upstream",
        unit: Some(Seconds),
        stamp: Some(End),
        statuses: &[(200, 2)],
        longest: 3_010_000,
        upstream: Some("10.4.0.12:8080"),
    },
    Expected {
        what: "ingress-nginx",
        file: "controller.log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/2.0" 200 612 "-" "curl/8.5.0" 412 0.057 [shop-app-8080] [] 10.4.0.11:8080 612 0.057 200 3c2e8a17c1b7f0a9d1e2f3a4b5c6d7e8"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:01 +0000] "GET /b HTTP/2.0" 504 160 "-" "curl/8.5.0" 412 60.001 [shop-app-8080] [] 10.4.0.12:8080 0 60.001 504 4c2e8a17c1b7f0a9d1e2f3a4b5c6d7e8"#,
        ],
        format: "ingress-nginx",
        unit: Some(Seconds),
        stamp: Some(End),
        statuses: &[(200, 1), (504, 1)],
        longest: 60_001_000,
        upstream: Some("10.4.0.11:8080"),
    },
    Expected {
        what: "Jetty: extended NCSA with latency",
        file: "2026_11_22.request.log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl/8.5.0" 3"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:01 +0000] "GET /b HTTP/1.1" 500 1042 "-" "curl/8.5.0" 1250"#,
        ],
        format: "combined with duration",
        unit: Some(Millis),
        statuses: &[(200, 1), (500, 1)],
        longest: 1_250_000,
        ..NOTHING
    },
    Expected {
        what: "Undertow, WildFly: common with %D",
        file: "access_log.log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0900] "GET /a HTTP/1.1" 200 612 14"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:01 +0900] "GET /b HTTP/1.1" 404 68 -"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:03 +0900] "GET /c HTTP/1.1" 200 68 2210"#,
        ],
        format: "common with duration",
        unit: Some(Millis),
        statuses: &[(200, 2), (404, 1)],
        longest: 2_210_000,
        ..NOTHING
    },
    Expected {
        what: "Reactor Netty 0.9: port and milliseconds",
        file: "access.log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 612 8080 5 ms"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /b HTTP/1.1" 500 120 8080 730 ms"#,
        ],
        format: "Reactor Netty",
        unit: Some(Millis),
        stamp: Some(Start),
        statuses: &[(200, 1), (500, 1)],
        longest: 730_000,
        ..NOTHING
    },
    Expected {
        what: "Reactor Netty 1: behind the beginning of a log line of Spring Boot",
        file: "gateway.log",
        lines: &[
            r#"2026-11-22T10:00:00.123Z  INFO 1 --- [or-http-epoll-2] reactor.netty.http.server.AccessLog : 192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 612 5"#,
            r#"2026-11-22T10:00:01.853Z  INFO 1 --- [or-http-epoll-2] reactor.netty.http.server.AccessLog : 192.0.2.7 - - [22/Nov/2026:10:00:01 +0000] "GET /b HTTP/1.1" 500 120 730"#,
        ],
        format: "common with duration",
        unit: Some(Millis),
        statuses: &[(200, 1), (500, 1)],
        longest: 730_000,
        ..NOTHING
    },
    Expected {
        what: "Envoy: default text",
        file: "envoy.log",
        lines: &[
            r#"[2026-11-22T10:00:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "192.0.2.7" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.4.0.11:80""#,
            r#"[2026-11-22T10:00:01.310Z] "GET /a HTTP/2" 0 DC 154 0 1226 - "192.0.2.7" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd3" "locations" "10.4.0.11:80""#,
        ],
        format: "Envoy default",
        unit: Some(Millis),
        stamp: Some(Start),
        statuses: &[(0, 1), (204, 1)],
        longest: 1_226_000,
        upstream: Some("10.4.0.11:80"),
    },
    Expected {
        what: "Istio: default text",
        file: "istio-proxy.log",
        lines: &[
            r#"[2026-11-22T10:00:00.310Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 "-" "curl/8.5.0" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "10.4.0.22:80" outbound|8000||httpbin.foo.svc.cluster.local 10.4.0.21:37652 10.96.31.201:8000 10.4.0.21:46520 - default"#,
            r#"[2026-11-22T10:00:02.310Z] "GET /delay/5 HTTP/1.1" 504 UT response_timeout - "-" 0 24 5001 - "-" "curl/8.5.0" "94961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "10.4.0.22:80" outbound|8000||httpbin.foo.svc.cluster.local 10.4.0.21:37652 10.96.31.201:8000 10.4.0.21:46520 - default"#,
        ],
        format: "Istio default",
        unit: Some(Millis),
        stamp: Some(Start),
        statuses: &[(418, 1), (504, 1)],
        longest: 5_001_000,
        upstream: Some("10.4.0.22:80"),
    },
    Expected {
        what: "Envoy, Istio: JSON",
        file: "istio-proxy.log",
        lines: &[
            r#"{"authority":"httpbin:8000","bytes_received":0,"bytes_sent":135,"duration":4,"method":"GET","path":"/status/418","protocol":"HTTP/1.1","request_id":"8496","response_code":418,"response_flags":"-","start_time":"2026-11-22T10:00:00.310Z","upstream_host":"10.4.0.22:80","upstream_service_time":"4","user_agent":"curl/8.5.0","x_forwarded_for":null}"#,
            r#"{"authority":"httpbin:8000","bytes_received":0,"bytes_sent":24,"duration":5001,"method":"GET","path":"/delay/5","protocol":"HTTP/1.1","request_id":"9496","response_code":504,"response_flags":"UT","start_time":"2026-11-22T10:00:02.310Z","upstream_host":"10.4.0.22:80","upstream_service_time":null,"user_agent":"curl/8.5.0","x_forwarded_for":null}"#,
        ],
        format: "Envoy JSON",
        unit: Some(Millis),
        stamp: Some(Start),
        statuses: &[(418, 1), (504, 1)],
        longest: 5_001_000,
        upstream: Some("10.4.0.22:80"),
    },
    Expected {
        what: "HAProxy: HTTP log behind syslog",
        file: "haproxy.log",
        lines: &[
            r#"Nov 22 10:00:00 lb1 haproxy[14389]: 192.0.2.7:33317 [22/Nov/2026:10:00:00.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /a HTTP/1.1""#,
            r#"Nov 22 10:00:31 lb1 haproxy[14389]: 192.0.2.7:33318 [22/Nov/2026:10:00:01.655] http-in static/srv1 0/0/1/-1/30001 504 194 - - sH-- 1/1/1/1/0 0/0 "GET /b HTTP/1.1""#,
        ],
        format: "HAProxy HTTP",
        unit: Some(Millis),
        stamp: Some(Start),
        statuses: &[(200, 1), (504, 1)],
        longest: 30_001_000,
        upstream: Some("srv1"),
    },
    Expected {
        what: "AWS ALB",
        file: "alb.log",
        lines: &[
            r#"h2 2026-11-22T10:00:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.0.2.7:2817 10.4.0.11:80 0.000 0.001 0.000 200 200 34 366 "GET https://www.example.com:443/a HTTP/2.0" "curl/8.5.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337262-36d228ad5d99923122bbe354" "www.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678" 0 2026-11-22T10:00:00.185000Z "forward" "-" "-" "10.4.0.11:80" "200" "-" "-" TID_1234"#,
            r#"https 2026-11-22T10:00:10.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.0.2.7:2818 - -1 -1 -1 503 - 34 366 "GET https://www.example.com:443/b HTTP/1.1" "curl/8.5.0" - - - "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 0 2026-11-22T10:00:10.185000Z "forward" "-" "-" "-" "-" "-" "-" TID_1235"#,
        ],
        format: "AWS ALB",
        unit: Some(Seconds),
        stamp: Some(End),
        statuses: &[(200, 1), (503, 1)],
        longest: 1_000,
        upstream: Some("10.4.0.11:80"),
    },
    Expected {
        what: "AWS classic ELB",
        file: "elb.log",
        lines: &[
            r#"2026-11-22T10:00:00.945958Z my-loadbalancer 192.0.2.7:2817 10.4.0.11:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example.com:80/a HTTP/1.1" "curl/8.5.0" - -"#,
            r#"2026-11-22T10:00:01.945958Z my-loadbalancer 192.0.2.7:2818 10.4.0.12:80 0.000086 1.500000 0.000014 500 500 0 57 "GET https://www.example.com:443/b HTTP/1.1" "curl/8.5.0" DHE-RSA-AES128-SHA TLSv1.2"#,
        ],
        format: "AWS classic ELB",
        unit: Some(Seconds),
        stamp: Some(End),
        statuses: &[(200, 1), (500, 1)],
        longest: 1_500_100,
        upstream: Some("10.4.0.12:80"),
    },
    Expected {
        what: "CloudFront",
        file: "E2K2LNL5N3WR51.2026-11-22-10.log",
        lines: &[
            "#Version: 1.0",
            "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version",
            "2026-11-22\t10:00:00\tLAX1\t2390282\t192.0.2.7\tGET\td111111abcdef8.cloudfront.net\t/a\t200\t-\tMozilla/4.0%20(compatible)\t-\t-\tHit\tSOX4x\td111111abcdef8.cloudfront.net\thttp\t-\t0.002\t-\t-\t-\tHit\tHTTP/1.1",
            "2026-11-22\t10:00:05\tLAX1\t512\t192.0.2.8\tGET\td111111abcdef8.cloudfront.net\t/b\t504\t-\tMozilla/4.0%20(compatible)\tq=1\t-\tError\tk6WGM\td111111abcdef8.cloudfront.net\thttp\t-\t4.735\t-\t-\t-\tError\tHTTP/1.1",
        ],
        format: "CloudFront",
        unit: Some(Seconds),
        stamp: Some(End),
        statuses: &[(200, 1), (504, 1)],
        longest: 4_735_000,
        ..NOTHING
    },
    Expected {
        what: "GCP load balancer: JSON",
        file: "requests.json",
        lines: &[
            r#"{"httpRequest":{"requestMethod":"GET","requestUrl":"https://www.example.com/a","requestSize":"412","status":200,"responseSize":"612","userAgent":"curl/8.5.0","remoteIp":"192.0.2.7","serverIp":"10.4.0.11","latency":"0.057361s"},"timestamp":"2026-11-22T10:00:00.310931Z","severity":"INFO","logName":"projects/p/logs/requests","resource":{"type":"http_load_balancer"}}"#,
            r#"{"httpRequest":{"requestMethod":"GET","requestUrl":"https://www.example.com/b","requestSize":"412","status":502,"responseSize":"420","userAgent":"curl/8.5.0","remoteIp":"192.0.2.7","latency":"30.000412s"},"jsonPayload":{"statusDetails":"backend_timeout"},"timestamp":"2026-11-22T10:00:01.310931Z","severity":"WARNING","logName":"projects/p/logs/requests"}"#,
        ],
        format: "GCP load balancer JSON",
        unit: Some(Seconds),
        stamp: Some(Start),
        statuses: &[(200, 1), (502, 1)],
        longest: 30_000_412,
        ..NOTHING
    },
    Expected {
        what: "IIS: W3C",
        file: "u_ex261122.log",
        lines: &[
            "#Software: Microsoft Internet Information Services 10.0",
            "#Version: 1.0",
            "#Date: 2026-11-22 10:00:00",
            "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
            "2026-11-22 10:00:00 10.4.0.11 GET /a - 443 - 192.0.2.7 curl/8.5.0 - 200 0 0 57",
            "2026-11-22 10:00:05 10.4.0.11 GET /b q=1 443 - 192.0.2.7 curl/8.5.0 - 500 0 64 4735",
        ],
        format: "IIS W3C",
        unit: Some(Millis),
        stamp: Some(End),
        statuses: &[(200, 1), (500, 1)],
        longest: 4_735_000,
        ..NOTHING
    },
    Expected {
        what: "Azure App Service: W3C",
        file: "3a8e1c-202611221000.log",
        lines: &[
            "#Software: Microsoft Internet Information Services 8.0",
            "#Fields: date time s-sitename cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken",
            "2026-11-22 10:00:00 SHOP GET /a X-ARR-LOG-ID=5e3d 443 - 192.0.2.7 curl/8.5.0 - - shop.example.com 200 0 0 612 412 57",
            "2026-11-22 10:03:50 SHOP GET /b X-ARR-LOG-ID=5e3e 443 - 192.0.2.7 curl/8.5.0 - - shop.example.com 500 121 0 312 412 230000",
        ],
        format: "IIS W3C",
        unit: Some(Millis),
        stamp: Some(End),
        statuses: &[(200, 1), (500, 1)],
        longest: 230_000_000,
        ..NOTHING
    },
    Expected {
        what: "Traefik: common log",
        file: "access.log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 612 "-" "curl/8.5.0" 7 "shop@docker" "http://10.4.0.11:8080" 57ms"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET /b HTTP/1.1" 502 11 "-" "curl/8.5.0" 8 "shop@docker" "http://10.4.0.12:8080" 1503ms"#,
        ],
        format: "Traefik common log",
        unit: Some(Millis),
        stamp: Some(Start),
        statuses: &[(200, 1), (502, 1)],
        longest: 1_503_000,
        upstream: Some("http://10.4.0.11:8080"),
    },
    Expected {
        what: "Traefik: JSON",
        file: "access.json",
        lines: &[
            r#"{"ClientAddr":"192.0.2.7:4711","ClientHost":"192.0.2.7","DownstreamContentSize":612,"DownstreamStatus":200,"Duration":57000123,"OriginDuration":56000123,"OriginStatus":200,"Overhead":1000000,"RequestMethod":"GET","RequestPath":"/a","RouterName":"shop@docker","ServiceAddr":"10.4.0.11:8080","StartLocal":"2026-11-22T10:00:00.310931Z","StartUTC":"2026-11-22T10:00:00.310931Z","level":"info","msg":"","time":"2026-11-22T10:00:00Z"}"#,
            r#"{"ClientAddr":"192.0.2.7:4711","ClientHost":"192.0.2.7","DownstreamContentSize":11,"DownstreamStatus":502,"Duration":1503000456,"OriginDuration":1502000123,"OriginStatus":502,"Overhead":1000333,"RequestMethod":"GET","RequestPath":"/b","RouterName":"shop@docker","ServiceAddr":"10.4.0.12:8080","StartLocal":"2026-11-22T10:00:01.310931Z","StartUTC":"2026-11-22T10:00:01.310931Z","level":"info","msg":"","time":"2026-11-22T10:00:02Z"}"#,
        ],
        format: "Traefik JSON",
        unit: Some(DurationUnit::Nanos),
        stamp: Some(Start),
        statuses: &[(200, 1), (502, 1)],
        longest: 1_503_000,
        upstream: Some("10.4.0.11:8080"),
    },
    Expected {
        what: "Caddy: JSON",
        file: "caddy.log",
        lines: &[
            r#"{"level":"info","ts":1795341600.310931,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"192.0.2.7","remote_port":"41342","proto":"HTTP/2.0","method":"GET","host":"localhost","uri":"/a","headers":{"User-Agent":["curl/8.5.0"]}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":10900,"status":200,"resp_headers":{"Server":["Caddy"]}}"#,
            r#"{"level":"error","ts":1795341602.310931,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"192.0.2.7","remote_port":"41343","proto":"HTTP/2.0","method":"GET","host":"localhost","uri":"/b","headers":{"User-Agent":["curl/8.5.0"]}},"bytes_read":0,"user_id":"","duration":1.503,"size":0,"status":502,"resp_headers":{"Server":["Caddy"]}}"#,
        ],
        format: "Caddy JSON",
        unit: Some(Seconds),
        stamp: Some(End),
        statuses: &[(200, 1), (502, 1)],
        longest: 1_503_000,
        ..NOTHING
    },
    Expected {
        what: "Varnish: varnishncsa with %D",
        file: "varnishncsa.log",
        lines: &[
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET http://www.example.com/a HTTP/1.1" 200 612 "-" "curl/8.5.0" 57123"#,
            r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET http://www.example.com/b HTTP/1.1" 503 282 "-" "curl/8.5.0" 3503977"#,
        ],
        format: "combined with duration",
        unit: Some(Micros),
        statuses: &[(200, 1), (503, 1)],
        longest: 3_503_977,
        ..NOTHING
    },
    Expected {
        what: "LTSV",
        file: "access.ltsv",
        lines: &[
            "time:22/Nov/2026:10:00:00 +0900\thost:192.0.2.7\tmethod:GET\turi:/a\tprotocol:HTTP/1.1\tstatus:200\tsize:612\treqtime:0.057\tua:curl/8.5.0",
            "time:22/Nov/2026:10:00:02 +0900\thost:192.0.2.7\tmethod:GET\turi:/b\tprotocol:HTTP/1.1\tstatus:500\tsize:12\treqtime:1.503\tua:curl/8.5.0",
        ],
        format: "LTSV",
        unit: Some(Seconds),
        statuses: &[(200, 1), (500, 1)],
        longest: 1_503_000,
        ..NOTHING
    },
    Expected {
        what: "JSON lines of nginx (escape=json)",
        file: "access.json",
        lines: &[
            r#"{"time_iso8601":"2026-11-22T10:00:00+09:00","remote_addr":"192.0.2.7","request":"GET /a HTTP/1.1","status":"200","body_bytes_sent":"612","request_time":"0.057","http_user_agent":"curl/8.5.0","upstream_addr":"10.4.0.11:8080"}"#,
            r#"{"time_iso8601":"2026-11-22T10:00:02+09:00","remote_addr":"192.0.2.7","request":"GET /b HTTP/1.1","status":"502","body_bytes_sent":"157","request_time":"1.503","http_user_agent":"curl/8.5.0","upstream_addr":"10.4.0.12:8080"}"#,
        ],
        format: "nginx JSON",
        unit: Some(Seconds),
        stamp: Some(End),
        statuses: &[(200, 1), (502, 1)],
        longest: 1_503_000,
        upstream: Some("10.4.0.11:8080"),
    },
    Expected {
        what: "mod_jk: JkRequestLogFormat \"%w %V %m \\\"%U\\\" %s %T\"",
        file: "mod_jk.log",
        lines: &[
            r#"[Sun Nov 22 10:00:00.310 2026] app1 www.example.com GET "/a" 200 0.057123"#,
            r#"[Sun Nov 22 10:00:02.310 2026] app2 www.example.com POST "/b" 503 1.503977"#,
        ],
        format: "mod_jk log",
        unit: Some(Seconds),
        stamp: Some(End),
        statuses: &[(200, 1), (503, 1)],
        longest: 1_503_977,
        upstream: Some("app1"),
    },
];
