//! Which variant takes the next invocation: exactly by weight, and the same each time the sandbox is played again.

use serde::{Deserialize, Serialize};

/// What has been served since the shares last changed.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    shares: Vec<(String, f64)>,
    served: Vec<u64>,
}

impl Ledger {
    /// Takes one invocation and gives the index of the lane that serves it. `lanes` are names and weights; at least one
    /// weight must be positive, or nothing can serve.
    ///
    /// This is Tijdeman's answer to the chairman assignment problem: after every invocation each lane has been served its
    /// share, give or take less than one. So 1000 invocations split by weights of three digits exactly.
    pub fn next(&mut self, lanes: &[(String, f64)]) -> Option<usize> {
        let total: f64 = lanes.iter().map(|(_, weight)| weight).sum();
        if !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let shares: Vec<(String, f64)> = lanes.iter().map(|(name, weight)| (name.clone(), weight / total)).collect();
        if self.shares != shares {
            *self = Ledger { served: vec![0; shares.len()], shares };
        }
        #[allow(clippy::cast_precision_loss)]
        let turn = (self.served.iter().sum::<u64>() + 1) as f64;
        let open = self.shares.iter().filter(|(_, share)| *share > 0.0).count();
        #[allow(clippy::cast_precision_loss)]
        let slack = if open > 1 { 1.0 - 1.0 / (2.0 * open as f64 - 2.0) } else { 0.0 };
        let mut chosen: Option<(usize, f64)> = None;
        for (index, ((_, share), served)) in self.shares.iter().zip(&self.served).enumerate() {
            #[allow(clippy::cast_precision_loss)]
            let due = share * turn - *served as f64;
            // A lane that is owed enough may serve; the one whose deadline is nearest does.
            if *share > 0.0 && due >= 1.0 - slack - 1e-9 {
                let deadline = (slack - due) / share;
                if chosen.is_none_or(|(_, nearest)| deadline < nearest) {
                    chosen = Some((index, deadline));
                }
            }
        }
        let (index, _) = chosen?;
        if let Some(served) = self.served.get_mut(index) {
            *served += 1;
        }
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(lanes: &[(&str, f64)], calls: usize) -> Vec<u64> {
        let lanes: Vec<(String, f64)> = lanes.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
        let mut ledger = Ledger::default();
        for _ in 0..calls {
            ledger.next(&lanes).unwrap();
        }
        ledger.served
    }

    #[test]
    fn a_thousand_calls_split_exactly() {
        assert_eq!(split(&[("a", 9.0), ("b", 1.0)], 1000), [900, 100]);
        assert_eq!(split(&[("a", 1.0), ("b", 1.0)], 1000), [500, 500]);
        assert_eq!(split(&[("a", 0.7), ("b", 0.2), ("c", 0.1), ("d", 0.0)], 1000), [700, 200, 100, 0]);
        assert_eq!(split(&[("a", 3.0)], 7), [7]);
    }

    #[test]
    fn new_weights_begin_a_new_ledger_and_no_weight_serves_nothing() {
        let lanes = |a, b| vec![("a".to_owned(), a), ("b".to_owned(), b)];
        let mut ledger = Ledger::default();
        for _ in 0..10 {
            assert_eq!(ledger.next(&lanes(1.0, 0.0)), Some(0));
        }
        assert_eq!((0..4).filter(|_| ledger.next(&lanes(1.0, 1.0)) == Some(1)).count(), 2);
        assert_eq!(ledger.next(&lanes(0.0, 0.0)), None);
        assert_eq!(ledger.next(&[]), None);
    }

    proptest! {
        #[test]
        fn nobody_is_ever_a_whole_call_off(weights in proptest::collection::vec(0.0..100.0f64, 1..6), calls in 1..400usize) {
            prop_assume!(weights.iter().sum::<f64>() > 1.0);
            let lanes: Vec<(String, f64)> = weights.iter().enumerate().map(|(n, w)| (n.to_string(), *w)).collect();
            let total: f64 = weights.iter().sum();
            let mut ledger = Ledger::default();
            for turn in 1..=calls {
                prop_assert!(ledger.next(&lanes).is_some());
                for (weight, served) in weights.iter().zip(&ledger.served) {
                    prop_assert!((weight / total * turn as f64 - *served as f64).abs() < 1.0);
                }
            }
        }
    }
}
