use crate::cast::Database;

crate::on_both! { only_a_token_that_was_made_is_valid, a_new_token_of_a_name_ends_the_old_one }

async fn only_a_token_that_was_made_is_valid(db: Database) {
    assert!(!db.store.token_is_valid("").await.unwrap());
    let page = db.store.create_token("page").await.unwrap();
    let till = db.store.create_token("till").await.unwrap();
    assert_ne!(page, till);
    assert!(page.len() > 60 && !page.contains(char::is_whitespace), "{page}");
    for good in [&page, &till] {
        assert!(db.store.token_is_valid(good).await.unwrap());
        assert!(!db.store.token_is_valid(&good[1..]).await.unwrap());
        assert!(!db.store.token_is_valid(&format!("{good}0")).await.unwrap());
    }
}

async fn a_new_token_of_a_name_ends_the_old_one(db: Database) {
    let old = db.store.create_token("page").await.unwrap();
    let new = db.store.create_token("page").await.unwrap();
    assert!(!db.store.token_is_valid(&old).await.unwrap());
    assert!(db.store.token_is_valid(&new).await.unwrap());
}
