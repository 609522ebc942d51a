//! nginx's configuration: directives in blocks, files included by name or pattern. Reads what decides where nginx listens and what it
//! answers; knows nothing of the rest but that it is well-formed.

use super::super::super::Call;
use super::super::host_and_port;
use crate::os::shell::pattern;

/// Blocks within blocks, and files within files, at most.
const DEPTH_MAX: usize = 16;
/// Directives of a configuration at most.
const DIRECTIVES_MAX: usize = 10_000;
/// The main file, as the image has it.
pub(super) const MAIN: &str = "/etc/nginx/nginx.conf";

/// A directive with its block.
#[derive(Clone, Debug)]
struct Directive {
    words: Vec<String>,
    block: Vec<Directive>,
    /// File and line of its end.
    at: String,
}

/// What a location does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::os) enum Action {
    /// Files below this folder; `true`: in place of the location's prefix (`alias`).
    Files(String, bool),
    /// This answer.
    Return(u16, String),
    /// Asks another server.
    Pass(Upstream),
}

/// Where requests are passed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::os) struct Upstream {
    pub host: String,
    pub port: u16,
    /// In place of the location's prefix.
    pub path: Option<String>,
    /// File and line of the directive.
    pub at: String,
}

/// A `location`.
#[derive(Clone, Debug)]
pub(in crate::os) struct Location {
    pub prefix: String,
    /// `=`: the whole path, not its beginning.
    pub exact: bool,
    pub action: Action,
}

/// A `server`.
#[derive(Clone, Debug, Default)]
pub(in crate::os) struct Site {
    /// Hosts and ports; no host for all addresses.
    pub listens: Vec<(String, u16)>,
    /// Those of them with TLS.
    pub tls: Vec<u16>,
    pub locations: Vec<Location>,
    pub logs: bool,
}

impl Site {
    /// Whether it takes requests on a port.
    pub fn listens_on(&self, port: u16) -> bool {
        self.listens.iter().any(|(_, own)| *own == port)
    }
}

/// What of a configuration decides how nginx behaves.
#[derive(Clone, Debug)]
pub(in crate::os) struct Config {
    pub sites: Vec<Site>,
    pub access_log: String,
    pub error_log: String,
    pub pid: String,
    /// Folders made at the start.
    pub temporary: Vec<String>,
    pub foreground: bool,
}

/// Directives podlab has heard of; another name is an error, as it is for nginx.
const KNOWN: &str = "accept_mutex access_log add_header alias allow auth_basic auth_basic_user_file auth_request autoindex charset \
    client_body_buffer_size client_body_temp_path client_body_timeout client_header_buffer_size client_header_timeout \
    client_max_body_size daemon default_type deny error_log error_page etag events expires fastcgi_index fastcgi_param \
    fastcgi_pass fastcgi_temp_path gzip gzip_comp_level gzip_min_length gzip_proxied gzip_types gzip_vary hash http if include \
    index internal ip_hash keepalive keepalive_requests keepalive_timeout large_client_header_buffers least_conn limit_req \
    limit_req_zone listen load_module location log_format log_not_found map master_process merge_slashes multi_accept open_file_cache \
    pid port_in_redirect proxy_buffer_size proxy_buffering proxy_buffers proxy_cache proxy_connect_timeout proxy_hide_header \
    proxy_http_version proxy_intercept_errors proxy_next_upstream proxy_pass proxy_pass_request_headers proxy_read_timeout \
    proxy_redirect proxy_send_timeout proxy_set_header proxy_ssl_verify proxy_temp_path real_ip_header resolver return rewrite root \
    scgi_temp_path send_timeout sendfile server server_name server_name_in_redirect server_names_hash_bucket_size server_tokens set \
    set_real_ip_from ssl ssl_certificate ssl_certificate_key ssl_ciphers ssl_prefer_server_ciphers ssl_protocols ssl_session_cache \
    ssl_session_timeout stream stub_status sub_filter tcp_nodelay tcp_nopush try_files types types_hash_max_size upstream use user \
    uwsgi_temp_path worker_connections worker_processes worker_rlimit_nofile worker_shutdown_timeout";

