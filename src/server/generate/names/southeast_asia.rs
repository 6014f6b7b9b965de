//! Vietnamese and Thai.

use super::{Group, Locale, Name, NameOrder, city};

pub(super) static VIETNAMESE: Locale = Locale {
    language: "vi",
    order: NameOrder::FamilyFirst,
    groups: &[Group {
        given: &[
            Name("Văn An", "vanan"),
            Name("Thị Hoa", "thihoa"),
            Name("Minh Đức", "minhduc"),
            Name("Ngọc Ánh", "ngocanh"),
            Name("Quốc Bảo", "quocbao"),
            Name("Thùy Dương", "thuyduong"),
            Name("Hải Yến", "haiyen"),
            Name("Thế Vũ", "thevu"),
            Name("Mỹ Hạnh", "myhanh"),
        ],
        family: &[
            Name("Nguyễn", "nguyen"),
            Name("Trần", "tran"),
            Name("Lê", "le"),
            Name("Phạm", "pham"),
            Name("Huỳnh", "huynh"),
            Name("Đặng", "dang"),
            Name("Võ", "vo"),
            Name("Đỗ", "do"),
            Name("Dương", "duong"),
        ],
    }],
    cities: &[
        city("Hà Nội", "VN", "84", "10####"),
        city("Thành phố Hồ Chí Minh", "VN", "84", "70####"),
        city("Đà Nẵng", "VN", "84", "55####"),
        city("Huế", "VN", "84", "49####"),
    ],
    streets: &["% Đường Lê Lợi", "% Phố Huế", "Ngõ %, Đường Láng", "%/% Đường Hoa Sữa"],
};

pub(super) static THAI: Locale = Locale {
    language: "th",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("สมชาย", "somchai"),
            Name("มาลี", "malee"),
            Name("ณัฐพล", "nattapon"),
            Name("พิมพ์ใจ", "pimjai"),
            Name("อรุณ", "arun"),
            Name("กมลวรรณ", "kamonwan"),
            Name("ธีรเดช", "theeradet"),
        ],
        family: &[
            Name("แสงทอง", "saengthong"),
            Name("ใจดี", "jaidee"),
            Name("ศรีสุข", "srisuk"),
            Name("รัตนวงศ์", "rattanawong"),
            Name("บุญมี", "boonmee"),
            Name("เจริญผล", "charoenphon"),
        ],
    }],
    cities: &[
        city("กรุงเทพมหานคร", "TH", "66", "10###"),
        city("เชียงใหม่", "TH", "66", "50###"),
        city("ภูเก็ต", "TH", "66", "83###"),
    ],
    streets: &["% ถนนสุขุมวิท", "%/% ซอยดอกไม้", "% หมู่ # ถนนริมน้ำ"],
};
