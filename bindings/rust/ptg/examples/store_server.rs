//! A line-protocol server with three groups: `accept` stops before `handlers`, which stop before `store`.
//!
//!     store_server --port 0 --store FILE
//!
//! `put KEY VALUE` is answered `stored KEY` once the line is in FILE; `count` is answered with the number of lines.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader as FileReader, Write};
use std::process::ExitCode;
use std::time::Duration;

use ptg::{Context, Group, GroupOptions, Runtime, ShutdownOptions, TaskOptions};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

/// How long a client has to close its side.
const LINGER: Duration = Duration::from_millis(500);

type Failure = Box<dyn Error + Send + Sync>;

/// What a handler asks the store for.
enum Request {
    Put { line: String, stored: oneshot::Sender<()> },
    Count { counted: oneshot::Sender<u64> },
}

/// The one writer: appends in the order of asking, and ends when nobody can ask any more.
async fn store(mut file: File, mut count: u64, mut requests: mpsc::Receiver<Request>) -> Result<(), Failure> {
    while let Some(request) = requests.recv().await {
        match request {
            Request::Put { line, stored } => {
                writeln!(file, "{line}")?;
                count += 1;
                // Whoever asked may have gone.
                let _ = stored.send(());
            }
            Request::Count { counted } => drop(counted.send(count)),
        }
    }
    Ok(())
}

async fn answer(line: &str, store: &mpsc::Sender<Request>) -> Result<String, Failure> {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["put", key, value] if !key.is_empty() && !value.is_empty() => {
            let (stored, told) = oneshot::channel();
            store.send(Request::Put { line: format!("{key} {value}"), stored }).await?;
            told.await?;
            Ok(format!("stored {key}\n"))
        }
        ["count"] => {
            let (counted, told) = oneshot::channel();
            store.send(Request::Count { counted }).await?;
            Ok(format!("{}\n", told.await?))
        }
        _ => Ok("error: put KEY VALUE, or count\n".into()),
    }
}

/// Answers lines until the client is gone; told to finish, what has been read by then.
async fn handle(task: Context, stream: TcpStream, store: mpsc::Sender<Request>) -> Result<(), Failure> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    loop {
        let has_line = reader.buffer().contains(&b'\n');
        tokio::select! {
            biased;
            () = task.draining(), if !has_line => break,
            read = reader.read_until(b'\n', &mut line) => if read? == 0 { return Ok(()) },
        }
        if line.pop() != Some(b'\n') {
            return Ok(());
        }
        let reply = answer(&String::from_utf8_lossy(&line), &store).await?;
        writer.write_all(reply.as_bytes()).await?;
        line.clear();
    }
    // Closed with something unread, a connection is reset, and answers on their way are lost.
    writer.shutdown().await?;
    let mut unread = [0; 4096];
    let is_over = async { while reader.read(&mut unread).await.is_ok_and(|count| count > 0) {} };
    tokio::select! {
        () = is_over => {}
        () = task.sleep(LINGER) => {}
    }
    Ok(())
}

/// Takes connections until it is told to finish, and gives each to a task of `handlers`.
async fn accept(
    task: Context,
    listener: TcpListener,
    handlers: Group,
    store: mpsc::Sender<Request>,
) -> Result<(), Failure> {
    loop {
        tokio::select! {
            () = task.draining() => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let store = store.clone();
                drop(handlers.spawn_with(TaskOptions::new().name("handler"), |task| handle(task, stream, store))?);
            }
        }
    }
}

fn arguments() -> Result<(u16, String), Failure> {
    let (mut port, mut store) = (0, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or("usage: store_server --port PORT --store FILE")?;
        match word.as_str() {
            "--port" => port = value.parse()?,
            "--store" => store = Some(value),
            _ => return Err(format!("no such option: {word}").into()),
        }
    }
    Ok((port, store.ok_or("--store is missing")?))
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let (port, path) = arguments()?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let count = FileReader::new(file.try_clone()?).lines().count() as u64;

    let runtime = Runtime::start()?;
    let group = |name: &str| runtime.root().group(GroupOptions::new().name(name));
    let (accepting, handlers, storing) = (group("accept")?, group("handlers")?, group("store")?);
    accepting.stops_before(&handlers)?;
    handlers.stops_before(&storing)?;

    let (sender, requests) = mpsc::channel(1024);
    drop(storing.spawn_with(TaskOptions::new().name("writer"), |_| store(file, count, requests))?);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let listening = |task| accept(task, listener, handlers.clone(), sender);
    drop(accepting.spawn_with(TaskOptions::new().name("listener"), listening)?);
    println!("listening on {address}");
    std::io::stdout().flush()?;

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let options = ShutdownOptions::new()
        .grace(Duration::from_secs(2))
        .cancel_wait(Duration::from_secs(1))
        .deadline(Duration::from_secs(5));
    let report = runtime.shutdown(options).await?;
    for row in &report.rows {
        println!(
            "report {} drained={} cancelled={} failed={} refused={} abandoned={}",
            report.path(row),
            row.drained,
            row.cancelled,
            row.failed,
            row.refused,
            row.abandoned
        );
    }
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
