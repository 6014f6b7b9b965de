//! The form of the page Export Users, as a browser posts it or a link carries it.

use serde::{Deserialize, Serialize};

use super::{
    export::{ExportInput, ExportRequest, FieldInput, Format, Place, SAMPLE_ROWS, Violation},
    field::FieldSpec,
};

/// What the form's controls hold, right or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportForm {
    /// The connection's id; empty: all connections.
    #[serde(default)]
    pub connection: String,
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

    /// The number of columns that the file would have.
    pub fn column_count(&self) -> usize {
        self.fields.len() + if self.include_defaults { FieldSpec::defaults().len() } else { 0 }
    }

    /// The address that shows this form, with its errors.
    pub fn to_checked_url(&self) -> String {
        let query = ExportQuery { form: Some(self.clone()), check: true, ..ExportQuery::default() };
        // A form has only texts, flags and lists of them, which a query can always hold.
        format!("{PATH}?{}", serde_qs::to_string(&query).unwrap_or_default())
    }

    fn to_input(&self) -> ExportInput {
        let defaults = FieldSpec::defaults().into_iter().take(self.defaults_before());
        ExportInput {
            connection_id: Some(self.connection.clone()).filter(|id| !id.is_empty()),
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExportQuery {
    /// The form; absent: as it is first shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<ExportForm>,
    /// Whether the form has been submitted, so that its errors are shown.
    #[serde(default)]
    pub check: bool,
    /// The button "Add Fields" was pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_field: Option<String>,
    /// The remove button of the added field with this index was pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_field: Option<usize>,
}

impl ExportQuery {
    /// Reads what is behind the `?`; text that is no such query reads as an empty one.
    pub fn parse(query: &str) -> Self {
        // Browsers write the brackets of `form[fields][0][name]` percent-encoded, which only the lenient mode takes.
        serde_qs::Config::new(5, false).deserialize_str(query.trim_start_matches('?')).unwrap_or_default()
    }

    /// The form to show: with one field more or less where such a button was pressed.
    pub fn into_form(self) -> ExportForm {
        let mut form = self.form.unwrap_or_default();
        if let Some(index) = self.remove_field
            && index < form.fields.len()
        {
            form.fields.remove(index);
        }
        if self.add_field.is_some() {
            form.fields.push(FieldInput::default());
        }
        form
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
        let url = form.to_checked_url();
        let query = ExportQuery::parse(url.strip_prefix(PATH).unwrap());
        assert!(query.check);
        assert_eq!(query.into_form(), form);
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
    fn no_field_at_all_is_an_error_at_the_fields() {
        let form = ExportForm { include_defaults: false, ..ExportForm::default() };
        assert_eq!(form.check().unwrap_err()[0].place, Place::Fields);
    }
}
