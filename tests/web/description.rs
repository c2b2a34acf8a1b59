//! `/api/v1/openapi.json` says what is so: real answers are held against it, key by key.

use axum::http::{Method, StatusCode};
use ringall::call::record::{CallRecord, Disposition, EndedBy, EventKind};
use serde_json::{Value, json};

use crate::shop::{Answer, JO, Place, answered, event, id, missed, missed_withheld, ringing};

#[tokio::test]
async fn every_answer_is_as_described() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let call = answered(shop, 1);
    let events = [event(&call, 1, EventKind::Arrived, None), event(&call, 2, EventKind::Ringing, Some("Counter"))];
    place.stores(call, events).await;
    place.stores(missed_withheld(shop, 2), []).await;
    place.stores(missed(shop, 3), []).await;
    place.stores(ringing(shop, 5), []).await;
    place.stores_message(&missed_withheld(shop, 2), &[0x90; 16_000]).await;
    let description = place.ask(Method::GET, "/api/v1/openapi.json", &[], None).await.ok();

    let one = format!("/api/v1/calls/{}", id(1));
    let none = format!("/api/v1/calls/{}", id(9));
    let no_audio = format!("/api/v1/messages/{}/audio", id(9));
    for (path, asked, status) in [
        ("/api/v1/calls", "/api/v1/calls", 200),
        ("/api/v1/calls", "/api/v1/calls?limit=0", 400),
        ("/api/v1/calls/{id}", one.as_str(), 200),
        ("/api/v1/calls/{id}", none.as_str(), 404),
        ("/api/v1/messages", "/api/v1/messages", 200),
        ("/api/v1/messages", "/api/v1/messages?limit=0", 400),
        ("/api/v1/messages/{id}/audio", no_audio.as_str(), 404),
        ("/api/v1/right-now", "/api/v1/right-now", 200),
        ("/api/v1/phones", "/api/v1/phones", 200),
        ("/api/v1/hours", "/api/v1/hours", 200),
        ("/api/v1/closures", "/api/v1/closures", 200),
        ("/api/v1/owed", "/api/v1/owed", 200),
        ("/api/v1/owed", "/api/v1/owed?limit=0", 400),
        ("/api/v1/callers/{number}", "/api/v1/callers/+34600999888", 200),
        ("/api/v1/callers/{number}", "/api/v1/callers/+34600000000", 404),
        ("/healthz", "/healthz", 200),
        ("/readyz", "/readyz", 200),
    ] {
        let answer = place.get(asked).await;
        assert_eq!(answer.status, StatusCode::from_u16(status).expect("a status"), "{asked}");
        as_described(&description, path, "get", &answer, asked);
    }
}

/// Whatever can happen in a call, and become of it.
#[tokio::test]
async fn every_kind_of_event_and_every_end_is_described() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let description = place.ask(Method::GET, "/api/v1/openapi.json", &[], None).await.ok();
    for (n, disposition) in (1..).zip(Disposition::ALL) {
        for (ended_by, m) in EndedBy::ALL.into_iter().zip((10 * n)..) {
            let call =
                CallRecord { disposition: Some(disposition), ended_by: Some(ended_by), ..missed_withheld(shop, m) };
            let events: Vec<_> =
                (1..).zip(EventKind::ALL).map(|(seq, kind)| event(&call, seq, kind, Some("Counter"))).collect();
            place.stores(call, events).await;
            let answer = place.get(&format!("/api/v1/calls/{}", id(m))).await;
            assert_eq!(answer.ok()["events"].as_array().map(Vec::len), Some(EventKind::ALL.len()));
            as_described(&description, "/api/v1/calls/{id}", "get", &answer, "a call");
        }
    }
}

