//! Databases and their clients, against what `psql` and `mysql` print.

use super::*;

/// Runs statements, each in a `psql -c` of its own, on a server that has just started; standard output and error.
fn psql(batches: &[&str]) -> (String, String) {
    let given: String =
        batches.iter().map(|batch| format!(" -c \"{}\"", batch.replace('"', "\\\""))).collect();
    client(
        "postgres:16",
        &format!("export POSTGRES_PASSWORD=pw; postgres > /tmp/log 2>&1 & sleep 5; psql -U postgres{given}"),
    )
}

/// Runs statements in one `mysql -e` on a server that has just started; standard output and error.
fn mysql(statements: &str) -> (String, String) {
    let start =
        "export MYSQL_ROOT_PASSWORD=pw MYSQL_PWD=pw MYSQL_DATABASE=shop; mysqld > /tmp/log 2>&1 & sleep 9";
    client("mysql:8.4", &format!("{start}; mysql shop -e \"{statements}\""))
}

fn client(image: &str, script: &str) -> (String, String) {
    let done = Box_::start(image, &["sh", "-c", script]).until(20_000);
    (done.out, done.err)
}

#[test]
fn tables_are_joined_grouped_and_changed() {
    let (out, err) = psql(&[
        "CREATE TABLE pet (id SERIAL PRIMARY KEY, name TEXT NOT NULL, owner INT, tame BOOLEAN, price NUMERIC(6,2))",
        "INSERT INTO pet (name, owner, tame, price) VALUES ('Rex', 1, true, 9.9), ('Tom; the cat', 1, false, 12), ('Eel', NULL, false, NULL)",
        "CREATE TABLE owner (id INT PRIMARY KEY, name TEXT); INSERT INTO owner VALUES (1, 'Ann'), (2, 'Bob')",
        "UPDATE pet SET price = price + 1 WHERE tame",
        "SELECT * FROM pet ORDER BY id",
        "SELECT o.name, count(p.id), sum(p.id) AS ids FROM owner o LEFT JOIN pet p ON p.owner = o.id GROUP BY o.name ORDER BY 1",
        "DELETE FROM pet WHERE owner IS NULL",
        "INSERT INTO pet (name) VALUES ('New') RETURNING id",
    ]);
    assert_eq!(err, "");
    let wanted = [
        "CREATE TABLE",
        "INSERT 0 3",
        "CREATE TABLE",
        "INSERT 0 2",
        "UPDATE 1",
        " id |     name     | owner | tame | price ",
        "----+--------------+-------+------+-------",
        "  1 | Rex          |     1 | t    | 10.90",
        "  2 | Tom; the cat |     1 | f    | 12.00",
        "  3 | Eel          |       | f    |",
        "(3 rows)",
        "",
        " name | count | ids ",
        "------+-------+-----",
        " Ann  |     2 |   3",
        " Bob  |     0 |",
        "(2 rows)",
        "",
        "DELETE 1",
        " id ",
        "----",
        "  4",
        "(1 row)",
        "",
        "INSERT 0 1",
        "",
    ];
    assert_eq!(out, wanted.join("\n"));
}

#[test]
fn what_is_wrong_is_said_in_postgresqls_words() {
    let (out, err) = psql(&[
        "SELECT * FROM nope",
        "CREATE TABLE t (id INT PRIMARY KEY, word TEXT NOT NULL UNIQUE)",
        "CREATE TABLE T (id INT)",
        "SELECT wrod FROM t",
        "SELECT id,\n  word FORM t",
        "INSERT INTO t VALUES (1, 'a')",
        "INSERT INTO t VALUES (1, 'b')",
        "INSERT INTO t VALUES (2, 'a')",
        "INSERT INTO t (id) VALUES (3)",
        "GRANT ALL ON t TO bob",
    ]);
    assert_eq!(out, "CREATE TABLE\nINSERT 0 1\n");
    let wanted = [
        "ERROR:  relation \"nope\" does not exist",
        "LINE 1: SELECT * FROM nope",
        "                      ^",
        "ERROR:  relation \"t\" already exists",
        "ERROR:  column \"wrod\" does not exist",
        "LINE 1: SELECT wrod FROM t",
        "               ^",
        "ERROR:  syntax error at or near \"t\"",
        "LINE 2:   word FORM t",
        "                    ^",
        "ERROR:  duplicate key value violates unique constraint \"t_pkey\"",
        "ERROR:  duplicate key value violates unique constraint \"t_word_key\"",
        "ERROR:  null value in column \"word\" of relation \"t\" violates not-null constraint",
        "podlab: this statement is not simulated: GRANT ALL ON t TO bob",
        "",
    ];
    assert_eq!(err, wanted.join("\n"));
}

