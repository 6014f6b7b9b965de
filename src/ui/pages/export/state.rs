//! The form's state: what its controls hold and which of its errors are shown.

use leptos::{prelude::*, web_sys::FormData};

use crate::{
    domain::{
        connection::Connection,
        export::{CSV_MAX_FIELDS, FieldInput, Place, Violation},
        export_form::{ExportForm, ExportQuery},
    },
    ui::components::{asked::shared, submit::fields_of},
};

/// Where a field moves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Before the field that precedes it.
    Up,
    /// Behind the field that follows it.
    Down,
}

impl Direction {
    /// Its name in sentences and ids.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// An added field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Tells it from the others, whatever is added and removed.
    pub key: usize,
    /// The attribute's path.
    pub name: RwSignal<String>,
    /// The title.
    pub title: RwSignal<String>,
    /// Whether its errors are shown: not before the member had a chance to finish it.
    pub touched: RwSignal<bool>,
}

impl Row {
    /// The id of the attribute's input.
    pub fn name_id(self) -> String {
        format!("field-{}-name", self.key)
    }

    /// The id of the title's input.
    pub fn title_id(self) -> String {
        format!("field-{}-title", self.key)
    }

    /// The id of the button that moves it up or down.
    pub fn move_id(self, direction: Direction) -> String {
        format!("field-{}-{}", self.key, direction.name())
    }
}

/// Rules that only the server saw broken, and the form that broke them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rejection {
    form: ExportForm,
    violations: Vec<Violation>,
}

/// The form's state.
#[derive(Clone, Copy)]
pub struct FormState {
    /// The connection's id, or empty.
    pub connection: RwSignal<String>,
    /// The search.
    pub q: RwSignal<String>,
    /// The format's name.
    pub format: RwSignal<String>,
    /// Whether the default fields are included.
    pub include_defaults: RwSignal<bool>,
    /// Whether it is a sample.
    pub sample: RwSignal<bool>,
    /// The added fields.
    pub rows: RwSignal<Vec<Row>>,
    next_key: StoredValue<usize>,
    checked: RwSignal<bool>,
    rejection: RwSignal<Option<Rejection>>,
    /// All of it, as it is submitted.
    pub form: Memo<ExportForm>,
    violations: Memo<Vec<Violation>>,
    remarks: Memo<Vec<Violation>>,
    /// What is said, and not shown, of the fields: where one moved to, what is wrong with one.
    pub news: RwSignal<String>,
}

impl FormState {
    /// The state that the address asks for.
    pub fn new(query: ExportQuery, connections: Vec<Connection>) -> Self {
        let check = query.check;
        let ExportForm { connection, q, format, include_defaults, fields, sample } = query.into_form();
        let rows: Vec<_> = fields.into_iter().enumerate().map(|(key, field)| row(key, field, check)).collect();
        let next_key = StoredValue::new(rows.len());
        let connection = RwSignal::new(connection);
        let q = RwSignal::new(q);
        let format = RwSignal::new(format);
        let include_defaults = RwSignal::new(include_defaults);
        let sample = RwSignal::new(sample);
        let rows = RwSignal::new(rows);
        let form = Memo::new(move |_| ExportForm {
            connection: connection.get(),
            q: q.get(),
            format: format.get(),
            include_defaults: include_defaults.get(),
            fields: rows.with(|rows| rows.iter().map(|row| input(*row)).collect()),
            sample: sample.get(),
        });
        // What only the server sees it knows of the form that the page begins with, too.
        let of_server = shared(|| {
            let violations = form.with_untracked(|form| form.check().err().unwrap_or_default());
            violations.into_iter().filter(|violation| violation.place == Place::Query).collect::<Vec<_>>()
        });
        let first = Rejection { form: form.get_untracked(), violations: of_server };
        let rejection = RwSignal::new(Some(first));
        let violations = Memo::new(move |_| {
            form.with(|form| {
                let mut violations = form.check().err().unwrap_or_default();
                if !violations.iter().any(|violation| violation.place == Place::Connection) {
                    violations.extend(unknown_connection(form, &connections));
                }
                rejection.with(|rejection| {
                    for violation in rejection.iter().filter(|it| it.form == *form).flat_map(|it| &it.violations) {
                        if !violations.iter().any(|known| known.place == violation.place) {
                            violations.push(violation.clone());
                        }
                    }
                });
                violations
            })
        });
        let remarks = Memo::new(move |_| form.with(ExportForm::remarks));
        Self {
            connection,
            q,
            format,
            include_defaults,
            sample,
            rows,
            next_key,
            checked: RwSignal::new(check),
            rejection,
            form,
            violations,
            remarks,
            news: RwSignal::new(String::new()),
        }
    }

