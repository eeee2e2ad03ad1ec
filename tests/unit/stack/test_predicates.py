"""Where the local Athena finds the values of an injected partition column."""

from __future__ import annotations

import pytest
import sqlglot

from tools.stack.predicates import constants

SCHEMA = {"ring": {name: {"workspace": "string", "id": "string", "n": "int"} for name in ("calls", "legs")}}

# sql | what each scan of `calls` holds `workspace` to (`-`: nothing)
FOUND = """
    select * from calls where workspace = 'a'                                                              | a
    select * from calls where 'a' = workspace and n > 1                                                    | a
    select * from calls where workspace in ('a', 'b')                                                      | a,b
    select * from calls where workspace = 'a' or workspace = 'b'                                           | a,b
    select * from calls where (workspace = cast('a' as varchar))                                           | a
    select * from calls where workspace = 'a' or n = 1                                                     | -
    select * from calls where not workspace = 'a'                                                          | -
    select * from calls where workspace <> 'a'                                                             | -
    select * from calls where workspace = lower(id)                                                        | -
    select * from calls where workspace in (select workspace from legs)                                    | -
    select * from calls having count(*) > 1 and max(workspace) = 'a'                                       | -
    with c as (select * from calls) select * from c where workspace = 'a'                                  | a
    with c as (select workspace w from calls) select * from c where w = 'a'                                | a
    with c as (select * from calls), d as (select * from c) select * from d where workspace = 'a'          | a
    with c as (select * from calls) select * from c x, c y where x.workspace = 'a' and y.workspace = 'b'   | a;b
    select * from (select workspace, count(*) n from calls group by 1) where workspace = 'a'               | a
    select * from (select max(workspace) workspace from calls group by id) where workspace = 'a'           | -
    select * from (select * from calls limit 5) where workspace = 'a'                                      | -
    select * from (select *, rank() over (order by n) r from calls) where workspace = 'a'                  | -
    select * from (select *, rank() over (partition by workspace order by n) r from calls) where workspace = 'a' | a
    select * from (select * from calls union all select * from calls) where workspace = 'a'                | a;a
    select * from (select * from calls union select * from calls limit 1) where workspace = 'a'            | -;-
    select * from legs l join calls c on l.workspace = c.workspace where l.workspace = 'a'                 | a
    select * from legs l join calls c using (workspace) where l.workspace = 'a'                            | a
    select * from legs l join calls c on c.workspace = 'a'                                                 | a
    select * from legs l left join calls c on l.workspace = c.workspace where l.workspace = 'a'            | a
    select * from calls c left join legs l on c.workspace = 'a'                                            | -
    select * from calls c left join legs l on c.workspace = l.workspace and l.workspace = 'a'              | -
    select * from calls c left join legs l on c.workspace = l.workspace where l.workspace = 'a'            | a
    select * from legs l right join calls c on c.workspace = 'a'                                           | -
    select * from calls c full join legs l on c.workspace = 'a' and l.workspace = 'a'                      | -
    select * from legs where workspace = 'a' and n > (select count(*) from calls)                          | -
    select * from CALLS C where c.WorkSpace = 'a'                                                          | a
"""


@pytest.mark.parametrize("line", [line.strip() for line in FOUND.strip().splitlines()])
def test_only_conditions_that_reach_the_scan_count(line: str) -> None:
    sql, _, expected = (part.strip() for part in line.rpartition("|"))
    scans = constants(sqlglot.parse_one(sql, read="athena"), SCHEMA, "ring")[("ring", "calls")]
    held = sorted(",".join(sorted(scan.get("workspace", frozenset("-")))) for scan in scans)
    assert ";".join(held) == expected
