//! The types of Parquet as what columns hold, and back.

use super::{ColumnType, DIGITS_MAX, Field};
use crate::text::TimeUnit;
use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};
use std::sync::Arc;

type Unit = parquet::basic::TimeUnit;

/// The columns of a file, each with the place of its values among those of the file, unless it is not read.
pub(super) fn fields(schema: &SchemaDescriptor) -> Vec<(Field, Option<usize>)> {
    let mut leaf = 0;
    let mut all = Vec::new();
    for (root, node) in schema.root_schema().get_fields().iter().enumerate() {
        let holds = of_root(node);
        let nullable = node.is_optional();
        let read = !matches!(holds, ColumnType::Nothing | ColumnType::Other(_));
        all.push((Field { name: node.name().to_owned(), holds, nullable }, read.then_some(leaf)));
        while leaf < schema.num_columns() && schema.get_column_root_idx(leaf) == root {
            leaf += 1;
        }
    }
    all
}

fn of_root(node: &Type) -> ColumnType {
    if node.is_primitive() {
        // Without a group around it, what is repeated is a list too (as older writers made them).
        let one = of_value(node);
        return if is_repeated(node) { list_of(one) } else { one };
    }
    let info = node.get_basic_info();
    let is_list =
        info.logical_type_ref() == Some(&LogicalType::List) || info.converted_type() == ConvertedType::LIST;
    match node.get_fields() {
        _ if is_repeated(node) => ColumnType::Other("list of struct".into()),
        [inner] if is_list && is_repeated(inner) => match inner.is_primitive() {
            true => list_of(of_value(inner)),
            false => match inner.get_fields() {
                [item] if item.is_primitive() && !is_repeated(item) => list_of(of_value(item)),
                _ => ColumnType::Other("list of struct".into()),
            },
        },
        _ if info.logical_type_ref() == Some(&LogicalType::Map)
            || info.converted_type() == ConvertedType::MAP =>
        {
            ColumnType::Other("map".into())
        }
        _ => ColumnType::Other("struct".into()),
    }
}

