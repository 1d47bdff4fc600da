//! What each thread is doing: from its kind, what it waits for, and the frames from the top down.

use super::activity::Activity;
use super::dump::{State, Thread, ThreadKind};
use super::frames::{Frame, Frames};
use super::library::{Op, Tag};
use super::report::LockKind;
use super::waits::Want;

/// Frames looked at for a mark; drivers and clients are not deeper than this below their system call.
const DEPTH: usize = 60;
/// A consumer that takes from a queue has at most this many frames of its own below, when the queue is its work.
const OWN_FRAMES: usize = 3;

/// What a thread does, and the frame that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Doing {
    pub(crate) activity: Activity,
    pub(crate) call: Option<u32>,
}

/// Judges `thread`, which wants `want`.
pub(crate) fn classify(thread: &Thread, want: Option<Want>, frames: &Frames) -> Doing {
    let plain = |activity| Doing {
        activity,
        call: None,
    };
    if thread.kind == ThreadKind::Vm {
        return plain(vm_activity(&thread.name));
    }
    if let Some(want) = want {
        return plain(match want.kind {
            LockKind::Monitor => Activity::Monitor,
            LockKind::Synchronizer => Activity::Lock,
            LockKind::ClassInit => Activity::ClassInit,
        });
    }
    if thread.state == State::Blocked {
        return plain(Activity::Monitor);
    }
    if thread.frames.is_empty() {
        return plain(match is_vm_helper(&thread.name) {
            true => Activity::Vm,
            false => Activity::Unknown,
        });
    }
    if thread.carries.is_some() {
        return plain(Activity::Run);
    }
    by_stack(thread, frames)
}

fn by_stack(thread: &Thread, frames: &Frames) -> Doing {
    let stack = || {
        thread
            .frames
            .iter()
            .take(DEPTH)
            .map(|id| (*id, frames.get(*id)))
    };
    let mut op: Option<(Op, u32)> = None;
    let mut is: Option<(Activity, u32)> = None;
    for (id, frame) in stack() {
        match frame.tag {
            Tag::Idle => {
                return Doing {
                    activity: Activity::Idle,
                    call: Some(id),
                };
            }
            // Park, wait and sleep are how anything waits: the call above them names it.
            Tag::Op(found) if is.is_none() && op.is_none_or(|(known, _)| is_primitive(known)) => {
                op = Some((found, id))
            }
            Tag::Is(activity) if is.is_none() => is = Some((activity, id)),
            Tag::App => break,
            Tag::Op(_) | Tag::Is(_) | Tag::Jdk | Tag::Framework => {}
        }
    }
    if is_idle_worker(thread, frames) {
        return Doing {
            activity: Activity::Idle,
            call: op.map(|(_, id)| id),
        };
    }
    match (op, is) {
        (Some((Op::Select | Op::Accept, id)), _) => Doing {
            activity: Activity::Idle,
            call: Some(id),
        },
        (Some((Op::Dns, id)), _) => Doing {
            activity: Activity::Dns,
            call: Some(id),
        },
        (Some((Op::Queue, id)), None) if consumes(thread, frames) => Doing {
            activity: Activity::Idle,
            call: Some(id),
        },
        (_, Some((activity, id))) => Doing {
            activity,
            call: Some(id),
        },
        (Some((op, id)), None) => Doing {
            activity: of_op(op),
            call: Some(id),
        },
        (None, None) => Doing {
            activity: match thread.state {
                State::Runnable => Activity::Run,
                State::Waiting | State::TimedWaiting => Activity::Wait,
                State::Blocked => Activity::Monitor,
                State::New | State::Terminated | State::Unknown => Activity::Unknown,
            },
            call: None,
        },
    }
}

fn is_primitive(op: Op) -> bool {
    matches!(op, Op::Park | Op::ObjectWait | Op::Sleep)
}

