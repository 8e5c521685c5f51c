//! What every store promises, as cases that run against the twin always and against Redis where
//! `HUIYI_TEST_REDIS_URL` names one.

mod boards;
mod limits;
mod oracle;
mod values;

use std::time::Duration;

use uuid::Uuid;

use super::{Kv, Patience};
use crate::kernel::clock::{elapsed, monotonic};

/// Two installations' stores: of one server under two prefixes, or two twins.
pub(super) struct Stand {
    kv: Kv,
    other: Kv,
}

/// Long enough for every test, short enough not to fill a developer's Redis.
pub(super) const A_MINUTE: Duration = Duration::from_mins(1);

fn twin() -> Stand {
    Stand { kv: Kv::in_process(), other: Kv::in_process() }
}

/// A test machine may stand still for longer than a caller would wait.
pub(super) const TEST_PATIENCE: Patience = Patience {
    operation: Duration::from_secs(10),
    connect: Duration::from_secs(10),
    pause: Duration::from_millis(20),
};

#[expect(clippy::disallowed_methods, reason = "tests are told of their server by the environment")]
fn redis() -> Option<Stand> {
    let Ok(url) = std::env::var("HUIYI_TEST_REDIS_URL") else {
        eprintln!("HUIYI_TEST_REDIS_URL is not set: skipped the Redis leg of this case");
        return None;
    };
    let store = || Kv::redis_with(&url, &Uuid::new_v4().to_string(), TEST_PATIENCE).unwrap();
    Some(Stand { kv: store(), other: store() })
}

/// Polls until `ready` says so; a test that waits in vain fails after ten seconds.
pub(super) async fn eventually(what: &str, mut ready: impl AsyncFnMut() -> bool) {
    let start = monotonic();
    while !ready().await {
        assert!(elapsed(start) < Duration::from_secs(10), "in vain waited until {what}");
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

macro_rules! every_store_keeps {
    ($($group:ident: $($case:ident),+;)+) => {
        mod twin_keeps {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$group::$case(super::twin()).await;
                }
            )+)+
        }
        mod redis_keeps {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Some(stand) = super::redis() {
                        super::$group::$case(stand).await;
                    }
                }
            )+)+
        }
    };
}

every_store_keeps! {
    values: a_ping_is_answered, an_unknown_key_holds_nothing, a_value_is_read_back_as_it_was_put,
        an_empty_value_is_a_value, any_bytes_are_a_value, a_large_value_is_kept_whole,
        a_put_replaces_value_and_lifetime, a_value_expires,
        a_lifetime_of_zero_is_the_shortest_there_is,
        a_lifetime_without_end_is_accepted, a_put_if_absent_sets_what_is_not_there,
        a_put_if_absent_leaves_what_is_there, an_expired_key_is_absent, a_deleted_key_is_absent,
        one_of_fifty_racers_puts_if_absent, a_take_gives_the_value_and_forgets_it,
        a_take_of_nothing_gives_nothing, an_expired_value_cannot_be_taken,
        one_of_fifty_racers_takes,
        a_delete_forgets_many_and_minds_no_unknown, a_delete_of_nothing_is_fine,
        keys_may_hold_any_characters, prefixes_keep_values_apart, clones_share_everything,
        values_limits_and_boards_of_one_name_are_apart;
    limits: a_burst_is_admitted_and_then_refused, a_refusal_spends_nothing,
        a_cost_of_zero_only_looks, a_cost_above_the_burst_is_never_admitted,
        a_quota_of_nothing_admits_nothing, costs_add_up,
        a_refused_caller_is_admitted_after_retry_after,
        an_idle_quota_fills_up_and_not_further, a_hundred_racers_never_get_more_than_the_burst,
        racers_of_many_costs_never_get_more_than_the_burst,
        a_steady_stream_gets_the_rate_and_no_more,
        keys_have_their_own_quota, prefixes_keep_limits_apart, a_smaller_quota_holds_at_once;
    boards: an_unknown_board_is_empty_and_does_not_exist, higher_scores_stand_higher,
        ties_go_to_who_came_first_and_then_to_the_smaller_subject,
        scores_below_zero_stand_where_they_belong, times_before_the_epoch_rank_too,
        the_largest_scores_are_exact, a_score_past_the_exact_range_is_refused,
        a_row_is_found_with_its_rank, a_subject_not_on_the_board_is_not_found,
        pages_continue_each_other, a_page_past_the_end_is_empty, a_newer_version_moves_the_subject,
        an_older_version_changes_nothing, the_same_version_again_changes_nothing,
        versions_of_the_whole_range_are_compared_exactly, versions_in_any_order_end_the_same,
        a_slice_may_hold_one_subject_twice, a_put_of_nothing_is_fine,
        a_removed_subject_is_gone_and_can_come_back, a_removal_of_the_last_subject_leaves_the_board,
        a_replacement_leaves_nothing_of_the_old, a_replacement_by_nothing_exists_and_is_empty,
        a_put_alone_does_not_make_a_board_exist, a_replacement_keeps_a_newer_standing,
        a_replacement_by_nothing_first_forces_older_versions_in,
        puts_during_a_replacement_are_not_lost,
        removals_during_a_replacement_are_not_undone, readers_during_a_replacement_see_old_or_new,
        replacements_at_once_end_as_one_of_them, racing_puts_end_at_the_newest_version,
        a_board_expires,
        a_put_prolongs_the_board, a_replacement_prolongs_the_board, prefixes_keep_boards_apart,
        boards_have_their_own_entries, subjects_may_hold_any_characters,
        board_names_may_hold_any_characters, a_board_of_two_thousand_is_ranked;
    oracle: small_boards_equal_a_sorted_list, boards_of_a_thousand_equal_a_sorted_list;
}
