//! The form of the page Export Users, as a browser posts it or a link carries it.

use serde::{Deserialize, Serialize};

use super::{
    export::{ExportInput, ExportRequest, FieldInput, Format, Place, SAMPLE_ROWS, Violation},
    field::FieldSpec,
    query,
};

/// What the form's controls hold, right or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportForm {
    /// The connection's id; empty: all connections.
    #[serde(default)]
    pub connection: String,
    /// Only users that this search finds are exported; empty: all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub q: String,
    /// `json` or `csv`.
    #[serde(default)]
    pub format: String,
    /// Whether the default fields come before the added ones.
    #[serde(default)]
    pub include_defaults: bool,
    /// The added fields.
    #[serde(default)]
    pub fields: Vec<FieldInput>,
    /// Whether the export is a sample of [`SAMPLE_ROWS`] users.
    #[serde(default)]
    pub sample: bool,
}

impl Default for ExportForm {
    /// The form as it is first shown.
    fn default() -> Self {
        Self {
            connection: String::new(),
            q: String::new(),
            format: Format::Json.name().to_owned(),
            include_defaults: true,
            fields: Vec::new(),
            sample: false,
        }
    }
}

impl ExportForm {
    /// How many default fields come before the added ones.
    fn defaults_before(&self) -> usize {
        // Without an added field the request names no field at all, which means the default ones.
        if self.include_defaults && !self.fields.is_empty() { FieldSpec::defaults().len() } else { 0 }
    }

    /// Checks every rule of the form and of the export that it asks for.
    ///
    /// # Errors
    /// All broken rules at once; the index in a [`Place`] is that of the added field.
    pub fn check(&self) -> Result<ExportRequest, Vec<Violation>> {
        let before = self.defaults_before();
        let result = ExportRequest::parse(&self.to_input());
        if !self.include_defaults && self.fields.is_empty() {
            let mut violations = result.err().unwrap_or_default();
            violations.push(Violation::new(
                Place::Fields,
                "There is nothing to export: add a field or include the default fields.",
            ));
            return Err(violations);
        }
        result.map_err(|violations| violations.into_iter().map(|violation| shift(violation, before)).collect())
    }

    /// What is allowed but seldom meant, each at its added field: an attribute that the file has already.
    pub fn remarks(&self) -> Vec<Violation> {
        let defaults = if self.include_defaults { FieldSpec::defaults() } else { Vec::new() };
        let remark = |(index, field): (usize, &FieldInput)| {
            let name = field.name.trim();
            let earlier = self.fields.iter().take(index).position(|earlier| earlier.name.trim() == name);
            let place = match earlier {
                _ if name.is_empty() => return None,
                _ if defaults.iter().any(|default| default.path.as_str() == name) => {
                    "among the default fields".to_owned()
                }
                Some(earlier) => format!("field {}", earlier + 1),
                None => return None,
            };
            Some(Violation::new(Place::FieldName(index), format!("\"{name}\" is {place} already.")))
        };
        self.fields.iter().enumerate().filter_map(remark).collect()
    }

    /// The number of columns that the file would have.
    pub fn column_count(&self) -> usize {
        self.fields.len() + if self.include_defaults { FieldSpec::defaults().len() } else { 0 }
    }

    /// The address that shows this form.
    pub fn to_url(&self) -> String {
        if *self == Self::default() { PATH.to_owned() } else { self.to_address(false) }
    }

    /// The address that shows this form, with its errors.
    pub fn to_checked_url(&self) -> String {
        self.to_address(true)
    }

    fn to_address(&self, check: bool) -> String {
        let flag = |flag: bool| if flag { "true" } else { "false" };
        let mut query = String::new();
        query::push(&mut query, "form[connection]", &self.connection);
        if !self.q.is_empty() {
            query::push(&mut query, "form[q]", &self.q);
        }
        query::push(&mut query, "form[format]", &self.format);
        query::push(&mut query, "form[include_defaults]", flag(self.include_defaults));
        for (index, field) in self.fields.iter().enumerate() {
            query::push(&mut query, &format!("form[fields][{index}][name]"), &field.name);
            if let Some(title) = &field.export_as {
                query::push(&mut query, &format!("form[fields][{index}][export_as]"), title);
            }
        }
        query::push(&mut query, "form[sample]", flag(self.sample));
        query::push(&mut query, "check", flag(check));
        format!("{PATH}?{query}")
    }

