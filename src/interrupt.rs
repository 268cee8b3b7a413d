//! Ctrl-C: the first asks the command to stop, the second ends the process at once.
//!
//! Signals arrive on a thread of their own, because a command that is busy outside an await point would otherwise
//! keep the second Ctrl-C waiting too.

use std::future::Future;
use std::io;

use tokio::sync::watch;

use crate::error::{Error, Kind, Result};

/// Whether the user wants to stop.
#[derive(Clone, Debug)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens for Ctrl-C, and for SIGTERM where there is one, from now on.
    pub fn listen() -> Result<Self> {
        let (sender, receiver) = watch::channel(false);
        let cannot = |error: io::Error| Error::failed("cannot listen for Ctrl-C").because(error);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(cannot)?;
        let mut signals = {
            let _entered = runtime.enter();
            Signals::new().map_err(cannot)?
        };
        let watch = async move {
            loop {
                signals.next().await;
                if sender.send_replace(true) {
                    exit_at_once();
                }
            }
        };
        let watch = move || runtime.block_on(watch);
        std::thread::Builder::new().name("interrupt".into()).spawn(watch).map_err(cannot)?;
        Ok(Interrupt(receiver))
    }

    /// An interrupt that comes when `true` is sent.
    pub fn from_channel(receiver: watch::Receiver<bool>) -> Self {
        Interrupt(receiver)
    }

    /// Returns once the user wants to stop.
    pub async fn requested(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|requested| *requested).await.is_err() {
            // Nobody is left to ask.
            std::future::pending::<()>().await;
        }
    }

    /// Runs `work` until it is done or the user wants to stop; `resume` then says how to go on.
    pub async fn or_done<T>(&self, work: impl Future<Output = Result<T>>, resume: Option<&str>) -> Result<T> {
        tokio::select! {
            biased;
            result = work => result,
            () = self.requested() => {
                let error = Error::new(Kind::Cancelled, "cancelled");
                Err(match resume {
                    Some(hint) => error.hint(hint),
                    None => error,
                })
            }
        }
    }
}

/// The signals that ask a process to stop.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signal that asks a process to stop.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Signals)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}

#[expect(clippy::exit, reason = "the user insists, and the main thread may be stuck")]
fn exit_at_once() {
    std::process::exit(i32::from(Kind::Cancelled.exit_code()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_finishes_is_not_interrupted() {
        let (_sender, receiver) = watch::channel(false);
        let result = Interrupt::from_channel(receiver).or_done(async { Ok(7) }, None).await;
        assert_eq!(result.unwrap(), 7);
    }

    #[tokio::test]
    async fn an_interrupt_cancels_and_says_how_to_resume() {
        let (sender, receiver) = watch::channel(false);
        let interrupt = Interrupt::from_channel(receiver);
        let work = async {
            sender.send_replace(true);
            std::future::pending::<Result<()>>().await
        };
        let error = interrupt.or_done(work, Some("run it again")).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Cancelled);
        assert_eq!(error.hints(), ["run it again"]);
    }

    #[tokio::test]
    async fn nobody_left_to_interrupt_is_no_interrupt() {
        let (sender, receiver) = watch::channel(false);
        drop(sender);
        let result = Interrupt::from_channel(receiver)
            .or_done(
                async {
                    tokio::task::yield_now().await;
                    Ok(1)
                },
                None,
            )
            .await;
        assert_eq!(result.unwrap(), 1);
    }
}