/// What changes something, in an order that lets each be.
#[tokio::test]
async fn every_answer_to_a_change_is_as_described() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(missed(shop, 1), []).await;
    let description = place.ask(Method::GET, "/api/v1/openapi.json", &[], None).await.ok();
    let number = "{number}";
    for (method, path, body, status) in [
        ("put", "/api/v1/hours", json!({"hours": "24/7"}), 200),
        ("put", "/api/v1/hours", json!({"hours": "never"}), 400),
        ("put", "/api/v1/override", json!({"state": "closed", "until": "2026-12-24T20:00"}), 200),
        ("put", "/api/v1/override", json!({"state": "closed", "until": "2026-12-23T20:00"}), 400),
        ("delete", "/api/v1/override", Value::Null, 204),
        ("post", "/api/v1/closures", json!({"from": "2026-12-25T00:00", "to": "2026-12-26T00:00"}), 201),
        ("delete", "/api/v1/closures/{id}", Value::Null, 404),
        ("put", "/api/v1/callers/{number}", json!({"note": "Hinges"}), 200),
        ("post", "/api/v1/callers/{number}/call", json!({"phone": "Counter"}), 202),
        ("post", "/api/v1/callers/{number}/call", json!({"phone": "Nobody's"}), 400),
        ("post", "/api/v1/calls/{id}/pick-up", json!({"phone": "Counter"}), 404),
        ("post", "/api/v1/owed/{number}/claim", json!({"by": "Ana"}), 200),
        ("post", "/api/v1/owed/{number}/claim", json!({"by": "Ben"}), 409),
        ("post", "/api/v1/owed/{number}/claim", json!({"by": ""}), 400),
        ("delete", "/api/v1/owed/{number}/claim", Value::Null, 204),
        ("post", "/api/v1/owed/{number}/settle", json!({"reason": "came_in"}), 204),
        ("post", "/api/v1/owed/{number}/settle", json!({"reason": "came_in"}), 404),
    ] {
        let asked = path.replace(number, JO).replace("{id}", "1");
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let answer = place.send_as(method.clone(), &asked, &[("if-match", "*")], &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::from_u16(status).expect("a status"), "{method} {asked}: {}", answer.text);
        as_described(&description, path, &method.as_str().to_lowercase(), &answer, &asked);
    }
}

/// The body is of a described kind and shape, or there is none where none is described.
#[track_caller]
fn as_described(description: &Value, path: &str, method: &str, answer: &Answer, asked: &str) {
    let described = &description["paths"][path][method]["responses"][answer.status.as_str()];
    assert!(described.is_object(), "{asked}: {} is not described", answer.status);
    let Some((kind, content)) = described["content"].as_object().and_then(|kinds| kinds.iter().next()) else {
        assert_eq!(answer.text, "", "{asked}: no body is described");
        return;
    };
    assert_eq!(&answer.headers["content-type"], kind);
    conforms(description, &content["schema"], &answer.json(), asked);
    for header in described["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        assert!(answer.headers.contains_key(header), "{asked}: {header} is described");
    }
}

#[tokio::test]
async fn every_described_path_answers_and_every_one_but_health_wants_a_token() {
    let place = Place::of_one_shop().await;
    let description = place.ask(Method::GET, "/api/v1/openapi.json", &[], None).await.ok();
    let paths = description["paths"].as_object().expect("paths");
    assert!(paths.len() >= 9);
    for (path, methods) in paths {
        let asked = path.replace("{id}", &id(9).to_string()).replace("{number}", "+34600000000");
        for (method, operation) in methods.as_object().expect("methods") {
            let wants_token = !operation["security"].is_null();
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let bare = place.ask(method.clone(), &asked, &[], None).await.status;
            assert_eq!(bare == StatusCode::UNAUTHORIZED, wants_token, "{method} {path} without a token: {bare}");
            let token = format!("Bearer {}", place.token);
            let with = place.ask(method.clone(), &asked, &[("authorization", &token)], None).await;
            let described = &operation["responses"][with.status.as_str()];
            assert!(described.is_object(), "{method} {path}: {} is not described", with.status);
            let endless = format!("{asked}?{}", "q".repeat(2000));
            let endless = place.ask(method.clone(), &endless, &[("authorization", &token)], None).await;
            assert_eq!(endless.status, StatusCode::URI_TOO_LONG);
            assert!(operation["responses"]["414"].is_object(), "{method} {path}: 414 is not described");
        }
    }
}