/// Blocks whose entries are data, not directives.
const DATA: &[&str] = &["types", "map", "upstream"];

/// Reads the configuration as the nginx of this container sees it; `globals` is what `-g` gives.
pub(super) fn read(call: &mut Call<'_, '_>, globals: &str, main: &str) -> Result<Config, String> {
    let mut reader = Reader { call, left: DIRECTIVES_MAX };
    let mut all = reader.parse(globals, "command line", 0)?;
    all.extend(reader.file(main, 0)?);
    Ok(collect(&all))
}

/// Reads the texts and takes them apart.
struct Reader<'c, 'a, 'b> {
    call: &'c mut Call<'a, 'b>,
    left: usize,
}

/// A piece of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    End,
    Open,
    Close,
}

impl Reader<'_, '_, '_> {
    fn file(&mut self, path: &str, depth: usize) -> Result<Vec<Directive>, String> {
        let text = self.call.files(path).and_then(|files| files.read(path)).map_err(|error| {
            let number = if error == crate::os::Errno::Denied { 13 } else { 2 };
            format!("open() \"{path}\" failed ({number}: {error})")
        })?;
        self.parse(&String::from_utf8_lossy(&text), path, depth)
    }

    fn parse(&mut self, text: &str, file: &str, depth: usize) -> Result<Vec<Directive>, String> {
        let tokens = tokens(text, file)?;
        let mut at = 0;
        let directives = self.block(&tokens, &mut at, (file, depth), "")?;
        match tokens.get(at) {
            Some((line, _)) => Err(format!("unexpected \"}}\" in {file}:{line}")),
            None => Ok(directives),
        }
    }

    fn block(
        &mut self,
        tokens: &[(usize, Token)],
        at: &mut usize,
        (file, depth): (&str, usize),
        within: &str,
    ) -> Result<Vec<Directive>, String> {
        let last = tokens.last().map_or(1, |(line, _)| *line);
        let mut found = Vec::new();
        let mut words: Vec<String> = Vec::new();
        while let Some((line, token)) = tokens.get(*at) {
            match token {
                Token::Close if words.is_empty() => return Ok(found),
                Token::Close => return Err(format!("unexpected \"}}\" in {file}:{line}")),
                Token::Word(word) => words.push(word.clone()),
                Token::End | Token::Open => {
                    let words = std::mem::take(&mut words);
                    self.judge(&words, within, (file, *line))?;
                    let mut block = Vec::new();
                    if *token == Token::Open {
                        if depth >= DEPTH_MAX {
                            return Err(format!("podlab: blocks nested too deeply in {file}:{line}"));
                        }
                        *at += 1;
                        let name = words[0].clone();
                        block = self.block(tokens, at, (file, depth + 1), &name)?;
                        if *at >= tokens.len() {
                            return Err(format!("unexpected end of file, expecting \"}}\" in {file}:{last}"));
                        }
                    }
                    if words[0] == "include" && !DATA.contains(&within) {
                        for path in self.matching(words.get(1).map_or("", String::as_str)) {
                            found.extend(self.file(&path, depth + 1)?);
                        }
                    } else {
                        found.push(Directive { words, block, at: format!("{file}:{line}") });
                    }
                }
            }
            *at += 1;
        }
        if words.is_empty() {
            Ok(found)
        } else {
            Err(format!("unexpected end of file, expecting \";\" or \"}}\" in {file}:{last}"))
        }
    }

    fn judge(&mut self, words: &[String], within: &str, (file, line): (&str, usize)) -> Result<(), String> {
        let name = words.first().ok_or_else(|| format!("unexpected \";\" in {file}:{line}"))?;
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| format!("podlab: more than {DIRECTIVES_MAX} directives in {file}:{line}"))?;
        if !DATA.contains(&within) && !KNOWN.split_whitespace().any(|known| known == name) {
            return Err(format!("unknown directive \"{name}\" in {file}:{line}"));
        }
        Ok(())
    }

    /// The files of a pattern such as `/etc/nginx/conf.d/*.conf`, in order of their names.
    fn matching(&mut self, wanted: &str) -> Vec<String> {
        let wanted = if wanted.starts_with('/') { wanted.to_owned() } else { format!("/etc/nginx/{wanted}") };
        let Some((folder, name)) = wanted.rsplit_once('/').filter(|(_, name)| name.contains('*')) else {
            return vec![wanted];
        };
        let listed = self.call.files(folder).and_then(|files| files.list(folder)).unwrap_or_default();
        listed
            .iter()
            .filter(|(entry, _)| !entry.starts_with('.') && pattern::matches(name, entry))
            .map(|(entry, _)| format!("{folder}/{entry}"))
            .collect()
    }
}

