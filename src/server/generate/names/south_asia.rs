//! Hindi, Bengali and Tamil.

use super::{Group, Locale, Name, NameOrder, city};

pub(super) static HINDI: Locale = Locale {
    language: "hi",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("आरव", "aarav"),
            Name("प्रिया", "priya"),
            Name("अनन्या", "ananya"),
            Name("विवेक", "vivek"),
            Name("लक्ष्मी", "lakshmi"),
            Name("राजेश", "rajesh"),
            Name("श्रेया", "shreya"),
            Name("कृष्णा", "krishna"),
            Name("ज्योति", "jyoti"),
            Name("ओमप्रकाश", "omprakash"),
        ],
        family: &[
            Name("शर्मा", "sharma"),
            Name("गुप्ता", "gupta"),
            Name("त्रिपाठी", "tripathi"),
            Name("सिंह", "singh"),
            Name("वर्मा", "verma"),
            Name("चतुर्वेदी", "chaturvedi"),
            Name("यादव", "yadav"),
            Name("मिश्रा", "mishra"),
            Name("अग्रवाल", "agrawal"),
        ],
    }],
    cities: &[
        city("नई दिल्ली", "IN", "91", "110###"),
        city("मुंबई", "IN", "91", "400###"),
        city("जयपुर", "IN", "91", "302###"),
        city("वाराणसी", "IN", "91", "221###"),
    ],
    streets: &["% महात्मा गांधी मार्ग", "मकान नं. %, शांति नगर", "गली नं. %, सदर बाज़ार"],
};

pub(super) static BENGALI: Locale = Locale {
    language: "bn",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("অনন্যা", "ananya"),
            Name("রফিক", "rafiq"),
            Name("সুমাইয়া", "sumaiya"),
            Name("তানভীর", "tanvir"),
            Name("মৌসুমী", "mousumi"),
            Name("জয়ন্ত", "jayanta"),
            Name("ফারহানা", "farhana"),
        ],
        family: &[
            Name("চৌধুরী", "chowdhury"),
            Name("রহমান", "rahman"),
            Name("সরকার", "sarkar"),
            Name("হোসেন", "hossain"),
            Name("দাস", "das"),
            Name("বন্দ্যোপাধ্যায়", "bandopadhyay"),
            Name("মজুমদার", "majumdar"),
        ],
    }],
    cities: &[city("ঢাকা", "BD", "880", "12##"), city("চট্টগ্রাম", "BD", "880", "4###"), city("কলকাতা", "IN", "91", "7000##")],
    streets: &["% মিরপুর রোড", "বাড়ি %, ধানমন্ডি", "% কলেজ স্ট্রিট"],
};

pub(super) static TAMIL: Locale = Locale {
    language: "ta",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("கவிதா", "kavitha"),
            Name("முருகன்", "murugan"),
            Name("அருண்", "arun"),
            Name("மீனாட்சி", "meenakshi"),
            Name("செந்தில்", "senthil"),
            Name("பூங்கொடி", "poongodi"),
        ],
        family: &[
            Name("சுப்பிரமணியன்", "subramanian"),
            Name("நடராஜன்", "natarajan"),
            Name("செல்வம்", "selvam"),
            Name("பழனி", "palani"),
            Name("வேலு", "velu"),
            Name("கந்தசாமி", "kandasamy"),
        ],
    }],
    cities: &[
        city("சென்னை", "IN", "91", "6000##"),
        city("மதுரை", "IN", "91", "6250##"),
        city("யாழ்ப்பாணம்", "LK", "94", "400##"),
    ],
    streets: &["% அண்ணா சாலை", "% வடக்கு வீதி", "எண் %, கோவில் தெரு"],
};