/// Every parameter that is described is taken, by the limits that are described.
#[tokio::test]
async fn described_parameters_are_those_that_are_taken() {
    let place = Place::of_one_shop().await;
    let description = place.ask(Method::GET, "/api/v1/openapi.json", &[], None).await.ok();
    for path in ["/api/v1/calls", "/api/v1/messages"] {
        let parameters = description["paths"][path]["get"]["parameters"].as_array().expect("parameters");
        let in_query: Vec<&Value> = parameters.iter().filter(|parameter| parameter["in"] == "query").collect();
        let refusal = place.get(&format!("{path}?nonsense=1")).await.problem(StatusCode::BAD_REQUEST);
        let known = refusal["detail"].as_str().and_then(|detail| detail.split_once(": ")).expect("the known ones").1;
        let known: Vec<&str> = known.trim_end_matches('.').split(", ").collect();
        let described: Vec<&str> = in_query.iter().filter_map(|parameter| parameter["name"].as_str()).collect();
        assert_eq!(described, known);

        let limit = &in_query.iter().find(|parameter| parameter["name"] == "limit").expect("limit")["schema"];
        for bound in [&limit["minimum"], &limit["maximum"]] {
            let bound = bound.as_f64().expect("a bound");
            assert_eq!(place.get(&format!("{path}?limit={bound}")).await.status, StatusCode::OK);
        }
        let beyond = limit["maximum"].as_f64().expect("a bound") + 1.0;
        place.get(&format!("{path}?limit={beyond}")).await.problem(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_described_wherever_a_token_is_wanted() {
    let place = Place::of_one_shop().await;
    let description = place.ask(Method::GET, "/api/v1/openapi.json", &[], None).await.ok();
    place.store.close().await;
    let mut asked = 0;
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            if operation["security"].is_null() {
                continue;
            }
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let at = path.replace("{id}", &id(9).to_string()).replace("{number}", JO);
            place.send(method.clone(), &at, &json!({})).await.problem(StatusCode::SERVICE_UNAVAILABLE);
            assert!(operation["responses"]["503"].is_object(), "{method} {path}: 503 is not described");
            asked += 1;
        }
    }
    assert!(asked > 10);
}

/// A sound has statuses and headers of its own.
#[tokio::test]
async fn a_sound_is_answered_as_described() {
    let place = Place::of_one_shop().await;
    let call = missed_withheld(place.plan.shops[0].id, 2);
    place.stores(call.clone(), []).await;
    place.stores_message(&call, &[0x90; 16_000]).await;
    let description = place.ask(Method::GET, "/api/v1/openapi.json", &[], None).await.ok();
    let responses = &description["paths"]["/api/v1/messages/{id}/audio"]["get"]["responses"];
    let token = format!("Bearer {}", place.token);
    for (name, value, status) in [
        ("accept", "*/*", "200"),
        ("range", "bytes=0-9", "206"),
        ("if-none-match", "*", "304"),
        ("range", "bytes=99999-", "416"),
    ] {
        let path = format!("/api/v1/messages/{}/audio", call.id);
        let answer = place.ask(Method::GET, &path, &[("authorization", &token), (name, value)], None).await;
        assert_eq!(answer.status.as_str(), status, "{name}: {value}");
        let response = &responses[status];
        assert!(response.is_object(), "{status} is not described");
        let kinds: Vec<&String> = response["content"].as_object().into_iter().flatten().map(|(kind, _)| kind).collect();
        let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok());
        assert_eq!(kinds.first().map(|kind| kind.as_str()), kind, "{status}");
        for (name, _) in response["headers"].as_object().into_iter().flatten() {
            assert!(answer.headers.contains_key(name.as_str()), "{status} is described with {name}");
        }
    }
}

/// Holds a value against a schema: types, enumerations, and that neither has a key the other lacks.
#[track_caller]
fn conforms(description: &Value, schema: &Value, value: &Value, at: &str) {
    // Something or null.
    if let Some(either) = schema["oneOf"].as_array() {
        let fits = |schema: &&Value| (schema["type"] == "null") == value.is_null();
        let schema = either.iter().find(fits).unwrap_or_else(|| panic!("{at} is {value}, described as {either:?}"));
        return conforms(description, schema, value, at);
    }
    let properties = properties(description, schema);
    if let Some(object) = value.as_object() {
        for (key, value) in object {
            let (_, schema) = properties
                .iter()
                .find(|(name, _)| name == key)
                .unwrap_or_else(|| panic!("{at}.{key} is not described"));
            conforms(description, schema, value, &format!("{at}.{key}"));
        }
        for key in required(description, schema) {
            assert!(object.contains_key(&key), "{at}.{key} is described as always there");
        }
        return;
    }
    let schema = resolve(description, schema);
    if let Some(items) = value.as_array() {
        assert_eq!(schema["type"], "array", "{at}");
        items.iter().for_each(|item| conforms(description, &schema["items"], item, &format!("{at}[]")));
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        _ => "string",
    };
    let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    assert!(kinds.iter().any(|known| known == kind), "{at} is a {kind}, described as {kinds:?}");
    if let Some(known) = schema["enum"].as_array() {
        assert!(known.contains(value), "{at} is {value}, described as one of {known:?}");
    }
    if schema["format"] == "date-time" && value.is_string() {
        assert!(value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()), "{at}: {value}");
    }
}

fn resolve<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(name) => {
            let found = description.pointer(name.trim_start_matches('#'));
            resolve(description, found.unwrap_or_else(|| panic!("{name} is not described")))
        }
        None => schema,
    }
}

fn properties(description: &Value, schema: &Value) -> Vec<(String, Value)> {
    let schema = resolve(description, schema);
    let own =
        schema["properties"].as_object().into_iter().flatten().map(|(name, schema)| (name.clone(), schema.clone()));
    let parts = schema["allOf"].as_array().into_iter().flatten();
    own.chain(parts.flat_map(|part| properties(description, part))).collect()
}

fn required(description: &Value, schema: &Value) -> Vec<String> {
    let schema = resolve(description, schema);
    let own = schema["required"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
    let parts = schema["allOf"].as_array().into_iter().flatten();
    own.chain(parts.flat_map(|part| required(description, part))).collect()
}
