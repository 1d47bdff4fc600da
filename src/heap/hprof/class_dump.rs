//! The `CLASS_DUMP` sub-record.

use super::{Type, id_at, number_at};

/// A class as the dump has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::heap) struct ClassDump {
    pub(in crate::heap) id: u64,
    pub(in crate::heap) super_id: u64,
    pub(in crate::heap) loader: u64,
    pub(in crate::heap) signers: u64,
    pub(in crate::heap) protection_domain: u64,
    /// References in the constant pool; HotSpot writes none here.
    pub(in crate::heap) constants: Vec<u64>,
    pub(in crate::heap) statics: Vec<StaticField>,
    /// Its own fields in the order of their values in an instance, without those of its superclasses.
    pub(in crate::heap) fields: Vec<InstanceField>,
}

/// A static field with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) struct StaticField {
    /// Identifier of the name.
    pub(in crate::heap) name: u64,
    pub(in crate::heap) kind: Type,
    /// The raw bits; an identifier for references.
    pub(in crate::heap) value: u64,
}

/// A field of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::heap) struct InstanceField {
    /// Identifier of the name.
    pub(in crate::heap) name: u64,
    pub(in crate::heap) kind: Type,
}

/// Reads the body of a class dump and how many bytes it takes; `None` when it goes on where `bytes` end or has a field
/// of an unknown type.
pub(super) fn read<const ID: usize>(bytes: &[u8]) -> Option<(ClassDump, usize)> {
    let fixed = 7 * ID + 8;
    if bytes.len() < fixed {
        return None;
    }
    let mut class = ClassDump {
        id: id_at::<ID>(bytes, 0),
        super_id: id_at::<ID>(bytes, ID + 4),
        loader: id_at::<ID>(bytes, 2 * ID + 4),
        signers: id_at::<ID>(bytes, 3 * ID + 4),
        protection_domain: id_at::<ID>(bytes, 4 * ID + 4),
        constants: Vec::new(),
        statics: Vec::new(),
        fields: Vec::new(),
    };
    let mut at = fixed;
    for _ in 0..take_count(bytes, &mut at)? {
        at += 2;
        let (kind, value) = take_value::<ID>(bytes, &mut at)?;
        if kind == Type::Object && value != 0 {
            class.constants.push(value);
        }
    }
    for _ in 0..take_count(bytes, &mut at)? {
        let name = id_at::<ID>(bytes, at);
        at += ID;
        let (kind, value) = take_value::<ID>(bytes, &mut at)?;
        class.statics.push(StaticField { name, kind, value });
    }
    for _ in 0..take_count(bytes, &mut at)? {
        let name = id_at::<ID>(bytes, at);
        let kind = Type::of(*bytes.get(at + ID)?)?;
        at += ID + 1;
        class.fields.push(InstanceField { name, kind });
    }
    Some((class, at))
}

fn take_count(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let count = number_at(bytes, *at, 2)?;
    *at += 2;
    Some(count)
}

fn take_value<const ID: usize>(bytes: &[u8], at: &mut usize) -> Option<(Type, u64)> {
    let kind = Type::of(*bytes.get(*at)?)?;
    let width = kind.width(ID);
    let value = number_at(bytes, *at + 1, width)?;
    *at += 1 + width;
    Some((kind, value))
}