    fn to_input(&self) -> ExportInput {
        let defaults = FieldSpec::defaults().into_iter().take(self.defaults_before());
        ExportInput {
            connection_id: Some(self.connection.clone()).filter(|id| !id.is_empty()),
            q: Some(self.q.trim().to_owned()).filter(|q| !q.is_empty()),
            format: self.format.clone(),
            limit: self.sample.then_some(SAMPLE_ROWS.get().cast_signed()),
            fields: defaults
                .map(|field| FieldInput { name: field.path.to_string(), export_as: field.export_as })
                .chain(self.fields.iter().map(|field| FieldInput {
                    // A stray space around what a person typed is never meant.
                    name: field.name.trim().to_owned(),
                    export_as: field.export_as.clone().filter(|title| !title.is_empty()),
                }))
                .collect(),
        }
    }
}

/// The address of the page Export Users.
pub const PATH: &str = "/users/import-export/export";

/// What the address of the page Export Users may carry behind its `?`: the whole form, so that it works without
/// JavaScript, and a link can repeat an export's settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportQuery {
    /// The form; absent: as it is first shown.
    pub form: Option<ExportForm>,
    /// Whether the form has been submitted, so that its errors are shown.
    pub check: bool,
    /// The button "Add Fields" was pressed.
    pub add_field: Option<String>,
    /// The remove button of the added field with this index was pressed.
    pub remove_field: Option<usize>,
    /// The button that moves the added field with this index up was pressed.
    pub move_up: Option<usize>,
    /// The button that moves the added field with this index down was pressed.
    pub move_down: Option<usize>,
}

/// A control of an added field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldControl {
    /// The input User Attribute.
    Name,
    /// The button that moves the field up.
    Up,
    /// The button that moves the field down.
    Down,
}

impl ExportQuery {
    /// Reads what is behind the `?`; text that is no such query reads as an empty one.
    pub fn parse(query: &str) -> Self {
        let mut read = Self::default();
        let mut form = TypedForm::default();
        for (name, value) in query::fields(query) {
            match name.as_str() {
                "check" => read.check = value == "true",
                "add_field" => read.add_field = Some(value),
                "remove_field" => read.remove_field = value.parse().ok(),
                "move_up" => read.move_up = value.parse().ok(),
                "move_down" => read.move_down = value.parse().ok(),
                name => form.take(name, value),
            }
        }
        Self { form: form.finish(), ..read }
    }

    /// Where the focus belongs after one of the buttons was pressed: the index of the added field in the form to show, and
    /// its control.
    pub fn focus(&self) -> Option<(usize, FieldControl)> {
        let count = self.form.as_ref().map_or(0, |form| form.fields.len());
        let last = count.checked_sub(1);
        if self.add_field.is_some() {
            Some((count, FieldControl::Name))
        } else if let Some(index) = self.remove_field {
            let last = last?.checked_sub(1)?;
            Some((index.min(last), FieldControl::Name))
        } else if let Some(index) = self.move_up {
            Some((index.min(last?).saturating_sub(1), FieldControl::Up))
        } else {
            let index = self.move_down?;
            Some((index.saturating_add(1).min(last?), FieldControl::Down))
        }
    }

    /// The form to show: with one field more, less or elsewhere where such a button was pressed.
    pub fn into_form(self) -> ExportForm {
        let mut form = self.form.unwrap_or_default();
        if let Some(index) = self.remove_field
            && index < form.fields.len()
        {
            form.fields.remove(index);
        }
        // A field moves up by changing places with the one before it, and down by that one's moving up.
        let moves = [self.move_up, self.move_down.and_then(|index| index.checked_add(1))];
        for index in moves.into_iter().flatten() {
            if (1..form.fields.len()).contains(&index) {
                form.fields.swap(index - 1, index);
            }
        }
        if self.add_field.is_some() {
            form.fields.push(FieldInput::default());
        }
        form
    }
}

