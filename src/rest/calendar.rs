//! The simulated calendar, shown to clients as the wall clock's: kubectl counts ages from its own clock, so that what was made ten
//! simulated seconds ago must carry a time ten seconds ago. Which fields hold times, the schema says.

use crate::kube::Kind;
use crate::kube::schema::{self, Holds, Shape, Type};
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// How far the wall clock is ahead of the simulated calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Seconds; negative if it is behind.
    pub ahead_seconds: i64,
}

#[derive(Clone, Copy)]
enum Way {
    Out,
    In,
}

impl Calendar {
    /// Turns the times of an object the cluster holds into the client's.
    pub fn outward(self, kind: Kind, object: &mut Value) {
        self.walk(kind, object, Way::Out);
    }

    /// Turns the times of an object a client sent into the cluster's.
    pub fn inward(self, kind: Kind, object: &mut Value) {
        self.walk(kind, object, Way::In);
    }

    /// The client's text of an instant in the simulated calendar.
    pub fn shown(self, time: Timestamp) -> Timestamp {
        time.checked_add(SignedDuration::from_secs(self.ahead_seconds)).unwrap_or(time)
    }

    /// The simulated instant that a client's instant means.
    pub fn meant(self, time: Timestamp) -> Timestamp {
        time.checked_sub(SignedDuration::from_secs(self.ahead_seconds)).unwrap_or(time)
    }

    fn walk(self, kind: Kind, object: &mut Value, way: Way) {
        if self.ahead_seconds != 0
            && let Some(root) = schema::of(kind)
        {
            self.structure(root, object, way);
        }
    }

    fn structure(self, holds: &Type, value: &mut Value, way: Way) {
        let Value::Object(map) = value else { return };
        for (name, value) in map {
            if let Some(field) = holds.field(name) {
                self.value(field.shape, value, way);
            }
        }
    }

    fn value(self, shape: Shape, value: &mut Value, way: Way) {
        match (shape.holds(), value) {
            (Holds::Time | Holds::MicroTime, Value::String(text)) => self.time(text, way),
            (Holds::Struct(inner), value) => self.structure(inner, value, way),
            (Holds::List(inner), Value::Array(list)) => {
                for item in list {
                    self.value(inner, item, way);
                }
            }
            (Holds::Map(inner), Value::Object(map)) => {
                map.values_mut().for_each(|item| self.value(inner, item, way));
            }
            _ => {}
        }
    }

    fn time(self, text: &mut String, way: Way) {
        let Ok(time) = text.parse::<Timestamp>() else { return };
        let moved = match way {
            Way::Out => self.shown(time),
            Way::In => self.meant(time),
        };
        // As many digits after the second as there were.
        let digits =
            text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        *text = if digits == 0 { moved.to_string() } else { format!("{moved:.digits$}") };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_move_there_and_back_and_texts_stay() {
        let calendar = Calendar { ahead_seconds: 86_400 };
        let before = json!({
            "metadata": {"creationTimestamp": "2026-01-05T09:00:00Z", "name": "2026-01-05T09:00:00Z"},
            "spec": {"containers": []},
            "status": {"conditions": [{"type": "Ready", "lastTransitionTime": "2026-01-05T09:00:01Z"}]},
        });
        let mut moved = before.clone();
        calendar.outward(Kind::Pod, &mut moved);
        assert_eq!(moved["metadata"]["creationTimestamp"], "2026-01-06T09:00:00Z");
        assert_eq!(moved["metadata"]["name"], "2026-01-05T09:00:00Z");
        assert_eq!(moved["status"]["conditions"][0]["lastTransitionTime"], "2026-01-06T09:00:01Z");
        calendar.inward(Kind::Pod, &mut moved);
        assert_eq!(moved, before);
    }

    #[test]
    fn parts_of_seconds_keep_their_digits() {
        let mut lease = json!({"spec": {"renewTime": "2026-01-05T09:00:00.123456Z"}});
        Calendar { ahead_seconds: 1 }.outward(Kind::Lease, &mut lease);
        assert_eq!(lease["spec"]["renewTime"], "2026-01-05T09:00:01.123456Z");
    }
}
