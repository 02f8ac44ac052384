//! Groups that are seen from outside, and stop in a declared order.

use std::time::Duration;

use ptg::{GroupOptions, Runtime, ShutdownOptions, Snapshot};

fn main() -> Result<(), ptg::Error> {
    let runtime = Runtime::start()?;
    let group = |name| {
        let options = GroupOptions::new().name(name).on_closed(move |_| println!("{name} is closed"));
        runtime.root().group(options)
    };
    let (accept, handlers) = (group("accept")?, group("handlers")?);
    accept.stops_before(&handlers)?;

    let picture = Snapshot::take_all(Duration::from_secs(1))?;
    picture.groups().for_each(|group| println!("{} {:?}", group.name, group.state));

    let report = runtime.shutdown_and_wait(ShutdownOptions::new())?;
    println!("clean: {}", report.is_clean());
    Ok(())
}
