//! Arguments as a form that is posted, for the browser: what `serde_qs` writes of them, in a third of its code.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{Error, Impossible, SerializeSeq, SerializeStruct},
};

use crate::domain::query;

/// The argument is of a kind that forms can't hold: a map, say. Server functions have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotForForms;

impl fmt::Display for NotForForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not for forms")
    }
}

impl std::error::Error for NotForForms {}

impl Error for NotForForms {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Writes arguments: `email=a%40b.example&role=admin`, and deeper ones as `form[fields][0][name]=email`.
///
/// # Errors
/// If a value is of a kind that forms can't hold.
pub fn write<T: Serialize>(arguments: &T) -> Result<String, NotForForms> {
    let mut out = String::new();
    arguments.serialize(Field { out: &mut out, name: String::new() })?;
    Ok(out)
}

/// A field to be written.
struct Field<'a> {
    out: &'a mut String,
    /// Empty for the form itself.
    name: String,
}

impl<'a> Field<'a> {
    fn put(self, value: &str) -> Result<(), NotForForms> {
        query::push(self.out, &self.name, value);
        Ok(())
    }

    fn inner(&mut self, name: &str) -> Field<'_> {
        let name = if self.name.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.name) };
        Field { out: self.out, name }
    }

    fn entries(self) -> Entries<'a> {
        Entries { field: self, next: 0 }
    }
}

/// Writes numbers in digits.
macro_rules! numbers {
    ($($write:ident: $type:ty),+) => {$(
        fn $write(self, number: $type) -> Result<(), NotForForms> {
            self.put(&number.to_string())
        }
    )+};
}

/// Refuses what forms can't hold.
macro_rules! refused {
    ($($write:ident($($type:ty),*) -> $ok:ty),+ $(,)?) => {$(
        fn $write(self, $(_: $type),*) -> Result<$ok, NotForForms> {
            Err(NotForForms)
        }
    )+};
}

impl<'a> Serializer for Field<'a> {
    type Ok = ();
    type Error = NotForForms;
    type SerializeSeq = Entries<'a>;
    type SerializeStruct = Self;
    type SerializeTuple = Impossible<(), NotForForms>;
    type SerializeTupleStruct = Impossible<(), NotForForms>;
    type SerializeTupleVariant = Impossible<(), NotForForms>;
    type SerializeMap = Impossible<(), NotForForms>;
    type SerializeStructVariant = Impossible<(), NotForForms>;

    numbers!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);
    numbers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);

    refused!(
        serialize_f32(f32) -> (),
        serialize_f64(f64) -> (),
        serialize_char(char) -> (),
        serialize_bytes(&[u8]) -> (),
        serialize_tuple(usize) -> Self::SerializeTuple,
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant,
        serialize_map(Option<usize>) -> Self::SerializeMap,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant,
    );

    fn serialize_bool(self, value: bool) -> Result<(), NotForForms> {
        self.put(if value { "true" } else { "false" })
    }

    fn serialize_str(self, value: &str) -> Result<(), NotForForms> {
        self.put(value)
    }

    fn serialize_none(self) -> Result<(), NotForForms> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotForForms> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NotForForms> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NotForForms> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), NotForForms> {
        self.put(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NotForForms> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NotForForms> {
        Err(NotForForms)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Entries<'a>, NotForForms> {
        Ok(self.entries())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NotForForms> {
        Ok(self)
    }
}

impl SerializeStruct for Field<'_> {
    type Ok = ();
    type Error = NotForForms;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NotForForms> {
        value.serialize(self.inner(name))
    }

    fn end(self) -> Result<(), NotForForms> {
        Ok(())
    }
}

/// The entries of a list.
struct Entries<'a> {
    field: Field<'a>,
    next: usize,
}

impl SerializeSeq for Entries<'_> {
    type Ok = ();
    type Error = NotForForms;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotForForms> {
        let name = self.next.to_string();
        self.next += 1;
        value.serialize(self.field.inner(&name))
    }

    fn end(self) -> Result<(), NotForForms> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::{
        domain::{export::FieldInput, export_form::ExportForm, users_query::UsersQuery},
        rpc::{exports::SubmitExport, members::ChangeMember, session::CurrentSession, users::CountUsers},
    };

    #[test]
    fn the_server_reads_what_is_written() {
        let field =
            |name: &str, title: Option<&str>| FieldInput { name: name.to_owned(), export_as: title.map(str::to_owned) };
        let fields = vec![field("email", Some("E-mail & more = ä+b")), field("a[b]", None)];
        let form = ExportForm { q: "name:*ö \"x\"".to_owned(), fields, sample: true, ..ExportForm::default() };
        let text = write(&SubmitExport { form: form.clone() }).unwrap();
        let read: SubmitExport = serde_qs::Config::new(5, false).deserialize_str(&text).unwrap();
        assert_eq!(read.form, form, "{text}");

        let query = UsersQuery { q: "a".to_owned(), ..UsersQuery::default() };
        assert_eq!(write(&CountUsers { query, exact: true }).unwrap(), "query[q]=a&exact=true");
        let change = ChangeMember { id: -7, change: "set_role".to_owned(), role: String::new() };
        assert_eq!(write(&change).unwrap(), "id=-7&change=set_role&role=");
        assert_eq!(write(&CurrentSession {}).unwrap(), "");
    }
}
