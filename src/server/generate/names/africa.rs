//! Yoruba, Amharic and Swahili.

use super::{Group, Locale, Name, NameOrder, city};

pub(super) static YORUBA: Locale = Locale {
    language: "yo",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("Adébáyọ̀", "adebayo"),
            Name("Olúwaṣeun", "oluwaseun"),
            Name("Yétúndé", "yetunde"),
            Name("Ṣadé", "sade"),
            Name("Fúnmiláyọ̀", "funmilayo"),
            Name("Táíwò", "taiwo"),
            Name("Kẹ́hìndé", "kehinde"),
            Name("Ìbùkún", "ibukun"),
        ],
        family: &[
            Name("Adéyẹmí", "adeyemi"),
            Name("Ògúnlẹ́yẹ", "ogunleye"),
            Name("Akíntọ́lá", "akintola"),
            Name("Ọlátúnjí", "olatunji"),
            Name("Fálànà", "falana"),
            Name("Ṣóyẹmí", "soyemi"),
            Name("Ọmọ́tọ́ṣọ̀ọ́", "omotosho"),
        ],
    }],
    cities: &[
        city("Ìbàdàn", "NG", "234", "200###"),
        city("Èkó", "NG", "234", "100###"),
        city("Abẹ́òkúta", "NG", "234", "110###"),
        city("Kútọnu", "BJ", "229", ""),
    ],
    streets: &["% Broad Street", "% Òpópónà Ọjà", "% Agbègbè Ìsọ̀kan"],
};

pub(super) static AMHARIC: Locale = Locale {
    language: "am",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("አበበ", "abebe"),
            Name("ሰላም", "selam"),
            Name("ዳዊት", "dawit"),
            Name("ሕይወት", "hiwot"),
            Name("ብርሃን", "birhan"),
            Name("ትዕግሥት", "tigist"),
            Name("ጽጌረዳ", "tsigereda"),
        ],
        family: &[
            Name("ተስፋዬ", "tesfaye"),
            Name("ከበደ", "kebede"),
            Name("ገብሬ", "gebre"),
            Name("ወልዴ", "wolde"),
            Name("መኮንን", "mekonnen"),
            Name("ኃይሉ", "hailu"),
        ],
    }],
    cities: &[
        city("አዲስ አበባ", "ET", "251", "1###"),
        city("ባሕር ዳር", "ET", "251", "6###"),
        city("ሐዋሳ", "ET", "251", "5###"),
    ],
    streets: &["ቦሌ መንገድ %", "ቸርችል ጎዳና %", "ቀበሌ ##፣ የቤት ቁጥር %"],
};

pub(super) static SWAHILI: Locale = Locale {
    language: "sw",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("Asha", "asha"),
            Name("Juma", "juma"),
            Name("Neema", "neema"),
            Name("Baraka", "baraka"),
            Name("Zuhura", "zuhura"),
            Name("Rehema", "rehema"),
            Name("Tumaini", "tumaini"),
        ],
        family: &[
            Name("Mwangi", "mwangi"),
            Name("Otieno", "otieno"),
            Name("Kamau", "kamau"),
            Name("Wanjiru", "wanjiru"),
            Name("Ng'ang'a", "nganga"),
            Name("Mushi", "mushi"),
            Name("Ng'ombe", "ngombe"),
        ],
    }],
    cities: &[
        city("Nairobi", "KE", "254", "00###"),
        city("Dar es Salaam", "TZ", "255", "11###"),
        city("Mombasa", "KE", "254", "80###"),
    ],
    streets: &["% Barabara ya Uhuru", "% Mtaa wa Maua", "S.L.P. %, Mtaa wa Soko"],
};
