//! Objects as JSON with only those parts of them that somebody looks at: who wants the names of a thousand Pods does not need their
//! specs. What a mask leaves out is missing from the value as if it were not set; what it names is there whole. Knows nothing of paths
//! and templates, only of the fields they name.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};
use serde_json::value::Serializer as Whole;
use serde_json::{Error, Map, Value};
use std::collections::BTreeMap;

/// Which parts of a value are wanted. A list is wanted as its elements are: both are at one place of the mask.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mask {
    whole: bool,
    fields: BTreeMap<String, Mask>,
}

static EVERYTHING: Mask = Mask { whole: true, fields: BTreeMap::new() };

impl Mask {
    /// The mask of who looks at everything.
    pub fn everything() -> Mask {
        EVERYTHING.clone()
    }

    /// The place behind a field, to want something there.
    pub fn at(&mut self, field: &str) -> &mut Mask {
        if !self.fields.contains_key(field) {
            self.fields.insert(field.to_owned(), Mask::default());
        }
        self.fields.entry(field.to_owned()).or_default()
    }

    /// Wants all that is here.
    pub fn want(&mut self) {
        self.whole = true;
    }

    /// What is wanted of a field; `None` if nothing is.
    pub fn of(&self, field: &str) -> Option<&Mask> {
        if self.whole { Some(&EVERYTHING) } else { self.fields.get(field) }
    }

    /// What is wanted of `value`, as JSON.
    pub fn apply(&self, value: &impl Serialize) -> Result<Value, Error> {
        value.serialize(Masked(self))
    }
}

struct Masked<'a>(&'a Mask);

struct List<'a> {
    mask: &'a Mask,
    items: Vec<Value>,
}

struct Fields<'a> {
    mask: &'a Mask,
    taken: Map<String, Value>,
    /// The key whose value comes next.
    key: Option<String>,
}

impl Fields<'_> {
    fn take<T: ?Sized + Serialize>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        if let Some(mask) = self.mask.of(name) {
            self.taken.insert(name.to_owned(), value.serialize(Masked(mask))?);
        }
        Ok(())
    }
}

/// Plain values are never parts: they are taken as they are.
macro_rules! plain {
    ($($method:ident($($type:ty)?),)*) => {
        $(fn $method(self $(, value: $type)?) -> Result<Value, Error> {
            Whole.$method($({ let value: $type = value; value })?)
        })*
    };
}

impl<'a> Serializer for Masked<'a> {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = <Whole as Serializer>::SerializeTupleStruct;
    type SerializeTupleVariant = <Whole as Serializer>::SerializeTupleVariant;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = <Whole as Serializer>::SerializeStructVariant;

    plain! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_u8(u8),
        serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32), serialize_f64(f64), serialize_char(char),
        serialize_str(&str), serialize_bytes(&[u8]), serialize_none(), serialize_unit(), serialize_unit_struct(&'static str),
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<Value, Error> {
        Whole.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        Whole.serialize_newtype_variant(name, index, variant, value)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<List<'a>, Error> {
        Ok(List { mask: self.0, items: Vec::with_capacity(length.unwrap_or_default()) })
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'a>, Error> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Whole.serialize_tuple_struct(name, length)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Whole.serialize_tuple_variant(name, index, variant, length)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>, Error> {
        Ok(Fields { mask: self.0, taken: Map::new(), key: None })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Fields<'a>, Error> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Whole.serialize_struct_variant(name, index, variant, length)
    }
}

impl SerializeSeq for List<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        self.items.push(value.serialize(Masked(self.mask))?);
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Array(self.items))
    }
}

impl SerializeTuple for List<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Error> {
        SerializeSeq::end(self)
    }
}

impl SerializeMap for Fields<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        let key = key.serialize(Whole)?;
        self.key = Some(key.as_str().map_or_else(|| key.to_string(), str::to_owned));
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().unwrap_or_default();
        self.take(&key, value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Object(self.taken))
    }
}

impl SerializeStruct for Fields<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.take(name, value)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(Value::Object(self.taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::{Kind, Object};
    use serde_json::json;

    fn pod() -> Object {
        let container = json!({ "name": "app", "image": "nginx", "ports": [{ "containerPort": 80 }],
            "resources": { "limits": { "cpu": "1" } }, "readinessProbe": { "httpGet": { "port": "http" } } });
        let value = json!({ "metadata": { "name": "web", "labels": { "app": "web", "tier": "front" } },
            "spec": { "containers": [container], "terminationGracePeriodSeconds": 30 },
            "status": { "phase": "Running", "conditions": [{ "type": "Ready", "status": "True" }] } });
        Object::from_value(Kind::Pod, value).unwrap()
    }

    #[test]
    fn who_wants_everything_gets_what_the_whole_value_is() {
        assert_eq!(pod().to_masked(&Mask::everything()), pod().to_value());
    }

    #[test]
    fn who_wants_parts_gets_them_whole_and_nothing_beside_them() {
        let mut mask = Mask::default();
        mask.at("metadata").at("labels").at("app").want();
        mask.at("spec").at("containers").at("ports").want();
        mask.at("spec").at("terminationGracePeriodSeconds").at("of a number").want();
        mask.at("status").at("conditions").at("type").want();
        mask.at("kind").want();
        let expected = json!({ "kind": "Pod", "metadata": { "labels": { "app": "web" } },
            "spec": { "containers": [{ "ports": [{ "containerPort": 80 }] }], "terminationGracePeriodSeconds": 30 },
            "status": { "conditions": [{ "type": "Ready" }] } });
        assert_eq!(pod().to_masked(&mask), expected);
    }
}
