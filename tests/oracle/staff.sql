-- People's time and rings, computed a second time from the definitions (metrics.md Occupancy, Utilisation,
-- Availability, Agent missed rings, AHT; features.md R28, R29, R32; demands.md D70), without any of our Python.
-- Time is cut at every instant at which anything begins or ends; each piece is judged alone.
--
-- Tables given: presence and legs and calls (rows of the lake), members (user_id, team_id), windows (team_id,
-- weekday, opens, closes: intervals since local midnight, team "" is the workspace), days (local_day), settings
-- (zone, moment of now, missed_ring_s).
-- Results: views status_seconds, busy, available, ringing, handling, missed_calls, working.

create view bounds as
select
    local_day,
    cast(local_day as timestamp) at time zone (select zone from settings) as a,
    cast(local_day + interval 1 day as timestamp) at time zone (select zone from settings) as b
from days;

-- What lasts, lasts until now.
create view lines as
select
    user_id,
    status,
    status = 'online' and raw in ('wrapup', 'Wrapup: notes', 'wut_start') as is_wrap,
    started_at at time zone 'UTC' as a,
    coalesce(ended_at at time zone 'UTC', (select now from settings)) as b
from presence
where user_id <> '';

-- Whole seconds: both ends cut to the second (the parts of a day add up to the day).
create view on_day as
select
    l.user_id,
    d.local_day,
    l.status,
    l.is_wrap,
    cast(floor(epoch(greatest(l.a, d.a))) as bigint) as a,
    cast(floor(epoch(least(l.b, d.b))) as bigint) as b
from lines l
join bounds d on l.a < d.b and d.a < l.b;

create view status_seconds as
select user_id, local_day, status, cast(sum(b - a) as bigint) as seconds
from on_day
group by all
having sum(b - a) > 0;

-- Occupancy: (talking + wrap-up + ringing) / (talking + online), utilisation: (talking + wrap-up) / (talking +
-- online + dnd).
create view rung as
select user_id, a, b from on_day where is_wrap
union all
select
    user_id,
    cast(floor(epoch(started_at at time zone 'UTC')) as bigint) as a,
    cast(floor(epoch(coalesce(answered_at, ended_at) at time zone 'UTC')) as bigint) as b
from legs
where row_kind = 'leg' and kind not in ('consultation', 'survey_post_call') and user_id <> ''
    and started_at is not null and coalesce(answered_at, ended_at) is not null;

create view moments as
select user_id, a as moment from on_day union select user_id, b from on_day
union select user_id, a from rung union select user_id, b from rung;

create view pieces as
select user_id, moment as a, lead(moment) over (partition by user_id order by moment) as b from moments;

create view rang_online as
select p.user_id, sum(p.b - p.a) as seconds
from pieces p
where p.b is not null
    and exists (select 1 from on_day o where o.user_id = p.user_id and o.status = 'online' and o.a <= p.a and p.b <= o.b)
    and exists (select 1 from rung r where r.user_id = p.user_id and r.a <= p.a and p.b <= r.b)
group by all;

create view busy as
select
    s.user_id,
    cast(sum(case when status = 'talking' then s.seconds else 0 end) as bigint) as talking,
    cast(coalesce(max(b.seconds), 0) as bigint) as engaged,
    cast(coalesce(max(w.seconds), 0) as bigint) as wrap,
    cast(sum(case when status in ('talking', 'online') then s.seconds else 0 end) as bigint) as there,
    cast(sum(case when status <> 'offline' then s.seconds else 0 end) as bigint) as logged_in
from (select user_id, status, sum(seconds) as seconds from status_seconds group by all) s
left join rang_online b on b.user_id = s.user_id
left join (select user_id, sum(b - a) as seconds from on_day where is_wrap group by all) w on w.user_id = s.user_id
group by s.user_id;

-- Availability: within a quarter hour of UTC the wall clock does not jump, and windows begin on quarters.
create table groups as select distinct team_id from windows;

create table cuts as
select distinct moment from (
    select a as moment from lines union all select b from lines
    union all select a from bounds union all select b from bounds
    union all
    select unnest(generate_series((select min(a) from bounds), (select max(b) from bounds), interval 15 minute))
    union all select now from settings
)
where moment >= (select min(a) from bounds)
    and moment <= least((select max(b) from bounds), (select now from settings));

