//! How often AWS lets an account call: token buckets in the sandbox's time, kept in the store.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::call::{ApiError, ApiResult};
use super::store::Store;

/// A rate that AWS grants each account in each Region, to several operations together.
pub struct RateLimit {
    /// The operations that share it.
    pub operations: &'static [&'static str],
    /// Calls a second. So many may also come at once: AWS says nothing of bursts.
    pub per_second: u32,
}

impl RateLimit {
    const KIND: &'static str = "sandbox/rate";

    /// Counts a call at `now` against the bucket `key`, or refuses it. A refused call takes nothing from the bucket.
    pub(super) fn admit(&self, store: &Store<'_>, key: &str, now: Timestamp) -> ApiResult<()> {
        let full: Option<Timestamp> = store.get(Self::KIND, key)?;
        let full = self
            .take(full.unwrap_or(now), now)
            .ok_or_else(|| ApiError::new(400, "ThrottlingException", "Rate exceeded"))?;
        Ok(store.put(Self::KIND, key, &full)?)
    }

    /// A bucket is known by the moment at which it is full again. Takes a token at `now`: that moment comes later.
    fn take(&self, full: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let token = SignedDuration::try_from(Duration::from_secs(1) / self.per_second).ok()?;
        let full = full.max(now).checked_add(token).ok()?;
        (full.duration_since(now) <= SignedDuration::from_secs(1)).then_some(full)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn admitted(limit: &RateLimit, gaps_in_milliseconds: &[u32]) -> Vec<Timestamp> {
        let (mut now, mut full) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let mut moments = Vec::new();
        for gap in gaps_in_milliseconds {
            now += Duration::from_millis((*gap).into());
            if let Some(later) = limit.take(full, now) {
                full = later;
                moments.push(now);
            }
        }
        moments
    }

    #[test]
    fn a_second_s_worth_may_come_at_once_and_then_one_after_the_other() {
        let limit = RateLimit { operations: &[], per_second: 4 };
        assert_eq!(admitted(&limit, &[0; 9]).len(), 4);
        assert_eq!(admitted(&limit, &[0, 0, 0, 0, 0, 250, 0, 250, 10_000, 0, 0, 0, 0]).len(), 4 + 2 + 4);
    }

    proptest! {
        #[test]
        fn no_second_admits_more_than_twice_the_rate_and_patience_is_never_refused(
            gaps in prop::collection::vec(0_u32..700, 1..80), per_second in 1_u32..12,
        ) {
            let limit = RateLimit { operations: &[], per_second };
            let moments = admitted(&limit, &gaps);
            for start in &moments {
                let end = *start + Duration::from_secs(1);
                let within = moments.iter().filter(|moment| (*start..end).contains(moment)).count();
                prop_assert!(within <= 2 * per_second as usize);
            }
            let patient = vec![1000_u32.div_ceil(per_second); gaps.len()];
            prop_assert_eq!(admitted(&limit, &patient).len(), gaps.len());
        }
    }
}