    /// Adds an empty field and gives it back.
    pub fn add(self) -> Row {
        let key = self.next_key.get_value();
        self.next_key.set_value(key + 1);
        let row = row(key, FieldInput::default(), false);
        self.rows.update(|rows| rows.push(row));
        row
    }

    /// Removes a field; gives back the one that follows it or else the one before it, if any is left.
    pub fn remove(self, key: usize) -> Option<Row> {
        let mut neighbour = None;
        self.rows.update(|rows| {
            if let Some(index) = rows.iter().position(|row| row.key == key) {
                rows.remove(index);
                neighbour = rows.get(index).or_else(|| rows.last()).copied();
            }
        });
        neighbour
    }

    /// Moves a field by one place, if there is one, and says where it is then.
    pub fn shift(self, key: usize, direction: Direction) {
        let Some(index) = self.rows.with_untracked(|rows| rows.iter().position(|row| row.key == key)) else { return };
        let count = self.rows.with_untracked(Vec::len);
        let target = match direction {
            Direction::Up => index.checked_sub(1),
            Direction::Down => Some(index + 1).filter(|target| *target < count),
        };
        let text = match target {
            Some(target) => {
                self.rows.update(|rows| rows.swap(index, target));
                format!("Moved {}: now field {} of {count}.", direction.name(), target + 1)
            }
            None => format!("Field {} of {count} can't move {}.", index + 1, direction.name()),
        };
        self.news.set(text);
    }

    /// The place of a row in the list, from 0.
    pub fn index_of(self, row: Row) -> Memo<usize> {
        Memo::new(move |before: Option<&usize>| {
            let index = self.rows.with(|rows| rows.iter().position(|other| other.key == row.key));
            // A row that is removed has its last one for as long as it is there.
            index.or(before.copied()).unwrap_or_default()
        })
    }

    /// Says what is wrong with a field or noteworthy, once there was time to finish it.
    pub fn tell_about(self, row: Row) {
        // The page or the row may be gone by now.
        let rows = self.rows.try_get_untracked().unwrap_or_default();
        let Some(index) = rows.iter().position(|other| other.key == row.key) else { return };
        row.touched.set(true);
        let parts = untrack(|| {
            [self.message_at(Place::FieldName(index)), self.remark_at(index), self.message_at(Place::FieldTitle(index))]
        });
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let field = format!("Field {}: ", index + 1);
        if !parts.is_empty() {
            // The same words again would be no news.
            set_if_changed(self.news, format!("{field}{}", parts.join(" ")));
        } else if self.news.with_untracked(|news| news.starts_with(&field)) {
            // Mended. What else was said stays: it may not have been heard yet.
            self.news.set(String::new());
        }
    }

    /// Shows every error there is, as the member wants to submit; gives back the errors.
    pub fn check(self) -> Vec<Violation> {
        self.checked.set(true);
        self.rows.with_untracked(|rows| rows.iter().for_each(|row| row.touched.set(true)));
        self.violations.get_untracked()
    }

    /// Takes over the rules that the server saw broken in the form as it is.
    pub fn reject(self, violations: Vec<Violation>) {
        self.rejection.set(Some(Rejection { form: self.form.get_untracked(), violations }));
    }

