//! Shoppers and staff who could exist. Phones are of one made-up series, 199 0000 0001 and on.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use entity::codes::{Gender, StaffRole};

use super::chance::Chance;

/// Code, region, name, city, GB/T 2260 codes of shoppers who come here.
pub(super) const STORES: [Place; 6] = [
    Place::new("SH01", "EAST", "上海静安嘉里店", "上海", &["310106", "310101", "310105"]),
    Place::new("HZ01", "EAST", "杭州湖滨银泰店", "杭州", &["330102", "330106", "330108"]),
    Place::new("NJ01", "EAST", "南京德基广场店", "南京", &["320102", "320104", "320106"]),
    Place::new("BJ01", "NORTH", "北京三里屯店", "北京", &["110105", "110101", "110108"]),
    Place::new("TJ01", "NORTH", "天津滨江道店", "天津", &["120101", "120103", "120104"]),
    Place::new("QD01", "NORTH", "青岛万象城店", "青岛", &["370202", "370203", "370212"]),
];

/// Code and name.
pub(super) const REGIONS: [(&str, &str); 2] = [("EAST", "华东大区"), ("NORTH", "华北大区")];

/// Guides of each store.
pub(super) const GUIDES_A_STORE: usize = 5;

/// A store.
pub(super) struct Place {
    pub(super) code: &'static str,
    pub(super) region: &'static str,
    pub(super) name: &'static str,
    pub(super) city: &'static str,
    home: &'static [&'static str],
}

impl Place {
    const fn new(
        code: &'static str,
        region: &'static str,
        name: &'static str,
        city: &'static str,
        home: &'static [&'static str],
    ) -> Self {
        Self { code, region, name, city, home }
    }
}

/// Somebody on the staff.
pub(super) struct Colleague {
    pub(super) staff_no: String,
    pub(super) name: String,
    pub(super) role: StaffRole,
    /// Position in [`STORES`]; none for head office.
    pub(super) store: Option<usize>,
}

/// Everybody on the staff: an administrator, then a manager and guides for each store.
pub(super) fn staff() -> Vec<Colleague> {
    let mut chance = Chance::of("staff");
    let mut colleague = |staff_no: String, role, store| {
        let born = 1985 + i32::try_from(chance.between(0, 17)).unwrap_or_default();
        let name = name(&mut chance, Gender::Female, born);
        Colleague { staff_no, name, role, store }
    };
    let mut all = vec![colleague("A001".to_owned(), StaffRole::Admin, None)];
    for (at, store) in STORES.iter().enumerate() {
        all.push(colleague(format!("{}-M", store.code), StaffRole::StoreManager, Some(at)));
        for guide in 1..=GUIDES_A_STORE {
            all.push(colleague(guide_no(at, guide), StaffRole::Guide, Some(at)));
        }
    }
    all
}

/// Number of the `guide`-th guide of a store, from 1.
pub(super) fn guide_no(store: usize, guide: usize) -> String {
    format!("{}-G{guide}", STORES[store].code)
}

/// A shopper.
pub(super) struct Shopper {
    /// Eleven digits.
    pub(super) phone: String,
    pub(super) name: String,
    pub(super) nickname: Option<String>,
    pub(super) gender: Gender,
    pub(super) birthday: Option<NaiveDate>,
    pub(super) region_code: &'static str,
    pub(super) occupation: Option<&'static str>,
    pub(super) style: Option<&'static str>,
    /// Where she first came, by position in [`STORES`].
    pub(super) store: usize,
    /// Her guide there, from 1.
    pub(super) guide: usize,
    /// Whether she goes nowhere else: the examples show her and her guide.
    pub(super) is_loyal: bool,
    /// What fits her.
    pub(super) fit: Fit,
}

/// A shopper's sizes.
pub(super) struct Fit {
    /// GB/T 1335 of tops.
    pub(super) top: String,
    /// GB/T 1335 of trousers and skirts.
    pub(super) bottom: String,
    /// The same as a letter.
    pub(super) letter: &'static str,
    /// Waist in inches.
    pub(super) waist: i64,
    shoe: i64,
}

