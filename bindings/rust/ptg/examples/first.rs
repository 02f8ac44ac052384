//! A group with two tasks, one of which fails and harms nobody.

use std::time::Duration;

use ptg::{GroupOptions, Runtime, ShutdownOptions, TaskOptions};

#[tokio::main]
async fn main() -> Result<(), ptg::Error> {
    let runtime = Runtime::start()?;
    let options = GroupOptions::new().name("app").grace(Duration::from_secs(2)).on_error(|failure| {
        println!("handled: {} {}", failure.name, failure.cause.as_ref().unwrap());
    });
    let app = runtime.root().group(options)?;

    let greeter = app.spawn_with(TaskOptions::new().name("greeter"), |task| async move {
        println!("hello");
        task.draining().await;
        println!("goodbye");
    })?;
    let clumsy = app.spawn_with(TaskOptions::new().name("clumsy"), |_| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err::<(), _>("I dropped it")
    })?;

    println!("joined: {}", clumsy.await.unwrap_err());
    let report = runtime.shutdown(ShutdownOptions::new()).await?;
    greeter.await.unwrap();
    for row in &report.rows {
        println!("{} drained={} abandoned={}", report.path(row), row.drained, row.abandoned);
    }
    Ok(())
}
