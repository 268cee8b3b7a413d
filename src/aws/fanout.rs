//! The same question to many accounts: bounded, each with a deadline, every answer a row.

use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};
use futures::stream;

use crate::clock::SharedClock;
use crate::error::{Error, Result};

/// Asks `question` of every item, at most `limit` at a time, each for at most `deadline`. Answers come in the order of the
/// items, whatever finished first; one that fails or is late is an error in its place, never the end of the others.
pub async fn each<I, T>(
    items: impl IntoIterator<Item = I>,
    limit: usize,
    deadline: Duration,
    clock: &SharedClock,
    question: impl AsyncFn(I) -> Result<T>,
) -> Vec<Result<T>> {
    stream::iter(items)
        .map(|item| {
            let answer = question(item);
            async move {
                let late = clock.sleep(deadline);
                match select(Box::pin(answer), late).await {
                    Either::Left((answer, _)) => answer,
                    Either::Right(((), _)) => {
                        Err(Error::failed(format!("no answer within {} seconds", deadline.as_secs()))
                            .hint("give slow accounts more time: `concurrency.account-timeout` in aiops.yaml"))
                    }
                }
            }
        })
        .buffered(limit.max(1))
        .collect()
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::FixedClock;
    use crate::sandbox::time::VirtualClock;

    #[test]
    fn the_late_and_the_failed_are_rows_among_the_others() {
        let clock: SharedClock =
            Arc::new(VirtualClock::new(Arc::new(FixedClock("2026-01-05T09:00:00Z".parse().unwrap())), 1.0));
        let question = async |seconds: u64| {
            clock.sleep(Duration::from_secs(seconds)).await;
            if seconds == 7 { Err(Error::denied("seven")) } else { Ok(seconds) }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answers = runtime.block_on(each([5, 90, 7, 1], 3, Duration::from_secs(60), &clock, question));
        let told: Vec<String> = answers
            .iter()
            .map(|answer| answer.as_ref().map_or_else(ToString::to_string, ToString::to_string))
            .collect();
        assert_eq!(told, ["5", "no answer within 60 seconds", "seven", "1"]);
    }
}
