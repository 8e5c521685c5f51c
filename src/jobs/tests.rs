use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{Stop, StopSwitch};

#[tokio::test]
async fn a_pause_ends_when_it_is_time_to_stop() {
    let (switch, mut stop) = StopSwitch::new();
    assert!(!stop.is_told());
    switch.tell();
    stop.or(tokio::time::sleep(Duration::from_hours(1))).await;
    assert!(stop.is_told());
}

#[tokio::test]
async fn a_switch_that_is_gone_tells_to_stop() {
    let (switch, mut stop) = StopSwitch::new();
    drop(switch);
    stop.told().await;
    assert!(stop.is_told());
}

#[tokio::test]
async fn a_pause_ends_by_itself() {
    static LOOKED: AtomicU32 = AtomicU32::new(0);
    let (_switch, stop): (_, Stop) = StopSwitch::new();
    let mut stop = stop;
    stop.or(async { LOOKED.fetch_add(1, Ordering::SeqCst) }).await;
    assert_eq!((LOOKED.load(Ordering::SeqCst), stop.is_told()), (1, false));
}
