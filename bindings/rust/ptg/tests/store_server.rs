//! The larger example under load: SIGTERM in the middle of it, and then what was acknowledged is in the file.
#![cfg(feature = "tokio")]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

const CLIENTS: u32 = 8;
const ENOUGH: u32 = 2_000;

struct Server {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    address: String,
}

fn start(store: &std::path::Path) -> Server {
    let program = std::env::current_exe().unwrap();
    let program = program.parent().unwrap().parent().unwrap().join("examples/store_server");
    let mut command = Command::new(program);
    command.args(["--port", "0", "--store"]).arg(store).stdout(Stdio::piped());
    let mut child = command.spawn().expect("cargo builds examples before tests");
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on ").expect("it says where").to_owned();
    Server { child, output, address }
}

fn terminate(child: &Child) {
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

fn store(name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("ptg-{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

/// Puts until the connection is closed; answers what was acknowledged, and how many were sent.
fn put(address: &str, client: u32, total: &AtomicU32) -> (Vec<String>, u32) {
    let Ok(mut writer) = TcpStream::connect(address) else { return (Vec::new(), 0) };
    let mut reader = BufReader::new(writer.try_clone().unwrap());
    let (mut acknowledged, mut sent) = (Vec::new(), 0);
    loop {
        if writer.write_all(format!("put c{client}-{sent} v{sent}\n").as_bytes()).is_err() {
            return (acknowledged, sent);
        }
        sent += 1;
        let mut line = String::new();
        if !reader.read_line(&mut line).is_ok_and(|length| length > 0) {
            return (acknowledged, sent);
        }
        acknowledged.push(line.trim().strip_prefix("stored ").expect("an acknowledgement").to_owned());
        total.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn what_was_acknowledged_is_stored_once_and_nothing_else_is() {
    let path = store("load");
    let mut server = start(&path);
    let total = AtomicU32::new(0);
    let (address, total) = (&server.address, &total);
    let results: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || put(address, client, total))).collect();
        while total.load(Ordering::Relaxed) < ENOUGH {
            std::thread::yield_now();
        }
        terminate(&server.child);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let mut report = String::new();
    server.output.read_to_string(&mut report).unwrap();
    assert!(server.child.wait().unwrap().success(), "{report}");

    let stored = std::fs::read_to_string(&path).unwrap();
    let keys: Vec<&str> = stored.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let unique: HashSet<&str> = keys.iter().copied().collect();
    assert_eq!(unique.len(), keys.len(), "none twice");
    let mut acknowledged = 0;
    for (client, (keys, sent)) in results.iter().enumerate() {
        assert!(keys.iter().all(|key| unique.contains(key.as_str())), "every acknowledged one is there");
        assert!(sent - keys.len() as u32 <= 1);
        assert!(!unique.contains(format!("c{client}-{sent}").as_str()), "nothing that was not sent");
        acknowledged += keys.len();
    }
    assert_eq!(acknowledged, keys.len(), "nothing is stored that was not acknowledged");
    let order: Vec<&str> = report.lines().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(order, ["/accept", "/handlers", "/store", "/"]);
    assert!(report.lines().all(|line| line.ends_with("abandoned=0")), "{report}");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn it_counts_and_says_what_it_does_not_know() {
    let path = store("lines");
    let mut server = start(&path);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(b"count\nput a 1\nput a 2\nget a\ncount\n").unwrap();
    let lines: Vec<String> = BufReader::new(&stream).lines().take(5).map(Result::unwrap).collect();
    assert_eq!((&*lines[0], &*lines[1], &*lines[2], &*lines[4]), ("0", "stored a", "stored a", "2"));
    assert!(lines[3].starts_with("error: "));
    drop(stream);
    terminate(&server.child);
    assert!(server.child.wait().unwrap().success());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a 1\na 2\n");
    std::fs::remove_file(path).unwrap();
}
