//! Turkish, Georgian, Arabic, Hebrew and Persian.

use super::{Group, Locale, Name, NameOrder, city};

pub(super) static TURKISH: Locale = Locale {
    language: "tr",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("Ayşe", "ayse"),
            Name("Çağla", "cagla"),
            Name("İbrahim", "ibrahim"),
            Name("Işıl", "isil"),
            Name("Gökhan", "gokhan"),
            Name("Şebnem", "sebnem"),
            Name("Ümit", "umit"),
            Name("Özge", "ozge"),
            Name("Tuğba", "tugba"),
            Name("Yiğit", "yigit"),
        ],
        family: &[
            Name("Yılmaz", "yilmaz"),
            Name("Öztürk", "ozturk"),
            Name("Çelik", "celik"),
            Name("Şahin", "sahin"),
            Name("Aydın", "aydin"),
            Name("Güneş", "gunes"),
            Name("Kılıç", "kilic"),
            Name("Doğan", "dogan"),
            Name("Işık", "isik"),
            Name("İpekçi", "ipekci"),
        ],
    }],
    cities: &[
        city("İstanbul", "TR", "90", "34###"),
        city("İzmir", "TR", "90", "35###"),
        city("Muğla", "TR", "90", "48###"),
        city("Diyarbakır", "TR", "90", "21###"),
    ],
    streets: &["Atatürk Cad. No: %", "Çiçek Sokağı No: %/%", "İstiklal Caddesi %", "Gül Sk. %, Daire %"],
};

pub(super) static GEORGIAN: Locale = Locale {
    language: "ka",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("ნინო", "nino"),
            Name("გიორგი", "giorgi"),
            Name("თამარ", "tamar"),
            Name("ლევან", "levan"),
            Name("მარიამ", "mariam"),
            Name("ზურაბ", "zurab"),
            Name("ქეთევან", "ketevan"),
            Name("ვახტანგ", "vakhtang"),
        ],
        family: &[
            Name("ბერიძე", "beridze"),
            Name("კაპანაძე", "kapanadze"),
            Name("გელაშვილი", "gelashvili"),
            Name("ლომიძე", "lomidze"),
            Name("წიკლაური", "tsiklauri"),
            Name("ჭანტურია", "chanturia"),
            Name("მაისურაძე", "maisuradze"),
        ],
    }],
    cities: &[
        city("თბილისი", "GE", "995", "01##"),
        city("ქუთაისი", "GE", "995", "46##"),
        city("ბათუმი", "GE", "995", "60##"),
    ],
    streets: &["რუსთაველის გამზირი %", "წერეთლის ქუჩა %", "ვაზის ქუჩა %"],
};

pub(super) static ARABIC: Locale = Locale {
    language: "ar",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("محمد", "mohamed"),
            Name("فاطمة", "fatima"),
            Name("عائشة", "aisha"),
            Name("يوسف", "youssef"),
            Name("ليلى", "layla"),
            Name("خالد", "khaled"),
            Name("نور", "nour"),
            Name("سارة", "sara"),
            Name("عمر", "omar"),
            Name("رؤى", "roua"),
            Name("إبراهيم", "ibrahim"),
        ],
        family: &[
            Name("الحداد", "alhaddad"),
            Name("النجار", "alnajjar"),
            Name("المصري", "almasri"),
            Name("الخطيب", "alkhatib"),
            Name("العلي", "alali"),
            Name("بركات", "barakat"),
            Name("الشامي", "alshami"),
            Name("أبو زيد", "abuzaid"),
            Name("آل ياسين", "alyasin"),
        ],
    }],
    cities: &[
        city("القاهرة", "EG", "20", "115##"),
        city("الرياض", "SA", "966", "1####"),
        city("الدار البيضاء", "MA", "212", "20###"),
        city("دبي", "AE", "971", ""),
        city("عمّان", "JO", "962", "11###"),
    ],
    streets: &["شارع النيل %", "شارع الزيتون، مبنى %", "حي السلام، %", "طريق الملك فيصل %"],
};

pub(super) static HEBREW: Locale = Locale {
    language: "he",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("הדס", "hadas"),
            Name("יעל", "yael"),
            Name("אורי", "uri"),
            Name("דוד", "david"),
            Name("תמר", "tamar"),
            Name("איתי", "itay"),
            Name("שירה", "shira"),
            Name("רחל", "rachel"),
            Name("נחמיה", "nehemya"),
            Name("ז׳ניה", "zhenya"),
        ],
        family: &[
            Name("כהן", "cohen"),
            Name("לוי", "levi"),
            Name("מזרחי", "mizrahi"),
            Name("פרידמן", "friedman"),
            Name("ביטון", "biton"),
            Name("בן־דוד", "bendavid"),
            Name("אזולאי", "azoulay"),
            Name("כ\"ץ", "katz"),
            Name("ש\"ץ", "shatz"),
        ],
    }],
    cities: &[
        city("תל אביב", "IL", "972", "6######"),
        city("ירושלים", "IL", "972", "9######"),
        city("חיפה", "IL", "972", "3######"),
    ],
    streets: &["רחוב הרצל %", "שדרות האלון %", "רחוב הזית % א׳", "סמטת הגפן %"],
};

pub(super) static PERSIAN: Locale = Locale {
    language: "fa",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("زهرا", "zahra"),
            Name("رضا", "reza"),
            Name("مریم", "maryam"),
            Name("کیان", "kian"),
            Name("پریسا", "parisa"),
            Name("آرش", "arash"),
            Name("ژاله", "zhaleh"),
            Name("گلناز", "golnaz"),
        ],
        family: &[
            Name("کریمی", "karimi"),
            Name("نوری", "nouri"),
            Name("جعفری", "jafari"),
            Name("شیرازی", "shirazi"),
            Name("گل\u{200c}محمدی", "golmohammadi"),
            Name("صادقی", "sadeghi"),
            Name("پاکزاد", "pakzad"),
        ],
    }],
    cities: &[
        city("تهران", "IR", "98", "1#########"),
        city("شیراز", "IR", "98", "71########"),
        city("اصفهان", "IR", "98", "81########"),
    ],
    streets: &["خیابان آزادی، پلاک %", "کوچهٔ یاس، %", "بلوار گلستان %"],
};
