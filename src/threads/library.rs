//! What well-known classes and methods on a stack say about the thread. Plain lists; the first match counts.

use super::activity::Activity;

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

use Activity::{
    ClassLoading, Database, Directory, HttpClient, Logging, Messaging, PoolWait, Redis,
};
use Op::{
    Accept, Connect, Dns, Entropy, File, Gc, ObjectWait, Park, Process, Queue, Select, Sleep,
    Socket,
};
use Tag::{Framework, Idle, Is, Jdk, Op as Does};

/// Beginnings of `class.method`, looked up in order.
const MARKS: &[(&str, Tag)] = &[
    // Waiting for work.
    ("java.util.concurrent.ThreadPoolExecutor.getTask", Idle),
    (
        "org.apache.tomcat.util.threads.ThreadPoolExecutor.getTask",
        Idle,
    ),
    ("java.util.concurrent.ForkJoinPool.awaitWork", Idle),
    ("java.util.concurrent.DelayScheduler.loop", Idle),
    ("java.util.TimerThread.mainLoop", Idle),
    ("java.lang.ref.Reference.waitForReferencePendingList", Idle),
    ("java.lang.ref.Reference.waitForActivatedQueue", Idle),
    ("java.lang.ref.ReferenceQueue.remove", Idle),
    ("java.lang.ref.NativeReferenceQueue.await", Idle),
    (
        "java.lang.VirtualThread.takeVirtualThreadListToUnblock",
        Idle,
    ),
    ("java.lang.ProcessHandleImpl.waitForProcessExit", Idle),
    ("java.lang.UNIXProcess.waitForProcessExit", Idle),
    ("sun.nio.ch.Poller.", Idle),
    ("sun.misc.Signal", Idle),
    ("sun.rmi.transport.ObjectTable$Reaper", Idle),
    ("sun.misc.GC$Daemon", Idle),
    ("sun.net.www.http.KeepAliveCache.run", Idle),
    ("jdk.internal.net.http.HttpClientImpl$SelectorManager", Idle),
    ("java.awt.EventQueue.getNextEvent", Idle),
    ("java.util.prefs.", Idle),
    ("com.intellij.rt.", Idle),
    ("jrockit.memory.Finalizer.waitForFinalizees", Idle),
    (
        "com.ibm.lang.management.internal.MemoryNotificationThread.process",
        Idle,
    ),
    ("openj9.internal.tools.attach.target.", Idle),
    ("com.ibm.tools.attach.", Idle),
    ("org.apache.tomcat.util.net.JIoEndpoint$Worker.await", Idle),
    ("org.apache.tomcat.util.net.AprEndpoint$Worker.await", Idle),
    (
        "org.apache.tomcat.util.net.NioBlockingSelector$BlockPoller",
        Idle,
    ),
    (
        "org.apache.tomcat.util.threads.ThreadPool$ControlRunnable.run",
        Idle,
    ),
    (
        "org.apache.coyote.http11.InternalInputBuffer.parseRequestLine",
        Idle,
    ),
    (
        "org.apache.coyote.http11.Http11InputBuffer.parseRequestLine",
        Idle,
    ),
    ("org.apache.catalina.core.StandardServer.await", Idle),
    (
        "org.apache.catalina.core.ContainerBase$ContainerBackgroundProcessor.threadSleep",
        Idle,
    ),
    (
        "org.eclipse.jetty.util.thread.QueuedThreadPool.idleJobPoll",
        Idle,
    ),
    (
        "org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.idleJobPoll",
        Idle,
    ),
    (
        "org.eclipse.jetty.util.thread.ReservedThreadExecutor$ReservedThread.reservedWait",
        Idle,
    ),
    ("org.eclipse.jetty.io.ManagedSelector", Idle),
    (
        "org.jboss.threads.EnhancedQueueExecutor$PoolThreadNode.park",
        Idle,
    ),
    (
        "org.jboss.threads.EnhancedQueueExecutor$ThreadBody.getOrAddNode",
        Idle,
    ),
    ("org.jboss.threads.JBossThreadPoolExecutor.getTask", Idle),
    ("org.xnio.nio.WorkerThread.run", Jdk),
    ("weblogic.work.ExecuteThread.waitForRequest", Idle),
    ("com.ibm.ws.util.BoundedBuffer.waitGet_", Idle),
    ("com.ibm.ws.util.BoundedBuffer.take", Idle),
    ("com.ibm.ws.threading.internal.BoundedBuffer.waitGet_", Idle),
    ("com.ibm.ws.threading.internal.BoundedBuffer.take", Idle),
    ("com.ibm.ws.threading.internal.BoundedBuffer.poll", Idle),
    ("com.ibm.io.async.AsyncLibrary.aio_getioev", Idle),
    ("com.lmax.disruptor.BlockingWaitStrategy.waitFor", Idle),
    (
        "com.lmax.disruptor.TimeoutBlockingWaitStrategy.waitFor",
        Idle,
    ),
    ("com.lmax.disruptor.SleepingWaitStrategy.waitFor", Idle),
    (
        "ch.qos.logback.core.AsyncAppenderBase$Worker.run",
        Framework,
    ),
    ("com.zaxxer.hikari.pool.HikariPool$HouseKeeper", Framework),
    (
        "io.netty.util.HashedWheelTimer$Worker.waitForNextTick",
        Idle,
    ),
    (
        "io.netty.util.concurrent.SingleThreadEventExecutor.takeTask",
        Idle,
    ),
    (
        "io.netty.util.concurrent.GlobalEventExecutor.takeTask",
        Idle,
    ),
    ("io.netty.channel.epoll.Native.epollWait", Idle),
    ("io.netty.channel.kqueue.Native.keventWait", Idle),
    ("io.netty.channel.nio.NioEventLoop.select", Idle),
    (
        "org.apache.kafka.clients.consumer.KafkaConsumer.poll",
        Framework,
    ),
    ("org.apache.kafka.common.network.Selector.select", Idle),
    (
        "kotlinx.coroutines.scheduling.CoroutineScheduler$Worker.park",
        Idle,
    ),
    ("kotlinx.coroutines.DefaultExecutor.run", Framework),
    ("akka.dispatch.forkjoin.ForkJoinPool.scan", Idle),
    ("scala.concurrent.forkjoin.ForkJoinPool.scan", Idle),
    ("akka.actor.LightArrayRevolverScheduler", Framework),
    ("com.google.common.base.internal.Finalizer.run", Framework),
    (
        "org.quartz.simpl.SimpleThreadPool$WorkerThread.run",
        Framework,
    ),
    // Waiting for an object from a pool.
    ("com.zaxxer.hikari.util.ConcurrentBag.borrow", Is(PoolWait)),
    (
        "org.apache.commons.pool.impl.GenericObjectPool.borrowObject",
        Is(PoolWait),
    ),
    (
        "org.apache.commons.pool.impl.GenericKeyedObjectPool.borrowObject",
        Is(PoolWait),
    ),
    (
        "org.apache.commons.pool2.impl.LinkedBlockingDeque.",
        Is(PoolWait),
    ),
    (
        "org.apache.commons.pool2.impl.GenericObjectPool.borrowObject",
        Is(PoolWait),
    ),
    (
        "org.apache.commons.pool2.impl.GenericKeyedObjectPool.borrowObject",
        Is(PoolWait),
    ),
    (
        "org.apache.tomcat.jdbc.pool.FairBlockingQueue.poll",
        Is(PoolWait),
    ),
    (
        "org.apache.tomcat.jdbc.pool.ConnectionPool.borrowConnection",
        Is(PoolWait),
    ),
    ("org.apache.tomcat.dbcp.", Is(PoolWait)),
    (
        "com.mchange.v2.resourcepool.BasicResourcePool.awaitAvailable",
        Is(PoolWait),
    ),
    (
        "com.alibaba.druid.pool.DruidDataSource.takeLast",
        Is(PoolWait),
    ),
    (
        "com.alibaba.druid.pool.DruidDataSource.pollLast",
        Is(PoolWait),
    ),
    ("oracle.ucp.", Is(PoolWait)),
    ("com.ibm.ejs.j2c.FreePool.queueRequest", Is(PoolWait)),
    (
        "com.ibm.ejs.j2c.FreePool.createOrWaitForConnection",
        Is(PoolWait),
    ),
    (
        "weblogic.common.resourcepool.ResourcePoolImpl.reserveResource",
        Is(PoolWait),
    ),
    (
        "org.jboss.jca.core.connectionmanager.pool.mcp.",
        Is(PoolWait),
    ),
    (
        "io.agroal.pool.ConnectionPool.handlerFromSharedCache",
        Is(PoolWait),
    ),
    ("org.apache.http.pool.AbstractConnPool.", Is(PoolWait)),
    (
        "org.apache.http.impl.conn.tsccm.ConnPoolByRoute.",
        Is(PoolWait),
    ),
    (
        "org.apache.http.impl.conn.PoolingHttpClientConnectionManager.leaseConnection",
        Is(PoolWait),
    ),
    ("org.apache.hc.core5.pool.", Is(PoolWait)),
    (
        "org.apache.commons.httpclient.MultiThreadedHttpConnectionManager.doGetConnection",
        Is(PoolWait),
    ),
    ("redis.clients.jedis.util.Pool.getResource", Is(PoolWait)),
    // Databases.
    ("com.mysql.", Is(Database)),
    ("org.mariadb.jdbc.", Is(Database)),
    ("org.postgresql.", Is(Database)),
    ("oracle.jdbc.", Is(Database)),
    ("oracle.net.", Is(Database)),
    ("com.microsoft.sqlserver.", Is(Database)),
    ("net.sourceforge.jtds.", Is(Database)),
    ("com.sybase.jdbc", Is(Database)),
    ("com.ibm.db2.", Is(Database)),
    ("org.h2.", Is(Database)),
    ("org.hsqldb.", Is(Database)),
    ("org.apache.derby.", Is(Database)),
    ("com.mongodb.", Is(Database)),
    ("org.sqlite.", Is(Database)),
    ("cubrid.jdbc.", Is(Database)),
    ("com.tmax.tibero.", Is(Database)),
    ("Altibase.jdbc.", Is(Database)),
    ("com.clickhouse.", Is(Database)),
    ("com.datastax.", Is(Database)),
    ("com.vertica.", Is(Database)),
    ("com.teradata.jdbc.", Is(Database)),
    // Redis, brokers, directories.
    ("redis.clients.", Is(Redis)),
    ("io.lettuce.core.", Is(Redis)),
    ("org.redisson.", Is(Redis)),
    ("org.apache.kafka.", Is(Messaging)),
    ("com.rabbitmq.client.", Is(Messaging)),
    ("org.apache.activemq.", Is(Messaging)),
    ("org.apache.rocketmq.", Is(Messaging)),
    ("org.apache.pulsar.", Is(Messaging)),
    ("com.ibm.mq.", Is(Messaging)),
    ("com.ibm.msg.", Is(Messaging)),
    ("com.tibco.tibjms.", Is(Messaging)),
    ("io.nats.client.", Is(Messaging)),
    ("com.sun.jndi.ldap.", Is(Directory)),
    ("com.unboundid.ldap.", Is(Directory)),
    // HTTP clients.
    ("sun.net.www.protocol.http", Is(HttpClient)),
    ("sun.net.www.http.", Is(HttpClient)),
    ("jdk.internal.net.http.", Is(HttpClient)),
    ("java.net.http.", Is(HttpClient)),
    ("java.net.HttpURLConnection", Is(HttpClient)),
    ("org.apache.http.", Is(HttpClient)),
    ("org.apache.hc.", Is(HttpClient)),
    ("org.apache.commons.httpclient.", Is(HttpClient)),
    ("okhttp3.", Is(HttpClient)),
    ("com.squareup.okhttp.", Is(HttpClient)),
    ("org.asynchttpclient.", Is(HttpClient)),
    ("com.google.api.client.http.", Is(HttpClient)),
    ("com.amazonaws.http.", Is(HttpClient)),
    ("software.amazon.awssdk.http.", Is(HttpClient)),
    ("org.eclipse.jetty.client.", Is(HttpClient)),
    ("io.grpc.stub.ClientCalls", Is(HttpClient)),
    ("org.elasticsearch.client.", Is(HttpClient)),
    // Logging.
    ("org.apache.log4j.", Is(Logging)),
    ("org.apache.logging.log4j.core.", Is(Logging)),
    ("org.apache.logging.log4j.", Is(Logging)),
    ("ch.qos.logback.", Is(Logging)),
    ("java.util.logging.", Is(Logging)),
    ("org.jboss.logmanager.", Is(Logging)),
    ("org.apache.juli.", Is(Logging)),
    // The JDK's own calls.
    ("java.net.SocketInputStream.socketRead", Does(Socket)),
    ("java.net.SocketOutputStream.socketWrite", Does(Socket)),
    ("java.net.PlainSocketImpl.socketConnect", Does(Connect)),
    ("java.net.PlainSocketImpl.socketAccept", Does(Accept)),
    ("java.net.DualStackPlainSocketImpl.accept", Does(Accept)),
    (
        "java.net.DualStackPlainSocketImpl.waitForConnect",
        Does(Connect),
    ),
    ("java.net.ServerSocket.accept", Does(Accept)),
    ("sun.nio.ch.ServerSocketChannelImpl.accept", Does(Accept)),
    ("sun.nio.ch.NioSocketImpl.accept", Does(Accept)),
    ("sun.nio.ch.UnixDomainSockets.accept", Does(Accept)),
    ("sun.nio.ch.NioSocketImpl.connect", Does(Connect)),
    ("sun.nio.ch.SocketChannelImpl.connect", Does(Connect)),
    ("sun.nio.ch.Net.connect", Does(Connect)),
    ("sun.nio.ch.NioSocketImpl.", Does(Socket)),
    ("sun.nio.ch.SocketDispatcher.", Does(Socket)),
    ("sun.nio.ch.SocketChannelImpl.", Does(Socket)),
    ("sun.nio.ch.DatagramChannelImpl.", Does(Socket)),
    ("java.net.PlainDatagramSocketImpl.", Does(Socket)),
    ("java.net.Inet6AddressImpl.lookup", Does(Dns)),
    ("java.net.Inet4AddressImpl.lookup", Does(Dns)),
    ("java.net.Inet6AddressImpl.getHostByAddr", Does(Dns)),
    ("java.net.Inet4AddressImpl.getHostByAddr", Does(Dns)),
    (
        "java.net.InetAddress.getAddressesFromNameService",
        Does(Dns),
    ),
    ("sun.nio.ch.EPoll", Does(Select)),
    ("sun.nio.ch.KQueue", Does(Select)),
    ("sun.nio.ch.PollArrayWrapper", Does(Select)),
    ("sun.nio.ch.DevPollArrayWrapper", Does(Select)),
    ("sun.nio.ch.WindowsSelectorImpl", Does(Select)),
    ("sun.nio.ch.WEPoll", Does(Select)),
    ("sun.nio.ch.Iocp", Does(Select)),
    ("sun.nio.ch.SelectorImpl", Does(Select)),
    ("java.io.FileInputStream.", Does(File)),
    ("java.io.FileOutputStream.", Does(File)),
    ("java.io.RandomAccessFile.", Does(File)),
    ("java.io.FileDescriptor.sync", Does(File)),
    ("java.io.UnixFileSystem.", Does(File)),
    ("java.io.WinNTFileSystem.", Does(File)),
    ("sun.nio.ch.FileDispatcherImpl.", Does(File)),
    ("sun.nio.ch.UnixFileDispatcherImpl.", Does(File)),
    ("sun.nio.ch.FileChannelImpl.", Does(File)),
    ("sun.nio.fs.", Does(File)),
    ("java.lang.ProcessImpl.waitFor", Does(Process)),
    ("java.lang.UNIXProcess.waitFor", Does(Process)),
    ("java.lang.ProcessImpl.forkAndExec", Does(Process)),
    ("java.lang.UNIXProcess.forkAndExec", Does(Process)),
    ("java.lang.Thread.sleep", Does(Sleep)),
    ("java.lang.VirtualThread.sleep", Does(Sleep)),
    ("jrockit.vm.Threads.sleep", Does(Sleep)),
    ("java.lang.Object.wait", Does(ObjectWait)),
    ("jdk.internal.misc.Unsafe.park", Does(Park)),
    ("sun.misc.Unsafe.park", Does(Park)),
    ("java.util.concurrent.locks.LockSupport.park", Does(Park)),
    ("java.lang.VirtualThread.park", Does(Park)),
    ("java.util.concurrent.LinkedBlockingQueue.take", Does(Queue)),
    ("java.util.concurrent.LinkedBlockingQueue.poll", Does(Queue)),
    ("java.util.concurrent.ArrayBlockingQueue.take", Does(Queue)),
    ("java.util.concurrent.ArrayBlockingQueue.poll", Does(Queue)),
    ("java.util.concurrent.LinkedBlockingDeque.take", Does(Queue)),
    ("java.util.concurrent.LinkedBlockingDeque.poll", Does(Queue)),
    (
        "java.util.concurrent.PriorityBlockingQueue.take",
        Does(Queue),
    ),
    (
        "java.util.concurrent.PriorityBlockingQueue.poll",
        Does(Queue),
    ),
    ("java.util.concurrent.DelayQueue.take", Does(Queue)),
    ("java.util.concurrent.DelayQueue.poll", Does(Queue)),
    ("java.util.concurrent.SynchronousQueue.take", Does(Queue)),
    ("java.util.concurrent.SynchronousQueue.poll", Does(Queue)),
    ("java.util.concurrent.LinkedTransferQueue.take", Does(Queue)),
    ("java.util.concurrent.LinkedTransferQueue.poll", Does(Queue)),
    ("java.lang.Runtime.gc", Does(Gc)),
    ("java.lang.System.gc", Does(Gc)),
    ("sun.security.provider.NativePRNG", Does(Entropy)),
    ("sun.security.provider.SeedGenerator", Does(Entropy)),
    ("java.lang.ClassLoader.", Is(ClassLoading)),
    ("java.net.URLClassLoader.", Is(ClassLoading)),
    ("jdk.internal.loader.", Is(ClassLoading)),
    (
        "org.apache.catalina.loader.WebappClassLoader",
        Is(ClassLoading),
    ),
    ("org.springframework.boot.loader.", Is(ClassLoading)),
    ("org.jboss.modules.ModuleClassLoader", Is(ClassLoading)),
];

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
        Framework
    } else if class.is_empty() || PLATFORM.iter().any(|name| class.starts_with(name)) {
        Jdk
    } else {
        Tag::App
    }
}

#[cfg(test)]
mod tests {
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
