//! Child processes as tasks: lines, a failure, and an end by shutdown.

use ptg::{GroupOptions, ProcessError, ProcessOptions, Runtime, ShutdownOptions};

#[tokio::main]
async fn main() -> Result<(), ptg::Error> {
    let runtime = Runtime::start()?;
    let children = runtime.root().group(GroupOptions::new().name("children").on_error(|failure| {
        println!("handled: {} {}", failure.name, failure.cause.as_ref().unwrap());
    }))?;

    let script = ProcessOptions::new("sh").args(["-c", "echo hello $NAME; exit 3"]).env("NAME", "world");
    let error = children.process(script.on_line(|line| println!("{line}")))?.await.unwrap_err();
    let code = error.cause().and_then(|cause| cause.downcast_ref::<ProcessError>()?.code());
    println!("joined: {error}, code {code:?}");

    let server = children.process(ProcessOptions::new("sleep").arg("1000"))?;
    server.started().await.expect("it runs");
    runtime.shutdown(ShutdownOptions::new()).await?;
    println!("joined: {}", server.await.unwrap_err());
    Ok(())
}