#[test]
fn a_batch_of_postgresql_is_one_transaction_and_one_of_mysql_is_not() {
    let batch = "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); INSERT INTO nope VALUES (3)";
    let (out, _) = psql(&["CREATE TABLE t (id INT)", batch, "SELECT count(*) FROM t"]);
    assert!(out.ends_with(" count \n-------\n     0\n(1 row)\n\n"), "{out}");
    let start =
        "export MYSQL_ROOT_PASSWORD=pw MYSQL_PWD=pw MYSQL_DATABASE=shop; mysqld > /tmp/log 2>&1 & sleep 9";
    let (out, err) = client(
        "mysql:8.4",
        &format!(
            "{start}; mysql shop -e 'CREATE TABLE t (id INT); {batch}'; mysql shop -e 'SELECT count(*) FROM t'"
        ),
    );
    assert_eq!(out, "count(*)\n2\n");
    assert_eq!(err, "ERROR 1146 (42S02) at line 1: Table 'shop.nope' doesn't exist\n");
}

#[test]
fn mysql_answers_in_its_own_words_and_knows_its_databases() {
    let (out, err) = mysql(
        "CREATE TABLE t (id INT(11) UNSIGNED NOT NULL AUTO_INCREMENT, name VARCHAR(20), PRIMARY KEY (id)) ENGINE=InnoDB; \
         INSERT INTO t (name) VALUES ('a'), (NULL); SELECT * FROM t; SHOW TABLES; CREATE DATABASE more; USE more; SHOW TABLES; \
         SHOW DATABASES; SELECT database(); SELECT * FROM t",
    );
    assert_eq!(
        out,
        "id\tname\n1\ta\n2\tNULL\nTables_in_shop\nt\nDatabase\ninformation_schema\nmore\nmysql\nperformance_schema\nshop\nsys\ndatabase()\nmore\n"
    );
    assert_eq!(err, "ERROR 1146 (42S02) at line 1: Table 'more.t' doesn't exist\n");
}

#[test]
fn what_was_written_outlives_the_server_and_what_is_damaged_is_not_read() {
    let script = "export POSTGRES_PASSWORD=pw; postgres > /tmp/log 2>&1 & sleep 5; \
        psql -U postgres -c 'CREATE TABLE t (id INT)' -c 'INSERT INTO t VALUES (7)'; kill %1; wait; \
        postgres > /tmp/log 2>&1 & sleep 5; grep -c Skipping /tmp/log; psql -U postgres -tA -c 'SELECT id FROM t'; \
        echo spoilt > $PGDATA/base/postgres; psql -U postgres -c 'SELECT id FROM t'";
    let (out, err) = client("postgres:16", script);
    assert_eq!(out, "CREATE TABLE\nINSERT 0 1\n1\n7\n");
    assert_eq!(err, "podlab: the files of this database are damaged\n");
}

#[test]
fn no_statement_reaches_files_clock_or_dice_or_works_without_end() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let large = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40) SELECT hex(zeroblob(30000)) FROM n";
    let (out, err) = psql(&[
        "ATTACH DATABASE '/etc/passwd' AS p",
        "VACUUM INTO '/tmp/podlab-escaped'",
        "PRAGMA database_list",
        "SELECT load_extension('x')",
        "SELECT random()",
        "SELECT datetime('now')",
        "CREATE VIRTUAL TABLE v USING fts5(a)",
        endless,
        large,
    ]);
    assert_eq!(out, "");
    assert_eq!(err.lines().filter(|line| line.starts_with("podlab:")).count(), 9, "{err}");
    assert!(err.contains("podlab: this statement takes more work than is simulated"), "{err}");
    assert!(err.contains("podlab: an answer of more than 1 MiB is not simulated"), "{err}");
}

#[test]
fn the_time_of_a_statement_is_that_of_the_cluster() {
    let (out, _) = psql(&[
        "CREATE TABLE t (id INT, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
        "INSERT INTO t (id) VALUES (1)",
        "SELECT at = now() AS same, length(at) FROM t",
    ]);
    let date = sh("date +%Y").0;
    let (year, _) = psql(&["SELECT substr(now(), 1, 4)"]);
    assert!(year.contains(date.trim()), "{year} is not of {date}");
    assert!(out.contains("|     22"), "{out}");
}
