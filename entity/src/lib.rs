//! One file a table, and the value types that columns share. No rules.

#![allow(
    clippy::disallowed_methods,
    reason = "the code that SeaORM derives begins transactions we never call"
)]

pub mod codes;
pub mod ids;
pub mod values;

pub mod audit_log;
pub mod audit_mark;
pub mod audit_proof;
pub mod board_gap;
pub mod bulk_file_part;
pub mod bulk_run;
pub mod earning_rule;
pub mod event_log;
pub mod idempotency_record;
pub mod installation;
pub mod job;
pub mod job_schedule;
pub mod member;
pub mod member_identifier;
pub mod member_merge;
pub mod member_spend;
pub mod member_timeline;
pub mod member_total;
pub mod order_line;
pub mod order_payment;
pub mod order_refund;
pub mod order_refund_line;
pub mod partner;
pub mod partner_key;
pub mod partner_key_usage;
pub mod points_account;
pub mod points_adjustment;
pub mod points_budget;
pub mod points_campaign;
pub mod points_closed_day;
pub mod points_day_total;
pub mod points_hold;
pub mod points_lot;
pub mod points_lot_use;
pub mod points_notice;
pub mod points_proof;
pub mod points_seal;
pub mod points_transfer;
pub mod product;
pub mod refresh_token;
pub mod region;
pub mod sales_credit;
pub mod sales_order;
pub mod session;
pub mod sign_in_failure;
pub mod sku;
pub mod staff;
pub mod staff_invitation;
pub mod stock_hold;
pub mod stock_level;
pub mod stock_move;
pub mod store;
pub mod tier;
pub mod tier_change;
pub mod webhook_attempt;
pub mod webhook_delivery;
pub mod webhook_endpoint;

pub mod benefit_use;
pub mod membership_card;
pub mod membership_plan;
pub mod tier_benefit;
pub mod tier_gift;
pub mod tier_hold;
pub mod tier_multiplier;