/// Takes a text apart; each piece with its line.
fn tokens(text: &str, file: &str) -> Result<Vec<(usize, Token)>, String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    let mut line = 1;
    while let Some(letter) = letters.next() {
        match letter {
            '\n' => line += 1,
            letter if letter.is_whitespace() => {}
            '#' => while letters.next_if(|letter| *letter != '\n').is_some() {},
            ';' => found.push((line, Token::End)),
            '{' => found.push((line, Token::Open)),
            '}' => found.push((line, Token::Close)),
            quote @ ('"' | '\'') => {
                let start = line;
                let mut word = String::new();
                loop {
                    match letters.next() {
                        Some('\\') => match letters.next() {
                            Some('n') => word.push('\n'),
                            Some('t') => word.push('\t'),
                            Some('r') => word.push('\r'),
                            Some(letter @ ('"' | '\'' | '\\')) => word.push(letter),
                            Some(letter) => word.extend(['\\', letter]),
                            None => {}
                        },
                        Some(letter) if letter == quote => break,
                        Some(letter) => {
                            line += usize::from(letter == '\n');
                            word.push(letter);
                        }
                        None => {
                            return Err(format!(
                                "unexpected end of file, expecting \";\" or \"}}\" in {file}:{start}"
                            ));
                        }
                    }
                }
                found.push((start, Token::Word(word)));
            }
            first => {
                let mut word = String::from(first);
                let mut variable = first == '$';
                while let Some(letter) = letters.next_if(|letter| {
                    !letter.is_whitespace() && *letter != ';' && (variable || *letter != '{')
                }) {
                    variable = letter == '$' || (variable && letter == '{');
                    word.push(letter);
                }
                found.push((line, Token::Word(word)));
            }
        }
    }
    Ok(found)
}

fn value<'d>(block: &'d [Directive], name: &str) -> Option<&'d [String]> {
    block.iter().rev().find(|directive| directive.words[0] == name).map(|directive| &directive.words[1..])
}

fn first_value(block: &[Directive], name: &str, default: &str) -> String {
    value(block, name).and_then(|words| words.first()).map_or(default, String::as_str).to_owned()
}

fn collect(all: &[Directive]) -> Config {
    let http: &[Directive] =
        all.iter().find(|directive| directive.words[0] == "http").map_or(&[], |http| &http.block);
    let upstreams: Vec<&Directive> =
        http.iter().filter(|directive| directive.words[0] == "upstream").collect();
    let root = first_value(http, "root", "/etc/nginx/html");
    let sites = http
        .iter()
        .filter(|directive| directive.words[0] == "server")
        .map(|server| site(&server.block, &root, &upstreams))
        .collect();
    let temporary = ["client", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| {
        let directive =
            if name == "client" { "client_body_temp_path".to_owned() } else { format!("{name}_temp_path") };
        first_value(http, &directive, &format!("/var/cache/nginx/{name}_temp"))
    });
    Config {
        sites,
        access_log: first_value(http, "access_log", "/var/log/nginx/access.log"),
        error_log: first_value(all, "error_log", "/var/log/nginx/error.log"),
        pid: first_value(all, "pid", "/var/run/nginx.pid"),
        temporary: temporary.to_vec(),
        foreground: first_value(all, "daemon", "on") == "off",
    }
}