fn of_op(op: Op) -> Activity {
    match op {
        Op::Socket => Activity::Socket,
        Op::Connect => Activity::Connect,
        Op::Accept | Op::Select => Activity::Idle,
        Op::Dns => Activity::Dns,
        Op::File => Activity::File,
        Op::Process => Activity::Process,
        Op::Sleep => Activity::Sleep,
        Op::Park | Op::ObjectWait | Op::Queue => Activity::Wait,
        Op::Gc => Activity::ExplicitGc,
        Op::Entropy => Activity::Entropy,
    }
}

/// `ForkJoinPool.runWorker` and XNIO's `WorkerThread.run` are idle when nothing but the JDK stands above them.
fn is_idle_worker(thread: &Thread, frames: &Frames) -> bool {
    for id in &thread.frames {
        let frame = frames.get(*id);
        match frame.tag {
            Tag::Op(op) if is_primitive(op) => {}
            _ => return frame.method == "java.util.concurrent.ForkJoinPool.runWorker",
        }
    }
    false
}

/// A thread of its own that takes from a queue and does nothing else: the queue is where its work comes from. A task of
/// an executor that waits on a queue is busy.
fn consumes(thread: &Thread, frames: &Frames) -> bool {
    let mut own = 0;
    for id in &thread.frames {
        let frame = frames.get(*id);
        match frame.tag {
            Tag::App | Tag::Framework | Tag::Is(_) => own += 1,
            _ if frame.name() == "runWorker"
                || frame.method.starts_with("java.util.concurrent.ForkJoin") =>
            {
                return false;
            }
            _ => {}
        }
    }
    own <= OWN_FRAMES
}

/// The topmost frame of the application; without one the topmost that is not of the JDK, else the topmost.
pub(crate) fn own_frame<'f>(thread: &Thread, frames: &'f Frames) -> Option<&'f Frame> {
    let stack = || thread.frames.iter().map(|id| frames.get(*id));
    stack()
        .find(|frame| frame.tag == Tag::App && !frame.name().is_empty())
        .or_else(|| stack().find(|frame| !matches!(frame.tag, Tag::Jdk | Tag::Op(_))))
        .or_else(|| stack().next())
}

/// The request that a thread serves, when its name or its stack shows one.
pub(crate) fn request(thread: &Thread, frames: &Frames) -> Option<String> {
    request_of_name(&thread.name).or_else(|| {
        let stack = thread.frames.iter().map(|id| frames.get(*id));
        stack.filter_map(|frame| page(frame.class())).next()
    })
}

/// The path of a JSP by the name of its class: `org.apache.jsp.WEB_002dINF.cart_jsp` (Jasper, `JspUtil.makeJavaIdentifier`).
fn page(class: &str) -> Option<String> {
    let name = class
        .strip_prefix("org.apache.jsp.")?
        .strip_suffix("_jsp")?;
    let mut path = String::from("/");
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        let code = rest.strip_prefix('_').and_then(|rest| rest.get(..4));
        let code = code.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(escaped) = code.and_then(char::from_u32) {
            path.push(escaped);
            rest = &rest[5..];
        } else {
            path.push(if next == '.' { '/' } else { next });
            rest = &rest[next.len_utf8()..];
        }
    }
    Some(path + ".jsp")
}

/// An HTTP method or `url:` and a path.
fn request_of_name(name: &str) -> Option<String> {
    let methods = [
        "GET /", "POST /", "PUT /", "DELETE /", "PATCH /", "HEAD /", "url: /", "uri: /", "url:/",
    ];
    let start = methods.iter().find_map(|mark| name.find(mark))?;
    Some(
        name[start..]
            .trim_start_matches("url:")
            .trim_start_matches("uri:")
            .trim()
            .to_owned(),
    )
}

/// Whether a thread of the VM collects garbage.
fn vm_activity(name: &str) -> Activity {
    const COLLECTORS: [&str; 14] = [
        "GC ",
        "G1 ",
        "ZWorker",
        "ZDriver",
        "ZDirector",
        "ZUncommitter",
        "ZStat",
        "ZUnmapper",
        "XWorker",
        "Shenandoah",
        "Concurrent Mark",
        "CMS",
        "Gang worker",
        "ParGC",
    ];
    match COLLECTORS.iter().any(|mark| name.starts_with(mark))
        || name.contains("GC")
        || name.contains("Marker")
    {
        true => Activity::Gc,
        false => Activity::Vm,
    }
}

