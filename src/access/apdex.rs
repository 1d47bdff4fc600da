//! Thresholds of the Apdex: one for all transactions, and others for some routes.

use super::wire::wire;
use crate::time::SECOND;

/// How long a request may take to satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// For all routes without one of their own, in microseconds.
    pub all_us: i64,
    /// Patterns of routes and their thresholds in microseconds. A pattern is a path (`/orders`) or a method and a path
    /// (`POST /orders`), as the report names routes; a `*` at its end stands for anything.
    pub routes: Vec<(String, i64)>,
}

wire!(Thresholds { all_us, routes });

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            all_us: SECOND / 2,
            routes: Vec::new(),
        }
    }
}

impl Thresholds {
    /// The threshold of a route, named as in the report (`POST /orders`): that of the longest pattern that fits.
    pub(super) fn of(&self, route: &str) -> i64 {
        let path = route.split_once(' ').map_or(route, |(_, path)| path);
        let fits = |pattern: &str| {
            let name = match pattern.starts_with('/') {
                true => path,
                false => route,
            };
            match pattern.strip_suffix('*') {
                Some(begin) => name.starts_with(begin),
                None => name == pattern,
            }
        };
        let own = self.routes.iter().filter(|(pattern, _)| fits(pattern));
        own.max_by_key(|(pattern, _)| pattern.len())
            .map_or(self.all_us, |(_, threshold)| *threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pattern_that_fits_decides() {
        let of = |pattern: &str, millis| (pattern.to_owned(), millis);
        let thresholds = Thresholds {
            all_us: 500,
            routes: vec![
                of("/orders*", 2000),
                of("POST /orders", 3000),
                of("/api/*", 100),
            ],
        };
        assert_eq!(thresholds.of("GET /orders/{n}"), 2000);
        assert_eq!(thresholds.of("POST /orders"), 3000);
        assert_eq!(thresholds.of("GET /api/x"), 100);
        assert_eq!(thresholds.of("GET /apis"), 500);
    }
}