/// A form that is being read, field by field.
#[derive(Default)]
struct TypedForm {
    /// Absent until there is a field of a form. A switch that is off is not sent.
    form: Option<ExportForm>,
    /// The added fields in the order of their indexes, which may have gaps.
    rows: Vec<(usize, FieldInput)>,
}

impl TypedForm {
    /// Takes a field, if it is one of the form.
    fn take(&mut self, name: &str, value: String) {
        let nothing = || ExportForm { format: String::new(), include_defaults: false, ..ExportForm::default() };
        let parts: Vec<_> = name.split(['[', ']']).filter(|part| !part.is_empty()).collect();
        let index = parts.get(2).and_then(|index| index.parse().ok());
        let form = match (parts.as_slice(), index) {
            (["form", "connection" | "q" | "format" | "include_defaults" | "sample"], _) => {
                self.form.get_or_insert_with(nothing)
            }
            (["form", "fields", _, "name" | "export_as"], Some(index)) => {
                self.form.get_or_insert_with(nothing);
                let row = self.row(index);
                match parts[3] {
                    "name" => row.name = value,
                    _ => row.export_as = Some(value),
                }
                return;
            }
            _ => return,
        };
        match parts[1] {
            "connection" => form.connection = value,
            "q" => form.q = value,
            "format" => form.format = value,
            "include_defaults" => form.include_defaults = value == "true",
            _ => form.sample = value == "true",
        }
    }

    fn finish(self) -> Option<ExportForm> {
        self.form.map(|form| ExportForm { fields: self.rows.into_iter().map(|(_, field)| field).collect(), ..form })
    }

    fn row(&mut self, index: usize) -> &mut FieldInput {
        let place = self.rows.binary_search_by_key(&index, |(index, _)| *index).unwrap_or_else(|place| {
            self.rows.insert(place, (index, FieldInput::default()));
            place
        });
        &mut self.rows[place].1
    }
}

