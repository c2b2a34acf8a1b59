//! The store, one suite on both databases: SQLite always, PostgreSQL when RINGALL_TEST_POSTGRES names a server, such as
//! `postgres://postgres@127.0.0.1:5432/postgres`. Every statement is run and decoded on each.

mod backup;
mod bindings;
mod calls;
mod cast;
mod command_line;
mod damage;
mod log;
mod owed;
mod owners;
mod people;
mod plan;
mod provisioning;
mod salvage;
mod same_person;
mod tokens;
mod voice_messages;
mod wishes;
mod wrap_ups;

/// Makes each function a test on each database.
macro_rules! on_both {
    ($($(#[$note:meta])* $name:ident),+ $(,)?) => {
        mod on_sqlite {
            $($(#[$note])* #[test] fn $name() { $crate::cast::on_sqlite(super::$name) })+
        }
        mod on_postgres {
            $($(#[$note])* #[test] fn $name() { $crate::cast::on_postgres(stringify!($name), super::$name) })+
        }
    };
}
use on_both;