create table slices as
select
    moment as a,
    lead(moment) over (order by moment) as b,
    moment at time zone (select zone from settings) as wall
from cuts
qualify lead(moment) over (order by moment) is not null;

create view judged as
select
    g.team_id,
    s.a,
    s.b,
    exists (
        select 1 from windows w
        where w.team_id = g.team_id and (
            (w.weekday = isodow(s.wall)
                and s.wall >= cast(s.wall as date) + w.opens and s.wall < cast(s.wall as date) + w.closes)
            or (w.weekday = isodow(s.wall - interval 1 day)
                and s.wall < cast(s.wall - interval 1 day as date) + w.closes)
        )
    ) as is_open,
    exists (
        select 1 from lines l
        join bounds d on l.a < d.b and d.a < l.b
        where d.a <= s.a and s.a < d.b
            and (g.team_id = '' or l.user_id in (select user_id from members m where m.team_id = g.team_id))
    ) as is_known,
    exists (
        select 1 from lines l
        where l.status in ('online', 'talking') and l.a <= s.a and s.b <= l.b
            and (g.team_id = '' or l.user_id in (select user_id from members m where m.team_id = g.team_id))
    ) as is_staffed
from groups g cross join slices s;

create view available as
select
    team_id,
    coalesce(sum(epoch_ms(b) - epoch_ms(a)) filter (is_open), 0) as open_ms,
    coalesce(sum(epoch_ms(b) - epoch_ms(a)) filter (is_open and is_known and is_staffed), 0) as staffed_ms,
    coalesce(sum(epoch_ms(b) - epoch_ms(a)) filter (is_open and not is_known), 0) as unknown_ms,
    coalesce(sum(epoch_ms(b) - epoch_ms(a)) filter (is_open and is_known and not is_staffed), 0) as gap_ms
from judged
group by team_id;

-- Rings of incoming calls, spam and internal left out.
create view of_incoming as
select
    l.*,
    date_diff('millisecond', l.started_at, coalesce(l.answered_at, l.ended_at)) > 1000 * s.missed_ring_s as is_long
from legs l
join calls c on c.record_id = l.record_id and c.is_inbound = 1 and c.is_spam = 0
cross join settings s
where l.row_kind = 'leg' and l.kind not in ('consultation', 'survey_post_call') and l.user_id <> ''
    and l.started_at is not null and l.outcome <> '';

create view ringing as
select
    user_id,
    count(*) as rung,
    count(*) filter (outcome = 'answered') as answered,
    count(*) filter (outcome not in ('answered', 'declined', 'answered_elsewhere') and is_long) as missed,
    count(*) filter (outcome = 'declined') as declined,
    count(*) filter (outcome = 'answered_elsewhere' and is_long) as elsewhere,
    count(*) filter (outcome not in ('answered', 'declined') and not is_long) as short
from of_incoming
group by user_id;

-- R28: calls that nobody answered and that rang the person for longer than the threshold.
create view missed_calls as
select l.user_id, count(distinct l.record_id) as calls
from of_incoming l
join calls c on c.record_id = l.record_id and c.is_answered = 0
where l.outcome not in ('answered', 'declined', 'answered_elsewhere') and l.is_long
group by l.user_id;

create view handling as
select l.user_id, count(*) as legs, coalesce(sum(l.talk_s), 0) as talk_s
from legs l
join calls c on c.record_id = l.record_id and c.is_spam = 0 and c.is_internal = 0
where l.row_kind = 'leg' and l.kind not in ('consultation', 'survey_post_call') and l.user_id <> ''
    and l.outcome = 'answered'
group by l.user_id;

-- D70: stretches of work, parted by an hour away. Islands of what is not offline.
create view working as
with there as (
    select *, lag(b) over (partition by user_id order by a) as before from lines where status <> 'offline'
),
numbered as (
    select
        *,
        sum(case when before is null or a - before >= interval 1 hour then 1 else 0 end)
            over (partition by user_id order by a) as shift
    from there
)
select user_id, min(a) as a, max(b) as b
from numbered
group by user_id, shift;
