//! Chinese (two ways of writing it), Japanese and Korean.

use super::{Group, Locale, Name, NameOrder, city};

pub(super) static SIMPLIFIED_CHINESE: Locale = Locale {
    language: "zh-CN",
    order: NameOrder::FamilyFirstJoined,
    groups: &[Group {
        given: &[
            Name("伟", "wei"),
            Name("芳", "fang"),
            Name("秀英", "xiuying"),
            Name("子涵", "zihan"),
            Name("建国", "jianguo"),
            Name("雨桐", "yutong"),
            Name("思远", "siyuan"),
            Name("晓明", "xiaoming"),
            Name("静怡", "jingyi"),
        ],
        family: &[
            Name("王", "wang"),
            Name("李", "li"),
            Name("张", "zhang"),
            Name("刘", "liu"),
            Name("陈", "chen"),
            Name("赵", "zhao"),
            Name("欧阳", "ouyang"),
            Name("司马", "sima"),
            Name("吕", "lyu"),
        ],
    }],
    cities: &[
        city("北京市", "CN", "86", "1000##"),
        city("上海市", "CN", "86", "2000##"),
        city("成都市", "CN", "86", "6100##"),
        city("新加坡", "SG", "65", "5#####"),
    ],
    streets: &["人民路%号", "中山北路%号", "建设大道%号#单元", "桂花巷%号"],
};

pub(super) static TRADITIONAL_CHINESE: Locale = Locale {
    language: "zh-TW",
    order: NameOrder::FamilyFirstJoined,
    groups: &[Group {
        given: &[
            Name("怡君", "yichun"),
            Name("志豪", "chihhao"),
            Name("淑芬", "shufen"),
            Name("俊傑", "chunchieh"),
            Name("雅婷", "yating"),
            Name("宥勝", "yusheng"),
            Name("品妍", "pinyen"),
        ],
        family: &[
            Name("陳", "chen"),
            Name("張", "chang"),
            Name("蕭", "hsiao"),
            Name("黃", "huang"),
            Name("謝", "hsieh"),
            Name("鄭", "cheng"),
            Name("蘇", "su"),
        ],
    }],
    cities: &[
        city("臺北市", "TW", "886", "10####"),
        city("高雄市", "TW", "886", "80####"),
        city("香港", "HK", "852", ""),
    ],
    streets: &["忠孝東路#段%號", "和平路%巷%號", "榕樹街%號"],
};

pub(super) static JAPANESE: Locale = Locale {
    language: "ja",
    order: NameOrder::FamilyFirst,
    groups: &[Group {
        given: &[
            Name("美咲", "misaki"),
            Name("陽菜", "hina"),
            Name("健太", "kenta"),
            Name("翔", "sho"),
            Name("さくら", "sakura"),
            Name("大輔", "daisuke"),
            Name("結衣", "yui"),
            Name("蓮", "ren"),
            Name("ひかり", "hikari"),
            Name("ジュン", "jun"),
        ],
        family: &[
            Name("佐藤", "sato"),
            Name("鈴木", "suzuki"),
            Name("𠮷田", "yoshida"),
            Name("髙橋", "takahashi"),
            Name("渡邉", "watanabe"),
            Name("山本", "yamamoto"),
            Name("小林", "kobayashi"),
            Name("五十嵐", "igarashi"),
            Name("佐々木", "sasaki"),
            Name("﨑山", "sakiyama"),
        ],
    }],
    cities: &[
        city("東京都", "JP", "81", "10#-####"),
        city("大阪市", "JP", "81", "53#-####"),
        city("札幌市", "JP", "81", "06#-####"),
        city("京都市", "JP", "81", "60#-####"),
    ],
    streets: &["中央区銀座#丁目%", "本町%番地", "北区さくら通り#-%", "緑ヶ丘%ー#"],
};

pub(super) static KOREAN: Locale = Locale {
    language: "ko",
    order: NameOrder::FamilyFirstJoined,
    groups: &[Group {
        given: &[
            Name("가온", "gaon"),
            Name("도윤", "doyun"),
            Name("은별", "eunbyeol"),
            Name("예솔", "yesol"),
            Name("누리", "nuri"),
            Name("한결", "hangyeol"),
            Name("슬찬", "seulchan"),
            Name("아람", "aram"),
            Name("시온", "sion"),
        ],
        family: &[
            Name("김", "kim"),
            Name("이", "lee"),
            Name("박", "park"),
            Name("최", "choi"),
            Name("정", "jung"),
            Name("강", "kang"),
            Name("남궁", "namgung"),
            Name("황보", "hwangbo"),
            Name("선우", "sunwoo"),
        ],
    }],
    cities: &[
        city("서울특별시", "KR", "82", "04###"),
        city("부산광역시", "KR", "82", "48###"),
        city("제주시", "KR", "82", "63###"),
    ],
    streets: &["세종대로 %", "벚꽃길 %-#", "한강로 %, ###호"],
};
