//! A campaign in plain words, for shoppers.

use entity::codes::Channel;
use entity::points_campaign;

/// What it gives and when, in Chinese and in English; what she has met already (tier, birthday) is not said.
#[must_use]
pub fn in_words(campaign: &points_campaign::Model) -> (String, String) {
    let times = times(campaign.multiplier_bps);
    let (mut zh, mut en) =
        (vec![format!("{times} 倍积分")], vec![format!("{times} times the points")]);
    let mut say = |chinese: String, english: String| {
        zh.push(chinese);
        en.push(english);
    };
    let asked = &campaign.conditions;
    if !asked.weekdays.is_empty() {
        let names = |names: [&str; 7], between: &str| {
            let day = |it: &u8| names.get(usize::from(*it).saturating_sub(1)).copied();
            asked.weekdays.iter().filter_map(day).collect::<Vec<_>>().join(between)
        };
        let chinese = names(["周一", "周二", "周三", "周四", "周五", "周六", "周日"], "、");
        say(
            chinese,
            format!("on {}", names(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ", ")),
        );
    }
    if !asked.days_of_month.is_empty() {
        let days: Vec<String> = asked.days_of_month.iter().map(ToString::to_string).collect();
        say(
            format!("每月 {} 日", days.join("、")),
            format!("on day {} of a month", days.join(", ")),
        );
    }
    if !asked.categories.is_empty() {
        let goods = asked.categories.join("、");
        say(format!("限 {goods}"), format!("for {goods}"));
    }
    if !asked.stores.is_empty() {
        say("限指定门店".to_owned(), "in some stores".to_owned());
    }
    if !asked.channels.is_empty() {
        let named = |of: fn(Channel) -> (&'static str, &'static str)| {
            asked.channels.iter().map(|it| of(*it)).unzip::<_, _, Vec<_>, Vec<_>>()
        };
        let (chinese, english) = named(channel);
        say(format!("限{}", chinese.join("、")), format!("by {}", english.join(", ")));
    }
    if asked.first_order {
        say("首单".to_owned(), "for a first order".to_owned());
    }
    (zh.join("，"), en.join(", "))
}

/// 15000 as `1.5`.
fn times(bps: i64) -> String {
    let text = format!("{}.{:04}", bps / 10_000, bps % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const fn channel(channel: Channel) -> (&'static str, &'static str) {
    match channel {
        Channel::Pos => ("门店", "store"),
        Channel::MiniProgram => ("小程序", "mini-program"),
        Channel::OwnSite => ("官网", "our site"),
        Channel::Taobao => ("淘宝天猫", "Taobao"),
        Channel::Jd => ("京东", "JD"),
        Channel::Douyin => ("抖音", "Douyin"),
        Channel::LiveStream => ("直播", "live stream"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplier_is_said_without_idle_noughts() {
        for (bps, expected) in [(20_000, "2"), (15_000, "1.5"), (12_345, "1.2345"), (100_000, "10")]
        {
            assert_eq!(times(bps), expected);
        }
    }
}
