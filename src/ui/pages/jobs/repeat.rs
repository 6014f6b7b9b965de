//! "Export again": the form of the page Export Users with the settings of an earlier job.

use crate::domain::{
    export::{ExportInput, FieldInput, SAMPLE_ROWS},
    export_form::ExportForm,
    field::FieldSpec,
};

/// The address of the form, filled with `request`.
pub fn address(request: &ExportInput) -> String {
    let added = added(&request.fields);
    let form = ExportForm {
        connection: request.connection_id.clone().unwrap_or_default(),
        q: request.q.clone().unwrap_or_default(),
        format: request.format.clone(),
        include_defaults: added.is_some(),
        fields: added.unwrap_or(&request.fields).to_vec(),
        sample: request.limit == Some(SAMPLE_ROWS.get().cast_signed()),
    };
    form.to_url()
}

/// The fields that were added to the default ones; `None` if these are not there. A request without fields asks for the
/// default ones; one with fields lists them all.
fn added(fields: &[FieldInput]) -> Option<&[FieldInput]> {
    if fields.is_empty() {
        return Some(fields);
    }
    let defaults = FieldSpec::defaults();
    let (first, rest) = fields.split_at_checked(defaults.len())?;
    let are_defaults = first
        .iter()
        .zip(&defaults)
        .all(|(field, default)| field.name == default.path.as_str() && field.export_as == default.export_as);
    // Without an added field, the form would ask for no field by name.
    (are_defaults && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::export_form::{ExportQuery, PATH};

    #[test]
    fn the_form_asks_for_the_same() {
        let field =
            |name: &str, title: Option<&str>| FieldInput { name: name.to_owned(), export_as: title.map(str::to_owned) };
        let defaults: Vec<_> = FieldSpec::defaults()
            .into_iter()
            .map(|default| FieldInput { name: default.path.to_string(), export_as: default.export_as })
            .collect();
        let with_added = [defaults.clone(), vec![field("last_login", None)]].concat();
        for (fields, added) in [
            (vec![], Some(0)),
            (vec![field("email", Some("E-mail")), field("user_metadata.a&b", None)], None),
            (defaults, None),
            (with_added, Some(1)),
        ] {
            let request = ExportInput {
                connection_id: Some("con_0000000000000001".to_owned()),
                q: Some("email:*@acme.test".to_owned()),
                format: "csv".to_owned(),
                limit: Some(10),
                fields,
            };
            let url = address(&request);
            let form = ExportQuery::parse(url.strip_prefix(PATH).unwrap()).into_form();
            assert_eq!(form.check().unwrap().input(), &request);
            assert_eq!(form.include_defaults.then_some(form.fields.len()), added);
        }
    }
}
