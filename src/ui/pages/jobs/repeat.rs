//! "Export again": the form of the page Export Users with the settings of an earlier job.

use crate::domain::{
    export::{ExportInput, SAMPLE_ROWS},
    export_form::{ExportForm, ExportQuery, PATH},
};

/// The address of the form, filled with `request`.
pub fn address(request: &ExportInput) -> String {
    let form = ExportForm {
        connection: request.connection_id.clone().unwrap_or_default(),
        format: request.format.clone(),
        // A request without fields asks for the default ones; one with fields lists them all.
        include_defaults: request.fields.is_empty(),
        fields: request.fields.clone(),
        sample: request.limit == Some(SAMPLE_ROWS.get().cast_signed()),
    };
    let query = ExportQuery { form: Some(form), ..ExportQuery::default() };
    // A form has only texts, flags and lists of them, which a query can always hold.
    format!("{PATH}?{}", serde_qs::to_string(&query).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::export::FieldInput;

    #[test]
    fn the_form_asks_for_the_same() {
        let field =
            |name: &str, title: Option<&str>| FieldInput { name: name.to_owned(), export_as: title.map(str::to_owned) };
        for fields in [vec![], vec![field("email", Some("E-mail")), field("user_metadata.a&b", None)]] {
            let request = ExportInput {
                connection_id: Some("con_0000000000000001".to_owned()),
                format: "csv".to_owned(),
                limit: Some(10),
                fields,
            };
            let url = address(&request);
            let form = ExportQuery::parse(url.strip_prefix(PATH).unwrap()).into_form();
            assert_eq!(form.check().unwrap().input(), &request);
        }
    }
}
