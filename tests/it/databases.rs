//! One test for each kind of database.

/// Makes tests of functions that take a fresh `World`: one on SQLite, and one on PostgreSQL. A test that needs several threads says so:
/// `("multi_thread") name`.
macro_rules! on_every_database {
    ($($(($flavor:literal))? $test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test($(flavor = $flavor)?)]
                async fn $test() {
                    super::$test($crate::support::World::new().await).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test($(flavor = $flavor)?)]
                async fn $test() {
                    super::$test($crate::support::World::on_postgres().await).await;
                }
            )+
        }
    };
}

/// Makes tests on SQLite alone of the same functions: of what only it has.
macro_rules! on_sqlite {
    ($($(($flavor:literal))? $test:ident),+ $(,)?) => {
        mod only_on_sqlite {
            $(
                #[tokio::test($(flavor = $flavor)?)]
                async fn $test() {
                    super::$test($crate::support::World::new().await).await;
                }
            )+
        }
    };
}

pub(crate) use {on_every_database, on_sqlite};
