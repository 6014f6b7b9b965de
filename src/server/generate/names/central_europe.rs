//! Polish, Czech and Hungarian: Latin letters with many marks.

use super::{Group, Locale, Name, NameOrder, city};

pub(super) static POLISH: Locale = Locale {
    language: "pl",
    order: NameOrder::GivenFirst,
    groups: &[
        Group {
            given: &[
                Name("Małgorzata", "malgorzata"),
                Name("Łucja", "lucja"),
                Name("Agnieszka", "agnieszka"),
                Name("Zofia", "zofia"),
                Name("Bożena", "bozena"),
                Name("Żaneta", "zaneta"),
                Name("Wisława", "wislawa"),
                Name("Róża", "roza"),
            ],
            family: &[
                Name("Kowalska", "kowalska"),
                Name("Wiśniewska", "wisniewska"),
                Name("Zając", "zajac"),
                Name("Wójcik", "wojcik"),
                Name("Dąbrowska", "dabrowska"),
                Name("Źródlańska", "zrodlanska"),
                Name("Ćwiklińska", "cwiklinska"),
            ],
        },
        Group {
            given: &[
                Name("Łukasz", "lukasz"),
                Name("Paweł", "pawel"),
                Name("Stanisław", "stanislaw"),
                Name("Grzegorz", "grzegorz"),
                Name("Wojciech", "wojciech"),
                Name("Krzysztof", "krzysztof"),
                Name("Józef", "jozef"),
                Name("Sławomir", "slawomir"),
            ],
            family: &[
                Name("Kowalski", "kowalski"),
                Name("Wiśniewski", "wisniewski"),
                Name("Zając", "zajac"),
                Name("Wójcik", "wojcik"),
                Name("Dąbrowski", "dabrowski"),
                Name("Źródlański", "zrodlanski"),
                Name("Ćwikliński", "cwiklinski"),
            ],
        },
    ],
    cities: &[
        city("Kraków", "PL", "48", "30-###"),
        city("Łódź", "PL", "48", "90-###"),
        city("Gdańsk", "PL", "48", "80-###"),
        city("Zielona Góra", "PL", "48", "65-###"),
    ],
    streets: &["ul. Lipowa %", "ul. Świętojańska %", "os. Słoneczne %/%", "al. Niepodległości % m. %"],
};

pub(super) static CZECH: Locale = Locale {
    language: "cs",
    order: NameOrder::GivenFirst,
    groups: &[
        Group {
            given: &[
                Name("Božena", "bozena"),
                Name("Kateřina", "katerina"),
                Name("Žaneta", "zaneta"),
                Name("Eliška", "eliska"),
                Name("Markéta", "marketa"),
                Name("Růžena", "ruzena"),
            ],
            family: &[
                Name("Novotná", "novotna"),
                Name("Dvořáková", "dvorakova"),
                Name("Říhová", "rihova"),
                Name("Černá", "cerna"),
                Name("Šťastná", "stastna"),
                Name("Kučerová", "kucerova"),
            ],
        },
        Group {
            given: &[
                Name("Jiří", "jiri"),
                Name("Ondřej", "ondrej"),
                Name("Tomáš", "tomas"),
                Name("Vojtěch", "vojtech"),
                Name("Luboš", "lubos"),
                Name("Zdeněk", "zdenek"),
            ],
            family: &[
                Name("Novotný", "novotny"),
                Name("Dvořáček", "dvoracek"),
                Name("Říha", "riha"),
                Name("Černý", "cerny"),
                Name("Šťastný", "stastny"),
                Name("Kučera", "kucera"),
            ],
        },
    ],
    cities: &[
        city("Praha", "CZ", "420", "1## 00"),
        city("Plzeň", "CZ", "420", "30# 00"),
        city("Ústí nad Labem", "CZ", "420", "400 0#"),
    ],
    streets: &["Dlouhá %", "Na Příkopě %/%", "náměstí Míru %", "U Věže %"],
};

pub(super) static HUNGARIAN: Locale = Locale {
    language: "hu",
    order: NameOrder::FamilyFirst,
    groups: &[Group {
        given: &[
            Name("Ágnes", "agnes"),
            Name("Zoltán", "zoltan"),
            Name("Erzsébet", "erzsebet"),
            Name("Gergő", "gergo"),
            Name("Tünde", "tunde"),
            Name("Lőrinc", "lorinc"),
            Name("Boglárka", "boglarka"),
            Name("Győző", "gyozo"),
        ],
        family: &[
            Name("Kovács", "kovacs"),
            Name("Szőke", "szoke"),
            Name("Őri", "ori"),
            Name("Tóth", "toth"),
            Name("Fűzi", "fuzi"),
            Name("Kőműves", "komuves"),
            Name("Ágoston", "agoston"),
            Name("Nagy-Szűcs", "nagyszucs"),
        ],
    }],
    cities: &[
        city("Budapest", "HU", "36", "10##"),
        city("Győr", "HU", "36", "902#"),
        city("Hódmezővásárhely", "HU", "36", "6800"),
    ],
    streets: &["Kossuth tér %.", "Fő utca %.", "Szőlő köz %.", "Vörösmarty u. %/@"],
};
