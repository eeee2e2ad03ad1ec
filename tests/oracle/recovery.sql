-- Recovery by the definitions (features.md W32-W36, N14; metrics.md Recovered rate, Call-back SLA,
-- New vs returning), over one customer's calls and texts. Instants are milliseconds since 1970.
--
-- In:  heard, settings (one row), hours, holidays.
-- Out: labels (one row per call or text), fates (one row per candidate), cases.

create temp table ordered as
select *, row_number() over (order by started, record_id, channel) as contact_no from heard;

-- N14: unique is the first contact, repeat has another within the days before.
create temp table told as
select key, contact_no,
    contact_no = 1 as is_unique,
    coalesce(started - lag(started) over (order by contact_no) <= repeat_ms, false) as is_repeat,
    spam as is_spam
from ordered, settings;

-- N14: target opens a sale cycle; the next one may begin when it is over.
create temp table long_talks as
select key, started, row_number() over (order by contact_no) as n
from ordered, settings
where channel = 'call' and talked and coalesce(talk_ms, 0) >= target_ms;

create temp table labels as
with recursive walk as (
    select n, key, started as cycle, true as is_target from long_talks where n = 1
    union all
    select t.n, t.key, if(t.started - w.cycle > s.repeat_ms, t.started, w.cycle), t.started - w.cycle > s.repeat_ms
    from walk w join long_talks t on t.n = w.n + 1, settings s
)
select told.*, coalesce(walk.is_target, false) as is_target from told left join walk using (key);

-- W32: inbound, ended, nobody answered; not spam; voicemail and short calls by the settings.
create temp table misses as
select o.*, coalesce(ended, started) as over, over + window_ms as latest
from ordered o, settings
where channel = 'call' and direction = 'inbound' and outcome not in ('', 'answered') and not spam
    and (requested or ((outcome <> 'voicemail' or with_voicemail) and (reason <> 'short_abandon' or with_short)));

create temp table calls_out as
select * from ordered where channel = 'call' and direction = 'outbound' and not bulk;

-- W33: the first outbound call after the end, within the window; strict: the first that reached.
create temp table links as
select m.key, min(t.started) as at, arg_min(t.record_id, t.contact_no) as record_id, arg_min(t.user_id, t.contact_no) as who
from misses m, settings s, calls_out t
where t.started between m.over and m.latest and (t.talked or not s.strict)
group by all;

-- W35: rang again and was answered, before that.
create temp table again as
select m.key, min(a.started) as at
from misses m join ordered a
    on a.channel = 'call' and a.direction = 'inbound' and a.outcome = 'answered'
    and a.started > m.started and a.started <= m.latest
group by all;

create temp table turns as
select m.*,
    if(a.at is null or l.at < a.at, l.at, null) as linked_at,
    if(a.at is null or l.at < a.at, l.record_id, null) as linked_by,
    if(a.at is null or l.at < a.at, l.who, null) as linked_who,
    if(l.at < a.at, null, a.at) as again_at
from misses m left join links l using (key) left join again a using (key);

create temp table tries as
select t.key, c.started, c.talked, c.record_id, c.contact_no, c.user_id
from turns t join calls_out c on c.started between t.over and t.latest and c.started < coalesce(t.again_at, c.started + 1);

create temp table texts as
select t.key, min(o.started) as at
from turns t join ordered o
    on o.channel = 'message' and o.direction = 'outbound' and not o.bulk and o.outcome not in ('pending', 'undelivered')
    and o.started between t.over and coalesce(t.again_at, t.latest)
group by all;

create temp table fates as
select t.*,
    x.at as text_at,
    coalesce(r.tries, 0) as attempts,
    r.first_at,
    case
        when t.linked_at is not null and r.reached then 'reached'
        when t.linked_at is not null then 'attempted'
        when t.again_at is not null then 'resolved_by_customer'
        when x.at is not null then 'resolved_by_text'
        when r.tries > 0 then 'attempted'
        else 'open'
    end as state,
    t.linked_at - t.over as recovery_ms,
    coalesce(t.linked_by, r.first_id, '') as attempt,
    coalesce(t.linked_who, r.first_who, '') as who,
    least(t.linked_at, t.again_at, x.at) as closed_at,
    row_number() over (order by t.contact_no) as n
from turns t
left join texts x using (key)
left join (
    select key, count(*) as tries, min(started) as first_at, bool_or(talked) as reached,
        arg_min(record_id, contact_no) as first_id, arg_min(user_id, contact_no) as first_who
    from tries group by key
) r using (key);

-- A burst is one case, until something closed its first miss.
create temp table grouped as
with recursive walk as (
    select n, n as first, started as began, closed_at from fates where n = 1
    union all
    select f.n, if(joins, w.first, f.n), if(joins, w.began, f.started), if(joins, w.closed_at, f.closed_at)
    from (
        select w.*, f.n as next, f.started - w.began <= s.burst_ms and coalesce(w.closed_at > f.started, true) as joins
        from walk w join fates f on f.n = w.n + 1, settings s
    ) w join fates f on f.n = w.next
)
select * from walk;

-- The Call-back SLA is counted in open hours.
create temp table spans as
select epoch_ms(timezone(zone, day + opens)) as a, epoch_ms(timezone(zone, day + closes)) as b
from settings, hours, (
    select unnest(generate_series(date '2026-01-01', date '2026-12-31', interval 1 day))::date as day
) where isodow(day) = weekday and day not in (select day from holidays);

create temp table waits as
select key, sum(greatest(least(b, first_at) - greatest(a, over), 0)) as open_ms
from fates, spans where first_at is not null group by all;

create temp table dues as
select key, min(greatest(a, over) + sla_ms - before) as due_at
from (
    select key, over, a, b, sla_ms,
        coalesce(sum(greatest(b - greatest(a, over), 0)) over (
            partition by key order by a rows between unbounded preceding and 1 preceding), 0) as before,
        greatest(b - greatest(a, over), 0) as here
    from fates, spans, settings where b > over
) where before + here >= sla_ms and before <= sla_ms
group by all;

create temp table cases as
select f.key, f.state, f.over as opened_at, f.attempts, coalesce(f.linked_by, '') as attempt,
    coalesce(f.linked_who, '') as who, f.first_at, f.first_at - f.over as first_ms, f.closed_at,
    if(f.first_at is null, null, coalesce(w.open_ms, 0)) as open_ms, d.due_at,
    (select string_agg(m.record_id, ';' order by m.n) from grouped g join fates m using (n) where g.first = f.n) as misses,
    (select max(m.over) from grouped g join fates m using (n) where g.first = f.n) as last_missed_at
from fates f join grouped g on g.n = f.n and g.first = f.n left join waits w using (key) left join dues d using (key);
