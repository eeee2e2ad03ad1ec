-- Seconds in each status per line and local day, computed a second time: from the raw bodies of the
-- journal, by the rules of presence (features.md R29-R37), without any of our Python. Time is cut at
-- every instant at which anything happens; within a piece nothing changes, so each piece is judged alone.
--
-- Tables given: events (connection, received_at, body json), links (user_id, connection, account, since,
-- until), settings (zone, first_day, last_day), devices (connection, device), capable (connection).
-- Result: view seconds (line, local_day, status, seconds).

create view words as
select
    connection,
    body ->> '$.data.presence.account' as account,
    coalesce(cast(body ->> '$.timestamp' as timestamptz), received_at) as moment,
    received_at,
    lower(body ->> '$.data.presence.status') as word,
    lower(coalesce(body ->> '$.data.presence.device', '')) as device
from events
where body ->> '$.type' = 'presence.changed' and coalesce(body ->> '$.data.presence.status', '') <> '';

-- R35: do-not-disturb counts from capable devices; R37: everything else that is said is being there.
create view stated as
select
    connection,
    account,
    moment,
    received_at,
    case
        when word in ('talking', 'online', 'offline') then word
        when word = 'dnd' and exists (select 1 from devices d where d.connection = words.connection)
            then case
                when exists (
                    select 1 from devices d
                    where d.connection = words.connection
                        and (words.device = d.device or words.device like d.device || '/%'
                            or words.device like d.device || ' %')
                ) then 'dnd' else 'online'
            end
        when word = 'dnd' and exists (select 1 from capable c where c.connection = words.connection) then 'dnd'
        else 'online'
    end as status
from words;

-- R33: a status holds until the next one, but not for more than 31 days.
create table holds as
select
    connection,
    account,
    status,
    moment as a,
    least(coalesce(following, moment + interval 31 day), moment + interval 31 day) as b
from (
    select *, lead(moment) over (partition by connection, account order by moment, received_at) as following
    from (select distinct connection, account, moment, received_at, status from stated)
)
where following is null or following > moment;

create table talks as
select
    answered.connection,
    l.user_id,
    cast(answered.body ->> '$.timestamp' as timestamptz) as a,
    cast(completed.body ->> '$.timestamp' as timestamptz) as b
from events answered
join events completed
    on completed.connection = answered.connection
    and completed.body ->> '$.data.call.id' = answered.body ->> '$.data.call.id'
    and completed.body ->> '$.type' = 'call.completed'
join links l
    on l.connection = answered.connection
    and l.account = answered.body ->> '$.data.call.agent.id'
    and l.since <= cast(answered.body ->> '$.timestamp' as timestamptz)
    and cast(answered.body ->> '$.timestamp' as timestamptz) < l.until
where answered.body ->> '$.type' = 'call.answered';

create view days as
select unnest(generate_series(
    cast(first_day as timestamp) - interval 2 day, cast(last_day as timestamp) + interval 3 day, interval 1 day
)) as midnight, zone
from settings;

create table cuts as
select distinct moment from (
    select a as moment from holds
    union all select b from holds
    union all select since from links
    union all select until from links
    union all select a from talks
    union all select b from talks
    union all select midnight at time zone 'UTC' from days
    union all select midnight at time zone zone from days
)
where moment between
    (select cast(first_day as timestamp) at time zone 'UTC' - interval 2 day from settings)
    and (select cast(last_day as timestamp) at time zone 'UTC' + interval 3 day from settings);

create table pieces as
select
    a,
    b,
    cast(a at time zone (select zone from settings) as date) as local_day,
    cast(a at time zone 'UTC' as date) as utc_day
from (select moment as a, lead(moment) over (order by moment) as b from cuts)
where b is not null;

-- R36: who an account speaks for at each instant; for itself while it is nobody's.
create table said as
select
    p.a,
    p.b,
    p.local_day,
    p.utc_day,
    h.connection,
    h.status,
    coalesce('user:' || l.user_id, 'account:' || h.connection || ':' || substr(sha256(h.account), 1, 32)) as line
from pieces p
join holds h on h.a <= p.a and p.a < h.b
left join links l
    on l.connection = h.connection and l.account = h.account and l.since <= p.a and p.a < l.until;

create view covered as
select distinct line, local_day from said;

-- Talking is taken from calls where the connection does not say so on that UTC day.
create view saying as
select distinct line, connection, utc_day from said where status = 'talking';

create view judged as
select line, a, b, local_day, min(rank) as rank
from (
    select c.line, p.a, p.b, p.local_day, 3 as rank
    from covered c join pieces p on p.local_day = c.local_day
    union all
    select line, a, b, local_day,
        case status when 'talking' then 0 when 'online' then 1 when 'dnd' then 2 else 3 end
    from said
    union all
    select c.line, p.a, p.b, p.local_day, 0
    from covered c
    join pieces p on p.local_day = c.local_day
    join talks t on 'user:' || t.user_id = c.line and t.a <= p.a and p.a < t.b
    where not exists (
        select 1 from saying s
        where s.line = c.line and s.connection = t.connection and s.utc_day = p.utc_day
    )
)
group by line, a, b, local_day;

create view seconds as
select
    line,
    local_day,
    case rank when 0 then 'talking' when 1 then 'online' when 2 then 'dnd' else 'offline' end as status,
    cast(sum(floor(epoch(b)) - floor(epoch(a))) as bigint) as seconds
from judged
group by all;
