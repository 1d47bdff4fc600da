//! Start and stop lines of servers and frameworks: the boundaries of a JVM's life as the application saw them.

use super::logs::{Candidate, Found};
use crate::events::event::{Subject, What};
use crate::events::kinds::Product;

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "Server startup in ",
    "Pausing ProtocolHandler",
    "Destroying ProtocolHandler",
    "WFLYSRV0",
    "JBAS015",
    "(process running for ",
    "(JVM running for ",
    "restored JVM running for ",
    "Commencing graceful shutdown",
    "Graceful shutdown complete",
    "Graceful shutdown aborted",
    "Application run failed",
    "APPLICATION FAILED TO START",
    "Started @",
    "Started Server@",
    "Started oejs.Server@",
    "Stopped Server@",
    "Stopped oejs.Server@",
    "(powered by Quarkus ",
    "stopped in ",
    "starting server: Undertow",
    "stopping server: Undertow",
    "startup time : ",
    "CWWKF0011I",
    "CWWKE0036I",
    "CWWKE0055I",
    "Startup completed in ",
    "Failed to start component [",
    "Could not resolve placeholder",
    "Could not find or load main class",
    "Could not create the Java Virtual Machine",
    "Error occurred during initialization of VM",
    "Unable to access jarfile",
    "UnsupportedClassVersionError",
    "was already in use",
    "Address already in use",
    "istening on ",
];

/// The event that a line holds.
pub(super) fn line(line: &Candidate<'_>) -> Option<Found> {
    let text = line.message;
    let what = started(text)
        .or_else(|| stopped(text))
        .or_else(|| broken(text))?;
    Some((what, Subject::default()))
}

fn started(text: &str) -> Option<What> {
    let up = |product, took, jvm_uptime| What::ServerStarted {
        product,
        took,
        jvm_uptime,
        with_errors: false,
    };
    if let Some((_, rest)) = text.split_once("Server startup in ") {
        // `[19,127] milliseconds` since 8.5, `305 ms` before; digits are grouped by locale.
        let number = rest.trim_start_matches('[');
        return Some(up(
            Product::Tomcat,
            grouped(number).map(|ms| ms * 1000),
            None,
        ));
    }
    let spring = [
        "(process running for ",
        "(JVM running for ",
        "restored JVM running for ",
    ];
    if let Some((before, rest)) = spring.iter().find_map(|words| text.split_once(words)) {
        // `Started App in 4.2 seconds (process running for 4.9)`; a restored process (CRaC) has no JVM start.
        let took = before
            .rsplit_once(" in ")
            .and_then(|(_, took)| seconds(took));
        let uptime =
            seconds(rest).filter(|_| !text.contains("Restored ") && !text.contains("restored "));
        return Some(up(Product::SpringBoot, took, uptime));
    }
    if text.contains("WFLYSRV0025") || text.contains("WFLYSRV0026") || text.contains("JBAS015874") {
        let took = text
            .split_once(" in ")
            .and_then(|(_, rest)| rest.split_once("ms"))
            .and_then(|(number, _)| grouped(number))
            .map(|ms| ms.saturating_mul(1000));
        return Some(What::ServerStarted {
            product: Product::WildFly,
            took,
            jvm_uptime: None,
            with_errors: text.contains("WFLYSRV0026"),
        });
    }
    if let Some((_, rest)) = text.split_once("(powered by Quarkus ") {
        let (_, rest) = rest.split_once("started in ")?;
        return Some(up(Product::Quarkus, seconds(rest), None));
    }
    if text.contains("Started @")
        || text.contains("Started Server@")
        || text.contains("Started oejs.Server@")
    {
        // The number behind the last `@` is the uptime of the JVM: Jetty's `Uptime.getUptime()`.
        let uptime = text
            .rsplit_once('@')
            .and_then(|(_, rest)| rest.split_once("ms"))
            .and_then(|(number, _)| number.parse::<i64>().ok())
            .map(|ms| ms.saturating_mul(1000));
        return Some(up(Product::Jetty, None, uptime));
    }
    if text.contains("starting server: Undertow") {
        return Some(up(Product::Undertow, None, None));
    }
    if text.contains("CWWKF0011I") {
        let took = text
            .rsplit_once(" started in ")
            .and_then(|(_, rest)| seconds(rest));
        return Some(up(Product::Liberty, took, None));
    }
    if let Some((_, rest)) = text.split_once("Startup completed in ") {
        // `1234ms. Server Running: http://…`
        let ms = rest
            .split_once("ms")
            .and_then(|(number, _)| number.trim().parse::<i64>().ok());
        return Some(up(
            Product::Micronaut,
            ms.map(|ms| ms.saturating_mul(1000)),
            None,
        ));
    }
    if text.contains("startup time : ") && (text.contains("Payara") || text.contains("GlassFish")) {
        let ms = text
            .rsplit_once("startup services(")
            .and_then(|(_, rest)| rest.split_once("ms"))
            .and_then(|(number, _)| grouped(number));
        return Some(up(Product::GlassFish, ms.map(|ms| ms * 1000), None));
    }
    listens(text).then(|| up(Product::Other, None, None))
}

/// `listening on 8080`, `Listening on http://0.0.0.0:8080`: a service that names no framework.
fn listens(text: &str) -> bool {
    let Some((before, rest)) = text.split_once("istening on ") else {
        return false;
    };
    let port = |word: &str| word.parse::<u16>().is_ok_and(|port| port > 0);
    let place = rest.split_whitespace().take(2);
    before.ends_with(['l', 'L'])
        && place
            .flat_map(|word| word.split([':', '/', ',', ']']))
            .any(port)
}

