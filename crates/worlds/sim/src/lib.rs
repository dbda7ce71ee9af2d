//! Unbuilt.
