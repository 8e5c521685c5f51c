//! Codes of the catalogue and of stock (OR-5).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

code!(/// Whether a product or a SKU is still sold (OR-5).
ProductState {
    /// It is.
    Active = "active",
    /// It is not made any more; what is left may still be sold.
    Discontinued = "discontinued",
});

code!(/// What a movement of stock was (OR-5).
StockMoveKind {
    /// Goods came in.
    Receive = "receive",
    /// Sold.
    Sell = "sell",
    /// A customer brought it back.
    Return = "return",
    /// Sent to another store.
    TransferOut = "transfer_out",
    /// Came from another store.
    TransferIn = "transfer_in",
    /// Corrected by hand.
    Adjust = "adjust",
    /// Counted: how many there are.
    Count = "count",
    /// Promised.
    Hold = "hold",
    /// What was promised was handed over; the rest of the promise ended.
    Capture = "capture",
    /// A promise ended.
    Release = "release",
});

code!(/// What caused a movement of stock; with its id and the kind of movement unique for ever.
StockSource {
    /// A line of a document of a third party.
    Document = "document",
    /// A count by a third party.
    Count = "count",
    /// A hold.
    Hold = "hold",
    /// An import.
    Import = "import",
});
