//! Paths of routes, of one type: the router has code of its own for each type.

use leptos_router::{PartialPathMatch, PathSegment, PossibleRouteMatch};

/// The path of a page, such as `/users/:user_id`, which has a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At(pub &'static str);

impl At {
    fn segments(self) -> impl Iterator<Item = &'static str> {
        self.0.split('/').skip(1)
    }
}

impl PossibleRouteMatch for At {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let mut rest = path;
        let mut params = Vec::new();
        for segment in self.segments() {
            let behind = rest.strip_prefix('/')?;
            let (text, behind) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
            match segment.strip_prefix(':') {
                Some(name) if !text.is_empty() => params.push((name.into(), text.to_owned())),
                None if text == segment => {}
                _ => return None,
            }
            rest = behind;
        }
        Some(PartialPathMatch::new(rest, params, &path[..path.len() - rest.len()]))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        path.extend(self.segments().map(|segment| match segment.strip_prefix(':') {
            Some(name) => PathSegment::Param(name.into()),
            None => PathSegment::Static(segment.into()),
        }));
    }
}

#[cfg(test)]
mod tests {
    use leptos_router::PossibleRouteMatch;

    use super::At;

    #[test]
    fn paths() {
        for (route, path, expected) in [
            ("/users", "/users", Some("/users| |")),
            ("/users", "/users/", Some("/users| |/")),
            ("/users", "/users/import-export", Some("/users| |/import-export")),
            ("/users", "/user", None),
            ("/users", "/usersx", None),
            ("/users", "users", None),
            ("/users", "/", None),
            ("/users/:id", "/users/a|b", Some("/users/a|b|id=a|b |")),
            ("/users/:id", "/users/", None),
            ("/users/:id", "/users", None),
            ("/a/b/:id", "/a/b/ä/c", Some("/a/b/ä|id=ä |/c")),
        ] {
            let found = At(route).test(path).map(|found| {
                let (matched, remaining) = (found.matched(), found.remaining());
                let params: String = found.params().iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{matched}|{params} |{remaining}")
            });
            assert_eq!(found.as_deref(), expected, "{route} {path}");
        }
    }
}
