//! Market records.

use scalp_types::wire;

/// Bytes at an address that is a multiple of 8, as records need it.
pub fn aligned(bytes: &[u8]) -> Vec<u64> {
    let mut words = vec![0_u64; bytes.len().div_ceil(8)];
    bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
    words
}

/// Records one after another; each that can be read must come back the same after writing it.
pub fn records(bytes: &[u8]) {
    let words = aligned(bytes);
    let mut rest = &bytemuck::cast_slice::<u64, u8>(&words)[..bytes.len()];
    while let Ok((event, size)) = wire::decode(rest) {
        let mut again = Vec::with_capacity(size);
        assert_eq!(wire::encode(&event, &mut again), size);
        let words = aligned(&again);
        assert_eq!(wire::decode(bytemuck::cast_slice(&words)), Ok((event, size)));
        rest = &rest[size..];
    }
}
