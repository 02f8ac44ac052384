//! Groups that live as long as a block.

use std::future::Future;

use crate::status::Result;
use crate::{Group, GroupOptions, Limit, Report, ShutdownOptions};

/// A group that ends with the block that it was opened in.
///
/// # Drop
///
/// A scope that is dropped before [`close`](Self::close) has completed, by an early return or because the future around
/// it is dropped, shuts its group down by force, without grace or cancel wait, and waits for nothing.
#[derive(Debug)]
pub struct Scope {
    group: Group,
    is_closed: bool,
}

impl Scope {
    /// Opens a scope below `parent`.
    pub fn open(parent: &Group, options: GroupOptions) -> Result<Self> {
        Ok(Self { group: parent.group(options)?, is_closed: false })
    }

    /// The scope's group.
    pub fn group(&self) -> &Group {
        &self.group
    }

    /// Shuts the group down by its own limits, and completes with the report when it is closed.
    pub async fn close(mut self) -> Result<Report> {
        let report = {
            let closed = self.group.closed();
            let mut closed = std::pin::pin!(closed);
            // Watched before it can be gone.
            let first = std::future::poll_fn(|polling| std::task::Poll::Ready(closed.as_mut().poll(polling))).await;
            match first {
                std::task::Poll::Ready(report) => report,
                std::task::Poll::Pending => {
                    self.group.shutdown()?;
                    closed.await
                }
            }
        };
        self.is_closed = report.is_ok();
        report
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        let at_once = ShutdownOptions::new().force().grace(Limit::AT_ONCE).cancel_wait(Limit::AT_ONCE);
        // It may have been ended from elsewhere.
        let _ = self.group.shutdown_with(at_once);
    }
}

/// Opens a scope below `parent`, runs `body` with its group, then shuts that down by its own limits and waits for it.
///
/// ```
/// let runtime = ptg::LocalRuntime::new()?;
/// let root = runtime.root();
/// let report = runtime.block_on(async {
///     ptg::scope(&root, ptg::GroupOptions::new().name("batch"), async |group| {
///         for _ in 0..3 {
///             let _ = group.spawn(async {});
///         }
///     })
///     .await
/// })??
/// .1;
/// assert_eq!(report.rows[0].name, "batch");
/// # Ok::<(), ptg::Error>(())
/// ```
pub async fn scope<R>(
    parent: &Group,
    options: GroupOptions,
    body: impl AsyncFnOnce(&Group) -> R,
) -> Result<(R, Report)> {
    let scope = Scope::open(parent, options)?;
    let result = body(scope.group()).await;
    Ok((result, scope.close().await?))
}
