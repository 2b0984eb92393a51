//! Ids as values of `BIGINT` columns, so that queries take and return them as they are.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;

use crate::domain::id::{ConnectionId, DeliveryId, EventId, InboxId, RecoveryId, TokenId, UserId, WebhookId};

macro_rules! big_int {
    ($($id:ident),*) => {$(
        impl<DB: Backend> ToSql<BigInt, DB> for $id
        where
            i64: ToSql<BigInt, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<DB: Backend> FromSql<BigInt, DB> for $id
        where
            i64: FromSql<BigInt, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                i64::from_sql(value).map(Self)
            }
        }

        const _: () = {
            // `foreign_derive` implements the traits for the type of the field: the domain does not know diesel.
            #[derive(AsExpression, FromSqlRow)]
            #[diesel(foreign_derive)]
            #[diesel(sql_type = BigInt)]
            #[expect(dead_code, reason = "only for its derives")]
            struct Derived($id);
        };
    )*};
}

big_int!(WebhookId, InboxId, UserId, TokenId, RecoveryId, ConnectionId, EventId, DeliveryId);
