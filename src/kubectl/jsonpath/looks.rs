//! Which parts of a value a template looks at, found out without the value. Wants too much rather than too little: behind a wildcard
//! everything, and after a range what follows as seen from its elements and from outside.

use super::parse::{Node, Step};
use crate::kube::Mask;

/// A template with more ranges than this wants everything.
const MOST: usize = 32;

/// A place in a value: the fields that lead there, lists passed over.
type Place = Vec<String>;

pub(super) fn want(nodes: &[Node], mask: &mut Mask) {
    let mut starts: Vec<Place> = vec![Vec::new()];
    for node in nodes {
        let Node::Action(steps) = node else { continue };
        let ends = starts.clone().into_iter().flat_map(|start| walk(steps, start, mask));
        let ends: Vec<Place> = ends.collect();
        if steps.contains(&Step::Range) {
            starts.extend(ends);
        } else {
            want_all(&ends, mask);
        }
        if starts.len() > MOST {
            return mask.want();
        }
    }
}

fn want_all(places: &[Place], mask: &mut Mask) {
    for place in places {
        at(place, mask).want();
    }
}

fn at<'a>(place: &[String], mask: &'a mut Mask) -> &'a mut Mask {
    place.iter().fold(mask, |mask, field| mask.at(field))
}

/// Where a path leads from a place; what it looks at on the way is wanted.
fn walk(steps: &[Step], start: Place, mask: &mut Mask) -> Vec<Place> {
    let mut places = vec![start];
    for step in steps {
        match step {
            Step::Field(name) => {
                for place in &mut places {
                    place.push(name.clone());
                }
            }
            Step::Wildcard | Step::Recursive => {
                want_all(&places, mask);
                places.clear();
            }
            Step::Filter(filter) => {
                for side in [&filter.left, &filter.right] {
                    let ends: Vec<Place> =
                        places.iter().flat_map(|place| walk(side, place.clone(), mask)).collect();
                    want_all(&ends, mask);
                }
            }
            Step::Union(paths) => {
                let from = std::mem::take(&mut places);
                for path in paths {
                    places.extend(from.iter().flat_map(|place| walk(path, place.clone(), mask)));
                }
            }
            Step::Constant(_) => places.clear(),
            Step::Slice(_) | Step::Range | Step::End | Step::Unknown(_) => {}
        }
    }
    // That something is there may be all that counts.
    for place in &places {
        at(place, mask);
    }
    places
}