fn stopped(text: &str) -> Option<What> {
    let has = |words: &str| text.contains(words);
    let stopping = |product| Some(What::ServerStopping { product });
    let stopped = |product| Some(What::ServerStopped { product });
    // One line each for the beginning and the end of Tomcat's way down.
    if has("Pausing ProtocolHandler") {
        return stopping(Product::Tomcat);
    }
    if has("Destroying ProtocolHandler") {
        return stopped(Product::Tomcat);
    }
    if has("Commencing graceful shutdown") {
        return stopping(Product::SpringBoot);
    }
    if has("Graceful shutdown complete") || has("Graceful shutdown aborted") {
        return stopped(Product::SpringBoot);
    }
    if has("WFLYSRV0236") || has("WFLYSRV0272") || has("WFLYSRV0220") {
        return stopping(Product::WildFly);
    }
    if has("WFLYSRV0050") || has("JBAS015950") {
        return stopped(Product::WildFly);
    }
    if has("Stopped Server@") || has("Stopped oejs.Server@") {
        return stopped(Product::Jetty);
    }
    if has("stopping server: Undertow") {
        return stopping(Product::Undertow);
    }
    if has("CWWKE0055I") {
        return stopping(Product::Liberty);
    }
    if has("CWWKE0036I") {
        return stopped(Product::Liberty);
    }
    // `shop stopped in 0.034s`, the last words of Quarkus: one word, then the time, then nothing.
    let (before, rest) = text.split_once(" stopped in ")?;
    let name_alone = !before
        .trim()
        .rsplit_once(") ")
        .map_or(before.trim(), |(_, name)| name)
        .contains(' ');
    let time = rest.trim().strip_suffix('s')?;
    (name_alone && seconds(time).is_some() && !time.ends_with('m')).then_some(())?;
    stopped(Product::Quarkus)
}

fn broken(text: &str) -> Option<What> {
    let has = |words: &str| text.contains(words);
    if has("Application run failed") || has("APPLICATION FAILED TO START") {
        let product = Product::SpringBoot;
        return Some(What::ServerStartFailed { product });
    }
    if has("Failed to start component [") {
        let product = Product::Tomcat;
        return Some(What::ServerStartFailed { product });
    }
    let config = has("Could not resolve placeholder")
        || has("Could not find or load main class")
        || has("Could not create the Java Virtual Machine")
        || has("Error occurred during initialization of VM")
        || has("Unable to access jarfile")
        || has("UnsupportedClassVersionError")
        || (has("Port ") && has("was already in use"))
        || has("Address already in use");
    config.then_some(What::ConfigError)
}

/// A number with the separators of any locale: `19,127`, `19.127`, `19 127`.
fn grouped(text: &str) -> Option<i64> {
    let mut digits = String::new();
    for character in text.chars() {
        match character {
            '0'..='9' => digits.push(character),
            ',' | '.' | '\'' | '\u{a0}' | '\u{202f}' => {}
            _ => break,
        }
    }
    digits
        .parse()
        .ok()
        .filter(|number| *number < i64::MAX / 1000)
}

/// `4.9 …` or `4,9s` in microseconds.
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .unwrap_or(text.len());
    let number = text[..end].trim_end_matches('.').replace(',', ".");
    let seconds: f64 = number.parse().ok()?;
    (seconds < 1e9).then_some((seconds * 1e6).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn took(text: &str) -> (Option<i64>, Option<i64>) {
        match started(text) {
            Some(What::ServerStarted {
                took, jvm_uptime, ..
            }) => (took, jvm_uptime),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn start_lines_tell_how_long_it_took_and_the_uptime() {
        let tomcat = "INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [19,127] milliseconds";
        assert_eq!(took(tomcat), (Some(19_127_000), None));
        assert_eq!(
            took("INFO: Server startup in 305 ms"),
            (Some(305_000), None)
        );
        let boot = "Started ShopApplication in 4.2 seconds (process running for 4.9)";
        assert_eq!(took(boot), (Some(4_200_000), Some(4_900_000)));
        let boot = "Started ShopApplication in 4.2 seconds (JVM running for 4.9)";
        assert_eq!(took(boot), (Some(4_200_000), Some(4_900_000)));
        let jetty = "Started Server@1f2a{STARTING}[11.0.15,sto=0] @2045ms";
        assert_eq!(took(jetty), (None, Some(2_045_000)));
        assert_eq!(took("Started @1234ms"), (None, Some(1_234_000)));
        let quarkus = "shop 1.0 on JVM (powered by Quarkus 3.2.0) started in 1.213s. Listening on: http://0.0.0.0:8080";
        assert_eq!(took(quarkus), (Some(1_213_000), None));
        let wildfly = "WFLYSRV0025: WildFly Full 27.0.1.Final (WildFly Core 19) started in 10685ms - Started 2819 of";
        assert_eq!(took(wildfly), (Some(10_685_000), None));
    }

    #[test]
    fn stop_lines() {
        let quarkus = Product::Quarkus;
        assert_eq!(
            stopped("INFO  [io.quarkus] (main) shop stopped in 0.034s"),
            Some(What::ServerStopped { product: quarkus })
        );
        assert_eq!(stopped("the train stopped in 5 minutes"), None);
        assert_eq!(stopped("job stopped in 30ms"), None);
    }
}