/// Whether the name is that of a Java thread that the VM keeps for itself.
pub(crate) fn is_vm_helper(name: &str) -> bool {
    const HELPERS: [&str; 12] = [
        "Signal Dispatcher",
        "Service Thread",
        "Monitor Deflation Thread",
        "Sweeper thread",
        "Notification Thread",
        "Attach Listener",
        "Surrogate Locker",
        "Low Memory Detector",
        "JVMCI",
        "JIT Compilation",
        "(",
        "DestroyJavaVM",
    ];
    is_compiler(name) || HELPERS.iter().any(|mark| name.starts_with(mark))
}

/// Whether the name is that of a compiler thread.
pub(crate) fn is_compiler(name: &str) -> bool {
    name.starts_with("C1 ")
        || name.starts_with("C2 ")
        || name.contains("CompilerThread")
        || name.starts_with("JIT ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doing(state: State, stack: &[&str]) -> Activity {
        let mut frames = Frames::default();
        let mut thread = Thread::new("t".to_owned(), 1, ThreadKind::Java);
        thread.state = state;
        thread.frames = stack
            .iter()
            .map(|frame| frames.intern(frame.as_bytes()))
            .collect();
        classify(&thread, None, &frames).activity
    }

    #[test]
    fn the_library_names_what_a_socket_is_read_for() {
        let read = "java.net.SocketInputStream.socketRead0(Native Method)";
        let runs = "java.util.concurrent.ThreadPoolExecutor.runWorker(T.java:1)";
        assert_eq!(
            doing(
                State::Runnable,
                &[
                    read,
                    "com.mysql.cj.protocol.ReadAheadInputStream.fill(R.java:1)",
                    "com.shop.Dao.find(D.java:1)",
                    runs
                ]
            ),
            Activity::Database
        );
        assert_eq!(
            doing(
                State::Runnable,
                &[
                    read,
                    "com.shop.Dao.find(D.java:1)",
                    "com.mysql.Odd.x(O.java:1)"
                ]
            ),
            Activity::Socket
        );
        assert_eq!(
            doing(
                State::Runnable,
                &[read, "sun.net.www.http.HttpClient.parseHTTP(H.java:1)"]
            ),
            Activity::HttpClient
        );
    }

    #[test]
    fn waiting_for_work_is_told_from_waiting_for_a_resource() {
        let park = "jdk.internal.misc.Unsafe.park(Native Method)";
        let poll = "java.util.concurrent.LinkedBlockingQueue.poll(L.java:1)";
        let runs = "java.util.concurrent.ThreadPoolExecutor.runWorker(T.java:1)";
        let get = "java.util.concurrent.ThreadPoolExecutor.getTask(T.java:1)";
        assert_eq!(
            doing(State::TimedWaiting, &[park, poll, get, runs]),
            Activity::Idle
        );
        assert_eq!(
            doing(
                State::TimedWaiting,
                &[park, poll, "Pool.lambda$main$0(P.java:1)", runs]
            ),
            Activity::Wait
        );
        assert_eq!(
            doing(
                State::TimedWaiting,
                &[
                    park,
                    "java.util.concurrent.SynchronousQueue.poll(S.java:1)",
                    "com.zaxxer.hikari.util.ConcurrentBag.borrow(C.java:1)",
                    "com.zaxxer.hikari.pool.HikariPool.getConnection(H.java:1)",
                    runs
                ]
            ),
            Activity::PoolWait
        );
        assert_eq!(
            doing(
                State::Waiting,
                &[
                    park,
                    "java.util.concurrent.LinkedBlockingQueue.take(L.java:1)",
                    "a.Worker.run(W.java:1)",
                    "java.lang.Thread.run(Thread.java:1)"
                ]
            ),
            Activity::Idle
        );
        let worker = "java.util.concurrent.ForkJoinPool.runWorker(F.java:1)";
        assert_eq!(doing(State::Waiting, &[park, worker]), Activity::Idle);
        assert_eq!(
            doing(State::Runnable, &["a.B.c(B.java:1)", worker]),
            Activity::Run
        );
    }

    #[test]
    fn requests_are_read_from_thread_names() {
        let name = "http-nio-8080-exec-1 url: /api/orders/0?q=\"x\" user=bob";
        assert_eq!(
            request_of_name(name).as_deref(),
            Some("/api/orders/0?q=\"x\" user=bob")
        );
        assert_eq!(
            request_of_name("qtp-12 - GET /cart").as_deref(),
            Some("GET /cart")
        );
        assert_eq!(request_of_name("main"), None);
        let jsp = "org.apache.jsp.WEB_002dINF.views.my_005fcart_jsp";
        assert_eq!(page(jsp).as_deref(), Some("/WEB-INF/views/my_cart.jsp"));
        assert_eq!(page("org.apache.jsp.tag.web.x_tag"), None);
    }

    #[test]
    fn idle_threads_of_every_server_and_pool_are_idle() {
        let park = "jdk.internal.misc.Unsafe.park(Native Method)";
        let epoll = "sun.nio.ch.EPoll.wait(Native Method)";
        let take = "java.util.concurrent.LinkedBlockingQueue.take(L.java:1)";
        let delayed =
            "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue.take(S.java:1)";
        let get = "java.util.concurrent.ThreadPoolExecutor.getTask(T.java:1)";
        for (server, stack) in [
            (
                "Tomcat",
                vec![
                    park,
                    take,
                    "org.apache.tomcat.util.threads.TaskQueue.take(T.java:1)",
                    "org.apache.tomcat.util.threads.ThreadPoolExecutor.getTask(T.java:1)",
                ],
            ),
            (
                "Tomcat poller",
                vec![
                    epoll,
                    "org.apache.tomcat.util.net.NioEndpoint$Poller.run(N.java:1)",
                ],
            ),
            (
                "Jetty",
                vec![
                    park,
                    "org.eclipse.jetty.util.BlockingArrayQueue.poll(B.java:1)",
                    "org.eclipse.jetty.util.thread.QueuedThreadPool.idleJobPoll(Q.java:1)",
                ],
            ),
            (
                "Jetty selector",
                vec![
                    epoll,
                    "org.eclipse.jetty.io.ManagedSelector.nioSelect(M.java:1)",
                ],
            ),
            (
                "Undertow task",
                vec![
                    park,
                    "org.jboss.threads.EnhancedQueueExecutor$PoolThreadNode.park(E.java:1)",
                ],
            ),
            (
                "Undertow input and output",
                vec![epoll, "org.xnio.nio.WorkerThread.run(W.java:1)"],
            ),
            (
                "Netty",
                vec![
                    "io.netty.channel.epoll.Native.epollWait(Native Method)",
                    "io.netty.channel.epoll.EpollEventLoop.run(E.java:1)",
                ],
            ),
            (
                "Netty on NIO",
                vec![epoll, "io.netty.channel.nio.NioEventLoop.select(N.java:1)"],
            ),
            (
                "ForkJoin",
                vec![
                    park,
                    "java.util.concurrent.ForkJoinPool.awaitWork(F.java:1)",
                    "java.util.concurrent.ForkJoinPool.runWorker(F.java:1)",
                ],
            ),
            ("Hikari housekeeper, scheduled", vec![park, delayed, get]),
            (
                "Kafka consumer",
                vec![
                    epoll,
                    "org.apache.kafka.common.network.Selector.select(S.java:1)",
                    "org.apache.kafka.clients.consumer.KafkaConsumer.poll(K.java:1)",
                    "com.shop.Listener.run(L.java:1)",
                ],
            ),
            (
                "a pool of one's own",
                vec![
                    park,
                    take,
                    get,
                    "java.util.concurrent.ThreadPoolExecutor.runWorker(T.java:1)",
                ],
            ),
        ] {
            assert_eq!(doing(State::Waiting, &stack), Activity::Idle, "{server}");
        }
    }
}