fn site(block: &[Directive], root: &str, upstreams: &[&Directive]) -> Site {
    let root = first_value(block, "root", root);
    let directives: Vec<&Directive> =
        block.iter().filter(|directive| directive.words[0] == "listen").collect();
    let place = |directive: &&Directive| {
        let word = directive.words.get(1).filter(|word| !word.starts_with("unix:"))?;
        let (host, port) = host_and_port(word);
        Some((host.to_owned(), port.unwrap_or(80)))
    };
    let mut listens: Vec<(String, u16)> = directives.iter().filter_map(place).collect();
    let with_tls = directives.iter().filter(|directive| directive.words.iter().any(|word| word == "ssl"));
    let tls = with_tls.filter_map(place).map(|(_, port)| port).collect();
    if directives.is_empty() {
        listens.push((String::new(), 80));
    }
    let mut locations: Vec<Location> = block
        .iter()
        .filter(|directive| directive.words[0] == "location")
        .filter_map(|directive| location(directive, &root, upstreams))
        .collect();
    locations.push(Location { prefix: String::new(), exact: false, action: action(block, &root, upstreams) });
    Site { listens, tls, locations, logs: first_value(block, "access_log", "on") != "off" }
}

/// A location by prefix; those by regular expression are passed over.
fn location(directive: &Directive, root: &str, upstreams: &[&Directive]) -> Option<Location> {
    let (sign, prefix) = match &directive.words[1..] {
        [prefix] => ("", prefix),
        [sign, prefix] => (sign.as_str(), prefix),
        _ => return None,
    };
    let root = first_value(&directive.block, "root", root);
    (!sign.starts_with('~')).then(|| Location {
        prefix: prefix.clone(),
        exact: sign == "=",
        action: action(&directive.block, &root, upstreams),
    })
}

fn action(block: &[Directive], root: &str, upstreams: &[&Directive]) -> Action {
    if let Some(words) = value(block, "return") {
        let code = words.first().and_then(|code| code.parse().ok());
        let text = if code.is_some() { words.get(1) } else { words.first() };
        return Action::Return(code.unwrap_or(302), text.cloned().unwrap_or_default());
    }
    if let Some(directive) = block.iter().rev().find(|directive| directive.words[0] == "proxy_pass") {
        return pass(directive, upstreams);
    }
    if value(block, "stub_status").is_some() {
        let text = "Active connections: 1 \nserver accepts handled requests\n 1 1 1 \nReading: 0 Writing: 1 Waiting: 0 \n";
        return Action::Return(200, text.to_owned());
    }
    match value(block, "alias").and_then(|words| words.first()) {
        Some(folder) => Action::Files(folder.clone(), true),
        None => Action::Files(root.to_owned(), false),
    }
}

fn pass(directive: &Directive, upstreams: &[&Directive]) -> Action {
    let target = directive.words.get(1).map_or("", String::as_str);
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    let (authority, path) = match rest.find('/') {
        Some(at) => (&rest[..at], Some(rest[at..].to_owned())),
        None => (rest, None),
    };
    let server = upstreams
        .iter()
        .find(|upstream| upstream.words.get(1).is_some_and(|name| name == authority))
        .and_then(|upstream| upstream.block.iter().find(|entry| entry.words[0] == "server"));
    let at = server.map_or(&directive.at, |server| &server.at).clone();
    let authority = server.and_then(|server| server.words.get(1)).map_or(authority, String::as_str);
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let path = path.filter(|path| !path.contains('$'));
    Action::Pass(Upstream { host: host.to_owned(), port: port.parse().unwrap_or(80), path, at })
}
