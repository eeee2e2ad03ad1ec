-- Waits, lines and texts a second time, by the definitions of metrics.md and without any of our Python.
--
-- Given: messages and calls (rows of the lake that the viewer may see, also from before and after the range) and
-- report (zone, now: when the report is made). Times are UTC.

-- ------------------------------------------------------------------ response times of texts

-- A conversation is one business number with one customer. Who speaks when: at one instant the customer first.
create macro texts_said() as table
select
    record_id, business_number, party_key, greatest(started_at, coalesce(scheduled_for, started_at)) as moment,
    direction = 'inbound' as customer, if(direction = 'inbound', 0, 1) as rank, user_id, team_id, business_number_id
from messages
where is_spam = 0 and is_bulk = 0 and party_key <> '' and direction in ('inbound', 'outbound')
    -- Sent by a machine.
    and not (direction = 'outbound' and unattributed = 'system')
    and greatest(started_at, coalesce(scheduled_for, started_at)) <= (select now from report);

create macro text_blocks() as table
with said as (
    select * from texts_said()
    union all
    -- An answered call to the customer replies to everything that he wrote, to whatever number.
    select c.record_id, k.business_number, c.party_key, c.started_at, false, 2, c.user_id, '', ''
    from calls c
    join (select distinct business_number, party_key from texts_said()) k using (party_key)
    where c.direction = 'outbound' and c.outcome = 'answered' and c.started_at <= (select now from report)
),
turns as (
    select *,
        coalesce(moment - lag(moment) over talk >= interval 24 hour, true) as begins,
        coalesce(lag(customer) over talk, false) as customer_before
    from said
    window talk as (partition by business_number, party_key order by moment, rank)
),
placed as (
    select *, sum(begins::int) over (
        partition by business_number, party_key order by moment, rank rows between unbounded preceding and current row
    ) as episode
    from turns
),
opened as (
    select *, row_number() over (partition by business_number, party_key, episode order by moment) = 1 as first
    from placed
    where customer and (begins or not customer_before)
)
select
    o.record_id as message, o.moment, o.first, o.team_id, o.business_number_id,
    if(r.record_id is null, null, r.moment) as replied_at,
    case
        when r.episode = o.episode then 'replied'
        when r.moment - o.moment <= interval 7 day then 'late'
        else 'unanswered'
    end as state,
    r.rank = 2 as by_call,
    -- The sender is credited, not whoever the message belongs to; nobody sent what is unanswered.
    case when r.episode = o.episode or r.moment - o.moment <= interval 7 day then r.user_id else o.user_id end as credited
from opened o
left join lateral (
    select * from placed p
    where p.business_number = o.business_number and p.party_key = o.party_key and not p.customer and p.moment >= o.moment
    order by p.moment, p.rank
    limit 1
) r on true;

-- ------------------------------------------------------------------ concurrency

-- Calls and conversations in time: what still lasts, lasts until now; what ended nobody knows when is left out.
create macro spans() as table
select 'waiting' as what, started_at as begins, if(ended_at is null and live <> '', (select now from report), ended_at) as ends
from calls where is_spam = 0
union all
select 'answered', answered_at, if(ended_at is null and live <> '', (select now from report), ended_at)
from calls where is_spam = 0 and answered_at is not null;

-- Given also: buckets (n, begins, ends). The number only ever rises when a call begins.
create macro peaks(kind) as table
with moments as (
    select n, begins as moment from buckets
    union
    select b.n, s.begins from buckets b join spans() s on s.begins >= b.begins and s.begins < b.ends where s.what = kind
)
select n, max(at_once) as peak, arg_min(moment, -at_once * 1e15 + epoch_ms(moment)) as moment
from (
    select m.n, m.moment, count(s.begins) as at_once
    from moments m left join spans() s on s.what = kind and s.begins <= m.moment and m.moment < s.ends
    group by all
)
group by n;

-- Given also: working (day), range_ (begins, ends). Erlangs and offered calls of each hour of the clock, by minutes.
create macro busy_hours() as table
with minutes as (
    select m as moment, timezone((select zone from report), timezone('UTC', m)) as wall
    from (select unnest(generate_series(r.begins, r.ends - interval 1 minute, interval 1 minute)) as m from range_ r)
    where m + interval 1 minute <= (select now from report)
),
inside as (
    select moment, hour(wall) as hour, wall::date as day from minutes where wall::date in (select day from working)
)
select
    hour, count(distinct day) as days, count(*) as minutes,
    sum((
        select coalesce(sum(epoch_ms(least(s.ends, moment + interval 1 minute)) - epoch_ms(greatest(s.begins, moment))), 0)
        from spans() s
        where s.what = 'waiting' and s.begins < moment + interval 1 minute and s.ends > moment
    )) as busy_ms,
    sum((
        select count(*) from calls c
        where c.is_offered = 1 and c.is_spam = 0 and c.started_at >= moment and c.started_at < moment + interval 1 minute
    )) as arrivals
from inside group by hour;

-- B(0) = 1, B(n) = A B(n - 1) / (n + A B(n - 1)); the smallest n with B(n) at or below the target.
create macro erlang_b_lines(load, target) as (
    with recursive b(n, p) as (
        select 0, 1.0::double
        union all
        select n + 1, load * p / (n + 1 + load * p) from b where p > target
    )
    select max(n) from b
);