    /// Takes over what the controls hold: someone may have typed before the page was taken over, and browsers restore
    /// what was typed when they come back to a page.
    pub fn read_controls(self, data: &FormData) {
        let Some(form) = fields_of(data).and_then(|fields| ExportQuery::parse(&fields).form) else { return };
        set_if_changed(self.connection, form.connection);
        set_if_changed(self.q, form.q);
        set_if_changed(self.format, form.format);
        set_if_changed(self.include_defaults, form.include_defaults);
        set_if_changed(self.sample, form.sample);
        self.rows.with_untracked(|rows| {
            for (row, field) in rows.iter().zip(form.fields) {
                set_if_changed(row.name, field.name);
                set_if_changed(row.title, field.export_as.unwrap_or_default());
            }
        });
    }

    /// The errors that are there, shown yet or not.
    pub fn violations(self) -> Vec<Violation> {
        self.violations.get()
    }

    /// What is wrong at `place`, if it is shown by now.
    pub fn message_at(self, place: Place) -> Option<String> {
        let shown = match place {
            Place::FieldName(index) | Place::FieldTitle(index) => {
                self.rows.with(|rows| rows.get(index).is_some_and(|row| row.touched.get()))
            }
            Place::Fields => self.checked.get() || self.is_over_limit(),
            Place::Connection | Place::Query | Place::Format | Place::Limit => self.checked.get(),
        };
        let message = self.violations.with(|violations| {
            let here = violations.iter().filter(|violation| violation.place == place);
            here.map(|violation| violation.message.as_str()).collect::<Vec<_>>().join(" ")
        });
        (shown && !message.is_empty()).then_some(message)
    }

    /// What is noteworthy about the attribute of the field with this index, if it is shown by now.
    pub fn remark_at(self, index: usize) -> Option<String> {
        let shown = self.rows.with(|rows| rows.get(index).is_some_and(|row| row.touched.get()));
        let place = Place::FieldName(index);
        let find = |remarks: &Vec<Violation>| remarks.iter().find(|it| it.place == place).map(|it| it.message.clone());
        if shown { self.remarks.with(find) } else { None }
    }

    /// Whether CSV could not hold that many fields.
    pub fn is_over_limit(self) -> bool {
        self.is_csv() && self.form.with(ExportForm::column_count) > CSV_MAX_FIELDS
    }

    /// Whether the format is CSV.
    pub fn is_csv(self) -> bool {
        self.format.with(|format| format == "csv")
    }

    /// The id of the control at `place`.
    pub fn control_id(self, place: Place) -> String {
        let row = |index: usize| self.rows.with_untracked(|rows| rows.get(index).copied());
        match place {
            Place::Connection => "connection".to_owned(),
            Place::Query => "q".to_owned(),
            Place::Format => "format".to_owned(),
            Place::Limit => "sample".to_owned(),
            Place::Fields => "add-fields".to_owned(),
            Place::FieldName(index) => row(index).map_or_else(|| "add-fields".to_owned(), Row::name_id),
            Place::FieldTitle(index) => row(index).map_or_else(|| "add-fields".to_owned(), Row::title_id),
        }
    }
}

fn row(key: usize, field: FieldInput, touched: bool) -> Row {
    Row {
        key,
        name: RwSignal::new(field.name),
        title: RwSignal::new(field.export_as.unwrap_or_default()),
        touched: RwSignal::new(touched),
    }
}

fn input(row: Row) -> FieldInput {
    FieldInput { name: row.name.get(), export_as: Some(row.title.get()).filter(|title| !title.is_empty()) }
}

/// A form may be older than the list of connections: a link, or a page left open.
fn unknown_connection(form: &ExportForm, connections: &[Connection]) -> Option<Violation> {
    let known =
        form.connection.is_empty() || connections.iter().any(|connection| connection.id.as_str() == form.connection);
    (!known).then(|| Violation::new(Place::Connection, "This connection does not exist any more: choose another."))
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}
