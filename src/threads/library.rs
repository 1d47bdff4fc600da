//! What a frame says about its thread: by the marks of well-known libraries, else by the owner of the package.

use super::activity::Activity;
use super::marks::MARKS;

/// What a frame says about its thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Code of the JDK or of the language, without a meaning of its own.
    Jdk,
    /// The system call or primitive at the top of a stack.
    Op(Op),
    /// A library that names what the thread is busy with.
    Is(Activity),
    /// The thread waits for work, whatever stands above.
    Idle,
    /// A framework or server: neither a resource nor the application.
    Framework,
    /// Anything else: the application.
    App,
}

/// What the JDK does at the top of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Socket,
    Connect,
    Accept,
    Select,
    Dns,
    File,
    Process,
    Sleep,
    Park,
    ObjectWait,
    Queue,
    Gc,
    Entropy,
}

/// Beginnings of class names that are neither application nor resource.
const FRAMEWORKS: &[&str] = &[
    "javax.servlet.",
    "javax.ws.",
    "javax.ejb.",
    "javax.persistence.",
    "jakarta.",
    "org.springframework.",
    "org.apache.catalina.",
    "org.apache.coyote.",
    "org.apache.tomcat.",
    "org.apache.jasper.",
    "org.apache.commons.",
    "org.apache.cxf.",
    "org.apache.ibatis.",
    "org.apache.shiro.",
    "org.apache.struts",
    "org.apache.jk.",
    "org.apache.openejb.",
    "org.eclipse.jetty.",
    "org.eclipse.persistence.",
    "org.mortbay.",
    "org.glassfish.",
    "org.hibernate.",
    "org.jboss.",
    "org.wildfly.",
    "org.xnio.",
    "org.mybatis.",
    "org.aspectj.",
    "org.slf4j.",
    "org.codehaus.groovy.",
    "org.thymeleaf.",
    "org.reactivestreams.",
    "org.quartz.",
    "io.undertow.",
    "io.netty.",
    "io.vertx.",
    "io.micrometer.",
    "io.opentelemetry.",
    "io.grpc.",
    "io.reactivex.",
    "io.smallrye.",
    "io.quarkus.",
    "io.micronaut.",
    "io.agroal.",
    "reactor.",
    "rx.",
    "akka.",
    "play.",
    "com.zaxxer.hikari.",
    "com.alibaba.druid.",
    "com.mchange.",
    "com.fasterxml.",
    "com.google.common.",
    "com.netflix.",
    "com.ibm.",
    "com.lmax.",
    "groovy.",
    "feign.",
    "net.sf.cglib.",
    "javassist.",
    "weblogic.",
    "oracle.j2ee.",
    "jrockit.",
];

/// Beginnings of class names of the JDK and of language runtimes.
const PLATFORM: &[&str] = &[
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "kotlin.",
    "kotlinx.coroutines.",
    "scala.",
    "clojure.lang.",
];

/// What `class.method` says.
pub(crate) fn tag(class: &str, method: &str) -> Tag {
    let begins = |mark: &str| {
        if mark.len() <= class.len() {
            class.starts_with(mark)
        } else {
            let rest = mark
                .strip_prefix(class)
                .and_then(|rest| rest.strip_prefix('.'));
            rest.is_some_and(|rest| method.starts_with(rest))
        }
    };
    if let Some((_, tag)) = MARKS.iter().find(|(mark, _)| begins(mark)) {
        *tag
    } else if FRAMEWORKS.iter().any(|name| class.starts_with(name)) {
        Tag::Framework
    } else if class.is_empty() || PLATFORM.iter().any(|name| class.starts_with(name)) {
        Tag::Jdk
    } else {
        Tag::App
    }
}

#[cfg(test)]
mod tests {
    use super::Activity::{Database, PoolWait};
    use super::Op::{Connect, Socket};
    use super::Tag::{Framework, Idle, Is, Jdk, Op as Does};
    use super::*;

    #[test]
    fn the_most_telling_mark_wins() {
        assert_eq!(
            tag("java.util.concurrent.ThreadPoolExecutor", "getTask"),
            Idle
        );
        assert_eq!(
            tag("java.util.concurrent.ThreadPoolExecutor", "runWorker"),
            Jdk
        );
        assert_eq!(
            tag("com.zaxxer.hikari.util.ConcurrentBag", "borrow"),
            Is(PoolWait)
        );
        assert_eq!(
            tag("com.zaxxer.hikari.pool.HikariPool", "getConnection"),
            Framework
        );
        assert_eq!(tag("sun.nio.ch.NioSocketImpl", "connect"), Does(Connect));
        assert_eq!(tag("sun.nio.ch.NioSocketImpl", "park"), Does(Socket));
        assert_eq!(
            tag("com.mysql.cj.jdbc.ConnectionImpl", "commit"),
            Is(Database)
        );
        assert_eq!(tag("com.shop.Cart", "add"), Tag::App);
        assert_eq!(tag("sun.reflect.NativeMethodAccessorImpl", "invoke"), Jdk);
        assert_eq!(tag("Main", "main"), Tag::App);
    }
}