fn is_repeated(node: &Type) -> bool {
    let info = node.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

fn list_of(items: ColumnType) -> ColumnType {
    match items {
        ColumnType::Nothing | ColumnType::Other(_) => ColumnType::Other(format!("list of {items}")),
        _ => ColumnType::List(Box::new(items)),
    }
}

fn of_value(node: &Type) -> ColumnType {
    let Type::PrimitiveType { basic_info, physical_type, type_length, scale, precision } = node else {
        return ColumnType::Other("struct".into());
    };
    let (logical, converted) = (basic_info.logical_type_ref(), basic_info.converted_type());
    let plain = logical.is_none() && converted == ConvertedType::NONE;
    if logical == Some(&LogicalType::Unknown) {
        return ColumnType::Nothing;
    }
    let decimal = match logical {
        Some(LogicalType::Decimal(it)) => Some(decimal(it.precision, it.scale)),
        None if converted == ConvertedType::DECIMAL => Some(decimal(*precision, *scale)),
        _ => None,
    };
    let known = match physical_type {
        Physical::BOOLEAN => Some(ColumnType::Flag),
        Physical::INT32 | Physical::INT64 => decimal.or_else(|| whole(*physical_type, logical, converted)),
        Physical::INT96 => Some(ColumnType::Instant { unit: TimeUnit::Nanos, utc: false }),
        Physical::FLOAT => Some(ColumnType::Real { bits: 32 }),
        Physical::DOUBLE => Some(ColumnType::Real { bits: 64 }),
        Physical::BYTE_ARRAY => decimal.or_else(|| {
            let text = matches!(logical, Some(LogicalType::String | LogicalType::Json))
                || (logical.is_none() && matches!(converted, ConvertedType::UTF8 | ConvertedType::JSON));
            text.then_some(ColumnType::Text)
        }),
        Physical::FIXED_LEN_BYTE_ARRAY => {
            let length = usize::try_from(*type_length).unwrap_or(0);
            match logical {
                _ if decimal.is_some() => decimal.filter(|_| (1..=32).contains(&length)),
                Some(LogicalType::Float16) => (length == 2).then_some(ColumnType::Real { bits: 16 }),
                _ => (plain && length > 0).then_some(ColumnType::Bytes(length)),
            }
        }
    };
    known.unwrap_or_else(|| ColumnType::Other(name_of(*physical_type, logical, converted)))
}

/// `None` of a precision or scale that makes no sense, which is damage.
fn decimal(digits: i32, places: i32) -> ColumnType {
    match (u32::try_from(digits), u32::try_from(places)) {
        (Ok(digits), Ok(places)) if places <= digits && digits <= 2 * DIGITS_MAX => {
            ColumnType::Decimal { digits, places }
        }
        _ => ColumnType::Other(format!("decimal({digits}, {places})")),
    }
}

fn whole(physical: Physical, logical: Option<&LogicalType>, converted: ConvertedType) -> Option<ColumnType> {
    let wide = physical == Physical::INT64;
    let of = |bits, signed| Some(ColumnType::Whole { bits, signed });
    let instant = |unit, utc| Some(ColumnType::Instant { unit, utc });
    match (logical, converted) {
        (Some(LogicalType::Integer(it)), _) => {
            let bits = u8::try_from(it.bit_width).ok().filter(|it| (*it == 64) == wide)?;
            of(bits, it.is_signed)
        }
        (Some(LogicalType::Date), _) if !wide => Some(ColumnType::Day),
        (Some(LogicalType::Timestamp(it)), _) if wide => {
            let unit = match it.unit {
                Unit::MILLIS => TimeUnit::Millis,
                Unit::MICROS => TimeUnit::Micros,
                Unit::NANOS => TimeUnit::Nanos,
            };
            instant(unit, it.is_adjusted_to_u_t_c)
        }
        (Some(_), _) => None,
        (None, ConvertedType::NONE) => of(if wide { 64 } else { 32 }, true),
        (None, ConvertedType::INT_64) if wide => of(64, true),
        (None, ConvertedType::UINT_64) if wide => of(64, false),
        (None, ConvertedType::TIMESTAMP_MILLIS) if wide => instant(TimeUnit::Millis, true),
        (None, ConvertedType::TIMESTAMP_MICROS) if wide => instant(TimeUnit::Micros, true),
        (None, ConvertedType::INT_8) if !wide => of(8, true),
        (None, ConvertedType::INT_16) if !wide => of(16, true),
        (None, ConvertedType::INT_32) if !wide => of(32, true),
        (None, ConvertedType::UINT_8) if !wide => of(8, false),
        (None, ConvertedType::UINT_16) if !wide => of(16, false),
        (None, ConvertedType::UINT_32) if !wide => of(32, false),
        (None, ConvertedType::DATE) if !wide => Some(ColumnType::Day),
        _ => None,
    }
}

/// What a column that is not read calls itself.
fn name_of(physical: Physical, logical: Option<&LogicalType>, converted: ConvertedType) -> String {
    match (logical, converted) {
        (Some(LogicalType::Time(_)), _) | (None, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS) => {
            "time of day".into()
        }
        (None, ConvertedType::INTERVAL) => "interval".into(),
        (Some(LogicalType::Uuid), _) => "uuid".into(),
        _ if physical == Physical::BYTE_ARRAY => "binary".into(),
        (None, ConvertedType::NONE) => physical.to_string(),
        (None, it) => format!("{physical} of {it}"),
        (Some(it), _) => format!("{physical} of {it:?}"),
    }
}

/// The schema of a file that we write.
pub(super) fn parquet_schema(fields: &[Field]) -> Result<TypePtr, ParquetError> {
    let nodes = fields.iter().map(|it| node(it).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(nodes).build()?))
}

fn node(field: &Field) -> Result<Type, ParquetError> {
    let (physical, logical) = match &field.holds {
        ColumnType::Whole { bits: 64, signed: true } => (Physical::INT64, None),
        ColumnType::Whole { bits: 32, signed: true } => (Physical::INT32, None),
        ColumnType::Whole { bits, signed } => {
            let physical = if *bits == 64 { Physical::INT64 } else { Physical::INT32 };
            let bits = i8::try_from(*bits).expect("at most 64 bits");
            (physical, Some(LogicalType::integer(bits, *signed)))
        }
        ColumnType::Real { bits: 64 } => (Physical::DOUBLE, None),
        ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Instant { unit, utc } => {
            let unit = match unit {
                TimeUnit::Nanos => Unit::NANOS,
                TimeUnit::Micros => Unit::MICROS,
                TimeUnit::Millis => Unit::MILLIS,
                TimeUnit::Secs => return Err(not_written(field)),
            };
            (Physical::INT64, Some(LogicalType::timestamp(*utc, unit)))
        }
        ColumnType::Decimal { digits, places } if *digits == DIGITS_MAX => {
            (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(*places as i32, *digits as i32)))
        }
        _ => return Err(not_written(field)),
    };
    let mut builder = Type::primitive_type_builder(&field.name, physical)
        .with_repetition(if field.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED })
        .with_logical_type(logical);
    if let ColumnType::Decimal { digits, places } = field.holds {
        builder = builder.with_length(16).with_precision(digits as i32).with_scale(places as i32);
    }
    builder.build()
}

fn not_written(field: &Field) -> ParquetError {
    ParquetError::General(format!("a column of {} ({}) is not written", field.holds, field.name))
}
