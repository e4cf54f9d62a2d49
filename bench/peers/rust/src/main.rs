//! Cedar, native: `peer-cedar answers|time FIXTURE [SECONDS]`, see ../README.md.

use std::hint::black_box;
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    Response,
};
use serde_json::{json, Value};

struct Types {
    user: EntityTypeName,
    action: EntityTypeName,
    resource: EntityTypeName,
}

fn uid(type_name: &EntityTypeName, value: &Value) -> EntityUid {
    let id = EntityId::new(value["id"].as_str().expect("an id"));
    EntityUid::from_type_name_and_id(type_name.clone(), id)
}

fn parse(types: &Types, request: Value) -> Request {
    let principal = uid(&types.user, &request["principal"]);
    let action = uid(&types.action, &request["action"]);
    let resource = uid(&types.resource, &request["resource"]);
    let Value::Object(mut members) = request else {
        panic!("a request is an object");
    };
    let context = members.remove("context").expect("a context");
    let context = Context::from_json_value(context, None).expect("a context");
    Request::new(principal, action, resource, context, None).expect("a request")
}

fn answer(response: &Response) -> Value {
    assert!(response.diagnostics().errors().next().is_none(), "a policy failed");
    let mut statements: Vec<u32> = response
        .diagnostics()
        .reason()
        .map(|id| {
            let text: &str = id.as_ref();
            text.trim_start_matches("policy").parse().expect("a policy's number")
        })
        .collect();
    statements.sort_unstable();
    let decision = match (response.decision(), statements.is_empty()) {
        (Decision::Allow, _) => "allow",
        (Decision::Deny, false) => "explicit-deny",
        (Decision::Deny, true) => "implicit-deny",
    };
    json!({"decision": decision, "statements": statements})
}

#[repr(C)]
struct TimeSpec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut TimeSpec) -> i32;
}

const CLOCK_MONOTONIC: i32 = 1;
const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;

fn now_ns(clock: i32) -> f64 {
    let mut time = TimeSpec { seconds: 0, nanoseconds: 0 };
    // The clock exists on every Linux; the struct is C's timespec of a 64 bit machine.
    let status = unsafe { clock_gettime(clock, &mut time) };
    assert_eq!(status, 0);
    time.seconds as f64 * 1e9 + time.nanoseconds as f64
}

/// Passes over all requests until they took `seconds` of processor time.
fn passes<T>(requests: &[T], once: &mut dyn FnMut(&T), seconds: f64) -> Value {
    let wall = now_ns(CLOCK_MONOTONIC);
    let cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    let mut count = 0.0;
    let used = loop {
        requests.iter().for_each(&mut *once);
        count += requests.len() as f64;
        let used = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        if used >= seconds * 1e9 {
            break used;
        }
    };
    json!({"wall_ns": (now_ns(CLOCK_MONOTONIC) - wall) / count, "cpu_ns": used / count})
}

fn time<T>(requests: &[T], once: &mut dyn FnMut(&T), seconds: f64) -> Value {
    passes(requests, once, 2.0 * seconds);
    passes(requests, once, seconds)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&arguments[2]).expect("the fixture");
    let fixture: Value = serde_json::from_str(&text).expect("JSON");
    let policies = PolicySet::from_str(fixture["policies"].as_str().expect("policies")).expect("policies");
    let entities = Entities::empty();
    let authorizer = Authorizer::new();
    let name = |text| EntityTypeName::from_str(text).expect("a type");
    let types = Types { user: name("User"), action: name("Action"), resource: name("Resource") };
    let values = fixture["requests"].as_array().expect("requests");
    let requests: Vec<Request> = values.iter().map(|value| parse(&types, value.clone())).collect();
    let decide = |request: &Request| authorizer.is_authorized(request, &policies, &entities);

    if arguments[1] == "answers" {
        let answers: Vec<Value> = requests.iter().map(|request| answer(&decide(request))).collect();
        println!("{}", Value::from(answers));
        return;
    }
    let seconds: f64 = arguments[3].parse().expect("seconds");
    let texts: Vec<String> = values.iter().map(Value::to_string).collect();
    let parsed = time(&requests, &mut |request| { black_box(decide(request).decision()); }, seconds);
    let from_json = &mut |text: &String| {
        let request = parse(&types, serde_json::from_str(text).expect("JSON"));
        black_box(answer(&decide(&request)).to_string());
    };
    println!("{}", json!({"parsed": parsed, "json": time(&texts, from_json, seconds)}));
}
