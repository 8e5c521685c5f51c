//! What may stand in a file and how it is read. Pure.

pub mod cells;
pub mod columns;
pub mod options;
pub mod outcome;
pub mod rows;
pub mod table;
mod text;
mod unpacking;
mod workbook;

#[cfg(test)]
mod tests;
