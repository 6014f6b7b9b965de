//! Greek, Russian and Ukrainian.

use super::{Group, Locale, Name, NameOrder, city};

pub(super) static GREEK: Locale = Locale {
    language: "el",
    order: NameOrder::GivenFirst,
    groups: &[
        Group {
            given: &[
                Name("Ελένη", "eleni"),
                Name("Κατερίνα", "katerina"),
                Name("Αγγελική", "angeliki"),
                Name("Δήμητρα", "dimitra"),
                Name("Χρυσούλα", "chrysoula"),
                Name("Μαΐρη", "mairi"),
            ],
            family: &[
                Name("Παπαδοπούλου", "papadopoulou"),
                Name("Γεωργίου", "georgiou"),
                Name("Οικονόμου", "oikonomou"),
                Name("Βλάχου", "vlachou"),
                Name("Ξυδάκη", "xydaki"),
                Name("Νικολαΐδου", "nikolaidou"),
            ],
        },
        Group {
            given: &[
                Name("Γιώργος", "giorgos"),
                Name("Ανδρέας", "andreas"),
                Name("Θανάσης", "thanasis"),
                Name("Χρήστος", "christos"),
                Name("Σπύρος", "spyros"),
                Name("Ηρακλής", "iraklis"),
            ],
            family: &[
                Name("Παπαδόπουλος", "papadopoulos"),
                Name("Γεωργίου", "georgiou"),
                Name("Οικονόμου", "oikonomou"),
                Name("Βλάχος", "vlachos"),
                Name("Ξυδάκης", "xydakis"),
                Name("Νικολαΐδης", "nikolaidis"),
            ],
        },
    ],
    cities: &[
        city("Αθήνα", "GR", "30", "10# ##"),
        city("Θεσσαλονίκη", "GR", "30", "54# ##"),
        city("Λευκωσία", "CY", "357", "10##"),
    ],
    streets: &["Ερμού %", "Λεωφόρος Συγγρού %", "Αγίου Δημητρίου %", "Οδός Ελαιών %"],
};

pub(super) static RUSSIAN: Locale = Locale {
    language: "ru",
    order: NameOrder::GivenFirst,
    groups: &[
        Group {
            given: &[
                Name("Ольга", "olga"),
                Name("Наталья", "natalya"),
                Name("Ксения", "kseniya"),
                Name("Людмила", "lyudmila"),
                Name("Алёна", "alyona"),
                Name("Юлия", "yuliya"),
                Name("Василиса", "vasilisa"),
            ],
            family: &[
                Name("Соколова", "sokolova"),
                Name("Берёзкина", "beryozkina"),
                Name("Щербакова", "shcherbakova"),
                Name("Морозова", "morozova"),
                Name("Журавлёва", "zhuravlyova"),
                Name("Цветкова", "tsvetkova"),
            ],
        },
        Group {
            given: &[
                Name("Фёдор", "fyodor"),
                Name("Михаил", "mikhail"),
                Name("Артём", "artyom"),
                Name("Сергей", "sergey"),
                Name("Вячеслав", "vyacheslav"),
                Name("Юрий", "yury"),
                Name("Игнатий", "ignaty"),
            ],
            family: &[
                Name("Соколов", "sokolov"),
                Name("Берёзкин", "beryozkin"),
                Name("Щербаков", "shcherbakov"),
                Name("Морозов", "morozov"),
                Name("Журавлёв", "zhuravlyov"),
                Name("Цветков", "tsvetkov"),
            ],
        },
    ],
    cities: &[
        city("Новосибирск", "RU", "7", "630###"),
        city("Казань", "RU", "7", "420###"),
        city("Йошкар-Ола", "RU", "7", "424###"),
        city("Алматы", "KZ", "7", "0500##"),
    ],
    streets: &["ул. Садовая, д. %", "пр. Мира, %", "Берёзовая аллея, %, кв. %", "наб. реки Фонтанки, %"],
};

pub(super) static UKRAINIAN: Locale = Locale {
    language: "uk",
    order: NameOrder::GivenFirst,
    groups: &[Group {
        given: &[
            Name("Оксана", "oksana"),
            Name("Мар’яна", "mariana"),
            Name("Ганна", "hanna"),
            Name("Євгенія", "yevheniia"),
            Name("Соломія", "solomiia"),
            Name("Олексій", "oleksii"),
            Name("Тарас", "taras"),
            Name("Богдан", "bohdan"),
            Name("Ігор", "ihor"),
            Name("Юхим", "yukhym"),
        ],
        family: &[
            Name("Кравченко", "kravchenko"),
            Name("Бойко", "boiko"),
            Name("Гнатюк", "hnatiuk"),
            Name("Лук'яненко", "lukianenko"),
            Name("Ткачук", "tkachuk"),
            Name("Щербак", "shcherbak"),
            Name("Приходько", "prykhodko"),
            Name("Їжак", "yizhak"),
            Name("Ґудзь", "gudz"),
            Name("Дерев’янко", "derevianko"),
        ],
    }],
    cities: &[
        city("Київ", "UA", "380", "01###"),
        city("Львів", "UA", "380", "79###"),
        city("Одеса", "UA", "380", "65###"),
        city("Кам’янець-Подільський", "UA", "380", "323##"),
    ],
    streets: &["вул. Городоцька, %", "просп. Свободи, %", "пл. Ринок, %", "вул. Яблунева, %-@"],
};
