// tokio_bench.rs - tokio's groups of tasks.
//
//   tokio_bench SCENARIO N FLAVOR     ct: one thread; mt: two workers
//
// S1 and S1one use a JoinSet, S1plain spawn and JoinHandles, S1tracker
// tokio-util's TaskTracker. S2 parks on a CancellationToken, S2abort is aborted.
// S5 walks a registry of names and states that the tasks keep themselves, for
// tokio has none to show.
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

fn rss() -> f64 {
    let s = std::fs::read_to_string("/proc/self/statm").unwrap();
    s.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}
#[repr(C)]
struct Ts {
    s: i64,
    n: i64,
}
extern "C" {
    fn clock_gettime(id: i32, t: *mut Ts) -> i32;
}
fn cpu() -> f64 {
    // CLOCK_PROCESS_CPUTIME_ID, all threads
    let mut t = Ts { s: 0, n: 0 };
    unsafe { clock_gettime(2, &mut t) };
    t.s as f64 * 1e9 + t.n as f64
}
fn out(s: &str, n: usize, m: &str, v: f64) {
    println!("{s}\t{n}\t{m}\t{v:.2}");
}
fn ns(t: Instant, n: usize) -> f64 {
    t.elapsed().as_nanos() as f64 / n as f64
}

async fn s1(n: usize, batch: usize, tag: &str, kind: &str) {
    for w in 0..2 {
        let (t, c) = (Instant::now(), cpu());
        match kind {
            "join" => {
                let mut set = JoinSet::new();
                for _ in 0..n / batch {
                    for _ in 0..batch {
                        set.spawn(async {});
                    }
                    while set.join_next().await.is_some() {}
                }
            }
            "plain" => {
                let mut v = Vec::with_capacity(batch);
                for _ in 0..n / batch {
                    for _ in 0..batch {
                        v.push(tokio::spawn(async {}));
                    }
                    for h in v.drain(..) {
                        h.await.unwrap();
                    }
                }
            }
            "tracker" => {
                let tr = tokio_util::task::TaskTracker::new();
                for _ in 0..n / batch {
                    for _ in 0..batch {
                        tr.spawn(async {});
                    }
                    tr.close();
                    tr.wait().await;
                    tr.reopen();
                }
            }
            _ => panic!("no such kind"),
        }
        if w == 1 {
            out(tag, n, "ns", ns(t, n));
            out(tag, n, "cpu_ns", (cpu() - c) / n as f64);
        }
    }
}
async fn s23(n: usize, kind: &str) {
    let parked = Arc::new(AtomicUsize::new(0));
    let tok = CancellationToken::new();
    let mut set = JoinSet::new();
    let (r, t) = (rss(), Instant::now());
    for _ in 0..n {
        let p = parked.clone();
        if kind == "abort" {
            set.spawn(async move {
                p.fetch_add(1, Ordering::Relaxed);
                std::future::pending::<()>().await
            });
        } else {
            let k = tok.clone();
            set.spawn(async move {
                p.fetch_add(1, Ordering::Relaxed);
                k.cancelled().await
            });
        }
    }
    while parked.load(Ordering::Relaxed) < n {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    out(
        if kind == "abort" { "S2abort" } else { "S2" },
        n,
        "spawn_park_ns",
        ns(t, n),
    );
    out(
        if kind == "abort" { "S2abort" } else { "S2" },
        n,
        "bytes",
        (rss() - r) / n as f64,
    );
    let t = Instant::now();
    if kind == "abort" {
        set.shutdown().await;
    } else {
        tok.cancel();
        while set.join_next().await.is_some() {}
    }
    out(
        if kind == "abort" { "S3abort" } else { "S3" },
        n,
        "ns",
        ns(t, n),
    );
}
async fn s23tracker(n: usize) {
    let parked = Arc::new(AtomicUsize::new(0));
    let tok = CancellationToken::new();
    let tr = tokio_util::task::TaskTracker::new();
    let (r, t) = (rss(), Instant::now());
    for _ in 0..n {
        let (p, k) = (parked.clone(), tok.clone());
        tr.spawn(async move {
            p.fetch_add(1, Ordering::Relaxed);
            k.cancelled().await
        });
    }
    while parked.load(Ordering::Relaxed) < n {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    out("S2tracker", n, "spawn_park_ns", ns(t, n));
    out("S2tracker", n, "bytes", (rss() - r) / n as f64);
    let t = Instant::now();
    tr.close();
    tok.cancel();
    tr.wait().await;
    out("S3tracker", n, "ns", ns(t, n));
}
struct Group {
    tok: CancellationToken,
    set: JoinSet<()>,
    kids: Vec<Group>,
}
fn build(tok: CancellationToken, depth: usize, parked: &Arc<AtomicUsize>) -> Group {
    let mut g = Group {
        set: JoinSet::new(),
        kids: vec![],
        tok,
    };
    if depth == 0 {
        for _ in 0..100 {
            let (k, p) = (g.tok.clone(), parked.clone());
            g.set.spawn(async move {
                p.fetch_add(1, Ordering::Relaxed);
                k.cancelled().await
            });
        }
    } else {
        for _ in 0..10 {
            let k = build(g.tok.child_token(), depth - 1, parked);
            g.kids.push(k);
        }
    }
    g
}
fn stop(g: &mut Group) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async move {
        for k in g.kids.iter_mut() {
            stop(k).await;
        }
        g.tok.cancel();
        while g.set.join_next().await.is_some() {}
    })
}
async fn s4() {
    for w in 0..2 {
        let parked = Arc::new(AtomicUsize::new(0));
        let t = Instant::now();
        let mut g = build(CancellationToken::new(), 3, &parked);
        while parked.load(Ordering::Relaxed) < 100_000 {
            tokio::task::yield_now().await;
        }
        if w == 1 {
            out("S4", 100000, "build_ms", t.elapsed().as_secs_f64() * 1e3);
        }
        let t = Instant::now();
        stop(&mut g).await;
        if w == 1 {
            out("S4", 100000, "ms", t.elapsed().as_secs_f64() * 1e3);
        }
    }
}
struct Entry {
    name: String,
    state: u32,
}
type Registry = std::rc::Rc<std::cell::RefCell<HashMap<u64, Entry>>>;
struct Registered(Registry, u64);
impl Drop for Registered {
    fn drop(&mut self) {
        self.0.borrow_mut().remove(&self.1);
    }
}
// After churn: n tasks have come, gone in random order, and come again.
async fn s5(n: usize) {
    let registry: Registry = Default::default();
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let mut handles = Vec::new();
            for round in 0..2 {
                for i in 0..n as u64 {
                    let key = round * n as u64 + i;
                    registry.borrow_mut().insert(
                        key,
                        Entry {
                            name: format!("task-{i}"),
                            state: 1,
                        },
                    );
                    let entry = Registered(registry.clone(), key);
                    handles.push(tokio::task::spawn_local(async move {
                        let _entry = entry;
                        std::future::pending::<()>().await
                    }));
                }
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
                if round == 1 {
                    break;
                }
                let mut x = 88172645463325252u64;
                for i in (1..n).rev() {
                    x ^= x << 13;
                    x ^= x >> 7;
                    x ^= x << 17;
                    handles.swap(i, (x % (i as u64 + 1)) as usize);
                }
                for h in handles.drain(..) {
                    h.abort();
                    let _ = h.await;
                }
            }
            let (mut t, mut sum) = (Instant::now(), 0);
            for pass in 0..11 {
                if pass == 1 {
                    t = Instant::now();
                }
                let all = registry.borrow();
                assert_eq!(all.len(), n);
                for e in all.values() {
                    sum += e.name.as_bytes()[0] as u64 + e.state as u64;
                }
            }
            out("S5", n, "ns", ns(t, 10 * n));
            assert!(sum > 0);
        })
        .await;
}
// From cancelling a token until its task runs, under n tasks that yield.
async fn latency(n: usize) {
    const VICTIMS: usize = 200;
    let stop = CancellationToken::new();
    let mut spinning = JoinSet::new();
    for _ in 0..n {
        let s = stop.clone();
        spinning.spawn(async move {
            while !s.is_cancelled() {
                tokio::task::yield_now().await;
            }
        });
    }
    let mut told = JoinSet::new();
    let mut victims = Vec::new();
    for _ in 0..VICTIMS {
        let token = CancellationToken::new();
        let asked = Arc::new(std::sync::Mutex::new(Instant::now()));
        let (done, finished) = std::sync::mpsc::channel();
        let (k, a) = (token.clone(), asked.clone());
        told.spawn(async move {
            k.cancelled().await;
            let d = a.lock().unwrap().elapsed();
            let _ = done.send(());
            d
        });
        victims.push((token, asked, finished));
    }
    let th = std::thread::spawn(move || {
        let mut x = 88172645463325252u64;
        for (token, asked, finished) in victims {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            std::thread::sleep(Duration::from_nanos(x % 3_000_000));
            *asked.lock().unwrap() = Instant::now();
            token.cancel();
            finished.recv().unwrap();
        }
    });
    let mut all = Vec::new();
    while let Some(d) = told.join_next().await {
        all.push(d.unwrap().as_nanos() as f64 / 1e3);
    }
    stop.cancel();
    while spinning.join_next().await.is_some() {}
    th.join().unwrap();
    all.sort_by(|a, b| a.total_cmp(b));
    out("latency", n, "p50_us", all[VICTIMS / 2]);
    out("latency", n, "p99_us", all[VICTIMS * 99 / 100]);
}
async fn s6(n: usize) {
    s6_pass(n, false).await;
    s6_pass(n, true).await;
}
async fn s6_pass(n: usize, is_printed: bool) {
    let left = Arc::new(AtomicUsize::new(n));
    let done = Arc::new(tokio::sync::Notify::new());
    let h = tokio::runtime::Handle::current();
    let (t, c) = (Instant::now(), cpu());
    let (l, d) = (left.clone(), done.clone());
    let th = std::thread::spawn(move || {
        for _ in 0..n {
            let (l, d) = (l.clone(), d.clone());
            h.spawn(async move {
                if l.fetch_sub(1, Ordering::AcqRel) == 1 {
                    d.notify_one();
                }
            });
        }
    });
    done.notified().await;
    if is_printed {
        out("S6", n, "ns", ns(t, n));
        out("S6", n, "cpu_ns", (cpu() - c) / n as f64);
    }
    th.join().unwrap();
}
async fn s7(n: usize) {
    let mut x = 88172645463325252u64;
    let (t, c) = (Instant::now(), cpu());
    let mut set = JoinSet::new();
    for _ in 0..n {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        let ms = 1 + x % 1000;
        set.spawn(async move { tokio::time::sleep(Duration::from_millis(ms)).await });
    }
    while set.join_next().await.is_some() {}
    out("S7", n, "cpu_ns", (cpu() - c) / n as f64);
    out("S7", n, "wall_ms", t.elapsed().as_secs_f64() * 1e3);
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let sc = a.get(1).map(|s| s.as_str()).unwrap_or("S1");
    let n: usize = a.get(2).map(|s| s.parse().unwrap()).unwrap_or(1_000_000);
    let rt = if a.get(3).map(|s| s.as_str()) == Some("mt") {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
    } else {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
    }
    .unwrap();
    rt.block_on(async {
        match sc {
            "S1" => s1(n, 1000, sc, "join").await,
            "S1one" => s1(n, 1, sc, "join").await,
            "S1plain" => s1(n, 1000, sc, "plain").await,
            "S1tracker" => s1(n, 1000, sc, "tracker").await,
            "S2" => s23(n, "token").await,
            "S2abort" => s23(n, "abort").await,
            "S2tracker" => s23tracker(n).await,
            "S4" => s4().await,
            "S5" => s5(n).await,
            "latency" => latency(n).await,
            "S6" => s6(n).await,
            "S7" => s7(n).await,
            _ => panic!("no scenario"),
        }
    });
}
