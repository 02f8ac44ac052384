//! Groups that are seen from outside, and stop in a declared order.

use std::time::Duration;

use ptg::{Group, GroupOptions, Runtime, ShutdownOptions, Snapshot};

fn main() -> Result<(), ptg::Error> {
    let runtime = Runtime::start()?;
    let group = |name| {
        runtime.root().group(GroupOptions::new().name(name).on_closed(move |_: &Group| {
            println!("{name} is closed");
            Ok::<_, ptg::Error>(())
        }))
    };
    let (accept, handlers) = (group("accept")?, group("handlers")?);
    accept.stops_before(&handlers)?;

    let picture = Snapshot::take_all(Duration::from_secs(1))?;
    picture.groups().for_each(|group| println!("{} {:?}", group.name, group.state));

    let report = runtime.shutdown_and_wait(ShutdownOptions::new())?;
    println!("clean: {}", report.is_clean());
    Ok(())
}
