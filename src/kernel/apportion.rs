//! Splitting a whole over parts without losing a unit (PT-6).

/// Splits `total` over `weights` in proportion, by largest remainder; the parts sum to `total` exactly.
///
/// Equal remainders go to the earlier part. Weights below zero count as zero; when all are zero the first
/// part gets everything.
#[must_use]
pub fn apportion(total: i64, weights: &[i64]) -> Vec<i64> {
    let weights: Vec<i128> = weights.iter().map(|weight| i128::from(*weight).max(0)).collect();
    let sum: i128 = weights.iter().sum();
    if sum == 0 {
        return weights.iter().enumerate().map(|(i, _)| if i == 0 { total } else { 0 }).collect();
    }
    let exact = |weight: &i128| i128::from(total) * weight;
    let mut parts: Vec<i64> = weights
        .iter()
        .map(|w| i64::try_from(exact(w).div_euclid(sum)).unwrap_or(i64::MAX))
        .collect();
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by_key(|i| std::cmp::Reverse(exact(&weights[*i]).rem_euclid(sum)));
    let missing = total - parts.iter().sum::<i64>();
    for i in by_remainder.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
        parts[i] += 1;
    }
    parts
}

/// `total * part / whole`, rounded down; `whole` of zero gives zero. Used for shares taken back so far.
#[must_use]
pub fn share(total: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let exact = i128::from(total) * i128::from(part) / i128::from(whole);
    i64::try_from(exact).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_remainder_gets_the_odd_unit() {
        assert_eq!(apportion(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(apportion(100, &[199, 1]), [100, 0]);
        assert_eq!(apportion(7, &[0, 0]), [7, 0]);
        assert_eq!(apportion(0, &[3, 4]), [0, 0]);
        assert_eq!(apportion(5, &[]), [0_i64; 0]);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole(total in 0_i64..1_000_000_000_000, weights in prop::collection::vec(0_i64..10_000_000_000, 1..40)) {
            let parts = apportion(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            prop_assert!(parts.iter().all(|part| *part >= 0));
        }

        #[test]
        fn no_part_is_a_unit_away_from_its_due(total in 0_i64..1_000_000, weights in prop::collection::vec(1_i64..10_000, 1..20)) {
            let sum: i64 = weights.iter().sum();
            for (part, weight) in apportion(total, &weights).iter().zip(&weights) {
                prop_assert!((part * sum - total * weight).abs() < sum);
            }
        }
    }
}