/// Makes the index in `violation` count from the first added field.
fn shift(mut violation: Violation, before: usize) -> Violation {
    if let Place::FieldName(index) | Place::FieldTitle(index) = &mut violation.place {
        // The default fields break no rule, so every index is that of an added field.
        *index = index.saturating_sub(before);
    }
    violation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> FieldInput {
        FieldInput { name: name.to_owned(), export_as: None }
    }

    #[test]
    fn first_shown_form_asks_for_all_users_with_the_default_fields() {
        let request = ExportForm::default().check().unwrap();
        assert_eq!(request.fields(), FieldSpec::defaults());
        assert!(request.input().fields.is_empty());
        assert_eq!((request.limit(), request.connection()), (None, None));
    }

    #[test]
    fn added_fields_follow_the_default_ones() {
        let form = ExportForm { fields: vec![row(" last_login ")], sample: true, ..ExportForm::default() };
        let request = form.check().unwrap();
        assert_eq!(request.fields().len(), 15);
        assert_eq!(request.fields()[14].title(), "last_login");
        assert_eq!(request.limit(), Some(SAMPLE_ROWS));
    }

    #[test]
    fn violations_carry_the_index_of_the_added_field() {
        let form = ExportForm { fields: vec![row("last_login"), row("email"), row("x")], ..ExportForm::default() };
        let places: Vec<_> = form.check().unwrap_err().into_iter().map(|violation| violation.place).collect();
        assert_eq!(places, [Place::FieldName(1), Place::FieldName(2)]);
    }

    #[test]
    fn a_form_survives_its_address() {
        let form = ExportForm {
            fields: vec![row("user_metadata.a&b=c"), row("")],
            include_defaults: false,
            ..ExportForm::default()
        };
        for (url, check) in [(form.to_checked_url(), true), (form.to_url(), false)] {
            let query = ExportQuery::parse(url.strip_prefix(PATH).unwrap());
            assert_eq!(query.check, check);
            assert_eq!(query.into_form(), form);
        }
        assert_eq!(ExportForm::default().to_url(), PATH);
    }

    #[test]
    fn buttons_without_javascript() {
        let form = |query: &str| ExportQuery::parse(query).into_form();
        assert_eq!(form(""), ExportForm::default());
        assert_eq!(form("?%ff&form[fields]=x"), ExportForm::default());
        assert_eq!(form("add_field=1").fields, [FieldInput::default()]);
        let two = "form%5Bformat%5D=csv&form%5Bfields%5D%5B0%5D%5Bname%5D=a&form%5Bfields%5D%5B1%5D%5Bname%5D=b";
        assert_eq!(form(&format!("{two}&remove_field=0")).fields, [row("b")]);
        assert_eq!(form(&format!("{two}&remove_field=7")).fields, [row("a"), row("b")]);
        assert!(!form(two).include_defaults, "a switch that is off is not sent");
    }

    #[test]
    fn fields_move_without_javascript_and_the_focus_follows() {
        let three: String = ["a", "b", "c"]
            .iter()
            .enumerate()
            .map(|(index, name)| format!("form%5Bfields%5D%5B{index}%5D%5Bname%5D={name}&"))
            .collect();
        for (button, order, focus) in [
            ("move_up=0", "abc", Some((0, FieldControl::Up))),
            ("move_up=1", "bac", Some((0, FieldControl::Up))),
            ("move_up=2", "acb", Some((1, FieldControl::Up))),
            ("move_up=3", "abc", Some((1, FieldControl::Up))),
            ("move_down=0", "bac", Some((1, FieldControl::Down))),
            ("move_down=1", "acb", Some((2, FieldControl::Down))),
            ("move_down=2", "abc", Some((2, FieldControl::Down))),
            ("move_down=18446744073709551615", "abc", Some((2, FieldControl::Down))),
            ("remove_field=0", "bc", Some((0, FieldControl::Name))),
            ("remove_field=2", "ab", Some((1, FieldControl::Name))),
            ("", "abc", None),
        ] {
            let query = ExportQuery::parse(&format!("?{three}{button}"));
            assert_eq!(query.focus(), focus, "{button}");
            let names: String = query.into_form().fields.into_iter().map(|field| field.name).collect();
            assert_eq!(names, order, "{button}");
        }
        assert_eq!(ExportQuery::parse("?add_field=1").focus(), Some((0, FieldControl::Name)));
        let one = "?form%5Bfields%5D%5B0%5D%5Bname%5D=a&remove_field=0";
        assert_eq!(ExportQuery::parse(one).focus(), None);
    }

    #[test]
    fn an_attribute_that_is_there_already_is_remarked_on() {
        let titled = |name: &str, title: &str| FieldInput { export_as: Some(title.to_owned()), ..row(name) };
        let fields = vec![row("last_login"), titled("email", "E-mail"), titled(" last_login ", "Latest"), row("")];
        let remarks = |include_defaults| {
            let form = ExportForm { fields: fields.clone(), include_defaults, ..ExportForm::default() };
            let remarks = form.remarks().into_iter().map(|remark| (remark.place, remark.message));
            remarks.collect::<Vec<_>>()
        };
        let twice = (Place::FieldName(2), "\"last_login\" is field 1 already.".to_owned());
        let default = (Place::FieldName(1), "\"email\" is among the default fields already.".to_owned());
        assert_eq!(remarks(true), [default, twice.clone()]);
        assert_eq!(remarks(false), [twice]);
    }

    #[test]
    fn no_field_at_all_is_an_error_at_the_fields() {
        let form = ExportForm { include_defaults: false, ..ExportForm::default() };
        assert_eq!(form.check().unwrap_err()[0].place, Place::Fields);
    }
}