impl Fit {
    /// By kind of garment, as her profile has it.
    pub(super) fn by_garment(&self) -> BTreeMap<String, String> {
        [
            ("上装", self.top.clone()),
            ("下装", self.bottom.clone()),
            ("连衣裙", self.letter.to_owned()),
            ("牛仔裤", self.waist.to_string()),
            ("鞋", self.shoe.to_string()),
        ]
        .into_iter()
        .map(|(kind, size)| (kind.to_owned(), size))
        .collect()
    }
}

/// The phone of the `number`-th shopper, from 1.
pub(super) fn phone(number: usize) -> String {
    format!("{}", 19_900_000_000_u64 + number as u64)
}

/// `count` shoppers; the first one is the one that the examples show.
pub(super) fn shoppers(count: usize, today: NaiveDate) -> Vec<Shopper> {
    let mut chance = Chance::of("shoppers");
    let mut all: Vec<Shopper> =
        (1..=count).map(|number| shopper(&mut chance, number, today)).collect();
    if let Some(first) = all.first_mut() {
        "林晓雨".clone_into(&mut first.name);
        first.nickname = Some("小雨".to_owned());
        first.gender = Gender::Female;
        (first.store, first.guide, first.is_loyal) = (0, 1, true);
        first.region_code = STORES[0].home[0];
    }
    all
}

fn shopper(chance: &mut Chance, number: usize, today: NaiveDate) -> Shopper {
    let gender = if chance.percent(78) { Gender::Female } else { Gender::Male };
    let age = [19, 24, 29, 34, 39, 46, 54][chance.weighted([6, 18, 26, 22, 15, 9, 4].into_iter())];
    let days = (age + chance.between(0, 5)) * 365 + chance.between(0, 364);
    let born = today - Days::new(days.unsigned_abs());
    let name = name(chance, gender, born.year());
    let store = chance.weighted([26, 18, 15, 20, 11, 10].into_iter());
    Shopper {
        phone: phone(number),
        nickname: chance.percent(45).then(|| nickname(chance, &name)),
        name,
        gender,
        birthday: chance.percent(82).then_some(born),
        region_code: chance.one_of::<&str>(STORES[store].home),
        occupation: chance.percent(40).then(|| *chance.one_of(&OCCUPATIONS)),
        style: chance.percent(60).then(|| *chance.one_of(&super::catalogue::STYLE_TAGS)),
        store,
        guide: usize::try_from(chance.between(1, 5)).unwrap_or(1),
        is_loyal: false,
        fit: fit(chance, gender),
    }
}

/// GB/T 1335: height and girth in centimetres, steps of 5 and 4, the body type by the difference of chest and waist.
fn fit(chance: &mut Chance, gender: Gender) -> Fit {
    let step = chance.weighted([8, 24, 34, 22, 9, 3].into_iter());
    let at = i64::try_from(step).unwrap_or_default();
    let (height, chest, waist) = match gender {
        Gender::Male => (165 + 5 * at, 84 + 4 * at, 72 + 4 * at),
        _ => (150 + 5 * at, 76 + 4 * at, 60 + 4 * at),
    };
    let body = ["Y", "A", "B", "C"][chance.weighted([20, 55, 20, 5].into_iter())];
    Fit {
        top: format!("{height}/{chest}{body}"),
        bottom: format!("{height}/{waist}{body}"),
        letter: ["XS", "S", "M", "L", "XL", "XXL"][step],
        waist: 25 + at + i64::from(gender == Gender::Male) * 4,
        shoe: if gender == Gender::Male { 40 + at.min(4) } else { 35 + at.min(4) },
    }
}

const OCCUPATIONS: [&str; 10] =
    ["教师", "设计师", "工程师", "会计", "医生", "律师", "公务员", "自由职业", "学生", "市场经理"];

/// Common surnames in the order of how many have them; the earlier the likelier.
const SURNAMES: [&str; 60] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "林", "高", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "邓", "冯", "曹", "彭", "曾",
    "肖", "田", "董", "潘", "袁", "蔡", "蒋", "余", "于", "杜", "叶", "程", "魏", "苏", "吕", "丁",
    "任", "卢", "姚", "沈", "钟", "姜", "崔", "谭", "陆", "范", "汪", "欧阳",
];

/// Given names by when they were in fashion.
const WOMEN: [(i32, &[&str]); 4] = [
    (
        1980,
        &[
            "丽华", "秀英", "红梅", "建华", "玉兰", "桂芳", "敏", "静", "丽", "艳", "娟", "霞",
            "萍", "慧", "春燕", "海燕",
        ],
    ),
    (
        1990,
        &[
            "婷婷", "丹丹", "晓燕", "莉莉", "雪梅", "文静", "倩", "婷", "颖", "琳", "洁", "佳",
            "晓丽", "美玲", "玉洁", "海霞",
        ],
    ),
    (
        2000,
        &[
            "雨婷", "思琪", "梦瑶", "佳怡", "雅琪", "欣怡", "诗雨", "雪婷", "嘉欣", "晓雪", "梦洁",
            "璐", "瑶", "莹", "静怡", "心怡",
        ],
    ),
    (
        2100,
        &[
            "子涵", "梓萱", "雨桐", "诗涵", "可馨", "思彤", "欣妍", "语嫣", "一诺", "若曦", "佳琪",
            "梦琪", "雨欣", "紫萱", "艺涵", "静雯",
        ],
    ),
];

const MEN: [(i32, &[&str]); 4] = [
    (1980, &["建国", "志强", "伟", "军", "勇", "国强", "建军", "海涛", "永强", "文斌"]),
    (1990, &["鹏", "磊", "超", "俊杰", "志伟", "晓东", "海波", "涛", "凯", "文博"]),
    (2000, &["浩", "宇", "俊豪", "家豪", "宇航", "天宇", "子豪", "嘉伟", "博文", "泽宇"]),
    (2100, &["浩然", "子轩", "宇轩", "梓豪", "一鸣", "皓轩", "俊熙", "奕辰", "明轩", "思远"]),
];

fn name(chance: &mut Chance, gender: Gender, born: i32) -> String {
    let given = if gender == Gender::Male { &MEN } else { &WOMEN };
    let in_fashion = given.iter().find(|(until, _)| born < *until).unwrap_or(&given[3]).1;
    let weights = (1..=SURNAMES.len()).map(|rank| u32::try_from(1000 / (rank + 4)).unwrap_or(1));
    let surname = SURNAMES[chance.weighted(weights)];
    format!("{surname}{}", chance.one_of(in_fashion))
}

fn nickname(chance: &mut Chance, name: &str) -> String {
    let last = name.chars().next_back().map(String::from).unwrap_or_default();
    match chance.between(0, 3) {
        0 => format!("小{last}"),
        1 => format!("{last}{last}"),
        2 => format!("阿{last}"),
        _ => format!("{}{last}", chance.one_of(&["爱笑的", "早睡的", "爱穿裙子的", "周末的"])),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::kernel::mobile::Mobile;

    fn today() -> NaiveDate {
        "2026-11-21".parse().unwrap()
    }

    #[test]
    fn shoppers_are_the_same_each_time_and_no_two_share_a_phone() {
        let (all, again) = (shoppers(2000, today()), shoppers(2000, today()));
        assert!(all.iter().zip(&again).all(|(a, b)| a.name == b.name && a.birthday == b.birthday));
        let phones: HashSet<&str> = all.iter().map(|one| one.phone.as_str()).collect();
        assert_eq!(phones.len(), 2000);
        assert!(all.iter().all(|one| Mobile::parse(&one.phone).is_ok()));
        let names: HashSet<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert!(names.len() > 700, "{}", names.len());
    }

    #[test]
    fn shoppers_are_adults_with_a_real_name() {
        for one in shoppers(500, today()) {
            assert!((2..=4).contains(&one.name.chars().count()), "{}", one.name);
            assert!(one.birthday.is_none_or(|day| day.year() <= 2007), "{:?}", one.birthday);
            assert!(one.guide >= 1 && one.guide <= GUIDES_A_STORE);
        }
    }

    #[test]
    fn there_are_thirty_guides_six_managers_and_an_administrator() {
        let count = |role| staff().iter().filter(|one| one.role == role).count();
        assert_eq!(count(StaffRole::Guide), 30);
        assert_eq!(count(StaffRole::StoreManager), 6);
        assert_eq!(count(StaffRole::Admin), 1);
    }
}
